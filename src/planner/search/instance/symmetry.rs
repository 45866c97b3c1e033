//! Tasks that are interchangeable run in given order: of all their orders one is searched.

use std::collections::BTreeMap;

use super::super::dense::Id;
use super::super::{OptionId, TaskId};
use super::Instance;

/// What tells a task from others.
type Signature = (
    Vec<TaskId>,
    Vec<TaskId>,
    u64,
    Vec<(OptionId, i64, u64)>,
    Vec<OptionId>,
);

/// Adds an edge between neighbours of each class of tasks with the same predecessors, successors, room, reads and ends.
pub(super) fn order_twins(instance: &mut Instance) {
    let mut classes: BTreeMap<Signature, Vec<TaskId>> = BTreeMap::new();
    for (id, task) in instance.tasks.iter() {
        let sorted = |ids: &[TaskId]| {
            let mut ids = ids.to_vec();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        let read = |read: &super::Read| (read.option, read.saving, read.slots);
        let reads = task.reads.iter().map(read).collect();
        let around = (sorted(&task.before), sorted(&task.after));
        let signature = (around.0, around.1, task.room, reads, task.ends.clone());
        classes.entry(signature).or_default().push(id);
    }
    for class in classes.values() {
        for (earlier, later) in class.iter().zip(class.iter().skip(1)) {
            debug_assert!(earlier.row() < later.row(), "classes are in given order");
            instance.tasks[*later].before.push(*earlier);
        }
    }
    instance.link();
}
