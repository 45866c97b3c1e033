//! Spark's SQL for sqlparser: the dialect, and tokens handed to the parser.
//!
//! The parser gets the tokens of [`super::lex`]. Each carries its own index as its "line", so that every place in
//! the syntax tree names a token exactly, and through it a byte range.

use sqlparser::ast::{BinaryOperator, Expr, Query};
use sqlparser::dialect::Dialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Span as ParserSpan, Token as ParserToken, TokenWithSpan};

use super::lex::{Token, TokenKind};

/// Nesting of one statement. Deeper ones are refused; the parser protects the stack below that by itself.
const RECURSION_LIMIT: usize = 400;

/// Spark SQL (sqlparser's own Spark dialect lacks what `true` below adds).
#[derive(Debug)]
struct Spark;

impl Dialect for Spark {
    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        ch == '`'
    }
    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_alphabetic() || ch == '_'
    }
    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_alphanumeric() || ch == '_'
    }
    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }
    fn supports_group_by_expr(&self) -> bool {
        true
    }
    fn supports_group_by_with_modifier(&self) -> bool {
        true
    }
    fn supports_lambda_functions(&self) -> bool {
        true
    }
    fn supports_select_wildcard_except(&self) -> bool {
        true
    }
    fn supports_struct_literal(&self) -> bool {
        true
    }
    fn supports_long_type_as_bigint(&self) -> bool {
        true
    }
    fn supports_values_as_table_factor(&self) -> bool {
        true
    }
    fn supports_bang_not_operator(&self) -> bool {
        true
    }
    fn supports_select_item_multi_column_alias(&self) -> bool {
        true
    }
    fn supports_cte_without_as(&self) -> bool {
        true
    }
    fn supports_map_literal_with_angle_brackets(&self) -> bool {
        true
    }
    fn supports_table_sample_before_alias(&self) -> bool {
        true
    }
    fn supports_cross_join_constraint(&self) -> bool {
        true
    }
    fn supports_string_literal_concatenation(&self) -> bool {
        true
    }
    fn supports_table_versioning(&self) -> bool {
        true
    }
    fn supports_left_associative_joins_without_parens(&self) -> bool {
        true
    }
    fn supports_parens_around_table_factor(&self) -> bool {
        true
    }
    fn supports_window_clause_named_window_reference(&self) -> bool {
        true
    }
    fn supports_subquery_as_function_arg(&self) -> bool {
        true
    }
    fn supports_comma_separated_trim(&self) -> bool {
        true
    }
    fn supports_order_by_all(&self) -> bool {
        true
    }

    /// `10 DIV 3`.
    fn parse_infix(
        &self,
        parser: &mut Parser,
        left: &Expr,
        precedence: u8,
    ) -> Option<Result<Expr, ParserError>> {
        if !parser.parse_keyword(Keyword::DIV) {
            return None;
        }
        Some(
            parser
                .parse_subexpr(precedence)
                .map(|right| Expr::BinaryOp {
                    left: Box::new(left.clone()),
                    op: BinaryOperator::MyIntegerDivide,
                    right: Box::new(right),
                }),
        )
    }

    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        match &parser.peek_token_ref().token {
            ParserToken::Word(word) if word.keyword == Keyword::DIV => Some(Ok(
                self.prec_value(sqlparser::dialect::Precedence::MulDivModOp)
            )),
            _ => None,
        }
    }
}

/// Why a query is not understood.
pub(super) struct QueryError {
    /// Index of the token where the parser stopped, within the slice given.
    pub(super) token: usize,
    /// The parser's message, without its position.
    pub(super) message: String,
}

/// Parses all of `tokens` (a slice of the tokens of `text`) as one query. Places in the tree are indices into the
/// whole token list, of which the slice starts at `first`.
pub(super) fn parse_query(text: &str, tokens: &[Token], first: usize) -> Result<Query, QueryError> {
    parse(text, tokens, first, |parser| {
        parser.parse_query().map(|query| *query)
    })
}

