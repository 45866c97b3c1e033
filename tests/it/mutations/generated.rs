//! Broken programs on generated data: each mutant is caught by rows that `hoist verify --generate` makes, without any
//! of the user's.
//!
//! Every query below becomes a table of its own, and all of them read frames. A mutant changes what one step submits,
//! the text of a statement or the build of a frame, and so one of the tables: one run with all mutants tells which of
//! them are caught.

use std::collections::{BTreeMap, BTreeSet};

use hoist::runtime::run::{RunInput, Work};
use hoist::runtime::verify::generate::{Generated, Level, Settings, generate};

use crate::differential::{Catalog, Harness, Pipeline, Planned, Report};
use crate::local_engine::block_on;

/// Rows of a table, about.
const ROWS: usize = 40;

/// Tables with no rows of their own.
const SETUP: [&str; 6] = [
    "CREATE DATABASE d",
    "CREATE TABLE d.orders (id INT, k INT, s STRING, day DATE, at TIMESTAMP, x DOUBLE, amount DECIMAL(12,2), tax DECIMAL(12,2)) USING parquet",
    "CREATE TABLE d.parts (k INT, name STRING, y DOUBLE) USING parquet",
    "CREATE TABLE d.events (id INT, kind STRING, n INT) USING parquet",
    "CREATE TABLE d.visits (k INT, page STRING, n INT) USING parquet",
    "CREATE TABLE d.few (n INT) USING parquet",
];

/// Where a mutant lies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the statement.
    Reader,
    /// In the build of the frame over this table.
    Frame(&'static str),
}
use Place::{Frame, Reader};

/// A query and what is broken of it.
struct Mutant {
    /// The table that the query becomes.
    name: &'static str,
    query: &'static str,
    place: Place,
    /// Texts of one step, and what stands there instead.
    changes: &'static [(&'static str, &'static str)],
}

