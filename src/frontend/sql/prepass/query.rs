//! Queries (`query`, `ctes`, `queryTerm`, `queryPrimary`, `queryOrganization`, `inlineTable`).

use sqlparser::keywords::Keyword;

use super::keywords::operator;
use super::{Prepass, Read, Refusal, separated};
use crate::frontend::sql::lex::TokenKind;
use crate::frontend::sql::words::Mark;

/// Where a query in brackets stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// An expression may stand here as well: the parser needs a word that tells.
    Operand,
    /// After `IN` or `EXISTS`.
    Predicate,
    /// In a `FROM`, a `WITH` or a set operation.
    Relation,
}

impl Prepass<'_, '_> {
    /// `query`: exactly this range.
    pub(super) fn query(&mut self, at: usize, end: usize) -> Result<(), Refusal> {
        self.deeper(at)?;
        let mut at = at;
        if at < end && self.is(at, Keyword::WITH) {
            at = self.ctes(at, end)?;
        }
        let pipes: Vec<usize> = if self.pipes {
            let pipes = self.top(at..end);
            pipes.filter(|index| self.is_symbol(*index, "|>")).collect()
        } else {
            Vec::new()
        };
        self.piped(at, end, &pipes)?;
        self.shallower();
        Ok(())
    }

    /// A query in brackets, of which only the innermost are written.
    pub(super) fn query_in_brackets(&mut self, at: usize, end: usize, place: Place) -> Read {
        let (open, close) = self.innermost(at, end)?;
        let outer = self.close(at, end)?;
        let number = self.words.len();
        self.symbol(open, "(");
        self.absorb_before(number, at);
        if place == Place::Operand && self.is_symbol(open + 1, "(") {
            self.extra_symbol(open + 1, "{");
        }
        if place != Place::Relation && self.is(open + 1, Keyword::VALUES) {
            self.extra_keywords(open + 1, &[Keyword::SELECT]);
            self.extra_symbol(open + 1, "*");
            self.extra_keywords(open + 1, &[Keyword::FROM]);
            self.extra_symbol(open + 1, "(");
            self.query(open + 1, close)?;
            self.extra_close(close);
        } else {
            self.query(open + 1, close)?;
        }
        self.symbol(close, ")");
        self.absorb(outer + 1);
        Ok(outer + 1)
    }

    /// Whether what stands between brackets is a query.
    pub(super) fn starts_query(&self, at: usize, end: usize) -> bool {
        let (mut at, mut end) = (at, end);
        // Brackets of an operand: a set operation or a tail follows them.
        while self.is_symbol(at, "(") {
            let Ok(close) = self.close(at, end) else {
                return false;
            };
            let after = close + 1;
            if after < end && !self.ends_term(after, end) && !self.is_symbol(after, "|>") {
                return false;
            }
            (at, end) = (at + 1, close);
        }
        if at >= end {
            return false;
        }
        let next = at + 1;
        let named = next < end && self.is_ident(next) && operator(self.str(next)).is_none();
        let value = next < end
            && (self.is_symbol(next, "(")
                || self.is_symbol(next, ":")
                || self.kind(next) != Some(TokenKind::Symbol));
        let tested = matches!(
            self.key(next),
            Keyword::AND
                | Keyword::OR
                | Keyword::IS
                | Keyword::IN
                | Keyword::LIKE
                | Keyword::BETWEEN
                | Keyword::AS
                | Keyword::NOT
        );
        match self.key(at) {
            Keyword::SELECT => true,
            Keyword::WITH => named,
            Keyword::VALUES => value && !tested,
            Keyword::FROM => (named || self.is_symbol(next, "(")) && !tested,
            Keyword::TABLE => named && !tested,
            _ => self.is_transform(at, end),
        }
    }

    /// `ctes`
    fn ctes(&mut self, at: usize, end: usize) -> Read {
        self.keyword(at, Keyword::WITH);
        let mut at = at + 1;
        if self.is(at, Keyword::RECURSIVE) && self.is_ident(at + 1) && !self.is(at + 1, Keyword::AS)
        {
            self.keyword(at, Keyword::RECURSIVE);
            at += 1;
        }
        Ok(separated!(self, at, end, |at| self.cte(at, end)))
    }

    /// `namedQuery`
    fn cte(&mut self, at: usize, end: usize) -> Read {
        let mut at = self.identifier(at, end)?;
        if self.is_symbol(at, "(") {
            let after = self.close(at, end)? + 1;
            let columns = self.is(after, Keyword::AS)
                || self.is_symbol(after, "(")
                || self.is_word(after, "MAX");
            if columns && after < end {
                at = self.names(at, end)?;
            }
        }
        if self.is_word(at, "MAX") && self.is_word(at + 1, "RECURSION") {
            // `MAX RECURSION LEVEL 100`
            at += 4;
        }
        if at < end && self.is(at, Keyword::AS) {
            self.keyword(at, Keyword::AS);
            at += 1;
        } else {
            self.extra_keywords(at, &[Keyword::AS]);
        }
        if at >= end || !self.is_symbol(at, "(") {
            return Err(self.refusal(at, "`(`"));
        }
        self.query_in_brackets(at, end, Place::Relation)
    }

