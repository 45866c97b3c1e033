//! Definitions of functions and classes, and functions that go to code which may call them.

use std::collections::BTreeMap;
use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_text_size::{Ranged, TextRange};

use super::super::modules::{self, Effect};
use super::super::state::Scope;
use super::super::value::{Code, Function, Lazy, Value};
use super::super::walk::Walker;
use super::parameter_names;

impl<'a> Walker<'a> {
    /// `def`
    pub(in super::super) fn define(&mut self, definition: &'a ast::StmtFunctionDef) {
        let function = self.function(
            Code::Defined(definition),
            Some(&definition.parameters),
            definition.range(),
        );
        let mut value = Value::Function(function);
        for decorator in definition.decorator_list.iter().rev() {
            let applied = self.evaluate(&decorator.expression);
            self.escape(&value, decorator.range());
            value = match applied {
                Value::Column => self.decorated(&value, true),
                Value::Module(path) if modules::effect(&path) == Effect::Column => {
                    self.decorated(&value, true)
                }
                Value::Module(path)
                    if modules::effect(&path) == Effect::None || path.starts_with("builtins.") =>
                {
                    self.decorated(&value, false)
                }
                Value::Plain => self.decorated(&value, false),
                _ => self.unseen(decorator.range(), "a decorator that is not known"),
            };
        }
        if self.state.scopes.is_empty() && self.is_late(&definition.name) {
            self.unseen(
                definition.name.range(),
                format!(
                    "`{}` is bound again, which code uses that may run later",
                    definition.name
                ),
            );
        }
        self.bind(&definition.name, value);
    }

    /// What a harmless decorator makes of a function.
    ///
    /// Only a function for columns gives nothing but columns when it is called.
    fn decorated(&self, value: &Value<'a>, columns: bool) -> Value<'a> {
        let effects = match value {
            Value::Function(function) => self.escaped.get(&function.place).copied().unwrap_or(true),
            Value::Column | Value::Plain => false,
            _ => true,
        };
        if effects || !columns {
            Value::Unknown
        } else {
            Value::Column
        }
    }

    pub(in super::super) fn function(
        &mut self,
        code: Code<'a>,
        parameters: Option<&'a ast::Parameters>,
        range: TextRange,
    ) -> Function<'a> {
        let parameters = parameters
            .into_iter()
            .flat_map(ast::Parameters::iter_non_variadic_params);
        let defaults: Vec<_> = parameters
            .filter_map(|parameter| parameter.default.as_deref())
            .map(|default| self.evaluate(default))
            .collect();
        // What the function around it binds later may be anything.
        let around = self.state.scopes.iter().filter(|scope| !scope.class);
        let captured = around.flat_map(|scope| &scope.locals);
        let captured: Vec<_> = captured
            .map(|(name, value)| {
                let fixed = value.is_fixed() && !matches!(value, Value::Constants(_));
                let value = if fixed {
                    value.clone()
                } else {
                    Value::Any(Lazy::everything())
                };
                (name.clone(), value)
            })
            .collect();
        Function {
            code,
            place: (self.file, range.start().to_u32()),
            captured: Rc::new(captured),
            defaults: Rc::new(defaults),
        }
    }

    /// A class: its code may run at any time from now on, with anything.
    pub(in super::super) fn class(&mut self, class: &'a ast::StmtClassDef) {
        let before = self.effects();
        for decorator in &class.decorator_list {
            let value = self.evaluate(&decorator.expression);
            if !value.is_plain() {
                self.unseen(decorator.range(), "a decorator that is not known");
            }
        }
        if let Some(arguments) = &class.arguments {
            for base in &arguments.args {
                let value = self.evaluate(base);
                if !value.is_plain() && !matches!(value, Value::Class { .. }) {
                    self.unseen(base.range(), "a class whose base is not known");
                }
            }
        }
        // Known before its methods are followed, as they may use it.
        let bound = Value::Class { effects: false };
        self.bind(&class.name, bound);
        let deferred = self.state.scopes.last().is_some_and(|scope| scope.deferred);
        let scope = Scope {
            transparent: true,
            class: true,
            deferred,
            ..Scope::default()
        };
        self.state.scopes.push(scope);
        self.body(&class.body);
        let scope = self.state.scopes.pop().unwrap_or_default();
        for value in scope.locals.into_values() {
            self.escape(&value, class.range());
        }
        let effects = self.effects() > before;
        self.bind(&class.name, Value::Class { effects });
    }

    /// A function goes to code that may call it now or later, with anything. Gives whether it has effects.
    pub(in super::super) fn escape(&mut self, value: &Value<'a>, range: TextRange) -> bool {
        match value {
            Value::Function(function) => self.escaping(function, range),
            Value::List(_, items) => {
                let mut effects = false;
                for item in items.iter() {
                    effects |= self.escape(item, range);
                }
                effects
            }
            Value::Dict(_, items) => {
                let mut effects = false;
                for (_, item) in items.iter() {
                    effects |= self.escape(item, range);
                }
                effects
            }
            Value::Class { effects } => *effects,
            _ => false,
        }
    }

    fn escaping(&mut self, function: &Function<'a>, range: TextRange) -> bool {
        if let Some(effects) = self.escaped.get(&function.place) {
            return *effects;
        }
        if function.place.0 != self.file {
            self.unseen(
                range,
                "a function of an earlier file goes to code that may call it at any time",
            );
            return true;
        }
        self.escaped.insert(function.place, false);
        let parameters = match function.code {
            Code::Defined(definition) => Some(&*definition.parameters),
            Code::Lambda(lambda) => lambda.parameters.as_deref(),
        };
        let any = || Value::Any(Lazy::everything());
        let locals: BTreeMap<_, _> = parameter_names(parameters)
            .map(|name| (name.to_owned(), any()))
            .collect();
        let before = self.effects();
        let state = self.state.clone();
        self.depth += 1;
        self.uncertainly(|walker| {
            // Twice: what it binds outside of itself is there when it runs again.
            walker.follow(function, locals.clone(), true);
            if walker.state.dead {
                walker.state = state.clone();
            }
            walker.follow(function, locals, true);
        });
        self.depth -= 1;
        let after = std::mem::take(&mut self.state);
        self.state = state.or(after);
        let effects = self.effects() > before;
        self.escaped.insert(function.place, effects);
        effects
    }
}
