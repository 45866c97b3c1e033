//! The drawing of a graph: boxes that lead to what they stand for, and lines between them.

use maud::{Markup, html};

use super::keys::Keys;
use super::placed::{Place, WIDTH, place};
use super::shown::{beginning, ending, shown};
use crate::present::report::plan::graph::{EdgeKind, Graph, Node, NodeKind};

/// Height of a line of text.
const LINE: u32 = 16;
/// Above the first line and below the last.
const INSIDE: u32 = 8;
/// Characters that a box has room for, in a font of 7 units a character.
const CHARACTERS: usize = 29;
/// Around the picture.
const MARGIN: u32 = 16;

/// How a drawing is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    /// In a window of its own, in which the script moves and zooms it.
    Window,
    /// As large as it is.
    Natural,
}

/// Frames are round, so that colour does not tell them apart alone.
pub(super) fn corner(frame: bool) -> u32 {
    if frame { 8 } else { 1 }
}

fn height(node: &Node) -> u32 {
    let lines = u32::try_from(node.lines.len()).unwrap_or(1);
    lines * LINE + 2 * INSIDE
}

/// The drawing of a graph. There is one in a window at most.
pub(super) fn drawing(graph: &Graph, view: View, keys: &Keys<'_>) -> Markup {
    let heights: Vec<u32> = graph.nodes.iter().map(height).collect();
    let edges: Vec<(usize, usize)> = graph
        .edges
        .iter()
        .map(|edge| (edge.from, edge.to))
        .collect();
    let placed = place(&heights, &edges);
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
    let boxes = graph.nodes.iter().zip(&placed.places).zip(&heights);
    let window = view == View::Window;
    html! {
        svg id=[window.then_some("drawing")] class=[(!window).then_some("chart")] viewBox={ "0 0 " (width) " " (height) }
            width=[(!window).then_some(width)] height=[(!window).then_some(height)]
            data-width=[window.then_some(width)] data-height=[window.then_some(height)]
            role="group" aria-label=(if window { "Graph of statements and frames" } else { "Overview of statements and frames" })
            aria-describedby=[window.then_some("graph-help")] {
            @if window { (arrows()) }
            g transform={ "translate(" (MARGIN) " " (MARGIN) ")" } {
                @if let Some(apart) = placed.apart.filter(|apart| *apart > 0) {
                    text.apart x="0" y=(apart.saturating_sub(12)) { "Nothing flows to or from these" }
                }
                g.edges aria-hidden="true" {
                    @for edge in &graph.edges {
                        path class=(word(edge.kind)) d=(curve(end(edge.from), end(edge.to))) data-ends=[window.then(|| format!("{} {}", name(edge.from), name(edge.to)))] {}
                    }
                }
                g.nodes {
                    @for (at, ((node, place), height)) in boxes.enumerate() {
                        (shape(node, name(at), *place, *height, (at > 0 && window).then_some(-1)))
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

/// What the lines of all drawings end with.
fn arrows() -> Markup {
    html! {
        defs {
            @for kind in ["reads", "feeds", "writes"] {
                marker id={ "to-" (kind) } viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9"
                    markerUnits="userSpaceOnUse" orient="auto" {
                    path class=(kind) d="M0 0L8 4L0 8z" {}
                }
            }
        }
    }
}

/// A box. It is a link, so that it leads somewhere without the script too; the script moves the one tab stop along.
fn shape(node: &Node, key: &str, place: Place, height: u32, stop: Option<i32>) -> Markup {
    let (class, what) = match node.kind {
        NodeKind::Frame => ("node frame", "frame"),
        NodeKind::Frames => ("node frame", ""),
        NodeKind::Statement => ("node statement", "statement"),
        NodeKind::Statements => ("node statement", ""),
    };
    let told = node.lines.join(", ");
    let href = node.step.map(|_| format!("#{key}"));
    html! {
        a class=(class) data-key=(key) href=[href] tabindex=[stop.or(node.step.is_none().then_some(-1))]
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
