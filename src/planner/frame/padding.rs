//! CHAR columns: what a statement writes can show that it read them from a frame.
//!
//! Spark pads such a column by an expression where a table is read (`ApplyCharTypePadding`); a cached result, or groups
//! in a table, hold it as it is. Where the optimiser reduces what is written to the bare column (`CASE WHEN c THEN code
//! ELSE code END`, a cast to STRING, the cast that an INSERT adds), the one leaves no type in the metadata of Parquet
//! files and the other leaves `char(n)`: whoever reads the files by their path compares values otherwise. Measured on
//! Spark 3.5.6. VARCHAR columns are not padded and keep their type both ways.

use std::collections::{BTreeMap, BTreeSet};

use super::inputs::keeps_schema;
use super::texts::Texts;
use super::{Context, Reason};
use crate::facts::access::{Access, Read, Table, TableId, TableVersion, Write, WriteKind};
use crate::facts::catalog::{Catalog, TableFacts, TableKind};
use crate::facts::workload::Workload;
use crate::frontend::statement::{ColumnSource, Statement, StatementKind};

/// What the pipeline makes of the columns of tables, each from a generation on: the catalog's schema is not theirs.
#[derive(Default)]
pub(super) struct Made {
    /// Tables that may have CHAR columns.
    padded: BTreeMap<TableId, u32>,
    /// Tables that have none, where they are not among the others. Views are here: what they read is looked into.
    plain: BTreeMap<TableId, u32>,
}

impl Made {
    fn add(made: &mut BTreeMap<TableId, u32>, version: TableVersion) {
        made.entry(version.table).or_insert(version.generation);
    }
}

/// A statement makes such columns where its text names the type, or where it takes columns from elsewhere that are not
/// known to be others. What cannot be seen through may.
pub(super) fn made(workload: &Workload, catalog: &Catalog, texts: &Texts<'_>) -> Made {
    let mut made = Made::default();
    for access in &workload.accesses {
        let Some(statement) = workload.statement(access.statement) else {
            continue;
        };
        if keeps_schema(&statement.kind) {
            continue;
        }
        let known = Known {
            workload,
            catalog,
            made: &made,
        };
        let opaque = access.barrier.is_some();
        let is_view = matches!(statement.kind, StatementKind::CreateView { .. });
        let may = opaque
            || !is_view
                && (takes_unseen_columns(&statement.kind)
                    || names_char(texts.text(statement.span))
                    || access.reads.iter().any(|read| known.padded(read).is_some())
                    || renamed(access)
                        .is_some_and(|version| known.padded_version(version, None).is_some()));
        let defined: Vec<TableVersion> = access
            .writes
            .iter()
            .filter(|write| !may && known.is_defined(&statement.kind, access, write))
            .map(|write| write.produces)
            .collect();
        let changes = |table| access.writes.iter().any(|write| write.table == table);
        let starts = access.starts.iter().filter(|_| may);
        for start in starts.filter(|start| opaque || changes(start.table)) {
            Made::add(&mut made.padded, *start);
        }
        for version in defined {
            Made::add(&mut made.plain, version);
        }
    }
    made
}

/// Whether a statement takes columns from where they are not seen.
fn takes_unseen_columns(kind: &StatementKind) -> bool {
    match kind {
        StatementKind::CreateTable { columns, .. } => !matches!(columns, ColumnSource::Listed),
        _ => false,
    }
}

/// What a statement gives another name, if it does: nothing else drops and defines at once.
fn renamed(access: &Access) -> Option<TableVersion> {
    let kind = |kind| access.writes.iter().find(|write| write.kind == kind);
    let (dropped, _) = kind(WriteKind::Drop).zip(kind(WriteKind::Define))?;
    Some(dropped.produces)
}

/// What is known of columns.
#[derive(Clone, Copy)]
struct Known<'a> {
    workload: &'a Workload,
    catalog: &'a Catalog,
    made: &'a Made,
}

