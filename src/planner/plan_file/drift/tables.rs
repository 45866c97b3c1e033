//! What has changed about tables.

use std::collections::BTreeSet;

use super::super::PlanFile;
use super::{Drift, TableAspect, text};
use crate::facts::catalog::{Catalog, ColumnFacts, TableFacts, TableKind, ViewFacts};

/// Changes of the facts about tables that the plan has.
pub(super) fn tables(file: &PlanFile, catalog: &Catalog, reasons: &mut Vec<Drift>) {
    let made_here = made_by_the_pipeline(file);
    for (table, old) in &file.catalog.tables {
        let Some(new) = catalog.tables.get(table) else {
            reasons.push(Drift::TableUnknown {
                table: table.clone(),
            });
            continue;
        };
        let missing = |facts: &TableFacts| facts.kind == TableKind::Missing;
        if made_here.contains(table.as_str()) && missing(old) != missing(new) {
            // The first night makes it, the second finds it. Only a shared place of files would matter.
            if let Some(other) = shares_location(file, table, new) {
                reasons.push(Drift::TableChanged {
                    table: table.clone(),
                    aspect: TableAspect::Location,
                    old: "its own".to_owned(),
                    new: format!("that of {other}"),
                });
            }
            continue;
        }
        for (aspect, old, new) in [
            (TableAspect::Kind, kind(old.kind), kind(new.kind)),
            (
                TableAspect::Provider,
                text(old.provider.as_ref()),
                text(new.provider.as_ref()),
            ),
            (
                TableAspect::Location,
                text(old.location.as_ref()),
                text(new.location.as_ref()),
            ),
            (TableAspect::Partitions, outside(old), outside(new)),
            (TableAspect::Columns, columns(old), columns(new)),
            (
                TableAspect::MalformedRows,
                malformed_rows(old),
                malformed_rows(new),
            ),
            (TableAspect::Bucketing, bucketing(old), bucketing(new)),
            (
                TableAspect::ViewText,
                of_view(old, |view| view.text.clone()),
                of_view(new, |view| view.text.clone()),
            ),
            (
                TableAspect::ViewDatabase,
                of_view(old, |view| view.database.clone()),
                of_view(new, |view| view.database.clone()),
            ),
            (
                TableAspect::ViewSettings,
                of_view(old, captured),
                of_view(new, captured),
            ),
        ] {
            if old != new {
                reasons.push(Drift::TableChanged {
                    table: table.clone(),
                    aspect,
                    old,
                    new,
                });
            }
        }
    }
}

/// Tables that some step writes and no step reads as found: what stands there before the run changes nothing.
fn made_by_the_pipeline(file: &PlanFile) -> BTreeSet<&str> {
    let statements = || file.steps.iter().filter_map(|step| step.statement.as_ref());
    let read_as_found: BTreeSet<&str> = statements()
        .flat_map(|statement| &statement.reads)
        .chain(file.frames.iter().flat_map(|frame| &frame.inputs))
        .filter_map(|read| read.strip_suffix("@0"))
        .collect();
    statements()
        .flat_map(|statement| &statement.writes)
        .filter_map(|written| written.rsplit_once('@'))
        .map(|(table, _)| table)
        .filter(|table| !read_as_found.contains(table))
        .collect()
}

/// Another table of the plan whose files lie in, above or at the place of this one's.
fn shares_location<'a>(file: &'a PlanFile, table: &str, facts: &TableFacts) -> Option<&'a str> {
    let within = |inner: &str, outer: &str| {
        inner
            .strip_prefix(outer.trim_end_matches('/'))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    file.catalog
        .tables
        .iter()
        .filter(|(name, _)| name.as_str() != table)
        .find(|(_, other)| {
            places(facts).any(|place| {
                places(other).any(|other| within(place, other) || within(other, place))
            })
        })
        .map(|(name, _)| name.as_str())
}

/// A table's folder and those of partitions outside.
fn places(facts: &TableFacts) -> impl Iterator<Item = &str> {
    let outside = facts.outside.iter().flatten();
    facts.location.iter().chain(outside).map(String::as_str)
}

fn outside(facts: &TableFacts) -> String {
    match &facts.outside {
        Some(places) if !places.is_empty() => places.join(", "),
        None if !facts.partition_columns.is_empty() => "unknown".to_owned(),
        _ => "none".to_owned(),
    }
}

fn kind(kind: TableKind) -> String {
    match kind {
        TableKind::Managed => "managed",
        TableKind::External => "external",
        TableKind::View => "view",
        TableKind::Temporary => "temporary view",
        TableKind::Missing => "missing",
    }
    .to_owned()
}

fn malformed_rows(facts: &TableFacts) -> String {
    if facts.rows_depend_on_columns {
        "dependent on columns"
    } else {
        "permissive"
    }
    .to_owned()
}

/// Bucketing as Spark writes it in a `CREATE TABLE`.
fn bucketing(facts: &TableFacts) -> String {
    let Some(bucketing) = &facts.bucketing else {
        return "none".to_owned();
    };
    let sorted = match bucketing.sort_columns.as_slice() {
        [] => String::new(),
        columns => format!(" sorted by {}", columns.join(", ")),
    };
    format!(
        "{} buckets of {}{sorted}",
        bucketing.buckets,
        bucketing.columns.join(", ")
    )
}

fn of_view(facts: &TableFacts, of: impl Fn(&ViewFacts) -> String) -> String {
    facts.view.as_ref().map_or_else(|| "unknown".to_owned(), of)
}

fn captured(view: &ViewFacts) -> String {
    let settings = view.settings.iter();
    let settings: Vec<String> = settings
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    settings.join(", ")
}

/// Columns as Spark writes them in a `CREATE TABLE`.
fn columns(facts: &TableFacts) -> String {
    let column = |column: &ColumnFacts| {
        let null = if column.nullable { "" } else { " not null" };
        format!("{} {}{null}", column.name, column.data_type)
    };
    let mut text = facts
        .columns
        .iter()
        .map(column)
        .collect::<Vec<_>>()
        .join(", ");
    if !facts.partition_columns.is_empty() {
        text.push_str(" partitioned by ");
        text.push_str(&facts.partition_columns.join(", "));
    }
    text
}
