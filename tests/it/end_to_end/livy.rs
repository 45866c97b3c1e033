//! The built command through a Livy server: the sample with the results of a plain local run, runs that stop early,
//! and runs that never begin.

use std::process::Command;
use std::sync::Arc;

use hoist::runtime::engine::livy::{Auth, Livy, LivyOptions, Secret};
use hoist::runtime::engine::local::CatalogKind;
use hoist::runtime::engine::{Engine as _, Want};
use serde_json::{Value, json};

use super::sample::{frames_are_read, saved_plan, small_sample, totals};
use super::stopped::{
    FAILED, INTERRUPTED, act_in_step, assert_cancelled, empty, fail_at_the_end, has_data,
    interrupt, pipeline,
};
use super::{Home, Said, names};
use crate::livy::options;
use crate::livy_server::{Executor, LivyServer, Settings, Start, basic};
use crate::local_engine::{block_on, done, open, sql, value, wait_for};

/// What no output may show.
const PASSWORD: &str = "hunter2-of-ann";

/// A command whose session is on the server.
fn through(home: &Home, url: &str, arguments: &[&str]) -> Command {
    let mut command = home.command(arguments);
    with_user(command.args(["--engine", "livy", "--url", url]));
    command
}

fn with_user(command: &mut Command) {
    command
        .env("HOIST_LIVY_PASSWORD", PASSWORD)
        .env("HOIST_ENGINE_LIVY_USER", "ann");
}

/// Runs a command to its end. What it says holds no secret.
#[track_caller]
fn ended(home: &Home, mut command: Command, code: i32) -> Said {
    let output = command.output().unwrap();
    let said = home.ended(output, code);
    assert_secret(&[&said.out, &said.err]);
    said
}

#[track_caller]
fn assert_secret(texts: &[&str]) {
    for text in texts {
        assert!(
            !text.contains(PASSWORD) && !text.contains(&basic("ann", PASSWORD)[6..]),
            "{text}"
        );
    }
}

/// Compares the tables of `mart` and the results in the session with those of a plain local run: for each its rows,
/// and the number of different rows that one side has more often than the other.
const COMPARE: &str = "
import os
from pyspark.sql import functions as f
def exact(frame, side):
    rounded = ('double', 'float')
    columns = [f.round(f.col('`%s`' % n), 6) if t in rounded else f.col('`%s`' % n).cast('string')
               for n, t in frame.dtypes]
    return frame.select(f.lit(side), *columns).toDF('side', *['c%d' % n for n in range(len(columns))])
def parquet(folder):
    return spark.read.parquet('file:' + folder)
pairs = {}
for row in spark.sql('SHOW TABLES IN mart').collect():
    if row['isTemporary']: continue
    name = row['tableName']
    hoisted = spark.table('mart.' + name)
    plain = parquet(os.path.join(hoist_vars['warehouse'], 'mart.db', name))
    pairs[name] = hoisted, plain.select(*['`%s`' % n for n in hoisted.columns])
for name in os.listdir(hoist_vars['plain']):
    pairs['result ' + name] = [parquet(os.path.join(hoist_vars[side], name)) for side in ('hoisted', 'plain')]
hoist_value = {}
for name, (hoisted, plain) in pairs.items():
    assert hoisted.dtypes == plain.dtypes, (name, hoisted.dtypes, plain.dtypes)
    both = exact(hoisted, 1).union(exact(plain, -1))
    differ = both.groupBy(*both.columns[1:]).agg(f.sum('side').alias('more')).where('more <> 0')
    hoist_value[name] = [plain.count(), differ.count()]";

/// The tables and results of a run through Livy are those of the plain local run.
async fn assert_equal(engine: &mut Livy, home: &Home) -> Value {
    let mut compare = value(COMPARE);
    for (name, path) in [
        ("warehouse", "queries/.hoist/warehouse"),
        ("plain", "plain"),
        ("hoisted", "hoisted"),
    ] {
        let path = home.path(path).display().to_string();
        compare.variables.insert(name.to_owned(), path);
    }
    let tables = done(engine, compare).await.value.unwrap();
    let counts: Vec<(u64, u64)> = tables
        .as_object()
        .unwrap()
        .values()
        .map(|counts| (counts[0].as_u64().unwrap(), counts[1].as_u64().unwrap()))
        .collect();
    assert_eq!(counts.len(), 22, "21 tables and a bare query: {tables}");
    assert!(
        counts.iter().all(|&(rows, differ)| rows > 0 && differ == 0),
        "{tables}"
    );
    tables
}

