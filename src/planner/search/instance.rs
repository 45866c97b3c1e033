//! A problem made ready for search: options that can never pay are gone, the rest stand in an order that does not
//! depend on how the caller listed them, and everything is found from both sides.

mod canonical;
mod prune;
mod symmetry;

use super::dense::{Dense, Id};
use super::{OptionId, Problem, ProblemError, TaskId, User};

/// Costs and savings are cut off here (100 days), so that a million of them can be added up.
const MOST_MICROS: u64 = 1 << 43;

/// A use of one frame by the build of another that binds their lifetimes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HoldId(pub(super) u32);

impl Id for HoldId {
    fn of(row: usize) -> Self {
        Self(u32::try_from(row).unwrap_or(u32::MAX))
    }
    fn row(self) -> usize {
        self.0 as usize
    }
}

/// A problem, or a part of one, made ready.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub(super) budget: u64,
    pub(super) tasks: Dense<TaskId, TaskRow>,
    /// Parents stand before the options that may be built from them.
    pub(super) options: Dense<OptionId, OptionRow>,
    /// Parent and child of every use that holds.
    pub(super) holds: Dense<HoldId, (OptionId, OptionId)>,
}

/// A task.
#[derive(Clone, Debug, Default)]
pub(super) struct TaskRow {
    /// Its number in the problem.
    pub(super) origin: u32,
    pub(super) before: Vec<TaskId>,
    pub(super) after: Vec<TaskId>,
    /// What frames may occupy while it runs, bytes.
    pub(super) room: u64,
    /// By whom it can be served.
    pub(super) reads: Vec<Read>,
    /// The options whose residencies it ends.
    pub(super) ends: Vec<OptionId>,
    /// The most that all options together can save it.
    pub(super) most: i64,
}

/// A use, seen from the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Read {
    pub(super) option: OptionId,
    pub(super) saving: i64,
    /// Reads that other uses want as well. Past 63 of them the rest count as one: never wrong, at worst too strict.
    pub(super) slots: u64,
    /// Row among the uses of the option in the problem.
    pub(super) usage: u32,
    /// Set where the user is an option that must not outlive the frame.
    pub(super) hold: Option<HoldId>,
}

/// An option.
#[derive(Clone, Debug)]
pub(super) struct OptionRow {
    /// Its number in the problem.
    pub(super) origin: OptionId,
    pub(super) candidate: u32,
    pub(super) bytes: u64,
    pub(super) build: i64,
    /// What a build costs at least, with every parent at hand.
    pub(super) cheapest: i64,
    /// Tasks that it can serve, and what that saves; in given order.
    pub(super) readers: Vec<(TaskId, i64)>,
    /// Options that may be built from it.
    pub(super) children: Vec<OptionId>,
    /// Parents that may serve its build.
    pub(super) parents: Vec<Read>,
    /// Tasks across which it may not live.
    pub(super) ended_by: Vec<TaskId>,
}

impl Instance {
    /// Makes a problem ready.
    ///
    /// # Errors
    /// A problem whose references are wrong.
    pub(super) fn new(problem: &Problem) -> Result<Self, ProblemError> {
        validate(problem)?;
        let listed = canonical::order(problem)?;
        let mut instance = Self::listed(problem, &listed);
        prune::prune(&mut instance);
        symmetry::order_twins(&mut instance);
        Ok(instance)
    }

    /// Everything of a problem, its options in the given order.
    fn listed(problem: &Problem, listed: &[OptionId]) -> Self {
        let mut place: Dense<OptionId, OptionId> =
            Dense::filled(problem.options.len(), OptionId(0));
        for (new, old) in listed.iter().enumerate() {
            place[*old] = OptionId::of(new);
        }
        let tasks = (0..).zip(&problem.tasks).map(|(origin, task)| TaskRow {
            origin,
            before: task.after.clone(),
            room: problem.budget_bytes.saturating_sub(task.working_bytes),
            ..TaskRow::default()
        });
        let mut instance = Self {
            budget: problem.budget_bytes,
            tasks: Dense::from_rows(tasks.collect()),
            options: Dense::default(),
            holds: Dense::default(),
        };
        let micros = |micros: u64| micros.min(MOST_MICROS).cast_signed();
        let mut users: Vec<(User, OptionId, u32)> = Vec::new();
        for origin in listed {
            let Some(option) = problem.options.get(origin.row()) else {
                continue;
            };
            let id = instance.options.push(OptionRow {
                origin: *origin,
                candidate: option.candidate,
                bytes: option.bytes,
                build: micros(option.build_micros),
                cheapest: 0,
                readers: Vec::new(),
                children: Vec::new(),
                parents: Vec::new(),
                ended_by: Vec::new(),
            });
            users.extend((0..).zip(&option.uses).map(|(row, usage)| {
                let by = match usage.by {
                    User::Build(child) => User::Build(place[child]),
                    task @ User::Task(_) => task,
                };
                (by, id, row)
            }));
            for task in &option.ended_by {
                instance.tasks[*task].ends.push(id);
            }
        }
        users.sort_unstable();
        for group in users.chunk_by(|a, b| a.0 == b.0) {
            let readings: Vec<_> = group
                .iter()
                .filter_map(|(_, option, row)| {
                    let origin = instance.options[*option].origin;
                    let usage = problem.options.get(origin.row())?.uses.get(*row as usize)?;
                    Some((*option, *row, usage))
                })
                .collect();
            let contested = contested(readings.iter().map(|(.., usage)| &usage.slots[..]));
            for (option, row, usage) in readings {
                let slots = usage.slots.iter().fold(0, |mask, slot| {
                    contested
                        .binary_search(slot)
                        .map_or(mask, |bit| mask | 1 << bit.min(63))
                });
                let mut read = Read {
                    option,
                    saving: micros(usage.saving_micros),
                    slots,
                    usage: row,
                    hold: None,
                };
                match usage.by {
                    User::Task(task) => instance.tasks[task].reads.push(read),
                    User::Build(child) => {
                        let child = place[child];
                        read.hold = usage.holds.then(|| instance.holds.push((option, child)));
                        instance.options[child].parents.push(read);
                    }
                }
            }
        }
        instance.link();
        instance
    }

