//! What exists before the pipeline runs: tables of many kinds with tiny data full of NULLs and duplicates.

use std::collections::{BTreeMap, BTreeSet};

use hoist::facts::catalog::{Bucketing, Catalog, ColumnFacts, TableFacts, TableKind, ViewFacts};

use super::Generator;
use super::schema::{Column, Kind, Relation, Type};
use crate::differential::FOLDER;

/// Name, provider, clauses, number of partition columns, columns.
type Design = (
    &'static str,
    &'static str,
    &'static str,
    usize,
    &'static [(&'static str, Type, Option<&'static str>)],
);

/// All tables share `id`, most share `k`: what natural joins and `USING` join by.
const DESIGNS: [Design; 8] = [
    (
        "orders",
        "parquet",
        "",
        0,
        &[
            ("id", Type::Int, None),
            ("k", Type::Text, None),
            ("amount", Type::Decimal, None),
            ("x", Type::Double, None),
            ("day", Type::Date, None),
        ],
    ),
    (
        "people",
        "orc",
        "",
        0,
        &[
            ("id", Type::Int, None),
            ("k", Type::Text, None),
            ("code", Type::Text, Some("CHAR(5)")),
            ("label", Type::Text, Some("VARCHAR(8)")),
            ("ok", Type::Boolean, None),
        ],
    ),
    (
        "events",
        "parquet",
        "PARTITIONED BY (day)",
        1,
        &[
            ("id", Type::Int, None),
            ("at", Type::Timestamp, None),
            ("big", Type::Bigint, None),
            ("n", Type::Int, None),
            ("day", Type::Date, None),
        ],
    ),
    (
        "parts",
        "csv",
        "PARTITIONED BY (n, k)",
        2,
        &[
            ("id", Type::Int, None),
            ("amount", Type::Decimal, None),
            ("at", Type::Timestamp, None),
            ("ok", Type::Boolean, None),
            ("n", Type::Int, None),
            ("k", Type::Text, None),
        ],
    ),
    (
        "notes",
        "json",
        "",
        0,
        &[
            ("id", Type::Int, None),
            ("k", Type::Text, None),
            ("tags", Type::Numbers, None),
            ("pair", Type::Pair, None),
            ("x", Type::Double, None),
        ],
    ),
    (
        "buckets",
        "parquet",
        "CLUSTERED BY (id) SORTED BY (id) INTO 2 BUCKETS",
        0,
        &[
            ("id", Type::Int, None),
            ("k", Type::Text, None),
            ("big", Type::Bigint, None),
            ("tags", Type::Numbers, None),
        ],
    ),
    ("left_twin", "parquet", "LOCATION '@folder@/twins'", 0, TWIN),
    (
        "right_twin",
        "parquet",
        "LOCATION '@folder@/twins'",
        0,
        TWIN,
    ),
];

const TWIN: &[(&str, Type, Option<&str>)] = &[
    ("id", Type::Int, None),
    ("k", Type::Text, None),
    ("n", Type::Int, None),
    ("at", Type::Timestamp, None),
];

impl Generator {
    /// SQL that makes the state in which the pipeline begins.
    pub(super) fn base(&mut self) -> Vec<String> {
        let mut setup = vec![
            "CREATE DATABASE shop".to_owned(),
            "CREATE DATABASE mart".to_owned(),
        ];
        let skipped = self.random.below(6);
        let twins = self.random.percent(40);
        for (index, design) in DESIGNS.iter().enumerate() {
            let (name, provider, clauses, partitions, columns) = *design;
            let twin = name.ends_with("_twin");
            if index == skipped || (twin && !twins) {
                continue;
            }
            let relation = Relation {
                name: format!("shop.{name}"),
                kind: Kind::Table,
                columns: columns
                    .iter()
                    .map(|(name, of, declared)| Column {
                        declared: *declared,
                        ..Column::new(*name, *of)
                    })
                    .collect(),
                partitions,
                provider,
                clauses: clauses.to_owned(),
                rows: 12,
                storages: BTreeSet::from([if twin {
                    format!("{FOLDER}/twins")
                } else {
                    format!("shop.{name}")
                }]),
                names: BTreeSet::new(),
            };
            setup.push(format!("CREATE TABLE {}", relation.definition()));
            if name != "right_twin" && (twin || !self.random.percent(8)) {
                for _ in 0..self.random.between(1, 2) {
                    setup.push(self.rows_of(&relation));
                }
            }
            if twin && name == "left_twin" {
                self.relations.push(Relation {
                    name: format!("{FOLDER}/twins"),
                    kind: Kind::Path,
                    ..relation.clone()
                });
            }
            self.relations.push(relation);
        }
        for _ in 0..self.random.between(0, 2) {
            let table = self.random.below(self.relations.len());
            let table = self.relations[table].clone();
            let name = self.fresh("shop.shown");
            let columns: Vec<&str> = table.columns.iter().map(|one| one.name.as_str()).collect();
            let from = match table.kind {
                Kind::Path => format!("{}.`{}`", table.provider, table.name),
                _ => table.name.clone(),
            };
            setup.push(format!(
                "CREATE VIEW {name} AS SELECT {} FROM {from} WHERE id IS NOT NULL OR id > 1",
                columns.join(", ")
            ));
            self.relations.push(Relation {
                name,
                kind: Kind::View,
                names: BTreeSet::from([table.name.clone()]),
                ..table
            });
        }
        setup
    }

