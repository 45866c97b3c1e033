//! When frames live: bars over the steps of the plan, and how much of the budget they take together.

use maud::{Markup, html};

use super::keys::Keys;
use super::room;
use super::shown::{beginning, shown};
use super::svg::{scaled, tenths, ticks};
use super::{Page, Section};
use crate::planner::plan_file::{Action, FrameEntry, PlanFile};
use crate::present::report::layout::{bytes, count, micros};

/// Left of the bars, tenths.
pub(super) const LEFT: u64 = 2_200;
/// Length of the scale, tenths.
pub(super) const LENGTH: u64 = 7_400;
/// Right of the scale, tenths.
const RIGHT: u64 = 400;
/// Width of the picture, tenths.
pub(super) const WIDTH: u64 = LEFT + LENGTH + RIGHT;
/// Height of the line of a frame, tenths.
pub(super) const ROW: u64 = 220;
/// Height of the picture of memory, tenths.
pub(super) const MEMORY: u64 = 900;
/// Characters of a name in front of its bar.
pub(super) const NAME: usize = 28;

/// A frame with the steps in which it lives.
struct Life<'a> {
    frame: &'a FrameEntry,
    /// The step that builds it.
    from: u32,
    /// The step that lets it go; one more than the last where none does.
    to: u32,
}

pub(super) fn section(page: &Page<'_>, keys: &Keys<'_>) -> Option<Section> {
    let plan = page.review.plan.filter(|plan| !plan.frames.is_empty())?;
    let lives = lives(plan);
    let drawn = drawn(&lives);
    let left_out = lives.len() - drawn.len();
    let summary = &plan.summary;
    let body = html! {
        p {
            "A bar is a frame, from the step that builds it to the step that lets it go; a mark in it is a step that reads \
             it. Below is what all frames take together: at most " strong { (bytes(summary.peak_bytes)) }
            " of a budget of " strong { (bytes(summary.budget_bytes)) } "."
        }
        div.scroll tabindex="0" role="region" aria-label="Lifetimes of frames" {
            (drawing(plan, &drawn, &lives, keys))
        }
        @if left_out > 0 {
            p.note { "Not drawn: the " (count(left_out, "frame")) " that save least. " a href="#frames" { "Frames" } " lists them." }
        }
    };
    Some(Section {
        id: "lifetimes",
        title: "Lifetimes of frames",
        body,
    })
}

/// Every frame with its steps, in the order of the plan.
fn lives(plan: &PlanFile) -> Vec<Life<'_>> {
    let end = plan.steps.last().map_or(0, |step| step.number) + 1;
    let frames = plan.frames.iter();
    frames
        .map(|frame| {
            let release = plan.steps.iter().find(|step| {
                step.action == Action::Release && step.frame.as_deref() == Some(&frame.name)
            });
            Life {
                frame,
                from: frame.built_in,
                to: release.map_or(end, |step| step.number),
            }
        })
        .collect()
}

/// Those of the frames that there is room for: the ones that save most, in the order of the plan.
fn drawn<'a, 'l>(lives: &'l [Life<'a>]) -> Vec<&'l Life<'a>> {
    let gain = |life: &Life<'_>| {
        let frame = life.frame;
        frame.saving_micros.saturating_sub(frame.build_micros)
    };
    let mut by_gain: Vec<(usize, &Life<'_>)> = lives.iter().enumerate().collect();
    by_gain.sort_by_key(|(at, life)| (std::cmp::Reverse(gain(life)), *at));
    by_gain.truncate(room::LIFETIMES);
    by_gain.sort_by_key(|(at, _)| *at);
    by_gain.into_iter().map(|(_, life)| life).collect()
}

fn drawing(plan: &PlanFile, drawn: &[&Life<'_>], lives: &[Life<'_>], keys: &Keys<'_>) -> Markup {
    let steps = u64::from(plan.steps.last().map_or(1, |step| step.number));
    let at = |step: u32| LEFT + scaled(u64::from(step.saturating_sub(1)), steps, LENGTH);
    let rows = drawn.len() as u64 * ROW;
    let top = 300;
    let memory = top + rows + 200;
    let height = memory + MEMORY + 300;
    html! {
        svg.chart width=(tenths(WIDTH)) height=(tenths(height)) viewBox={ "0 0 " (tenths(WIDTH)) " " (tenths(height)) }
            role="group" aria-label="Lifetimes of frames over the steps of the plan" {
            g.axis aria-hidden="true" {
                text x="0" y="14" { "step" }
                @for tick in ticks(steps).into_iter().map(|tick| u32::try_from(tick.max(1)).unwrap_or(1)) {
                    text x=(tenths(at(tick))) y="14" { (tick) }
                    path d={ "M" (tenths(at(tick))) " 20V" (tenths(memory + MEMORY)) } {}
                }
            }
            @for (row, life) in drawn.iter().enumerate() {
                (bar(life, top + row as u64 * ROW, &at, keys))
            }
            (together(plan, lives, memory, &at))
        }
    }
}

