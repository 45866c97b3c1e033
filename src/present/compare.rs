//! Stage `compare`: two states of a pipeline → what is new, gone, left and changed.
//!
//! Findings are the same if their fingerprints are, statements if their texts are (see `matched`): moving lines changes
//! nothing.

mod changes;
mod hazards;
mod matched;

use std::collections::BTreeSet;

pub use self::changes::{Change, StatementChange, TableChange};
pub use self::hazards::NewHazard;

use self::matched::Matched;
use super::rule::Finding;
use crate::facts::workload::Workload;
use crate::frontend::source::Sources;
use crate::planner::plan_file::PlanFile;

/// A pipeline as it is told of.
#[derive(Clone, Copy, Debug)]
pub struct State<'a> {
    /// Its files.
    pub sources: &'a Sources,
    /// Its statements, and their order.
    pub workload: &'a Workload,
    /// Its findings.
    pub findings: &'a [Finding],
    /// Its plan; none where it could not be planned.
    pub plan: Option<&'a PlanFile>,
    /// Estimated Spark work of its statements as they are written, microseconds; none where it is not known.
    pub work_micros: Option<u64>,
}

/// What a change does.
#[derive(Clone, Debug, Default)]
pub struct Comparison<'a> {
    /// Findings that were not there.
    pub new: Vec<&'a Finding>,
    /// Findings that are no longer there.
    pub fixed: Vec<&'a Finding>,
    /// Number of findings on both sides.
    pub remaining: usize,
    /// What the hoisted run takes, before and after; none where a plan is missing.
    pub effort: Option<Effort>,
    /// Orders that must be kept now and need not before.
    pub hazards: Vec<NewHazard>,
    /// Tables that are used otherwise.
    pub tables: Vec<TableChange>,
    /// Statements that come, go, or run otherwise.
    pub statements: Vec<StatementChange>,
}

/// What the hoisted run takes, before and after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// What is counted.
    pub by: Measure,
    /// Before.
    pub before: u64,
    /// Now.
    pub now: u64,
}

/// What is counted where runs are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Estimated Spark work, microseconds.
    Work,
    /// Reads of tables: the size of a table is not known.
    Reads,
}

/// Compares the state before with the state after.
pub fn compare<'a>(before: State<'a>, after: State<'a>) -> Comparison<'a> {
    let prints = |findings: &'a [Finding]| -> BTreeSet<&str> {
        let findings = findings.iter();
        findings.map(|one| one.fingerprint.as_str()).collect()
    };
    let (old, now) = (prints(before.findings), prints(after.findings));
    let missing = |from: &'a [Finding], others: &BTreeSet<&str>| -> Vec<&'a Finding> {
        let findings = from.iter();
        findings
            .filter(|finding| !others.contains(finding.fingerprint.as_str()))
            .collect()
    };
    let new = missing(after.findings, &old);
    let matched = Matched::of(before, after);
    Comparison {
        remaining: after.findings.len() - new.len(),
        new,
        fixed: missing(before.findings, &now),
        effort: effort(before, after),
        hazards: hazards::new(before, after, &matched),
        tables: changes::tables(before, after),
        statements: changes::statements(before, after, &matched),
    }
}

/// By estimated work where it is known on both sides, otherwise by reads.
fn effort(before: State<'_>, after: State<'_>) -> Option<Effort> {
    let (old, now) = (before.plan?.summary, after.plan?.summary);
    Some(match (before.work_micros, after.work_micros) {
        (Some(old_work), Some(work)) => Effort {
            by: Measure::Work,
            before: old_work.saturating_sub(old.gain_micros),
            now: work.saturating_sub(now.gain_micros),
        },
        _ => Effort {
            by: Measure::Reads,
            before: old.scans_after,
            now: now.scans_after,
        },
    })
}

impl Comparison<'_> {
    /// Fingerprints of the new findings.
    pub fn prints(&self) -> BTreeSet<&str> {
        let new = self.new.iter();
        new.map(|finding| finding.fingerprint.as_str()).collect()
    }

    /// Whether the hoisted run takes more than before by more than that many percent.
    pub fn regresses(&self, percent: u32) -> bool {
        self.effort.is_some_and(|effort| {
            let allowed = u128::from(effort.before) * (100 + u128::from(percent));
            u128::from(effort.now) * 100 > allowed
        })
    }
}

#[cfg(test)]
mod tests;
