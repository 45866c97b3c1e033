//! Runs through Livy that do not reach their end: the outputs of earlier statements stay, and no session does.

use std::path::Path;
use std::process::Command;

use hoist::runtime::engine::Engine as _;
use hoist::runtime::engine::livy::{Livy, LivyOptions};
use hoist::runtime::engine::local::CatalogKind;
use serde_json::json;

use super::{drop_database, ended, through};
use crate::end_to_end::stopped::{
    FAILED, INTERRUPTED, act_in_step, assert_cancelled, empty, fail_at_the_end, has_data,
    interrupt, pipeline,
};
use crate::end_to_end::{Home, names};
use crate::livy_server::{Executor, LivyServer, Settings};
use crate::local_engine::{block_on, done, open, value, wait_for};

/// The statement of that step.
const ENDLESS_STATEMENT: &str =
    "INSERT OVERWRITE d.last SELECT sum(hash(id)) FROM range(0, ${rows}, 1, 40)";

/// The step in which runs are stopped, and the command whose step it is.
const ENDLESS: (&str, &str) = ("run", "4_last.sql:1");

fn endless(home: &Home, url: &str) -> Command {
    let arguments = [
        "execute",
        "p",
        "--journal",
        "journal.jsonl",
        "--set",
        "rows=1000000000000",
    ];
    through(home, url, &arguments)
}

/// Ctrl-C in a statement: it is cancelled, and the session deleted.
fn interrupted(home: &Home, url: &str, sessions: &dyn Fn() -> usize) {
    let output = act_in_step(home, endless(home, url), ENDLESS, |child| {
        assert_eq!(sessions(), 1);
        interrupt(child);
    });
    let said = home.ended(output, 130);
    assert_eq!(sessions(), 0);
    assert_cancelled(home, ENDLESS.0, ENDLESS.1);
    said.tells(&INTERRUPTED)
        .tells(&[": 3 of 4 statements, 1 frame"]);
    assert!(!said.err.contains("could not be deleted"), "{}", said.err);
}

/// A statement that fails is told with its place in the file.
fn failed(home: &Home, url: &str, sessions: &dyn Fn() -> usize) {
    fail_at_the_end(home);
    let said = ended(home, through(home, url, &["execute", "p"]), 4);
    assert_eq!(sessions(), 0);
    said.tells(&FAILED);
    assert_eq!(said.out, "");
}

/// Runs that are interrupted and that fail, on whichever server.
pub(crate) fn what_stops_early(url: &str, options: LivyOptions, sessions: &dyn Fn() -> usize) {
    let home = pipeline();
    interrupted(&home, url, sessions);
    failed(&home, url, sessions);
    block_on(async {
        let mut engine = Livy::new(options);
        open(&mut engine).await;
        let rows = "hoist_value = [spark.table('d.' + name).count() for name in ('first', 'second', 'third')]";
        let rows = done(&mut engine, value(rows)).await.value;
        assert_eq!(
            rows,
            Some(json!([1, 5, 1])),
            "what was written before stays"
        );
        drop_database(&mut engine, "d").await;
        engine.close().await.unwrap();
    });
}

/// Interrupted in a statement, its driver killed in a statement, and failed.
#[test]
fn what_stops_early_leaves_no_session() {
    let folder = tempfile::tempdir().unwrap();
    let server = LivyServer::start(Settings::new(Executor::Spark {
        home: folder.path().join("home"),
        catalog: CatalogKind::Hive,
    }));
    let url = server.url();
    let sessions = || server.sessions().len();
    let home = pipeline();
    let warehouse = folder.path().join("home/warehouse");
    let assert_outputs = || {
        for table in ["first", "second", "third"] {
            assert!(has_data(&warehouse, table), "{table}");
            empty(&warehouse, table);
        }
        assert!(!has_data(&warehouse, "last"));
    };

    interrupted(&home, &url, &sessions);
    assert!(server.count("POST", "/cancel") >= 1);
    assert_outputs();

    let output = act_in_step(&home, endless(&home, &url), ENDLESS, |_| {
        server.sessions()[0].kill();
    });
    let said = home.ended(output, 4);
    assert_eq!(sessions(), 0);
    said.tells(&[
        "\nFailed in ",
        "\nerror: `4_last.sql:1` failed: SESSION: the Livy session `hoist-",
        "` ended unexpectedly (state `dead`): ",
        "the driver was killed",
        "\n  help: the log of the Livy server says more; frames are gone with the session, tables already written are not\n",
    ]);
    assert_eq!(said.out, "");
    assert_outputs();

    failed(&home, &url, &sessions);
    assert_outputs();
    stopped_verification(&home, &url, &sessions, &warehouse);
}

/// A verification whose plain run fails, and one that is interrupted in it: the database goes with what is in it, and the
/// pipeline's tables are not touched.
fn stopped_verification(home: &Home, url: &str, sessions: &dyn Fn() -> usize, warehouse: &Path) {
    let into = warehouse.join("verify_box.db");
    let nothing_is_left = || {
        assert_eq!(sessions(), 0);
        assert!(!into.exists(), "{:?}", names(&into));
        for table in ["first", "second", "third", "last"] {
            assert!(!has_data(warehouse, table), "{table}");
        }
    };
    let verify = ["verify", "p", "--into", "verify_box"];
    let said = ended(home, through(home, url, &verify), 4);
    said.tells(&["the plain run failed at 4_last.sql:"]);
    nothing_is_left();

    let slow = [&verify[..], &["--set", "rows=1000000000000"]].concat();
    home.write("p/4_last.sql", ENDLESS_STATEMENT);
    let mut child = through(home, url, &slow).spawn().unwrap();
    let third = into.join("third");
    wait_for("the statement before is done", 300, || {
        assert!(child.try_wait().unwrap().is_none(), "the command has ended");
        third.exists() && names(&third).iter().any(|name| name.starts_with("part-"))
    });
    std::thread::sleep(std::time::Duration::from_secs(2));
    interrupt(&child);
    let said = home.ended(child.wait_with_output().unwrap(), 130);
    said.tells(&["interrupted: the pipeline's tables are as they were"]);
    nothing_is_left();
}
