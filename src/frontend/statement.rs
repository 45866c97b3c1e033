//! Stage `statement`: what one statement of the pipeline says, in our own compact form.
//!
//! Built by [`super::sql`] and [`super::python`]; every later stage reads these types and never a syntax tree.
//! All spans are in template coordinates (see [`Span`]), exact to the byte, so that a rewrite can edit them.
//! Identifiers keep the user's spelling without backquotes; comparing them is case-insensitive
//! ([`Identifier::key`]), as in Spark with `spark.sql.caseSensitive=false`.

mod blocks;
mod expression;
mod kind;
mod mentions;
mod python;
mod query;

pub use blocks::Block;
pub use expression::{
    Call, ColumnReference, Expression, LiteralKind, Operators, Shape, TestOperator, Window,
    aggregates,
};
pub use kind::{
    Change, ColumnSource, Command, Effect, Files, MadeFunction, MadeFunctions, StatementKind,
    ViewScope,
};
pub use mentions::Mentions;
pub use python::{
    Carried, PythonAction, PythonDeclaration, PythonDeed, PythonNames, PythonStep, Unseen,
};
pub use query::{
    Clauses, Cte, Join, JoinColumns, JoinKind, Query, QueryBody, Relation, Select, SelectItem,
    TableReference,
};

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
