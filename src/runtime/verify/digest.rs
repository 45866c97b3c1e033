//! Digests of what a run left, made by one embedded text in the session that holds it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::runtime::collect::{SnippetError, value};
use crate::runtime::engine::Engine;

/// Digests of outputs; `hoist_vars["outputs"]` says of which.
const DIGEST: &str = include_str!("digest.py");

/// Something that a run leaves and that can be compared with what another run leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Output {
    /// What it is called among the digests; the same after both runs.
    pub name: String,
    /// Where it is, which may differ between the runs.
    #[serde(flatten)]
    pub place: Place,
    /// Columns, in lower case, that are left out of what rows are known by: see [`Unstable`](super::Unstable).
    pub unstable: BTreeSet<String>,
}

/// Where an output is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Place {
    /// A table or view of the session's catalog.
    Table {
        /// As `database.table`, without quotes.
        table: String,
    },
    /// A folder of files that the pipeline wrote: Parquet and ORC by columns, everything else as lines of text.
    Folder {
        /// The folder, as Hadoop takes it.
        folder: String,
    },
    /// A folder of Parquet files that [`Want::Parquet`](crate::runtime::engine::Want::Parquet) wrote.
    Result {
        /// The folder, as Hadoop takes it.
        path: String,
        /// The columns in whose order its rows must lie (none named: all columns); `None` where order is free.
        order: Option<Vec<String>>,
    },
}

impl Output {
    /// A table or view by canonical name, called by that name.
    pub fn table(name: &str) -> Self {
        Output {
            name: name.to_owned(),
            place: Place::Table {
                table: name.to_owned(),
            },
            unstable: BTreeSet::new(),
        }
    }
}

/// Digests outputs in an open session, by their names. One that is not there is [`Digest::missing`]; one that cannot
/// be read has a digest that says so, and is no error.
///
/// [`compare`](super::compare()) compares two of them. They may come from the same session: set up, run plainly, digest,
/// drop everything ([`holdings`](super::holdings()) lists it), set up, run hoisted, digest, compare.
pub async fn digest<E: Engine>(
    engine: &mut E,
    outputs: &[Output],
) -> Result<BTreeMap<String, Digest>, SnippetError> {
    let outputs = serde_json::to_string(outputs).map_err(|error| SnippetError::Unreadable {
        label: "digest".to_owned(),
        detail: error.to_string(),
    })?;
    let variables = BTreeMap::from([("outputs".to_owned(), outputs)]);
    value(engine, "digest", DIGEST, variables).await
}

/// What an output was when it was digested: schema, number of rows, sums of hashes; independent of the order of rows.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Digest {
    /// It was not there.
    pub(super) missing: bool,
    /// Why it could not be read.
    pub(super) problem: Option<String>,
    pub(super) rows: u64,
    /// Sum over the rows of the hash of all stable columns without floating point, a decimal number.
    pub(super) hash: String,
    /// Columns without floating point, in order.
    pub(super) exact: Vec<ExactDigest>,
    /// Columns of floating point, in order.
    pub(super) floats: Vec<FloatDigest>,
    pub(super) columns: Vec<Column>,
    pub(super) partition_columns: Vec<String>,
    /// Partitions as the catalog lists them, and rows by values of the partition columns.
    pub(super) partitions: BTreeMap<String, u64>,
    /// As Spark shows it.
    pub(super) bucketing: Option<String>,
    pub(super) format: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) comment: Option<String>,
    /// Text of a view.
    pub(super) text: Option<String>,
    /// Table properties that users set.
    pub(super) properties: BTreeMap<String, String>,
    /// Hash of the sequence of the rows, where that counts.
    pub(super) order: Option<String>,
    pub(super) notes: Vec<String>,
}

impl Digest {
    /// Rows that were there.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The digest of what does not exist.
    pub fn missing() -> Self {
        Digest {
            missing: true,
            ..Digest::default()
        }
    }
}

/// A column of the schema.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub(super) struct Column {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) data_type: String,
    pub(super) nullable: Option<bool>,
    pub(super) comment: Option<String>,
}

/// A column without floating point: sums of 31 bits of hashes over the rows.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub(super) struct ExactDigest {
    pub(super) column: String,
    /// Of its own values.
    pub(super) hash: u64,
    /// Of the row without it; 0 for an unstable column.
    pub(super) without: u64,
}

/// A column of floating point. Doubles are text that reads back as the same double; none over no rows.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub(super) struct FloatDigest {
    pub(super) column: String,
    /// FLOAT, not DOUBLE.
    pub(super) single: bool,
    /// NULL, NaN, infinity, minus infinity.
    pub(super) counts: Vec<u64>,
    pub(super) sum: Option<String>,
    /// Sum of the values times a weight that the row's stable columns without floating point give.
    pub(super) weighted: Option<String>,
    /// Sum of the absolute values.
    pub(super) size: Option<String>,
    pub(super) min: Option<String>,
    pub(super) max: Option<String>,
}
