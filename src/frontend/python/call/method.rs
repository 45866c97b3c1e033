//! Calls of methods, by what their object is.

use ruff_text_size::TextRange;

use super::super::modules;
use super::super::spark::Object;
use super::super::text;
use super::super::value::{Constant, Lazy, Value};
use super::super::walk::Walker;
use super::Arguments;
use crate::frontend::statement::PythonDeed;

impl<'a> Walker<'a> {
    /// A method, by what its object is.
    pub(super) fn method(
        &mut self,
        base: Value<'a>,
        name: &str,
        arguments: Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        match base {
            Value::Session => self.spark_method(Object::Session, base, name, &arguments, range),
            Value::Builder => self.spark_method(Object::Builder, base, name, &arguments, range),
            Value::Context => self.spark_method(Object::Context, base, name, &arguments, range),
            Value::Catalog => self.spark_method(Object::Catalog, base, name, &arguments, range),
            Value::Settings => self.spark_method(Object::Settings, base, name, &arguments, range),
            Value::Functions => self.spark_method(Object::Functions, base, name, &arguments, range),
            Value::Reader(_) => self.spark_method(Object::Reader, base, name, &arguments, range),
            Value::Frame(lazy) => self.frame_method(lazy, name, arguments, range),
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
