//! The report for programs: `hoist-report/1`.

use serde::Serialize;

use super::super::json::{self, FindingEntry};
use super::Review;
use crate::facts::workload::HazardKind;
use crate::planner::plan::Summary;
use crate::present::compare::{Change, Measure};

/// `hoist-report/1`.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    findings: Vec<FindingEntry<'a>>,
    plan: Option<Summary>,
    base: Option<BaseEntry<'a>>,
}

#[derive(Serialize)]
struct BaseEntry<'a> {
    name: &'a str,
    /// Fingerprints.
    new: Vec<&'a str>,
    fixed: Vec<FindingEntry<'a>>,
    remaining: usize,
    plan: Option<Summary>,
    /// Null where one of them could not be planned.
    effort: Option<EffortEntry>,
    tables: Vec<TableEntry<'a>>,
    statements: Vec<StatementEntry<'a>>,
    hazards: Vec<HazardEntry<'a>>,
}

/// What the hoisted run takes.
#[derive(Serialize)]
struct EffortEntry {
    /// `work_micros` or `reads`.
    by: &'static str,
    before: u64,
    now: u64,
}

#[derive(Serialize)]
struct TableEntry<'a> {
    table: &'a str,
    reads: [usize; 2],
    writes: [usize; 2],
    frames: [&'a [String]; 2],
    why: Option<&'a str>,
}

#[derive(Serialize)]
struct StatementEntry<'a> {
    place: &'a str,
    kind: &'a str,
    /// `comes`, `goes` or `changes`.
    change: &'static str,
    details: &'a [String],
}

#[derive(Serialize)]
struct HazardEntry<'a> {
    from: &'a str,
    to: &'a str,
    kind: HazardKind,
    table: Option<&'a str>,
}

/// For programs, with a versioned schema.
pub fn json(review: &Review<'_>) -> String {
    let base = review.base.map(|base| {
        let comparison = base.comparison;
        let fixed = comparison.fixed.iter();
        BaseEntry {
            name: base.name,
            new: comparison
                .new
                .iter()
                .map(|finding| finding.fingerprint.as_str())
                .collect(),
            fixed: fixed
                .map(|finding| json::finding(base.sources, finding))
                .collect(),
            remaining: comparison.remaining,
            plan: base.plan.map(|plan| plan.summary),
            effort: comparison.effort.map(|effort| EffortEntry {
                by: match effort.by {
                    Measure::Work => "work_micros",
                    Measure::Reads => "reads",
                },
                before: effort.before,
                now: effort.now,
            }),
            tables: comparison
                .tables
                .iter()
                .map(|one| TableEntry {
                    table: &one.table,
                    reads: one.reads.into(),
                    writes: one.writes.into(),
                    frames: [&one.frames.0, &one.frames.1],
                    why: one.why.as_deref(),
                })
                .collect(),
            statements: comparison
                .statements
                .iter()
                .map(|one| StatementEntry {
                    place: &one.place,
                    kind: one.kind,
                    change: match one.change {
                        Change::Comes => "comes",
                        Change::Goes => "goes",
                        Change::Changes => "changes",
                    },
                    details: &one.details,
                })
                .collect(),
            hazards: comparison
                .hazards
                .iter()
                .map(|one| HazardEntry {
                    from: &one.from,
                    to: &one.to,
                    kind: one.kind,
                    table: one.table.as_deref(),
                })
                .collect(),
        }
    });
    let findings = review.findings.iter();
    json::pretty(&Document {
        schema: "hoist-report/1",
        findings: findings
            .map(|finding| json::finding(review.files.sources, finding))
            .collect(),
        plan: review.plan.map(|plan| plan.summary),
        base,
    })
}
