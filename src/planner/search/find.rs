//! The course of the search: what is known grows from part to part until value and bound meet or the limits are spent.

use super::dense::{Bits, Position};
use super::dual::{Prices, prices};
use super::found::{Certificate, Ended, Found, Limits, Part, SearchTrace};
use super::greedy::{WAYS, fair_price, fill, settle};
use super::instance::Instance;
use super::layered::{self, Answer, Ask};
use super::ruin;
use super::schedule::{Draft, Span};
use super::seeds::seeds;
use super::select::{Selection, select};
use super::timeline::Timeline;
use super::windows::{sweep, towards_given};
use super::{OptionId, Problem, ProblemError, TaskId};

/// Finds an order and residencies of large value.
///
/// # Errors
/// A problem whose references are wrong.
pub fn find(problem: &Problem, limits: Limits) -> Result<Found, ProblemError> {
    let instance = Instance::new(problem)?;
    let prices = prices(&instance);
    let mut course = Course::new(&instance, problem, prices.bound());
    let selection = select(&instance);
    course.given_order(&selection);
    if course.value >= selection.worth {
        // Memory takes nothing away: what is missing to the bound is not a matter of order.
        return Ok(course.found());
    }
    for (name, free) in [("all in given order", false), ("all orders", true)] {
        if !course.proved() {
            course.layered(name, free, &prices, limits);
        }
        if !free && !course.proved() {
            course.seeds();
        }
    }
    if !course.proved() {
        course.windows(limits);
    }
    if !course.proved() {
        course.ruin(limits);
    }
    course.steady();
    Ok(course.found())
}

/// Steps per layer below which a layered search over all tasks finds little.
const LEAST_PER_LAYER: u64 = 400;
/// Lengths of the stretches that are searched anew, in turn.
const LENGTHS: [usize; 2] = [12, 24];
/// Tasks, times sweeps over all stretches.
const SWEPT: usize = 20_000;
/// Fewest and most tasks for which all rounds of ruin and recreate are run: below, fewer find as much; above, each takes
/// longer.
const ALL_ROUNDS: (u64, u64) = (130, 200);
/// Tasks beyond which the rounds that are left find little.
const RUINED: u64 = 4_000;
/// Neighbours that are tried the other way round to come nearer to the given order.
const SWAPS: usize = 4_000;

/// What is known so far.
struct Course<'a> {
    instance: &'a Instance,
    best: Draft,
    value: i64,
    bound: i64,
    trace: SearchTrace,
}

impl<'a> Course<'a> {
    fn new(instance: &'a Instance, problem: &Problem, bound: i64) -> Self {
        let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        Self {
            instance,
            best: Draft::new(instance, instance.tasks.ids().collect(), Vec::new()),
            value: 0,
            bound,
            trace: SearchTrace {
                options: (count(instance.options.len()), count(problem.options.len())),
                parts: Vec::new(),
            },
        }
    }

    fn proved(&self) -> bool {
        self.value >= self.bound
    }

    /// The choice that free memory allows, and residencies in given order: where all fits, that is all.
    fn given_order(&mut self, selection: &Selection) {
        self.bound = self.bound.min(selection.bound);
        let instance = self.instance;
        let order: Vec<TaskId> = instance.tasks.ids().collect();
        if let Some(all) = all_alive(instance, &selection.chosen) {
            self.offer(all);
        }
        let mut timeline = Timeline::new(instance, order.clone());
        settle(&mut timeline, &selection.chosen);
        self.offer(timeline.draft());
        self.note(
            "frames if memory were free",
            selection.nodes,
            Ended::Finished,
        );
        if self.value >= selection.worth {
            return;
        }
        self.fill(&order, WAYS.len());
        self.note("frames in given order", 0, Ended::Finished);
    }

    /// Orders that bring readers together.
    fn seeds(&mut self) {
        let instance = self.instance;
        for order in seeds(instance) {
            self.fill(&order, 2);
        }
        self.note("seeds", 0, Ended::Finished);
    }

    /// Stretch after stretch searched anew.
    fn windows(&mut self, limits: Limits) {
        let instance = self.instance;
        let mut taken = 0;
        let rounds = (SWEPT / instance.tasks.len().max(1)).clamp(2, 8);
        for (round, length) in LENGTHS.into_iter().cycle().take(rounds).enumerate() {
            if self.proved() {
                break;
            }
            let offset = round / LENGTHS.len() * 3;
            let (better, nodes) = sweep(instance, &self.best, length, offset, limits.window);
            taken += nodes;
            if let Some(better) = better {
                self.offer(better);
            }
        }
        self.note("windows", taken, Ended::Finished);
    }

