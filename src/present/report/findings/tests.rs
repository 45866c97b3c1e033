use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::diagnostic::{Diagnostic, SourceId};
use crate::frontend::source::Variables;
use crate::present::rule::Finding;

/// Files with names that mean something in every format, and a finding of each severity.
fn sample() -> (Vec<Finding>, Sources) {
    let sources = Sources::from_texts(
        [
            ("a b|<1>,x.sql", "SELECT 1\nFROM t, u -- ü\nWHERE a\n"),
            ("ünder:way#.sql", "-- é\nDROP TABLE t"),
        ],
        &Variables::new(),
    );
    let span = |source, start, end| Span {
        source: SourceId(source),
        start,
        end,
    };
    let finding = |diagnostic, fingerprint: &str| Finding {
        diagnostic,
        table: None,
        fingerprint: fingerprint.to_owned(),
    };
    let crossed = Diagnostic::new(
        "cross-join",
        Severity::Warning,
        span(0, 17, 18),
        "nothing joins `u|\"v\"` with <t>, 100 % @here",
    );
    let crossed = crossed
        .label(span(1, 17, 18), "dropped: here, later")
        .help("add\na condition");
    let broken = Diagnostic::new("parse-error", Severity::Error, span(0, 0, 31), "no end");
    let mut known = Diagnostic::new(
        "kept-cache",
        Severity::Info,
        span(1, 6, 19),
        "kept \u{1} on",
    );
    known.span = None;
    let findings = [(crossed, "f1"), (broken, "f2"), (known, "f3")];
    let findings = findings.map(|(diagnostic, print)| finding(diagnostic, print));
    (findings.into(), sources)
}

fn files(sources: &Sources) -> Files<'_> {
    Files { sources, root: "p" }
}

/// Compared with nothing.
fn told<'a>(findings: &'a [Finding], sources: &'a Sources) -> Told<'a> {
    Told {
        findings,
        files: files(sources),
        new: None,
    }
}

/// Compared with a base that has all but the first one.
#[test]
fn what_a_base_has_is_told_apart() {
    let (findings, sources) = sample();
    let new = BTreeSet::from(["f1"]);
    let told = Told {
        new: Some(&new),
        ..told(&findings, &sources)
    };
    let sarif: Value = serde_json::from_str(&sarif::text(told)).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let states: Vec<&str> = results
        .iter()
        .map(|result| result["baselineState"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["new", "unchanged", "unchanged"]);
    let github = github::text(told);
    assert_eq!(github.lines().count(), 1);
    assert!(github.contains("cross-join"), "{github}");
    let junit = junit::text(told);
    assert!(junit.contains("tests=\"3\" failures=\"1\""), "{junit}");
    assert_eq!(junit.matches("the base has this finding, too").count(), 2);
    let all = Told { new: None, ..told };
    assert_eq!(gitlab::text(told), gitlab::text(all));
}

#[test]
fn every_format_is_as_it_was() {
    let (findings, sources) = sample();
    let sarif = sarif::text(told(&findings, &sources));
    let log: Value = serde_json::from_str(&sarif).unwrap();
    let texts = [
        github::text(told(&findings, &sources)),
        gitlab::text(told(&findings, &sources)),
        junit::text(told(&findings, &sources)),
        markdown::text(&findings, files(&sources)),
        super::super::json::pretty(&log["runs"][0]["results"]),
    ];
    insta::assert_snapshot!(texts.join("\n---\n"));
}

/// A value of a log by its path of keys.
fn strings<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(entries) => {
            for (name, value) in entries {
                if name == key {
                    found.push(value);
                }
                strings(value, key, found);
            }
        }
        Value::Array(entries) => entries.iter().for_each(|entry| strings(entry, key, found)),
        _ => {}
    }
}

/// What SARIF 2.1.0 asks for: required properties, words of levels, indexes and places in bounds, relative references.
#[test]
fn sarif_keeps_the_rules_of_the_standard() {
    let (findings, sources) = sample();
    let log: Value = serde_json::from_str(&sarif::text(told(&findings, &sources))).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "hoist");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: BTreeSet<&str> = rules
        .iter()
        .map(|rule| rule["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), rules.len(), "each rule once");
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
    }
    let mut regions = Vec::new();
    strings(run, "region", &mut regions);
    assert_eq!(regions.len(), 3);
    for region in regions {
        let number = |name: &str| region[name].as_u64().unwrap();
        let (start, end) = (
            (number("startLine"), number("startColumn")),
            (number("endLine"), number("endColumn")),
        );
        assert!(start.0 >= 1 && start.1 >= 1 && start < end, "{region}");
    }
    let mut uris = Vec::new();
    strings(run, "uri", &mut uris);
    let uris: BTreeSet<&str> = uris.into_iter().map(|uri| uri.as_str().unwrap()).collect();
    assert_eq!(
        uris,
        ["p/%C3%BCnder%3Away%23.sql", "p/a%20b%7C%3C1%3E%2Cx.sql"].into()
    );
}

/// The types are generated from the schema of SARIF 2.1.0: what they do not know gets lost on the way through them, and
/// what they demand must be there.
#[test]
fn sarif_fits_its_schema() {
    let (findings, sources) = sample();
    for findings in [&findings[..], &[]] {
        let text = sarif::text(told(findings, &sources));
        let typed: serde_sarif::sarif::Sarif = serde_json::from_str(&text).unwrap();
        let again = serde_json::to_value(typed).unwrap();
        let log: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(again, log);
    }
}

/// A reader of another hand takes the document, with as many cases, failures and totals.
#[test]
fn junit_is_read_by_others() {
    let (findings, sources) = sample();
    for (findings, cases, failures) in [(&findings[..], 3, 2), (&[], 1, 0)] {
        let text = junit::text(told(findings, &sources));
        let report = quick_junit::Report::deserialize_from_str(&text).unwrap();
        let [suite] = report.test_suites.as_slice() else {
            panic!("{text}")
        };
        assert_eq!(
            (suite.tests, suite.failures, suite.errors),
            (cases, failures, 0)
        );
        assert_eq!((report.tests, report.failures), (cases, failures));
        assert_eq!(suite.test_cases.len(), cases);
        let failed = suite
            .test_cases
            .iter()
            .filter(|case| matches!(case.status, quick_junit::TestCaseStatus::NonSuccess { .. }));
        assert_eq!(failed.count(), failures);
    }
}

#[test]
fn a_comment_that_is_too_long_has_numbers_only() {
    let (findings, sources) = sample();
    let many: Vec<Finding> = findings.iter().cycle().take(3000).cloned().collect();
    let text = markdown::text(&many, files(&sources));
    assert!(
        text.len() < 60_000 && text.starts_with(markdown::MARKER),
        "{text}"
    );
    assert!(text.contains("| `cross-join` | 1000 |"), "{text}");
    assert!(markdown::text(&[], files(&sources)).contains("No finding."));
    assert!(junit::text(told(&[], &sources)).contains("tests=\"1\" failures=\"0\""));
}
