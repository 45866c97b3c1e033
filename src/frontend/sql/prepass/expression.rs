//! Expressions (`expression`, `booleanExpression`, `valueExpression`, `primaryExpression`).

use sqlparser::keywords::Keyword;

use super::keywords::operator;
use super::query::Place;
use super::{Prepass, Read, separated};
use crate::frontend::sql::lex::TokenKind;
use crate::frontend::sql::words::Class;

impl Prepass<'_, '_> {
    /// `expression`
    pub(super) fn expression(&mut self, at: usize, end: usize) -> Read {
        self.deeper(at)?;
        let mut at = at;
        loop {
            at = self.operand(at, end)?;
            match self.operator(at, end)? {
                (next, true) => at = next,
                (next, false) => {
                    at = next;
                    break;
                }
            }
        }
        self.shallower();
        Ok(at)
    }

    /// Expressions between commas.
    pub(super) fn expressions(&mut self, at: usize, end: usize) -> Read {
        Ok(separated!(self, at, end, |at| self.expression(at, end)))
    }

    /// What stands between two operands: the token after it, and whether an operand follows.
    fn operator(&mut self, at: usize, end: usize) -> Result<(usize, bool), super::Refusal> {
        let mut at = at;
        loop {
            if at >= end {
                return Ok((at, false));
            }
            if self.kind(at) == Some(TokenKind::Symbol)
                && let Some(symbol) = operator(self.str(at))
            {
                self.symbol(at, symbol);
                return Ok((at + 1, true));
            }
            let key = self.key(at);
            match key {
                Keyword::AND | Keyword::OR | Keyword::BETWEEN => {
                    self.keyword(at, key);
                    return Ok((at + 1, true));
                }
                Keyword::DIV => {
                    self.symbol(at, "/");
                    return Ok((at + 1, true));
                }
                Keyword::LIKE | Keyword::ILIKE | Keyword::RLIKE => {
                    self.keyword(at, key);
                    let quantified = matches!(
                        self.key(at + 1),
                        Keyword::ANY | Keyword::SOME | Keyword::ALL
                    ) && self.is_symbol(at + 2, "(");
                    return Ok((at + if quantified { 2 } else { 1 }, true));
                }
                Keyword::ESCAPE if self.is_string(at + 1) => {
                    self.keyword(at, key);
                    return Ok((at + 1, true));
                }
                Keyword::IN if self.is_symbol(at + 1, "(") && at + 1 < end => {
                    self.keyword(at, key);
                    at = self.in_list(at + 1, end)?;
                }
                Keyword::IS => match self.is_test(at, end)? {
                    (next, false) => at = next,
                    found => return Ok(found),
                },
                _ if self.negates(at) => {
                    self.keyword(at, Keyword::NOT);
                    at += 1;
                }
                _ => return Ok((at, false)),
            }
        }
    }

    /// `NOT IN`, `! LIKE` and so on.
    fn negates(&self, at: usize) -> bool {
        (self.is(at, Keyword::NOT) || self.is_symbol(at, "!"))
            && matches!(
                self.key(at + 1),
                Keyword::IN | Keyword::LIKE | Keyword::ILIKE | Keyword::RLIKE | Keyword::BETWEEN
            )
    }

    /// `IN (…)` from its bracket on.
    fn in_list(&mut self, open: usize, end: usize) -> Read {
        let (inner, inner_close) = self.innermost(open, end)?;
        if self.starts_query(inner + 1, inner_close) {
            return self.query_in_brackets(open, end, Place::Predicate);
        }
        let close = self.close(open, end)?;
        self.symbol(open, "(");
        if self.is_symbol(open + 1, "(") {
            // The parser would take the first entry for a query.
            self.extra(open + 1, Class::Literal(None));
            self.extra_symbol(open + 1, ",");
        }
        let at = self.expressions(open + 1, close)?;
        self.end(at, close)?;
        self.symbol(close, ")");
        Ok(close + 1)
    }

