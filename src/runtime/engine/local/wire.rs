//! The messages between engine and agent.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::settings::file_uri;
use crate::runtime::engine::exchange::{self, Given};
use crate::runtime::engine::failure::RawFailure;
use crate::runtime::engine::{EngineError, Progress, Submission, SubmissionId};

/// Answer to `poll`.
#[derive(Debug, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(super) enum State {
    Unknown,
    /// Java has ended.
    Lost,
    Running(Counts),
    Done(Box<Given>),
    Failed {
        #[serde(flatten)]
        failure: RawFailure,
        stdout: String,
    },
    Cancelled,
}

#[derive(Debug, Deserialize)]
pub(super) struct Counts {
    tasks_done: u64,
    tasks_total: u64,
    tasks_active: u64,
    jobs_done: u64,
}

impl From<Counts> for Progress {
    fn from(counts: Counts) -> Self {
        Self {
            tasks_done: counts.tasks_done,
            tasks_total: counts.tasks_total,
            tasks_active: counts.tasks_active,
            jobs_done: counts.jobs_done,
            percent: None,
        }
    }
}

/// The request that starts a submission.
pub(super) fn submit(id: SubmissionId, submission: &Submission) -> Result<Value, EngineError> {
    exchange::request(id, submission, |path| {
        if let Some(address) = path.to_str().filter(|text| text.starts_with("file:")) {
            return Ok(address.to_owned());
        }
        let path = std::path::absolute(path).map_err(|source| EngineError::Io {
            action: "resolving the path",
            path: path.to_owned(),
            source,
        })?;
        Ok(file_uri(&path))
    })
}

/// Reads an answer.
pub(super) fn read<T: DeserializeOwned>(value: Value) -> Result<T, EngineError> {
    serde_json::from_value(value).map_err(|error| EngineError::Protocol {
        detail: error.to_string(),
    })
}
