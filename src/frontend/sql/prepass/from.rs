//! Relations (`fromClause`, `relation`, `relationPrimary`, `lateralView`, `pivotClause`, `unpivotClause`).

use std::ops::Range;

use sqlparser::keywords::Keyword;

use super::query::Place;
use super::{Prepass, Read, Refusal, separated};
use crate::frontend::sql::lex::TokenKind;
use crate::frontend::sql::words::{Class, Mark};

impl Prepass<'_, '_> {
    /// `fromClause` after its word
    pub(super) fn relations(&mut self, at: usize, end: usize) -> Read {
        let at = separated!(self, at, end, |at| self.relation(at, end));
        let at = self.lateral_views(at, end)?;
        self.extensions(at, end)
    }

    /// `lateralView*`, as lateral joins
    pub(super) fn lateral_views(&mut self, at: usize, end: usize) -> Read {
        let mut at = at;
        while at + 1 < end && self.is(at, Keyword::LATERAL) && self.is(at + 1, Keyword::VIEW) {
            at = self.lateral_view(at, end)?;
        }
        Ok(at)
    }

    /// `LATERAL VIEW [OUTER] f(…) [t] [[AS] a, b]`
    fn lateral_view(&mut self, at: usize, end: usize) -> Read {
        let name = at + 2 + usize::from(self.is(at + 2, Keyword::OUTER));
        self.extra_keywords(at, &[Keyword::CROSS, Keyword::JOIN, Keyword::LATERAL]);
        let mut at = self.table_function(name, end)?;
        let mut named = false;
        if at < end
            && self.is_ident(at)
            && !self.is(at, Keyword::AS)
            && !self.ends_relation(at, end)
        {
            self.extra_keywords(at, &[Keyword::AS]);
            at = self.identifier(at, end)?;
            named = true;
        }
        let explicit = at < end && self.is(at, Keyword::AS);
        let columns = at + usize::from(explicit);
        if columns >= end
            || !self.is_ident(columns)
            || (!explicit && self.ends_relation(columns, end))
        {
            return Ok(at);
        }
        if !named {
            self.extra_keywords(at, &[Keyword::AS]);
            self.extra(at, Class::Name);
        }
        self.extra_symbol(columns, "(");
        at = separated!(self, columns, end, |at| self.identifier(at, end));
        self.extra_close(at);
        Ok(at)
    }

    /// `relation`
    pub(super) fn relation(&mut self, at: usize, end: usize) -> Read {
        self.deeper(at)?;
        let at = self.relation_primary(at, end)?;
        let at = self.extensions(at, end)?;
        self.shallower();
        Ok(at)
    }

    /// `relationExtension*`
    pub(super) fn extensions(&mut self, at: usize, end: usize) -> Read {
        let mut at = at;
        loop {
            if at >= end {
                return Ok(at);
            }
            at = match self.key(at) {
                Keyword::PIVOT if self.is_symbol(at + 1, "(") => self.pivot(at, end)?,
                Keyword::UNPIVOT if self.unpivots(at) => self.unpivot(at, end)?,
                Keyword::LATERAL if self.is(at + 1, Keyword::VIEW) => self.lateral_view(at, end)?,
                _ => match self.join_length(at) {
                    0 => return Ok(at),
                    length => self.join(at, length, end)?,
                },
            };
        }
    }

    /// Number of words up to `JOIN`, itself included.
    fn join_length(&self, at: usize) -> usize {
        let mut next = at;
        if self.is(next, Keyword::NATURAL) {
            next += 1;
        }
        match self.key(next) {
            Keyword::INNER | Keyword::CROSS | Keyword::SEMI | Keyword::ANTI => next += 1,
            Keyword::LEFT => {
                next += 1;
                if matches!(
                    self.key(next),
                    Keyword::OUTER | Keyword::SEMI | Keyword::ANTI
                ) {
                    next += 1;
                }
            }
            Keyword::RIGHT | Keyword::FULL => {
                next += 1;
                next += usize::from(self.is(next, Keyword::OUTER));
            }
            _ => {}
        }
        if self.is(next, Keyword::JOIN) {
            next + 1 - at
        } else {
            0
        }
    }

    /// `joinRelation`
    fn join(&mut self, at: usize, length: usize, end: usize) -> Read {
        let natural = self.is(at, Keyword::NATURAL);
        for index in at..at + length {
            let key = self.key(index);
            if !(natural && key == Keyword::CROSS) {
                self.keyword(index, key);
            }
        }
        let at = self.relation_primary(at + length, end)?;
        if at < end && self.is(at, Keyword::ON) {
            self.keyword(at, Keyword::ON);
            return self.expression(at + 1, end);
        }
        if at + 1 < end && self.is(at, Keyword::USING) {
            self.keyword(at, Keyword::USING);
            return self.names(at + 1, end);
        }
        Ok(at)
    }

