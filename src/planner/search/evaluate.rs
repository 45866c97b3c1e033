//! What a schedule is worth, or the rule it breaks: written from the definition, sharing nothing with the search.

use std::collections::{BTreeMap, BTreeSet};

use super::{FrameOption, OptionId, Problem, Residency, Schedule, TaskId, User};

/// A rule that a schedule breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// The order does not hold every task once.
    #[error("the order does not hold every task once")]
    NotAnOrder,
    /// A task runs before one of its predecessors.
    #[error("task {} runs too early", .0.0)]
    TooEarly(TaskId),
    /// A residency names an unknown option, or positions that do not exist.
    #[error("residency {0} is nowhere")]
    Nowhere(usize),
    /// Two residencies of one option share a position.
    #[error("option {} lives twice at once", .0.0)]
    Twice(OptionId),
    /// A residency lives across a task that ends it.
    #[error("residency {residency} lives across task {}", .task.0)]
    Across {
        /// Its row in the schedule.
        residency: usize,
        /// The task.
        task: TaskId,
    },
    /// A residency serves a use that is unknown, that happens elsewhere, or that it serves already.
    #[error("residency {0} serves what it cannot")]
    Serves(usize),
    /// One read is served by two frames.
    #[error("a read at position {0} is served twice")]
    Slot(u32),
    /// A frame outlives a parent that must outlive it.
    #[error("option {} outlives its parent", .0.0)]
    Outlives(OptionId),
    /// Too much lives at a position.
    #[error("position {position}: {bytes} bytes exceed the budget")]
    OverBudget {
        /// The position.
        position: u32,
        /// Living frames and the running task.
        bytes: u64,
    },
    /// Frames built at one position are built from each other in a circle.
    #[error("frames are built in a circle at position {0}")]
    Circle(u32),
}

/// The savings of a schedule less its builds, microseconds.
///
/// # Errors
/// The first rule it breaks.
pub fn evaluate(problem: &Problem, schedule: &Schedule) -> Result<i128, Violation> {
    let positions = order(problem, schedule)?;
    let mut lives: Vec<(usize, &Residency, &FrameOption)> = Vec::new();
    for (row, residency) in schedule.residencies.iter().enumerate() {
        let option = problem.options.get(residency.option.0 as usize);
        let sound = residency.from <= residency.to
            && (residency.to as usize) < schedule.order.len()
            && option.is_some();
        let Some(option) = option.filter(|_| sound) else {
            return Err(Violation::Nowhere(row));
        };
        for task in &option.ended_by {
            if positions
                .get(task)
                .is_some_and(|at| (residency.from..residency.to).contains(at))
            {
                return Err(Violation::Across {
                    residency: row,
                    task: *task,
                });
            }
        }
        for (_, other, _) in &lives {
            let apart = other.to < residency.from || residency.to < other.from;
            if other.option == residency.option && !apart {
                return Err(Violation::Twice(residency.option));
            }
        }
        lives.push((row, residency, option));
    }
    budget(problem, schedule, &lives)?;
    let mut value = 0;
    let mut taken = BTreeSet::new();
    let mut fed: BTreeMap<usize, i128> = BTreeMap::new();
    let mut parents: BTreeMap<u32, Vec<(OptionId, OptionId)>> = BTreeMap::new();
    for (row, residency, option) in &lives {
        let mut seen = BTreeSet::new();
        for served in &residency.served {
            let usage = option
                .uses
                .get(served.usage as usize)
                .filter(|_| (residency.from..=residency.to).contains(&served.at))
                .filter(|_| seen.insert(served))
                .ok_or(Violation::Serves(*row))?;
            for slot in &usage.slots {
                if !taken.insert((served.at, usage.by, slot)) {
                    return Err(Violation::Slot(served.at));
                }
            }
            match usage.by {
                User::Task(task) => {
                    if positions.get(&task) != Some(&served.at) {
                        return Err(Violation::Serves(*row));
                    }
                    value += i128::from(usage.saving_micros);
                }
                User::Build(child) => {
                    let built = lives
                        .iter()
                        .find(|(_, other, _)| other.option == child && other.from == served.at);
                    let Some((child_row, built, _)) = built else {
                        return Err(Violation::Serves(*row));
                    };
                    *fed.entry(*child_row).or_default() += i128::from(usage.saving_micros);
                    if usage.holds && built.to > residency.to {
                        return Err(Violation::Outlives(child));
                    }
                    if residency.from == served.at {
                        let pairs = parents.entry(served.at).or_default();
                        pairs.push((residency.option, child));
                    }
                }
            }
        }
    }
    for (row, _, option) in &lives {
        let saved = fed.get(row).copied().unwrap_or(0);
        value -= (i128::from(option.build_micros) - saved).max(0);
    }
    match parents.into_iter().find(|(_, pairs)| circular(pairs)) {
        Some((position, _)) => Err(Violation::Circle(position)),
        None => Ok(value),
    }
}

/// Where each task runs.
fn order(problem: &Problem, schedule: &Schedule) -> Result<BTreeMap<TaskId, u32>, Violation> {
    let positions: BTreeMap<TaskId, u32> = schedule.order.iter().copied().zip(0..).collect();
    let known = |task: &TaskId| (task.0 as usize) < problem.tasks.len();
    if positions.len() != schedule.order.len()
        || positions.len() != problem.tasks.len()
        || !positions.keys().all(known)
    {
        return Err(Violation::NotAnOrder);
    }
    for (task, id) in problem.tasks.iter().zip((0..).map(TaskId)) {
        for before in &task.after {
            if positions.get(before) >= positions.get(&id) {
                return Err(Violation::TooEarly(id));
            }
        }
    }
    Ok(positions)
}

/// At each position at which a frame lives, frames and running task fit the budget.
fn budget(
    problem: &Problem,
    schedule: &Schedule,
    lives: &[(usize, &Residency, &FrameOption)],
) -> Result<(), Violation> {
    for (task, position) in schedule.order.iter().zip(0..) {
        let here = |residency: &Residency| (residency.from..=residency.to).contains(&position);
        let mut frames = lives
            .iter()
            .filter(|(_, residency, _)| here(residency))
            .map(|(_, _, option)| option.bytes)
            .peekable();
        if frames.peek().is_none() {
            continue;
        }
        let working = problem
            .tasks
            .get(task.0 as usize)
            .map_or(0, |task| task.working_bytes);
        let bytes = frames.fold(working, u64::saturating_add);
        if bytes > problem.budget_bytes {
            return Err(Violation::OverBudget { position, bytes });
        }
    }
    Ok(())
}

/// Whether the pairs (parent, child) form a circle: no order lets every parent be built before its children.
fn circular(pairs: &[(OptionId, OptionId)]) -> bool {
    let mut left: Vec<_> = pairs.to_vec();
    loop {
        let children: BTreeSet<OptionId> = left.iter().map(|(_, child)| *child).collect();
        let before = left.len();
        left.retain(|(parent, _)| children.contains(parent));
        if left.len() == before {
            return before > 0;
        }
    }
}
