//! Frames in the scratch database of the run: the database, an empty place, the table, and a view to read it through.
//!
//! A table is read by its name alone, so no mark is needed.

use super::words;
use crate::facts::access::TableId;
use crate::facts::catalog::{TableFacts, TableKind};
use crate::frontend::statement::{Query, QueryBody, Relation, StatementId, StatementKind};
use crate::planner::check::emitted::Emitted;
use crate::planner::check::frames::says;
use crate::planner::check::{Check, Promise, feeds};
use crate::planner::emit::{ProgramText, SCRATCH};
use crate::planner::frame::FrameKind;
use crate::planner::plan::{Frame, Layout, Step};

/// How often the run's prefix stands in the defining text: as the name of the database.
pub(super) const PREFIXES: usize = 1;

/// The table in the words of a text.
fn table(check: &Check<'_>, frame: &Frame) -> String {
    format!("{} . {}", check.prefix.text, frame.name)
}

pub(super) fn around(check: &Check<'_>, frame: &Frame, texts: &[ProgramText]) -> Vec<String> {
    let [database, drop, _, view] = texts else {
        return vec!["does not build a table in four texts".to_owned()];
    };
    let prefix = &check.prefix.text;
    let table = table(check, frame);
    let name = check.prefix.frame(&frame.name);
    let expected = [
        (
            database,
            format!(
                "create database if not exists {prefix} location '{SCRATCH}' with dbproperties ( 'hoist.frames' = \
                 '{prefix}' )"
            ),
            "make the run's scratch database at its place",
        ),
        (
            drop,
            format!("drop table if exists {table}"),
            "drop what an earlier attempt left",
        ),
        (
            view,
            format!("create or replace temporary view {name} as select * from {table}"),
            "define a view of all that the table holds",
        ),
    ];
    let wrong = expected
        .into_iter()
        .filter(|(text, expected, _)| says(check, text).as_ref() != Some(expected));
    wrong
        .map(|(_, _, what)| format!("does not {what} for frame `{}`", frame.name))
        .collect()
}

pub(super) fn definition<'q>(
    check: &Check<'_>,
    frame: &Frame,
    emitted: &'q Emitted,
) -> Result<&'q Query, (Promise, String)> {
    let table = table(check, frame);
    let (expected, after) = match &frame.layout {
        Layout::Plain => (format!("create table {table} using parquet as"), ""),
        // The definition is below what spreads its rows.
        Layout::Clustered { columns, parts } => {
            let key = columns.join(" , ").to_lowercase();
            let buckets = format!("clustered by ( {key} ) into {parts} buckets");
            (
                format!("create table {table} using parquet {buckets} as select * from ("),
                ")",
            )
        }
    };
    let query = match emitted.statement.as_ref().map(|statement| &statement.kind) {
        Some(StatementKind::CreateTableAs { query, .. }) => match &frame.layout {
            Layout::Plain => Some(query),
            Layout::Clustered { .. } => below(query),
        },
        _ => None,
    };
    let fits = query.filter(|query| {
        let said = |start, end| words(emitted, start, end).map(|words| words.join(" "));
        said(0, query.span.start).as_ref() == Some(&expected)
            && said(query.span.end, u32::MAX).as_deref() == Some(after)
    });
    fits.ok_or_else(|| {
        let text = format!(
            "does not make a Parquet table in the scratch database for frame `{}`",
            frame.name
        );
        (Promise::Text, text)
    })
}

/// The only derived table of a query.
fn below(query: &Query) -> Option<&Query> {
    let QueryBody::Select(select) = &query.body else {
        return None;
    };
    match select.from.as_slice() {
        [Relation::Derived { query, .. }] => Some(query),
        _ => None,
    }
}

pub(super) fn releasing(check: &Check<'_>, frame: &Frame) -> (Vec<String>, String) {
    let table = table(check, frame);
    let accepted = vec![
        format!("drop table if exists {table}"),
        format!("drop table {table}"),
    ];
    let problem = format!(
        "does not drop the table of frame `{}`, and nothing else",
        frame.name
    );
    (accepted, problem)
}

/// What drops the database with all that is in it.
pub(super) fn dropping(check: &Check<'_>) -> String {
    format!("drop database if exists {} cascade", check.prefix.text)
}

