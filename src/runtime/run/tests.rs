//! Runs against an engine that follows a script.

mod chain;
mod measured;

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::*;
use crate::frontend::source::Sources;
use crate::frontend::statement::{PythonStep, Statement, StatementId, StatementKind};
use crate::planner::emit::{Language, ProgramText};
use crate::planner::plan_file::PlanFile;
use crate::runtime::engine::{StatementFailure, Want};
use crate::runtime::fake::{Fake, Reply};

/// A clock that goes on by a millisecond whenever it is asked.
#[derive(Default)]
struct Ticks(AtomicU64);

impl Clock for Ticks {
    fn epoch_micros(&self) -> u64 {
        1_718_000_000_000_000 + 1000 * self.0.fetch_add(1, Ordering::Relaxed)
    }
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::Error::from(std::io::ErrorKind::StorageFull))
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn own(text: &str) -> ProgramText {
    ProgramText {
        language: Language::Sql,
        text: text.to_owned(),
        namespaced: true,
    }
}

fn users(text: &str) -> ProgramText {
    ProgramText {
        namespaced: false,
        ..own(text)
    }
}

fn statement(file: &str, kind: &str, reads: &[&str], starts: &[&str]) -> RunStatement {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    RunStatement {
        file: file.to_owned(),
        line: 3,
        number: 1,
        kind: kind.to_owned(),
        reads: owned(reads),
        starts: owned(starts),
        ..RunStatement::default()
    }
}

/// A frame over `d.g` with two readers, a bare query, and a statement apart.
fn sample() -> RunInput {
    let reader = |file: &str, target: &str| {
        let mut statement = statement(file, "insert_into", &["d.g@0"], &[target]);
        statement.frames = vec!["g_1".to_owned()];
        statement.original = Some(users("INSERT raw FROM d.g"));
        statement
    };
    let works = [
        (
            Work::Materialise {
                frame: "g_1".to_owned(),
                from: Vec::new(),
                build_micros: 900,
            },
            vec![own("CREATE VIEW {ns}_g_1"), own("CACHE TABLE {ns}_g_1")],
        ),
        (
            Work::Run(reader("a.sql", "d.a@1")),
            vec![own("INSERT a FROM {ns}_g_1")],
        ),
        (
            Work::Run(reader("b.sql", "d.b@1")),
            vec![own("INSERT b FROM {ns}_g_1")],
        ),
        (
            Work::Release {
                frame: "g_1".to_owned(),
            },
            vec![own("UNCACHE TABLE {ns}_g_1")],
        ),
        (
            Work::Run(statement("c.sql", "query", &["d.a@1"], &[])),
            vec![users("SELECT c\nFROM d.a\nWHERE ${x}")],
        ),
        (
            Work::Run(statement("e.sql", "insert_into", &["d.z@0"], &["d.y@1"])),
            vec![users("INSERT e")],
        ),
    ];
    RunInput {
        start: Vec::new(),
        steps: works
            .into_iter()
            .zip(1..)
            .map(|((work, texts), number)| RunStep {
                number,
                work,
                texts,
            })
            .collect(),
        finish: vec![own("DROP VIEW IF EXISTS {ns}_g_1")],
    }
}

fn options() -> RunOptions {
    RunOptions {
        run: "7f3a".to_owned(),
        variables: [("x".to_owned(), "1 = 1".to_owned())].into(),
        root: PathBuf::from("pipeline"),
        ..RunOptions::default()
    }
}

