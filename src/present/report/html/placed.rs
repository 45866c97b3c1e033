//! Places for the boxes of a graph, by layers.
//!
//! ```text
//! layers: the longest way to a box decides its layer     ── left to right, as rows flow
//! order: in a layer, by the middle of what a box is joined with; a few sweeps to and fro
//! columns: a layer of many boxes becomes several columns, so that the picture is about as wide as a screen
//! below: boxes that nothing is joined with
//! ```
//!
//! Whole numbers only, and ties fall by the given order: the same graph gets the same places everywhere.

use std::collections::BTreeSet;

/// Width of every box.
pub(super) const WIDTH: u32 = 220;
/// Between columns of one layer.
const BESIDE: u32 = 24;
/// Between layers, where lines bend.
const BETWEEN: u32 = 90;
/// Between boxes of a column.
const BELOW: u32 = 14;
/// Between what is joined and what is not.
const APART: u32 = 60;
/// Most boxes of a column, where there are few.
const ROWS: usize = 10;
/// Sweeps through the layers.
const SWEEPS: usize = 6;

/// Where the left upper corner of a box lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) x: u32,
    pub(super) y: u32,
}

/// A graph with its places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Placed {
    /// By number of the box.
    pub(super) places: Vec<Place>,
    pub(super) width: u32,
    pub(super) height: u32,
    /// Where the boxes begin that nothing is joined with, if there are any.
    pub(super) apart: Option<u32>,
}

/// Places boxes of given heights. An edge that leads back, to a box before it, does not decide where its ends lie.
pub(super) fn place(heights: &[u32], edges: &[(usize, usize)]) -> Placed {
    let joined: BTreeSet<usize> = edges.iter().flat_map(|(from, to)| [*from, *to]).collect();
    let mut placed = Placed {
        places: vec![Place::default(); heights.len()],
        ..Placed::default()
    };
    let rows = ROWS.max((heights.len() * 2).isqrt());
    let mut columns: Vec<(u32, Vec<usize>)> = Vec::new();
    let mut x = 0;
    for layer in ordered(layers(heights.len(), edges), &joined, edges) {
        for column in layer.chunks(rows) {
            columns.push((x, column.to_vec()));
            x += WIDTH + BESIDE;
        }
        x += BETWEEN - BESIDE;
    }
    let height = |column: &[usize]| -> u32 {
        let heights = column.iter().filter_map(|at| heights.get(*at));
        heights.map(|height| height + BELOW).sum()
    };
    let tallest = columns.iter().map(|(_, column)| height(column)).max();
    let tallest = tallest.unwrap_or(0);
    for (x, column) in &columns {
        let mut y = (tallest - height(column)) / 2;
        for at in column {
            placed.put(*at, *x, y);
            y += heights.get(*at).copied().unwrap_or(0) + BELOW;
        }
        placed.width = placed.width.max(x + WIDTH);
    }
    placed.height = tallest.saturating_sub(BELOW);
    placed.below(heights, &joined, rows);
    placed
}

impl Placed {
    fn put(&mut self, at: usize, x: u32, y: u32) {
        if let Some(place) = self.places.get_mut(at) {
            *place = Place { x, y };
        }
    }

    /// Puts the boxes that nothing is joined with into lines below the others.
    fn below(&mut self, heights: &[u32], joined: &BTreeSet<usize>, rows: usize) {
        let alone = (0..heights.len()).filter(|at| !joined.contains(at));
        let alone: Vec<usize> = alone.collect();
        if alone.is_empty() {
            return;
        }
        let step = WIDTH + BESIDE;
        // As wide as what is above, or as many lines as columns have boxes.
        let above = usize::try_from((self.width + BESIDE) / step).unwrap_or(1);
        let wide = above.max(alone.len().div_ceil(rows));
        let mut y = if self.height == 0 {
            0
        } else {
            self.height + APART
        };
        self.apart = Some(y);
        for line in alone.chunks(wide) {
            let mut x = 0;
            for at in line {
                self.put(*at, x, y);
                self.width = self.width.max(x + WIDTH);
                x += step;
            }
            let tallest = line.iter().filter_map(|at| heights.get(*at)).max();
            y += tallest.copied().unwrap_or(0) + BELOW;
        }
        self.height = y - BELOW;
    }
}

/// The layer of each box: one more than that of whatever leads to it.
fn layers(boxes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut forward: Vec<(usize, usize)> = edges.to_vec();
    forward.retain(|(from, to)| from < to);
    // Sorted, so that whatever leads to a box is done before the box leads on.
    forward.sort_unstable();
    let mut layers = vec![0; boxes];
    for (from, to) in forward {
        let next = layers.get(from).map_or(0, |layer| layer + 1);
        if let Some(layer) = layers.get_mut(to) {
            *layer = next.max(*layer);
        }
    }
    layers
}

