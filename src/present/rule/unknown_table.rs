//! A read of a table that nothing provides.

use super::facts::named;
use super::{Facts, Found, Level, Page, Rule};
use crate::facts::catalog::TableKind;

pub(super) const RULE: Rule = Rule {
    name: "unknown-table",
    level: Level::Warn,
    summary: "a table is read that nothing provides",
    page: Page {
        what: "A read of a table that the catalog did not have when it was asked and no earlier statement makes. Needs facts \
               about tables; silent behind a statement that cannot be seen through.",
        why: "The statement fails when it runs, unless somebody else makes the table until then.",
        bad: "SELECT id FROM sales.gone",
        good: "CREATE TABLE sales.gone AS SELECT id FROM sales.orders;\nSELECT id FROM sales.gone",
        fix: "correct the name, make the table earlier, or collect the facts anew with `hoist catalog`",
    },
    find,
};

fn find(facts: &Facts<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (statement, access) in facts.statements() {
        if access.barrier.is_some() {
            break;
        }
        for (place, read) in named(access) {
            let table = read.version.table;
            let missing = facts
                .table(table)
                .is_some_and(|facts| facts.kind == TableKind::Missing);
            let earlier = facts
                .statements()
                .take_while(|(one, _)| one.id < statement.id);
            let mut writes = earlier.flat_map(|(_, access)| &access.writes);
            if missing && !writes.any(|write| write.table == table) {
                let name = facts.name(table);
                let message = format!("nothing provides `{name}`");
                found.push(RULE.found(Some(name), place, message));
            }
        }
    }
    found
}
