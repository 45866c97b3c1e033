//! Collected facts about tables, for people.

use std::fmt::Write as _;

use super::layout::{Align, Table, bytes, count, wrap};
use crate::facts::catalog::{TableFacts, TableKind};
use crate::runtime::collect::Collected;

/// Facts as a table, what views depend on, and what is not known and why. `wrote` is the file they were written to.
pub fn text(collected: &Collected, wrote: &str) -> String {
    let mut text = tables(collected);
    if !collected.below.is_empty() {
        text.push_str("Views\n");
    }
    for (view, below) in &collected.below {
        let _ = writeln!(
            text,
            " {view}\n   {}",
            wrap(&format!("depends on {}", below.join(", ")), 5)
        );
    }
    let unknown = collected.unknown.iter();
    let unknown: Vec<_> = unknown.chain(&collected.partly_unknown).collect();
    if !unknown.is_empty() {
        text.push_str("Not known\n");
    }
    for (table, reason) in unknown {
        let _ = writeln!(text, " {table}\n   {}", wrap(reason, 5));
    }
    if !text.is_empty() {
        text.push('\n');
    }
    let facts = &collected.catalog;
    let tables = count(facts.tables.len(), "table");
    let spark = facts.spark_version.as_deref().unwrap_or("unknown");
    let database = facts.session.as_ref();
    let database = database.map_or_else(String::new, |session| {
        format!(", current database {}", session.database)
    });
    let total = format!("Catalog: {tables}, Spark {spark}{database}. Wrote {wrote}");
    text.push_str(&wrap(&total, 0));
    text.push('\n');
    text
}

fn tables(collected: &Collected) -> String {
    let mut table = Table::new(&[
        ("table", Align::Left),
        ("kind", Align::Left),
        ("format", Align::Left),
        ("size", Align::Right),
        ("rows", Align::Right),
        ("columns", Align::Right),
        ("layout", Align::Left),
    ]);
    for (name, facts) in &collected.catalog.tables {
        let number =
            |value: Option<u64>| value.map_or_else(|| "?".to_owned(), |rows| rows.to_string());
        let has_files = matches!(facts.kind, TableKind::Managed | TableKind::External);
        let (size, rows) = if has_files {
            (
                facts.size_bytes.map_or_else(|| "?".to_owned(), bytes),
                number(facts.rows),
            )
        } else {
            (String::new(), String::new())
        };
        let columns = match facts.columns.len() {
            0 => String::new(),
            columns => columns.to_string(),
        };
        table.row([
            name.clone(),
            kind(facts.kind).to_owned(),
            facts.provider.clone().unwrap_or_default(),
            size,
            rows,
            columns,
            layout(facts),
        ]);
    }
    if table.is_empty() {
        String::new()
    } else {
        format!("{}\n", table.text())
    }
}

fn kind(kind: TableKind) -> &'static str {
    match kind {
        TableKind::Managed => "managed",
        TableKind::External => "external",
        TableKind::View => "view",
        TableKind::Temporary => "temporary",
        TableKind::Missing => "missing",
    }
}

/// Partitions and buckets.
fn layout(facts: &TableFacts) -> String {
    let mut parts = Vec::new();
    if !facts.partition_columns.is_empty() {
        parts.push(format!("by {}", facts.partition_columns.join(", ")));
    }
    if let Some(bucketing) = &facts.bucketing {
        parts.push(format!(
            "{} buckets of {}",
            bucketing.buckets,
            bucketing.columns.join(", ")
        ));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::catalog::{Bucketing, ColumnFacts, SessionFacts};

    #[test]
    fn what_is_known_is_a_table_and_what_is_not_has_its_reason() {
        let column = ColumnFacts {
            name: "id".to_owned(),
            data_type: "bigint".to_owned(),
            nullable: true,
        };
        let table = TableFacts {
            kind: TableKind::Managed,
            provider: Some("parquet".to_owned()),
            columns: vec![column.clone()],
            partition_columns: vec!["day".to_owned()],
            size_bytes: Some(3 << 20),
            rows: Some(1200),
            bucketing: Some(Bucketing {
                buckets: 4,
                columns: vec!["id".to_owned()],
                sort_columns: Vec::new(),
            }),
            ..TableFacts::default()
        };
        let view = TableFacts {
            kind: TableKind::View,
            columns: vec![column],
            ..TableFacts::default()
        };
        let unsized_table = TableFacts {
            kind: TableKind::External,
            ..TableFacts::default()
        };
        let mut collected = Collected::default();
        let entries = [
            ("d.t", table),
            ("d.v", view),
            ("d.gone", TableFacts::default()),
            ("d.big", unsized_table),
        ];
        for (name, facts) in entries {
            collected.catalog.tables.insert(name.to_owned(), facts);
        }
        collected.catalog.spark_version = Some("3.5.6".to_owned());
        collected.catalog.session = Some(SessionFacts {
            database: "default".to_owned(),
            ..SessionFacts::default()
        });
        collected
            .below
            .insert("d.v".to_owned(), vec!["d.t".to_owned()]);
        collected.unknown.insert(
            "lake.d.t".to_owned(),
            "it lies in another catalog".to_owned(),
        );
        collected.partly_unknown.insert(
            "d.big".to_owned(),
            "size: it has more than 10000 files".to_owned(),
        );
        insta::assert_snapshot!(text(&collected, "c.json"));
    }
}
