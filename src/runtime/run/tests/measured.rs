//! What runs measure: asked after each step, never in the way, and handed on to the profile.

use serde_json::json;

use super::*;
use crate::facts::profile::{FrameKey, Profile};

/// Stands in the text that asks.
const ASKED: &str = "lastStageAttempt";

fn measuring() -> RunOptions {
    RunOptions {
        measure: true,
        ..options()
    }
}

fn answer(held: u64) -> Reply {
    Reply::Value(json!({
        "next_job": 7,
        "frames": {"g_1": {"parts": 4, "held": held, "memory_bytes": 4096, "disk_bytes": 0}},
        "work": {
            "busy_micros": 500, "cpu_micros": 1500, "read_bytes": 10, "read_rows": 2, "shuffle_bytes": 3,
            "spill_bytes": 4, "rows_written": 5, "bytes_written": 6,
        },
    }))
}

fn keys() -> RunKeys {
    let statement = |file: &str| ((format!("{file}.sql"), 1), format!("key of {file}"));
    let frame = FrameKey {
        fingerprint: "key of g".to_owned(),
        medium: "memory".to_owned(),
        layout: "plain".to_owned(),
    };
    RunKeys {
        statements: ["a", "b", "c", "e"].map(statement).into(),
        frames: [("g_1".to_owned(), frame)].into(),
    }
}

fn profile_of(record: &RunRecord) -> Profile {
    let mut profile = Profile::default();
    profile.take(samples(record, &sample(), &keys(), "here", false));
    profile
}

fn questions(engine: &Fake) -> usize {
    let asked = engine.texts();
    asked.iter().filter(|text| text.contains(ASKED)).count()
}

#[tokio::test]
async fn steps_are_measured_and_fill_a_profile() {
    let mut engine = Fake::default().on(ASKED, answer(4));
    let (outcome, record, _) = play(&mut engine, &sample(), &measuring(), &Cancel::default()).await;
    assert_eq!(outcome, Outcome::Done);
    // Before the first step, and after each but that which lets the frame go.
    assert_eq!(questions(&engine), 1 + 5);
    let last = engine
        .submitted
        .iter()
        .rfind(|asked| asked.text.contains(ASKED))
        .unwrap();
    assert_eq!(last.variables["job"], "7");
    assert_eq!(last.variables["prefix"], "hoist_7f3a_");
    let profile = profile_of(&record);
    let read = &profile.statements["key of a"][0];
    assert_eq!(read.frames, ["key of g"]);
    assert_eq!(read.samples[0].rows_written, 5);
    assert_eq!(read.samples[0].cpu_micros, 1500);
    assert!(read.samples[0].busy_micros <= read.samples[0].wall_micros);
    assert!(profile.statements["key of e"][0].frames.is_empty());
    let frame = profile.frames["key of g"][0].samples[0];
    assert_eq!((frame.memory_bytes, frame.cached_percent), (4096, 100));
    assert_eq!(frame.evictions, 0);
}

#[tokio::test]
async fn a_journal_has_the_measurements() {
    let mut engine = Fake::default().on(ASKED, answer(4));
    let buffer = Buffer::default();
    let clock = Ticks::default();
    let journal = Journal::open(Box::new(buffer.clone()), "7f3a", 0).unwrap();
    let mut watch = |_: &Event| {};
    let mut recorder = Recorder::new(&clock, Some(journal), &mut watch);
    let cancel = Cancel::default();
    run(&mut engine, &sample(), &measuring(), &cancel, &mut recorder)
        .await
        .unwrap();
    let text = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let finished: Vec<serde_json::Value> = lines
        .filter(|line: &serde_json::Value| line["event"] == "step_finished")
        .collect();
    assert_eq!(finished.len(), 6);
    assert_eq!(finished[1]["measured"]["rows_written"], 5);
    assert_eq!(finished[1]["measured"]["frames"]["g_1"]["held"], 4);
    // Letting go is not measured.
    assert_eq!(finished[3].get("measured"), None);
}

#[tokio::test]
async fn what_was_lost_of_a_frame_is_seen() {
    let mut record = RunRecord::default();
    for (number, held) in [(1, 4), (2, 4), (3, 1), (4, 0)] {
        let frame = crate::runtime::collect::CachedFrame {
            parts: 4,
            held,
            memory_bytes: 1024 * held,
            disk_bytes: 0,
        };
        let measured = Measured {
            frames: [("g_1".to_owned(), frame)].into(),
            ..Measured::default()
        };
        record.steps.push(StepRecord {
            number,
            kind: StepKind::Run,
            title: String::new(),
            micros: 10,
            state: StepState::Done,
            measured: Some(Box::new(measured)),
        });
    }
    // The step that lets it go, 4, is no eviction.
    let frame = profile_of(&record).frames["key of g"][0].samples[0];
    assert_eq!((frame.cached_percent, frame.evictions), (25, 1));
    assert_eq!(frame.memory_bytes, 4096);
}

#[tokio::test]
async fn an_engine_that_cannot_tell_is_asked_once_and_nothing_is_said() {
    let mut engine = Fake::default().on(ASKED, Reply::fails("Py4JError", "no such method"));
    let (outcome, record, events) =
        play(&mut engine, &sample(), &measuring(), &Cancel::default()).await;
    assert_eq!(outcome, Outcome::Done);
    assert_eq!(questions(&engine), 1);
    assert_eq!(record.warnings, [""; 0]);
    assert!(!events.contains(&"warning".to_owned()));
    assert!(profile_of(&record).statements.is_empty());
    let mut engine = Fake::default().on(ASKED, Reply::Value(json!({"jobs": []})));
    let (outcome, ..) = play(&mut engine, &sample(), &measuring(), &Cancel::default()).await;
    assert_eq!(outcome, Outcome::Done);
}

#[tokio::test]
async fn a_run_that_fails_or_is_stopped_keeps_what_was_done() {
    let cancel = Cancel::default();
    let stops = Reply::Hangs(Some((cancel.clone(), 1)));
    for (reply, outcome) in [
        (Reply::fails("ERROR", "no"), Outcome::Failed),
        (stops, Outcome::Interrupted),
    ] {
        let mut engine = Fake::default().on(ASKED, answer(4)).on("INSERT b", reply);
        let (ended, record, _) = play(&mut engine, &sample(), &measuring(), &cancel).await;
        assert_eq!(ended, outcome);
        let profile = profile_of(&record);
        assert_eq!(profile.statements.keys().collect::<Vec<_>>(), ["key of a"]);
        assert_eq!(profile.frames.len(), 1);
    }
}

#[tokio::test]
async fn a_statement_that_ran_as_written_read_no_frame() {
    let mut engine = Fake::default()
        .on(ASKED, answer(0))
        .on("CACHE TABLE", Reply::fails("OutOfMemoryError", "heap"));
    let (outcome, record, _) = play(&mut engine, &sample(), &measuring(), &Cancel::default()).await;
    assert_eq!(outcome, Outcome::Done);
    let profile = profile_of(&record);
    assert!(profile.statements["key of a"][0].frames.is_empty());
    assert!(profile.frames.is_empty());
}
