//! What Spark did since the last question: the work of its jobs, and the frames in the cache.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::snippet::{SnippetError, value};
use crate::runtime::engine::Engine;

/// Asks the status store; `hoist_vars` says since which job, and how the names of frames begin.
const STEP: &str = include_str!("step.py");

/// What the status store says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct StepFacts {
    /// The job that comes next: where the next question begins.
    pub next_job: u64,
    /// Frames of which something is in the cache, by name without the run's prefix.
    #[serde(default)]
    pub frames: BTreeMap<String, CachedFrame>,
    /// Sums over the jobs; none where there were too many to ask for.
    #[serde(default)]
    pub work: Option<SparkWork>,
}

/// Sums over the Spark jobs of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct SparkWork {
    /// Wall time in which one of them ran, microseconds.
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

/// A frame in the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct CachedFrame {
    /// Its parts.
    pub parts: u64,
    /// Those of them that are held, in memory or on disk.
    pub held: u64,
    /// Bytes in memory.
    pub memory_bytes: u64,
    /// Bytes on disk.
    pub disk_bytes: u64,
}

/// What Spark did since the job `first_job`. `prefix` begins the views of frames in this run. Starts no Spark job.
pub async fn step_facts<E: Engine>(
    engine: &mut E,
    first_job: u64,
    prefix: &str,
) -> Result<StepFacts, SnippetError> {
    let variables = BTreeMap::from([
        ("job".to_owned(), first_job.to_string()),
        ("prefix".to_owned(), prefix.to_owned()),
    ]);
    value(engine, "measurements", STEP, variables).await
}
