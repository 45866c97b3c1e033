//! Runs that do not reach their end: interrupted while a frame is built, interrupted in a statement, and failed. One
//! small pipeline on the Hive catalog, so that what each run leaves is what the next one finds.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};

use serde_json::Value;

use super::{Home, Said, names};
use crate::local_engine::{processes, wait_for};

pub(super) const SETTINGS: &str = r#"
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

pub(super) fn pipeline() -> Home {
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
    fail_at_the_end(&home);
    a_late_failure(&home);
    the_next_run_succeeds(&home);
}

fn warehouse(home: &Home) -> PathBuf {
    home.path("p/.hoist/warehouse")
}

/// Whether data were written to a table of the pipeline.
pub(super) fn has_data(warehouse: &Path, table: &str) -> bool {
    let names = names(&warehouse.join("d.db").join(table));
    names.iter().any(|name| name.starts_with("part-"))
}

/// Takes the data of a table away.
pub(super) fn empty(warehouse: &Path, table: &str) {
    let folder = warehouse.join("d.db").join(table);
    for name in names(&folder) {
        std::fs::remove_file(folder.join(name)).unwrap();
    }
}

pub(super) fn events(home: &Home) -> Vec<Value> {
    let text = std::fs::read_to_string(home.path("journal.jsonl")).unwrap_or_default();
    // The last line may be half written.
    text.split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Starts a command that writes the journal `journal.jsonl`, acts two seconds into the step named, and gives what
/// the command said.
pub(super) fn act_in_step(
    home: &Home,
    mut command: Command,
    (kind, title): (&str, &str),
    act: impl FnOnce(&Child),
) -> Output {
    let _ = std::fs::remove_file(home.path("journal.jsonl"));
    let mut child = command.spawn().unwrap();
    wait_for(title, 300, || {
        assert!(child.try_wait().unwrap().is_none(), "the command has ended");
        events(home).iter().any(|event| starts(event, kind, title))
    });
    std::thread::sleep(std::time::Duration::from_secs(2));
    act(&child);
    child.wait_with_output().unwrap()
}

fn starts(event: &Value, kind: &str, title: &str) -> bool {
    event["event"] == "step_started" && event["kind"] == kind && event["title"] == title
}

/// Ctrl-C.
pub(super) fn interrupt(child: &Child) {
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

/// The step named was cancelled, and none started after it.
pub(super) fn assert_cancelled(home: &Home, kind: &str, title: &str) {
    let events = events(home);
    let at = events.iter().find(|event| starts(event, kind, title));
    let at = &at.unwrap()["step"];
    let cancelled = events
        .iter()
        .find(|event| event["event"] == "step_cancelled");
    assert_eq!(&cancelled.unwrap()["step"], at, "{events:?}");
    let later = events
        .iter()
        .filter(|event| event["event"] == "step_started" && event["step"].as_u64() > at.as_u64());
    assert_eq!(later.count(), 0);
}

/// What a command says that was interrupted in its run.
pub(super) const INTERRUPTED: [&str; 4] = [
    "stopping: what runs is cancelled and cleaned up",
    "\nInterrupted in ",
    "interrupted: what earlier statements wrote stays\n",
    "\nNext:   hoist execute p  # runs all statements again\n",
];

/// Executes, sends SIGINT two seconds into the step named, and gives what the command said.
fn interrupt_in(home: &Home, variable: &str, kind: &str, title: &str) -> Said {
    let arguments = [
        "execute",
        "p",
        "--journal",
        "journal.jsonl",
        "--set",
        variable,
    ];
    let output = act_in_step(home, home.command(&arguments), (kind, title), |child| {
        let processes = processes(home.path("").as_path());
        assert!(processes.iter().any(|process| process.contains("java")));
        interrupt(child);
    });
    let said = home.ended(output, 130);
    home.assert_nothing_left("p");
    said.tells(&INTERRUPTED);
    assert!(!said.err.contains("Left behind"), "{}", said.err);
    assert_cancelled(home, kind, title);
    said
}

fn interrupted_while_a_frame_is_built(home: &Home) {
    let said = interrupt_in(home, "length=1000000000000", "materialise", "slow_1");
    said.tells(&["\n  set-up ", ": 1 of 4 statements, 0 frames"]);
    assert!(has_data(&warehouse(home), "first"), "earlier outputs stay");
    assert!(!has_data(&warehouse(home), "second"));
}

fn interrupted_in_a_statement(home: &Home) {
    let said = interrupt_in(home, "rows=1000000000000", "run", "4_last.sql:1");
    // The tables are there and nobody holds the metastore.
    assert!(!said.err.contains("set-up"), "{}", said.err);
    said.tells(&[": 3 of 4 statements, 1 frame"]);
    assert!(
        ["first", "second", "third"]
            .iter()
            .all(|table| has_data(&warehouse(home), table))
    );
    assert!(!has_data(&warehouse(home), "last"));
    let folder = warehouse(home).join("d.db/last");
    let files = names(&folder);
    assert!(
        files
            .iter()
            .all(|name| !name.starts_with("_temporary") && !name.starts_with(".spark")),
        "{files:?}"
    );
}

/// From now on the last statement fails.
pub(super) fn fail_at_the_end(home: &Home) {
    home.write(
        "p/4_last.sql",
        "-- The last one.\nINSERT OVERWRITE d.last\nSELECT sum(n),\n  nothing FROM d.first",
    );
}

/// What a command says whose last statement failed.
pub(super) const FAILED: [&str; 4] = [
    "\nFailed in ",
    ": 3 of 4 statements, 1 frame",
    "\nerror: `4_last.sql:4:3` failed: UNRESOLVED_COLUMN",
    "\n  help: what earlier statements wrote stays; correct the statement and execute again\n",
];

fn a_late_failure(home: &Home) {
    for table in ["first", "second", "third"] {
        empty(&warehouse(home), table);
    }
    let said = home.hoist(&["execute", "p"], 4);
    home.assert_nothing_left("p");
    said.tells(&FAILED);
    assert_eq!(said.out, "");
    assert!(
        ["first", "second", "third"]
            .iter()
            .all(|table| has_data(&warehouse(home), table)),
        "what was written before stays"
    );
    assert!(!has_data(&warehouse(home), "last"));
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
    assert!(has_data(&warehouse(home), "last"));
}
