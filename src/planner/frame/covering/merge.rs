//! Which readers of a table may share a frame: agglomerative merging.
//!
//! Each reader begins as a cluster of its own. Of all pairs the two clusters are merged that lose least by having one
//! frame instead of two, relative to its size, until all are one. Every cluster on the way is worth a candidate: where one
//! frame for all would be too wide, several narrower ones are there to choose from.
//!
//! ```text
//! a: 1 2 3    b: 2 3    c: 7 8 9    d: 8 9 10        a b · c d · a b c d
//! ```

use std::collections::{BTreeMap, BTreeSet};

/// What a reader needs.
#[derive(Clone, Copy)]
pub(super) struct Need<'a> {
    pub(super) columns: &'a BTreeSet<String>,
    /// Whether it tests columns, so that a frame for it may leave out rows.
    pub(super) filtered: bool,
}

/// Clusters that are merged pair by pair; further ones join the nearest of them first.
const MOST_CLUSTERS: usize = 48;
/// Rows of a frame whose readers all test columns, and of one with a reader of all rows: two thirds (as assumed in
/// `cost`).
const FILTERED_ROWS: usize = 2;
const ALL_ROWS: usize = 3;

#[derive(Clone)]
struct Cluster {
    readers: BTreeSet<usize>,
    columns: BTreeSet<usize>,
    filtered: bool,
}

impl Cluster {
    /// Cells of its frame, in a unit of its own.
    fn size(&self) -> usize {
        let rows = if self.filtered {
            FILTERED_ROWS
        } else {
            ALL_ROWS
        };
        // A frame without columns still has one.
        self.columns.len().max(1) * rows
    }

    fn merged(&self, other: &Cluster) -> Cluster {
        Cluster {
            readers: &self.readers | &other.readers,
            columns: &self.columns | &other.columns,
            filtered: self.filtered && other.filtered,
        }
    }

    /// Cells that one frame for both saves, and its cells.
    fn gain(&self, other: &Cluster) -> (usize, usize) {
        let both = self.merged(other).size();
        ((self.size() + other.size()).saturating_sub(both), both)
    }
}

/// Clusters of at least two readers, by their positions; the widest first. The same readers give the same clusters.
pub(super) fn clusters(readers: &[Need<'_>]) -> Vec<Vec<usize>> {
    let mut clusters = begin(readers);
    let mut found: BTreeSet<BTreeSet<usize>> = BTreeSet::new();
    loop {
        let shared = clusters.iter().filter(|cluster| cluster.readers.len() > 1);
        found.extend(shared.map(|cluster| cluster.readers.clone()));
        let Some((first, second)) = nearest(&clusters) else {
            break;
        };
        let second = clusters.remove(second);
        if let Some(first) = clusters.get_mut(first) {
            *first = first.merged(&second);
        }
    }
    let mut found: Vec<Vec<usize>> = found
        .into_iter()
        .map(|readers| readers.into_iter().collect())
        .collect();
    found.sort_by_key(|readers| std::cmp::Reverse(readers.len()));
    found
}

/// Readers that need the same, together.
fn begin(readers: &[Need<'_>]) -> Vec<Cluster> {
    let names: BTreeSet<&String> = readers.iter().flat_map(|need| need.columns).collect();
    let numbers: BTreeMap<&String, usize> = names.into_iter().zip(0..).collect();
    let mut equal: BTreeMap<(BTreeSet<usize>, bool), BTreeSet<usize>> = BTreeMap::new();
    for (reader, need) in readers.iter().enumerate() {
        let columns = need.columns.iter();
        let columns = columns
            .filter_map(|name| numbers.get(name).copied())
            .collect();
        equal
            .entry((columns, need.filtered))
            .or_default()
            .insert(reader);
    }
    let clusters = equal
        .into_iter()
        .map(|((columns, filtered), readers)| Cluster {
            readers,
            columns,
            filtered,
        });
    let mut clusters: Vec<Cluster> = clusters.collect();
    clusters.sort_by_key(|cluster| {
        let first = cluster.readers.first().copied();
        (std::cmp::Reverse(cluster.readers.len()), first)
    });
    let further = clusters.split_off(clusters.len().min(MOST_CLUSTERS));
    for one in further {
        let positions = 0..clusters.len();
        let best = positions.reduce(|best, other| {
            let nearer = clusters
                .get(best)
                .zip(clusters.get(other))
                .is_some_and(|(best, other)| is_better(one.gain(other), one.gain(best)));
            if nearer { other } else { best }
        });
        if let Some(best) = best.and_then(|best| clusters.get_mut(best)) {
            *best = best.merged(&one);
        }
    }
    clusters
}

/// The two clusters to merge next: of equal ones the first.
fn nearest(clusters: &[Cluster]) -> Option<(usize, usize)> {
    let mut best: Option<((usize, usize), (usize, usize))> = None;
    for (second, right) in clusters.iter().enumerate() {
        for (first, left) in clusters.iter().enumerate().take(second) {
            let gain = left.gain(right);
            if best.is_none_or(|(_, known)| is_better(gain, known)) {
                best = Some(((first, second), gain));
            }
        }
    }
    best.map(|(pair, _)| pair)
}

/// Whether a share `saved / cells` is larger than another.
fn is_better(one: (usize, usize), other: (usize, usize)) -> bool {
    one.0 * other.1 > other.0 * one.1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clusters_of(readers: &[(&str, bool)]) -> Vec<Vec<usize>> {
        let columns: Vec<BTreeSet<String>> = readers
            .iter()
            .map(|(columns, _)| columns.split_whitespace().map(str::to_owned).collect())
            .collect();
        let needs = columns.iter().zip(readers);
        let needs: Vec<Need<'_>> = needs
            .map(|(columns, (_, filtered))| Need {
                columns,
                filtered: *filtered,
            })
            .collect();
        clusters(&needs)
    }

    #[test]
    fn readers_of_the_same_columns_come_first() {
        let readers = [
            ("1 2 3", true),
            ("7 8 9", true),
            ("2 3", true),
            ("8 9 10", true),
        ];
        assert_eq!(
            clusters_of(&readers),
            [vec![0, 1, 2, 3], vec![0, 2], vec![1, 3]]
        );
    }

    #[test]
    fn a_reader_of_many_columns_comes_last() {
        let readers = [
            ("1 2", true),
            ("1 2 3 4 5 6 7 8 9", true),
            ("2 3", true),
            ("1 3", true),
        ];
        let found = clusters_of(&readers);
        assert_eq!(found.first(), Some(&vec![0, 1, 2, 3]));
        assert!(found.contains(&vec![0, 2, 3]), "{found:?}");
    }

    #[test]
    fn a_reader_of_all_rows_comes_last() {
        let readers = [("1 2 3", true), ("1", false), ("1 2 4", true)];
        assert_eq!(clusters_of(&readers), [vec![0, 1, 2], vec![0, 2]]);
    }

    #[test]
    fn few_readers_have_few_clusters() {
        assert_eq!(clusters_of(&[("1", true)]), [[0; 0]; 0]);
        assert_eq!(clusters_of(&[("1", true), ("2", true)]), [vec![0, 1]]);
        assert_eq!(clusters_of(&[("", false), ("", false)]), [vec![0, 1]]);
        let many: Vec<String> = (0..400)
            .map(|number| format!("k {}", number % 150))
            .collect();
        let many: Vec<(&str, bool)> = many
            .iter()
            .map(|columns| (columns.as_str(), true))
            .collect();
        let found = clusters_of(&many);
        assert_eq!(found.first().map(Vec::len), Some(400));
        assert!(found.len() < 2 * MOST_CLUSTERS);
    }
}
