//! Takes apart what Spark and Python say about a failing statement.

use serde::Deserialize;

use super::{Language, StatementFailure};

/// What the agent knows of an exception.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct RawFailure {
    /// Simple name of the exception class.
    pub(super) exception: String,
    /// Spark's error class, where it has one.
    pub(super) sql_class: Option<String>,
    pub(super) message: String,
    /// Line and column in the Python text.
    pub(super) python_position: Option<(u32, u32)>,
    pub(super) trace: String,
}

impl RawFailure {
    pub(super) fn into_failure(self, language: Language, stdout: String) -> StatementFailure {
        let (prefix, _) = class_prefix(&self.message);
        let class = self
            .sql_class
            .or_else(|| prefix.map(str::to_owned))
            .unwrap_or(self.exception);
        let position = match language {
            Language::Sql => sql_position(&self.message),
            Language::Python => self.python_position,
        };
        let trace = if self.trace.contains(self.message.trim()) || self.message.is_empty() {
            self.trace
        } else {
            format!("{}\n{}", self.message.trim(), self.trace)
        };
        StatementFailure {
            class,
            message: short_message(&self.message),
            position,
            trace,
            stdout,
        }
    }
}

/// Why the session did not start: the agent's reason, and where Java ended before it could say one, the log's.
pub(super) fn start_message(failure: &RawFailure, last_lines: &str) -> String {
    if failure.message.contains("JAVA_GATEWAY_EXITED") || failure.exception == "PySparkRuntimeError"
    {
        return format!("Java ended at once: {last_lines}");
    }
    // The metastore says it deep inside a chain of Java exceptions.
    if failure.message.contains("Another instance of Derby") || failure.message.contains("XSDB6") {
        return "another program uses the metastore".to_owned();
    }
    short_message(&failure.message)
}

/// Error classes of Spark that only say where an error surfaced; a cause says what went wrong.
const SURFACES: [&str; 4] = [
    "TASK_WRITE_FAILED",
    "FAILED_EXECUTE_UDF",
    "FAILED_READ_FILE",
    "INTERNAL_ERROR",
];

/// What a failing task said, out of `Job aborted due to stage failure: … (executor 1): java.lang.X: message`: simple
/// name of the exception class, and message. For those who see only the text of an error and not its causes.
pub(super) fn task_failure(message: &str) -> Option<(&str, &str)> {
    let is_surface = |message: &str| {
        let class = class_prefix(message).0.unwrap_or_default();
        SURFACES.iter().any(|surface| class.starts_with(surface))
    };
    let own = message.split_once("Job aborted due to stage failure:");
    if own.is_none() && !is_surface(message) {
        return None;
    }
    // `… (TID 9) (localhost executor driver): java.lang.RuntimeException: boom`
    let first = own
        .and_then(|(_, rest)| rest.split_once(" executor "))
        .and_then(|(_, rest)| rest.split_once("): "))
        .and_then(|(_, rest)| exception(rest));
    let causes = message
        .split("Caused by: ")
        .skip(1)
        .filter_map(exception)
        .filter(|(_, message)| !is_surface(message));
    match first {
        Some(first) if !is_surface(first.1) => Some(first),
        first => causes.last().or(first),
    }
}

/// Splits `java.lang.RuntimeException: boom\n\tat …` into simple class name and message.
fn exception(text: &str) -> Option<(&str, &str)> {
    let (path, rest) = text.split_once(": ")?;
    let is_class = path
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '$'));
    let name = path.rsplit(['.', '$']).next()?;
    let end = rest.find("\n\tat ").unwrap_or(rest.len());
    is_class.then_some((name, rest.get(..end)?))
}

/// Splits `[TABLE_OR_VIEW_NOT_FOUND] The table …` into class and rest.
fn class_prefix(message: &str) -> (Option<&str>, &str) {
    let split = || {
        let (class, rest) = message.trim_start().strip_prefix('[')?.split_once(']')?;
        let is_class = class.starts_with(|c: char| c.is_ascii_uppercase())
            && class
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_' || c == '.');
        is_class.then_some((class, rest.trim_start()))
    };
    split().map_or((None, message.trim_start()), |(class, rest)| {
        (Some(class), rest)
    })
}

/// The message without class prefix, position, plan and stack.
pub(super) fn short_message(message: &str) -> String {
    let (_, text) = class_prefix(message);
    let mut kept: Vec<&str> = Vec::new();
    for line in text.lines() {
        let is_context = line.starts_with("== SQL")
            || line.starts_with("\tat ")
            || line.starts_with('\'')
            || line.starts_with("+- ")
            || line.starts_with("JVM stacktrace")
            || line.starts_with("Driver stacktrace");
        if is_context {
            break;
        }
        if let Some((start, _, _)) = plan_position(line) {
            kept.push(
                line.get(..start)
                    .unwrap_or(line)
                    .trim_end_matches([';', ' ']),
            );
            break;
        }
        // `…(line 1, pos 7)` ends the message of a syntax error.
        match line.rfind("(line ") {
            Some(start) if line.trim_end().ends_with(')') => {
                kept.push(line.get(..start).unwrap_or(line));
                break;
            }
            _ => kept.push(line),
        }
    }
    kept.join("\n").trim().to_owned()
}

