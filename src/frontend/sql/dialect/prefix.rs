//! Prefix expressions: values, names, calls, `CASE`, brackets, lambdas.

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    CaseWhen, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Ident, LambdaFunction, LambdaFunctionParameter, LambdaSyntax, ObjectName,
    ObjectNamePart, OneOrManyWithParens, OrderByExpr, OrderByOptions, UnaryOperator, Value,
    ValueWithSpan, WindowType,
};
use sqlparser::dialect::{Dialect, Precedence};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token as ParserToken;

use super::Spark;

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
pub(super) fn expression(parser: &mut Parser) -> Result<Expr, ParserError> {
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
