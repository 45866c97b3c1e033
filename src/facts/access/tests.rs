//! Tiny SQL in, printed accesses out.

mod columns;
mod commands;
mod filters;
mod layout;
mod order;
mod python;
mod subqueries;
mod versions;
mod views;

use super::*;
use crate::facts::catalog::{Catalog, ColumnFacts, TableFacts, TableKind};
use crate::frontend::source::{Sources, Variables};

/// Tables `db.a (x, y, k, s)`, `db.b (x, z, k)`, `db.c (w)`, each in a folder of its own, `db.d` below `db.c`, the
/// permanent view `db.view (x)` and `db.new`, which does not exist.
fn catalog() -> Catalog {
    let mut catalog = Catalog {
        spark_version: Some("3.5.6".to_owned()),
        ..Catalog::default()
    };
    for (name, location, kind, columns) in [
        ("db.a", Some("file:/w/a"), TableKind::Managed, "x y K s"),
        ("db.b", Some("file:/w/b"), TableKind::Managed, "x z k"),
        ("db.c", Some("file:/w/c"), TableKind::External, "w"),
        ("db.d", Some("file:/w/c/d"), TableKind::External, "w"),
        ("db.view", None, TableKind::View, "x"),
        ("db.new", None, TableKind::Missing, ""),
    ] {
        let columns = columns
            .split_whitespace()
            .map(|name| ColumnFacts {
                name: name.to_owned(),
                data_type: "int".to_owned(),
                nullable: true,
            })
            .collect();
        catalog.tables.insert(
            name.to_owned(),
            TableFacts {
                kind,
                provider: Some("parquet".to_owned()),
                location: location.map(str::to_owned),
                columns,
                partition_columns: Vec::new(),
                size_bytes: None,
                rows: None,
                ..TableFacts::default()
            },
        );
    }
    catalog
}

struct Resolved {
    sources: Sources,
    accesses: Accesses,
}

fn resolved_files(files: &[(&str, &str)], catalog: &Catalog) -> Resolved {
    let sources = Sources::from_texts(files.iter().copied(), &Variables::default());
    let parsed = crate::frontend::parse(&sources);
    let declarations = Declarations {
        default_database: "DB".to_owned(),
        keys: BTreeMap::from([("db.a".to_owned(), vec!["K".to_owned(), "x".to_owned()])]),
        deterministic_functions: BTreeSet::from(["mine".to_owned()]),
    };
    let accesses = resolve(&parsed.statements, catalog, &declarations);
    Resolved { sources, accesses }
}

fn resolved(sql: &str) -> Resolved {
    resolved_files(&[("a.sql", sql)], &catalog())
}

/// The same without facts about any table.
fn resolved_blind(sql: &str) -> Resolved {
    resolved_files(&[("a.sql", sql)], &Catalog::default())
}

impl Resolved {
    fn name(&self, table: TableId) -> &str {
        &self.accesses.tables[table.0 as usize].name
    }

    fn version(&self, version: TableVersion) -> String {
        format!("{}@{}", self.name(version.table), version.generation)
    }

    fn read(&self, read: &Read) -> String {
        let through = match &read.origin {
            Origin::Named { .. } => "",
            Origin::ThroughView(_) => "~",
            Origin::Declared(_) => "=",
            Origin::Recognised(_) => "+",
            Origin::Carried => "*",
        };
        let columns = read.columns.as_ref().map_or("*".to_owned(), |columns| {
            columns.iter().cloned().collect::<Vec<_>>().join(" ")
        });
        let fixed = read
            .fixed
            .map_or(String::new(), |fixed| format!(" {fixed:?}"));
        format!("{through}{}({columns}){fixed}", self.version(read.version))
    }

    /// Reads of the last statement.
    fn reads(&self) -> String {
        let access = self.accesses.accesses.last().unwrap();
        let reads: Vec<String> = access.reads.iter().map(|read| self.read(read)).collect();
        reads.join(", ")
    }

    /// Versions that the last statement starts.
    fn starts(&self) -> String {
        let access = self.accesses.accesses.last().unwrap();
        let starts: Vec<String> = access.starts.iter().map(|it| self.version(*it)).collect();
        starts.join(" ")
    }

    /// Filters of all reads of the last statement.
    fn filters(&self) -> String {
        let access = self.accesses.accesses.last().unwrap();
        let mut texts = Vec::new();
        for read in &access.reads {
            for filter in &read.filters {
                texts.push(format!(
                    "{}.{}: {}",
                    self.name(read.version.table),
                    filter.column,
                    self.sources.text(filter.span)
                ));
            }
        }
        texts.join("; ")
    }

    /// Sensitivities of the last statement.
    fn sensitivities(&self) -> String {
        let access = self.accesses.accesses.last().unwrap();
        let kinds: Vec<String> = access
            .sensitivities
            .iter()
            .map(|it| format!("{:?} {}", it.kind, it.what))
            .collect();
        kinds.join(", ")
    }
}
