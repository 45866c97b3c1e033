//! Ruin and recreate: tasks change places, frames go, and options respond anew, many times.
//!
//! Schrimpf, Schneider, Stamm-Wilbrandt and Dueck, Journal of Computational Physics 159, 2000, with their threshold: what
//! is a little worse is gone on from too, ever less so towards the end. What was best is kept.

use super::dense::{Dense, Position};
use super::greedy::fair_price;
use super::instance::Instance;
use super::moves;
use super::random::Random;
use super::schedule::Draft;
use super::timeline::Timeline;
use super::{OptionId, TaskId};

/// Rounds that change the order of the tasks as well, percent.
const MOVED_PERCENT: usize = 80;
/// By how much a round may be worse at first, parts of ten thousand.
const THRESHOLD: i64 = 20;
/// Longest and shortest stretch that is ruined where there are few tasks and many, as part of all tasks.
const STRETCH: (usize, usize, usize) = (3, 24, 6);
/// Most options that respond anew in one round.
const RESPONSES: usize = 24;

/// A schedule that is worth more, if one was found within so many rounds.
pub(super) fn improve(instance: &Instance, draft: &Draft, rounds: u32) -> Option<Draft> {
    if instance.tasks.len() < 3 || instance.options.len() == 0 {
        return None;
    }
    let price = fair_price(instance, instance.tasks.len());
    let mut random = Random::new(1);
    let mut timeline = resumed(instance, draft);
    let mut value = timeline.draft().value;
    let mut best = draft.clone();
    for left in (1..=i64::from(rounds)).rev() {
        let moved = random.percent(MOVED_PERCENT);
        let order = if moved {
            moves::draw(&timeline, &mut random)
        } else {
            None
        };
        let mut next = match order {
            Some(order) => carried(&timeline, order, &mut random),
            None => timeline.clone(),
        };
        ruin(&mut next, &mut random, price);
        let drafted = next.draft();
        let threshold = value / 10_000 * THRESHOLD * left / i64::from(rounds);
        if drafted.value > value - threshold {
            timeline = next;
            value = drafted.value;
            if value > best.value {
                best = drafted;
            }
        }
    }
    (best.value > draft.value).then_some(best)
}

/// A schedule to go on from.
fn resumed<'a>(instance: &'a Instance, draft: &Draft) -> Timeline<'a> {
    let mut timeline = Timeline::new(instance, draft.order.clone());
    let mut spans: Dense<OptionId, Vec<(Position, Position)>> =
        Dense::filled(instance.options.len(), Vec::new());
    for span in &draft.spans {
        spans[span.option].push((span.from, span.to));
    }
    for (option, spans) in spans.iter().filter(|(_, spans)| !spans.is_empty()) {
        timeline.settle(option, spans.clone());
    }
    timeline
}

/// Takes frames away that serve a stretch of tasks; all options that could serve it respond in any order.
fn ruin(timeline: &mut Timeline<'_>, random: &mut Random, price: u64) {
    let instance = timeline.instance;
    let (shortest, longest, share) = STRETCH;
    let tasks = timeline.order.rows();
    let length = 1 + random.below((tasks.len() / share).clamp(shortest, longest));
    let first = random.below(tasks.len().saturating_sub(length).max(1));
    let stretch = tasks.iter().skip(first).take(length);
    let reads = stretch.flat_map(|task| &instance.tasks[*task].reads);
    let mut options: Vec<OptionId> = reads.map(|read| read.option).collect();
    options.sort_unstable();
    options.dedup();
    random.shuffle(&mut options);
    options.truncate(RESPONSES);
    let ruined = 1 + random.below(options.len());
    for option in options.iter().take(ruined) {
        timeline.clear(*option);
    }
    let price = if random.percent(33) { price } else { 0 };
    random.shuffle(&mut options);
    for price in [price, 0] {
        for option in &options {
            timeline.respond(*option, price);
        }
    }
}

/// The same frames for the same reads in another order of the tasks, as far as they fit there; the others respond.
fn carried<'a>(old: &Timeline<'a>, order: Vec<TaskId>, random: &mut Random) -> Timeline<'a> {
    let instance = old.instance;
    let mut timeline = Timeline::new(instance, order);
    let options = instance.options.ids();
    let mut alive: Vec<OptionId> = options.filter(|id| !old.spans(*id).is_empty()).collect();
    random.shuffle(&mut alive);
    let mut left = Vec::new();
    for option in alive {
        let row = &instance.options[option];
        let spans = old.spans(option).iter().filter_map(|(from, to)| {
            let read = row.readers.iter().map(|(task, _)| *task);
            let read = read.filter(|task| (*from..=*to).contains(&old.place[*task]));
            let places: Vec<Position> = read.map(|task| timeline.place[task]).collect();
            Some((*places.iter().min()?, *places.iter().max()?))
        });
        let mut spans: Vec<(Position, Position)> = spans.collect();
        spans.sort_unstable();
        let apart = spans.is_sorted_by(|one, other| one.1 < other.0);
        // What builds others lives where those are built.
        if row.children.is_empty() && apart && spans.iter().all(|span| timeline.may(option, *span))
        {
            timeline.settle(option, spans);
        } else {
            left.push(option);
        }
    }
    for option in left {
        timeline.respond(option, 0);
    }
    timeline
}
