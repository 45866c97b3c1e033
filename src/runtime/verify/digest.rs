//! Digests of what a run left, made by one embedded text in the session that holds it.

use std::collections::BTreeMap;

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
        }
    }
}

/// Digests outputs in an open session, by their names. One that is not there is [`Digest::missing`]; one that cannot
/// be read has a digest that says so, and is no error.
///
/// [`compare`](super::compare) compares two of them. They may come from the same session: set up, run plainly, digest,
/// drop everything ([`holdings`](super::holdings) lists it), set up, run hoisted, digest, compare.
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
pub struct Digest {
    #[serde(default)]
    pub(super) missing: bool,
    #[serde(default)]
    pub(super) problem: Option<String>,
    #[serde(default)]
    pub(super) rows: u64,
    #[serde(default)]
    pub(super) hashes: Vec<String>,
    #[serde(default)]
    pub(super) floats: Vec<FloatDigest>,
    #[serde(default)]
    pub(super) columns: Vec<Column>,
    #[serde(default)]
    pub(super) partition_columns: Vec<String>,
    #[serde(default)]
    pub(super) format: Option<String>,
    #[serde(default)]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) order: Option<String>,
    #[serde(default)]
    pub(super) notes: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub(super) struct Column {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) data_type: String,
    pub(super) nullable: Option<bool>,
    pub(super) comment: Option<String>,
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

/// A column of floating point. Doubles are text that reads back as the same double; none over no rows.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub(super) struct FloatDigest {
    pub(super) column: String,
    pub(super) single: bool,
    /// NULL, NaN, infinity, minus infinity.
    pub(super) counts: Vec<u64>,
    pub(super) sum: Option<String>,
    pub(super) weighted: Option<String>,
    pub(super) size: Option<String>,
    pub(super) min: Option<String>,
    pub(super) max: Option<String>,
}