/// Caught with rows in every table. Above each, what the data hold that tells the two apart.
const MUTANTS: [Mutant; 23] = [
    // The very day that the column is compared with.
    Mutant {
        name: "day_before",
        query: "SELECT id, day FROM d.orders WHERE day < DATE '2024-06-30'",
        place: Reader,
        changes: &[("day <", "day <=")],
    },
    // The last microsecond of a day.
    Mutant {
        name: "midnight",
        query: "SELECT id, at FROM d.orders WHERE at < TIMESTAMP '2024-07-01 00:00:00'",
        place: Reader,
        changes: &[(
            "< TIMESTAMP '2024-07-01 00:00:00'",
            "<= TIMESTAMP '2024-06-30 23:59:59'",
        )],
    },
    // The last day of a year.
    Mutant {
        name: "whole_year",
        query: "SELECT id, day FROM d.orders WHERE year(day) = 2023",
        place: Reader,
        changes: &[(
            "year(day) = 2023",
            "day BETWEEN DATE '2023-01-01' AND DATE '2023-12-30'",
        )],
    },
    // NULL.
    Mutant {
        name: "known",
        query: "SELECT id, x FROM d.orders WHERE x IS NOT NULL",
        place: Reader,
        changes: &[(" WHERE x IS NOT NULL", "")],
    },
    // NULL among the counted values.
    Mutant {
        name: "counted",
        query: "SELECT concat(s, '') AS s, count(x) AS n FROM d.orders GROUP BY concat(s, '')",
        place: Reader,
        changes: &[("count(x)", "count(*)")],
    },
    // NULL in the list: no row is outside of it for certain.
    Mutant {
        name: "not_in",
        query: "SELECT o.id FROM d.orders o WHERE o.k NOT IN (SELECT p.k FROM d.parts p)",
        place: Reader,
        changes: &[
            ("o.k NOT IN (SELECT p.k", "NOT EXISTS (SELECT p.k"),
            (" p)", " p WHERE p.k = o.k)"),
        ],
    },
    // Keys without a partner.
    Mutant {
        name: "outer",
        query: "SELECT o.id, p.name FROM d.orders o LEFT JOIN d.parts p ON o.k = p.k",
        place: Reader,
        changes: &[("LEFT JOIN", "JOIN")],
    },
    // NULL keys on both sides.
    Mutant {
        name: "equal_keys",
        query: "SELECT o.id, p.y FROM d.orders o JOIN d.parts p ON o.k = p.k",
        place: Reader,
        changes: &[("o.k = p.k", "o.k <=> p.k")],
    },
    // Keys whose partners all fail the filter, and keys without a partner.
    Mutant {
        name: "filter_of_join",
        query: "SELECT o.id, p.y FROM d.orders o LEFT JOIN d.parts p ON o.k = p.k AND p.y > 0",
        place: Reader,
        changes: &[("AND p.y > 0", "WHERE p.y > 0")],
    },
    // Keys with several partners.
    Mutant {
        name: "semi",
        query: "SELECT o.id FROM d.orders o LEFT SEMI JOIN d.parts p ON o.k = p.k",
        place: Reader,
        changes: &[("LEFT SEMI JOIN", "JOIN")],
    },
    // -0.0, which equals 0.0 and is written otherwise.
    Mutant {
        name: "negative_zero",
        query: "SELECT id, x AS z FROM d.orders",
        place: Reader,
        changes: &[("x AS z", "if(x = 0, 0D, x) AS z")],
    },
    // NaN, which is greater than every number.
    Mutant {
        name: "not_a_number",
        query: "SELECT id, x FROM d.orders WHERE x >= 0.5",
        place: Reader,
        changes: &[("x >= 0.5", "x BETWEEN 0.5 AND double('Infinity')")],
    },
    // A blank at the end.
    Mutant {
        name: "blank_at_end",
        query: "SELECT id, s FROM d.orders WHERE s = 'a'",
        place: Reader,
        changes: &[("s = 'a'", "rtrim(s) = 'a'")],
    },
    // The same letter as a capital.
    Mutant {
        name: "case",
        query: "SELECT id, s FROM d.orders WHERE s = 'b'",
        place: Reader,
        changes: &[("s = 'b'", "lower(s) = 'b'")],
    },
    // A text of a thousand characters.
    Mutant {
        name: "long_text",
        query: "SELECT id, s AS t FROM d.orders",
        place: Reader,
        changes: &[("s AS t", "left(s, 255) AS t")],
    },
    // A text without characters, which is not NULL.
    Mutant {
        name: "empty_text",
        query: "SELECT id, s AS t FROM d.orders WHERE id > 0",
        place: Reader,
        changes: &[("s AS t", "nullif(s, '') AS t")],
    },
    // The largest number of a decimal column.
    Mutant {
        name: "large_amount",
        query: "SELECT id, amount AS a FROM d.orders",
        place: Reader,
        changes: &[(
            "amount AS a",
            "CAST(CAST(amount AS FLOAT) AS DECIMAL(12,2)) AS a",
        )],
    },
    // Different values in columns of one type.
    Mutant {
        name: "other_column",
        query: "SELECT id, tax AS a FROM d.orders",
        place: Reader,
        changes: &[("tax AS a", "amount AS a")],
    },
    // The same value in several rows.
    Mutant {
        name: "total",
        query: "SELECT count(tax) AS n FROM d.orders",
        place: Reader,
        changes: &[("count(tax)", "count(DISTINCT tax)")],
    },
    // Rows of equal rank.
    Mutant {
        name: "ties",
        query: "SELECT id, k, rank() OVER (ORDER BY k) AS place FROM d.orders",
        place: Reader,
        changes: &[("rank()", "dense_rank()")],
    },
    // NULL, which the frame has to hold for this reader alone.
    Mutant {
        name: "of_no_kind",
        query: "SELECT id, n FROM d.events WHERE kind IS NULL",
        place: Frame("events"),
        changes: &[("`kind` IS NULL", "`kind` = ''")],
    },
    // A number that the column is compared with.
    Mutant {
        name: "between",
        query: "SELECT id, kind, n FROM d.events WHERE n BETWEEN 10 AND 20",
        place: Frame("events"),
        changes: &[("`n` BETWEEN 10 AND 20", "(`n` > 10 AND `n` <= 20)")],
    },
    // Duplicates of rows.
    Mutant {
        name: "pages",
        query: "SELECT v.page, count(*) AS n FROM (SELECT DISTINCT k, page FROM d.visits) v GROUP BY v.page",
        place: Frame("visits"),
        changes: &[("SELECT DISTINCT", "SELECT")],
    },
];

/// Caught where its table is empty, as it is with one of the seeds: an aggregate of no rows is a row.
const OF_NO_ROWS: [Mutant; 1] = [Mutant {
    name: "most",
    query: "SELECT count(*) AS n, max(n) AS most FROM d.few",
    place: Reader,
    changes: &[
        ("count(*) AS n", "DISTINCT count(*) OVER () AS n"),
        ("max(n) AS most", "max(n) OVER () AS most"),
    ],
}];

/// Others that read the frames; nothing is broken in what they leave.
const OTHERS: [&str; 3] = [
    "CREATE TABLE d.of_kind USING parquet AS SELECT id, n FROM d.events WHERE kind = 'a' AND n > 3",
    "CREATE TABLE d.many USING parquet AS SELECT DISTINCT v.k FROM (SELECT DISTINCT k, page FROM d.visits) v",
    "CREATE TABLE d.some USING parquet AS SELECT n FROM d.few WHERE n > 0 OR n IS NULL",
];

