//! Rows that are written and gone before anybody reads them.

use super::{Facts, Found, Level, Page, Rule};
use crate::diagnostic::Span;
use crate::facts::access::{Read, Table, TableId, Write, WriteKind};
use crate::facts::catalog::TableKind;
use crate::frontend::statement::{StatementId, StatementKind};

pub(super) const RULE: Rule = Rule {
    name: "unread-write",
    level: Level::Warn,
    summary: "rows are written and replaced or dropped before anything reads them",
    page: Page {
        what: "A query whose rows replace those of a table that a later statement replaces or drops, with no reader between \
               them. What a pipeline leaves behind at its end is an output and no finding. Silent where a statement \
               between cannot be seen through or reads files by their path, where a dropped table may be an external one, \
               whose files stay, and for `CREATE TABLE … AS` whose rows are only replaced.",
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
        // `CREATE TABLE … AS` makes the table, too: rows that are replaced later need it.
        let also_makes = match statement.kind {
            StatementKind::Insert { .. } => false,
            StatementKind::CreateTableAs {
                if_not_exists: false,
                ..
            } => true,
            _ => continue,
        };
        let replaces = |write: &&Write| write.kind == WriteKind::Replace;
        for write in access.writes.iter().filter(replaces) {
            let end = end(facts, statement.id, write);
            let Some((end, _)) = end.filter(|(_, drops)| *drops || !also_makes) else {
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

/// Where the rows of a write end unread, and whether the table ends with them.
fn end(facts: &Facts<'_>, writer: StatementId, write: &Write) -> Option<(Span, bool)> {
    for (statement, access) in facts.statements().skip(writer.0 as usize + 1) {
        let touched = access.reads.iter().any(|read| may_read(facts, read, write))
            || access.described.contains(&write.table);
        if access.barrier.is_some() || touched {
            return None;
        }
        let mut changes = access
            .writes
            .iter()
            .filter(|other| other.table == write.table);
        let Some(change) = changes.next() else {
            continue;
        };
        let gone = match statement.kind {
            StatementKind::Insert {
                partition: false, ..
            } => change.kind == WriteKind::Replace,
            StatementKind::Truncate { .. } => true,
            StatementKind::Drop { .. } => holds_files(facts, statement.id, write.table),
            _ => false,
        };
        let drops = change.kind == WriteKind::Drop;
        return gone.then_some((change.span, drops));
    }
    None
}

/// Whether a read may see what was written: by the table's name, by the path of its files, through a view.
fn may_read(facts: &Facts<'_>, read: &Read, write: &Write) -> bool {
    let table = facts.workload.table(read.version.table);
    let by_path = table.is_some_and(Table::is_files);
    read.version.table == write.table || by_path || read.unseen
}

/// Whether the files of a table are known to go with it: those of an external table stay, and may be what is wanted.
fn holds_files(facts: &Facts<'_>, before: StatementId, table: TableId) -> bool {
    let earlier = facts.statements().take_while(|(one, _)| one.id < before);
    let makes = earlier.filter_map(|(statement, access)| {
        let (StatementKind::CreateTable { located, .. }
        | StatementKind::CreateTableAs { located, .. }) = statement.kind
        else {
            return None;
        };
        let here = access.writes.iter().any(|write| write.table == table);
        here.then_some(located)
    });
    match makes.last() {
        Some(located) => !located,
        None => facts
            .table(table)
            .is_some_and(|facts| facts.kind == TableKind::Managed),
    }
}