/// The sample through a server whose driver sees this machine's files, hoisted, with the results of a plain local
/// run. Gives the numbers.
pub(crate) fn the_sample(url: &str, options: LivyOptions, sessions: &dyn Fn() -> usize) -> String {
    let home = small_sample();
    let arguments = [
        "execute",
        "queries",
        "--frames",
        "off",
        "--results",
        "plain",
    ];
    home.hoist(&arguments, 0);

    let arguments = [
        "execute",
        "queries",
        "--setup",
        "--results",
        "hoisted",
        "--journal",
        "journal.jsonl",
    ];
    let said = ended(&home, through(&home, url, &arguments), 0);
    assert_eq!(sessions(), 0, "no session is left");
    let plan = saved_plan(&home);
    said.tells(&[&totals(&plan), "\n  session start ", "\n  set-up "]);
    assert!(!said.err.contains("warning"), "{}", said.err);
    for file in ["journal.jsonl", "queries/.hoist/plan.json"] {
        assert_secret(&[&std::fs::read_to_string(home.path(file)).unwrap()]);
    }
    assert_eq!(names(&home.path("plain")), names(&home.path("hoisted")));

    let (tables, reads) = block_on(async {
        let mut engine = Livy::new(options);
        open(&mut engine).await;
        let tables = assert_equal(&mut engine, &home).await;
        let reads = frames_are_read(&mut engine, &home, &plan).await;
        assert_eq!(assert_equal(&mut engine, &home).await, tables);
        for database in ["mart", "insurance"] {
            drop_database(&mut engine, database).await;
        }
        engine.close().await.unwrap();
        (tables, reads)
    });
    assert_eq!(sessions(), 0, "no session is left");
    format!(
        "the sample: {} frames, {reads} reads of them, {} sessions left; rows and differing rows: {tables}",
        plan.summary.frames,
        sessions(),
    )
}

#[test]
fn the_sample_through_the_test_server() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = Settings::new(Executor::Spark {
        home: folder.path().join("home"),
        catalog: CatalogKind::Hive,
    });
    settings.authorization = Some(basic("ann", PASSWORD));
    let server = LivyServer::start(settings);
    let mut options = options(&server.url());
    options.auth = Auth::Basic {
        user: "ann".to_owned(),
        password: Secret::new(PASSWORD),
    };
    let told = the_sample(&server.url(), options, &|| server.sessions().len());
    println!("{told}");
}

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

async fn drop_database(engine: &mut Livy, name: &str) {
    let drop = format!("DROP DATABASE {name} CASCADE");
    done(engine, sql(&drop, Want::Nothing)).await;
}

/// Interrupted in a statement, its driver killed in a statement, and failed: the outputs of earlier statements stay,
/// and no session does.
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
}

/// Statements are never reached on this server.
fn settings() -> Settings {
    Settings::new(Executor::Script(Arc::new(|_, _| Value::Null)))
}

/// Ctrl-C while the session starts.
#[test]
fn an_interrupt_before_there_is_a_session() {
    let mut settings = settings();
    settings.start = Start::Never;
    let server = LivyServer::start(settings);
    let home = pipeline();
    let mut command = through(&home, &server.url(), &["execute", "p"]);
    let child = command.spawn().unwrap();
    wait_for("a session that starts", 60, || {
        server.count("GET", "/sessions/") > 1
    });
    assert_eq!(server.sessions().len(), 1);
    interrupt(&child);
    let said = home.ended(child.wait_with_output().unwrap(), 130);
    assert_eq!(server.sessions().len(), 0);
    said.tells(&[
        "starting Livy 0.9.0-incubating at http://",
        "/sessions/0/log",
    ]);
}

/// What goes wrong before a session, as the user sees it: always exit code 2, the reason and the next step.
#[test]
fn what_never_begins_says_why() {
    let home = pipeline();
    let refused = |settings: Settings, change: &dyn Fn(&mut Command), says: &str| {
        let server = LivyServer::start(settings);
        server.other_session(&json!({"name": "theirs"}));
        let mut command = through(&home, &server.url(), &["execute", "p"]);
        change(&mut command);
        let said = ended(&home, command, 2);
        said.tells(&["error: ", says, "\n  help: "]);
        assert_eq!(said.out, "");
        assert_eq!(server.sessions().len(), 1, "theirs and no other: {says}");
    };
    let nothing = |_: &mut Command| {};
    let setting = |name: &'static str, value: &'static str| {
        move |command: &mut Command| {
            command.env(name, value);
        }
    };
    let with = |change: &dyn Fn(&mut Settings)| {
        let mut settings = settings();
        change(&mut settings);
        settings
    };
    refused(
        with(&|settings| settings.authorization = Some(basic("ann", "another"))),
        &nothing,
        "refuses access (401) with the credentials given",
    );
    refused(
        with(&|settings| settings.unknown = vec!["numExecutors"]),
        &setting("HOIST_ENGINE_LIVY_NUM_EXECUTORS", "4"),
        "does not know the session setting `numExecutors`",
    );
    refused(
        settings(),
        &setting("HOIST_ENGINE_LIVY_NAME", "theirs"),
        "a Livy session named `theirs` exists already (state `",
    );
    refused(
        with(&|settings| settings.most_sessions = 1),
        &nothing,
        "the Livy server starts no further session",
    );
    refused(
        with(&|settings| settings.start = Start::Dies),
        &nothing,
        "did not start: state `dead`: Exception in thread \"main\" java.lang.OutOfMemoryError",
    );
    refused(
        with(&|settings| settings.start = Start::Never),
        &setting("HOIST_ENGINE_LIVY_START_TIMEOUT", "1s"),
        "was not ready within 1 s (state `starting`)",
    );
}

