//! Properties of generated data.

use super::*;
use crate::facts::access::{self, Declarations};
use crate::facts::catalog::{ColumnFacts, TableKind, ViewFacts};
use crate::facts::workload;
use crate::frontend::source::Variables;

fn facts(columns: &[(&str, &str)]) -> TableFacts {
    TableFacts {
        kind: TableKind::Managed,
        provider: Some("parquet".to_owned()),
        columns: columns
            .iter()
            .map(|(name, data_type)| ColumnFacts {
                name: (*name).to_owned(),
                data_type: data_type.trim_end_matches('!').to_owned(),
                nullable: !data_type.ends_with('!'),
            })
            .collect(),
        ..TableFacts::default()
    }
}

fn catalog() -> Catalog {
    let mut orders = facts(&[
        ("id", "bigint"),
        ("customer_id", "int"),
        ("status", "string"),
        ("amount", "decimal(8,2)"),
        ("day", "date"),
    ]);
    orders.partition_columns = vec!["day".to_owned()];
    orders.size_bytes = Some(1 << 30);
    let customers = facts(&[
        ("id", "string"),
        ("version", "int!"),
        ("score", "double"),
        ("tags", "array<string>"),
    ]);
    let tables = [
        ("d.orders", orders),
        ("d.customers", customers),
        ("d.log", facts(&[("n", "bigint")])),
        ("d.unused", facts(&[("odd", "interval year")])),
    ];
    Catalog {
        tables: tables.map(|(name, facts)| (name.to_owned(), facts)).into(),
        ..Catalog::default()
    }
}

const PIPELINE: &str = "CREATE TABLE d.made USING parquet AS
SELECT o.status, sum(o.amount) AS total FROM d.orders o LEFT JOIN d.customers c ON o.customer_id = c.id
WHERE o.amount >= 99.50 AND o.day BETWEEN DATE '2024-01-01' AND DATE '2024-03-31' AND o.status <> 'void'
GROUP BY o.status;
INSERT INTO d.log SELECT count(*) FROM d.made WHERE total > 5;
SELECT * FROM d.customers WHERE score < 0.5 AND version = 3;";

fn made(pipeline: &str, catalog: &Catalog, settings: &Settings) -> Result<Generated, Impossible> {
    let sources = Sources::from_texts([("a.sql", pipeline)], &Variables::new());
    let statements = crate::frontend::parse(&sources).statements;
    let declarations = Declarations {
        default_database: "default".to_owned(),
        ..Declarations::default()
    };
    let accesses = access::resolve(&statements, catalog, &declarations);
    let workload = workload::build(statements, accesses);
    let key = vec!["id".to_owned(), "Version".to_owned()];
    let keys = BTreeMap::from([("d.customers".to_owned(), key)]);
    generate(&workload, &sources, catalog, &keys, settings)
}

const SETTINGS: Settings = Settings {
    seed: 0,
    level: Level::Wild,
    rows: 120,
};

fn table<'a>(generated: &'a Generated, name: &str) -> &'a GeneratedTable {
    generated
        .tables
        .iter()
        .find(|table| table.name == name)
        .unwrap()
}

fn column(table: &GeneratedTable, at: usize) -> Vec<Option<&str>> {
    table.rows.iter().map(|row| row[at].as_deref()).collect()
}

#[test]
fn only_what_the_pipeline_expects_is_made() {
    let generated = made(PIPELINE, &catalog(), &SETTINGS).unwrap();
    assert_eq!(generated.names(), ["d.customers", "d.log", "d.orders"]);
    assert_eq!(generated.databases, BTreeSet::from(["d".to_owned()]));
    assert!(generated.rows().values().all(|rows| *rows >= 100));
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let bytes = |settings: &Settings| {
        serde_json::to_string(&made(PIPELINE, &catalog(), settings).unwrap()).unwrap()
    };
    assert_eq!(bytes(&SETTINGS), bytes(&SETTINGS));
    assert_ne!(
        bytes(&SETTINGS),
        bytes(&Settings {
            seed: 1,
            ..SETTINGS
        })
    );
}

#[test]
fn keys_have_partners_and_lack_them_and_one_is_heavy() {
    for seed in 0..4 {
        let settings = Settings { seed, ..SETTINGS };
        let generated = made(PIPELINE, &catalog(), &settings).unwrap();
        let orders = column(table(&generated, "d.orders"), 1);
        let customers = column(table(&generated, "d.customers"), 0);
        if orders.is_empty() || customers.is_empty() {
            continue;
        }
        let with = orders
            .iter()
            .filter(|key| key.is_some() && customers.contains(key))
            .count();
        let without = orders
            .iter()
            .filter(|key| key.is_some() && !customers.contains(key))
            .count();
        assert!(with > 40 && without > 5, "{seed}: {with} {without}");
        assert!(
            customers
                .iter()
                .any(|key| key.is_some() && !orders.contains(key)),
            "{seed}"
        );
        assert!(
            orders.contains(&None) && customers.contains(&None),
            "{seed}"
        );
        let heavy = orders.iter().filter(|key| **key == Some("1")).count();
        assert!(heavy >= 15, "{seed}: {heavy}");
        // Duplicates, where no key is declared.
        let rows = &table(&generated, "d.orders").rows;
        assert!(
            rows.iter().collect::<BTreeSet<_>>().len() < rows.len(),
            "{seed}"
        );
    }
}

