//! Covering aggregates by brute force: random groupings of a tiny table, as written and as rewritten, give the same rows.
//!
//! No Spark is needed: every group is computed from its rows. What is random: the rows, what is grouped by, in one way or
//! in several, the tests of rows and of groups, the aggregates, over distinct values or not. Tests and aggregates come from
//! a few, so that blocks have something in common.

mod evaluate;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hoist::facts::catalog::{Catalog as Facts, ColumnFacts, SessionFacts, TableFacts, TableKind};
use hoist::frontend::source::{Sources, Variables};
use hoist::planner::emit::NAMESPACE;
use hoist::planner::frame::FrameKind;
use hoist::planner::plan::Step;

use self::evaluate::{Tables, rows};
use crate::differential::generate::random::Random;
use crate::differential::{Pipeline, Planned};

/// Pipelines that are tried.
const PIPELINES: u64 = 250;
/// Blocks of a pipeline.
const BLOCKS: usize = 6;
/// The columns of the table; the first ones are grouped by.
const COLUMNS: [&str; 5] = ["k", "l", "m", "x", "y"];
/// Tests of its rows.
const TESTS: [&str; 10] = [
    "t.k = 2",
    "(k > 1 OR t.l IS NULL)",
    "l IN (1, 3)",
    "NOT m = 2",
    "m <=> l",
    "x > 1",
    "t.y IS NOT NULL",
    "(x = 1 OR k = 1 AND y > 1)",
    "NOT (x = 2 AND y IS NULL)",
    "y <> x",
];
/// Aggregates.
const CALLS: [&str; 13] = [
    "count(*)",
    "count(x)",
    "sum(x)",
    "sum(t.y)",
    "min(y)",
    "max(t.x)",
    "max(k)",
    "count_if(y > 1)",
    "every(x > 1)",
    "bool_or(y = 3)",
    "sum(CASE WHEN x > 1 THEN 4 WHEN y = 1 THEN 2 END)",
    "count(DISTINCT x)",
    "sum(DISTINCT y)",
];

/// What keeps absent groups out, adds numbers of rows, and gives 0 where there are none; and what does not.
const BROKEN: [(&str, &str); 3] = [
    (" > 0", " >= 0"),
    ("coalesce(sum(", "coalesce(max("),
    (", 0)", ", 8)"),
];

fn contents(random: &mut Random) -> Tables {
    let value = |random: &mut Random| *random.one(&[None, Some(1), Some(2), Some(2), Some(3)]);
    // Without any rows there are no groups.
    let rows = (0..random.below(12)).map(|_| COLUMNS.map(|_| value(random)).to_vec());
    let rows = rows.collect();
    let columns = COLUMNS.iter().map(|column| (*column).to_owned());
    BTreeMap::from([("raw.t".to_owned(), (columns.collect(), rows))])
}

fn facts() -> Facts {
    let columns = COLUMNS.iter().map(|name| ColumnFacts {
        name: (*name).to_owned(),
        data_type: "int".to_owned(),
        nullable: true,
    });
    let facts = TableFacts {
        kind: TableKind::Managed,
        provider: Some("parquet".to_owned()),
        location: Some("file:/warehouse/t".to_owned()),
        columns: columns.collect(),
        ..TableFacts::default()
    };
    Facts {
        spark_version: Some("3.5.6".to_owned()),
        session: Some(SessionFacts {
            database: "default".to_owned(),
            settings: BTreeMap::from([("spark.sql.ansi.enabled".to_owned(), "false".to_owned())]),
            ..SessionFacts::default()
        }),
        tables: BTreeMap::from([("raw.t".to_owned(), facts)]),
        ..Facts::default()
    }
}

/// A block. `once` tells whether values may count once: such aggregates are made from rows only.
fn block(random: &mut Random, keys: &[&str], once: bool) -> String {
    let mut keys: Vec<&str> = keys.to_vec();
    if random.percent(40) {
        keys.truncate(random.below(keys.len() + 1));
    }
    if random.percent(50) {
        keys.reverse();
    }
    let mut items: Vec<String> = Vec::new();
    for key in &keys {
        match random.below(5) {
            0 => {}
            1 => items.push(format!("coalesce(t.{key}, 9) AS {key}")),
            _ => items.push((*key).to_owned()),
        }
    }
    let calls = if once { &CALLS[..] } else { &CALLS[..11] };
    for number in 0..random.between(1, 3) {
        let call = *random.one(calls);
        items.push(match random.below(5) {
            0 => format!("coalesce({call}, 7) AS o{number}"),
            1 => format!("{call} - count(*) AS o{number}"),
            _ => format!("{call} AS o{number}"),
        });
    }
    let mut tests: Vec<&str> = (0..random.below(4)).map(|_| *random.one(&TESTS)).collect();
    if random.percent(30) {
        tests.push(TESTS[5]);
    }
    let mut text = format!("SELECT {} FROM raw.t", items.join(", "));
    if !tests.is_empty() {
        let _ = write!(text, " WHERE {}", tests.join(" AND "));
    }
    if !keys.is_empty() {
        let keys = keys.join(", ");
        let _ = match random.below(10) {
            0 => write!(text, " GROUP BY ROLLUP ({keys})"),
            1 => write!(text, " GROUP BY {keys} WITH ROLLUP"),
            2 => write!(text, " GROUP BY CUBE ({keys})"),
            _ => write!(text, " GROUP BY {keys}"),
        };
    }
    if random.percent(25) {
        let condition = random.one(&["count(*) > 1", "max(x) > 2 OR min(y) IS NULL"]);
        let _ = write!(text, " HAVING {condition}");
    }
    text
}

