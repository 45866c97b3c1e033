//! Runs of steps, and what Spark says it executed in them: the frames that statements scanned.

use std::collections::{BTreeMap, BTreeSet};

use hoist::runtime::engine::Engine;
use hoist::runtime::run::{
    self, Cancel, Outcome, Recorder, RunInput, RunOptions, SystemClock, Work, executed_plans,
};

/// Runs steps in an open session to their end, without warnings and without leaving anything of hoist's.
pub(crate) async fn carry_out<E: Engine>(engine: &mut E, input: &RunInput, options: &RunOptions) {
    let clock = SystemClock::new();
    let mut watch = |_: &run::Event| {};
    let mut recorder = Recorder::new(&clock, None, &mut watch);
    let cancel = Cancel::default();
    let outcome = run::run(engine, input, options, &cancel, &mut recorder).await;
    let record = recorder.finish();
    assert_eq!(outcome.unwrap(), Outcome::Done, "{:?}", record.failures);
    assert_eq!(record.warnings, [""; 0]);
    assert_eq!(record.left_behind, [""; 0]);
}

/// The frames of a run that each statement scanned, by its place; places that executed something without frames too.
pub(crate) async fn frames_scanned<E: Engine>(
    engine: &mut E,
    run: &str,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut scans: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for executed in executed_plans(engine, "").await.unwrap() {
        let found = frames_in(&executed.text, run);
        scans.entry(executed.label).or_default().extend(found);
    }
    scans
}

/// The frames of a run that an executed plan scans: from the cache, or from the tables of its scratch database.
fn frames_in(plan: &str, run: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for scan in [
        format!("Scan In-memory table hoist_{run}_"),
        format!("Scan parquet spark_catalog.hoist_{run}."),
    ] {
        for (at, _) in plan.match_indices(&scan) {
            let rest = &plan[at + scan.len()..];
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            found.insert(rest[..end.unwrap_or(rest.len())].to_owned());
        }
    }
    found
}

/// Compares the frames that statements were found to read with those planned: no others, where there are none either.
/// Gives the number of such reads.
pub(crate) fn compare_reads(input: &RunInput, scans: &BTreeMap<String, BTreeSet<String>>) -> usize {
    let mut readers = 0;
    for step in &input.steps {
        let Work::Run(statement) = &step.work else {
            continue;
        };
        let expected = input.scanned(statement);
        readers += statement.frames.len();
        let found = scans.get(&statement.place());
        // USE and CREATE VIEW execute nothing.
        assert!(
            found.is_some() || expected.is_empty(),
            "{}",
            statement.place()
        );
        assert_eq!(
            found.cloned().unwrap_or_default(),
            expected,
            "frames read by {}",
            statement.place()
        );
    }
    readers
}

#[test]
fn frames_are_found_in_plans() {
    let plan = "(1) Scan In-memory table hoist_0a1b2c3d_t_1 (3)\n(2) Scan parquet spark_catalog.hoist_0a1b2c3d.u_2\n\
                (3) Scan parquet spark_catalog.d.t\n(4) Scan In-memory table hoist_ffffffff_v_1";
    assert_eq!(
        frames_in(plan, "0a1b2c3d"),
        BTreeSet::from(["t_1".to_owned(), "u_2".to_owned()])
    );
}
