//! What is free at each position: smallest over a stretch, taken and given back over a stretch.
//!
//! Two levels: positions in blocks, and of each block its least and what is taken from all of it. For the some hundred
//! positions of a pipeline that is quicker than a tree, as each block lies in one piece.

use super::dense::{Id, Position};

/// Positions of a block.
const BLOCK: usize = 32;

/// Free space by position.
#[derive(Debug)]
pub(super) struct Room {
    /// By position, without what is given back to its whole block.
    free: Vec<i64>,
    blocks: Vec<Block>,
}

#[derive(Clone, Copy, Debug)]
struct Block {
    /// The least of its positions, without what is given back to all of them.
    least: i64,
    /// Given back to all of its positions; negative where taken.
    added: i64,
}

impl Clone for Room {
    fn clone(&self) -> Self {
        Self {
            free: self.free.clone(),
            blocks: self.blocks.clone(),
        }
    }

    fn clone_from(&mut self, other: &Self) {
        self.free.clone_from(&other.free);
        self.blocks.clone_from(&other.blocks);
    }
}

impl Room {
    /// What is free at each position, bytes.
    pub(super) fn new(free: impl Iterator<Item = u64>) -> Self {
        let free: Vec<i64> = free.map(|free| free.min(1 << 60).cast_signed()).collect();
        let blocks = free.chunks(BLOCK).map(|values| Block {
            least: least(values),
            added: 0,
        });
        Self {
            blocks: blocks.collect(),
            free,
        }
    }

    /// Gives back `bytes` over a stretch, or takes them where negative.
    pub(super) fn add(&mut self, from: Position, to: Position, bytes: i64) {
        let (from, end) = (from.row(), to.row() + 1);
        let blocks = self.free.chunks_mut(BLOCK).zip(&mut self.blocks);
        let blocks = blocks.enumerate().skip(from / BLOCK);
        for (row, (values, block)) in blocks.take_while(|(row, _)| row * BLOCK < end) {
            let (low, high) = within(row, values.len(), from, end);
            if (low, high) == (0, values.len()) {
                block.added += bytes;
                continue;
            }
            for value in values.iter_mut().take(high).skip(low) {
                *value += bytes;
            }
            block.least = least(values);
        }
    }

    /// The least that is free at any position of a stretch.
    pub(super) fn least(&self, from: Position, to: Position) -> i64 {
        let (from, end) = (from.row(), to.row() + 1);
        let blocks = self.free.chunks(BLOCK).zip(&self.blocks);
        let blocks = blocks.enumerate().skip(from / BLOCK);
        let blocks = blocks.take_while(|(row, _)| row * BLOCK < end);
        let each = blocks.map(|(row, (values, block))| {
            let (low, high) = within(row, values.len(), from, end);
            let part = if (low, high) == (0, values.len()) {
                block.least
            } else {
                values.get(low..high).map_or(i64::MAX / 2, least)
            };
            part + block.added
        });
        each.min().unwrap_or(i64::MAX / 2)
    }
}

/// The part of a block that a stretch covers.
fn within(block: usize, len: usize, from: usize, end: usize) -> (usize, usize) {
    let start = block * BLOCK;
    (from.saturating_sub(start), (end - start).min(len))
}

fn least(values: &[i64]) -> i64 {
    values.iter().copied().min().unwrap_or(i64::MAX / 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_free_is_counted_position_by_position(
            free in prop::collection::vec(0..1_000_u64, 1..130),
            changes in prop::collection::vec((0..130_usize, 0..130_usize, -100..100_i64), 0..20),
        ) {
            let mut room = Room::new(free.iter().copied());
            let mut plain: Vec<i64> = free.iter().map(|free| free.cast_signed()).collect();
            for (one, other, bytes) in changes {
                let last = plain.len() - 1;
                let (from, to) = (one.min(other).min(last), one.max(other).min(last));
                room.add(Position::of(from), Position::of(to), bytes);
                for value in &mut plain[from..=to] {
                    *value += bytes;
                }
                let (from, to) = (from / 2, to);
                let expected = plain[from..=to].iter().min();
                prop_assert_eq!(Some(&room.least(Position::of(from), Position::of(to))), expected);
            }
        }
    }
}
