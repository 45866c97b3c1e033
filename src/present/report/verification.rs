//! A comparison of two runs, for people and for programs.

use std::fmt::Write as _;

use serde::Serialize;

use super::json::pretty;
use super::layout::{Align, Table, count, wrap};
use crate::runtime::verify::{Comparison, OutputComparison, Verdict};

/// The comparison as text: a row per output, then what else differs, then one line of totals.
pub fn text(comparison: &Comparison) -> String {
    let mut table = Table::new(&[
        ("output", Align::Left),
        ("rows", Align::Right),
        ("verdict", Align::Left),
    ]);
    for output in &comparison.outputs {
        table.row([output.name.clone(), rows(output), verdict(output)]);
    }
    let mut text = if table.is_empty() {
        "The pipeline has no output.\n".to_owned()
    } else {
        table.text()
    };
    text.push('\n');
    for left in &comparison.left_behind {
        let _ = writeln!(text, "left behind by the hoisted run: {left}");
    }
    for note in &comparison.notes {
        let _ = writeln!(text, "{}", wrap(&format!("note: {note}"), 0));
    }
    let number = |wanted: fn(&Verdict) -> bool| {
        let outputs = comparison.outputs.iter();
        outputs.filter(|output| wanted(&output.verdict)).count()
    };
    let equal = number(|verdict| matches!(verdict, Verdict::Equal));
    let different = number(|verdict| matches!(verdict, Verdict::Different(_)));
    let open = number(|verdict| matches!(verdict, Verdict::NotCompared(_)));
    let _ = writeln!(
        text,
        "Verify: {}: {equal} equal, {different} different, {open} not compared",
        count(comparison.outputs.len(), "output")
    );
    text
}

fn rows(output: &OutputComparison) -> String {
    if output.rows_plain == output.rows_hoisted {
        output.rows_plain.to_string()
    } else {
        format!("{} -> {}", output.rows_plain, output.rows_hoisted)
    }
}

fn verdict(output: &OutputComparison) -> String {
    let mut text = match &output.verdict {
        Verdict::Equal => "equal".to_owned(),
        Verdict::Different(how) => format!("DIFFERENT: {how}"),
        Verdict::NotCompared(reason) => format!("not compared: {reason}"),
    };
    for note in &output.notes {
        let _ = write!(text, "; {note}");
    }
    text
}

/// `hoist-verification/1`.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    /// Nothing differs and nothing is left behind.
    holds: bool,
    outputs: Vec<Entry<'a>>,
    left_behind: &'a [String],
    notes: &'a [String],
}

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    /// `equal`, `different` or `not_compared`.
    verdict: &'static str,
    reason: Option<&'a str>,
    rows_plain: u64,
    rows_hoisted: u64,
    notes: &'a [String],
}

/// The comparison as a JSON document.
pub fn json(comparison: &Comparison) -> String {
    pretty(&Document {
        schema: "hoist-verification/1",
        holds: comparison.holds(),
        outputs: comparison
            .outputs
            .iter()
            .map(|output| {
                let (verdict, reason) = match &output.verdict {
                    Verdict::Equal => ("equal", None),
                    Verdict::Different(how) => ("different", Some(how.as_str())),
                    Verdict::NotCompared(reason) => ("not_compared", Some(reason.as_str())),
                };
                Entry {
                    name: &output.name,
                    verdict,
                    reason,
                    rows_plain: output.rows_plain,
                    rows_hoisted: output.rows_hoisted,
                    notes: &output.notes,
                }
            })
            .collect(),
        left_behind: &comparison.left_behind,
        notes: &comparison.notes,
    })
}
