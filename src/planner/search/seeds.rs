//! Orders to begin with: each brings the readers of shared frames together in its own way.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::dense::Dense;
use super::instance::Instance;
use super::{OptionId, TaskId};

/// Which frames an order is built around.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Around {
    /// Those that gain most.
    Gain,
    /// Those that take most memory over their uses.
    Bytes,
    /// Those that gain most per byte.
    PerByte,
}

/// The seeds: the given order, clusters and memory-aware walks. Equal ones may occur.
pub(super) fn seeds(instance: &Instance) -> Vec<Vec<TaskId>> {
    let mut seeds = vec![instance.tasks.ids().collect()];
    for around in [Around::Gain, Around::Bytes, Around::PerByte] {
        seeds.push(clusters(instance, &ranked(instance, around)));
    }
    for around in [Around::Gain, Around::Bytes, Around::PerByte] {
        seeds.push(walk(instance, around));
    }
    seeds
}

fn gain(instance: &Instance, id: OptionId) -> i64 {
    let option = &instance.options[id];
    let savings: i64 = option.readers.iter().map(|(_, saving)| saving).sum();
    savings - option.cheapest
}

fn key(instance: &Instance, id: OptionId, around: Around) -> i128 {
    let option = &instance.options[id];
    let gain = i128::from(gain(instance, id));
    match around {
        Around::Gain => gain,
        Around::Bytes => i128::from(option.bytes),
        Around::PerByte => (gain << 40) / i128::from(option.bytes.max(1)),
    }
}

fn ranked(instance: &Instance, around: Around) -> Vec<OptionId> {
    let mut options: Vec<OptionId> = instance.options.ids().collect();
    options.sort_by_key(|id| (Reverse(key(instance, *id, around)), *id));
    options
}

/// The readers of the first option with all that must precede them, then those of the second, and so on.
pub(super) fn clusters(instance: &Instance, options: &[OptionId]) -> Vec<TaskId> {
    let mut done: Dense<TaskId, bool> = Dense::filled(instance.tasks.len(), false);
    let mut order = Vec::with_capacity(instance.tasks.len());
    let readers = options.iter().flat_map(|id| &instance.options[*id].readers);
    let readers = readers.map(|(task, _)| *task);
    for reader in readers.chain(instance.tasks.ids()) {
        // Depth first: what must precede a task stands before it.
        let mut open = vec![reader];
        while let Some(task) = open.last().copied() {
            if done[task] {
                open.pop();
                continue;
            }
            let before = instance.tasks[task].before.iter();
            let missing: Vec<TaskId> = before.copied().filter(|before| !done[*before]).collect();
            if missing.is_empty() {
                done[task] = true;
                order.push(task);
                open.pop();
            } else {
                open.extend(missing.into_iter().rev());
            }
        }
    }
    order
}

/// A walk that runs next whatever living frames serve best, frames near their last use first; frames come to life with
/// their first reader, and the least worth keeping goes where space is short.
fn walk(instance: &Instance, around: Around) -> Vec<TaskId> {
    let mut walk = Walk {
        instance,
        around,
        left: Dense::from_rows(
            instance
                .options
                .rows()
                .iter()
                .map(|option| option.readers.len())
                .collect(),
        ),
        waits: Dense::from_rows(
            instance
                .tasks
                .rows()
                .iter()
                .map(|task| task.before.len())
                .collect(),
        ),
        live: BTreeSet::new(),
        score: Dense::filled(instance.tasks.len(), 0),
        ready: BTreeSet::new(),
    };
    for id in instance
        .tasks
        .ids()
        .filter(|id| instance.tasks[*id].before.is_empty())
    {
        walk.ready.insert((Reverse(0), id));
    }
    let mut order = Vec::with_capacity(instance.tasks.len());
    while let Some((_, task)) = walk.ready.pop_first() {
        order.push(task);
        walk.run(task);
    }
    order
}

struct Walk<'a> {
    instance: &'a Instance,
    around: Around,
    /// Readers to come.
    left: Dense<OptionId, usize>,
    waits: Dense<TaskId, usize>,
    live: BTreeSet<OptionId>,
    score: Dense<TaskId, i64>,
    ready: BTreeSet<(Reverse<i64>, TaskId)>,
}

impl Walk<'_> {
    fn run(&mut self, task: TaskId) {
        let row = &self.instance.tasks[task];
        let mut options: Vec<OptionId> = row.reads.iter().map(|read| read.option).collect();
        options.sort_unstable();
        for id in &options {
            self.left[*id] -= 1;
        }
        options.dedup();
        for id in options {
            let alive = self.live.contains(&id);
            if self.left[id] == 0 && alive {
                self.enter(id, false);
            } else if self.left[id] > 0 && !alive && gain(self.instance, id) > 0 {
                self.enter(id, true);
            }
        }
        let mut bytes: u64 = self
            .live
            .iter()
            .map(|id| self.instance.options[*id].bytes)
            .sum();
        while bytes > self.instance.budget {
            let least = self.live.iter().min_by_key(|id| {
                let left = self.left[**id] as i128;
                (
                    key(self.instance, **id, self.around).saturating_mul(left),
                    **id,
                )
            });
            let Some(id) = least.copied() else { break };
            bytes -= self.instance.options[id].bytes;
            self.enter(id, false);
        }
        for after in &row.after {
            self.waits[*after] -= 1;
            if self.waits[*after] == 0 {
                self.ready.insert((Reverse(self.score[*after]), *after));
            }
        }
    }

    /// A frame comes to life or goes: its readers are worth running next, or no longer.
    fn enter(&mut self, id: OptionId, lives: bool) {
        if lives {
            self.live.insert(id);
        } else {
            self.live.remove(&id);
        }
        for (task, saving) in &self.instance.options[id].readers {
            let old = (Reverse(self.score[*task]), *task);
            self.score[*task] += if lives { *saving } else { -saving };
            if self.ready.remove(&old) {
                self.ready.insert((Reverse(self.score[*task]), *task));
            }
        }
    }
}
