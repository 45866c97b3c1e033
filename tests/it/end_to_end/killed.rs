//! Runs that are killed while a scratch table of theirs is there: nothing of hoist's can clean up any more, so the next
//! run finds and removes what is left, on this machine and through a Livy server.

use std::path::Path;
use std::process::{Child, Command};

use hoist::runtime::engine::Engine;
use hoist::runtime::engine::livy::Livy;
use hoist::runtime::engine::local::{CatalogKind, Local};
use hoist::runtime::run::{Event, Recorder, ScratchPlace, SystemClock, remove_leftovers};
use serde_json::json;

use super::stopped::{SETTINGS, act_in_step, pipeline};
use super::{Home, names};
use crate::livy::options as livy_options;
use crate::livy_server::{Executor, LivyServer, Settings};
use crate::local_engine::{block_on, done, open, options, processes, value, wait_for};

/// The step in which runs are killed: it reads the scratch table, and does not end.
const ENDLESS: (&str, &str) = ("run", "2_second.sql:1");

/// A run whose one frame is the scratch table `wide_1`.
const RUN: [&str; 8] = [
    "execute",
    "p",
    "--journal",
    "journal.jsonl",
    "--force-frames",
    "covering_read:scratch",
    "--set",
    "length=1000000000000",
];

/// The pipeline with its scratch tables in `frames`, named as `text`.
fn pipeline_in(text: &str) -> Home {
    let home = pipeline();
    let place = format!("\nmargin = 0\nscratch = \"{text}\"\n");
    let settings = SETTINGS.replace("\nmargin = 0\n", &place);
    assert_ne!(settings, SETTINGS);
    // The server ends a session of which it hears nothing any more.
    let settings = format!("{settings}\n[engine.livy]\nheartbeat = \"10s\"\n");
    home.write("p/hoist.toml", &settings);
    home
}

/// Starts a run, kills it in the statement that reads its scratch table, and gives the name of its database.
fn killed(home: &Home, command: Command, frames: &Path) -> String {
    let kill = |child: &Child| {
        let sent = Command::new("kill")
            .args(["-KILL", &child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    };
    let output = act_in_step(home, command, ENDLESS, kill);
    assert_eq!(output.status.code(), None, "ended by the signal");
    let [database] = &names(frames)[..] else {
        panic!("{:?}", names(frames));
    };
    database.clone()
}

/// Whether a folder below has data of the frame.
fn has_frame(folder: &Path) -> bool {
    let table = folder.join("wide_1");
    table.is_dir() && names(&table).iter().any(|name| name.starts_with("part-"))
}

async fn databases<E: Engine>(engine: &mut E) -> serde_json::Value {
    open(engine).await;
    let text = "hoist_value = sorted(row[0] for row in spark.sql('SHOW DATABASES').collect())";
    let databases = done(engine, value(text)).await.value.unwrap();
    engine.close().await.unwrap();
    databases
}

#[test]
fn the_next_run_removes_the_scratch_tables_of_a_killed_one() {
    let home = pipeline_in("frames");
    let frames = home.path("frames");
    let database = killed(&home, home.command(&RUN), &frames);
    wait_for("the session ends with its process", 120, || {
        processes(home.path("").as_path()).is_empty()
    });
    assert!(has_frame(&frames.join(&database).join("tables")));

    let said = home.hoist(&["execute", "p"], 0);
    said.tells(&[
        &format!("removed the scratch database `{database}` of a run that died"),
        "4 of 4 statements",
    ]);
    home.assert_nothing_left("p");
    assert_eq!(names(&frames), Vec::<String>::new());
    let left = block_on(async {
        let mut engine = Local::new(options(&home.path("p/.hoist"), CatalogKind::Hive));
        databases(&mut engine).await
    });
    assert_eq!(left, json!(["d", "default"]));
    let said = home.hoist(&["execute", "p"], 0);
    assert!(!said.err.contains("warning"), "{}", said.err);
}

#[test]
fn the_next_run_through_livy_removes_them_too() {
    let folder = tempfile::tempdir().unwrap();
    let frames = folder.path().join("frames");
    std::fs::create_dir(&frames).unwrap();
    let server = LivyServer::start(Settings::new(Executor::Spark {
        home: folder.path().join("home"),
        catalog: CatalogKind::Hive,
    }));
    let url = server.url();
    let home = pipeline_in(frames.to_str().unwrap());
    let command = |arguments: &[&str]| {
        let mut command = home.command(arguments);
        command.args(["--engine", "livy", "--url", &url]);
        command
    };
    let database = killed(&home, command(&RUN), &frames);
    assert!(has_frame(&frames.join(&database)));
    let lock = folder.path().join("home/session.lock");
    wait_for("the server ends the session", 120, || {
        server.sessions().is_empty() && std::fs::read(&lock).unwrap().is_empty()
    });

    let said = home.ended(command(&["execute", "p"]).output().unwrap(), 0);
    said.tells(&[
        &format!("removed the scratch database `{database}` of a run that died"),
        "4 of 4 statements",
    ]);
    assert_eq!(names(&frames), Vec::<String>::new());
    let left = block_on(async { databases(&mut Livy::new(livy_options(&url))).await });
    assert_eq!(left, json!(["d", "default"]));
    assert_eq!(server.sessions().len(), 0);
}

/// A catalog in memory goes with its session, and a cluster's storage has no locks: nothing tells whose folders there are.
#[test]
fn folders_on_a_cluster_without_a_database_are_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["hoist_0000000a/wide_1", "hoist_0000000g", "other"] {
        std::fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    let place =
        |name: &str| ScratchPlace::Elsewhere(format!("file:{}{name}", folder.path().display()));
    let home = tempfile::tempdir().unwrap();
    let clock = SystemClock::new();
    let mut watch = |_: &Event| {};
    let mut recorder = Recorder::new(&clock, None, &mut watch);
    block_on(async {
        let mut engine = Local::new(options(home.path(), CatalogKind::InMemory));
        open(&mut engine).await;
        for place in [place(""), place("/not/there")] {
            let left = remove_leftovers(&mut engine, &place, &[], &mut recorder);
            left.await.unwrap();
        }
        engine.close().await.unwrap();
    });
    let warnings = recorder.finish().warnings;
    let [warning] = &warnings[..] else {
        panic!("{warnings:?}");
    };
    assert!(
        warning.contains("/hoist_0000000a`; if it died, remove"),
        "{warning}"
    );
    assert_eq!(
        names(folder.path()),
        ["hoist_0000000a", "hoist_0000000g", "other"]
    );
}
