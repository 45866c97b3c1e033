//! What a covering aggregate computes, and what its readers have instead of their own computation.

use crate::diagnostic::Span;
use crate::facts::access::{ReadId, TableVersion};

/// One grouping of a table version that has what several blocks compute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aggregation {
    /// The table.
    pub version: TableVersion,
    /// The columns grouped by, in the table's order and spelling; none where all rows are one group. A reader groups by
    /// the same ones, or groups these groups again by some of them.
    pub keys: Vec<String>,
    /// What is computed per group.
    pub columns: Vec<Computed>,
    /// Tests that every reader makes.
    pub common: Vec<Formula>,
    /// The other tests, a conjunction per reader: a row is grouped if it passes one of them. Empty where a reader
    /// makes no other tests.
    pub others: Vec<Vec<Formula>>,
    /// Per read that it replaces.
    pub uses: Vec<Use>,
    /// Columns of the table that it reads, lower-case, sorted.
    pub read: Vec<String>,
}

/// One computed column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Computed {
    /// Its name, which no reader's text has in it.
    pub name: String,
    /// What is computed.
    pub value: Value,
    /// Over distinct values.
    pub distinct: bool,
    /// Over rows that pass these tests.
    pub tests: Vec<Formula>,
}

/// What is computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A call of an aggregate, as a reader writes it.
    Call(Formula),
    /// The number of rows. A reader leaves out groups that have none: it has no such groups.
    Rows,
}

/// Text of the pipeline whose columns are named anew: a test, or a call of an aggregate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formula {
    /// In order.
    pub parts: Vec<Part>,
}

/// A part of a formula.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text of the template.
    Text(String),
    /// A column, in the table's spelling.
    Column(String),
}

/// What stands in a reader's text instead of its own computation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The read of its table.
    pub read: ReadId,
    /// From `FROM` to the end of `GROUP BY`; where it groups again, to the end of `WHERE`.
    pub rows: Span,
    /// Tests of columns grouped by, which all rows of a group pass or none: they stay.
    pub kept: Vec<Kept>,
    /// Its calls, by place.
    pub calls: Vec<Given>,
    /// The number of its rows, where groups may have none.
    pub guard: Option<usize>,
    /// The word `HAVING`, and the condition behind it; none where it stays as it is.
    pub having: Option<(Span, Span)>,
}

/// A test that stays in a reader's `WHERE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Where it stands.
    pub place: Span,
    /// Needs brackets to be one of several.
    pub loose: bool,
}

/// A call of a reader's, and what gives its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Where it stands.
    pub place: Span,
    /// The position of its column in [`Aggregation::columns`].
    pub column: usize,
    /// How the values of several groups are one.
    pub again: Again,
}

/// How the values that a column has in several groups give the value over all their rows, of the same type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Again {
    /// The groups are those of the reader.
    Not,
    /// By adding them; 0 over no groups.
    Counts,
    /// By adding them; as this type, where that of a sum of sums is wider.
    Sums(Option<String>),
    /// By the same function, of this name.
    Same(String),
}
