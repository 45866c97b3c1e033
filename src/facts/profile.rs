//! Stage `profile`: what earlier runs of a pipeline measured; loaded values, no I/O.
//!
//! A [`Profile`] is the file `hoist-profile/1`. It keeps the last [`WINDOW`] samples of every statement, apart for the
//! frames that it read, and of every frame that was built, apart for its medium and layout. What planning uses of it are
//! [`Measurements`]: one robust [`Measure`] per quantity, small enough to be embedded in a plan file.
//!
//! Keys say what was run and not where it stands: fingerprints of tokens, as the user spelled them ([`fingerprint`]).
//! What was not seen for [`FORGOTTEN_AFTER`] runs is forgotten, so the size of the file is bounded by what the pipeline
//! is. Measurements of another machine or Spark say nothing here: with another [`Profile::place`] a profile begins anew.

mod estimate;
pub mod fingerprint;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::estimate::{Measure, WINDOW};

/// Name and version of the format.
pub const SCHEMA: &str = "hoist-profile/1";

/// Runs after which something that was not seen is forgotten. A frame that was dropped because it lost is so tried again
/// at last.
pub const FORGOTTEN_AFTER: u64 = 50;

/// What earlier runs measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// [`SCHEMA`].
    pub schema: String,
    /// Where it was measured: release of Spark, master, cores. Empty before the first run.
    pub place: String,
    /// Runs taken in.
    pub runs: u64,
    /// Runs with frames since the last one without, where that was a canary or `--frames off`.
    pub since_plain: u64,
    /// Samples of statements by fingerprint; several where they read other frames in other runs.
    pub statements: BTreeMap<String, Vec<StatementHistory>>,
    /// Samples of frames by fingerprint of their definition; several for several media or layouts.
    pub frames: BTreeMap<String, Vec<FrameHistory>>,
}

impl Default for Profile {
    fn default() -> Self {
        Profile {
            schema: SCHEMA.to_owned(),
            place: String::new(),
            runs: 0,
            since_plain: 0,
            statements: BTreeMap::new(),
            frames: BTreeMap::new(),
        }
    }
}

/// Samples of a statement that read certain frames.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementHistory {
    /// Fingerprints of the frames that it read, sorted; none where it ran as written.
    pub frames: Vec<String>,
    /// The last run that saw it.
    pub last_run: u64,
    /// Oldest first, at most [`WINDOW`].
    pub samples: Vec<StepSample>,
}

/// Samples of building a frame on a medium, in a layout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameHistory {
    /// `memory` or `scratch`.
    pub medium: String,
    /// `plain` or `clustered`.
    pub layout: String,
    /// The last run that saw it.
    pub last_run: u64,
    /// Oldest first, at most [`WINDOW`].
    pub samples: Vec<FrameSample>,
}

/// What one step of a run took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepSample {
    /// Wall time, microseconds.
    pub wall_micros: u64,
    /// Wall time in which a Spark job of the step ran, microseconds.
    pub busy_micros: u64,
    /// CPU time of executors, summed over tasks, microseconds.
    pub cpu_micros: u64,
    /// Bytes read from storage and from the cache.
    pub read_bytes: u64,
    /// Rows read from storage; of the cache, batches of rows.
    pub read_rows: u64,
    /// Bytes written for exchanges.
    pub shuffle_bytes: u64,
    /// Bytes spilled to disk.
    pub spill_bytes: u64,
    /// Rows written to tables.
    pub rows_written: u64,
    /// Bytes written to tables.
    pub bytes_written: u64,
}

impl StepSample {
    /// Microseconds of Spark work: CPU time of executors, and the time in which the driver was alone.
    pub fn work_micros(&self) -> u64 {
        self.wall_micros
            .saturating_sub(self.busy_micros)
            .saturating_add(self.cpu_micros)
    }
}

