//! The columns that are computed, and their names.

use std::collections::{BTreeMap, BTreeSet};

use super::block::{Called, Grouped, Written};
use super::model::{Computed, Value};
use crate::planner::frame::Context;

/// What makes two columns one: the key of a call, none for the number of rows, and those of the tests.
type Meaning = (Option<Vec<String>>, BTreeSet<Vec<String>>);

/// The computed columns, each once.
pub(super) struct Columns {
    pub(super) all: Vec<Computed>,
    /// Positions in `all`.
    known: BTreeMap<Meaning, usize>,
    /// What stands between letter and number of a name, so that no reader's text has the name.
    separator: String,
    calls: u32,
    guards: u32,
}

impl Columns {
    pub(super) fn new(context: &Context<'_>, readers: &[&Grouped<'_>]) -> Self {
        let statements = readers.iter().filter_map(|reader| {
            let statement = context.workload.statement(reader.read.statement)?;
            Some(context.texts.within(statement.span))
        });
        let words: BTreeSet<String> = statements
            .flatten()
            .map(|token| token.text.trim_matches('`').to_lowercase())
            .chain(
                readers
                    .iter()
                    .flat_map(|reader| reader.table.iter().cloned()),
            )
            .collect();
        let mut separator = String::new();
        let starts = |separator: &str| {
            let taken = |letter: char| {
                let start = format!("{letter}{separator}");
                words.iter().any(|word| {
                    let rest = word.strip_prefix(&start);
                    rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
                })
            };
            taken('a') || taken('n')
        };
        while starts(&separator) {
            separator.push('_');
        }
        Columns {
            all: Vec::new(),
            known: BTreeMap::new(),
            separator,
            calls: 0,
            guards: 0,
        }
    }

    pub(super) fn call(&mut self, call: &Called, tests: &[Written]) -> usize {
        self.column(Some(call), tests)
    }

    pub(super) fn rows(&mut self, tests: &[Written]) -> usize {
        self.column(None, tests)
    }

    fn column(&mut self, call: Option<&Called>, tests: &[Written]) -> usize {
        let keys = tests.iter().map(|test| test.key.clone()).collect();
        let key = (call.map(|call| call.written.key.clone()), keys);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let (letter, number) = match call {
            Some(_) => ('a', &mut self.calls),
            None => ('n', &mut self.guards),
        };
        *number += 1;
        let name = format!("{letter}{}{number}", self.separator);
        self.known.insert(key, self.all.len());
        self.all.push(Computed {
            name,
            value: call.map_or(Value::Rows, |call| {
                Value::Call(call.written.formula.clone())
            }),
            distinct: call.is_some_and(|call| call.distinct),
            tests: tests.iter().map(|test| test.formula.clone()).collect(),
        });
        self.all.len() - 1
    }
}
