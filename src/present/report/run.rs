//! A run for people: previews of bare queries, the summary at the end, the program of a dry run.

use std::fmt::Write as _;

use super::layout::{Align, Table, count, micros, wrap};
use crate::frontend::source::{Variables, fill};
use crate::planner::emit::{Language, ProgramText};
use crate::planner::plan::Summary;
use crate::runtime::engine::Output;
use crate::runtime::run::{Outcome, RunInput, RunRecord, StepKind, StepState, Work};

/// Longest cell of a preview, characters.
const LONGEST_CELL: usize = 40;

/// The first rows of a bare query as an aligned table that says that it is a preview.
pub fn preview(title: &str, output: &Output) -> String {
    let headings: Vec<(String, Align)> = output
        .columns
        .iter()
        .map(|column| {
            let numeric = [
                "int", "bigint", "smallint", "tinyint", "float", "double", "decimal",
            ]
            .iter()
            .any(|kind| column.type_name.starts_with(kind));
            let align = if numeric { Align::Right } else { Align::Left };
            (cell(Some(&column.name)), align)
        })
        .collect();
    let headings: Vec<(&str, Align)> = headings
        .iter()
        .map(|(name, align)| (name.as_str(), *align))
        .collect();
    let mut table = Table::new(&headings).unwrapped();
    for row in &output.rows {
        table.row(row.iter().map(|value| cell(value.as_deref())));
    }
    let shown = count(output.rows.len(), "row");
    let note = if output.truncated {
        format!("first {shown}: a preview, `--results DIR` writes them all")
    } else {
        shown
    };
    format!("{title} ({note})\n{}\n", table.text())
}

/// One cell: NULL spelled out, control characters escaped, cut to a sensible length.
fn cell(value: Option<&str>) -> String {
    let Some(value) = value else {
        return "NULL".to_owned();
    };
    let escaped: String = value
        .chars()
        .flat_map(|c| {
            let control = c.is_control();
            c.escape_default()
                .filter(move |_| control)
                .chain((!control).then_some(c))
        })
        .collect();
    if escaped.chars().count() <= LONGEST_CELL {
        escaped
    } else {
        let cut: String = escaped.chars().take(LONGEST_CELL - 3).collect();
        format!("{cut}...")
    }
}

/// What the end of a run is told with.
#[derive(Clone, Copy, Debug)]
pub struct Ending<'a> {
    /// The run.
    pub record: &'a RunRecord,
    /// Statements of the pipeline.
    pub statements: usize,
    /// Totals of its plan; none where the original text was run.
    pub plan: Option<&'a Summary>,
    /// Canonical names of the tables written.
    pub tables: &'a [String],
    /// Where managed tables lie.
    pub warehouse: Option<&'a str>,
    /// Folder of complete results of bare queries.
    pub results: Option<&'a str>,
    /// What to try next: commands.
    pub next: &'a [String],
}

/// The summary of a run: what was done, where the time went, where the results are, what to try next.
pub fn ending(ending: &Ending<'_>) -> String {
    let record = ending.record;
    let done = |kind| {
        let steps = record.steps.iter();
        steps
            .filter(|step| step.kind == kind && step.state == StepState::Done)
            .count()
    };
    let word = match record.outcome {
        Outcome::Done => "Done",
        Outcome::Failed => "Failed",
        Outcome::Interrupted => "Interrupted",
        Outcome::Unfinished => "Not run",
    };
    let phases = &record.phases;
    let lines = [
        ("session start", phases.session_micros),
        ("set-up", phases.set_up_micros),
        ("catalog", phases.catalog_micros),
        ("planning", phases.plan_micros),
        ("frames", phases.frames_micros),
        ("statements", phases.statements_micros),
        ("clean-up", phases.cleanup_micros),
    ];
    let total: u64 = lines.iter().map(|(_, time)| time).sum();
    let mut text = format!(
        "\n{word} in {}: {} of {}, {}",
        micros(total),
        done(StepKind::Run),
        count(ending.statements, "statement"),
        count(done(StepKind::Materialise), "frame"),
    );
    match ending.plan {
        Some(plan) => {
            let _ = writeln!(
                text,
                ", {} -> {} scans",
                plan.scans_before, plan.scans_after
            );
        }
        None => text.push_str(" (original text)\n"),
    }
    for (name, time) in lines.iter().filter(|(_, time)| *time > 0) {
        let _ = writeln!(text, "  {name:<14}{:>10}", micros(*time));
    }
    if !ending.tables.is_empty() {
        let _ = writeln!(text, "Tables: {}", wrap(&ending.tables.join(" "), 8));
    }
    if let Some(warehouse) = ending.warehouse.filter(|_| !ending.tables.is_empty()) {
        let _ = writeln!(text, "        in {warehouse}");
    }
    if let Some(results) = ending.results {
        let _ = writeln!(text, "Results: {results}");
    }
    for left in &record.left_behind {
        let _ = writeln!(text, "Left behind: {left}");
    }
    for (number, next) in ending.next.iter().enumerate() {
        let word = if number == 0 { "Next:" } else { "" };
        let _ = writeln!(text, "{word:<8}{next}");
    }
    text
}

/// The texts of a run in order, with the values of variables, as they would be submitted. What differs per run
/// stays the placeholder `{ns}`.
pub fn program(input: &RunInput, variables: &Variables) -> String {
    let mut text = String::new();
    let mut add = |title: &str, texts: &[ProgramText]| {
        for entry in texts {
            let (comment, body) = match entry.language {
                Language::Sql => ("--", fill(&entry.text, variables).text),
                Language::Python => ("#", entry.text.clone()),
            };
            let end = match entry.language {
                Language::Sql => ";\n",
                Language::Python => "\n",
            };
            let _ = writeln!(text, "{comment} {title}\n{}{end}", body.trim_end());
        }
    };
    add("settings of the session", &input.start);
    for step in &input.steps {
        let title = match &step.work {
            Work::Materialise { frame, .. } => format!("materialise {frame}"),
            Work::Run(statement) => format!("run {}", statement.place()),
            Work::Release { frame } => format!("release {frame}"),
        };
        add(&format!("step {}: {title}", step.number), &step.texts);
    }
    add("finish", &input.finish);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::engine::OutputColumn;

    #[test]
    fn a_preview_says_so_and_shows_no_control_characters() {
        let column = |name: &str, type_name: &str| OutputColumn {
            name: name.to_owned(),
            type_name: type_name.to_owned(),
        };
        let output = Output {
            columns: vec![column("region", "string"), column("rows", "bigint")],
            rows: vec![
                vec![Some("north\u{1b}[31m\n".to_owned()), Some("12".to_owned())],
                vec![None, Some("3".to_owned())],
            ],
            truncated: true,
            ..Output::default()
        };
        insta::assert_snapshot!(preview("a.sql:1", &output), @r"
        a.sql:1 (first 2 rows: a preview, `--results DIR` writes them all)
         region             rows
         north\u{1b}[31m\n    12
         NULL                  3
        ");
    }
}
