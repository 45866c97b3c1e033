//! Layered search: position by position, every state that could still lead to the best schedule.
//!
//! A state is a set of tasks that have run, the frames that live, and the value so far. A step runs one more task: it
//! builds some of the frames that the task can use (and parents for those builds), lets frames go where space is
//! short, and runs the task. With the order left free this is a dynamic programme over down-sets of the hazards and
//! live sets; with the order fixed it is the exact live-set programme for that order.
//!
//! Without loss of generality:
//! * a frame is built only right before a task that it serves, or where it feeds a frame built there, or where a parent
//!   feeds it that may not be at hand later: building it earlier only takes space;
//! * a frame is let go only where space is needed, where it has no use left or where a task ends it; then as few are
//!   let go as possible: a frame more at hand never harms;
//! * *forced move*: a task that is ready, fits beside what lives, is served by it as well as by all options together,
//!   and ends nothing that is still of use, runs at once. In any completion it can be moved here: its own gain is
//!   already the largest possible, and the others see the same frames in the same order. (Not while a frame may still
//!   be built from another: that build might need this very task's place.)
//!
//! Among states with the same tasks done, (L₁, v₁) is dominated by (L₂, v₂) if v₂ less the builds of L₁ ∖ L₂ is no
//! smaller than v₁: the second can build what it lacks when the first one uses it, in the space the first one kept.
//! States whose [bound](front) does not exceed the value already in hand are dropped. Where a layer would take more
//! than its share of the allowed nodes, the states of largest bound are kept, and the largest bound dropped is
//! remembered: it is what the answer may miss.

mod expand;
mod front;
mod keep;
mod trail;

use std::collections::HashMap;

use super::dense::{Bits, Dense, Front};
use super::dual::Prices;
use super::instance::Instance;
use super::{OptionId, TaskId};

use self::front::FrontRow;
pub(super) use self::trail::Step;
use self::trail::Trail;

/// States with the same tasks done that a state is compared with.
const COMPARED: usize = 64;

/// States of a layer that are looked at, however many steps there are from each.
const LEAST_WIDTH: u64 = 12;

/// What is to be searched. Tasks and options are at most [`Bits::CAPACITY`] each.
pub(super) struct Ask<'a> {
    pub(super) instance: &'a Instance,
    pub(super) prices: &'a Prices,
    /// Frames that live before the first task.
    pub(super) entry: Bits,
    /// Frames that go on being used after the last task: one that does not live then costs its build.
    pub(super) exit: Bits,
    /// Whether tasks may leave the given order.
    pub(super) free: bool,
    /// Only a value above it is of interest.
    pub(super) floor: i64,
    /// Steps that may be looked at.
    pub(super) nodes: u64,
}

impl Ask<'_> {
    /// Ways to make space that are looked at for one step: few, unless there are nodes to prove something.
    fn ways(&self) -> usize {
        usize::try_from(self.nodes / 1000)
            .unwrap_or(usize::MAX)
            .clamp(16, 4096)
    }
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    /// The best value above the floor, builds owed at the exit taken off, and how it is reached.
    pub(super) best: Option<(i64, Vec<Step>)>,
    /// No schedule has a larger value, if this is above the floor.
    pub(super) bound: i64,
    /// Whether no state was dropped that could have been better.
    pub(super) complete: bool,
    /// Steps looked at.
    pub(super) nodes: u64,
    /// States kept.
    pub(super) states: u64,
    /// Layers searched.
    pub(super) layers: u64,
}

/// A state: it belongs to a front, the set of tasks done.
#[derive(Clone, Copy, Debug)]
struct Node {
    live: Bits,
    /// Uses by which a living frame is bound to its living parent.
    held: Bits,
    value: i64,
    bound: i64,
    /// Pairs of tasks that run in the other order than given.
    swaps: u32,
    step: Trail,
}

impl Node {
    /// Better nodes first.
    fn rank(&self) -> impl Ord + use<> {
        let Self { live, held, .. } = *self;
        let worth = std::cmp::Reverse((self.bound, self.value));
        (worth, self.swaps, live, held, self.step.task)
    }
}