    /// `relationPrimary`
    fn relation_primary(&mut self, at: usize, end: usize) -> Read {
        if at >= end {
            return Err(self.refusal(at, "a relation"));
        }
        if self.is(at, Keyword::LATERAL) {
            self.keyword(at, Keyword::LATERAL);
            let at = at + 1;
            if self.is_symbol(at, "(") {
                let number = self.words.len();
                let at = self.query_in_brackets(at, end, Place::Relation)?;
                return self.after_brackets(number, at, end);
            }
            let at = self.table_function(at, end)?;
            return self.alias(at, end);
        }
        if self.is_symbol(at, "(") {
            return self.bracketed(at, end);
        }
        if self.is(at, Keyword::VALUES) && self.is_inline_table(at + 1, end) {
            self.extra_symbol(at, "(");
            let next = self.rows(at, end)?;
            self.extra_close(next);
            return self.alias(next, end);
        }
        self.named_relation(at, end)
    }

    /// Whether rows follow `VALUES`; it may name a table.
    pub(super) fn is_inline_table(&self, at: usize, end: usize) -> bool {
        at < end
            && (self.is_symbol(at, "(")
                || matches!(self.kind(at), Some(TokenKind::String | TokenKind::Number))
                || matches!(self.str(at), "-" | "+" | ":" | "?" | "~" | "!")
                || (self.is_ident(at) && !self.ends_relation(at, end) && !self.is(at, Keyword::AS)))
    }

    /// `( query )`, `( relation )`
    fn bracketed(&mut self, at: usize, end: usize) -> Read {
        let (open, close) = self.innermost(at, end)?;
        let outer = self.close(at, end)?;
        let number = self.words.len();
        if self.starts_query(open + 1, close) {
            let next = self.query_in_brackets(at, end, Place::Relation)?;
            return self.after_brackets(number, next, end);
        }
        let inner = self.relation_primary(open + 1, close)?;
        let simple = inner == close;
        let aliased = self
            .words
            .iter()
            .skip(number)
            .any(|word| word.class == Class::Keyword(Keyword::AS));
        let inner = self.extensions(inner, close)?;
        self.end(inner, close)?;
        let next = outer + 1;
        let named = self.is_alias(next, end) || self.is(next, Keyword::TABLESAMPLE);
        if simple && !(named && aliased) {
            // `(t)`, `(t) a`: the brackets say nothing.
            return self.after_brackets(number, next, end);
        }
        let relation = self.words.split_off(number);
        let place = self.range(at);
        self.write(Class::Symbol("("), place);
        if named {
            // The alias hides the names inside.
            self.extra_keywords(open + 1, &[Keyword::SELECT]);
            self.mark(number + 1, Mark::Assembled);
            self.extra_symbol(open + 1, "*");
            self.extra_keywords(open + 1, &[Keyword::FROM]);
        }
        self.words.extend(relation);
        self.symbol(outer, ")");
        self.after_brackets(number, next, end)
    }

    /// `sample? tableAlias` of the relation that starts with this word
    fn after_brackets(&mut self, number: usize, at: usize, end: usize) -> Read {
        let next = self.sample(at, end)?;
        if next > at {
            self.mark(number, Mark::Modified);
        }
        self.alias(next, end)
    }

    /// A table or table function.
    fn named_relation(&mut self, at: usize, end: usize) -> Read {
        // `STREAM t` reads `t`; `FROM stream t` is no table with an alias for certain.
        let after = at + 1;
        if self.is_word(at, "STREAM") && (self.is_ident(after) || self.is_symbol(after, "(")) {
            return Err(Self::beyond(at, "a stream"));
        }
        if self.no_relation(at) {
            return Err(self.refusal(at, "a relation"));
        }
        let number = self.words.len();
        let mut next = self.path(at, end)?;
        if next < end && self.is_symbol(next, "(") {
            self.words.truncate(number);
            self.extra_keywords(at, &[Keyword::LATERAL]);
            let next = self.table_function(at, end)?;
            return self.alias(next, end);
        }
        let modified = next;
        next = self.temporal(next, end)?;
        if next + 1 < end && self.is(next, Keyword::WITH) && self.is_symbol(next + 1, "(") {
            let open = next + 1;
            next = self.close(open, end)? + 1;
            self.no_query(open..next)?;
        }
        next = self.sample(next, end)?;
        if next > modified {
            self.mark(number, Mark::Modified);
        }
        self.alias(next, end)
    }

    /// Words that cannot be a table where a relation should stand: what they begin would be lost.
    fn no_relation(&self, at: usize) -> bool {
        matches!(
            self.key(at),
            Keyword::FROM
                | Keyword::SELECT
                | Keyword::WHERE
                | Keyword::JOIN
                | Keyword::ON
                | Keyword::USING
                | Keyword::UNION
                | Keyword::EXCEPT
                | Keyword::INTERSECT
                | Keyword::LATERAL
                | Keyword::AS
        ) || (self.is(at, Keyword::TABLE) && self.is_symbol(at + 1, "("))
    }

