//! What planning can reason about in an expression.

use sqlparser::ast::{self, BinaryOperator, Expr};

use crate::frontend::sql::dialect::word_number;
use crate::frontend::sql::query::Lowering;
use crate::frontend::sql::words::{Class, Word};
use crate::frontend::statement::{ColumnReference, LiteralKind, Shape, TestOperator};

impl Lowering<'_> {
    /// What planning can reason about.
    pub(super) fn shape(&self, expr: &Expr, columns: &[ColumnReference]) -> Shape {
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

    /// A test of a column against literals; the column is checked to be the only one by the caller.
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