/// The joined boxes of each layer, in an order in which few edges cross.
fn ordered(
    layers: Vec<usize>,
    joined: &BTreeSet<usize>,
    edges: &[(usize, usize)],
) -> Vec<Vec<usize>> {
    let number = layers.iter().max().map_or(0, |last| last + 1);
    let mut ordered: Vec<Vec<usize>> = vec![Vec::new(); number];
    let (mut before, mut behind) = (
        vec![Vec::new(); layers.len()],
        vec![Vec::new(); layers.len()],
    );
    for (from, to) in edges {
        before
            .get_mut(*to)
            .into_iter()
            .for_each(|list: &mut Vec<usize>| list.push(*from));
        behind
            .get_mut(*from)
            .into_iter()
            .for_each(|list: &mut Vec<usize>| list.push(*to));
    }
    let mut heights = vec![0; layers.len()];
    for (at, layer) in layers.into_iter().enumerate() {
        if joined.contains(&at) {
            ordered
                .get_mut(layer)
                .into_iter()
                .for_each(|boxes| boxes.push(at));
        }
    }
    ordered.retain(|layer| !layer.is_empty());
    for layer in &ordered {
        spread(layer, &mut heights);
    }
    for sweep in 0..SWEEPS {
        let sides = if sweep % 2 == 0 { &before } else { &behind };
        let mut sort = |layer: &mut Vec<usize>| {
            layer.sort_by_key(|at| (middle(*at, sides, &heights), *at));
            spread(layer, &mut heights);
        };
        if sweep % 2 == 0 {
            ordered.iter_mut().for_each(&mut sort);
        } else {
            ordered.iter_mut().rev().for_each(&mut sort);
        }
    }
    ordered
}

/// Notes how far down in its layer each box is, in millionths.
fn spread(layer: &[usize], heights: &mut [u64]) {
    let all = layer.len().max(1) as u64;
    for (number, at) in layer.iter().enumerate() {
        if let Some(height) = heights.get_mut(*at) {
            *height = (2 * number as u64 + 1) * 500_000 / all;
        }
    }
}

/// The mean height of what a box is joined with on a side; its own where there is nothing.
fn middle(at: usize, sides: &[Vec<usize>], heights: &[u64]) -> u64 {
    let height = |at: &usize| heights.get(*at).copied().unwrap_or(0);
    match sides.get(at).map_or(&[][..], Vec::as_slice) {
        [] => height(&at),
        others => others.iter().map(height).sum::<u64>() / others.len() as u64,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rows_flow_from_left_to_right_and_lines_do_not_cross_needlessly() {
        // 0 and 1 give to 3 and 2; nothing touches 4.
        let placed = place(&[40, 40, 40, 40, 30], &[(0, 3), (1, 2)]);
        let at = |number: usize| (placed.places[number].x, placed.places[number].y);
        assert_eq!((at(0), at(1)), ((0, 0), (0, 54)));
        assert_eq!((at(3), at(2)), ((310, 0), (310, 54)));
        assert_eq!((at(4), placed.apart), ((0, 154), Some(154)));
        assert_eq!((placed.width, placed.height), (530, 184));
    }

    #[test]
    fn nothing_joined_is_a_picture_too() {
        let placed = place(&[30; 5], &[]);
        assert_eq!((placed.apart, placed.width), (Some(0), 220));
        assert_eq!(place(&[], &[]), Placed::default());
    }

    proptest! {
        /// No two boxes overlap, and whatever leads forward leads to the right.
        #[test]
        fn boxes_keep_apart(
            heights in prop::collection::vec(20_u32..60, 1..60),
            ends in prop::collection::vec((0_usize..60, 0_usize..60), 0..120),
        ) {
            let number = heights.len();
            let edges: Vec<(usize, usize)> = ends
                .into_iter()
                .map(|(from, to)| (from % number, to % number))
                .filter(|(from, to)| from != to)
                .collect();
            let placed = place(&heights, &edges);
            prop_assert_eq!(&placed, &place(&heights, &edges));
            for (one, (place, height)) in placed.places.iter().zip(&heights).enumerate() {
                prop_assert!(place.x + WIDTH <= placed.width && place.y + height <= placed.height);
                for (other, tall) in placed.places.iter().zip(&heights).skip(one + 1) {
                    let beside = place.x + WIDTH <= other.x || other.x + WIDTH <= place.x;
                    let below = place.y + height <= other.y || other.y + tall <= place.y;
                    prop_assert!(beside || below);
                }
            }
            for (from, to) in edges.into_iter().filter(|(from, to)| from < to) {
                prop_assert!(placed.places[from].x < placed.places[to].x);
            }
        }
    }
}
