//! What headers are made of: words, names, bracketed lists, and the queries and expressions handed to the parser.

use std::ops::Range;

use super::super::lex::{Token, TokenKind};
use super::super::query;
use super::{Failure, Header};
use crate::diagnostic::Severity;
use crate::frontend::statement::{
    Clauses, Cte, Expression, Identifier, Name, Query, QueryBody, Relation, Select, SelectItem,
    TableReference,
};

/// Words that begin a query. `TABLE` begins one only where a name follows.
const QUERY_WORDS: [&str; 6] = ["SELECT", "WITH", "FROM", "VALUES", "MAP", "REDUCE"];

impl Header<'_> {
    pub(super) fn unknown(&self) -> Failure {
        let words: Vec<String> = (self.range.start..self.range.end.min(self.range.start + 2))
            .map(|index| self.text.str(index).to_uppercase())
            .collect();
        opaque(format!(
            "`{}` is not a statement hoist understands",
            words.join(" ")
        ))
    }

    pub(super) fn unexpected(&self, at: usize, expected: &str) -> Failure {
        let found = if at < self.range.end {
            self.text.str(at)
        } else {
            "the end"
        };
        let last = at.min(self.range.end.saturating_sub(1));
        Failure {
            code: "parse-error",
            severity: Severity::Error,
            message: format!("expected {expected}, found `{found}`"),
            range: Some(last..last + 1),
        }
    }

    /// Whether these words stand here.
    pub(super) fn is(&self, at: usize, words: &[&str]) -> bool {
        at + words.len() <= self.range.end && self.text.words(at, words)
    }

    pub(super) fn is_any(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(at, &[word]))
    }

    pub(super) fn is_symbol(&self, at: usize, symbol: &str) -> bool {
        at < self.range.end && self.text.str(at) == symbol
    }

    pub(super) fn is_string(&self, at: usize) -> bool {
        at < self.range.end && self.text.kind(at) == Some(TokenKind::String)
    }

    pub(super) fn skip(&self, at: usize, words: &[&str]) -> usize {
        if self.is(at, words) {
            at + words.len()
        } else {
            at
        }
    }

    pub(super) fn skip_any(&self, at: usize, words: &[&str]) -> usize {
        if self.is_any(at, words) { at + 1 } else { at }
    }

    pub(super) fn expect(&self, at: usize, word: &str) -> Result<usize, Failure> {
        if self.is(at, &[word]) {
            Ok(at + 1)
        } else {
            Err(self.unexpected(at, &format!("`{word}`")))
        }
    }

    pub(super) fn end(&self, at: usize) -> Result<(), Failure> {
        if at == self.range.end {
            Ok(())
        } else {
            Err(self.unexpected(at, "the end of the statement"))
        }
    }

    /// A dotted name. One that is computed when the statement runs is not understood.
    pub(super) fn name(&self, at: usize) -> Result<(Name, usize), Failure> {
        self.text.name(at..self.range.end).ok_or_else(|| {
            if self.is(at, &["IDENTIFIER"]) && self.is_symbol(at + 1, "(") {
                return Failure {
                    range: Some(at..at + 1),
                    ..opaque("a name computed by `IDENTIFIER` is not understood".to_owned())
                };
            }
            self.unexpected(at, "a name")
        })
    }

    /// The place after a name that is no table's, computed or not.
    pub(super) fn after_name(&self, at: usize) -> Result<usize, Failure> {
        if self.is(at, &["IDENTIFIER"]) && self.is_symbol(at + 1, "(") {
            return self.after_brackets(at + 1);
        }
        Ok(self.name(at)?.1)
    }

    /// A name with what may follow it: an alias.
    pub(super) fn reference(
        &self,
        at: usize,
        ends: &[&str],
    ) -> Result<(TableReference, usize), Failure> {
        let (name, at) = self.name(at)?;
        let (alias, at) = self.alias(at, ends);
        let reference = TableReference {
            name,
            alias,
            columns: Vec::new(),
            modified: false,
            bare: false,
        };
        Ok((reference, at))
    }

    /// `[AS] alias`, unless a word of `ends` stands here.
    pub(super) fn alias(&self, at: usize, ends: &[&str]) -> (Option<Identifier>, usize) {
        let after = self.skip(at, &["AS"]);
        let is_alias = after < self.range.end
            && (after > at || !self.is_any(after, ends))
            && matches!(
                self.text.kind(after),
                Some(TokenKind::Word | TokenKind::QuotedIdentifier)
            );
        if is_alias {
            (Some(self.text.identifier(after)), after + 1)
        } else {
            (None, at)
        }
    }

    /// What is inside the bracket that opens here, and the place after it.
    pub(super) fn brackets(&self, at: usize) -> Result<(Range<usize>, usize), Failure> {
        let inside = self.text.inside(at).filter(|_| at < self.range.end);
        let inside = inside.ok_or_else(|| self.unexpected(at, "`(`"))?;
        let after = inside.end + 1;
        Ok((inside, after))
    }

    pub(super) fn after_brackets(&self, at: usize) -> Result<usize, Failure> {
        Ok(self.brackets(at)?.1)
    }

    /// After `words (…)`, where the words stand here.
    pub(super) fn skip_list(&self, at: usize, words: &[&str]) -> Result<usize, Failure> {
        if self.is(at, words) {
            self.after_brackets(at + words.len())
        } else {
            Ok(at)
        }
    }

    /// The string that stands here, without its quotes, and the place after it and those next to it.
    pub(super) fn string(&self, at: usize) -> Result<(String, usize), Failure> {
        if !self.is_string(at) {
            return Err(self.unexpected(at, "a string"));
        }
        let mut after = at + 1;
        while self.is_string(after) {
            after += 1;
        }
        let value = (at..after).map(|index| literal(self.text.str(index)));
        Ok((value.collect(), after))
    }

    /// Whether a query starts here.
    pub(super) fn starts_query(&self, at: usize) -> bool {
        self.is_any(at, &QUERY_WORDS)
            || (self.is(at, &["TABLE"]) && at + 1 < self.range.end)
            || self.is_symbol(at, "(")
    }

    /// Whether the bracket that opens here holds names only: a list of columns, not a query.
    pub(super) fn is_column_list(&self, at: usize) -> bool {
        let Some(inside) = self.text.inside(at).filter(|_| at < self.range.end) else {
            return false;
        };
        self.text.list(inside).into_iter().all(|entry| {
            let end = entry.end;
            let computed = self.is(entry.start, &["IDENTIFIER"])
                && self
                    .text
                    .inside(entry.start + 1)
                    .is_some_and(|inside| inside.end + 1 == end);
            computed || matches!(self.text.name(entry), Some((_, after)) if after == end)
        })
    }

    /// The first place outside brackets where one of the words stands.
    pub(super) fn find(&self, range: Range<usize>, words: &[&str]) -> Option<usize> {
        self.text
            .top(range)
            .find(|index| self.is_any(*index, words))
    }

    /// The query that stands exactly in `range`.
    pub(super) fn query(&self, range: Range<usize>) -> Result<Query, Failure> {
        let tokens = self.text.tokens(range.clone());
        query::read_query(self.text.source(), tokens).map_err(|failure| placed(failure, &range))
    }

    /// The same with common table expressions that stand before the statement.
    pub(super) fn query_with(&self, with: &With, range: Range<usize>) -> Result<Query, Failure> {
        Ok(with.over(self.query(range)?))
    }

    /// The query that these parts make together. Places are those of the text; `span` is where the whole stands.
    pub(super) fn assembled(&self, parts: &[Range<usize>]) -> Result<Query, Failure> {
        let tokens: Vec<Token> = parts
            .iter()
            .flat_map(|part| self.text.tokens(part.clone()))
            .cloned()
            .collect();
        // Where the parser stops is a place among the assembled tokens.
        query::read_query(self.text.source(), &tokens).map_err(|failure| {
            placed(
                query::Failure {
                    token: None,
                    ..failure
                },
                &self.range,
            )
        })
    }

    /// The relation that stands exactly in `range`, with its alias.
    pub(super) fn relation(&self, range: Range<usize>) -> Result<Relation, Failure> {
        let tokens = self.text.tokens(range.clone());
        query::read_relation(self.text.source(), tokens).map_err(|failure| placed(failure, &range))
    }

    /// The expression that stands exactly in `range`.
    pub(super) fn expression(&self, range: Range<usize>) -> Result<Expression, Failure> {
        let tokens = self.text.tokens(range.clone());
        query::read_expression(self.text.source(), tokens)
            .map_err(|failure| placed(failure, &range))
    }

    /// A query that stands for what a statement reads which is none: `SELECT items FROM from WHERE filter`.
    pub(super) fn select(
        &self,
        items: Vec<SelectItem>,
        from: Vec<Relation>,
        filter: Vec<Expression>,
    ) -> Query {
        let span = self.text.span(self.range.clone());
        Query {
            span,
            verbatim: false,
            ctes: Vec::new(),
            body: QueryBody::Select(Box::new(Select {
                span,
                distinct: false,
                items,
                from,
                filter,
                group_by: Vec::new(),
                grouped: false,
                having: Vec::new(),
                other: Vec::new(),
                clauses: Clauses::default(),
            })),
            order_by: Vec::new(),
            tail: Vec::new(),
            limited: false,
        }
    }

    /// Every row of a relation.
    pub(super) fn all_columns(&self) -> SelectItem {
        SelectItem::Wildcard {
            qualifier: None,
            span: self.text.span(self.range.clone()),
        }
    }
}

