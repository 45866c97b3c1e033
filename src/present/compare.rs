//! Stage `compare`: two states of a pipeline → what is new, gone and left.
//!
//! Findings are the same if their fingerprints are: moving lines changes nothing.

use std::collections::BTreeSet;

use super::rule::Finding;
use crate::planner::plan_file::PlanFile;

/// A pipeline as it is told of: its findings and its plan.
#[derive(Clone, Copy, Debug)]
pub struct State<'a> {
    /// Its findings; none where only a plan of it is known.
    pub findings: Option<&'a [Finding]>,
    /// Its plan; none where it could not be planned.
    pub plan: Option<&'a PlanFile>,
}

/// What a change does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison<'a> {
    /// Findings that were not there.
    pub new: Vec<&'a Finding>,
    /// Findings that are no longer there.
    pub fixed: Vec<&'a Finding>,
    /// Number of findings on both sides.
    pub remaining: usize,
    /// Reads of tables in the hoisted run, before and after; none where a plan is missing.
    pub scans: Option<(u64, u64)>,
}

/// Compares the state before with the state after. Where the findings of one are not known, none is new or fixed.
pub fn compare<'a>(before: State<'a>, after: State<'a>) -> Comparison<'a> {
    let mut comparison = Comparison::default();
    if let (Some(before), Some(after)) = (before.findings, after.findings) {
        let prints = |findings: &'a [Finding]| -> BTreeSet<&str> {
            findings
                .iter()
                .map(|finding| finding.fingerprint.as_str())
                .collect()
        };
        let (old, now) = (prints(before), prints(after));
        let missing = |from: &'a [Finding], others: &BTreeSet<&str>| -> Vec<&'a Finding> {
            let findings = from.iter();
            findings
                .filter(|finding| !others.contains(finding.fingerprint.as_str()))
                .collect()
        };
        comparison.new = missing(after, &old);
        comparison.fixed = missing(before, &now);
        comparison.remaining = after.len() - comparison.new.len();
    }
    comparison.scans = before
        .plan
        .zip(after.plan)
        .map(|(before, after)| (before.summary.scans_after, after.summary.scans_after));
    comparison
}

impl Comparison<'_> {
    /// Whether the hoisted run reads tables more often than before by more than that many percent.
    pub fn regresses(&self, percent: u32) -> bool {
        self.scans.is_some_and(|(before, after)| {
            u128::from(after) * 100 > u128::from(before) * (100 + u128::from(percent))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Diagnostic, Severity, SourceId, Span};

    fn findings(prints: &[&str]) -> Vec<Finding> {
        let span = Span {
            source: SourceId(0),
            start: 0,
            end: 1,
        };
        let finding = |print: &&str| Finding {
            diagnostic: Diagnostic::new("cross-join", Severity::Warning, span, "m"),
            table: None,
            fingerprint: (*print).to_owned(),
        };
        prints.iter().map(finding).collect()
    }

    #[test]
    fn findings_are_the_same_by_their_fingerprints() {
        let (before, after) = (findings(&["a", "b"]), findings(&["b", "c", "d"]));
        let state = |findings| State {
            findings,
            plan: None,
        };
        let comparison = compare(state(Some(&before)), state(Some(&after)));
        let prints = |found: &[&Finding]| -> Vec<String> {
            found.iter().map(|one| one.fingerprint.clone()).collect()
        };
        assert_eq!(prints(&comparison.new), ["c", "d"]);
        assert_eq!(prints(&comparison.fixed), ["a"]);
        assert_eq!(comparison.remaining, 1);
        let unknown = compare(state(None), state(Some(&after)));
        assert_eq!((unknown.new.len(), unknown.remaining), (0, 0));
    }

    #[test]
    fn a_regression_is_more_than_it_may_be() {
        let compared = |scans| Comparison {
            scans: Some(scans),
            ..Comparison::default()
        };
        assert!(compared((100, 106)).regresses(5));
        assert!(!compared((100, 105)).regresses(5));
        assert!(!compared((100, 90)).regresses(0));
        assert!(!Comparison::default().regresses(0));
    }
}