/// Runs to the end; gives outcome, record, and the events as short words.
async fn play(
    engine: &mut Fake,
    input: &RunInput,
    options: &RunOptions,
    cancel: &Cancel,
) -> (Outcome, RunRecord, Vec<String>) {
    let clock = Ticks::default();
    let mut events = Vec::new();
    let mut watch = |event: &Event| {
        events.push(match event {
            Event::StepStarted { step } => format!("start {}", step.number),
            Event::StepFinished { step, .. } => format!("done {step}"),
            Event::StepFailed { step, .. } => format!("failed {step}"),
            Event::StepCancelled { step, .. } => format!("cancelled {step}"),
            Event::StepSkipped { step, .. } => format!("skipped {}", step.number),
            Event::Warning { .. } => "warning".to_owned(),
            Event::Interrupted { level } => format!("interrupted {level}"),
            Event::Cleaned { .. } => "cleaned".to_owned(),
            Event::RunFinished { .. } => "finished".to_owned(),
            _ => return,
        });
    };
    let mut recorder = Recorder::new(&clock, None, &mut watch);
    let outcome = run(engine, input, options, cancel, &mut recorder)
        .await
        .unwrap();
    let record = recorder.finish();
    assert_eq!(record.outcome, outcome);
    (outcome, record, events)
}

const FINISH: &str = "DROP VIEW IF EXISTS hoist_7f3a_g_1";

#[tokio::test]
async fn all_goes_well() {
    let mut engine = Fake::default();
    let (outcome, record, events) =
        play(&mut engine, &sample(), &options(), &Cancel::default()).await;
    assert_eq!(outcome, Outcome::Done);
    assert_eq!(
        engine.texts(),
        [
            "CREATE VIEW hoist_7f3a_g_1",
            "CACHE TABLE hoist_7f3a_g_1",
            "INSERT a FROM hoist_7f3a_g_1",
            "INSERT b FROM hoist_7f3a_g_1",
            "UNCACHE TABLE hoist_7f3a_g_1",
            "SELECT c\nFROM d.a\nWHERE 1 = 1",
            "INSERT e",
            FINISH,
        ]
    );
    let ends: Vec<_> = (1..=6)
        .flat_map(|step| [format!("start {step}"), format!("done {step}")])
        .chain(["cleaned".to_owned(), "finished".to_owned()])
        .collect();
    assert_eq!(events, ends);
    assert_eq!(engine.submitted[2].label, "a.sql:3");
    assert_eq!(engine.submitted[2].want, Want::Nothing);
    assert_eq!(engine.submitted[5].want, Want::Preview { rows: 20 });
    assert!(record.phases.frames_micros > 0);
    assert!(record.phases.statements_micros > record.phases.frames_micros);
    assert!(record.phases.run_micros >= record.phases.statements_micros);
}

#[tokio::test]
async fn complete_results_go_to_their_folder() {
    let mut engine = Fake::default();
    let options = RunOptions {
        results: Some(PathBuf::from("/out")),
        ..options()
    };
    play(&mut engine, &sample(), &options, &Cancel::default()).await;
    let path = PathBuf::from("/out/c");
    assert_eq!(engine.submitted[5].want, Want::Parquet { path });
}

#[tokio::test]
async fn a_missing_variable_stops_before_anything_is_submitted() {
    let mut engine = Fake::default();
    let options = RunOptions {
        variables: Variables::new(),
        ..options()
    };
    let clock = Ticks::default();
    let mut watch = |_: &Event| {};
    let mut recorder = Recorder::new(&clock, None, &mut watch);
    let cancel = Cancel::default();
    let error = run(&mut engine, &sample(), &options, &cancel, &mut recorder)
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "template variable `x` has no value");
    assert!(engine.submitted.is_empty());
}

#[tokio::test]
async fn a_failing_statement_stops_the_run_and_views_are_dropped() {
    let failure = StatementFailure {
        class: "UNRESOLVED_COLUMN".to_owned(),
        message: "no such column".to_owned(),
        position: Some((3, 7)),
        ..StatementFailure::default()
    };
    let mut engine = Fake::default().on("SELECT c", Reply::Fails(failure));
    let (outcome, record, events) =
        play(&mut engine, &sample(), &options(), &Cancel::default()).await;
    assert_eq!(outcome, Outcome::Failed);
    assert_eq!(engine.texts().last(), Some(&FINISH));
    assert!(!engine.texts().contains(&"INSERT e"));
    assert_eq!(
        events[events.len() - 3..],
        ["failed 5", "cleaned", "finished"]
    );
    assert_eq!(record.failures[0].place, "c.sql:5:7");
    assert_eq!(record.failures[0].class, "UNRESOLVED_COLUMN");
}