    fn set_operator(&self, at: usize) -> Option<Keyword> {
        let key = self.key(at);
        matches!(
            key,
            Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT | Keyword::MINUS
        )
        .then_some(key)
    }

    /// Whether an operand of a set operation ends here.
    pub(super) fn ends_term(&self, at: usize, end: usize) -> bool {
        at >= end || self.set_operator(at).is_some() || self.organizes(at, end)
    }

    /// `queryTerm queryOrganization`: exactly this range.
    pub(super) fn term(&mut self, at: usize, end: usize) -> Result<(), Refusal> {
        let mut at = self.query_primary(at, end)?;
        while at < end
            && let Some(operator) = self.set_operator(at)
        {
            at = self.set_operation(operator, at, end)?;
        }
        at = self.organization(at, end)?;
        self.end(at, end)
    }

    /// `UNION [ALL|DISTINCT] right`
    pub(super) fn set_operation(&mut self, operator: Keyword, at: usize, end: usize) -> Read {
        self.keyword(at, operator);
        let mut at = at + 1;
        if matches!(self.key(at), Keyword::ALL | Keyword::DISTINCT) {
            at += 1;
        }
        if self.is(at, Keyword::BY) && self.is_word(at + 1, "NAME") {
            at += 2;
        }
        self.query_primary(at, end)
    }

    /// `queryPrimary`
    fn query_primary(&mut self, at: usize, end: usize) -> Read {
        if at >= end {
            return Err(self.refusal(at, "a query"));
        }
        match self.key(at) {
            Keyword::SELECT => self.select(at, end, None),
            Keyword::FROM => self.relations_first(at, end),
            Keyword::TABLE => self.table_query(at, end),
            Keyword::VALUES => {
                let start = self.words.len();
                let next = self.rows(at, end)?;
                if !self.is_alias(next, end) {
                    return Ok(next);
                }
                let rows = self.words.split_off(start);
                self.extra_keywords(at, &[Keyword::SELECT]);
                self.extra_symbol(at, "*");
                self.extra_keywords(at, &[Keyword::FROM]);
                self.extra_symbol(at, "(");
                self.words.extend(rows);
                self.extra_close(next);
                self.alias(next, end)
            }
            _ if self.is_symbol(at, "(") => self.query_in_brackets(at, end, Place::Relation),
            _ if self.is_transform(at, end) => self.select(at, end, None),
            _ => Err(self.refusal(at, "a query")),
        }
    }

    /// `TABLE t`
    fn table_query(&mut self, at: usize, end: usize) -> Read {
        self.keyword(at, Keyword::SELECT);
        self.extra_symbol(at, "*");
        self.extra_keywords(at, &[Keyword::FROM]);
        self.bare_table(at + 1, end)
    }

    /// A table that can have no alias.
    pub(super) fn bare_table(&mut self, at: usize, end: usize) -> Read {
        let number = self.words.len();
        let next = self.path(at, end)?;
        self.mark(number, Mark::Bare);
        Ok(next)
    }

    /// `VALUES row, row`
    pub(super) fn rows(&mut self, at: usize, end: usize) -> Read {
        self.keyword(at, Keyword::VALUES);
        let mut at = at + 1;
        loop {
            at = self.row(at, end)?;
            // `VALUES 1, VALUES 2` are two relations.
            let another = self.is(at + 1, Keyword::VALUES) && self.is_inline_table(at + 2, end);
            if at >= end || !self.is_symbol(at, ",") || another {
                return Ok(at);
            }
            self.symbol(at, ",");
            at += 1;
        }
    }

    fn row(&mut self, at: usize, end: usize) -> Read {
        if self.is_symbol(at, "(") {
            let after = self.close(at, end)? + 1;
            let whole = after >= end
                || matches!(self.str(after), "," | ")")
                || self.is_ident(after) && !self.continues(after);
            let (open, close) = self.innermost(at, end)?;
            if whole && !self.starts_query(open + 1, close) {
                let number = self.words.len();
                self.symbol(open, "(");
                self.absorb_before(number, at);
                let last = separated!(self, open + 1, close, |at| self.named(at, close));
                self.end(last, close)?;
                self.symbol(close, ")");
                self.absorb(after);
                return Ok(after);
            }
        }
        self.extra_symbol(at, "(");
        let next = self.expression(at, end)?;
        self.extra_close(next);
        Ok(next)
    }

    /// Whether a word goes on with the expression before it.
    fn continues(&self, at: usize) -> bool {
        matches!(
            self.key(at),
            Keyword::AND
                | Keyword::OR
                | Keyword::IN
                | Keyword::IS
                | Keyword::LIKE
                | Keyword::ILIKE
                | Keyword::RLIKE
                | Keyword::NOT
                | Keyword::BETWEEN
                | Keyword::DIV
                | Keyword::COLLATE
        )
    }
}
