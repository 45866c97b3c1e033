//! Settings: which of them cannot change what a query returns or what a name means.
//!
//! Source of the names and meanings: Spark `org.apache.spark.sql.internal.SQLConf`, `StaticSQLConf` and Hive's
//! `HiveConf`. A key that is not listed is taken to change results.

/// What setting a key can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Cannot change rows that are read: how work is split, compressed, shown or scheduled.
    Harmless,
    /// May change the rows that a query returns.
    Rows,
    /// May change which table a name means.
    Names,
}

/// Keys that choose how a query is run, or how new files are written, never which rows it returns.
const HARMLESS: [&str; 37] = [
    "hive.exec.compress.intermediate",
    "hive.exec.compress.output",
    "hive.exec.dynamic.partition",
    "hive.exec.dynamic.partition.mode",
    "hive.exec.max.created.files",
    "hive.exec.max.dynamic.partitions",
    "hive.exec.max.dynamic.partitions.pernode",
    "hive.exec.parallel",
    "hive.exec.parallel.thread.number",
    "mapred.job.name",
    "mapreduce.job.name",
    "mapreduce.job.queuename",
    "spark.job.description",
    "spark.scheduler.pool",
    "spark.sql.autobroadcastjointhreshold",
    "spark.sql.avro.compression.codec",
    "spark.sql.avro.deflate.level",
    "spark.sql.broadcasttimeout",
    "spark.sql.debug.maxtostringfields",
    "spark.sql.exchange.reuse",
    "spark.sql.execution.arrow.maxrecordsperbatch",
    "spark.sql.execution.reusesubquery",
    "spark.sql.files.maxpartitionbytes",
    "spark.sql.files.maxpartitionnum",
    "spark.sql.files.maxrecordsperfile",
    "spark.sql.files.minpartitionnum",
    "spark.sql.files.opencostinbytes",
    "spark.sql.inmemorycolumnarstorage.batchsize",
    "spark.sql.inmemorycolumnarstorage.compressed",
    "spark.sql.join.prefersortmergejoin",
    "spark.sql.maxmetadatastringlength",
    "spark.sql.maxplanstringlength",
    "spark.sql.orc.compression.codec",
    "spark.sql.parquet.compression.codec",
    "spark.sql.shuffle.partitions",
    "spark.sql.sources.parallelpartitiondiscovery.parallelism",
    "spark.sql.sources.parallelpartitiondiscovery.threshold",
];

/// Families of such keys.
const HARMLESS_PREFIXES: [&str; 9] = [
    "spark.sql.adaptive.",
    "spark.sql.cbo.",
    "spark.sql.codegen.",
    "spark.sql.event.",
    "spark.sql.optimizer.dynamicpartitionpruning.",
    "spark.sql.optimizer.runtime.bloomfilter.",
    "spark.sql.statistics.",
    "spark.sql.streaming.ui.",
    "spark.sql.ui.",
];

/// Keys and families that change which table, column or folder a name means.
const NAMES: [&str; 8] = [
    "spark.sql.casesensitive",
    "spark.sql.catalog.",
    "spark.sql.defaultcatalog",
    "spark.sql.globaltempdatabase",
    // Without these a new managed table has its folder to itself: see `session`.
    "spark.sql.legacy.allowcreatingmanagedtableusingnonemptylocation",
    "spark.sql.legacy.allownonemptylocationinctas",
    // Which of two common table expressions of one name is meant.
    "spark.sql.legacy.cteprecedencepolicy",
    // A temporary view keeps what it has found when it was made.
    "spark.sql.legacy.storeanalyzedplanforview",
];

/// What setting `key` can do.
pub(super) fn effect(key: &str) -> Effect {
    let key = key.trim().trim_matches('`').to_lowercase();
    if HARMLESS.binary_search(&key.as_str()).is_ok()
        || HARMLESS_PREFIXES
            .iter()
            .any(|prefix| key.starts_with(prefix))
    {
        Effect::Harmless
    } else if NAMES.iter().any(|prefix| key.starts_with(prefix)) {
        Effect::Names
    } else {
        Effect::Rows
    }
}

#[cfg(test)]
mod tests {
    use super::{Effect, HARMLESS, effect};

    #[test]
    fn the_list_is_sorted() {
        assert!(HARMLESS.is_sorted());
    }

    #[test]
    fn unlisted_settings_may_change_rows() {
        assert_eq!(effect("spark.sql.shuffle.partitions"), Effect::Harmless);
        assert_eq!(effect("spark.sql.adaptive.enabled"), Effect::Harmless);
        assert_eq!(effect("spark.sql.session.timeZone"), Effect::Rows);
        assert_eq!(effect("spark.sql.ansi.enabled"), Effect::Rows);
        assert_eq!(effect("report_date"), Effect::Rows);
        assert_eq!(effect("spark.sql.caseSensitive"), Effect::Names);
        assert_eq!(effect("spark.sql.catalog.lake"), Effect::Names);
    }
}
