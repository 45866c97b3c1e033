//! A run beside the plan: when frames lived and steps ran by the clock, and what was measured of them.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::keys::{Keys, link};
use super::lifetimes::{LEFT, LENGTH, MEMORY, NAME, ROW, WIDTH, memory};
use super::room::{self, fitting};
use super::shown::{beginning, shown};
use super::svg::{scaled, tenths, ticks};
use super::{Page, Section};
use crate::planner::plan_file::{Action, PlanFile, StepEntry};
use crate::present::report::layout::{bytes, count, micros};
use crate::runtime::run::{Outcome, StepKind, StepState, TimedStep, Timeline};

pub(super) fn section(page: &Page<'_>, keys: &Keys<'_>) -> Option<Section> {
    let run = page.run?;
    let plan = page.review.plan.filter(|plan| follows(run, plan));
    let slowest = run.steps.iter().filter(|step| step.micros > 0);
    let mut slowest: Vec<&TimedStep> = slowest.collect();
    slowest.sort_by_key(|step| (std::cmp::Reverse(step.micros), step.number));
    let rows = slowest.iter().map(|step| {
        let key = plan.and(keys.step(step.number));
        html! {
            tr data-find {
                td.number { (step.number) }
                td { (word(step.kind)) }
                th scope="row" { (link(key, &step.title)) }
                td.number { (micros(step.start_micros)) }
                td.number { (micros(step.micros)) }
                td { (state(step.state)) }
            }
        }
    });
    let (rows, left_out) = fitting(rows, room::RUN);
    let body = html! {
        p {
            "Run " code { (shown(&run.run)) } " " (outcome(run.outcome)) ": " (count(run.steps.len(), "step")) " in "
            (micros(run.micros())) " of wall time, from its journal."
            " In the bar of a frame the first, stronger part is its build. Below are the steps: the stronger ones build or \
             release frames, dashed ones did not end well."
            @if not_drawn(run) > 0 { " Only the " (room::STEPS) " longest steps are drawn." }
            @if page.review.plan.is_some() && plan.is_none() {
                " Its steps are not those of the plan on this page, so the two are not set side by side."
            }
        }
        div.scroll tabindex="0" role="region" aria-label="Steps of the run over time" { (drawing(run, plan, keys)) }
        @if let Some(plan) = plan { (frames(run, plan, keys)) }
        details {
            summary { "Steps, the longest first" }
            div.scroll tabindex="0" role="region" aria-label="Steps of the run" {
                table {
                    caption { "Steps of the run, the longest first" }
                    thead {
                        tr {
                            th.number scope="col" { "step" } th scope="col" { "does" } th scope="col" { "what" }
                            th.number scope="col" { "began after" } th.number scope="col" { "took" } th scope="col" { "ended" }
                        }
                    }
                    tbody { @for row in &rows { (row) } }
                }
            }
            @if left_out > 0 { p.note { "Left out, as this page has no room for them: " (count(left_out, "further step")) "." } }
        }
    };
    Some(Section {
        id: "run",
        title: "Measured run",
        body,
    })
}

/// Steps that took time and are not drawn.
fn not_drawn(run: &Timeline) -> usize {
    let steps = run.steps.iter().filter(|step| step.micros > 0);
    steps.count().saturating_sub(room::STEPS)
}

/// Whether the steps of a run are those of a plan.
fn follows(run: &Timeline, plan: &PlanFile) -> bool {
    let is = |step: &TimedStep, entry: &StepEntry| {
        let place = |entry: &StepEntry| {
            let statement = entry.statement.as_ref();
            statement.map(|statement| format!("{}:{}", statement.file, statement.line))
        };
        match (step.kind, entry.action) {
            (StepKind::Materialise, Action::Materialise) | (StepKind::Release, Action::Release) => {
                entry.frame.as_deref() == Some(&step.title)
            }
            (StepKind::Run, Action::Run) => place(entry).as_deref() == Some(&step.title),
            _ => false,
        }
    };
    let mut entries = plan
        .steps
        .iter()
        .map(|entry| (entry.number, entry))
        .collect::<Vec<_>>();
    entries.sort_unstable_by_key(|(number, _)| *number);
    run.steps.iter().all(|step| {
        let found = entries.binary_search_by_key(&step.number, |(number, _)| *number);
        let entry = found.ok().and_then(|at| entries.get(at));
        entry.is_some_and(|(_, entry)| is(step, entry))
    })
}

fn word(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Materialise => "build",
        StepKind::Run => "run",
        StepKind::Release => "release",
    }
}

fn state(state: StepState) -> &'static str {
    match state {
        StepState::Running => "not at all",
        StepState::Done => "well",
        StepState::Failed => "with a failure",
        StepState::Cancelled => "cancelled",
        StepState::Skipped => "left out",
    }
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "ended well",
        Outcome::Failed => "failed",
        Outcome::Interrupted => "was interrupted",
        Outcome::Unfinished => "has no end in its journal",
    }
}

