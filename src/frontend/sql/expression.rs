//! Expressions of the syntax tree → [`Expression`].

use std::ops::{ControlFlow, Range};

use sqlparser::ast::{
    self, BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, SetExpr,
    Value, Visit, Visitor, WindowFrameUnits, WindowType,
};

use super::dialect::token_index;
use super::query::{Lowering, NotUnderstood, not_understood};
use super::text::parts;
use crate::frontend::statement::{
    Call, ColumnReference, Expression, Identifier, LiteralKind, Name, Query, Shape, TestOperator,
    Window,
};

impl Lowering<'_> {
    /// An expression that stands exactly in `range`.
    pub(super) fn expression(
        &self,
        expr: &Expr,
        range: Range<usize>,
    ) -> Result<Expression, NotUnderstood> {
        let mut collector = Collector::new(self);
        if let ControlFlow::Break(error) = expr.visit(&mut collector) {
            return Err(error);
        }
        let Collector {
            columns,
            calls,
            queries,
            ..
        } = collector;
        let shape = if queries.is_empty() {
            shape(expr, &columns)
        } else {
            Shape::Other
        };
        Ok(Expression {
            span: self.text.span(range),
            columns,
            calls,
            queries,
            shape,
        })
    }

    /// Expressions that stand in `range`, separated by commas. Where the text has another number of entries than
    /// the tree (grouping sets and the like), each gets the whole range.
    pub(super) fn expressions<'e>(
        &self,
        exprs: impl IntoIterator<Item = &'e Expr>,
        range: Range<usize>,
    ) -> Result<Vec<Expression>, NotUnderstood> {
        let exprs: Vec<&Expr> = exprs.into_iter().collect();
        let entries = self.text.list(range.clone());
        let exact = entries.len() == exprs.len();
        exprs
            .into_iter()
            .zip(entries.into_iter().map(Some).chain(std::iter::repeat(None)))
            .map(|(expr, entry)| {
                self.expression(
                    expr,
                    entry.filter(|_| exact).unwrap_or_else(|| range.clone()),
                )
            })
            .collect()
    }

    /// The conjuncts of a condition that stands exactly in `range`. A condition whose text cannot be cut as the
    /// tree says is one conjunct.
    pub(super) fn conjuncts(
        &self,
        condition: &Expr,
        range: Range<usize>,
    ) -> Result<Vec<Expression>, NotUnderstood> {
        if let (Expr::Nested(inner), Some(inside)) = (condition, self.text.unwrap(&range)) {
            return self.conjuncts(inner, inside);
        }
        let mut exprs = Vec::new();
        flatten_and(condition, &mut exprs);
        let mut betweens = 0_u32;
        let mut separators = Vec::new();
        for index in self.text.top(range.clone()) {
            if self.text.is_word(index, "BETWEEN") {
                betweens += 1;
            } else if self.text.is_word(index, "AND") {
                if betweens > 0 {
                    betweens -= 1;
                } else {
                    separators.push(index);
                }
            }
        }
        let parts = parts(range.clone(), separators);
        if parts.len() != exprs.len() {
            return Ok(vec![self.expression(condition, range)?]);
        }
        let mut conjuncts = Vec::with_capacity(parts.len());
        for (expr, part) in exprs.into_iter().zip(parts) {
            match (expr, self.text.unwrap(&part)) {
                (Expr::Nested(inner), Some(inside)) => {
                    conjuncts.extend(self.conjuncts(inner, inside)?);
                }
                _ => conjuncts.push(self.expression(expr, part)?),
            }
        }
        Ok(conjuncts)
    }

    /// A nested query, which stands in brackets somewhere in the statement.
    fn nested_query(&self, query: &ast::Query) -> Result<Query, NotUnderstood> {
        let start =
            first_token(query).ok_or_else(|| not_understood("a nested query without SELECT"))?;
        let range = start
            .checked_sub(1)
            .and_then(|open| self.text.inside(open))
            .ok_or_else(|| not_understood("a nested query without brackets"))?;
        self.query(query, range)
    }

    pub(super) fn identifier(&self, ident: &Ident) -> Result<Identifier, NotUnderstood> {
        let index = token_index(ident.span.start)
            .ok_or_else(|| not_understood(&format!("the place of `{}`", ident.value)))?;
        Ok(self.text.identifier(index))
    }

    pub(super) fn object_name(&self, name: &ast::ObjectName) -> Result<Name, NotUnderstood> {
        let parts = name
            .0
            .iter()
            .map(|part| match part {
                ast::ObjectNamePart::Identifier(ident) => self.identifier(ident),
                ast::ObjectNamePart::Function(_) => Err(not_understood("a computed name")),
            })
            .collect::<Result<Vec<_>, _>>()?;
        let span = match (parts.first(), parts.last()) {
            (Some(first), Some(last)) => first.span.join(last.span),
            _ => return Err(not_understood("an empty name")),
        };
        Ok(Name { parts, span })
    }
}

