//! Stage `catalog`: facts about tables, as the engine's catalog tells them; loaded values, no I/O.
//!
//! These types are the wire form as well: `hoist-catalog/1` and the plan file hold them as they are, so fields are
//! only added, and left out where they say nothing. What each means is in `docs/catalog.md`.
//!
//! Names are canonical: lower-case `database.table`, without backquotes. A table that is absent from
//! [`Catalog::tables`] was not asked about, which is not the same as [`TableKind::Missing`].

mod session;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::session::{
    MEANING_PREFIXES, MEANING_SETTINGS, SessionFacts, TUNING_SETTINGS, WRITING_SETTINGS,
};

/// What is known about the tables of a pipeline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    /// Version of the Spark that answered; none where nothing was collected.
    pub spark_version: Option<String>,
    /// What the session gave names and rows their meaning with; none where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionFacts>,
    /// Where tables without a place of their own are made, by database: a URI without trailing slash (Spark:
    /// `CatalogDatabase.locationUri`). A database that is absent is not there, or was not asked about.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub databases: BTreeMap<String, String>,
    /// Facts by canonical name.
    pub tables: BTreeMap<String, TableFacts>,
}

/// What is known about one table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableFacts {
    /// Whether it exists, and as what.
    pub kind: TableKind,
    /// Format, lower-case: `csv`, `parquet`, `orc`, `json`, `hive`, …
    pub provider: Option<String>,
    /// Where its files lie, as a URI without trailing slash.
    pub location: Option<String>,
    /// Columns in order, partition columns last, as `SELECT *` returns them.
    pub columns: Vec<ColumnFacts>,
    /// Names of the partition columns.
    pub partition_columns: Vec<String>,
    /// Places of partitions outside of `location`, sorted, without trailing `column=value` folders, so that a further
    /// partition beside the others changes nothing. None where they are not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside: Option<Vec<String>>,
    /// Size of its files in bytes; none where unknown.
    pub size_bytes: Option<u64>,
    /// Number of rows from statistics; none where unknown.
    pub rows: Option<u64>,
    /// Whether its text files are compressed; none where unknown, or where they are no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compressed: Option<bool>,
    /// Which rows and values a read gives depends on the columns that it asks for: text that is not read
    /// permissively, or that keeps what is malformed in a column, where only the columns asked for are parsed
    /// (Spark: `UnivocityParser`, `JacksonParser`, `FailureSafeParser`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rows_depend_on_columns: bool,
    /// How its files are bucketed; none where they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucketing: Option<Bucketing>,
    /// The definition of a permanent view; none for tables, and for views whose names have no certain meaning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<ViewFacts>,
}

/// How the files of a table are bucketed (Spark: `BucketSpec`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucketing {
    /// Number of buckets.
    pub buckets: u32,
    /// The columns whose hash decides the bucket, in the catalog's spelling.
    pub columns: Vec<String>,
    /// The columns by which the rows of a bucket are sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sort_columns: Vec<String>,
}

/// What a permanent view captured when it was made. It is evaluated under these, whatever the session has now (Spark:
/// `CatalogTable.viewText`, `viewCatalogAndNamespace`, `viewSQLConfigs`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewFacts {
    /// Its text.
    pub text: String,
    /// Where one-part names in the text lie: `database`, or `catalog.database` outside `spark_catalog`.
    pub database: String,
    /// SQL settings at its creation, lower-case keys.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
}

/// Whether a table exists, and as what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableKind {
    /// Its files belong to the catalog.
    Managed,
    /// Its files belong to somebody else.
    External,
    /// A permanent view: reads whatever its text names.
    View,
    /// A temporary or global temporary view of the session has this name, or its last part. Nothing is known for
    /// certain: the name may mean the view, or with its database a table, until the pipeline gives it a meaning.
    Temporary,
    /// There is no such table.
    #[default]
    Missing,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnFacts {
    /// Its name, in the catalog's spelling.
    pub name: String,
    /// Spark's simple type string, such as `decimal(12,2)`.
    #[serde(rename = "type")]
    pub data_type: String,
    /// May hold NULL.
    pub nullable: bool,
}
