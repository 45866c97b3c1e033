//! Which of the frames at hand serve one user: disjoint reads, largest saving.

use super::dense::Bits;
use super::instance::Read;

/// Steps after which the best packing so far stands. Statements see few frames, and end long before.
const STEPS: u32 = 20_000;

/// Competing reads up to which the best packing is found only to know its gain.
const FEW: usize = 10;

/// The best choice for one user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Packing {
    /// What it saves.
    pub(super) gain: i64,
    /// What no choice exceeds: the gain, unless the steps ran out.
    pub(super) bound: i64,
    /// Rows of the uses chosen, ascending.
    pub(super) chosen: Vec<usize>,
}

/// Chooses among the reads whose frame is at hand: weighted set packing over the contested slots, by branch and bound.
/// Reads that nothing else wants are simply taken.
pub(super) fn pack(reads: &[Read], at_hand: impl Fn(&Read) -> bool) -> Packing {
    let mut best = Packing::default();
    let mut contested: Vec<(usize, &Read)> = Vec::new();
    for (row, read) in reads.iter().enumerate().filter(|(_, read)| at_hand(read)) {
        if read.slots == 0 {
            best.gain += read.saving;
            best.chosen.push(row);
        } else {
            contested.push((row, read));
        }
    }
    best.bound = best.gain;
    if contested.is_empty() {
        return best;
    }
    contested.sort_by_key(|(row, read)| (std::cmp::Reverse(read.saving), *row));
    let left = contested.iter().map(|(_, read)| read.saving).sum();
    let mut search = Search {
        contested,
        steps: STEPS,
        path: Vec::new(),
        best: Packing::default(),
    };
    search.descend(0, 0, 0, left);
    let most = if search.steps == 0 {
        left
    } else {
        search.best.gain
    };
    best.bound += most;
    best.gain += search.best.gain;
    best.chosen.extend(search.best.chosen);
    best.chosen.sort_unstable();
    best
}

/// What no packing of the reads exceeds: the best one where few compete, else each contested slot at its dearest share.
pub(super) fn most(reads: &[Read]) -> i64 {
    let contested = reads.iter().filter(|read| read.slots != 0);
    if contested.clone().count() <= FEW {
        return pack(reads, |_| true).bound;
    }
    let mut dearest = [0; 64];
    for read in contested {
        let slots = i64::from(read.slots.count_ones());
        for (bit, best) in dearest.iter_mut().enumerate() {
            if read.slots >> bit & 1 == 1 {
                *best = (read.saving + slots - 1).div_euclid(slots).max(*best);
            }
        }
    }
    let alone = reads.iter().filter(|read| read.slots == 0);
    alone.map(|read| read.saving).sum::<i64>() + dearest.iter().sum::<i64>()
}

/// The gain of [`pack`] and the options that take part in it, without a list where none of them compete.
pub(super) fn serve(reads: &[Read], at_hand: impl Fn(&Read) -> bool) -> (i64, Bits) {
    let (mut gain, mut by, mut taken) = (0, Bits::default(), 0);
    for read in reads.iter().filter(|read| at_hand(read)) {
        if read.slots & taken != 0 {
            let packing = pack(reads, at_hand);
            let chosen = packing.chosen.iter().filter_map(|row| reads.get(*row));
            return (packing.gain, chosen.map(|read| read.option).collect());
        }
        taken |= read.slots;
        gain += read.saving;
        by = by.with(read.option);
    }
    (gain, by)
}

struct Search<'a> {
    contested: Vec<(usize, &'a Read)>,
    steps: u32,
    path: Vec<usize>,
    best: Packing,
}

impl Search<'_> {
    fn descend(&mut self, at: usize, taken: u64, gain: i64, left: i64) {
        if gain > self.best.gain {
            self.best.gain = gain;
            self.best.chosen.clone_from(&self.path);
        }
        if gain + left <= self.best.gain || self.steps == 0 {
            return;
        }
        self.steps -= 1;
        let Some((row, read)) = self.contested.get(at).copied() else {
            return;
        };
        let left = left - read.saving;
        if read.slots & taken == 0 {
            self.path.push(row);
            self.descend(at + 1, taken | read.slots, gain + read.saving, left);
            self.path.pop();
        }
        self.descend(at + 1, taken, gain, left);
    }
}