/// Steps one beside the other where they ran at the same time: the line of each.
fn lanes(steps: &[TimedStep]) -> (Vec<usize>, usize) {
    let mut ends: Vec<u64> = Vec::new();
    let lanes = steps.iter().map(|step| {
        // Journals have whole milliseconds, so a step may seem to begin before the one before it ended.
        let free = |end: &u64| *end <= step.start_micros.saturating_add(1_000);
        let lane = ends.iter().position(free).unwrap_or(ends.len());
        match ends.get_mut(lane) {
            Some(end) => *end = step.end_micros(),
            None => ends.push(step.end_micros()),
        }
        lane
    });
    let lanes = lanes.collect();
    (lanes, ends.len())
}

/// A frame in a run.
struct Residency<'a> {
    built: &'a TimedStep,
    /// When it was let go, microseconds.
    until: u64,
}

/// The frames of a run, as they were built.
fn residencies(run: &Timeline) -> Vec<Residency<'_>> {
    let built = run
        .steps
        .iter()
        .filter(|step| step.kind == StepKind::Materialise && step.state == StepState::Done);
    let residency = |built| {
        let release = |step: &&TimedStep| {
            let step: &TimedStep = step;
            let built: &TimedStep = built;
            step.kind == StepKind::Release && step.title == built.title
        };
        let release = run.steps.iter().find(release);
        Residency {
            built,
            until: release.map_or_else(|| run.micros(), |step| step.start_micros),
        }
    };
    built.map(residency).take(room::LIFETIMES).collect()
}

fn drawing(run: &Timeline, plan: Option<&PlanFile>, keys: &Keys<'_>) -> Markup {
    let whole = run.micros();
    let at = |micros: u64| LEFT + scaled(micros, whole, LENGTH);
    let (lane_of, lanes) = lanes(&run.steps);
    let frames = residencies(run);
    let cached = cached(run, &at);
    let peak = cached.iter().map(|(_, _, bytes)| *bytes).max().unwrap_or(0);
    let steps = 300 + frames.len() as u64 * ROW;
    let below = steps + lanes as u64 * ROW + 300;
    let height = below + if peak > 0 { MEMORY + 200 } else { 0 };
    let mut bars: Vec<(&TimedStep, usize)> = run.steps.iter().zip(lane_of).collect();
    bars.retain(|(step, _)| step.micros > 0);
    bars.sort_by_key(|(step, _)| (std::cmp::Reverse(step.micros), step.number));
    bars.truncate(room::STEPS);
    bars.sort_by_key(|(step, _)| (step.start_micros, step.number));
    html! {
        svg.chart width=(tenths(WIDTH)) height=(tenths(height)) viewBox={ "0 0 " (tenths(WIDTH)) " " (tenths(height)) }
            role="group" aria-label="Measured times of the run" {
            g.axis aria-hidden="true" {
                text x="0" y="14" { "wall time" }
                @for tick in ticks(whole) {
                    text x=(tenths(at(tick))) y="14" { (micros(tick)) }
                    path d={ "M" (tenths(at(tick))) " 20V" (tenths(height)) } {}
                }
            }
            @for (row, frame) in frames.iter().enumerate() {
                (residency(frame, 300 + row as u64 * ROW, &at, plan.and(keys.frame(&frame.built.title))))
            }
            text.name x="0" y=(tenths(steps + 140)) { "steps" }
            @for (step, lane) in &bars {
                (bar(step, steps + *lane as u64 * ROW, &at, plan.and(keys.step(step.number))))
            }
            @if let Some(plan) = plan.filter(|_| peak > 0) {
                (memory(&cached, peak, plan.summary.budget_bytes, below))
            }
        }
    }
}

/// What the frames took in the cache, as last measured, without those let go since: from and to on the scale, and the
/// bytes meanwhile.
fn cached(run: &Timeline, at: &dyn Fn(u64) -> u64) -> Vec<(u64, u64, u64)> {
    let mut steps: Vec<&TimedStep> = run.steps.iter().collect();
    steps.sort_by_key(|step| (step.end_micros(), step.number));
    let mut sizes: BTreeMap<&str, u64> = BTreeMap::new();
    let mut seen: Vec<(u64, u64)> = Vec::new();
    for step in steps {
        if let Some(cached) = &step.cached {
            let cached = cached.iter();
            sizes = cached
                .map(|(name, bytes)| (name.as_str(), *bytes))
                .collect();
        }
        if step.kind == StepKind::Release && step.state == StepState::Done {
            sizes.remove(step.title.as_str());
        }
        let bytes = sizes.values().copied().fold(0, u64::saturating_add);
        if seen.last().is_none_or(|(_, before)| *before != bytes) {
            seen.push((at(step.end_micros()), bytes));
        }
    }
    let ends = seen.iter().skip(1).map(|(x, _)| *x);
    let ends: Vec<u64> = ends.chain([at(run.micros())]).collect();
    let stairs = seen.into_iter().zip(ends);
    stairs
        .map(|((from, bytes), to)| (from, to, bytes))
        .collect()
}

