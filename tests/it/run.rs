//! Collecting facts and running steps on real Spark: one session for everything, ended by a second interrupt.

use std::path::Path;

use hoist::facts::catalog::TableKind;
use hoist::frontend::source::Variables;
use hoist::planner::emit::{Language, ProgramText};
use hoist::runtime::collect::collect;
use hoist::runtime::engine::local::{CatalogKind, Local};
use hoist::runtime::engine::{Notice, Want};
use hoist::runtime::run::{
    self, Cancel, Event, Outcome, Recorder, RunInput, RunOptions, RunRecord, RunStatement, RunStep,
    StepKind, SystemClock, Work, executed_plans,
};

use crate::local_engine::{
    LONG, assert_nothing_left, block_on, done, options, processes, sql, value, wait_for,
};

/// A text; hoist's own have the placeholder in them.
fn text(text: &str) -> ProgramText {
    ProgramText {
        language: Language::Sql,
        text: text.to_owned(),
        namespaced: text.contains("{ns}"),
    }
}

pub(crate) fn step(number: u32, work: Work, texts: &[&str]) -> RunStep {
    RunStep {
        number,
        work,
        texts: texts.iter().map(|one| text(one)).collect(),
    }
}

pub(crate) fn statement(file: &str, line: u32, kind: &str) -> RunStatement {
    RunStatement {
        file: file.to_owned(),
        line,
        number: 1,
        kind: kind.to_owned(),
        ..RunStatement::default()
    }
}

/// A reader of the frame `wide_1`, with its text as written.
pub(crate) fn reader(file: &str, kind: &str, original: &str) -> Work {
    Work::Run(RunStatement {
        frames: vec!["wide_1".to_owned()],
        original: Some(text(original)),
        ..statement(file, 1, kind)
    })
}

/// Steps that build `wide_1` by a query, and drop it.
pub(crate) fn frame(number: u32, query: &str) -> RunStep {
    let work = Work::Materialise {
        frame: "wide_1".to_owned(),
        from: Vec::new(),
        build_micros: 1000,
    };
    let create = format!("CREATE OR REPLACE TEMPORARY VIEW {{ns}}_wide_1 AS {query}");
    step(number, work, &[&create, "CACHE TABLE {ns}_wide_1"])
}

pub(crate) fn release(number: u32) -> RunStep {
    let work = Work::Release {
        frame: "wide_1".to_owned(),
    };
    step(number, work, &["UNCACHE TABLE IF EXISTS {ns}_wide_1"])
}

pub(crate) fn finish() -> Vec<ProgramText> {
    vec![text("DROP VIEW IF EXISTS {ns}_wide_1")]
}

fn run_options(root: &Path) -> RunOptions {
    RunOptions {
        run: "0a1b2c3d".to_owned(),
        variables: Variables::from([("least".to_owned(), "3".to_owned())]),
        root: root.to_owned(),
        ..RunOptions::default()
    }
}

/// Runs, interrupting as often as told as soon as Spark works on the step told.
async fn play(
    engine: &mut Local,
    input: &RunInput,
    options: &RunOptions,
    interrupt: Option<(u32, u8)>,
) -> (Outcome, RunRecord, Vec<Event>) {
    let clock = SystemClock::new();
    let cancel = Cancel::default();
    let mut events = Vec::new();
    let mut watch = |event: &Event| {
        if let (Event::StepProgress { step, progress, .. }, Some((at, times))) = (event, interrupt)
            && *step == at
            && progress.tasks_active > 0
            && cancel.level() == 0
        {
            for _ in 0..times {
                cancel.interrupt();
            }
        }
        events.push(event.clone());
    };
    let mut recorder = Recorder::new(&clock, None, &mut watch);
    let outcome = run::run(engine, input, options, &cancel, &mut recorder)
        .await
        .unwrap();
    let record = recorder.finish();
    (outcome, record, events)
}

