//! Names and their values while a file is followed.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_python_ast::visitor::{self, Visitor};

use super::value::{Lazy, Value};

/// What all names mean at one place of the program.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct State<'a> {
    /// Names of the shared namespace.
    pub globals: BTreeMap<String, Binding<'a>>,
    /// Names of the functions that are being called, the innermost last.
    pub scopes: Vec<Scope<'a>>,
    /// The place is not reached.
    pub dead: bool,
}

/// A name of the shared namespace.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Binding<'a> {
    /// What it means.
    pub value: Value<'a>,
    /// It may have been bound by an earlier file.
    pub earlier: bool,
}

/// Names of one call, comprehension or class.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Scope<'a> {
    /// Names with their values.
    pub locals: BTreeMap<String, Value<'a>>,
    /// Names that are said to be global.
    pub globals: BTreeSet<String>,
    /// What it sees of the function around it.
    pub captured: Rc<Vec<(String, Value<'a>)>>,
    /// The names of the scope around it are seen as well.
    pub transparent: bool,
    /// It is the body of a class: its methods do not see its names.
    pub class: bool,
    /// When it runs is not known.
    pub deferred: bool,
}

impl<'a> State<'a> {
    /// One of two states.
    pub(super) fn or(mut self, other: State<'a>) -> State<'a> {
        if self.dead {
            return other;
        }
        if other.dead || self == other {
            return self;
        }
        for (name, binding) in other.globals {
            match self.globals.remove(&name) {
                Some(own) => {
                    let joined = Binding {
                        earlier: own.earlier || binding.earlier,
                        value: own.value.or(binding.value),
                    };
                    self.globals.insert(name, joined);
                }
                None => {
                    self.globals.insert(name, binding);
                }
            }
        }
        for (own, other) in self.scopes.iter_mut().zip(other.scopes) {
            for (name, value) in other.locals {
                let joined = match own.locals.remove(&name) {
                    Some(own) => own.or(value),
                    None => value,
                };
                own.locals.insert(name, joined);
            }
        }
        self
    }

    /// Forgets what a name means where it is bound.
    pub(super) fn forget(&mut self, name: &str) {
        for scope in &mut self.scopes {
            if let Some(value) = scope.locals.get_mut(name) {
                *value = Value::Any(Lazy::everything());
            }
        }
        if let Some(binding) = self.globals.get_mut(name) {
            binding.value = Value::Any(Lazy::everything());
        }
    }
}

/// What a piece of code binds and does, without following it.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// How often each name is bound; names that are said to be global in a function count twice.
    pub stores: BTreeMap<String, u32>,
    /// Names that a function says are global or of the function around it.
    pub outer: BTreeSet<String>,
    /// Leaves before its end: `return`, `break`, `continue`.
    pub jumps: bool,
    /// Is a generator.
    pub yields: bool,
}

impl Names {
    /// Of statements.
    pub(super) fn of(body: &[ast::Stmt]) -> Names {
        let mut names = Names::default();
        for statement in body {
            names.visit_stmt(statement);
        }
        names
    }

    fn store(&mut self, name: &str) {
        *self.stores.entry(name.to_owned()).or_default() += 1;
    }
}

impl<'a> Visitor<'a> for Names {
    fn visit_stmt(&mut self, statement: &'a ast::Stmt) {
        match statement {
            ast::Stmt::FunctionDef(function) => {
                self.store(&function.name);
                // Its own names and jumps are no business of the code around it; what it declares global is.
                let inner = Names::of(&function.body);
                for name in inner.outer {
                    self.outer.insert(name.clone());
                    self.stores
                        .entry(name)
                        .and_modify(|count| *count += 2)
                        .or_insert(2);
                }
                return;
            }
            ast::Stmt::ClassDef(class) => {
                self.store(&class.name);
                let inner = Names::of(&class.body);
                for name in inner.outer {
                    self.outer.insert(name.clone());
                    self.stores
                        .entry(name)
                        .and_modify(|count| *count += 2)
                        .or_insert(2);
                }
                return;
            }
            ast::Stmt::Import(import) => {
                for alias in &import.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name);
                    self.store(name.split('.').next().unwrap_or_default());
                }
            }
            ast::Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    self.store(alias.asname.as_ref().unwrap_or(&alias.name));
                }
            }
            ast::Stmt::Global(global) => {
                self.outer
                    .extend(global.names.iter().map(ToString::to_string));
            }
            ast::Stmt::Nonlocal(nonlocal) => {
                self.outer
                    .extend(nonlocal.names.iter().map(ToString::to_string));
            }
            ast::Stmt::Return(_) | ast::Stmt::Break(_) | ast::Stmt::Continue(_) => {
                self.jumps = true;
            }
            // What a loop binds is bound again and again.
            ast::Stmt::For(_) | ast::Stmt::While(_) => visitor::walk_stmt(self, statement),
            _ => {}
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a ast::Expr) {
        match expression {
            ast::Expr::Name(name) if name.ctx != ast::ExprContext::Load => self.store(&name.id),
            ast::Expr::Yield(_) | ast::Expr::YieldFrom(_) | ast::Expr::Await(_) => {
                self.yields = true;
            }
            ast::Expr::Lambda(_) => return,
            _ => {}
        }
        visitor::walk_expr(self, expression);
    }

    fn visit_except_handler(&mut self, handler: &'a ast::ExceptHandler) {
        let ast::ExceptHandler::ExceptHandler(inner) = handler;
        if let Some(name) = &inner.name {
            self.store(name);
        }
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a ast::Pattern) {
        let bound = match pattern {
            ast::Pattern::MatchAs(as_) => as_.name.as_ref(),
            ast::Pattern::MatchStar(star) => star.name.as_ref(),
            ast::Pattern::MatchMapping(mapping) => mapping.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = bound {
            self.store(name);
        }
        visitor::walk_pattern(self, pattern);
    }
}
