//! Queries of the syntax tree → [`Query`], with exact places.
//!
//! Tree and words are walked together: the tree says which clauses there are, the words outside brackets say where
//! each begins and ends. Where the two do not agree the statement is not understood, which makes it a barrier;
//! nothing is guessed.

mod block;
mod from;

use std::ops::Range;

use sqlparser::ast::{self, OrderByKind, SetExpr};
use sqlparser::keywords::Keyword;

use super::dialect::{self, ParseError};
use super::lex::Token;
use super::prepass::{self, Refusal};
use super::words::{Mark, Words};
use crate::frontend::source::Source;
use crate::frontend::statement::{Cte, Expression, Query, QueryBody, Relation};

/// Why a query is not understood.
#[derive(Debug)]
pub(super) struct Failure {
    /// The token it is about, where one is to blame.
    pub(super) token: Option<usize>,
    /// A lowercase fragment.
    pub(super) message: String,
    /// It is no error in the statement: hoist does not know the construct.
    pub(super) known: bool,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Failure {
            token: Some(refusal.token),
            message: refusal.message,
            known: refusal.known,
        }
    }
}

impl From<NotUnderstood> for Failure {
    fn from(error: NotUnderstood) -> Self {
        Failure {
            token: None,
            message: error.0,
            known: true,
        }
    }
}

/// Reads the tokens as one query. Places are those of the source, whatever the order of the tokens.
pub(super) fn read_query(source: &Source, tokens: &[Token]) -> Result<Query, Failure> {
    let words = prepass::query(source, tokens)?;
    let tree = dialect::parse_query(&words).map_err(|error| unparsed(&error, &words, tokens))?;
    Ok(Lowering { text: &words }.query(&tree, 0..words.len())?)
}

/// Reads the tokens as one relation of a `FROM`, with its alias.
pub(super) fn read_relation(source: &Source, tokens: &[Token]) -> Result<Relation, Failure> {
    let words = prepass::relation(source, tokens)?;
    let tree = dialect::parse_query(&words).map_err(|error| unparsed(&error, &words, tokens))?;
    let query = Lowering { text: &words }.query(&tree, 0..words.len())?;
    let relation = match query.body {
        QueryBody::Select(mut select) => select.from.pop(),
        _ => None,
    };
    Ok(relation.ok_or_else(|| not_understood("this relation"))?)
}

/// Reads the tokens as one expression.
pub(super) fn read_expression(source: &Source, tokens: &[Token]) -> Result<Expression, Failure> {
    let words = prepass::expression(source, tokens)?;
    let tree =
        dialect::parse_expression(&words).map_err(|error| unparsed(&error, &words, tokens))?;
    Ok(Lowering { text: &words }.expression(&tree, 0..words.len())?)
}

/// What the parser did not expect, as a place among the tokens.
fn unparsed(error: &ParseError, words: &Words<'_>, tokens: &[Token]) -> Failure {
    let start = words.get(error.word).map_or(0, |word| word.own.start);
    let token = tokens.iter().position(|token| token.range.start >= start);
    let found = match words.str(error.word) {
        "" => "the end",
        text => text,
    };
    Failure {
        token,
        message: format!("expected {}, found `{found}`", error.message),
        known: false,
    }
}

/// Why a query that parses is not understood all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotUnderstood(pub(super) String);

pub(super) fn not_understood(what: &str) -> NotUnderstood {
    NotUnderstood(format!("{what} is not understood"))
}

/// Lowers the tree of one query.
pub(super) struct Lowering<'a> {
    pub(super) text: &'a Words<'a>,
}

