//! What orders and cuts a result (`queryOrganization`, `windowClause`).

use sqlparser::keywords::Keyword;

use super::{Prepass, Read, separated};
use crate::frontend::sql::words::{Class, Mark};

impl Prepass<'_, '_> {
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
