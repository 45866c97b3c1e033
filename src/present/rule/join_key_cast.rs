//! Join keys of different types.

use std::collections::BTreeMap;

use super::facts::{blocks, named};
use super::{Facts, Found, Level, Page, Rule};
use crate::diagnostic::Span;
use crate::facts::access::Read;
use crate::frontend::statement::{
    ColumnReference, Expression, Identifier, Relation, Select, Shape, TableReference,
};

pub(super) const RULE: Rule = Rule {
    name: "join-key-cast",
    level: Level::Warn,
    summary: "a join compares columns of different types",
    page: Page {
        what: "An equality in an `ON` or `WHERE` between a text column of one table and one of another that holds numbers, dates \
               or timestamps, both qualified. Needs facts about tables.",
        why: "Spark casts one side for every row: statistics and buckets of that side do not help, and text that is no \
              number becomes NULL, or equals one that looks different (`'007' = 7`).",
        bad: "SELECT o.id FROM sales.orders o JOIN sales.returns r ON o.id = r.order_code",
        good: "SELECT o.id FROM sales.orders o JOIN sales.returns r ON o.id = r.id",
        fix: "give the columns one type in their tables, or cast where the table is made",
    },
    find,
};

fn find(facts: &Facts<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (statement, access) in facts.statements() {
        let named = named(access);
        for block in blocks(statement) {
            let aliases = aliases(block.select, &named);
            for test in tests(block.select) {
                let (Shape::Equality, [left, right]) = (&test.shape, test.columns.as_slice())
                else {
                    continue;
                };
                let qualifier =
                    |column: &ColumnReference| column.parts.first().map(Identifier::key);
                if qualifier(left) == qualifier(right) {
                    continue;
                }
                let sides = [left, right].map(|column| data_type(facts, &aliases, column));
                let [Some((table, left_type)), Some((_, right_type))] = sides else {
                    continue;
                };
                let text = |name: &str| family(name) == Some("text");
                let known = family(left_type).is_some() && family(right_type).is_some();
                if known && text(left_type) != text(right_type) {
                    let message =
                        format!("a `{left_type}` column is joined with a `{right_type}` one");
                    found.push(RULE.found(Some(table), test.span, message));
                }
            }
        }
    }
    found
}

/// Tables by what qualifies their columns.
fn aliases<'r>(select: &Select, named: &BTreeMap<Span, &'r Read>) -> BTreeMap<String, &'r Read> {
    let mut references: Vec<&TableReference> = Vec::new();
    for relation in &select.from {
        match relation {
            Relation::Table(table) => references.push(table),
            Relation::Joined { first, joins } => {
                let relations = joins.iter().map(|join| &join.relation);
                for relation in std::iter::once(&**first).chain(relations) {
                    if let Relation::Table(table) = relation {
                        references.push(table);
                    }
                }
            }
            Relation::Derived { .. } | Relation::Function { .. } => {}
        }
    }
    // Other names of its columns are not those of the catalog.
    let plain = references
        .into_iter()
        .filter(|table| table.columns.is_empty());
    let entries = plain.filter_map(|table| {
        let qualifier = table.alias.as_ref().or(table.name.parts.last())?;
        Some((qualifier.key(), *named.get(&table.name.span)?))
    });
    entries.collect()
}

/// Tests that may join: of every `ON`, and of the `WHERE`.
fn tests(select: &Select) -> impl Iterator<Item = &Expression> {
    let joins = select.from.iter().flat_map(|relation| match relation {
        Relation::Joined { joins, .. } => joins.as_slice(),
        _ => &[],
    });
    joins.flat_map(|join| &join.on).chain(&select.filter)
}

/// Name of the table and type of a qualified column, where the table is as the catalog has it.
fn data_type<'f>(
    facts: &Facts<'f>,
    aliases: &BTreeMap<String, &Read>,
    column: &ColumnReference,
) -> Option<(&'f str, &'f str)> {
    let [qualifier, name] = column.parts.as_slice() else {
        return None;
    };
    let read = aliases.get(&qualifier.key())?;
    let table = facts
        .table(read.version.table)
        .filter(|_| read.version.generation == 0)?;
    let mut columns = table.columns.iter();
    let column = columns.find(|column| column.name.eq_ignore_ascii_case(&name.text))?;
    Some((facts.name(read.version.table), &column.data_type))
}

/// What kind of values a type holds, as far as comparing them goes.
fn family(data_type: &str) -> Option<&'static str> {
    let base = data_type.split('(').next().unwrap_or(data_type);
    match base {
        "string" | "varchar" | "char" => Some("text"),
        "tinyint" | "smallint" | "int" | "bigint" | "float" | "double" | "decimal" => {
            Some("number")
        }
        "date" | "timestamp" | "timestamp_ntz" => Some("time"),
        _ => None,
    }
}
