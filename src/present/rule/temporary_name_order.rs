//! A temporary name used for two things, which keeps what could run side by side in order.

use super::facts::{query, reads_one_of};
use super::fingerprint::normalised;
use super::{Facts, Found, Level, Page, Rule};
use crate::facts::access::TableId;
use crate::frontend::statement::{Statement, StatementId, StatementKind, ViewScope};

pub(super) const RULE: Rule = Rule {
    name: "temporary-name-order",
    level: Level::Info,
    summary: "one temporary name for two things forces an order",
    page: Page {
        what: "`CREATE OR REPLACE TEMPORARY VIEW` of a name that an earlier statement made and others have read, where the new \
               definition is another one, and has readers that use nothing of what those have made.",
        why: "Readers of the first must come before the second: statements that have nothing else in common cannot run side \
              by side or change places.",
        bad: "CREATE OR REPLACE TEMPORARY VIEW part AS SELECT id FROM sales.orders;\n\
              INSERT OVERWRITE sales.daily SELECT id FROM part;\n\
              CREATE OR REPLACE TEMPORARY VIEW part AS SELECT id FROM sales.returns;\n\
              INSERT OVERWRITE sales.weekly SELECT id FROM part",
        good: "CREATE OR REPLACE TEMPORARY VIEW part AS SELECT id FROM sales.orders;\n\
               INSERT OVERWRITE sales.daily SELECT id FROM part;\n\
               CREATE OR REPLACE TEMPORARY VIEW returned AS SELECT id FROM sales.returns;\n\
               INSERT OVERWRITE sales.weekly SELECT id FROM returned",
        fix: "give the second one a name of its own",
    },
    find,
};

fn find(facts: &Facts<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (statement, access) in facts.statements() {
        let StatementKind::CreateView { scope, .. } = &statement.kind else {
            continue;
        };
        let write = access.writes.first();
        let Some(write) = write.filter(|_| *scope != ViewScope::Permanent) else {
            continue;
        };
        let Some((first, readers)) = before(facts, statement.id, write.table) else {
            continue;
        };
        let text = |statement: &Statement| {
            let query = query(statement)?;
            Some(normalised(facts.sources.text(query.span)))
        };
        let later = readers_of(facts, statement.id, write.table);
        let free = |reader: &StatementId| later.iter().any(|later| !facts.feeds(*reader, *later));
        if text(first) != text(statement) && readers.iter().any(free) {
            let name = facts.name(write.table);
            let message = format!("`{name}` is made a second time, for something else");
            let targets = first.kind.targets();
            let made = targets.first().map_or(first.span, |name| name.span);
            found.push(
                RULE.found(Some(name), write.span, message)
                    .label(made, "first made here"),
            );
        }
    }
    found
}

/// The statements that read a temporary view as a statement makes it, as far as can be seen.
fn readers_of(facts: &Facts<'_>, maker: StatementId, view: TableId) -> Vec<StatementId> {
    let later = facts.statements().skip(maker.0 as usize + 1);
    let kept = later.take_while(|(_, access)| {
        let changes = access.writes.iter().any(|write| write.table == view);
        access.barrier.is_none() && !changes
    });
    let readers = kept.filter(|(_, access)| reads_one_of(access, &[view]));
    readers.map(|(statement, _)| statement.id).collect()
}

/// The statement that made a temporary view last before another one, and those that have read it since; none where
/// something else has changed it, or may have.
fn before<'a>(
    facts: &Facts<'a>,
    second: StatementId,
    view: TableId,
) -> Option<(&'a Statement, Vec<StatementId>)> {
    let mut made = None;
    let earlier = facts.statements().take_while(|(one, _)| one.id < second);
    for (statement, access) in earlier {
        if access.barrier.is_some() {
            made = None;
        } else if access.writes.iter().any(|write| write.table == view) {
            let is_view = matches!(statement.kind, StatementKind::CreateView { .. });
            made = is_view.then_some((statement, Vec::new()));
        } else if let Some((_, readers)) = &mut made
            && reads_one_of(access, &[view])
        {
            readers.push(statement.id);
        }
    }
    made
}
