//! Stage `access`: which table versions, columns and filters each statement reads and writes.
//!
//! Input: statements in file order and the catalog. Output: one [`Access`] per statement, with names resolved as
//! Spark does (common table expressions, temporary views, current database) and tables versioned: two reads may
//! share a frame only if their [`TableVersion`]s are equal. Run once without facts to know which names to ask the
//! catalog for, and once with them. Facts only: whether something is *worth* sharing is decided in `planner`.

mod arrange;
mod block;
mod exchange;
mod found;
mod from;
mod functions;
mod gather;
mod names;
mod order;
mod resolve;
mod rules;
mod scope;
mod session;
mod settings;

use std::collections::{BTreeMap, BTreeSet};

pub use self::exchange::{Exchanges, Rows};
pub use self::functions::is_builtin;
pub use self::resolve::resolve;
use crate::diagnostic::{Diagnostic, Span};
use crate::frontend::statement::{Identifier, LiteralKind, StatementId, TestOperator};

/// What the user declares about tables and functions, because SQL cannot say it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declarations {
    /// Current database where the pipeline begins.
    pub default_database: String,
    /// Columns whose values together occur at most once, by canonical table name.
    pub keys: BTreeMap<String, Vec<String>>,
    /// Functions of the user that give the same value for the same arguments, lower-case.
    pub deterministic_functions: BTreeSet<String>,
}

/// A table, view or temporary view of the workload, numbered by first appearance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct TableId(pub u32);

/// A table between two writes. Generation 0 is what the pipeline finds.
///
/// For a view, a new generation starts also whenever something it reads, or may read, is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct TableVersion {
    /// Which table.
    pub table: TableId,
    /// How many changes lie before it.
    pub generation: u32,
}

/// One read of a table version by a statement, numbered in text order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct ReadId(pub u32);

/// One query of a statement, numbered in text order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct SubqueryId(pub u32);

/// A table of the workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its number.
    pub id: TableId,
    /// Canonical name: `database.table`, or one part for a temporary view. Lower-case, without backquotes.
    pub name: String,
    /// Whether it is a temporary view of the pipeline.
    pub temporary: bool,
}

impl Table {
    /// Whether it stands for files that a statement names by their path.
    pub fn is_files(&self) -> bool {
        names::path_of(&self.name).is_some()
    }
}

/// Everything one statement reads and writes.
#[derive(Clone, Debug)]
pub struct Access {
    /// The statement.
    pub statement: StatementId,
    /// Reads of rows, in text order. A view's dependences follow the read of the view.
    pub reads: Vec<Read>,
    /// Tables whose rows or definition it changes.
    pub writes: Vec<Write>,
    /// Tables of which only metadata is used.
    pub described: Vec<TableId>,
    /// Every version that starts after this statement: of its writes, and of all tables and views that may alias
    /// or depend on them; of every table after a barrier or a change of settings.
    pub starts: Vec<TableVersion>,
    /// Why nothing may move across it or live across it; none for a statement that is seen through.
    pub barrier: Option<Barrier>,
    /// Traits that bear on sharing what it reads.
    pub sensitivities: Vec<Sensitivity>,
    /// What in it shows how rows are arranged, beside its order-sensitive traits.
    pub arrangements: Vec<Arrangement>,
    /// Its own query, common table expressions and derived tables, as far as they read tables, in text order.
    pub subqueries: Vec<Subquery>,
}

/// Why a statement cannot be seen through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Barrier {
    /// A lowercase fragment.
    pub reason: String,
    /// The place.
    pub span: Span,
}

/// One read of a table version.
#[derive(Clone, Debug)]
pub struct Read {
    /// Its number, unique in the workload.
    pub id: ReadId,
    /// The statement that reads.
    pub statement: StatementId,
    /// What is read.
    pub version: TableVersion,
    /// How it comes about.
    pub origin: Origin,
    /// Columns needed, lower-case; none where unknown or all. Never guessed.
    pub columns: Option<BTreeSet<String>>,
    /// Tests that each row which can influence the statement passes: a frame may leave out rows for which one of
    /// them is not true.
    pub filters: Vec<Filter>,
    /// The columns by which its rows are brought together, each time in an exchange, as far as that is known.
    pub gatherings: Vec<Gathering>,
    /// Why the name in the text must stay as it is, if it must.
    pub fixed: Option<Fixed>,
    /// It is a view, and what its definition reads is not known: it may read anything.
    pub unseen: bool,
}

/// How a read comes about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Named in a `FROM` of the statement.
    Named {
        /// The name as written, all parts.
        name: Span,
        /// Its alias, where it has one.
        alias: Option<Identifier>,
        /// The last part of the name: what qualifies its columns where there is no alias.
        last_part: Identifier,
    },
    /// Read by a view that the statement names.
    ThroughView(TableId),
    /// Declared in the header of a Python file, at this place.
    Declared(Span),
    /// Seen in a Python file, at this place.
    Recognised(Span),
    /// Repeated by a Python file that uses a lazy `DataFrame` of an earlier one.
    Carried,
}

