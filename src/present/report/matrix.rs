//! Tables against statements: who reads what how often, and who writes it; how many versions of each table are read, and
//! how many statements each one waits for. In characters that every terminal has, without colour.
//!
//! ```text
//!                            1111111111222222
//!                v 1234567890123456789012345
//! general_data   1 ..11...1.11111..121.11...
//! exposure       2 ..w....1...........1.1...
//! (waits for)      .........1...........2...
//! ```

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::analysis::{Usage, name};
use super::layout::{WIDTH, count, wrap};
use crate::facts::access::TableId;
use crate::facts::workload::Workload;
use crate::frontend::statement::StatementId;

/// Most characters of a table's name; longer ones lose their beginning.
const LONGEST_NAME: usize = 30;
/// Fewest statements in a row of the matrix.
const FEWEST: usize = 20;
/// Characters of a row beside its name and its cells.
const BESIDE: usize = 6;
/// Name of the row of hazards.
const WAITS: &str = "(waits for)";

/// The matrix of the tables that several statements use, those read most first, with its legend. Empty where there is no
/// such table.
pub(super) fn text(workload: &Workload, usage: &BTreeMap<TableId, Usage>) -> String {
    let mut rows: Vec<(TableId, &Usage)> = usage
        .iter()
        .filter(|(_, used)| users(used).len() > 1)
        .map(|(table, used)| (*table, used))
        .collect();
    rows.sort_by_key(|(table, used)| (Reverse(used.reads()), *table));
    if rows.is_empty() {
        return String::new();
    }
    let names: Vec<String> = rows
        .iter()
        .map(|(table, _)| shortened(name(workload, *table)))
        .collect();
    let widest = names.iter().map(|name| name.chars().count()).max();
    let widest = widest.unwrap_or(0).max(WAITS.len());
    let room = WIDTH.saturating_sub(widest + BESIDE).max(FEWEST);
    let statements: Vec<StatementId> = workload.statements.iter().map(|one| one.id).collect();
    let mut text = String::from("Tables (rows) and statements (columns, numbered as below)\n");
    for part in statements.chunks(room) {
        heading(&mut text, part, widest);
        for ((_, used), name) in rows.iter().zip(&names) {
            let cells: String = part
                .iter()
                .map(|statement| cell(used, *statement))
                .collect();
            let versions = used.versions.len();
            let _ = writeln!(text, " {name:<widest$} {versions:>2} {cells}");
        }
        let waits: String = part.iter().map(|one| waits(workload, *one)).collect();
        if waits.contains(|cell| cell != '.') {
            let _ = writeln!(text, " {WAITS:<widest$}    {waits}");
        }
        let stops: String = part.iter().map(|one| barrier(workload, *one)).collect();
        if stops.contains('!') {
            let _ = writeln!(text, " {:<widest$}    {}", "", stops.trim_end());
        }
        text.push('\n');
    }
    let others = usage.len() - rows.len();
    let others = match others {
        0 => String::new(),
        _ => format!(
            " Left out: {} that one statement uses.",
            count(others, "table")
        ),
    };
    let legend = format!(
        "1 to 9: so many reads, +: more, w: writes it, x: reads and writes it, !: a statement that cannot be seen \
         through. v: versions of the table that are read; reads of different ones share nothing. {WAITS}: so many \
         statements must run before it, those not counted that these wait for."
    );
    text.push_str(&wrap(&format!("{legend}{others}"), 0));
    text.push_str("\n\n");
    text
}

/// The statements that use a table.
fn users(used: &Usage) -> BTreeSet<StatementId> {
    let readers = used.versions.values().flatten();
    readers.chain(&used.writers).copied().collect()
}

/// The end of a long name.
fn shortened(name: &str) -> String {
    let length = name.chars().count();
    if length <= LONGEST_NAME {
        return name.to_owned();
    }
    let end: String = name.chars().skip(length + 2 - LONGEST_NAME).collect();
    format!("..{end}")
}

/// Numbers of the statements, read downwards.
fn heading(text: &mut String, part: &[StatementId], widest: usize) {
    let numbers: Vec<String> = part.iter().map(|one| (one.0 + 1).to_string()).collect();
    let lines = numbers.iter().map(String::len).max().unwrap_or(0);
    for line in 0..lines {
        let digits = numbers.iter().map(|number| {
            let blanks = lines - number.len();
            let digit = line.checked_sub(blanks);
            digit
                .and_then(|digit| number.chars().nth(digit))
                .unwrap_or(' ')
        });
        let digits: String = digits.collect();
        let versions = if line + 1 == lines { "v" } else { "" };
        let digits = digits.trim_end();
        let _ = writeln!(text, " {:<widest$} {versions:>2} {digits}", "");
    }
}

/// What a statement does to a table.
fn cell(used: &Usage, statement: StatementId) -> char {
    let readers = used.versions.values().flatten();
    let reads = readers.filter(|reader| **reader == statement).count();
    let writes = used.writers.contains(&statement);
    match (reads, writes) {
        (0, false) => '.',
        (0, true) => 'w',
        (_, true) => 'x',
        (_, false) => few_or_more(reads),
    }
}

/// How many statements one waits for directly.
fn waits(workload: &Workload, statement: StatementId) -> char {
    let hazards = workload.hazards.iter();
    match hazards.filter(|hazard| hazard.to == statement).count() {
        0 => '.',
        few => few_or_more(few),
    }
}

/// A digit, or `+` where that is not enough.
fn few_or_more(number: usize) -> char {
    let digit = u32::try_from(number).ok();
    let digit = digit.and_then(|number| char::from_digit(number, 10));
    digit.unwrap_or('+')
}

fn barrier(workload: &Workload, statement: StatementId) -> char {
    let access = workload.access(statement);
    let stops = access.is_some_and(|access| access.barrier.is_some());
    if stops { '!' } else { ' ' }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(versions: &[(u32, &[u32])], writers: &[u32]) -> Usage {
        let ids =
            |ids: &[u32]| -> Vec<StatementId> { ids.iter().copied().map(StatementId).collect() };
        Usage {
            versions: versions
                .iter()
                .map(|(version, readers)| (*version, ids(readers)))
                .collect(),
            writers: ids(writers),
        }
    }

    #[test]
    fn a_cell_says_how_often_a_table_is_read_and_whether_it_is_written() {
        let used = used(&[(0, &[1, 2, 2]), (1, &[3; 10])], &[2, 4]);
        let cells: String = (0..5).map(|id| cell(&used, StatementId(id))).collect();
        assert_eq!(cells, ".1x+w");
        assert_eq!(users(&used).len(), 4);
    }

    #[test]
    fn numbers_are_read_downwards() {
        let mut text = String::new();
        let part: Vec<StatementId> = (7..12).map(StatementId).collect();
        heading(&mut text, &part, 3);
        assert_eq!(text, "          111\n      v 89012\n");
    }

    #[test]
    fn a_long_name_keeps_its_end() {
        assert_eq!(shortened("mart.orders"), "mart.orders");
        let long = format!("a_catalog.a_database.{}", "t".repeat(20));
        let short = shortened(&long);
        assert_eq!(short.chars().count(), LONGEST_NAME);
        assert!(short.starts_with("..") && long.ends_with(short.trim_start_matches('.')));
    }
}
