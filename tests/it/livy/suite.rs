//! What every Livy server must show: run on the test server and on a real one.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use hoist::runtime::engine::livy::Livy;
use hoist::runtime::engine::{Engine as _, Status, Submission, Want};

use crate::local_engine::sql;
pub(super) use crate::local_engine::{done, failed, python, run, value};

pub(super) fn command(text: &str) -> Submission {
    sql(text, Want::Nothing)
}

pub(super) fn preview(text: &str, rows: u32) -> Submission {
    sql(text, Want::Preview { rows })
}

fn texts(row: &[Option<String>]) -> Vec<Option<&str>> {
    row.iter().map(Option::as_deref).collect()
}

/// Everything, in an open session. Tables are made in the folder.
pub(super) async fn all(engine: &mut Livy, folder: &Path) {
    for table in ["livy_t", "livy_u", "livy_long", "livy_bad"] {
        done(engine, command(&format!("DROP TABLE IF EXISTS {table}"))).await;
    }
    previews(engine).await;
    commands(engine, folder).await;
    results_as_parquet(engine, folder).await;
    python_steps(engine, folder).await;
    values(engine).await;
    failures(engine).await;
    frames_and_labels(engine).await;
    one_after_the_other(engine).await;
    cancelling(engine).await;
}

async fn previews(engine: &mut Livy) {
    // The same text as for the local engine, and what Livy's own interpreter cannot give.
    let text = "SELECT id, CAST(id AS DECIMAL(12,2)) AS id, named_struct('a', id, 'b', NULL) AS s, \
                CAST(NULL AS STRING) AS n, X'00FF' AS b, TIMESTAMP'2024-01-02 03:04:05.678901' AS t, void, \
                INTERVAL '1' DAY AS i, CAST('12345678901234567890.123456789' AS DECIMAL(38,9)) AS d \
                FROM (SELECT id, NULL AS void FROM range(10)) ORDER BY 1 DESC";
    let output = done(engine, preview(text, 2)).await;
    assert_eq!(output.columns[1].type_name, "decimal(12,2)");
    assert_eq!(
        texts(&output.rows[0]),
        [
            Some("9"),
            Some("9.00"),
            Some(r#"{"a":9,"b":null}"#),
            None,
            Some("00FF"),
            Some("2024-01-02 03:04:05.678901"),
            None,
            Some("INTERVAL '1' DAY"),
            Some("12345678901234567890.123456789"),
        ]
    );
    assert_eq!((output.rows.len(), output.truncated), (2, true));
    let all = done(engine, preview("SELECT * FROM range(2)", 2)).await;
    assert_eq!((all.rows.len(), all.truncated), (2, false));
    let lazy = done(engine, command("SELECT raise_error('ran') AS x")).await;
    assert_eq!(lazy.columns.len(), 1, "a bare query is analysed only");
    let text = "SELECT '%json x\n\"\\\\\" 😀 é\r\n--' AS text";
    let text = done(engine, preview(text, 1)).await;
    assert_eq!(texts(&text.rows[0]), [Some("%json x\n\"\\\" 😀 é\r\n--")]);
}

async fn commands(engine: &mut Livy, folder: &Path) {
    let location = folder.join("t").display().to_string();
    let create = format!(
        "CREATE TABLE livy_t USING parquet LOCATION 'file:{location}' AS SELECT id FROM range(3)"
    );
    let output = done(engine, command(&create)).await;
    assert_eq!((output.columns.len(), output.rows.len()), (0, 0));
    done(
        engine,
        command("-- twice\nINSERT INTO livy_t SELECT id FROM range(3)"),
    )
    .await;
    let count = done(engine, preview("SELECT count(*) FROM livy_t", 9)).await;
    assert_eq!(texts(&count.rows[0]), [Some("6")]);
    // Our comment is no part of the value.
    done(engine, command("SET hoist.test = a  b")).await;
    let set = done(engine, preview("SET hoist.test", 9)).await;
    assert_eq!(texts(&set.rows[0]), [Some("hoist.test"), Some("a  b")]);
    let described = done(engine, preview("DESCRIBE livy_t", 9)).await;
    assert_eq!(described.columns[0].name, "col_name");
    assert_eq!(
        texts(&described.rows[0]),
        [Some("id"), Some("bigint"), None]
    );
    let with = "WITH a AS (SELECT 9 AS id) INSERT INTO livy_t SELECT * FROM a";
    done(engine, command(with)).await;
    let count = done(engine, preview("SELECT count(*) FROM livy_t", 9)).await;
    assert_eq!(texts(&count.rows[0]), [Some("7")]);
}

async fn results_as_parquet(engine: &mut Livy, folder: &Path) {
    let path = folder.join("results of 1");
    let want = Want::Parquet { path: path.clone() };
    let text = "SELECT id, id, NULL AS nothing FROM range(3000)";
    for _ in 0..2 {
        done(engine, sql(text, want.clone())).await;
    }
    let text = format!(
        "SELECT count(*), max(id_2) FROM parquet.`{}`",
        path.display()
    );
    let read = done(engine, preview(&text, 9)).await;
    assert_eq!(
        texts(&read.rows[0]),
        [Some("3000"), Some("2999")],
        "complete, not cut at 1,000 rows"
    );
}

async fn python_steps(engine: &mut Livy, folder: &Path) {
    let pipeline = folder.join("pipeline");
    std::fs::create_dir_all(&pipeline).unwrap();
    std::fs::write(
        pipeline.join("spellings.py"),
        "def fix(text):\n    return text.upper()\n",
    )
    .unwrap();
    let file = Some(pipeline.join("1_load.py").display().to_string());
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
                class Twice:\n    def of(self, text):\n        return spellings.fix(text) * 2\n\
                def twice(text):\n    return Twice().of(text)\n\
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
    assert_eq!(
        (failure.position, failure.stdout.as_str()),
        (Some((4, 1)), "before\n")
    );
    assert!(
        failure
            .trace
            .contains("1_load.py\", line 4, in f\n    return 1 / 0"),
        "{}",
        failure.trace
    );
    assert!(!failure.trace.contains("<hoist>"), "{}", failure.trace);
    let failure = failed(engine, step("x = 1\ny = = 2")).await;
    assert_eq!(
        (failure.class.as_str(), failure.position),
        ("SyntaxError", Some((2, 5)))
    );
    let failure = failed(engine, step("\nspark.sql('SELECT * FROM nope')")).await;
    assert_eq!(
        (failure.class.as_str(), failure.position),
        ("TABLE_OR_VIEW_NOT_FOUND", Some((2, 1)))
    );
    let failure = failed(engine, step("import sys\nsys.exit(3)")).await;
    assert_eq!(failure.class, "SystemExit");
    let long = done(engine, python("print('x' * 3000000)")).await;
    assert!(long.stdout.len() < 1_100_000, "{}", long.stdout.len());
}

async fn values(engine: &mut Livy) {
    let text = "import decimal\nlimit = 99\nhoist_value = {'rows': spark.table('livy_t').count(), 'none': None, \
                'é': [1.5], 'd': decimal.Decimal('1.10'), 'long': 'x' * 2000000}";
    let output = done(engine, value(text)).await;
    let value_ = output.value.unwrap();
    assert_eq!(value_["rows"], 7);
    assert_eq!(
        (&value_["none"], &value_["é"][0]),
        (&serde_json::Value::Null, &1.5.into())
    );
    assert_eq!(
        value_["d"], "1.10",
        "a decimal does not end the Python shell"
    );
    assert_eq!(value_["long"].as_str().unwrap().len(), 2_000_000);
    let kept = done(engine, python("print(limit)")).await;
    assert_eq!(
        kept.stdout, "3\n",
        "a value does not touch the names of the steps"
    );
    assert_eq!(
        failed(engine, value("hoist_value = limit")).await.class,
        "NameError",
        "nor sees them"
    );
    assert_eq!(failed(engine, value("x = 1")).await.class, "NameError");
    assert_eq!(
        failed(engine, value("hoist_value = float('nan')"))
            .await
            .class,
        "ValueError"
    );
    let output = done(engine, value("hoist_value = None")).await;
    assert_eq!(output.value, Some(serde_json::Value::Null));
}

async fn failures(engine: &mut Livy) {
    // As a command, through Livy's own interpreter, and as a query, through Python: the same is told.
    for submission in [
        command("CREATE TABLE livy_bad AS SELECT *\nFROM range(3) r\nJOIN nope n ON true"),
        preview("SELECT *\nFROM range(3) r\nJOIN nope n ON true", 1),
    ] {
        let failure = failed(engine, submission).await;
        assert_eq!(failure.class, "TABLE_OR_VIEW_NOT_FOUND");
        assert_eq!(failure.position, Some((3, 6)));
        assert!(
            failure
                .message
                .starts_with("The table or view `nope` cannot be found."),
            "{failure:?}"
        );
        assert!(!failure.message.contains("Project"), "{failure:?}");
        assert!(failure.trace.contains("nope"), "{failure:?}");
    }
    let failure = failed(engine, command("INSERT INTO livy_t SELEC 1")).await;
    assert_eq!(
        (failure.class.as_str(), failure.position.map(|at| at.0)),
        ("PARSE_SYNTAX_ERROR", Some(1))
    );
    // At run time, in a task.
    let text = "INSERT INTO livy_t SELECT IF(id < 5, id, raise_error('too large')) FROM range(9)";
    for submission in [
        command(text),
        preview(
            "SELECT sum(IF(id < 5, id, raise_error('too large'))) FROM range(9)",
            1,
        ),
    ] {
        let failure = failed(engine, submission).await;
        assert_eq!(failure.message, "too large", "{failure:?}");
        assert_eq!(failure.class, "RuntimeException");
    }
    done(engine, command("SET spark.sql.ansi.enabled=true")).await;
    let text =
        "CREATE TABLE livy_bad USING parquet AS SELECT 1 +\n 5 / (id - id) AS x FROM range(3)";
    let failure = failed(engine, command(text)).await;
    assert_eq!(failure.class, "DIVIDE_BY_ZERO", "{failure:?}");
    assert_eq!(failure.position, Some((2, 2)));
    done(engine, command("SET spark.sql.ansi.enabled=false")).await;
    let count = done(engine, preview("SELECT count(*) FROM livy_t", 1)).await;
    assert_eq!(
        texts(&count.rows[0]),
        [Some("7")],
        "nothing was written by what failed"
    );
}

/// Executions in Spark's SQL status store are found by the label, whichever way the statement went.
async fn frames_and_labels(engine: &mut Livy) {
    let labelled = |label: &str, submission: Submission| Submission {
        label: label.to_owned(),
        ..submission
    };
    done(
        engine,
        command("CREATE TEMPORARY VIEW livy_frame AS SELECT id, id % 7 AS k FROM livy_t"),
    )
    .await;
    let cache = "CACHE TABLE livy_frame OPTIONS ('storageLevel' 'MEMORY_AND_DISK')";
    done(engine, command(cache)).await;
    let insert =
        "CREATE TABLE livy_u USING parquet AS SELECT k, count(*) AS n FROM livy_frame GROUP BY k";
    done(engine, labelled("30_features.sql:2", command(insert))).await;
    done(
        engine,
        labelled("31_show.sql:1", preview("SELECT sum(n) FROM livy_u", 1)),
    )
    .await;
    let text = "
import time
store = spark._jsparkSession.sharedState().statusStore()
def found():
    every = store.executionsList()
    every = [every.apply(i) for i in range(every.size())]
    plans = {}
    for e in every:
        label = hoist_labels.get(e.description(), e.description())
        plans[label] = plans.get(label, '') + e.physicalPlanDescription()
    return plans
for _ in range(50):
    hoist_value = found()
    if 'hoist:31_show.sql:1' in hoist_value: break
    time.sleep(0.1)";
    let plans = done(engine, value(text)).await.value.unwrap();
    let plan = plans["hoist:30_features.sql:2"].as_str().unwrap();
    assert!(
        plan.contains("InMemoryRelation"),
        "the frame is read: {plan}"
    );
    assert!(plans["hoist:31_show.sql:1"].is_string());
    done(engine, command("DROP TABLE livy_u")).await;
}

/// Statements queue, and waiting for the first does not lose the second.
async fn one_after_the_other(engine: &mut Livy) {
    let first = engine
        .submit(python("import time\ntime.sleep(1)\nlivy_order = ['first']"))
        .await
        .unwrap();
    let second = engine
        .submit(python("livy_order.append('second')\nprint(livy_order)"))
        .await
        .unwrap();
    let third = engine
        .submit(command("INSERT INTO livy_t SELECT 100"))
        .await
        .unwrap();
    assert!(matches!(
        engine.poll(second).await.unwrap(),
        Status::Running(_)
    ));
    engine.cancel(third).await.unwrap();
    let Status::Done(output) = engine.wait(second, &mut |_| ()).await.unwrap() else {
        panic!()
    };
    assert_eq!(output.stdout, "['first', 'second']\n");
    assert!(matches!(
        engine.wait(first, &mut |_| ()).await.unwrap(),
        Status::Done(_)
    ));
    assert_eq!(
        engine.wait(third, &mut |_| ()).await.unwrap(),
        Status::Cancelled
    );
    let count = done(engine, preview("SELECT count(*) FROM livy_t", 1)).await;
    assert_eq!(
        texts(&count.rows[0]),
        [Some("7")],
        "what was cancelled while waiting has not run"
    );
    assert!(
        engine.poll(first).await.is_err(),
        "a final state is given once"
    );
}

async fn cancelling(engine: &mut Livy) {
    let long = "SELECT sum(hash(id)) FROM range(0, 1000000000000, 1, 40)";
    for submission in [
        preview(long, 1),
        command(&format!("CREATE TABLE livy_long AS {long}")),
    ] {
        let id = engine.submit(submission).await.unwrap();
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(3) {
            assert!(matches!(engine.poll(id).await.unwrap(), Status::Running(_)));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        engine.cancel(id).await.unwrap();
        let started = Instant::now();
        assert_eq!(
            engine.wait(id, &mut |_| ()).await.unwrap(),
            Status::Cancelled
        );
        assert!(started.elapsed() < Duration::from_mins(2));
    }
    assert_eq!(done(engine, python("print(limit)")).await.stdout, "3\n");
    done(engine, command("DROP TABLE livy_t")).await;
}

/// What hoist adds to each of so many short statements, in microseconds: the time from the statement's end on the
/// server, in milliseconds since 1970 as `completed` gives it for the last statements, to the answer. Server and test
/// have the same clock.
pub(super) async fn overhead(
    engine: &mut Livy,
    statements: usize,
    completed: impl AsyncFnOnce(usize) -> Vec<u64>,
) -> Vec<u64> {
    let mut answered = Vec::new();
    for n in 0..statements {
        done(engine, command(&format!("SET hoist.n = {n}"))).await;
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap();
        answered.push(u64::try_from(now.as_micros()).unwrap());
    }
    let completed = completed(statements).await;
    assert_eq!(completed.len(), statements);
    let added = answered.iter().zip(completed);
    let mut added: Vec<u64> = added
        .map(|(answered, completed)| answered.saturating_sub(completed * 1000))
        .collect();
    added.sort_unstable();
    added
}
