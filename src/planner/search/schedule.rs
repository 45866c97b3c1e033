//! Schedules of an instance: who serves whom where frames live, and the translation to the problem's numbers.

use super::dense::{Dense, Position};
use super::instance::Instance;
use super::layered::Step;
use super::model::{Residency, Schedule, Served};
use super::pack::pack;
use super::{OptionId, TaskId};

/// A stretch of positions over which an option lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) from: Position,
    pub(super) to: Position,
    pub(super) option: OptionId,
}

/// An order, where frames live in it, and whom they serve.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) order: Vec<TaskId>,
    pub(super) spans: Vec<Span>,
    /// Row for row with the spans.
    served: Vec<Vec<Served>>,
    /// Savings less builds.
    pub(super) value: i64,
}

impl Draft {
    /// Serves every task and build as well as the living frames can, and lets each frame go after its last service.
    pub(super) fn new(instance: &Instance, order: Vec<TaskId>, mut spans: Vec<Span>) -> Self {
        spans.sort_unstable();
        let mut service = Service {
            instance,
            served: vec![Vec::new(); spans.len()],
            alive: Dense::filled(instance.options.len(), None),
            bindings: Vec::new(),
            value: 0,
        };
        let mut starts = spans.iter().enumerate().peekable();
        for (position, task) in (0..).map(Position).zip(&order) {
            let mut built = Vec::new();
            while let Some((row, span)) = starts.next_if(|(_, span)| span.from <= position) {
                service.alive[span.option] = Some((row, span.to));
                built.push((row, *span));
            }
            service.serve_task(position, *task);
            for (row, span) in built {
                service.serve_build(position, row, span);
            }
        }
        let Service {
            served,
            mut bindings,
            value,
            ..
        } = service;
        let mut draft = Self {
            order,
            spans,
            served,
            value,
        };
        for (span, served) in draft.spans.iter_mut().zip(&draft.served) {
            let last = served.iter().map(|served| Position(served.at)).max();
            span.to = last.unwrap_or(span.from);
        }
        // Children have larger numbers than parents.
        bindings.sort_unstable_by_key(|(option, ..)| std::cmp::Reverse(*option));
        for (_, child, parent) in bindings {
            let until = draft.spans.get(child).map(|span| span.to);
            if let (Some(until), Some(span)) = (until, draft.spans.get_mut(parent)) {
                span.to = span.to.max(until);
            }
        }
        draft
    }

    /// What steps of the layered search describe, where nothing lives before the first.
    pub(super) fn of_steps(instance: &Instance, steps: &[Step]) -> Self {
        let order = steps.iter().map(|step| step.task).collect();
        Self::new(instance, order, spans(instance, steps))
    }

    /// In the numbers of the problem.
    pub(super) fn schedule(&self, instance: &Instance) -> Schedule {
        let residency = |(span, served): (&Span, &Vec<Served>)| {
            let mut served = served.clone();
            served.sort_unstable();
            Residency {
                from: span.from.0,
                to: span.to.0,
                option: instance.options[span.option].origin,
                served,
            }
        };
        let order = self.order.iter();
        let lives = self.spans.iter().zip(&self.served);
        let mut residencies: Vec<Residency> = lives.map(residency).collect();
        residencies.sort_unstable();
        Schedule {
            order: order
                .map(|task| TaskId(instance.tasks[*task].origin))
                .collect(),
            residencies,
        }
    }
}

/// Where frames live over the steps; what lives at the first step without being built there begins there.
pub(super) fn spans(instance: &Instance, steps: &[Step]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut open: Dense<OptionId, Option<usize>> = Dense::filled(instance.options.len(), None);
    for (position, step) in (0..).map(Position).zip(steps) {
        for id in instance.options.ids() {
            if step.built.has(id) || !step.live.has(id) {
                open[id] = None;
            }
        }
        for id in step.live.iter::<OptionId>() {
            if let Some(span) = open[id].and_then(|row| spans.get_mut(row)) {
                span.to = position;
            } else {
                open[id] = Some(spans.len());
                spans.push(Span {
                    from: position,
                    to: position,
                    option: id,
                });
            }
        }
    }
    spans
}

struct Service<'a> {
    instance: &'a Instance,
    served: Vec<Vec<Served>>,
    /// The latest span of each option, and its last position.
    alive: Dense<OptionId, Option<(usize, Position)>>,
    /// Child option, its span and that of the parent that must outlive it.
    bindings: Vec<(OptionId, usize, usize)>,
    value: i64,
}

impl Service<'_> {
    /// The span of an option that lives until some position at least.
    fn at(&self, option: OptionId, until: Position) -> Option<usize> {
        let alive = self.alive[option].filter(|(_, to)| *to >= until);
        alive.map(|(row, _)| row)
    }

    fn serve_task(&mut self, position: Position, task: TaskId) {
        let reads = &self.instance.tasks[task].reads;
        let packing = pack(reads, |read| self.at(read.option, position).is_some());
        self.value += packing.gain;
        for read in packing.chosen.iter().filter_map(|row| reads.get(*row)) {
            if let Some(row) = self.at(read.option, position) {
                self.note(row, position, read.usage);
            }
        }
    }

    fn serve_build(&mut self, position: Position, child: usize, span: Span) {
        let option = &self.instance.options[span.option];
        let packing = pack(&option.parents, |read| {
            let until = if read.hold.is_some() {
                span.to
            } else {
                position
            };
            self.at(read.option, until).is_some()
        });
        self.value += (packing.gain - option.build).min(0);
        for read in packing
            .chosen
            .iter()
            .filter_map(|row| option.parents.get(*row))
        {
            if let Some(parent) = self.at(read.option, position) {
                self.note(parent, position, read.usage);
                if read.hold.is_some() {
                    self.bindings.push((span.option, child, parent));
                }
            }
        }
    }

    fn note(&mut self, row: usize, position: Position, usage: u32) {
        if let Some(served) = self.served.get_mut(row) {
            served.push(Served {
                at: position.0,
                usage,
            });
        }
    }
}
