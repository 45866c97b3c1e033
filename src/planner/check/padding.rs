//! Statements that write files read no CHAR column through a frame: the metadata of the files could show it.

use std::collections::BTreeMap;

use super::{Check, Promise};
use crate::facts::access::{Read, TableId};
use crate::frontend::statement::{Statement, StatementKind};

/// First generations in which tables may have CHAR columns that the pipeline gave them.
type Made = BTreeMap<TableId, u32>;

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

/// What the statements of the pipeline may have made.
fn made(check: &Check<'_>) -> Made {
    let mut made = Made::new();
    for access in &check.workload.accesses {
        let Some((statement, _)) = check.statements.get(&access.statement) else {
            continue;
        };
        let opaque = access.barrier.is_some();
        let fills = matches!(
            statement.kind,
            StatementKind::Insert { .. }
                | StatementKind::Truncate { .. }
                | StatementKind::Set { .. }
                | StatementKind::Use { .. }
        );
        let view = matches!(statement.kind, StatementKind::CreateView { .. });
        let fills = fills || view && !opaque;
        if fills || !(opaque || may_make(check, &made, statement, &access.reads)) {
            continue;
        }
        for start in &access.starts {
            let written = access.writes.iter().any(|write| write.table == start.table);
            if opaque || written {
                made.entry(start.table).or_insert(start.generation);
            }
        }
    }
    made
}

/// Whether what a statement makes may have such a column: its text names the type, or it takes columns from elsewhere.
fn may_make(check: &Check<'_>, made: &Made, statement: &Statement, reads: &[Read]) -> bool {
    let like = matches!(&statement.kind, StatementKind::CreateTable { like, .. } if like.is_some());
    let mut reads = reads.iter();
    let text = check.sources.text(statement.span).to_lowercase();
    let mut words = text.split(|c: char| !(c == '_' || c.is_alphanumeric()));
    like || words.any(|word| matches!(word, "char" | "character"))
        || reads.any(|read| char_column(check, made, read).is_some())
}

/// A column of what is read whose type names `CHAR`, unless it is known not to be asked for; `?` where the pipeline may
/// have made it.
fn char_column(check: &Check<'_>, made: &Made, read: &Read) -> Option<String> {
    let mut tables = check.workload.tables.iter();
    let table = tables.find(|table| table.id == read.version.table)?;
    let since = made.get(&table.id);
    if since.is_some_and(|since| *since <= read.version.generation) {
        return Some("?".to_owned());
    }
    let facts = check.catalog.tables.get(&table.name)?;
    let unasked = |name: &str| {
        let mut asked = read.columns.iter().flatten();
        read.columns.is_some() && asked.all(|column| *column != name.to_lowercase())
    };
    let mut columns = facts.columns.iter();
    let column = columns.find(|column| is_char(&column.data_type) && !unasked(&column.name))?;
    Some(column.name.clone())
}

fn is_char(data_type: &str) -> bool {
    let mut words = data_type.split_inclusive(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| word.eq_ignore_ascii_case("char("))
}
