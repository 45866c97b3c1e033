//! Data for verification where there are none: tables of the catalog's schemas with rows that are meant to hurt.
//!
//! ```text
//! texts of the pipeline ─▶ hints ─┐
//! catalog, workload ─▶ needed ────┴─▶ domains ─▶ rows ─▶ Generated ─▶ tables in a session ─▶ State
//! ```
//!
//! Everything up to [`Generated`] is computed: the same pipeline, facts, seed, level and number of rows give the same
//! bytes. [`populate`] makes the tables in a session of its own, whose state both runs then start from.

mod calendar;
mod definition;
mod hints;
mod needed;
mod random;
mod rows;
mod session;
#[cfg(test)]
mod tests;
mod text;
mod types;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use self::hints::Hints;
use self::random::Random;
use self::rows::{Column, Row, Shape};
use self::types::DataType;
use self::values::{Domain, Value};
use crate::facts::catalog::{Catalog, TableFacts};
use crate::facts::workload::Workload;
use crate::frontend::source::Sources;
pub use session::{GenerateError, Source, fill, populate};

/// Rows of a table where nothing else is asked for.
pub const DEFAULT_ROWS: usize = 200;
/// Fewest rows of a table: fewer cannot hold what is special about a type.
pub const MIN_ROWS: usize = 40;
/// Tables in which one key has many rows; with more of them joins would grow too large.
const HEAVY_TABLES: usize = 2;

/// How hard the data are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Extremes of every type, NaN and infinities, texts that are no numbers.
    Wild,
    /// None of those: for pipelines that casts or overflows would end.
    Mild,
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Level::Wild => "wild",
            Level::Mild => "mild",
        })
    }
}

/// Which data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Other seeds give other rows. From 1 on, some tables are empty.
    pub seed: u64,
    /// How hard they are.
    pub level: Level,
    /// Rows of a table, about; at least [`MIN_ROWS`].
    pub rows: usize,
}

/// Tables, their rows and the views over them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Generated {
    databases: BTreeSet<String>,
    tables: Vec<GeneratedTable>,
    views: Vec<GeneratedView>,
}

/// A table with its rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct GeneratedTable {
    name: String,
    quoted: String,
    definition: String,
    /// Expressions over the texts `_0`, `_1`, … of a row.
    values: Vec<String>,
    /// Texts of each row; none for NULL.
    rows: Vec<Vec<Option<String>>>,
    /// A partition without rows, as SQL.
    empty_partition: Option<String>,
    /// How it differs from the catalog's.
    #[serde(skip)]
    note: Option<String>,
}

/// A view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct GeneratedView {
    name: String,
    definition: String,
    /// Where one-part names in it lie.
    database: String,
    settings: BTreeMap<String, String>,
}

/// Why no data can be made; each a lowercase fragment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no data can be made: {}", .0.join("; "))]
pub struct Impossible(pub Vec<String>);

impl Generated {
    /// Names of everything made, for reading the state.
    pub fn names(&self) -> Vec<String> {
        let tables = self.tables.iter().map(|table| &table.name);
        let views = self.views.iter().map(|view| &view.name);
        tables.chain(views).cloned().collect()
    }

    /// Number of rows by table.
    pub fn rows(&self) -> BTreeMap<String, usize> {
        let tables = self.tables.iter();
        tables
            .map(|table| (table.name.clone(), table.rows.len()))
            .collect()
    }

    /// How tables differ from the catalog's, one sentence for each.
    pub fn notes(&self) -> Vec<String> {
        let tables = self.tables.iter();
        tables
            .filter_map(|table| Some(format!("`{}` is {}", table.name, table.note.as_ref()?)))
            .collect()
    }
}

