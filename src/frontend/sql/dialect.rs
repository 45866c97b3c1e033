//! The query parser: sqlparser with a dialect of our own, over the words of the pre-pass.
//!
//! Words carry neither text nor type suffixes, only what the grammar needs; the parser's "line" is the number of a
//! word, so every name in the syntax tree points back to its bytes.
//!
//! The dialect reads prefix expressions by itself: what stands there after the pre-pass is a handful of forms, and
//! the general parser would try each word as a type first.

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    CaseWhen, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Ident, LambdaFunction, LambdaFunctionParameter, LambdaSyntax, ObjectName,
    ObjectNamePart, OneOrManyWithParens, OrderByExpr, OrderByOptions, Query, UnaryOperator, Value,
    ValueWithSpan, WindowType,
};
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
        Some(prefix(parser))
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

fn keyword(parser: &Parser) -> Keyword {
    match &parser.peek_token_ref().token {
        ParserToken::Word(word) => word.keyword,
        _ => Keyword::NoKeyword,
    }
}

fn ident(parser: &mut Parser) -> Ident {
    let span = parser.peek_token_ref().span;
    parser.advance_token();
    Ident::with_span(span, String::new())
}

fn is_name(token: &ParserToken) -> bool {
    matches!(token, ParserToken::Word(word) if word.keyword == Keyword::NoKeyword)
}

/// What an expression starts with.
fn prefix(parser: &mut Parser) -> Result<Expr, ParserError> {
    let unary = |parser: &mut Parser, op, precedence| {
        parser.advance_token();
        let expr = Box::new(parser.parse_subexpr(Spark.prec_value(precedence))?);
        Ok(Expr::UnaryOp { op, expr })
    };
    match &parser.peek_token_ref().token {
        ParserToken::Word(word) => match word.keyword {
            Keyword::NoKeyword => name(parser),
            Keyword::CASE => case(parser),
            Keyword::NOT => unary(parser, UnaryOperator::Not, Precedence::UnaryNot),
            Keyword::EXISTS => {
                parser.advance_token();
                parser.expect_token(&ParserToken::LParen)?;
                let subquery = parser.parse_query()?;
                parser.expect_token(&ParserToken::RParen)?;
                Ok(Expr::Exists {
                    subquery,
                    negated: false,
                })
            }
            _ => parser.expected_ref("an expression", parser.peek_token_ref()),
        },
        ParserToken::Placeholder(_) => {
            let span = parser.peek_token_ref().span;
            parser.advance_token();
            let value = Value::Null;
            Ok(Expr::Value(ValueWithSpan { value, span }))
        }
        ParserToken::Minus => unary(parser, UnaryOperator::Minus, Precedence::MulDivModOp),
        ParserToken::Plus => unary(parser, UnaryOperator::Plus, Precedence::MulDivModOp),
        ParserToken::Tilde => unary(parser, UnaryOperator::BitwiseNot, Precedence::MulDivModOp),
        ParserToken::Mul => {
            let token = parser.peek_token_ref().clone();
            parser.advance_token();
            Ok(Expr::Wildcard(AttachedToken(token)))
        }
        ParserToken::LParen => brackets(parser),
        _ => parser.expected_ref("an expression", parser.peek_token_ref()),
    }
}

/// `a`, `a.b`, `a.*`, `a.f(…)`, `x -> …`.
fn name(parser: &mut Parser) -> Result<Expr, ParserError> {
    let first = ident(parser);
    match &parser.peek_token_ref().token {
        ParserToken::Period | ParserToken::LParen => {}
        ParserToken::Arrow => return lambda(parser, vec![first]),
        _ => return Ok(Expr::Identifier(first)),
    }
    let mut idents = vec![first];
    while parser.peek_token_ref().token == ParserToken::Period {
        let next = &parser.peek_nth_token_ref(1).token;
        if is_name(next) {
            parser.advance_token();
            idents.push(ident(parser));
        } else if *next == ParserToken::Mul {
            parser.advance_token();
            let token = parser.peek_token_ref().clone();
            parser.advance_token();
            return Ok(Expr::QualifiedWildcard(
                object_name(idents),
                AttachedToken(token),
            ));
        } else {
            return parser.expected_ref("a name", parser.peek_nth_token_ref(1));
        }
    }
    if parser.peek_token_ref().token == ParserToken::LParen {
        return call(parser, object_name(idents));
    }
    Ok(match <[Ident; 1]>::try_from(idents) {
        Ok([only]) => Expr::Identifier(only),
        Err(idents) => Expr::CompoundIdentifier(idents),
    })
}

fn object_name(idents: Vec<Ident>) -> ObjectName {
    ObjectName(idents.into_iter().map(ObjectNamePart::Identifier).collect())
}

