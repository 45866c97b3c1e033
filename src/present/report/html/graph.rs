//! The graph of statements and frames: what gives rows to what.

use maud::{Markup, html};

use super::drawing::{View, corner, drawing};
use super::keys::Keys;
use super::{Page, Section, room};
use crate::planner::plan_file::PlanFile;
use crate::present::report::layout::count;
use crate::present::report::plan::graph::{Fold, Graph, NodeKind, graph};

/// Boxes of an overview, about as many as one still reads.
const OVERVIEW: usize = 60;
/// Boxes above which a graph has an overview.
const LARGE: usize = 120;

pub(super) fn section(page: &Page<'_>, keys: &Keys<'_>) -> Option<Section> {
    let plan = page.review.plan?;
    let whole = folded(
        plan,
        &[Fold::Nothing, Fold::Plain, Fold::Alike],
        room::NODES,
    );
    let overview = (whole.nodes.len() > LARGE).then(|| folded(plan, &[Fold::Alike], OVERVIEW));
    let body = html! {
        (about(&whole))
        @if let Some(overview) = &overview {
            h3 { "Overview" }
            p {
                "Statements that read the same frames are one box here"
                @if let Some(folded) = &overview.folded { "; " (folded) }
                "."
            }
            div.scroll.overview tabindex="0" role="region" aria-label="Overview of the graph" {
                (drawing(overview, View::Natural, keys))
            }
            h3 { "Each statement" }
        }
        div.graph {
            div.toolbar role="group" aria-label="View of the graph" hidden {
                button type="button" data-view="in" { span aria-hidden="true" { "+" } span.sr { "Zoom in" } }
                button type="button" data-view="out" { span aria-hidden="true" { "−" } span.sr { "Zoom out" } }
                button type="button" data-view="fit" { "Whole" }
                button type="button" data-view="actual" { "Actual size" }
                span.hint #graph-help {
                    "Drag to move, " kbd { "Ctrl" } " and wheel to zoom. In the graph: arrow keys go along and between \
                     lines, " kbd { "Enter" } " opens, " kbd { "+" } " " kbd { "−" } " " kbd { "0" } " zoom."
                }
            }
            (drawing(&whole, View::Window, keys))
        }
    };
    Some(Section {
        id: "graph",
        title: "Statements and frames",
        body,
    })
}

/// The graph with the first of the folds that leaves so few boxes; where none does, with fewer and fewer frames.
fn folded(plan: &PlanFile, folds: &[Fold], most: usize) -> Graph {
    let fewer = std::iter::successors(Some(most / 2), |kept| (*kept > 0).then_some(kept / 2));
    let mut drawn = Graph::default();
    for fold in folds.iter().copied().chain(fewer.map(Fold::Frames)) {
        drawn = graph(plan, fold);
        if drawn.nodes.len() <= most && drawn.edges.len() <= room::EDGES {
            break;
        }
    }
    drawn
}

/// What is drawn, in words, and what the signs mean.
fn about(graph: &Graph) -> Markup {
    let number = |kind| graph.nodes.iter().filter(|node| node.kind == kind).count();
    html! {
        p {
            (count(number(NodeKind::Statement), "statement")) " and " (count(number(NodeKind::Frame), "frame"))
            ", rows flow from left to right. The tables below say the same in words."
            @if let Some(folded) = &graph.folded { " " (folded) ", as there are too many to draw." }
        }
        ul.legend {
            li { (sample("frame")) "frame" }
            li { (sample("statement")) "statement" }
            li { (line("reads")) "a statement reads a frame" }
            li { (line("feeds")) "a frame is built from a frame" }
            li { (line("writes")) "what a statement wrote is read" }
        }
    }
}

fn sample(class: &str) -> Markup {
    html! {
        svg.sample aria-hidden="true" width="28" height="16" viewBox="0 0 28 16" {
            g class={ "node " (class) } { rect x="2" y="2" width="24" height="12" rx=(corner(class == "frame")) {} }
        }
    }
}

fn line(class: &str) -> Markup {
    html! {
        svg.sample aria-hidden="true" width="28" height="16" viewBox="0 0 28 16" {
            g.edges { path class=(class) d="M2 8H26" {} }
        }
    }
}