#[tokio::test]
async fn a_place_in_rewritten_text_is_not_a_place_of_the_users() {
    let failure = StatementFailure {
        position: Some((2, 9)),
        ..StatementFailure::default()
    };
    let mut engine = Fake::default().on("INSERT b", Reply::Fails(failure));
    let (_, record, _) = play(&mut engine, &sample(), &options(), &Cancel::default()).await;
    assert_eq!(record.failures[0].place, "b.sql:3");
}

#[tokio::test]
async fn keep_going_leaves_out_only_what_depends() {
    let mut engine = Fake::default().on("INSERT a", Reply::fails("X", "x"));
    let options = RunOptions {
        keep_going: true,
        ..options()
    };
    let (outcome, record, events) =
        play(&mut engine, &sample(), &options, &Cancel::default()).await;
    assert_eq!(outcome, Outcome::Failed);
    let kept: Vec<&str> = events.iter().map(String::as_str).collect();
    assert_eq!(
        kept,
        [
            "start 1",
            "done 1",
            "start 2",
            "failed 2",
            "start 3",
            "done 3",
            "start 4",
            "done 4",
            "skipped 5",
            "start 6",
            "done 6",
            "cleaned",
            "finished"
        ]
    );
    assert_eq!(record.failures.len(), 1);
    assert_eq!(record.steps[4].state, StepState::Skipped);
}

#[tokio::test]
async fn a_frame_without_readers_left_is_not_built() {
    let mut input = sample();
    // A statement in front that replaces the frame's table.
    input.steps.insert(
        0,
        RunStep {
            number: 7,
            work: Work::Run(statement("0.sql", "insert_overwrite", &[], &["d.g@0"])),
            texts: vec![users("INSERT first")],
        },
    );
    for (step, number) in input.steps.iter_mut().zip(1..) {
        step.number = number;
    }
    let mut engine = Fake::default().on("INSERT first", Reply::fails("X", "x"));
    let options = RunOptions {
        keep_going: true,
        ..options()
    };
    play(&mut engine, &input, &options, &Cancel::default()).await;
    assert_eq!(engine.texts(), ["INSERT first", "INSERT e", FINISH]);
}

#[tokio::test]
async fn a_frame_that_cannot_be_built_is_let_go_and_readers_run_as_written() {
    let mut engine = Fake::default().on("CACHE TABLE hoist", Reply::fails("OOM", "heap\nmore"));
    // The pattern stands in the release, too, which therefore fails: that is no failure of the run.
    let (outcome, record, events) =
        play(&mut engine, &sample(), &options(), &Cancel::default()).await;
    assert_eq!(outcome, Outcome::Done);
    assert_eq!(
        engine.texts(),
        [
            "CREATE VIEW hoist_7f3a_g_1",
            "CACHE TABLE hoist_7f3a_g_1",
            "UNCACHE TABLE hoist_7f3a_g_1",
            "INSERT raw FROM d.g",
            "INSERT raw FROM d.g",
            "SELECT c\nFROM d.a\nWHERE 1 = 1",
            "INSERT e",
            FINISH,
        ]
    );
    assert_eq!(events[..3], ["start 1", "failed 1", "warning"]);
    assert!(events.contains(&"skipped 4".to_owned()));
    assert!(record.failures.is_empty());
    assert_eq!(record.warnings.len(), 1);
    assert!(record.warnings[0].contains("OOM: heap);"));
}

