//! Seeded faults: each is what a defect of `frame`, `plan` or `emit` would make, and each is caught.
//!
//! A fault of `frame` changes the candidates, and a plan and a program are made from them; a fault of `plan` changes the
//! plan, and the program is made from it; a fault of `emit` changes the program. So everything after the fault is
//! consistent with it, as it would be after a real defect. What `check` trusts (the catalog's facts) can be wrong, too:
//! those faults are caught by running both versions on real Spark, as `verify` does. So are broken programs, on data that
//! `verify --generate` makes.

mod faults;
mod generated;
mod stages;
mod trusted;

use std::collections::BTreeSet;

use self::faults::{FAULTS, Fault};
use self::stages::Stages;

#[test]
fn the_pipeline_without_a_fault_keeps_every_promise() {
    let stages = Stages::new();
    assert_eq!(stages.violations(), Vec::<String>::new());
    let frames: Vec<(&str, usize)> = stages
        .plan
        .frames
        .iter()
        .map(|frame| (frame.name.as_str(), frame.readers.len()))
        .collect();
    assert_eq!(
        frames,
        [
            ("gd_1", 6),
            ("policies_1", 1),
            ("latest_1", 4),
            ("gd_2", 4),
            ("gd_3", 4),
            ("x_1", 4),
            ("sales_stores_1", 3),
            ("trips_groups_1", 6),
            ("d_1", 2),
            ("r_1", 2),
            ("calls_agents_1", 1),
            ("k_1", 2),
            ("notes_1", 2),
            ("notes_topics_1", 2)
        ]
    );
}

#[test]
fn every_seeded_fault_breaks_the_promise_it_is_said_to_break() {
    let names: BTreeSet<&str> = FAULTS.iter().map(|seeded| seeded.name).collect();
    assert_eq!(names.len(), FAULTS.len(), "a name is used twice");
    let mut missed = Vec::new();
    for seeded in &FAULTS {
        let mut stages = Stages::new();
        let before = format!(
            "{:?}{:?}{:?}",
            stages.candidates, stages.plan, stages.program
        );
        match seeded.fault {
            Fault::Frame(seed) => {
                seed(&mut stages);
                stages.choose_again();
            }
            Fault::Plan(seed) => {
                seed(&mut stages);
                stages.emit_again();
            }
            Fault::Emit(seed) => seed(&mut stages),
        }
        let after = format!(
            "{:?}{:?}{:?}",
            stages.candidates, stages.plan, stages.program
        );
        assert_ne!(before, after, "`{}` changes nothing", seeded.name);
        let violations = stages.broken();
        let promise = seeded.promise;
        if !violations
            .iter()
            .any(|violation| violation.promise == promise)
        {
            missed.push(format!(
                "{}: {violations:?} instead of {promise}",
                seeded.name
            ));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
