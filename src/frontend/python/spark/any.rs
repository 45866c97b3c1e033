//! Methods of something that may be any part of Spark, or plain data.

use ruff_text_size::TextRange;

use super::super::call::Arguments;
use super::super::modules;
use super::super::value::{Lazy, Reader, Value, Writer};
use super::super::walk::Walker;
use super::frame::{NOT_FOLLOWED, TEXTS};
use super::methods::Object;
use crate::frontend::statement::PythonDeed;

/// Methods that only one part of Spark has, or that do the same in all that have them.
const OF_ONE: [(&str, Object); 24] = [
    ("cacheTable", Object::Catalog),
    ("clearCache", Object::Catalog),
    ("createDataFrame", Object::Session),
    ("createTable", Object::Catalog),
    ("dropGlobalTempView", Object::Catalog),
    ("dropTempView", Object::Catalog),
    ("getTable", Object::Catalog),
    ("isCached", Object::Catalog),
    ("listColumns", Object::Catalog),
    ("listDatabases", Object::Catalog),
    ("listTables", Object::Catalog),
    ("load", Object::Reader),
    ("recoverPartitions", Object::Catalog),
    ("refreshByPath", Object::Catalog),
    ("refreshTable", Object::Catalog),
    ("register", Object::Functions),
    ("registerJavaFunction", Object::Functions),
    ("registerJavaUDAF", Object::Functions),
    ("setCurrentDatabase", Object::Catalog),
    ("sql", Object::Session),
    ("table", Object::Session),
    ("tableExists", Object::Catalog),
    ("uncacheTable", Object::Catalog),
    ("unset", Object::Settings),
];

impl<'a> Walker<'a> {
    /// A method of something that may be any part of Spark or plain data: whatever it may do there.
    pub(in super::super) fn any_method(
        &mut self,
        mut lazy: Lazy,
        name: &str,
        arguments: Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        let of_one = OF_ONE.iter().find(|(known, _)| *known == name);
        if let Some((_, object)) = of_one {
            // No object here is given back by its methods; a reader of which nothing is known has no format.
            let own = Value::Reader(Reader::default());
            return self.spark_method(*object, own, name, &arguments, range);
        }
        // A file, a text or a dictionary where the first argument is no text.
        let first = arguments.positional.first();
        let texts = first.and_then(Value::texts).is_some();
        match name {
            "set" if texts => {
                return self.spark_method(
                    Object::Settings,
                    Value::Settings,
                    name,
                    &arguments,
                    range,
                );
            }
            "saveAsTable" | "insertInto" => {
                return self.any_writer(lazy, name, &arguments, range);
            }
            "save" if texts => return self.any_writer(lazy, name, &arguments, range),
            "create" | "createOrReplace" | "overwrite" | "overwritePartitions" | "config" => {
                return self.unseen(range, format!("`{name}` of something that is not known"));
            }
            "parquet" | "csv" | "json" | "orc" | "text" | "jdbc" | "save" | "write_text"
            | "write_bytes" => {
                // Reads files or writes them.
                let path = arguments.positional.first().and_then(Value::one_text);
                let files = self.files(path.as_deref(), arguments.first);
                lazy.add(&self.act(PythonDeed::ReadFiles(files.clone()), range));
                self.act(PythonDeed::WriteFiles(files), range);
                return Value::Any(lazy);
            }
            "createOrReplaceTempView"
            | "createTempView"
            | "registerTempTable"
            | "createOrReplaceGlobalTempView"
            | "createGlobalTempView"
            | "writeTo"
            | "transform" => {
                return self.frame_method(lazy, name, arguments, range);
            }
            name if NOT_FOLLOWED.contains(&name) || name.starts_with('_') => {
                return self.unseen(range, format!("`{name}` of something that is not known"));
            }
            _ => {}
        }
        self.give(&arguments, range);
        if modules::writes_files(name) {
            let path = arguments.positional.first().and_then(Value::one_text);
            let files = self.files(path.as_deref(), arguments.first);
            self.act(PythonDeed::WriteFiles(files), range);
        }
        if TEXTS.contains(&name) {
            self.check_texts(&arguments, range);
        }
        if !arguments.are_plain() {
            self.leaked = true;
        }
        lazy.add(&arguments.lazy());
        Value::Any(lazy)
    }

    /// A method of a writer on which anything may be set.
    fn any_writer(
        &mut self,
        lazy: Lazy,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        let writer = Writer {
            replace: true,
            located: true,
            ..Writer::default()
        };
        self.writer_method(writer, lazy, name, arguments, range)
    }
}
