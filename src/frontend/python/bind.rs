//! Statements that bind names: assignments, definitions, imports.

use std::collections::BTreeMap;
use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_text_size::{Ranged, TextRange};

use super::modules::{self, Effect};
use super::state::Scope;
use super::value::{Code, Constant, Function, Lazy, Value};
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

    /// `def`
    pub(super) fn define(&mut self, definition: &'a ast::StmtFunctionDef) {
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

    pub(super) fn function(
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
    pub(super) fn class(&mut self, class: &'a ast::StmtClassDef) {
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
    pub(super) fn escape(&mut self, value: &Value<'a>, range: TextRange) -> bool {
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

    pub(super) fn import(&mut self, import: &'a ast::StmtImport) {
        for alias in &import.names {
            let path = alias.name.as_str();
            let known = modules::is_known(path);
            if !known {
                self.unknown_module(path, alias.range());
            }
            let (name, path) = if let Some(name) = &alias.asname {
                (name.as_str(), path)
            } else {
                let first = path.split('.').next().unwrap_or(path);
                (first, first)
            };
            let value = if known {
                Value::Module(path.into())
            } else {
                Value::Unknown
            };
            self.bind(name, value);
            self.step.names.unknown |= modules::has_state(path);
        }
    }

    pub(super) fn import_from(&mut self, import: &'a ast::StmtImportFrom) {
        let module = import.module.as_ref().map_or("", |module| module.as_str());
        if import.level > 0 {
            self.unknown_module(
                &format!("{}{module}", ".".repeat(import.level as usize)),
                import.range(),
            );
        }
        for alias in &import.names {
            let part = alias.name.as_str();
            if part == "*" {
                self.step.names.unknown = true;
                if matches!(modules::effect(module), Effect::Column) {
                    self.stars.push(module.into());
                } else {
                    self.unseen(import.range(), format!("any name may come from `{module}`"));
                    self.lose_names();
                }
                continue;
            }
            let path = format!("{module}.{part}");
            let known =
                import.level == 0 && (modules::is_known(&path) || modules::is_known(module));
            if !known && import.level == 0 {
                self.unknown_module(module, import.range());
            }
            let name = alias.asname.as_ref().unwrap_or(&alias.name);
            let value = if !known {
                Value::Unknown
            } else if module == "__future__" {
                Value::Plain
            } else {
                Value::Module(path.as_str().into())
            };
            self.bind(name, value);
            self.step.names.unknown |= modules::has_state(&path);
        }
    }

    fn unknown_module(&mut self, path: &str, range: TextRange) {
        self.unseen(range, format!("what the module `{path}` does is not known"));
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
