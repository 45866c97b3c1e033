//! Spark SQL text → significant tokens with exact byte ranges.
//!
//! Our own lexer, because Spark's rules decide where a statement ends and what a rewrite may touch: backslash
//! escapes and `r'…'` strings, `"…"` as a string, nested comments, `-- … \` continuing on the next line, words
//! that start with a digit. Source: Spark `SqlBaseLexer.g4`.

use std::ops::Range;

/// A significant token: no blank, no comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its bytes in the text.
    pub range: Range<u32>,
}

/// Kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A keyword or plain identifier.
    Word,
    /// An identifier in backquotes.
    QuotedIdentifier,
    /// A string in single or double quotes, `r` prefix included.
    String,
    /// A number, type suffix included.
    Number,
    /// An operator or punctuation.
    Symbol,
}

/// Why a text has no tokens.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} starts here and never ends")]
pub struct LexError {
    /// What is open: a string, a quoted identifier, a comment.
    pub what: &'static str,
    /// Where it starts, bytes.
    pub at: u32,
}

/// Operators of more than one character, longest first.
const OPERATORS: [&str; 15] = [
    "<=>", ">>>", "<=", ">=", "<>", "!=", "==", "||", "&&", "->", "=>", "::", "|>", "<<", ">>",
];

/// The significant tokens of a text.
pub fn tokens(text: &str) -> Result<Vec<Token>, LexError> {
    match tokens_before_error(text) {
        (tokens, None) => Ok(tokens),
        (_, Some(error)) => Err(error),
    }
}

/// The significant tokens of a text, up to the place where there are none any more.
pub(super) fn tokens_before_error(text: &str) -> (Vec<Token>, Option<LexError>) {
    let mut lexer = Lexer {
        text,
        at: 0,
        tokens: Vec::new(),
    };
    let error = lexer.run().err();
    (lexer.tokens, error)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token>,
}

impl<'a> Lexer<'a> {
    fn run(&mut self) -> Result<(), LexError> {
        while self.skip_blank()? {
            self.token()?;
        }
        Ok(())
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn error(&self, what: &'static str) -> LexError {
        LexError {
            what,
            at: offset(self.at),
        }
    }

    /// Skips blanks and comments; whether text is left.
    fn skip_blank(&mut self) -> Result<bool, LexError> {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("--") {
                self.skip_line_comment();
            } else if trimmed.starts_with("/*") {
                self.skip_block_comment()?;
            } else {
                return Ok(!trimmed.is_empty());
            }
        }
    }

    /// To the end of the line; a backslash before it continues the comment on the next line.
    fn skip_line_comment(&mut self) {
        loop {
            let line = self
                .rest()
                .find('\n')
                .map_or(self.rest().len(), |end| end + 1);
            let continued = self
                .rest()
                .get(..line)
                .is_some_and(|line| line.ends_with("\\\n"));
            self.at += line;
            if !continued {
                return;
            }
        }
    }

    fn skip_block_comment(&mut self) -> Result<(), LexError> {
        let mut depth = 0_u32;
        let mut at = self.at;
        loop {
            let rest = self.text.get(at..).unwrap_or("");
            let Some(next) = rest.find(['*', '/']) else {
                return Err(self.error("a comment"));
            };
            at += next;
            match self.text.get(at..at + 2) {
                Some("/*") => (depth, at) = (depth + 1, at + 2),
                Some("*/") => (depth, at) = (depth - 1, at + 2),
                _ => at += 1,
            }
            if depth == 0 {
                self.at = at;
                return Ok(());
            }
        }
    }

    fn token(&mut self) -> Result<(), LexError> {
        let rest = self.rest();
        let mut chars = rest.chars();
        let first = chars.next().unwrap_or(' ');
        let second = chars.next();
        let (kind, length) = match first {
            '\'' | '"' => (TokenKind::String, self.quoted(0, first, true, "a string")?),
            'r' | 'R' if matches!(second, Some('\'' | '"')) => {
                let quote = second.unwrap_or('\'');
                (TokenKind::String, self.quoted(1, quote, false, "a string")?)
            }
            '`' => (TokenKind::QuotedIdentifier, self.backquoted()?),
            '.' if second.is_some_and(|c| c.is_ascii_digit()) && !self.follows_name() => {
                (TokenKind::Number, number(rest).unwrap_or(1))
            }
            _ if is_word(first) => {
                let word = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                match number(rest) {
                    // `1.5` and `1e-5` reach beyond the word; `72h_x` is a name.
                    Some(length) if length >= word && !self.follows_period() => {
                        (TokenKind::Number, length)
                    }
                    _ => (TokenKind::Word, word),
                }
            }
            _ => {
                let operator = OPERATORS
                    .iter()
                    .find(|operator| rest.starts_with(**operator));
                let length = operator.map_or(first.len_utf8(), |operator| operator.len());
                (TokenKind::Symbol, length)
            }
        };
        let range = offset(self.at)..offset(self.at + length);
        self.tokens.push(Token { kind, range });
        self.at += length;
        Ok(())
    }

