//! The documents of Livy's REST API, as far as they matter here. Every field may be absent: versions and hosted
//! servers differ.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Answer to `GET /version`.
#[derive(Debug, Deserialize)]
pub(super) struct Version {
    pub(super) version: String,
}

/// Major and minor number of `0.9.0-incubating`.
pub(super) fn version_number(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split(['.', '-']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// A session.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct SessionDocument {
    /// A number; text on some hosted servers.
    #[serde(default, deserialize_with = "id_text")]
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) state: Option<String>,
    #[serde(default)]
    pub(super) conf: Option<BTreeMap<String, Value>>,
    #[serde(default)]
    pub(super) log: Option<Vec<String>>,
}

impl SessionDocument {
    pub(super) fn state(&self) -> &str {
        self.state.as_deref().unwrap_or("unknown")
    }

    /// A setting that was given when the session was made.
    pub(super) fn setting(&self, key: &str) -> Option<&str> {
        self.conf.as_ref()?.get(key)?.as_str()
    }
}

/// What a state of a session means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It takes statements.
    Usable,
    /// It has ended, or nothing good will come of it.
    Ended,
    /// It is on its way; unknown states count as this.
    Waiting,
}

pub(super) fn phase(state: &str) -> Phase {
    match state {
        "idle" | "busy" => Phase::Usable,
        "dead" | "killed" | "error" | "shutting_down" | "success" => Phase::Ended,
        _ => Phase::Waiting,
    }
}

/// Answer to `GET /sessions/{id}/log`.
#[derive(Debug, Deserialize)]
pub(super) struct Log {
    #[serde(default)]
    pub(super) log: Vec<String>,
}

/// Answer to `GET /sessions/{id}/statements`.
#[derive(Debug, Deserialize)]
pub(super) struct Statements {
    #[serde(default)]
    pub(super) statements: Vec<StatementDocument>,
}

/// A statement.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct StatementDocument {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) code: Option<String>,
    #[serde(default)]
    pub(super) state: String,
    #[serde(default)]
    pub(super) output: Option<Value>,
    #[serde(default)]
    pub(super) progress: Option<f64>,
    /// Milliseconds since 1970; 0 is not yet. Absent before Livy 0.7.
    #[serde(default)]
    pub(super) started: Option<u64>,
    /// Milliseconds since 1970; 0 is not yet. Absent before Livy 0.7.
    #[serde(default)]
    pub(super) completed: Option<u64>,
}

impl StatementDocument {
    /// Whether it has ended. The server writes the document while the statement may still change, so that a final
    /// state alone, without output and time, is not the end yet.
    pub(super) fn has_ended(&self) -> bool {
        match self.state.as_str() {
            "available" | "error" => {
                self.output.is_some() || self.completed.is_some_and(|at| at > 0)
            }
            "cancelled" => self.output.is_some() || self.completed.is_none_or(|at| at > 0),
            _ => false,
        }
    }

    /// Time from start to end, in microseconds, where the server knows both.
    pub(super) fn elapsed_micros(&self) -> Option<u64> {
        let (started, completed) = (self.started?, self.completed?);
        (started > 0 && completed >= started).then(|| (completed - started) * 1000)
    }
}

/// The output of a statement that ended.
#[derive(Debug, Default, Deserialize)]
pub(super) struct OutputDocument {
    #[serde(default)]
    pub(super) status: String,
    #[serde(default)]
    pub(super) data: BTreeMap<String, Value>,
    #[serde(default)]
    pub(super) ename: Option<String>,
    #[serde(default)]
    pub(super) evalue: Option<String>,
    #[serde(default)]
    pub(super) traceback: Option<Vec<String>>,
}

fn id_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(text: &str) -> StatementDocument {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_final_state_alone_is_not_the_end() {
        for (text, ended) in [
            (
                r#"{"id":1,"state":"running","output":null,"started":5,"completed":0}"#,
                false,
            ),
            (
                r#"{"id":1,"state":"available","output":null,"started":5,"completed":0}"#,
                false,
            ),
            (
                r#"{"id":1,"state":"available","output":{"status":"ok"},"completed":0}"#,
                true,
            ),
            (
                r#"{"id":1,"state":"available","output":null,"started":5,"completed":9}"#,
                true,
            ),
            (r#"{"id":1,"state":"available","output":null}"#, false),
            (
                r#"{"id":1,"state":"error","output":{"status":"error"}}"#,
                true,
            ),
            (r#"{"id":1,"state":"cancelling","output":null}"#, false),
            (
                r#"{"id":1,"state":"cancelled","output":null,"completed":0}"#,
                false,
            ),
            (
                r#"{"id":1,"state":"cancelled","output":null,"completed":9}"#,
                true,
            ),
            (r#"{"id":1,"state":"cancelled","output":null}"#, true),
        ] {
            assert_eq!(statement(text).has_ended(), ended, "{text}");
        }
    }

    #[test]
    fn versions() {
        assert_eq!(version_number("0.9.0-incubating"), Some((0, 9)));
        assert_eq!(version_number("1.0.0-SNAPSHOT"), Some((1, 0)));
        assert_eq!(version_number("custom"), None);
    }

    #[test]
    fn ids_may_be_numbers_or_text() {
        let id = |text| serde_json::from_str::<SessionDocument>(text).unwrap().id;
        assert_eq!(id(r#"{"id":4,"state":"idle"}"#).as_deref(), Some("4"));
        assert_eq!(id(r#"{"id":"a-b"}"#).as_deref(), Some("a-b"));
        assert_eq!(id("{}"), None);
    }
}