/// No view and no cached data of a run.
async fn assert_session_clean(engine: &mut Local) {
    let shown = done(engine, sql("SHOW VIEWS", Want::Preview { rows: 50 })).await;
    assert!(shown.rows.is_empty(), "{:?}", shown.rows);
    let cached = "hoist_value = spark.sparkContext._jsc.sc().getPersistentRDDs().size()";
    let output = done(engine, value(cached)).await;
    assert_eq!(output.value, Some(0.into()));
}

#[test]
fn statements_run_with_frames_and_leave_nothing() {
    let home = tempfile::tempdir().unwrap();
    block_on(async {
        let mut engine = Local::new(options(home.path(), CatalogKind::InMemory));
        session_opens(&mut engine).await;
        facts_are_collected(&mut engine, home.path()).await;
        readers_read_the_frame(&mut engine, home.path()).await;
        a_failing_statement_has_its_place(&mut engine, home.path()).await;
        a_frame_that_fails_changes_nothing(&mut engine, home.path()).await;
        an_interrupt_leaves_nothing(&mut engine, home.path()).await;
        // Last, since it ends the session.
        let (outcome, _, _) = play(
            &mut engine,
            &long(),
            &run_options(home.path()),
            Some((2, 2)),
        )
        .await;
        assert_eq!(outcome, Outcome::Interrupted);
        assert!(!processes(home.path()).is_empty());
        drop(engine);
    });
    wait_for("the end of all processes", 5, || {
        processes(home.path()).is_empty()
    });
    assert_nothing_left(home.path());
}

async fn session_opens(engine: &mut Local) {
    let clock = SystemClock::new();
    let mut started = false;
    let mut watch = |event: &Event| {
        started |= matches!(event, Event::Notice(Notice::Started { .. }));
    };
    let mut recorder = Recorder::new(&clock, None, &mut watch);
    let session = run::open(engine, &Cancel::default(), &mut recorder)
        .await
        .unwrap();
    assert!(session.is_some());
    assert!(recorder.record().phases.session_micros > 0);
    assert!(started);
}

async fn facts_are_collected(engine: &mut Local, home: &Path) {
    let outside = home.join("outside").display().to_string();
    for text in [
        "CREATE DATABASE d".to_owned(),
        "CREATE TABLE d.wide (Id BIGINT, kind CHAR(3), amount DECIMAL(10,2), day STRING) USING parquet \
         PARTITIONED BY (day)"
            .to_owned(),
        "INSERT INTO d.wide SELECT id, 'abc', id, concat('d', id % 2) FROM range(10)".to_owned(),
        format!("CREATE TABLE d.outside (a INT) USING csv OPTIONS (compression 'gzip') LOCATION '{outside}/'"),
        "INSERT INTO d.outside VALUES (1)".to_owned(),
        "CREATE TABLE d.strict (a INT, b INT) USING csv OPTIONS (Mode 'DropMalformed')".to_owned(),
        "CREATE TABLE d.kept (a INT, Bad STRING) USING json OPTIONS (columnNameOfCorruptRecord 'bad')".to_owned(),
        "CREATE VIEW d.narrow AS SELECT id FROM d.wide".to_owned(),
        "CREATE TABLE d.sums (kind STRING, n BIGINT) USING parquet".to_owned(),
    ] {
        done(engine, sql(&text, Want::Nothing)).await;
    }
    let jobs = "hoist_value = spark.sparkContext._jsc.sc().dagScheduler().nextJobId()";
    let before = done(engine, value(jobs)).await.value;
    let names: Vec<String> = [
        "d.wide",
        "d.outside",
        "d.narrow",
        "d.strict",
        "d.kept",
        "d.gone",
        "gone.t",
        "other.d.t",
    ]
    .iter()
    .map(|name| (*name).to_owned())
    .collect();
    let collected = collect(engine, &names).await.unwrap();
    assert_eq!(done(engine, value(jobs)).await.value, before, "no job ran");

    let tables = &collected.catalog.tables;
    let wide = &tables["d.wide"];
    assert_eq!(wide.kind, TableKind::Managed);
    assert_eq!(wide.provider.as_deref(), Some("parquet"));
    let columns: Vec<(&str, &str)> = wide
        .columns
        .iter()
        .map(|column| (column.name.as_str(), column.data_type.as_str()))
        .collect();
    assert_eq!(
        columns,
        [
            ("Id", "bigint"),
            ("kind", "char(3)"),
            ("amount", "decimal(10,2)"),
            ("day", "string")
        ]
    );
    assert_eq!(wide.partition_columns, ["day"]);
    assert!(wide.size_bytes.is_some_and(|size| size > 500), "{wide:?}");
    let outside_facts = &tables["d.outside"];
    assert_eq!(outside_facts.kind, TableKind::External);
    assert_eq!(outside_facts.location, Some(format!("file:{outside}")));
    let dependent: Vec<&str> = tables
        .iter()
        .filter(|(_, facts)| facts.rows_depend_on_columns)
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(dependent, ["d.kept", "d.strict"]);
    assert_eq!(tables["d.narrow"].kind, TableKind::View);
    assert_eq!(tables["d.narrow"].columns[0].name, "id");
    assert_eq!(tables["d.gone"].kind, TableKind::Missing);
    assert_eq!(tables["gone.t"].kind, TableKind::Missing);
    assert!(collected.unknown.contains_key("other.d.t"));
    done(engine, sql("DROP VIEW d.narrow", Want::Nothing)).await;
}

