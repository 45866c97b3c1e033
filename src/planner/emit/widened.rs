//! Widened subqueries: the body of one of them with what the others select; a reader selects its columns and keeps its
//! own tests.

use std::collections::BTreeSet;

use super::edit::{Edit, apply};
use super::quote::quoted;
use super::{Emitter, name};
use crate::diagnostic::Span;
use crate::facts::access::{Origin, SubqueryId};
use crate::planner::frame::{Share, Widened};
use crate::planner::plan::Frame;

pub(super) fn definition(
    emitter: &Emitter<'_>,
    frame: &Frame,
    widened: &Widened,
) -> Option<String> {
    let base = emitter.workload.subquery(widened.base)?;
    let access = emitter.workload.access(base.statement)?;
    // It is built where another subquery stands: a name without its database may mean another table there.
    let reads = access.reads.iter();
    let mut edits: Vec<Edit> = reads
        .filter(|read| base.reads.contains(&read.id))
        .filter_map(|read| match &read.origin {
            Origin::Named {
                name, last_part, ..
            } if *name == last_part.span => Some(Edit {
                span: *name,
                replacement: emitter.table(read.version)?,
            }),
            _ => None,
        })
        .collect();
    let taken: BTreeSet<usize> = frame
        .readers
        .iter()
        .filter_map(|reader| widened.shares.get(&reader.subquery()?))
        .flat_map(Share::needs)
        .collect();
    let mut added = String::new();
    for (number, column) in widened.columns.iter().enumerate() {
        if let Some(text) = column.added.as_ref().filter(|_| taken.contains(&number)) {
            added.extend([", ", text, " AS ", &quoted(&column.name)]);
        }
    }
    let behind = widened.list_end;
    edits.push(Edit {
        span: Span {
            start: behind.end,
            ..behind
        },
        replacement: added,
    });
    let text = emitter.sources.text(base.body);
    Some(apply(text, base.body, edits).trim().to_owned())
}

pub(super) fn edits(
    emitter: &Emitter<'_>,
    frame: &Frame,
    widened: &Widened,
    subquery: SubqueryId,
) -> Option<Vec<Edit>> {
    let share = widened.shares.get(&subquery)?;
    let outputs: Option<Vec<String>> = share
        .outputs
        .iter()
        .map(|(number, output)| {
            let column = &widened.columns.get(*number)?.name;
            // Selected by its own name a column has the spelling that is asked for.
            Some(if column.to_lowercase() == output.to_lowercase() {
                quoted(output)
            } else {
                format!("{} AS {}", quoted(column), quoted(output))
            })
        })
        .collect();
    let mut replacement = format!("SELECT {} FROM {}", outputs?.join(", "), name(frame));
    if !share.tests.is_empty() {
        replacement.push_str(" WHERE ");
        replacement.push_str(&share.tests.join(" AND "));
    }
    Some(vec![Edit {
        span: emitter.workload.subquery(subquery)?.body,
        replacement,
    }])
}
