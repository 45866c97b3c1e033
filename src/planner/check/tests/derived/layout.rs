//! Frames of every layout hold every promise; what shows how rows are spread is refused, and faults are caught.

use super::pipelines::{derive_as, derive_on};
use super::{faults_of, violations};
use crate::planner::check::Promise;
use crate::planner::check::tests::sample::Sample;
use crate::planner::plan::{Layout, StorageLevel, Wanted, WantedLayout};

pub(super) fn clustered(files: &[(&str, &str)], medium: Wanted) -> Sample {
    let level = StorageLevel::default();
    derive_as(files, medium, level, WantedLayout::Clustered)
}

/// Statements that join and group by one column, and one that reads what is written.
pub(super) const JOINED: [(&str, &str); 3] = [
    (
        "1.sql",
        "CREATE TABLE m.a AS SELECT g.policy_id, p.status FROM raw.gd g JOIN raw.policies p ON g.policy_id = p.policy_id",
    ),
    (
        "2.sql",
        "CREATE TABLE m.b AS SELECT Policy_ID, age, count(*) AS n FROM raw.gd GROUP BY policy_id, age",
    ),
    (
        "3.sql",
        "CREATE TABLE m.c AS SELECT max(age) AS age FROM raw.gd; SELECT n FROM m.b",
    ),
];

/// What is said of the first frame's layout, or why it has none.
fn said(sample: &Sample) -> String {
    if let Layout::Clustered { columns, parts } = &sample.plan.frames[0].layout {
        return format!("{} in {parts}", columns.join(", "));
    }
    let reasons = sample
        .plan
        .decisions
        .iter()
        .flat_map(|decision| &decision.reasons);
    let codes = ["no-shared-key", "arrangement-shows", "clustering-not-worth"];
    let mut told = reasons.filter(|reason| codes.contains(&reason.code));
    told.next().map_or(String::new(), |reason| {
        format!("{}: {}", reason.code, reason.text)
    })
}

