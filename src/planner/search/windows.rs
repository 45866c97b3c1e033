//! Parts of a schedule searched anew: within a stretch of positions the order is free, around it all stays.
//!
//! What lives across the first position of the stretch may be kept; what lives across its last position owes its build
//! if the new part does not hand it on, because it is then built again at its next use, in the space it had anyway.

use super::dense::{Bits, Dense, Id, Position};
use super::dual::prices;
use super::instance::Instance;
use super::layered::{self, Ask};
use super::pack::pack;
use super::schedule::{Draft, Span, spans};
use super::{OptionId, TaskId};

/// Swaps neighbours that stand against the given order back, where the value allows it: as many rounds as there are tasks,
/// within so many attempts.
pub(super) fn towards_given(instance: &Instance, draft: &Draft, mut attempts: usize) -> Draft {
    let mut sweep = Sweep {
        instance,
        order: Dense::from_rows(draft.order.clone()),
        spans: draft.spans.clone(),
    };
    let mut moved = true;
    while moved {
        moved = false;
        for at in 1..sweep.order.len() {
            let (first, last) = (Position::of(at - 1), Position::of(at));
            let (earlier, later) = (sweep.order[first], sweep.order[last]);
            if earlier < later || instance.tasks[later].before.contains(&earlier) {
                continue;
            }
            if attempts == 0 {
                moved = false;
                break;
            }
            attempts -= 1;
            moved |= sweep.swap(first, last);
        }
    }
    let order = sweep.order.rows().to_vec();
    let steady = Draft::new(instance, order, sweep.spans);
    if steady.value >= draft.value {
        steady
    } else {
        draft.clone()
    }
}

/// Improves one stretch after the other, each overlapping half of the one before. Whether the value grew, and the
/// steps taken.
pub(super) fn sweep(
    instance: &Instance,
    draft: &Draft,
    length: usize,
    offset: usize,
    nodes: u64,
) -> (Option<Draft>, u64) {
    let mut sweep = Sweep {
        instance,
        order: Dense::from_rows(draft.order.clone()),
        spans: draft.spans.clone(),
    };
    let (mut grew, mut taken) = (false, 0);
    let mut first = offset;
    while first + 2 < sweep.order.len() {
        let last = (first + length).min(sweep.order.len()) - 1;
        let (better, steps) = sweep.window(Position::of(first), Position::of(last), nodes);
        grew |= better;
        taken += steps;
        first += (length / 2).max(1);
    }
    let better = grew.then(|| Draft::new(instance, sweep.order.rows().to_vec(), sweep.spans));
    (better.filter(|better| better.value > draft.value), taken)
}

/// Steps that one swap of neighbours may look at.
const SWAP_NODES: u64 = 500;

struct Sweep<'a> {
    instance: &'a Instance,
    order: Dense<Position, TaskId>,
    spans: Vec<Span>,
}