/// A computed value.
pub(super) fn item(expression: Expression) -> SelectItem {
    SelectItem::Expression {
        expression,
        alias: None,
    }
}

/// Common table expressions that stand before a statement.
#[derive(Default)]
pub(super) struct With {
    ctes: Vec<Cte>,
}

impl With {
    /// Those of a query.
    pub(super) fn of(query: Query) -> Self {
        With { ctes: query.ctes }
    }

    /// A query of the statement, which sees them.
    pub(super) fn over(&self, query: Query) -> Query {
        if self.ctes.is_empty() {
            return query;
        }
        let span = query.span;
        let mut outer = if query.ctes.is_empty() {
            query
        } else {
            Query {
                span,
                verbatim: false,
                ctes: Vec::new(),
                body: QueryBody::Nested(Box::new(query)),
                order_by: Vec::new(),
                tail: Vec::new(),
                limited: false,
            }
        };
        outer.verbatim = false;
        outer.ctes.clone_from(&self.ctes);
        outer
    }
}

/// A statement that is understood as text only.
pub(super) fn opaque(message: String) -> Failure {
    Failure {
        code: "opaque-statement",
        severity: Severity::Warning,
        message,
        range: None,
    }
}

/// A failure in the tokens of `range`.
fn placed(failure: query::Failure, range: &Range<usize>) -> Failure {
    let (code, severity) = if failure.known {
        ("opaque-statement", Severity::Warning)
    } else {
        ("parse-error", Severity::Error)
    };
    let last = range.end.saturating_sub(1).max(range.start);
    Failure {
        code,
        severity,
        message: failure.message,
        range: failure.token.map(|token| {
            let at = (range.start + token).min(last);
            at..at + 1
        }),
    }
}

/// The value of a string as far as a path needs it: without quotes, `\` before any other character dropped.
fn literal(text: &str) -> String {
    let raw = text.starts_with(['r', 'R']);
    let inner = text.trim_start_matches(['r', 'R']);
    let mut chars = inner.chars();
    chars.next();
    chars.next_back();
    if raw {
        return chars.collect();
    }
    let mut value = String::new();
    while let Some(c) = chars.next() {
        value.push(if c == '\\' {
            chars.next().unwrap_or(c)
        } else {
            c
        });
    }
    value
}
