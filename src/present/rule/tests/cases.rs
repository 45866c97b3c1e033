//! Pipelines that have a finding of a rule, and pipelines that have none: a file of them for each rule, beside the examples
//! of its page.
#![expect(clippy::disallowed_methods, reason = "each rule has a file of cases")]

use std::fmt::Write as _;
use std::path::Path;

use super::super::testing::{catalog, found};
use super::super::{Levels, RULES};
use crate::present::report::diagnostics;

/// What each rule has at least of both kinds.
const LEAST: usize = 2;

/// A pipeline of a file of cases.
struct Case<'t> {
    /// Whether the rule finds something in it.
    has_finding: bool,
    title: &'t str,
    text: &'t str,
}

/// The cases of a file: each begins with `---- found: …` or `---- not found: …`.
fn cases(text: &str) -> Vec<Case<'_>> {
    let parts = text.split("---- ").skip(1);
    parts
        .map(|part| {
            let (heading, text) = part.split_once('\n').unwrap();
            let (kind, title) = heading.split_once(": ").unwrap();
            assert!(["found", "not found"].contains(&kind), "{heading}");
            Case {
                has_finding: kind == "found",
                title,
                text: text.trim_end(),
            }
        })
        .collect()
}

/// Every rule has enough cases of both kinds, finds what it should and nothing else, and tells it as it did.
#[test]
fn rules_find_what_they_say_and_nothing_else() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/present/rule/cases");
    let mut wrong = Vec::new();
    for rule in &RULES {
        let file = folder.join(format!("{}.sql", rule.name));
        let Ok(text) = std::fs::read_to_string(&file) else {
            wrong.push(format!("{} has no file of cases", rule.name));
            continue;
        };
        let cases = cases(&text);
        let positive = cases.iter().filter(|case| case.has_finding).count();
        let negative = cases.len() - positive;
        if positive < LEAST || negative < LEAST {
            wrong.push(format!(
                "{}: {positive} cases are found, {negative} not; both must be {LEAST} at least",
                rule.name
            ));
        }
        let mut told = String::new();
        for case in &cases {
            let (all, sources) = found(case.text, &catalog(), &Levels::new());
            let all = all.into_iter().map(|finding| finding.diagnostic);
            let all: Vec<_> = all.filter(|one| one.code == rule.name).collect();
            if all.is_empty() == case.has_finding {
                wrong.push(format!("{}: {}: {all:?}", rule.name, case.title));
            }
            if case.has_finding {
                let text = diagnostics::text(&all, &sources, false);
                let _ = writeln!(told, "# {}\n{}", case.title, text.trim_end());
            }
        }
        insta::assert_snapshot!(rule.name, told);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let files = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(files, RULES.len(), "a file of cases is of no rule");
}
