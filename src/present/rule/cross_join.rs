//! Relations joined with no condition between them.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{blocks, named, query};
use super::{Facts, Found, Level, Page, Rule};
use crate::diagnostic::Span;
use crate::facts::access::{Access, Read};
use crate::frontend::statement::{
    Call, ColumnReference, Expression, Identifier, Join, JoinColumns, JoinKind, Query, QueryBody,
    Relation, Select, SelectItem, Shape, Statement, StatementId, StatementKind, TableReference,
    TestOperator,
};

pub(super) const RULE: Rule = Rule {
    name: "cross-join",
    level: Level::Warn,
    summary: "tables are joined with no condition between them",
    page: Page {
        what: "Tables separated by commas, or joined by an `ON` that compares columns of one side only, where no test of \
               the block has columns of both, nor both are tested for the same column. Only for tables that are named \
               there and may have several rows, and where every column of the tests is qualified. `CROSS JOIN`, `JOIN` \
               without `ON` and `ON 1 = 1` are taken to be meant.",
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
            if let Some((place, table)) = unlinked
                && !has_one_row(facts, statement.id, table)
            {
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
    let aliases: BTreeSet<String> = tables.iter().map(|(table, _)| alias(table)).collect();
    if !select.other.is_empty() || !select.having.is_empty() {
        return None;
    }
    let mut groups: Vec<BTreeSet<String>> =
        aliases.iter().map(|one| [one.clone()].into()).collect();
    for link in &links(&select.filter, &aliases)? {
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

/// The first table whose `ON` has columns of one side only, and which nothing else links either.
fn one_sided<'r>(select: &Select, named: &BTreeMap<Span, &'r Read>) -> Option<(Span, &'r Read)> {
    let [Relation::Joined { first, joins }] = select.from.as_slice() else {
        return None;
    };
    let relations = std::iter::once(&**first).chain(joins.iter().map(|join| &join.relation));
    let aliases: BTreeSet<String> = relations.map(qualifier).collect::<Option<_>>()?;
    let tests = joins.iter().flat_map(|join| &join.on).chain(&select.filter);
    let links = links(tests, &aliases)?;
    let certain = joins.iter().all(|join| join.using == JoinColumns::None)
        && select.other.is_empty()
        && select.having.is_empty();
    joins.iter().filter(|_| certain).find_map(|join| {
        let Relation::Table(table) = &join.relation else {
            return None;
        };
        let own = alias(table);
        let linked = links
            .iter()
            .any(|link| link.contains(&own) && link.len() > 1);
        let read = *named.get(&table.name.span)?;
        (compares_one_side(join, &aliases) && !linked).then_some((table.name.span, read))
    })
}

/// Whether every test of an `ON` compares columns of one relation with each other.
fn compares_one_side(join: &Join, aliases: &BTreeSet<String>) -> bool {
    let sides = join.on.iter().flat_map(|test| &test.columns);
    let sides: BTreeSet<_> = sides.map(|column| side(column, aliases)).collect();
    let plain = matches!(join.kind, JoinKind::Inner | JoinKind::Left);
    plain && sides.len() == 1 && join.on.iter().all(|test| test.columns.len() > 1)
}

/// The relations that each test has columns of, and those that are tested for one column of the same name; none where
/// one of the columns cannot be told, or a test has a query of its own.
fn links<'e>(
    tests: impl IntoIterator<Item = &'e Expression>,
    aliases: &BTreeSet<String>,
) -> Option<Vec<BTreeSet<String>>> {
    let mut links = Vec::new();
    let mut same: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for test in tests {
        if !test.queries.is_empty() || !test.stars.is_empty() {
            return None;
        }
        let sides = test.columns.iter().map(|column| side(column, aliases));
        let sides = sides.collect::<Option<BTreeSet<String>>>()?;
        if let (Shape::Test { operator, .. }, [column]) = (&test.shape, test.columns.as_slice())
            && matches!(operator, TestOperator::Compare | TestOperator::In)
        {
            let name = column.parts.last().map(Identifier::key).unwrap_or_default();
            same.entry(name).or_default().extend(sides.iter().cloned());
        }
        links.push(sides);
    }
    links.extend(same.into_values());
    Some(links)
}

/// The relation of a column, where its text says it: `t.c`, `db.t.c`, `t.c.field`.
fn side(column: &ColumnReference, aliases: &BTreeSet<String>) -> Option<String> {
    let (_, before) = column.parts.split_last()?;
    let mut parts = before.iter().map(Identifier::key);
    parts.find(|part| aliases.contains(part))
}

/// What qualifies the columns of a table.
fn alias(table: &TableReference) -> String {
    let last = table.name.parts.last();
    let name = table.alias.as_ref().or(last);
    name.map(Identifier::key).unwrap_or_default()
}

/// What qualifies the columns of a relation; none where its columns cannot be told.
fn qualifier(relation: &Relation) -> Option<String> {
    match relation {
        Relation::Table(table) => Some(alias(table)),
        Relation::Derived { alias, .. } => alias.as_ref().map(Identifier::key),
        Relation::Joined { .. } | Relation::Function { .. } => None,
    }
}

/// Whether a table is known to have one row at most: the catalog says so of what the pipeline finds, or the query that
/// made it last.
fn has_one_row(facts: &Facts<'_>, reader: StatementId, read: &Read) -> bool {
    let table = read.version.table;
    let earlier = facts.statements().take_while(|(one, _)| one.id < reader);
    let changes = |access: &Access| access.writes.iter().any(|write| write.table == table);
    if let Some((made_by, _)) = earlier.filter(|(_, access)| changes(access)).last() {
        return makes_one_row(made_by);
    }
    let rows = facts.table(table).and_then(|facts| facts.rows);
    rows.is_some_and(|rows| rows <= 1)
}

fn makes_one_row(statement: &Statement) -> bool {
    let whole = matches!(
        statement.kind,
        StatementKind::CreateTableAs { .. }
            | StatementKind::CreateView { .. }
            | StatementKind::Insert {
                overwrite: true,
                partition: false,
                ..
            }
    );
    whole && query(statement).is_some_and(gives_one_row)
}

fn gives_one_row(query: &Query) -> bool {
    match &query.body {
        QueryBody::Select(select) => {
            let generates = select.items.iter().any(|item| match item {
                SelectItem::Expression { expression, .. } => {
                    expression.calls.iter().any(Call::is_generator)
                }
                SelectItem::Wildcard { .. } => true,
            });
            let aggregate = select.grouped && select.group_by.is_empty();
            (aggregate || select.from.is_empty()) && !generates
        }
        QueryBody::Nested(inner) => gives_one_row(inner),
        QueryBody::Values(_) | QueryBody::SetOperation(_) => false,
    }
}
