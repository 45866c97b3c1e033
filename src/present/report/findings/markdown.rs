//! Findings as Markdown, for a comment on a change.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::layout::count;
use super::super::markup::{code, details, prose};
use super::{Files, word};
use crate::diagnostic::Severity;
use crate::present::rule::Finding;

/// What a comment begins with, so that a later run finds it again.
pub const MARKER: &str = "<!-- hoist-report -->";

/// Length of a comment that GitHub takes, with room for what is around it, bytes (GitHub: 65,536 characters).
pub(crate) const MOST_BYTES: usize = 60_000;

/// Errors and warnings in a table, the rest folded away. Where that is too long for a comment there are numbers only.
pub fn text(findings: &[Finding], files: Files<'_>) -> String {
    let heading = format!("{MARKER}\n## Findings\n\n{}\n\n", totals(findings));
    let (known, serious): (Vec<&Finding>, Vec<&Finding>) = findings
        .iter()
        .partition(|finding| finding.diagnostic.severity == Severity::Info);
    let mut text = heading.clone();
    if !serious.is_empty() {
        text.push_str(&table(&serious, files));
        text.push('\n');
    }
    if !known.is_empty() {
        text.push_str(&details(
            &format!("Worth knowing: {}", known.len()),
            &table(&known, files),
        ));
    }
    if text.len() > MOST_BYTES {
        text = format!("{heading}{}", summary(findings));
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn totals(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return "No finding.".to_owned();
    }
    let number = |severity| {
        let findings = findings.iter();
        findings
            .filter(|finding| finding.diagnostic.severity == severity)
            .count()
    };
    format!(
        "{}, {}, {} worth knowing.",
        count(number(Severity::Error), "error"),
        count(number(Severity::Warning), "warning"),
        number(Severity::Info)
    )
}

pub(crate) fn table(findings: &[&Finding], files: Files<'_>) -> String {
    let mut text = String::from("| | place | finding |\n|---|---|---|\n");
    for finding in findings {
        let diagnostic = &finding.diagnostic;
        let place = files.at(diagnostic.span);
        let help = diagnostic.help.as_deref().unwrap_or("");
        let help = if help.is_empty() {
            String::new()
        } else {
            format!("<br>{}", prose(help))
        };
        let _ = writeln!(
            text,
            "| {} {} | {} | {}{help} |",
            word(diagnostic.severity),
            code(diagnostic.code),
            code(&place),
            prose(&diagnostic.message)
        );
    }
    text
}

/// How many findings of each rule there are.
pub(crate) fn summary<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> String {
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in findings {
        *rules.entry(finding.diagnostic.code).or_default() += 1;
    }
    let mut text = String::from("Too many to list here.\n\n| rule | findings |\n|---|--:|\n");
    for (rule, number) in rules {
        let _ = writeln!(text, "| {} | {number} |", code(rule));
    }
    text
}
