//! Pipe syntax (`operatorPipeRightSide`): each step is a block over the query before it.

use sqlparser::keywords::Keyword;

use super::select::From;
use super::{Prepass, Read, Refusal, separated};
use crate::frontend::sql::words::{Class, Mark};

impl Prepass<'_, '_> {
    /// A query with its steps: `pipes` are the tokens `|>` in it.
    pub(super) fn piped(&mut self, at: usize, end: usize, pipes: &[usize]) -> Result<(), Refusal> {
        let Some((last, before)) = pipes.split_last() else {
            return self.term(at, end);
        };
        self.deeper(*last)?;
        let next = self.step(at, *last, before, end)?;
        self.end(next, end)?;
        self.shallower();
        Ok(())
    }

    /// The step after the token `pipe`, over the query from `at` on.
    fn step(&mut self, at: usize, pipe: usize, before: &[usize], end: usize) -> Read {
        let step = pipe + 1;
        if step >= end {
            return Err(self.refusal(step, "a step"));
        }
        let word = self.str(step).to_ascii_uppercase();
        match word.as_str() {
            "SELECT" => {
                let from = self.over(at, pipe, before)?;
                let next = self.select(step, end, Some(from))?;
                self.organization(next, end)
            }
            "EXTEND" | "SET" => {
                let from = self.over(at, pipe, before)?;
                self.keyword(step, Keyword::SELECT);
                self.extra_symbol(step + 1, "*");
                self.extra_symbol(step + 1, ",");
                let next = if word == "SET" {
                    separated!(self, step + 1, end, |at| self.assignment(at, end))
                } else {
                    self.items(step + 1, end)?
                };
                self.append(next, from);
                self.after_from(next, end)
            }
            "DROP" => {
                let from = self.over(at, pipe, before)?;
                self.keyword(step, Keyword::SELECT);
                let start = self.words.len();
                let next = separated!(self, step + 1, end, |at| self.identifier(at, end));
                self.words.truncate(start);
                self.extra_symbol(step + 1, "*");
                self.absorb(next);
                self.append(next, from);
                Ok(next)
            }
            "AS" => {
                self.everything(step);
                self.brackets_over(at, pipe, before)?;
                self.alias(step, end)
            }
            "AGGREGATE" => self.aggregate(at, pipe, before, end),
            "UNION" | "EXCEPT" | "INTERSECT" | "MINUS" => {
                self.brackets_over(at, pipe, before)?;
                let operator = self.key(step);
                self.set_operation(operator, step, end)
            }
            _ => {
                let sampled = self.sample(step, end)?;
                if sampled > step {
                    self.everything(step);
                    let number = self.words.len();
                    self.extra_symbol(at, "(");
                    self.mark(number, Mark::Modified);
                    self.everything(step);
                    self.brackets_over(at, pipe, before)?;
                    self.extra_close(sampled);
                    return Ok(sampled);
                }
                self.everything(step);
                self.words.pop();
                let from = self.over(at, pipe, before)?;
                self.append(step, from);
                let next = self.extensions(step, end)?;
                let next = if next == step {
                    self.after_from(step, end)?
                } else {
                    next
                };
                let next = self.organization(next, end)?;
                if next == step {
                    return Err(self.refusal(step, "a step"));
                }
                Ok(next)
            }
        }
    }

    /// `SELECT * FROM`
    pub(super) fn everything(&mut self, before: usize) {
        let number = self.words.len();
        self.extra_keywords(before, &[Keyword::SELECT]);
        self.mark(number, Mark::Assembled);
        self.extra_symbol(before, "*");
        self.extra_keywords(before, &[Keyword::FROM]);
    }

    pub(super) fn append(&mut self, at: usize, from: From) {
        match from.token {
            Some(token) => self.keyword(token, Keyword::FROM),
            None => self.extra_keywords(at, &[Keyword::FROM]),
        }
        self.words.extend(from.words);
    }

    /// The relations of a step: those of a leading `FROM` themselves, or the query before the step.
    fn over(&mut self, at: usize, pipe: usize, before: &[usize]) -> Result<From, Refusal> {
        let start = self.words.len();
        let mut token = None;
        match before.split_last() {
            None if self.is(at, Keyword::FROM) => {
                let next = self.relations(at + 1, pipe)?;
                if next < pipe {
                    // A whole block.
                    self.words.truncate(start);
                    self.brackets_over(at, pipe, before)?;
                } else {
                    token = Some(at);
                }
            }
            None if self.is(at, Keyword::TABLE) && self.is_ident(at + 1) => {
                let next = self.bare_table(at + 1, pipe)?;
                self.end(next, pipe)?;
                token = Some(at);
            }
            Some((last, before)) if self.is(*last + 1, Keyword::AS) => {
                self.brackets_over(at, *last, before)?;
                let next = self.alias(*last + 1, pipe)?;
                self.end(next, pipe)?;
            }
            _ => self.brackets_over(at, pipe, before)?,
        }
        Ok(From {
            token,
            words: self.words.split_off(start),
        })
    }

    /// `( query )`, with brackets that are not in the text.
    fn brackets_over(&mut self, at: usize, pipe: usize, before: &[usize]) -> Result<(), Refusal> {
        let number = self.words.len();
        self.extra_symbol(at, "(");
        self.mark(number, Mark::Assembled);
        self.piped(at, pipe, before)?;
        self.extra_close(pipe);
        Ok(())
    }

    /// `column = expression`: the column is none that is read.
    fn assignment(&mut self, at: usize, end: usize) -> Read {
        let start = self.words.len();
        let next = self.path(at, end)?;
        self.words.truncate(start);
        let next = self.expect_symbol(next, "=")?;
        self.expression(next, end)
    }

    /// `AGGREGATE [items] [GROUP BY keys]`: the keys are items, too.
    fn aggregate(&mut self, at: usize, pipe: usize, before: &[usize], end: usize) -> Read {
        let step = pipe + 1;
        let from = self.over(at, pipe, before)?;
        self.keyword(step, Keyword::SELECT);
        let start = self.words.len();
        let mut next = step + 1;
        if !self.is(next, Keyword::GROUP) {
            next = self.items(next, end)?;
        }
        let grouped = next < end && self.is(next, Keyword::GROUP);
        if grouped {
            next = self.expect(next + 1, Keyword::BY)?;
            if self.words.len() > start {
                self.extra_symbol(next, ",");
            }
            next = separated!(self, next, end, |at| self.key_item(at, end));
        }
        if self.words.len() == start {
            self.extra(step + 1, Class::Literal(None));
        }
        self.append(next, from);
        // What the keys are stands in the select list.
        let group = self.words.len();
        self.extra_keywords(next, &[Keyword::GROUP, Keyword::BY]);
        self.extra_symbol(next, "(");
        self.extra_symbol(next, ")");
        if !grouped {
            self.words.truncate(group);
        }
        Ok(next)
    }

    fn key_item(&mut self, at: usize, end: usize) -> Read {
        let next = self.group(at, end)?;
        if next < end && self.is(next, Keyword::AS) {
            self.keyword(next, Keyword::AS);
            return self.identifier(next + 1, end);
        }
        if next < end && self.is_ident(next) && !self.is(next, Keyword::WITH) {
            self.extra_keywords(next, &[Keyword::AS]);
            return self.identifier(next, end);
        }
        Ok(next)
    }
}
