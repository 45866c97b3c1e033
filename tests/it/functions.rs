//! What is known about Spark's built-in functions and its cache, compared with Spark itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use hoist::runtime::engine::Engine;
use hoist::runtime::engine::Want;
use hoist::runtime::engine::local::{CatalogKind, Local};
use serde_json::Value;

use crate::local_engine::{block_on, done, open, options, sql, value};

const PROBE: &str = include_str!("functions/probe.py");
const DATA: &str = "src/facts/access/functions/spark-3.5.6.tsv";
/// Set: the data is written anew, with Spark's columns as they are and ours kept; new functions get `?`, which another
/// test refuses.
const WRITE: &str = "HOIST_WRITE_FUNCTIONS";
const HEADER: &str = "name\tclass\tgroup\tsince\tspark\tsharing\tfailure\n";

#[test]
fn spark_is_as_it_is_taken_to_be() {
    let home = tempfile::tempdir().unwrap();
    block_on(async {
        let mut engine = Local::new(options(home.path(), CatalogKind::InMemory));
        open(&mut engine).await;
        let said = done(&mut engine, value(PROBE)).await.value.unwrap();
        functions_are_those_of_spark(&said);
        a_mark_keeps_a_frame_to_its_readers(&mut engine).await;
        engine.close().await.unwrap();
    });
}

fn functions_are_those_of_spark(said: &Value) {
    assert_eq!(said["version"], "3.5.6");
    let said: Vec<&str> = said["functions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line.as_str().unwrap())
        .collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(DATA);
    let data = fs::read_to_string(&path).unwrap();
    let ours: BTreeMap<&str, &str> = data
        .lines()
        .skip(1)
        .map(|line| {
            let name = line.split('\t').next().unwrap();
            let start = line.match_indices('\t').nth(4).unwrap().0;
            (name, &line[start..])
        })
        .collect();
    let mut anew = HEADER.to_owned();
    for line in said {
        let name = line.split('\t').next().unwrap();
        anew.push_str(line);
        anew.push_str(ours.get(name).unwrap_or(&"\t?\t?"));
        anew.push('\n');
    }
    if std::env::var_os(WRITE).is_some() {
        fs::write(path, anew).unwrap();
    } else {
        assert!(
            anew == data,
            "{DATA} is not what Spark says: {WRITE}=1 writes it anew"
        );
    }
}

/// Whether a query reads the cache, by its plan; and the number of rows for which its first column is true.
async fn asked<E: Engine>(engine: &mut E, query: &str) -> (bool, u64) {
    let text = format!(
        "frame = spark.sql(\"\"\"{query}\"\"\")\n\
         rows = frame.collect()\n\
         plan = frame._jdf.queryExecution().executedPlan().toString()\n\
         hoist_value = ['Scan In-memory table' in plan, sum(1 for row in rows if row[0])]"
    );
    let said = done(engine, value(&text)).await.value.unwrap();
    (said[0].as_bool().unwrap(), said[1].as_u64().unwrap())
}

/// Spark reads a cached plan wherever an equal one occurs, and then does not know where rows come from. A test that names
/// the run makes a plan that equals no other.
async fn a_mark_keeps_a_frame_to_its_readers<E: Engine>(engine: &mut E) {
    const ORIGIN: &str = "SELECT input_file_name() <> '' FROM (SELECT a, b FROM d.t)";
    const TIES: &str = "SELECT a, row_number() OVER (PARTITION BY b ORDER BY a) AS r FROM d.t";
    for text in [
        "CREATE DATABASE d",
        "CREATE TABLE d.t USING parquet AS SELECT id AS a, id % 7 AS b FROM range(0, 100, 1, 2)",
        "CREATE TEMPORARY VIEW unmarked AS SELECT a, b FROM d.t",
        "CACHE TABLE unmarked",
    ] {
        done(engine, sql(text, Want::Nothing)).await;
    }
    assert_eq!(
        asked(engine, ORIGIN).await,
        (true, 0),
        "files are not known over a cache"
    );
    for text in [
        "UNCACHE TABLE unmarked",
        "CREATE TEMPORARY VIEW marked AS SELECT * FROM (SELECT a, b FROM d.t) WHERE 'hoist_1' IS NOT NULL",
        "CACHE TABLE marked",
    ] {
        done(engine, sql(text, Want::Nothing)).await;
    }
    assert_eq!(asked(engine, ORIGIN).await, (false, 100));
    assert!(!asked(engine, TIES).await.0);
    assert!(!asked(engine, "SELECT a, b FROM d.t").await.0);
    assert_eq!(
        asked(engine, "SELECT a >= 0 FROM marked").await,
        (true, 100)
    );
}
