//! Running the steps without an engine: order, versions, residency.

use std::collections::{BTreeMap, BTreeSet};

use super::{At, Check, Promise, feeds};
use crate::facts::access::{Access, TableId};
use crate::frontend::statement::{PythonNames, Statement, StatementId, StatementKind};
use crate::planner::plan::{Frame, FrameId, Medium, Step};

/// What the steps leave behind for the other parts.
#[derive(Debug, Default)]
pub(super) struct Replay {
    /// Per step: a number that changes whenever names may resolve otherwise.
    name_epochs: Vec<u32>,
    positions: BTreeMap<Step, usize>,
}

impl Replay {
    /// How names resolve where a step starts; equal numbers resolve equally.
    pub(super) fn name_epoch(&self, step: Step) -> Option<u32> {
        let index = self.positions.get(&step)?;
        self.name_epochs.get(*index).copied()
    }
}

struct State<'a> {
    generations: BTreeMap<TableId, u32>,
    live: BTreeMap<FrameId, &'a Frame>,
    gone: BTreeSet<FrameId>,
    ran: Vec<StatementId>,
    epoch: u32,
}

/// Replays all steps.
pub(super) fn run(check: &mut Check<'_>) -> Replay {
    let mut replay = Replay::default();
    let mut state = State {
        generations: BTreeMap::new(),
        live: BTreeMap::new(),
        gone: BTreeSet::new(),
        ran: Vec::new(),
        epoch: 0,
    };
    for (index, step) in check.plan.steps.iter().enumerate() {
        replay.name_epochs.push(state.epoch);
        replay.positions.entry(*step).or_insert(index);
        match *step {
            Step::Materialise(id) => materialise(check, &mut state, index, id),
            Step::Run(id) => statement(check, &mut state, index, id),
            Step::Release(id) => {
                if state.live.remove(&id).is_none() {
                    let text = format!("releases frame {} which does not live", id.0);
                    check.report(Promise::Residency, At::Step(index, None), text);
                }
                state.gone.insert(id);
                released(check, &state, index, id);
            }
        }
    }
    for frame in state.live.values() {
        let text = format!("frame `{}` is never released", frame.name);
        check.report(Promise::Residency, At::Plan, text);
    }
    unused(check, &state);
    order(check, &state.ran);
    replay
}

/// What is built from a scratch table in memory is a view of it, which Spark looks up to let it go.
fn released(check: &mut Check<'_>, state: &State<'_>, index: usize, id: FrameId) {
    let table = check
        .frame(id)
        .filter(|frame| frame.medium == Medium::Scratch);
    let Some(table) = table else { return };
    let living =
        |child: &&Frame| child.medium != Medium::Scratch && state.live.contains_key(&child.id);
    if let Some(child) = feeds::descendants(check, table).into_iter().find(living) {
        let text = format!(
            "drops the scratch table `{}` before frame `{}` is released, which is built from it",
            table.name, child.name
        );
        check.report(Promise::Residency, At::Step(index, None), text);
    }
}

fn materialise<'a>(check: &mut Check<'a>, state: &mut State<'a>, index: usize, id: FrameId) {
    let at = At::Step(index, None);
    let Some(frame) = check.frame(id) else {
        let text = format!("builds frame {}, which is not in the plan", id.0);
        check.report(Promise::Residency, at, text);
        return;
    };
    if state.gone.contains(&id) || state.live.insert(id, frame).is_some() {
        let text = format!("builds frame `{}` a second time", frame.name);
        check.report(Promise::Residency, at, text);
    }
    stale_inputs(check, state, frame, at);
    for (from, _) in feeds::of(check, frame) {
        if !state.live.contains_key(&from.id) || from.id == frame.id {
            let text = format!(
                "builds frame `{}` from `{}`, which does not live",
                frame.name, from.name
            );
            check.report(Promise::Residency, at, text);
        }
    }
}

/// Reports every input of a frame that is not current.
fn stale_inputs(check: &mut Check<'_>, state: &State<'_>, frame: &Frame, at: At) {
    for input in &frame.inputs {
        let current = generation(state, input.table);
        if current != input.generation {
            let text = format!(
                "frame `{}` holds `{}` where generation {current} is current",
                frame.name,
                check.table_name(*input)
            );
            check.report(Promise::Residency, at, text);
        }
    }
}