/// The states of one layer.
#[derive(Default)]
struct Layer {
    fronts: Dense<Front, (FrontRow, Vec<Node>)>,
    found: HashMap<Bits, Front>,
}

impl Layer {
    fn front(&mut self, ask: &Ask<'_>, done: Bits) -> Front {
        let fronts = &mut self.fronts;
        *self
            .found
            .entry(done)
            .or_insert_with(|| fronts.push((FrontRow::new(ask, done), Vec::new())))
    }

    /// The states that no other dominates, best first.
    fn survivors(&mut self, instance: &Instance) -> Vec<(Front, Node)> {
        let mut survivors = Vec::new();
        for (id, (_, nodes)) in (0..).map(Front).zip(self.fronts.rows_mut()) {
            nodes.sort_by_cached_key(|node| (std::cmp::Reverse(node.value), node.rank()));
            let first = survivors.len();
            for node in std::mem::take(nodes) {
                let better = survivors.iter().skip(first).take(COMPARED);
                if !better
                    .into_iter()
                    .any(|(_, other)| dominates(instance, other, &node))
                {
                    survivors.push((id, node));
                }
            }
        }
        survivors.sort_by_cached_key(|(front, node)| (node.rank(), *front));
        survivors
    }
}

/// Whether whatever follows from `node` can be had from `other` at no smaller value.
fn dominates(instance: &Instance, other: &Node, node: &Node) -> bool {
    let missing: i64 = node
        .live
        .minus(other.live)
        .iter::<OptionId>()
        .map(|option| instance.options[option].build)
        .sum();
    other.value - missing >= node.value && {
        let bound = other.held.minus(node.held).iter().all(|hold| {
            let (_, child) = instance.holds[hold];
            !node.live.has(child)
        });
        bound && (other.value - missing > node.value || other.swaps <= node.swaps)
    }
}

/// Searches.
pub(super) fn search(ask: &Ask<'_>) -> Answer {
    let count = ask.instance.tasks.len() as u64;
    let mut answer = Answer {
        bound: ask.floor,
        complete: true,
        ..Answer::default()
    };
    let mut trails: Vec<Trail> = Vec::new();
    let mut layer = Layer::default();
    let first = layer.front(ask, Bits::default());
    let start = Node {
        live: ask.entry,
        held: Bits::default(),
        value: 0,
        bound: i64::MAX,
        swaps: 0,
        step: Trail::start(),
    };
    layer.fronts[first].1.push(start);
    for at in 0..count {
        let share = ask.nodes.saturating_sub(answer.nodes) / (count - at);
        let end = answer.nodes.saturating_add(share);
        let mut next = Layer::default();
        answer.layers += 1;
        for (front, mut node) in layer.survivors(ask.instance) {
            if node.bound <= ask.floor {
                continue;
            }
            if answer.nodes > end {
                answer.bound = answer.bound.max(node.bound);
                answer.complete = false;
                continue;
            }
            answer.states += 1;
            if at > 0 {
                trails.push(node.step);
                node.step = Trail::after(trails.len());
            }
            let row = &layer.fronts[front].0;
            let limit = answer.nodes.saturating_add(share / LEAST_WIDTH);
            let cut = expand::expand(ask, row, &node, &mut next, &mut answer, limit);
            if cut {
                answer.bound = answer.bound.max(node.bound);
                answer.complete = false;
            }
        }
        layer = next;
    }
    let owed = |node: &Node| -> i64 {
        let missing = ask.exit.minus(node.live);
        let builds = missing.iter::<OptionId>();
        builds
            .map(|option| ask.instance.options[option].build)
            .sum()
    };
    let ends = layer.fronts.rows().iter().flat_map(|(_, nodes)| nodes);
    let best = ends
        .map(|node| (node.value - owed(node), node))
        .filter(|(value, _)| *value > ask.floor)
        .min_by_key(|(value, node)| (std::cmp::Reverse(*value), node.rank()));
    if let Some((value, node)) = best {
        answer.bound = answer.bound.max(value);
        answer.best = Some((value, trail::steps(&trails, node.step)));
    }
    answer
}

/// The id type of tasks in this module's sets.
type Ready = Vec<(TaskId, u32)>;
