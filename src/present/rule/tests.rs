mod cases;

use super::testing::{catalog, codes, found};
use super::*;
use crate::present::report::diagnostics;

/// Each page's example has the finding and its correction has not; the rendered findings are those of the examples.
#[test]
fn every_page_tells_the_truth() {
    let mut rendered = String::new();
    let mut wrong = Vec::new();
    for rule in &RULES {
        let Page { bad, good, .. } = rule.page;
        if !bad.is_empty() {
            let (all, sources) = found(bad, &catalog(), &Levels::new());
            let mut all: Vec<_> = all.into_iter().map(|finding| finding.diagnostic).collect();
            all.retain(|diagnostic| diagnostic.code == rule.name);
            if all.is_empty() {
                wrong.push(format!(
                    "{} is not found in its example: {:?}",
                    rule.name,
                    codes(bad)
                ));
            }
            rendered.push_str(&diagnostics::text(&all, &sources, false));
        }
        if codes(good).contains(&rule.name) {
            let (all, _) = found(good, &catalog(), &Levels::new());
            wrong.push(format!("{} is found in its correction: {all:?}", rule.name));
        }
    }
    assert_eq!(wrong, [""; 0]);
    insta::assert_snapshot!(rendered);
}

#[test]
fn rules_are_in_order_and_named_as_words() {
    let names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
    let word = |c: char| c.is_ascii_lowercase() || c == '-';
    assert!(names.iter().all(|name| name.chars().all(word)), "{names:?}");
    let mut distinct = names.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), names.len());
}

#[test]
fn what_is_allowed_with_a_reason_is_no_finding() {
    let pairs = "SELECT 1 FROM sales.orders o, sales.customers c";
    for text in [
        format!("-- hoist:allow cross-join all pairs\n{pairs}"),
        format!("{pairs} -- hoist:allow cross-join all pairs"),
        "SELECT 1 -- hoist:allow cross-join all pairs\n FROM sales.orders o, sales.customers c"
            .to_owned(),
        format!("SELECT 1;\n-- hoist:allow cross-join all pairs\n\n{pairs};\nSELECT 2"),
    ] {
        assert_eq!(codes(&text), [""; 0], "{text}");
    }
    let other = format!("-- hoist:allow cross-join all pairs\n{pairs};\n{pairs}");
    assert_eq!(codes(&other), ["cross-join"]);
}

#[test]
fn levels_change_severities_and_turn_rules_off() {
    let text = "SELECT 1 FROM sales.orders o, sales.customers c";
    let levels = |level| Levels::from([("cross-join".to_owned(), level)]);
    let (error, _) = found(text, &catalog(), &levels(Level::Error));
    assert_eq!(error[0].diagnostic.severity, Severity::Error);
    assert!(found(text, &catalog(), &levels(Level::Off)).0.is_empty());
    assert_eq!(
        Level::WORDS.map(|word| Level::of(word).unwrap().word()),
        Level::WORDS
    );
}

#[test]
fn fingerprints_stay_when_lines_move_and_differ_between_statements() {
    let print = |text: &str| -> Vec<String> {
        let (found, _) = found(text, &catalog(), &Levels::new());
        found
            .into_iter()
            .map(|finding| finding.fingerprint)
            .collect()
    };
    let pairs = "SELECT 1 FROM sales.orders o, sales.customers c";
    let moved = "SELECT id FROM sales.returns;\n\n-- moved\nselect 1\nFROM sales.orders o,\n  sales.customers c";
    assert_eq!(print(pairs), print(moved));
    assert_eq!(print(pairs)[0].len(), 64);
    let twice = print(&format!("{pairs};{pairs}"));
    assert_eq!(twice.len(), 2);
    assert_ne!(twice[0], twice[1]);
    assert_eq!(twice[0], print(pairs)[0]);
}
