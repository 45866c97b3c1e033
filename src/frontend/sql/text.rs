//! A statement's tokens with their brackets matched: where clauses and list entries begin and end.
//!
//! The syntax tree says what is there; this says where, to the byte. Ranges of tokens are index ranges into the
//! file's token list, the same indices that the tree carries (see [`super::dialect`]).

use std::ops::Range;

use super::dialect::unquote;
use super::lex::{self, Token, TokenKind};
use crate::diagnostic::Span;
use crate::frontend::source::Source;
use crate::frontend::statement::{Identifier, Name};

/// The tokens of a file.
pub(super) struct Text<'a> {
    source: &'a Source,
    tokens: &'a [Token],
    /// Index of the token that closes the bracket or `CASE` opened here; `index` itself for any other.
    partner: Vec<usize>,
}

impl<'a> Text<'a> {
    pub(super) fn new(source: &'a Source, tokens: &'a [Token]) -> Self {
        let mut text = Text {
            source,
            tokens,
            partner: (0..tokens.len()).collect(),
        };
        text.match_brackets();
        text
    }

    fn match_brackets(&mut self) {
        let mut open: Vec<usize> = Vec::new();
        for index in 0..self.tokens.len() {
            let opens_case = |at: &usize| self.is_word(*at, "CASE");
            let closes = match self.str(index) {
                "(" | "[" => {
                    open.push(index);
                    None
                }
                ")" | "]" => {
                    while open.last().is_some_and(opens_case) {
                        open.pop();
                    }
                    open.pop()
                }
                _ if self.is_word(index, "CASE") => {
                    open.push(index);
                    None
                }
                _ if self.is_word(index, "END") && open.last().is_some_and(opens_case) => {
                    open.pop()
                }
                ";" => {
                    open.clear();
                    None
                }
                _ => None,
            };
            if let Some(partner) = closes.and_then(|at| self.partner.get_mut(at)) {
                *partner = index;
            }
        }
    }

    /// The file.
    pub(super) fn source(&self) -> &'a Source {
        self.source
    }

    /// The token's text.
    pub(super) fn str(&self, index: usize) -> &'a str {
        self.tokens
            .get(index)
            .and_then(|token| {
                self.source
                    .rendered()
                    .get(token.range.start as usize..token.range.end as usize)
            })
            .unwrap_or("")
    }

    /// The tokens of a range.
    pub(super) fn tokens(&self, range: Range<usize>) -> &'a [Token] {
        self.tokens.get(range).unwrap_or(&[])
    }

    pub(super) fn kind(&self, index: usize) -> Option<TokenKind> {
        self.tokens.get(index).map(|token| token.kind)
    }

    /// Whether the token is this word (upper-case), not a part of a dotted name.
    pub(super) fn is_word(&self, index: usize, word: &str) -> bool {
        self.kind(index) == Some(TokenKind::Word)
            && self.str(index).eq_ignore_ascii_case(word)
            && !(index > 0 && self.str(index - 1) == ".")
    }

    /// Whether these words stand here one after another.
    pub(super) fn words(&self, index: usize, words: &[&str]) -> bool {
        words
            .iter()
            .zip(index..)
            .all(|(word, at)| self.is_word(at, word))
    }

    /// Token indices of a range that stand outside brackets and `CASE`: an opening bracket counts, what is inside
    /// and the closing one do not.
    pub(super) fn top(&self, range: Range<usize>) -> impl Iterator<Item = usize> + '_ {
        outside_brackets(&self.partner, range)
    }

    /// What is inside the bracket that opens here.
    pub(super) fn inside(&self, index: usize) -> Option<Range<usize>> {
        let close = *self.partner.get(index)?;
        (self.str(index) == "(" && close > index).then_some(index + 1..close)
    }

    /// The parts between commas outside brackets.
    pub(super) fn list(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let commas: Vec<usize> = self
            .top(range.clone())
            .filter(|index| self.str(*index) == ",")
            .collect();
        parts(range, commas)
    }

    /// The places of a range in the template; an empty range is the place before its start.
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        let start = self.tokens.get(range.start).map_or_else(
            || self.tokens.last().map_or(0, |token| token.range.end),
            |token| token.range.start,
        );
        let end = range
            .end
            .checked_sub(1)
            .filter(|last| *last >= range.start)
            .and_then(|last| self.tokens.get(last))
            .map_or(start, |token| token.range.end);
        self.source.to_template(start..end)
    }

    /// The identifier at a token.
    pub(super) fn identifier(&self, index: usize) -> Identifier {
        Identifier {
            text: unquote(self.str(index)),
            span: self.span(index..index + 1),
        }
    }

    /// A dotted name at the start of a range, and the index after it; `IDENTIFIER('…')` where that is constant.
    pub(super) fn name(&self, range: Range<usize>) -> Option<(Name, usize)> {
        let mut parts = Vec::new();
        let mut at = range.start;
        loop {
            let is_identifier = at < range.end
                && matches!(
                    self.kind(at),
                    Some(TokenKind::Word | TokenKind::QuotedIdentifier)
                );
            if !is_identifier {
                return None;
            }
            if self.is_word(at, "IDENTIFIER")
                && let Some(inside) = self.inside(at + 1)
            {
                let after = inside.end + 1;
                let span = self.span(at..after);
                let tokens = inside.map(|index| (self.kind(index), self.str(index)));
                let texts = spelled_name(tokens)?.into_iter();
                parts.extend(texts.map(|text| Identifier { text, span }));
                at = after;
            } else {
                parts.push(self.identifier(at));
                at += 1;
            }
            if at < range.end && self.str(at) == "." {
                at += 1;
            } else {
                return Some((
                    Name {
                        parts,
                        span: self.span(range.start..at),
                    },
                    at,
                ));
            }
        }
    }
}

