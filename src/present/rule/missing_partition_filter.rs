//! A read of every partition of a large table.

use super::facts::named;
use super::{Facts, Found, Level, Page, Rule};

/// Size from which it matters, bytes.
const LARGE: u64 = 1 << 30;

pub(super) const RULE: Rule = Rule {
    name: "missing-partition-filter",
    level: Level::Warn,
    summary: "every partition of a large table is read",
    page: Page {
        what: "A read of a partitioned table of at least 1 GiB in a statement that uses none of the partition columns: \
               neither a filter nor a join can leave partitions out. Needs facts about tables with their sizes; silent \
               where the columns that are needed are not known.",
        why: "All files are listed and read, more of them each day.",
        bad: "INSERT OVERWRITE sales.daily SELECT id, amount FROM sales.visits",
        good: "INSERT OVERWRITE sales.daily SELECT id, amount FROM sales.visits WHERE day = '2024-06-30'",
        fix: "filter by a partition column, or allow the finding where the whole history is wanted",
    },
    find,
};

fn find(facts: &Facts<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (_, access) in facts.statements() {
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
            if large && unused && !table.partition_columns.is_empty() {
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
