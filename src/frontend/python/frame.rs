//! What calls on lazy `DataFrame`s and their writers do. Source of the names: `pyspark` 3.5 and 4.0.

use ruff_text_size::TextRange;

use super::call::Arguments;
use super::value::{Lazy, Reader, Value, Writer};
use super::walk::Walker;
use crate::frontend::statement::{PythonDeed, ViewScope};

/// Methods that give another `DataFrame`, or groups of one, and do nothing else.
const LAZY: [&str; 73] = [
    "agg",
    "alias",
    "apply",
    "avg",
    "cache",
    "checkpoint",
    "coalesce",
    "cogroup",
    "count_distinct",
    "crossJoin",
    "crosstab",
    "cube",
    "describe",
    "distinct",
    "drop",
    "dropDuplicates",
    "drop_duplicates",
    "dropna",
    "exceptAll",
    "fill",
    "fillna",
    "filter",
    "freqItems",
    "groupBy",
    "groupby",
    "groupingSets",
    "hint",
    "intersect",
    "intersectAll",
    "join",
    "limit",
    "localCheckpoint",
    "max",
    "mean",
    "melt",
    "min",
    "observe",
    "offset",
    "orderBy",
    "persist",
    "pivot",
    "randomSplit",
    "repartition",
    "repartitionByRange",
    "replace",
    "rollup",
    "sample",
    "sampleBy",
    "select",
    "selectExpr",
    "sort",
    "sortWithinPartitions",
    "subtract",
    "sum",
    "summary",
    "to",
    "toDF",
    "transpose",
    "union",
    "unionAll",
    "unionByName",
    "unpersist",
    "unpivot",
    "where",
    "withColumn",
    "withColumnRenamed",
    "withColumns",
    "withColumnsRenamed",
    "withMetadata",
    "withWatermark",
    "dropDuplicatesWithinWatermark",
    "lateralJoin",
    "scalar",
];
/// Methods that give rows, or something about them.
const ROWS: [&str; 22] = [
    "approxQuantile",
    "collect",
    "colRegex",
    "corr",
    "count",
    "cov",
    "explain",
    "first",
    "head",
    "inputFiles",
    "isEmpty",
    "isLocal",
    "metadataColumn",
    "printSchema",
    "sameSemantics",
    "semanticHash",
    "show",
    "tail",
    "take",
    "toLocalIterator",
    "toPandas",
    "toArrow",
];
/// Methods that run a function over the rows.
const RUN: [&str; 6] = [
    "applyInPandas",
    "foreach",
    "foreachPartition",
    "mapInArrow",
    "mapInPandas",
    "applyInArrow",
];
/// Methods that take texts of SQL.
const TEXTS: [&str; 3] = ["filter", "where", "selectExpr"];
/// Methods of Spark that are not followed, wherever they are called on something that may be a part of Spark.
const NOT_FOLLOWED: [&str; 44] = [
    "addArtifact",
    "addArtifacts",
    "addFile",
    "addJar",
    "addPyFile",
    "applyInPandasWithState",
    "awaitTermination",
    "builder",
    "copyFromLocalToFs",
    "createExternalTable",
    "delete",
    "executeCompaction",
    "forName",
    "forPath",
    "foreachBatch",
    "hadoopFile",
    "merge",
    "newAPIHadoopFile",
    "newSession",
    "optimize",
    "pandas_api",
    "pickleFile",
    "processAllAvailable",
    "registerFunction",
    "restoreToTimestamp",
    "restoreToVersion",
    "runJob",
    "saveAsHadoopFile",
    "saveAsNewAPIHadoopFile",
    "saveAsPickleFile",
    "saveAsSequenceFile",
    "saveAsTextFile",
    "sequenceFile",
    "setCurrentCatalog",
    "stop",
    "textFile",
    "toTable",
    "to_koalas",
    "to_pandas_on_spark",
    "transformWithState",
    "transformWithStateInPandas",
    "vacuum",
    "wholeTextFiles",
    "whenMatchedUpdate",
];

