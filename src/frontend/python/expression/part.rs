//! Parts of values: `base[index]` and `base.name`.

use ruff_python_ast as ast;
use ruff_text_size::{Ranged, TextRange};

use super::super::modules::{self, Effect};
use super::super::spark;
use super::super::value::{Constant, Lazy, Reader, Value, Writer};
use super::super::walk::Walker;

impl<'a> Walker<'a> {
    pub(super) fn subscript(&mut self, subscript: &'a ast::ExprSubscript) -> Value<'a> {
        let base = self.evaluate(&subscript.value);
        let index = self.evaluate(&subscript.slice);
        self.indexed(&base, &index, subscript.range())
    }

    /// `base[index]`
    pub(in super::super) fn indexed(
        &mut self,
        base: &Value<'a>,
        index: &Value<'a>,
        range: TextRange,
    ) -> Value<'a> {
        match base {
            Value::Variables => match index.one_text() {
                Some(name) => self.variable(&name),
                None => Value::Plain,
            },
            Value::List(..) => match (self.items(base), index) {
                (Some(items), Value::Constants(constants)) => match constants.as_slice() {
                    [Constant::Number(number)] => {
                        let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
                        let position = if *number < 0 {
                            number + length
                        } else {
                            *number
                        };
                        let position = usize::try_from(position).ok();
                        position
                            .and_then(|at| items.get(at).cloned())
                            .unwrap_or(Value::Plain)
                    }
                    _ => self.item(base),
                },
                (Some(items), Value::Plain) => {
                    // One of them, or some of them.
                    if items.iter().all(Value::is_plain) {
                        Value::Plain
                    } else {
                        Value::Any(base.lazy())
                    }
                }
                _ => self.item(base),
            },
            Value::Dict(place, items) => {
                if self.changed.contains(place) {
                    return Value::Any(Lazy::everything());
                }
                let mut found = items.iter().filter(|(key, _)| match (key, index) {
                    (Value::Constants(keys), Value::Constants(wanted)) => {
                        keys.iter().any(|key| wanted.contains(key))
                    }
                    _ => true,
                });
                let first = found
                    .next()
                    .map_or(Value::Plain, |(_, value)| value.clone());
                found.fold(first, |value, (_, next)| value.or(next.clone()))
            }
            Value::Frame(lazy) => match index.texts() {
                Some(_) => Value::Column,
                None => Value::Any(lazy.clone()),
            },
            Value::Column => Value::Column,
            Value::Module(_) => Value::Plain,
            Value::Session | Value::Catalog | Value::Context | Value::Builder => {
                self.unseen(range, "a use of the session that is not known")
            }
            value => self.item(value),
        }
    }

    /// The value of a template variable.
    pub(in super::super) fn variable(&mut self, name: &str) -> Value<'a> {
        match self.variables.get(name) {
            Some(value) => {
                self.step.variables.insert(name.to_owned());
                Value::text(value.as_str())
            }
            None => Value::Plain,
        }
    }

    /// `base.name`, where it is not called.
    pub(in super::super) fn attribute(
        &mut self,
        base: &Value<'a>,
        name: &str,
        range: TextRange,
    ) -> Value<'a> {
        match (base, name) {
            (Value::Session | Value::Any(_), "read") => Value::Reader(Reader {
                format: Some("parquet".into()),
            }),
            (Value::Session | Value::Any(_), "catalog") => Value::Catalog,
            (Value::Session | Value::Any(_), "conf") => Value::Settings,
            (Value::Session | Value::Any(_), "udf" | "udtf") => Value::Functions,
            (Value::Session | Value::Any(_), "sparkContext") => Value::Context,
            (Value::Session, "version") => Value::Plain,
            (Value::Frame(_) | Value::Any(_), "sparkSession") => Value::Session,
            (Value::Frame(lazy) | Value::Any(lazy), "write") => {
                Value::Writer(Writer::default(), lazy.clone())
            }
            (Value::Frame(lazy), "na" | "stat") => Value::Frame(lazy.clone()),
            (Value::Frame(_), "schema" | "columns" | "dtypes" | "storageLevel" | "isStreaming") => {
                Value::Plain
            }
            (
                Value::Frame(_) | Value::Any(_),
                "rdd" | "writeStream" | "readStream" | "streams" | "sql_ctx" | "_sc" | "_jvm"
                | "client",
            ) => Value::Unknown,
            (Value::Frame(_) | Value::Any(_) | Value::Session | Value::Context, name)
                if name.starts_with('_') =>
            {
                Value::Unknown
            }
            // A method that is called later.
            (Value::Frame(_), name) if spark::is_method(name) => Value::Unknown,
            (Value::Any(_), name) if spark::has_effects(name) => Value::Unknown,
            (Value::Frame(_) | Value::Column, _) => Value::Column,
            (
                Value::Context,
                "version" | "applicationId" | "defaultParallelism" | "uiWebUrl" | "appName"
                | "master",
            ) => Value::Plain,
            (Value::Module(path), _) => self.part(path, name, range),
            (Value::Class { .. }, _) => Value::Any(Lazy::everything()),
            (Value::Any(lazy), _) => Value::Any(lazy.clone()),
            (value, _) if value.is_plain() && !self.leaked => Value::Plain,
            (value, _) if value.is_plain() => Value::Any(Lazy::everything()),
            _ => Value::Unknown,
        }
    }

    /// A part of a module.
    fn part(&mut self, path: &str, name: &str, range: TextRange) -> Value<'a> {
        let path = format!("{path}.{name}");
        if modules::effect(&path) == Effect::Column && modules::is_of_shell(name) {
            return self.unseen(range, format!("`{path}` is more than columns"));
        }
        if path.ends_with("SparkSession.builder") {
            return Value::Builder;
        }
        if modules::is_known(&path)
            || path.starts_with("builtins.")
            || matches!(modules::effect(&path), Effect::Column)
            || ["pyspark.", "os.", "shutil.", "glob."]
                .iter()
                .any(|module| path.starts_with(module))
        {
            return Value::Module(path.into());
        }
        self.unseen(range, format!("what `{path}` does is not known"))
    }
}
