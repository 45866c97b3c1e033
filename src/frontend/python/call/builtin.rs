//! Calls of functions that Python has built in.

use ruff_text_size::TextRange;

use super::super::text;
use super::super::value::{Lazy, Value};
use super::super::walk::Walker;
use super::Arguments;
use crate::frontend::statement::PythonDeed;

/// Builtins that run code or open files, so that their calls are looked at.
pub(in super::super) fn is_builtin(name: &str) -> bool {
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

impl<'a> Walker<'a> {
    #[expect(clippy::too_many_lines, reason = "one arm for each group of builtins")]
    pub(super) fn call_builtin(
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
}