    /// The part of the instance with some tasks, in this order, and some options, ascending; `origin` numbers stay the problem's.
    pub(super) fn part(&self, tasks: &[TaskId], options: &[OptionId]) -> Self {
        let mut places: Vec<(TaskId, TaskId)> =
            tasks.iter().copied().zip((0..).map(TaskId)).collect();
        places.sort_unstable();
        let task_place = |id: &TaskId| {
            let found = places.binary_search_by_key(id, |(task, _)| *task).ok();
            found
                .and_then(|row| places.get(row))
                .map(|(_, place)| *place)
        };
        let place = |id: OptionId| options.binary_search(&id).ok().map(OptionId::of);
        let mut holds = Dense::default();
        let mut own = |read: &Read, child: Option<OptionId>| {
            let option = place(read.option)?;
            let hold = read
                .hold
                .and(child)
                .map(|child| holds.push((option, child)));
            Some(Read {
                option,
                hold,
                ..*read
            })
        };
        let rows = tasks.iter().map(|id| {
            let task = &self.tasks[*id];
            TaskRow {
                origin: task.origin,
                before: task.before.iter().filter_map(task_place).collect(),
                after: Vec::new(),
                room: task.room,
                reads: task
                    .reads
                    .iter()
                    .filter_map(|read| own(read, None))
                    .collect(),
                ends: task.ends.iter().filter_map(|id| place(*id)).collect(),
                most: 0,
            }
        });
        let tasks = Dense::from_rows(rows.collect());
        let rows = options.iter().map(|id| {
            let option = &self.options[*id];
            OptionRow {
                parents: option
                    .parents
                    .iter()
                    .filter_map(|read| own(read, place(*id)))
                    .collect(),
                origin: option.origin,
                candidate: option.candidate,
                bytes: option.bytes,
                build: option.build,
                cheapest: option.cheapest,
                readers: Vec::new(),
                children: Vec::new(),
                ended_by: Vec::new(),
            }
        });
        let options = Dense::from_rows(rows.collect());
        let mut part = Self {
            budget: self.budget,
            tasks,
            options,
            holds,
        };
        part.link();
        part
    }

    /// Derives what is found from the other side, and the bounds of each row.
    fn link(&mut self) {
        for option in self.options.rows_mut() {
            option.readers.clear();
            option.children.clear();
            option.ended_by.clear();
        }
        for id in self.tasks.ids() {
            self.tasks[id].after.clear();
        }
        for id in self.tasks.ids() {
            for before in self.tasks[id].before.clone() {
                self.tasks[before].after.push(id);
            }
            let task = &mut self.tasks[id];
            task.most = super::pack::most(&task.reads);
            for read in &task.reads {
                self.options[read.option].readers.push((id, read.saving));
            }
            for option in &task.ends {
                self.options[*option].ended_by.push(id);
            }
        }
        for id in self.options.ids() {
            for read in self.options[id].parents.clone() {
                let children = &mut self.options[read.option].children;
                if children.last() != Some(&id) {
                    children.push(id);
                }
            }
            let option = &mut self.options[id];
            let fed = super::pack::pack(&option.parents, |_| true).bound;
            option.cheapest = (option.build - fed).max(0);
        }
    }
}

/// The slots that two uses of one user want, sorted.
fn contested<'a>(uses: impl Iterator<Item = &'a [u32]>) -> Vec<u32> {
    let mut slots: Vec<u32> = uses
        .flat_map(|slots| {
            let mut own = slots.to_vec();
            own.dedup();
            own
        })
        .collect();
    slots.sort_unstable();
    let twice = |group: &[u32]| (group.len() > 1).then(|| group.first().copied()).flatten();
    slots.chunk_by(|a, b| a == b).filter_map(twice).collect()
}

/// References point at what exists, tasks come after earlier ones.
fn validate(problem: &Problem) -> Result<(), ProblemError> {
    for (row, task) in problem.tasks.iter().enumerate() {
        if task.after.iter().any(|before| before.row() >= row) {
            return Err(ProblemError::Order(TaskId::of(row)));
        }
    }
    let task = |task: &TaskId| task.row() < problem.tasks.len();
    for (row, option) in problem.options.iter().enumerate() {
        let known = option.ended_by.iter().all(task)
            && option.uses.iter().all(|usage| match &usage.by {
                User::Task(by) => task(by),
                User::Build(child) => child.row() < problem.options.len(),
            });
        if !known {
            return Err(ProblemError::Unknown(OptionId::of(row)));
        }
    }
    Ok(())
}
