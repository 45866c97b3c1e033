//! What the output of a statement means.

use serde::Deserialize;
use serde_json::Value;

use super::code::Kind;
use super::error::LivyError;
use super::rows;
use super::wire::{OutputDocument, StatementDocument};
use crate::runtime::engine::exchange::{Given, Opened};
use crate::runtime::engine::failure::{RawFailure, task_failure};
use crate::runtime::engine::{Language, Output, SessionInfo, StatementFailure, Status, Want};

/// Rows that Livy's `sql` interpreter gives at most (Livy: `livy.rsc.sql.num-rows`).
const SERVER_ROWS: usize = 1000;
const JSON: &str = "application/json";

/// What a submission was, as far as its output is concerned.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) kind: Kind,
    pub(super) language: Language,
    pub(super) want: Want,
}

/// An ended statement, read.
pub(super) enum Outcome {
    /// The state of the submission.
    Status(Status),
    /// The interpreter is gone, and the session is of no use any more.
    SessionLost(String),
}

/// Reads an ended statement.
pub(super) fn read(document: StatementDocument, asked: &Asked) -> Result<Outcome, LivyError> {
    if document.state == "cancelled" {
        return Ok(Outcome::Status(Status::Cancelled));
    }
    let elapsed = document.elapsed_micros().unwrap_or_default();
    let output = output_document(document)?;
    if output.status == "error" || output.ename.is_some() {
        return Ok(failed(output, asked.language));
    }
    let status = match asked.kind {
        Kind::Sql => Status::Done(sql(&output, &asked.want, elapsed)),
        Kind::Python => python(output, asked.language)?,
    };
    Ok(Outcome::Status(status))
}

/// Reads what the session says of itself.
pub(super) fn session(
    document: StatementDocument,
) -> Result<Result<SessionInfo, String>, LivyError> {
    let mut output = output_document(document)?;
    if output.status == "error" {
        let name = output.ename.unwrap_or_default();
        let value = output.evalue.unwrap_or_default();
        return Ok(Err(format!("{name}: {}", value.trim())));
    }
    let opened = output.data.remove(JSON).unwrap_or_default();
    let opened: Opened = serde_json::from_value(opened).map_err(|error| unexpected(&error))?;
    Ok(Ok(opened.into()))
}

fn output_document(document: StatementDocument) -> Result<OutputDocument, LivyError> {
    serde_json::from_value(document.output.unwrap_or_default()).map_err(|error| unexpected(&error))
}

fn unexpected(error: &serde_json::Error) -> LivyError {
    LivyError::UnexpectedAnswer {
        action: "about a statement",
        detail: error.to_string(),
    }
}

/// An error that Livy reports: of a SQL statement, or of the interpreter itself.
fn failed(output: OutputDocument, language: Language) -> Outcome {
    let exception = output.ename.unwrap_or_default();
    let message = output.evalue.unwrap_or_default();
    if message.starts_with("Interpreter died") {
        return Outcome::SessionLost("its interpreter ended".to_owned());
    }
    let frames = output.traceback.unwrap_or_default();
    // Java frames come one per entry, Python's with their line ends.
    let trace = if frames.iter().any(|frame| frame.ends_with('\n')) {
        frames.concat()
    } else {
        let frames: Vec<String> = frames.iter().map(|frame| format!("\tat {frame}")).collect();
        format!("{}\n{}", message.trim(), frames.join("\n"))
    };
    let (exception, told) = task_failure(&message).map_or_else(
        || (exception, message.clone()),
        |(exception, message)| (exception.to_owned(), message.to_owned()),
    );
    let raw = RawFailure {
        exception,
        message: told,
        trace,
        ..RawFailure::default()
    };
    let mut failure = raw.into_failure(language, String::new());
    // The first line is our marker.
    failure.position = failure
        .position
        .map(|(line, column)| (line.saturating_sub(1).max(1), column));
    Outcome::Status(Status::Failed(failure))
}

/// The result of the `sql` interpreter.
fn sql(output: &OutputDocument, want: &Want, elapsed_micros: u64) -> Output {
    let table = output.data.get(JSON).unwrap_or(&Value::Null);
    let schema = table.get("schema").unwrap_or(&Value::Null);
    let data = table.get("data").unwrap_or(&Value::Null);
    let (rows, truncated) = match want {
        Want::Preview { rows: limit } => {
            let given = data.as_array().map_or(0, Vec::len);
            let rows = rows::rows(schema, data, *limit);
            let truncated = given > rows.len() || given >= SERVER_ROWS;
            (rows, truncated)
        }
        _ => (Vec::new(), false),
    };
    Output {
        columns: rows::columns(schema),
        rows,
        truncated,
        elapsed_micros,
        ..Output::default()
    }
}

