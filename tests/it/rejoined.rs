//! Join cores by brute force: random blocks over tiny tables, as written and as rewritten, give the same rows.
//!
//! No Spark is needed: a block is evaluated as it stands, relation after relation, each row with each row. What is
//! random: which tables are joined, in which order, inner, left, semi or anti, by commas or `ON`, on which keys, with
//! which tests beside them. Keys come from a few edges, so that blocks have something in common.

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
/// Tables with their columns; some columns have one name in several tables.
const TABLES: [(&str, [&str; 3]); 5] = [
    ("a", ["id", "k", "x"]),
    ("b", ["id", "k", "y"]),
    ("c", ["k", "m", "z"]),
    ("d", ["m", "x", "w"]),
    ("e", ["id", "m", "v"]),
];
/// What may join them.
const EDGES: [(usize, &str, usize, &str); 7] = [
    (0, "id", 1, "id"),
    (0, "k", 2, "k"),
    (1, "k", 2, "k"),
    (2, "m", 3, "m"),
    (0, "x", 3, "x"),
    (0, "id", 4, "id"),
    (3, "m", 4, "m"),
];

fn contents(random: &mut Random) -> Tables {
    let value =
        |random: &mut Random| *random.one(&[None, Some(1), Some(2), Some(2), Some(3), Some(3)]);
    let tables = TABLES.iter().map(|(name, columns)| {
        let rows = (0..random.between(1, 4)).map(|_| columns.map(|_| value(random)).to_vec());
        let rows = rows.collect();
        let columns = columns.iter().map(|column| (*column).to_owned());
        (format!("raw.{name}"), (columns.collect(), rows))
    });
    tables.collect()
}

fn facts() -> Facts {
    let tables = TABLES.iter().map(|(name, columns)| {
        let columns = columns.iter().map(|name| ColumnFacts {
            name: (*name).to_owned(),
            data_type: "int".to_owned(),
            nullable: true,
        });
        let facts = TableFacts {
            kind: TableKind::Managed,
            provider: Some("parquet".to_owned()),
            location: Some(format!("file:/warehouse/{name}")),
            columns: columns.collect(),
            ..TableFacts::default()
        };
        (format!("raw.{name}"), facts)
    });
    Facts {
        spark_version: Some("3.5.6".to_owned()),
        session: Some(SessionFacts {
            database: "default".to_owned(),
            settings: BTreeMap::from([("spark.sql.ansi.enabled".to_owned(), "false".to_owned())]),
            ..SessionFacts::default()
        }),
        tables: tables.collect(),
        ..Facts::default()
    }
}

/// A block. `kinds` says of each edge in how many of a hundred blocks it is a left join.
fn block(random: &mut Random, kinds: &[usize]) -> String {
    let mut order: Vec<usize> = (0..TABLES.len()).collect();
    for last in (1..order.len()).rev() {
        order.swap(last, random.below(last + 1));
    }
    order.truncate(random.between(2, 4));
    let called = |table: usize| TABLES[table].0;
    let mut from = format!("raw.{}", called(order[0]));
    let mut filter: Vec<String> = Vec::new();
    let mut seen = vec![order[0]];
    for table in order.iter().skip(1).copied() {
        let edges = EDGES.iter().enumerate().filter(|(_, (one, _, other, _))| {
            (*one == table && seen.contains(other)) || (*other == table && seen.contains(one))
        });
        let mut on = Vec::new();
        let mut left = random.percent(10);
        for (number, (one, key, other, other_key)) in edges {
            if on.is_empty() || random.percent(50) {
                left = random.percent(kinds[number]);
                let (one, other) = (
                    format!("{}.{key}", called(*one)),
                    format!("{}.{other_key}", called(*other)),
                );
                on.push(if random.percent(50) {
                    format!("{one} = {other}")
                } else {
                    format!("{other} = {one}")
                });
            }
        }
        if random.percent(8) {
            let column = random.one(&TABLES[table].1);
            on.push(format!("{}.{column} > 1", called(table)));
        }
        let (kept, relation) = (random.percent(95), format!("raw.{}", called(table)));
        match (on.is_empty(), left, kept) {
            (_, false, _) if random.percent(30) => {
                let _ = write!(from, ", {relation}");
                filter.extend(on);
            }
            (true, ..) => {
                let _ = write!(from, " CROSS JOIN {relation}");
            }
            (false, left, kept) => {
                let word = match (left, kept) {
                    (true, true) => "LEFT JOIN",
                    (false, true) => *random.one(&["JOIN", "INNER JOIN"]),
                    (true, false) => "LEFT ANTI JOIN",
                    (false, false) => "LEFT SEMI JOIN",
                };
                let _ = write!(from, " {word} {relation} ON {}", on.join(" AND "));
                if !kept {
                    continue;
                }
            }
        }
        seen.push(table);
    }
    for table in seen.clone() {
        let column = format!("{}.{}", called(table), random.one(&TABLES[table].1));
        match random.below(6) {
            0 | 1 => filter.push(format!("{column} > {}", random.between(1, 2))),
            2 => filter.push(format!("{column} IS NULL")),
            _ => {}
        }
    }
    let items = (0..random.between(1, 4)).map(|number| {
        let table = *random.one(&seen);
        let column = random.one(&TABLES[table].1);
        let alias = if random.percent(30) {
            format!(" AS o{number}")
        } else {
            String::new()
        };
        format!("{}.{column}{alias}", called(table))
    });
    let items: Vec<String> = items.collect();
    let filter = if filter.is_empty() {
        String::new()
    } else {
        format!(" WHERE {}", filter.join(" AND "))
    };
    format!("SELECT {} FROM {from}{filter}", items.join(", "))
}

