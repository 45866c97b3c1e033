//! The text of a covering aggregate, read again.

use std::collections::BTreeSet;

use super::condition::{Test, bare, conjuncts, is_implied, tokens};
use crate::frontend::statement::{
    ColumnReference, Identifier, Name, Query, QueryBody, Relation, SelectItem, Shape,
};
use crate::planner::check::emitted::Placed;

/// What a frame has per group.
pub(super) struct Groups<'q> {
    /// The table that is grouped.
    pub(super) table: &'q Name,
    /// Columns grouped by, lower-case.
    pub(super) keys: BTreeSet<String>,
    columns: Vec<Column>,
    /// What its rows pass; none where they are all rows.
    condition: Option<Test>,
    /// The tests that all its rows pass.
    guaranteed: Vec<Test>,
}

/// A computed column.
struct Column {
    /// Lower-case.
    name: String,
    /// What is called, without `FILTER`.
    call: Test,
    /// The tests of `FILTER`.
    tests: Vec<Test>,
    /// For the number of rows that pass some tests: these.
    counted: Option<Vec<Test>>,
}

type Problem = &'static str;

impl<'q> Groups<'q> {
    /// Reads `SELECT columns, aggregates FROM table [WHERE …] [GROUP BY columns]`.
    pub(super) fn of(query: &'q Query, file: &[Placed<'_>]) -> Result<Self, Problem> {
        let plain = query.ctes.is_empty()
            && query.order_by.is_empty()
            && query.tail.is_empty()
            && !query.limited;
        let QueryBody::Select(select) = &query.body else {
            return Err("is no block");
        };
        let [Relation::Table(relation)] = select.from.as_slice() else {
            return Err("is no grouping of one table");
        };
        let simple = !select.distinct
            && select.having.is_empty()
            && select.other.is_empty()
            && !relation.modified
            && relation.alias.is_none()
            && relation.columns.is_empty();
        if !plain || !simple {
            return Err("is more than a grouping of one table");
        }
        let unread = "has an expression that cannot be read again";
        let mut keys = BTreeSet::new();
        for key in &select.group_by {
            let tokens = tokens(file, key.span, &key.columns, column).ok_or(unread)?;
            match (tokens.as_slice(), key.columns.first().and_then(column)) {
                ([_], Some(name)) if key.shape == Shape::Column => keys.insert(name),
                _ => return Err("groups by more than columns"),
            };
        }
        let mut listed = BTreeSet::new();
        let mut columns = Vec::new();
        for item in &select.items {
            let SelectItem::Expression { expression, alias } = item else {
                return Err("lists all columns of its table");
            };
            if !expression.queries.is_empty() {
                return Err(unread);
            }
            let text = tokens(file, expression.span, &expression.columns, column).ok_or(unread)?;
            match (alias, expression.shape.clone()) {
                (None, Shape::Column) => {
                    let name = expression.columns.first().and_then(column);
                    listed.insert(name.ok_or(unread)?);
                }
                (Some(alias), _) => columns.push(Column::of(alias, &text).ok_or(unread)?),
                (None, _) => return Err("has a column without a name"),
            }
        }
        let names: BTreeSet<&String> = columns.iter().map(|column| &column.name).collect();
        let distinct =
            names.len() == columns.len() && !names.iter().any(|name| keys.contains(*name));
        if listed != keys || !distinct {
            return Err("has other columns than those it groups by and aggregates");
        }
        let condition = match select.clauses.filter {
            None if select.filter.is_empty() => None,
            None => return Err(unread),
            Some(clause) => {
                let references = select.filter.iter().flat_map(|test| test.columns.clone());
                let references: Vec<ColumnReference> = references.collect();
                let text = tokens(file, clause, &references, column).ok_or(unread)?;
                let (word, condition) = text.split_first().ok_or(unread)?;
                let nested = select.filter.iter().any(|test| !test.queries.is_empty());
                if word != "w:where" || nested {
                    return Err(unread);
                }
                Some(condition.to_vec())
            }
        };
        Ok(Groups {
            table: &relation.name,
            keys,
            columns,
            guaranteed: condition.as_deref().map(conjuncts).unwrap_or_default(),
            condition,
        })
    }

    /// Names of the computed columns, lower-case.
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.columns.iter().map(|column| &column.name)
    }

    /// Whether some column is computed of distinct values.
    pub(super) fn has_distinct(&self) -> bool {
        let mut calls = self.columns.iter().flat_map(|column| &column.call);
        calls.any(|token| token == "w:distinct")
    }

    /// Whether every row that passes some tests is in a group.
    pub(super) fn keeps(&self, tests: &[Test]) -> bool {
        let condition = self.condition.as_ref();
        condition.is_none_or(|condition| is_implied(condition, tests))
    }

    /// Whether every row in a group passes some tests.
    pub(super) fn passes_all(&self, tests: &[Test]) -> bool {
        tests.iter().all(|test| self.guaranteed.contains(test))
    }

    /// Whether the rows in groups that pass `filter` are those that pass `tests`.
    fn are_the_rows(&self, filter: &[Test], tests: &[Test]) -> bool {
        filter.iter().all(|test| tests.contains(test))
            && tests
                .iter()
                .all(|test| filter.contains(test) || self.guaranteed.contains(test))
    }

    /// The column that has the value of a call over the rows that pass some tests.
    pub(super) fn value(&self, call: &Test, tests: &[Test]) -> Option<&str> {
        let mut columns = self.columns.iter();
        let column = columns
            .find(|column| column.call == *call && self.are_the_rows(&column.tests, tests))?;
        Some(&column.name)
    }

    /// The column that has the number of rows that pass some tests.
    pub(super) fn rows(&self, tests: &[Test]) -> Option<&str> {
        let mut columns = self.columns.iter();
        let column = columns.find(|column| {
            let counted = column.counted.as_ref();
            counted.is_some_and(|counted| self.are_the_rows(counted, tests))
        })?;
        Some(&column.name)
    }
}

impl Column {
    /// Reads `f(…) [FILTER (WHERE …)]`.
    fn of(alias: &Identifier, text: &[String]) -> Option<Self> {
        let open = text.iter().position(|token| token == "y:(")?;
        if open != 1 {
            return None;
        }
        let close = closing(text, open)?;
        let (call, behind) = text.split_at_checked(close + 1)?;
        let inside = call.get(open + 1..close)?;
        let tests = match behind {
            [] => Vec::new(),
            [filter, rest @ ..] if filter == "w:filter" => {
                let whole = closing(rest, 0)? + 1 == rest.len();
                match bare(rest).split_first() {
                    Some((word, condition)) if whole && word == "w:where" => conjuncts(condition),
                    _ => return None,
                }
            }
            _ => return None,
        };
        let counts = call.first().is_some_and(|name| name == "w:count_if") && behind.is_empty();
        Some(Column {
            name: alias.key(),
            call: call.to_vec(),
            tests,
            counted: counts.then(|| conjuncts(inside)),
        })
    }
}

/// The bracket that closes the one at a place.
fn closing(text: &[String], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (index, token) in text.iter().enumerate().skip(open) {
        match token.as_str() {
            "y:(" => depth += 1,
            "y:)" => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(index);
        }
    }
    None
}

/// A column of the frame's text is a name in backquotes: it can be nothing else.
fn column(reference: &ColumnReference) -> Option<String> {
    match reference.parts.as_slice() {
        [only] if only.span.end - only.span.start > u32::try_from(only.text.len()).ok()? => {
            Some(only.key())
        }
        _ => None,
    }
}
