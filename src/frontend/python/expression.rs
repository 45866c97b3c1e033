//! What expressions give.

mod literal;
mod part;

use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_text_size::{Ranged, TextRange};

use super::text;
use super::value::{Code, Constant, Lazy, Place, Value};
use super::walk::Walker;

/// Nesting of expressions and calls that is followed.
const MOST_DEPTH: u32 = 200;

impl<'a> Walker<'a> {
    pub(super) fn evaluate(&mut self, expression: &'a ast::Expr) -> Value<'a> {
        if self.depth >= MOST_DEPTH {
            return self.unseen(expression.range(), "too deep to follow");
        }
        self.depth += 1;
        let value = self.expression(expression);
        self.depth -= 1;
        value
    }

    fn place(&self, range: TextRange) -> Place {
        (self.file, range.start().to_u32())
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind of expression")]
    fn expression(&mut self, expression: &'a ast::Expr) -> Value<'a> {
        match expression {
            ast::Expr::StringLiteral(literal) => {
                let text: Rc<str> = literal.value.to_str().into();
                let part = literal.value.iter().next();
                let place = part
                    .filter(|_| !literal.value.is_implicit_concatenated())
                    .and_then(|part| {
                        let content = part.content_range();
                        // Escapes make the text another one than what stands in the file.
                        (content.len().to_usize() == text.len() && !text.contains('\r'))
                            .then_some((self.file, content.start().to_u32()))
                    });
                Value::Constants(vec![Constant::Text(text, place)])
            }
            ast::Expr::NumberLiteral(literal) => match &literal.value {
                ast::Number::Int(number) => match number.as_i64() {
                    Some(number) => Value::Constants(vec![Constant::Number(number)]),
                    None => Value::Plain,
                },
                _ => Value::Plain,
            },
            ast::Expr::BooleanLiteral(literal) => {
                Value::Constants(vec![Constant::Truth(literal.value)])
            }
            ast::Expr::NoneLiteral(_) => Value::Constants(vec![Constant::Nothing]),
            ast::Expr::BytesLiteral(_) | ast::Expr::EllipsisLiteral(_) => Value::Plain,
            ast::Expr::FString(literal) => self.f_string(literal),
            ast::Expr::TString(literal) => self.unseen(literal.range(), "a template string"),
            ast::Expr::Name(name) => self.name(&name.id, name.range()),
            ast::Expr::List(ast::ExprList { elts, .. })
            | ast::Expr::Tuple(ast::ExprTuple { elts, .. })
            | ast::Expr::Set(ast::ExprSet { elts, .. }) => self.list(elts, expression.range()),
            ast::Expr::Dict(dict) => self.dict(dict),
            ast::Expr::Attribute(attribute) => {
                let base = self.evaluate(&attribute.value);
                self.attribute(&base, &attribute.attr, attribute.range())
            }
            ast::Expr::Subscript(subscript) => self.subscript(subscript),
            ast::Expr::Call(call) => self.call(call),
            ast::Expr::BinOp(operation) => {
                let left = self.evaluate(&operation.left);
                let right = self.evaluate(&operation.right);
                self.operation(operation.op, left, right)
            }
            ast::Expr::UnaryOp(operation) => {
                let value = self.evaluate(&operation.operand);
                match value {
                    Value::Column => Value::Column,
                    value if value.is_plain() => Value::Plain,
                    value => Value::Any(value.lazy()),
                }
            }
            ast::Expr::BoolOp(operation) => {
                let mut values = operation.values.iter();
                let first = values
                    .next()
                    .map_or(Value::Plain, |value| self.evaluate(value));
                values.fold(first, |value, next| {
                    let next = self.uncertainly(|walker| walker.evaluate(next));
                    value.or(next)
                })
            }
            ast::Expr::Compare(compare) => {
                let mut column = self.evaluate(&compare.left) == Value::Column;
                for value in &compare.comparators {
                    column |= self.evaluate(value) == Value::Column;
                }
                if column { Value::Column } else { Value::Plain }
            }
            ast::Expr::If(choice) => {
                self.evaluate(&choice.test);
                let then = self.uncertainly(|walker| walker.evaluate(&choice.body));
                let other = self.uncertainly(|walker| walker.evaluate(&choice.orelse));
                then.or(other)
            }
            ast::Expr::Named(named) => {
                let value = self.evaluate(&named.value);
                if self.state.scopes.iter().any(|scope| scope.transparent) {
                    // Binds a name of the scope around a comprehension.
                    self.unseen(named.range(), "a name that a comprehension binds");
                }
                self.assign(&named.target, value.clone());
                value
            }
            ast::Expr::Lambda(lambda) => {
                let function = self.function(
                    Code::Lambda(lambda),
                    lambda.parameters.as_deref(),
                    lambda.range(),
                );
                Value::Function(function)
            }
            ast::Expr::ListComp(of) => self.comprehension(&of.generators, &[&of.elt], of.range()),
            ast::Expr::SetComp(of) => self.comprehension(&of.generators, &[&of.elt], of.range()),
            ast::Expr::DictComp(of) => {
                let mut parts: Vec<&ast::Expr> = of.key.iter().map(|key| &**key).collect();
                parts.push(&of.value);
                let value = self.comprehension(&of.generators, &parts, of.range());
                if value.is_plain() {
                    Value::Plain
                } else {
                    Value::Any(value.lazy())
                }
            }
            ast::Expr::Generator(of) => {
                let before = self.effects();
                let value = self.comprehension(&of.generators, &[&of.elt], of.range());
                // Runs when it is used, perhaps in a later file; what is seen here may not be what it meets then.
                if self.effects() > before {
                    Value::Unknown
                } else {
                    value
                }
            }
            ast::Expr::Starred(starred) => self.evaluate(&starred.value),
            ast::Expr::Slice(slice) => {
                for part in [&slice.lower, &slice.upper, &slice.step]
                    .into_iter()
                    .flatten()
                {
                    self.evaluate(part);
                }
                Value::Plain
            }
            ast::Expr::Await(of) => {
                self.evaluate(&of.value);
                self.unseen(of.range(), "code that waits")
            }
            ast::Expr::Yield(of) => {
                if let Some(value) = &of.value {
                    let value = self.evaluate(value);
                    self.escape(&value, of.range());
                }
                Value::Any(Lazy::everything())
            }
            ast::Expr::YieldFrom(of) => {
                self.evaluate(&of.value);
                Value::Any(Lazy::everything())
            }
            ast::Expr::IpyEscapeCommand(of) => self.unseen(of.range(), "a command of a notebook"),
        }
    }

    /// A binary operation.
    pub(super) fn operation(
        &mut self,
        operator: ast::Operator,
        left: Value<'a>,
        right: Value<'a>,
    ) -> Value<'a> {
        if left == Value::Column || right == Value::Column {
            return Value::Column;
        }
        match (operator, &left, &right) {
            (ast::Operator::Add, Value::Constants(a), Value::Constants(b))
                if a.iter()
                    .chain(b)
                    .all(|constant| matches!(constant, Constant::Text(..))) =>
            {
                text::joined(&[left, right])
            }
            (ast::Operator::Add, Value::List(place, _), Value::List(..)) => {
                match (self.items(&left), self.items(&right)) {
                    (Some(mut items), Some(more)) => {
                        items.extend(more);
                        Value::List(*place, Rc::new(items))
                    }
                    _ => Value::Any(Lazy::everything()),
                }
            }
            (ast::Operator::Mod, Value::Constants(_), _) => {
                match (left.one_text(), self.items(&right)) {
                    (Some(template), Some(values)) if matches!(right, Value::List(..)) => {
                        text::percent(&template, &values)
                    }
                    (Some(template), None) => text::percent(&template, &[right]),
                    _ => Value::Plain,
                }
            }
            _ if left.is_plain() && right.is_plain() => Value::Plain,
            _ => {
                let mut lazy = left.lazy();
                lazy.add(&right.lazy());
                Value::Any(lazy)
            }
        }
    }
}
