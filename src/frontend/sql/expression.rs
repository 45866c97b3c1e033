//! Expressions of the syntax tree → [`Expression`].

use std::ops::Range;

use sqlparser::ast::{
    self, AccessExpr, BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident,
    ObjectName, SetExpr, Subscript, WindowFrameBound, WindowFrameUnits, WindowType,
};
use sqlparser::keywords::Keyword;

use super::dialect::word_number;
use super::query::{Lowering, NotUnderstood, not_understood};
use super::text::parts;
use super::words::{Class, Word};
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
        let mut found = Found::new(self, range.clone());
        found.expr(expr)?;
        let shape = if found.queries.is_empty() && found.stars.is_empty() {
            self.shape(expr, &found.columns)
        } else {
            Shape::Other
        };
        Ok(found.finish(range, shape))
    }

    /// The arguments of a table function, and its call where it has a name, as one expression.
    pub(super) fn arguments(
        &self,
        name: Option<&ObjectName>,
        args: &[FunctionArg],
        range: Range<usize>,
    ) -> Result<Expression, NotUnderstood> {
        let mut found = Found::new(self, range.clone());
        if let Some(name) = name {
            let call = self.call(name, args.len(), None)?;
            found.calls.push(call);
        }
        for arg in args {
            let FunctionArg::Unnamed(arg) = arg else {
                return Err(not_understood("an argument of a table function"));
            };
            match arg {
                FunctionArgExpr::Expr(expr) => found.expr(expr)?,
                FunctionArgExpr::QualifiedWildcard(name) => {
                    found.stars.push(Some(self.object_name(name)?));
                }
                _ => found.stars.push(None),
            }
        }
        Ok(found.finish(range, Shape::Other))
    }

    /// Expressions that stand in `range`, separated by commas.
    pub(super) fn expressions(
        &self,
        exprs: &[Expr],
        range: Range<usize>,
    ) -> Result<Vec<Expression>, NotUnderstood> {
        let entries = self.text.list(range);
        if entries.len() != exprs.len() {
            return Err(not_understood("the text of a list"));
        }
        exprs
            .iter()
            .zip(entries)
            .map(|(expr, entry)| self.expression(expr, entry))
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
            match self.text.keyword(index) {
                Keyword::BETWEEN => betweens += 1,
                Keyword::AND if betweens > 0 => betweens -= 1,
                Keyword::AND => separators.push(index),
                _ => {}
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
            first_word(query).ok_or_else(|| not_understood("a nested query without SELECT"))?;
        let marked = start.checked_sub(1).is_some_and(|before| {
            self.text.get(before).map(|word| word.class) == Some(Class::Symbol("{"))
        });
        let range = start
            .checked_sub(1 + usize::from(marked))
            .and_then(|open| self.text.inside(open))
            .ok_or_else(|| not_understood("a nested query without brackets"))?;
        self.query(query, start..range.end)
    }

    /// The word that an identifier of the tree is.
    pub(super) fn word(ident: &Ident) -> Option<usize> {
        word_number(ident.span.start)
    }

    pub(super) fn identifier(&self, ident: &Ident) -> Result<Identifier, NotUnderstood> {
        let word = Self::word(ident).ok_or_else(|| not_understood("the place of a name"))?;
        Ok(self.text.identifier(word))
    }

    /// A name of these identifiers.
    fn name<'i>(&self, idents: impl IntoIterator<Item = &'i Ident>) -> Result<Name, NotUnderstood> {
        let words: Option<Vec<usize>> = idents.into_iter().map(Self::word).collect();
        words
            .and_then(|words| self.text.name(words))
            .ok_or_else(|| not_understood("the place of a name"))
    }

    pub(super) fn object_name(&self, name: &ObjectName) -> Result<Name, NotUnderstood> {
        let idents: Option<Vec<&Ident>> =
            name.0.iter().map(ast::ObjectNamePart::as_ident).collect();
        self.name(idents.ok_or_else(|| not_understood("a computed name"))?)
    }

    fn call(
        &self,
        name: &ObjectName,
        arguments: usize,
        window: Option<Window>,
    ) -> Result<Call, NotUnderstood> {
        let name = self.object_name(name)?;
        Ok(Call {
            name: name.key(),
            span: name.span,
            arguments: u32::try_from(arguments).unwrap_or(u32::MAX),
            window,
        })
    }
}

