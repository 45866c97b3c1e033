//! A result that may differ from run to run.

use std::collections::BTreeSet;

use super::facts::blocks;
use super::{Facts, Found, Level, Page, Rule};
use crate::diagnostic::Span;
use crate::facts::access::{Access, SensitivityKind};
use crate::frontend::statement::{
    Block, ColumnReference, Expression, Identifier, Select, SelectItem, StatementKind,
};

/// Functions whose value depends on the place of a row among its ties.
const BY_PLACE: [&str; 4] = ["row_number", "ntile", "lag", "lead"];

pub(super) const RULE: Rule = Rule {
    name: "unstable-result",
    level: Level::Warn,
    summary: "`LIMIT` without an order, or a choice among ties, is written to a table",
    page: Page {
        what: "In a statement that writes rows: a `LIMIT` on a `SELECT` without `ORDER BY`; and `row_number`, `ntile`, `lag` \
               or `lead` whose window is ordered by literals or by columns of its `PARTITION BY` only, so that all rows of \
               a partition tie, beside other columns. Silent for `LIMIT 0`, where the block has one row anyway, and where \
               the columns hold a key that `hoist.toml` declares.",
        why: "Which rows are kept is left to chance, so that two runs write different tables; and what the statement reads \
              cannot be shared.",
        bad: "INSERT OVERWRITE sales.daily SELECT id, day FROM sales.orders LIMIT 100;\n\
              INSERT OVERWRITE sales.weekly SELECT id, day FROM (\n  \
              SELECT *, row_number() OVER (PARTITION BY id ORDER BY id) AS place FROM sales.orders\n) o WHERE place = 1",
        good: "INSERT OVERWRITE sales.daily SELECT id, day FROM sales.orders ORDER BY id LIMIT 100;\n\
               INSERT OVERWRITE sales.weekly SELECT id, day FROM (\n  \
               SELECT *, row_number() OVER (PARTITION BY id ORDER BY day DESC) AS place FROM sales.orders\n) o \
               WHERE place = 1",
        fix: "order by a key",
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
        let table = access.writes.first().map(|write| facts.name(write.table));
        for block in blocks(statement).iter().filter(|_| writes) {
            if let Some(place) = cut(facts, block) {
                let message = "which rows are kept is left to chance: `LIMIT` without `ORDER BY`";
                found.push(RULE.found(table, place, message));
            }
            for (name, place) in ties(block.select, access) {
                let message = format!(
                    "`{name}` chooses by chance: its order tells no two rows of a partition apart"
                );
                found.push(RULE.found(table, place, message));
            }
        }
    }
    found
}

/// What cuts rows that have no order.
fn cut(facts: &Facts<'_>, block: &Block<'_>) -> Option<Span> {
    let Block { select, query } = block;
    let one_row = select.grouped && select.group_by.is_empty();
    let last = query.tail.last()?;
    let none = facts.sources.text(last.span).trim() == "0";
    let cut = query.limited && query.order_by.is_empty() && !select.from.is_empty();
    (cut && !one_row && !none).then_some(last.span)
}

/// Calls of a block that choose among ties.
fn ties<'a>(select: &'a Select, access: &Access) -> Vec<(&'a str, Span)> {
    let items = select.items.iter().filter_map(|item| match item {
        SelectItem::Expression { expression, .. } => Some(expression),
        SelectItem::Wildcard { .. } => None,
    });
    let calls = items.chain(&select.other).flat_map(|one| &one.calls);
    let tied = calls.filter(|call| {
        let partition = call.window.as_ref().and_then(|window| window.tied.as_ref());
        BY_PLACE.contains(&call.name.as_str())
            && partition.is_some_and(|partition| has_more(select, partition))
            // Not where the columns are known to hold a key.
            && access
                .sensitivities
                .iter()
                .any(|one| one.kind == SensitivityKind::OrderSensitive && one.span == call.span)
    });
    tied.map(|call| (call.name.as_str(), call.span)).collect()
}

/// Whether a block gives more than the columns that are equal in all rows of a partition: else it is the same whichever
/// of them is chosen.
fn has_more(select: &Select, partition: &[ColumnReference]) -> bool {
    let last = |column: &ColumnReference| column.parts.last().map(Identifier::key);
    let equal: BTreeSet<_> = partition.iter().map(last).collect();
    let more = |expression: &Expression| {
        let nested = !expression.stars.is_empty() || !expression.queries.is_empty();
        nested
            || expression
                .columns
                .iter()
                .any(|column| !equal.contains(&last(column)))
    };
    select.items.iter().any(|item| match item {
        SelectItem::Expression { expression, .. } => more(expression),
        SelectItem::Wildcard { .. } => true,
    })
}
