//! Calls (`functionCall` and the forms of their own), sort items and windows (`windowSpec`).

use sqlparser::keywords::Keyword;

use super::keywords::{is_unit, operator};
use super::{Prepass, Read, Refusal, separated};
use crate::frontend::sql::lex::TokenKind;
use crate::frontend::sql::words::Class;

impl Prepass<'_, '_> {
    /// A call from its bracket on. `name`: the token that names the function, where it is only one.
    pub(super) fn call(&mut self, name: Option<usize>, open: usize, end: usize) -> Read {
        let close = self.close(open, end)?;
        self.symbol(open, "(");
        let key = name.map_or(Keyword::NoKeyword, |name| self.key(name));
        let mut at = self.before_arguments(key, name, open + 1, close);
        if at < close {
            loop {
                if matches!(key, Keyword::CAST | Keyword::TRY_CAST) {
                    let value = self.expression(at, close)?;
                    self.expect(value, Keyword::AS)?;
                    // The type goes to the closing bracket.
                    at = close;
                } else {
                    at = self.argument(at, close)?;
                }
                if at >= close {
                    break;
                }
                let separates = self.is_symbol(at, ",")
                    || match key {
                        Keyword::TRIM | Keyword::SUBSTRING => {
                            matches!(self.key(at), Keyword::FROM | Keyword::FOR)
                        }
                        Keyword::OVERLAY => matches!(
                            self.key(at),
                            Keyword::FROM | Keyword::FOR | Keyword::PLACING
                        ),
                        Keyword::POSITION => self.is(at, Keyword::IN),
                        _ => false,
                    };
                if !separates {
                    return Err(self.refusal(at, "`,` or `)`"));
                }
                self.symbol(at, ",");
                at += 1;
            }
        }
        self.symbol(close, ")");
        self.after_call(close + 1, end)
    }

    /// Where the arguments start: after `DISTINCT`, `EXTRACT (YEAR FROM`, `TRIM (BOTH`, the unit of `DATEADD (DAY,`.
    pub(super) fn before_arguments(
        &self,
        key: Keyword,
        name: Option<usize>,
        at: usize,
        close: usize,
    ) -> usize {
        let next = at + 1;
        let operand_follows =
            next < close && !matches!(self.str(next), "," | "." | "=" | "<" | ">" | "||");
        match key {
            Keyword::EXTRACT if self.is_ident(at) && self.is(next, Keyword::FROM) => return at + 2,
            Keyword::TRIM => {
                let sides = ["BOTH", "LEADING", "TRAILING"];
                let side = sides.iter().any(|side| self.is_word(at, side)) && operand_follows;
                let at = at + usize::from(side);
                return at + usize::from(self.is(at, Keyword::FROM));
            }
            _ => {}
        }
        let quantified = matches!(self.key(at), Keyword::DISTINCT | Keyword::ALL);
        if quantified && operand_follows {
            return next;
        }
        let unit = self.kind(at) == Some(TokenKind::Word)
            && self.is_symbol(next, ",")
            && is_unit(self.str(at))
            && name.is_some_and(|name| {
                const WITH_UNIT: [&str; 7] = [
                    "TIMESTAMPADD",
                    "TIMESTAMPDIFF",
                    "DATEADD",
                    "DATE_ADD",
                    "DATEDIFF",
                    "DATE_DIFF",
                    "TIMEDIFF",
                ];
                WITH_UNIT.iter().any(|word| self.is_word(name, word))
            })
            && self
                .top(at..close)
                .filter(|index| self.is_symbol(*index, ","))
                .count()
                == 2;
        if unit { at + 2 } else { at }
    }

    /// `functionArgument`, `functionTableArgument`
    pub(super) fn argument(&mut self, at: usize, end: usize) -> Read {
        let mut at = at;
        if self.is_ident(at) && self.is_symbol(at + 1, "=>") {
            at += 2;
        }
        if self.is(at, Keyword::TABLE) && at + 1 < end {
            let plain = self.is_ident(at + 1) && operator(self.str(at + 1)).is_none();
            if self.is_symbol(at + 1, "(") || plain {
                return self.table_argument(at, end);
            }
        }
        at = self.expression(at, end)?;
        at = self.null_treatment(at, end);
        self.left_out_alias(at, end)
    }

    /// `IGNORE NULLS`
    pub(super) fn null_treatment(&mut self, at: usize, end: usize) -> usize {
        let treats = self.is_word(at, "IGNORE") || self.is_word(at, "RESPECT");
        if at + 1 < end && treats && self.is(at + 1, Keyword::NULLS) {
            self.absorb(at + 2);
            return at + 2;
        }
        at
    }

    /// `WITHIN GROUP (…)`, `FILTER (WHERE …)`, `IGNORE NULLS`, `OVER …`
    pub(super) fn after_call(&mut self, at: usize, end: usize) -> Read {
        let mut at = at;
        if self.is(at, Keyword::WITHIN) && self.is(at + 1, Keyword::GROUP) && at + 2 < end {
            let close = self.close(at + 2, end)?;
            self.keyword(at, Keyword::WITHIN);
            self.symbol(at + 2, "(");
            let keys = self.expect(at + 3, Keyword::ORDER)?;
            let keys = self.expect(keys, Keyword::BY)?;
            self.keyword(keys - 2, Keyword::ORDER);
            self.keyword(keys - 1, Keyword::BY);
            let last = self.sort_items(keys, close)?;
            self.end(last, close)?;
            self.symbol(close, ")");
            at = close + 1;
        }
        if self.is(at, Keyword::FILTER) && self.is_symbol(at + 1, "(") && at + 1 < end {
            let close = self.close(at + 1, end)?;
            let condition = self.expect(at + 2, Keyword::WHERE)?;
            self.keyword(at, Keyword::FILTER);
            self.symbol(at + 1, "(");
            self.keyword(at + 2, Keyword::WHERE);
            let last = self.expression(condition, close)?;
            self.end(last, close)?;
            self.symbol(close, ")");
            at = close + 1;
        }
        at = self.null_treatment(at, end);
        if at + 1 < end && self.is(at, Keyword::OVER) {
            if self.is_symbol(at + 1, "(") {
                let close = self.close(at + 1, end)?;
                self.keyword(at, Keyword::OVER);
                self.symbol(at + 1, "(");
                self.window(at + 2, close)?;
                self.symbol(close, ")");
                at = close + 1;
            } else if self.is_ident(at + 1) && !self.is_symbol(at + 1, ",") {
                self.keyword(at, Keyword::OVER);
                at = self.identifier(at + 1, end)?;
            }
        }
        Ok(at)
    }