/// The answer of the helper in the Python shell.
#[derive(Debug, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum Answer {
    Done(Box<Given>),
    Failed {
        #[serde(flatten)]
        failure: RawFailure,
        stdout: String,
    },
}

fn python(mut output: OutputDocument, language: Language) -> Result<Status, LivyError> {
    let Some(answer) = output.data.remove(JSON) else {
        // `%json` of a missing name is an answer within the answer.
        let inner = output.data.get("content");
        let text = |key: &str| {
            let text = inner.and_then(|inner| inner.get(key)?.as_str());
            text.unwrap_or_default().to_owned()
        };
        return Ok(Status::Failed(StatementFailure {
            class: text("ename"),
            message: format!("the Python shell gave no answer: {}", text("evalue")),
            ..StatementFailure::default()
        }));
    };
    let answer = serde_json::from_value(answer).map_err(|error| unexpected(&error))?;
    Ok(match answer {
        Answer::Failed { failure, stdout } => {
            Status::Failed(failure.into_failure(language, stdout))
        }
        Answer::Done(given) => Status::Done((*given).into()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn status(output: &Value, kind: Kind, want: Want) -> Status {
        let language = match kind {
            Kind::Sql => Language::Sql,
            Kind::Python => Language::Python,
        };
        let document = json!({"id": 1, "state": "available", "output": output, "started": 10, "completed": 12});
        let asked = Asked {
            kind,
            language,
            want,
        };
        match read(serde_json::from_value(document).unwrap(), &asked).unwrap() {
            Outcome::Status(status) => status,
            Outcome::SessionLost(state) => panic!("{state}"),
        }
    }

    #[test]
    fn an_error_of_the_sql_interpreter_points_into_the_statement() {
        let output = json!({"status": "error", "ename": "Error", "traceback": ["org.X.y(X.scala:1)"],
            "evalue": "\n[PARSE_SYNTAX_ERROR] Syntax error at or near 'FRM'.(line 2, pos 9)\n\n== SQL ==\n/* m */\nSELECT * FRM t\n"});
        let Status::Failed(failure) = status(&output, Kind::Sql, Want::Nothing) else {
            panic!()
        };
        assert_eq!(failure.class, "PARSE_SYNTAX_ERROR");
        assert_eq!(failure.message, "Syntax error at or near 'FRM'.");
        assert_eq!(failure.position, Some((1, 10)));
        assert!(
            failure.trace.ends_with("\tat org.X.y(X.scala:1)"),
            "{}",
            failure.trace
        );
    }

    #[test]
    fn a_missing_answer_of_python_is_a_failure() {
        let output = json!({"status": "ok", "execution_count": 3, "data": {"msg_type": "execute_reply",
            "content": {"status": "error", "ename": "KeyError", "evalue": "'_hoist_answer'", "traceback": []}}});
        let Status::Failed(failure) = status(&output, Kind::Python, Want::Nothing) else {
            panic!()
        };
        assert_eq!(failure.class, "KeyError");
    }

    #[test]
    fn the_limit_of_the_server_is_told() {
        let data: Vec<Value> = (0..SERVER_ROWS).map(|n| json!([n])).collect();
        let output = json!({"status": "ok", "data": {JSON: {"data": data,
            "schema": {"type": "struct", "fields": [{"name": "id", "type": "long"}]}}}});
        let want = Want::Preview { rows: 5000 };
        let Status::Done(output) = status(&output, Kind::Sql, want) else {
            panic!()
        };
        assert_eq!((output.rows.len(), output.truncated), (SERVER_ROWS, true));
        assert_eq!(output.elapsed_micros, 2000);
    }

    #[test]
    fn a_dead_interpreter_ends_the_session() {
        let output = json!({"status": "error", "ename": "Error", "evalue": "Interpreter died:\n", "traceback": []});
        let document = json!({"id": 1, "state": "available", "output": output});
        let asked = Asked {
            kind: Kind::Python,
            language: Language::Python,
            want: Want::Nothing,
        };
        let outcome = read(serde_json::from_value(document).unwrap(), &asked).unwrap();
        assert!(matches!(outcome, Outcome::SessionLost(_)));
    }
}
