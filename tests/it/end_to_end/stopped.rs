//! Runs that do not reach their end: interrupted while a frame is built, interrupted in a statement, and failed. One
//! small pipeline on the Hive catalog, so that what each run leaves is what the next one finds.

use std::process::Command;

use serde_json::Value;

use super::{Home, names};
use crate::local_engine::{processes, wait_for};

const SETTINGS: &str = r#"
[variables]
length = "10"
rows = "1000"

[setup]
path = "setup"

[planner]
margin = 0
min_gain = "0ms"

[engine.conf]
"spark.sql.shuffle.partitions" = "2"
"#;

const SET_UP: &str = "
CREATE DATABASE d;
CREATE TABLE d.wide USING parquet AS SELECT id, concat('k', id % 5) AS kind FROM range(0, 4000, 1, 2);
CREATE TABLE d.first (n BIGINT) USING parquet;
CREATE TABLE d.second (kind STRING, digest INT) USING parquet;
CREATE TABLE d.third (n BIGINT) USING parquet;
CREATE TABLE d.last (n BIGINT) USING parquet;
";

/// What two statements have in common, as slow as `length` is long.
const SLOW: &str = "WITH slow AS (SELECT w.kind, max(hash(w.id, r.id)) AS digest \
                    FROM d.wide w CROSS JOIN range(0, ${length}) r GROUP BY w.kind)";

fn pipeline() -> Home {
    let home = Home::new();
    home.write("p/hoist.toml", SETTINGS);
    home.write("p/setup/1.sql", SET_UP);
    home.write(
        "p/1_first.sql",
        "INSERT OVERWRITE d.first SELECT count(*) FROM d.wide",
    );
    home.write(
        "p/2_second.sql",
        &format!(
            "INSERT OVERWRITE d.second {SLOW} SELECT kind, max(digest) FROM slow GROUP BY kind"
        ),
    );
    home.write(
        "p/3_third.sql",
        &format!("INSERT OVERWRITE d.third {SLOW} SELECT count(DISTINCT digest) FROM slow"),
    );
    home.write(
        "p/4_last.sql",
        "INSERT OVERWRITE d.last SELECT sum(hash(id)) FROM range(0, ${rows}, 1, 40)",
    );
    home
}

#[test]
fn what_stops_early_leaves_nothing_but_its_outputs() {
    let home = pipeline();
    interrupted_while_a_frame_is_built(&home);
    interrupted_in_a_statement(&home);
    a_late_failure(&home);
    the_next_run_succeeds(&home);
}

/// Whether data were written to a table of the pipeline.
fn has_data(home: &Home, table: &str) -> bool {
    let folder = home.path("p/.hoist/warehouse/d.db").join(table);
    names(&folder).iter().any(|name| name.starts_with("part-"))
}

fn events(home: &Home) -> Vec<Value> {
    let text = std::fs::read_to_string(home.path("journal.jsonl")).unwrap_or_default();
    // The last line may be half written.
    text.split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Executes, sends SIGINT two seconds into the step named, and gives what the command said.
fn interrupt(home: &Home, variable: &str, kind: &str, title: &str) -> super::Said {
    let arguments = [
        "execute",
        "p",
        "--journal",
        "journal.jsonl",
        "--set",
        variable,
    ];
    let _ = std::fs::remove_file(home.path("journal.jsonl"));
    let mut child = home.command(&arguments).spawn().unwrap();
    let started = |event: &Value| {
        event["event"] == "step_started" && event["kind"] == kind && event["title"] == title
    };
    wait_for(title, 300, || {
        assert!(child.try_wait().unwrap().is_none(), "the command has ended");
        events(home).iter().any(started)
    });
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert!(
        processes(home.path("").as_path())
            .iter()
            .any(|process| process.contains("java"))
    );
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    let output = child.wait_with_output().unwrap();
    let said = home.ended(output, 130);
    home.assert_nothing_left("p");
    said.tells(&[
        "stopping: what runs is cancelled and cleaned up",
        "\nInterrupted in ",
        "interrupted: what earlier statements wrote stays\n",
        "\nNext:   hoist execute p  # runs all statements again\n",
    ]);
    assert!(!said.err.contains("Left behind"), "{}", said.err);
    let events = events(home);
    let at = events.iter().find(|event| started(event)).unwrap();
    let cancelled = events
        .iter()
        .find(|event| event["event"] == "step_cancelled");
    assert_eq!(cancelled.unwrap()["step"], at["step"], "{events:?}");
    let later = events.iter().filter(|event| {
        event["event"] == "step_started" && event["step"].as_u64() > at["step"].as_u64()
    });
    assert_eq!(later.count(), 0);
    said
}

fn interrupted_while_a_frame_is_built(home: &Home) {
    let said = interrupt(home, "length=1000000000000", "materialise", "slow_1");
    said.tells(&["\n  set-up ", ": 1 of 4 statements, 0 frames"]);
    assert!(has_data(home, "first"), "earlier outputs stay");
    assert!(!has_data(home, "second"));
}

fn interrupted_in_a_statement(home: &Home) {
    let said = interrupt(home, "rows=1000000000000", "run", "4_last.sql:1");
    // The tables are there and nobody holds the metastore.
    assert!(!said.err.contains("set-up"), "{}", said.err);
    said.tells(&[": 3 of 4 statements, 1 frame"]);
    assert!(
        ["first", "second", "third"]
            .iter()
            .all(|table| has_data(home, table))
    );
    assert!(!has_data(home, "last"));
    let folder = home.path("p/.hoist/warehouse/d.db/last");
    let files = names(&folder);
    assert!(
        files
            .iter()
            .all(|name| !name.starts_with("_temporary") && !name.starts_with(".spark")),
        "{files:?}"
    );
}

fn a_late_failure(home: &Home) {
    home.write(
        "p/4_last.sql",
        "-- The last one.\nINSERT OVERWRITE d.last\nSELECT sum(n),\n  nothing FROM d.first",
    );
    for table in ["first", "second", "third"] {
        for name in names(&home.path("p/.hoist/warehouse/d.db").join(table)) {
            let path = home.path("p/.hoist/warehouse/d.db").join(table).join(name);
            std::fs::remove_file(path).unwrap();
        }
    }
    let said = home.hoist(&["execute", "p"], 4);
    home.assert_nothing_left("p");
    said.tells(&[
        "\nFailed in ",
        ": 3 of 4 statements, 1 frame",
        "\nerror: `4_last.sql:4:3` failed: UNRESOLVED_COLUMN",
        "\n  help: what earlier statements wrote stays; correct the statement and execute again\n",
    ]);
    assert_eq!(said.out, "");
    assert!(
        ["first", "second", "third"]
            .iter()
            .all(|table| has_data(home, table)),
        "what was written before stays"
    );
    assert!(!has_data(home, "last"));
}

fn the_next_run_succeeds(home: &Home) {
    home.write(
        "p/4_last.sql",
        "INSERT OVERWRITE d.last SELECT n FROM d.third;\nSELECT n FROM d.last",
    );
    let said = home.hoist(&["execute", "p"], 0);
    home.assert_nothing_left("p");
    said.tells(&["5 of 5 statements, 1 frame"]);
    assert_eq!(
        said.out.split_whitespace().collect::<Vec<_>>(),
        ["4_last.sql:2", "(1", "row)", "n", "5"]
    );
    assert!(has_data(home, "last"));
}
