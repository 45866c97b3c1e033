//! Where in SQL a text stands: in code, a string, a quoted identifier or a comment, and where statements end.
//!
//! Templates are rendered before anything is parsed, yet what a mark means depends on what surrounds it: a variable in
//! a comment needs no value, a placeholder in quotes is a word. The scanner is fed the *rendered* text as it grows, so
//! a value that closes a quote changes the place of what follows, as it does for Spark. Its rules are those of the
//! lexer in `frontend::sql`, which lies above this stage; a property test holds the two together.

use std::ops::Range;

/// What surrounds a place in SQL text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Keywords, names, numbers, operators.
    Code,
    /// `-- …` to the end of the line, or beyond it after a backslash.
    LineComment,
    /// `/* … */`, nested this deep.
    BlockComment(u32),
    /// A string that this quote closes; `escapes` is false in `r'…'`.
    String {
        /// `'` or `"`.
        quote: char,
        /// Whether a backslash escapes.
        escapes: bool,
    },
    /// An identifier in backquotes.
    Identifier,
}

impl Place {
    /// Whether nothing here reaches Spark's parser.
    pub(super) fn is_comment(self) -> bool {
        matches!(self, Place::LineComment | Place::BlockComment(_))
    }

    /// The quote that closes what is open.
    pub(super) fn quote(self) -> Option<char> {
        match self {
            Place::String { quote, .. } => Some(quote),
            Place::Identifier => Some('`'),
            _ => None,
        }
    }
}

/// What [`Scanner::state`] compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    place: Place,
    pending: Option<char>,
    escaped: bool,
}

/// Reads characters one by one.
#[derive(Clone, Debug)]
pub(super) struct Scanner {
    place: Place,
    /// The character before, where it may begin `--`, `/*`, `*/` or end a continued comment line.
    pending: Option<char>,
    /// A backslash in a string: the next character is part of it.
    escaped: bool,
    /// Characters of the word that ends here, and whether it is `r` alone.
    word: (u32, bool),
    /// Strings, quoted identifiers and comments that were opened so far.
    opened: u32,
    /// First and one past the last byte of the statement's significant text so far.
    statement: Option<(usize, usize)>,
    /// A `-` or `/` that may begin a comment: significant once the next character says that it does not.
    undecided: Option<usize>,
}

impl Scanner {
    pub(super) fn new() -> Self {
        Scanner {
            place: Place::Code,
            pending: None,
            escaped: false,
            word: (0, false),
            opened: 0,
            statement: None,
            undecided: None,
        }
    }

    /// What surrounds the next character.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// Everything that decides how what follows is read. Equal before and after a text: the text can be left out
    /// without changing what the rest means.
    pub(super) fn state(&self) -> State {
        State {
            place: self.place,
            pending: self.pending,
            escaped: self.escaped,
        }
    }

    /// A number that grows with every string, quoted identifier and comment opened.
    pub(super) fn opened(&self) -> u32 {
        self.opened
    }

    /// Whether the statement has no significant text yet.
    pub(super) fn at_statement_start(&self) -> bool {
        self.statement.is_none() && self.undecided.is_none()
    }

    /// Significant text of the statement so far, bytes of the text that was fed.
    pub(super) fn statement(&self) -> Option<Range<usize>> {
        let (start, end) = self.statement.unzip();
        let undecided = self.undecided;
        Some(start.or(undecided)?..undecided.map(|at| at + 1).or(end)?)
    }

    /// Reads the character at byte `at`. Where it ends a statement: the significant text of that, which may be empty.
    pub(super) fn push(&mut self, c: char, at: usize) -> Option<Range<usize>> {
        match self.place {
            Place::Code => return self.code(c, at),
            Place::LineComment => {
                if c == '\n' && self.pending != Some('\\') {
                    self.close();
                } else {
                    self.pending = Some(c);
                }
            }
            Place::BlockComment(depth) => match (self.pending, c) {
                (Some('/'), '*') => {
                    self.place = Place::BlockComment(depth + 1);
                    self.pending = None;
                }
                (Some('*'), '/') if depth == 1 => self.close(),
                (Some('*'), '/') => {
                    self.place = Place::BlockComment(depth - 1);
                    self.pending = None;
                }
                _ => self.pending = Some(c).filter(|c| matches!(c, '/' | '*')),
            },
            Place::String { quote, escapes } => {
                if self.escaped {
                    self.escaped = false;
                } else if c == '\\' && escapes {
                    self.escaped = true;
                } else if c == quote {
                    self.close();
                }
                self.significant(at, c);
            }
            Place::Identifier => {
                if c == '`' {
                    self.close();
                }
                self.significant(at, c);
            }
        }
        None
    }