fn generation(state: &State<'_>, table: TableId) -> u32 {
    state.generations.get(&table).copied().unwrap_or(0)
}

fn statement(check: &mut Check<'_>, state: &mut State<'_>, index: usize, id: StatementId) {
    let at = At::Step(index, Some(id));
    let Some(&(statement, access)) = check.statements.get(&id) else {
        let text = format!("runs statement {}, which is not in the pipeline", id.0);
        check.report(Promise::Order, at, text);
        return;
    };
    if state.ran.contains(&id) {
        check.report(Promise::Order, at, "runs the statement a second time");
    }
    state.ran.push(id);
    for read in &access.reads {
        let current = generation(state, read.version.table);
        if current != read.version.generation {
            let text = format!(
                "reads `{}` where generation {current} is current",
                check.table_name(read.version)
            );
            check.report(Promise::Order, at, text);
        }
    }
    readers(check, state, access, at);
    let live: Vec<&Frame> = state.live.values().copied().collect();
    for frame in live {
        let changed = frame
            .inputs
            .iter()
            .find(|input| access.starts.iter().any(|start| start.table == input.table));
        if let Some(input) = changed {
            let text = format!(
                "changes `{}`, which the living frame `{}` holds",
                check.table_name(*input),
                frame.name
            );
            check.report(Promise::Residency, at, text);
        } else if access.barrier.is_some() {
            let text = format!("is a barrier, and frame `{}` lives across it", frame.name);
            check.report(Promise::Residency, at, text);
        }
    }
    for start in &access.starts {
        let current = state.generations.entry(start.table).or_default();
        if start.generation <= *current {
            let text = format!(
                "starts `{}` where generation {current} is current",
                check.table_name(*start)
            );
            check.report(Promise::Order, at, text);
        }
        *current = start.generation;
    }
    for write in &access.writes {
        let current = generation(state, write.produces.table);
        if current != write.produces.generation {
            let text = format!(
                "leaves generation {current} instead of `{}`",
                check.table_name(write.produces)
            );
            check.report(Promise::Order, at, text);
        }
    }
    if changes_names(statement, access) {
        state.epoch += 1;
    }
}

/// The frames that a statement reads must live and hold what it would have read.
fn readers(check: &mut Check<'_>, state: &State<'_>, access: &Access, at: At) {
    for frame in &check.plan.frames {
        for reader in &frame.readers {
            if reader.statement != access.statement {
                continue;
            }
            if !state.live.contains_key(&frame.id) {
                let text = format!("reads frame `{}`, which does not live", frame.name);
                check.report(Promise::Residency, at, text);
            }
            // What Spark loses of the frame it computes again, from a table that must still be there.
            let gone = |from: &&Frame| {
                from.medium == Medium::Scratch && !state.live.contains_key(&from.id)
            };
            if let Some(from) = feeds::sources(check, frame).into_iter().find(gone) {
                let text = format!(
                    "reads frame `{}`, which is built from the scratch table `{}` that is gone",
                    frame.name, from.name
                );
                check.report(Promise::Residency, at, text);
            }
            for id in &reader.reads {
                let held = check
                    .reads
                    .get(id)
                    .is_some_and(|read| frame.inputs.contains(&read.version));
                if !held {
                    let text = format!(
                        "reads a table version through frame `{}` that the frame does not hold",
                        frame.name
                    );
                    check.report(Promise::Residency, at, text);
                }
            }
            let written = access.writes.iter().find(|write| {
                let mut inputs = frame.inputs.iter();
                inputs.any(|input| input.table == write.table)
            });
            if let Some(write) = written {
                let text = format!(
                    "writes `{}`, an input of frame `{}` that it reads",
                    check.table_name(write.produces),
                    frame.name
                );
                check.report(Promise::Residency, at, text);
            }
        }
    }
}

/// Whether names may resolve otherwise after a statement.
fn changes_names(statement: &Statement, access: &Access) -> bool {
    access.barrier.is_some()
        || matches!(
            statement.kind,
            StatementKind::Use { .. }
                | StatementKind::CreateView { .. }
                | StatementKind::Drop { .. }
                | StatementKind::Set { .. }
                | StatementKind::Script(_)
                | StatementKind::Command(_)
                | StatementKind::Python(_)
                | StatementKind::Opaque { .. }
        )
}