#[test]
fn declared_keys_hold() {
    for seed in 0..6 {
        for rows in [40, 150, 400] {
            let settings = Settings {
                seed,
                rows,
                level: Level::Wild,
            };
            let generated = made(PIPELINE, &catalog(), &settings).unwrap();
            let customers = table(&generated, "d.customers");
            let keys: Vec<_> = customers
                .rows
                .iter()
                .map(|row| (&row[0], &row[1]))
                .collect();
            assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
            assert!(
                keys.iter().all(|(_, version)| version.is_some()),
                "never null"
            );
            if !keys.is_empty() {
                let ids: BTreeSet<_> = keys.iter().map(|(id, _)| id).collect();
                assert!(ids.len() < keys.len(), "several versions of one id");
            }
        }
    }
}

#[test]
fn boundaries_literals_and_nulls_reach_the_rows() {
    let generated = made(PIPELINE, &catalog(), &SETTINGS).unwrap();
    let orders = table(&generated, "d.orders");
    for (at, wanted) in [
        (0, vec!["9223372036854775807", "0", "-1"]),
        (
            2,
            vec!["void", "void ", "VOID", "", "x".repeat(1_000).as_str()],
        ),
        (
            3,
            vec!["99.50", "99.49", "99.51", "999999.99", "-999999.99"],
        ),
        (
            4,
            vec!["2024-01-01", "2023-12-31", "2024-03-31", "2024-04-01"],
        ),
    ] {
        let found = column(orders, at);
        assert!(found.contains(&None), "{at}");
        // Partitions are few, so not every neighbour has one.
        let hit = wanted
            .iter()
            .filter(|cell| found.contains(&Some(**cell)))
            .count();
        let least = if at == 4 { 2 } else { wanted.len() };
        assert!(hit >= least, "{at}: {hit} of {wanted:?}");
    }
    let customers = table(&generated, "d.customers");
    for cell in ["NaN", "-0.0", "0.5", "0.375", "-Infinity"] {
        assert!(column(customers, 2).contains(&Some(cell)), "{cell}");
    }
    let tags: BTreeSet<_> = column(customers, 3).into_iter().collect();
    assert_eq!(tags.len(), 4, "NULL and three choices: {tags:?}");
}

/// Enough rows pass all tests of a statement at once.
#[test]
fn the_statements_are_met() {
    let generated = made(PIPELINE, &catalog(), &SETTINGS).unwrap();
    let passing = table(&generated, "d.orders").rows.iter().filter(|row| {
        let amount = row[3].as_deref().and_then(|text| text.parse::<f64>().ok());
        let day = row[4].as_deref().unwrap_or("");
        amount.is_some_and(|amount| amount >= 99.5)
            && ("2024-01-01"..="2024-03-31").contains(&day)
            && row[2].as_deref().is_some_and(|status| status != "void")
    });
    let passing = passing.count();
    assert!(passing >= 15, "{passing}");
}

#[test]
fn later_seeds_leave_some_tables_empty() {
    let empty = (1..30).filter(|seed| {
        let generated = made(
            PIPELINE,
            &catalog(),
            &Settings {
                seed: *seed,
                ..SETTINGS
            },
        )
        .unwrap();
        generated.tables.iter().any(|table| table.rows.is_empty())
    });
    assert!(empty.count() >= 3);
}

#[test]
fn a_partition_is_empty_and_partitions_are_few() {
    let generated = made(PIPELINE, &catalog(), &SETTINGS).unwrap();
    let orders = table(&generated, "d.orders");
    let values: BTreeSet<_> = column(orders, 4).into_iter().collect();
    assert!((3..=7).contains(&values.len()), "{values:?}");
    assert!(values.contains(&None));
    let empty = orders.empty_partition.as_deref().unwrap();
    assert!(empty.starts_with("`day` = '20"), "{empty}");
    assert!(!values.iter().flatten().any(|value| empty.contains(value)));
}

#[test]
fn what_cannot_be_made_is_named() {
    let none = "SELECT 1 FROM d.nowhere JOIN d.unused JOIN d.v JOIN d.gone";
    let mut catalog = catalog();
    catalog
        .tables
        .insert("d.gone".to_owned(), TableFacts::default());
    let view = TableFacts {
        kind: TableKind::View,
        ..TableFacts::default()
    };
    catalog.tables.insert("d.v".to_owned(), view);
    assert_eq!(
        made(none, &catalog, &SETTINGS).unwrap_err().0,
        [
            "nothing is known about `d.nowhere`",
            "the definition of view `d.v` is not known",
            "`d.gone` does not exist according to the catalog",
            "column `odd` of `d.unused` has a type of which no values are made: interval year",
        ]
    );
}

#[test]
fn views_come_with_the_tables_below_them() {
    let mut catalog = catalog();
    for (name, text) in [
        ("d.v", "SELECT n FROM W"),
        ("d.w", "SELECT n FROM d.log WHERE n = 77"),
    ] {
        let view = TableFacts {
            kind: TableKind::View,
            view: Some(ViewFacts {
                text: text.to_owned(),
                database: "d".to_owned(),
                settings: BTreeMap::new(),
            }),
            ..facts(&[("n", "bigint")])
        };
        catalog.tables.insert(name.to_owned(), view);
    }
    let generated = made("SELECT 1 FROM d.v", &catalog, &SETTINGS).unwrap();
    assert_eq!(generated.names(), ["d.log", "d.v", "d.w"]);
    assert_eq!(
        generated.views[0].definition,
        "CREATE VIEW `d`.`v` (`n`) AS SELECT n FROM W"
    );
    assert!(column(table(&generated, "d.log"), 0).contains(&Some("77")));
}
