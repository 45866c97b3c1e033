//! A journal read again: when each step of a run began, how long it took, and what became of it.
//!
//! A journal grows while its run goes on and may end anywhere, after a crash in the middle of a line: such a line counts
//! as not written. Events that this version does not know are passed over, as later versions may add some.

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

use super::event::{Outcome, StepKind};
use super::journal::SCHEMA;
use super::record::StepState;

/// The times of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// The run's id.
    pub run: String,
    /// How it ended; unfinished where the journal does not say.
    pub outcome: Outcome,
    /// Its steps, in the order in which they began.
    pub steps: Vec<TimedStep>,
}

/// A step and its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedStep {
    /// Position in the run, from 1.
    pub number: u32,
    /// What it does.
    pub kind: StepKind,
    /// What to: the name of a frame, or `file:line`.
    pub title: String,
    /// From the beginning of the run to that of the step, microseconds; whole milliseconds, as journals have them.
    pub start_micros: u64,
    /// Wall time, microseconds; 0 for a step that was left out or did not end.
    pub micros: u64,
    /// What became of it.
    pub state: StepState,
    /// Sizes of frames in the cache after it, memory and disk together, bytes; none where that was not measured.
    pub cached: Option<BTreeMap<String, u64>>,
}

/// Why a journal cannot be read.
#[derive(Debug, Error)]
pub enum JournalError {
    /// It is of another format or another version of it.
    #[error("it does not begin as a journal of format `{SCHEMA}` does")]
    Schema,
    /// A line of it is no event.
    #[error("line {line} is no event: {source}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// What is read of a line.
#[derive(Deserialize)]
struct Line {
    at: u64,
    schema: Option<String>,
    #[serde(flatten)]
    heard: Heard,
}

/// What is read of events.
#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Heard {
    JournalOpened {
        run: String,
    },
    RunStarted {
        run: String,
    },
    StepStarted {
        step: u32,
        kind: String,
        title: String,
    },
    StepFinished {
        step: u32,
        micros: u64,
        measured: Option<HeardMeasured>,
    },
    StepFailed {
        step: u32,
        micros: u64,
    },
    StepCancelled {
        step: u32,
        micros: u64,
    },
    StepSkipped {
        step: u32,
        kind: String,
        title: String,
    },
    RunFinished {
        outcome: String,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct HeardMeasured {
    #[serde(default)]
    frames: BTreeMap<String, HeardFrame>,
}

#[derive(Deserialize)]
struct HeardFrame {
    memory_bytes: u64,
    disk_bytes: u64,
}

impl Timeline {
    /// Reads a journal. Its first line must say that it is one.
    pub fn parse(journal: &str) -> Result<Timeline, JournalError> {
        let mut timeline = Timeline::default();
        let mut began = None;
        let whole = journal.split_inclusive('\n');
        for (number, line) in whole.filter(|line| line.ends_with('\n')).enumerate() {
            let parsed: Result<Line, _> = serde_json::from_str(line);
            if number == 0 && !parsed.as_ref().is_ok_and(opens) {
                return Err(JournalError::Schema);
            }
            let line = parsed.map_err(|source| JournalError::Line {
                line: number + 1,
                source,
            })?;
            timeline.hear(line.at, line.heard, &mut began);
        }
        if began.is_none() && timeline.run.is_empty() {
            return Err(JournalError::Schema);
        }
        Ok(timeline)
    }

    /// From the beginning of the run to the end of its last step, microseconds.
    pub fn micros(&self) -> u64 {
        let ends = self.steps.iter().map(TimedStep::end_micros);
        ends.max().unwrap_or(0)
    }

    /// Takes in what happened at a time, milliseconds since 1970; `began` is when the first step could begin.
    fn hear(&mut self, at: u64, heard: Heard, began: &mut Option<u64>) {
        match heard {
            Heard::JournalOpened { run } => self.run = run,
            Heard::RunStarted { run } => {
                self.run = run;
                *began = Some(at);
            }
            Heard::StepStarted { step, kind, title } => {
                let start = at.saturating_sub(*began.get_or_insert(at));
                self.start(step, &kind, title, start, StepState::Running);
            }
            Heard::StepSkipped { step, kind, title } => {
                let start = at.saturating_sub(*began.get_or_insert(at));
                self.start(step, &kind, title, start, StepState::Skipped);
            }
            Heard::StepFinished {
                step,
                micros,
                measured,
            } => {
                let size = |frame: HeardFrame| frame.memory_bytes.saturating_add(frame.disk_bytes);
                let cached = measured.map(|measured| {
                    let frames = measured.frames.into_iter();
                    frames.map(|(name, frame)| (name, size(frame))).collect()
                });
                self.end(step, micros, StepState::Done, cached);
            }
            Heard::StepFailed { step, micros } => {
                self.end(step, micros, StepState::Failed, None);
            }
            Heard::StepCancelled { step, micros } => {
                self.end(step, micros, StepState::Cancelled, None);
            }
            Heard::RunFinished { outcome } => {
                self.outcome = match outcome.as_str() {
                    "done" => Outcome::Done,
                    "failed" => Outcome::Failed,
                    "interrupted" => Outcome::Interrupted,
                    _ => Outcome::Unfinished,
                };
            }
            Heard::Other => {}
        }
    }

    fn start(&mut self, number: u32, kind: &str, title: String, millis: u64, state: StepState) {
        self.steps.push(TimedStep {
            number,
            kind: match kind {
                "materialise" => StepKind::Materialise,
                "release" => StepKind::Release,
                _ => StepKind::Run,
            },
            title,
            start_micros: millis.saturating_mul(1000),
            micros: 0,
            state,
            cached: None,
        });
    }

    fn end(
        &mut self,
        number: u32,
        micros: u64,
        state: StepState,
        cached: Option<BTreeMap<String, u64>>,
    ) {
        let running = self.steps.iter_mut().rev();
        let mut running =
            running.filter(|step| step.number == number && step.state == StepState::Running);
        if let Some(step) = running.next() {
            (step.micros, step.state, step.cached) = (micros, state, cached);
        }
    }
}

impl TimedStep {
    /// From the beginning of the run to the end of the step, microseconds.
    pub fn end_micros(&self) -> u64 {
        self.start_micros.saturating_add(self.micros)
    }
}

/// Whether a line begins a journal of this format.
fn opens(line: &Line) -> bool {
    line.schema.as_deref() == Some(SCHEMA) && matches!(line.heard, Heard::JournalOpened { .. })
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::super::event::{Event, Failure, Measured, StepInfo};
    use super::super::journal::Journal;
    use super::*;
    use crate::runtime::collect::CachedFrame;
    use crate::runtime::engine::Output;

    /// What a journal writes to.
    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// A journal as a run writes it.
    fn written(events: &[(u64, Event)]) -> String {
        let page = Page::default();
        let mut journal = Journal::open(Box::new(page.clone()), "7f3a", 1_000).unwrap();
        for (at, event) in events {
            journal.write(*at, event).unwrap();
        }
        let bytes = page.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    fn events() -> Vec<(u64, Event)> {
        let info = |number, kind, title: &str| StepInfo {
            number,
            kind,
            title: title.to_owned(),
            estimate_micros: None,
        };
        let mut measured = Measured::default();
        let cached = CachedFrame {
            memory_bytes: 70,
            disk_bytes: 7,
            ..CachedFrame::default()
        };
        measured.frames.insert("orders_1".to_owned(), cached);
        vec![
            (
                2_000,
                Event::RunStarted {
                    run: "7f3a".to_owned(),
                    steps: 3,
                    statements: 2,
                    frames: 1,
                },
            ),
            (
                2_010,
                Event::StepStarted {
                    step: info(1, StepKind::Materialise, "orders_1"),
                },
            ),
            (
                2_310,
                Event::StepFinished {
                    step: 1,
                    micros: 299_500,
                    output: Box::new(Output::default()),
                    result: None,
                    measured: Some(Box::new(measured)),
                },
            ),
            (
                2_311,
                Event::StepStarted {
                    step: info(2, StepKind::Run, "a.sql:1"),
                },
            ),
            (
                2_400,
                Event::StepFailed {
                    step: 2,
                    micros: 88_000,
                    failure: Failure {
                        place: "a.sql:1".to_owned(),
                        class: String::new(),
                        message: "no such table".to_owned(),
                        help: String::new(),
                    },
                },
            ),
            (
                2_401,
                Event::StepSkipped {
                    step: info(3, StepKind::Run, "b.sql:1"),
                    reason: "an earlier statement failed".to_owned(),
                },
            ),
            (
                2_500,
                Event::RunFinished {
                    outcome: Outcome::Failed,
                    micros: 500_000,
                },
            ),
        ]
    }

    #[test]
    fn what_a_run_writes_is_read_back() {
        let timeline = Timeline::parse(&written(&events())).unwrap();
        assert_eq!(
            (timeline.run.as_str(), timeline.outcome),
            ("7f3a", Outcome::Failed)
        );
        let steps: Vec<_> = timeline
            .steps
            .iter()
            .map(|step| {
                (
                    step.title.as_str(),
                    step.start_micros,
                    step.micros,
                    step.state,
                )
            })
            .collect();
        assert_eq!(
            steps,
            [
                ("orders_1", 10_000, 299_500, StepState::Done),
                ("a.sql:1", 311_000, 88_000, StepState::Failed),
                ("b.sql:1", 401_000, 0, StepState::Skipped),
            ]
        );
        let first = timeline.steps.first().unwrap();
        let cached = BTreeMap::from([("orders_1".to_owned(), 77)]);
        assert_eq!(first.cached, Some(cached));
        assert_eq!(timeline.micros(), 401_000);
    }

    #[test]
    fn a_journal_may_end_anywhere_and_say_more_than_is_known() {
        let mut journal = written(&events());
        let cut = journal.len() - 20;
        journal.truncate(cut);
        let timeline = Timeline::parse(&journal).unwrap();
        assert_eq!(
            (timeline.steps.len(), timeline.outcome),
            (3, Outcome::Unfinished)
        );
        let later = format!(
            "{}{{\"at\":1,\"event\":\"a_new_one\",\"of\":3}}\n",
            written(&events())
        );
        assert_eq!(Timeline::parse(&later).unwrap().steps.len(), 3);
    }

    #[test]
    fn what_is_no_journal_is_refused() {
        let error = |text: &str| Timeline::parse(text).unwrap_err().to_string();
        let schema = "it does not begin as a journal of format `hoist-run/1` does";
        assert_eq!(error(""), schema);
        assert_eq!(error("{\"schema\": \"hoist-plan/1\"}\n"), schema);
        let other = written(&[]).replace(SCHEMA, "hoist-run/2");
        assert_eq!(error(&other), schema);
        let broken = format!("{}nonsense\n", written(&[]));
        assert!(error(&broken).starts_with("line 2 is no event: "));
    }
}
