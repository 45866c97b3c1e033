//! Blocks (`querySpecification`, `fromStatement`, `transformClause`, `aggregationClause`).

use sqlparser::keywords::Keyword;

use super::{Prepass, Read, separated};
use crate::frontend::sql::words::{Class, Word};

/// A `FROM` clause that is written already.
pub(super) struct From {
    /// Its first token, where it has one.
    pub(super) token: Option<usize>,
    /// Its relations.
    pub(super) words: Vec<Word>,
}

impl Prepass<'_, '_> {
    /// `SELECT …`, `MAP …`, `REDUCE …`. `from`: what stands before it in the text and after it in the words.
    pub(super) fn select(&mut self, at: usize, end: usize, from: Option<From>) -> Read {
        self.keyword(at, Keyword::SELECT);
        let mut at = at;
        if self.is_transform(at, end) {
            at = self.transform(at, end)?;
        } else {
            at += 1;
            let quantified = matches!(self.key(at), Keyword::DISTINCT | Keyword::ALL);
            if quantified
                && !matches!(self.str(at + 1), "," | "")
                && !matches!(self.key(at + 1), Keyword::FROM | Keyword::AS)
            {
                if self.is(at, Keyword::DISTINCT) {
                    self.keyword(at, Keyword::DISTINCT);
                }
                at += 1;
            }
            at = self.items(at, end)?;
        }
        if let Some(from) = from {
            self.append(at, from);
            at = self.lateral_views(at, end)?;
        } else if at < end && self.is(at, Keyword::FROM) {
            self.keyword(at, Keyword::FROM);
            at = self.relations(at + 1, end)?;
        }
        self.after_from(at, end)
    }

    /// The clauses after `FROM`.
    pub(super) fn after_from(&mut self, at: usize, end: usize) -> Read {
        let mut at = at;
        for key in [Keyword::WHERE, Keyword::GROUP, Keyword::HAVING] {
            if at >= end || !self.is(at, key) {
                continue;
            }
            self.keyword(at, key);
            at = if key == Keyword::GROUP {
                at = self.expect(at + 1, Keyword::BY)?;
                self.keyword(at - 1, Keyword::BY);
                self.group_by(at, end)?
            } else {
                self.expression(at + 1, end)?
            };
        }
        // One bracketed list stands for what else names columns.
        let start = self.words.len();
        let mut qualifies = false;
        while at < end {
            let from = self.words.len();
            if from > start {
                self.extra_symbol(at, ",");
            }
            let written = self.words.len();
            if self.is(at, Keyword::WINDOW) && self.organizes(at, end) {
                at = self.named_windows(at + 1, end)?;
            } else if self.is(at, Keyword::QUALIFY) && !qualifies {
                qualifies = true;
                at = self.expression(at + 1, end)?;
            } else {
                self.words.truncate(from);
                break;
            }
            if self.words.len() == written {
                self.words.truncate(from);
            }
        }
        if self.words.len() > start {
            let list = self.words.split_off(start);
            let place = list.first().map_or(0, |word| word.full.start);
            self.write(Class::Keyword(Keyword::QUALIFY), place..place);
            self.write(Class::Symbol("("), place..place);
            self.words.extend(list);
            self.extra_close(at);
        }
        Ok(at)
    }

    /// `FROM t SELECT …`, `FROM t MAP …`, `FROM t`
    pub(super) fn relations_first(&mut self, at: usize, end: usize) -> Read {
        let start = self.words.len();
        let next = self.relations(at + 1, end)?;
        if next < end && (self.is(next, Keyword::SELECT) || self.is_transform(next, end)) {
            let from = self.words.split_off(start);
            let mut next = next;
            loop {
                let from = From {
                    token: Some(at),
                    words: from.clone(),
                };
                next = self.select(next, end, Some(from))?;
                // `fromStatementBody+`: their rows together.
                if !self.is(next, Keyword::SELECT) || next >= end {
                    return Ok(next);
                }
                self.extra_keywords(next, &[Keyword::UNION]);
            }
        }
        let from = self.words.split_off(start);
        self.extra_keywords(at, &[Keyword::SELECT]);
        self.extra_symbol(at, "*");
        self.keyword(at, Keyword::FROM);
        self.words.extend(from);
        Ok(next)
    }

    /// `namedExpressionSeq` of a select list
    pub(super) fn items(&mut self, at: usize, end: usize) -> Read {
        Ok(separated!(self, at, end, |at| self.item(at, end)))
    }

