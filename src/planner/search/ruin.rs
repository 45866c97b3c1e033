//! Ruin and recreate: tasks change places, frames go, and options respond anew, many times.
//!
//! Schrimpf, Schneider, Stamm-Wilbrandt and Dueck, Journal of Computational Physics 159, 2000, with their threshold: what
//! is a little worse is gone on from too, ever less so towards the end. What was best is kept.

use std::ops::RangeInclusive;

use super::dense::{Dense, Position};
use super::greedy::fair_price;
use super::instance::Instance;
use super::moves;
use super::random::Random;
use super::schedule::Draft;
use super::timeline::Timeline;
use super::{OptionId, TaskId};

/// Rounds that change the order of the tasks as well, percent.
const MOVED_PERCENT: usize = 90;
/// By how much a round may be worse at first, parts of ten thousand.
const THRESHOLD: i64 = 20;
/// The longest stretch of tasks that is ruined is a part of all, and within bounds.
const STRETCH_PART: usize = 6;
const STRETCH: RangeInclusive<usize> = 3..=10;
/// Most options that respond anew in one round. Many small rounds find more than few large ones.
const RESPONSES: usize = 8;
/// Rounds in which memory has a price at first, percent.
const PRICED_PERCENT: usize = 33;

/// A schedule that is worth more, if one was found within so many rounds.
pub(super) fn improve(instance: &Instance, draft: &Draft, rounds: u64) -> Option<Draft> {
    if instance.tasks.len() < 3 || instance.options.len() == 0 {
        return None;
    }
    let price = fair_price(instance, instance.tasks.len());
    let mut random = Random::new(1);
    let mut timeline = resumed(instance, draft);
    let mut value = timeline.value();
    let mut next = timeline.clone();
    let mut best = draft.clone();
    let rounds = rounds.cast_signed().max(1);
    for left in (1..=rounds).rev() {
        next.clone_from(&timeline);
        if random.percent(MOVED_PERCENT)
            && let Some(order) = moves::draw(&timeline, &mut random)
        {
            carry(&mut next, &order, &mut random);
        }
        ruin(&mut next, &mut random, price);
        let worth = next.value();
        let threshold = value / 10_000 * THRESHOLD * left / rounds;
        if worth > value - threshold {
            std::mem::swap(&mut timeline, &mut next);
            value = worth;
            if value > best.value {
                best = timeline.draft();
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
    let tasks = timeline.order.rows();
    let longest = (tasks.len() / STRETCH_PART).clamp(*STRETCH.start(), *STRETCH.end());
    let length = 1 + random.below(longest);
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
    let priced = random.percent(PRICED_PERCENT).then_some(price);
    random.shuffle(&mut options);
    for price in priced.into_iter().chain([0]) {
        for option in &options {
            timeline.respond(*option, price);
        }
    }
}

/// Another order of the tasks. Frames that lived where it has changed serve the same reads as far as they fit there; the
/// others of them respond.
fn carry(timeline: &mut Timeline<'_>, order: &[TaskId], random: &mut Random) {
    let Some((first, last)) = timeline.changed(order) else {
        return;
    };
    let instance = timeline.instance;
    let touched = |(from, to): &(Position, Position)| *from <= last && first <= *to;
    let options = instance.options.ids();
    let mut alive: Vec<OptionId> = options
        .filter(|id| timeline.spans(*id).iter().any(touched))
        .collect();
    random.shuffle(&mut alive);
    let served: Vec<(OptionId, Vec<Vec<TaskId>>)> = alive
        .into_iter()
        .map(|option| {
            let readers = &instance.options[option].readers;
            let spans = timeline.clear(option).into_iter().map(|(from, to)| {
                let readers = readers.iter().map(|(task, _)| *task);
                let within = |task: &TaskId| (from..=to).contains(&timeline.place[*task]);
                readers.filter(within).collect()
            });
            (option, spans.collect())
        })
        .collect();
    timeline.reorder(order);
    let mut left = Vec::new();
    for (option, served) in served {
        let spans = served.iter().filter_map(|tasks| {
            let places = tasks.iter().map(|task| timeline.place[*task]);
            Some((places.clone().min()?, places.max()?))
        });
        let mut spans: Vec<(Position, Position)> = spans.collect();
        spans.sort_unstable();
        let apart = spans.is_sorted_by(|one, other| one.1 < other.0);
        let fits = || spans.iter().all(|span| timeline.may(option, *span));
        // What builds others lives where those are built.
        if instance.options[option].children.is_empty() && apart && fits() {
            timeline.settle(option, spans);
        } else {
            left.push(option);
        }
    }
    for option in left {
        timeline.respond(option, 0);
    }
}
