//! What hoist and its helper in the session's Python (`statement.py`) tell each other, whichever way it travels.

use std::path::Path;

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::{
    EngineError, Language, Output, OutputColumn, SessionInfo, Submission, SubmissionId, Want,
};

/// What a session says of itself.
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

/// What a submission that ended well gave.
#[derive(Debug, Deserialize)]
pub(super) struct Given {
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
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl From<Given> for Output {
    fn from(given: Given) -> Self {
        let column = |column: Column| OutputColumn {
            name: column.name,
            type_name: column.type_name,
        };
        Self {
            columns: given.columns.into_iter().map(column).collect(),
            rows: given.rows,
            truncated: given.truncated,
            value: given.value,
            stdout: given.stdout,
            elapsed_micros: given.elapsed_micros,
        }
    }
}

/// The request that runs a submission. `uri` says how Spark calls the folder of a Parquet result.
pub(super) fn request<E>(
    id: SubmissionId,
    submission: &Submission,
    uri: impl FnOnce(&Path) -> Result<String, E>,
) -> Result<Value, E> {
    let want = match &submission.want {
        Want::Nothing => json!({ "kind": "nothing" }),
        Want::Preview { rows } => json!({ "kind": "preview", "rows": rows }),
        Want::Parquet { path } => json!({ "kind": "parquet", "uri": uri(path)? }),
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

/// Refuses a submission that no engine can run.
pub(super) fn check(submission: &Submission) -> Result<(), EngineError> {
    if submission.language == Language::Sql && submission.want == Want::Value {
        return Err(EngineError::InvalidSubmission {
            label: submission.label.clone(),
            reason: "a value can only be asked of Python",
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_null_is_a_value_and_nothing_is_none() {
        let value = |text| {
            let given: Given = serde_json::from_str(text).unwrap();
            Output::from(given).value
        };
        assert_eq!(
            value(r#"{"stdout": "", "elapsed_micros": 1, "value": null}"#),
            Some(Value::Null)
        );
        assert_eq!(value(r#"{"stdout": "", "elapsed_micros": 1}"#), None);
    }

    #[test]
    fn sql_has_no_value() {
        let mut submission = Submission {
            label: "1.sql:2".to_owned(),
            language: Language::Sql,
            text: "SELECT 1".to_owned(),
            want: Want::Value,
            variables: std::collections::BTreeMap::new(),
            file: None,
        };
        assert_eq!(
            check(&submission).unwrap_err().to_string(),
            "`1.sql:2` cannot be submitted: a value can only be asked of Python"
        );
        submission.want = Want::Nothing;
        assert!(check(&submission).is_ok());
    }
}
