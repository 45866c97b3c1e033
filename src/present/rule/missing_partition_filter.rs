//! A read of every partition of a large table.

use super::facts::{blocks, named};
use super::{Facts, Found, Level, Page, Rule};
use crate::diagnostic::Span;
use crate::frontend::statement::{Block, Relation, Statement};

/// Size from which it matters, bytes.
const LARGE: u64 = 1 << 30;

pub(super) const RULE: Rule = Rule {
    name: "missing-partition-filter",
    level: Level::Warn,
    summary: "every partition of a large table is read",
    page: Page {
        what: "A read of a partitioned table of at least 1 GiB in a statement that uses none of the partition columns: \
               neither a filter nor a join can leave partitions out. Needs facts about tables with their sizes; silent \
               where the columns that are needed are not known, where a `LIMIT` takes some rows of the table alone, and \
               for Delta, Iceberg and Hudi, which leave out files by other columns too.",
        why: "All files are listed and read, more of them each day.",
        bad: "INSERT OVERWRITE sales.daily SELECT id, amount FROM sales.visits",
        good: "INSERT OVERWRITE sales.daily SELECT id, amount FROM sales.visits WHERE day = '2024-06-30'",
        fix: "filter by a partition column, or allow the finding where the whole history is wanted",
    },
    find,
};

fn find(facts: &Facts<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (statement, access) in facts.statements() {
        let few = some_rows(statement);
        for (place, read) in named(access) {
            let (Some(table), Some(columns)) = (facts.table(read.version.table), &read.columns)
            else {
                continue;
            };
            let large = table.size_bytes.is_some_and(|bytes| bytes >= LARGE);
            let mut partitions = table
                .partition_columns
                .iter()
                .map(|name| name.to_lowercase());
            let unused = !partitions.any(|column| columns.contains(&column));
            let other = few.contains(&place) || facts.is_versioned(read.version.table);
            if large && unused && !other && !table.partition_columns.is_empty() {
                let name = facts.name(read.version.table);
                let by = table.partition_columns.join("`, `");
                let message =
                    format!("every partition of `{name}` is read: nothing restricts `{by}`");
                found.push(RULE.found(Some(name), place, message));
            }
        }
    }
    found
}

/// Tables of which a `LIMIT` takes some rows, whichever come first: no more files are read than it takes.
fn some_rows(statement: &Statement) -> Vec<Span> {
    let blocks = blocks(statement).into_iter();
    let few = blocks.filter_map(|Block { select, query }| {
        let any = query.limited && query.order_by.is_empty() && !select.grouped && !select.distinct;
        match select.from.as_slice() {
            [Relation::Table(table)] if any => Some(table.name.span),
            _ => None,
        }
    });
    few.collect()
}
