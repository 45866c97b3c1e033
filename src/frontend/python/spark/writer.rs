//! What writes rows: `df.write` and `df.writeTo(…)`, one line for each method that is known.
//!
//! Source of the names: `pyspark` 3.5 and 4.0.

use ruff_text_size::TextRange;

use super::super::call::Arguments;
use super::super::value::{Constant, Lazy, Value, Writer};
use super::super::walk::Walker;
use crate::frontend::statement::{Name, PythonDeed};

/// What a call of a method does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writes {
    /// Nothing yet: it sets what bears on no name.
    Nothing,
    /// Nothing yet: it sets the option that its first argument names.
    Option,
    /// Nothing yet: it sets the options that its named arguments are.
    Options,
    /// Makes the table that its first argument names, or adds to it.
    Saves,
    /// Adds to the table that its first argument names, or replaces rows of it.
    Inserts,
    /// Writes files.
    Files,
    /// Writes what is no file.
    Elsewhere,
    /// Makes the table of `writeTo`.
    Creates {
        /// There may be one.
        replace: bool,
    },
    /// Changes rows of the table of `writeTo`.
    Changes,
}

const METHODS: [(&str, Writes); 26] = [
    ("append", Writes::Changes),
    ("bucketBy", Writes::Nothing),
    ("clusterBy", Writes::Nothing),
    ("create", Writes::Creates { replace: false }),
    ("createOrReplace", Writes::Creates { replace: true }),
    ("csv", Writes::Files),
    ("format", Writes::Nothing),
    ("insertInto", Writes::Inserts),
    ("jdbc", Writes::Elsewhere),
    ("json", Writes::Files),
    ("mode", Writes::Nothing),
    ("option", Writes::Option),
    ("options", Writes::Options),
    ("orc", Writes::Files),
    ("overwrite", Writes::Changes),
    ("overwritePartitions", Writes::Changes),
    ("parquet", Writes::Files),
    ("partitionBy", Writes::Nothing),
    ("partitionedBy", Writes::Nothing),
    ("replace", Writes::Creates { replace: true }),
    ("save", Writes::Files),
    ("saveAsTable", Writes::Saves),
    ("sortBy", Writes::Nothing),
    ("tableProperty", Writes::Option),
    ("text", Writes::Files),
    ("using", Writes::Nothing),
];

impl<'a> Walker<'a> {
    pub(in super::super) fn writer_method(
        &mut self,
        mut writer: Writer,
        lazy: Lazy,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        let mode = match name {
            "mode" => arguments.get(0, "saveMode"),
            _ => arguments.get(usize::MAX, "mode"),
        };
        if let Some(mode) = mode {
            let mode = mode.one_text();
            writer.replace = mode.is_none_or(|mode| mode.eq_ignore_ascii_case("overwrite"));
        }
        let known = METHODS.iter().find(|(known, _)| *known == name);
        let Some((_, does)) = known else {
            self.unseen(range, format!("`{name}` of a writer"));
            return Value::Plain;
        };
        match does {
            Writes::Nothing => return Value::Writer(writer, lazy),
            Writes::Option => {
                let key = arguments.get(0, "key").and_then(Value::one_text);
                writer.located |= key.is_none_or(|key| is_place(&key));
                return Value::Writer(writer, lazy);
            }
            Writes::Options => {
                writer.located |= has_place(arguments);
                return Value::Writer(writer, lazy);
            }
            Writes::Saves => {
                let (replace, located) = (writer.replace, writer.located || has_place(arguments));
                let deed = |target| PythonDeed::Save {
                    target,
                    replace,
                    located,
                };
                self.write(arguments.get(0, "name"), arguments, range, deed);
            }
            Writes::Inserts => {
                let target = arguments.get(0, "tableName");
                self.write(target, arguments, range, PythonDeed::Insert);
            }
            Writes::Files => {
                let path = arguments.get(0, "path").and_then(Value::one_text);
                let files = self.files(path.as_deref(), arguments.first);
                self.act(PythonDeed::WriteFiles(files), range);
            }
            Writes::Elsewhere => {
                let files = self.files(None, range);
                self.act(PythonDeed::WriteFiles(files), range);
            }
            Writes::Creates { .. } | Writes::Changes => {
                let Some((text, place)) = writer.target else {
                    return self.unseen(range, format!("`{name}` of a writer"));
                };
                let target = Value::Constants(vec![Constant::Text(text, place)]);
                let given = Arguments {
                    first: range,
                    ..Arguments::default()
                };
                if let Writes::Creates { replace } = *does {
                    let located = writer.located;
                    let deed = |target| PythonDeed::Save {
                        target,
                        replace,
                        located,
                    };
                    self.write(Some(&target), &given, range, deed);
                } else {
                    self.check_texts(arguments, range);
                    self.write(Some(&target), &given, range, PythonDeed::Insert);
                }
            }
        }
        Value::Plain
    }

    /// Writes to each of the tables that an argument can name.
    fn write(
        &mut self,
        name: Option<&Value<'a>>,
        arguments: &Arguments<'a>,
        range: TextRange,
        deed: impl Fn(Name) -> PythonDeed,
    ) {
        if let Some(names) = self.names(name, arguments, range) {
            self.one_of(names, |walker, target| {
                walker.act(deed(target), range);
            });
        }
    }
}

/// Whether an option says where the rows of a table lie.
fn is_place(key: &str) -> bool {
    matches!(key.to_lowercase().as_str(), "path" | "location")
}

/// Whether named arguments may say where the rows of a table lie.
fn has_place(arguments: &Arguments<'_>) -> bool {
    arguments.open || arguments.named.iter().any(|(name, _)| is_place(name))
}

#[cfg(test)]
mod tests {
    use super::METHODS;

    #[test]
    fn every_method_is_listed_once() {
        assert!(METHODS.is_sorted_by(|(left, _), (right, _)| left < right));
    }
}
