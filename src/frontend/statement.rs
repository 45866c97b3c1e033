//! Stage `statement`: what one statement of the pipeline says, in our own compact form.
//!
//! Built by [`super::sql`] and [`super::python`]; every later stage reads these types and never a syntax tree.
//! All spans are in template coordinates (see [`Span`]), exact to the byte, so that a rewrite can edit them.
//! Identifiers keep the user's spelling without backquotes; comparing them is case-insensitive
//! ([`Identifier::key`]), as in Spark with `spark.sql.caseSensitive=false`.

mod mentions;

pub use mentions::Mentions;

use crate::diagnostic::{SourceId, Span};

/// A statement of the pipeline, numbered in file order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct StatementId(pub u32);

/// One SQL statement or one Python file of the pipeline.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Position in the pipeline.
    pub id: StatementId,
    /// The file it stands in.
    pub source: SourceId,
    /// First to last significant token; the whole file for Python.
    pub span: Span,
    /// Position in its file, from 1.
    pub number: u32,
    /// What it does.
    pub kind: StatementKind,
}

/// What a statement does. Anything not understood is [`StatementKind::Opaque`]: a barrier.
#[derive(Clone, Debug)]
pub enum StatementKind {
    /// A bare query; its rows go to the caller.
    Query(Query),
    /// `INSERT INTO|OVERWRITE [TABLE] target … query`.
    Insert {
        /// The table written.
        target: Name,
        /// Replaces the rows (of the table or of the partitions named).
        overwrite: bool,
        /// Has a `PARTITION (…)` clause: only part of the table is replaced.
        partition: bool,
        /// The rows.
        query: Query,
    },
    /// `CREATE [OR REPLACE] TABLE … AS query`.
    CreateTableAs {
        /// The table made.
        target: Name,
        /// Replaces an existing table.
        replace: bool,
        /// Does nothing where the table exists.
        if_not_exists: bool,
        /// May name where its rows lie (`EXTERNAL`, `LOCATION`, `OPTIONS`, `STORED BY`), so that it may share them
        /// with another table.
        located: bool,
        /// The rows.
        query: Query,
    },
    /// `CREATE TABLE …` without rows.
    CreateTable {
        /// The table made.
        target: Name,
        /// Does nothing where the table exists.
        if_not_exists: bool,
        /// May name where its rows lie (`EXTERNAL`, `LOCATION`, `OPTIONS`, `STORED BY`), so that it may share them
        /// with another table.
        located: bool,
    },
    /// `CREATE [OR REPLACE] [TEMPORARY] VIEW … AS query`.
    CreateView {
        /// The view made.
        target: Name,
        /// Lives in the session only.
        temporary: bool,
        /// Replaces an existing view.
        replace: bool,
        /// Its definition, read whenever the view is used.
        query: Query,
    },
    /// `DROP TABLE|VIEW [IF EXISTS] …`.
    Drop {
        /// What is dropped.
        target: Name,
    },
    /// `TRUNCATE TABLE …`.
    Truncate {
        /// The table emptied.
        target: Name,
    },
    /// `USE [DATABASE] name`.
    Use {
        /// The new current database.
        database: Name,
    },
    /// `CREATE DATABASE …`: changes no table.
    CreateDatabase {
        /// The database made.
        database: Name,
    },
    /// `SET key = value`.
    Set {
        /// The setting, as written.
        key: String,
        /// Its new value; none where the statement only shows it.
        value: Option<String>,
    },
    /// `DESCRIBE`, `SHOW`, … of metadata only: reads no rows and changes nothing.
    Describe {
        /// The table described, where one is named.
        target: Option<Name>,
    },
    /// A Python file.
    Python(PythonStep),
    /// A statement that cannot be seen through.
    Opaque {
        /// Why, as a lowercase fragment.
        reason: String,
    },
}

