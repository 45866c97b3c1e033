//! The code of a statement: what is sent as it is, and what goes through the helper in the Python shell.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::runtime::engine::{Language, Submission, SubmissionId, Want, exchange};

/// A statement as Livy takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) kind: Kind,
    /// First line of the code, by which it is found again.
    pub(super) marker: String,
    pub(super) text: String,
}

/// Which of Livy's interpreters runs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Sql,
    Python,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sql => "sql",
            Self::Python => "pyspark",
        }
    }
}

/// The module that the Python shell gets.
fn shell_text() -> &'static str {
    concat!(include_str!("../statement.py"), include_str!("shell.py"))
}

/// The statement that puts the helper into the Python shell and asks what the session is.
pub(super) fn start(session: &str) -> Code {
    let marker = format!("# hoist:{session}:0");
    let module = STANDARD.encode(shell_text());
    // An expression, so that no name of hoist stays among those of the user.
    let text = format!(
        "{marker}\n\
         _hoist_answer = (lambda base64, modules, module: (modules.__setitem__('hoist_session', module), \
         exec(compile(base64.b64decode('{module}').decode('utf-8'), '<hoist>', 'exec'), module.__dict__), \
         module.start(globals()))[-1])(__import__('base64'), __import__('sys').modules, \
         __import__('types').ModuleType('hoist_session'))\n\
         %json _hoist_answer"
    );
    Code {
        kind: Kind::Python,
        marker,
        text,
    }
}

/// The statement of a submission. `labels` are the labels of earlier statements by the description that Livy gave
/// to their Spark executions.
pub(super) fn submission(
    session: &str,
    id: SubmissionId,
    submission: &Submission,
    labels: &BTreeMap<String, String>,
) -> Code {
    let direct = match (&submission.language, &submission.want) {
        (Language::Sql, Want::Nothing | Want::Preview { .. }) => !may_be_query(&submission.text),
        _ => false,
    };
    if direct {
        let marker = format!("/* hoist:{session}:{id} */");
        // Before the statement, since comments after `SET x = y` belong to its value; on a line of its own, so that
        // columns in messages stay right.
        let text = format!("{marker}\n{}", submission.text);
        return Code {
            kind: Kind::Sql,
            marker,
            text,
        };
    }
    let marker = format!("# hoist:{session}:{id}");
    // The path of a result as given: the driver writes it, on whatever file system that is there.
    let uri = |path: &Path| Ok::<_, Infallible>(path.to_string_lossy().into_owned());
    let Ok(mut request) = exchange::request(id, submission, uri);
    if let Some(fields) = request.as_object_mut() {
        fields.insert("labels".to_owned(), json!(labels));
    }
    let request = STANDARD.encode(request.to_string());
    let text = format!(
        "{marker}\n\
         _hoist_answer = __import__('sys').modules['hoist_session'].run('{request}')\n\
         %json _hoist_answer"
    );
    Code {
        kind: Kind::Python,
        marker,
        text,
    }
}

/// Whether a statement may be a query. One that is goes through the helper, since Livy's `sql` interpreter computes
/// 1,000 rows of it whatever is wanted, rounds them, and fails at types such as intervals. The helper runs
/// commands just as well, so a `WITH … INSERT` does no harm here.
fn may_be_query(text: &str) -> bool {
    let word = first_word(text).to_ascii_uppercase();
    matches!(
        word.as_str(),
        "" | "SELECT" | "WITH" | "FROM" | "VALUES" | "TABLE" | "MAP" | "REDUCE"
    )
}

/// The first word after blanks, comments and opening parentheses; empty where something else comes first.
fn first_word(text: &str) -> &str {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, rest)| rest);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = after_comment(comment);
        } else {
            let end = rest
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(rest.len());
            return rest.get(..end).unwrap_or_default();
        }
    }
}

/// What follows a bracketed comment; such comments nest.
fn after_comment(text: &str) -> &str {
    let mut depth = 1;
    let mut rest = text;
    while depth > 0 {
        let Some(at) = rest.find("*/") else {
            return "";
        };
        match rest.find("/*") {
            Some(open) if open < at => {
                depth += 1;
                rest = rest.get(open + 2..).unwrap_or_default();
            }
            _ => {
                depth -= 1;
                rest = rest.get(at + 2..).unwrap_or_default();
            }
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql(text: &str, want: Want) -> Code {
        let given = Submission {
            label: "1_load.sql:2".to_owned(),
            language: Language::Sql,
            text: text.to_owned(),
            want,
            variables: BTreeMap::new(),
            file: None,
        };
        submission("s", SubmissionId(7), &given, &BTreeMap::new())
    }

    #[test]
    fn commands_are_sent_as_they_are() {
        for text in [
            "INSERT INTO t SELECT 1",
            "-- note\nCREATE TABLE t AS SELECT 1",
            "/* a /* b */ c */ set x = 'it''s'",
        ] {
            let code = sql(text, Want::Nothing);
            assert_eq!(code.kind, Kind::Sql, "{text}");
            assert_eq!(code.text, format!("/* hoist:s:7 */\n{text}"));
        }
        assert_eq!(
            sql("SHOW TABLES", Want::Preview { rows: 1 }).kind,
            Kind::Sql
        );
    }

    #[test]
    fn queries_go_through_the_helper() {
        for text in [
            "SELECT 1",
            " ( (select 1) )",
            "-- note\n/* more */ WITH a AS (SELECT 1) SELECT * FROM a",
            "VALUES (1)",
            "",
        ] {
            let code = sql(text, Want::Preview { rows: 1 });
            assert_eq!(code.kind, Kind::Python, "{text}");
        }
        let parquet = Want::Parquet {
            path: "/results/1".into(),
        };
        assert_eq!(sql("INSERT INTO t SELECT 1", parquet).kind, Kind::Python);
    }

    #[test]
    fn texts_for_python_are_one_line_each() {
        let code = sql("SELECT '\n%json x\n😀'", Want::Preview { rows: 1 });
        let lines: Vec<&str> = code.text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0], "# hoist:s:7");
        assert_eq!(lines[2], "%json _hoist_answer");
        assert!(code.text.is_ascii());
        assert_eq!(start("s").text.lines().count(), 3);
    }
}
