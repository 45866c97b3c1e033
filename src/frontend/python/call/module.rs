//! Calls of functions of modules.

use ruff_text_size::TextRange;

use super::super::modules::{self, Effect};
use super::super::text;
use super::super::value::Value;
use super::super::walk::Walker;
use super::Arguments;
use crate::frontend::statement::PythonDeed;

impl<'a> Walker<'a> {
    pub(super) fn call_module(
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
    pub(in super::super) fn check_texts(&mut self, arguments: &Arguments<'a>, range: TextRange) {
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
}
