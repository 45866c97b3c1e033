//! A plan as a graph in the language of Graphviz.

use std::fmt::Write as _;

use super::graph::{EdgeKind, Fold, NodeKind, graph};
use crate::planner::plan_file::PlanFile;

/// The whole plan as a directed graph: `dot -Tsvg` draws it.
pub fn text(plan: &PlanFile) -> String {
    let graph = graph(plan, Fold::Nothing);
    let mut text =
        String::from("digraph plan {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n");
    for (number, node) in graph.nodes.iter().enumerate() {
        let shape = match node.kind {
            NodeKind::Frame | NodeKind::Frames => {
                "shape=cylinder, style=filled, fillcolor=lightblue"
            }
            NodeKind::Statement | NodeKind::Statements => "shape=box",
        };
        let label = quoted(&node.lines.join("\n"));
        let _ = writeln!(text, "  n{number} [label={label}, {shape}];");
    }
    for edge in &graph.edges {
        let style = match edge.kind {
            EdgeKind::Reads => "",
            EdgeKind::Feeds => " [style=bold]",
            EdgeKind::Writes => " [style=dashed]",
        };
        let _ = writeln!(text, "  n{} -> n{}{style};", edge.from, edge.to);
    }
    text.push_str("}\n");
    text
}

/// A text in double quotes. Graphviz gives a backslash there a meaning of its own, such as `\N` for the node's name.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push(' '),
            // Entities are looked for in every label.
            '&' => out.push_str("&amp;"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_ends_its_label() {
        assert_eq!(
            quoted("a\"b\\N\r\n<c>&lt;"),
            "\"a\\\"b\\\\N \\n<c>&amp;lt;\""
        );
    }
}
