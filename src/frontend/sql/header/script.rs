//! Scripts: `BEGIN … END`. Grammar: Spark `SqlBaseParser.g4`, rule `compoundStatement`.
//!
//! A script is one statement. Which of its parts run, and how often, is decided while it runs; so only the statements
//! and conditions in it are found, loops and branches aside.

use std::ops::Range;

use super::super::lex::TokenKind;
use super::super::text::Text;
use super::{Failure, Header, kind};
use crate::frontend::statement::StatementKind;

impl Header<'_> {
    /// Whether a script starts here: `[label:] BEGIN …`.
    pub(super) fn starts_script(&self, at: usize) -> bool {
        let at = if self.is_label(at) { at + 2 } else { at };
        self.is(at, &["BEGIN"]) && at + 1 < self.range.end
    }

    fn is_label(&self, at: usize) -> bool {
        let kind = self.text.kind(at);
        matches!(kind, Some(TokenKind::Word | TokenKind::QuotedIdentifier))
            && self.is_symbol(at + 1, ":")
    }

    /// The statements of a script, conditions among them.
    pub(super) fn script(&self, mut at: usize) -> Result<StatementKind, Failure> {
        let mut statements = Vec::new();
        while at < self.range.end {
            at = self.part(at, &mut statements)?;
        }
        Ok(StatementKind::Script(statements))
    }

    /// Reads what stands at the place of a statement; the next such place.
    fn part(&self, at: usize, into: &mut Vec<StatementKind>) -> Result<usize, Failure> {
        if self.is_label(at) {
            return Ok(at + 2);
        }
        let next = at + 1;
        let words = self.text.str(at).to_uppercase();
        match words.as_str() {
            ";" | "ELSE" | "LOOP" | "REPEAT" => Ok(next),
            "BEGIN" => Ok(self.skip(self.skip(next, &["NOT"]), &["ATOMIC"])),
            "END" | "LEAVE" | "ITERATE" | "OPEN" | "FETCH" | "CLOSE" => Ok(self.end_of(at)),
            "IF" | "ELSEIF" | "WHEN" => Ok(self.tested(next, "THEN", into)? + 1),
            "WHILE" => Ok(self.tested(next, "DO", into)? + 1),
            "UNTIL" => self.tested(next, "END", into),
            "CASE" if self.is(next, &["WHEN"]) => Ok(next),
            "CASE" => self.tested(next, "WHEN", into),
            "FOR" => {
                let named = self.is(next + 1, &["AS"]);
                let start = if named { next + 2 } else { next };
                let end = self.word_after(start, "DO")?;
                into.push(self.inner(start..end, kind)?);
                Ok(end + 1)
            }
            "DECLARE" => self.declaration(at, into),
            _ => self.statement(at, into),
        }
    }

    /// A condition up to `word`, and the place of the word.
    fn tested(
        &self,
        at: usize,
        word: &str,
        into: &mut Vec<StatementKind>,
    ) -> Result<usize, Failure> {
        let end = self.word_after(at, word)?;
        into.push(self.inner(at..end, |text, range| {
            let header = Header {
                text,
                range: range.clone(),
            };
            header.condition(range)
        })?);
        Ok(end)
    }

    /// `DECLARE … HANDLER FOR conditions statement`, `DECLARE … CONDITION …`, `DECLARE … CURSOR FOR query`, or a
    /// variable.
    fn declaration(&self, at: usize, into: &mut Vec<StatementKind>) -> Result<usize, Failure> {
        let end = self.end_of(at);
        if self.is(at + 2, &["HANDLER", "FOR"]) {
            let mut place = at + 4;
            loop {
                if self.is(place, &["SQLSTATE"]) {
                    place = self.skip(place + 1, &["VALUE"]);
                    place = self.string(place)?.1;
                } else if self.is(place, &["NOT", "FOUND"]) {
                    place += 2;
                } else {
                    place = self.name(place)?.1;
                }
                if !self.is_symbol(place, ",") {
                    return Ok(place);
                }
                place += 1;
            }
        }
        if self.is(at + 2, &["CONDITION"]) {
            return Ok(end);
        }
        let cursor = (at + 2..end).find(|index| self.is(*index, &["CURSOR"]));
        let query = cursor.and_then(|cursor| (cursor..end).find(|index| self.is(*index, &["FOR"])));
        match query {
            Some(query) => {
                into.push(self.inner(query + 1..end, kind)?);
                Ok(end)
            }
            None => self.statement(at, into),
        }
    }

    /// A statement up to its semicolon. `SET` sets variables where it can.
    fn statement(&self, at: usize, into: &mut Vec<StatementKind>) -> Result<usize, Failure> {
        let end = self.end_of(at);
        into.push(self.inner(at..end, |text, range| {
            let header = Header {
                text,
                range: range.clone(),
            };
            if header.is(range.start, &["SET"])
                && let Ok(set) = header.set_variable(range.start + 1)
            {
                return Ok(set);
            }
            kind(text, range)
        })?);
        Ok(end)
    }

    /// Reads a part as a text of its own, in which brackets and `CASE` are matched anew.
    fn inner(
        &self,
        range: Range<usize>,
        read: impl FnOnce(&Text<'_>, Range<usize>) -> Result<StatementKind, Failure>,
    ) -> Result<StatementKind, Failure> {
        let tokens = self.text.tokens(range.clone());
        let text = Text::new(self.text.source(), tokens);
        read(&text, 0..tokens.len()).map_err(|failure| Failure {
            range: Some(failure.range.map_or_else(
                || range.clone(),
                |inner| range.start + inner.start..range.start + inner.end,
            )),
            ..failure
        })
    }

    /// The semicolon that ends the statement, or the end.
    fn end_of(&self, at: usize) -> usize {
        (at..self.range.end)
            .find(|index| self.is_symbol(*index, ";"))
            .unwrap_or(self.range.end)
    }

    /// The next place of a word outside brackets and `CASE … END`.
    fn word_after(&self, at: usize, word: &str) -> Result<usize, Failure> {
        let mut open = 0_usize;
        for index in at..self.end_of(at) {
            if open == 0 && index > at && self.is(index, &[word]) {
                return Ok(index);
            }
            match self.text.str(index) {
                "(" | "[" => open += 1,
                ")" | "]" => open = open.saturating_sub(1),
                _ if self.is(index, &["CASE"]) => open += 1,
                _ if self.is(index, &["END"]) => open = open.saturating_sub(1),
                _ => {}
            }
        }
        Err(self.unexpected(self.end_of(at), &format!("`{word}`")))
    }
}
