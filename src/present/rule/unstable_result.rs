//! A result that may differ from run to run.

use super::facts::blocks;
use super::{Facts, Found, Level, Page, Rule};
use crate::frontend::statement::{Block, StatementKind};

pub(super) const RULE: Rule = Rule {
    name: "unstable-result",
    level: Level::Warn,
    summary: "`LIMIT` without an order is written to a table",
    page: Page {
        what: "A `LIMIT` on a `SELECT` without `ORDER BY` in a statement that writes a table. Silent for `LIMIT 0`, and \
               where the block has one row anyway.",
        why: "Which rows are kept is left to chance, so that two runs write different tables; and what the statement reads \
              cannot be shared.",
        bad: "INSERT OVERWRITE sales.daily SELECT id, day FROM sales.orders LIMIT 100",
        good: "INSERT OVERWRITE sales.daily SELECT id, day FROM sales.orders ORDER BY id LIMIT 100",
        fix: "order by a key before the `LIMIT`",
    },
    find,
};

fn find(facts: &Facts<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (statement, access) in facts.statements() {
        let writes = matches!(
            statement.kind,
            StatementKind::Insert { .. }
                | StatementKind::CreateTableAs { .. }
                | StatementKind::InsertDirectory { .. }
        );
        for block in blocks(statement).iter().filter(|_| writes) {
            let Block { select, query } = block;
            let one_row = select.grouped && select.group_by.is_empty();
            let Some(last) = query.tail.last() else {
                continue;
            };
            let none = facts.sources.text(last.span).trim() == "0";
            if query.limited
                && query.order_by.is_empty()
                && !one_row
                && !none
                && !select.from.is_empty()
            {
                let table = access.writes.first().map(|write| facts.name(write.table));
                let message = "which rows are kept is left to chance: `LIMIT` without `ORDER BY`";
                found.push(RULE.found(table, last.span, message));
            }
        }
    }
    found
}
