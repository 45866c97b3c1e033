//! A statement that replaces the table it reads.

use super::facts::named;
use super::{Facts, Found, Level, Page, Rule};
use crate::frontend::statement::StatementKind;

/// Whether only the partitions that get rows are replaced.
const OVERWRITE_MODE: &str = "spark.sql.sources.partitionoverwritemode";

pub(super) const RULE: Rule = Rule {
    name: "overwritten-while-read",
    level: Level::Warn,
    summary: "a statement replaces the table that it reads",
    page: Page {
        what: "`INSERT OVERWRITE` of a whole table by a query that reads it. Silent for formats that keep versions (Delta, \
               Iceberg, Hudi), where the format is known, and where the pipeline has set that only partitions which get \
               rows are replaced.",
        why: "Spark refuses it for tables of its own formats (`Cannot overwrite a path that is also being read from`), and \
              for Hive tables a failure in the middle loses the rows.",
        bad: "INSERT OVERWRITE sales.daily SELECT DISTINCT id, day FROM sales.daily",
        good: "INSERT OVERWRITE sales.weekly SELECT DISTINCT id, day FROM sales.daily",
        fix: "write a second table and replace the first from it",
    },
    find,
};

fn find(facts: &Facts<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    let mut dynamic = false;
    for (statement, access) in facts.statements() {
        if let StatementKind::Set {
            key,
            value: Some(value),
        } = &statement.kind
            && key.eq_ignore_ascii_case(OVERWRITE_MODE)
        {
            dynamic = value.trim().eq_ignore_ascii_case("dynamic");
        }
        let whole = matches!(
            statement.kind,
            StatementKind::Insert {
                overwrite: true,
                partition: false,
                ..
            }
        );
        let Some(write) = access.writes.first().filter(|_| whole) else {
            continue;
        };
        if dynamic || facts.is_versioned(write.table) {
            continue;
        }
        let named = named(access);
        let mut reads = named
            .iter()
            .filter(|(_, read)| read.version.table == write.table);
        if let Some((place, _)) = reads.next() {
            let name = facts.name(write.table);
            let message = format!("`{name}` is replaced by a query that reads it");
            found.push(
                RULE.found(Some(name), write.span, message)
                    .label(*place, "read here"),
            );
        }
    }
    found
}
