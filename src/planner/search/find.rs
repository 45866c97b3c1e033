//! The course of the search: what is known grows from part to part until value and bound meet or the limits are spent.

use super::dense::Bits;
use super::dual::{Prices, prices};
use super::found::{Certificate, Ended, Found, Limits, Part, SearchTrace};
use super::greedy::{DENSITIES, fair_price, fill, settle};
use super::instance::Instance;
use super::layered::{self, Answer, Ask};
use super::schedule::Draft;
use super::select::{Selection, select};
use super::timeline::Timeline;
use super::{Problem, ProblemError, TaskId};

/// Finds an order and residencies of large value.
///
/// # Errors
/// A problem whose references are wrong.
pub fn find(problem: &Problem, limits: Limits) -> Result<Found, ProblemError> {
    let instance = Instance::new(problem)?;
    let prices = prices(&instance);
    let mut course = Course::new(&instance, problem, prices.bound());
    course.given_order(&select(&instance));
    for (name, free) in [("given order", false), ("free order", true)] {
        if !course.proved() {
            course.layered(name, free, &prices, limits);
        }
    }
    Ok(course.found())
}

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
        let mut timeline = Timeline::new(instance, order.clone());
        settle(&mut timeline, &selection.chosen);
        self.offer(timeline.draft());
        self.note(
            "frames if memory were free",
            selection.nodes,
            Ended::Finished,
        );
        if self.proved() {
            return;
        }
        let fair = fair_price(instance, order.len());
        for price in [0, fair, 4 * fair] {
            for density in DENSITIES {
                self.offer(fill(instance, &order, density, price).draft());
            }
        }
        self.note("frames in given order", 0, Ended::Finished);
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
        if large > Bits::CAPACITY {
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
            certificate: Certificate::of(self.value, self.bound),
            trace: self.trace,
        }
    }
}
