//! A statement that replaces the table it reads.

use super::facts::named;
use super::{Facts, Found, Level, Page, Rule};
use crate::frontend::statement::StatementKind;

/// Formats whose tables keep the rows that are read while new ones are written.
const VERSIONED: [&str; 3] = ["delta", "iceberg", "hudi"];

pub(super) const RULE: Rule = Rule {
    name: "overwritten-while-read",
    level: Level::Warn,
    summary: "a statement replaces the table that it reads",
    page: Page {
        what: "`INSERT OVERWRITE` of a whole table by a query that reads it. Silent for formats that keep versions (Delta, \
               Iceberg, Hudi), where the format is known.",
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
    for (statement, access) in facts.statements() {
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
        let provider = facts
            .table(write.table)
            .and_then(|table| table.provider.as_deref());
        if provider.is_some_and(|provider| VERSIONED.contains(&provider)) {
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
