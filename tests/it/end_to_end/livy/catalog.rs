//! `hoist catalog` through a Livy server that answers in place of Spark.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::{ended, through};
use crate::end_to_end::Home;
use crate::livy::faults::{ok, session_info};
use crate::livy_server::{Executor, LivyServer, Settings};

fn pipeline() -> Home {
    let home = Home::new();
    home.write(
        "p/1.sql",
        "INSERT INTO sums SELECT id FROM things;\nINSERT INTO sums SELECT n FROM mart.shown;\n",
    );
    home.write("p/hoist.toml", "[setup]\npath = \"../setup\"\n");
    home.write("setup/1.sql", "CREATE TABLE never (id INT);\n");
    home
}

fn table(name: &str) -> Value {
    json!({"kind": "managed", "provider": "parquet", "location": format!("file:/w/{name}"), "size_bytes": 2_000_000,
           "columns": [{"name": "id", "type": "bigint", "nullable": true}], "partition_columns": [], "below": []})
}

/// What the session, whose current database is `mart`, answers first and later.
fn answer(first: bool) -> Value {
    let mut tables = json!({
        "mart.shown": {"kind": "view", "columns": [{"name": "n", "type": "bigint", "nullable": true}],
                       "below": ["mart.things", "mart.far"],
                       "view": {"text": "SELECT id AS n FROM things", "database": "mart", "settings": {}}},
        "mart.far": {"problem": "permission denied"},
    });
    if first {
        tables["default.sums"] = json!({"kind": "missing"});
        tables["default.things"] = json!({"kind": "missing"});
    } else {
        tables["mart.sums"] = table("sums");
        tables["mart.things"] = table("things");
    }
    json!({"spark_version": "3.5.6", "session": {"database": "mart", "settings": {"spark.sql.ansi.enabled": "true"}},
           "tables": tables})
}

fn server(asked: &Arc<AtomicUsize>, reply: fn(bool) -> Value) -> LivyServer {
    let asked = Arc::clone(asked);
    LivyServer::start(Settings::new(Executor::Script(Arc::new(
        move |kind, code| {
            if code.contains("module.start(globals())") {
                return ok(&session_info());
            }
            assert_eq!(kind, "pyspark", "no statement runs: {code}");
            let first = asked.fetch_add(1, Ordering::SeqCst) == 0;
            ok(&reply(first))
        },
    ))))
}

/// The current database is the session's: what names mean is asked there. The file plans without the server.
#[test]
fn facts_are_written_and_read_back() {
    let home = pipeline();
    let asked = Arc::default();
    let server = server(
        &asked,
        |first| json!({"state": "done", "stdout": "", "elapsed_micros": 1, "value": answer(first)}),
    );
    let command = through(&home, &server.url(), &["catalog", "p", "-o", "facts.json"]);
    let said = ended(&home, command, 0);
    assert_eq!(server.sessions().len(), 0, "the session is deleted");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    insta::assert_snapshot!(said.out, @"
     table        kind     format      size  rows  columns  layout
     mart.shown   view                                   1
     mart.sums    managed  parquet  1.9 MiB     ?        1
     mart.things  managed  parquet  1.9 MiB     ?        1

    Views
     mart.shown
       depends on mart.things, mart.far
    Not known
     mart.far
       permission denied

    Catalog: 3 tables, Spark 3.5.6, current database mart. Wrote facts.json
    ");
    said.tells(&["nothing is known about `mart.far`", "permission denied"]);
    assert!(!said.err.contains("set-up"), "{}", said.err);

    let plan = home.plain_command(&["plan", "p", "--catalog", "facts.json", "--format", "json"]);
    let said = home.ended({ plan }.output().unwrap(), 0);
    let plan: Value = serde_json::from_str(&said.out).unwrap();
    let facts: Value =
        serde_json::from_str(&std::fs::read_to_string(home.path("facts.json")).unwrap()).unwrap();
    assert_eq!(facts["schema"], "hoist-catalog/1");
    assert_eq!(plan["catalog"], facts["catalog"]);
    assert_eq!(plan["settings"]["default_database"], "mart");
    let steps = plan["steps"].as_array().unwrap();
    let reads = |step: &Value| step["statement"]["reads"][0] == "mart.things@0";
    assert!(steps.iter().any(reads), "{steps:?}");
}

/// What Spark refuses is a failed run, with Spark's words; nothing is written and no session is left.
#[test]
fn what_cannot_be_collected_is_told() {
    let home = pipeline();
    let server = server(
        &Arc::default(),
        |_| json!({"state": "done", "stdout": "", "elapsed_micros": 1, "value": {"tables": 3}}),
    );
    let said = ended(&home, through(&home, &server.url(), &["catalog", "p"]), 4);
    said.tells(&["error: the facts about tables could not be collected: "]);
    assert_eq!(said.out, "");
    assert!(!home.path("p/.hoist/catalog.json").exists());
    assert_eq!(server.sessions().len(), 0);
}