#[test]
fn what_is_grouped_once_gives_the_same_rows() {
    let (mut frames, mut readers, mut again, mut kept, mut told) = (0, 0, 0, 0, [0; 3]);
    for seed in 0..PIPELINES {
        let random = &mut Random::new(seed);
        let mut tables = contents(random);
        let mut keys = COLUMNS[..3].to_vec();
        keys.truncate(random.below(4));
        let once = random.percent(30);
        let texts: Vec<String> = (0..BLOCKS).map(|_| block(random, &keys, once)).collect();
        let files = texts.iter().enumerate();
        let pipeline = Pipeline {
            name: format!("regrouped_{seed}"),
            files: files
                .map(|(number, text)| (format!("{number}.sql"), text.clone()))
                .collect(),
            only: Some(FrameKind::CoveringAggregate),
            ..Pipeline::default()
        };
        let sources = Sources::from_texts(pipeline.files.clone(), &Variables::new());
        let planned = Planned::new(sources, facts(), &pipeline);
        assert_eq!(planned.violations, [""; 0], "seed {seed}: {texts:#?}");
        // Without a covering aggregate there may be frames of other kinds.
        let mut kinds = planned.plan.frames.iter().map(|frame| frame.kind);
        if kinds.any(|kind| kind != FrameKind::CoveringAggregate) {
            continue;
        }
        let expected: Vec<_> = texts.iter().map(|text| rows(text, &tables)).collect();
        for step in &planned.program.steps {
            let text = step.texts[0].text.as_str();
            match step.step {
                Step::Materialise(_) => {
                    let view = text.strip_prefix("CREATE OR REPLACE TEMPORARY VIEW ");
                    let (name, rest) = view.unwrap().split_once(" AS SELECT * FROM (").unwrap();
                    let definition = rest.rsplit_once(") WHERE '").unwrap().0;
                    tables.insert(name.to_owned(), rows(definition, &tables));
                    frames += 1;
                }
                Step::Run(statement) => {
                    let number = statement.0 as usize;
                    let found = rows(text, &tables);
                    assert_eq!(
                        found, expected[number],
                        "seed {seed}: {}\n{text}\n{tables:?}",
                        texts[number]
                    );
                    if text.contains(NAMESPACE) {
                        readers += 1;
                        let calls = ["sum(a", "min(a", "max(a", "every(a", "bool_or(a"];
                        again += usize::from(calls.iter().any(|call| text.contains(call)));
                        kept += usize::from(TESTS.iter().any(|test| text.contains(test)));
                        // That these matter is seen, if not everywhere.
                        for (place, (sound, broken)) in BROKEN.iter().enumerate() {
                            let broken = text.replace(sound, broken);
                            told[place] += usize::from(rows(&broken, &tables) != found);
                        }
                    }
                }
                Step::Release(_) => {}
            }
        }
    }
    println!(
        "{frames} covering aggregates have {readers} readers, {again} group them again, {kept} keep a test; {told:?} tell \
         what is broken"
    );
    assert!(
        frames > 200 && again > 300 && kept > 300,
        "{frames} frames, {again} readers group again, {kept} keep a test"
    );
    assert!(told.iter().all(|told| *told > 10), "{told:?}");
}

#[test]
fn groups_are_those_of_sql() {
    let columns = ["k", "x"].map(str::to_owned).to_vec();
    let all = [(Some(1), Some(5)), (Some(1), None), (None, Some(7))];
    let all = all.iter().map(|(k, x)| vec![*k, *x]).collect();
    let empty = (columns.clone(), Vec::new());
    let tables = BTreeMap::from([("t".to_owned(), (columns, all)), ("none".to_owned(), empty)]);
    let found = |text: &str| rows(text, &tables).1;
    // NULLs are one group, and no values.
    assert_eq!(
        found("SELECT k, count(*) AS c, count(x) AS d, sum(x) AS s FROM t GROUP BY k"),
        [
            [None, Some(1), Some(1), Some(7)],
            [Some(1), Some(2), Some(1), Some(5)]
        ]
    );
    assert_eq!(
        found("SELECT k, count(*) AS c FROM t GROUP BY ROLLUP (k)"),
        [[None, Some(1)], [None, Some(3)], [Some(1), Some(2)]]
    );
    assert_eq!(
        found("SELECT sum(x) FILTER (WHERE k > 5) AS s, count(*) AS c FROM t WHERE NOT x = 5"),
        [[None, Some(1)]]
    );
    // Without rows: one row of totals, but no groups, not even of `ROLLUP`.
    assert_eq!(
        found("SELECT count(*) AS c, max(x) AS m FROM none"),
        [[Some(0), None]]
    );
    assert_eq!(
        found("SELECT k, count(*) AS c FROM none GROUP BY k WITH ROLLUP"),
        [[None; 2]; 0]
    );
}
