//! Estimates beside what earlier runs measured.

use std::collections::BTreeMap;

use super::super::{CostModel, End, Keys};
use crate::facts::access::{TableId, TableVersion};
use crate::facts::catalog::Catalog;
use crate::facts::profile::{Measure, MeasuredFrame, MeasuredStatement, Measurements};
use crate::facts::workload::Workload;
use crate::frontend::source::Sources;
use crate::frontend::statement::StatementId;
use crate::planner::frame::testing::{Facts, Pipeline};
use crate::planner::frame::{Candidate, Candidates, candidates};
use crate::planner::plan::{PlanOptions, choose};

/// Two readers of a CSV table, and one that reads what a statement before it wrote.
struct Sample {
    workload: Workload,
    sources: Sources,
    catalog: Catalog,
    found: Candidates,
}

const SECOND: u64 = 1_000_000;

impl Sample {
    fn new() -> Self {
        let pipeline = Pipeline::default()
            .table("m.t", "csv", None, &["a double", "b double", "c string"])
            .facts("m.t", |facts| facts.rows = Some(2_000_000))
            .table("m.w", "parquet", None, &["a double"])
            .statement("SELECT a FROM m.t", Facts::default().read("m.t", &["a"]))
            .statement(
                "INSERT OVERWRITE m.w SELECT b FROM m.t",
                Facts::default().read("m.t", &["b"]).write("m.w"),
            )
            .statement("SELECT a FROM m.w", Facts::default().read("m.w", &["a"]));
        let (workload, sources, catalog) = pipeline.build();
        let found = candidates(&workload, &sources, &catalog);
        Sample {
            workload,
            sources,
            catalog,
            found,
        }
    }

    /// The frame of both readers.
    fn candidate(&self) -> &Candidate {
        let widest = self.found.candidates.iter();
        widest.max_by_key(|one| one.readers.len()).unwrap()
    }

    fn model(&self, measurements: &Measurements) -> CostModel<'_> {
        let statements = (0..3).map(|id| (StatementId(id), format!("s{id}")));
        let keys = Keys {
            statements: statements.collect(),
            candidates: BTreeMap::from([(self.candidate().id, "f".to_owned())]),
        };
        CostModel::new(&self.workload, &self.catalog).with_measurements(
            measurements,
            &keys,
            &self.found,
        )
    }

    fn build(&self, measurements: &Measurements) -> u64 {
        let model = self.model(measurements);
        model.at(End::Few).build(self.candidate()).unwrap().micros
    }

    fn saving(&self, measurements: &Measurements, reader: usize) -> u64 {
        let model = self.model(measurements);
        let candidate = self.candidate();
        let reader = &candidate.readers[reader];
        model.at(End::Few).saving(candidate, reader).unwrap()
    }
}

fn measure(samples: u64, value: u64) -> Measure {
    Measure {
        samples,
        value,
        sigma: value / 20,
    }
}

fn statement(frames: &[&str], samples: u64, micros: u64, rows: u64) -> MeasuredStatement {
    MeasuredStatement {
        frames: frames.iter().map(|name| (*name).to_owned()).collect(),
        work: measure(samples, micros),
        wall: measure(samples, micros / 2),
        rows_written: measure(samples, rows),
    }
}

fn frame(samples: u64, micros: u64, bytes: u64) -> Measurements {
    let frame = MeasuredFrame {
        medium: "memory".to_owned(),
        layout: "plain".to_owned(),
        work: measure(samples, micros),
        wall: measure(samples, micros / 2),
        bytes: measure(samples, bytes),
    };
    Measurements {
        frames: BTreeMap::from([("f".to_owned(), vec![frame])]),
        ..Measurements::default()
    }
}

/// Adds what a statement took as written, and with the frame.
fn with(mut measurements: Measurements, id: u32, plain: u64, hoisted: u64) -> Measurements {
    let known = vec![
        statement(&[], 3, plain, 0),
        statement(&["f"], 3, hoisted, 0),
    ];
    measurements.statements.insert(format!("s{id}"), known);
    measurements
}

#[test]
fn nothing_measured_changes_nothing() {
    let sample = Sample::new();
    let plain = CostModel::new(&sample.workload, &sample.catalog);
    let candidate = sample.candidate();
    assert_eq!(candidate.readers.len(), 2);
    let nothing = Measurements::default();
    assert_eq!(
        plain.at(End::Few).build(candidate).unwrap().micros,
        sample.build(&nothing)
    );
    assert_eq!(sample.model(&nothing).loses(candidate), None);
}

#[test]
fn a_build_shrinks_towards_what_was_measured_the_more_the_more_often() {
    let sample = Sample::new();
    let estimate = sample.build(&Measurements::default());
    let true_cost = estimate * 5;
    let mut distance = true_cost - estimate;
    for samples in 1..6 {
        let found = sample.build(&frame(samples, true_cost, 1 << 20));
        let now = true_cost.abs_diff(found);
        assert!(now < distance, "{samples}: {now} {distance}");
        distance = now;
    }
    assert!(distance < true_cost / 20);
    let model = sample.model(&frame(8, true_cost, 1 << 20));
    let bytes = model.bytes(sample.candidate()).unwrap();
    assert!(bytes.abs_diff(1 << 20) < bytes, "{bytes}");
}

