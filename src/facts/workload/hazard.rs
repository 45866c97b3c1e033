//! Which statements must keep their order.
//!
//! Two statements conflict when one starts a version of a table that the other reads or describes (RAW, WAR), when
//! one writes a table of which the other starts a version (WAW), or when one is a barrier. Versions carry aliasing and
//! the dependences of views: see `access`.

use std::collections::BTreeSet;

use super::{Hazard, HazardKind};
use crate::facts::access::{Access, Table, TableId};
use crate::frontend::statement::{Effect, PythonDeed, PythonNames, Statement, StatementKind};

/// What one statement does to the order of others.
pub(super) struct Effects<'a> {
    /// Tables whose rows or metadata it uses.
    pub reads: BTreeSet<TableId>,
    /// Tables that it changes itself.
    pub writes: BTreeSet<TableId>,
    /// Tables of which a new version starts, through aliases and views too.
    pub starts: BTreeSet<TableId>,
    /// Keeps its place among all others.
    pub fixed: bool,
    /// Names of a Python file.
    pub names: Option<&'a PythonNames>,
}

/// The effects of every statement.
pub(super) fn effects<'a>(
    statements: &'a [Statement],
    accesses: &[Access],
    tables: &[Table],
) -> Vec<Effects<'a>> {
    let temporary: BTreeSet<TableId> = tables
        .iter()
        .filter(|table| table.temporary)
        .map(|table| table.id)
        .collect();
    statements
        .iter()
        .zip(accesses)
        .map(|(statement, access)| {
            let reads: BTreeSet<TableId> = access
                .reads
                .iter()
                .map(|read| read.version.table)
                .chain(access.described.iter().copied())
                .collect();
            let writes: BTreeSet<TableId> = access.writes.iter().map(|write| write.table).collect();
            let session = is_of_session(&statement.kind, access);
            Effects {
                // A temporary view hides the table of its name from what comes later.
                fixed: access.barrier.is_some() || session || !writes.is_disjoint(&temporary),
                reads,
                writes,
                starts: access.starts.iter().map(|version| version.table).collect(),
                names: match &statement.kind {
                    StatementKind::Python(step) => Some(&step.names),
                    _ => None,
                },
            }
        })
        .collect()
}

/// Whether a statement does something to the session that is no change of a table, or shows it.
fn is_of_session(kind: &StatementKind, access: &Access) -> bool {
    match kind {
        StatementKind::Use { .. }
        | StatementKind::CreateDatabase { .. }
        // Lists whatever there is at its place.
        | StatementKind::Describe { target: None } => true,
        // Even a harmless setting decides whether a statement runs at all.
        StatementKind::Set { value, .. } => value.is_some(),
        StatementKind::Command(command) => command.effect != Effect::None,
        StatementKind::Explain { .. } => access.described.is_empty(),
        StatementKind::Python(step) => step.actions.iter().any(|action| match &action.deed {
            PythonDeed::Sql { statement, .. } => is_of_session(statement, access),
            _ => false,
        }),
        _ => false,
    }
}

/// The gravest reason for which `before` must run before `after`.
pub(super) fn conflict(
    before: &Effects<'_>,
    after: &Effects<'_>,
) -> Option<(HazardKind, Option<TableId>)> {
    let names = before.names.zip(after.names);
    let shared = names.is_some_and(|(before, after)| !before.independent(after));
    if before.fixed || after.fixed || shared {
        return Some((HazardKind::Barrier, None));
    }
    let first = |left: &BTreeSet<TableId>, right: &BTreeSet<TableId>| {
        left.intersection(right).next().copied()
    };
    let read = first(&before.writes, &after.reads).or_else(|| first(&before.starts, &after.reads));
    if read.is_some() {
        return Some((HazardKind::ReadAfterWrite, read));
    }
    let written =
        first(&before.writes, &after.starts).or_else(|| first(&before.starts, &after.writes));
    if written.is_some() {
        return Some((HazardKind::WriteAfterWrite, written));
    }
    let overwritten =
        first(&before.reads, &after.writes).or_else(|| first(&before.reads, &after.starts));
    overwritten.map(|table| (HazardKind::WriteAfterRead, Some(table)))
}

/// Conflicts that do not follow from others, sorted.
pub(super) fn hazards(
    statements: &[Statement],
    accesses: &[Access],
    tables: &[Table],
) -> Vec<Hazard> {
    let effects = effects(statements, accesses, tables);
    let mut hazards = Vec::new();
    let mut ancestors: Vec<Vec<bool>> = Vec::new();
    for (number, after) in effects.iter().enumerate() {
        // From the nearest to the farthest: whatever is reachable already follows from a hazard found before, and
        // what is found now cannot follow from one found later, which lies further back.
        let mut reachable = vec![false; number];
        for (earlier, before) in effects.iter().enumerate().take(number).rev() {
            if reachable.get(earlier) == Some(&true) {
                continue;
            }
            let Some((kind, table)) = conflict(before, after) else {
                continue;
            };
            if let (Some(from), Some(to)) = (statements.get(earlier), statements.get(number)) {
                hazards.push(Hazard {
                    from: from.id,
                    to: to.id,
                    kind,
                    table,
                });
            }
            let inherited = ancestors.get(earlier).map_or(&[][..], Vec::as_slice);
            for (place, is_ancestor) in reachable.iter_mut().zip(inherited) {
                *place |= is_ancestor;
            }
            if let Some(place) = reachable.get_mut(earlier) {
                *place = true;
            }
        }
        ancestors.push(reachable);
    }
    hazards.sort_unstable();
    hazards
}
