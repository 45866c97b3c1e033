//! The journal of a run: `hoist-run/1`, one JSON object per line, flushed per line.
//!
//! ```text
//! {"at":1718000000000,"schema":"hoist-run/1","event":"journal_opened","run":"7f3a2c10"}
//! {"at":1718000000210,"event":"step_finished","step":3,"micros":204112,"rows_shown":20}
//! ```
//!
//! `at` is milliseconds since 1970 (UTC). It holds no text of statements, no rows and no settings, so no secrets.
//! The wire structs are frozen for the version and separate from [`Event`].

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;

use super::event::{Event, Failure, Measured, Outcome, Preparation, StepInfo, StepKind};

/// Name and version of the format.
pub const SCHEMA: &str = "hoist-run/1";

/// Writes events as lines.
pub struct Journal {
    out: Box<dyn Write + Send>,
}

impl Journal {
    /// Starts a journal; `at_millis` is milliseconds since 1970.
    pub fn open(
        out: Box<dyn Write + Send>,
        run: &str,
        at_millis: u64,
    ) -> Result<Self, std::io::Error> {
        let mut journal = Journal { out };
        journal.line(
            at_millis,
            Some(SCHEMA),
            &Wire::JournalOpened {
                run: run.to_owned(),
            },
        )?;
        Ok(journal)
    }

    /// Writes an event, unless it is a mere sign of life.
    pub fn write(&mut self, at_millis: u64, event: &Event) -> Result<(), std::io::Error> {
        match wire(event) {
            Some(wire) => self.line(at_millis, None, &wire),
            None => Ok(()),
        }
    }

    fn line(
        &mut self,
        at: u64,
        schema: Option<&'static str>,
        wire: &Wire,
    ) -> Result<(), std::io::Error> {
        let mut line = serde_json::to_string(&Line { at, schema, wire })?;
        line.push('\n');
        self.out.write_all(line.as_bytes())?;
        self.out.flush()
    }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Journal")
    }
}

#[derive(Serialize)]
struct Line<'a> {
    at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<&'static str>,
    #[serde(flatten)]
    wire: &'a Wire,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Wire {
    JournalOpened {
        run: String,
    },
    SessionOpened {
        session: String,
        spark_version: String,
        master: String,
        cores: u32,
        storage_memory_bytes: u64,
        micros: u64,
    },
    Prepared {
        what: &'static str,
        micros: u64,
    },
    RunStarted {
        run: String,
        steps: u32,
        statements: u32,
        frames: u32,
    },
    StepStarted {
        step: u32,
        kind: &'static str,
        title: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        estimate_micros: Option<u64>,
    },
    StepFinished {
        step: u32,
        micros: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        rows_shown: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        result: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        measured: Option<WireMeasured>,
    },
    StepFailed {
        step: u32,
        micros: u64,
        place: String,
        class: String,
        message: String,
    },
    StepCancelled {
        step: u32,
        micros: u64,
    },
    StepSkipped {
        step: u32,
        kind: &'static str,
        title: String,
        reason: String,
    },
    Warning {
        #[serde(skip_serializing_if = "Option::is_none")]
        step: Option<u32>,
        message: String,
    },
    Interrupted {
        level: u8,
    },
    Cleaned {
        micros: u64,
        left_behind: Vec<String>,
    },
    RunFinished {
        outcome: &'static str,
        micros: u64,
    },
    SessionClosed {
        micros: u64,
    },
}

/// What Spark did for a step.
#[derive(Serialize)]
struct WireMeasured {
    wall_micros: u64,
    busy_micros: u64,
    cpu_micros: u64,
    read_bytes: u64,
    read_rows: u64,
    shuffle_bytes: u64,
    spill_bytes: u64,
    rows_written: u64,
    bytes_written: u64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    frames: BTreeMap<String, WireFrame>,
}

/// A frame in the cache.
#[derive(Serialize)]
struct WireFrame {
    parts: u64,
    held: u64,
    memory_bytes: u64,
    disk_bytes: u64,
}

impl From<Measured> for WireMeasured {
    fn from(measured: Measured) -> Self {
        let work = measured.work;
        let frames = measured.frames.into_iter().map(|(name, frame)| {
            let frame = WireFrame {
                parts: frame.parts,
                held: frame.held,
                memory_bytes: frame.memory_bytes,
                disk_bytes: frame.disk_bytes,
            };
            (name, frame)
        });
        WireMeasured {
            wall_micros: measured.wall_micros,
            busy_micros: work.busy_micros,
            cpu_micros: work.cpu_micros,
            read_bytes: work.read_bytes,
            read_rows: work.read_rows,
            shuffle_bytes: work.shuffle_bytes,
            spill_bytes: work.spill_bytes,
            rows_written: work.rows_written,
            bytes_written: work.bytes_written,
            frames: frames.collect(),
        }
    }
}

/// The line of an event; none for what only moves a progress display.
fn wire(event: &Event) -> Option<Wire> {
    Some(match event.clone() {
        Event::Notice(_) | Event::StepProgress { .. } => return None,
        Event::SessionOpened { session, micros } => Wire::SessionOpened {
            session: session.id,
            spark_version: session.spark_version,
            master: session.master,
            cores: session.cores,
            storage_memory_bytes: session.storage_memory_bytes,
            micros,
        },
        Event::Prepared { what, micros } => Wire::Prepared {
            what: match what {
                Preparation::SetUp => "set_up",
                Preparation::Catalog => "catalog",
                Preparation::Plan => "plan",
            },
            micros,
        },
        Event::RunStarted {
            run,
            steps,
            statements,
            frames,
        } => Wire::RunStarted {
            run,
            steps,
            statements,
            frames,
        },
        Event::StepStarted {
            step:
                StepInfo {
                    number,
                    kind,
                    title,
                    estimate_micros,
                },
        } => Wire::StepStarted {
            step: number,
            kind: word(kind),
            title,
            estimate_micros,
        },
        Event::StepFinished {
            step,
            micros,
            output,
            result,
            measured,
        } => Wire::StepFinished {
            step,
            micros,
            rows_shown: (!output.rows.is_empty()).then_some(output.rows.len() as u64),
            result: result.map(|path| path.display().to_string()),
            measured: measured.map(|measured| (*measured).into()),
        },
        Event::StepFailed {
            step,
            micros,
            failure:
                Failure {
                    place,
                    class,
                    message,
                    ..
                },
        } => Wire::StepFailed {
            step,
            micros,
            place,
            class,
            message,
        },
        Event::StepCancelled { step, micros } => Wire::StepCancelled { step, micros },
        Event::StepSkipped { step, reason } => Wire::StepSkipped {
            step: step.number,
            kind: word(step.kind),
            title: step.title,
            reason,
        },
        Event::Warning { step, message } => Wire::Warning { step, message },
        Event::Interrupted { level } => Wire::Interrupted { level },
        Event::Cleaned {
            micros,
            left_behind,
        } => Wire::Cleaned {
            micros,
            left_behind,
        },
        Event::RunFinished { outcome, micros } => Wire::RunFinished {
            outcome: match outcome {
                Outcome::Unfinished => "unfinished",
                Outcome::Done => "done",
                Outcome::Failed => "failed",
                Outcome::Interrupted => "interrupted",
            },
            micros,
        },
        Event::SessionClosed { micros } => Wire::SessionClosed { micros },
    })
}

fn word(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Materialise => "materialise",
        StepKind::Run => "run",
        StepKind::Release => "release",
    }
}