/// Methods that change something, wherever they are called on a part of Spark.
const CHANGES: [&str; 28] = [
    "append",
    "cacheTable",
    "clearCache",
    "create",
    "createGlobalTempView",
    "createOrReplace",
    "createOrReplaceGlobalTempView",
    "createOrReplaceTempView",
    "createTable",
    "createTempView",
    "dropGlobalTempView",
    "dropTempView",
    "insertInto",
    "jdbc",
    "load",
    "overwrite",
    "overwritePartitions",
    "parquet",
    "refreshTable",
    "register",
    "registerTempTable",
    "save",
    "saveAsTable",
    "setCurrentDatabase",
    "sql",
    "table",
    "transform",
    "writeTo",
];

/// Whether a method of a part of Spark may do more than give a value.
pub(super) fn has_effects(name: &str) -> bool {
    CHANGES.contains(&name) || RUN.contains(&name) || NOT_FOLLOWED.contains(&name)
}

/// Whether this is a method of a `DataFrame`, and no column of one.
pub(super) fn is_method(name: &str) -> bool {
    has_effects(name) || LAZY.contains(&name) || ROWS.contains(&name)
}

impl<'a> Walker<'a> {
    pub(super) fn frame_method(
        &mut self,
        mut lazy: Lazy,
        name: &str,
        arguments: Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        lazy.add(&arguments.lazy());
        match name {
            "createOrReplaceTempView" | "createTempView" | "registerTempTable" => {
                return self.define_view(ViewScope::Temporary, &arguments, range);
            }
            "createOrReplaceGlobalTempView" | "createGlobalTempView" => {
                return self.define_view(ViewScope::GlobalTemporary, &arguments, range);
            }
            "writeTo" => {
                let target = arguments
                    .get(0, "table")
                    .filter(|_| !arguments.open)
                    .and_then(Value::texts);
                let target = match target.as_deref() {
                    Some([(text, place)]) => (text.clone(), *place),
                    _ => ("".into(), None),
                };
                let writer = Writer {
                    target: Some(target),
                    ..Writer::default()
                };
                return Value::Writer(writer, lazy);
            }
            "transform" => {
                let mut arguments = arguments;
                if arguments.positional.is_empty() {
                    return self.unseen(range, "a function that is not known");
                }
                let function = arguments.positional.remove(0);
                arguments.positional.insert(0, Value::Frame(lazy));
                return match function {
                    Value::Function(function) => self.call_function(&function, &arguments, range),
                    _ => self.unseen(range, "a function that is not known"),
                };
            }
            _ => {}
        }
        self.give(&arguments, range);
        if TEXTS.contains(&name) {
            self.check_texts(&arguments, range);
        }
        if name == "randomSplit" {
            return Value::Any(lazy);
        }
        // `count()` of groups is lazy, of rows is not.
        if name == "count" {
            return Value::Any(lazy);
        }
        if LAZY.contains(&name) {
            Value::Frame(lazy)
        } else if ROWS.contains(&name) {
            Value::Plain
        } else if RUN.contains(&name) {
            Value::Frame(lazy)
        } else {
            self.unseen(range, format!("`{name}` of a `DataFrame`"))
        }
    }