impl StatementKind {
    /// The word for this kind in documents and messages.
    pub fn word(&self) -> &'static str {
        match self {
            StatementKind::Query(_) => "query",
            StatementKind::Insert {
                overwrite: true, ..
            } => "insert_overwrite",
            StatementKind::Insert { .. } => "insert_into",
            StatementKind::CreateTableAs { .. } => "create_table_as",
            StatementKind::CreateTable { .. } => "create_table",
            StatementKind::CreateView {
                temporary: true, ..
            } => "create_temporary_view",
            StatementKind::CreateView { .. } => "create_view",
            StatementKind::Drop { .. } => "drop",
            StatementKind::Truncate { .. } => "truncate",
            StatementKind::Use { .. } => "use",
            StatementKind::CreateDatabase { .. } => "create_database",
            StatementKind::Set { .. } => "set",
            StatementKind::Describe { .. } => "describe",
            StatementKind::Python(_) => "python",
            StatementKind::Opaque { .. } => "opaque",
        }
    }

    /// Every query in the statement, definitions of views included.
    pub fn queries(&self) -> Vec<&Query> {
        match self {
            StatementKind::CreateView { query, .. } => vec![query],
            _ => self.query().into_iter().collect(),
        }
    }

    /// Names of what the statement makes, changes or removes.
    pub fn targets(&self) -> Vec<&Name> {
        match self {
            StatementKind::Insert { target, .. }
            | StatementKind::CreateTableAs { target, .. }
            | StatementKind::CreateTable { target, .. }
            | StatementKind::CreateView { target, .. }
            | StatementKind::Drop { target }
            | StatementKind::Truncate { target } => vec![target],
            _ => Vec::new(),
        }
    }

    /// Names of tables of which only metadata is used.
    pub fn described(&self) -> Vec<&Name> {
        match self {
            StatementKind::Describe { target } => target.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The query whose rows the statement computes now. A view's definition is not: it is read where the view is
    /// used.
    pub fn query(&self) -> Option<&Query> {
        match self {
            StatementKind::Query(query)
            | StatementKind::Insert { query, .. }
            | StatementKind::CreateTableAs { query, .. } => Some(query),
            _ => None,
        }
    }
}

/// What a Python file of the pipeline declares about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PythonStep {
    /// Tables read; none where nothing is declared, which makes the step a barrier.
    pub declared: Option<PythonDeclaration>,
}

/// The header comment `# hoist: reads a, b; writes c; views v`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PythonDeclaration {
    /// Tables whose rows the step reads.
    pub reads: Vec<Name>,
    /// Tables it writes.
    pub writes: Vec<Name>,
    /// Temporary views it defines.
    pub views: Vec<Name>,
    /// The header.
    pub span: Option<Span>,
}

/// One identifier with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifier {
    /// The user's spelling, without backquotes.
    pub text: String,
    /// The token, with backquotes where written.
    pub span: Span,
}

impl Identifier {
    /// The spelling for comparing.
    pub fn key(&self) -> String {
        self.text.to_lowercase()
    }
}

/// A dotted name as written: one to three parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// Its parts; never empty.
    pub parts: Vec<Identifier>,
    /// First to last part.
    pub span: Span,
}

impl Name {
    /// The parts for comparing, joined by dots.
    pub fn key(&self) -> String {
        self.parts
            .iter()
            .map(Identifier::key)
            .collect::<Vec<_>>()
            .join(".")
    }
}

/// A query: common table expressions, a body, and what orders or cuts the result.
#[derive(Clone, Debug)]
pub struct Query {
    /// From `WITH` or the body's first token to the last token; without enclosing parentheses.
    pub span: Span,
    /// Common table expressions, in order. Each sees the earlier ones only.
    pub ctes: Vec<Cte>,
    /// The rows.
    pub body: QueryBody,
    /// `ORDER BY` keys.
    pub order_by: Vec<Expression>,
    /// Expressions of `SORT BY`, `DISTRIBUTE BY`, `CLUSTER BY`, `LIMIT`, `OFFSET`.
    pub tail: Vec<Expression>,
    /// Has `LIMIT`, `OFFSET` or `FETCH`.
    pub limited: bool,
}

/// A common table expression.
#[derive(Clone, Debug)]
pub struct Cte {
    /// Its name.
    pub name: Identifier,
    /// Column names given to it, if any.
    pub columns: Vec<Identifier>,
    /// Its definition; `query.span` is the text between the parentheses.
    pub query: Query,
}

/// The rows of a query.
#[derive(Clone, Debug)]
pub enum QueryBody {
    /// `SELECT …`.
    Select(Box<Select>),
    /// `left UNION|INTERSECT|EXCEPT right`.
    SetOperation {
        /// Left input.
        left: Box<Query>,
        /// Right input.
        right: Box<Query>,
    },
    /// A query in parentheses.
    Nested(Box<Query>),
    /// `VALUES …`.
    Values(Vec<Expression>),
}

/// One `SELECT` block.
#[derive(Clone, Debug)]
pub struct Select {
    /// From `SELECT` to the last token of its last clause.
    pub span: Span,
    /// `DISTINCT`.
    pub distinct: bool,
    /// The select list.
    pub items: Vec<SelectItem>,
    /// The relations, comma-separated ones one by one.
    pub from: Vec<Relation>,
    /// Conjuncts of `WHERE`: the filter is their `AND`.
    pub filter: Vec<Expression>,
    /// `GROUP BY` expressions.
    pub group_by: Vec<Expression>,
    /// Has a `GROUP BY` clause or an aggregate makes it one.
    pub grouped: bool,
    /// Conjuncts of `HAVING`.
    pub having: Vec<Expression>,
    /// Expressions of other clauses (`WINDOW`, `QUALIFY`, `LATERAL VIEW`): columns they name are needed.
    pub other: Vec<Expression>,
}