    /// `IS [NOT] NULL|TRUE|FALSE|UNKNOWN`, `IS [NOT] DISTINCT FROM`
    fn is_test(&mut self, at: usize, end: usize) -> Result<(usize, bool), super::Refusal> {
        let negated = self.is(at + 1, Keyword::NOT) || self.is_symbol(at + 1, "!");
        let test = at + 1 + usize::from(negated);
        let key = self.key(test);
        if key == Keyword::DISTINCT && self.is(test + 1, Keyword::FROM) && test + 1 < end {
            self.symbol(at, "is distinct");
            return Ok((test + 2, true));
        }
        let known = matches!(
            key,
            Keyword::NULL | Keyword::TRUE | Keyword::FALSE | Keyword::UNKNOWN
        );
        if !known || test >= end {
            return Err(self.refusal(
                test,
                "`NULL`, `TRUE`, `FALSE`, `UNKNOWN` or `DISTINCT FROM`",
            ));
        }
        self.keyword(at, Keyword::IS);
        if negated {
            self.keyword(at + 1, Keyword::NOT);
        }
        self.keyword(test, key);
        Ok((test + 1, false))
    }

    /// An operand with what stands before and after it.
    fn operand(&mut self, at: usize, end: usize) -> Read {
        let mut at = at;
        loop {
            if at >= end {
                return Err(self.refusal(at, "an expression"));
            }
            match self.kind(at) {
                Some(TokenKind::Symbol) => match self.str(at) {
                    "-" => self.symbol(at, "-"),
                    "+" => self.symbol(at, "+"),
                    "~" => self.symbol(at, "~"),
                    "!" => self.keyword(at, Keyword::NOT),
                    _ => break,
                },
                Some(TokenKind::Word)
                    if self.is(at, Keyword::NOT) && !self.is_symbol(at + 1, ",") =>
                {
                    self.keyword(at, Keyword::NOT);
                }
                _ => break,
            }
            at += 1;
        }
        at = self.primary(at, end)?;
        self.suffixes(at, end)
    }

    /// `primaryExpression`
    fn primary(&mut self, at: usize, end: usize) -> Read {
        if self.kind(at) == Some(TokenKind::Symbol) {
            match self.str(at) {
                "(" => return self.brackets(at, end),
                "*" => {
                    self.symbol(at, "*");
                    return self.except(at + 1, end);
                }
                _ => {}
            }
        }
        if let Some(next) = self.value(at, end) {
            return Ok(next);
        }
        if !self.is_ident(at) {
            return Err(self.refusal(at, "an expression"));
        }
        let bracket = at + 1 < end && self.is_symbol(at + 1, "(");
        match self.key(at) {
            Keyword::CASE if !(at + 1 >= end || matches!(self.str(at + 1), "," | ")" | "=")) => {
                return self.case(at, end);
            }
            Keyword::EXISTS if bracket => {
                let (open, close) = self.innermost(at + 1, end)?;
                if self.starts_query(open + 1, close) {
                    self.keyword(at, Keyword::EXISTS);
                    return self.query_in_brackets(at + 1, end, Place::Predicate);
                }
            }
            _ => self.no_value(at, end)?,
        }
        if at + 1 < end && self.is_string(at + 1) {
            return Err(Self::beyond(at, "a literal of this type"));
        }
        self.name_or_call(at, end)
    }

    /// `a`, `a.b`, `a.*`, `f(…)`, `x -> …`
    fn name_or_call(&mut self, at: usize, end: usize) -> Read {
        let first = at;
        let mut at = self.identifier(at, end)?;
        let simple = at == first + 1;
        while at < end && self.is_symbol(at, ".") {
            self.symbol(at, ".");
            if at + 1 < end && self.is_symbol(at + 1, "*") {
                self.symbol(at + 1, "*");
                return self.except(at + 2, end);
            }
            at = self.identifier(at + 1, end)?;
        }
        if at >= end {
            return Ok(at);
        }
        if self.is_symbol(at, "(") {
            let name = if simple { Some(first) } else { None };
            return self.call(name, at, end);
        }
        if self.is_symbol(at, "->") {
            self.symbol(at, "->");
            return self.expression(at + 1, end);
        }
        Ok(at)
    }

    /// `exceptClause` after `*`
    pub(super) fn except(&mut self, at: usize, end: usize) -> Read {
        if at < end && self.is(at, Keyword::EXCEPT) && self.is_symbol(at + 1, "(") {
            let close = self.close(at + 1, end)?;
            if !self.starts_query(at + 2, close) {
                self.absorb(close + 1);
                return Ok(close + 1);
            }
        }
        Ok(at)
    }

