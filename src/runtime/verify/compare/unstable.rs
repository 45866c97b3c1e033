//! What plain runs leave open by themselves.

use std::collections::BTreeSet;

use super::{Verdict, both_readable, floats, schema};
use crate::runtime::verify::digest::Digest;

/// What differs between plain runs, so that it is not held against the hoisted one.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one aspect of an output, independent of the others"
)]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unstable {
    /// Why nothing can be compared: existence, readability or schema differ, as a lowercase fragment.
    pub whole: Option<String>,
    /// The number of rows, and with it everything about the rows.
    pub rows: bool,
    /// Columns, in lower case, whose values differ, or stand in other rows.
    pub columns: BTreeSet<String>,
    /// Which values of the other columns stand together in a row.
    pub together: bool,
    /// Which rows lie in which partition.
    pub partitions: bool,
    /// The order of the rows, where it counts.
    pub order: bool,
}

impl Unstable {
    /// Whether the plain runs are the same.
    pub fn is_empty(&self) -> bool {
        *self == Unstable::default()
    }

    /// What is unstable, for people, as lowercase fragments.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.rows {
            notes.push(
                "the number of rows differs between the plain runs: only the schema was compared"
                    .to_owned(),
            );
            return notes;
        }
        if !self.columns.is_empty() {
            let columns: Vec<String> = self
                .columns
                .iter()
                .map(|name| format!("`{name}`"))
                .collect();
            notes.push(format!(
                "unstable: {} (the plain runs differ there)",
                columns.join(", ")
            ));
        }
        for (is, what) in [
            (self.together, "which values stand together in rows"),
            (self.partitions, "which rows lie in which partition"),
            (self.order, "the order of the rows"),
        ] {
            if is {
                notes.push(format!("unstable: {what}"));
            }
        }
        notes
    }

    /// What differs here or there.
    #[must_use]
    pub fn and(&self, other: &Unstable) -> Unstable {
        Unstable {
            whole: self.whole.clone().or_else(|| other.whole.clone()),
            rows: self.rows || other.rows,
            columns: self.columns.union(&other.columns).cloned().collect(),
            together: self.together || other.together,
            partitions: self.partitions || other.partitions,
            order: self.order || other.order,
        }
    }
}

/// What differs between the digests of one output after two plain runs.
///
/// Where columns without floating point have other values, which values of the *others* stand together does not show:
/// digest once more with [`Output::unstable`](crate::runtime::verify::Output) set.
pub fn unstable(first: &Digest, second: &Digest) -> Unstable {
    let mut found = Unstable::default();
    if let Err(verdict) = both_readable(first, second) {
        if let Verdict::Different(_) = verdict {
            let what = if first.missing == second.missing {
                "readable"
            } else {
                "there"
            };
            found.whole = Some(format!("{what} only after one of them"));
        }
        return found;
    }
    found.whole = schema(first, second);
    if found.whole.is_some() {
        return found;
    }
    found.rows = first.rows != second.rows;
    found.order = first.order != second.order;
    found.partitions = first.partitions != second.partitions;
    for (left, right) in first.exact.iter().zip(&second.exact) {
        if left.hash != right.hash {
            found.columns.insert(left.column.to_lowercase());
        }
    }
    let settled = found.columns.is_empty();
    if settled && first.hash != second.hash {
        // One column whose values moved between rows, or more of them. The last one: computed columns stand at the end.
        let pairs = first.exact.iter().zip(&second.exact);
        let moved = pairs
            .rev()
            .find(|(left, right)| left.without == right.without);
        match moved {
            Some((column, _)) => {
                found.columns.insert(column.column.to_lowercase());
            }
            None => found.together = true,
        }
    }
    let placed = settled && first.hash == second.hash;
    for (left, right) in first.floats.iter().zip(&second.floats) {
        if floats(left, right, placed).is_some() {
            found.columns.insert(left.column.to_lowercase());
        }
    }
    found
}
