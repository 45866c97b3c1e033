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

/// A rule, pipelines that have a finding of it, and pipelines that have not.
type Case = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

/// Beside the examples of the pages.
const CASES: &[Case] = &[
    (
        "cross-join",
        &[
            "SELECT 1 FROM sales.orders o, sales.customers c, sales.returns r WHERE o.customer = c.id",
            "SELECT 1 FROM sales.orders o JOIN sales.customers c ON o.id = o.customer",
        ],
        &[
            "SELECT 1 FROM sales.orders o CROSS JOIN sales.customers c",
            "SELECT 1 FROM sales.orders o, sales.customers c WHERE customer = name",
            "WITH m AS (SELECT max(day) AS day FROM sales.orders) SELECT 1 FROM sales.orders o, m",
            "SELECT 1 FROM sales.orders o, sales.customers c, sales.returns r WHERE o.customer = c.id AND r.id = c.id",
            "SELECT 1 FROM sales.orders o LATERAL VIEW explode(split(o.day, '-')) p AS part",
        ],
    ),
    (
        "join-key-cast",
        &[
            "SELECT 1 FROM sales.orders o, sales.returns r WHERE r.order_code = o.id",
            "INSERT OVERWRITE sales.copy SELECT 1 FROM sales.orders JOIN sales.customers ON orders.day = customers.id",
        ],
        &[
            "SELECT 1 FROM sales.orders o JOIN sales.returns r ON cast(o.id AS string) = r.order_code",
            "SELECT 1 FROM other.a a JOIN sales.returns r ON a.id = r.order_code",
        ],
    ),
    (
        "mid-pipeline-setting",
        &[
            "SELECT id FROM sales.orders; SET spark.sql.caseSensitive=true; SELECT id FROM sales.orders",
            "SET spark.sql.ansi.enabled=false; SELECT id FROM sales.orders; SET spark.sql.ansi.enabled=true",
        ],
        &[
            "SET spark.sql.ansi.enabled=true; SELECT id FROM sales.orders; SET spark.sql.ansi.enabled=true",
            "SELECT id FROM sales.orders; SET spark.sql.shuffle.partitions=8",
        ],
    ),
    (
        "missing-partition-filter",
        &[
            "SELECT sum(amount) FROM sales.visits",
            "SELECT v.id FROM sales.visits v JOIN sales.orders o ON v.id = o.id WHERE o.day = '2024'",
        ],
        &[
            "SELECT v.id FROM sales.visits v JOIN sales.orders o ON v.id = o.id AND v.day = o.day",
            "SELECT day, sum(amount) FROM sales.visits GROUP BY day",
            "SELECT id FROM sales.orders",
        ],
    ),
    (
        "overwritten-while-read",
        &[
            "INSERT OVERWRITE sales.orders SELECT o.id, o.customer, o.day FROM sales.customers c JOIN sales.orders o ON o.customer = c.id",
            "INSERT OVERWRITE TABLE x.y WITH y AS (SELECT a FROM x.y) SELECT a FROM y",
        ],
        &[
            "INSERT OVERWRITE sales.daily PARTITION (day = '1') SELECT id FROM sales.daily",
            "INSERT INTO sales.daily SELECT id, day FROM sales.daily",
        ],
    ),
    (
        "select-star",
        &[
            "CREATE TABLE x.y AS SELECT * FROM sales.events",
            "SELECT e.* FROM sales.events e WHERE c1 > 3",
        ],
        &[
            "SELECT * FROM sales.orders",
            "SELECT count(*) FROM sales.events",
            "SELECT 1 FROM sales.orders WHERE EXISTS (SELECT * FROM sales.events WHERE c1 = id)",
        ],
    ),
    (
        "stale-read",
        &[
            "SELECT id FROM sales.daily; CREATE TABLE sales.daily AS SELECT id FROM sales.orders",
            "INSERT INTO x.log SELECT id FROM sales.daily; INSERT OVERWRITE sales.daily SELECT id, day FROM sales.orders",
        ],
        &[
            "INSERT OVERWRITE x.keep SELECT id, day FROM sales.daily; INSERT OVERWRITE sales.daily SELECT id, day FROM x.keep",
            "SELECT id FROM sales.daily; INSERT INTO sales.daily SELECT id, day FROM sales.orders",
            "INSERT OVERWRITE sales.daily SELECT id, day FROM sales.daily",
        ],
    ),
    (
        "temporary-name-order",
        &[
            "CREATE TEMP VIEW v AS SELECT 1 AS a; SELECT a FROM v; CREATE OR REPLACE TEMP VIEW v AS SELECT id FROM sales.orders",
            "CREATE OR REPLACE TEMP VIEW v AS SELECT id FROM sales.orders; INSERT INTO x.a SELECT id FROM v; SELECT id FROM v; CREATE OR REPLACE TEMP VIEW v AS SELECT id FROM sales.returns",
        ],
        &[
            "CREATE OR REPLACE TEMP VIEW v AS SELECT id FROM sales.orders; CREATE OR REPLACE TEMP VIEW v AS SELECT id FROM v",
            "CREATE OR REPLACE TEMP VIEW v AS SELECT id FROM sales.orders; CREATE OR REPLACE TEMP VIEW v AS SELECT id FROM sales.returns; SELECT id FROM v",
        ],
    ),
    (
        "unknown-table",
        &[
            "SELECT 1 FROM sales.orders JOIN sales.gone USING (id)",
            "INSERT INTO sales.daily SELECT id, 1 FROM sales.gone",
        ],
        &[
            "SELECT 1 FROM not.asked",
            "CREATE TEMP VIEW gone AS SELECT 1 AS a; SELECT a FROM gone",
        ],
    ),
    (
        "unread-write",
        &[
            "CREATE TABLE x.a AS SELECT id FROM sales.orders; DROP TABLE x.a",
            "INSERT OVERWRITE x.a SELECT id FROM sales.orders; SELECT id FROM sales.returns; TRUNCATE TABLE x.a",
        ],
        &[
            "CREATE TABLE x.a AS SELECT id FROM sales.orders; SELECT id FROM x.a; DROP TABLE x.a",
            "DROP TABLE x.a; CREATE TABLE x.a AS SELECT id FROM sales.orders",
            "INSERT OVERWRITE x.a SELECT id FROM sales.orders; what is this; DROP TABLE x.a",
            "INSERT OVERWRITE x.a SELECT id FROM sales.orders; INSERT OVERWRITE x.a PARTITION (p = 1) SELECT id FROM sales.returns",
        ],
    ),
    (
        "unstable-result",
        &[
            "CREATE TABLE x.a AS SELECT id FROM sales.orders LIMIT 10",
            "INSERT INTO x.a SELECT id FROM (SELECT id FROM sales.orders LIMIT 5) o",
        ],
        &[
            "SELECT id FROM sales.orders LIMIT 10",
            "CREATE TABLE x.a AS SELECT id FROM sales.orders LIMIT 0",
            "CREATE TABLE x.a AS SELECT max(id) FROM sales.orders LIMIT 1",
        ],
    ),
    (
        "parse-error",
        &["SELECT 'id FROM sales.orders", "INSERT INTO"],
        &["SELECT id, day FROM sales.orders", "SELECT 1"],
    ),
    (
        "unused-allow",
        &[
            "-- hoist:allow cross-join\nSELECT 1 FROM sales.orders o, sales.customers c",
            "-- hoist:allow cross-joi why not\nSELECT 1 FROM sales.orders",
        ],
        &[
            "SELECT 1 FROM sales.orders o, sales.customers c -- hoist:allow cross-join all pairs",
            "SELECT '-- hoist:allow cross-join text' FROM sales.orders",
        ],
    ),
];

/// Further pipelines that have a finding of a rule, and further ones that have not.
#[test]
fn rules_find_what_they_say_and_nothing_else() {
    let mut wrong = Vec::new();
    for (name, positive, negative) in CASES {
        let missed = positive.iter().filter(|text| !codes(text).contains(name));
        wrong
            .extend(missed.map(|text| format!("{name} is not found in {text}: {:?}", codes(text))));
        let found = negative.iter().filter(|text| codes(text).contains(name));
        wrong.extend(found.map(|text| format!("{name} is found in {text}")));
    }
    assert_eq!(wrong, [""; 0]);
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
