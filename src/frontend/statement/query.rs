//! Queries: what is read, joined, kept and computed, with exact places.

use super::{Expression, Identifier, Name};
use crate::diagnostic::Span;

/// A query: common table expressions, a body, and what orders or cuts the result.
#[derive(Clone, Debug)]
pub struct Query {
    /// From `WITH` or the body's first token to the last token; without enclosing parentheses.
    pub span: Span,
    /// Its text is a query by itself, which can stand elsewhere. Not so for a step of pipe syntax, and for what
    /// stands for joined relations in brackets.
    pub verbatim: bool,
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
    /// Defined under `WITH RECURSIVE`: its definition sees itself.
    pub recursive: bool,
    /// Its definition; `query.span` is the text between the parentheses.
    pub query: Query,
}

/// The rows of a query.
#[derive(Clone, Debug)]
pub enum QueryBody {
    /// `SELECT …`.
    Select(Box<Select>),
    /// `a UNION|INTERSECT|EXCEPT b …`: the inputs in the order of the text, whatever the operators between them.
    SetOperation(Vec<Query>),
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
    /// Where its clauses stand.
    pub clauses: Clauses,
}

/// Places of the clauses of a block, each from its first word (`FROM`, `GROUP`) to its last token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clauses {
    /// `FROM …`.
    pub from: Option<Span>,
    /// `WHERE …`.
    pub filter: Option<Span>,
    /// `GROUP BY …`.
    pub group_by: Option<Span>,
    /// `HAVING …`.
    pub having: Option<Span>,
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
        /// Has `TABLESAMPLE`.
        modified: bool,
    },
    /// Joins, one after another.
    Joined {
        /// The leftmost input.
        first: Box<Relation>,
        /// Each joined with all before it.
        joins: Vec<Join>,
    },
    /// A table function, `LATERAL VIEW`, `PIVOT` or `UNPIVOT`.
    Function {
        /// The call, or the expressions of `PIVOT`; its arguments are its columns and queries.
        arguments: Vec<Expression>,
        /// Its alias.
        alias: Option<Identifier>,
        /// Column names given to it, if any.
        columns: Vec<Identifier>,
        /// It takes every column of the relations before it (`PIVOT`, `UNPIVOT`).
        whole: bool,
    },
}

/// A relation joined with those before it.
#[derive(Clone, Debug)]
pub struct Join {
    /// The right input.
    pub relation: Relation,
    /// Which rows are kept.
    pub kind: JoinKind,
    /// Conjuncts of `ON`.
    pub on: Vec<Expression>,
    /// Columns of `USING`; every common column for `NATURAL`.
    pub using: JoinColumns,
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
    /// Stands where no alias can be added (`TABLE t`).
    pub bare: bool,
}