    /// Frames and neighbours drawn by chance, again and again.
    fn ruin(&mut self, limits: Limits) {
        let tasks = self.instance.tasks.len() as u64;
        if tasks > RUINED {
            return self.note("ruin and recreate", 0, Ended::TooLarge);
        }
        let (fewest, most) = ALL_ROUNDS;
        let rounds = u64::from(limits.rounds) * tasks.min(fewest) / fewest * most / tasks.max(most);
        if let Some(better) = ruin::improve(self.instance, &self.best, rounds) {
            self.offer(better);
        }
        self.note("ruin and recreate", rounds, Ended::Finished);
    }

    /// Tasks go back towards the given order as far as the value allows.
    fn steady(&mut self) {
        let steady = towards_given(self.instance, &self.best, SWAPS);
        self.value = steady.value;
        self.best = steady;
    }

    /// Residencies for an order, in so many ways.
    fn fill(&mut self, order: &[TaskId], ways: usize) {
        let fair = fair_price(self.instance, order.len());
        for (density, priced) in WAYS.into_iter().take(ways) {
            let price = if priced { fair } else { 0 };
            self.offer(fill(self.instance, order, density, price).draft());
        }
    }

    fn offer(&mut self, draft: Draft) {
        if draft.value > self.value {
            self.value = draft.value;
            self.best = draft;
        }
    }

    /// The layered search, where the problem is small enough for its sets.
    fn layered(&mut self, name: &'static str, free: bool, prices: &Prices, limits: Limits) {
        let instance = self.instance;
        let large = instance
            .tasks
            .len()
            .max(instance.options.len())
            .max(instance.holds.len());
        if large > Bits::CAPACITY || instance.tasks.len() as u64 * LEAST_PER_LAYER > limits.nodes {
            return self.note(name, 0, Ended::TooLarge);
        }
        let Answer {
            best,
            bound,
            complete,
            nodes,
            ..
        } = layered::search(&Ask {
            instance,
            prices,
            entry: Bits::default(),
            exit: Bits::default(),
            free,
            floor: self.value,
            nodes: limits.nodes,
        });
        if let Some((value, steps)) = best {
            let draft = Draft::of_steps(instance, &steps);
            debug_assert!(draft.value >= value, "steps are worth what the search says");
            self.offer(draft);
        }
        if free {
            self.bound = self.bound.min(bound);
        }
        let ended = if complete {
            Ended::Finished
        } else {
            Ended::Limit
        };
        self.note(name, nodes, ended);
    }

    fn note(&mut self, name: &'static str, nodes: u64, ended: Ended) {
        let ended = if self.proved() { Ended::Proved } else { ended };
        self.trace.parts.push(Part {
            name,
            value: self.value.unsigned_abs(),
            bound: self.bound.unsigned_abs(),
            nodes,
            ended,
        });
    }

    fn found(self) -> Found {
        Found {
            schedule: self.best.schedule(self.instance),
            value: self.value.unsigned_abs(),
            bound: self.bound.unsigned_abs(),
            certificate: Certificate::of(self.value.unsigned_abs(), self.bound.unsigned_abs()),
            trace: self.trace,
        }
    }
}

/// Every chosen frame from its first use to its last in given order, where they fit all together and no task ends one.
fn all_alive(instance: &Instance, chosen: &[OptionId]) -> Option<Draft> {
    let least = instance.tasks.rows().iter().map(|task| task.room).min()?;
    let bytes = chosen.iter().map(|id| instance.options[*id].bytes);
    let ended = |id: &OptionId| !instance.options[*id].ended_by.is_empty();
    if bytes.sum::<u64>() > least || chosen.iter().any(ended) {
        return None;
    }
    let mut spans: Vec<Span> = Vec::new();
    // Children first: a parent lives from its first child on, and as long as the last.
    for id in chosen.iter().rev() {
        let option = &instance.options[*id];
        let own = option
            .readers
            .iter()
            .map(|(task, _)| (Position(task.0), Position(task.0)));
        let children = spans
            .iter()
            .filter(|span| option.children.contains(&span.option));
        let uses: Vec<_> = own
            .chain(children.map(|span| (span.from, span.to)))
            .collect();
        let from = uses.iter().map(|(from, _)| *from).min();
        let to = uses.iter().map(|(_, to)| *to).max();
        if let (Some(from), Some(to)) = (from, to) {
            spans.push(Span {
                from,
                to,
                option: *id,
            });
        }
    }
    Some(Draft::new(instance, instance.tasks.ids().collect(), spans))
}