fn lambda(parser: &mut Parser, names: Vec<Ident>) -> Result<Expr, ParserError> {
    parser.expect_token(&ParserToken::Arrow)?;
    let parameters = names.into_iter().map(|name| LambdaFunctionParameter {
        name,
        data_type: None,
    });
    Ok(Expr::Lambda(LambdaFunction {
        params: OneOrManyWithParens::Many(parameters.collect()),
        body: Box::new(parser.parse_expr()?),
        syntax: LambdaSyntax::Arrow,
    }))
}

/// `(query)`, `(x, y) -> …`, `(a)`, `(a, b)`, `()`.
fn brackets(parser: &mut Parser) -> Result<Expr, ParserError> {
    parser.expect_token(&ParserToken::LParen)?;
    // The pre-pass writes `{` where a query starts with a bracket of its own.
    let marked = parser.consume_token(&ParserToken::LBrace);
    if marked || matches!(keyword(parser), Keyword::SELECT | Keyword::WITH) {
        let query = parser.parse_query()?;
        parser.expect_token(&ParserToken::RParen)?;
        return Ok(Expr::Subquery(query));
    }
    if parser.peek_token_ref().token == ParserToken::RParen {
        parser.advance_token();
        return Ok(Expr::Tuple(Vec::new()));
    }
    let mut exprs = parser.parse_comma_separated(Parser::parse_expr)?;
    parser.expect_token(&ParserToken::RParen)?;
    if parser.peek_token_ref().token == ParserToken::Arrow {
        let names = exprs
            .into_iter()
            .map(|expr| match expr {
                Expr::Identifier(ident) => Ok(ident),
                _ => Err(ParserError::ParserError("Expected: a parameter".to_owned())),
            })
            .collect::<Result<_, _>>()?;
        return lambda(parser, names);
    }
    Ok(match (exprs.pop(), exprs.is_empty()) {
        (Some(only), true) => Expr::Nested(Box::new(only)),
        (last, _) => {
            exprs.extend(last);
            Expr::Tuple(exprs)
        }
    })
}

fn case(parser: &mut Parser) -> Result<Expr, ParserError> {
    let token = |parser: &mut Parser| {
        let token = parser.peek_token_ref().clone();
        parser.advance_token();
        AttachedToken(token)
    };
    let case_token = token(parser);
    let operand = if keyword(parser) == Keyword::WHEN {
        None
    } else {
        Some(Box::new(parser.parse_expr()?))
    };
    let mut conditions = Vec::new();
    while parser.parse_keyword(Keyword::WHEN) {
        let condition = parser.parse_expr()?;
        parser.expect_keyword(Keyword::THEN)?;
        let result = parser.parse_expr()?;
        conditions.push(CaseWhen { condition, result });
    }
    let else_result = if parser.parse_keyword(Keyword::ELSE) {
        Some(Box::new(parser.parse_expr()?))
    } else {
        None
    };
    if keyword(parser) != Keyword::END {
        return parser.expected_ref("`END`", parser.peek_token_ref());
    }
    Ok(Expr::Case {
        case_token,
        end_token: token(parser),
        operand,
        conditions,
        else_result,
    })
}

fn call(parser: &mut Parser, name: ObjectName) -> Result<Expr, ParserError> {
    parser.expect_token(&ParserToken::LParen)?;
    let mut args = Vec::new();
    if parser.peek_token_ref().token != ParserToken::RParen {
        let exprs = parser.parse_comma_separated(Parser::parse_expr)?;
        args.extend(
            exprs
                .into_iter()
                .map(|expr| FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))),
        );
    }
    parser.expect_token(&ParserToken::RParen)?;
    let mut within_group = Vec::new();
    if parser.parse_keyword(Keyword::WITHIN) {
        parser.expect_token(&ParserToken::LParen)?;
        parser.expect_keywords(&[Keyword::ORDER, Keyword::BY])?;
        within_group = parser.parse_comma_separated(ordered)?;
        parser.expect_token(&ParserToken::RParen)?;
    }
    let mut filter = None;
    if parser.parse_keyword(Keyword::FILTER) {
        parser.expect_token(&ParserToken::LParen)?;
        parser.expect_keyword(Keyword::WHERE)?;
        filter = Some(Box::new(parser.parse_expr()?));
        parser.expect_token(&ParserToken::RParen)?;
    }
    let mut over = None;
    if parser.parse_keyword(Keyword::OVER) {
        over = Some(if parser.consume_token(&ParserToken::LParen) {
            WindowType::WindowSpec(parser.parse_window_spec()?)
        } else {
            WindowType::NamedWindow(ident(parser))
        });
    }
    Ok(Expr::Function(Function {
        name,
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args,
            clauses: Vec::new(),
        }),
        filter,
        null_treatment: None,
        over,
        within_group,
    }))
}

fn ordered(parser: &mut Parser) -> Result<OrderByExpr, ParserError> {
    Ok(OrderByExpr {
        expr: parser.parse_expr()?,
        options: OrderByOptions {
            sort: None,
            nulls_first: None,
        },
        with_fill: None,
    })
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