impl<'a> Known<'a> {
    /// What the catalog tells of the columns that a table has before the run.
    fn facts(self, table: &Table) -> Option<&'a TableFacts> {
        let facts = self.catalog.tables.get(&table.name);
        if table.temporary { None } else { facts }
    }

    /// Whether a table has the columns that a statement gives it, if the statement succeeds.
    fn is_defined(self, kind: &StatementKind, access: &Access, write: &Write) -> bool {
        match kind {
            StatementKind::CreateTable { if_not_exists, .. }
            | StatementKind::CreateTableAs { if_not_exists, .. } => {
                let table = self.workload.table(write.table);
                let facts = table.and_then(|table| self.facts(table));
                !if_not_exists || facts.is_some_and(|facts| facts.kind == TableKind::Missing)
            }
            StatementKind::CreateView { .. } => true,
            StatementKind::Command(_) => {
                write.kind == WriteKind::Define && renamed(access).is_some()
            }
            _ => false,
        }
    }

    /// What a read may ask for that is CHAR or holds it, as messages name it.
    fn padded(self, read: &Read) -> Option<String> {
        if read.unseen {
            let name = self.workload.table(read.version.table)?.name.as_str();
            return Some(format!("`{name}`, which is not looked into"));
        }
        self.padded_version(read.version, read.columns.as_ref())
    }

    /// The same of columns of a version, or of all of them.
    fn padded_version(
        self,
        version: TableVersion,
        columns: Option<&BTreeSet<String>>,
    ) -> Option<String> {
        let since = |made: &BTreeMap<TableId, u32>| {
            let from = made.get(&version.table);
            from.is_some_and(|from| version.generation >= *from)
        };
        let table = self.workload.table(version.table)?;
        let name = &table.name;
        if since(&self.made.padded) {
            return Some(format!(
                "`{name}`, which the pipeline may make with CHAR columns"
            ));
        }
        let facts = self.facts(table).filter(|facts| {
            let kind = facts.kind;
            !matches!(kind, TableKind::Missing | TableKind::Temporary)
        });
        let Some(facts) = facts else {
            let unknown = !since(&self.made.plain);
            return unknown.then(|| format!("`{name}`, whose columns are not known"));
        };
        let asked = |column: &str| match columns {
            None => true,
            Some(columns) => columns.contains(&column.to_lowercase()),
        };
        let columns = facts.columns.iter();
        let mut padded = columns.filter(|column| holds_char(&column.data_type));
        let column = padded.find(|column| asked(&column.name))?;
        Some(format!("the CHAR column `{}` of `{name}`", column.name))
    }
}

impl Context<'_> {
    /// Whether a statement could show in files that something of these versions comes from a frame.
    pub(super) fn check_padding(
        &self,
        statement: &Statement,
        access: &Access,
        inputs: &BTreeSet<TableVersion>,
    ) -> Result<(), Reason> {
        if let StatementKind::Query(_) = statement.kind {
            return Ok(());
        }
        let known = Known {
            workload: self.workload,
            catalog: self.catalog,
            made: &self.made_padded,
        };
        let mut reads = access
            .reads
            .iter()
            .filter(|read| inputs.contains(&read.version));
        match reads.find_map(|read| known.padded(read)) {
            None => Ok(()),
            Some(padded) => {
                let text = format!(
                    "the statement writes files and reads {padded}: their metadata may tell \
                     another type where it comes from a frame"
                );
                Err(Reason::new("padded-column", text))
            }
        }
    }
}

/// Whether a type is CHAR or holds it.
fn holds_char(data_type: &str) -> bool {
    let name = |c: char| c.is_alphanumeric() || c == '_';
    let data_type = data_type.to_lowercase();
    data_type.match_indices("char(").any(|(at, _)| {
        let before = data_type.get(..at);
        !before.is_some_and(|before| before.ends_with(name))
    })
}

/// Whether a statement names CHAR; a function of that name counts too.
fn names_char(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| word.eq_ignore_ascii_case("char") || word.eq_ignore_ascii_case("character"))
}

#[cfg(test)]
mod tests {
    use super::holds_char;

    #[test]
    fn varchar_is_not_char() {
        for yes in [
            "char(5)",
            "CHAR(5)",
            "array<char(2)>",
            "struct<a:int,b:char(1)>",
        ] {
            assert!(holds_char(yes), "{yes}");
        }
        for no in [
            "varchar(5)",
            "string",
            "struct<char:int>",
            "array<varchar(2)>",
        ] {
            assert!(!holds_char(no), "{no}");
        }
    }
}
