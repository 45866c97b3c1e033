//! Expressions, as far as planning looks into them.

use super::{Identifier, Name, Query};
use crate::diagnostic::Span;

/// An expression, as far as planning looks into it.
#[derive(Clone, Debug)]
pub struct Expression {
    /// The whole expression, exact: between the separators of its clause.
    pub span: Span,
    /// Column references outside nested queries, as written. Lambda variables are not among them.
    pub columns: Vec<ColumnReference>,
    /// `*` and `t.*` in it, outside nested queries, with their qualifiers; not the `*` of `count(*)`.
    pub stars: Vec<Option<Name>>,
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
