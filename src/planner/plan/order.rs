//! Which statements may change places.
//!
//! Queries and the statements that write what a query gives may, as far as no hazard orders them. Everything else keeps its
//! place among all others: it may change what names mean, how statements run, or what Python's names hold.

use std::collections::BTreeMap;

use super::Order;
use crate::facts::access::TableId;
use crate::facts::workload::Workload;
use crate::frontend::statement::{StatementId, StatementKind};
use crate::planner::search::{Task, TaskId};

/// The statements as tasks, with what must run before each.
pub(super) fn tasks(workload: &Workload, order: Order) -> Vec<Task> {
    let mut tasks: Vec<Task> = Vec::new();
    let mut fixed: Option<TaskId> = None;
    let mut since: Vec<TaskId> = Vec::new();
    let mut started: BTreeMap<TableId, TaskId> = BTreeMap::new();
    for (statement, access) in workload.statements.iter().zip(&workload.accesses) {
        let own = TaskId(statement.id.0);
        let mut after: Vec<TaskId> = fixed.into_iter().collect();
        // Versions are numbered in the order of the files.
        let starts = access.starts.iter();
        after.extend(starts.filter_map(|start| started.insert(start.table, own)));
        if order == Order::Files || access.barrier.is_some() || !may_move(&statement.kind) {
            after.append(&mut since);
            fixed = Some(own);
        } else {
            since.push(own);
        }
        tasks.push(Task {
            after,
            working_bytes: 0,
        });
    }
    for hazard in &workload.hazards {
        if let Some(task) = tasks.get_mut(hazard.to.0 as usize) {
            task.after.push(TaskId(hazard.from.0));
        }
    }
    for task in &mut tasks {
        task.after.sort_unstable();
        task.after.dedup();
    }
    tasks
}

fn may_move(kind: &StatementKind) -> bool {
    matches!(
        kind,
        StatementKind::Query(_)
            | StatementKind::Insert { .. }
            | StatementKind::InsertDirectory { .. }
            | StatementKind::CreateTableAs { .. }
    )
}

/// The statements that run in another place than in the files: those that a longest run of statements in file order
/// leaves out.
pub fn moved(order: &[StatementId]) -> Vec<StatementId> {
    // Patience sorting: the ends of the longest increasing runs of each length.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::new();
    for (place, statement) in order.iter().enumerate() {
        let length = ends.partition_point(|end| order.get(*end) < Some(statement));
        before.push(
            length
                .checked_sub(1)
                .and_then(|shorter| ends.get(shorter))
                .copied(),
        );
        match ends.get_mut(length) {
            Some(end) => *end = place,
            None => ends.push(place),
        }
    }
    let mut stays = vec![false; order.len()];
    let mut next = ends.last().copied();
    while let Some(place) = next {
        if let Some(stay) = stays.get_mut(place) {
            *stay = true;
        }
        next = before.get(place).copied().flatten();
    }
    let mut moved: Vec<StatementId> = order
        .iter()
        .zip(stays)
        .filter(|(_, stays)| !stays)
        .map(|(statement, _)| *statement)
        .collect();
    moved.sort_unstable();
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_moved_is_as_little_as_possible() {
        let moved = |order: &[u32]| -> Vec<u32> {
            let order: Vec<StatementId> = order.iter().map(|id| StatementId(*id)).collect();
            moved(&order).iter().map(|id| id.0).collect()
        };
        assert_eq!(moved(&[0, 1, 2]), [0; 0]);
        assert_eq!(moved(&[0, 3, 1, 2]), [3]);
        assert_eq!(moved(&[1, 2, 3, 0]), [0]);
        assert_eq!(moved(&[]), [0; 0]);
    }
}
