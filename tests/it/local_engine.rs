//! The local engine for real: one Java for all statements, and a few more for the ways in which sessions end.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use hoist::runtime::engine::local::{CatalogKind, Local, LocalOptions};
use hoist::runtime::engine::{
    Engine, EngineError, Language, Notice, Output, Progress, StatementFailure, Status, Submission,
    SubmissionId, Want,
};

/// Names the home folder of the session that another process of this binary shall hold.
const HELD_HOME: &str = "HOIST_TEST_HELD_HOME";

/// The private environment is made once and shared by all test runs.
pub(crate) fn cache_dir() -> PathBuf {
    std::env::var_os("HOIST_CACHE_DIR").map_or_else(
        || Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("hoist-cache"),
        PathBuf::from,
    )
}

/// Short runs gain nothing from the second compiler of Java nor from many threads that collect garbage, and two cores
/// have better to do.
pub(crate) const QUICK_JAVA: (&str, &str) = (
    "spark.driver.extraJavaOptions",
    "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
);

pub(crate) fn options(home: &Path, catalog: CatalogKind) -> LocalOptions {
    LocalOptions {
        home: home.to_owned(),
        logs: None,
        python: None,
        spark_home: None,
        java_home: std::env::var_os("JAVA_HOME").map(PathBuf::from),
        search_path: std::env::var_os("PATH"),
        cache_dir: cache_dir(),
        driver_memory_bytes: Some(1 << 30),
        master: Some("local[2]".to_owned()),
        catalog,
        conf: [("spark.sql.shuffle.partitions", "4"), QUICK_JAVA]
            .map(|(key, setting)| (key.to_owned(), setting.to_owned()))
            .into(),
    }
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

pub(crate) async fn open(engine: &mut impl Engine) -> Vec<Notice> {
    let mut notices = Vec::new();
    let result = engine.open(&mut |notice| notices.push(notice)).await;
    if let Err(error) = result {
        panic!("{error}; {}", error.help());
    }
    notices
}

pub(crate) fn sql(text: &str, want: Want) -> Submission {
    Submission {
        label: "test".to_owned(),
        language: Language::Sql,
        text: text.to_owned(),
        want,
        variables: BTreeMap::new(),
        file: None,
    }
}

pub(crate) fn python(text: &str) -> Submission {
    Submission {
        language: Language::Python,
        ..sql(text, Want::Nothing)
    }
}

pub(crate) fn value(text: &str) -> Submission {
    Submission {
        language: Language::Python,
        ..sql(text, Want::Value)
    }
}

pub(crate) async fn run(engine: &mut impl Engine, submission: Submission) -> Status {
    let id = engine.submit(submission).await.unwrap();
    engine.wait(id, &mut |_| ()).await.unwrap()
}

pub(crate) async fn done(engine: &mut impl Engine, submission: Submission) -> Output {
    match run(engine, submission).await {
        Status::Done(output) => output,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn failed(engine: &mut impl Engine, submission: Submission) -> StatementFailure {
    match run(engine, submission).await {
        Status::Failed(failure) => failure,
        other => panic!("{other:?}"),
    }
}

/// Processes whose command line names the folder.
pub(crate) fn processes(home: &Path) -> Vec<String> {
    let needle = home.to_str().unwrap();
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| fs::read(entry.ok()?.path().join("cmdline")).ok())
        .map(|text| String::from_utf8_lossy(&text).replace('\0', " "))
        .filter(|text| text.contains(needle))
        .collect()
}

pub(crate) fn wait_for(what: &str, seconds: u64, mut reached: impl FnMut() -> bool) {
    let started = Instant::now();
    while !reached() {
        assert!(
            started.elapsed() < Duration::from_secs(seconds),
            "{what} within {seconds} s"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

pub(crate) fn assert_nothing_left(home: &Path) {
    assert_eq!(processes(home), Vec::<String>::new());
    assert_eq!(
        fs::read_dir(home.join("scratch")).unwrap().count(),
        0,
        "scratch folders are left"
    );
}

#[test]
fn a_session_runs_statements() {
    let home = tempfile::tempdir().unwrap();
    block_on(async {
        let mut engine = Local::new(options(home.path(), CatalogKind::InMemory));
        let notices = open(&mut engine).await;
        let Some(Notice::Started { session, .. }) = notices.last() else {
            panic!("{notices:?}")
        };
        assert_eq!((session.master.as_str(), session.cores), ("local[2]", 2));
        assert!(session.storage_memory_bytes > 100 << 20, "{session:?}");
        assert!(session.spark_version.starts_with("3.") || session.spark_version.starts_with("4."));

        previews(&mut engine).await;
        results_as_parquet(&mut engine, home.path()).await;
        python_steps(&mut engine, home.path()).await;
        values(&mut engine).await;
        failures(&mut engine).await;
        descriptions(&mut engine).await;
        two_at_once(&mut engine).await;
        progress_and_cancel(&mut engine).await;
        cancel_python(&mut engine).await;
        waiting_may_stop(&mut engine).await;

        assert!(
            !processes(home.path()).is_empty(),
            "the test looks for the right thing"
        );
        engine.close().await.unwrap();
        assert_nothing_left(home.path());
        assert!(matches!(
            engine.submit(sql("SELECT 1", Want::Nothing)).await,
            Err(EngineError::NotOpen)
        ));
        engine.close().await.unwrap();
    });
}

async fn previews(engine: &mut Local) {
    let text = "SELECT id, CAST(id AS DECIMAL(12,2)) AS id, named_struct('a', id, 'b', NULL) AS s, \
                CAST(NULL AS STRING) AS n, X'00FF' AS b, TIMESTAMP'2024-01-02 03:04:05.678901' AS t, void \
                FROM (SELECT id, NULL AS void FROM range(10)) ORDER BY 1 DESC";
    let output = done(engine, sql(text, Want::Preview { rows: 2 })).await;
    let names: Vec<_> = output
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(names, ["id", "id", "s", "n", "b", "t", "void"]);
    assert_eq!(output.columns[1].type_name, "decimal(12,2)");
    let first: Vec<_> = output.rows[0].iter().map(Option::as_deref).collect();
    assert_eq!(
        first,
        [
            Some("9"),
            Some("9.00"),
            Some(r#"{"a":9,"b":null}"#),
            None,
            Some("00FF"),
            Some("2024-01-02 03:04:05.678901"),
            None
        ]
    );
    assert_eq!((output.rows.len(), output.truncated), (2, true));

    let all = done(
        engine,
        sql("SELECT * FROM range(2)", Want::Preview { rows: 2 }),
    )
    .await;
    assert_eq!((all.rows.len(), all.truncated), (2, false));

    // A command is done whatever is wanted of its rows; a bare query is only analysed.
    done(
        engine,
        sql(
            "CREATE TEMPORARY VIEW v AS SELECT 7 AS seven",
            Want::Nothing,
        ),
    )
    .await;
    let shown = done(engine, sql("SHOW VIEWS", Want::Preview { rows: 5 })).await;
    assert_eq!(shown.rows[0][1].as_deref(), Some("v"));
    let lazy = done(engine, sql("SELECT raise_error('ran') AS x", Want::Nothing)).await;
    assert_eq!(lazy.columns.len(), 1);
}

async fn results_as_parquet(engine: &mut Local, home: &Path) {
    let path = home.join("results of 1");
    let want = Want::Parquet { path: path.clone() };
    let text = "SELECT count(*), count(*), NULL AS nothing FROM range(3)";
    for _ in 0..2 {
        done(engine, sql(text, want.clone())).await;
    }
    let sidecar: serde_json::Value =
        serde_json::from_slice(&fs::read(path.join("_columns.json")).unwrap()).unwrap();
    assert_eq!(sidecar["columns"][1]["name"], "count(1)");
    assert_eq!(sidecar["columns"][2]["type"], "void");
    let text = format!("SELECT * FROM parquet.`{}`", path.display());
    let read = done(engine, sql(&text, Want::Preview { rows: 9 })).await;
    let names: Vec<_> = read
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(names, ["count(1)", "count(1)_2", "nothing"]);
    assert_eq!(
        read.rows,
        [[Some("3".to_owned()), Some("3".to_owned()), None]]
    );
}

async fn python_steps(engine: &mut Local, home: &Path) {
    let folder = home.join("pipeline");
    fs::create_dir_all(&folder).unwrap();
    fs::write(
        folder.join("spellings.py"),
        "def fix(text):\n    return text.upper()\n",
    )
    .unwrap();
    let file = Some(folder.join("1_load.py").display().to_string());
    let step = |text: &str| Submission {
        variables: BTreeMap::from([("day".to_owned(), "2024-01-01".to_owned())]),
        file: file.clone(),
        ..python(text)
    };
    let output = done(
        engine,
        step("import spellings\nlimit = 3\nprint('on', hoist_vars['day'])"),
    )
    .await;
    assert_eq!(output.stdout, "on 2024-01-01\n");
    // Names live on, and what a step defines or imports reaches Spark's Python workers.
    let text = "from pyspark.sql.functions import udf\n\
                def twice(text):\n    return spellings.fix(text) * 2\n\
                rows = spark.range(limit).selectExpr(\"'a' AS a\").select(udf(twice)('a')).collect()\n\
                print(rows[2][0])";
    assert_eq!(done(engine, step(text)).await.stdout, "AA\n");

    let failure = failed(
        engine,
        step("x = 1\n\ndef f():\n    return 1 / 0\nprint('before')\nf()"),
    )
    .await;
    assert_eq!(
        (failure.class.as_str(), failure.message.as_str()),
        ("ZeroDivisionError", "division by zero")
    );
    assert_eq!(failure.position, Some((4, 1)));
    assert_eq!(failure.stdout, "before\n");
    assert!(
        failure
            .trace
            .contains("1_load.py\", line 4, in f\n    return 1 / 0"),
        "{}",
        failure.trace
    );
    assert!(!failure.trace.contains("agent.py"), "{}", failure.trace);

    let failure = failed(engine, step("x = 1\ny = = 2")).await;
    assert_eq!(
        (failure.class.as_str(), failure.position),
        ("SyntaxError", Some((2, 5)))
    );

    // The position is in the step's own file, not in the SQL that it ran.
    let failure = failed(engine, step("\nspark.sql('SELECT * FROM nope')")).await;
    assert_eq!(
        (failure.class.as_str(), failure.position),
        ("TABLE_OR_VIEW_NOT_FOUND", Some((2, 1)))
    );
}

async fn values(engine: &mut Local) {
    let text =
        "limit = 99\nhoist_value = {'rows': spark.table('v').count(), 'none': None, 'é': [1.5]}";
    let output = done(engine, value(text)).await;
    assert_eq!(
        output.value,
        Some(serde_json::json!({"rows": 1, "none": null, "é": [1.5]}))
    );
    let kept = done(engine, python("print(limit)")).await;
    assert_eq!(
        kept.stdout, "3\n",
        "a value does not touch the names of the steps"
    );
    let failure = failed(engine, value("hoist_value = limit")).await;
    assert_eq!(failure.class, "NameError", "nor sees them");
    assert_eq!(failed(engine, value("x = 1")).await.class, "NameError");
    let output = done(engine, value("hoist_value = None")).await;
    assert_eq!(output.value, Some(serde_json::Value::Null));
    assert!(matches!(
        engine.submit(sql("SELECT 1", Want::Value)).await,
        Err(EngineError::InvalidSubmission { .. })
    ));
}

async fn failures(engine: &mut Local) {
    let preview = Want::Preview { rows: 1 };
    let failure = failed(
        engine,
        sql(
            "SELECT *\nFROM range(3) r\nJOIN nope n ON true",
            preview.clone(),
        ),
    )
    .await;
    assert_eq!(failure.class, "TABLE_OR_VIEW_NOT_FOUND");
    assert_eq!(failure.position, Some((3, 6)));
    assert!(
        failure
            .message
            .starts_with("The table or view `nope` cannot be found."),
        "{failure:?}"
    );
    assert!(!failure.message.contains("Project"), "{failure:?}");

    let failure = failed(engine, sql("SELECT * FRM t", preview.clone())).await;
    assert_eq!(
        (failure.class.as_str(), failure.position),
        ("PARSE_SYNTAX_ERROR", Some((1, 14)))
    );

    // At run time, in a task.
    let text = "SELECT sum(IF(id < 5, id, raise_error('too large'))) FROM range(9)";
    let failure = failed(engine, sql(text, preview.clone())).await;
    assert!(failure.message.contains("too large"), "{failure:?}");
    assert!(!failure.message.contains("\tat "), "{failure:?}");

    done(
        engine,
        sql("SET spark.sql.ansi.enabled=true", Want::Nothing),
    )
    .await;
    let failure = failed(
        engine,
        sql("SELECT 1 +\n 5 / (id - id) FROM range(3)", preview),
    )
    .await;
    assert_eq!(
        (failure.class.as_str(), failure.position),
        ("DIVIDE_BY_ZERO", Some((2, 2)))
    );
    done(
        engine,
        sql("SET spark.sql.ansi.enabled=false", Want::Nothing),
    )
    .await;
}

/// Executions in Spark's SQL status store are found by the label.
async fn descriptions(engine: &mut Local) {
    let labelled = Submission {
        label: "30_features.sql:2".to_owned(),
        ..sql("SELECT count(*) FROM range(100)", Want::Preview { rows: 1 })
    };
    done(engine, labelled).await;
    let text = "
import time
store = spark._jsparkSession.sharedState().statusStore()
def found():
    every = store.executionsList()
    return [every.apply(i).description() for i in range(every.size())]
for _ in range(50):
    if 'hoist:30_features.sql:2' in found(): break
    time.sleep(0.1)
hoist_value = found()";
    let output = done(engine, value(text)).await;
    let found = output.value.unwrap();
    assert!(
        found
            .as_array()
            .unwrap()
            .contains(&"hoist:30_features.sql:2".into()),
        "{found}"
    );
}

async fn two_at_once(engine: &mut Local) {
    // Each waits for the other, so one after the other would never end.
    let text = |own: &str, other: &str| {
        format!(
            "import time, builtins\nbuiltins.{own} = True\nprint('{own}')\n\
             end = time.time() + 20\nwhile not hasattr(builtins, '{other}'):\n    assert time.time() < end\n    time.sleep(0.01)\n\
             print(spark.range(5).count())"
        )
    };
    let first = engine
        .submit(python(&text("hoist_a", "hoist_b")))
        .await
        .unwrap();
    let second = engine
        .submit(python(&text("hoist_b", "hoist_a")))
        .await
        .unwrap();
    let mut printed = Vec::new();
    for id in [first, second] {
        let Status::Done(output) = engine.wait(id, &mut |_| ()).await.unwrap() else {
            panic!()
        };
        printed.push(output.stdout);
    }
    assert_eq!(
        printed,
        ["hoist_a\n5\n", "hoist_b\n5\n"],
        "each keeps its own prints"
    );
}

/// 40 tasks that take hours.
pub(crate) const LONG: &str = "SELECT sum(hash(id)) FROM range(0, 1000000000000, 1, 40)";

async fn progress_and_cancel(engine: &mut Local) {
    let steps = "SELECT max(sha2(CAST(id AS STRING), 512)) FROM range(0, 2000000, 1, 40)";
    let id = engine
        .submit(sql(steps, Want::Preview { rows: 1 }))
        .await
        .unwrap();
    let mut seen: Vec<Progress> = Vec::new();
    let status = engine
        .wait(id, &mut |progress| seen.push(progress))
        .await
        .unwrap();
    assert!(matches!(status, Status::Done(_)), "{status:?}");
    assert!(
        seen.iter().any(|progress| progress.tasks_total >= 40),
        "{seen:?}"
    );
    assert!(
        seen.iter().any(|progress| progress.tasks_done > 0),
        "{seen:?}"
    );
    assert!(
        seen.windows(2)
            .all(|pair| pair[0].tasks_done <= pair[1].tasks_done),
        "{seen:?}"
    );

    let other = engine
        .submit(sql(LONG, Want::Preview { rows: 1 }))
        .await
        .unwrap();
    // Spark gives its cores to the one that runs first, so the second waits with its jobs submitted.
    until_active(engine, other).await;
    let id = engine
        .submit(sql(LONG, Want::Preview { rows: 1 }))
        .await
        .unwrap();
    until_submitted(engine, id).await;
    let asked = Instant::now();
    engine.cancel(id).await.unwrap();
    assert_eq!(
        engine.wait(id, &mut |_| ()).await.unwrap(),
        Status::Cancelled
    );
    assert!(asked.elapsed() < Duration::from_mins(3));
    assert!(matches!(
        engine.poll(id).await,
        Err(EngineError::UnknownSubmission {
            id: SubmissionId(_)
        })
    ));
    engine.cancel(id).await.unwrap();
    // The other one has the same label and goes on.
    until_active(engine, other).await;
    engine.cancel(other).await.unwrap();
    assert_eq!(
        engine.wait(other, &mut |_| ()).await.unwrap(),
        Status::Cancelled
    );
}

async fn until_active(engine: &mut Local, id: SubmissionId) {
    until(engine, id, |progress| progress.tasks_active > 0).await;
}

async fn until_submitted(engine: &mut Local, id: SubmissionId) {
    until(engine, id, |progress| progress.tasks_total > 0).await;
}

async fn until(engine: &mut Local, id: SubmissionId, reached: impl Fn(Progress) -> bool) {
    let started = Instant::now();
    loop {
        match engine.poll(id).await.unwrap() {
            Status::Running(progress) if reached(progress) => return,
            Status::Running(_) => assert!(started.elapsed() < Duration::from_mins(3)),
            other => panic!("{other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn cancel_python(engine: &mut Local) {
    let text = "import time\nwhile True:\n    time.sleep(0.01)";
    let id = engine.submit(python(text)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    engine.cancel(id).await.unwrap();
    assert_eq!(
        engine.wait(id, &mut |_| ()).await.unwrap(),
        Status::Cancelled
    );
    assert_eq!(done(engine, python("print(limit)")).await.stdout, "3\n");
}

/// A caller may drop a future at any point; the final state stays available.
async fn waiting_may_stop(engine: &mut Local) {
    let id = engine
        .submit(sql("SELECT 5", Want::Preview { rows: 1 }))
        .await
        .unwrap();
    for _ in 0..40 {
        let brief = tokio::time::timeout(Duration::from_micros(200), engine.poll(id)).await;
        if let Ok(Ok(Status::Done(output))) = brief {
            assert_eq!(output.rows, [[Some("5".to_owned())]]);
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let status = engine.wait(id, &mut |_| ()).await.unwrap();
    assert!(matches!(status, Status::Done(_)), "{status:?}");
}

#[test]
fn tables_outlive_the_session_on_the_hive_catalog() {
    let home = tempfile::tempdir().unwrap();
    block_on(async {
        let mut engine = Local::new(options(home.path(), CatalogKind::Hive));
        open(&mut engine).await;
        let create = "CREATE TABLE kept USING parquet AS SELECT id FROM range(3)";
        done(&mut engine, sql(create, Want::Nothing)).await;

        let mut second = Local::new(options(home.path(), CatalogKind::Hive));
        let error = second.open(&mut |_| ()).await.unwrap_err();
        assert!(
            matches!(error, EngineError::HomeBusy { holder: Some(pid), .. } if pid == std::process::id()),
            "{error}"
        );
        engine.close().await.unwrap();
        assert_nothing_left(home.path());

        open(&mut second).await;
        let output = done(
            &mut second,
            sql("SELECT * FROM kept", Want::Preview { rows: 9 }),
        )
        .await;
        assert_eq!(output.rows.len(), 3);
        // Dropped while open: everything is killed at once.
        drop(second);
    });
    wait_for("the end of all processes", 5, || {
        processes(home.path()).is_empty()
    });
    assert_nothing_left(home.path());
}

/// Not a test by itself: the process that the next one kills.
#[test]
fn held_session() {
    let Some(home) = std::env::var_os(HELD_HOME) else {
        return;
    };
    let home = PathBuf::from(home);
    block_on(async {
        let mut engine = Local::new(options(&home, CatalogKind::InMemory));
        open(&mut engine).await;
        let id = engine
            .submit(sql(LONG, Want::Preview { rows: 1 }))
            .await
            .unwrap();
        until_active(&mut engine, id).await;
        fs::write(home.join("ready"), "").unwrap();
        tokio::time::sleep(Duration::from_mins(10)).await;
    });
}

#[test]
fn killing_the_parent_leaves_no_java() {
    let home = tempfile::tempdir().unwrap();
    let mut holder = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "local_engine::held_session", "--nocapture"])
        .env(HELD_HOME, home.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait_for("the session", 300, || {
        assert!(holder.try_wait().unwrap().is_none(), "the holder has ended");
        home.path().join("ready").exists()
    });
    assert!(
        processes(home.path())
            .iter()
            .any(|process| process.contains("java"))
    );
    holder.kill().unwrap(); // SIGKILL
    holder.wait().unwrap();
    wait_for("the end of all processes", 30, || {
        processes(home.path()).is_empty()
    });
    assert_nothing_left(home.path());
}

#[test]
fn a_session_that_cannot_start_says_why() {
    let home = tempfile::tempdir().unwrap();
    block_on(async {
        let mut options = options(home.path(), CatalogKind::InMemory);
        options.conf.insert(
            "spark.driver.extraJavaOptions".to_owned(),
            "-javaagent:no-such-agent.jar".to_owned(),
        );
        let error = Local::new(options).open(&mut |_| ()).await.unwrap_err();
        let EngineError::StartFailed { message, .. } = &error else {
            panic!("{error}")
        };
        assert!(message.contains("no-such-agent.jar"), "{message}");
        assert!(error.help().contains("spark.log"), "{}", error.help());
    });
    assert_nothing_left(home.path());

    block_on(async {
        let mut options = options(home.path(), CatalogKind::InMemory);
        options
            .conf
            .insert("spark.master".to_owned(), "yarn".to_owned());
        let error = Local::new(options).open(&mut |_| ()).await.unwrap_err();
        assert!(
            matches!(error, EngineError::RefusedSetting { .. }),
            "{error}"
        );
    });
}
