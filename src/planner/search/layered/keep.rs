//! Which living frames stay where space is short.

use super::super::OptionId;
use super::super::dense::Bits;
use super::super::instance::{HoldId, Instance};

/// Decisions that looking for one way may take.
const STEPS_PER_WAY: usize = 16;

/// Every largest set of the living frames that fits into `room`; a frame goes with the parent that must outlive it.
/// Those without the frames of least `worth` come first, and no more than `most` are looked for. Also whether some were
/// left out.
pub(super) fn keeps(
    instance: &Instance,
    live: Bits,
    held: Bits,
    room: u64,
    most: usize,
    worth: impl Fn(OptionId) -> i64,
) -> (Vec<Bits>, bool) {
    let mut frames: Vec<(OptionId, u64)> = live
        .iter()
        .map(|id: OptionId| (id, instance.options[id].bytes))
        .collect();
    let total = frames.iter().map(|(_, bytes)| bytes).sum::<u64>();
    if total <= room {
        return (vec![live], false);
    }
    frames.sort_by_cached_key(|(id, _)| (worth(*id), *id));
    let mut ways = Ways {
        instance,
        live,
        held,
        room,
        frames,
        found: Vec::new(),
        most,
        steps: most.saturating_mul(STEPS_PER_WAY),
        cut: false,
    };
    ways.descend(0, live, total);
    (ways.found, ways.cut)
}

struct Ways<'a> {
    instance: &'a Instance,
    live: Bits,
    held: Bits,
    room: u64,
    frames: Vec<(OptionId, u64)>,
    found: Vec<Bits>,
    most: usize,
    steps: usize,
    cut: bool,
}

impl Ways<'_> {
    /// Decides the frames from `at` on; what is undecided counts as kept.
    fn descend(&mut self, at: usize, kept: Bits, bytes: u64) {
        if bytes <= self.room {
            // Keeping all the rest is the largest choice here; it is one of the largest if nothing let go fits back.
            let let_go = self.live.minus(kept);
            let returns = let_go.iter().any(|id: OptionId| {
                let parents = self.parents(id);
                let back = self.instance.options[id].bytes + bytes <= self.room;
                back && parents.within(kept)
            });
            if !returns {
                self.found.push(kept);
            }
            return;
        }
        if self.found.len() >= self.most || self.steps == 0 {
            self.cut = true;
            return;
        }
        self.steps -= 1;
        let decided = self.frames.iter().take(at).filter(|(id, _)| kept.has(*id));
        if decided.map(|(_, bytes)| bytes).sum::<u64>() > self.room {
            return;
        }
        let Some((id, _)) = self.frames.get(at).copied() else {
            return;
        };
        if !kept.has(id) {
            return self.descend(at + 1, kept, bytes);
        }
        let without = closed(self.instance, kept.without(id), self.held);
        let freed: u64 = kept
            .minus(without)
            .iter()
            .map(|gone: OptionId| self.instance.options[gone].bytes)
            .sum();
        self.descend(at + 1, without, bytes - freed);
        self.descend(at + 1, kept, bytes);
    }

    fn parents(&self, child: OptionId) -> Bits {
        let holds = self
            .held
            .iter::<HoldId>()
            .map(|hold| self.instance.holds[hold]);
        holds
            .filter(|(_, held)| *held == child)
            .map(|(parent, _)| parent)
            .collect()
    }
}

/// The frames without those whose parent must outlive them and is gone.
pub(super) fn closed(instance: &Instance, mut live: Bits, held: Bits) -> Bits {
    loop {
        let before = live;
        for hold in held.iter::<HoldId>() {
            let (parent, child) = instance.holds[hold];
            if !live.has(parent) {
                live = live.without(child);
            }
        }
        if live == before {
            return live;
        }
    }
}

/// The frames that are useful or that a kept frame is bound to.
pub(super) fn needed(instance: &Instance, live: Bits, held: Bits, useful: Bits) -> Bits {
    let mut kept = live.and(useful);
    loop {
        let before = kept;
        for hold in held.iter::<HoldId>() {
            let (parent, child) = instance.holds[hold];
            if kept.has(child) && live.has(parent) {
                kept = kept.with(parent);
            }
        }
        if kept == before {
            return kept;
        }
    }
}

/// The bindings whose child lives.
pub(super) fn bindings(instance: &Instance, live: Bits, held: Bits) -> Bits {
    let holds = held.iter::<HoldId>();
    holds
        .filter(|hold| live.has(instance.holds[*hold].1))
        .collect()
}