#[test]
fn a_saving_is_the_difference_where_both_were_measured() {
    let sample = Sample::new();
    let estimate = sample.saving(&Measurements::default(), 0);
    let measured = with(frame(3, SECOND, 1 << 20), 0, 9 * SECOND, 2 * SECOND);
    let found = sample.saving(&measured, 0);
    assert!(
        found.abs_diff(7 * SECOND) < SECOND && found > estimate,
        "{found}"
    );
    // The other reader was never measured: its estimate, in the speed of this machine.
    let other = sample.saving(&measured, 1);
    assert!(other > estimate, "{other} {estimate}");
    // What took longer with the frame saves nothing.
    let slower = with(Measurements::default(), 0, 2 * SECOND, 9 * SECOND);
    assert_eq!(sample.saving(&slower, 0), 0);
}

#[test]
fn nothing_saves_more_than_its_statement_takes() {
    let sample = Sample::new();
    let estimate = sample.saving(&Measurements::default(), 0);
    let mut measured = Measurements::default();
    let quick = vec![statement(&[], 3, estimate / 10, 0)];
    measured.statements.insert("s0".to_owned(), quick);
    assert!(sample.saving(&measured, 0) <= estimate / 10);
}

#[test]
fn a_frame_that_costs_more_than_it_saves_loses_beyond_noise() {
    let sample = Sample::new();
    let candidate = sample.candidate();
    let built = frame(3, 10 * SECOND, 1 << 20);
    let judged = |measurements: &Measurements| sample.model(measurements).loses(candidate);
    // Nothing of its readers is known.
    assert_eq!(judged(&built), None);
    let both = |saved: u64| {
        let one = with(built.clone(), 0, 20 * SECOND, 20 * SECOND - saved);
        with(one, 1, 20 * SECOND, 20 * SECOND - saved)
    };
    let loss = judged(&both(SECOND)).unwrap();
    assert_eq!(loss.saving_micros, i128::from(2 * SECOND));
    assert_eq!((loss.build_micros, loss.builds), (10 * SECOND, 3));
    assert_eq!(judged(&both(9 * SECOND)), None);
    // 9.8 s saved for 10 s may be chance.
    assert_eq!(judged(&both(4_900_000)), None);
    // One of both is slower with the frame.
    let slower = with(both(SECOND), 1, 20 * SECOND, 25 * SECOND);
    assert!(judged(&slower).unwrap().saving_micros < 0);
}

#[test]
fn a_frame_that_was_measured_to_lose_is_not_chosen_and_that_is_the_reason() {
    let sample = Sample::new();
    let options = |margin_percent| PlanOptions {
        budget_bytes: 1 << 40,
        margin_percent,
        frames: true,
        ..PlanOptions::default()
    };
    let plan = |measurements: &Measurements, margin_percent| {
        let model = sample.model(measurements);
        choose(
            &sample.workload,
            &sample.found,
            &model,
            &options(margin_percent),
        )
    };
    let before = plan(&Measurements::default(), 100);
    assert_eq!(before.decisions[0].reasons[0].code, "not-worth");
    assert_eq!(plan(&Measurements::default(), 0).frames.len(), 1);
    let loses = with(
        with(frame(3, 10 * SECOND, 1 << 20), 0, 3 * SECOND, 2_900_000),
        1,
        3 * SECOND,
        2 * SECOND,
    );
    let dropped = plan(&loses, 100);
    assert_eq!(dropped.frames.len(), 0);
    let reason = &dropped.decisions[0].reasons[0];
    assert_eq!(reason.code, "measured");
    assert!(
        reason
            .text
            .contains("measured to save 1.1 s for a build of 10.0 s"),
        "{}",
        reason.text
    );
    // Whoever asks for frames that do not pay gets them.
    assert_eq!(plan(&loses, 0).frames.len(), 1);
}

#[test]
fn what_a_statement_wrote_is_the_size_of_its_table() {
    let sample = Sample::new();
    let written = TableVersion {
        table: sample
            .workload
            .tables
            .iter()
            .find(|table| table.name == "m.w")
            .map_or(TableId(9), |table| table.id),
        generation: 1,
    };
    let nothing = sample.model(&Measurements::default());
    assert_eq!(nothing.at(End::Few).rows(written), None);
    let mut measured = Measurements::default();
    let wrote = vec![statement(&["f"], 2, SECOND, 77)];
    measured.statements.insert("s1".to_owned(), wrote);
    let model = sample.model(&measured);
    assert_eq!(model.at(End::Many).rows(written), Some(77));
    assert!(model.statement_time(StatementId(2), &[]).is_some());
    assert_eq!(nothing.statement_time(StatementId(2), &[]), None);
}

#[test]
fn a_slow_machine_is_told_by_all_that_was_measured() {
    let sample = Sample::new();
    let estimate = sample.build(&Measurements::default());
    let mut measured = Measurements::default();
    let alone = sample.model(&Measurements::default());
    for id in [0, 1] {
        let usual = alone.statement_time(StatementId(id), &[]).unwrap();
        let slow = vec![statement(&[], 3, usual * 4, 0)];
        measured.statements.insert(format!("s{id}"), slow);
    }
    let found = sample.build(&measured);
    assert!(found > estimate * 2 && found < estimate * 4, "{found}");
    // Wall time was half of the work.
    let model = sample.model(&measured);
    let usual = alone.statement_time(StatementId(0), &[]).unwrap();
    let time = model.statement_time(StatementId(0), &[]).unwrap();
    assert!(time.abs_diff(usual * 2) < usual / 5, "{time} {usual}");
    // With the frame it is expected to take less.
    let hoisted = model.statement_time(StatementId(0), &[sample.candidate()]);
    assert!(hoisted.unwrap() < time);
    assert!(model.build_time(sample.candidate()).unwrap() > 0);
    assert_eq!(sample.sources.len(), 3);
}
