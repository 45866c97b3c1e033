//! Every frame: what it is, its definition, its readers, what it saves.

use maud::{Markup, html};

use super::keys::{Keys, link};
use super::room::{self, fitting};
use super::shown::shown;
use super::{Page, Section};
use crate::planner::plan_file::{FrameEntry, PlanFile};
use crate::present::report::layout::{bytes, count, micros};
use crate::present::report::plan::{built_from, kind, spread};

pub(super) fn section(page: &Page<'_>, keys: &Keys<'_>) -> Option<Section> {
    let plan = page.review.plan?;
    let frames = plan.frames.iter();
    let parts = frames.map(|frame| entry(plan, frame, keys));
    let (shown, left_out) = fitting(parts, room::FRAMES);
    let body = html! {
        @if plan.frames.is_empty() {
            p { "No frame: nothing that is repeated is worth one, or it cannot be shared. " a href="#repeated" { "Repeated reads" } " says why." }
        }
        @for one in &shown { (one) }
        @if left_out > 0 {
            p.note { "Left out, as this page has no room for them: " (count(left_out, "further frame")) ". " code { "hoist explain FRAME" } " tells of each." }
        }
    };
    Some(Section {
        id: "frames",
        title: "Frames",
        body,
    })
}

fn entry(plan: &PlanFile, frame: &FrameEntry, keys: &Keys<'_>) -> Markup {
    let net = micros(frame.saving_micros.saturating_sub(frame.build_micros));
    let key = keys.frame(&frame.name).unwrap_or("");
    let medium = match &frame.storage_level {
        Some(level) => format!("storage level {level}"),
        None => format!("medium {}", frame.medium),
    };
    html! {
        details #(key) data-find data-frame=(frame.name) {
            summary {
                h3 { (shown(&frame.name)) }
                span { (shown(&built_from(frame))) }
                span { (count(frame.readers.len(), "reader")) ", " (bytes(frame.size_bytes)) ", saves " (net) }
            }
            dl.facts {
                dt { "kind" } dd { (kind(frame.kind)) ", " (medium) @if let Some(spread) = spread(frame) { ", " (shown(&spread)) } }
                dt { "lives" } dd { "built in step " (frame.built_in) ", let go after step " (frame.released_after) " of " (plan.steps.len()) }
                dt { "estimates" } dd { "size " (bytes(frame.size_bytes)) ", build " (micros(frame.build_micros)) ", saves " (micros(frame.saving_micros)) ": net " (net) }
                (related("builds", frame.feeds.iter().map(|feed| feed.frame.as_str()), keys))
                (related("built from", sources(plan, frame), keys))
            }
            h4 { "Definition" }
            pre.code.wrap { (shown(&frame.definition)) }
            h4 { "Readers" }
            ol.readers {
                @for step in steps(frame) {
                    li { (reader(step, keys)) }
                }
            }
        }
    }
}

/// The steps that read a frame, each once, with the places of their statements.
fn steps(frame: &FrameEntry) -> Vec<(u32, &str)> {
    let readers = frame.readers.iter();
    let mut steps: Vec<(u32, &str)> = readers
        .map(|reader| (reader.step, reader.statement.as_str()))
        .collect();
    steps.sort_unstable();
    steps.dedup_by_key(|(step, _)| *step);
    steps
}

fn reader((step, place): (u32, &str), keys: &Keys<'_>) -> Markup {
    html! { (link(keys.step(step), place)) " in step " (step) }
}

/// The frames that a frame is built from.
fn sources<'a>(plan: &'a PlanFile, frame: &'a FrameEntry) -> impl Iterator<Item = &'a str> {
    let feeds = |from: &&FrameEntry| from.feeds.iter().any(|feed| feed.frame == frame.name);
    let from = plan.frames.iter().filter(feeds);
    from.map(|from| from.name.as_str())
}

fn related<'a>(word: &str, names: impl Iterator<Item = &'a str>, keys: &Keys<'_>) -> Markup {
    let mut names: Vec<&str> = names.collect();
    names.dedup();
    html! {
        @if !names.is_empty() {
            dt { (word) }
            dd { @for name in &names { (keys.frame_link(name)) " " } }
        }
    }
}