impl Lowering<'_> {
    /// A query that stands exactly in `range`.
    pub(super) fn query(
        &self,
        query: &ast::Query,
        range: Range<usize>,
    ) -> Result<Query, NotUnderstood> {
        let plain = query.pipe_operators.is_empty()
            && query.limit_clause.is_none()
            && query.fetch.is_none()
            && query.locks.is_empty()
            && query.for_clause.is_none();
        if !plain {
            return Err(not_understood("a clause of this query"));
        }
        let mut body_start = range.start;
        let mut ctes = Vec::new();
        if let Some(with) = &query.with {
            (ctes, body_start) = self.ctes(with)?;
        }
        let rest = body_start..range.end;
        let body_end = match &query.order_by {
            Some(_) => self
                .text
                .find(rest, Keyword::ORDER)
                .ok_or_else(|| not_understood("the text of `ORDER BY`"))?,
            None => rest.end,
        };
        let body = self.body(&query.body, body_start..body_end)?;
        let assembled = |index| self.text.mark(index) == Mark::Assembled;
        let mut lowered = Query {
            span: self.text.span(range.clone()),
            verbatim: !assembled(range.start) && !range.start.checked_sub(1).is_some_and(assembled),
            ctes,
            body,
            order_by: Vec::new(),
            tail: Vec::new(),
            limited: false,
        };
        self.organization(query, body_end..range.end, &mut lowered)?;
        Ok(lowered)
    }

    fn ctes(&self, with: &ast::With) -> Result<(Vec<Cte>, usize), NotUnderstood> {
        let lost = || not_understood("the text of a common table expression");
        let mut end = 0;
        let mut ctes = Vec::with_capacity(with.cte_tables.len());
        for cte in &with.cte_tables {
            let name = Self::word(&cte.alias.name).ok_or_else(lost)?;
            let mut at = name + 1;
            let mut columns = Vec::new();
            if !cte.alias.columns.is_empty() {
                for column in &cte.alias.columns {
                    columns.push(self.identifier(&column.name)?);
                }
                at = self.text.inside(at).ok_or_else(lost)?.end + 1;
            }
            if self.text.is(at, Keyword::AS) {
                at += 1;
            }
            let inside = self.text.inside(at).ok_or_else(lost)?;
            end = inside.end + 1;
            ctes.push(Cte {
                name: self.text.identifier(name),
                columns,
                recursive: with.recursive,
                query: self.query(&cte.query, inside)?,
            });
        }
        Ok((ctes, end))
    }

    fn body(&self, body: &SetExpr, range: Range<usize>) -> Result<QueryBody, NotUnderstood> {
        match body {
            SetExpr::Select(select) => Ok(QueryBody::Select(Box::new(self.select(select, range)?))),
            SetExpr::Query(inner) => {
                let inside = self
                    .text
                    .unwrap(&range)
                    .ok_or_else(|| not_understood("the text of a query in brackets"))?;
                Ok(QueryBody::Nested(Box::new(self.query(inner, inside)?)))
            }
            SetExpr::SetOperation { .. } => {
                let operators: Vec<usize> = self
                    .text
                    .top(range.clone())
                    .filter(|index| {
                        matches!(
                            self.text.keyword(*index),
                            Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT | Keyword::MINUS
                        )
                    })
                    .collect();
                let inputs = operands(body);
                let parts = super::text::parts(range, operators);
                if parts.len() != inputs.len() {
                    return Err(not_understood("the text of a set operation"));
                }
                let inputs = inputs.into_iter().zip(parts);
                Ok(QueryBody::SetOperation(
                    inputs
                        .map(|(input, part)| self.operand(input, part))
                        .collect::<Result<_, _>>()?,
                ))
            }
            SetExpr::Values(values) => {
                let rows = values.rows.iter().flat_map(|row| row.content.iter());
                let expressions = rows
                    .map(|expr| self.expression(expr, range.clone()))
                    .collect::<Result<_, _>>()?;
                Ok(QueryBody::Values(expressions))
            }
            _ => Err(not_understood("this kind of query")),
        }
    }

    /// An input of a set operation.
    fn operand(&self, body: &SetExpr, range: Range<usize>) -> Result<Query, NotUnderstood> {
        Ok(Query {
            span: self.text.span(range.clone()),
            verbatim: true,
            ctes: Vec::new(),
            body: self.body(body, range)?,
            order_by: Vec::new(),
            tail: Vec::new(),
            limited: false,
        })
    }

    /// What orders and cuts the result: all of it stands in one list, whose entries are marked.
    fn organization(
        &self,
        query: &ast::Query,
        range: Range<usize>,
        lowered: &mut Query,
    ) -> Result<(), NotUnderstood> {
        let Some(order_by) = &query.order_by else {
            return Ok(());
        };
        let lost = || not_understood("the text of `ORDER BY`");
        let OrderByKind::Expressions(exprs) = &order_by.kind else {
            return Err(lost());
        };
        let entries = self.text.list(range.start + 2..range.end);
        if entries.len() != exprs.len() {
            return Err(lost());
        }
        for (expr, entry) in exprs.iter().zip(entries) {
            let mark = self.text.mark(entry.start);
            let expression = self.expression(&expr.expr, entry)?;
            match mark {
                Mark::Tail => lowered.tail.push(expression),
                Mark::Limit => {
                    lowered.limited = true;
                    lowered.tail.push(expression);
                }
                _ => lowered.order_by.push(expression),
            }
        }
        Ok(())
    }
}

/// The operands of set operations, in the order of the text.
fn operands(body: &SetExpr) -> Vec<&SetExpr> {
    let mut found = Vec::new();
    let mut open = vec![body];
    while let Some(body) = open.pop() {
        match body {
            SetExpr::SetOperation { left, right, .. } => open.extend([right.as_ref(), left]),
            body => found.push(body),
        }
    }
    found
}
