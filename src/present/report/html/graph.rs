//! The graph of statements and frames: what gives rows to what.

use maud::{Markup, html};

use super::keys::Keys;
use super::placed::{Place, Placed, WIDTH, place};
use super::shown::{beginning, ending, shown};
use super::{Page, Section, room};
use crate::planner::plan_file::PlanFile;
use crate::present::report::layout::count;
use crate::present::report::plan::graph::{EdgeKind, Fold, Graph, Node, NodeKind, graph};

/// Height of a line of text.
const LINE: u32 = 16;
/// Above the first line and below the last.
const INSIDE: u32 = 8;
/// Characters that a box has room for, in a font of 7 units a character.
const CHARACTERS: usize = 29;
/// Around the picture.
const MARGIN: u32 = 16;

pub(super) fn section(page: &Page<'_>, keys: &Keys<'_>) -> Option<Section> {
    let plan = page.review.plan?;
    let graph = fitting(plan);
    let heights: Vec<u32> = graph.nodes.iter().map(height).collect();
    let edges: Vec<(usize, usize)> = graph
        .edges
        .iter()
        .map(|edge| (edge.from, edge.to))
        .collect();
    let placed = place(&heights, &edges);
    let body = html! {
        (about(&graph))
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
            (drawing(&graph, &placed, &heights, keys))
        }
    };
    Some(Section {
        id: "graph",
        title: "Statements and frames",
        body,
    })
}

/// The graph, folded as little as there is room for.
fn fitting(plan: &PlanFile) -> Graph {
    let folds = [Fold::Nothing, Fold::Plain, Fold::Alike];
    let fewer = std::iter::successors(Some(room::NODES / 2), |kept| {
        (*kept > 0).then_some(kept / 2)
    });
    let mut drawn = Graph::default();
    for fold in folds.into_iter().chain(fewer.map(Fold::Frames)) {
        drawn = graph(plan, fold);
        if drawn.nodes.len() <= room::NODES && drawn.edges.len() <= room::EDGES {
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

/// Frames are round, so that colour does not tell them apart alone.
fn corner(frame: bool) -> u32 {
    if frame { 8 } else { 1 }
}

fn height(node: &Node) -> u32 {
    let lines = u32::try_from(node.lines.len()).unwrap_or(1);
    lines * LINE + 2 * INSIDE
}

fn drawing(graph: &Graph, placed: &Placed, heights: &[u32], keys: &Keys<'_>) -> Markup {
    let (width, height) = (placed.width + 2 * MARGIN, placed.height + 2 * MARGIN);
    let named: Vec<String> = graph
        .nodes
        .iter()
        .enumerate()
        .map(|(at, node)| {
            let key = node.step.and_then(|step| keys.step(step));
            key.map_or_else(|| format!("g{}", at + 1), str::to_owned)
        })
        .collect();
    let end = |at: usize| {
        let place = placed.places.get(at).copied().unwrap_or_default();
        let half = heights.get(at).copied().unwrap_or(0) / 2;
        Place {
            x: place.x,
            y: place.y + half,
        }
    };
    let name = |at: usize| named.get(at).map_or("", String::as_str);
    let boxes = graph.nodes.iter().zip(&placed.places).zip(heights);
    html! {
        svg #drawing viewBox={ "0 0 " (width) " " (height) } data-width=(width) data-height=(height)
            role="group" aria-label="Graph of statements and frames" aria-describedby="graph-help" {
            defs {
                @for kind in ["reads", "feeds", "writes"] {
                    marker id={ "to-" (kind) } viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto" {
                        path class=(kind) d="M0 0L8 4L0 8z" {}
                    }
                }
            }
            g transform={ "translate(" (MARGIN) " " (MARGIN) ")" } {
                @if let Some(apart) = placed.apart.filter(|apart| *apart > 0) {
                    text.apart x="0" y=(apart.saturating_sub(12)) { "Nothing flows to or from these" }
                }
                g.edges aria-hidden="true" {
                    @for edge in &graph.edges {
                        path class=(word(edge.kind)) d=(curve(end(edge.from), end(edge.to))) data-ends={ (name(edge.from)) " " (name(edge.to)) } {}
                    }
                }
                g.nodes {
                    @for (at, ((node, place), height)) in boxes.enumerate() {
                        (shape(node, name(at), *place, *height, at == 0))
                    }
                }
            }
        }
    }
}

fn word(kind: EdgeKind) -> &'static str {
    match kind {
        EdgeKind::Reads => "reads",
        EdgeKind::Feeds => "feeds",
        EdgeKind::Writes => "writes",
    }
}

/// A line from the right side of a box to the left side of another.
fn curve(from: Place, to: Place) -> String {
    let start = from.x + WIDTH;
    let bend = (to.x.saturating_sub(start) / 2).clamp(30, 160);
    format!(
        "M{start} {}C{} {} {} {} {} {}",
        from.y,
        start + bend,
        from.y,
        i64::from(to.x) - i64::from(bend),
        to.y,
        to.x,
        to.y
    )
}

/// A box. It is a link, so that it leads somewhere without the script too; the script moves the one tab stop along.
fn shape(node: &Node, key: &str, place: Place, height: u32, first: bool) -> Markup {
    let (class, what) = match node.kind {
        NodeKind::Frame => ("node frame", "frame"),
        NodeKind::Frames => ("node frame", ""),
        NodeKind::Statement => ("node statement", "statement"),
        NodeKind::Statements => ("node statement", ""),
    };
    let told = node.lines.join(", ");
    let href = node.step.map(|_| format!("#{key}"));
    html! {
        a class=(class) data-key=(key) href=[href] tabindex=(if first { 0 } else { -1 })
            transform={ "translate(" (place.x) " " (place.y) ")" } {
            title { (what) @if !what.is_empty() { " " } (shown(&told)) }
            rect width=(WIDTH) height=(height) rx=(corner(class == "node frame")) {}
            @for (line, y) in node.lines.iter().zip((INSIDE + 12..).step_by(LINE as usize)) {
                // Of a path the end says most, of anything else the beginning.
                text x="9" y=(y) {
                    @if y == INSIDE + 12 { (ending(line, CHARACTERS)) } @else { (beginning(line, CHARACTERS)) }
                }
            }
        }
    }
}