/// The same for one expression.
pub(super) fn parse_expression(
    text: &str,
    tokens: &[Token],
    first: usize,
) -> Result<Expr, QueryError> {
    parse(text, tokens, first, |parser| parser.parse_expr())
}

fn parse<T>(
    text: &str,
    tokens: &[Token],
    first: usize,
    read: impl FnOnce(&mut Parser<'_>) -> Result<T, ParserError>,
) -> Result<T, QueryError> {
    let converted = tokens
        .iter()
        .enumerate()
        .map(|(index, token)| TokenWithSpan {
            token: convert(text, token),
            span: ParserSpan::new(location(first + index), location(first + index)),
        })
        .collect();
    let mut parser = Parser::new(&Spark)
        .with_recursion_limit(RECURSION_LIMIT)
        .with_tokens_with_locations(converted);
    let failed = |parser: &Parser, message: String| QueryError {
        token: token_index(parser.peek_token_ref().span.start)
            .and_then(|index| index.checked_sub(first))
            .unwrap_or(tokens.len().saturating_sub(1)),
        message,
    };
    match read(&mut parser) {
        Ok(tree) if parser.peek_token_ref().token == ParserToken::EOF => Ok(tree),
        Ok(_) => Err(failed(&parser, "the statement should end here".to_owned())),
        Err(ParserError::RecursionLimitExceeded) => Err(failed(
            &parser,
            format!("nested more than {RECURSION_LIMIT} levels deep"),
        )),
        Err(ParserError::ParserError(message) | ParserError::TokenizerError(message)) => {
            let message = message.split(" at Line: ").next().unwrap_or_default();
            let message = message
                .replace("Expected: ", "expected ")
                .replace("found: ", "found ");
            Err(failed(&parser, message))
        }
    }
}

/// The token a place of the syntax tree names.
pub(super) fn token_index(location: Location) -> Option<usize> {
    usize::try_from(location.line).ok()?.checked_sub(1)
}

fn location(index: usize) -> Location {
    Location {
        line: index as u64 + 1,
        column: 1,
    }
}

fn convert(text: &str, token: &Token) -> ParserToken {
    let token_text = text
        .get(token.range.start as usize..token.range.end as usize)
        .unwrap_or("");
    match token.kind {
        TokenKind::Word => ParserToken::make_word(token_text, None),
        TokenKind::QuotedIdentifier => ParserToken::make_word(&unquote(token_text), Some('`')),
        // Values of strings bear on nothing we derive from the tree; texts are sliced by token.
        TokenKind::String => ParserToken::SingleQuotedString(token_text.to_owned()),
        TokenKind::Number => ParserToken::Number(
            token_text.trim_end_matches(char::is_alphabetic).to_owned(),
            false,
        ),
        TokenKind::Symbol => symbol(token_text),
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
        "==" => ParserToken::DoubleEq,
        "=" => ParserToken::Eq,
        "<>" | "!=" => ParserToken::Neq,
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
        ")" => ParserToken::RParen,
        "." => ParserToken::Period,
        ":" => ParserToken::Colon,
        "::" => ParserToken::DoubleColon,
        ";" => ParserToken::SemiColon,
        "\\" => ParserToken::Backslash,
        "[" => ParserToken::LBracket,
        "]" => ParserToken::RBracket,
        "&" => ParserToken::Ampersand,
        "|" => ParserToken::Pipe,
        "^" => ParserToken::Caret,
        "{" => ParserToken::LBrace,
        "}" => ParserToken::RBrace,
        "=>" => ParserToken::RArrow,
        "->" => ParserToken::Arrow,
        "~" => ParserToken::Tilde,
        "!" => ParserToken::ExclamationMark,
        "@" => ParserToken::AtSign,
        "?" => ParserToken::Question,
        "<<" => ParserToken::ShiftLeft,
        ">>" => ParserToken::ShiftRight,
        _ => ParserToken::Char(text.chars().next().unwrap_or(' ')),
    }
}
