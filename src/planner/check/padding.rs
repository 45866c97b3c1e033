//! Statements that write files read no CHAR column through a frame: the metadata of the files could show it.

use std::collections::BTreeMap;

use super::{Check, Promise};
use crate::facts::access::{Access, Read, TableId, TableVersion, Write, WriteKind};
use crate::facts::catalog::TableKind;
use crate::frontend::statement::{ColumnSource, Statement, StatementKind};

/// Whether tables may have CHAR columns since the pipeline made them, by the generations from which that holds.
type Made = BTreeMap<TableId, BTreeMap<u32, bool>>;

/// Checks all readers of all frames.
pub(super) fn run(check: &mut Check<'_>) {
    let made = made(check);
    for frame in &check.plan.frames {
        for (at, reader) in check.places(frame) {
            let Some((statement, access)) = check.statements.get(&reader.statement) else {
                continue;
            };
            if matches!(statement.kind, StatementKind::Query(_)) {
                continue;
            }
            let mut reads = access.reads.iter();
            let column = reads.find_map(|read| {
                let of_frame = frame.inputs.contains(&read.version);
                of_frame.then(|| char_column(check, &made, read)).flatten()
            });
            if let Some(column) = column {
                let text = format!(
                    "writes files and may read the CHAR column `{column}` through frame `{}`",
                    frame.name
                );
                check.report(Promise::Sensitivity, at, text);
            }
        }
    }
}

/// What the statements of the pipeline may have made. A table that may once have such a column keeps it.
fn made(check: &Check<'_>) -> Made {
    let mut made = Made::new();
    for access in &check.workload.accesses {
        let Some((statement, _)) = check.statements.get(&access.statement) else {
            continue;
        };
        let fills = matches!(
            statement.kind,
            StatementKind::Insert { .. }
                | StatementKind::Truncate { .. }
                | StatementKind::Set { .. }
                | StatementKind::Use { .. }
        );
        if fills {
            continue;
        }
        if access.barrier.is_some() {
            for start in &access.starts {
                note(&mut made, *start, true);
            }
            continue;
        }
        let view = matches!(statement.kind, StatementKind::CreateView { .. });
        let may = !view && may_make(check, &made, statement, access);
        for start in &access.starts {
            let mut writes = access.writes.iter();
            let Some(write) = writes.find(|write| write.table == start.table) else {
                continue;
            };
            if may || defines(check, statement, access, write) {
                note(&mut made, *start, may);
            }
        }
    }
    made
}

fn note(made: &mut Made, start: TableVersion, may: bool) {
    let of_table = made.entry(start.table).or_default();
    let before = of_table.values().any(|may| *may);
    of_table.entry(start.generation).or_insert(may || before);
}

/// Whether what a statement makes may have such a column: its text names the type, or it takes columns from elsewhere.
fn may_make(check: &Check<'_>, made: &Made, statement: &Statement, access: &Access) -> bool {
    let text = check.sources.text(statement.span).to_lowercase();
    let mut words = text.split(|c: char| !(c == '_' || c.is_alphanumeric()));
    let elsewhere = match &statement.kind {
        StatementKind::CreateTable { columns, .. } => match columns {
            ColumnSource::Listed => false,
            ColumnSource::Like(_) | ColumnSource::Files => true,
        },
        _ => {
            old_name(access).is_some_and(|old| char_column_of(check, made, old, |_| true).is_some())
        }
    };
    elsewhere
        || words.any(|word| matches!(word, "char" | "character"))
        || access
            .reads
            .iter()
            .any(|read| char_column(check, made, read).is_some())
}

/// The version that a statement takes the name of, to give it another one.
fn old_name(access: &Access) -> Option<TableVersion> {
    let mut writes = access.writes.iter();
    let dropped = writes.find(|write| write.kind == WriteKind::Drop)?;
    let mut writes = access.writes.iter();
    writes
        .any(|write| write.kind == WriteKind::Define)
        .then_some(dropped.produces)
}

/// Whether a table has, after a statement, the columns that are seen in it.
fn defines(check: &Check<'_>, statement: &Statement, access: &Access, write: &Write) -> bool {
    let keeps = match &statement.kind {
        StatementKind::CreateView { .. } => return true,
        StatementKind::CreateTable { if_not_exists, .. }
        | StatementKind::CreateTableAs { if_not_exists, .. } => *if_not_exists,
        StatementKind::Command(_) => {
            return write.kind == WriteKind::Define && old_name(access).is_some();
        }
        _ => return false,
    };
    let mut tables = check.workload.tables.iter();
    let table = tables.find(|table| table.id == write.table && !table.temporary);
    let facts = table.and_then(|table| check.catalog.tables.get(&table.name));
    !keeps || facts.is_some_and(|facts| facts.kind == TableKind::Missing)
}

/// A column of what is read whose type names `CHAR`, unless it is known not to be asked for; `?` where the pipeline may
/// have made it, or where nothing tells.
fn char_column(check: &Check<'_>, made: &Made, read: &Read) -> Option<String> {
    if read.unseen {
        return Some("?".to_owned());
    }
    char_column_of(check, made, read.version, |name| {
        let mut asked = read.columns.iter().flatten();
        read.columns.is_none() || asked.any(|column| *column == name.to_lowercase())
    })
}

/// The same among some columns of a version.
fn char_column_of(
    check: &Check<'_>,
    made: &Made,
    version: TableVersion,
    asked: impl Fn(&str) -> bool,
) -> Option<String> {
    let mut tables = check.workload.tables.iter();
    let table = tables.find(|table| table.id == version.table)?;
    let since = made.get(&table.id);
    let since = since.and_then(|since| since.range(..=version.generation).next_back());
    let since = since.map(|(_, may)| *may);
    let facts = check.catalog.tables.get(&table.name);
    let facts = facts.filter(|facts| {
        let there = matches!(
            facts.kind,
            TableKind::Managed | TableKind::External | TableKind::View
        );
        there && !table.temporary
    });
    match (since, facts) {
        (Some(true), _) | (None, None) => Some("?".to_owned()),
        (Some(false), None) => None,
        (_, Some(facts)) => {
            let mut columns = facts.columns.iter();
            let column =
                columns.find(|column| is_char(&column.data_type) && asked(&column.name))?;
            Some(column.name.clone())
        }
    }
}

fn is_char(data_type: &str) -> bool {
    let mut words = data_type.split_inclusive(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| word.eq_ignore_ascii_case("char("))
}
