//! What all states with the same tasks done have in common, and the bound on what they can still gain.
//!
//! Two bounds, the smaller one counts; neither knows of memory. A frame is worth its savings left, once.
//! * *Per read*: with prices v of reads such that no option's savings above the prices exceed its cheapest build (see
//!   [`dual`](super::super::dual)), the rest gains at most the prices of the reads to come, plus what living frames
//!   save above them.
//! * *Per frame*: each frame saves what it can in all tasks to come, less its cheapest build unless it lives.

use super::super::dense::{Bits, Dense};
use super::super::{OptionId, TaskId};
use super::{Ask, Ready};

/// A set of tasks done.
pub(super) struct FrontRow {
    pub(super) done: Bits,
    /// Tasks that may run next, and how many earlier ones of the given order they would overtake.
    pub(super) ready: Ready,
    /// Options that could still serve something.
    pub(super) useful: Bits,
    /// Those of them that may be built from others.
    pub(super) fed: Bits,
    /// What each option can save in tasks to come.
    pub(super) left: Dense<OptionId, i64>,
    /// The two bounds with no frame alive.
    base: [i64; 2],
    /// What a living frame adds to each.
    credit: Dense<OptionId, [i64; 2]>,
}

impl FrontRow {
    pub(super) fn new(ask: &Ask<'_>, done: Bits) -> Self {
        let instance = ask.instance;
        let options = instance.options.len();
        let mut left = Dense::filled(options, 0);
        let mut reduced = Dense::filled(options, 0);
        let mut useful = ask.exit;
        let mut base = [0, 0];
        let mut ready = Vec::new();
        let to_come = instance.tasks.iter().filter(|(id, _)| !done.has(*id));
        for (waiting, (id, task)) in (0..).zip(to_come) {
            base[0] += ask.prices.tasks[id];
            for (read, over) in task.reads.iter().zip(&ask.prices.over[id]) {
                left[read.option] += read.saving;
                reduced[read.option] += over;
                useful = useful.with(read.option);
            }
            let may = task.before.iter().all(|before| done.has(*before));
            if may && (ask.free || ready.is_empty()) {
                ready.push((id, waiting));
            }
        }
        let mut credit = Dense::filled(options, [0, 0]);
        for id in instance.options.ids().rev() {
            let option = &instance.options[id];
            if option.children.iter().any(|child| useful.has(*child)) {
                useful = useful.with(id);
            }
            let worth = [reduced[id], left[id]];
            for ((worth, base), credit) in worth.into_iter().zip(&mut base).zip(&mut credit[id]) {
                // Not alive, it is either built again or, where it is used later on, owed.
                let otherwise = if ask.exit.has(id) {
                    (worth - option.cheapest).max(-option.build)
                } else {
                    (worth - option.cheapest).max(0)
                };
                *base += otherwise;
                *credit = worth - otherwise;
            }
        }
        let fed = useful
            .iter()
            .filter(|id| !instance.options[*id].parents.is_empty());
        Self {
            done,
            ready,
            useful,
            fed: fed.collect(),
            left,
            base,
            credit,
        }
    }

    /// What states of this front with these frames alive can still gain at most.
    pub(super) fn bound(&self, live: Bits) -> i64 {
        let [mut read, mut frame] = self.base;
        for option in live.iter::<OptionId>() {
            let [of_read, of_frame] = self.credit[option];
            read += of_read;
            frame += of_frame;
        }
        read.min(frame)
    }

    /// Whether building an option now could ever pay.
    pub(super) fn pays(&self, ask: &Ask<'_>, id: OptionId) -> bool {
        let option = &ask.instance.options[id];
        let owed = if ask.exit.has(id) { option.build } else { 0 };
        self.left[id] + owed > option.cheapest
            || option.children.iter().any(|child| self.useful.has(*child))
    }

    /// Whether a frame may have to be built before the tasks that it serves, because its parent does not fit beside them.
    pub(super) fn crowded(&self, ask: &Ask<'_>, id: OptionId, parent: OptionId) -> bool {
        let options = &ask.instance.options;
        let both = options[id].bytes.saturating_add(options[parent].bytes);
        let to_come = options[id]
            .readers
            .iter()
            .filter(|(task, _)| !self.done.has(*task));
        let mut rooms = to_come.map(|(task, _)| ask.instance.tasks[*task].room);
        rooms.any(|room| room < both) || !options[id].children.is_empty()
    }

    /// Whether no task to come but this one needs an option.
    pub(super) fn last_use(&self, ask: &Ask<'_>, id: OptionId, task: TaskId) -> bool {
        let option = &ask.instance.options[id];
        let others = option.readers.iter().map(|(reader, _)| *reader);
        !ask.exit.has(id)
            && others
                .filter(|reader| *reader != task)
                .all(|reader| self.done.has(reader))
            && !option.children.iter().any(|child| self.useful.has(*child))
    }
}
