//! What a change does to tables, statements and their order, a line for each.

use std::fmt::Write as _;

use super::super::layout::{count, micros, wrap};
use crate::facts::workload::HazardKind;
use crate::present::compare::{
    Change, Comparison, Effort, Measure, NewHazard, StatementChange, TableChange,
};

/// Lines of a list that people are shown.
const MOST: usize = 30;

/// The lists that are not empty, each with its title.
pub(crate) fn lists(comparison: &Comparison<'_>) -> Vec<(&'static str, String)> {
    let lists = [
        ("Tables", lines(&comparison.tables, table)),
        ("Statements", lines(&comparison.statements, statement)),
        ("New hazards", lines(&comparison.hazards, hazard)),
    ];
    let lists = lists.into_iter();
    lists.filter(|(_, lines)| !lines.is_empty()).collect()
}

fn lines<T>(all: &[T], line: impl Fn(&T) -> (char, String)) -> String {
    let mut text = String::new();
    for one in all.iter().take(MOST) {
        let (mark, line) = line(one);
        let _ = writeln!(text, " {mark} {}", wrap(&line, 3));
    }
    let more = all.len().saturating_sub(MOST);
    if more > 0 {
        let _ = writeln!(text, "   and {more} more");
    }
    text
}

fn mark(change: Change) -> char {
    match change {
        Change::Comes => '+',
        Change::Goes => '-',
        Change::Changes => '~',
    }
}

fn table(change: &TableChange) -> (char, String) {
    let was = change.reads.0 + change.writes.0 > 0;
    let is = change.reads.1 + change.writes.1 > 0;
    let kind = match (was, is) {
        (false, _) => Change::Comes,
        (_, false) => Change::Goes,
        _ => Change::Changes,
    };
    let mut parts = Vec::new();
    for ((old, new), noun) in [(change.reads, "read"), (change.writes, "write")] {
        if old != new {
            parts.push(format!("{old} -> {}", count(new, noun)));
        }
    }
    let (old, new) = &change.frames;
    if old != new {
        let names = |frames: &[String]| match frames {
            [] => "no frame".to_owned(),
            frames => frames.join(", "),
        };
        parts.push(format!("{} -> {}", names(old), names(new)));
    }
    let why = change.why.iter().map(|why| format!(": {why}"));
    let why: String = why.collect();
    (
        mark(kind),
        format!("{} ({}){why}", change.table, parts.join("; ")),
    )
}

fn statement(change: &StatementChange) -> (char, String) {
    let mut line = format!("{} {}", change.place, change.kind);
    if !change.details.is_empty() {
        let _ = write!(line, ": {}", change.details.join("; "));
    }
    (mark(change.change), line)
}

fn hazard(hazard: &NewHazard) -> (char, String) {
    let table = hazard.table.as_deref().unwrap_or("a table");
    let why = match hazard.kind {
        HazardKind::ReadAfterWrite => format!("it reads {table}, which that writes"),
        HazardKind::WriteAfterRead => format!("it writes {table}, which that reads"),
        HazardKind::WriteAfterWrite => format!("both write {table}"),
        HazardKind::Barrier => "nothing moves across one of them".to_owned(),
    };
    (
        '!',
        format!("{} must run after {}: {why}", hazard.to, hazard.from),
    )
}

/// What the hoisted run takes before and now, by what is counted.
pub(super) fn effort(effort: Effort) -> String {
    let Effort { by, before, now } = effort;
    let (what, old, new) = match by {
        Measure::Work => ("estimated Spark work", micros(before), micros(now)),
        Measure::Reads => ("reads of tables", before.to_string(), now.to_string()),
    };
    let unknown = match by {
        Measure::Work => "",
        Measure::Reads => "; the sizes of tables are not known",
    };
    format!(
        "A regression counts by {what} of the hoisted run: {old} -> {new}{}{unknown}",
        percent(before, now)
    )
}

/// ` (+7 %)`; empty where nothing was there before.
fn percent(before: u64, now: u64) -> String {
    let (old, new) = (i128::from(before), i128::from(now));
    let change = (new - old)
        .checked_mul(100)
        .and_then(|all| all.checked_div(old));
    change.map_or_else(String::new, |change| format!(" ({change:+} %)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percents_have_a_sign_and_need_something_before() {
        assert_eq!(percent(100, 107), " (+7 %)");
        assert_eq!(percent(100, 50), " (-50 %)");
        assert_eq!(percent(0, 5), "");
    }

    #[test]
    fn a_long_list_is_cut_and_says_so() {
        let hazard = NewHazard {
            from: "1.sql:1".to_owned(),
            to: "2.sql:1".to_owned(),
            kind: HazardKind::WriteAfterRead,
            table: Some("db.a".to_owned()),
        };
        let all = vec![hazard; MOST + 2];
        let text = lines(&all, super::hazard);
        assert_eq!(text.lines().count(), MOST + 1);
        assert!(
            text.starts_with(
                " ! 2.sql:1 must run after 1.sql:1: it writes db.a, which that reads\n"
            )
        );
        assert!(text.ends_with("   and 2 more\n"));
    }
}
