//! Subqueries that are no more than equal in what they join and group: that each reader takes from the frame what it
//! selected itself, and tests behind it what the frame does not.

use std::collections::BTreeSet;

use super::Check;
use super::canonical::Parts;
use super::change::Instead;
use super::emitted::{Placed, within};
use super::frames::Built;
use super::repeated::find;
use crate::diagnostic::Span;
use crate::facts::access::{Access, Origin, Subquery, is_builtin};
use crate::frontend::statement::{
    ColumnReference, Expression, Identifier, Query, QueryBody, Relation, Select, SelectItem, Shape,
};
use crate::planner::frame::Reader;

/// How a reader reads a frame.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    /// Each output column: that of the frame, and the name that the reader gives to it.
    pub(super) outputs: Vec<(String, Identifier)>,
    /// What it tests behind the frame, token by token.
    pub(super) tests: Vec<Vec<Instead>>,
    /// Numbers of the frame's columns that it needs.
    needs: BTreeSet<usize>,
}

/// A frame that is one block.
pub(super) struct Frame {
    parts: Parts,
    names: Vec<Identifier>,
    grouped: bool,
}

/// One block of a statement.
struct Own<'c> {
    select: &'c Select,
    file: Vec<Placed<'c>>,
    parts: Parts,
    names: Vec<Identifier>,
    relations: Vec<(Option<String>, BTreeSet<String>)>,
}

/// The frame's block; none where its text is no single one, or may mean something else than its readers do.
pub(super) fn frame(check: &Check<'_>, built: &Built<'_, '_>) -> Option<Frame> {
    let select = only_block(built.query)?;
    let parts = Parts::of(built.query, select, &built.tokens()?, |named| {
        let table = built.resolve(check, &named.reference.name)?;
        Some(check.table_name(built.version(table)?))
    })?;
    let names = names(select)?;
    let keys: BTreeSet<String> = names.iter().map(Identifier::key).collect();
    let mut called = Vec::new();
    select
        .from
        .iter()
        .for_each(|relation| calls(relation, &mut called));
    let items = expressions(select);
    let columns = items.iter().flat_map(|item| &item.columns);
    let ambiguous = columns
        .filter(|column| column.parts.len() > 1)
        .any(|column| {
            let qualifier = column.parts.first().map(Identifier::key);
            called.iter().filter(|name| **name == qualifier).count() != 1
        });
    let sound = keys.len() == names.len() && !ambiguous && having_names_no_alias(select, &names);
    sound.then_some(Frame {
        parts,
        names,
        grouped: select.grouped,
    })
}

/// How a reader reads a frame.
pub(super) fn read(
    check: &Check<'_>,
    frame: &Frame,
    reader: &Reader,
) -> Result<Reading, &'static str> {
    const ANOTHER: &str = "replaces a subquery that says something else than";
    let subquery = reader
        .subquery()
        .and_then(|id| check.subqueries.get(&id))
        .filter(|subquery| subquery.statement == reader.statement)
        .ok_or("replaces no subquery by")?;
    let own = own(check, subquery).ok_or(ANOTHER)?;
    if own.parts.rest != frame.parts.rest || own.select.grouped != frame.grouped {
        return Err(ANOTHER);
    }
    let tested: BTreeSet<&Vec<String>> = frame.parts.tests.iter().collect();
    if !tested.iter().all(|test| own.parts.tests.contains(test)) {
        return Err("replaces a subquery that keeps rows which are not in");
    }
    let mut reading = Reading {
        outputs: Vec::new(),
        tests: Vec::new(),
        needs: BTreeSet::new(),
    };
    for (item, name) in own.parts.items.iter().zip(&own.names) {
        let same = || frame.parts.items.iter().zip(&frame.names).enumerate();
        let same = || same().filter(|(_, (other, _))| *other == item);
        let (number, (_, column)) = same()
            .find(|(_, (_, column))| column.key() == name.key())
            .or_else(|| same().next())
            .ok_or("selects what is not a column of")?;
        reading.needs.insert(number);
        reading.outputs.push((column.text.clone(), name.clone()));
    }
    for (test, tokens) in own.select.filter.iter().zip(&own.parts.tests) {
        if !tested.contains(tokens) {
            reading
                .tests
                .push(own.behind(frame, test, &mut reading.needs)?);
        }
    }
    Ok(reading)
}

