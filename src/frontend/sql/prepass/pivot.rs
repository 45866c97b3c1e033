//! Relations that take others whole: `pivotClause`, `unpivotClause`, tables as arguments.

use sqlparser::keywords::Keyword;

use super::query::Place;
use super::{Prepass, Read, separated};
use crate::frontend::sql::words::{Class, Mark};

impl Prepass<'_, '_> {
    /// `TABLE t`, `TABLE (t)` or `TABLE (query)` with its partitioning, as an argument: a query and expressions.
    pub(super) fn table_argument(&mut self, at: usize, end: usize) -> Read {
        let mut next = at + 1;
        if self.is_symbol(next, "(") {
            let (open, close) = self.innermost(next, end)?;
            if self.starts_query(open + 1, close) {
                next = self.query_in_brackets(next, end, Place::Operand)?;
            } else {
                self.every_row(at, open + 1, close)?;
                next = self.close(next, end)? + 1;
            }
        } else {
            next = self.every_row(at, next, end)?;
        }
        if self.is(next, Keyword::WITH) && self.is_word(next + 1, "SINGLE") {
            next += 3;
        }
        while next + 1 < end
            && self.is(next + 1, Keyword::BY)
            && matches!(
                self.key(next),
                Keyword::PARTITION | Keyword::DISTRIBUTE | Keyword::ORDER | Keyword::SORT
            )
        {
            self.extra_symbol(next, ",");
            let by = next + 2;
            if self.is_symbol(by, "(") {
                let close = self.close(by, end)?;
                let last = self.sort_items(by + 1, close)?;
                self.end(last, close)?;
                next = close + 1;
            } else {
                next = self.sort_item(by, end)?;
            }
        }
        Ok(next)
    }

    /// `(SELECT * FROM t)`
    pub(super) fn every_row(&mut self, before: usize, at: usize, end: usize) -> Read {
        self.extra_symbol(before, "(");
        self.extra_keywords(at, &[Keyword::SELECT]);
        self.extra_symbol(at, "*");
        self.extra_keywords(at, &[Keyword::FROM]);
        let next = self.bare_table(at, end)?;
        self.extra_close(next);
        Ok(next)
    }

    pub(super) fn unpivots(&self, at: usize) -> bool {
        let next = at + 1;
        let nulls = self.is_word(next, "INCLUDE") || self.is_word(next, "EXCLUDE");
        self.is_symbol(next, "(") || (nulls && self.is(next + 1, Keyword::NULLS))
    }

    /// `pivotClause`, as a lateral table function over everything
    pub(super) fn pivot(&mut self, at: usize, end: usize) -> Read {
        let close = self.close(at + 1, end)?;
        self.whole(at);
        self.symbol(at + 1, "(");
        let mut next = at + 2;
        // `aggregate [AS name], … FOR`
        loop {
            next = self.expression(next, close)?;
            if self.is(next, Keyword::AS) {
                next += 1;
            }
            let alias = self.is_ident(next)
                && (!self.is(next, Keyword::FOR) || self.is(next + 1, Keyword::FOR));
            next += usize::from(alias);
            self.symbol(next, ",");
            if self.is(next, Keyword::FOR) {
                break;
            }
            next = self.expect_symbol(next, ",")?;
        }
        next += 1;
        let columns = if self.is_symbol(next, "(") {
            let columns = self.close(next, close)?;
            let last = separated!(self, next + 1, columns, |at| self.identifier(at, columns));
            self.end(last, columns)?;
            columns + 1
        } else {
            self.identifier(next, close)?
        };
        next = self.expect(columns, Keyword::IN)?;
        self.symbol(columns, ",");
        let values = self.close(next, close)?;
        let last = separated!(self, next + 1, values, |at| self.named(at, values));
        self.end(last, values)?;
        self.end(values + 1, close)?;
        self.symbol(close, ")");
        self.alias(close + 1, end)
    }

    /// `unpivotClause`, in the same way. Its columns are the only names in it that exist before.
    pub(super) fn unpivot(&mut self, at: usize, end: usize) -> Read {
        let nulls = if self.is_symbol(at + 1, "(") { 0 } else { 2 };
        let open = at + 1 + nulls;
        let close = self.close(open, end)?;
        self.whole(at);
        self.symbol(open, "(");
        let values = self
            .top(open + 1..close)
            .find(|index| self.is(*index, Keyword::IN) && self.is_symbol(index + 1, "("))
            .ok_or_else(|| self.refusal(close, "`IN (`"))?
            + 1;
        let last = self.close(values, close)?;
        self.end(last + 1, close)?;
        let next = separated!(self, values + 1, last, |at| self.named(at, last));
        self.end(next, last)?;
        self.symbol(close, ")");
        self.alias(close + 1, end)
    }

    /// Joins a table function that takes everything before it; its bracket follows.
    pub(super) fn whole(&mut self, at: usize) {
        self.extra_keywords(at, &[Keyword::CROSS, Keyword::JOIN, Keyword::LATERAL]);
        let number = self.words.len();
        self.word(at, Class::Name);
        self.mark(number, Mark::Whole);
    }
}
