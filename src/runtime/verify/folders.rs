//! Folders that a pipeline overwrites, led into a sandbox where that is provably enough.
//!
//! `INSERT OVERWRITE [LOCAL] DIRECTORY '/out'` replaces everything in its folder, so another folder serves as well,
//! provided that nothing else of the pipeline sees the one it names: its path must be absolute and plain text, no table
//! may lie in it or around it, no query may name it, and no step may be something that cannot be looked into.
//! Everything else that names a folder is refused.

use std::collections::{BTreeMap, BTreeSet};

use super::outputs::{Clause, path_clause};
use super::{Output, Place, State, VerifyError};
use crate::frontend::source::Variables;
use crate::frontend::sql::{TokenKind, tokens};
use crate::planner::emit::{Language, ProgramText};
use crate::runtime::run::{Own, RunInput, Work, fill_in};

/// The folders, by path as written, each with the name that stands for it in a sandbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Folders {
    names: BTreeMap<String, String>,
}

impl Folders {
    /// The folders that a pipeline as written overwrites.
    pub(super) fn of(
        input: &RunInput,
        variables: &Variables,
        state: &State,
    ) -> Result<Self, VerifyError> {
        let mut found: BTreeMap<String, String> = BTreeMap::new();
        let mut opaque = None;
        let mut named = BTreeSet::new();
        for step in &input.steps {
            let Work::Run(statement) = &step.work else {
                continue;
            };
            let place = statement.place();
            for text in &step.texts {
                if text.language == Language::Python || statement.kind == "opaque" {
                    opaque.get_or_insert_with(|| place.clone());
                    continue;
                }
                let filled = fill_in(text, variables, Own::default(), &mut BTreeSet::new()).text;
                named.extend(paths_named(&filled));
                if matches!(
                    statement.kind.as_str(),
                    "query" | "describe" | "use" | "set"
                ) {
                    continue;
                }
                match path_clause(&filled) {
                    None => {}
                    // Found in the text as written too, so that it can be edited there.
                    Some(Clause::Directory(path))
                        if directory(&text.text).as_ref() == Some(&path) && is_absolute(&path) =>
                    {
                        found.entry(path).or_insert(place.clone());
                    }
                    Some(clause) => return Err(refused(place, clause.to_string())),
                }
            }
        }
        for (path, place) in &found {
            let seen = if let Some(other) = &opaque {
                Some(format!("and {other} may read it"))
            } else if let Some(other) = named.iter().find(|other| overlap(path, other)) {
                Some(format!("which `{other}` in a query reads"))
            } else {
                let mut tables = state.locations.iter();
                let table = tables.find(|(_, at)| overlap(path, at));
                table.map(|(table, _)| format!("where `{table}` lies"))
            };
            if let Some(seen) = seen {
                return Err(refused(
                    place.clone(),
                    format!("`DIRECTORY '{path}'`, {seen}"),
                ));
            }
        }
        let numbered = found.into_keys().zip(1..);
        Ok(Folders {
            names: numbered
                .map(|(path, number)| (path, format!("folders/{number}")))
                .collect(),
        })
    }

    /// The input with every folder replaced by the one of its name at `uri`.
    pub(super) fn lead(&self, input: &RunInput, uri: &dyn Fn(&str) -> String) -> RunInput {
        let mut input = input.clone();
        if self.names.is_empty() {
            return input;
        }
        for step in &mut input.steps {
            for text in &mut step.texts {
                self.edit(text, uri);
            }
            if let Work::Run(statement) = &mut step.work
                && let Some(text) = &mut statement.original
            {
                self.edit(text, uri);
            }
        }
        input
    }

    fn edit(&self, text: &mut ProgramText, uri: &dyn Fn(&str) -> String) {
        if text.language == Language::Python {
            return;
        }
        let Some((range, path)) = literal(&text.text) else {
            return;
        };
        if let Some(name) = self.names.get(&path) {
            let uri = uri(name).replace('\\', "\\\\").replace('\'', "\\'");
            text.text.replace_range(range, &format!("'{uri}'"));
        }
    }

    /// What there is to compare.
    pub(super) fn outputs(&self, uri: &dyn Fn(&str) -> String) -> Vec<Output> {
        let folders = self.names.iter();
        folders
            .map(|(path, name)| Output {
                name: path.clone(),
                place: Place::Folder { folder: uri(name) },
                unstable: BTreeSet::new(),
            })
            .collect()
    }
}

fn refused(place: String, clause: String) -> VerifyError {
    VerifyError::WritesOutside { place, clause }
}

/// The path after `DIRECTORY` in a text whose only clause with a folder that is.
fn directory(text: &str) -> Option<String> {
    match path_clause(text)? {
        Clause::Directory(path) => Some(path),
        Clause::Other(_) => None,
    }
}

/// The literal after `DIRECTORY`, with its place.
fn literal(text: &str) -> Option<(std::ops::Range<usize>, String)> {
    let wanted = directory(text)?;
    let tokens = tokens(text).ok()?;
    let mut pairs = tokens.iter().zip(tokens.iter().skip(1));
    pairs.find_map(|(word, path)| {
        let range = |range: &std::ops::Range<u32>| range.start as usize..range.end as usize;
        let is_word = text
            .get(range(&word.range))?
            .eq_ignore_ascii_case("DIRECTORY");
        (is_word && path.kind == TokenKind::String).then(|| (range(&path.range), wanted.clone()))
    })
}

