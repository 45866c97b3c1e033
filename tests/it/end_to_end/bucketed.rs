//! A frame that is a bucketed scratch table: Spark's own account of what it executed shows that readers scan the buckets,
//! and need no exchange for what they group by or join on.

use hoist::frontend;
use hoist::frontend::source::{LoadOptions, Variables, load};
use hoist::runtime::engine::Engine;
use hoist::runtime::engine::local::{CatalogKind, Local};
use hoist::runtime::run::{RunInput, RunOptions, executed_plans};
use serde_json::Value;

use super::sample::saved_plan;
use super::{Home, names};
use crate::executed::{carry_out, compare_reads, frames_scanned};
use crate::local_engine::{block_on, open, options};

const SETTINGS: &str = r#"
[setup]
path = "setup"

[planner]
scratch = "frames"

[engine.conf]
"spark.sql.shuffle.partitions" = "3"
"spark.sql.autoBroadcastJoinThreshold" = "-1"
"#;

const SET_UP: &str = "
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT id % 50 AS k, id AS v FROM range(0, 4000, 1, 3);
CREATE TABLE d.u USING parquet AS SELECT id AS k, concat('n', id) AS name FROM range(0, 60, 1, 2);
CREATE TABLE d.grouped (k BIGINT, n BIGINT) USING parquet;
CREATE TABLE d.joined (k BIGINT, v BIGINT, name STRING) USING parquet;
";

/// Files, and how many exchanges by a key their statements have as written and over the buckets.
const READERS: [(&str, &str, [usize; 2]); 2] = [
    (
        "1.sql",
        "INSERT OVERWRITE d.grouped SELECT k, count(v) FROM d.t GROUP BY k",
        [1, 0],
    ),
    (
        "2.sql",
        "INSERT OVERWRITE d.joined SELECT t.k, t.v, u.name FROM d.t JOIN d.u ON t.k = u.k",
        [2, 1],
    ),
];

const FORCED: [&str; 2] = ["--force-frames", "covering_read:scratch:clustered"];

#[test]
fn readers_of_a_bucketed_scratch_table_need_no_exchange() {
    let home = Home::new();
    home.write("p/hoist.toml", SETTINGS);
    home.write("p/setup/tables.sql", SET_UP);
    for (name, text, _) in READERS {
        home.write(&format!("p/{name}"), text);
    }
    let said = home.hoist(&[&["execute", "p"], &FORCED[..]].concat(), 0);
    said.tells(&["2 of 2 statements, 1 frame"]);
    assert!(!said.err.contains("warning"), "{}", said.err);
    let plan = saved_plan(&home, "p");
    let [frame] = &plan.frames[..] else {
        panic!("{:?}", plan.frames);
    };
    assert_eq!(
        (frame.name.as_str(), frame.medium.as_str()),
        ("t_1", "scratch")
    );
    let built = plan.steps.iter().flat_map(|step| &step.texts);
    let built: Vec<&str> = built.map(|text| text.text.as_str()).collect();
    let table = "CREATE TABLE {ns}.t_1 USING parquet CLUSTERED BY (`k`) INTO 8 BUCKETS AS ";
    assert!(
        built.iter().any(|text| text.starts_with(table)),
        "{built:#?}"
    );

    block_on(exchanges(&home));
    let verify = ["verify", "p", "--plain-runs", "1", "--format", "json"];
    let said = home.hoist(&[&verify, &FORCED[..]].concat(), 0);
    let document: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(document["holds"], true);
    let outputs = document["outputs"].as_array().unwrap();
    let rows: Vec<u64> = outputs
        .iter()
        .map(|output| output["rows_hoisted"].as_u64().unwrap())
        .collect();
    assert_eq!(rows, [50, 4000], "{document:#}");
    home.assert_nothing_left("p");
    assert_eq!(names(&home.path("frames")), Vec::<String>::new());
}

/// Counts exchanges as written and over the buckets.
async fn exchanges(home: &Home) {
    let saved = saved_plan(home, "p");
    let mut local = options(&home.path("p/.hoist"), CatalogKind::Hive);
    local.conf.extend(saved.settings.engine_conf.clone());
    let mut engine = Local::new(local);
    open(&mut engine).await;
    let root = home.path("p");
    let folders = std::slice::from_ref(&root);
    let sources = load(&root, folders, &LoadOptions::default(), &Variables::new()).unwrap();
    let plain = RunInput::plain(&sources, &frontend::parse(&sources).statements);
    let options = RunOptions {
        run: "0a1b2c3d".to_owned(),
        root,
        scratch: Some(home.path("buckets").display().to_string()),
        ..RunOptions::default()
    };
    carry_out(&mut engine, &plain, &options).await;
    let hoisted = RunInput::from_plan(&saved);
    carry_out(&mut engine, &hoisted, &options).await;
    let scans = frames_scanned(&mut engine, &options.run).await;
    assert_eq!(compare_reads(&hoisted, &scans), READERS.len());
    for (name, _, wanted) in READERS {
        let executed = executed_plans(&mut engine, name).await.unwrap();
        let [plain, hoisted] = &executed[..] else {
            panic!("{executed:?}");
        };
        let found =
            [plain, hoisted].map(|plan| last_plan(&plan.text).matches("- Exchange (").count());
        assert_eq!(found, wanted, "{name}: {executed:#?}");
        assert!(hoisted.text.contains("Bucketed: true"), "{}", hoisted.text);
        assert!(!plain.text.contains("Bucketed: true"), "{}", plain.text);
    }
    engine.close().await.unwrap();
}

/// The tree of a plan as it ended.
fn last_plan(text: &str) -> &str {
    let text = text.split("== Final Plan ==").last().unwrap();
    text.split("== Initial Plan ==").next().unwrap()
}