async fn readers_read_the_frame(engine: &mut Local, home: &Path) {
    std::fs::write(
        home.join("half.py"),
        "half = int(hoist_vars['least']) / 2\n",
    )
    .unwrap();
    let python = Work::Run(statement("half.py", 1, "python"));
    let input = RunInput {
        start: Vec::new(),
        steps: vec![
            frame(1, "SELECT id, kind FROM d.wide WHERE id >= ${least}"),
            step(
                2,
                reader(
                    "a.sql",
                    "insert_into",
                    "INSERT INTO d.sums SELECT kind, id FROM d.wide WHERE id >= ${least}",
                ),
                &["INSERT INTO d.sums SELECT kind, id FROM {ns}_wide_1 wide WHERE id >= ${least}"],
            ),
            step(
                3,
                reader(
                    "b.sql",
                    "query",
                    "SELECT count(*) n FROM d.wide WHERE id > ${least}",
                ),
                &["SELECT count(*) n FROM {ns}_wide_1 wide WHERE id > ${least}"],
            ),
            release(4),
            step(
                5,
                Work::Run(statement("c.sql", 1, "query")),
                &["SELECT count(*) n FROM d.wide WHERE id >= 3"],
            ),
            RunStep {
                number: 6,
                work: python,
                texts: vec![ProgramText {
                    language: Language::Python,
                    text: "half = int(hoist_vars['least']) / 2\nprint(half, __name__)".to_owned(),
                    namespaced: false,
                }],
            },
        ],
        finish: finish(),
    };
    let results = home.join("results");
    let options = RunOptions {
        results: Some(results.clone()),
        ..run_options(home)
    };
    let (outcome, record, events) = play(engine, &input, &options, None).await;
    assert_eq!(outcome, Outcome::Done, "{record:?}");
    assert!(record.warnings.is_empty() && record.left_behind.is_empty());
    assert!(results.join("b").is_dir() && results.join("c").is_dir());
    let printed = events.iter().any(|event| {
        matches!(event, Event::StepFinished { step: 6, output, .. } if output.stdout == "1.5 __main__\n")
    });
    assert!(printed, "{events:?}");

    let scan = "Scan In-memory table hoist_0a1b2c3d_wide_1";
    for (label, reads) in [("a.sql", true), ("b.sql", true), ("c.sql", false)] {
        let plans = executed_plans(engine, label).await.unwrap();
        assert!(!plans.is_empty(), "{label}");
        let found = plans.iter().any(|plan| plan.text.contains(scan));
        assert_eq!(found, reads, "{label}: {plans:?}");
    }
    assert_session_clean(engine).await;
}