/// A test of one column against literals that every useful row passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// The whole test in the text.
    pub span: Span,
    /// The column, lower-case.
    pub column: String,
    /// Where the column is named in the test, qualifier included.
    pub reference: Span,
    /// How it is tested.
    pub operator: TestOperator,
    /// The kinds of the literals.
    pub literals: Vec<LiteralKind>,
}

/// Columns by whose values rows are brought together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gathering {
    /// What for.
    pub by: GatheredBy,
    /// The columns, lower-case; never empty.
    pub columns: BTreeSet<String>,
}

/// What rows are brought together for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GatheredBy {
    /// A join on the equality of all the columns.
    Join,
    /// A grouping by the columns.
    Grouping,
}

/// Something that shows how rows are spread over tasks and in which order they come, although it asks for no order:
/// a sum of floating-point numbers, for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrangement {
    /// The place.
    pub span: Span,
    /// The function or clause, as written.
    pub what: String,
}

/// Why the name of a table must stay as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fixed {
    /// A modifier (`TABLESAMPLE`, `VERSION AS OF`) hangs on it.
    Modified,
    /// It stands where no alias can be added (`TABLE t`).
    Bare,
    /// A column is qualified by database and table.
    FullyQualifiedColumn,
    /// It stands in the definition of a view.
    ViewDefinition,
    /// The statement also writes this table.
    WrittenByReader,
    /// A column is asked of it that the catalog does not know, or a hidden one such as `_metadata`.
    UnknownColumn,
    /// A one-part name after a statement that is not seen through: it may mean another table or view.
    AfterUnknownSession,
    /// The statement is more than one query whose text can be edited: `MERGE`, several `INSERT`s over one `FROM`, a
    /// script.
    NotAQuery,
    /// All of its columns are needed, and the pipeline may have redefined it since the catalog was asked.
    Redefined,
}

/// A trait of a statement that bears on sharing what it reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sensitivity {
    /// What kind.
    pub kind: SensitivityKind,
    /// The place.
    pub span: Span,
    /// The function or clause, as written.
    pub what: String,
}

/// Kinds of sensitivity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SensitivityKind {
    /// A function that gives other values at each evaluation, such as `rand`.
    NonDeterministic,
    /// A function that is not known to be deterministic.
    UnknownFunction,
    /// Reads where a row comes from, such as `input_file_name`.
    RowOrigin,
    /// `TABLESAMPLE`.
    Sampling,
    /// `LIMIT`, `row_number`, `first`, `collect_list`, … without a provably unique order.
    OrderSensitive,
    /// An expression that may fail on some values. Where it is computed once for several readers, it meets rows that
    /// their own tests might have kept from it.
    MayFail,
}

/// The query of a statement, or a common table expression or derived table in it.
#[derive(Clone, Debug)]
pub struct Subquery {
    /// Its number, unique in the workload.
    pub id: SubqueryId,
    /// The statement it stands in.
    pub statement: StatementId,
    /// The text between its parentheses; all of the query of a statement.
    pub body: Span,
    /// Name of the common table expression, or alias of the derived table; none for the query of a statement.
    pub name: Option<Identifier>,
    /// Output columns of the body in order as it names them; none where one has no name of its own or a `*` is not
    /// expanded. A column list behind the name stands outside.
    pub outputs: Option<Vec<Identifier>>,
    /// Reads of tables inside it, in text order.
    pub reads: Vec<ReadId>,
    /// Reads no common table expression defined outside it and no column of an outer query.
    pub closed: bool,
    /// Tables and their aliases inside it, for comparing texts up to aliases: per relation, every identifier that
    /// names it (the alias where defined, the qualifiers of its columns), in text order. A common table expression
    /// defined inside is an entry as well: its name and every use of it.
    pub aliases: Vec<Vec<Span>>,
    /// `ORDER BY`, `LIMIT` or a window in it, functions that are not deterministic: see [`Sensitivity`].
    pub sensitivities: Vec<Sensitivity>,
    /// The columns by which its rows are brought together where it is used, as far as that is known.
    pub gatherings: Vec<Gathering>,
    /// Operations in it that bring rows together.
    pub exchanges: Exchanges,
}

/// A change of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// What is changed.
    pub table: TableId,
    /// How.
    pub kind: WriteKind,
    /// The version it leaves.
    pub produces: TableVersion,
    /// The name in the text.
    pub span: Span,
}

/// How a table is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteKind {
    /// All rows replaced.
    Replace,
    /// Rows added, or part of them replaced.
    Update,
    /// Defined without rows.
    Define,
    /// Removed.
    Drop,
}

/// Accesses of all statements.
#[derive(Clone, Debug, Default)]
pub struct Accesses {
    /// Every table named or depended on.
    pub tables: Vec<Table>,
    /// One entry per statement, in order.
    pub accesses: Vec<Access>,
    /// What there is to say about the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Canonical names worth asking a catalog for, sorted: no temporary views and no paths.
pub fn names(accesses: &Accesses) -> Vec<String> {
    accesses
        .tables
        .iter()
        .filter(|table| !table.temporary && names::path_of(&table.name).is_none())
        .map(|table| table.name.clone())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests;
