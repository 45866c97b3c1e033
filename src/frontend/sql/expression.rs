//! Expressions of the syntax tree → [`Expression`].

mod found;
mod operators;
mod shape;

use std::ops::Range;

use sqlparser::ast::{
    self, BinaryOperator, Expr, FunctionArg, FunctionArgExpr, Ident, ObjectName, SetExpr,
};
use sqlparser::keywords::Keyword;

use self::found::Found;
use super::dialect::word_number;
use super::lex::{TokenKind, tokens};
use super::query::{Lowering, NotUnderstood, not_understood};
use super::text::parts;
use super::words::Class;
use crate::frontend::statement::{Call, Expression, Identifier, Name, Query, Shape};

impl Lowering<'_> {
    /// An expression that stands exactly in `range`.
    pub(super) fn expression(
        &self,
        expr: &Expr,
        range: Range<usize>,
    ) -> Result<Expression, NotUnderstood> {
        let mut found = Found::new(self, range.clone());
        found.expr(expr)?;
        let shape = if found.queries.is_empty() && found.stars.is_empty() {
            self.shape(expr, &found.columns)
        } else {
            Shape::Other
        };
        Ok(found.finish(range, shape))
    }

    /// The arguments of a table function, and its call where it has a name, as one expression.
    pub(super) fn arguments(
        &self,
        name: Option<&ObjectName>,
        args: &[FunctionArg],
        range: Range<usize>,
    ) -> Result<Expression, NotUnderstood> {
        let mut found = Found::new(self, range.clone());
        if let Some(name) = name {
            found.calls.push(self.call(name, args.len())?);
        }
        for arg in args {
            let FunctionArg::Unnamed(arg) = arg else {
                return Err(not_understood("an argument of a table function"));
            };
            match arg {
                FunctionArgExpr::Expr(expr) => found.expr(expr)?,
                FunctionArgExpr::QualifiedWildcard(name) => {
                    found.stars.push(Some(self.object_name(name)?));
                }
                _ => found.stars.push(None),
            }
        }
        Ok(found.finish(range, Shape::Other))
    }

    /// Expressions that stand in `range`, separated by commas.
    pub(super) fn expressions(
        &self,
        exprs: &[Expr],
        range: Range<usize>,
    ) -> Result<Vec<Expression>, NotUnderstood> {
        let entries = self.text.list(range);
        if entries.len() != exprs.len() {
            return Err(not_understood("the text of a list"));
        }
        exprs
            .iter()
            .zip(entries)
            .map(|(expr, entry)| self.expression(expr, entry))
            .collect()
    }

    /// The conjuncts of a condition that stands exactly in `range`. A condition whose text cannot be cut as the
    /// tree says is one conjunct.
    pub(super) fn conjuncts(
        &self,
        condition: &Expr,
        range: Range<usize>,
    ) -> Result<Vec<Expression>, NotUnderstood> {
        if let (Expr::Nested(inner), Some(inside)) = (condition, self.text.unwrap(&range)) {
            return self.conjuncts(inner, inside);
        }
        let mut exprs = Vec::new();
        flatten_and(condition, &mut exprs);
        let mut betweens = 0_u32;
        let mut separators = Vec::new();
        for index in self.text.top(range.clone()) {
            match self.text.keyword(index) {
                Keyword::BETWEEN => betweens += 1,
                Keyword::AND if betweens > 0 => betweens -= 1,
                Keyword::AND => separators.push(index),
                _ => {}
            }
        }
        let parts = parts(range.clone(), separators);
        if parts.len() != exprs.len() {
            return Ok(vec![self.expression(condition, range)?]);
        }
        let mut conjuncts = Vec::with_capacity(parts.len());
        for (expr, part) in exprs.into_iter().zip(parts) {
            match (expr, self.text.unwrap(&part)) {
                (Expr::Nested(inner), Some(inside)) => {
                    conjuncts.extend(self.conjuncts(inner, inside)?);
                }
                _ => conjuncts.push(self.expression(expr, part)?),
            }
        }
        Ok(conjuncts)
    }

    /// A nested query, which stands in brackets somewhere in the statement.
    fn nested_query(&self, query: &ast::Query) -> Result<Query, NotUnderstood> {
        let start =
            first_word(query).ok_or_else(|| not_understood("a nested query without SELECT"))?;
        let marked = start.checked_sub(1).is_some_and(|before| {
            self.text.get(before).map(|word| word.class) == Some(Class::Symbol("{"))
        });
        let range = start
            .checked_sub(1 + usize::from(marked))
            .and_then(|open| self.text.inside(open))
            .ok_or_else(|| not_understood("a nested query without brackets"))?;
        self.query(query, start..range.end)
    }

    /// The word that an identifier of the tree is.
    pub(super) fn word(ident: &Ident) -> Option<usize> {
        word_number(ident.span.start)
    }

    pub(super) fn identifier(&self, ident: &Ident) -> Result<Identifier, NotUnderstood> {
        let word = Self::word(ident).ok_or_else(|| not_understood("the place of a name"))?;
        Ok(self.text.identifier(word))
    }

    /// A name of these identifiers.
    fn name<'i>(&self, idents: impl IntoIterator<Item = &'i Ident>) -> Result<Name, NotUnderstood> {
        let words: Option<Vec<usize>> = idents.into_iter().map(Self::word).collect();
        words
            .and_then(|words| self.text.name(words))
            .ok_or_else(|| not_understood("the place of a name"))
    }

    pub(super) fn object_name(&self, name: &ObjectName) -> Result<Name, NotUnderstood> {
        let idents: Option<Vec<&Ident>> =
            name.0.iter().map(ast::ObjectNamePart::as_ident).collect();
        self.name(idents.ok_or_else(|| not_understood("a computed name"))?)
    }

    /// A call without what stands behind its brackets.
    fn call(&self, object: &ObjectName, arguments: usize) -> Result<Call, NotUnderstood> {
        let name = self.object_name(object)?;
        let last = object.0.last().and_then(ast::ObjectNamePart::as_ident);
        let open = last.and_then(Self::word).map(|word| word + 1);
        let inside = open.and_then(|open| self.text.inside(open));
        let before = open.map_or("", |open| self.text.after(open));
        Ok(Call {
            name: name.key(),
            span: name.span,
            extent: inside.map(|inside| name.span.join(self.text.place(inside.end))),
            arguments: u32::try_from(arguments).unwrap_or(u32::MAX),
            distinct: has_word(before, "distinct"),
            clauses: false,
            argument: None,
            window: None,
        })
    }
}

