//! A plan as a graph in Mermaid's language, which code hosts draw inside Markdown.

use std::fmt::Write as _;

use super::graph::{EdgeKind, Fold, Graph, NodeKind, graph};
use crate::planner::plan_file::PlanFile;

/// Nodes that are still drawn so that one can read them.
const MOST_NODES: usize = 200;
/// Edges that are drawn at all (Mermaid: default of `maxEdges`, which GitHub keeps).
const MOST_EDGES: usize = 500;
/// Length of a graph that is drawn at all, characters (Mermaid: default of `maxTextSize`).
const MOST_TEXT: usize = 50_000;

/// The plan as a flow chart. One that is too large to be drawn is folded together, and says so.
pub fn text(plan: &PlanFile) -> String {
    within(plan, MOST_NODES, MOST_TEXT)
}

/// The same with other bounds on its nodes and its length in characters. The last fold is taken even where it is too
/// large: it has one node for statements of each kind.
fn within(plan: &PlanFile, most_nodes: usize, most_text: usize) -> String {
    let folds = [Fold::Nothing, Fold::Plain, Fold::Alike];
    let fewer = std::iter::successors(Some(most_nodes / 4), |kept| (*kept > 0).then_some(kept / 2));
    let mut drawn = String::new();
    for fold in folds.into_iter().chain(fewer.map(Fold::Frames)) {
        let graph = graph(plan, fold);
        drawn = draw(&graph);
        let fits = graph.nodes.len() <= most_nodes
            && graph.edges.len() <= MOST_EDGES
            && drawn.chars().count() <= most_text;
        if fits {
            break;
        }
    }
    drawn
}

fn draw(graph: &Graph) -> String {
    let mut text = String::from("flowchart LR\n");
    if let Some(folded) = &graph.folded {
        let _ = writeln!(text, "  note[\"{}\"]:::note", escaped(folded));
    }
    for (number, node) in graph.nodes.iter().enumerate() {
        let lines: Vec<String> = node.lines.iter().map(|line| escaped(line)).collect();
        let label = lines.join("<br/>");
        let (open, close) = match node.kind {
            NodeKind::Statement => ("[", "]"),
            NodeKind::Statements => ("[[", "]]"),
            NodeKind::Frame | NodeKind::Frames => ("[(", ")]:::frame"),
        };
        let _ = writeln!(text, "  n{number}{open}\"{label}\"{close}");
    }
    for edge in &graph.edges {
        let arrow = match edge.kind {
            EdgeKind::Reads => "-->",
            EdgeKind::Feeds => "==>",
            EdgeKind::Writes => "-.->",
        };
        let _ = writeln!(text, "  n{} {arrow} n{}", edge.from, edge.to);
    }
    text.push_str("  classDef frame fill:#cfe8fc,stroke:#2b6cb0,color:#10243a\n");
    if graph.folded.is_some() {
        text.push_str("  classDef note fill:none,stroke:none,color:#666\n");
    }
    text
}

/// A text inside the double quotes of a label, where Mermaid reads `#35;` as a character by its number. It reads Markdown
/// there, so what would be markup is written so too; an underscore inside a word is none.
fn escaped(text: &str) -> String {
    let text: Vec<char> = text.chars().collect();
    let mut out = String::new();
    for (at, c) in text.iter().copied().enumerate() {
        let beside = [at.checked_sub(1), Some(at + 1)];
        let beside = beside.map(|at| at.and_then(|at| text.get(at)).copied().unwrap_or(' '));
        let markup = match c {
            '_' => !beside.iter().all(|c| c.is_alphanumeric()),
            // A list, where it stands first.
            '.' | ')' | '-' | '+' => beside.contains(&' '),
            c => "\"#<>&`;\\*~{}[]%$".contains(c),
        };
        if markup {
            let _ = write!(out, "#{};", u32::from(c));
        } else {
            out.push(if c.is_control() { ' ' } else { c });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::plan_file::{Action, PlanFile, StepEntry};

    /// A plan of two statements and one frame.
    fn plan() -> PlanFile {
        PlanFile::parse(include_str!("../../../../tests/it/fixtures/plan-1.json")).unwrap()
    }

    /// The same with many further statements, every third of which reads the frame.
    fn large(statements: u32) -> PlanFile {
        let mut plan = plan();
        let run = |step: &&StepEntry| step.action == Action::Run;
        let template = plan.steps.iter().find(run).unwrap().clone();
        let frame = plan.frames.first_mut().unwrap();
        for number in 0..statements {
            let mut step = template.clone();
            step.number = 1000 + number;
            let statement = step.statement.as_mut().unwrap();
            statement.line = number;
            (statement.reads, statement.writes) = (Vec::new(), Vec::new());
            if number % 3 == 0 {
                let mut reader = frame.readers[0].clone();
                reader.step = step.number;
                frame.readers.push(reader);
            }
            plan.steps.push(step);
        }
        plan
    }

    fn nodes(text: &str) -> usize {
        text.lines()
            .filter(|line| line.starts_with("  n") && line.contains('"'))
            .count()
    }

    #[test]
    fn what_has_no_frame_is_folded_first_and_readers_of_the_same_frames_next() {
        let whole = text(&large(100));
        assert!(nodes(&whole) > 100 && !whole.contains("folded"), "{whole}");
        let some = text(&large(300));
        assert!(
            some.contains("note[\"folded together: 200 statements\"]"),
            "{some}"
        );
        assert!((100..=MOST_NODES).contains(&nodes(&some)));
        let few = text(&large(900));
        assert!(nodes(&few) < 10, "{few}");
        assert!(few.contains("[[\"600 statements"), "{few}");
    }

    #[test]
    fn a_small_bound_folds_frames_too() {
        let mut plan = large(10);
        let template = plan.frames[0].clone();
        for number in 0..20 {
            let mut frame = template.clone();
            frame.name = format!("frame_{number}");
            frame.built_in = 2000 + number;
            let mut step = plan.steps[0].clone();
            step.number = frame.built_in;
            plan.steps.push(step);
            plan.frames.push(frame);
        }
        let text = within(&plan, 10, MOST_TEXT);
        assert!(nodes(&text) <= 11, "{text}");
        assert!(text.contains("further frames"), "{text}");
    }

    #[test]
    fn nothing_in_a_name_ends_its_label() {
        assert_eq!(
            escaped("a\"]b`<c>#d;\ne_f _g_"),
            "a#34;#93;b#96;#60;c#62;#35;d#59; e_f #95;g#95;"
        );
        assert_eq!(escaped("1. a.sql:2"), "1#46; a.sql:2");
    }
}
