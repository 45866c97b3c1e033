//! Small changes of the statistics change plans little: sizes and rows of every table off by up to five percent, each by
//! another share, and the decisions counted that are others than before.
//!
//! `cargo test --test it stability -- --nocapture` prints the counts.

use std::collections::{BTreeMap, BTreeSet};

use hoist::facts::access::{ReadId, resolve};
use hoist::facts::catalog::Catalog;
use hoist::facts::workload::{self, Workload};
use hoist::frontend::parse;
use hoist::planner::cost::CostModel;
use hoist::planner::frame::{self, Candidates, FrameKind};
use hoist::planner::plan::{Plan, PlanOptions, Subject, choose};

use crate::sample::{declarations, sources};

/// How often the statistics are changed.
const DRAWS: u64 = 20;
/// The most a size is off, thousandths.
const OFF: u64 = 50;

struct Stages {
    workload: Workload,
    candidates: Candidates,
}

/// The sample with all tables larger.
fn catalog(larger: u64) -> Catalog {
    let document: serde_json::Value =
        serde_json::from_str(include_str!("fixtures/sample-catalog.json")).unwrap();
    let mut catalog: Catalog = serde_json::from_value(document["catalog"].clone()).unwrap();
    scale(&mut catalog, |_, value| value * larger);
    catalog
}

fn scale(catalog: &mut Catalog, change: impl Fn(&str, u64) -> u64) {
    for (name, facts) in &mut catalog.tables {
        facts.size_bytes = facts.size_bytes.map(|bytes| change(name, bytes));
        facts.rows = facts.rows.map(|rows| change(name, rows));
    }
}

/// Up to [`OFF`] thousandths more or less, the same for one name and draw.
fn off(name: &str, draw: u64, value: u64) -> u64 {
    let mut mixed = draw.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for byte in name.bytes() {
        mixed = (mixed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let share = 1_000 - OFF + (mixed >> 33) % (2 * OFF + 1);
    u64::try_from(u128::from(value) * u128::from(share) / 1_000).unwrap()
}

fn stages(catalog: &Catalog) -> Stages {
    let sources = sources();
    let parsed = parse(&sources);
    let accesses = resolve(&parsed.statements, catalog, &declarations());
    let workload = workload::build(parsed.statements, accesses);
    let candidates = frame::candidates(&workload, &sources, catalog);
    Stages {
        workload,
        candidates,
    }
}

fn plan(stages: &Stages, catalog: &Catalog, budget_bytes: u64) -> Plan {
    let options = PlanOptions {
        budget_bytes,
        margin_percent: 200,
        min_gain_micros: 200_000,
        frames: true,
        ..PlanOptions::default()
    };
    let costs = CostModel::new(&stages.workload, catalog);
    choose(&stages.workload, &stages.candidates, &costs, &options)
}

/// What serves each repeated thing: kind and reads of its frames.
type Decided = BTreeMap<Subject, Vec<(FrameKind, BTreeSet<ReadId>)>>;

fn decided(stages: &Stages, plan: &Plan) -> Decided {
    let decisions = plan.decisions.iter().map(|decision| {
        let own = plan.frames.iter().filter(|frame| {
            let candidate = frame.candidate.and_then(|id| stages.candidates.get(id));
            candidate.is_some_and(|candidate| candidate.subject == decision.subject)
        });
        let frames = own.map(|frame| {
            let readers = frame.readers.iter();
            let reads = readers.flat_map(|reader| reader.reads.iter().copied());
            (frame.kind, reads.collect())
        });
        (decision.subject.clone(), frames.collect())
    });
    decisions.collect()
}

#[test]
fn statistics_that_are_off_by_five_percent_change_few_decisions() {
    for (larger, budget, most_percent) in
        [(1, 2_u64 << 30, 5), (100, 2 << 30, 5), (100, 64 << 30, 5)]
    {
        let base = catalog(larger);
        let stages = stages(&base);
        let before = plan(&stages, &base, budget);
        let (mut changed, mut moved, mut all) = (0, 0, 0);
        for draw in 1..=DRAWS {
            let mut other = base.clone();
            scale(&mut other, |name, value| off(name, draw, value));
            let after = plan(&stages, &other, budget);
            let (one, two) = (decided(&stages, &before), decided(&stages, &after));
            all += one.len();
            changed += one
                .iter()
                .filter(|(subject, frames)| two.get(*subject) != Some(*frames))
                .count();
            moved += usize::from(before.moved != after.moved);
        }
        println!(
            "{larger} x the sample, {} MiB, {} frames: {changed} of {all} decisions changed, {moved} of {DRAWS} orders",
            budget >> 20,
            before.frames.len(),
        );
        assert!(!before.frames.is_empty());
        assert!(
            changed * 100 <= all * most_percent,
            "{changed} of {all} decisions changed"
        );
    }
}
