//! How the choice of a plan came about: what is proved of it, how the search went, and which statements change places.

use std::fmt::Write as _;

use super::layout::{Align, Table, micros, wrap};
use crate::planner::plan_file::{PlanFile, SearchEntry, StepEntry};

/// The certificate of a plan as the end of a sentence; empty where nothing was searched.
pub(super) fn certificate(search: Option<&SearchEntry>) -> String {
    match search {
        Some(search) => format!("; the choice is {}", proved(search)),
        None => String::new(),
    }
}

fn proved(search: &SearchEntry) -> String {
    if search.certificate == "optimal" {
        "proved optimal".to_owned()
    } else {
        format!("not proved optimal, {}", search.certificate)
    }
}

/// The statements that run in another place than in the files.
pub(super) fn moved(plan: &PlanFile) -> String {
    let moved = plan.steps.iter().filter_map(|step| {
        let statement = step.statement.as_ref()?;
        Some((step, statement, statement.moved.as_ref()?))
    });
    let mut lines = String::new();
    for (step, statement, why) in moved {
        let before = ran_before(plan, step);
        let place = format!("{}:{}", statement.file, statement.line);
        let line = format!("{place} runs as step {}, {before}: {why}", step.number);
        let _ = writeln!(lines, " {}", wrap(&line, 3));
    }
    if lines.is_empty() {
        lines
    } else {
        format!("Moved\n{lines}\n")
    }
}

/// Which statement runs before a step.
fn ran_before(plan: &PlanFile, step: &StepEntry) -> String {
    let before = plan.steps.iter().take_while(|one| one.number < step.number);
    let last = before.filter_map(|one| one.statement.as_ref()).last();
    last.map_or_else(
        || "first".to_owned(),
        |last| format!("after {}:{}", last.file, last.line),
    )
}

/// How the search went: bounds, steps, and why each part stopped.
pub fn explained(search: Option<&SearchEntry>) -> String {
    let Some(search) = search else {
        let text =
            "Nothing was searched: frames are switched off, or the ones to take are forced.\n";
        return text.to_owned();
    };
    let mut table = Table::new(&[
        ("part of the search", Align::Left),
        ("gains", Align::Right),
        ("at most", Align::Right),
        ("steps", Align::Right),
        ("ended", Align::Left),
    ]);
    for part in &search.parts {
        table.row([
            part.name.clone(),
            micros(part.value_micros),
            micros(part.bound_micros),
            part.nodes.to_string(),
            ended(&part.ended).to_owned(),
        ]);
    }
    let mut text = format!("Search\n{}", table.text());
    let line = format!(
        "{} of {} ways to keep a frame could gain something. The choice gains {} beyond the margin \
         asked of frames, no other one gains more than {}: it is {}",
        search.options,
        search.options_given,
        micros(search.value_micros),
        micros(search.bound_micros),
        proved(search),
    );
    let _ = writeln!(text, "{}", wrap(&line, 0));
    text
}

/// Why a part of the search ended, in words.
fn ended(word: &str) -> &str {
    match word {
        "proved" => "nothing can be better",
        "finished" => "nothing left to look at",
        "limit" => "its steps were spent",
        "too-large" => "too large for it",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::plan_file::SearchPartEntry;

    fn search(certificate: &str) -> SearchEntry {
        SearchEntry {
            certificate: certificate.to_owned(),
            value_micros: 9_000_000,
            bound_micros: 9_300_000,
            options: 4,
            options_given: 11,
            parts: vec![
                SearchPartEntry {
                    name: "frames in given order".to_owned(),
                    value_micros: 7_000_000,
                    bound_micros: 9_500_000,
                    nodes: 0,
                    ended: "finished".to_owned(),
                },
                SearchPartEntry {
                    name: "all orders".to_owned(),
                    value_micros: 9_000_000,
                    bound_micros: 9_300_000,
                    nodes: 24_000,
                    ended: "limit".to_owned(),
                },
            ],
        }
    }

    #[test]
    fn the_search_is_told_part_by_part() {
        assert_eq!(certificate(None), "");
        assert!(explained(None).starts_with("Nothing was searched"));
        let near = search("gap ≤ 3.3 %");
        assert_eq!(
            certificate(Some(&near)),
            "; the choice is not proved optimal, gap ≤ 3.3 %"
        );
        insta::assert_snapshot!(explained(Some(&near)), @"
        Search
         part of the search     gains  at most  steps  ended
         frames in given order  7.0 s    9.5 s      0  nothing left to look at
         all orders             9.0 s    9.3 s  24000  its steps were spent
        4 of 11 ways to keep a frame could gain something. The choice gains 9.0 s beyond
        the margin asked of frames, no other one gains more than 9.3 s: it is not proved
        optimal, gap ≤ 3.3 %
        ");
        let best = search("optimal");
        assert_eq!(certificate(Some(&best)), "; the choice is proved optimal");
    }
}
