//! What real Spark says of the steps of a run: numbers that are known beforehand, and what asking costs.

use std::time::{Duration, Instant};

use hoist::runtime::collect::step_facts;
use hoist::runtime::engine::Want;
use hoist::runtime::engine::local::{CatalogKind, Local};
use hoist::runtime::run::{
    self, Cancel, Measured, Outcome, Recorder, RunInput, RunOptions, SystemClock, Work,
};

use crate::local_engine::{block_on, done, open, options, sql, value};
use crate::run::{finish, frame, reader, release, statement, step};

/// Rows of the table that is read.
const ROWS: u64 = 20_000;

/// A frame, a reader that writes what passes a test, and a statement apart that groups.
fn steps() -> RunInput {
    RunInput {
        start: Vec::new(),
        steps: vec![
            frame(1, "SELECT id, kind FROM d.wide"),
            step(
                2,
                reader(
                    "a.sql",
                    "insert_into",
                    "INSERT INTO d.some SELECT id FROM d.wide WHERE id < 1000",
                ),
                &["INSERT INTO d.some SELECT id FROM {ns}_wide_1 WHERE id < 1000"],
            ),
            release(3),
            step(
                4,
                Work::Run(statement("b.sql", 1, "insert_into")),
                &["INSERT INTO d.groups SELECT kind, count(*) FROM d.wide GROUP BY kind"],
            ),
        ],
        finish: finish(),
    }
}

#[test]
fn measurements_are_what_steps_did() {
    let home = tempfile::tempdir().unwrap();
    block_on(async {
        let mut engine = Local::new(options(home.path(), CatalogKind::InMemory));
        open(&mut engine).await;
        for text in [
            "CREATE DATABASE d".to_owned(),
            format!(
                "CREATE TABLE d.wide USING parquet AS SELECT id, id % 7 AS kind FROM range(0, {ROWS}, 1, 4)"
            ),
            "CREATE TABLE d.some (id BIGINT) USING parquet".to_owned(),
            "CREATE TABLE d.groups (kind BIGINT, n BIGINT) USING parquet".to_owned(),
        ] {
            done(&mut engine, sql(&text, Want::Nothing)).await;
        }
        let jobs = "hoist_value = spark.sparkContext._jsc.sc().dagScheduler().numTotalJobs()";
        let clock = SystemClock::new();
        let mut watch = |_: &run::Event| {};
        let mut recorder = Recorder::new(&clock, None, &mut watch);
        let options = RunOptions {
            run: "0a1b2c3d".to_owned(),
            measure: true,
            ..RunOptions::default()
        };
        let outcome = run::run(
            &mut engine,
            &steps(),
            &options,
            &Cancel::default(),
            &mut recorder,
        )
        .await;
        let record = recorder.finish();
        assert_eq!(outcome, Ok(Outcome::Done), "{:?}", record.failures);
        let of = |step: usize| -> &Measured { record.steps[step - 1].measured.as_ref().unwrap() };

        let built = of(1);
        // Counting what was cached reads batches of rows.
        assert!((ROWS..ROWS + 100).contains(&built.work.read_rows));
        let cached = built.frames["wide_1"];
        assert!(cached.parts > 0);
        assert_eq!(cached.held, cached.parts);
        assert!(cached.memory_bytes > ROWS, "{cached:?}");

        let read = of(2);
        assert_eq!(read.work.rows_written, 1_000);
        assert!(read.work.bytes_written > 0);
        assert_eq!(read.read, ["wide_1"]);
        assert_eq!(read.frames["wide_1"], cached);

        assert_eq!(record.steps[2].measured, None);
        let grouped = of(4);
        assert_eq!(grouped.work.rows_written, 7);
        assert_eq!(grouped.work.read_rows, ROWS);
        assert!(grouped.work.shuffle_bytes > 0);
        assert_eq!(grouped.frames.len(), 0);
        for measured in [built, read, grouped] {
            assert!(measured.work.cpu_micros > 0, "{measured:?}");
            assert!(measured.work.busy_micros > 0, "{measured:?}");
            // Spark's clock tells milliseconds.
            let wall = measured.wall_micros + 2_000;
            assert!(measured.work.busy_micros <= wall, "{measured:?}");
            assert_eq!(measured.work.spill_bytes, 0);
        }

        let before = done(&mut engine, value(jobs)).await.value;
        let mut taken: Vec<Duration> = Vec::new();
        for _ in 0..20 {
            let start = Instant::now();
            // All jobs so far, more than any step here has.
            let facts = step_facts(&mut engine, 0, "hoist_0a1b2c3d_").await.unwrap();
            taken.push(start.elapsed());
            assert!(facts.work.unwrap().rows_written >= ROWS + 1_007);
        }
        assert_eq!(done(&mut engine, value(jobs)).await.value, before);
        taken.sort();
        println!(
            "asking took {:?} (median), {:?} at most",
            taken[10], taken[19]
        );
        assert!(taken[10] < Duration::from_secs(2), "{taken:?}");
    });
}
