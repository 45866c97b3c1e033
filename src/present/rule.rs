//! Stage `rule`: workload + facts → findings, one file per rule.
//!
//! A finding says what is worth knowing about the user's text; it changes nothing. Rules have stable kebab-case names,
//! which are the codes of their findings.

mod hand_cached;

use crate::diagnostic::Diagnostic;
use crate::facts::catalog::Catalog;
use crate::facts::workload::Workload;

/// A rule: what it looks at, and its findings.
type Rule = fn(&Workload, &Catalog) -> Vec<Diagnostic>;

/// Every rule.
const RULES: [Rule; 1] = [hand_cached::findings];

/// Findings of every rule.
pub fn findings(workload: &Workload, catalog: &Catalog) -> Vec<Diagnostic> {
    let rules = RULES.iter();
    rules.flat_map(|rule| rule(workload, catalog)).collect()
}