/// Values of settings under which a written table is read back as it was. Any other value, or none known, is a fault.
const SETTINGS: [(&str, [&str; 2]); 7] = [
    (
        "spark.sql.parquet.outputtimestamptype",
        ["INT96", "TIMESTAMP_MICROS"],
    ),
    (
        "spark.sql.parquet.datetimerebasemodeinwrite",
        ["EXCEPTION", "CORRECTED"],
    ),
    (
        "spark.sql.parquet.int96rebasemodeinwrite",
        ["EXCEPTION", "CORRECTED"],
    ),
    ("spark.sql.parquet.int96astimestamp", ["TRUE", "TRUE"]),
    ("spark.sql.parquet.binaryasstring", ["FALSE", "FALSE"]),
    ("spark.sql.readsidecharpadding", ["TRUE", "TRUE"]),
    ("spark.sql.charasvarchar", ["FALSE", "FALSE"]),
];

/// A table has the names and types of the frame's query, but each of its columns may hold NULL, and settings decide
/// what becomes of timestamps and CHAR. So settings must be usual from the start to the last reader, and the columns
/// must be such that may hold NULL anyway: otherwise the files that a reader writes mark them differently.
pub(super) fn keeps(check: &Check<'_>, frame: &Frame) -> Result<(), String> {
    let name = &frame.name;
    let session = check.catalog.session.as_ref();
    let settings = session.map(|session| &session.settings);
    for (key, faithful) in SETTINGS {
        let value = settings.and_then(|settings| settings.get(key));
        if !value.is_some_and(|value| faithful.contains(&value.to_uppercase().as_str())) {
            let value = value.map_or("unknown", String::as_str);
            return Err(format!(
                "frame `{name}` is a table, which may be read back otherwise: `{key}` is {value}"
            ));
        }
    }
    let mut keys = settings.into_iter().flatten().map(|(key, _)| key);
    if let Some(key) = keys.find(|key| key.starts_with("spark.sql.legacy.parquet")) {
        return Err(format!(
            "frame `{name}` is a table, which may be read back otherwise: `{key}` is set"
        ));
    }
    // What Spark loses of a frame that is built from this one it computes again from the table.
    let fed = feeds::descendants(check, frame);
    let readers: Vec<StatementId> = std::iter::once(frame)
        .chain(fed)
        .flat_map(|frame| frame.readers.iter().map(|reader| reader.statement))
        .collect();
    let is_reader = |id: StatementId| readers.contains(&id);
    let last = check.plan.steps.iter().rposition(|step| match step {
        Step::Run(id) => is_reader(*id),
        Step::Materialise(_) | Step::Release(_) => false,
    });
    for step in check.plan.steps.iter().take(last.unwrap_or_default()) {
        let Step::Run(id) = step else { continue };
        if may_reset(check, *id) {
            return Err(format!(
                "frame `{name}` is a table, which may be read back otherwise: settings of Parquet may change before \
                 its last reader"
            ));
        }
    }
    let plain = frame.kind == FrameKind::CoveringRead
        && frame
            .inputs
            .iter()
            .all(|input| input.generation == 0 && always_nullable(facts(check, input.table)));
    if plain {
        return Ok(());
    }
    Err(format!(
        "frame `{name}` is a table, each column of which may hold NULL: what its readers write would show that"
    ))
}

fn facts<'c>(check: &'c Check<'_>, table: TableId) -> Option<&'c TableFacts> {
    let mut tables = check.workload.tables.iter();
    let known = tables.find(|known| known.id == table && !known.temporary)?;
    check.catalog.tables.get(&known.name)
}

/// Whether Spark reads each column of a table as one that may hold NULL, whatever was declared.
fn always_nullable(facts: Option<&TableFacts>) -> bool {
    facts.is_some_and(|facts| {
        let stored = facts.kind == TableKind::Managed || facts.kind == TableKind::External;
        let format = facts.provider.as_deref().map(str::to_lowercase);
        let file_source = format.is_some_and(|format| {
            ["parquet", "orc", "csv", "json", "text", "avro"].contains(&format.as_str())
        });
        stored && file_source
    })
}

/// Whether a statement may change how Parquet is written or read.
fn may_reset(check: &Check<'_>, id: StatementId) -> bool {
    let Some((statement, access)) = check.statements.get(&id) else {
        return true;
    };
    match &statement.kind {
        StatementKind::Set { key, value } => {
            let key = key.trim_matches(['`', ' ']).to_lowercase();
            let written = SETTINGS.iter().any(|(known, _)| *known == key)
                || key.starts_with("spark.sql.legacy.parquet")
                || key.starts_with("spark.sql.parquet.");
            value.is_some() && written && key != "spark.sql.parquet.compression.codec"
        }
        // Settings that are seen to change are a barrier; a header does not say which change unseen.
        StatementKind::Python(step) => access.barrier.is_some() || !step.unseen.is_empty(),
        StatementKind::Opaque { .. } | StatementKind::Script(_) => true,
        _ => false,
    }
}
