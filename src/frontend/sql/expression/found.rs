//! The walk through one expression.

use std::ops::Range;

use sqlparser::ast::{
    self, AccessExpr, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, SetExpr,
    Subscript, WindowFrameBound, WindowFrameUnits, WindowSpec, WindowType,
};

use super::operators::is_one_row;
use crate::frontend::sql::dialect::word_number;
use crate::frontend::sql::query::{Lowering, NotUnderstood, not_understood};
use crate::frontend::statement::{
    Call, ColumnReference, Expression, Identifier, Name, Query, Shape, Window,
};

/// Columns, calls and nested queries of one expression.
pub(super) struct Found<'l, 'a> {
    lowering: &'l Lowering<'a>,
    /// Where the expression stands: what it names stands there, too.
    range: Range<usize>,
    pub(super) columns: Vec<ColumnReference>,
    pub(super) stars: Vec<Option<Name>>,
    pub(super) calls: Vec<Call>,
    pub(super) queries: Vec<Query>,
    /// Has a scalar subquery that may give several rows.
    several_rows: bool,
    /// Parameters of the lambdas around the place at hand, lower-case.
    parameters: Vec<String>,
}

impl<'l, 'a> Found<'l, 'a> {
    pub(super) fn new(lowering: &'l Lowering<'a>, range: Range<usize>) -> Self {
        Found {
            lowering,
            range,
            columns: Vec::new(),
            stars: Vec::new(),
            calls: Vec::new(),
            queries: Vec::new(),
            several_rows: false,
            parameters: Vec::new(),
        }
    }

    pub(super) fn finish(self, range: Range<usize>, shape: Shape) -> Expression {
        let mut operators = self.lowering.operators(range.clone());
        operators.failing |= self.several_rows;
        Expression {
            span: self.lowering.text.span(range),
            columns: self.columns,
            stars: self.stars,
            calls: self.calls,
            queries: self.queries,
            operators,
            shape,
        }
    }