fn pipeline(name: &str, mutants: &[Mutant]) -> Pipeline {
    let queries = mutants.iter().map(|mutant| {
        let Mutant { name, query, .. } = mutant;
        format!("CREATE TABLE d.{name} USING parquet AS {query}")
    });
    let others = OTHERS.map(str::to_owned);
    let statements: Vec<String> = queries.chain(others).collect();
    Pipeline {
        name: name.to_owned(),
        setup: SETUP.map(str::to_owned).into(),
        files: vec![("1.sql".to_owned(), statements.join(";\n"))],
        ..Pipeline::default()
    }
}

impl Mutant {
    /// Changes the one step that the mutant lies in.
    fn seed(&self, input: &mut RunInput) {
        let mut steps = Vec::new();
        for step in &mut input.steps {
            let found = match (self.place, &step.work) {
                (Reader, Work::Run(statement)) => {
                    let begin = format!("CREATE TABLE d.{} USING", self.name);
                    step.texts.iter().any(|text| text.text.starts_with(&begin)) && {
                        assert!(!statement.frames.is_empty(), "`{}`: no frame", self.name);
                        true
                    }
                }
                (Frame(table), Work::Materialise { .. }) => {
                    let from = format!("FROM `d`.`{table}`");
                    let plain = format!("FROM d.{table}");
                    let mut texts = step.texts.iter();
                    texts.any(|text| text.text.contains(&from) || text.text.contains(&plain))
                }
                _ => false,
            };
            if found {
                steps.push(step);
            }
        }
        let [step] = steps.as_mut_slice() else {
            panic!("`{}` lies in {} steps", self.name, steps.len());
        };
        for (old, new) in self.changes {
            let mut found = 0;
            for text in &mut step.texts {
                found += text.text.matches(old).count();
                text.text = text.text.replace(old, new);
            }
            assert_eq!(found, 1, "`{}`: {old} in {:?}", self.name, step.texts);
        }
    }
}

/// Data of the first seed that suits.
fn data(planned: &Planned, suits: impl Fn(&Generated) -> bool) -> Generated {
    let keys = BTreeMap::new();
    let made = |seed| {
        let settings = Settings {
            seed,
            level: Level::Wild,
            rows: ROWS,
        };
        let Planned {
            workload,
            sources,
            catalog,
            ..
        } = planned;
        generate(workload, sources, catalog, &keys, &settings).unwrap()
    };
    (0..100).map(made).find(suits).unwrap()
}

/// Runs a pipeline on generated data, plainly, hoisted and broken; the names of the mutants that were not caught.
async fn missed(
    harness: &mut Harness,
    name: &str,
    mutants: &[Mutant],
    suits: impl Fn(&Generated) -> bool,
) -> Vec<String> {
    let empty = pipeline(name, mutants);
    harness.set_up(&empty).await;
    let generated = data(&harness.plan(&empty).await, suits);
    // The tables are made from what the catalog says of them.
    let pipeline = Pipeline {
        setup: Vec::new(),
        generated: Some(generated),
        ..empty
    };
    let sound = harness.compare(&pipeline).await;
    assert_eq!(sound.plain.record.failures, [], "{name}");
    assert_eq!(sound.differences(), Vec::<String>::new(), "{name}");
    let mut input = sound.planned.hoisted();
    for mutant in mutants {
        mutant.seed(&mut input);
    }
    let hoisted = harness.run(&pipeline, &sound.planned, &input).await;
    assert_eq!(hoisted.record.failures, [], "{name}");
    let broken = Report { hoisted, ..sound };
    let differences = broken.differences();
    let of = |mutant: &Mutant, difference: &String| {
        difference.starts_with(&format!("table d.{}: ", mutant.name))
    };
    for difference in &differences {
        let caught = mutants.iter().any(|mutant| of(mutant, difference));
        assert!(caught, "no mutant breaks this: {difference}");
    }
    let caught = |mutant: &&Mutant| differences.iter().any(|one| of(mutant, one));
    let missed = mutants.iter().filter(|mutant| !caught(mutant));
    missed.map(|mutant| mutant.name.to_owned()).collect()
}

#[test]
fn generated_data_tell_a_broken_program_from_a_sound_one() {
    let mutants = MUTANTS.iter().chain(&OF_NO_ROWS);
    let names: BTreeSet<&str> = mutants.map(|mutant| mutant.name).collect();
    assert_eq!(
        names.len(),
        MUTANTS.len() + OF_NO_ROWS.len(),
        "a name is used twice"
    );
    block_on(async {
        let mut harness = Harness::open(Catalog::InMemory).await;
        let filled = |generated: &Generated| generated.rows().values().all(|rows| *rows > 0);
        let with_rows = missed(&mut harness, "with_rows", &MUTANTS, filled).await;
        let none = |generated: &Generated| generated.rows()["d.few"] == 0;
        let without = missed(&mut harness, "without_rows", &OF_NO_ROWS, none).await;
        harness.close().await;
        assert_eq!([with_rows, without].concat(), Vec::<String>::new());
    });
}