    /// What may follow any operand: `[…]`, `.field`, `::type`, `:path`, `COLLATE name`.
    fn suffixes(&mut self, at: usize, end: usize) -> Read {
        let mut at = at;
        while at < end {
            let next = if self.is(at, Keyword::COLLATE) && self.is_ident(at + 1) {
                let mut next = at + 2;
                while self.is_symbol(next, ".") {
                    next += 2;
                }
                next
            } else if self.kind(at) != Some(TokenKind::Symbol) {
                break;
            } else {
                match self.str(at) {
                    "[" => {
                        let close = self.close(at, end)?;
                        self.symbol(at, "[");
                        let inner = self.expression(at + 1, close)?;
                        self.end(inner, close)?;
                        self.symbol(close, "]");
                        at = close + 1;
                        continue;
                    }
                    "." if self.is_word(at + 1, "IDENTIFIER") && self.is_symbol(at + 2, "(") => {
                        self.close(at + 2, end)? + 1
                    }
                    "." if self.is_ident(at + 1) => at + 2,
                    "::" => self.data_type(at + 1, end)?,
                    ":" if self.is_ident(at + 1) || self.is_symbol(at + 1, "[") => {
                        self.json_path(at + 1, end)?
                    }
                    _ => break,
                }
            };
            if next > end {
                return Err(self.refusal(at, "a name"));
            }
            self.absorb(next);
            at = next;
        }
        Ok(at)
    }

    /// `jsonPathFirstPart jsonPathParts*`
    fn json_path(&self, at: usize, end: usize) -> Read {
        let mut at = at;
        if self.is_ident(at) {
            at += 1;
        }
        while at < end {
            if self.is_symbol(at, "[") {
                at = self.close(at, end)? + 1;
            } else if self.is_symbol(at, ".") && self.is_ident(at + 1) {
                at += 2;
            } else {
                break;
            }
        }
        Ok(at)
    }

    /// `(query)`, `(a)`, `(a, b)`, `(x, y) -> …`
    fn brackets(&mut self, at: usize, end: usize) -> Read {
        let (open, close) = self.innermost(at, end)?;
        let outer = self.close(at, end)?;
        if self.starts_query(open + 1, close) {
            return self.query_in_brackets(at, end, Place::Operand);
        }
        let number = self.words.len();
        self.symbol(open, "(");
        self.absorb_before(number, at);
        let last = separated!(self, open + 1, close, |at| self.named(at, close));
        self.end(last, close)?;
        self.symbol(close, ")");
        self.absorb(outer + 1);
        if outer + 1 < end && self.is_symbol(outer + 1, "->") {
            self.symbol(outer + 1, "->");
            return self.expression(outer + 2, end);
        }
        Ok(outer + 1)
    }

    /// `namedExpression` whose name is left out.
    pub(super) fn named(&mut self, at: usize, end: usize) -> Read {
        let at = self.expression(at, end)?;
        self.left_out_alias(at, end)
    }

    pub(super) fn left_out_alias(&mut self, at: usize, end: usize) -> Read {
        let explicit = at < end && self.is(at, Keyword::AS);
        let name = at + usize::from(explicit);
        if name >= end || !self.is_ident(name) {
            return Ok(at);
        }
        let mark = self.words.len();
        let next = self.identifier(name, end)?;
        self.words.truncate(mark);
        if !explicit && next < end && !self.is_symbol(next, ",") {
            return Ok(at);
        }
        self.absorb(next);
        Ok(next)
    }

    fn case(&mut self, at: usize, end: usize) -> Read {
        self.deeper(at)?;
        self.keyword(at, Keyword::CASE);
        let mut at = at + 1;
        if !self.is(at, Keyword::WHEN) {
            at = self.expression(at, end)?;
        }
        while at < end && self.is(at, Keyword::WHEN) {
            self.keyword(at, Keyword::WHEN);
            at = self.expression(at + 1, end)?;
            at = self.expect(at, Keyword::THEN)?;
            self.keyword(at - 1, Keyword::THEN);
            at = self.expression(at, end)?;
        }
        if at < end && self.is(at, Keyword::ELSE) {
            self.keyword(at, Keyword::ELSE);
            at = self.expression(at + 1, end)?;
        }
        at = self.expect(at, Keyword::END)?;
        if at > end {
            return Err(self.refusal(end, "`END`"));
        }
        self.keyword(at - 1, Keyword::END);
        self.shallower();
        Ok(at)
    }
}
