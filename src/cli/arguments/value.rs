//! Values of options that are more than one word or number. Errors are what the user reads after the option's name.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::config::{KEYS, closest};
use crate::runtime::verify::generate::MIN_ROWS;

/// The name of a database that holds nothing else, in lower case.
pub(super) fn database(text: &str) -> Result<String, String> {
    let name = text.trim_matches('`').to_lowercase();
    if name.is_empty() || name == "default" || name.contains(['.', '`', '/']) {
        return Err("expected the name of a database other than `default`".to_owned());
    }
    Ok(name)
}

/// `--rows N`
pub(super) fn rows_of_a_table(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(rows) if rows >= MIN_ROWS => Ok(rows),
        _ => Err(format!("expected a number of rows, at least {MIN_ROWS}")),
    }
}

/// `NAME=VALUE`; the value may be empty.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.to_owned()))
        }
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

/// Other settings of the planner, for one plan: full keys and their values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlannerSettings(pub(crate) Vec<(String, String)>);

/// What keys of the planner begin with.
const PLANNER: &str = "planner.";

impl std::fmt::Display for PlannerSettings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let settings = self.0.iter().map(|(key, value)| {
            let name = key.strip_prefix(PLANNER).unwrap_or(key);
            format!("{name}={value}")
        });
        formatter.write_str(&settings.collect::<Vec<_>>().join(", "))
    }
}

/// `KEY=VALUE,KEY=VALUE`, with keys of `[planner]`.
pub(super) fn planner_settings(text: &str) -> Result<PlannerSettings, String> {
    let known: Vec<&str> = KEYS
        .iter()
        .filter_map(|key| key.path.strip_prefix(PLANNER))
        .collect();
    let settings = text.split(',').map(|entry| {
        let (name, value) = pair(entry).map_err(|_| "expected KEY=VALUE,KEY=VALUE".to_owned())?;
        let path = format!("{PLANNER}{name}");
        let Some(key) = KEYS.iter().find(|key| key.path == path) else {
            return Err(match closest(&name, known.iter().copied()) {
                Some(near) => format!("unknown key `{name}`; did you mean `{near}`?"),
                None => format!("unknown key `{name}`: expected one of {}", known.join(", ")),
            });
        };
        let value = value.trim().to_owned();
        if key.kind.accepts(&value) {
            Ok((path, value))
        } else {
            Err(format!(
                "`{name}` is \"{value}\", expected {}",
                key.kind.expected()
            ))
        }
    });
    settings.collect::<Result<_, _>>().map(PlannerSettings)
}

/// What makes a report fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Threshold {
    /// An error.
    Error,
    /// A warning or an error.
    Warning,
    /// A warning or an error that was not there before.
    New,
    /// A hoisted run that reads tables more often than before by more than that many percent.
    Regression(u32),
    /// Nothing.
    Never,
}

impl std::fmt::Display for Threshold {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Threshold::Error => formatter.write_str("error"),
            Threshold::Warning => formatter.write_str("warning"),
            Threshold::New => formatter.write_str("new"),
            Threshold::Regression(percent) => write!(formatter, "regression={percent}%"),
            Threshold::Never => formatter.write_str("never"),
        }
    }
}

/// `error`, `warning`, `new`, `regression=N%` or `never`
pub(super) fn threshold(text: &str) -> Result<Threshold, String> {
    let percent = text
        .strip_prefix("regression=")
        .map(|number| number.trim_end_matches('%').parse());
    match (text, percent) {
        ("error", _) => Ok(Threshold::Error),
        ("warning", _) => Ok(Threshold::Warning),
        ("new", _) => Ok(Threshold::New),
        ("never", _) => Ok(Threshold::Never),
        (_, Some(Ok(percent))) => Ok(Threshold::Regression(percent)),
        _ => Err("expected error, warning, new, regression=N% or never".to_owned()),
    }
}

/// `FORMAT=FILE`
pub(super) fn format_and_file<F: ValueEnum>(text: &str) -> Result<(F, PathBuf), String> {
    let (format, file) = text
        .split_once('=')
        .filter(|(_, file)| !file.is_empty())
        .ok_or("expected FORMAT=FILE")?;
    let known = F::value_variants().iter().filter_map(F::to_possible_value);
    let names: Vec<String> = known.map(|value| value.get_name().to_owned()).collect();
    let format = F::from_str(format, true)
        .map_err(|_| format!("unknown format `{format}`: expected {}", names.join(" or ")))?;
    Ok((format, PathBuf::from(file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_may_hold_further_equals_signs() {
        assert_eq!(pair("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert_eq!(pair("a="), Ok(("a".to_owned(), String::new())));
        assert!(pair("=b").is_err());
        assert!(pair("a").is_err());
    }

    #[test]
    fn thresholds_are_words_or_a_percentage() {
        for text in ["error", "warning", "new", "never", "regression=5%"] {
            assert_eq!(threshold(text).unwrap().to_string(), text);
        }
        assert_eq!(threshold("regression=7"), Ok(Threshold::Regression(7)));
        assert!(threshold("regression=x").is_err() && threshold("old").is_err());
    }

    #[test]
    fn settings_of_the_planner_are_known_with_their_values() {
        let given = planner_settings("budget=8GiB, medium=scratch").unwrap();
        let full = [("planner.budget", "8GiB"), ("planner.medium", "scratch")];
        let full = full.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(given.0, full);
        assert_eq!(given.to_string(), "budget=8GiB, medium=scratch");
        for (wrong, message) in [
            ("budgt=1GiB", "unknown key `budgt`; did you mean `budget`?"),
            ("budget", "expected KEY=VALUE,KEY=VALUE"),
            (
                "medium=tape",
                "`medium` is \"tape\", expected \"memory\" or \"scratch\" or \"auto\"",
            ),
        ] {
            assert_eq!(planner_settings(wrong).unwrap_err(), message);
        }
    }
}