/// Addresses without a Livy server.
#[test]
fn addresses_that_are_wrong_are_told() {
    let home = pipeline();
    let server = LivyServer::start(Settings {
        base_path: "/gateway/default/livy/v1",
        authorization: Some(basic("ann", "another")),
        ..settings()
    });
    let url = server.url();
    let other = url.replace("/default/", "/other/");
    let says_404 = format!("`{other}` is no Livy server: ");
    for (arguments, says) in [
        (
            &["execute", "p", "--url", "http://127.0.0.1:1"][..],
            "the Livy server at `http://127.0.0.1:1` does not answer: ",
        ),
        (
            &["execute", "p", "--engine", "livy"],
            "the address of the Livy server is not known",
        ),
        (
            &["execute", "p", "--url", "http://ann:secret@h:1"],
            "`http://h:1` cannot be the address of a Livy server",
        ),
        (&["execute", "p", "--url", &other], &says_404),
        (&["engine", "status", "--url", &other], &says_404),
        (
            &["engine", "status", "--url", &url],
            "refuses access (401) with the credentials given",
        ),
    ] {
        let mut command = home.plain_command(arguments);
        with_user(&mut command);
        // A gateway that wants credentials tells those without access nothing, not even what it lacks.
        if arguments.contains(&other.as_str()) {
            command.env("HOIST_LIVY_PASSWORD", "another");
        }
        let said = ended(&home, command, 2);
        said.tells(&["error: ", says, "\n  help: "]);
        assert!(!said.err.contains("secret"), "{}", said.err);
        assert_eq!(said.out, "");
    }
    assert_eq!(server.sessions().len(), 0);
}

/// A password or token comes from the environment or from a file, and a token goes before a password.
#[test]
fn credentials_come_from_the_environment_or_a_file() {
    let home = Home::new();
    home.write("password", &format!("{PASSWORD}\n"));
    home.write("token", "token-of-ann\r\n");
    let status = |server: &LivyServer, variables: &[(&str, &str)], code: i32| {
        let mut command = home.plain_command(&["engine", "status", "--url", &server.url()]);
        command.envs(variables.iter().copied());
        let said = ended(&home, command, code);
        assert!(!said.err.contains("token-of-ann"), "{}", said.err);
        if code == 0 {
            let told = format!("Livy    0.9.0-incubating {}\n", server.url());
            assert_eq!(said.out, told);
        }
        said
    };
    let wanting = |authorization: &str| {
        LivyServer::start(Settings {
            authorization: Some(authorization.to_owned()),
            ..settings()
        })
    };
    let user = ("HOIST_ENGINE_LIVY_USER", "ann");
    let password_file = ("HOIST_ENGINE_LIVY_PASSWORD_FILE", "password");

    let server = wanting(&basic("ann", PASSWORD));
    status(&server, &[user, ("HOIST_LIVY_PASSWORD", PASSWORD)], 0);
    status(&server, &[user, password_file], 0);
    status(&server, &[user], 2).tells(&["no password for the Livy user `ann`"]);
    status(&server, &[password_file], 2).tells(&["a Livy password, but no user"]);
    let missing = ("HOIST_ENGINE_LIVY_PASSWORD_FILE", "missing");
    status(&server, &[user, missing], 2).tells(&["the secret in `", "missing` cannot be read"]);

    let server = wanting("Bearer token-of-ann");
    status(&server, &[("HOIST_LIVY_TOKEN", "token-of-ann")], 0);
    let token_file = ("HOIST_ENGINE_LIVY_TOKEN_FILE", "token");
    status(&server, &[user, password_file, token_file], 0);
    status(&server, &[user, password_file], 2).tells(&["refuses access (401)"]);
}
