//! Stage `frame`: workload → candidates, generously. Whether one pays is decided by `plan`.
//!
//! A *covering read* of a table version holds the union of the columns that its readers need and the rows that pass a
//! hull of their filters; a reader keeps all of its own predicates, so all that has to hold is: its filters imply the
//! hull, and its columns are among those of the frame. Where a statement of the pipeline has written the version, it is
//! an *intermediate*. A *repeated subquery* is the body of a common table expression or derived table that stands in
//! several places: equal up to blanks, comments, letter case, optional `AS`, aliases and the order of what `AND` joins;
//! or equal but for what it selects and how much it filters (`widened`). A *join core* is what several `SELECT`s join on
//! the same keys (see `join`). A *covering aggregate* groups a table once for several blocks that group it by the same
//! columns, or by fewer of them (see `aggregate`). Whatever may not share is refused with a reason that `plan` hands on.
//!
//! ```text
//! SELECT a FROM t WHERE c > 1          frame   SELECT a, b, c FROM t WHERE c > 1 OR c = 0
//! SELECT b FROM t WHERE c = 0    ──▶   reader  SELECT a FROM frame AS t WHERE c > 1
//! ```

mod aggregate;
mod canonical;
mod covering;
mod hull;
mod inputs;
mod join;
mod lift;
mod listing;
mod needed;
mod padding;
mod repeated;
mod source;
#[cfg(test)]
pub(in crate::planner) mod testing;
#[cfg(test)]
mod tests;
mod texts;
mod walk;
mod widened;

pub use self::aggregate::{Again, Aggregation, Computed, Formula, Given, Kept, Part, Use, Value};
pub use self::lift::{Lift, lift};
pub(in crate::planner) use self::needed::Needed;
pub use self::widened::{Share, Widened, WidenedColumn};
use crate::diagnostic::Span;
use crate::facts::access::{ReadId, SubqueryId, TableVersion};
use crate::facts::catalog::Catalog;
use crate::facts::workload::Workload;
use crate::frontend::source::Sources;
use crate::frontend::statement::{JoinKind, StatementId};

/// Placeholder in program texts for what differs per run (frame prefix, markers); `run` fills it in. A statement
/// whose own text holds it reads no frame.
pub const NAMESPACE: &str = "{ns}";

/// Placeholder for the place of the run's scratch database, which differs from machine to machine; `run` fills it in
/// where it fills in [`NAMESPACE`].
pub const SCRATCH: &str = "{scratch}";

/// The placeholder that a text of the user's holds, if it does: it would be filled in.
fn placeholder(text: &str) -> Option<&'static str> {
    let mut placeholders = [NAMESPACE, SCRATCH].into_iter();
    placeholders.find(|placeholder| text.contains(placeholder))
}

/// What there is to choose from, and what cannot be chosen.
#[derive(Clone, Debug, Default)]
pub struct Candidates {
    /// In order of first use; `candidates[i].id == CandidateId(i)`.
    pub candidates: Vec<Candidate>,
    /// Repeated reads and subqueries that no candidate serves, by subject.
    pub refusals: Vec<Refusal>,
}

impl Candidates {
    /// A candidate by its number.
    pub fn get(&self, id: CandidateId) -> Option<&Candidate> {
        self.candidates.get(id.0 as usize)
    }
}

/// What a decision is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A table version read more than once.
    Table(TableVersion),
    /// A subquery that stands in several places: its occurrences.
    Subquery(Vec<SubqueryId>),
    /// Tables joined on the same keys in several blocks: the reads of each block, in the order of its text.
    Join(Vec<Vec<ReadId>>),
    /// A grouping that several blocks make of one table version.
    Aggregate {
        /// The table.
        version: TableVersion,
        /// What it groups by, lower-case, sorted: names of columns, or texts. None for all rows together.
        keys: Vec<String>,
    },
}

/// Why some readers of a repeated table or subquery can share nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is repeated.
    pub subject: Subject,
    /// The reads that stay as they are.
    pub reads: Vec<ReadId>,
    /// Why.
    pub reason: Reason,
}

/// A reason in words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// Stable kebab-case word.
    pub code: &'static str,
    /// One lowercase sentence.
    pub text: String,
}

impl Reason {
    pub(in crate::planner) fn new(code: &'static str, text: impl Into<String>) -> Self {
        Reason {
            code,
            text: text.into(),
        }
    }
}

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
    /// A covering read of a version that a statement of the pipeline has written: built behind that statement, as what
    /// is read back may differ from what was written.
    Intermediate,
    /// The same common table expression or derived table in several places.
    RepeatedSubquery,
    /// Tables that several blocks join on the same keys.
    JoinCore,
    /// One grouping of a table with the aggregates of several blocks that group by the same columns.
    CoveringAggregate,
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
    /// The repeated table or subquery that it would serve.
    pub subject: Subject,
}

