//! The pre-pass: Spark's query grammar → a smaller one that the parser knows.
//!
//! ```text
//! tokens ──pre-pass──▶ words ──dialect──▶ syntax tree ──query, expression──▶ `Query`
//! ```
//!
//! It walks the statement as Spark's parser would (`SqlBaseParser.g4`; rule names in the comments) and writes words:
//! it tells names from words of the grammar, writes the `AS` of every alias, leaves out what bears on no name (types,
//! units, collations, sort directions), and says the rest with what the parser has: `FROM t SELECT a` becomes
//! `SELECT a FROM t`, `|>` nested queries, `LATERAL VIEW` a lateral join. Every word keeps its bytes, and those of
//! what was left out around it; a word that is not in the text has an empty place.
//!
//! What it does not know it refuses: the statement becomes a barrier.

mod call;
mod expression;
mod from;
mod keywords;
mod literal;
mod organization;
mod pipe;
mod pivot;
mod query;
mod select;

use std::ops::Range;

use sqlparser::keywords::Keyword;

use super::lex::{Token, TokenKind};
use super::words::{Class, Mark, Word, Words};
use crate::frontend::source::Source;
use crate::frontend::statement::LiteralKind;

/// Queries, brackets and calls within each other, at most.
pub(super) const MAX_DEPTH: u32 = 200;

/// Why a statement is not understood.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The token it is about.
    pub(super) token: usize,
    /// What should stand there, or what is not understood.
    pub(super) message: String,
    /// It is no error in the statement: the grammar goes further than hoist.
    pub(super) known: bool,
}

/// The token after what was read.
type Read = Result<usize, Refusal>;

/// The words of one query.
pub(super) fn query<'a>(source: &'a Source, tokens: &[Token]) -> Result<Words<'a>, Refusal> {
    let mut prepass = Prepass::new(source, tokens);
    prepass.query(0, tokens.len())?;
    Ok(prepass.finish())
}

/// The words of one relation, after `SELECT * FROM`.
pub(super) fn relation<'a>(source: &'a Source, tokens: &[Token]) -> Result<Words<'a>, Refusal> {
    let mut prepass = Prepass::new(source, tokens);
    prepass.everything(0);
    let end = prepass.relation(0, tokens.len())?;
    prepass.end(end, tokens.len())?;
    Ok(prepass.finish())
}

/// The words of one expression.
pub(super) fn expression<'a>(source: &'a Source, tokens: &[Token]) -> Result<Words<'a>, Refusal> {
    let mut prepass = Prepass::new(source, tokens);
    let end = prepass.expression(0, tokens.len())?;
    prepass.end(end, tokens.len())?;
    Ok(prepass.finish())
}

struct Prepass<'a, 't> {
    source: &'a Source,
    tokens: &'t [Token],
    /// The word of the grammar that each token may be.
    keys: Vec<Keyword>,
    /// Index of the token that closes the bracket opened here; zero for any other.
    partner: Vec<usize>,
    /// There is a `|>`.
    pipes: bool,
    words: Vec<Word>,
    spelled: Vec<Vec<String>>,
    depth: u32,
}

impl<'a, 't> Prepass<'a, 't> {
    fn new(source: &'a Source, tokens: &'t [Token]) -> Self {
        let mut prepass = Prepass {
            source,
            tokens,
            keys: Vec::with_capacity(tokens.len()),
            partner: vec![0; tokens.len()],
            pipes: false,
            words: Vec::with_capacity(tokens.len() + tokens.len() / 8),
            spelled: Vec::new(),
            depth: 0,
        };
        let mut open = Vec::new();
        let mut after_dot = false;
        for (index, token) in tokens.iter().enumerate() {
            let mut key = Keyword::NoKeyword;
            let mut dot = false;
            match token.kind {
                TokenKind::Word if !after_dot => key = keywords::keyword(prepass.str(index)),
                TokenKind::Symbol => match prepass.str(index) {
                    "(" | "[" => open.push(index),
                    ")" | "]" => {
                        if let Some(partner) =
                            open.pop().and_then(|at: usize| prepass.partner.get_mut(at))
                        {
                            *partner = index;
                        }
                    }
                    "|>" => prepass.pipes = true,
                    "." => {
                        // What stands before a dot is a name, too.
                        if let Some(before) = prepass.keys.last_mut() {
                            *before = Keyword::NoKeyword;
                        }
                        dot = true;
                    }
                    _ => {}
                },
                _ => {}
            }
            after_dot = dot;
            prepass.keys.push(key);
        }
        prepass
    }

