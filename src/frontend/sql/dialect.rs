//! The query parser: sqlparser with a dialect of our own, over the words of the pre-pass.
//!
//! Words carry neither text nor type suffixes, only what the grammar needs; the parser's "line" is the number of a
//! word, so every name in the syntax tree points back to its bytes.
//!
//! The dialect reads prefix expressions by itself: what stands there after the pre-pass is a handful of forms, and
//! the general parser would try each word as a type first.

mod prefix;

use sqlparser::ast::{Expr, Query};
use sqlparser::dialect::{Dialect, Precedence};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{
    Location, Span as ParserSpan, Token as ParserToken, TokenWithSpan, Word as ParserWord,
};

use super::words::{Class, Words};

/// Nested calls of the parser. The pre-pass bounds the depth of the text below that.
const RECURSION_LIMIT: usize = 4 * super::prepass::MAX_DEPTH as usize;

/// Spark SQL after the pre-pass.
#[derive(Debug)]
struct Spark;

impl Dialect for Spark {
    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_alphabetic() || ch == '_'
    }
    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_alphanumeric() || ch == '_'
    }
    fn supports_cross_join_constraint(&self) -> bool {
        true
    }
    fn supports_left_associative_joins_without_parens(&self) -> bool {
        true
    }
    fn supports_parens_around_table_factor(&self) -> bool {
        true
    }
    /// The pre-pass writes `AS` before every alias.
    fn is_select_item_alias(&self, explicit: bool, _: &Keyword, _: &mut Parser) -> bool {
        explicit
    }
    fn is_table_factor_alias(&self, explicit: bool, _: &Keyword, _: &mut Parser) -> bool {
        explicit
    }

    fn parse_prefix(&self, parser: &mut Parser) -> Option<Result<Expr, ParserError>> {
        Some(prefix::expression(parser))
    }

    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        Some(Ok(
            Self::infix(parser).map_or(0, |found| self.prec_value(found))
        ))
    }
}

impl Spark {
    /// How strongly the operator at hand binds. Order: Spark `SqlBaseParser.g4`, `valueExpression`.
    fn infix(parser: &Parser) -> Option<Precedence> {
        Some(match &parser.peek_token_ref().token {
            ParserToken::Word(word) => match word.keyword {
                Keyword::OR => Precedence::Or,
                Keyword::AND => Precedence::And,
                Keyword::IS => Precedence::Is,
                Keyword::IN | Keyword::BETWEEN => Precedence::Between,
                Keyword::LIKE | Keyword::ILIKE | Keyword::RLIKE => Precedence::Like,
                Keyword::NOT => match &parser.peek_nth_token_ref(1).token {
                    ParserToken::Word(next) => match next.keyword {
                        Keyword::IN | Keyword::BETWEEN => Precedence::Between,
                        Keyword::LIKE | Keyword::ILIKE | Keyword::RLIKE => Precedence::Like,
                        _ => return None,
                    },
                    _ => return None,
                },
                _ => return None,
            },
            ParserToken::Eq
            | ParserToken::Lt
            | ParserToken::LtEq
            | ParserToken::Neq
            | ParserToken::Gt
            | ParserToken::GtEq
            | ParserToken::Spaceship => Precedence::Eq,
            ParserToken::AtArrow => Precedence::Is,
            ParserToken::Pipe => Precedence::Pipe,
            ParserToken::Caret => Precedence::Caret,
            ParserToken::Ampersand => Precedence::Ampersand,
            ParserToken::Plus | ParserToken::Minus | ParserToken::StringConcat => {
                Precedence::PlusMinus
            }
            ParserToken::Mul | ParserToken::Div | ParserToken::Mod => Precedence::MulDivModOp,
            _ => return None,
        })
    }
}

/// Why a query is not understood.
pub(super) struct ParseError {
    /// Number of the word where the parser stopped.
    pub(super) word: usize,
    /// The parser's message, without what it found there.
    pub(super) message: String,
}