#[test]
fn what_is_joined_first_gives_the_same_rows() {
    let (mut frames, mut left, mut filtered, mut readers) = (0, 0, 0, 0);
    for seed in 0..PIPELINES {
        let random = &mut Random::new(seed);
        let mut tables = contents(random);
        let kinds = EDGES.map(|_| *random.one(&[0, 0, 100, 90]));
        let texts: Vec<String> = (0..BLOCKS).map(|_| block(random, &kinds)).collect();
        let files = texts.iter().enumerate();
        let pipeline = Pipeline {
            name: format!("rejoined_{seed}"),
            files: files
                .map(|(number, text)| (format!("{number}.sql"), text.clone()))
                .collect(),
            only: Some(FrameKind::JoinCore),
            ..Pipeline::default()
        };
        let sources = Sources::from_texts(pipeline.files.clone(), &Variables::new());
        let planned = Planned::new(sources, facts(), &pipeline);
        assert_eq!(planned.violations, [""; 0], "seed {seed}: {texts:#?}");
        // Without a join core there may be frames of other kinds.
        let mut kinds = planned.plan.frames.iter().map(|frame| frame.kind);
        if kinds.any(|kind| kind != FrameKind::JoinCore) {
            continue;
        }
        let expected: Vec<_> = texts.iter().map(|text| rows(text, &tables)).collect();
        for step in &planned.program.steps {
            let text = step.texts[0].text.as_str();
            match step.step {
                Step::Materialise(_) => {
                    let view = text.strip_prefix("CREATE OR REPLACE TEMPORARY VIEW ");
                    let (name, rest) = view.unwrap().split_once(" AS SELECT * FROM (").unwrap();
                    let definition = rest.split_once(") WHERE '").unwrap().0;
                    tables.insert(name.to_owned(), rows(definition, &tables));
                    frames += 1;
                    left += usize::from(definition.contains("LEFT JOIN"));
                    filtered += usize::from(definition.contains(" WHERE "));
                }
                Step::Run(statement) => {
                    let number = statement.0 as usize;
                    let found = rows(text, &tables);
                    assert_eq!(
                        found, expected[number],
                        "seed {seed}: {}\n{text}",
                        texts[number]
                    );
                    readers += usize::from(text.contains(NAMESPACE));
                }
                Step::Release(_) => {}
            }
        }
    }
    println!(
        "{frames} join cores, {left} of them with a left join and {filtered} with a filter, have {readers} readers"
    );
    assert!(frames > 150 && left > 40 && filtered > 20);
}

#[test]
fn rows_are_those_of_sql() {
    let table = |columns: [&str; 2], rows: &[[Option<i64>; 2]]| {
        let rows = rows.iter().map(|row| row.to_vec()).collect();
        (columns.map(str::to_owned).to_vec(), rows)
    };
    let tables: Tables = BTreeMap::from([
        (
            "t".to_owned(),
            table(["a", "b"], &[[Some(1), None], [Some(2), Some(5)]]),
        ),
        (
            "u".to_owned(),
            table(["b", "c"], &[[None, Some(7)], [Some(5), Some(8)]]),
        ),
    ]);
    let found = |text: &str| rows(text, &tables).1;
    // NULL meets nothing.
    assert_eq!(
        found("SELECT t.a, u.c FROM t JOIN u ON t.b = u.b"),
        [[Some(2), Some(8)]]
    );
    assert_eq!(
        found("SELECT t.a, c FROM t LEFT JOIN u ON u.b = t.b"),
        [[Some(1), None], [Some(2), Some(8)]]
    );
    assert_eq!(
        found("SELECT t.a FROM t LEFT ANTI JOIN u ON u.b = t.b"),
        [[Some(1)]]
    );
    assert_eq!(
        found("SELECT t.a FROM t, u WHERE t.b IS NULL"),
        [[Some(1)], [Some(1)]]
    );
    assert_eq!(found("SELECT t.a FROM t WHERE t.b > 4"), [[Some(2)]]);
    assert_eq!(
        found("SELECT t.a FROM t WHERE t.b > 4 AND t.a > 2 OR (t.b IS NULL)"),
        [[Some(1)]]
    );
}
