//! The messages between engine and agent.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::settings::file_uri;
use crate::runtime::engine::failure::RawFailure;
use crate::runtime::engine::{
    EngineError, Language, Output, OutputColumn, Progress, SessionInfo, Submission, SubmissionId,
    Want,
};

/// Answer to `open`.
#[derive(Debug, Deserialize)]
pub(super) struct Opened {
    id: String,
    spark_version: String,
    python_version: String,
    java_version: String,
    master: String,
    storage_memory_bytes: u64,
    cores: u32,
}

impl From<Opened> for SessionInfo {
    fn from(opened: Opened) -> Self {
        Self {
            id: opened.id,
            spark_version: opened.spark_version,
            python_version: opened.python_version,
            java_version: opened.java_version,
            master: opened.master,
            storage_memory_bytes: opened.storage_memory_bytes,
            cores: opened.cores,
        }
    }
}

/// Answer to `poll`.
#[derive(Debug, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(super) enum State {
    Unknown,
    /// Java has ended.
    Lost,
    Running(Counts),
    Done(Box<Result>),
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

#[derive(Debug, Deserialize)]
pub(super) struct Result {
    #[serde(default)]
    columns: Vec<Column>,
    #[serde(default)]
    rows: Vec<Vec<Option<String>>>,
    #[serde(default)]
    truncated: bool,
    #[serde(default, deserialize_with = "present")]
    value: Option<Value>,
    stdout: String,
    elapsed_micros: u64,
}

#[derive(Debug, Deserialize)]
struct Column {
    name: String,
    type_name: String,
}

/// Keeps a JSON null apart from an absent value.
fn present<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl From<Result> for Output {
    fn from(result: Result) -> Self {
        let column = |column: Column| OutputColumn {
            name: column.name,
            type_name: column.type_name,
        };
        Self {
            columns: result.columns.into_iter().map(column).collect(),
            rows: result.rows,
            truncated: result.truncated,
            value: result.value,
            stdout: result.stdout,
            elapsed_micros: result.elapsed_micros,
        }
    }
}

/// The request that starts a submission.
pub(super) fn submit(
    id: SubmissionId,
    submission: &Submission,
) -> std::result::Result<Value, EngineError> {
    let want = match &submission.want {
        Want::Nothing => json!({ "kind": "nothing" }),
        Want::Preview { rows } => json!({ "kind": "preview", "rows": rows }),
        Want::Parquet { path } => {
            let path = std::path::absolute(path).map_err(|source| EngineError::Io {
                action: "resolving the path",
                path: path.clone(),
                source,
            })?;
            json!({ "kind": "parquet", "uri": file_uri(&path) })
        }
        Want::Value => json!({ "kind": "value" }),
    };
    Ok(json!({
        "submission": id.0,
        "label": submission.label,
        "language": match submission.language {
            Language::Sql => "sql",
            Language::Python => "python",
        },
        "text": submission.text,
        "want": want,
        "variables": submission.variables,
        "file": submission.file,
    }))
}

/// Reads an answer.
pub(super) fn read<T: DeserializeOwned>(value: Value) -> std::result::Result<T, EngineError> {
    serde_json::from_value(value).map_err(|error| EngineError::Protocol {
        detail: error.to_string(),
    })
}