#[test]
fn frames_are_clustered_by_the_key_of_their_readers_on_every_medium() {
    let mut texts = Vec::new();
    for medium in [Wanted::Memory, Wanted::Scratch] {
        let sample = clustered(&JOINED, medium);
        assert_eq!(violations(&sample), [""; 0]);
        assert_eq!(said(&sample), "policy_id in 8");
        texts.extend(
            sample.program.steps[0]
                .texts
                .iter()
                .map(|text| text.text.clone()),
        );
    }
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn rows_are_left_as_they_come_unless_asked_and_where_it_does_not_pay() {
    let plain = derive_on(&JOINED, Wanted::Memory, StorageLevel::default());
    assert_eq!(said(&plain), "");
    let level = StorageLevel::default();
    let cheaper = derive_as(&JOINED, Wanted::Memory, level, WantedLayout::Cheaper);
    assert_eq!(
        said(&cheaper),
        "clustering-not-worth: the frame's rows are left as they come: an exchange of 4.5 s would save its readers 4.5 s"
    );
    let more = "CREATE TABLE m.d AS SELECT p.status, g.age FROM raw.policies p LEFT JOIN raw.gd g ON p.policy_id = g.policy_id";
    let more = [JOINED[0], JOINED[1], JOINED[2], ("4.sql", more)];
    let cheaper = derive_as(&more, Wanted::Memory, level, WantedLayout::Cheaper);
    assert_eq!(violations(&cheaper), [""; 0]);
    assert_eq!(said(&cheaper), "policy_id in 8");
    let frame = |sample: &Sample| sample.plan.frames[0].clone();
    let plain = frame(&derive_on(&more, Wanted::Memory, level));
    let cheaper = frame(&cheaper);
    assert_eq!(cheaper.build_micros - plain.build_micros, 4_500_000);
    assert_eq!(cheaper.saving_micros - plain.saving_micros, 6_750_000);
}

/// Each is a third statement beside two that share a key: a reader, or one that reads what they write.
#[test]
fn what_shows_the_order_of_rows_keeps_them_as_they_come() {
    let cases = [
        ("SELECT max(day) AS d FROM raw.gd", ""),
        ("SELECT rand() AS r, age FROM raw.gd", ""),
        ("SELECT first(policy_id) AS f FROM raw.staging", ""),
        (
            "SELECT avg(age) AS a FROM raw.gd",
            "a reader shows their order: `avg`",
        ),
        (
            "SELECT age FROM raw.gd ORDER BY age",
            "a reader shows their order: `ORDER BY`",
        ),
        // Not a reader: it reads the table as it is.
        ("SELECT first(age) AS f FROM raw.gd", ""),
        (
            "SELECT first(n) AS f FROM m.b",
            "what reads its readers' tables shows their order: `first`",
        ),
        (
            "SELECT n FROM m.b LIMIT 1",
            "what reads its readers' tables shows their order: `LIMIT`",
        ),
        (
            "SELECT sum(n) AS s FROM m.b",
            "what reads its readers' tables shows their order: `sum`",
        ),
        (
            "CREATE TABLE m.e AS SELECT n FROM m.b; SELECT collect_list(n) AS l FROM m.e",
            "what reads its readers' tables shows their order: `collect_list`",
        ),
        (
            "ADD JAR 'x.jar'; CREATE FUNCTION f AS 'f'",
            "a statement that cannot be seen through may read what its readers write",
        ),
        ("SET spark.sql.session.timeZone = Asia/Tokyo", ""),
    ];
    for (text, expected) in cases {
        let files = [JOINED[0], JOINED[1], ("3.sql", text)];
        let sample = clustered(&files, Wanted::Memory);
        assert_eq!(violations(&sample), [""; 0], "{text}");
        let expected = if expected.is_empty() {
            "policy_id in 8".to_owned()
        } else {
            format!("arrangement-shows: the frame's rows are left as they come: {expected}")
        };
        assert_eq!(said(&sample), expected, "{text}");
    }
    let one = [JOINED[0], JOINED[2]];
    assert_eq!(
        said(&clustered(&one, Wanted::Memory)),
        "no-shared-key: the frame's rows are left as they come: no two readers join on one key or group by it"
    );
}

#[test]
fn faults_of_layouts_are_caught() {
    let cluster = |sample: &mut Sample, columns: &[&str], parts: u32| {
        sample.plan.frames[0].layout = Layout::Clustered {
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
            parts,
        };
    };
    let text = |sample: &mut Sample, text: usize, from: &str, to: &str| {
        let text = &mut sample.program.steps[0].texts[text].text;
        assert!(text.contains(from), "{text}");
        *text = text.replacen(from, to, 1);
    };
    let memory = clustered(&JOINED, Wanted::Memory);
    let scratch = clustered(&JOINED, Wanted::Scratch);
    insta::assert_snapshot!(faults_of(
        &memory,
        Promise::Layout,
        &[
            &|sample| sample.plan.frames[0].layout = Layout::Plain,
            &|sample| cluster(sample, &["policy_id"], 9),
            &|sample| cluster(sample, &["age"], 8),
            &|sample| cluster(sample, &["policy_id", "policy_id"], 8),
            &|sample| cluster(sample, &[], 8),
            &|sample| text(sample, 0, "/*+", "/*"),
            &|sample| text(sample, 0, "REPARTITION", "COALESCE"),
            // The hint of another `SELECT`.
            &|sample| {
                text(sample, 0, "/*+ REPARTITION(8, `policy_id`) */ ", "");
                text(
                    sample,
                    0,
                    "(SELECT",
                    "(SELECT /*+ REPARTITION(8, `policy_id`) */",
                );
            },
            &|sample| text(sample, 0, "(SELECT", "(SELECT /*+ COALESCE(1) */"),
        ],
    ));
    insta::assert_snapshot!(faults_of(
        &scratch,
        Promise::Text,
        &[
            &|sample| text(sample, 2, "CLUSTERED BY (`policy_id`) INTO 8 BUCKETS ", ""),
            &|sample| text(sample, 2, "INTO 8 BUCKETS", "INTO 4 BUCKETS"),
            &|sample| text(sample, 2, "BY (`policy_id`)", "BY (`age`)"),
            &|sample| text(sample, 2, "INTO 8", "SORTED BY (`age`) INTO 8"),
            &|sample| sample.plan.frames[0].layout = Layout::Plain,
        ],
    ));
}
