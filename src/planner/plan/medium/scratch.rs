//! Which frames a scratch table can hold so that no reader shows it.
//!
//! Measured on Spark 3.5.6: a Parquet table keeps names, their case and order, and types, CHAR and VARCHAR included,
//! and whatever reads it makes the same rows. Two things differ. Every column of it may hold NULL, nested ones too: the
//! files of a table that is made from it mark a column such as `count(*)` otherwise. So a frame may live there whose
//! columns may all hold NULL anyway. And settings of Parquet change what is written: milliseconds instead of
//! microseconds, other calendars.

use crate::facts::access::Access;
use crate::facts::catalog::{Catalog, TableFacts, TableKind};
use crate::facts::workload::Workload;
use crate::frontend::statement::{Statement, StatementKind};
use crate::planner::frame::{Candidate, Definition};

/// Settings under which Parquet gives back what was written, lower-case, with the values that do so.
const FAITHFUL: [(&str, &[&str]); 7] = [
    ("spark.sql.charasvarchar", &["false"]),
    ("spark.sql.parquet.binaryasstring", &["false"]),
    (
        "spark.sql.parquet.datetimerebasemodeinwrite",
        &["exception", "corrected"],
    ),
    ("spark.sql.parquet.int96astimestamp", &["true"]),
    (
        "spark.sql.parquet.int96rebasemodeinwrite",
        &["exception", "corrected"],
    ),
    (
        "spark.sql.parquet.outputtimestamptype",
        &["int96", "timestamp_micros"],
    ),
    ("spark.sql.readsidecharpadding", &["true"]),
];

/// Settings of Parquet, of which any may change what is written.
const FAMILIES: [&str; 2] = ["spark.sql.parquet.", "spark.sql.legacy.parquet."];
/// The one that does not.
const CODEC: &str = "spark.sql.parquet.compression.codec";

/// Formats of which Spark reads every column as one that may hold NULL (Spark: `DataSource.resolveRelation`).
const NULLABLE: [&str; 6] = ["avro", "csv", "json", "orc", "parquet", "text"];

/// Why a candidate cannot live in a scratch table, a lowercase fragment; none where it can.
pub(super) fn refusal(
    workload: &Workload,
    catalog: &Catalog,
    candidate: &Candidate,
) -> Option<String> {
    unfaithful(catalog)
        .or_else(|| resettled(workload, candidate))
        .or_else(|| {
            let nullable = holds_nullable_columns(workload, catalog, candidate);
            (!nullable).then(|| {
                "what its readers write would mark columns that never hold NULL otherwise"
                    .to_owned()
            })
        })
}

/// Why what is written may be read back as something else.
fn unfaithful(catalog: &Catalog) -> Option<String> {
    let Some(session) = &catalog.session else {
        return Some("the settings of the session are not known".to_owned());
    };
    let known = &session.settings;
    for (key, values) in FAITHFUL {
        match known.get(key) {
            None => return Some(format!("the session's value of `{key}` is not known")),
            Some(value) if !values.contains(&value.to_lowercase().as_str()) => {
                return Some(format!("`{key}` is `{value}`"));
            }
            Some(_) => {}
        }
    }
    let legacy = |key: &&String| key.starts_with("spark.sql.legacy.parquet.");
    let key = known.keys().find(legacy)?;
    Some(format!("`{key}` is set"))
}

/// Why the settings may be others when the frame is built or read.
fn resettled(workload: &Workload, candidate: &Candidate) -> Option<String> {
    let last = candidate.readers.last()?.statement;
    let before = workload.statements.iter().zip(&workload.accesses);
    before
        .take_while(|(statement, _)| statement.id < last)
        .find_map(|(statement, access)| resets(statement, access))
}

fn resets(statement: &Statement, access: &Access) -> Option<String> {
    let unseen = match &statement.kind {
        StatementKind::Set {
            key,
            value: Some(_),
        } => {
            let key = key.trim().trim_matches('`').to_lowercase();
            let family = FAMILIES.iter().any(|family| key.starts_with(family));
            let family = family || FAITHFUL.iter().any(|(known, _)| *known == key);
            return (family && key != CODEC).then(|| format!("the pipeline sets `{key}`"));
        }
        // A header covers what is not seen, but says nothing of settings.
        StatementKind::Python(step) => access.barrier.is_some() || !step.unseen.is_empty(),
        StatementKind::Opaque { .. } | StatementKind::Script(_) => true,
        _ => false,
    };
    unseen.then(|| "a statement that is not seen through may change settings of Parquet".to_owned())
}

/// Whether every column of the frame may hold NULL as it is, so that nothing changes.
fn holds_nullable_columns(workload: &Workload, catalog: &Catalog, candidate: &Candidate) -> bool {
    let Definition::CoveringRead { version, .. } = &candidate.definition else {
        return false;
    };
    let Some(table) = workload.table(version.table) else {
        return false;
    };
    let facts = catalog.tables.get(&table.name);
    !table.temporary && version.generation == 0 && facts.is_some_and(reads_nullable)
}

fn reads_nullable(facts: &TableFacts) -> bool {
    let provider = facts.provider.as_deref().unwrap_or_default().to_lowercase();
    matches!(facts.kind, TableKind::Managed | TableKind::External)
        && NULLABLE.contains(&provider.as_str())
}
