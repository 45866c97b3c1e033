//! What could be shared, and what is, in pipelines of 25 statements of TPC-DS and TPC-H.
//!
//! `cargo bench --bench tpc` plans 200 random pipelines of each and prints medians, and of candidates and frames how
//! many all pipelines have together. The texts lie outside the project (`../shared/corpus`, or where `HOIST_CORPUS`
//! says). `avoidable` is the share of column-pruned scan bytes that would not be read if each column of a table were
//! read once; `avoided` is the share that the plan does not read.

#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a broken fixture ends the benchmark"
)]

#[path = "../tests/it/tpc/pipelines.rs"]
mod pipelines;

use std::time::Instant;

use hoist::planner::frame::FrameKind;

use self::pipelines::{Suite, Way, suites};

const PIPELINES: u64 = 200;
const STATEMENTS: usize = 25;
/// All but intermediates: none of the statements writes.
const KINDS: [FrameKind; 4] = [
    FrameKind::CoveringRead,
    FrameKind::RepeatedSubquery,
    FrameKind::JoinCore,
    FrameKind::CoveringAggregate,
];

fn main() {
    let Some(suites) = suites() else {
        println!("the corpus is absent: HOIST_CORPUS says where it is");
        return;
    };
    for suite in &suites {
        println!(
            "{} ({} statements, {PIPELINES} pipelines of {STATEMENTS})",
            suite.name,
            suite.statements.len()
        );
        for (title, without_limit, margin_percent) in [
            ("as written", false, 200),
            ("without the last LIMIT", true, 200),
            ("the same, every frame taken", true, 0),
        ] {
            measure(
                suite,
                title,
                Way {
                    without_limit,
                    margin_percent,
                },
            );
        }
    }
}

fn measure(suite: &Suite, title: &str, way: Way) {
    let mut avoidable = Vec::new();
    let mut avoided = Vec::new();
    let mut millis = Vec::new();
    let mut found = vec![Vec::new(); KINDS.len()];
    let mut taken = vec![Vec::new(); KINDS.len()];
    for seed in 0..PIPELINES {
        let start = Instant::now();
        let planned = suite.planned(seed, STATEMENTS, way);
        millis.push(start.elapsed().as_millis().try_into().unwrap());
        assert!(
            planned.violations.is_empty(),
            "seed {seed}: {}",
            planned.violations[0]
        );
        let (before, once) = suite.scanned(&planned.workload);
        let after = suite.scanned_after(&planned);
        avoidable.push(1000 * (before - once) / before);
        avoided.push(1000 * before.saturating_sub(after) / before);
        for (number, kind) in KINDS.iter().enumerate() {
            let candidates = planned.candidates.candidates.iter();
            found[number].push(candidates.filter(|one| one.kind() == *kind).count() as u64);
            let frames = planned.plan.frames.iter();
            taken[number].push(frames.filter(|frame| frame.kind == *kind).count() as u64);
        }
    }
    println!("  {title}");
    println!(
        "    scan bytes avoidable {:.1} %, avoided {:.1} %; planning {} ms",
        percent(avoidable),
        percent(avoided),
        median(millis)
    );
    for ((kind, found), taken) in KINDS.iter().zip(found).zip(taken) {
        let found_in = found.iter().filter(|count| **count > 0).count();
        println!(
            "    {kind:?}: candidates {} (in {found_in} of {PIPELINES} pipelines), frames {}",
            found.iter().sum::<u64>(),
            taken.iter().sum::<u64>()
        );
    }
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values[values.len() / 2]
}

fn percent(per_mille: Vec<u64>) -> f64 {
    f64::from(u32::try_from(median(per_mille)).unwrap()) / 10.0
}