async fn a_failing_statement_has_its_place(engine: &mut Local, home: &Path) {
    let input = RunInput {
        start: Vec::new(),
        steps: vec![
            frame(1, "SELECT id FROM d.wide"),
            step(
                2,
                Work::Run(statement("ok.sql", 1, "insert_into")),
                &["INSERT INTO d.sums VALUES ('kept', 1)"],
            ),
            step(
                3,
                Work::Run(statement("bad.sql", 7, "query")),
                &["SELECT id,\n  nothing\nFROM d.wide WHERE id > ${least}"],
            ),
            step(
                4,
                Work::Run(statement("never.sql", 1, "query")),
                &["SELECT 1"],
            ),
            step(
                5,
                reader("r.sql", "query", "SELECT id FROM d.wide"),
                &["SELECT id FROM {ns}_wide_1"],
            ),
        ],
        finish: finish(),
    };
    let (outcome, record, _) = play(engine, &input, &run_options(home), None).await;
    assert_eq!(outcome, Outcome::Failed);
    assert_eq!(record.failures[0].place, "bad.sql:8:3");
    assert!(
        record.failures[0].class.starts_with("UNRESOLVED_COLUMN"),
        "{record:?}"
    );
    assert!(record.steps.iter().all(|step| step.title != "never.sql:1"));
    let kept = "SELECT n FROM d.sums WHERE kind = 'kept'";
    let output = done(engine, sql(kept, Want::Preview { rows: 5 })).await;
    assert_eq!(output.rows.len(), 1, "earlier outputs stay");
    assert_session_clean(engine).await;
}

async fn a_frame_that_fails_changes_nothing(engine: &mut Local, home: &Path) {
    // Fails while it is built, for rows that the reader does not need.
    let input = RunInput {
        start: Vec::new(),
        steps: vec![
            frame(1, "SELECT id, assert_true(id < 9) AS ok FROM d.wide"),
            step(
                2,
                reader("r.sql", "query", "SELECT count(id) n FROM d.wide"),
                &["SELECT count(id) n, max(ok) FROM {ns}_wide_1"],
            ),
            release(3),
        ],
        finish: finish(),
    };
    let (outcome, record, events) = play(engine, &input, &run_options(home), None).await;
    assert_eq!(outcome, Outcome::Done, "{record:?}");
    assert_eq!(record.warnings.len(), 1, "{record:?}");
    let shown = events.iter().find_map(|event| match event {
        Event::StepFinished {
            step: 2, output, ..
        } => Some(output.rows.clone()),
        _ => None,
    });
    assert_eq!(shown, Some(vec![vec![Some("10".to_owned())]]));
    assert_session_clean(engine).await;
}

fn long() -> RunInput {
    RunInput {
        start: Vec::new(),
        steps: vec![
            frame(1, "SELECT id FROM d.wide"),
            step(2, reader("long.sql", "query", LONG), &[LONG]),
            release(3),
        ],
        finish: finish(),
    }
}

async fn an_interrupt_leaves_nothing(engine: &mut Local, home: &Path) {
    // During a statement, with a frame there; then while a frame is built.
    let building = RunInput {
        start: Vec::new(),
        steps: vec![
            frame(1, LONG),
            step(
                2,
                reader("r.sql", "query", "SELECT 1"),
                &["SELECT * FROM {ns}_wide_1"],
            ),
        ],
        finish: finish(),
    };
    for (input, at) in [(long(), 2), (building, 1)] {
        let (outcome, record, _) = play(engine, &input, &run_options(home), Some((at, 1))).await;
        assert_eq!(outcome, Outcome::Interrupted);
        assert!(record.left_behind.is_empty(), "{record:?}");
        let last = record.steps.last().unwrap();
        assert_eq!(last.number, at);
        let kind = if at == 1 {
            StepKind::Materialise
        } else {
            StepKind::Run
        };
        assert_eq!(last.kind, kind);
        assert_session_clean(engine).await;
    }
}
