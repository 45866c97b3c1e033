//! A query as the parser gets it: the words that the pre-pass wrote, each with its place in the text.
//!
//! What the syntax tree carries as a location is the number of a word; this says what stands there, to the byte, and
//! where clauses and list entries begin and end. A word is what it is marked as: a column called `limit` is a name
//! here, so looking for the clause `LIMIT` does not find it.

use std::ops::Range;

use sqlparser::keywords::Keyword;

use super::dialect::unquote;
use super::text::{outside_brackets, parts};
use crate::diagnostic::Span;
use crate::frontend::source::Source;
use crate::frontend::statement::{Identifier, LiteralKind, Name};

/// What a word is for the parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// A word of the grammar.
    Keyword(Keyword),
    /// A name, however it is spelled.
    Name,
    /// A value; its kind where planning looks at it.
    Literal(Option<LiteralKind>),
    /// An operator or punctuation.
    Symbol(&'static str),
}

/// What the parser has no place for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Nothing.
    None,
    /// The relation that starts here has `TABLESAMPLE`, a version or options.
    Modified,
    /// The table stands where no alias can be added.
    Bare,
    /// This bracket or `SELECT` is none in the text: what it encloses is no query by itself.
    Assembled,
    /// This relation takes every column of the relations before it (`PIVOT`, `UNPIVOT`).
    Whole,
    /// The entry of `ORDER BY` that starts here is one of `SORT BY`, `DISTRIBUTE BY` or `CLUSTER BY`.
    Tail,
    /// The entry of `ORDER BY` that starts here is one of `LIMIT` or `OFFSET`.
    Limit,
}

/// One word.
#[derive(Clone, Debug)]
pub(super) struct Word {
    /// What it is for the parser.
    pub(super) class: Class,
    /// What the parser has no place for.
    pub(super) mark: Mark,
    /// The name has these parts, which are written as a string or not at all.
    pub(super) spelled: Option<usize>,
    /// Its own bytes; empty for a word that is not in the text.
    pub(super) own: Range<u32>,
    /// Its bytes with those of the words left out around it.
    pub(super) full: Range<u32>,
}

/// The words of one query.
pub(super) struct Words<'a> {
    source: &'a Source,
    all: Vec<Word>,
    /// Number of the word that closes the bracket or `CASE` opened here; its own number for any other.
    partner: Vec<usize>,
    /// Names written as strings.
    spelled: Vec<Vec<String>>,
    /// The order of the words is not that of the text.
    reordered: bool,
}

impl<'a> Words<'a> {
    pub(super) fn new(source: &'a Source, words: Vec<Word>, spelled: Vec<Vec<String>>) -> Self {
        let mut partner: Vec<usize> = (0..words.len()).collect();
        let mut open: Vec<usize> = Vec::new();
        let mut reordered = false;
        let mut last = 0;
        for (index, word) in words.iter().enumerate() {
            reordered |= word.full.start < last;
            last = word.full.start;
            match word.class {
                Class::Symbol("(" | "[") | Class::Keyword(Keyword::CASE) => open.push(index),
                Class::Symbol(")" | "]") | Class::Keyword(Keyword::END) => {
                    if let Some(partner) = open.pop().and_then(|at| partner.get_mut(at)) {
                        *partner = index;
                    }
                }
                _ => {}
            }
        }
        Words {
            source,
            all: words,
            partner,
            spelled,
            reordered,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn all(&self) -> &[Word] {
        &self.all
    }

    pub(super) fn get(&self, index: usize) -> Option<&Word> {
        self.all.get(index)
    }

    pub(super) fn mark(&self, index: usize) -> Mark {
        self.get(index).map_or(Mark::None, |word| word.mark)
    }

    /// The text of a word; nothing for one that is not in the text.
    pub(super) fn str(&self, index: usize) -> &'a str {
        self.get(index).map_or("", |word| {
            self.source
                .rendered()
                .get(word.own.start as usize..word.own.end as usize)
                .unwrap_or("")
        })
    }

    /// Whether text around this word that the parser does not get holds a symbol.
    pub(super) fn has_left_out(&self, index: usize, symbol: &str) -> bool {
        self.get(index).is_some_and(|word| {
            let before = word.full.start..word.own.start;
            let after = word.own.end..word.full.end;
            [before, after].into_iter().any(|left_out| {
                let bytes = left_out.start as usize..left_out.end as usize;
                let text = self.source.rendered().get(bytes);
                text.is_some_and(|text| text.contains(symbol))
            })
        })
    }

    pub(super) fn keyword(&self, index: usize) -> Keyword {
        match self.get(index).map(|word| word.class) {
            Some(Class::Keyword(keyword)) => keyword,
            _ => Keyword::NoKeyword,
        }
    }

    pub(super) fn is(&self, index: usize, keyword: Keyword) -> bool {
        self.keyword(index) == keyword
    }

    fn is_symbol(&self, index: usize, symbol: &str) -> bool {
        matches!(self.get(index), Some(Word { class: Class::Symbol(found), .. }) if *found == symbol)
    }

    /// Words of a range that stand outside brackets and `CASE`: an opening bracket counts, what is inside and the
    /// closing one do not.
    pub(super) fn top(&self, range: Range<usize>) -> impl Iterator<Item = usize> + '_ {
        outside_brackets(&self.partner, range)
    }