/// Paths in backquotes, as in ``parquet.`/data` ``.
fn paths_named(text: &str) -> Vec<String> {
    let tokens = tokens(text).unwrap_or_default();
    let quoted = tokens
        .iter()
        .filter(|token| token.kind == TokenKind::QuotedIdentifier);
    quoted
        .filter_map(|token| text.get(token.range.start as usize..token.range.end as usize))
        .map(|name| name.trim_matches('`').to_owned())
        .filter(|name| name.contains('/'))
        .collect()
}

fn is_absolute(path: &str) -> bool {
    !path.contains(['\\', '$', '{']) && local_part(path).starts_with('/')
}

/// A path without scheme, authority and repeated or closing slashes.
fn local_part(path: &str) -> String {
    let rest = match path.split_once(":/") {
        Some((_, rest)) => match rest.strip_prefix('/') {
            Some(rest) => rest
                .find('/')
                .map_or("", |at| rest.get(at..).unwrap_or_default()),
            None => rest,
        },
        None if path.starts_with('/') => path,
        None => return path.to_owned(),
    };
    let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
    format!("/{}", parts.join("/"))
}

/// Whether one path may lie in the other. A path that is not absolute, or has `.` in it, may be any.
fn overlap(one: &str, other: &str) -> bool {
    let (one, other) = (local_part(one), local_part(other));
    let odd = |path: &str| !path.starts_with('/') || path.contains("/.");
    let inside = |path: &str, folder: &str| {
        path.strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    odd(&one) || odd(&other) || inside(&one, &other) || inside(&other, &one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::run::{RunStatement, RunStep};

    fn input(texts: &[(&str, &str)]) -> RunInput {
        let steps = texts.iter().zip(1..).map(|((kind, text), number)| RunStep {
            number,
            work: Work::Run(RunStatement {
                file: "a.sql".to_owned(),
                line: number,
                kind: (*kind).to_owned(),
                ..RunStatement::default()
            }),
            texts: vec![ProgramText {
                language: Language::Sql,
                text: (*text).to_owned(),
                namespaced: false,
            }],
        });
        RunInput {
            start: Vec::new(),
            steps: steps.collect(),
            finish: Vec::new(),
        }
    }

    fn state(location: &str) -> State {
        let table = serde_json::json!({"name": "d.t", "location_text": location});
        State::read(serde_json::json!({"tables": [table], "views": []})).unwrap()
    }

    const WRITE: &str =
        "INSERT OVERWRITE LOCAL DIRECTORY '/out/a' USING csv SELECT '/out/a' FROM d.t";

    #[test]
    fn a_folder_that_nothing_else_sees_is_led_into_the_sandbox() {
        let input = input(&[("insert_directory", WRITE), ("query", "SELECT '/out/a'")]);
        let folders = Folders::of(&input, &Variables::new(), &state("file:/data/t")).unwrap();
        let uri = |name: &str| format!("file:/box/{name}");
        let led = folders.lead(&input, &uri);
        assert_eq!(
            led.steps[0].texts[0].text,
            "INSERT OVERWRITE LOCAL DIRECTORY 'file:/box/folders/1' USING csv SELECT '/out/a' FROM d.t"
        );
        assert_eq!(led.steps[1], input.steps[1]);
        let outputs = folders.outputs(&uri);
        assert_eq!(outputs[0].name, "/out/a");
        assert!(
            matches!(&outputs[0].place, Place::Folder { folder } if folder == "file:/box/folders/1")
        );
    }

    #[test]
    fn a_folder_that_something_else_may_see_is_refused() {
        let refused = |texts: &[(&str, &str)], location: &str, word: &str| {
            let found = Folders::of(&input(texts), &Variables::new(), &state(location));
            let error = found.unwrap_err().to_string();
            assert!(error.contains(word) && error.contains("a.sql:1"), "{error}");
        };
        let write = ("insert_directory", WRITE);
        refused(
            &[write, ("opaque", "CALL x()")],
            "file:/data",
            "a.sql:2 may read it",
        );
        refused(
            &[write, ("query", "SELECT 1 FROM csv.`/out`")],
            "file:/data",
            "`/out`",
        );
        refused(&[write], "file:///out/a/t", "where `d.t` lies");
        refused(&[write], "hdfs://host:1/out", "where `d.t` lies");
        let relative = "INSERT OVERWRITE DIRECTORY 'out' USING csv SELECT 1";
        refused(
            &[("insert_directory", relative)],
            "file:/data",
            "`DIRECTORY`",
        );
        let template = "INSERT OVERWRITE DIRECTORY '/out/${day}' USING csv SELECT 1";
        refused(
            &[("insert_directory", template)],
            "file:/data",
            "`DIRECTORY`",
        );
        let located = "CREATE TABLE t (a INT) USING csv LOCATION '/out'";
        refused(&[("create_table", located)], "file:/data", "`LOCATION`");
    }
}