/// One entry of a select list.
#[derive(Clone, Debug)]
pub enum SelectItem {
    /// `expression [AS alias]`.
    Expression {
        /// What is computed.
        expression: Expression,
        /// Its name, where given.
        alias: Option<Identifier>,
    },
    /// `*` or `t.*`, with or without `EXCEPT`.
    Wildcard {
        /// Qualifier of `t.*`.
        qualifier: Option<Name>,
        /// The whole item.
        span: Span,
    },
}

/// A relation of `FROM`.
#[derive(Clone, Debug)]
pub enum Relation {
    /// A named table, view or common table expression.
    Table(TableReference),
    /// A derived table.
    Derived {
        /// Its definition; `query.span` is the text between the parentheses.
        query: Box<Query>,
        /// Its alias.
        alias: Option<Identifier>,
        /// Column names given to it, if any.
        columns: Vec<Identifier>,
        /// `LATERAL`: sees the relations before it.
        lateral: bool,
    },
    /// A join.
    Join {
        /// Left input.
        left: Box<Relation>,
        /// Right input.
        right: Box<Relation>,
        /// Which rows are kept.
        kind: JoinKind,
        /// Conjuncts of `ON`.
        on: Vec<Expression>,
        /// Columns of `USING`; every common column for `NATURAL`.
        using: JoinColumns,
    },
    /// A table function, `LATERAL VIEW` or inline `VALUES`.
    Function {
        /// Its arguments.
        arguments: Vec<Expression>,
        /// Its alias.
        alias: Option<Identifier>,
    },
}

/// Columns joined by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JoinColumns {
    /// None: the join has `ON` or nothing.
    None,
    /// `USING (a, b)`.
    Using(Vec<Identifier>),
    /// `NATURAL`: unknown without schemas.
    Natural,
}

/// Which rows a join keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    /// `INNER`, `CROSS` and comma.
    Inner,
    /// `LEFT [OUTER]`.
    Left,
    /// `RIGHT [OUTER]`.
    Right,
    /// `FULL [OUTER]`.
    Full,
    /// `LEFT SEMI`.
    Semi,
    /// `LEFT ANTI`.
    Anti,
}

/// A table named in `FROM`.
#[derive(Clone, Debug)]
pub struct TableReference {
    /// The name as written.
    pub name: Name,
    /// Its alias; without one, the last part of the name qualifies its columns.
    pub alias: Option<Identifier>,
    /// Column aliases `t (a, b)`.
    pub columns: Vec<Identifier>,
    /// Has a modifier (`TABLESAMPLE`, `VERSION AS OF`, …) that changes which rows are read.
    pub modified: bool,
}

/// An expression, as far as planning looks into it.
#[derive(Clone, Debug)]
pub struct Expression {
    /// The whole expression, exact: between the separators of its clause.
    pub span: Span,
    /// Column references outside nested queries, as written. Lambda variables are not among them.
    pub columns: Vec<ColumnReference>,
    /// Functions called outside nested queries, lower-case.
    pub calls: Vec<Call>,
    /// Nested queries.
    pub queries: Vec<Query>,
    /// What kind of test or value it is.
    pub shape: Shape,
}

/// A function call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The function's name, lower-case, parts joined by dots.
    pub name: String,
    /// Its name token(s).
    pub span: Span,
    /// Number of arguments.
    pub arguments: u32,
    /// Its `OVER` clause.
    pub window: Option<Window>,
}

/// The `OVER` clause of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Columns of `PARTITION BY` and `ORDER BY`; none where one of them is not a plain column or the window is named.
    pub keys: Option<Vec<ColumnReference>>,
    /// Has `ROWS` bounds: the value depends on the order of ties.
    pub rows: bool,
}

/// A column as written: `c`, `t.c`, `db.t.c`, `t.c.field`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnReference {
    /// Its parts; never empty.
    pub parts: Vec<Identifier>,
}

/// What planning can reason about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Exactly one column reference.
    Column,
    /// A test of exactly one column (the only entry of `columns`) against literals.
    Test {
        /// How it is tested.
        operator: TestOperator,
        /// The kinds of its literals.
        literals: Vec<LiteralKind>,
    },
    /// `column = column`.
    Equality,
    /// Anything else.
    Other,
}

/// How one column is tested against literals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestOperator {
    /// `=`, `<>`, `<`, `<=`, `>`, `>=`, `<=>`.
    Compare,
    /// `[NOT] IN (…)`.
    In,
    /// `[NOT] BETWEEN … AND …`.
    Between,
    /// `[NOT] LIKE …`.
    Like,
    /// `IS NULL`.
    IsNull,
    /// `IS NOT NULL`.
    IsNotNull,
}

/// The type family of a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LiteralKind {
    /// `'…'`.
    String,
    /// `1`, `1.5`, `-1`.
    Number,
    /// `DATE '…'`.
    Date,
    /// `TIMESTAMP '…'`.
    Timestamp,
    /// `TRUE`, `FALSE`.
    Boolean,
    /// `NULL`.
    Null,
}