    fn finish(self) -> Words<'a> {
        Words::new(self.source, self.words, self.spelled)
    }

    fn str(&self, index: usize) -> &'a str {
        self.tokens.get(index).map_or("", |token| {
            self.source
                .rendered()
                .get(token.range.start as usize..token.range.end as usize)
                .unwrap_or("")
        })
    }

    fn kind(&self, index: usize) -> Option<TokenKind> {
        self.tokens.get(index).map(|token| token.kind)
    }

    fn key(&self, index: usize) -> Keyword {
        self.keys.get(index).copied().unwrap_or(Keyword::NoKeyword)
    }

    fn is(&self, index: usize, keyword: Keyword) -> bool {
        self.key(index) == keyword
    }

    /// Whether the token is this word, which is no word of the grammar elsewhere.
    fn is_word(&self, index: usize, word: &str) -> bool {
        self.kind(index) == Some(TokenKind::Word) && self.str(index).eq_ignore_ascii_case(word)
    }

    fn is_symbol(&self, index: usize, symbol: &str) -> bool {
        self.kind(index) == Some(TokenKind::Symbol) && self.str(index) == symbol
    }

    fn is_ident(&self, index: usize) -> bool {
        matches!(
            self.kind(index),
            Some(TokenKind::Word | TokenKind::QuotedIdentifier)
        )
    }

    fn is_string(&self, index: usize) -> bool {
        self.kind(index) == Some(TokenKind::String)
    }

    /// The token that closes the bracket opened here.
    fn close(&self, open: usize, end: usize) -> Read {
        match self.partner.get(open) {
            Some(close) if *close > open && *close < end => Ok(*close),
            _ => Err(self.refusal(open, "a bracket that is closed")),
        }
    }

    /// The innermost of brackets that enclose nothing but each other, and what closes it.
    fn innermost(&self, open: usize, end: usize) -> Result<(usize, usize), Refusal> {
        let (mut open, mut close) = (open, self.close(open, end)?);
        while self.is_symbol(open + 1, "(") {
            let inner = self.close(open + 1, end)?;
            if inner + 1 != close {
                break;
            }
            (open, close) = (open + 1, inner);
        }
        Ok((open, close))
    }

    /// Tokens of a range outside brackets.
    fn top(&self, range: Range<usize>) -> impl Iterator<Item = usize> + '_ {
        let mut next = range.start;
        std::iter::from_fn(move || {
            (next < range.end).then(|| {
                let index = next;
                next = self.partner.get(index).copied().unwrap_or(0).max(index) + 1;
                index
            })
        })
    }

    fn refusal(&self, at: usize, expected: &str) -> Refusal {
        let found = match self.str(at) {
            "" => "the end",
            text => text,
        };
        Refusal {
            token: at.min(self.tokens.len().saturating_sub(1)),
            message: format!("expected {expected}, found `{found}`"),
            known: false,
        }
    }

    fn beyond(at: usize, what: &str) -> Refusal {
        Refusal {
            token: at,
            message: format!("{what} is not understood"),
            known: true,
        }
    }

    fn end(&self, at: usize, end: usize) -> Result<(), Refusal> {
        if at == end {
            Ok(())
        } else {
            Err(self.refusal(at, "the end of the query"))
        }
    }

    fn expect(&self, at: usize, keyword: Keyword) -> Read {
        if self.is(at, keyword) {
            Ok(at + 1)
        } else {
            Err(self.refusal(at, &format!("`{keyword:?}`")))
        }
    }

    fn expect_symbol(&self, at: usize, symbol: &str) -> Read {
        if self.is_symbol(at, symbol) {
            Ok(at + 1)
        } else {
            Err(self.refusal(at, &format!("`{symbol}`")))
        }
    }

    /// Counts a level of nesting; [`Self::shallower`] takes it back.
    fn deeper(&mut self, at: usize) -> Result<(), Refusal> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Refusal {
                token: at,
                message: format!("nested more than {MAX_DEPTH} levels deep"),
                known: true,
            });
        }
        Ok(())
    }

    fn shallower(&mut self) {
        self.depth -= 1;
    }

    fn range(&self, index: usize) -> Range<u32> {
        self.tokens.get(index).map_or_else(
            || {
                let end = self.tokens.last().map_or(0, |token| token.range.end);
                end..end
            },
            |token| token.range.clone(),
        )
    }

    fn write(&mut self, class: Class, own: Range<u32>) {
        self.words.push(Word {
            class,
            mark: Mark::None,
            spelled: None,
            full: own.clone(),
            own,
        });
    }

    /// Writes a token.
    fn word(&mut self, index: usize, class: Class) {
        let own = self.range(index);
        self.write(class, own);
    }

    fn keyword(&mut self, index: usize, keyword: Keyword) {
        self.word(index, Class::Keyword(keyword));
    }

    fn symbol(&mut self, index: usize, symbol: &'static str) {
        self.word(index, Class::Symbol(symbol));
    }

    /// Writes a word that is not in the text, before the token.
    fn extra(&mut self, before: usize, class: Class) {
        let at = self.range(before).start;
        self.write(class, at..at);
    }

    fn extra_keywords(&mut self, before: usize, keywords: &[Keyword]) {
        for keyword in keywords {
            self.extra(before, Class::Keyword(*keyword));
        }
    }

    fn extra_symbol(&mut self, before: usize, symbol: &'static str) {
        self.extra(before, Class::Symbol(symbol));
    }

    /// Writes a closing bracket that is not in the text, after the token before this one.
    fn extra_close(&mut self, after: usize) {
        let at = self.range(after.saturating_sub(1)).end;
        self.write(Class::Symbol(")"), at..at);
    }

    /// Leaves out the tokens up to `to`: their bytes belong to the word before them.
    fn absorb(&mut self, to: usize) {
        let end = self.range(to.saturating_sub(1)).end;
        if let Some(last) = self.words.last_mut() {
            last.full.end = end;
        }
    }

    /// The bytes of tokens from `from` on, which are left out, belong to the word with this number.
    fn absorb_before(&mut self, word: usize, from: usize) {
        let start = self.range(from).start;
        if let Some(word) = self.words.get_mut(word) {
            word.full.start = start;
        }
    }

    fn mark(&mut self, word: usize, mark: Mark) {
        if let Some(word) = self.words.get_mut(word) {
            word.mark = mark;
        }
    }

    fn literal(&mut self, index: usize, kind: Option<LiteralKind>) {
        self.word(index, Class::Literal(kind));
    }

    /// `errorCapturingIdentifier`, `IDENTIFIER('…')` included.
    fn identifier(&mut self, at: usize, end: usize) -> Read {
        if at >= end || !self.is_ident(at) {
            return Err(self.refusal(at.min(end), "a name"));
        }
        if self.is_word(at, "IDENTIFIER") && self.is_symbol(at + 1, "(") && at + 1 < end {
            return self.spelled_name(at, end);
        }
        self.word(at, Class::Name);
        Ok(at + 1)
    }

    /// `multipartIdentifier`
    fn path(&mut self, at: usize, end: usize) -> Read {
        let mut at = self.identifier(at, end)?;
        while at < end && self.is_symbol(at, ".") {
            self.symbol(at, ".");
            at = self.identifier(at + 1, end)?;
        }
        Ok(at)
    }

    /// `identifierList`: `(a, b)`
    fn names(&mut self, open: usize, end: usize) -> Read {
        let close = self.close(open, end)?;
        self.symbol(open, "(");
        let mut at = open + 1;
        loop {
            at = self.identifier(at, close)?;
            if at == close {
                break;
            }
            at = self.expect_symbol(at, ",")?;
            self.symbol(at - 1, ",");
        }
        self.symbol(close, ")");
        Ok(close + 1)
    }
}

/// A bracketed list: writes the entries that `entry` reads and the commas between them.
macro_rules! separated {
    ($prepass:expr, $at:expr, $end:expr, $entry:expr) => {{
        let mut at = $at;
        loop {
            at = $entry(at)?;
            if at < $end && $prepass.is_symbol(at, ",") {
                $prepass.symbol(at, ",");
                at += 1;
            } else {
                break at;
            }
        }
    }};
}
use separated;

#[cfg(test)]
mod tests;
