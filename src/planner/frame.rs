//! Stage `frame`: workload → candidates, generously. Whether one pays is decided by `plan`.

use crate::diagnostic::Span;
use crate::facts::access::{ReadId, SubqueryId, TableVersion};
use crate::frontend::statement::StatementId;

/// Something worth computing once, perhaps; numbered in order of first use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct CandidateId(pub u32);

/// The kinds of frames.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum FrameKind {
    /// `SELECT union of columns FROM t WHERE hull of filters`.
    CoveringRead,
    /// The same common table expression or derived table in several places.
    RepeatedSubquery,
}

/// Something that could be computed once for several readers.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its number.
    pub id: CandidateId,
    /// What it computes.
    pub definition: Definition,
    /// Every version its definition reads, through views too, sorted. It is valid while all of them are current.
    pub inputs: Vec<TableVersion>,
    /// Its readers in statement order.
    pub readers: Vec<Reader>,
}

impl Candidate {
    /// Its kind.
    pub fn kind(&self) -> FrameKind {
        match self.definition {
            Definition::CoveringRead { .. } => FrameKind::CoveringRead,
            Definition::RepeatedSubquery { .. } => FrameKind::RepeatedSubquery,
        }
    }
}

/// What a candidate computes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Definition {
    /// Some columns and rows of one table version.
    CoveringRead {
        /// The table.
        version: TableVersion,
        /// Columns in the table's order and spelling.
        columns: Vec<String>,
        /// Filter that every reader's rows pass: a disjunction of conjunctions; empty for all rows.
        hull: Vec<Vec<HullTest>>,
    },
    /// The body of a common table expression or derived table.
    RepeatedSubquery {
        /// The occurrence whose text is used: the first.
        body: Span,
        /// Output columns of that occurrence, in order and spelling.
        columns: Vec<String>,
    },
}

/// One test of a hull.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HullTest {
    /// The column, in the table's spelling.
    pub column: String,
    /// Text before the column reference in the reader's own test, from the template.
    pub before: String,
    /// Text after it.
    pub after: String,
}

/// A place that could read a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// The statement.
    pub statement: StatementId,
    /// The reads it replaces.
    pub reads: Vec<ReadId>,
    /// The subquery whose body it replaces; none where it replaces a table's name.
    pub subquery: Option<SubqueryId>,
}
