//! The steps from one state to the next layer.

use super::super::dense::Bits;
use super::super::instance::{HoldId, Read};
use super::super::pack::serve;
use super::super::{OptionId, TaskId};
use super::front::FrontRow;
use super::keep::{bindings, closed, keeps, needed};
use super::trail::Trail;
use super::{Answer, Ask, Layer, Node};

/// Bindings among which one step chooses freely; past them all or none are taken.
const FREE_BINDINGS: usize = 3;

/// Adds all states one step on, as long as the nodes do not exceed a limit; true if some were left out.
pub(super) fn expand(
    ask: &Ask<'_>,
    front: &FrontRow,
    node: &Node,
    next: &mut Layer,
    answer: &mut Answer,
    limit: u64,
) -> bool {
    let instance = ask.instance;
    let bytes = node
        .live
        .iter()
        .map(|id: OptionId| instance.options[id].bytes)
        .sum::<u64>();
    let forced = front.ready.iter().find(|(id, _)| {
        let task = &instance.tasks[*id];
        front.fed.within(node.live)
            && bytes <= task.room
            && serve(&task.reads, |read| node.live.has(read.option)).0 >= task.most
            && task
                .ends
                .iter()
                .all(|option| front.last_use(ask, *option, *id))
    });
    let mut ready = forced.map_or_else(|| front.ready.clone(), |task| vec![*task]);
    // Where not all can be looked at, it should be those that living frames serve best.
    ready.sort_by_cached_key(|(id, _)| {
        let task = &instance.tasks[*id];
        std::cmp::Reverse(serve(&task.reads, |read| node.live.has(read.option)).0)
    });
    let mut cut = false;
    for (task, overtaken) in &ready {
        let mut step = Expansion {
            ask,
            front,
            node,
            task: *task,
            swaps: node.swaps + overtaken,
            options: wanted(ask, front, node, *task),
            next,
            answer,
            limit,
            cut: false,
        };
        step.choose(0, Bits::default(), 0, 0);
        cut |= step.cut;
    }
    cut
}

/// The options that could be built before a task, children before parents: those that serve it, those that a parent
/// serves here and perhaps nowhere later, and parents for all of them.
fn wanted(ask: &Ask<'_>, front: &FrontRow, node: &Node, task: TaskId) -> Vec<OptionId> {
    let instance = ask.instance;
    let room = instance.tasks[task].room;
    let fits = |id: OptionId| {
        !node.live.has(id) && instance.options[id].bytes <= room && front.pays(ask, id)
    };
    let reads = &instance.tasks[task].reads;
    let mut found: Bits = reads
        .iter()
        .map(|read| read.option)
        .filter(|id| fits(*id))
        .collect();
    loop {
        let here = found.or(node.live);
        let early = front.fed.iter::<OptionId>().filter(|id| {
            fits(*id)
                && instance.options[*id]
                    .parents
                    .iter()
                    .any(|read| here.has(read.option) || front.crowded(ask, *id, read.option))
        });
        let parents = found
            .iter()
            .flat_map(|id: OptionId| &instance.options[id].parents);
        let parents = parents.map(|read| read.option).filter(|id| fits(*id));
        let more = early.chain(parents).collect::<Bits>().or(found);
        if more == found {
            let mut found: Vec<OptionId> = found.iter().collect();
            found.reverse();
            return found;
        }
        found = more;
    }
}

/// One task run next from one state.
struct Expansion<'a, 'b> {
    ask: &'a Ask<'a>,
    front: &'a FrontRow,
    node: &'a Node,
    task: TaskId,
    swaps: u32,
    options: Vec<OptionId>,
    next: &'b mut Layer,
    answer: &'b mut Answer,
    limit: u64,
    cut: bool,
}

