//! A plan as a graph: statements and frames, and what flows between them.
//!
//! An edge leads from what gives rows to what takes them: a frame to its readers and to the frames that are built from
//! it, a statement to the frames and statements that read what it wrote. What is read through a frame has no edge of its
//! own beside that of the frame.

use std::collections::{BTreeMap, BTreeSet};

use super::super::layout::{bytes, count, micros};
use super::built_from;
use crate::planner::plan_file::{FrameEntry, PlanFile, StatementEntry};

/// A graph of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Graph {
    /// Its nodes, in the order of the steps.
    pub(in super::super) nodes: Vec<Node>,
    /// Its edges, by places of nodes in `nodes`; sorted, each once.
    pub(in super::super) edges: BTreeSet<Edge>,
    /// What was folded together to make it smaller, in words; none where everything is shown.
    pub(in super::super) folded: Option<String>,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Node {
    /// What it stands for.
    pub(in super::super) kind: NodeKind,
    /// The step that runs or builds it; none where several are folded together.
    pub(in super::super) step: Option<u32>,
    /// Its lines of text.
    pub(in super::super) lines: Vec<String>,
    /// Net saving of a frame, microseconds of Spark work.
    gain: u64,
}

/// What a node stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum NodeKind {
    /// A statement of the pipeline.
    Statement,
    /// A frame.
    Frame,
    /// Several statements, folded together.
    Statements,
    /// Several frames, folded together.
    Frames,
}

/// An edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct Edge {
    /// Where rows come from.
    pub(in super::super) from: usize,
    /// Where they go.
    pub(in super::super) to: usize,
    /// How.
    pub(in super::super) kind: EdgeKind,
}

/// How rows flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum EdgeKind {
    /// A statement reads a frame.
    Reads,
    /// A frame is built from another.
    Feeds,
    /// A statement wrote what is read.
    Writes,
}

/// How much is folded together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Fold {
    /// Nothing.
    Nothing,
    /// Statements that have no frame.
    Plain,
    /// These, and statements that read the same frames.
    Alike,
    /// These, and all frames but the given number of those that save most.
    Frames(usize),
}

/// The graph of a plan.
pub(in super::super) fn graph(plan: &PlanFile, fold: Fold) -> Graph {
    whole(plan).fold(fold)
}

fn whole(plan: &PlanFile) -> Graph {
    let mut nodes = Vec::new();
    let mut steps: BTreeMap<u32, usize> = BTreeMap::new();
    for step in &plan.steps {
        let mut frames = plan.frames.iter();
        let built = frames.find(|frame| frame.built_in == step.number);
        let node = match (built, &step.statement) {
            (Some(frame), _) => frame_node(frame),
            (None, Some(statement)) => statement_node(step.number, statement),
            (None, None) => continue,
        };
        steps.insert(step.number, nodes.len());
        nodes.push(node);
    }
    Graph {
        edges: edges(plan, &steps),
        nodes,
        folded: None,
    }
}

/// The edges of a plan; `nodes` says where the node of a step is.
fn edges(plan: &PlanFile, nodes: &BTreeMap<u32, usize>) -> BTreeSet<Edge> {
    let edge = |from: u32, to: u32, kind| {
        Some(Edge {
            from: *nodes.get(&from)?,
            to: *nodes.get(&to)?,
            kind,
        })
    };
    let mut edges = BTreeSet::new();
    let mut through: BTreeMap<u32, BTreeSet<&str>> = BTreeMap::new();
    for frame in &plan.frames {
        for reader in &frame.readers {
            edges.extend(edge(frame.built_in, reader.step, EdgeKind::Reads));
            let reads = reader.reads.iter().map(String::as_str);
            through.entry(reader.step).or_default().extend(reads);
        }
        for feed in &frame.feeds {
            let fed = plan.frames.iter().filter(|other| other.name == feed.frame);
            edges.extend(fed.filter_map(|fed| edge(frame.built_in, fed.built_in, EdgeKind::Feeds)));
        }
    }
    let mut written_by: BTreeMap<&str, u32> = BTreeMap::new();
    for step in &plan.steps {
        let built = plan
            .frames
            .iter()
            .filter(|frame| frame.built_in == step.number);
        let inputs = built.flat_map(|frame| &frame.inputs);
        let statement = step.statement.as_ref();
        let reads = statement.into_iter().flat_map(|statement| &statement.reads);
        let hidden = through.get(&step.number);
        let reads =
            reads.filter(|read| !hidden.is_some_and(|hidden| hidden.contains(read.as_str())));
        let written = inputs
            .chain(reads)
            .filter_map(|read| written_by.get(read.as_str()));
        edges.extend(written.filter_map(|from| edge(*from, step.number, EdgeKind::Writes)));
        let writes = statement
            .into_iter()
            .flat_map(|statement| &statement.writes);
        written_by.extend(writes.map(|version| (version.as_str(), step.number)));
    }
    edges
}

fn frame_node(frame: &FrameEntry) -> Node {
    let gain = frame.saving_micros.saturating_sub(frame.build_micros);
    Node {
        kind: NodeKind::Frame,
        step: Some(frame.built_in),
        lines: vec![
            frame.name.clone(),
            built_from(frame),
            format!("{}, saves {}", bytes(frame.size_bytes), micros(gain)),
        ],
        gain,
    }
}

