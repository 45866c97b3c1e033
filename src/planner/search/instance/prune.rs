//! Options and uses that no best schedule needs.

use std::collections::BTreeSet;

use super::super::dense::Dense;
use super::super::{OptionId, TaskId};
use super::{Instance, OptionRow};

/// Removes uses that never fit and options that never pay, until nothing more falls.
pub(super) fn prune(instance: &mut Instance) {
    loop {
        for task in instance.tasks.rows_mut() {
            let options = &instance.options;
            task.reads
                .retain(|read| read.saving > 0 && options[read.option].bytes <= task.room);
        }
        let options = instance.options.clone();
        for option in instance.options.rows_mut() {
            let bytes = option.bytes;
            let fits = |parent: u64| parent.saturating_add(bytes) <= instance.budget;
            option
                .parents
                .retain(|read| read.saving > 0 && fits(options[read.option].bytes));
        }
        instance.link();
        let ended = ended(instance);
        let again = again(instance, &ended);
        let kept: Vec<OptionId> = instance
            .options
            .ids()
            .filter(|id| pays(&instance.options[*id]))
            .filter(|id| !again[*id] && !dominated(instance, &ended, *id))
            .collect();
        if kept.len() == instance.options.len() {
            return;
        }
        let tasks: Vec<TaskId> = instance.tasks.ids().collect();
        *instance = instance.part(&tasks, &kept);
    }
}

/// Whether there is a way for an option to be worth its build. A frame that others may be built from can serve any
/// number of builds.
fn pays(option: &OptionRow) -> bool {
    let most: i64 = option.readers.iter().map(|(_, saving)| saving).sum();
    !option.children.is_empty() || most > option.cheapest
}

fn ended(instance: &Instance) -> Dense<OptionId, BTreeSet<TaskId>> {
    let mut ended = Dense::filled(instance.options.len(), BTreeSet::new());
    for (id, task) in instance.tasks.iter() {
        for option in &task.ends {
            ended[*option].insert(id);
        }
    }
    ended
}

/// Whether an earlier option is the same in all but its candidate. Wherever the later one lives the earlier one can live
/// instead: which of them a schedule has would be chance.
fn again(instance: &Instance, ended: &Dense<OptionId, BTreeSet<TaskId>>) -> Dense<OptionId, bool> {
    let mut reads = Dense::filled(instance.options.len(), Vec::new());
    for (id, task) in instance.tasks.iter() {
        for read in &task.reads {
            reads[read.option].push((id, read.slots, read.saving));
        }
    }
    let mut seen = BTreeSet::new();
    let again = instance.options.iter().map(|(id, option)| {
        let mut reads = reads[id].clone();
        reads.sort_unstable();
        // Feeding and being fed are not compared; reads that nothing else wants are not told apart.
        let alone = option.children.is_empty() && option.parents.is_empty();
        let told = reads.iter().all(|(_, slots, _)| within(*slots, *slots));
        alone && told && !seen.insert((option.bytes, option.build, reads, &ended[id]))
    });
    Dense::from_rows(again.collect())
}

/// Whether an alternative does all that an option does, no worse anywhere. Of equals the first one stays.
fn dominated(instance: &Instance, ended: &Dense<OptionId, BTreeSet<TaskId>>, id: OptionId) -> bool {
    let option = &instance.options[id];
    let alternatives = |(other, row): &(OptionId, &OptionRow)| {
        *other != id && row.candidate == option.candidate && row.bytes <= option.bytes
    };
    let mut better = instance.options.iter().filter(alternatives);
    better.any(|(other, row)| {
        let no_dearer = row.build <= option.build && ended[other].is_subset(&ended[id]);
        // Feeding and being fed are compared no further: who takes part in it stays.
        let alone = option.children.is_empty() && row.parents == option.parents
            || option.children.is_empty() && option.parents.is_empty();
        no_dearer && alone && serves_all(instance, other, id) && {
            let equal = serves_all(instance, id, other)
                && (row.bytes, row.build) == (option.bytes, option.build)
                && ended[other] == ended[id]
                && row.parents == option.parents
                && row.children.is_empty();
            !equal || other < id
        }
    })
}

/// Whether `one` serves every use of `other`, without wanting more slots and with at least its saving.
fn serves_all(instance: &Instance, one: OptionId, other: OptionId) -> bool {
    let readers = &instance.options[other].readers;
    readers.iter().all(|(task, _)| {
        let reads = &instance.tasks[*task].reads;
        let of = |id: OptionId| reads.iter().filter(move |read| read.option == id);
        of(other).all(|theirs| {
            of(one).any(|own| within(own.slots, theirs.slots) && own.saving >= theirs.saving)
        })
    })
}

/// Whether what one use wants is known to be part of what the other wants. Reads that nothing else wants are not told
/// apart, nor are those that count as one.
fn within(own: u64, theirs: u64) -> bool {
    own != 0 && own & !theirs == 0 && theirs < 1 << 63
}