    /// Length of a string whose quote stands `prefix` bytes ahead. A doubled quote is two adjacent strings in
    /// Spark, which concatenates them; as one token it means the same to us.
    fn quoted(
        &self,
        prefix: usize,
        quote: char,
        escapes: bool,
        what: &'static str,
    ) -> Result<usize, LexError> {
        let mut chars = self.rest().char_indices().skip(prefix + 1).peekable();
        while let Some((at, c)) = chars.next() {
            if c == '\\' && escapes {
                chars.next();
            } else if c == quote {
                if escapes && chars.peek().is_some_and(|(_, next)| *next == quote) {
                    chars.next();
                } else {
                    return Ok(at + 1);
                }
            }
        }
        Err(self.error(what))
    }

    fn backquoted(&self) -> Result<usize, LexError> {
        let mut chars = self.rest().char_indices().skip(1).peekable();
        while let Some((at, c)) = chars.next() {
            if c == '`' && chars.next_if(|(_, next)| *next == '`').is_none() {
                return Ok(at + 1);
            }
        }
        Err(self.error("a quoted identifier"))
    }

    /// Whether the token before touches this place and can be followed by `.name`.
    fn follows_name(&self) -> bool {
        self.tokens.last().is_some_and(|token| {
            token.range.end == offset(self.at)
                && (matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdentifier)
                    || self
                        .text
                        .get(..self.at)
                        .is_some_and(|text| text.ends_with([')', ']'])))
        })
    }

    fn follows_period(&self) -> bool {
        self.tokens
            .last()
            .is_some_and(|token| token.kind == TokenKind::Symbol)
            && self
                .text
                .get(..self.at)
                .is_some_and(|text| text.ends_with('.'))
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Length of a number with its type suffix at the start of a text.
fn number(text: &str) -> Option<usize> {
    let digits = |from: usize| {
        let rest = text.get(from..).unwrap_or("");
        rest.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len())
    };
    let whole = digits(0);
    let mut end = whole;
    if text.get(end..).is_some_and(|rest| rest.starts_with('.')) {
        let fraction = digits(end + 1);
        if whole == 0 && fraction == 0 {
            return None;
        }
        end += 1 + fraction;
    }
    if end == 0 {
        return None;
    }
    let exponent = text.get(end..).unwrap_or("");
    if exponent.starts_with(['e', 'E']) {
        let sign = usize::from(
            exponent
                .get(1..)
                .is_some_and(|rest| rest.starts_with(['+', '-'])),
        );
        let power = digits(end + 1 + sign);
        if power > 0 {
            end += 1 + sign + power;
        }
    }
    let rest = text.get(end..).unwrap_or("");
    let suffix = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    let word = rest.get(..suffix).unwrap_or("").to_uppercase();
    match word.as_str() {
        "" | "L" | "S" | "Y" | "D" | "F" | "BD" => Some(end + suffix),
        _ => None,
    }
}

fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let tokens = tokens(text).unwrap();
        tokens
            .iter()
            .map(|t| &text[t.range.start as usize..t.range.end as usize])
            .collect()
    }

    #[test]
    fn strings_end_where_spark_ends_them() {
        assert_eq!(words(r"'it\'s' x"), [r"'it\'s'", "x"]);
        assert_eq!(words("'it''s' x"), ["'it''s'", "x"]);
        assert_eq!(words(r"r'a\' x"), [r"r'a\'", "x"]);
        assert_eq!(words(r#""a;b" `c``;d`"#), [r#""a;b""#, "`c``;d`"]);
    }

    #[test]
    fn comments_nest_and_continue() {
        assert_eq!(
            words("a /* x /* y */ z */ b -- c ; d\ne -- f \\\n g\nh"),
            ["a", "b", "e", "h"]
        );
    }

    #[test]
    fn names_may_start_with_a_digit() {
        assert_eq!(
            words("db.72h_x 1_b 1.5e-3 10L 1.0BD .5 t.1"),
            [
                "db", ".", "72h_x", "1_b", "1.5e-3", "10L", "1.0BD", ".5", "t", ".", "1"
            ]
        );
        assert_eq!(words("1e5 1e 2x"), ["1e5", "1e", "2x"]);
    }

    #[test]
    fn operators_are_whole() {
        assert_eq!(
            words("a<=>b!=c->d||e::f"),
            ["a", "<=>", "b", "!=", "c", "->", "d", "||", "e", "::", "f"]
        );
    }

    #[test]
    fn what_never_ends_is_named() {
        assert_eq!(
            tokens("a 'b").unwrap_err(),
            LexError {
                what: "a string",
                at: 2
            }
        );
        assert_eq!(
            tokens("/* /* */").unwrap_err(),
            LexError {
                what: "a comment",
                at: 0
            }
        );
    }
}