/// Line and column, from 1, that Spark's message names: `; line 1 pos 14` and `(line 1, pos 14)` count columns from
/// 0, `== SQL (line 1, position 15) ==` counts them from 1.
pub(super) fn sql_position(message: &str) -> Option<(u32, u32)> {
    message.lines().find_map(|line| {
        if let Some((_, row, column)) = plan_position(line) {
            return Some((row, column + 1));
        }
        let (_, rest) = line.split_once("(line ")?;
        let (row, rest) = number(rest)?;
        if let Some(rest) = rest.strip_prefix(", position ") {
            return Some((row, number(rest)?.0));
        }
        let (column, rest) = number(rest.strip_prefix(", pos ")?)?;
        rest.starts_with(')').then_some((row, column + 1))
    })
}

/// Start, line and column (from 0) of the last `line 1 pos 14` in a line.
fn plan_position(line: &str) -> Option<(usize, u32, u32)> {
    let start = line.rfind("; line ")?;
    let (row, rest) = number(line.get(start + "; line ".len()..)?)?;
    let (column, _) = number(rest.strip_prefix(" pos ")?)?;
    Some((start, row, column))
}

fn number(text: &str) -> Option<(u32, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    Some((digits.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MISSING_TABLE: &str = "[TABLE_OR_VIEW_NOT_FOUND] The table or view `nope` cannot be found. Verify the spelling.\n\
        If you did not qualify the name, verify the current_schema() output.; line 2 pos 14;\n\
        'Project [*]\n+- 'UnresolvedRelation [nope], [], false\n";
    const SYNTAX: &str = "\n[PARSE_SYNTAX_ERROR] Syntax error at or near 'FRM'.(line 1, pos 9)\n\n== SQL ==\nSELECT * FRM t\n---------^^^\n";
    const DIVISION: &str = "[DIVIDE_BY_ZERO] Division by zero. Use `try_divide` to tolerate.\n== SQL (line 3, position 8) ==\nSELECT 1/0\n       ^^^\n";

    fn failure(message: &str, language: Language) -> StatementFailure {
        RawFailure {
            exception: "AnalysisException".to_owned(),
            message: message.to_owned(),
            python_position: Some((4, 1)),
            trace: "pyspark.errors.AnalysisException".to_owned(),
            ..RawFailure::default()
        }
        .into_failure(language, String::new())
    }

    #[test]
    fn an_analysis_error_loses_class_position_and_plan() {
        let failure = failure(MISSING_TABLE, Language::Sql);
        assert_eq!(failure.class, "TABLE_OR_VIEW_NOT_FOUND");
        assert_eq!(
            failure.message,
            "The table or view `nope` cannot be found. Verify the spelling.\n\
             If you did not qualify the name, verify the current_schema() output."
        );
        assert_eq!(failure.position, Some((2, 15)));
        assert!(
            failure.trace.contains("UnresolvedRelation"),
            "the trace keeps everything"
        );
    }

    #[test]
    fn a_syntax_error_loses_its_excerpt() {
        let failure = failure(SYNTAX, Language::Sql);
        assert_eq!(failure.class, "PARSE_SYNTAX_ERROR");
        assert_eq!(failure.message, "Syntax error at or near 'FRM'.");
        assert_eq!(failure.position, Some((1, 10)));
    }

    #[test]
    fn an_error_at_run_time_names_its_expression() {
        let failure = failure(DIVISION, Language::Sql);
        assert_eq!(failure.class, "DIVIDE_BY_ZERO");
        assert_eq!(
            failure.message,
            "Division by zero. Use `try_divide` to tolerate."
        );
        assert_eq!(failure.position, Some((3, 8)));
    }

    #[test]
    fn the_position_of_a_python_step_is_in_its_file() {
        assert_eq!(
            failure(MISSING_TABLE, Language::Python).position,
            Some((4, 1))
        );
    }

    #[test]
    fn a_failing_task_says_what_went_wrong() {
        let text = "Job aborted due to stage failure: Task 0 in stage 8.0 failed 1 times, most recent failure: Lost \
            task 0.0 in stage 8.0 (TID 9) (localhost executor driver): java.lang.RuntimeException: boom\n\tat org.X\n\n\
            Driver stacktrace:";
        assert_eq!(task_failure(text), Some(("RuntimeException", "boom")));
        let text = "Job aborted due to stage failure: Task 1 in stage 2.0 failed 4 times, most recent failure: Lost \
            task 1.3 in stage 2.0 (TID 9) (10.0.0.7 executor 3): org.apache.spark.SparkException: [TASK_WRITE_FAILED] \
            Task failed while writing rows to file:/t.\n\tat org.X\nCaused by: org.apache.spark.SparkArithmeticException: \
            [DIVIDE_BY_ZERO] Division by zero.\n== SQL (line 2, position 8) ==\nSELECT 1/0\n       ^^^\n\n\tat org.Y\n";
        let (class, message) = task_failure(text).unwrap();
        assert_eq!(class, "SparkArithmeticException");
        assert_eq!(class_prefix(message).0, Some("DIVIDE_BY_ZERO"));
        assert_eq!(sql_position(message), Some((2, 8)));
        assert_eq!(task_failure(MISSING_TABLE), None);
    }

    #[test]
    fn without_a_class_the_exception_names_it() {
        let failure = failure("[a list] is no class; line up", Language::Sql);
        assert_eq!(failure.class, "AnalysisException");
        assert_eq!(failure.message, "[a list] is no class; line up");
        assert_eq!(failure.position, None);
    }
}