/// The parts of the name that `IDENTIFIER (…)` stands for, from the tokens in its brackets; none where it is no
/// plain string.
pub(super) fn spelled_name<'t>(
    tokens: impl IntoIterator<Item = (Option<TokenKind>, &'t str)>,
) -> Option<Vec<String>> {
    let mut text = String::new();
    let mut joined = true;
    for (kind, token) in tokens {
        match kind? {
            TokenKind::String => text.push_str(plain_string(token)?),
            TokenKind::Symbol if token == "||" && !joined => {}
            _ => return None,
        }
        joined = kind == Some(TokenKind::Symbol);
    }
    if joined {
        return None;
    }
    let tokens = lex::tokens(&text).ok()?;
    let mut parts = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let spelled = text.get(token.range.start as usize..token.range.end as usize)?;
        let name = matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdentifier);
        match (index % 2 == 0, name) {
            (true, true) => parts.push(unquote(spelled)),
            (false, false) if spelled == "." => {}
            _ => return None,
        }
    }
    (tokens.len() % 2 == 1).then_some(parts)
}

/// The text of a string without escapes.
fn plain_string(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
    (!inner.contains(['\\', quote])).then_some(inner)
}

/// Indices of a range that are not between one and its partner: an opening bracket counts, what is inside and the
/// closing one do not.
pub(super) fn outside_brackets(
    partner: &[usize],
    range: Range<usize>,
) -> impl Iterator<Item = usize> + '_ {
    let mut next = range.start;
    std::iter::from_fn(move || {
        (next < range.end).then(|| {
            let index = next;
            next = partner.get(index).copied().unwrap_or(index).max(index) + 1;
            index
        })
    })
}

/// The parts of a range between separators.
pub(super) fn parts(
    range: Range<usize>,
    separators: impl IntoIterator<Item = usize>,
) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = range.start;
    for separator in separators {
        parts.push(start..separator);
        start = separator + 1;
    }
    parts.push(start..range.end);
    parts
}
