//! What of a query brings rows together or moves them: the operations that its costs hang on.

use crate::diagnostic::Span;

/// An operation that brings rows together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exchange {
    /// A join with one more relation.
    Join,
    /// Grouping by keys, or distinct rows.
    Grouping,
    /// All rows into one: an aggregate without keys.
    Total,
    /// Window functions of a block.
    Window,
}

/// How many operations of a query bring rows together, and what its rows are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exchanges {
    /// Joins with one more relation.
    pub joins: u32,
    /// Groupings by keys, and distinct rows.
    pub groupings: u32,
    /// Blocks with window functions.
    pub windows: u32,
    /// What the rows of the query itself are.
    pub rows: Rows,
}

/// What the rows of a query are, as far as its last block says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rows {
    /// Rows of what it reads, or as many at the most unless a join multiplies them.
    #[default]
    Read,
    /// Groups.
    Groups,
    /// A single row.
    One,
}

impl Exchanges {
    /// Counts operations found inside a query, each with the place of its block.
    pub(super) fn of<'e>(found: impl Iterator<Item = &'e (Span, Exchange)>, query: Span) -> Self {
        let mut all = Exchanges::default();
        for (block, exchange) in found {
            // The last block of a query ends where it ends.
            let last = block.end == query.end;
            match exchange {
                Exchange::Join => all.joins = all.joins.saturating_add(1),
                Exchange::Window => all.windows = all.windows.saturating_add(1),
                Exchange::Grouping => all.groupings = all.groupings.saturating_add(1),
                Exchange::Total => {}
            }
            match exchange {
                Exchange::Grouping if last && all.rows == Rows::Read => all.rows = Rows::Groups,
                Exchange::Total if last => all.rows = Rows::One,
                _ => {}
            }
        }
        all
    }

    /// All of them.
    pub fn total(self) -> u32 {
        self.joins
            .saturating_add(self.groupings)
            .saturating_add(self.windows)
    }
}
