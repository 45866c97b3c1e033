//! Relations joined with no condition between them.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{blocks, named};
use super::{Facts, Found, Level, Page, Rule};
use crate::diagnostic::Span;
use crate::facts::access::Read;
use crate::frontend::statement::{
    Expression, JoinColumns, JoinKind, Relation, Select, TableReference,
};

pub(super) const RULE: Rule = Rule {
    name: "cross-join",
    level: Level::Warn,
    summary: "tables are joined with no condition between them",
    page: Page {
        what: "Tables separated by commas, or joined by an `ON` that compares columns of one side only, where no test of \
               the block has columns of both. Only for tables that are named there, and where every column of the tests \
               is qualified. `CROSS JOIN` and `JOIN` without `ON` are taken to be meant.",
        why: "Every row meets every row of the other table: the result grows with the product of their sizes, and is \
              mostly not what was meant.",
        bad: "SELECT o.id, c.name FROM sales.orders o, sales.customers c WHERE o.day > '2024'",
        good: "SELECT o.id, c.name FROM sales.orders o, sales.customers c WHERE o.customer = c.id",
        fix: "add the condition that joins them, or write `CROSS JOIN` where all pairs are meant",
    },
    find,
};

fn find(facts: &Facts<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (statement, access) in facts.statements() {
        let named = named(access);
        for block in blocks(statement) {
            let unlinked = commas(block.select, &named).or_else(|| one_sided(block.select, &named));
            if let Some((place, table)) = unlinked {
                let name = facts.name(table.version.table);
                let message = format!("nothing joins `{name}` with the tables before it");
                found.push(RULE.found(Some(name), place, message));
            }
        }
    }
    found
}

/// The first table behind a comma that no test links with one before it.
fn commas<'r>(select: &Select, named: &BTreeMap<Span, &'r Read>) -> Option<(Span, &'r Read)> {
    let mut tables = Vec::new();
    for relation in &select.from {
        let Relation::Table(table) = relation else {
            return None;
        };
        tables.push((table, *named.get(&table.name.span)?));
    }
    let links = links(&select.filter)?;
    if !select.other.is_empty() {
        return None;
    }
    let mut groups: Vec<BTreeSet<String>> = Vec::new();
    for (table, _) in &tables {
        groups.push([alias(table)].into());
    }
    for link in &links {
        let (touched, mut rest): (Vec<_>, Vec<_>) = groups
            .into_iter()
            .partition(|group| !group.is_disjoint(link));
        rest.push(touched.into_iter().flatten().collect());
        groups = rest;
    }
    let first = tables.first().map(|(table, _)| alias(table))?;
    let joined = groups.iter().find(|group| group.contains(&first))?;
    let (table, read) = tables
        .iter()
        .find(|(table, _)| !joined.contains(&alias(table)))?;
    Some((table.name.span, *read))
}

/// The first table whose `ON` has columns of one side only.
fn one_sided<'r>(select: &Select, named: &BTreeMap<Span, &'r Read>) -> Option<(Span, &'r Read)> {
    let [Relation::Joined { joins, .. }] = select.from.as_slice() else {
        return None;
    };
    let filter = links(&select.filter)?;
    for join in joins {
        let Relation::Table(table) = &join.relation else {
            continue;
        };
        let Some(read) = named.get(&table.name.span) else {
            continue;
        };
        let plain = matches!(join.kind, JoinKind::Inner | JoinKind::Left)
            && join.using == JoinColumns::None;
        let on = links(&join.on)?;
        let all: BTreeSet<String> = on.iter().flatten().cloned().collect();
        let own = alias(table);
        let linked = |link: &&BTreeSet<String>| link.contains(&own) && link.len() > 1;
        let one = all.len() == 1 && join.on.iter().all(|test| test.columns.len() > 1);
        if plain && one && !filter.iter().any(|link| linked(&link)) {
            return Some((table.name.span, *read));
        }
    }
    None
}

/// The qualifiers that each test has; none where one has a column without, or a query of its own.
fn links(tests: &[Expression]) -> Option<Vec<BTreeSet<String>>> {
    let qualifiers = |test: &Expression| {
        if !test.queries.is_empty() || !test.stars.is_empty() {
            return None;
        }
        let columns = test.columns.iter();
        let qualified = columns.map(|column| match column.parts.as_slice() {
            [.., qualifier, _] => Some(qualifier.key()),
            _ => None,
        });
        qualified.collect::<Option<BTreeSet<String>>>()
    };
    tests.iter().map(qualifiers).collect()
}

/// What qualifies the columns of a table.
fn alias(table: &TableReference) -> String {
    let last = table.name.parts.last();
    table
        .alias
        .as_ref()
        .or(last)
        .map(crate::frontend::statement::Identifier::key)
        .unwrap_or_default()
}