    /// `namedExpression`
    fn item(&mut self, at: usize, end: usize) -> Read {
        let at = self.expression(at, end)?;
        if at >= end {
            return Ok(at);
        }
        if self.is(at, Keyword::AS) {
            if self.is_symbol(at + 1, "(") {
                let close = self.close(at + 1, end)?;
                let last = self.aliases(at + 2, close)?;
                self.end(last, close)?;
                return Ok(close + 1);
            }
            self.keyword(at, Keyword::AS);
            return self.identifier(at + 1, end);
        }
        // `* REPLACE (expression AS name)`
        if self.is_word(at, "REPLACE") && self.is_symbol(at + 1, "(") {
            let close = self.close(at + 1, end)?;
            self.symbol(at, ",");
            let last = separated!(self, at + 2, close, |at| self.item(at, close));
            self.end(last, close)?;
            self.absorb(close + 1);
            return Ok(close + 1);
        }
        // Several names of a generator, without `AS`.
        if self.is_symbol(at, "(") {
            let close = self.close(at, end)?;
            let last = self.aliases(at + 1, close)?;
            self.end(last, close)?;
            return Ok(close + 1);
        }
        if self.is_ident(at) && !self.ends_item(at, end) {
            self.extra_keywords(at, &[Keyword::AS]);
            return self.identifier(at, end);
        }
        Ok(at)
    }

    /// Whether the word after an item is no alias.
    fn ends_item(&self, at: usize, end: usize) -> bool {
        let next = at + 1;
        // `SELECT a limit FROM t`, `SELECT a FROM FROM t`: what would be a clause is an alias.
        let alias = next >= end || self.is_symbol(next, ",") || self.is(next, Keyword::FROM);
        match self.key(at) {
            Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT | Keyword::MINUS => true,
            Keyword::FROM | Keyword::WHERE | Keyword::HAVING | Keyword::QUALIFY => !alias,
            Keyword::GROUP => self.is(next, Keyword::BY),
            Keyword::LATERAL => self.is(next, Keyword::VIEW),
            Keyword::ORDER
            | Keyword::SORT
            | Keyword::CLUSTER
            | Keyword::DISTRIBUTE
            | Keyword::LIMIT
            | Keyword::OFFSET
            | Keyword::WINDOW => self.organizes(at, end) && !alias,
            _ => false,
        }
    }

    /// Several names for one item, `a [type], b [type]`: the first is its alias, the others those of items without
    /// columns.
    fn aliases(&mut self, at: usize, end: usize) -> Read {
        let mut at = at;
        let mut first = true;
        loop {
            if !first {
                let own = self.range(at);
                self.write(Class::Literal(None), own);
            }
            first = false;
            self.extra_keywords(at, &[Keyword::AS]);
            at = self.identifier(at, end)?;
            // `colType`
            let row_format = self.is(at, Keyword::ROW) && self.is_word(at + 1, "FORMAT");
            if at < end
                && self.is_ident(at)
                && !self.ends_item(at, end)
                && !row_format
                && !self.is_word(at, "RECORDREADER")
            {
                at = self.data_type(at, end)?;
                if self.is(at, Keyword::NOT) && self.is(at + 1, Keyword::NULL) {
                    at += 2;
                }
                if self.is_word(at, "COMMENT") && self.is_string(at + 1) {
                    at += 2;
                }
                self.absorb(at);
            }
            if at < end && self.is_symbol(at, ",") {
                self.symbol(at, ",");
                at += 1;
            } else {
                return Ok(at);
            }
        }
    }

    /// `aggregationClause` after `GROUP BY`
    pub(super) fn group_by(&mut self, at: usize, end: usize) -> Read {
        if self.is_all(at, end) {
            self.all(at);
            return Ok(at + 1);
        }
        let start = self.words.len();
        let mut next = separated!(self, at, end, |at| self.group(at, end));
        let with = self.is(next, Keyword::WITH)
            && matches!(self.key(next + 1), Keyword::ROLLUP | Keyword::CUBE);
        let sets = self.is(next, Keyword::GROUPING) && self.is(next + 1, Keyword::SETS);
        if next < end && (with || sets) {
            // The keys are none by themselves: one entry.
            let keys = self.words.split_off(start);
            self.extra_symbol(at, "(");
            self.words.extend(keys);
            self.extra_symbol(next, ",");
            if with {
                self.extra(next, Class::Literal(None));
                next += 2;
            } else {
                next = self.group(next, end)?;
            }
            self.extra_close(next);
        }
        Ok(next)
    }