/// Number of the first word of a query, brackets of its own body included.
fn first_word(query: &ast::Query) -> Option<usize> {
    if let Some(with) = &query.with {
        return word_number(with.with_token.0.span.start);
    }
    let mut body = query.body.as_ref();
    let mut brackets = 0;
    loop {
        match body {
            SetExpr::Select(select) => {
                return word_number(select.select_token.0.span.start)?.checked_sub(brackets);
            }
            SetExpr::SetOperation { left, .. } => body = left,
            SetExpr::Query(inner) => {
                brackets += 1;
                if inner.with.is_some() {
                    return first_word(inner)?.checked_sub(brackets);
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

/// Columns, calls and nested queries of one expression.
struct Found<'l, 'a> {
    lowering: &'l Lowering<'a>,
    /// Where the expression stands: what it names stands there, too.
    range: Range<usize>,
    columns: Vec<ColumnReference>,
    stars: Vec<Option<Name>>,
    calls: Vec<Call>,
    queries: Vec<Query>,
    /// Parameters of the lambdas around the place at hand, lower-case.
    parameters: Vec<String>,
}

impl<'l, 'a> Found<'l, 'a> {
    fn new(lowering: &'l Lowering<'a>, range: Range<usize>) -> Self {
        Found {
            lowering,
            range,
            columns: Vec::new(),
            stars: Vec::new(),
            calls: Vec::new(),
            queries: Vec::new(),
            parameters: Vec::new(),
        }
    }

    fn finish(self, range: Range<usize>, shape: Shape) -> Expression {
        Expression {
            span: self.lowering.text.span(range),
            columns: self.columns,
            stars: self.stars,
            calls: self.calls,
            queries: self.queries,
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
    fn expr(&mut self, expr: &Expr) -> Result<(), NotUnderstood> {
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
            Expr::Subquery(query) => self.query(query),
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

    fn function(&mut self, function: &ast::Function) -> Result<(), NotUnderstood> {
        let FunctionArguments::List(list) = &function.args else {
            return Err(not_understood("the arguments of a function"));
        };
        let window = function
            .over
            .as_ref()
            .map(|over| self.window(over))
            .transpose()?;
        let call = self
            .lowering
            .call(&function.name, list.args.len(), window)?;
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
            });
        };
        let exprs = spec
            .partition_by
            .iter()
            .chain(spec.order_by.iter().map(|order| &order.expr));
        let mut keys = Some(Vec::new());
        for expr in exprs {
            let reference = match expr {
                Expr::Identifier(ident) => self.reference(std::slice::from_ref(ident))?,
                Expr::CompoundIdentifier(idents) => self.reference(idents)?,
                _ => None,
            };
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
        Ok(Window { keys, rows })
    }
}

impl Lowering<'_> {
    /// What planning can reason about.
    fn shape(&self, expr: &Expr, columns: &[ColumnReference]) -> Shape {
        let other = Shape::Other;
        if let Expr::Nested(inner) = expr {
            return self.shape(inner, columns);
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
        let Some((operator, literals)) = self.test(expr) else {
            return other;
        };
        if columns.len() == 1 {
            Shape::Test { operator, literals }
        } else {
            other
        }
    }

    /// A test of a column against literals; the column is checked to be the only one by [`shape`].
    fn test(&self, expr: &Expr) -> Option<(TestOperator, Vec<LiteralKind>)> {
        let literals = |exprs: &[&Expr]| {
            exprs
                .iter()
                .map(|expr| self.literal(expr))
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

    fn literal(&self, expr: &Expr) -> Option<LiteralKind> {
        match expr {
            Expr::Value(value) => {
                let word = word_number(value.span.start)?;
                match self.text.get(word) {
                    Some(Word {
                        class: Class::Literal(kind),
                        ..
                    }) => *kind,
                    _ => None,
                }
            }
            Expr::UnaryOp {
                op: ast::UnaryOperator::Minus,
                expr,
            } => self
                .literal(expr)
                .filter(|kind| *kind == LiteralKind::Number),
            _ => None,
        }
    }
}

fn is_column(expr: &Expr) -> bool {
    matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_))
}