    /// First place outside brackets where the keyword stands.
    pub(super) fn find(&self, range: Range<usize>, keyword: Keyword) -> Option<usize> {
        self.top(range).find(|index| self.is(*index, keyword))
    }

    /// What is inside the bracket that opens here.
    pub(super) fn inside(&self, index: usize) -> Option<Range<usize>> {
        let close = *self.partner.get(index)?;
        (self.is_symbol(index, "(") && close > index).then_some(index + 1..close)
    }

    /// Strips brackets that enclose the whole range, once.
    pub(super) fn unwrap(&self, range: &Range<usize>) -> Option<Range<usize>> {
        self.inside(range.start)
            .filter(|inner| inner.end + 1 == range.end)
    }

    /// The parts between commas outside brackets.
    pub(super) fn list(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let commas = self
            .top(range.clone())
            .filter(|index| self.is_symbol(*index, ","));
        parts(range, commas)
    }

    /// The places of a range in the template; an empty range is the place before its start.
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        let words = self.all.get(range.clone()).unwrap_or_default();
        let bytes = match words {
            [] => {
                let at = self.get(range.start).map_or_else(
                    || self.all.last().map_or(0, |word| word.full.end),
                    |word| word.full.start,
                );
                at..at
            }
            words if self.reordered => {
                let start = words.iter().map(|word| word.full.start).min().unwrap_or(0);
                let end = words.iter().map(|word| word.full.end).max().unwrap_or(0);
                start..end
            }
            [only] => only.full.clone(),
            [first, .., last] => first.full.start..last.full.end,
        };
        self.source.to_template(bytes)
    }

    /// What stands between a word and the next one, as far as the parser does not get it.
    pub(super) fn after(&self, index: usize) -> &'a str {
        let from = self.get(index).map_or(0, |word| word.own.end as usize);
        let to = self
            .get(index + 1)
            .map_or(from, |word| word.own.start as usize);
        self.source.rendered().get(from..to).unwrap_or("")
    }

    /// The place of a word itself.
    pub(super) fn place(&self, index: usize) -> Span {
        let own = self.get(index).map_or(0..0, |word| word.own.clone());
        self.source.to_template(own)
    }

    fn spelled(&self, index: usize) -> Option<&[String]> {
        let number = self.get(index)?.spelled?;
        self.spelled.get(number).map(Vec::as_slice)
    }

    /// The identifier that a word is.
    pub(super) fn identifier(&self, index: usize) -> Identifier {
        let text = match self.spelled(index) {
            Some(parts) => parts.join("."),
            None => unquote(self.str(index)),
        };
        Identifier {
            text,
            span: self.place(index),
        }
    }

    /// The name that words are the parts of.
    pub(super) fn name(&self, words: impl IntoIterator<Item = usize>) -> Option<Name> {
        let mut parts: Vec<Identifier> = Vec::new();
        for index in words {
            match self.spelled(index) {
                Some(texts) => {
                    let span = self.place(index);
                    let texts = texts.iter().cloned();
                    parts.extend(texts.map(|text| Identifier { text, span }));
                }
                None => parts.push(self.identifier(index)),
            }
        }
        let span = parts.first()?.span.join(parts.last()?.span);
        Some(Name { parts, span })
    }
}