/// Index of the first token of a query, brackets of its own body included.
fn first_token(query: &ast::Query) -> Option<usize> {
    if let Some(with) = &query.with {
        return token_index(with.with_token.0.span.start);
    }
    let mut body = query.body.as_ref();
    let mut brackets = 0;
    loop {
        match body {
            SetExpr::Select(select) => {
                return token_index(select.select_token.0.span.start)?.checked_sub(brackets);
            }
            SetExpr::SetOperation { left, .. } => body = left,
            SetExpr::Query(inner) => {
                brackets += 1;
                if inner.with.is_some() {
                    return first_token(inner)?.checked_sub(brackets);
                }
                body = &inner.body;
            }
            _ => return None,
        }
    }
}

fn flatten_and<'e>(expr: &'e Expr, into: &mut Vec<&'e Expr>) {
    // A loop over the left spine: chains of 100,000 conjuncts are 100,000 levels deep.
    let mut spine = Vec::new();
    let mut left = expr;
    while let Expr::BinaryOp {
        left: next,
        op: BinaryOperator::And,
        right,
    } = left
    {
        spine.push(right.as_ref());
        left = next;
    }
    into.push(left);
    for right in spine.into_iter().rev() {
        if matches!(
            right,
            Expr::BinaryOp {
                op: BinaryOperator::And,
                ..
            }
        ) {
            flatten_and(right, into);
        } else {
            into.push(right);
        }
    }
}

/// Collects columns, calls and nested queries of one expression; does not look into nested queries.
struct Collector<'l, 'a> {
    lowering: &'l Lowering<'a>,
    columns: Vec<ColumnReference>,
    calls: Vec<Call>,
    queries: Vec<Query>,
    depth: u32,
    lambda_parameters: Vec<Vec<String>>,
}

impl<'l, 'a> Collector<'l, 'a> {
    fn new(lowering: &'l Lowering<'a>) -> Self {
        Collector {
            lowering,
            columns: Vec::new(),
            calls: Vec::new(),
            queries: Vec::new(),
            depth: 0,
            lambda_parameters: Vec::new(),
        }
    }