/// Data for everything that a pipeline expects to find. `keys` are columns whose values together occur at most once,
/// by canonical table name.
pub fn generate(
    workload: &Workload,
    sources: &Sources,
    catalog: &Catalog,
    keys: &BTreeMap<String, Vec<String>>,
    settings: &Settings,
) -> Result<Generated, Impossible> {
    let needed = needed::needed(workload, sources, catalog);
    let mut problems = needed.problems;
    let views = needed
        .views
        .values()
        .filter_map(|facts| facts.view.as_ref());
    let texts = text::texts(sources, views.map(|view| view.text.as_str()));
    let hints = Hints::read(texts.iter().map(String::as_str));
    let mut anchors = hints.dates();
    anchors.retain(|date| (values::FIRST_DAY + 400..values::LAST_DAY - 400).contains(date));
    anchors.truncate(6);
    if anchors.is_empty() {
        anchors.push(values::default_anchor());
    }
    let heavy = heavy(&needed.tables);
    let none = Vec::new();
    let mut tables = Vec::new();
    for (number, (name, facts)) in needed.tables.iter().enumerate() {
        let columns = match columns(name, facts, &anchors, settings.level) {
            Ok(columns) => columns,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        let shape = Shape {
            table: name,
            number,
            heavy: heavy.contains(name.as_str()),
            rows: settings.rows.max(MIN_ROWS),
            key: key(&columns, keys.get(name).unwrap_or(&none)),
            seed: settings.seed,
        };
        tables.push(table(name, facts, &columns, &hints, &shape));
    }
    if !problems.is_empty() {
        return Err(Impossible(problems));
    }
    let views = needed.views.into_iter().filter_map(|(name, facts)| {
        let view = facts.view.as_ref()?;
        Some(GeneratedView {
            definition: definition::view(&name, facts, &view.text),
            name,
            database: view.database.clone(),
            settings: view.settings.clone(),
        })
    });
    Ok(Generated {
        databases: needed.databases,
        tables,
        views: views.collect(),
    })
}

/// The largest tables, as far as the catalog knows.
fn heavy<'a>(tables: &'a BTreeMap<String, &TableFacts>) -> BTreeSet<&'a str> {
    let mut by_size: Vec<(&str, u64)> = tables
        .iter()
        .map(|(name, facts)| (name.as_str(), facts.size_bytes.unwrap_or(0)))
        .collect();
    by_size.sort_by_key(|(name, size)| (std::cmp::Reverse(*size), *name));
    by_size
        .into_iter()
        .take(HEAVY_TABLES)
        .map(|(name, _)| name)
        .collect()
}

fn columns(
    table: &str,
    facts: &TableFacts,
    anchors: &[i64],
    level: Level,
) -> Result<Vec<Column>, String> {
    let lines = definition::has_lines(facts);
    let columns = facts.columns.iter().map(|column| {
        let data_type = DataType::parse(&column.data_type).map_err(|part| {
            format!(
                "column `{}` of `{table}` has a type of which no values are made: {part}",
                column.name
            )
        })?;
        let partition = facts
            .partition_columns
            .iter()
            .any(|name| name.eq_ignore_ascii_case(&column.name));
        Ok(Column {
            name: column.name.clone(),
            domain: Domain {
                data_type,
                level,
                partition,
                lines,
                anchors: anchors.to_vec(),
            },
            nullable: column.nullable,
        })
    });
    columns.collect()
}

/// Positions of the columns of a declared key; empty where one of them does not exist.
fn key(columns: &[Column], names: &[String]) -> Vec<usize> {
    let position = |name: &String| {
        columns
            .iter()
            .position(|column| column.name.eq_ignore_ascii_case(name))
    };
    names
        .iter()
        .map(position)
        .collect::<Option<_>>()
        .unwrap_or_default()
}

fn table(
    name: &str,
    facts: &TableFacts,
    columns: &[Column],
    hints: &Hints,
    shape: &Shape<'_>,
) -> GeneratedTable {
    // The first seed has rows everywhere; of the others each leaves some tables empty.
    let empty = shape.seed > 0 && Random::new(shape.seed, &format!("empty {name}")).chance(12);
    let rows = if empty {
        Vec::new()
    } else {
        rows::rows(columns, hints, shape)
    };
    let (definition, note) = definition::table(name, facts);
    let level = |column: &Column| column.domain.level;
    GeneratedTable {
        name: name.to_owned(),
        quoted: definition::identifier(name),
        definition,
        values: facts
            .columns
            .iter()
            .zip(columns)
            .enumerate()
            .map(|(at, (facts, column))| {
                definition::value(at, facts, &column.domain.data_type, level(column))
            })
            .collect(),
        rows: rows
            .iter()
            .map(|row| {
                let cells = columns.iter().zip(row);
                cells
                    .map(|(column, value)| column.domain.cell(value))
                    .collect()
            })
            .collect(),
        empty_partition: empty_partition(columns, &rows),
        note,
    }
}

/// A partition that no row lies in: of a value of each partition column that does not occur.
fn empty_partition(columns: &[Column], rows: &[Row]) -> Option<String> {
    let mut parts = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        if !column.domain.partition {
            continue;
        }
        let used: BTreeSet<Option<String>> = rows
            .iter()
            .filter_map(|row| Some(column.domain.cell(row.get(at)?)))
            .collect();
        let free = (0..1_000)
            .map(|number| column.domain.key(number))
            .find(|value| *value != Value::Null && !used.contains(&column.domain.cell(value)));
        let text = column.domain.cell(&free?)?;
        parts.push(format!(
            "{} = {}",
            definition::identifier(&column.name),
            values::quoted(&text)
        ));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}
