//! Layouts: the hint that spreads a frame's rows, and the buckets of its table.

use super::quote::quoted;
use crate::planner::plan::{Frame, Layout};

/// All rows of a definition, spread as the frame wants them.
///
/// A hint, as it takes a number of parts: `DISTRIBUTE BY` makes as many as the session's exchanges have, and whatever
/// reads the frame has a task for each.
pub(super) fn all_of(frame: &Frame, definition: &str) -> String {
    // A comment at the end would hide the bracket.
    let end = if definition.contains("--") { "\n" } else { "" };
    let hint = match &frame.layout {
        Layout::Plain => String::new(),
        Layout::Clustered { columns, parts } => {
            format!(" /*+ REPARTITION({parts}, {}) */", listed(columns))
        }
    };
    format!("SELECT{hint} * FROM ({definition}{end})")
}

/// The clause that makes buckets of a frame's table, where it has some: rows are spread in the same way, so each
/// bucket is one file.
pub(super) fn buckets(frame: &Frame) -> Option<String> {
    match &frame.layout {
        Layout::Plain => None,
        Layout::Clustered { columns, parts } => Some(format!(
            "CLUSTERED BY ({}) INTO {parts} BUCKETS",
            listed(columns)
        )),
    }
}

fn listed(columns: &[String]) -> String {
    let columns: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
    columns.join(", ")
}