    /// A method of something that may be any part of Spark or plain data: whatever it may do there.
    pub(super) fn any_method(
        &mut self,
        mut lazy: Lazy,
        name: &str,
        arguments: Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        let texts = arguments
            .positional
            .first()
            .and_then(Value::texts)
            .is_some();
        match name {
            // A file, a text or a dictionary where the first argument is no text.
            "sql" => return self.session_method(name, &arguments, range),
            "table" => return self.read_table(&arguments, range),
            "createDataFrame" => return Value::Frame(arguments.lazy()),
            "cacheTable" | "uncacheTable" | "clearCache" | "refreshTable" | "recoverPartitions"
            | "setCurrentDatabase" | "dropTempView" | "dropGlobalTempView" | "createTable"
            | "listTables" | "listDatabases" | "tableExists" | "getTable" | "listColumns"
            | "isCached" => {
                return self.catalog_method(name, &arguments, range);
            }
            "refreshByPath" => return self.unseen(range, "`refreshByPath` of the catalog"),
            "unset" | "register" | "registerJavaFunction" | "registerJavaUDAF" => {
                return if name == "unset" {
                    self.settings_method(name, &arguments, range)
                } else {
                    self.functions_method(name, &arguments, range)
                };
            }
            "set" if texts => return self.settings_method(name, &arguments, range),
            "saveAsTable"
            | "insertInto"
            | "create"
            | "createOrReplace"
            | "append"
            | "overwrite"
            | "overwritePartitions"
            | "save"
                if matches!(name, "saveAsTable" | "insertInto") || (name == "save" && texts) =>
            {
                let writer = Writer {
                    replace: true,
                    located: true,
                    ..Writer::default()
                };
                return self.writer_method(writer, lazy, name, &arguments, range);
            }
            "create" | "createOrReplace" | "overwrite" | "overwritePartitions" | "config" => {
                return self.unseen(range, format!("`{name}` of something that is not known"));
            }
            "load" => {
                return self.reader_method(Reader::default(), name, &arguments, range);
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
        if super::modules::writes_files(name) {
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

    #[expect(clippy::too_many_lines, reason = "one arm for each group of methods")]
    pub(super) fn writer_method(
        &mut self,
        mut writer: Writer,
        lazy: Lazy,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        let mut may_replace = |value: Option<&Value<'a>>| {
            if let Some(value) = value {
                let mode = value.one_text();
                writer.replace = mode.is_none_or(|mode| mode.eq_ignore_ascii_case("overwrite"));
            }
        };
        match name {
            "mode" => may_replace(arguments.get(0, "saveMode")),
            _ => may_replace(arguments.get(usize::MAX, "mode")),
        }
        let own_place = |value: Option<&Value<'a>>| {
            value.is_none_or(|value| {
                value
                    .one_text()
                    .is_none_or(|key| matches!(key.to_lowercase().as_str(), "path" | "location"))
            })
        };
        let keywords = arguments.open
            || arguments
                .named
                .iter()
                .any(|(name, _)| matches!(name.to_lowercase().as_str(), "path" | "location"));
        match name {
            "option" | "tableProperty" => {
                writer.located |= own_place(arguments.get(0, "key"));
                return Value::Writer(writer, lazy);
            }
            "options" => {
                writer.located |= keywords;
                return Value::Writer(writer, lazy);
            }
            "mode" | "format" | "partitionBy" | "bucketBy" | "sortBy" | "clusterBy" | "using"
            | "partitionedBy" => {
                return Value::Writer(writer, lazy);
            }
            "saveAsTable" => {
                let (replace, located) = (writer.replace, writer.located || keywords);
                self.write(arguments.get(0, "name"), arguments, range, |target| {
                    PythonDeed::Save {
                        target,
                        replace,
                        located,
                    }
                });
            }
            "insertInto" => {
                self.write(
                    arguments.get(0, "tableName"),
                    arguments,
                    range,
                    PythonDeed::Insert,
                );
            }
            "save" | "parquet" | "csv" | "json" | "orc" | "text" => {
                let path = arguments.get(0, "path").and_then(Value::one_text);
                let files = self.files(path.as_deref(), arguments.first);
                self.act(PythonDeed::WriteFiles(files), range);
            }
            "jdbc" => {
                let files = self.files(None, range);
                self.act(PythonDeed::WriteFiles(files), range);
            }
            "create"
            | "createOrReplace"
            | "replace"
            | "append"
            | "overwrite"
            | "overwritePartitions" => {
                let Some((text, place)) = writer.target else {
                    return self.unseen(range, format!("`{name}` of a writer"));
                };
                let target = Value::Constants(vec![super::value::Constant::Text(text, place)]);
                let replace = name.to_lowercase().contains("replace");
                if name.to_lowercase().contains("create") || replace {
                    let located = writer.located;
                    self.write(
                        Some(&target),
                        &Arguments {
                            first: range,
                            ..Arguments::default()
                        },
                        range,
                        |target| PythonDeed::Save {
                            target,
                            replace,
                            located,
                        },
                    );
                } else {
                    self.check_texts(arguments, range);
                    let given = Arguments {
                        first: range,
                        ..Arguments::default()
                    };
                    self.write(Some(&target), &given, range, PythonDeed::Insert);
                }
            }
            _ => {
                self.unseen(range, format!("`{name}` of a writer"));
            }
        }
        Value::Plain
    }

    fn write(
        &mut self,
        name: Option<&Value<'a>>,
        arguments: &Arguments<'a>,
        range: TextRange,
        deed: impl Fn(crate::frontend::statement::Name) -> PythonDeed,
    ) {
        if let Some(names) = self.names(name, arguments, range) {
            self.one_of(names, |walker, target| {
                walker.act(deed(target), range);
            });
        }
    }
}
