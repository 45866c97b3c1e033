//! Values, types, and names that are written as strings.

use sqlparser::keywords::Keyword;

use super::keywords::is_unit;
use super::{Prepass, Read, Refusal};
use crate::frontend::sql::lex::TokenKind;
use crate::frontend::sql::text::spelled_name;
use crate::frontend::sql::words::Class;
use crate::frontend::statement::LiteralKind;

impl Prepass<'_, '_> {
    /// `constant`: a value, where one starts here.
    pub(super) fn value(&mut self, at: usize, end: usize) -> Option<usize> {
        let (kind, next) = match self.kind(at)? {
            TokenKind::Number => (Some(LiteralKind::Number), at + 1),
            TokenKind::String => (Some(LiteralKind::String), self.strings(at, end)),
            TokenKind::Symbol if self.str(at) == "?" => (None, at + 1),
            // `:name`
            TokenKind::Symbol
                if self.str(at) == ":"
                    && at + 1 < end
                    && (self.is_ident(at + 1) || self.kind(at + 1) == Some(TokenKind::Number)) =>
            {
                (None, at + 2)
            }
            TokenKind::Word => self.word_value(at, end)?,
            _ => return None,
        };
        self.literal(at, kind);
        self.absorb(next);
        Some(next)
    }

    /// A value that starts with a word: `NULL`, `DATE '…'`, `X'…'`, `INTERVAL …`.
    fn word_value(&self, at: usize, end: usize) -> Option<(Option<LiteralKind>, usize)> {
        let typed = at + 1 < end && self.is_string(at + 1);
        match self.key(at) {
            Keyword::NULL => Some((Some(LiteralKind::Null), at + 1)),
            Keyword::TRUE | Keyword::FALSE => Some((Some(LiteralKind::Boolean), at + 1)),
            Keyword::DATE if typed => Some((Some(LiteralKind::Date), at + 2)),
            Keyword::TIMESTAMP if typed => Some((Some(LiteralKind::Timestamp), at + 2)),
            Keyword::INTERVAL => self.interval(at + 1, end).map(|next| (None, next)),
            Keyword::NoKeyword if typed => {
                let prefixes = ["X", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIME", "BINARY"];
                let known = prefixes.iter().any(|name| self.is_word(at, name));
                known.then_some((None, at + 2))
            }
            _ => None,
        }
    }

    /// Adjacent strings are one.
    fn strings(&self, at: usize, end: usize) -> usize {
        (at..end)
            .find(|index| !self.is_string(*index))
            .unwrap_or(end)
    }

    /// What follows `INTERVAL`: `'1' DAY`, `1 YEAR 2 MONTHS`, `'1-2' YEAR TO MONTH`, `'1 day'`.
    fn interval(&self, at: usize, end: usize) -> Option<usize> {
        let mut read = None;
        let mut at = at;
        loop {
            let signed = self.is_symbol(at, "-") || self.is_symbol(at, "+");
            let value = at + usize::from(signed);
            if value >= end {
                return read;
            }
            let text = self.is_string(value);
            let after = match self.kind(value) {
                Some(TokenKind::Number | TokenKind::String) => value + 1,
                Some(TokenKind::Symbol) if self.is_symbol(value, ":") => value + 2,
                Some(TokenKind::Symbol) if self.is_symbol(value, "?") => value + 1,
                _ => return read,
            };
            let unit = |at: usize| at < end && is_unit(self.str(at));
            if unit(after) {
                let to = self.is_word(after + 1, "TO") && unit(after + 2);
                at = after + if to { 3 } else { 1 };
                read = Some(at);
            } else if text && read.is_none() {
                return Some(after);
            } else {
                return read;
            }
        }
    }

    /// The token after a type that starts here.
    pub(super) fn data_type(&self, at: usize, end: usize) -> Read {
        if at >= end || !self.is_ident(at) {
            return Err(self.refusal(at, "a type"));
        }
        let mut next = at + 1;
        if self.is(at, Keyword::INTERVAL) {
            let unit = |at: usize| at < end && is_unit(self.str(at));
            if unit(next) {
                next += 1;
                if self.is_word(next, "TO") && unit(next + 1) {
                    next += 2;
                }
            }
            return Ok(next);
        }
        if next < end && self.is_symbol(next, "(") {
            next = self.close(next, end)? + 1;
        }
        if next < end && self.is_symbol(next, "<") {
            let mut open = 0_usize;
            loop {
                if next >= end {
                    return Err(self.refusal(at, "a type that is closed"));
                }
                open = match self.str(next) {
                    "<" => open + 1,
                    ">" => open.saturating_sub(1),
                    ">>" => open.saturating_sub(2),
                    ">>>" => open.saturating_sub(3),
                    _ => open,
                };
                next += 1;
                if open == 0 {
                    break;
                }
            }
        } else if self.is_symbol(next, "<>") {
            next += 1;
        }
        Ok(next)
    }

    /// `IDENTIFIER('a.b')`: a name where the string is constant.
    pub(super) fn spelled_name(&mut self, at: usize, end: usize) -> Read {
        let close = self.close(at + 1, end)?;
        let tokens = (at + 2..close).map(|index| (self.kind(index), self.str(index)));
        let parts = spelled_name(tokens)
            .ok_or_else(|| Self::beyond(at, "a name computed by `IDENTIFIER`"))?;
        let own = self.range(at).start..self.range(close).end;
        self.write(Class::Name, own);
        self.spell(parts);
        Ok(close + 1)
    }

    /// The word written last is this name.
    pub(super) fn spell(&mut self, parts: Vec<String>) {
        let number = self.spelled.len();
        self.spelled.push(parts);
        if let Some(word) = self.words.last_mut() {
            word.spelled = Some(number);
        }
    }

    /// Refuses a word that cannot start a value and stands where one should: taken for a column it would hide what
    /// it says.
    pub(super) fn no_value(&self, at: usize, end: usize) -> Result<(), Refusal> {
        let taken = at < end
            && matches!(
                self.key(at),
                Keyword::SELECT
                    | Keyword::FROM
                    | Keyword::WHERE
                    | Keyword::HAVING
                    | Keyword::UNION
                    | Keyword::INTERSECT
                    | Keyword::EXCEPT
                    | Keyword::MINUS
                    | Keyword::JOIN
                    | Keyword::ON
                    | Keyword::USING
                    | Keyword::WHEN
                    | Keyword::THEN
                    | Keyword::ELSE
                    | Keyword::END
                    | Keyword::AND
                    | Keyword::OR
                    | Keyword::AS
                    | Keyword::BY
                    | Keyword::IN
                    | Keyword::IS
                    | Keyword::LIKE
                    | Keyword::BETWEEN
            );
        if !taken {
            return Ok(());
        }
        // A name all the same where nothing but the end of an expression or an operator follows.
        let next = at + 1;
        let ends = next >= end
            || (self.is(at, Keyword::LIKE) && self.is_symbol(next, "("))
            || self.is(next, Keyword::AS)
            || self.is(next, Keyword::FROM)
            || matches!(self.str(next), "," | ")" | "]")
            || (self.kind(next) == Some(TokenKind::Symbol)
                && super::keywords::operator(self.str(next)).is_some()
                && !matches!(self.str(next), "*" | "-" | "+"));
        if ends {
            Ok(())
        } else {
            Err(self.refusal(at, "an expression"))
        }
    }
}
