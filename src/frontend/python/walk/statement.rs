//! What one statement does.

use ruff_python_ast as ast;
use ruff_text_size::Ranged;

use super::super::value::{Constant, Value};
use super::{Walker, add};

impl<'a> Walker<'a> {
    pub(in super::super) fn body(&mut self, body: &'a [ast::Stmt]) {
        for statement in body {
            if self.state.dead || !self.spend(statement.range()) {
                return;
            }
            self.statement(statement);
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind of statement")]
    fn statement(&mut self, statement: &'a ast::Stmt) {
        match statement {
            ast::Stmt::Expr(statement) => {
                self.evaluate(&statement.value);
            }
            ast::Stmt::Assign(statement) => {
                let value = self.evaluate(&statement.value);
                for target in &statement.targets {
                    self.assign(target, value.clone());
                }
            }
            ast::Stmt::AnnAssign(statement) => {
                if let Some(value) = &statement.value {
                    let value = self.evaluate(value);
                    self.assign(&statement.target, value);
                }
            }
            ast::Stmt::AugAssign(statement) => self.augment(statement),
            ast::Stmt::FunctionDef(function) => self.define(function),
            ast::Stmt::ClassDef(class) => self.class(class),
            ast::Stmt::Import(import) => self.import(import),
            ast::Stmt::ImportFrom(import) => self.import_from(import),
            ast::Stmt::If(statement) => self.condition(statement),
            ast::Stmt::For(statement) => self.each(statement),
            ast::Stmt::While(statement) => {
                self.evaluate(&statement.test);
                self.rounds(&statement.body, |walker| {
                    walker.evaluate(&statement.test);
                });
                self.perhaps(&statement.orelse);
            }
            ast::Stmt::With(statement) => {
                for item in &statement.items {
                    let value = self.evaluate(&item.context_expr);
                    if let Some(target) = &item.optional_vars {
                        let value = if value.is_plain() {
                            value
                        } else {
                            Value::Any(value.lazy())
                        };
                        self.assign(target, value);
                    }
                }
                self.body(&statement.body);
            }
            ast::Stmt::Try(statement) => self.attempt(statement),
            ast::Stmt::Match(statement) => self.cases(statement),
            ast::Stmt::Return(statement) => {
                let value = match &statement.value {
                    Some(value) => self.evaluate(value),
                    None => Value::Constants(vec![Constant::Nothing]),
                };
                let state = self.state.clone();
                if let Some(returned) = self.returns.last_mut() {
                    returned.value = Some(match returned.value.take() {
                        Some(other) => other.or(value),
                        None => value,
                    });
                    add(&mut returned.state, state);
                }
                self.state.dead = true;
            }
            ast::Stmt::Raise(statement) => {
                for value in [&statement.exc, &statement.cause].into_iter().flatten() {
                    self.evaluate(value);
                }
                self.state.dead = true;
            }
            ast::Stmt::Break(_) => {
                let state = self.state.clone();
                if let Some(left) = self.loops.last_mut() {
                    add(&mut left.breaks, state);
                }
                self.state.dead = true;
            }
            ast::Stmt::Continue(_) => {
                let state = self.state.clone();
                if let Some(left) = self.loops.last_mut() {
                    add(&mut left.continues, state);
                }
                self.state.dead = true;
            }
            ast::Stmt::Delete(statement) => {
                for target in &statement.targets {
                    self.assign(target, Value::Unknown);
                }
            }
            ast::Stmt::Assert(statement) => {
                self.evaluate(&statement.test);
                if let Some(message) = &statement.msg {
                    self.evaluate(message);
                }
            }
            ast::Stmt::Global(statement) => {
                if let Some(scope) = self.state.scopes.last_mut() {
                    scope
                        .globals
                        .extend(statement.names.iter().map(ToString::to_string));
                }
            }
            ast::Stmt::Nonlocal(statement) => {
                self.unseen(
                    statement.range(),
                    "names of the function around it are changed",
                );
            }
            ast::Stmt::TypeAlias(statement) => self.assign(&statement.name, Value::Plain),
            ast::Stmt::Pass(_) => {}
            ast::Stmt::IpyEscapeCommand(statement) => {
                self.unseen(statement.range(), "a command of a notebook");
            }
        }
    }
}
