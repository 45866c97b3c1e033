//! Calls: of functions of the pipeline, of modules, and of methods by what their object is.

use std::collections::BTreeMap;

use ruff_python_ast as ast;
use ruff_text_size::{Ranged, TextRange};

use super::bind::parameter_names;
use super::modules::{self, Effect};
use super::text;
use super::value::{Code, Constant, Function, Lazy, Value};
use super::walk::Walker;
use crate::frontend::statement::PythonDeed;

/// Calls of functions of the pipeline that are followed into each other.
const MOST_CALLS: u32 = 60;

/// Builtins that run code or open files, so that their calls are looked at.
pub(super) fn is_builtin(name: &str) -> bool {
    [
        "open",
        "exec",
        "eval",
        "compile",
        "__import__",
        "globals",
        "locals",
        "vars",
        "getattr",
        "setattr",
        "delattr",
        "input",
        "breakpoint",
        "dir",
        "help",
    ]
    .contains(&name)
}

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

    fn call_module(
        &mut self,
        path: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        if let Some(name) = path.strip_prefix("builtins.") {
            return self.call_builtin(name, arguments, range);
        }
        if path.ends_with("SparkSession.getActiveSession") || path.ends_with("SparkSession.active")
        {
            return Value::Session;
        }
        if path.ends_with("SparkContext.getOrCreate") {
            return Value::Context;
        }
        if path.contains("DataFrame.") && path.starts_with("pyspark.sql.") {
            // `DataFrame.union(a, b)`
            let mut positional = arguments.positional.iter().cloned();
            let base = positional.next().unwrap_or(Value::Unknown);
            let rest = Arguments {
                positional: positional.collect(),
                named: arguments.named.clone(),
                open: arguments.open,
                first: arguments.first,
            };
            let name = path.rsplit('.').next().unwrap_or_default();
            return self.method(base, name, rest, range);
        }
        if matches!(path, "sys.exit" | "os._exit") {
            self.state.dead = true;
            return Value::Unknown;
        }
        match modules::effect(path) {
            Effect::Column => self.call_column(path, arguments, range),
            Effect::None => {
                if path == "sys.path" {
                    self.step.names.unknown = true;
                }
                self.plain_result(arguments, range)
            }
            effect @ (Effect::ReadsFiles | Effect::WritesFiles) => {
                // Two paths, or one that is computed, may be any.
                let path = match arguments.positional.as_slice() {
                    [only] => only.one_text(),
                    _ if effect == Effect::ReadsFiles => {
                        arguments.positional.first().and_then(Value::one_text)
                    }
                    _ => None,
                };
                let files = self.files(path.as_deref(), arguments.first);
                let deed = if effect == Effect::ReadsFiles {
                    PythonDeed::ReadFiles(files)
                } else {
                    PythonDeed::WriteFiles(files)
                };
                self.act(deed, range);
                self.plain_result(arguments, range)
            }
            Effect::Unknown => {
                self.give(arguments, range);
                self.unseen(range, format!("what `{path}` does is not known"))
            }
        }
    }

    /// A function of `pyspark.sql.functions` and its like.
    fn call_column(
        &mut self,
        path: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        let name = path.rsplit('.').next().unwrap_or_default();
        self.give(arguments, range);
        match name {
            "broadcast" => arguments
                .positional
                .first()
                .cloned()
                .unwrap_or(Value::Unknown),
            "expr" => {
                self.check_texts(arguments, range);
                Value::Column
            }
            _ if arguments.are_plain() => Value::Column,
            _ => Value::Any(arguments.lazy()),
        }
    }

    /// Texts of SQL among the arguments that may hold queries.
    pub(super) fn check_texts(&mut self, arguments: &Arguments<'a>, range: TextRange) {
        let mut open: Vec<Value<'a>> = arguments.all().cloned().collect();
        while let Some(value) = open.pop() {
            let harmless = match &value {
                Value::Column => true,
                Value::List(..) => match self.items(&value) {
                    Some(items) => {
                        open.extend(items);
                        true
                    }
                    None => false,
                },
                value => value
                    .texts()
                    .is_some_and(|texts| !texts.iter().any(|(text, _)| text::may_hold_query(text))),
            };
            if !harmless {
                self.unseen(range, "a text of SQL that may hold a query");
                return;
            }
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each group of builtins")]
    fn call_builtin(
        &mut self,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        let first = arguments.positional.first();
        match name {
            "exec" | "eval" | "compile" | "__import__" | "globals" | "locals" | "vars"
            | "breakpoint" => {
                let value = self.unseen(
                    range,
                    format!("`{name}` runs or changes what is not in the text"),
                );
                self.lose_names();
                value
            }
            "open" => {
                let mode = arguments.get(1, "mode").map(Value::one_text);
                let reads = match mode {
                    None => !arguments.open,
                    Some(Some(mode)) => !mode.contains(['w', 'a', 'x', '+']),
                    Some(None) => false,
                };
                let path = first.and_then(Value::one_text);
                let files = self.files(path.as_deref(), arguments.first);
                self.act(
                    if reads {
                        PythonDeed::ReadFiles(files)
                    } else {
                        PythonDeed::WriteFiles(files)
                    },
                    range,
                );
                Value::Plain
            }
            "getattr" | "setattr" | "delattr" => match (first, arguments.get(1, "")) {
                (Some(value), Some(part))
                    if name == "getattr" && (value.is_plain() || part.one_text().is_some()) =>
                {
                    match (value, part.one_text()) {
                        (value, Some(part)) => {
                            let value = value.clone();
                            self.attribute(&value, &part, range)
                        }
                        (Value::Module(_), None) => {
                            self.unseen(range, "a part of a module by a computed name")
                        }
                        (value, None) => self.item(&value.clone()),
                    }
                }
                _ => self.unseen(range, "a part of an object by a computed name"),
            },
            "exit" | "quit" => {
                self.state.dead = true;
                Value::Unknown
            }
            "super" => Value::Any(Lazy::everything()),
            "print" | "len" | "isinstance" | "issubclass" | "type" | "str" | "repr" | "id"
            | "hasattr" | "callable" | "bool" | "int" | "float" | "hash" | "dir" | "help"
            | "format" | "input" => match (name, first) {
                ("str", Some(Value::Constants(_))) if arguments.positional.len() == 1 => {
                    text::joined(&arguments.positional)
                }
                ("type", Some(value)) if !value.is_plain() => Value::Unknown,
                _ => Value::Plain,
            },
            "list" | "tuple" | "set" | "sorted" | "reversed" | "frozenset"
                if arguments.positional.len() == 1 =>
            {
                self.give(arguments, range);
                match first.and_then(|value| self.items(value)) {
                    Some(items) => self.listed(items, true, range),
                    None => first.map_or(Value::Plain, |value| self.item(&value.clone())),
                }
            }
            "enumerate" if arguments.positional.len() == 1 => {
                match first.and_then(|value| self.items(value)) {
                    Some(items) => {
                        let pairs = items
                            .into_iter()
                            .map(|item| self.listed(vec![Value::Plain, item], true, range));
                        let pairs = pairs.collect();
                        self.listed(pairs, true, range)
                    }
                    None => first.map_or(Value::Plain, |value| self.item(&value.clone())),
                }
            }
            "zip" => {
                let lists: Option<Vec<_>> = arguments
                    .positional
                    .iter()
                    .map(|value| self.items(value))
                    .collect();
                match lists {
                    Some(lists) if !arguments.open => {
                        let length = lists.iter().map(Vec::len).min().unwrap_or(0);
                        let rows = (0..length)
                            .map(|at| {
                                let row = lists
                                    .iter()
                                    .filter_map(|list| list.get(at).cloned())
                                    .collect();
                                self.listed(row, true, range)
                            })
                            .collect();
                        self.listed(rows, true, range)
                    }
                    _ => self.contents(arguments),
                }
            }
            _ => {
                self.give(arguments, range);
                self.contents(arguments)
            }
        }
    }

    /// A value made of the arguments.
    fn contents(&self, arguments: &Arguments<'a>) -> Value<'a> {
        if arguments.all().any(|value| *value == Value::Unknown) {
            Value::Unknown
        } else if arguments.are_plain() && !self.leaked {
            Value::Plain
        } else if arguments.are_plain() {
            Value::Any(Lazy::everything())
        } else {
            Value::Any(arguments.lazy())
        }
    }

    /// A method, by what its object is.
    fn method(
        &mut self,
        base: Value<'a>,
        name: &str,
        arguments: Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        match base {
            Value::Session => self.session_method(name, &arguments, range),
            Value::Builder => self.builder_method(name, &arguments, range),
            Value::Context => self.context_method(name, &arguments, range),
            Value::Catalog => self.catalog_method(name, &arguments, range),
            Value::Settings => self.settings_method(name, &arguments, range),
            Value::Functions => self.functions_method(name, &arguments, range),
            Value::Frame(lazy) => self.frame_method(lazy, name, arguments, range),
            Value::Reader(reader) => self.reader_method(reader, name, &arguments, range),
            Value::Writer(writer, lazy) => {
                self.writer_method(writer, lazy, name, &arguments, range)
            }
            Value::Column => {
                self.give(&arguments, range);
                if arguments.are_plain() {
                    return Value::Column;
                }
                self.leaked = true;
                Value::Any(arguments.lazy())
            }
            Value::Variables => {
                match (name, arguments.positional.first().and_then(Value::one_text)) {
                    ("get", Some(variable)) => match self.variable(&variable) {
                        Value::Plain => Value::Plain,
                        value => value,
                    },
                    ("keys" | "values" | "items" | "copy" | "get", _) => Value::Plain,
                    _ => self.unseen(range, "a change of `hoist_vars`"),
                }
            }
            Value::Constants(ref constants) => self.text_method(constants, name, &arguments),
            Value::List(..) | Value::Dict(..) => {
                self.container_method(&base, name, &arguments, range)
            }
            Value::Class { .. } => {
                self.give(&arguments, range);
                if !arguments.are_plain() {
                    self.leaked = true;
                }
                Value::Any(Lazy::everything())
            }
            Value::Plain | Value::Module(_) => self.plain_method(name, &arguments, range),
            Value::Any(lazy) => self.any_method(lazy, name, arguments, range),
            Value::Function(_) | Value::Unknown => {
                self.give(&arguments, range);
                self.unseen(range, format!("`{name}` of something that is not known"))
            }
        }
    }

    fn text_method(
        &mut self,
        constants: &[Constant],
        name: &str,
        arguments: &Arguments<'a>,
    ) -> Value<'a> {
        let followed = match (constants, name) {
            ([Constant::Text(text, _)], "format") if !arguments.open => Some(text::formatted(
                text,
                &arguments.positional,
                &arguments.named,
            )),
            ([Constant::Text(text, _)], "join") => {
                let items = arguments
                    .positional
                    .first()
                    .and_then(|value| self.items(value));
                items.map(|items| text::separated(text, &items))
            }
            ([Constant::Text(text, _)], _) => text::method(text, name, &arguments.positional),
            _ => None,
        };
        followed.unwrap_or(Value::Plain)
    }

    fn container_method(
        &mut self,
        base: &Value<'a>,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        match (base, name) {
            (Value::Dict(..), "keys") if self.items(base).is_some() => {
                let keys = self.items(base).unwrap_or_default();
                self.listed(keys, true, range)
            }
            (Value::Dict(place, items), "values" | "items") if !self.changed.contains(place) => {
                let made = items
                    .iter()
                    .map(|(key, value)| {
                        if name == "values" {
                            value.clone()
                        } else {
                            self.listed(vec![key.clone(), value.clone()], true, range)
                        }
                    })
                    .collect();
                self.listed(made, true, range)
            }
            (Value::Dict(..), "get") => {
                let index = arguments
                    .positional
                    .first()
                    .cloned()
                    .unwrap_or(Value::Plain);
                let found = self.indexed(base, &index, range);
                match arguments.positional.get(1) {
                    Some(default) => found.or(default.clone()),
                    None => found,
                }
            }
            (_, "index" | "count") => Value::Plain,
            (_, "copy") => base.clone(),
            _ => {
                for value in arguments.all() {
                    self.change(base, value, range);
                }
                if let Value::List(place, _) | Value::Dict(place, _) = base {
                    self.changed.insert(*place);
                }
                Value::Any(Lazy::everything())
            }
        }
    }

    fn plain_method(
        &mut self,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        if modules::writes_files(name)
            && !(arguments.positional.is_empty() && name.starts_with("to_"))
        {
            let path = arguments.positional.first().and_then(Value::one_text);
            let files = self.files(path.as_deref(), arguments.first);
            self.act(PythonDeed::WriteFiles(files), range);
        }
        self.plain_result(arguments, range)
    }
}