fn statement_node(step: u32, statement: &StatementEntry) -> Node {
    let mut lines = vec![format!("{}:{}", statement.file, statement.line)];
    let table = |version: &String| {
        let table = version.rsplit_once('@').map(|(table, _)| table.to_owned());
        table.unwrap_or_else(|| version.clone())
    };
    let writes: Vec<String> = statement.writes.iter().map(table).collect();
    if !writes.is_empty() {
        lines.push(format!("writes {}", writes.join(", ")));
    }
    if statement.barrier.is_some() {
        lines.push("a barrier".to_owned());
    }
    Node {
        kind: NodeKind::Statement,
        step: Some(step),
        lines,
        gain: 0,
    }
}

impl Graph {
    fn fold(self, fold: Fold) -> Graph {
        let kept = match fold {
            Fold::Nothing => return self,
            Fold::Plain | Fold::Alike => usize::MAX,
            Fold::Frames(kept) => kept,
        };
        let mut by_gain: Vec<usize> = (0..self.nodes.len())
            .filter(|at| self.is(*at, NodeKind::Frame))
            .collect();
        by_gain.sort_by_key(|at| {
            let gain = self.nodes.get(*at).map_or(0, |node| node.gain);
            (std::cmp::Reverse(gain), *at)
        });
        let small: BTreeSet<usize> = by_gain.into_iter().skip(kept).collect();
        let mut groups: BTreeMap<Group, Vec<usize>> = BTreeMap::new();
        for at in 0..self.nodes.len() {
            groups
                .entry(self.group(at, fold, &small))
                .or_default()
                .push(at);
        }
        let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
        groups.sort();
        let mut into = BTreeMap::new();
        let mut nodes = Vec::new();
        for group in &groups {
            into.extend(group.iter().map(|at| (*at, nodes.len())));
            nodes.extend(self.merged(group));
        }
        let edges = self.edges.iter().filter_map(|edge| {
            let (from, to) = (*into.get(&edge.from)?, *into.get(&edge.to)?);
            let edge = Edge {
                from,
                to,
                kind: edge.kind,
            };
            (from != to).then_some(edge)
        });
        let folded = |kind| {
            let all = groups.iter().filter(|group| group.len() > 1);
            all.flatten().filter(|at| self.is(**at, kind)).count()
        };
        let (statements, frames) = (folded(NodeKind::Statement), folded(NodeKind::Frame));
        let told: Vec<String> = [(statements, "statement"), (frames, "frame")]
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, word)| count(number, word))
            .collect();
        Graph {
            edges: edges.collect(),
            nodes,
            folded: (!told.is_empty()).then(|| format!("folded together: {}", told.join(" and "))),
        }
    }

    fn is(&self, at: usize, kind: NodeKind) -> bool {
        self.nodes.get(at).is_some_and(|node| node.kind == kind)
    }

    /// The nodes that a node is folded together with: those of the same group.
    fn group(&self, at: usize, fold: Fold, small: &BTreeSet<usize>) -> Group {
        if self.is(at, NodeKind::Frame) {
            return if small.contains(&at) {
                Group::SmallFrames
            } else {
                Group::One(at)
            };
        }
        let (mut givers, mut takers) = (BTreeSet::new(), BTreeSet::new());
        for edge in &self.edges {
            if edge.to == at && self.is(edge.from, NodeKind::Frame) {
                givers.insert(if small.contains(&edge.from) {
                    usize::MAX
                } else {
                    edge.from
                });
            }
            if edge.from == at && self.is(edge.to, NodeKind::Frame) {
                takers.insert(if small.contains(&edge.to) {
                    usize::MAX
                } else {
                    edge.to
                });
            }
        }
        let plain = givers.is_empty() && takers.is_empty();
        if plain || fold != Fold::Plain {
            Group::Alike(givers, takers)
        } else {
            Group::One(at)
        }
    }

    /// One node for all of a group.
    fn merged(&self, group: &[usize]) -> Option<Node> {
        let first = self.nodes.get(*group.first()?)?;
        if group.len() == 1 {
            return Some(first.clone());
        }
        let (kind, words) = match first.kind {
            NodeKind::Frame | NodeKind::Frames => (NodeKind::Frames, "further frame"),
            NodeKind::Statement | NodeKind::Statements => (NodeKind::Statements, "statement"),
        };
        let last = self.nodes.get(*group.last()?)?;
        let mut lines = vec![count(group.len(), words)];
        if kind == NodeKind::Statements {
            let name = |node: &Node| node.lines.first().cloned().unwrap_or_default();
            lines.push(format!("{} to {}", name(first), name(last)));
        }
        Some(Node {
            kind,
            step: None,
            lines,
            gain: 0,
        })
    }
}

/// What nodes have in common that are folded together.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    /// A node of its own.
    One(usize),
    /// Statements with these frames before and behind them.
    Alike(BTreeSet<usize>, BTreeSet<usize>),
    /// Frames that save little.
    SmallFrames,
}
