//! Statements that bind names: assignments, definitions, imports.

mod define;
mod import;

use ruff_python_ast as ast;
use ruff_text_size::{Ranged, TextRange};

use super::value::{Constant, Lazy, Value};
use super::walk::Walker;

impl<'a> Walker<'a> {
    /// Gives a value to a target; removes what it names where the value is not known.
    pub(super) fn assign(&mut self, target: &'a ast::Expr, value: Value<'a>) {
        match target {
            ast::Expr::Name(name) => {
                let global = self
                    .state
                    .scopes
                    .last()
                    .is_none_or(|scope| scope.globals.contains(name.id.as_str()));
                if global && self.is_late(&name.id) && !matches!(value, Value::Module(_)) {
                    self.unseen(
                        name.range(),
                        format!(
                            "`{}` is bound again, which code uses that may run later",
                            name.id
                        ),
                    );
                }
                if global && name.id == "spark" && value != Value::Session {
                    self.unseen(name.range(), "`spark` is bound again");
                }
                self.bind(&name.id, value);
            }
            ast::Expr::Tuple(ast::ExprTuple { elts, .. })
            | ast::Expr::List(ast::ExprList { elts, .. }) => {
                let items = self.items(&value).filter(|items| {
                    items.len() == elts.len() && !elts.iter().any(ast::Expr::is_starred_expr)
                });
                let item = self.item(&value);
                for (position, target) in elts.iter().enumerate() {
                    let part = items
                        .as_ref()
                        .and_then(|items| items.get(position))
                        .unwrap_or(&item);
                    self.assign(target, part.clone());
                }
            }
            ast::Expr::Starred(starred) => {
                let value = if value.is_plain() {
                    Value::Plain
                } else {
                    Value::Any(value.lazy())
                };
                self.assign(&starred.value, value);
            }
            ast::Expr::Subscript(subscript) => {
                let base = self.evaluate(&subscript.value);
                self.evaluate(&subscript.slice);
                self.change(&base, &value, target.range());
            }
            ast::Expr::Attribute(attribute) => {
                let base = self.evaluate(&attribute.value);
                self.leaked |= !value.is_plain();
                self.escape(&value, target.range());
                match base {
                    // Every part of an object of the pipeline is taken for anything.
                    Value::Class { .. } | Value::Any(_) => {}
                    Value::Module(_) if value.is_plain() => {
                        self.step.names.unknown = true;
                        self.unseen(target.range(), "a module is changed");
                    }
                    Value::Plain | Value::Column if value.is_plain() => {}
                    // `self` of a function whose object is not known.
                    _ => {
                        self.unseen(target.range(), "a part of an object is changed");
                    }
                }
            }
            _ => {
                self.unseen(target.range(), "an assignment that is not followed");
            }
        }
    }

    /// A value may now lie in another one.
    pub(super) fn change(&mut self, container: &Value<'a>, value: &Value<'a>, range: TextRange) {
        match container {
            Value::List(place, _) | Value::Dict(place, _) => {
                self.changed.insert(*place);
            }
            Value::Module(path) if &**path == "os.environ" => self.step.names.unknown = true,
            Value::Variables | Value::Module(_) | Value::Session | Value::Unknown => {
                self.unseen(range, "a change of something that is not followed");
            }
            _ => {}
        }
        if !value.is_plain() {
            self.leaked = true;
        }
        self.escape(value, range);
    }

    pub(super) fn augment(&mut self, statement: &'a ast::StmtAugAssign) {
        let before = self.evaluate(&statement.target);
        let value = self.evaluate(&statement.value);
        if let Value::List(place, _) | Value::Dict(place, _) = &before {
            self.changed.insert(*place);
        }
        if !value.is_plain() && !matches!(before, Value::Any(_) | Value::Unknown | Value::Frame(_))
        {
            self.leaked = true;
        }
        let result = self.operation(statement.op, before, value);
        if !matches!(
            *statement.target,
            ast::Expr::Subscript(_) | ast::Expr::Attribute(_)
        ) {
            self.assign(&statement.target, result);
        }
    }

    /// The items of a list, in order, where they are known.
    pub(super) fn items(&self, value: &Value<'a>) -> Option<Vec<Value<'a>>> {
        match value {
            Value::List(place, items) if !self.changed.contains(place) => Some(items.to_vec()),
            Value::Dict(place, items) if !self.changed.contains(place) => {
                Some(items.iter().map(|(key, _)| key.clone()).collect())
            }
            _ => None,
        }
    }

    /// Any item of a value.
    pub(super) fn item(&self, value: &Value<'a>) -> Value<'a> {
        match value {
            Value::List(..) | Value::Dict(..) => match self.items(value) {
                Some(items) => {
                    let mut items = items.into_iter();
                    let first = items.next().unwrap_or(Value::Plain);
                    items.fold(first, Value::or)
                }
                None => Value::Any(Lazy::everything()),
            },
            Value::Constants(constants)
                if constants
                    .iter()
                    .all(|constant| matches!(constant, Constant::Text(..))) =>
            {
                Value::Plain
            }
            Value::Column => Value::Column,
            Value::Unknown => Value::Unknown,
            value if value.is_plain() && !self.leaked => Value::Plain,
            value if value.is_plain() => Value::Any(Lazy::everything()),
            value => Value::Any(value.lazy()),
        }
    }
}

/// Names of all parameters.
pub(super) fn parameter_names(parameters: Option<&ast::Parameters>) -> impl Iterator<Item = &str> {
    parameters.into_iter().flat_map(|parameters| {
        parameters
            .iter_non_variadic_params()
            .map(|parameter| parameter.parameter.name.as_str())
            .chain(
                parameters
                    .vararg
                    .iter()
                    .map(|parameter| parameter.name.as_str()),
            )
            .chain(
                parameters
                    .kwarg
                    .iter()
                    .map(|parameter| parameter.name.as_str()),
            )
    })
}
