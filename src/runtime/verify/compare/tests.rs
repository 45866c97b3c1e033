use super::*;
use crate::runtime::verify::digest::{Column, ExactDigest, FloatDigest};

fn exact(column: &str, hash: u64, without: u64) -> ExactDigest {
    ExactDigest {
        column: column.to_owned(),
        hash,
        without,
    }
}

fn digest() -> Digest {
    Digest {
        rows: 3,
        hash: "1".to_owned(),
        exact: vec![exact("id", 7, 8), exact("u", 17, 18)],
        floats: vec![FloatDigest {
            column: "x".to_owned(),
            counts: vec![0, 1, 0, 0],
            sum: Some("0.5".to_owned()),
            weighted: Some("0.25".to_owned()),
            size: Some("1e3".to_owned()),
            min: Some("-5e2".to_owned()),
            max: Some("500.5".to_owned()),
            ..FloatDigest::default()
        }],
        columns: vec![Column {
            name: "X".to_owned(),
            data_type: "double".to_owned(),
            nullable: Some(true),
            comment: None,
        }],
        format: Some("parquet".to_owned()),
        ..Digest::default()
    }
}

/// What the comparison says when the hoisted run's digest is changed.
fn after(change: impl FnOnce(&mut Digest)) -> Verdict {
    let mut hoisted = digest();
    change(&mut hoisted);
    compare(&digest(), &hoisted)
}

#[test]
fn equal_is_equal() {
    assert_eq!(after(|_| {}), Verdict::Equal);
}

#[test]
fn the_order_of_summation_does_not_matter() {
    assert_eq!(
        after(|d| d.floats[0].sum = Some("0.5000005".to_owned())),
        Verdict::Equal
    );
    assert!(matches!(
        after(|d| d.floats[0].sum = Some("0.500002".to_owned())),
        Verdict::Different(_)
    ));
}

#[test]
fn every_aspect_can_differ() {
    type Change = fn(&mut Digest);
    let changes: [(&str, Change); 23] = [
        ("4 rows", |d| d.rows = 4),
        ("other values in `u`", |d| d.exact[1].hash = 3),
        ("not in the same rows", |d| d.hash = "3".to_owned()),
        ("partition there only after the hoisted run: p=1", |d| {
            d.partitions.insert("p=1".to_owned(), 1);
        }),
        ("bucketing 4", |d| d.bucketing = Some("4".to_owned())),
        ("comment x", |d| d.comment = Some("x".to_owned())),
        ("property `a`", |d| {
            d.properties.insert("a".to_owned(), String::new());
        }),
        ("called `x`", |d| d.columns[0].name = "x".to_owned()),
        ("is float", |d| d.columns[0].data_type = "float".to_owned()),
        ("nullability", |d| d.columns[0].nullable = Some(false)),
        ("comment", |d| d.columns[0].comment = Some(String::new())),
        ("2 columns", |d| d.columns.push(Column::default())),
        ("partition", |d| d.partition_columns.push("x".to_owned())),
        ("format orc", |d| d.format = Some("orc".to_owned())),
        ("kind view", |d| d.kind = Some("view".to_owned())),
        ("their order", |d| d.order = Some("7".to_owned())),
        ("NaN", |d| d.floats[0].counts[1] = 0),
        ("which rows", |d| d.floats[0].weighted = None),
        ("least", |d| d.floats[0].min = Some("-499".to_owned())),
        ("greatest", |d| d.floats[0].max = Some("501".to_owned())),
        ("absolute", |d| d.floats[0].size = Some("1001".to_owned())),
        ("there only after the plain", |d| d.missing = true),
        ("unreadable", |d| d.problem = Some("gone".to_owned())),
    ];
    for (word, change) in changes {
        match after(change) {
            Verdict::Different(reason) => assert!(reason.contains(word), "{word}: {reason}"),
            verdict => panic!("{word}: {verdict:?}"),
        }
    }
}

/// What two plain runs differ in, the second with changes.
fn between(change: impl FnOnce(&mut Digest)) -> Unstable {
    let mut second = digest();
    change(&mut second);
    unstable(&digest(), &second)
}

#[test]
fn equal_plain_runs_have_nothing_unstable() {
    assert!(between(|_| {}).is_empty());
    assert!(between(|_| {}).notes().is_empty());
}

#[test]
fn columns_with_other_values_are_unstable_and_the_others_are_not() {
    let found = between(|d| {
        d.exact[1].hash = 5;
        d.hash = "5".to_owned();
        d.floats[0].weighted = None;
    });
    assert_eq!(found.columns, ["u".to_owned()].into());
    assert!(!found.together && !found.rows && !found.order);
    assert!(found.notes()[0].contains("`u`"));
}

#[test]
fn a_column_whose_values_moved_between_rows_is_found() {
    let found = between(|d| {
        d.hash = "5".to_owned();
        d.exact[0].without = 5;
    });
    assert_eq!(found.columns, ["u".to_owned()].into());
    let found = between(|d| {
        d.hash = "5".to_owned();
        d.exact[0].without = 5;
        d.exact[1].without = 5;
    });
    assert!(found.columns.is_empty() && found.together);
    let found = between(|d| d.floats[0].weighted = None);
    assert_eq!(found.columns, ["x".to_owned()].into());
}

#[test]
fn rows_and_existence_may_be_unstable() {
    assert!(between(|d| d.rows = 4).rows);
    let gone = between(|d| d.missing = true).whole;
    assert_eq!(gone.as_deref(), Some("there only after one of them"));
    let schema = between(|d| d.columns[0].data_type = "int".to_owned());
    let verdict = compare_stable(&digest(), &digest(), &schema);
    assert!(matches!(verdict, Verdict::NotCompared(_)), "{verdict:?}");
}

#[test]
fn what_is_unstable_is_not_held_against_the_hoisted_run_and_the_rest_is() {
    let unstable = Unstable {
        columns: ["u".to_owned()].into(),
        ..Unstable::default()
    };
    let held = |change: fn(&mut Digest)| {
        let mut hoisted = digest();
        change(&mut hoisted);
        compare_stable(&digest(), &hoisted, &unstable)
    };
    assert_eq!(held(|d| d.exact[1].hash = 5), Verdict::Equal);
    for change in [
        (|d| d.exact[0].hash = 5) as fn(&mut Digest),
        |d| d.hash = "5".to_owned(),
        |d| d.rows = 4,
        |d| d.floats[0].weighted = None,
    ] {
        let verdict = held(change);
        assert!(matches!(verdict, Verdict::Different(_)), "{verdict:?}");
    }
}

#[test]
fn where_the_number_of_rows_is_unstable_only_the_schema_counts() {
    let unstable = between(|d| d.rows = 4);
    let mut hoisted = digest();
    (hoisted.rows, hoisted.hash) = (9, "9".to_owned());
    assert_eq!(
        compare_stable(&digest(), &hoisted, &unstable),
        Verdict::Equal
    );
    hoisted.columns[0].data_type = "int".to_owned();
    let verdict = compare_stable(&digest(), &hoisted, &unstable);
    assert!(matches!(verdict, Verdict::Different(_)), "{verdict:?}");
}

#[test]
fn what_cannot_be_read_on_either_side_is_not_called_equal() {
    let broken = Digest {
        problem: Some("no codec".to_owned()),
        ..Digest::default()
    };
    assert_eq!(
        compare(&broken, &broken),
        Verdict::NotCompared("no codec".to_owned())
    );
}