/// Whether a text of the user's has a word among its tokens.
fn has_word(text: &str, word: &str) -> bool {
    let tokens = tokens(text).unwrap_or_default();
    let mut words = tokens
        .into_iter()
        .filter(|token| token.kind == TokenKind::Word);
    words.any(|token| {
        let found = text.get(token.range.start as usize..token.range.end as usize);
        found.is_some_and(|found| found.eq_ignore_ascii_case(word))
    })
}

/// Number of the first word of a query, brackets of its own body included.
fn first_word(query: &ast::Query) -> Option<usize> {
    if let Some(with) = &query.with {
        return word_number(with.with_token.0.span.start);
    }
    let mut body = query.body.as_ref();
    let mut brackets = 0;
    loop {
        match body {
            SetExpr::Select(select) => {
                return word_number(select.select_token.0.span.start)?.checked_sub(brackets);
            }
            SetExpr::SetOperation { left, .. } => body = left,
            SetExpr::Query(inner) => {
                brackets += 1;
                if inner.with.is_some() {
                    return first_word(inner)?.checked_sub(brackets);
                }
                body = &inner.body;
            }
            _ => return None,
        }
    }
}

fn flatten_and<'e>(expr: &'e Expr, into: &mut Vec<&'e Expr>) {
    // A loop over the left spine: chains of 100,000 conjuncts are 100,000 levels deep.
    let mut spine = Vec::new();
    let mut left = expr;
    while let Expr::BinaryOp {
        left: next,
        op: BinaryOperator::And,
        right,
    } = left
    {
        spine.push(right.as_ref());
        left = next;
    }
    into.push(left);
    for right in spine.into_iter().rev() {
        if matches!(
            right,
            Expr::BinaryOp {
                op: BinaryOperator::And,
                ..
            }
        ) {
            flatten_and(right, into);
        } else {
            into.push(right);
        }
    }
}