    /// `temporalClause`
    fn temporal(&mut self, at: usize, end: usize) -> Read {
        let word = at + usize::from(self.is(at, Keyword::FOR));
        let known = ["VERSION", "SYSTEM_VERSION", "TIMESTAMP", "SYSTEM_TIME"];
        let travels = word + 2 < end
            && known.iter().any(|known| self.is_word(word, known))
            && self.is(word + 1, Keyword::AS)
            && self.is_word(word + 2, "OF");
        if !travels {
            return Ok(at);
        }
        let start = self.words.len();
        let next = self.expression(word + 3, end)?;
        let reads = self
            .words
            .split_off(start)
            .iter()
            .any(|word| word.class == Class::Keyword(Keyword::SELECT));
        if reads {
            return Err(Self::beyond(word, "a version that is computed by a query"));
        }
        Ok(next)
    }

    /// `TABLESAMPLE (…) [REPEATABLE (…)]`
    pub(super) fn sample(&self, at: usize, end: usize) -> Read {
        let mut at = at;
        while at + 1 < end && self.is(at, Keyword::TABLESAMPLE) {
            let open = (at + 1..(at + 3).min(end)).find(|index| self.is_symbol(*index, "("));
            let Some(open) = open else {
                return Err(self.refusal(at + 1, "`(`"));
            };
            at = self.close(open, end)? + 1;
            self.no_query(open..at)?;
            if at + 1 < end && self.is_word(at, "REPEATABLE") && self.is_symbol(at + 1, "(") {
                at = self.close(at + 1, end)? + 1;
            }
        }
        Ok(at)
    }

    /// Refuses what is left out where it could read a table.
    fn no_query(&self, range: Range<usize>) -> Result<(), Refusal> {
        match range.into_iter().find(|index| {
            matches!(
                self.key(*index),
                Keyword::SELECT | Keyword::FROM | Keyword::TABLE
            )
        }) {
            Some(index) => Err(Self::beyond(index, "a query in an option of a table")),
            None => Ok(()),
        }
    }

    /// `functionTable` without its alias
    fn table_function(&mut self, at: usize, end: usize) -> Read {
        let at = self.path(at, end)?;
        if at >= end || !self.is_symbol(at, "(") {
            return Err(self.refusal(at, "`(`"));
        }
        let close = self.close(at, end)?;
        self.symbol(at, "(");
        if at + 1 < close {
            let last = separated!(self, at + 1, close, |at| self.argument(at, close));
            self.end(last, close)?;
        }
        self.symbol(close, ")");
        Ok(close + 1)
    }

    /// Whether an alias stands here.
    pub(super) fn is_alias(&self, at: usize, end: usize) -> bool {
        at < end && self.is_ident(at) && (self.is(at, Keyword::AS) || !self.ends_relation(at, end))
    }

    /// `tableAlias`
    pub(super) fn alias(&mut self, at: usize, end: usize) -> Read {
        if !self.is_alias(at, end) {
            return Ok(at);
        }
        let mut at = at;
        // `t AS (a, b)`: the alias is called `AS`.
        if self.is(at, Keyword::AS) && !self.is_symbol(at + 1, "(") {
            self.keyword(at, Keyword::AS);
            at += 1;
        } else {
            self.extra_keywords(at, &[Keyword::AS]);
        }
        at = self.identifier(at, end)?;
        if at < end && self.is_symbol(at, "(") {
            return self.names(at, end);
        }
        Ok(at)
    }

    /// Whether the word after a relation is no alias (`strictIdentifier`), but starts what follows.
    fn ends_relation(&self, at: usize, end: usize) -> bool {
        let next = at + 1;
        let last = next >= end || matches!(self.str(next), "," | ")");
        match self.key(at) {
            Keyword::ANTI
            | Keyword::CROSS
            | Keyword::EXCEPT
            | Keyword::FULL
            | Keyword::INNER
            | Keyword::INTERSECT
            | Keyword::JOIN
            | Keyword::LATERAL
            | Keyword::LEFT
            | Keyword::NATURAL
            | Keyword::ON
            | Keyword::RIGHT
            | Keyword::SEMI
            | Keyword::MINUS
            | Keyword::UNION
            | Keyword::USING
            | Keyword::SELECT
            | Keyword::WITH => true,
            Keyword::WHERE | Keyword::HAVING | Keyword::QUALIFY | Keyword::FROM => !last,
            Keyword::GROUP => self.is(next, Keyword::BY),
            Keyword::PIVOT | Keyword::TABLESAMPLE => self.is_symbol(next, "("),
            Keyword::UNPIVOT => self.unpivots(at),
            _ if self.organizes(at, end) => true,
            _ => self.is_transform(at, end),
        }
    }
}
