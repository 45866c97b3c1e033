//! Types of columns, and what may fail or vary.

use std::collections::BTreeSet;

use super::{Look, Problem};
use crate::diagnostic::Span;
use crate::facts::access::{Access, TableId};
use crate::frontend::statement::{SelectItem, StatementKind};
use crate::planner::check::Check;
use crate::planner::check::aggregate::condition::span;

impl Look<'_> {
    /// The type of a column of the table as it is where it is read.
    pub(in crate::planner::check::aggregate) fn data_type(&self, column: &str) -> Option<String> {
        let mut tables = self.check.workload.tables.iter();
        let table = tables.find(|table| table.id == self.read.version.table)?;
        if table.temporary || redefined(self.check, table.id, self.access) {
            return None;
        }
        let facts = self.check.catalog.tables.get(&table.name)?;
        let mut columns = facts.columns.iter();
        let column = columns.find(|known| known.name.to_lowercase() == column)?;
        Some(column.data_type.trim().to_lowercase())
    }

    /// Nothing of what is computed in the frame may fail or vary.
    pub(super) fn steady(&self, rows: Span, calls: &[Span]) -> Result<(), Problem> {
        let having = self.select().clauses.having;
        let places = calls.iter().copied();
        let places: Vec<Span> = places.chain([rows]).chain(having).collect();
        let whole = self.block.query.span;
        for found in &self.access.sensitivities {
            let meets = |place: &Span| {
                place.source == found.span.source
                    && place.start < found.span.end
                    && found.span.start < place.end
            };
            if whole.contains(found.span) && places.iter().any(meets) {
                return Err(format!("computes with `{}`", found.what));
            }
        }
        Ok(())
    }

    /// Equal keys look the same, and no column is padded where it is compared.
    pub(super) fn types(
        &self,
        keys: &BTreeSet<String>,
        rows: Span,
        calls: &[Span],
    ) -> Result<(), Problem> {
        for key in keys {
            let data_type = self.data_type(key).unwrap_or_default();
            if !is_exact(&data_type) {
                return Err(format!(
                    "groups by `{key}`, which has the type `{data_type}`"
                ));
            }
        }
        let select = self.select();
        let items = select.items.iter().filter_map(|item| match item {
            SelectItem::Expression { expression, .. } => Some(expression),
            SelectItem::Wildcard { .. } => None,
        });
        let behind = select.having.iter().chain(&self.block.query.order_by);
        let columns = items
            .chain(behind)
            .chain(&select.filter)
            .chain(&select.group_by)
            .flat_map(|expression| &expression.columns);
        for column in columns {
            let Some(place) = span(column) else { continue };
            let moved = rows.contains(place) || calls.iter().any(|call| call.contains(place));
            let data_type = self.column(column).and_then(|name| self.data_type(&name));
            let padded = |data_type: &String| {
                ["char", "varchar", "character"]
                    .iter()
                    .any(|start| data_type.starts_with(start))
            };
            if moved && data_type.as_ref().is_some_and(padded) {
                return Err("compares strings of a fixed length".to_owned());
            }
        }
        Ok(())
    }
}

/// Whether equal values of a type look the same.
pub(in crate::planner::check::aggregate) fn is_exact(data_type: &str) -> bool {
    const EXACT: [&str; 11] = [
        "boolean",
        "tinyint",
        "smallint",
        "int",
        "integer",
        "bigint",
        "string",
        "binary",
        "date",
        "timestamp",
        "timestamp_ntz",
    ];
    EXACT.contains(&data_type) || data_type.starts_with("decimal")
}

/// Whether the pipeline may have changed the columns of a table before a statement.
fn redefined(check: &Check<'_>, table: TableId, access: &Access) -> bool {
    let before = check
        .workload
        .accesses
        .iter()
        .take_while(|other| other.statement < access.statement);
    before
        .filter(|other| other.starts.iter().any(|start| start.table == table))
        .any(|other| {
            let kind = check
                .statements
                .get(&other.statement)
                .map(|(one, _)| &one.kind);
            let rows_only = matches!(
                kind,
                Some(
                    StatementKind::Insert { .. }
                        | StatementKind::Truncate { .. }
                        | StatementKind::Set { .. }
                        | StatementKind::Use { .. }
                )
            );
            let itself = other.writes.iter().any(|write| write.table == table);
            !rows_only && (itself || other.barrier.is_some())
        })
}
