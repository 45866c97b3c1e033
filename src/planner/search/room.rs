//! What is free at each position: smallest over a stretch, taken and given back over a stretch, in logarithmic time.

use super::dense::{Dense, Id, Position};

#[derive(Clone, Copy)]
struct Cell(usize);

impl Id for Cell {
    fn of(row: usize) -> Self {
        Self(row)
    }
    fn row(self) -> usize {
        self.0
    }
}

/// A tree over the positions. A cell holds the smallest free space below it, less what is taken from all of it by the
/// cells above.
#[derive(Clone, Debug)]
pub(super) struct Room {
    leaves: usize,
    cells: Dense<Cell, (i64, i64)>,
}

impl std::fmt::Debug for Cell {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Room {
    /// What is free at each position, bytes.
    pub(super) fn new(free: impl ExactSizeIterator<Item = u64>) -> Self {
        let leaves = free.len().next_power_of_two();
        let mut cells = Dense::filled(2 * leaves, (i64::MAX / 2, 0));
        for (row, free) in free.enumerate() {
            cells[Cell(leaves + row)].0 = free.min(1 << 60).cast_signed();
        }
        let mut room = Self { leaves, cells };
        for row in (1..leaves).rev() {
            room.pull(row);
        }
        room
    }

    fn pull(&mut self, row: usize) {
        let below = self.cells[Cell(2 * row)]
            .0
            .min(self.cells[Cell(2 * row + 1)].0);
        let added = self.cells[Cell(row)].1;
        self.cells[Cell(row)].0 = below + added;
    }

    /// Gives back `bytes` over a stretch, or takes them where negative.
    pub(super) fn add(&mut self, from: Position, to: Position, bytes: i64) {
        self.change(1, 0, self.leaves, (from.row(), to.row() + 1), bytes);
    }

    fn change(&mut self, row: usize, low: usize, high: usize, over: (usize, usize), bytes: i64) {
        if over.1 <= low || high <= over.0 {
            return;
        }
        if over.0 <= low && high <= over.1 {
            let (free, added) = &mut self.cells[Cell(row)];
            *free += bytes;
            *added += bytes;
            return;
        }
        let middle = low.midpoint(high);
        self.change(2 * row, low, middle, over, bytes);
        self.change(2 * row + 1, middle, high, over, bytes);
        self.pull(row);
    }

    /// The least that is free at any position of a stretch.
    pub(super) fn least(&self, from: Position, to: Position) -> i64 {
        self.smallest(1, 0, self.leaves, (from.row(), to.row() + 1))
    }

    fn smallest(&self, row: usize, low: usize, high: usize, over: (usize, usize)) -> i64 {
        if over.1 <= low || high <= over.0 {
            return i64::MAX / 2;
        }
        if over.0 <= low && high <= over.1 {
            return self.cells[Cell(row)].0;
        }
        let middle = low.midpoint(high);
        let left = self.smallest(2 * row, low, middle, over);
        let right = self.smallest(2 * row + 1, middle, high, over);
        left.min(right) + self.cells[Cell(row)].1
    }
}
