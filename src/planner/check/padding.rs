//! Statements that write files read no CHAR column through a frame: the metadata of the files could show it.

use super::{Check, Promise};
use crate::facts::access::Read;
use crate::frontend::statement::StatementKind;
use crate::planner::plan::Frame;

/// Checks all readers of a frame.
pub(super) fn run(check: &mut Check<'_>, frame: &Frame) {
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
            if of_frame {
                char_column(check, read)
            } else {
                None
            }
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

/// A column of what is read whose type names `CHAR`, unless it is known not to be asked for.
fn char_column(check: &Check<'_>, read: &Read) -> Option<String> {
    let mut tables = check.workload.tables.iter();
    let table = tables.find(|table| table.id == read.version.table)?;
    let facts = check.catalog.tables.get(&table.name)?;
    let unasked = |name: &str| {
        let mut asked = read.columns.iter().flatten();
        read.columns.is_some() && asked.all(|column| *column != name.to_lowercase())
    };
    let mut columns = facts.columns.iter();
    let column = columns.find(|column| {
        let words: Vec<&str> = column
            .data_type
            .split_inclusive(|c: char| !c.is_alphanumeric() && c != '_')
            .collect();
        let is_char = words.iter().any(|word| word.eq_ignore_ascii_case("char("));
        is_char && !unasked(&column.name)
    })?;
    Some(column.name.clone())
}
