//! `SELECT *` that reads all columns of a wide columnar table.

use super::facts::{named, query};
use super::{Facts, Found, Level, Page, Rule};
use crate::facts::catalog::TableKind;
use crate::frontend::statement::{QueryBody, Relation, SelectItem, StatementKind};

/// Columns from which a table is wide.
const WIDE: usize = 20;
/// Formats of which only the columns asked for are read.
const COLUMNAR: [&str; 2] = ["parquet", "orc"];

pub(super) const RULE: Rule = Rule {
    name: "select-star",
    level: Level::Info,
    summary: "`SELECT *` reads every column of a wide table",
    page: Page {
        what: "`SELECT *` from a single Parquet or ORC table of at least 20 columns, all of which the statement then needs. \
               Needs facts about tables; silent in nested queries and views, of which what uses them may pick columns, and \
               where a `LIMIT` takes some rows.",
        why: "From columnar files only those columns are read that are asked for. A star asks for all, those added tomorrow \
              included.",
        bad: "INSERT OVERWRITE sales.copy SELECT * FROM sales.events",
        good: "INSERT OVERWRITE sales.copy SELECT c1, c2 FROM (SELECT * FROM sales.events) e",
        fix: "list the columns that are needed",
    },
    find,
};

fn find(facts: &Facts<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (statement, access) in facts.statements() {
        let named = named(access);
        // What encloses a nested one may pick columns of it, and so may the readers of a view.
        let is_view = matches!(statement.kind, StatementKind::CreateView { .. });
        let own = query(statement).filter(|query| !is_view && !query.limited);
        let own = own.map(|query| &query.body);
        if let Some(QueryBody::Select(select)) = own {
            let star = select.items.iter().find_map(|item| match item {
                SelectItem::Wildcard { span, .. } => Some(*span),
                SelectItem::Expression { .. } => None,
            });
            // Not where some are left out: `* EXCEPT (…)`.
            let star = star.filter(|star| facts.sources.text(*star).ends_with('*'));
            let ([Relation::Table(reference)], Some(star)) = (select.from.as_slice(), star) else {
                continue;
            };
            let Some(read) = named.get(&reference.name.span) else {
                continue;
            };
            let Some(table) = facts.table(read.version.table) else {
                continue;
            };
            let columnar = table
                .provider
                .as_deref()
                .is_some_and(|name| COLUMNAR.contains(&name));
            let stored = matches!(table.kind, TableKind::Managed | TableKind::External);
            let columns = table.columns.len();
            let all = read
                .columns
                .as_ref()
                .is_some_and(|needed| needed.len() == columns);
            if columnar && stored && columns >= WIDE && all {
                let name = facts.name(read.version.table);
                let message = format!("`*` reads all {columns} columns of `{name}`");
                found.push(RULE.found(Some(name), star, message));
            }
        }
    }
    found
}