/// A column that no reader takes and that no subquery without a sensitivity selects: computing it may fail, or vary.
pub(super) fn unknown_column(
    check: &Check<'_>,
    frame: &Frame,
    readings: &[Reading],
) -> Option<String> {
    let needs = |number: usize| {
        readings
            .iter()
            .any(|reading| reading.needs.contains(&number))
    };
    let columns = frame.parts.items.iter().zip(&frame.names).enumerate();
    let mut left: Vec<(&Vec<String>, &Identifier)> = columns
        .filter(|(number, _)| !needs(*number))
        .map(|(_, column)| column)
        .collect();
    if left.is_empty() {
        return None;
    }
    for subquery in check.subqueries.values() {
        if subquery.closed
            && subquery.sensitivities.is_empty()
            && let Some(own) = own(check, subquery)
            && own.parts.rest == frame.parts.rest
        {
            left.retain(|(item, _)| !own.parts.items.contains(item));
        }
    }
    left.first().map(|(_, name)| name.text.clone())
}

/// The block of a subquery whose items mean the same in another list over the same relations.
fn own<'c>(check: &Check<'c>, subquery: &Subquery) -> Option<Own<'c>> {
    let (statement, access) = *check.statements.get(&subquery.statement)?;
    let body = find(super::names::query(statement)?, subquery)?;
    let select = only_block(body).filter(|_| subquery.closed)?;
    let file = check.tokens.get(&statement.source)?;
    let parts = Parts::of(body, select, file, |named| {
        let read = access.reads.iter().find(
            |read| matches!(read.origin, Origin::Named { name, .. } if name == named.reference.name.span),
        )?;
        Some(check.table_name(read.version))
    })?;
    let mut relations = Vec::new();
    for relation in &select.from {
        columns_of(access, relation, &mut relations)?;
    }
    let own = Own {
        select,
        file: within(file, body.span),
        parts,
        names: names(select)?,
        relations,
    };
    own.means_the_same_elsewhere().then_some(own)
}

impl Own<'_> {
    fn means_the_same_elsewhere(&self) -> bool {
        let words = self.parts.rest.iter();
        let several_groups = ["w:rollup", "w:cube", "w:grouping"];
        let mut words = words.map(String::as_str);
        if words.any(|word| several_groups.contains(&word)) {
            return false;
        }
        let distinct = |item: &Vec<String>| item.iter().any(|token| token == "w:distinct");
        if self.select.grouped && self.parts.items.iter().any(distinct) {
            return false;
        }
        let here = |expression: &Expression| {
            expression.queries.is_empty()
                && expression.stars.is_empty()
                && expression.columns.iter().all(|one| self.is_known(one))
        };
        let per_row = |expression: &&Expression| {
            let mut calls = expression.calls.iter();
            here(expression) && calls.all(|call| is_builtin(&call.name) && !call.is_generator())
        };
        let mut keys = self.select.group_by.iter();
        expressions(self.select).iter().all(per_row)
            && keys.all(|key| !key.columns.is_empty() && here(key))
            && self.select.having.iter().all(here)
            && having_names_no_alias(self.select, &self.names)
    }

    /// Whether a column is one of the relations.
    fn is_known(&self, column: &ColumnReference) -> bool {
        let keys: Vec<String> = column.parts.iter().map(Identifier::key).collect();
        match keys.as_slice() {
            [] => false,
            [only] => self
                .relations
                .iter()
                .any(|(_, columns)| columns.contains(only)),
            [qualifier, column, ..] => {
                let mut called = self
                    .relations
                    .iter()
                    .filter(|(called, _)| called.as_ref() == Some(qualifier));
                let only = called.next().filter(|_| called.next().is_none());
                only.is_some_and(|(_, columns)| columns.contains(column))
            }
        }
    }

    /// A test behind a frame: of the frame's columns, where leaving out rows changes no other column of the reader's.
    fn behind(
        &self,
        frame: &Frame,
        test: &Expression,
        needs: &mut BTreeSet<usize>,
    ) -> Result<Vec<Instead>, &'static str> {
        let items = expressions(self.select);
        let mut calls = items.iter().flat_map(|item| &item.calls);
        if self.select.grouped || calls.any(|call| call.window.is_some()) {
            return Err("filters rows behind groups or windows of");
        }
        let plain = |column: &ColumnReference| column.parts.len() < 3 && self.is_known(column);
        if !test.queries.is_empty() || !test.stars.is_empty() || !test.columns.iter().all(plain) {
            return Err("filters by more than columns of");
        }
        let mut columns = Vec::new();
        for column in &test.columns {
            let (Some(first), Some(last)) = (column.parts.first(), column.parts.last()) else {
                continue;
            };
            let span = first.span.join(last.span);
            let tokens = self.parts.tokens_of(span);
            let mut items = frame.parts.items.iter();
            let number = items
                .position(|item| *item == tokens)
                .ok_or("filters by what is not a column of")?;
            let name = frame.names.get(number).ok_or("filters by no name of")?;
            needs.insert(number);
            columns.push((span, name.text.clone()));
        }
        let bare = matches!(test.shape, Shape::Test { .. } | Shape::Equality);
        let mut instead = Vec::new();
        if !bare {
            instead.push(Instead::Symbol("("));
        }
        let mut done = test.span.start;
        for token in within(&self.file, test.span) {
            if token.span.start < done {
                continue;
            }
            let column = columns.iter().find(|(span, _)| span.contains(token.span));
            match column {
                Some((span, name)) => {
                    instead.push(Instead::Spelled(name.clone()));
                    done = span.end;
                }
                None => instead.push(Instead::Written(token.text.to_owned())),
            }
        }
        if !bare {
            instead.push(Instead::Symbol(")"));
        }
        Ok(instead)
    }
}