/// When a frame was there, from the beginning of its build.
fn residency(frame: &Residency<'_>, y: u64, at: &dyn Fn(u64) -> u64, key: Option<&str>) -> Markup {
    let built = frame.built;
    let (x, ready, end) = (
        at(built.start_micros),
        at(built.end_micros()),
        at(frame.until),
    );
    let name = &built.title;
    html! {
        a.bar href=[key.map(|key| format!("#{key}"))] data-open=[key] {
            title { (shown(name)) ": built in " (micros(built.micros)) ", there until " (micros(frame.until)) }
            text.name x="0" y=(tenths(y + 140)) { (beginning(name, NAME)) }
            rect x=(tenths(x)) y=(tenths(y)) width=(tenths(end.saturating_sub(x).max(10))) height=(tenths(ROW - 50)) rx="3" {}
            rect.build x=(tenths(x)) y=(tenths(y)) width=(tenths(ready.saturating_sub(x).max(10))) height=(tenths(ROW - 50)) rx="3" {}
        }
    }
}

fn bar(step: &TimedStep, y: u64, at: &dyn Fn(u64) -> u64, key: Option<&str>) -> Markup {
    let class = match (step.state, step.kind) {
        (StepState::Done, StepKind::Run) => "bar step",
        (StepState::Done, _) => "bar step build",
        _ => "bar step failed",
    };
    let (x, end) = (at(step.start_micros), at(step.end_micros()));
    html! {
        a class=(class) href=[key.map(|key| format!("#{key}"))] data-open=[key] {
            title { "step " (step.number) ", " (word(step.kind)) " " (shown(&step.title)) ": " (micros(step.micros)) }
            rect x=(tenths(x)) y=(tenths(y)) width=(tenths(end.saturating_sub(x).max(10))) height=(tenths(ROW - 50)) {}
        }
    }
}

/// What was estimated of frames and what was measured.
fn frames(run: &Timeline, plan: &PlanFile, keys: &Keys<'_>) -> Markup {
    let size = |name: &str| {
        let seen = run
            .steps
            .iter()
            .filter_map(|step| step.cached.as_ref()?.get(name));
        seen.max().copied()
    };
    let built = |number: u32| {
        let mut steps = run.steps.iter();
        steps.find(|step| step.number == number && step.state == StepState::Done)
    };
    html! {
        @if !plan.frames.is_empty() {
            div.scroll tabindex="0" role="region" aria-label="Frames, estimated and measured" {
                table {
                    caption { "Frames, estimated and measured. Estimated builds are Spark work of all tasks, measured ones wall time." }
                    thead {
                        tr {
                            th scope="col" { "frame" }
                            th.number scope="col" { "est. size" } th.number scope="col" { "measured size" }
                            th.number scope="col" { "est. build" } th.number scope="col" { "measured build" }
                        }
                    }
                    tbody {
                        @for frame in plan.frames.iter().take(room::LIFETIMES) {
                            tr {
                                th scope="row" { (keys.frame_link(&frame.name)) }
                                td.number { (bytes(frame.size_bytes)) }
                                td.number { (size(&frame.name).map_or_else(|| "not measured".to_owned(), bytes)) }
                                td.number { (micros(frame.build_micros)) }
                                td.number { (built(frame.built_in).map_or_else(|| "not built".to_owned(), |step| micros(step.micros))) }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(number: u32, kind: StepKind, start: u64, micros: u64) -> TimedStep {
        TimedStep {
            number,
            kind,
            title: "a_1".to_owned(),
            start_micros: start,
            micros,
            state: StepState::Done,
            cached: None,
        }
    }

    #[test]
    fn what_ran_at_the_same_time_is_beside_each_other() {
        let step = |start, micros| step(1, StepKind::Run, start, micros);
        let steps = [
            step(0, 10_000),
            step(5_000, 30_000),
            step(10_000, 5_000),
            step(40_000, 1_000),
        ];
        assert_eq!(lanes(&steps), (vec![0, 1, 0, 0], 2));
    }

    /// A frame is there from when it is measured until it is let go, also where nothing measures it in between.
    #[test]
    fn what_the_cache_held_is_known_between_measurements() {
        let mut steps = vec![
            step(1, StepKind::Materialise, 0, 10),
            step(2, StepKind::Run, 10, 10),
            step(3, StepKind::Release, 20, 10),
            step(4, StepKind::Run, 30, 10),
        ];
        steps[0].cached = Some(BTreeMap::from([("a_1".to_owned(), 7)]));
        let run = Timeline {
            steps,
            ..Timeline::default()
        };
        assert_eq!(cached(&run, &|micros| micros), [(10, 30, 7), (30, 40, 0)]);
    }
}
