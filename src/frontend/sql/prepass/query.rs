//! Queries (`query`, `ctes`, `queryTerm`, `queryPrimary`, `queryOrganization`, `inlineTable`).

use sqlparser::keywords::Keyword;

use super::keywords::operator;
use super::{Prepass, Read, Refusal, separated};
use crate::frontend::sql::lex::TokenKind;
use crate::frontend::sql::words::{Class, Mark};

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
    fn ends_term(&self, at: usize, end: usize) -> bool {
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

    /// Whether a clause of `queryOrganization` starts here.
    pub(super) fn organizes(&self, at: usize, end: usize) -> bool {
        let next = at + 1;
        match self.key(at) {
            Keyword::ORDER | Keyword::SORT | Keyword::CLUSTER | Keyword::DISTRIBUTE => {
                self.is(next, Keyword::BY)
            }
            Keyword::LIMIT | Keyword::OFFSET => {
                next < end && !matches!(self.str(next), "," | ")" | "|>")
            }
            Keyword::WINDOW => {
                self.is_ident(next)
                    && (self.is(at + 2, Keyword::AS)
                        || (self.is_word(next, "IDENTIFIER") && self.is_symbol(at + 2, "(")))
            }
            _ => false,
        }
    }

    /// `queryOrganization`. All of it is written as one `ORDER BY`, whose entries are marked.
    pub(super) fn organization(&mut self, at: usize, end: usize) -> Read {
        let mut at = at;
        let mut first = true;
        while at < end && self.organizes(at, end) {
            let key = self.key(at);
            let mark = match key {
                Keyword::ORDER => Mark::None,
                Keyword::LIMIT | Keyword::OFFSET => Mark::Limit,
                _ => Mark::Tail,
            };
            if key == Keyword::LIMIT && self.is(at + 1, Keyword::ALL) {
                self.absorb(at + 2);
                at += 2;
                continue;
            }
            if first {
                self.keyword(at, Keyword::ORDER);
                self.extra_keywords(at + 1, &[Keyword::BY]);
                first = false;
            } else {
                self.symbol(at, ",");
            }
            at = match key {
                Keyword::LIMIT | Keyword::OFFSET => self.entry(at + 1, end, mark)?,
                Keyword::WINDOW => {
                    let start = self.words.len();
                    let next = self.named_windows(at + 1, end)?;
                    if self.words.len() == start {
                        self.extra(at, Class::Literal(None));
                    }
                    self.mark_entries(start, mark);
                    next
                }
                _ => separated!(self, at + 2, end, |at| self.entry(at, end, mark)),
            };
        }
        Ok(at)
    }

    fn entry(&mut self, at: usize, end: usize, mark: Mark) -> Read {
        let number = self.words.len();
        let next = if self.is_all(at, end) {
            self.all(at);
            self.direction(at + 1, end)
        } else {
            self.sort_item(at, end)?
        };
        self.mark(number, mark);
        Ok(next)
    }

    /// `ALL` where a list of expressions stands: every one of the select list, unless there is such a column.
    pub(super) fn is_all(&self, at: usize, end: usize) -> bool {
        let next = at + 1;
        self.is(at, Keyword::ALL)
            && (next >= end
                || matches!(
                    self.key(next),
                    Keyword::ASC | Keyword::DESC | Keyword::NULLS | Keyword::HAVING
                )
                || self.ends_term(next, end))
    }

    /// Written so that it is no plain column: `(ALL, NULL)`.
    pub(super) fn all(&mut self, at: usize) {
        self.extra_symbol(at, "(");
        self.word(at, Class::Name);
        self.extra_symbol(at + 1, ",");
        self.extra(at + 1, Class::Literal(None));
        self.extra_symbol(at + 1, ")");
    }

    /// Marks every entry of the list that was written from here on.
    fn mark_entries(&mut self, start: usize, mark: Mark) {
        let mut open = 0_u32;
        let mut entry = true;
        for word in self.words.iter_mut().skip(start) {
            if std::mem::take(&mut entry) {
                word.mark = mark;
            }
            match word.class {
                Class::Symbol("(" | "[") | Class::Keyword(Keyword::CASE) => open += 1,
                Class::Symbol(")" | "]") | Class::Keyword(Keyword::END) => {
                    open = open.saturating_sub(1);
                }
                Class::Symbol(",") if open == 0 => entry = true,
                _ => {}
            }
        }
    }

    /// `windowClause` after its word: the expressions of the windows, between commas.
    pub(super) fn named_windows(&mut self, at: usize, end: usize) -> Read {
        let start = self.words.len();
        let mut at = at;
        loop {
            // The name is no name of a column or table.
            let written = self.words.len();
            at = self.identifier(at, end)?;
            self.words.truncate(written);
            at = self.expect(at, Keyword::AS)?;
            if self.is_symbol(at, "(") {
                let close = self.close(at, end)?;
                let before = self.words.len();
                if before > start {
                    self.extra_symbol(at, ",");
                }
                let written = self.words.len();
                self.window_expressions(at + 1, close)?;
                if self.words.len() == written {
                    self.words.truncate(before);
                }
                at = close + 1;
            } else if self.is_ident(at) {
                at += 1;
            } else {
                return Err(self.refusal(at, "`(`"));
            }
            if at < end && self.is_symbol(at, ",") {
                at += 1;
            } else {
                return Ok(at);
            }
        }
    }
}