/// The block of a query that is nothing else.
fn only_block(query: &Query) -> Option<&Select> {
    let QueryBody::Select(select) = &query.body else {
        return None;
    };
    let nothing_else = query.ctes.is_empty()
        && query.order_by.is_empty()
        && query.tail.is_empty()
        && !query.limited
        && !select.distinct
        && select.other.is_empty();
    nothing_else.then_some(select)
}

fn expressions(select: &Select) -> Vec<&Expression> {
    let items = select.items.iter();
    items
        .filter_map(|item| match item {
            SelectItem::Expression { expression, .. } => Some(expression),
            SelectItem::Wildcard { .. } => None,
        })
        .collect()
}

/// The names of all output columns.
fn names(select: &Select) -> Option<Vec<Identifier>> {
    let items = select.items.iter();
    items
        .map(|item| match item {
            SelectItem::Expression {
                alias: Some(alias), ..
            } => Some(alias.clone()),
            SelectItem::Expression { expression, .. } if expression.shape == Shape::Column => {
                expression.columns.first()?.parts.last().cloned()
            }
            _ => None,
        })
        .collect()
}

/// Spark may look a name in `HAVING` up in the select list: none may be an alias of anything but the column itself.
fn having_names_no_alias(select: &Select, names: &[Identifier]) -> bool {
    let items = expressions(select);
    let mut columns = select.having.iter().flat_map(|test| &test.columns);
    columns.all(|column| {
        let [only] = column.parts.as_slice() else {
            return true;
        };
        let mut items = items.iter().zip(names);
        items.all(|(item, name)| {
            let itself = match item.columns.as_slice() {
                [one] if item.shape == Shape::Column && one.parts.len() < 3 => {
                    one.parts.last().map(Identifier::key)
                }
                _ => None,
            };
            name.key() != only.key() || itself == Some(only.key())
        })
    })
}

/// What qualifies the columns of each relation of a `FROM`.
fn calls(relation: &Relation, called: &mut Vec<Option<String>>) {
    match relation {
        Relation::Table(table) => {
            let name = table.alias.as_ref().or(table.name.parts.last());
            called.push(name.map(Identifier::key));
        }
        Relation::Joined { first, joins } => {
            calls(first, called);
            for join in joins {
                calls(&join.relation, called);
            }
        }
        Relation::Derived { alias, .. } | Relation::Function { alias, .. } => {
            called.push(alias.as_ref().map(Identifier::key));
        }
    }
}

/// The columns that each relation of a `FROM` is known to have; none where there is more than tables and queries in it.
fn columns_of(
    access: &Access,
    relation: &Relation,
    relations: &mut Vec<(Option<String>, BTreeSet<String>)>,
) -> Option<()> {
    let columns = match relation {
        Relation::Joined { first, joins } => {
            columns_of(access, first, relations)?;
            for join in joins {
                columns_of(access, &join.relation, relations)?;
            }
            return Some(());
        }
        Relation::Table(table) => {
            let place = |span: Span| span == table.name.span;
            let mut reads = access.reads.iter();
            let read = reads
                .find(|read| matches!(read.origin, Origin::Named { name, .. } if place(name)))?;
            if read.fixed.is_some() || !table.columns.is_empty() {
                return None;
            }
            read.columns.clone().unwrap_or_default()
        }
        Relation::Derived {
            query,
            columns,
            lateral: false,
            modified: false,
            ..
        } => {
            let mut inner = access.subqueries.iter();
            let inner = inner.find(|inner| inner.body == query.span);
            let outputs = inner.and_then(|inner| inner.outputs.clone());
            let names = if columns.is_empty() {
                outputs.unwrap_or_default()
            } else {
                columns.clone()
            };
            names.iter().map(Identifier::key).collect()
        }
        Relation::Derived { .. } | Relation::Function { .. } => return None,
    };
    let mut called = Vec::new();
    calls(relation, &mut called);
    relations.push((called.pop().flatten(), columns));
    Some(())
}
