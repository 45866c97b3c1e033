//! Stage `collect`: table names + engine → facts of the catalog, with no job over data; and what Spark did in a step of a
//! run ([`step_facts`]).
//!
//! One embedded Python text asks Spark's catalog for existence, kind, provider, location, columns, partition and
//! bucket columns, definitions of views and statistics, and lists files (bounded) where statistics are absent. What a
//! view depends on, at any depth, is asked for as well. A table about which something could not be found out is left
//! out of the [`Catalog`], which means *unknown*, and named in [`Collected::unknown`]; it never counts as missing.

mod snippet;
mod step;

use std::collections::BTreeMap;

use serde::Deserialize;

use super::engine::Engine;
use crate::facts::catalog::{
    Bucketing, Catalog, ColumnFacts, MEANING_PREFIXES, MEANING_SETTINGS, SessionFacts,
    TUNING_SETTINGS, TableFacts, TableKind, ViewFacts, WRITING_SETTINGS,
};
pub use snippet::SnippetError;
pub(super) use snippet::value;
pub use step::{CachedFrame, SparkWork, StepFacts, step_facts};

/// Asks Spark about tables; `hoist_vars["names"]` says which.
const FACTS: &str = concat!(
    include_str!("collect/session.py"),
    include_str!("collect/facts.py")
);

/// What was found out, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// The facts.
    pub catalog: Catalog,
    /// Canonical names about which nothing is known, with Spark's reason.
    pub unknown: BTreeMap<String, String>,
    /// Canonical names of which one fact is not known: which, and the reason, as `size: …`.
    pub partly_unknown: BTreeMap<String, String>,
    /// Canonical names of what each view depends on, at any depth, sorted.
    pub below: BTreeMap<String, Vec<String>>,
}

/// Facts of the tables named and of what views among them depend on, in one submission to an open session.
///
/// Names are canonical (`database.table`); a name of one part is looked up in the current database.
pub async fn collect<E: Engine>(
    engine: &mut E,
    names: &[String],
) -> Result<Collected, SnippetError> {
    let list = |texts: Vec<String>| serde_json::Value::from(texts).to_string();
    let settings = [&MEANING_SETTINGS[..], &WRITING_SETTINGS].concat();
    let settings = settings.into_iter().map(str::to_owned).collect();
    let variables = BTreeMap::from([
        ("names".to_owned(), list(names.to_vec())),
        ("settings".to_owned(), list(settings)),
        (
            "families".to_owned(),
            list(MEANING_PREFIXES.map(str::to_owned).to_vec()),
        ),
        (
            "tuning".to_owned(),
            list(TUNING_SETTINGS.map(str::to_owned).to_vec()),
        ),
    ]);
    let answer: Answer = value(engine, "catalog", FACTS, variables).await?;
    Ok(answer.into())
}

/// What the embedded text answers.
#[derive(Deserialize)]
struct Answer {
    spark_version: String,
    #[serde(default)]
    session: Option<SessionFacts>,
    #[serde(default)]
    databases: BTreeMap<String, String>,
    tables: BTreeMap<String, Entry>,
}

/// One table: facts, or a problem.
#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Problem { problem: String },
    Known(Box<Known>),
}

#[derive(Deserialize)]
struct Known {
    kind: TableKind,
    #[serde(default)]
    provider: Option<String>,
    #[serde(default)]
    location: Option<String>,
    #[serde(default)]
    columns: Vec<ColumnFacts>,
    #[serde(default)]
    partition_columns: Vec<String>,
    #[serde(default)]
    outside: Option<Vec<String>>,
    #[serde(default)]
    size_bytes: Option<u64>,
    #[serde(default)]
    rows: Option<u64>,
    #[serde(default)]
    compressed: Option<bool>,
    #[serde(default)]
    rows_depend_on_columns: bool,
    #[serde(default)]
    bucketing: Option<Bucketing>,
    #[serde(default)]
    view: Option<ViewFacts>,
    /// What is not known of it, and why.
    #[serde(default)]
    remark: Option<String>,
    /// What a view depends on.
    #[serde(default)]
    below: Vec<String>,
}

