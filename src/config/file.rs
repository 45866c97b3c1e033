//! `hoist.toml` → settings with the line each stands on.

use std::ops::Range;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::keys::{self, KEYS, Kind};
use super::{ConfigError, Origin, Setting, Value};
use crate::present::rule::{self, rule};

/// The key whose last part names a rule.
const RULES: &str = "rules.*";

/// Reads the text of a file. The first problem wins: each message names one place.
pub(super) fn parse(file: &Path, text: &str) -> Result<Vec<Setting>, ConfigError> {
    let reader = Reader { file, text };
    let table = DeTable::parse(text).map_err(|error| ConfigError::Syntax {
        place: reader.place(error.span().unwrap_or(0..0)),
        message: error.message().replace('\n', ", "),
    })?;
    let mut settings = Vec::new();
    reader.table(table.get_ref(), &mut Vec::new(), &mut settings)?;
    Ok(settings)
}

struct Reader<'a> {
    file: &'a Path,
    text: &'a str,
}

impl Reader<'_> {
    fn table(
        &self,
        table: &DeTable<'_>,
        path: &mut Vec<String>,
        settings: &mut Vec<Setting>,
    ) -> Result<(), ConfigError> {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        for (name, value) in entries {
            path.push(name.get_ref().to_string());
            let found = KEYS.iter().find(|key| key.matches(path));
            match (found, value.get_ref()) {
                (None, DeValue::Table(inner)) if KEYS.iter().any(|key| key.within(path)) => {
                    self.table(inner, path, settings)?;
                }
                // Names with dots may stand without quotes: `spark.sql.x = 1` is `"spark.sql.x" = 1`.
                (Some(key), DeValue::Table(inner)) if key.path.ends_with('*') => {
                    self.table(inner, path, settings)?;
                }
                (None, _)
                    if KEYS
                        .iter()
                        .any(|key| key.within(path) && !key.matches(path)) =>
                {
                    return Err(ConfigError::WrongValue {
                        place: self.place(value.span()),
                        key: path.join("."),
                        found: found_word(value.get_ref()),
                        expected: "a table".to_owned(),
                    });
                }
                (None, _) => {
                    return Err(ConfigError::UnknownKey {
                        place: self.place(name.span()),
                        key: path.join("."),
                        nearest: keys::nearest(path),
                    });
                }
                (Some(key), _) if key.path == RULES && rule(name.get_ref()).is_none() => {
                    let names = rule::RULES.iter().map(|rule| rule.name);
                    let nearest = keys::closest(name.get_ref(), names);
                    return Err(ConfigError::UnknownKey {
                        place: self.place(name.span()),
                        key: path.join("."),
                        nearest: nearest.map(|name| RULES.replace('*', &name)),
                    });
                }
                (Some(key), found) => {
                    let value_read = read(key.kind, found);
                    let accepted = value_read.filter(|read| match read {
                        Value::Scalar(text) => key.kind.accepts(text),
                        Value::List(_) => key.kind == Kind::List,
                    });
                    let Some(accepted) = accepted else {
                        return Err(ConfigError::WrongValue {
                            place: self.place(value.span()),
                            key: path.join("."),
                            found: found_word(found),
                            expected: key.kind.expected(),
                        });
                    };
                    settings.push(Setting {
                        name: path.clone(),
                        kind: key.kind,
                        value: accepted,
                        origin: Origin::File {
                            path: self.file.to_path_buf(),
                            line: self.line(name.span()),
                        },
                    });
                }
            }
            path.pop();
        }
        Ok(())
    }

    fn line(&self, range: Range<usize>) -> usize {
        let before = self.text.get(..range.start).unwrap_or(self.text);
        before.matches('\n').count() + 1
    }

    fn place(&self, range: Range<usize>) -> String {
        format!("{}:{}", self.file.display(), self.line(range))
    }
}

/// The value, if its type fits the kind. Words and sizes must be strings: a bare `2` says nothing about its unit.
fn read(kind: Kind, value: &DeValue<'_>) -> Option<Value> {
    let scalar = |text: String| Some(Value::Scalar(text));
    match (kind, value) {
        (
            Kind::Text | Kind::Size | Kind::Duration | Kind::Choice(_) | Kind::Scalar,
            DeValue::String(text),
        ) => scalar(text.to_string()),
        (Kind::Boolean | Kind::Scalar, DeValue::Boolean(value)) => scalar(value.to_string()),
        (Kind::Number | Kind::Count | Kind::Natural | Kind::Scalar, DeValue::Integer(number))
            if number.radix() == 10 =>
        {
            scalar(number.as_str().to_owned())
        }
        (Kind::Number | Kind::Scalar, DeValue::Float(number)) => scalar(number.as_str().to_owned()),
        (Kind::Scalar, DeValue::Datetime(date)) => scalar(date.to_string()),
        (Kind::List, DeValue::Array(entries)) => entries
            .iter()
            .map(|entry| entry.get_ref().as_str().map(str::to_owned))
            .collect::<Option<Vec<_>>>()
            .map(Value::List),
        _ => None,
    }
}

fn found_word(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("\"{text}\""),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(value) => value.to_string(),
        DeValue::Datetime(date) => date.to_string(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