/// Frames without a step or without a reader.
fn unused(check: &mut Check<'_>, state: &State<'_>) {
    let built =
        |frame: &Frame| state.gone.contains(&frame.id) || state.live.contains_key(&frame.id);
    for frame in &check.plan.frames {
        if !built(frame) {
            let text = format!("frame `{}` is never built", frame.name);
            check.report(Promise::Residency, At::Plan, text);
        }
        if frame.readers.is_empty() && frame.feeds.is_empty() {
            let text = format!("frame `{}` has no reader", frame.name);
            check.report(Promise::Residency, At::Plan, text);
        }
        for feed in &frame.feeds {
            if check.frame(feed.frame).is_none() {
                let text = format!(
                    "frame `{}` is to build a frame that is not there",
                    frame.name
                );
                check.report(Promise::Residency, At::Plan, text);
            }
        }
    }
}

/// Every statement runs, and in an order that meets every hazard and barrier.
fn order(check: &mut Check<'_>, ran: &[StatementId]) {
    let positions: BTreeMap<StatementId, usize> = ran
        .iter()
        .enumerate()
        .map(|(position, id)| (*id, position))
        .collect();
    for statement in &check.workload.statements {
        if !positions.contains_key(&statement.id) {
            let text = format!(
                "statement `{}` is never run",
                check.sources.place(statement.span)
            );
            check.report(Promise::Order, At::Plan, text);
        }
    }
    let before = |first: StatementId, then: StatementId| {
        positions
            .get(&first)
            .zip(positions.get(&then))
            .is_none_or(|(first, then)| first < then)
    };
    for hazard in &check.workload.hazards {
        if !before(hazard.from, hazard.to) {
            let from = check.statements.get(&hazard.from);
            let text = format!(
                "runs before `{}`, which it depends on",
                from.map_or_else(String::new, |(from, _)| check.sources.place(from.span))
            );
            check.report(Promise::Order, check.run_of(hazard.to), text);
        }
    }
    let barriers = |access: &&Access| access.barrier.is_some();
    for barrier in check.workload.accesses.iter().filter(barriers) {
        for other in &check.workload.statements {
            let kept = match other.id.cmp(&barrier.statement) {
                std::cmp::Ordering::Less => before(other.id, barrier.statement),
                std::cmp::Ordering::Equal => true,
                std::cmp::Ordering::Greater => before(barrier.statement, other.id),
            };
            if !kept {
                let text = "is moved across a barrier";
                check.report(Promise::Order, check.run_of(other.id), text);
            }
        }
    }
    // Python files share one namespace.
    let mut earlier: Vec<(StatementId, &PythonNames)> = Vec::new();
    for statement in &check.workload.statements {
        let StatementKind::Python(step) = &statement.kind else {
            continue;
        };
        let shares = |names: &PythonNames| meet(names, &step.names);
        if earlier
            .iter()
            .any(|(id, names)| !before(*id, statement.id) && shares(names))
        {
            let text = "runs before an earlier Python file, whose names it may use";
            check.report(Promise::Order, check.run_of(statement.id), text);
        }
        earlier.push((statement.id, &step.names));
    }
}

/// Whether the order of two Python files can be told from their names: one binds what the other binds or uses, or both
/// use what one of them may change. Two imports of one module are the same.
fn meet(one: &PythonNames, other: &PythonNames) -> bool {
    if one.unknown || other.unknown {
        return true;
    }
    let names: BTreeSet<&String> = [&one.binds, &other.binds]
        .into_iter()
        .flat_map(BTreeMap::keys)
        .chain(one.uses.keys())
        .collect();
    names.into_iter().any(|name| {
        let bound = (one.binds.get(name), other.binds.get(name));
        let used = (one.uses.get(name), other.uses.get(name));
        match (bound, used) {
            ((Some(one), Some(other)), (None, None)) => one.is_none() || one != other,
            ((Some(_), Some(_)), _)
            | ((Some(_), None), (_, Some(_)))
            | ((None, Some(_)), (Some(_), _)) => true,
            (_, (Some(one), Some(other))) => *one || *other,
            _ => false,
        }
    })
}
