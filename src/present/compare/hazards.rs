//! Orders that must be kept now and need not before.

use std::collections::BTreeSet;

use super::State;
use super::matched::Matched;
use crate::facts::access::{Access, TableId};
use crate::facts::workload::{Hazard, HazardKind};
use crate::frontend::statement::StatementId;

/// A hazard that the base does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewHazard {
    /// `file:line` of the statement that must run first.
    pub from: String,
    /// `file:line` of the one that must run after it.
    pub to: String,
    /// Why.
    pub kind: HazardKind,
    /// On which table; none for barriers.
    pub table: Option<String>,
}

/// Hazards that the base has neither between the same statements nor by way of others. Of those on tables only those where
/// both statements name the table: where it is not known which tables share files, each write is a hazard to every read,
/// which tells nothing about a change.
pub(super) fn new(before: State<'_>, now: State<'_>, matched: &Matched) -> Vec<NewHazard> {
    let pairs = before.workload.hazards.iter();
    let pairs: BTreeSet<(StatementId, StatementId)> =
        pairs.map(|hazard| (hazard.from, hazard.to)).collect();
    let had = |hazard: &&Hazard| {
        let from = matched.before(hazard.from);
        let pair = from.zip(matched.before(hazard.to));
        pair.is_some_and(|(from, to)| {
            pairs.contains(&(from, to)) || before.workload.must_precede(from, to)
        })
    };
    let place = |id| {
        let statement = now.workload.statement(id);
        statement.map_or_else(String::new, |one| now.sources.place(one.span))
    };
    let hazards = now.workload.hazards.iter();
    let named = hazards.filter(|hazard| match hazard.table {
        Some(table) => [hazard.from, hazard.to].iter().all(|id| {
            now.workload
                .access(*id)
                .is_some_and(|one| names(one, table))
        }),
        None => hazard.kind == HazardKind::Barrier,
    });
    named
        .filter(|hazard| !had(hazard))
        .map(|hazard| NewHazard {
            from: place(hazard.from),
            to: place(hazard.to),
            kind: hazard.kind,
            table: hazard
                .table
                .and_then(|table| now.workload.table(table))
                .map(|table| table.name.clone()),
        })
        .collect()
}

fn names(access: &Access, table: TableId) -> bool {
    let reads = access.reads.iter().map(|read| read.version.table);
    let writes = access.writes.iter().map(|write| write.table);
    let described = access.described.iter().copied();
    reads
        .chain(writes)
        .chain(described)
        .any(|used| used == table)
}