/// Parses all words as one query.
pub(super) fn parse_query(words: &Words<'_>) -> Result<Query, ParseError> {
    parse(words, |parser| parser.parse_query().map(|query| *query))
}

/// Parses all words as one expression.
pub(super) fn parse_expression(words: &Words<'_>) -> Result<Expr, ParseError> {
    parse(words, |parser| parser.parse_subexpr(0))
}

fn parse<T>(
    words: &Words<'_>,
    read: impl FnOnce(&mut Parser<'_>) -> Result<T, ParserError>,
) -> Result<T, ParseError> {
    let tokens = words
        .all()
        .iter()
        .zip(1..)
        .map(|(word, line)| {
            let place = Location { line, column: 1 };
            TokenWithSpan {
                token: token(word.class),
                span: ParserSpan::new(place, place),
            }
        })
        .collect();
    let mut parser = Parser::new(&Spark)
        .with_recursion_limit(RECURSION_LIMIT)
        .with_tokens_with_locations(tokens);
    let read = read(&mut parser);
    let message = match read {
        Ok(tree) if parser.peek_token_ref().token == ParserToken::EOF => return Ok(tree),
        Ok(_) => "the end of the statement".to_owned(),
        Err(ParserError::RecursionLimitExceeded) => "less nesting".to_owned(),
        Err(ParserError::ParserError(message) | ParserError::TokenizerError(message)) => {
            let message = message.split(", found: ").next().unwrap_or_default();
            message.trim_start_matches("Expected: ").to_owned()
        }
    };
    let word =
        word_number(parser.peek_token_ref().span.start).unwrap_or(words.len().saturating_sub(1));
    Err(ParseError { word, message })
}

/// The word that a place of the syntax tree names.
pub(super) fn word_number(location: Location) -> Option<usize> {
    usize::try_from(location.line).ok()?.checked_sub(1)
}

fn token(class: Class) -> ParserToken {
    let word = |keyword| {
        ParserToken::Word(ParserWord {
            value: String::new(),
            quote_style: None,
            keyword,
        })
    };
    match class {
        Class::Keyword(keyword) => word(keyword),
        Class::Name => word(Keyword::NoKeyword),
        Class::Literal(_) => ParserToken::Placeholder(String::new()),
        Class::Symbol(text) => symbol(text),
    }
}

/// An identifier without its backquotes.
pub(super) fn unquote(text: &str) -> String {
    match text
        .strip_prefix('`')
        .and_then(|text| text.strip_suffix('`'))
    {
        Some(inner) => inner.replace("``", "`"),
        None => text.to_owned(),
    }
}

fn symbol(text: &str) -> ParserToken {
    match text {
        "," => ParserToken::Comma,
        "=" => ParserToken::Eq,
        "<>" => ParserToken::Neq,
        "<" => ParserToken::Lt,
        ">" => ParserToken::Gt,
        "<=" => ParserToken::LtEq,
        ">=" => ParserToken::GtEq,
        "<=>" => ParserToken::Spaceship,
        "+" => ParserToken::Plus,
        "-" => ParserToken::Minus,
        "*" => ParserToken::Mul,
        "/" => ParserToken::Div,
        "%" => ParserToken::Mod,
        "||" => ParserToken::StringConcat,
        "(" => ParserToken::LParen,
        "{" => ParserToken::LBrace,
        ")" => ParserToken::RParen,
        "." => ParserToken::Period,
        "[" => ParserToken::LBracket,
        "]" => ParserToken::RBracket,
        "&" => ParserToken::Ampersand,
        "|" => ParserToken::Pipe,
        "^" => ParserToken::Caret,
        "->" => ParserToken::Arrow,
        "~" => ParserToken::Tilde,
        // `IS [NOT] DISTINCT FROM`: an operator without a symbol of its own.
        "is distinct" => ParserToken::AtArrow,
        _ => ParserToken::Char('\u{fffd}'),
    }
}