impl Expansion<'_, '_> {
    /// Builds any subset of the options that serve the task or one of the builds, or that a parent may serve. `taken`
    /// are reads that an option built for nothing else will serve.
    fn choose(&mut self, at: usize, built: Bits, bytes: u64, taken: u64) {
        let instance = self.ask.instance;
        if self.answer.nodes > self.limit {
            self.cut = true;
            return;
        }
        let Some(id) = self.options.get(at).copied() else {
            return self.make_space(built, bytes);
        };
        let option = &instance.options[id];
        let mut reads = instance.tasks[self.task]
            .reads
            .iter()
            .filter(|read| read.option == id);
        let (first, more) = (reads.next(), reads.next().is_some());
        let feeds = option.children.iter().any(|child| built.has(*child));
        let only = !feeds && option.parents.is_empty();
        let blocked = only && !more && first.is_none_or(|read| read.slots & taken != 0);
        let total = bytes.saturating_add(option.bytes);
        if !blocked && total <= instance.tasks[self.task].room {
            let own = first.filter(|_| only && !more).map_or(0, |read| read.slots);
            self.choose(at + 1, built.with(id), total, taken | own);
        }
        self.choose(at + 1, built, bytes, taken);
    }

    fn make_space(&mut self, built: Bits, bytes: u64) {
        let Self { ask, node, .. } = *self;
        // A set of builds that serves nothing is looked at as well.
        self.answer.nodes += 1;
        let room = ask.instance.tasks[self.task].room - bytes;
        let (ways, cut) = keeps(ask.instance, node.live, node.held, room, ask.ways(), |id| {
            self.front.left[id].min(ask.instance.options[id].build)
        });
        self.cut |= cut;
        for kept in ways {
            self.serve(built, kept);
        }
    }

    /// Serves the task and the builds, with each choice of bindings.
    fn serve(&mut self, built: Bits, kept: Bits) {
        let Self { ask, node, .. } = *self;
        let instance = ask.instance;
        let live = kept.or(built);
        let at_hand = |read: &Read| live.has(read.option);
        let (gain, by) = serve(&instance.tasks[self.task].reads, at_hand);
        let binding: Vec<HoldId> = built
            .iter::<OptionId>()
            .flat_map(|id| &instance.options[id].parents)
            .filter(|read| live.has(read.option))
            .filter_map(|read| read.hold)
            .collect();
        let free = binding.len().min(FREE_BINDINGS);
        self.cut |= binding.len() > free;
        for choice in 0..1_u32 << free {
            let chosen = binding
                .iter()
                .enumerate()
                .filter(|(row, _)| choice >> (*row).min(FREE_BINDINGS - 1) & 1 == 1);
            let chosen: Bits = chosen.map(|(_, hold)| *hold).collect();
            let (mut value, mut serving) = (node.value + gain, by);
            for id in built.iter::<OptionId>() {
                let option = &instance.options[id];
                let may =
                    |read: &Read| at_hand(read) && read.hold.is_none_or(|hold| chosen.has(hold));
                let (saved, from) = serve(&option.parents, may);
                value += (saved - option.build).min(0);
                serving = serving.or(from);
                if saved > 0 {
                    serving = serving.with(id);
                }
            }
            if built.within(serving) {
                let held = node.held.or(chosen);
                self.arrive(value, live, built, bindings(instance, live, held));
            }
        }
    }

    fn arrive(&mut self, value: i64, live: Bits, built: Bits, held: Bits) {
        let Self { ask, node, .. } = *self;
        let instance = ask.instance;
        self.answer.nodes += 1;
        let target = self.next.front(ask, self.front.done.with(self.task));
        let (front, nodes) = &mut self.next.fronts[target];
        let ended: Bits = instance.tasks[self.task].ends.iter().copied().collect();
        let after = closed(instance, live.minus(ended), held);
        let after = needed(instance, after, held, front.useful);
        let bound = value + front.bound(after);
        if bound > ask.floor {
            nodes.push(Node {
                live: after,
                held: bindings(instance, after, held),
                value,
                bound,
                swaps: self.swaps,
                step: Trail {
                    task: self.task,
                    live,
                    built,
                    ..node.step
                },
            });
        }
    }
}