    fn code(&mut self, c: char, at: usize) -> Option<Range<usize>> {
        let pending = self.pending.take();
        match (pending, c) {
            (Some('-'), '-') => {
                self.undecided = None;
                self.open(Place::LineComment);
                return None;
            }
            (Some('/'), '*') => {
                self.undecided = None;
                self.open(Place::BlockComment(1));
                return None;
            }
            _ => {}
        }
        if let Some(earlier) = self.undecided.take() {
            self.significant(earlier, '-');
        }
        let raw = self.word == (1, true);
        self.word = if c.is_alphanumeric() || c == '_' {
            (
                self.word.0.saturating_add(1),
                self.word.0 == 0 && matches!(c, 'r' | 'R'),
            )
        } else {
            (0, false)
        };
        match c {
            '-' | '/' => {
                self.pending = Some(c);
                self.undecided = Some(at);
            }
            ';' if pending != Some('\\') => {
                let (start, end) = self.statement.take().unwrap_or((at, at));
                return Some(start..end);
            }
            '\'' | '"' => {
                self.open(Place::String {
                    quote: c,
                    escapes: !raw,
                });
                self.significant(at, c);
            }
            '`' => {
                self.open(Place::Identifier);
                self.significant(at, c);
            }
            _ if c.is_whitespace() || c == '\u{feff}' => {}
            _ => {
                // `\;` is no end of a statement.
                self.pending = Some(c).filter(|c| *c == '\\');
                self.significant(at, c);
            }
        }
        None
    }

    fn open(&mut self, place: Place) {
        self.place = place;
        self.pending = None;
        self.escaped = false;
        self.word = (0, false);
        self.opened += 1;
    }

    fn close(&mut self) {
        self.place = Place::Code;
        self.pending = None;
    }

    fn significant(&mut self, at: usize, c: char) {
        let end = at + c.len_utf8();
        self.statement = Some(match self.statement {
            Some((start, _)) => (start, end),
            None => (at, end),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontend::sql::{TokenKind, tokens};
    use proptest::prelude::*;

    fn statements(text: &str) -> Vec<&str> {
        let mut scanner = Scanner::new();
        let mut found: Vec<&str> = text
            .char_indices()
            .filter_map(|(at, c)| scanner.push(c, at))
            .filter(|range| !range.is_empty())
            .map(|range| &text[range])
            .collect();
        found.extend(scanner.statement().map(|range| &text[range]));
        found
    }

    #[test]
    fn statements_end_at_semicolons_of_code() {
        assert_eq!(
            statements(" a ; 'b;\\';c' -- ;\n ; `d;`/* ; /* ; */ */ -1 -- e\\\n;\n;r'\\';f--"),
            ["a", "'b;\\';c'", "`d;`/* ; /* ; */ */ -1", "r'\\'", "f"]
        );
        assert_eq!(statements("a - ; b /"), ["a -", "b /"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]
        /// Where the lexer finds semicolons, the scanner ends statements, and at the same last bytes.
        #[test]
        fn the_scanner_reads_as_the_lexer_does(
            parts in proptest::collection::vec(
                prop_oneof![
                    Just("'"), Just("\""), Just("`"), Just("--"), Just("-"), Just("/*"), Just("*/"), Just("/"),
                    Just("*"), Just("\n"), Just(";"), Just("r"), Just("a"), Just("1"), Just("1e-"), Just("é"),
                    Just(" "), Just("."), Just("="), Just(">"), Just("\\'"), Just("\\\n"),
                ],
                0..24,
            )
        ) {
            let text: String = parts.concat();
            if let Ok(tokens) = tokens(&text) {
                let at = |range: &Range<u32>| range.start as usize..range.end as usize;
                let mut expected = Vec::new();
                let mut current: Option<Range<usize>> = None;
                for token in &tokens {
                    let range = at(&token.range);
                    if token.kind == TokenKind::Symbol && &text[range.clone()] == ";" {
                        expected.extend(current.take());
                    } else {
                        current = Some(current.map_or(range.start, |range| range.start)..range.end);
                    }
                }
                expected.extend(current);
                let expected: Vec<&str> = expected.into_iter().map(|range| &text[range]).collect();
                prop_assert_eq!(statements(&text), expected);
            }
        }
    }
}
