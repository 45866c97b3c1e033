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
use crate::facts::access::{Access, Read, TableId, TableVersion};
use crate::facts::catalog::Catalog;
use crate::facts::workload::Workload;
use crate::frontend::statement::{Statement, StatementKind};

/// Tables that the pipeline may make with CHAR columns, each from a generation on: the catalog's schema is not theirs.
pub(super) type Made = BTreeMap<TableId, u32>;

/// A statement makes such columns where its text names the type or reads one. What cannot be seen through may.
pub(super) fn made(workload: &Workload, catalog: &Catalog, texts: &Texts<'_>) -> Made {
    let mut made = Made::new();
    for access in &workload.accesses {
        let Some(statement) = workload.statement(access.statement) else {
            continue;
        };
        // What a view reads is looked into where the view is read.
        let opaque = access.barrier.is_some();
        let is_view = matches!(statement.kind, StatementKind::CreateView { .. }) && !opaque;
        if is_view || keeps_schema(&statement.kind) {
            continue;
        }
        let known = Known {
            workload,
            catalog,
            made: &made,
        };
        let changes = |table| access.writes.iter().any(|write| write.table == table);
        let may = opaque
            || matches!(
                statement.kind,
                StatementKind::CreateTable { like: Some(_), .. }
            )
            || names_char(texts.text(statement.span))
            || access.reads.iter().any(|read| known.padded(read).is_some());
        let starts = access.starts.iter().filter(|_| may);
        let starts: Vec<TableVersion> = starts
            .filter(|start| opaque || changes(start.table))
            .copied()
            .collect();
        for start in starts {
            made.entry(start.table).or_insert(start.generation);
        }
    }
    made
}

/// What is known of columns.
#[derive(Clone, Copy)]
struct Known<'a> {
    workload: &'a Workload,
    catalog: &'a Catalog,
    made: &'a Made,
}

impl Known<'_> {
    /// What a read may ask for that is CHAR or holds it, as messages name it.
    fn padded(self, read: &Read) -> Option<String> {
        let version = read.version;
        let table = self.workload.table(version.table)?;
        let name = &table.name;
        if self
            .made
            .get(&version.table)
            .is_some_and(|from| version.generation >= *from)
        {
            return Some(format!(
                "`{name}`, which the pipeline may make with CHAR columns"
            ));
        }
        let facts = self.catalog.tables.get(name).filter(|_| !table.temporary)?;
        let asked = |column: &str| match &read.columns {
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
