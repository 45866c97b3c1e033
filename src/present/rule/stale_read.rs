//! A table read before the step that makes it.

use super::facts::{query, reads_one_of};
use super::{Facts, Found, Level, Page, Rule};
use crate::diagnostic::Span;
use crate::facts::access::{Origin, TableId, WriteKind};
use crate::frontend::statement::{
    QueryBody, Relation, SelectItem, Statement, StatementId, StatementKind,
};

pub(super) const RULE: Rule = Rule {
    name: "stale-read",
    level: Level::Warn,
    summary: "a table is read before the step that makes it",
    page: Page {
        what: "A statement that writes what it reads of a table which a later statement replaces as a whole, where nothing \
               writes that before and the later statement does not build on the earlier one. Silent where the earlier \
               one keeps a copy (`SELECT * FROM t`), and where a statement between cannot be seen through.",
        why: "The reader sees what the last run left, and nothing in the first one: the order of the files is mostly not \
              what was meant.",
        bad: "INSERT OVERWRITE sales.weekly SELECT id, day FROM sales.daily;\n\
              INSERT OVERWRITE sales.daily SELECT id, day FROM sales.orders",
        good: "INSERT OVERWRITE sales.daily SELECT id, day FROM sales.orders;\n\
               INSERT OVERWRITE sales.weekly SELECT id, day FROM sales.daily",
        fix: "let the step that makes the table come first, or allow the finding and say that the last state is meant",
    },
    find,
};

fn find(facts: &Facts<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (later, access) in facts.statements() {
        let replaces = matches!(
            later.kind,
            StatementKind::Insert {
                overwrite: true,
                partition: false,
                ..
            } | StatementKind::CreateTableAs {
                if_not_exists: false,
                ..
            }
        );
        let writes = access
            .writes
            .iter()
            .filter(|write| write.kind == WriteKind::Replace);
        for write in writes.filter(|_| replaces) {
            if facts.is_temporary(write.table) || reads(facts, later.id, write.table) {
                continue;
            }
            let Some(reader) = early(facts, later.id, write.table) else {
                continue;
            };
            let name = facts.name(write.table);
            let message = format!("`{name}` is read before the step that makes it");
            let made = format!("made here, by {}", facts.place(later.id));
            found.push(
                RULE.found(Some(name), reader, message)
                    .label(write.span, made),
            );
        }
    }
    found
}

/// Whether a statement reads a table.
fn reads(facts: &Facts<'_>, statement: StatementId, table: TableId) -> bool {
    let access = facts.workload.access(statement);
    access.is_some_and(|access| reads_one_of(access, &[table]))
}

/// Where a table is first read before a statement, where nothing but that statement makes it.
fn early(facts: &Facts<'_>, writer: StatementId, table: TableId) -> Option<Span> {
    let earlier = facts
        .statements()
        .take_while(|(statement, _)| statement.id < writer);
    let mut first = None;
    for (statement, access) in earlier {
        if access.barrier.is_some() || access.writes.iter().any(|write| write.table == table) {
            return None;
        }
        let read = access.reads.iter().find(|read| read.version.table == table);
        let Some(read) = read.filter(|_| first.is_none()) else {
            continue;
        };
        let Origin::Named { name, .. } = read.origin else {
            return None;
        };
        // A table made from what was read of it is brought up to date by way of another one.
        if facts.feeds(statement.id, writer) {
            return None;
        }
        let keeps = !access.writes.is_empty() || query(statement).is_none();
        let is_meant = !keeps || copies(statement);
        first = (!is_meant).then_some(name);
    }
    first
}

/// Whether a statement keeps a copy of the one table that it reads, as it is.
fn copies(statement: &Statement) -> bool {
    let body = query(statement).map(|query| &query.body);
    let Some(QueryBody::Select(select)) = body else {
        return false;
    };
    let star = matches!(select.items.as_slice(), [SelectItem::Wildcard { .. }]);
    star && matches!(select.from.as_slice(), [Relation::Table(_)]) && select.filter.is_empty()
}
