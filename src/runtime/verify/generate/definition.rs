//! Definitions of tables and views as SQL, as near to the catalog's as a local Spark can hold.

use std::fmt::Write as _;

use super::Level;
use super::types::DataType;
use super::values::{choices, quoted};
use crate::facts::catalog::{ColumnFacts, TableFacts};

/// Formats that Spark reads and writes without further libraries.
const FORMATS: [&str; 5] = ["csv", "json", "orc", "parquet", "text"];

/// A name in backquotes, part by part.
pub(super) fn identifier(name: &str) -> String {
    let parts = name
        .split('.')
        .map(|part| format!("`{}`", part.replace('`', "``")));
    parts.collect::<Vec<_>>().join(".")
}

fn column(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

fn columns(names: &[String]) -> String {
    names
        .iter()
        .map(|name| column(name))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Whether the rows of a table's files are lines.
pub(super) fn has_lines(facts: &TableFacts) -> bool {
    matches!(facts.provider.as_deref(), Some("csv" | "text" | "hive"))
}

/// `CREATE TABLE`, and what differs from the catalog's table.
pub(super) fn table(name: &str, facts: &TableFacts) -> (String, Option<String>) {
    let provider = facts.provider.as_deref().unwrap_or("parquet");
    let hive = provider == "hive";
    let (format, note) = if hive {
        let note = "a Hive table, made with Parquet files".to_owned();
        ("hive OPTIONS (fileFormat 'parquet')", Some(note))
    } else if FORMATS.contains(&provider) {
        (provider, None)
    } else {
        let note = format!("made as Parquet instead of {provider}");
        ("parquet", Some(note))
    };
    let fields = facts.columns.iter().map(|field| {
        let required = if field.nullable || hive {
            ""
        } else {
            " NOT NULL"
        };
        format!("{} {}{required}", column(&field.name), field.data_type)
    });
    let mut text = format!(
        "CREATE TABLE {} ({}) USING {format}",
        identifier(name),
        fields.collect::<Vec<_>>().join(", ")
    );
    if !facts.partition_columns.is_empty() {
        let _ = write!(
            text,
            " PARTITIONED BY ({})",
            columns(&facts.partition_columns)
        );
    }
    // Spark does not insert into bucketed tables of Hive.
    if let Some(bucketing) = facts.bucketing.as_ref().filter(|_| !hive) {
        let _ = write!(text, " CLUSTERED BY ({})", columns(&bucketing.columns));
        if !bucketing.sort_columns.is_empty() {
            let _ = write!(text, " SORTED BY ({})", columns(&bucketing.sort_columns));
        }
        let _ = write!(text, " INTO {} BUCKETS", bucketing.buckets);
    }
    (text, note)
}

/// `CREATE VIEW`.
pub(super) fn view(name: &str, facts: &TableFacts, text: &str) -> String {
    let names: Vec<String> = facts
        .columns
        .iter()
        .map(|column| column.name.clone())
        .collect();
    let names = if names.is_empty() {
        String::new()
    } else {
        format!(" ({})", columns(&names))
    };
    format!("CREATE VIEW {}{names} AS {text}", identifier(name))
}

/// The expression that makes a value of a column of its text in `_number`.
pub(super) fn value(number: usize, facts: &ColumnFacts, of: &DataType, level: Level) -> String {
    let name = format!("_{number}");
    match of {
        DataType::Text(_) => name,
        DataType::Binary => format!("unhex({name})"),
        DataType::Array(_) | DataType::Map(..) | DataType::Struct(_) => {
            let choices = choices(of, level).into_iter().enumerate();
            let cases = choices.map(|(choice, sql)| {
                format!(
                    " WHEN {} THEN CAST({sql} AS {})",
                    quoted(&choice.to_string()),
                    facts.data_type
                )
            });
            format!("CASE {name}{} END", cases.collect::<String>())
        }
        _ => format!("CAST({name} AS {})", facts.data_type),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::catalog::Bucketing;

    fn facts(provider: &str) -> TableFacts {
        let column = |name: &str, data_type: &str, nullable| ColumnFacts {
            name: name.to_owned(),
            data_type: data_type.to_owned(),
            nullable,
        };
        TableFacts {
            provider: Some(provider.to_owned()),
            columns: vec![
                column("Id", "bigint", false),
                column("odd `name`", "char(3)", true),
                column("day", "date", true),
            ],
            partition_columns: vec!["day".to_owned()],
            bucketing: Some(Bucketing {
                buckets: 4,
                columns: vec!["Id".to_owned()],
                sort_columns: vec!["Id".to_owned()],
            }),
            ..TableFacts::default()
        }
    }

    #[test]
    fn a_definition_keeps_what_spark_keeps() {
        assert_eq!(
            table("d.t", &facts("orc")),
            (
                "CREATE TABLE `d`.`t` (`Id` bigint NOT NULL, `odd ``name``` char(3), `day` date) USING orc \
                 PARTITIONED BY (`day`) CLUSTERED BY (`Id`) SORTED BY (`Id`) INTO 4 BUCKETS"
                    .to_owned(),
                None
            )
        );
        let (hive, note) = table("d.t", &facts("hive"));
        assert!(
            hive.contains("`Id` bigint,") && !hive.contains("CLUSTERED"),
            "{hive}"
        );
        assert!(note.is_some());
        let (delta, note) = table("d.t", &facts("delta"));
        assert!(delta.contains("USING parquet"), "{delta}");
        assert_eq!(note.unwrap(), "made as Parquet instead of delta");
    }

    #[test]
    fn a_view_has_the_names_of_its_columns() {
        assert_eq!(
            view("d.v", &facts("x"), "SELECT 1, 2, 3"),
            "CREATE VIEW `d`.`v` (`Id`, `odd ``name```, `day`) AS SELECT 1, 2, 3"
        );
    }
}
