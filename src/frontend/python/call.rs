//! Calls: of functions of the pipeline, of modules, and of methods by what their object is.

mod builtin;
mod method;
mod module;

use std::collections::BTreeMap;

use ruff_python_ast as ast;
use ruff_text_size::{Ranged, TextRange};

pub(super) use self::builtin::is_builtin;

use super::bind::parameter_names;
use super::modules::{self, Effect};
use super::value::{Code, Function, Lazy, Value};
use super::walk::Walker;

/// Calls of functions of the pipeline that are followed into each other.
const MOST_CALLS: u32 = 60;

/// Arguments of a call.
#[derive(Debug, Default)]
pub(super) struct Arguments<'a> {
    /// By position.
    pub positional: Vec<Value<'a>>,
    /// By name.
    pub named: Vec<(String, Value<'a>)>,
    /// There may be others.
    pub open: bool,
    /// The first of them in the text, or the whole call.
    pub first: TextRange,
}

impl<'a> Arguments<'a> {
    /// The argument of a position or a name.
    pub(super) fn get(&self, position: usize, name: &str) -> Option<&Value<'a>> {
        let named = || self.named.iter().find(|(given, _)| given == name);
        self.positional
            .get(position)
            .or_else(|| named().map(|(_, value)| value))
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Value<'a>> {
        self.positional
            .iter()
            .chain(self.named.iter().map(|(_, value)| value))
    }

    /// Reads that hang on them.
    pub(super) fn lazy(&self) -> Lazy {
        let mut lazy = Lazy::default();
        self.all().for_each(|value| lazy.add(&value.lazy()));
        lazy
    }

    pub(super) fn are_plain(&self) -> bool {
        self.all().all(Value::is_plain)
    }
}

impl<'a> Walker<'a> {
    pub(super) fn call(&mut self, call: &'a ast::ExprCall) -> Value<'a> {
        if !self.spend(call.range()) {
            return Value::Unknown;
        }
        let range = call.range();
        if let ast::Expr::Attribute(attribute) = &*call.func {
            let base = self.evaluate(&attribute.value);
            if let Value::Module(_) = base {
                let value = self.attribute(&base, &attribute.attr, attribute.range());
                let arguments = self.arguments(call);
                return self.call_value(value, &arguments, range);
            }
            let arguments = self.arguments(call);
            return self.method(base, &attribute.attr, arguments, range);
        }
        let value = self.evaluate(&call.func);
        let arguments = self.arguments(call);
        self.call_value(value, &arguments, range)
    }

    fn arguments(&mut self, call: &'a ast::ExprCall) -> Arguments<'a> {
        let first = call.arguments.args.first().map(Ranged::range);
        let first = first.or_else(|| {
            call.arguments
                .keywords
                .first()
                .map(|keyword| keyword.value.range())
        });
        let mut arguments = Arguments {
            first: first.unwrap_or_else(|| call.range()),
            ..Arguments::default()
        };
        for argument in &call.arguments.args {
            let value = self.evaluate(argument);
            if argument.is_starred_expr() {
                if let Some(items) = self.items(&value) {
                    arguments.positional.extend(items);
                } else {
                    arguments.open = true;
                    let item = self.item(&value);
                    arguments.positional.push(item);
                }
            } else {
                arguments.positional.push(value);
            }
        }
        for keyword in &call.arguments.keywords {
            let value = self.evaluate(&keyword.value);
            if let Some(name) = &keyword.arg {
                arguments.named.push((name.to_string(), value));
            } else {
                arguments.open = true;
                let item = if value.is_plain() {
                    Value::Plain
                } else {
                    Value::Any(value.lazy())
                };
                arguments.named.push((String::new(), item));
            }
        }
        arguments
    }

    fn call_value(
        &mut self,
        value: Value<'a>,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        match value {
            Value::Function(function) => self.call_function(&function, arguments, range),
            Value::Module(path) => self.call_module(&path, arguments, range),
            Value::Class { effects } => {
                self.give(arguments, range);
                if !arguments.are_plain() {
                    self.leaked = true;
                }
                Value::Class { effects }
            }
            Value::Column => {
                self.give(arguments, range);
                if arguments.are_plain() {
                    Value::Column
                } else {
                    Value::Any(arguments.lazy())
                }
            }
            Value::Plain => self.plain_result(arguments, range),
            _ => self.unseen(range, "a call of something that is not known"),
        }
    }

    /// Functions among the arguments may be called by what gets them.
    pub(super) fn give(&mut self, arguments: &Arguments<'a>, range: TextRange) {
        for value in arguments.all() {
            if self.escape(value, range) {
                self.unseen(
                    range,
                    "code that uses Spark goes to something that may call it at any time",
                );
            }
            if *value == Value::Unknown {
                self.unseen(
                    range,
                    "something that is not known goes to code that may call it",
                );
            }
            if let Value::Module(path) = value
                && path.strip_prefix("builtins.").is_none_or(is_builtin)
                && !matches!(modules::effect(path), Effect::None | Effect::Column)
                && !path.starts_with("pyspark.")
            {
                self.unseen(range, format!("`{path}` goes to code that may call it"));
            }
        }
    }

    fn plain_result(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Value<'a> {
        self.give(arguments, range);
        for value in arguments.all() {
            if let Value::List(place, _) | Value::Dict(place, _) = value {
                self.changed.insert(*place);
            }
        }
        if arguments.all().any(|value| *value == Value::Unknown) {
            return Value::Unknown;
        }
        if arguments.are_plain() && !self.leaked {
            return Value::Plain;
        }
        if arguments.are_plain() {
            return Value::Any(Lazy::everything());
        }
        self.leaked = true;
        Value::Any(arguments.lazy())
    }

    /// A call of a function of the pipeline with its arguments.
    pub(super) fn call_function(
        &mut self,
        function: &Function<'a>,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        if self.depth > MOST_CALLS {
            return self.unseen(range, "calls that are nested too deep to follow");
        }
        let parameters = match function.code {
            Code::Defined(definition) => Some(&*definition.parameters),
            Code::Lambda(lambda) => lambda.parameters.as_deref(),
        };
        let mut locals = BTreeMap::new();
        let lazy = arguments.lazy();
        let rest = || Value::Any(lazy.clone());
        if arguments.open {
            locals.extend(parameter_names(parameters).map(|name| (name.to_owned(), rest())));
        } else if let Some(parameters) = parameters {
            let mut defaults = function.defaults.iter();
            let by_position = parameters.posonlyargs.len() + parameters.args.len();
            for (position, parameter) in parameters.iter_non_variadic_params().enumerate() {
                let name = parameter.parameter.name.as_str();
                let default = parameter.default.as_ref().and_then(|_| defaults.next());
                let position = if position < by_position {
                    position
                } else {
                    usize::MAX
                };
                let value = arguments.get(position, name).or(default).cloned();
                locals.insert(name.to_owned(), value.unwrap_or(Value::Unknown));
            }
            for rest_of in [&parameters.vararg, &parameters.kwarg]
                .into_iter()
                .flatten()
            {
                locals.insert(rest_of.name.to_string(), rest());
            }
        }
        self.depth += 3;
        let deferred = self.state.scopes.last().is_some_and(|scope| scope.deferred);
        let value = self.follow(function, locals, deferred);
        self.depth -= 3;
        value
    }
}
