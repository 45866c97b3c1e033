//! The built command through a Livy server: the sample with the results of a plain local run, runs that stop early,
//! and runs that never begin.

mod catalog;
mod refused;
mod stopped;
mod verified;

use std::process::Command;

use hoist::runtime::engine::livy::{Auth, Livy, LivyOptions, Secret};
use hoist::runtime::engine::local::CatalogKind;
use hoist::runtime::engine::{Engine as _, Want};
use serde_json::Value;

use super::sample::{catalog_is_told, frames_are_read, saved_plan, small_sample, totals};
use super::{Home, Said, names};
use crate::livy::options;
use crate::livy_server::{Executor, LivyServer, Settings, basic};
use crate::local_engine::{block_on, done, open, sql, value};

pub(crate) use self::stopped::what_stops_early;

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
        .env("HOIST_ENGINE_LIVY_DRIVER_MEMORY", "2g")
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
    let collected = ended(
        &home,
        through(&home, url, &["catalog", "queries", "-o", "catalog.json"]),
        0,
    );
    assert_eq!(sessions(), 0, "no session is left");
    catalog_is_told(&collected);
    assert_secret(&[&std::fs::read_to_string(home.path("catalog.json")).unwrap()]);
    let plan = saved_plan(&home, "queries");
    said.tells(&[&totals(&plan), "\n  session start ", "\n  set-up "]);
    assert!(!said.err.contains("warning"), "{}", said.err);
    for file in ["journal.jsonl", "queries/.hoist/plan.json"] {
        assert_secret(&[&std::fs::read_to_string(home.path(file)).unwrap()]);
    }
    assert_eq!(names(&home.path("plain")), names(&home.path("hoisted")));
    let (measured, asking) = super::profiled::asking(&home);
    let frames = usize::try_from(plan.summary.frames).unwrap();
    assert_eq!(
        measured,
        25 + frames,
        "each statement and frame is measured"
    );

    let verified = verified::into_a_database(&home, url, sessions);
    let (tables, reads) = block_on(async {
        let mut engine = Livy::new(options);
        open(&mut engine).await;
        // What was verified beside them has not touched them.
        let tables = assert_equal(&mut engine, &home).await;
        let databases =
            "hoist_value = sorted(row[0] for row in spark.sql('SHOW DATABASES').collect())";
        let databases = done(&mut engine, value(databases)).await.value;
        assert_eq!(
            databases,
            Some(serde_json::json!(["default", "insurance", "mart"]))
        );
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
        "the sample: {} frames, {reads} reads of them, {asking} ms to ask about a step, {} sessions left; {verified}; rows and differing rows: {tables}",
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

async fn drop_database(engine: &mut Livy, name: &str) {
    let drop = format!("DROP DATABASE {name} CASCADE");
    done(engine, sql(&drop, Want::Nothing)).await;
}
