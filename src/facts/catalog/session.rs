//! What a session gives names and rows their meaning with, besides tables.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Settings whose values [`SessionFacts::settings`] holds, besides what is set of [`MEANING_PREFIXES`]: those that
/// change which table, column or function a text means, or which rows and types it gives.
///
/// Source: Spark's `org.apache.spark.sql.internal.SQLConf`, version 3.5. A Spark that does not know one has no value for
/// it.
pub const MEANING_SETTINGS: [&str; 37] = [
    "spark.sql.ansi.doubleQuotedIdentifiers",
    "spark.sql.ansi.enabled",
    "spark.sql.ansi.enforceReservedKeywords",
    "spark.sql.ansi.relationPrecedence",
    "spark.sql.caseSensitive",
    "spark.sql.charAsVarchar",
    "spark.sql.columnNameOfCorruptRecord",
    "spark.sql.crossJoin.enabled",
    "spark.sql.decimalOperations.allowPrecisionLoss",
    "spark.sql.defaultCatalog",
    "spark.sql.files.ignoreCorruptFiles",
    "spark.sql.files.ignoreMissingFiles",
    "spark.sql.function.concatBinaryAsString",
    "spark.sql.function.eltOutputAsString",
    "spark.sql.groupByAliases",
    "spark.sql.groupByOrdinal",
    "spark.sql.json.filterPushdown.enabled",
    "spark.sql.lateralColumnAlias.enableImplicitResolution",
    "spark.sql.mapKeyDedupPolicy",
    "spark.sql.orc.mergeSchema",
    "spark.sql.orderByOrdinal",
    "spark.sql.parquet.binaryAsString",
    "spark.sql.parquet.datetimeRebaseModeInRead",
    "spark.sql.parquet.int96AsTimestamp",
    "spark.sql.parquet.int96RebaseModeInRead",
    "spark.sql.parquet.int96TimestampConversion",
    "spark.sql.parquet.mergeSchema",
    "spark.sql.parser.escapedStringLiterals",
    "spark.sql.parser.quotedRegexColumnNames",
    "spark.sql.readSideCharPadding",
    "spark.sql.session.timeZone",
    "spark.sql.sources.default",
    "spark.sql.sources.partitionColumnTypeInference.enabled",
    "spark.sql.sources.partitionOverwriteMode",
    "spark.sql.storeAssignmentPolicy",
    "spark.sql.timestampType",
    "spark.sql.variable.substitute",
];

/// Settings whose values are held too: those that change what is read back of what was written as Parquet. Facts from
/// before frames lived in such tables are without them.
pub const WRITING_SETTINGS: [&str; 3] = [
    "spark.sql.parquet.datetimeRebaseModeInWrite",
    "spark.sql.parquet.int96RebaseModeInWrite",
    "spark.sql.parquet.outputTimestampType",
];

/// Families of settings that change meaning too, and that count where they are set only: their defaults are those of a
/// Spark version, or, for `HiveUtils`, known to a session only once it has used Hive.
pub const MEANING_PREFIXES: [&str; 2] = ["spark.sql.hive.convert", "spark.sql.legacy."];

/// Settings whose values [`SessionFacts::tuning`] holds: how joins and exchanges are done. A Spark that gives one of them no
/// value has none for it.
pub const TUNING_SETTINGS: [&str; 6] = [
    "spark.sql.adaptive.advisoryPartitionSizeInBytes",
    "spark.sql.adaptive.autoBroadcastJoinThreshold",
    "spark.sql.adaptive.coalescePartitions.initialPartitionNum",
    "spark.sql.adaptive.enabled",
    "spark.sql.autoBroadcastJoinThreshold",
    "spark.sql.shuffle.partitions",
];

/// The session in which facts were collected, as a pipeline finds it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionFacts {
    /// Where one-part names lie: `database`, or `catalog.database` outside `spark_catalog`.
    pub database: String,
    /// Values of [`MEANING_SETTINGS`], of [`WRITING_SETTINGS`], and of what is set of [`MEANING_PREFIXES`], lower-case keys.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
    /// Values of [`TUNING_SETTINGS`], lower-case keys. They change no meaning, so another value is no other session.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tuning: BTreeMap<String, String>,
    /// Those of them that somebody has set: the others have Spark's defaults.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tuned: BTreeSet<String>,
    /// Tasks that it can run at once; none where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cores: Option<u32>,
}

impl SessionFacts {
    /// Why names do not mean what they mean in a session of Spark's defaults, a lowercase fragment; none where they do.
    ///
    /// Without such a reason names are compared without regard to case, and lie in `spark_catalog`.
    pub fn unusual_names(&self) -> Option<String> {
        let differs = |key: &str, usual: &str| {
            let value = self.settings.get(key)?;
            (!value.eq_ignore_ascii_case(usual)).then(|| format!("`{key}` is `{value}`"))
        };
        differs("spark.sql.casesensitive", "false")
            .or_else(|| differs("spark.sql.defaultcatalog", "spark_catalog"))
            .or_else(|| differs("spark.sql.parser.quotedregexcolumnnames", "false"))
            .or_else(|| differs("spark.sql.parser.escapedstringliterals", "false"))
            .or_else(|| differs("spark.sql.ansi.doublequotedidentifiers", "false"))
            .or_else(|| {
                let elsewhere = self.database.contains('.');
                elsewhere.then(|| format!("the current database is `{}`", self.database))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(key: &str, value: &str) -> SessionFacts {
        SessionFacts {
            database: "d".to_owned(),
            settings: BTreeMap::from([(key.to_owned(), value.to_owned())]),
            ..SessionFacts::default()
        }
    }

    #[test]
    fn the_list_is_sorted() {
        assert!(MEANING_SETTINGS.is_sorted() && TUNING_SETTINGS.is_sorted());
    }

    #[test]
    fn names_are_usual_until_a_setting_or_the_catalog_says_otherwise() {
        assert_eq!(
            with("spark.sql.casesensitive", "False").unusual_names(),
            None
        );
        assert_eq!(with("spark.sql.ansi.enabled", "true").unusual_names(), None);
        assert_eq!(
            with("spark.sql.casesensitive", "true")
                .unusual_names()
                .as_deref(),
            Some("`spark.sql.casesensitive` is `true`")
        );
        assert_eq!(
            with("spark.sql.defaultcatalog", "lake")
                .unusual_names()
                .as_deref(),
            Some("`spark.sql.defaultcatalog` is `lake`")
        );
        let elsewhere = SessionFacts {
            database: "lake.d".to_owned(),
            ..SessionFacts::default()
        };
        assert_eq!(
            elsewhere.unusual_names().as_deref(),
            Some("the current database is `lake.d`")
        );
    }
}