    fn enter(&mut self, expr: &Expr) -> Result<(), NotUnderstood> {
        match expr {
            Expr::Identifier(ident) => self.column(std::slice::from_ref(ident)),
            Expr::CompoundIdentifier(idents) => self.column(idents),
            Expr::QualifiedWildcard(..) => Err(not_understood("a qualified `*` as a value")),
            Expr::Function(function) => {
                let call = self.call(function)?;
                self.calls.push(call);
                Ok(())
            }
            Expr::Lambda(lambda) => {
                let parameters = match &lambda.params {
                    ast::OneOrManyWithParens::One(one) => vec![one.name.value.to_lowercase()],
                    ast::OneOrManyWithParens::Many(many) => many
                        .iter()
                        .map(|parameter| parameter.name.value.to_lowercase())
                        .collect(),
                };
                self.lambda_parameters.push(parameters);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn column(&mut self, idents: &[Ident]) -> Result<(), NotUnderstood> {
        let bound = idents.first().is_some_and(|first| {
            let first = first.value.to_lowercase();
            self.lambda_parameters
                .iter()
                .flatten()
                .any(|parameter| *parameter == first)
        });
        if !bound {
            let parts = idents
                .iter()
                .map(|ident| self.lowering.identifier(ident))
                .collect::<Result<_, _>>()?;
            self.columns.push(ColumnReference { parts });
        }
        Ok(())
    }

    fn call(&self, function: &ast::Function) -> Result<Call, NotUnderstood> {
        let name = self.lowering.object_name(&function.name)?;
        let arguments = match &function.args {
            FunctionArguments::None => 0,
            FunctionArguments::Subquery(_) => 1,
            FunctionArguments::List(list) => list.args.len(),
        };
        if let FunctionArguments::List(list) = &function.args {
            let qualified = |arg: &FunctionArg| match arg {
                FunctionArg::Unnamed(arg)
                | FunctionArg::Named { arg, .. }
                | FunctionArg::ExprNamed { arg, .. } => {
                    matches!(arg, FunctionArgExpr::QualifiedWildcard(_))
                }
            };
            let star = |arg: &FunctionArg| {
                matches!(
                    arg,
                    FunctionArg::Unnamed(
                        FunctionArgExpr::Wildcard | FunctionArgExpr::WildcardWithOptions(_)
                    )
                )
            };
            // `count(*)` counts rows; `struct(*)`, `count(t.*)` and the like read every column.
            if list.args.iter().any(qualified)
                || (name.key() != "count" && list.args.iter().any(star))
            {
                return Err(not_understood(&format!(
                    "`*` as an argument of `{}`",
                    name.key()
                )));
            }
        }
        let window = function
            .over
            .as_ref()
            .map(|over| self.window(over))
            .transpose()?;
        Ok(Call {
            name: name.key(),
            span: name.span,
            arguments: u32::try_from(arguments).unwrap_or(u32::MAX),
            window,
        })
    }

    fn window(&self, over: &WindowType) -> Result<Window, NotUnderstood> {
        let WindowType::WindowSpec(spec) = over else {
            return Ok(Window {
                keys: None,
                rows: true,
            });
        };
        let exprs = spec
            .partition_by
            .iter()
            .chain(spec.order_by.iter().map(|order| &order.expr));
        let mut keys = Some(Vec::new());
        for expr in exprs {
            let idents = match expr {
                Expr::Identifier(ident) => std::slice::from_ref(ident),
                Expr::CompoundIdentifier(idents) => idents.as_slice(),
                _ => {
                    keys = None;
                    break;
                }
            };
            let parts = idents
                .iter()
                .map(|ident| self.lowering.identifier(ident))
                .collect::<Result<_, _>>()?;
            if let Some(keys) = &mut keys {
                keys.push(ColumnReference { parts });
            }
        }
        if spec.window_name.is_some() {
            keys = None;
        }
        let rows = spec.window_name.is_some()
            || spec
                .window_frame
                .as_ref()
                .is_some_and(|frame| frame.units != WindowFrameUnits::Range);
        Ok(Window { keys, rows })
    }
}

impl Visitor for Collector<'_, '_> {
    type Break = NotUnderstood;

    fn pre_visit_query(&mut self, query: &ast::Query) -> ControlFlow<NotUnderstood> {
        if self.depth == 0 {
            match self.lowering.nested_query(query) {
                Ok(query) => self.queries.push(query),
                Err(error) => return ControlFlow::Break(error),
            }
        }
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &ast::Query) -> ControlFlow<NotUnderstood> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<NotUnderstood> {
        if self.depth == 0
            && let Err(error) = self.enter(expr)
        {
            return ControlFlow::Break(error);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<NotUnderstood> {
        if self.depth == 0 && matches!(expr, Expr::Lambda(_)) {
            self.lambda_parameters.pop();
        }
        ControlFlow::Continue(())
    }
}

/// What planning can reason about.
fn shape(expr: &Expr, columns: &[ColumnReference]) -> Shape {
    let other = Shape::Other;
    if let Expr::Nested(inner) = expr {
        return shape(inner, columns);
    }
    if is_column(expr) {
        return Shape::Column;
    }
    if let Expr::BinaryOp {
        left,
        op: BinaryOperator::Eq,
        right,
    } = expr
        && is_column(left)
        && is_column(right)
    {
        return Shape::Equality;
    }
    let Some((operator, literals)) = test(expr) else {
        return other;
    };
    if columns.len() == 1 {
        Shape::Test { operator, literals }
    } else {
        other
    }
}

/// A test of a column against literals; the column is checked to be the only one by [`shape`].
fn test(expr: &Expr) -> Option<(TestOperator, Vec<LiteralKind>)> {
    let literals = |exprs: &[&Expr]| {
        exprs
            .iter()
            .map(|expr| literal(expr))
            .collect::<Option<Vec<_>>>()
    };
    match expr {
        Expr::BinaryOp { left, op, right } => {
            let compares = matches!(
                op,
                BinaryOperator::Eq
                    | BinaryOperator::NotEq
                    | BinaryOperator::Lt
                    | BinaryOperator::LtEq
                    | BinaryOperator::Gt
                    | BinaryOperator::GtEq
                    | BinaryOperator::Spaceship
            );
            let value = match (is_column(left), is_column(right)) {
                (true, false) => right,
                (false, true) => left,
                _ => return None,
            };
            compares
                .then_some(TestOperator::Compare)
                .zip(literals(&[value]))
        }
        Expr::InList { expr, list, .. } if is_column(expr) => {
            Some(TestOperator::In).zip(literals(&list.iter().collect::<Vec<_>>()))
        }
        Expr::Between {
            expr, low, high, ..
        } if is_column(expr) => Some(TestOperator::Between).zip(literals(&[low, high])),
        Expr::Like {
            expr,
            pattern,
            any: false,
            escape_char: None,
            ..
        } if is_column(expr) => Some(TestOperator::Like).zip(literals(&[pattern])),
        Expr::IsNull(expr) if is_column(expr) => Some((TestOperator::IsNull, Vec::new())),
        Expr::IsNotNull(expr) if is_column(expr) => Some((TestOperator::IsNotNull, Vec::new())),
        _ => None,
    }
}

fn is_column(expr: &Expr) -> bool {
    matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_))
}

fn literal(expr: &Expr) -> Option<LiteralKind> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(..) => Some(LiteralKind::Number),
            Value::SingleQuotedString(_) => Some(LiteralKind::String),
            Value::Boolean(_) => Some(LiteralKind::Boolean),
            Value::Null => Some(LiteralKind::Null),
            _ => None,
        },
        Expr::UnaryOp {
            op: ast::UnaryOperator::Minus,
            expr,
        } => literal(expr).filter(|kind| *kind == LiteralKind::Number),
        Expr::TypedString(typed) => match typed.data_type {
            ast::DataType::Date => Some(LiteralKind::Date),
            ast::DataType::Timestamp(None, _) => Some(LiteralKind::Timestamp),
            _ => None,
        },
        _ => None,
    }
}