    /// An insert of a few rows, some of them twice.
    fn rows_of(&mut self, table: &Relation) -> String {
        let mut rows: Vec<String> = Vec::new();
        for _ in 0..self.random.between(2, 5) {
            let row: Vec<String> = table
                .columns
                .iter()
                .map(|column| {
                    let value = if self.random.percent(25) {
                        "NULL".to_owned()
                    } else {
                        column.of.literal(&mut self.random)
                    };
                    match column.declared {
                        Some(_) => format!("substring({value}, 1, 5)"),
                        None => format!("CAST({value} AS {})", column.sql()),
                    }
                })
                .collect();
            rows.push(format!("({})", row.join(", ")));
            if self.random.percent(30) {
                rows.push(rows[self.random.below(rows.len())].clone());
            }
        }
        format!("INSERT INTO {} VALUES {}", table.name, rows.join(", "))
    }

    /// The facts that a session would give of what exists.
    pub(super) fn catalog(&self) -> Catalog {
        let tables = self
            .relations
            .iter()
            .filter(|relation| relation.kind != Kind::Path)
            .map(|relation| (relation.name.clone(), facts(relation)));
        Catalog {
            spark_version: Some("3.5.6".to_owned()),
            session: None,
            databases: BTreeMap::new(),
            tables: tables.collect::<BTreeMap<_, _>>(),
        }
    }
}

impl Relation {
    /// What follows `CREATE TABLE`.
    pub(super) fn definition(&self) -> String {
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|column| format!("{} {}", column.name, column.sql()))
            .collect();
        format!(
            "{} ({}) USING {} {}",
            self.name,
            columns.join(", "),
            self.provider,
            self.clauses
        )
        .trim_end()
        .to_owned()
    }
}

fn facts(relation: &Relation) -> TableFacts {
    let view = relation.kind == Kind::View;
    let columns: Vec<ColumnFacts> = relation
        .columns
        .iter()
        .map(|column| ColumnFacts {
            name: column.name.clone(),
            data_type: column.sql().to_lowercase(),
            nullable: true,
        })
        .collect();
    let first = relation.columns.len() - relation.partitions;
    let text = || {
        let columns: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let from = relation.names.first().unwrap();
        let from = if from.contains('/') {
            format!("{}.`{from}`", relation.provider)
        } else {
            from.clone()
        };
        format!(
            "SELECT {} FROM {from} WHERE id IS NOT NULL OR id > 1",
            columns.join(", ")
        )
    };
    TableFacts {
        kind: match relation.kind {
            Kind::View => TableKind::View,
            _ if relation.is_external() => TableKind::External,
            _ => TableKind::Managed,
        },
        provider: (!view).then(|| relation.provider.to_owned()),
        location: (!view).then(|| {
            let storage = relation.storages.first().unwrap();
            format!(
                "file:{}",
                storage
                    .replace(FOLDER, "/folder")
                    .replace("shop.", "/warehouse/")
            )
        }),
        partition_columns: relation.columns[first..]
            .iter()
            .map(|column| column.name.clone())
            .filter(|_| !view)
            .collect(),
        outside: Some(Vec::new()),
        size_bytes: (!view).then_some(1000),
        bucketing: relation
            .clauses
            .contains("BUCKETS")
            .then(|| Bucketing {
                buckets: 2,
                columns: vec!["id".to_owned()],
                sort_columns: vec!["id".to_owned()],
            })
            .filter(|_| !view),
        view: view.then(|| ViewFacts {
            text: text(),
            database: "default".to_owned(),
            settings: BTreeMap::new(),
        }),
        columns,
        ..TableFacts::default()
    }
}