/// What building a frame took, and what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameSample {
    /// The step that built it.
    pub build: StepSample,
    /// Its largest size in memory, bytes.
    pub memory_bytes: u64,
    /// Its largest size on disk, bytes: what memory did not hold, or the files of its scratch table.
    pub disk_bytes: u64,
    /// The least share of its parts that was held, percent.
    pub cached_percent: u64,
    /// How often fewer of its parts, or fewer of its bytes, were found in memory than before.
    pub evictions: u64,
}

impl FrameSample {
    /// Its size wherever it was, bytes.
    pub fn bytes(&self) -> u64 {
        self.memory_bytes.saturating_add(self.disk_bytes)
    }
}

/// What one run measured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunSamples {
    /// [`Profile::place`].
    pub place: String,
    /// Whether it ran without frames on purpose.
    pub plain: bool,
    /// Per statement that ended well: its fingerprint, those of the frames that it read, sorted, and the sample.
    pub statements: Vec<(String, Vec<String>, StepSample)>,
    /// Per frame that was built.
    pub frames: Vec<(FrameKey, FrameSample)>,
}

/// What a frame is told apart by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FrameKey {
    /// Fingerprint of its kind and definition.
    pub fingerprint: String,
    /// `memory` or `scratch`.
    pub medium: String,
    /// `plain` or `clustered`.
    pub layout: String,
}

/// A profile cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// Not JSON of the format.
    #[error("it is no profile: {0}")]
    Malformed(String),
    /// Of another version.
    #[error("its schema is `{0}`, expected `{SCHEMA}`")]
    Version(String),
}

impl Profile {
    /// Reads the text of a file.
    pub fn parse(text: &str) -> Result<Profile, ProfileError> {
        let malformed = |error: serde_json::Error| ProfileError::Malformed(error.to_string());
        let value: serde_json::Value = serde_json::from_str(text).map_err(malformed)?;
        // Another version may look otherwise, so its name is looked at first.
        match value.get("schema").and_then(serde_json::Value::as_str) {
            Some(SCHEMA) => serde_json::from_value(value).map_err(malformed),
            Some(other) => Err(ProfileError::Version(other.to_owned())),
            None => Err(ProfileError::Malformed("it names no schema".to_owned())),
        }
    }

    /// The bytes of the file: indented JSON with `\n` line ends and one at the end.
    pub fn to_json(&self) -> String {
        // Serialising strings, integers and string-keyed maps to memory cannot fail.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Takes the samples of a run in, and forgets what was not seen for long.
    pub fn take(&mut self, run: RunSamples) {
        if self.place != run.place {
            *self = Profile {
                place: run.place,
                ..Profile::default()
            };
        }
        self.runs += 1;
        self.since_plain = if run.plain { 0 } else { self.since_plain + 1 };
        let now = self.runs;
        for (fingerprint, frames, sample) in run.statements {
            let known = self.statements.entry(fingerprint).or_default();
            match known.iter_mut().find(|history| history.frames == frames) {
                Some(history) => {
                    history.last_run = now;
                    add(&mut history.samples, sample);
                }
                None => known.push(StatementHistory {
                    frames,
                    last_run: now,
                    samples: vec![sample],
                }),
            }
            known.sort_by(|a, b| a.frames.cmp(&b.frames));
        }
        for (key, sample) in run.frames {
            let known = self.frames.entry(key.fingerprint).or_default();
            let same = |history: &&mut FrameHistory| {
                history.medium == key.medium && history.layout == key.layout
            };
            match known.iter_mut().find(same) {
                Some(history) => {
                    history.last_run = now;
                    add(&mut history.samples, sample);
                }
                None => known.push(FrameHistory {
                    medium: key.medium,
                    layout: key.layout,
                    last_run: now,
                    samples: vec![sample],
                }),
            }
            known.sort_by(|a, b| (&a.medium, &a.layout).cmp(&(&b.medium, &b.layout)));
        }
        self.statements.retain(|_, known| {
            known.retain(|history| now - history.last_run < FORGOTTEN_AFTER);
            !known.is_empty()
        });
        self.frames.retain(|_, known| {
            known.retain(|history| now - history.last_run < FORGOTTEN_AFTER);
            !known.is_empty()
        });
    }

    /// What planning uses of it.
    pub fn measurements(&self) -> Measurements {
        let statements = self.statements.iter().map(|(key, known)| {
            let known = known.iter().filter_map(StatementHistory::measured);
            (key.clone(), known.collect())
        });
        let frames = self.frames.iter().map(|(key, known)| {
            let known = known.iter().filter_map(FrameHistory::measured);
            (key.clone(), known.collect())
        });
        Measurements {
            statements: statements.collect(),
            frames: frames.collect(),
        }
    }
}

/// Adds the newest sample; the oldest goes where there are too many.
fn add<T>(samples: &mut Vec<T>, sample: T) {
    samples.push(sample);
    let surplus = samples.len().saturating_sub(WINDOW);
    samples.drain(..surplus);
}

/// What planning uses of a profile: estimates of what was measured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measurements {
    /// Per statement, for each set of frames that it has read.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub statements: BTreeMap<String, Vec<MeasuredStatement>>,
    /// Per frame, for each medium and layout that it has had.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub frames: BTreeMap<String, Vec<MeasuredFrame>>,
}

