//! The sample pipeline from the command line: plainly on the local engine, hoisted through Livy, equal outputs.

use std::path::Path;
use std::process::{Command, Output};

use hoist::runtime::engine::Engine as _;
use hoist::runtime::engine::livy::Livy;
use hoist::runtime::engine::local::CatalogKind;
use serde_json::Value;

use super::suite::{command, done, value};
use super::{open, options};
use crate::livy_server::{Executor, LivyServer, Settings, basic};
use crate::local_engine::{block_on, cache_dir};

/// What no output may show.
const PASSWORD: &str = "hunter2-of-ann";

/// Runs the command with nothing of the developer's environment but what Spark needs.
fn hoist(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hoist"));
    command.args(arguments).current_dir(folder).env_clear();
    for name in ["PATH", "JAVA_HOME", "HOME"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    command
        .env("HOIST_CACHE_DIR", cache_dir())
        .env("HOIST_LIVY_PASSWORD", PASSWORD)
        .env("HOIST_ENGINE_LIVY_USER", "ann")
        .output()
        .unwrap()
}

/// The sample at a small scale, in a folder.
fn sample(folder: &Path) {
    let queries = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries");
    for part in ["", "setup"] {
        std::fs::create_dir_all(folder.join("queries").join(part)).unwrap();
        for entry in std::fs::read_dir(queries.join(part)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let text = std::fs::read_to_string(&path).unwrap();
                // So small that frames pay only for who wants them.
                let text = text
                    .replace("scale = \"1\"", "scale = \"0.05\"")
                    .replace("margin = 2.0", "margin = 0.1");
                let name = path.file_name().unwrap();
                std::fs::write(folder.join("queries").join(part).join(name), text).unwrap();
            }
        }
    }
}

fn text(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(text).unwrap()
}

/// Compares the tables of `mart` in the session with those of a local warehouse; gives their names.
const COMPARE: &str = "
import os
from pyspark.sql import functions as f
def exact(frame):
    rounded = ('double', 'float')
    return frame.select(*[f.round(f.col('`%s`' % n), 6) if t in rounded else
                          f.col('`%s`' % n).cast('string') for n, t in frame.dtypes])
hoist_value = {}
for row in spark.sql('SHOW TABLES IN mart').collect():
    name = row['tableName']
    there = spark.table('mart.' + name)
    path = os.path.join(hoist_vars['warehouse'], 'mart.db', name)
    here = spark.read.parquet('file:' + path).select(*['`%s`' % n for n in there.columns])
    assert here.dtypes == there.dtypes, (name, here.dtypes, there.dtypes)
    here, there = exact(here), exact(there)
    hoist_value[name] = [here.count(), here.exceptAll(there).count() + there.exceptAll(here).count()]";

/// Both runs against a server whose driver sees this machine's files.
pub(super) fn equal_to_the_plain_local_run(
    url: &str,
    engine: &mut Livy,
    sessions: &dyn Fn() -> usize,
) {
    let folder = tempfile::tempdir().unwrap();
    sample(folder.path());
    let local = hoist(
        folder.path(),
        &[
            "execute",
            "queries",
            "--frames",
            "off",
            "--results",
            "plain",
        ],
    );
    assert!(local.status.success(), "{}", text(&local));
    let warehouse = folder.path().join("queries/.hoist/warehouse");
    let journal = folder.path().join("journal.jsonl");
    let livy = hoist(
        folder.path(),
        &[
            "execute",
            "queries",
            "--url",
            url,
            "--setup",
            "--budget",
            "300MiB",
            "--results",
            "hoisted",
            "--journal",
            journal.to_str().unwrap(),
        ],
    );
    let said = text(&livy);
    assert!(livy.status.success(), "{said}");
    assert_eq!(sessions(), 0, "no session is left");

    let events = std::fs::read_to_string(&journal).unwrap();
    let plan = std::fs::read_to_string(folder.path().join("queries/.hoist/plan.json")).unwrap();
    for shown in [&said, &events, &plan] {
        assert!(
            !shown.contains(PASSWORD) && !shown.contains(&basic("ann", PASSWORD)),
            "{shown}"
        );
    }
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let frames = plan["frames"].as_array().unwrap();
    assert!(!frames.is_empty(), "{said}");
    for result in std::fs::read_dir(folder.path().join("plain")).unwrap() {
        let name = result.unwrap().file_name();
        assert!(
            folder
                .path()
                .join("hoisted")
                .join(&name)
                .join("_SUCCESS")
                .exists(),
            "{}",
            name.display()
        );
    }

    block_on(async {
        open(engine).await;
        let mut compare = value(COMPARE);
        compare
            .variables
            .insert("warehouse".to_owned(), warehouse.display().to_string());
        let tables = done(engine, compare).await.value.unwrap();
        let tables = tables.as_object().unwrap();
        println!(
            "{} frames; rows and differing rows of each table: {tables:?}",
            frames.len()
        );
        assert!(tables.len() > 5, "{tables:?}");
        assert!(
            tables
                .values()
                .any(|counts| counts[0].as_u64().unwrap() > 1000)
        );
        assert!(tables.values().all(|counts| counts[1] == 0), "{tables:?}");
        for database in ["mart", "insurance"] {
            done(
                engine,
                command(&format!("DROP DATABASE {database} CASCADE")),
            )
            .await;
        }
        engine.close().await.unwrap();
    });
}

#[test]
fn the_sample_through_the_test_server() {
    let home = tempfile::tempdir().unwrap();
    let mut settings = Settings::new(Executor::Spark {
        home: home.path().join("home"),
        catalog: CatalogKind::Hive,
    });
    settings.authorization = Some(basic("ann", PASSWORD));
    let server = LivyServer::start(settings);
    let mut options = options(&server.url());
    options.auth = hoist::runtime::engine::livy::Auth::Basic {
        user: "ann".to_owned(),
        password: hoist::runtime::engine::livy::Secret::new(PASSWORD),
    };
    equal_to_the_plain_local_run(&server.url(), &mut Livy::new(options), &|| {
        server.sessions().len()
    });
}

/// What goes wrong before a session, as the user sees it.
#[test]
fn the_command_line_says_what_is_wrong() {
    let home = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    sample(folder.path());
    let mut settings = Settings::new(Executor::Spark {
        home: home.path().to_owned(),
        catalog: CatalogKind::InMemory,
    });
    settings.authorization = Some(basic("ann", "another"));
    let server = LivyServer::start(settings);
    let url = server.url();
    for (arguments, says) in [
        (
            vec!["execute", "queries", "--url", &url],
            "refuses access (401) with the credentials given",
        ),
        (
            vec!["execute", "queries", "--url", "http://127.0.0.1:1"],
            "does not answer",
        ),
        (
            vec!["execute", "queries", "--engine", "livy"],
            "the address of the Livy server is not known",
        ),
        (
            vec!["engine", "status", "--url", &url],
            "refuses access (401)",
        ),
        (
            vec!["execute", "queries", "--url", "http://ann:secret@h:1"],
            "`http://h:1` cannot be the address",
        ),
    ] {
        let output = hoist(folder.path(), &arguments);
        let said = text(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(says), "{said}");
        assert!(said.contains("help: "), "{said}");
        assert!(
            !said.contains(PASSWORD) && !said.contains("secret"),
            "{said}"
        );
    }
    assert!(server.sessions().is_empty());
}