impl Candidate {
    /// Its kind.
    pub fn kind(&self) -> FrameKind {
        match self.definition {
            Definition::CoveringRead { written: true, .. } => FrameKind::Intermediate,
            Definition::CoveringRead { .. } => FrameKind::CoveringRead,
            Definition::RepeatedSubquery { .. } | Definition::WidenedSubquery(_) => {
                FrameKind::RepeatedSubquery
            }
            Definition::JoinCore { .. } => FrameKind::JoinCore,
            Definition::CoveringAggregate(_) => FrameKind::CoveringAggregate,
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
        /// Whether a statement of the pipeline has written it.
        written: bool,
        /// Columns in the table's order and spelling.
        columns: Vec<String>,
        /// Filter that every reader's rows pass: a disjunction of conjunctions; empty for all rows. No conjunction
        /// is empty.
        hull: Vec<Vec<HullTest>>,
    },
    /// The body of a common table expression or derived table.
    RepeatedSubquery {
        /// The first occurrence. A frame uses the text of the first occurrence that it serves, because unqualified
        /// names resolve as there.
        body: Span,
        /// Output columns of that occurrence, in order and spelling.
        columns: Vec<String>,
    },
    /// The body of subqueries that are equal but for what they select and how much they filter.
    WidenedSubquery(Widened),
    /// Tables joined on their keys.
    JoinCore {
        /// The tables, each joined with earlier ones; those that an outer join fills with NULLs last.
        members: Vec<CoreMember>,
        /// Filter that every reader's rows pass, as of a covering read; no test is of a table filled with NULLs.
        hull: Vec<Vec<HullTest>>,
        /// What changes in the text of each reader.
        readers: Vec<CoreReader>,
    },
    /// The aggregates of several blocks, each over the rows that its block keeps.
    CoveringAggregate(Box<Aggregation>),
}

/// A table of a join core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoreMember {
    /// The table.
    pub version: TableVersion,
    /// What it is called in the frame's text, lower-case: as in its first reader.
    pub alias: String,
    /// How it is joined with the tables before it: inner, as the first one counts, or left.
    pub kind: JoinKind,
    /// What is equal to columns of earlier tables; empty for the first one only.
    pub keys: Vec<CoreKey>,
    /// Its columns in the frame.
    pub columns: Vec<CoreColumn>,
}

/// A column that equals one of an earlier table of a join core; both in their tables' spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoreKey {
    /// The column.
    pub column: String,
    /// Number of the earlier table.
    pub member: usize,
    /// The column there.
    pub other: String,
}

/// A column of a join core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoreColumn {
    /// The table's column, in its spelling.
    pub column: String,
    /// What it is called in the frame: the same, unless two tables have a column of that name there.
    pub name: String,
}

/// What changes in the text of a reader of a join core, besides the name of its first table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoreReader {
    /// Its reads, in the order of the text.
    pub reads: Vec<ReadId>,
    /// What goes: the other tables, each with what joins it.
    pub removed: Vec<Span>,
    /// Columns that are written in another way.
    pub references: Vec<CoreReference>,
}

/// A column of a join core in the text of a reader that is written in another way over the frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoreReference {
    /// Its table, by number.
    pub member: usize,
    /// What qualifies it.
    pub qualifier: Span,
    /// It with its qualifier.
    pub whole: Span,
    /// The frame's name for it, where that is another one.
    pub renamed: Option<String>,
    /// The name of the output column that it makes, where the text gives none but the column's own.
    pub output: Option<String>,
}

impl Definition {
    /// Whether it is the text of one of its readers, so that other frames can be read there; not where more is selected
    /// than in that text: of its tables it needs what none of its reads tells.
    pub(in crate::planner) fn is_text(&self) -> bool {
        matches!(self, Definition::RepeatedSubquery { .. })
    }
}

/// One test of a hull.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HullTest {
    /// The table of a join core that it tests, by number; 0 for a covering read.
    pub member: usize,
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
    /// Where they stand.
    pub place: Place,
}

impl Reader {
    /// The one of some readers that a frame is built before.
    pub(in crate::planner) fn first<'r>(
        readers: impl IntoIterator<Item = &'r Reader>,
    ) -> Option<&'r Reader> {
        readers.into_iter().min_by_key(|reader| reader.statement)
    }

    /// The subquery whose body it replaces, if it does.
    pub fn subquery(&self) -> Option<SubqueryId> {
        match self.place {
            Place::Body(subquery) => Some(subquery),
            Place::Name | Place::Joined | Place::Block => None,
        }
    }
}

/// What a reader replaces in the text of its statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The name of a table: that of its only read.
    Name,
    /// The body of a subquery.
    Body(SubqueryId),
    /// Joined tables: the name of that of the first read, and the others with what joins them.
    Joined,
    /// The rows and aggregates of the block that groups its only read.
    Block,
}

/// Candidates of all kinds, in order of first use, and the reasons for what is not among them.
pub fn candidates(workload: &Workload, sources: &Sources, catalog: &Catalog) -> Candidates {
    let texts = texts::Texts::new(sources);
    let context = Context {
        workload,
        catalog,
        texts: &texts,
        made_padded: padding::made(workload, catalog, &texts),
    };
    let mut found = Candidates::default();
    covering::find(&context, &mut found);
    repeated::find(&context, &mut found);
    widened::find(&context, &mut found);
    join::find(&context, &mut found);
    aggregate::find(&context, &mut found);
    // First use, then the wider candidate, then tables before subqueries before joins before groupings: `plan` breaks ties
    // by this order.
    found.candidates.sort_by_key(|candidate| {
        let first = candidate.readers.first().map(|reader| reader.statement);
        (
            first,
            candidate.kind(),
            candidate.subject.clone(),
            std::cmp::Reverse(candidate.readers.len()),
        )
    });
    for (candidate, number) in found.candidates.iter_mut().zip(0..) {
        candidate.id = CandidateId(number);
    }
    found
}

/// What the parts of this stage look things up in.
struct Context<'a> {
    workload: &'a Workload,
    catalog: &'a Catalog,
    texts: &'a texts::Texts<'a>,
    /// Tables that the pipeline may make with CHAR columns, each from a generation on.
    made_padded: padding::Made,
}