impl Measurements {
    /// Those of the statements and frames with certain fingerprints.
    #[must_use]
    pub fn only(&self, wanted: impl Fn(&str) -> bool) -> Measurements {
        let statements = self.statements.iter().filter(|(key, _)| wanted(key));
        let frames = self.frames.iter().filter(|(key, _)| wanted(key));
        Measurements {
            statements: statements
                .map(|(key, known)| (key.clone(), known.clone()))
                .collect(),
            frames: frames
                .map(|(key, known)| (key.clone(), known.clone()))
                .collect(),
        }
    }

    /// Whether nothing was measured.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty() && self.frames.is_empty()
    }
}

/// What was measured of a statement that read certain frames.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasuredStatement {
    /// Fingerprints of the frames, sorted; none where it ran as written.
    pub frames: Vec<String>,
    /// Microseconds of Spark work: [`StepSample::work_micros`].
    pub work: Measure,
    /// Wall time, microseconds.
    pub wall: Measure,
    /// Rows that it wrote.
    pub rows_written: Measure,
}

/// What was measured of a frame on a medium, in a layout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasuredFrame {
    /// `memory` or `scratch`.
    pub medium: String,
    /// `plain` or `clustered`.
    pub layout: String,
    /// Microseconds of Spark work to build it.
    pub work: Measure,
    /// Wall time to build it, microseconds.
    pub wall: Measure,
    /// Its size, bytes.
    pub bytes: Measure,
}

impl StatementHistory {
    fn measured(&self) -> Option<MeasuredStatement> {
        let measure = |quantity: fn(&StepSample) -> u64| {
            Measure::of(&self.samples.iter().map(quantity).collect::<Vec<_>>())
        };
        Some(MeasuredStatement {
            frames: self.frames.clone(),
            work: measure(StepSample::work_micros)?,
            wall: measure(|sample| sample.wall_micros)?,
            rows_written: measure(|sample| sample.rows_written)?,
        })
    }
}

impl FrameHistory {
    fn measured(&self) -> Option<MeasuredFrame> {
        let measure = |quantity: fn(&FrameSample) -> u64| {
            Measure::of(&self.samples.iter().map(quantity).collect::<Vec<_>>())
        };
        Some(MeasuredFrame {
            medium: self.medium.clone(),
            layout: self.layout.clone(),
            work: measure(|sample| sample.build.work_micros())?,
            wall: measure(|sample| sample.build.wall_micros)?,
            bytes: measure(FrameSample::bytes)?,
        })
    }
}