    /// `sortItem` between commas
    pub(super) fn sort_items(&mut self, at: usize, end: usize) -> Read {
        Ok(separated!(self, at, end, |at| self.sort_item(at, end)))
    }

    pub(super) fn sort_item(&mut self, at: usize, end: usize) -> Read {
        let at = self.expression(at, end)?;
        Ok(self.direction(at, end))
    }

    /// `ASC`, `DESC`, `NULLS FIRST`
    pub(super) fn direction(&mut self, at: usize, end: usize) -> usize {
        let mut at = at;
        if at < end && matches!(self.key(at), Keyword::ASC | Keyword::DESC) {
            at += 1;
        }
        let side = self.is_word(at + 1, "FIRST") || self.is_word(at + 1, "LAST");
        if at + 1 < end && self.is(at, Keyword::NULLS) && side {
            at += 2;
        }
        self.absorb(at);
        at
    }

    /// `windowSpec` between its brackets
    pub(super) fn window(&mut self, at: usize, end: usize) -> Result<(), Refusal> {
        let mut at = at;
        let by = |prepass: &Self, at: usize| prepass.is(at + 1, Keyword::BY);
        let frame = |prepass: &Self, at: usize| {
            matches!(prepass.key(at), Keyword::ROWS | Keyword::RANGE)
                && !matches!(prepass.str(at + 1), "" | ")" | ",")
        };
        if at < end && self.is_ident(at) && !by(self, at) && !(frame(self, at) && at + 1 < end) {
            at = self.identifier(at, end)?;
        }
        if at < end
            && by(self, at)
            && matches!(
                self.key(at),
                Keyword::PARTITION | Keyword::DISTRIBUTE | Keyword::CLUSTER
            )
        {
            self.keyword(at, Keyword::PARTITION);
            self.keyword(at + 1, Keyword::BY);
            at = self.expressions(at + 2, end)?;
        }
        if at < end && by(self, at) && matches!(self.key(at), Keyword::ORDER | Keyword::SORT) {
            self.keyword(at, Keyword::ORDER);
            self.keyword(at + 1, Keyword::BY);
            at = self.sort_items(at + 2, end)?;
        }
        if at < end && frame(self, at) {
            let unit = self.key(at);
            self.keyword(at, unit);
            at += 1;
            if self.is(at, Keyword::BETWEEN) {
                self.keyword(at, Keyword::BETWEEN);
                at = self.window_bound(at + 1, end)?;
                at = self.expect(at, Keyword::AND)?;
                self.keyword(at - 1, Keyword::AND);
            }
            at = self.window_bound(at, end)?;
        }
        self.end(at, end)
    }

    /// `frameBound`
    pub(super) fn window_bound(&mut self, at: usize, end: usize) -> Read {
        if self.is(at, Keyword::CURRENT) && self.is(at + 1, Keyword::ROW) {
            self.keyword(at, Keyword::CURRENT);
            self.keyword(at + 1, Keyword::ROW);
            return Ok(at + 2);
        }
        let at = if self.is(at, Keyword::UNBOUNDED) {
            self.keyword(at, Keyword::UNBOUNDED);
            at + 1
        } else {
            self.expression(at, end)?
        };
        let key = self.key(at);
        if at < end && matches!(key, Keyword::PRECEDING | Keyword::FOLLOWING) {
            self.keyword(at, key);
            return Ok(at + 1);
        }
        Err(self.refusal(at, "`PRECEDING` or `FOLLOWING`"))
    }

    /// The expressions of a window, for where only they count.
    pub(super) fn window_expressions(&mut self, at: usize, end: usize) -> Result<(), Refusal> {
        let start = self.words.len();
        let refers = at < end && self.is_ident(at) && !self.is(at + 1, Keyword::BY);
        self.window(
            at + usize::from(refers && !self.is(at, Keyword::ROWS) && !self.is(at, Keyword::RANGE)),
            end,
        )?;
        let written = self.words.split_off(start);
        // What is left is a list: bracketed, one after another.
        let mut open = 0_u32;
        for mut word in written {
            match word.class {
                Class::Keyword(Keyword::CASE) | Class::Symbol("(" | "[") => open += 1,
                Class::Keyword(Keyword::END) | Class::Symbol(")" | "]") => {
                    open = open.saturating_sub(1);
                }
                Class::Keyword(Keyword::PARTITION | Keyword::ORDER) if open == 0 => continue,
                Class::Keyword(Keyword::BY) if open == 0 => {
                    if self.words.len() == start {
                        continue;
                    }
                    word.class = Class::Symbol(",");
                }
                Class::Keyword(Keyword::ROWS | Keyword::RANGE) if open == 0 => break,
                _ => {}
            }
            self.words.push(word);
        }
        Ok(())
    }
}
