//! What calls on lazy `DataFrame`s do. Source of the names: `pyspark` 3.5 and 4.0.

use ruff_text_size::TextRange;

use super::super::call::Arguments;
use super::super::value::{Lazy, Value, Writer};
use super::super::walk::Walker;
use crate::frontend::statement::ViewScope;

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
pub(super) const TEXTS: [&str; 3] = ["filter", "where", "selectExpr"];
/// Methods of Spark that are not followed, wherever they are called on something that may be a part of Spark.
pub(super) const NOT_FOLLOWED: [&str; 44] = [
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
pub(in super::super) fn has_effects(name: &str) -> bool {
    CHANGES.contains(&name) || RUN.contains(&name) || NOT_FOLLOWED.contains(&name)
}

/// Whether this is a method of a `DataFrame`, and no column of one.
pub(in super::super) fn is_method(name: &str) -> bool {
    has_effects(name) || LAZY.contains(&name) || ROWS.contains(&name)
}

impl<'a> Walker<'a> {
    pub(in super::super) fn frame_method(
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
}
