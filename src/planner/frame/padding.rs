//! CHAR columns: what a statement writes can show that it read them from a frame.
//!
//! Spark pads such a column by an expression where a table is read (`ApplyCharTypePadding`); a cached result, or groups
//! in a table, hold it as it is. Where the optimiser reduces what is written to the bare column (`CASE WHEN c THEN code
//! ELSE code END`, a cast to STRING, the cast that an INSERT adds), the one leaves no type in the metadata of Parquet
//! files and the other leaves `char(n)`: whoever reads the files by their path compares values otherwise. Measured on
//! Spark 3.5.6. VARCHAR columns are not padded and keep their type both ways.

use std::collections::BTreeSet;

use super::{Context, Reason};
use crate::facts::access::{Access, Read, TableVersion};
use crate::frontend::statement::{Statement, StatementKind};

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
        let mut reads = access.reads.iter();
        let padded = reads.find_map(|read| {
            let column = self.padded_column(read)?;
            inputs.contains(&read.version).then_some((read, column))
        });
        match padded {
            None => Ok(()),
            Some((read, column)) => {
                let text = format!(
                    "the statement writes files and reads the CHAR column `{column}` of `{}`, \
                     whose type their metadata may tell otherwise where it comes from a frame",
                    self.name(read.version.table)
                );
                Err(Reason::new("padded-column", text))
            }
        }
    }

    /// A column that a read may ask for and that is CHAR or holds it.
    fn padded_column(&self, read: &Read) -> Option<&str> {
        let asked = |name: &str| match &read.columns {
            None => true,
            Some(columns) => columns.contains(&name.to_lowercase()),
        };
        let columns = self.facts(read.version.table)?.columns.iter();
        columns
            .filter(|column| holds_char(&column.data_type))
            .map(|column| column.name.as_str())
            .find(|name| asked(name))
    }
}

/// Whether a type is CHAR or holds it.
fn holds_char(data_type: &str) -> bool {
    let name = |c: char| c.is_alphanumeric() || c == '_';
    let data_type = data_type.to_lowercase();
    data_type.match_indices("char(").any(|(at, _)| {
        !data_type
            .get(..at)
            .is_some_and(|before| before.ends_with(name))
    })
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