#[tokio::test]
async fn a_failing_release_is_a_warning() {
    let mut engine = Fake::default().on("UNCACHE", Reply::fails("X", "x"));
    let (outcome, record, _) = play(&mut engine, &sample(), &options(), &Cancel::default()).await;
    assert_eq!(outcome, Outcome::Done);
    assert_eq!(record.warnings.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_removed_is_named() {
    let mut engine = Fake::default().on("DROP VIEW", Reply::fails("X", "x"));
    let (outcome, record, _) = play(&mut engine, &sample(), &options(), &Cancel::default()).await;
    assert_eq!(outcome, Outcome::Done);
    assert_eq!(record.left_behind, [FINISH]);
}

#[tokio::test]
async fn an_interrupt_cancels_what_runs_and_cleans_up() {
    for pattern in ["CACHE TABLE", "INSERT b"] {
        let cancel = Cancel::default();
        let mut engine = Fake::default().on(pattern, Reply::Hangs(Some((cancel.clone(), 1))));
        let (outcome, _, events) = play(&mut engine, &sample(), &options(), &cancel).await;
        assert_eq!(outcome, Outcome::Interrupted);
        assert_eq!(engine.cancelled.len(), 1, "{pattern}");
        let texts = engine.texts();
        assert!(texts[texts.len() - 2].contains(pattern), "{texts:?}");
        assert_eq!(texts.last(), Some(&FINISH));
        let tail = &events[events.len() - 4..];
        assert_eq!(tail[0], "interrupted 1");
        assert!(tail[1].starts_with("cancelled"), "{tail:?}");
        assert_eq!(tail[2..], ["cleaned", "finished"]);
    }
}

#[tokio::test]
async fn an_interrupt_between_steps_starts_nothing_new() {
    let cancel = Cancel::default();
    cancel.interrupt();
    let mut engine = Fake::default();
    let (outcome, _, events) = play(&mut engine, &sample(), &options(), &cancel).await;
    assert_eq!(outcome, Outcome::Interrupted);
    assert_eq!(engine.texts(), [FINISH]);
    assert_eq!(events, ["interrupted 1", "cleaned", "finished"]);
}

#[tokio::test]
async fn a_second_interrupt_submits_nothing_more() {
    let cancel = Cancel::default();
    // It does not obey, and the user interrupts again when it is asked to stop.
    let mut engine = Fake::default().on("INSERT a", Reply::Obstinate(cancel.clone()));
    let (outcome, _, events) = play(&mut engine, &sample(), &options(), &cancel).await;
    assert_eq!(outcome, Outcome::Interrupted);
    assert_eq!(engine.texts().last(), Some(&"INSERT a FROM hoist_7f3a_g_1"));
    assert_eq!(
        events[events.len() - 4..],
        ["interrupted 1", "interrupted 2", "cancelled 2", "finished"]
    );
    let clock = Ticks::default();
    let mut watch = |_: &Event| {};
    let mut recorder = Recorder::new(&clock, None, &mut watch);
    close(&mut engine, &cancel, &mut recorder).await.unwrap();
    assert_eq!(engine.closed, 0);
}

#[tokio::test]
async fn two_interrupts_at_once_leave_even_a_running_statement() {
    let cancel = Cancel::default();
    let mut engine = Fake::default().on("INSERT a", Reply::Hangs(Some((cancel.clone(), 2))));
    let (outcome, _, _) = play(&mut engine, &sample(), &options(), &cancel).await;
    assert_eq!(outcome, Outcome::Interrupted);
    assert_eq!(engine.texts().last(), Some(&"INSERT a FROM hoist_7f3a_g_1"));
}

#[tokio::test]
async fn a_lost_session_is_a_failure_with_a_next_step() {
    let mut engine = Fake::default().on("INSERT a", Reply::Lost);
    let options = RunOptions {
        keep_going: true,
        ..options()
    };
    let (outcome, record, _) = play(&mut engine, &sample(), &options, &Cancel::default()).await;
    assert_eq!(outcome, Outcome::Failed);
    assert_eq!(engine.texts().last(), Some(&"INSERT a FROM hoist_7f3a_g_1"));
    assert_eq!(record.failures[0].class, "SESSION");
    assert!(!record.failures[0].help.is_empty());
}

#[tokio::test]
async fn python_runs_as_it_is_with_its_variables_and_file() {
    let sources = Sources::from_texts(
        [("a.sql", "-- x\nSELECT ${x};"), ("p.py", "print('${y}')\n")],
        &options().variables,
    );
    let span = |source: u32, start, end| crate::diagnostic::Span {
        source: crate::diagnostic::SourceId(source),
        start,
        end,
    };
    let statements = [
        Statement {
            id: StatementId(0),
            source: crate::diagnostic::SourceId(0),
            span: span(0, 5, 16),
            number: 1,
            kind: StatementKind::Opaque {
                reason: "a test".to_owned(),
            },
        },
        Statement {
            id: StatementId(1),
            source: crate::diagnostic::SourceId(1),
            span: span(1, 0, 14),
            number: 1,
            kind: StatementKind::Python(PythonStep::default()),
        },
    ];
    let input = RunInput::plain(&sources, &statements);
    let failure = StatementFailure {
        position: Some((1, 1)),
        ..StatementFailure::default()
    };
    let mut engine = Fake::default().on("print", Reply::Fails(failure));
    let (_, record, _) = play(&mut engine, &input, &options(), &Cancel::default()).await;
    assert_eq!(engine.texts(), ["SELECT 1 = 1", "print('${y}')\n"]);
    let python = &engine.submitted[1];
    assert_eq!(python.variables["x"], "1 = 1");
    assert_eq!(python.file.as_deref(), Some("pipeline/p.py"));
    assert_eq!(record.failures[0].place, "p.py:1");
    assert_eq!(engine.submitted[0].label, "a.sql:2");
}

/// The statements of one text, as they would run without frames.
fn plain(text: &str) -> RunInput {
    let sources = Sources::from_texts([("a.sql", text)], &options().variables);
    RunInput::plain(&sources, &crate::frontend::parse(&sources).statements)
}

#[tokio::test]
async fn what_a_set_statement_gives_is_left_to_spark() {
    let input = plain("SET day = ${x}; SELECT '${day}', '${hivevar:day}' -- ${note}\n, ${x}");
    let mut engine = Fake::default();
    let (outcome, ..) = play(&mut engine, &input, &options(), &Cancel::default()).await;
    assert_eq!(outcome, Outcome::Done);
    assert_eq!(
        engine.texts(),
        [
            "SET day = 1 = 1",
            "SELECT '${day}', '${hivevar:day}' -- ${note}\n, 1 = 1"
        ]
    );
}

#[tokio::test]
async fn what_nothing_gives_stops_the_run_before_it_begins() {
    let input = plain("SET day = 1; SELECT '${month}', '${day}'");
    let mut engine = Fake::default();
    let mut watch = |_: &Event| {};
    let clock = Ticks::default();
    let mut recorder = Recorder::new(&clock, None, &mut watch);
    let error = run(
        &mut engine,
        &input,
        &options(),
        &Cancel::default(),
        &mut recorder,
    )
    .await
    .unwrap_err();
    assert_eq!(error.to_string(), "template variable `month` has no value");
    assert!(engine.texts().is_empty());
}

#[tokio::test]
async fn a_plan_file_is_all_that_a_run_needs() {
    let snapshot = include_str!(
        "../../planner/plan_file/snapshots/hoist__planner__plan_file__tests__the_format_is_frozen.snap"
    );
    let (_, json) = snapshot.split_once("\n---\n").unwrap();
    let plan = PlanFile::parse(json).unwrap();
    let input = RunInput::from_plan(&plan);
    let options = RunOptions {
        variables: [("day", "2024-06-30"), ("mart", "mart")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        ..options()
    };
    let mut engine = Fake::default();
    let (outcome, record, _) = play(&mut engine, &input, &options, &Cancel::default()).await;
    assert_eq!(outcome, Outcome::Done);
    let titles: Vec<&str> = record
        .steps
        .iter()
        .map(|step| step.title.as_str())
        .collect();
    assert_eq!(
        titles,
        [
            "general_data_1",
            "01_young.sql:2",
            "02_old.sql:1",
            "general_data_1"
        ]
    );
    let texts = engine.texts();
    assert_eq!(
        texts[2],
        "CREATE TABLE mart.young AS\nSELECT policy_id, age FROM hoist_7f3a_general_data_1 AS general_data\n\
         WHERE age < 25 AND day = '2024-06-30'"
    );
    assert_eq!(
        texts.last(),
        Some(&"DROP VIEW IF EXISTS hoist_7f3a_general_data_1")
    );

    // Where the frame cannot be built, both readers run as written.
    let mut engine = Fake::default().on("CREATE OR REPLACE", Reply::fails("X", "x"));
    let (outcome, _, _) = play(&mut engine, &input, &options, &Cancel::default()).await;
    assert_eq!(outcome, Outcome::Done);
    assert_eq!(
        engine.texts()[3],
        "CREATE TABLE mart.old AS\nSELECT policy_id FROM raw.general_data g WHERE g.age > 70 AND g.day = '2024-06-30'"
    );
}

#[tokio::test]
async fn the_journal_has_one_json_line_per_event() {
    let buffer = Buffer::default();
    let clock = Ticks::default();
    let journal = Journal::open(Box::new(buffer.clone()), "7f3a", 1_718_000_000_000).unwrap();
    let mut watch = |_: &Event| {};
    let mut recorder = Recorder::new(&clock, Some(journal), &mut watch);
    let mut engine = Fake::default().on("SELECT c", Reply::fails("X", "x"));
    let cancel = Cancel::default();
    open(&mut engine, &cancel, &mut recorder).await.unwrap();
    run(&mut engine, &sample(), &options(), &cancel, &mut recorder)
        .await
        .unwrap();
    close(&mut engine, &cancel, &mut recorder).await.unwrap();
    let text = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["schema"], SCHEMA);
    let events: Vec<&str> = lines
        .iter()
        .map(|line| line["event"].as_str().unwrap())
        .collect();
    assert_eq!(
        events[..4],
        [
            "journal_opened",
            "session_opened",
            "run_started",
            "step_started"
        ]
    );
    assert_eq!(
        events[events.len() - 4..],
        ["step_failed", "cleaned", "run_finished", "session_closed"]
    );
    assert!(lines.iter().all(|line| line["at"].as_u64().is_some()));
    // Progress is for eyes, and texts of statements stay out.
    assert!(!text.contains("step_progress"));
    assert!(!text.contains("INSERT"));
}

#[tokio::test]
async fn a_full_disk_ends_the_journal_and_not_the_run() {
    let clock = Ticks::default();
    assert!(Journal::open(Box::new(Full), "7f3a", 0).is_err());
    let mut watch = |_: &Event| {};
    let first = std::io::BufWriter::with_capacity(0, FullAfterOne::default());
    let journal = Journal::open(Box::new(first), "7f3a", 0).unwrap();
    let mut recorder = Recorder::new(&clock, Some(journal), &mut watch);
    let mut engine = Fake::default();
    let cancel = Cancel::default();
    let outcome = run(&mut engine, &sample(), &options(), &cancel, &mut recorder)
        .await
        .unwrap();
    assert_eq!(outcome, Outcome::Done);
    assert_eq!(recorder.record().warnings.len(), 1);
}

/// Takes one line.
#[derive(Default)]
struct FullAfterOne(bool);

impl Write for FullAfterOne {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0 {
            return Full.write(bytes);
        }
        self.0 = bytes.ends_with(b"\n");
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn run_ids_differ_by_time_and_process() {
    let clock = Ticks::default();
    let first = run_id(&clock, 1);
    assert_eq!(first.len(), 8);
    assert_ne!(first, run_id(&clock, 1));
    assert_ne!(run_id(&Ticks::default(), 1), run_id(&Ticks::default(), 2));
}
