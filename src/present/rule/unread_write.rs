//! Rows that are written and gone before anybody reads them.

use super::{Facts, Found, Level, Page, Rule};
use crate::diagnostic::Span;
use crate::facts::access::{Write, WriteKind};
use crate::frontend::statement::{StatementId, StatementKind};

pub(super) const RULE: Rule = Rule {
    name: "unread-write",
    level: Level::Warn,
    summary: "rows are written and replaced or dropped before anything reads them",
    page: Page {
        what: "A query whose rows replace those of a table that a later statement replaces or drops, with no reader between \
               them. What a pipeline leaves behind at its end is an output and no finding. Silent where a statement \
               between cannot be seen through.",
        why: "The query runs for nothing, or a reader has lost its table.",
        bad: "INSERT OVERWRITE sales.daily SELECT id, day FROM sales.orders;\n\
              INSERT OVERWRITE sales.daily SELECT id, day FROM sales.returns",
        good: "INSERT OVERWRITE sales.daily SELECT id, day FROM sales.orders;\n\
               INSERT INTO sales.daily SELECT id, day FROM sales.returns",
        fix: "remove the statement whose rows nobody reads, or write to another table",
    },
    find,
};

fn find(facts: &Facts<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (statement, access) in facts.statements() {
        let computes = matches!(
            statement.kind,
            StatementKind::Insert { .. }
                | StatementKind::CreateTableAs {
                    if_not_exists: false,
                    ..
                }
        );
        let replaces = |write: &&Write| write.kind == WriteKind::Replace;
        for write in access.writes.iter().filter(replaces).filter(|_| computes) {
            let Some(end) = end(facts, statement.id, write) else {
                continue;
            };
            let name = facts.name(write.table);
            let message =
                format!("nothing reads the rows written to `{name}` before they are gone");
            found.push(
                RULE.found(Some(name), write.span, message)
                    .label(end, "gone here"),
            );
        }
    }
    found
}

/// Where the rows of a write end unread.
fn end(facts: &Facts<'_>, writer: StatementId, write: &Write) -> Option<Span> {
    for (statement, access) in facts.statements().skip(writer.0 as usize + 1) {
        let touched = access
            .reads
            .iter()
            .any(|read| read.version.table == write.table)
            || access.described.contains(&write.table);
        if access.barrier.is_some() || touched {
            return None;
        }
        let mut changes = access
            .writes
            .iter()
            .filter(|other| other.table == write.table);
        if let Some(change) = changes.next() {
            let replaced = matches!(
                statement.kind,
                StatementKind::Insert {
                    partition: false,
                    ..
                }
            ) && change.kind == WriteKind::Replace;
            let dropped = matches!(
                statement.kind,
                StatementKind::Drop { .. } | StatementKind::Truncate { .. }
            );
            return (replaced || dropped).then_some(change.span);
        }
    }
    None
}