    /// `groupByClause`
    pub(super) fn group(&mut self, at: usize, end: usize) -> Read {
        let open = match self.key(at) {
            Keyword::GROUPING if self.is(at + 1, Keyword::SETS) => at + 2,
            Keyword::ROLLUP | Keyword::CUBE => at + 1,
            _ => return self.expression(at, end),
        };
        if !self.is_symbol(open, "(") {
            return self.expression(at, end);
        }
        self.deeper(at)?;
        let close = self.close(open, end)?;
        let number = self.words.len();
        self.symbol(open, "(");
        self.absorb_before(number, at);
        let mut next = open + 1;
        while next < close {
            // `()`
            if self.is_symbol(next, "(") && self.is_symbol(next + 1, ")") {
                self.symbol(next, "(");
                self.symbol(next + 1, ")");
                next += 2;
            } else {
                next = self.group(next, close)?;
            }
            if next < close {
                next = self.expect_symbol(next, ",")?;
                self.symbol(next - 1, ",");
            }
        }
        if close > open + 1 {
            // A list of one would be its only entry.
            self.extra_symbol(close, ",");
            self.extra(close, Class::Literal(None));
        }
        self.symbol(close, ")");
        self.shallower();
        Ok(close + 1)
    }

    /// Whether `SELECT TRANSFORM (…) … USING`, `MAP … USING` or `REDUCE … USING` stands here.
    pub(super) fn is_transform(&self, at: usize, end: usize) -> bool {
        if self.is(at, Keyword::SELECT) {
            return self.is_word(at + 1, "TRANSFORM")
                && self.is_symbol(at + 2, "(")
                && self.close(at + 2, end).is_ok_and(|close| {
                    let after = close + 1;
                    after < end
                        && (self.is(after, Keyword::USING)
                            || self.is(after, Keyword::ROW)
                            || self.is_word(after, "RECORDWRITER"))
                });
        }
        (self.is_word(at, "MAP") || self.is_word(at, "REDUCE"))
            && !self.is_symbol(at + 1, "(")
            && self
                .top(at + 1..end)
                .find(|index| {
                    matches!(
                        self.key(*index),
                        Keyword::USING | Keyword::FROM | Keyword::SELECT | Keyword::JOIN
                    )
                })
                .is_some_and(|index| self.is(index, Keyword::USING) && self.is_string(index + 1))
    }

    /// `transformClause`: rows go through a program. Written as a call of a function that nobody knows.
    fn transform(&mut self, at: usize, end: usize) -> Read {
        let bracketed = self.is(at, Keyword::SELECT);
        let name = at + usize::from(bracketed);
        self.word(name, Class::Name);
        self.spell(vec!["transform using".to_owned()]);
        let mut at;
        if bracketed {
            let close = self.close(name + 1, end)?;
            self.symbol(name + 1, "(");
            let last = separated!(self, name + 2, close, |at| self.named(at, close));
            self.end(last, close)?;
            self.symbol(close, ")");
            at = close + 1;
        } else {
            self.extra_symbol(name + 1, "(");
            at = separated!(self, name + 1, end, |at| self.named(at, end));
            self.extra_close(at);
        }
        // `rowFormat`, `RECORDWRITER '…'`
        at = self.skip_format(at, end);
        at = self.expect(at, Keyword::USING)?;
        if !self.is_string(at) {
            return Err(self.refusal(at, "a program"));
        }
        self.absorb(at + 1);
        at += 1;
        if at < end && self.is(at, Keyword::AS) {
            if self.is_symbol(at + 1, "(") {
                let close = self.close(at + 1, end)?;
                let last = self.aliases(at + 2, close)?;
                self.end(last, close)?;
                at = close + 1;
            } else {
                at = self.aliases(at + 1, end)?;
            }
        }
        Ok(self.skip_format(at, end))
    }

    /// The token after `ROW FORMAT …` and `RECORDREADER '…'`.
    fn skip_format(&self, at: usize, end: usize) -> usize {
        let mut at = at;
        if self.is(at, Keyword::ROW) && self.is_word(at + 1, "FORMAT") {
            at += 2;
            while at < end
                && !self.is_word(at, "RECORDREADER")
                && !self.is_word(at, "RECORDWRITER")
                && !matches!(
                    self.key(at),
                    Keyword::USING
                        | Keyword::FROM
                        | Keyword::WHERE
                        | Keyword::LATERAL
                        | Keyword::GROUP
                        | Keyword::HAVING
                        | Keyword::UNION
                        | Keyword::ORDER
                        | Keyword::SORT
                        | Keyword::CLUSTER
                        | Keyword::DISTRIBUTE
                        | Keyword::LIMIT
                )
            {
                at += 1;
            }
        }
        let record = self.is_word(at, "RECORDREADER") || self.is_word(at, "RECORDWRITER");
        if record && self.is_string(at + 1) {
            at += 2;
        }
        at
    }
}
