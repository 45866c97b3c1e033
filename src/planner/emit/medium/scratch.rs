//! Frames in the scratch database of the run, as Parquet tables.

use super::Texts;
use crate::planner::emit::{layout, name};
use crate::planner::frame::{NAMESPACE, SCRATCH};
use crate::planner::plan::Frame;

pub(super) const TEXTS: Texts = Texts {
    materialise,
    release,
    finish: &["DROP DATABASE IF EXISTS {ns} CASCADE"],
};

/// The database is made by whichever frame comes first. Its property tells a later run whose it is, should this one
/// die. Nothing equals a table by chance, so the definition stands as it is.
fn materialise(frame: &Frame, definition: &str) -> Vec<String> {
    let table = table(frame);
    vec![
        format!(
            "CREATE DATABASE IF NOT EXISTS {NAMESPACE} LOCATION '{SCRATCH}' \
             WITH DBPROPERTIES ('hoist.frames' = '{NAMESPACE}')"
        ),
        format!("DROP TABLE IF EXISTS {table}"),
        match layout::buckets(frame) {
            Some(buckets) => format!(
                "CREATE TABLE {table} USING parquet {buckets} AS {}",
                layout::all_of(frame, definition)
            ),
            None => format!("CREATE TABLE {table} USING parquet AS {definition}"),
        },
        format!(
            "CREATE OR REPLACE TEMPORARY VIEW {} AS SELECT * FROM {table}",
            name(frame)
        ),
    ]
}

fn release(frame: &Frame) -> Vec<String> {
    vec![format!("DROP TABLE IF EXISTS {}", table(frame))]
}

fn table(frame: &Frame) -> String {
    format!("{NAMESPACE}.{}", frame.name)
}
