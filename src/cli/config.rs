//! `hoist config show`.

use std::fmt::Write as _;

use super::arguments::Config as Command;
use super::failure::Failure;
use super::output::Output;
use super::{Context, ExitStatus, pipeline};
use crate::config::{Config, Kind, Origin, Setting, Value, is_secret};

pub(super) fn run(
    command: &Command,
    context: &Context<'_>,
    output: &mut Output,
) -> Result<ExitStatus, Failure> {
    let Command::Show { path } = command;
    let config = pipeline::configuration(context, path.as_deref(), Vec::new(), output)?;
    output.artefact(&text(&config))?;
    Ok(ExitStatus::Done)
}

/// The effective configuration as TOML, each value with its origin as a comment.
fn text(config: &Config) -> String {
    let lines: Vec<(String, String, &Origin)> = config
        .settings
        .iter()
        .map(|setting| {
            let (table, key) = names(setting);
            (
                table,
                format!("{key} = {}", value(setting)),
                &setting.origin,
            )
        })
        .collect();
    let width = lines.iter().map(|(_, line, _)| line.chars().count()).max();
    let width = width.unwrap_or(0).min(50);
    let mut text = match &config.file {
        Some(file) => format!("# from {}\n", file.display()),
        None => "# no hoist.toml found\n".to_owned(),
    };
    let mut current = "";
    for (table, line, origin) in &lines {
        if table != current {
            let _ = writeln!(text, "\n[{table}]");
            current = table;
        }
        let _ = writeln!(text, "{line:<width$}  # {origin}");
    }
    text
}

/// The table a setting stands in, and its key there.
fn names(setting: &Setting) -> (String, String) {
    let quoted = |name: &String| {
        let bare = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        if bare { name.clone() } else { string(name) }
    };
    let (key, table) = match setting.name.as_slice() {
        // Names of the user are one key, whatever dots they have.
        [first, second, rest @ ..] if first == "engine" && second == "conf" => {
            return ("engine.conf".to_owned(), quoted(&rest.join(".")));
        }
        [first, middle @ .., last] if first == "tables" => {
            (last.clone(), vec![first.clone(), middle.join(".")])
        }
        [first, second, rest @ ..] if first == "setup" && second == "variables" => {
            (rest.join("."), vec![first.clone(), second.clone()])
        }
        [first, rest @ ..] if first == "variables" => (rest.join("."), vec![first.clone()]),
        [table @ .., key] => (key.clone(), table.to_vec()),
        [] => (String::new(), Vec::new()),
    };
    let table: Vec<String> = table.iter().map(quoted).collect();
    (table.join("."), quoted(&key))
}

fn value(setting: &Setting) -> String {
    match &setting.value {
        Value::Scalar(_) if setting.name.last().is_some_and(|name| is_secret(name)) => {
            string("(hidden)")
        }
        Value::Scalar(text)
            if matches!(
                setting.kind,
                Kind::Boolean | Kind::Number | Kind::Count | Kind::Natural
            ) =>
        {
            text.clone()
        }
        Value::Scalar(text) => string(text),
        Value::List(entries) => {
            let entries: Vec<String> = entries.iter().map(|entry| string(entry)).collect();
            format!("[{}]", entries.join(", "))
        }
    }
}

/// A TOML basic string.
fn string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_toml() {
        assert_eq!(string("a\"b\\c\n\u{1}"), "\"a\\\"b\\\\c\\n\\u0001\"");
    }
}
