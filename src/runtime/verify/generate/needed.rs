//! Which tables and views a pipeline expects to find.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::access::{Origin, TableId, WriteKind};
use crate::facts::catalog::{Catalog, TableFacts, TableKind};
use crate::facts::workload::Workload;
use crate::frontend::source::{Sources, Variables};
use crate::frontend::statement::{Mentions, StatementKind};

/// Tables and views to make, by canonical name.
#[derive(Debug, Default)]
pub(super) struct Needed<'a> {
    pub(super) tables: BTreeMap<String, &'a TableFacts>,
    pub(super) views: BTreeMap<String, &'a TableFacts>,
    /// Databases of everything that the pipeline names.
    pub(super) databases: BTreeSet<String>,
    /// What is missing or not known, with the reason.
    pub(super) problems: Vec<String>,
}

/// What a pipeline finds when it starts, as far as it reads, changes or describes it before it makes it itself.
pub(super) fn needed<'a>(
    workload: &Workload,
    sources: &Sources,
    catalog: &'a Catalog,
) -> Needed<'a> {
    let mut needed = Needed::default();
    let mut made = BTreeSet::new();
    // After a statement that is not seen through, what is missing may have been made by it.
    let mut uncertain = false;
    for (statement, access) in workload.statements.iter().zip(&workload.accesses) {
        let reads = access.reads.iter().filter(|read| {
            read.version.generation == 0 && !matches!(read.origin, Origin::ThroughView(_))
        });
        let mut expected: BTreeSet<TableId> = reads.map(|read| read.version.table).collect();
        expected.extend(&access.described);
        for write in &access.writes {
            let expects = match &statement.kind {
                StatementKind::CreateTable { .. }
                | StatementKind::CreateTableAs { .. }
                | StatementKind::CreateView { .. } => false,
                StatementKind::Drop { .. } => {
                    let text = sources.text(statement.span).to_uppercase();
                    !text.contains("EXISTS")
                }
                // `saveAsTable` makes it, `insertInto` does not: as the catalog has it.
                StatementKind::Python(_) => exists(workload, write.table, catalog),
                _ => write.kind != WriteKind::Define,
            };
            if expects {
                expected.insert(write.table);
            }
        }
        for table in expected.difference(&made) {
            if let Some(table) = workload.table(*table).filter(|table| !table.temporary) {
                needed.add(&table.name, catalog, uncertain);
            }
        }
        made.extend(access.writes.iter().map(|write| write.table));
        uncertain |= access.barrier.is_some() || matches!(statement.kind, StatementKind::Python(_));
    }
    let names = workload.tables.iter().filter(|table| !table.temporary);
    let databases = names.filter_map(|table| Some(table.name.split_once('.')?.0.to_owned()));
    let all: BTreeSet<String> = databases.filter(|name| !name.contains(':')).collect();
    needed.databases.extend(all);
    needed
}

fn exists(workload: &Workload, table: TableId, catalog: &Catalog) -> bool {
    let name = workload.table(table).map(|table| table.name.as_str());
    let facts = name.and_then(|name| catalog.tables.get(name));
    facts.is_some_and(|facts| matches!(facts.kind, TableKind::Managed | TableKind::External))
}

impl<'a> Needed<'a> {
    fn add(&mut self, name: &str, catalog: &'a Catalog, uncertain: bool) {
        if self.tables.contains_key(name) || self.views.contains_key(name) {
            return;
        }
        let [database, _] = name.split('.').collect::<Vec<_>>()[..] else {
            if name.contains('.') && !name.contains(':') {
                self.problem(format!("`{name}` lies in another catalog"));
            }
            return;
        };
        if name.contains(['/', ':']) || database == "global_temp" {
            if name.contains('/') {
                self.problem(format!("files at a path are read: `{name}`"));
            }
            return;
        }
        self.databases.insert(database.to_owned());
        match catalog.tables.get(name).map(|facts| (facts, facts.kind)) {
            None | Some((_, TableKind::Missing)) if uncertain => {}
            // A temporary view of whoever collected the facts.
            Some((_, TableKind::Temporary)) => {
                self.problem(format!(
                    "`{name}` is a temporary view made outside of the pipeline"
                ));
            }
            None => self.problem(format!("nothing is known about `{name}`")),
            Some((_, TableKind::Missing)) => {
                self.problem(format!("`{name}` does not exist according to the catalog"));
            }
            Some((facts, TableKind::View)) => {
                self.views.insert(name.to_owned(), facts);
                let Some(view) = &facts.view else {
                    self.problem(format!("the definition of view `{name}` is not known"));
                    return;
                };
                let text =
                    Sources::from_texts([("view.sql", view.text.as_str())], &Variables::new());
                for statement in crate::frontend::parse(&text).statements {
                    for read in Mentions::of(&statement.kind).reads {
                        let key = read.name.key();
                        let below = match key.strip_prefix("spark_catalog.") {
                            Some(rest) => rest.to_owned(),
                            None if key.contains('.') => key,
                            None => format!("{}.{key}", view.database.to_lowercase()),
                        };
                        self.add(&below, catalog, false);
                    }
                }
            }
            Some((facts, TableKind::Managed | TableKind::External)) if facts.columns.is_empty() => {
                self.problem(format!("the columns of `{name}` are not known"));
            }
            Some((facts, TableKind::Managed | TableKind::External)) => {
                self.tables.insert(name.to_owned(), facts);
            }
        }
    }

    fn problem(&mut self, problem: String) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}