impl From<Answer> for Collected {
    fn from(answer: Answer) -> Self {
        let mut collected = Collected::default();
        collected.catalog.spark_version = Some(answer.spark_version);
        collected.catalog.session = answer.session;
        collected.catalog.databases = answer.databases;
        for (name, entry) in answer.tables {
            match entry {
                Entry::Problem { problem } => {
                    collected.unknown.insert(name, problem);
                }
                Entry::Known(known) => {
                    if !known.below.is_empty() {
                        collected.below.insert(name.clone(), known.below);
                    }
                    if let Some(remark) = known.remark {
                        collected.partly_unknown.insert(name.clone(), remark);
                    }
                    let facts = TableFacts {
                        kind: known.kind,
                        provider: known.provider,
                        location: known.location,
                        columns: known.columns,
                        partition_columns: known.partition_columns,
                        outside: known.outside,
                        size_bytes: known.size_bytes,
                        rows: known.rows,
                        compressed: known.compressed,
                        rows_depend_on_columns: known.rows_depend_on_columns,
                        bucketing: known.bucketing,
                        view: known.view,
                    };
                    collected.catalog.tables.insert(name, facts);
                }
            }
        }
        collected
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::fake::{Fake, Reply};

    fn names() -> Vec<String> {
        vec!["d.t".to_owned(), "d.gone".to_owned(), "d.odd".to_owned()]
    }

    #[tokio::test]
    async fn a_problem_with_one_table_is_unknown_and_not_missing() {
        let mut engine = Fake::default().on(
            "facts",
            Reply::Value(serde_json::json!({
                "spark_version": "3.5.6",
                "session": {"database": "d", "settings": {"spark.sql.casesensitive": "true"}},
                "tables": {
                    "d.t": {
                        "kind": "managed", "provider": "parquet", "location": "file:/w/t",
                        "columns": [{"name": "A", "type": "int", "nullable": true}],
                        "partition_columns": [], "size_bytes": 12, "rows": null,
                    },
                    "d.gone": {"kind": "missing"},
                    "d.v": {
                        "kind": "view", "columns": [], "below": ["d.t"], "remark": "columns: no such table",
                        "view": {"text": "SELECT A FROM t", "database": "d", "settings": {"spark.sql.ansi.enabled": "true"}},
                    },
                    "d.odd": {"problem": "permission denied"},
                }
            })),
        );
        let collected = collect(&mut engine, &names()).await.unwrap();
        let tables = &collected.catalog.tables;
        assert_eq!(tables["d.t"].size_bytes, Some(12));
        assert_eq!(tables["d.t"].columns[0].name, "A");
        let view = tables["d.v"].view.as_ref().unwrap();
        assert_eq!(
            (view.text.as_str(), view.database.as_str()),
            ("SELECT A FROM t", "d")
        );
        assert_eq!(collected.below["d.v"], ["d.t"]);
        assert_eq!(collected.partly_unknown["d.v"], "columns: no such table");
        assert_eq!(collected.catalog.session.as_ref().unwrap().database, "d");
        assert_eq!(tables["d.gone"].kind, TableKind::Missing);
        assert!(!tables.contains_key("d.odd"));
        assert_eq!(collected.unknown["d.odd"], "permission denied");
        let asked = &engine.submitted[0];
        assert_eq!(asked.variables["names"], r#"["d.t","d.gone","d.odd"]"#);
    }

    #[tokio::test]
    async fn a_refused_question_says_what_spark_said() {
        let mut engine = Fake::default().on("facts", Reply::fails("OutOfMemoryError", "heap"));
        let error = collect(&mut engine, &names()).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "Spark could not answer `catalog`: OutOfMemoryError: heap"
        );
    }

    #[tokio::test]
    async fn an_unreadable_answer_is_an_error() {
        let mut engine =
            Fake::default().on("facts", Reply::Value(serde_json::json!({"tables": 3})));
        let error = collect(&mut engine, &names()).await.unwrap_err();
        assert!(matches!(error, SnippetError::Unreadable { .. }), "{error}");
    }
}