    fn exprs<'e>(
        &mut self,
        exprs: impl IntoIterator<Item = &'e Expr>,
    ) -> Result<(), NotUnderstood> {
        exprs.into_iter().try_for_each(|expr| self.expr(expr))
    }

    /// Chains of operators nest to the left: they are walked in a loop.
    pub(super) fn expr(&mut self, expr: &Expr) -> Result<(), NotUnderstood> {
        let mut spine = Vec::new();
        let mut first = expr;
        while let Expr::BinaryOp { left, right, .. } = first {
            spine.push(right.as_ref());
            first = left;
        }
        self.operand(first)?;
        self.exprs(spine.into_iter().rev())
    }

    fn operand(&mut self, expr: &Expr) -> Result<(), NotUnderstood> {
        match expr {
            Expr::Identifier(ident) => self.column(std::slice::from_ref(ident)),
            Expr::CompoundIdentifier(idents) => self.column(idents),
            Expr::Value(_) => Ok(()),
            Expr::Wildcard(_) => {
                self.stars.push(None);
                Ok(())
            }
            Expr::QualifiedWildcard(name, _) => {
                let name = self.lowering.object_name(name)?;
                self.stars.push(Some(name));
                Ok(())
            }
            Expr::BinaryOp { .. } => self.expr(expr),
            Expr::Nested(inner)
            | Expr::UnaryOp { expr: inner, .. }
            | Expr::IsNull(inner)
            | Expr::IsNotNull(inner)
            | Expr::IsTrue(inner)
            | Expr::IsNotTrue(inner)
            | Expr::IsFalse(inner)
            | Expr::IsNotFalse(inner)
            | Expr::IsUnknown(inner)
            | Expr::IsNotUnknown(inner) => self.expr(inner),
            Expr::Tuple(exprs) => self.exprs(exprs),
            Expr::Between {
                expr, low, high, ..
            } => self.exprs([expr.as_ref(), low, high]),
            Expr::Like {
                expr,
                pattern,
                escape_char,
                ..
            }
            | Expr::ILike {
                expr,
                pattern,
                escape_char,
                ..
            } => {
                self.exprs([expr.as_ref(), pattern])?;
                self.exprs(escape_char.as_deref())
            }
            Expr::RLike { expr, pattern, .. } => self.exprs([expr.as_ref(), pattern]),
            Expr::InList { expr, list, .. } => {
                self.expr(expr)?;
                self.exprs(list)
            }
            Expr::InSubquery { expr, subquery, .. } => {
                self.expr(expr)?;
                self.query(subquery)
            }
            Expr::Exists { subquery, .. } => self.query(subquery),
            Expr::Subquery(query) => {
                self.query(query)?;
                self.several_rows |= !self.queries.last().is_some_and(is_one_row);
                Ok(())
            }
            Expr::Case {
                operand,
                conditions,
                else_result,
                ..
            } => {
                self.exprs(operand.as_deref())?;
                for when in conditions {
                    self.exprs([&when.condition, &when.result])?;
                }
                self.exprs(else_result.as_deref())
            }
            Expr::CompoundFieldAccess { root, access_chain } => {
                self.expr(root)?;
                for access in access_chain {
                    match access {
                        AccessExpr::Subscript(Subscript::Index { index }) => self.expr(index)?,
                        _ => return Err(not_understood("this access of a field")),
                    }
                }
                Ok(())
            }
            Expr::Lambda(lambda) => {
                let before = self.parameters.len();
                for parameter in &lambda.params {
                    let name = self.lowering.identifier(&parameter.name)?;
                    self.parameters.push(name.key());
                }
                self.expr(&lambda.body)?;
                self.parameters.truncate(before);
                Ok(())
            }
            Expr::Function(function) => self.function(function),
            _ => Err(not_understood("this expression")),
        }
    }

    fn query(&mut self, query: &ast::Query) -> Result<(), NotUnderstood> {
        let query = self.lowering.nested_query(query)?;
        self.queries.push(query);
        Ok(())
    }

    fn reference(&self, idents: &[Ident]) -> Result<Option<ColumnReference>, NotUnderstood> {
        let name = self.lowering.name(idents)?;
        let within = idents.iter().all(|ident| {
            word_number(ident.span.start).is_some_and(|word| self.range.contains(&word))
        });
        if !within {
            return Err(not_understood("the text of an expression"));
        }
        let parameter = !self.parameters.is_empty()
            && name
                .parts
                .first()
                .is_some_and(|first| self.parameters.contains(&first.key()));
        Ok((!parameter).then_some(ColumnReference { parts: name.parts }))
    }

    fn column(&mut self, idents: &[Ident]) -> Result<(), NotUnderstood> {
        let reference = self.reference(idents)?;
        self.columns.extend(reference);
        Ok(())
    }

    /// The column that an expression is; none where it is something else.
    fn plain_column(&self, expr: &Expr) -> Result<Option<ColumnReference>, NotUnderstood> {
        match expr {
            Expr::Identifier(ident) => self.reference(std::slice::from_ref(ident)),
            Expr::CompoundIdentifier(idents) => self.reference(idents),
            _ => Ok(None),
        }
    }

    fn function(&mut self, function: &ast::Function) -> Result<(), NotUnderstood> {
        let FunctionArguments::List(list) = &function.args else {
            return Err(not_understood("the arguments of a function"));
        };
        let window = function
            .over
            .as_ref()
            .map(|over| self.window(over))
            .transpose()?;
        let mut call = self.lowering.call(&function.name, list.args.len())?;
        call.window = window;
        call.argument = match list.args.as_slice() {
            [FunctionArg::Unnamed(FunctionArgExpr::Expr(only))] => self.plain_column(only)?,
            _ => None,
        };
        call.clauses = function.filter.is_some()
            || !function.within_group.is_empty()
            || !list.clauses.is_empty();
        // `count(*)` counts rows; any other function reads every column.
        let counts = call.name == "count";
        self.calls.push(call);
        for arg in &list.args {
            match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Wildcard(_))) if counts => {}
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => self.expr(expr)?,
                _ => return Err(not_understood("an argument of a function")),
            }
        }
        self.exprs(function.within_group.iter().map(|order| &order.expr))?;
        self.exprs(function.filter.as_deref())?;
        if let Some(WindowType::WindowSpec(spec)) = &function.over {
            self.exprs(&spec.partition_by)?;
            self.exprs(spec.order_by.iter().map(|order| &order.expr))?;
            if let Some(frame) = &spec.window_frame {
                for bound in [Some(&frame.start_bound), frame.end_bound.as_ref()] {
                    if let Some(
                        WindowFrameBound::Preceding(Some(expr))
                        | WindowFrameBound::Following(Some(expr)),
                    ) = bound
                    {
                        self.expr(expr)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn window(&self, over: &WindowType) -> Result<Window, NotUnderstood> {
        let WindowType::WindowSpec(spec) = over else {
            return Ok(Window {
                keys: None,
                rows: true,
                tied: None,
            });
        };
        let exprs = spec
            .partition_by
            .iter()
            .chain(spec.order_by.iter().map(|order| &order.expr));
        let mut keys = Some(Vec::new());
        for expr in exprs {
            let reference = self.plain_column(expr)?;
            keys = keys.zip(reference).map(|(mut keys, reference)| {
                keys.push(reference);
                keys
            });
        }
        if spec.window_name.is_some() {
            keys = None;
        }
        let rows = spec.window_name.is_some()
            || spec
                .window_frame
                .as_ref()
                .is_some_and(|frame| frame.units != WindowFrameUnits::Range);
        let tied = self.tied(spec)?;
        Ok(Window { keys, rows, tied })
    }

    /// Columns of `PARTITION BY`, where `ORDER BY` tells no two rows of a partition apart.
    fn tied(&self, spec: &WindowSpec) -> Result<Option<Vec<ColumnReference>>, NotUnderstood> {
        if spec.window_name.is_some() || spec.order_by.is_empty() {
            return Ok(None);
        }
        let mut partition = Vec::new();
        for expr in &spec.partition_by {
            let Some(column) = self.plain_column(expr)? else {
                return Ok(None);
            };
            partition.push(column);
        }
        let keys = |column: &ColumnReference| -> Vec<String> {
            column.parts.iter().map(Identifier::key).collect()
        };
        for order in &spec.order_by {
            let by_partition = match self.plain_column(&order.expr)? {
                Some(column) => partition.iter().any(|one| keys(one) == keys(&column)),
                None => is_constant(&order.expr),
            };
            if !by_partition {
                return Ok(None);
            }
        }
        Ok(Some(partition))
    }
}

/// A literal, or `(SELECT literal)`.
fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::Value(_) => true,
        Expr::Nested(inner) => is_constant(inner),
        Expr::Subquery(query) => match &*query.body {
            SetExpr::Select(select) => {
                let constant = |item: &ast::SelectItem| matches!(item, ast::SelectItem::UnnamedExpr(expr) if is_constant(expr));
                select.from.is_empty() && select.projection.iter().all(constant)
            }
            _ => false,
        },
        _ => false,
    }
}