impl Sweep<'_> {
    /// Searches a stretch; true if it is worth more now.
    fn window(&mut self, first: Position, last: Position, nodes: u64) -> (bool, u64) {
        let tasks = (first.0..=last.0).map(|at| self.order[Position(at)]);
        let tasks: Vec<TaskId> = tasks.collect();
        self.search(&tasks, true, (first, last), nodes)
    }

    /// Swaps two neighbours if the stretch is worth no less then.
    fn swap(&mut self, first: Position, last: Position) -> bool {
        let tasks = [self.order[last], self.order[first]];
        self.search(&tasks, false, (first, last), SWAP_NODES).0
    }

    /// Searches a stretch with its tasks in any order for more value, or with its tasks as given for no less.
    fn search(
        &mut self,
        tasks: &[TaskId],
        free: bool,
        (first, last): (Position, Position),
        nodes: u64,
    ) -> (bool, u64) {
        let instance = self.instance;
        let positions = || (first.0..=last.0).map(Position);
        let inside = |span: &&Span| span.from <= last && span.to >= first;
        let here: Vec<Span> = self.spans.iter().filter(inside).copied().collect();
        let entry = here.iter().filter(|span| span.from < first);
        let entry: Vec<OptionId> = entry.map(|span| span.option).collect();
        let exit = here.iter().filter(|span| span.to > last);
        let exit: Vec<OptionId> = exit.map(|span| span.option).collect();
        let mut options = self.options(tasks);
        options.extend(here.iter().map(|span| span.option));
        options.sort_unstable();
        options.dedup();
        let binds = |id: &OptionId| {
            let own = instance.options[*id].parents.iter();
            let parent = instance.holds.rows().iter().any(|(parent, _)| parent == id);
            parent || own.into_iter().any(|read| read.hold.is_some())
        };
        let small = options.len().max(tasks.len()) <= Bits::CAPACITY;
        // Frames bound to each other across an edge stay as they are.
        if !small || entry.iter().chain(&exit).any(binds) {
            return (false, 0);
        }
        let part = instance.part(tasks, &options);
        let local = |ids: &[OptionId]| -> Bits {
            let places = ids.iter().filter_map(|id| options.binary_search(id).ok());
            places.map(OptionId::of).collect()
        };
        let answer = layered::search(&Ask {
            instance: &part,
            prices: &prices(&part),
            entry: local(&entry),
            exit: local(&exit),
            free,
            floor: self.worth(&here, first, last) - i64::from(!free),
            nodes,
        });
        let Some((_, steps)) = answer.best else {
            return (false, answer.nodes);
        };
        let order: Vec<Option<&TaskId>> = steps
            .iter()
            .map(|step| tasks.get(step.task.row()))
            .collect();
        for (at, task) in positions().zip(order) {
            if let Some(task) = task {
                self.order[at] = *task;
            }
        }
        let new = spans(&part, &steps).into_iter().filter_map(|span| {
            Some(Span {
                from: Position(span.from.0 + first.0),
                to: Position(span.to.0 + first.0),
                option: *options.get(span.option.row())?,
            })
        });
        let kept: Bits = steps
            .first()
            .map(|step| step.live.minus(step.built))
            .unwrap_or_default();
        let kept: Vec<OptionId> = kept
            .iter::<OptionId>()
            .filter_map(|id| options.get(id.row()).copied())
            .collect();
        let ended: Bits = steps
            .last()
            .map(|step| part.tasks[step.task].ends.iter().copied().collect())
            .unwrap_or_default();
        let ended: Vec<OptionId> = ended
            .iter::<OptionId>()
            .filter_map(|id| options.get(id.row()).copied())
            .collect();
        self.replace(first, last, new.collect(), &kept, &ended);
        (true, answer.nodes)
    }

    /// Options that serve a task of the stretch, and whatever those may be built from.
    fn options(&self, tasks: &[TaskId]) -> Vec<OptionId> {
        let reads = tasks
            .iter()
            .flat_map(|task| &self.instance.tasks[*task].reads);
        let mut options: Vec<OptionId> = reads.map(|read| read.option).collect();
        let mut at = 0;
        while let Some(id) = options.get(at).copied() {
            for read in &self.instance.options[id].parents {
                if !options.contains(&read.option) {
                    options.push(read.option);
                }
            }
            at += 1;
        }
        options
    }

    /// What the stretch is worth as it stands.
    fn worth(&self, here: &[Span], first: Position, last: Position) -> i64 {
        let lives = |option: OptionId, at: Position| {
            here.iter()
                .any(|span| span.option == option && span.from <= at && span.to >= at)
        };
        let served = (first.0..=last.0).map(Position).map(|at| {
            let reads = &self.instance.tasks[self.order[at]].reads;
            pack(reads, |read| lives(read.option, at)).gain
        });
        let built = here.iter().filter(|span| span.from >= first).map(|span| {
            let option = &self.instance.options[span.option];
            let fed = pack(&option.parents, |read| {
                let until = if read.hold.is_some() {
                    span.to
                } else {
                    span.from
                };
                lives(read.option, span.from) && lives(read.option, until)
            });
            (option.build - fed.gain).max(0)
        });
        served.sum::<i64>() - built.sum::<i64>()
    }

    fn replace(
        &mut self,
        first: Position,
        last: Position,
        new: Vec<Span>,
        kept: &[OptionId],
        ended: &[OptionId],
    ) {
        let mut spans = Vec::with_capacity(self.spans.len());
        let mut before: Vec<Span> = Vec::new();
        let mut after: Vec<Span> = Vec::new();
        for span in std::mem::take(&mut self.spans) {
            if span.to < first || span.from > last {
                spans.push(span);
                continue;
            }
            if span.from < first {
                before.push(Span {
                    to: Position(first.0 - 1),
                    ..span
                });
            }
            if span.to > last {
                after.push(Span {
                    from: Position(last.0 + 1),
                    ..span
                });
            }
        }
        for mut span in new {
            let starts = before
                .iter()
                .position(|before| before.option == span.option);
            if let Some(row) = starts.filter(|_| span.from == first && kept.contains(&span.option))
            {
                span.from = before.swap_remove(row).from;
            }
            let goes_on = after.iter().position(|after| after.option == span.option);
            let to_end = span.to == last && !ended.contains(&span.option);
            if let Some(row) = goes_on.filter(|_| to_end) {
                span.to = after.swap_remove(row).to;
            }
            spans.push(span);
        }
        spans.extend(before);
        for span in after {
            if let Some(from) = self.next_use(span) {
                spans.push(Span { from, ..span });
            }
        }
        spans.sort_unstable();
        self.spans = spans;
    }

    /// Where a span serves first.
    fn next_use(&self, span: Span) -> Option<Position> {
        let option = &self.instance.options[span.option];
        let positions = (span.from.0..=span.to.0).map(Position);
        let children = |at: Position| {
            let mut built = self.spans.iter().filter(|other| other.from == at);
            built.any(|other| option.children.contains(&other.option))
        };
        positions.into_iter().find(|at| {
            let mut reads = self.instance.tasks[self.order[*at]].reads.iter();
            reads.any(|read| read.option == span.option)
                || (!option.children.is_empty() && children(*at))
        })
    }
}