fn bar(life: &Life<'_>, y: u64, at: &dyn Fn(u32) -> u64, keys: &Keys<'_>) -> Markup {
    let frame = life.frame;
    let (x, end) = (at(life.from), at(life.to));
    let net = micros(frame.saving_micros.saturating_sub(frame.build_micros));
    let mut read: Vec<u32> = frame.readers.iter().map(|reader| reader.step).collect();
    read.sort_unstable();
    read.dedup();
    let marks = read
        .iter()
        .map(|step| format!("M{} {}v9", tenths(at(*step)), tenths(y + 40)));
    let marks: Vec<String> = marks.collect();
    let told = format!(
        "{}: {}, steps {} to {}, {}, saves {net}",
        frame.name,
        bytes(frame.size_bytes),
        life.from,
        life.to,
        count(read.len(), "reading step"),
    );
    let key = keys.frame(&frame.name);
    html! {
        a.bar href=[key.map(|key| format!("#{key}"))] data-open=[key] {
            title { (shown(&told)) }
            text.name x="0" y=(tenths(y + 140)) { (beginning(&frame.name, NAME)) }
            rect x=(tenths(x)) y=(tenths(y)) width=(tenths(end.saturating_sub(x).max(20))) height=(tenths(ROW - 50)) rx="3" {}
            path.marks d=(marks.concat()) {}
        }
    }
}

/// Estimated memory of all frames that live, step by step.
fn together(plan: &PlanFile, lives: &[Life<'_>], top: u64, at: &dyn Fn(u32) -> u64) -> Markup {
    let last = plan.steps.last().map_or(0, |step| step.number) + 1;
    let levels = levels(lives, last);
    let stairs = levels
        .iter()
        .map(|(from, to, live)| (at(*from), at(*to), *live));
    let stairs: Vec<(u64, u64, u64)> = stairs.collect();
    let (peak, budget) = (plan.summary.peak_bytes, plan.summary.budget_bytes);
    memory(&stairs, peak, budget, top)
}

/// Memory against the budget: from and to on the scale, and the bytes meanwhile.
pub(super) fn memory(stairs: &[(u64, u64, u64)], peak: u64, budget: u64, top: u64) -> Markup {
    // A budget far above what is used would make a picture of nothing.
    let in_sight = budget <= peak.saturating_mul(8);
    let whole = if in_sight { budget.max(peak) } else { peak };
    let y = |bytes: u64| tenths(top + MEMORY - scaled(bytes, whole, MEMORY));
    let line = |(from, to, live): &(u64, u64, u64)| {
        format!("L{} {}H{}", tenths(*from), y(*live), tenths(*to))
    };
    let lines: String = stairs.iter().map(line).collect();
    let start = stairs.first().map_or(LEFT, |(from, ..)| *from);
    let path = format!("M{} {}{lines}V{}Z", tenths(start), y(0), y(0));
    html! {
        g.memory {
            title { "All frames together: at most " (bytes(peak)) " of a budget of " (bytes(budget)) }
            text.name x="0" y=(y(0)) { "0 B" }
            text.name x="0" y=(tenths(top + MEMORY - scaled(peak, whole, MEMORY).max(140) + 40)) { "peak " (bytes(peak)) }
            path.area d=(path) {}
            @if in_sight {
                path.budget d={ "M" (tenths(LEFT)) " " (y(budget)) "H" (tenths(LEFT + LENGTH)) } {}
            }
            text.name x=(tenths(LEFT + 40)) y=(tenths(top - 40)) {
                "budget " (bytes(budget)) @if !in_sight { ", far above" }
            }
        }
    }
}

/// Steps from, to, and the bytes of the frames that live meanwhile.
fn levels(lives: &[Life<'_>], last: u32) -> Vec<(u32, u32, u64)> {
    let mut changes: Vec<u32> = lives.iter().flat_map(|life| [life.from, life.to]).collect();
    changes.extend([1, last]);
    changes.sort_unstable();
    changes.dedup();
    let between = changes.iter().zip(changes.iter().skip(1));
    between
        .map(|(from, to)| {
            let live = lives
                .iter()
                .filter(|life| life.from <= *from && *from < life.to);
            let live = live.map(|life| life.frame.size_bytes);
            (*from, *to, live.fold(0, u64::saturating_add))
        })
        .collect()
}
