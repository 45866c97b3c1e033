//! What is read or computed repeatedly, and what was decided about it.

use std::cmp::Reverse;

use maud::{Markup, html};

use super::keys::Keys;
use super::room::{self, PLACES, fitting};
use super::shown::{prose, shown};
use super::{Page, Section};
use crate::frontend::statement::StatementId;
use crate::planner::plan_file::{DecisionEntry, PlanFile, ReasonEntry, Verdict};
use crate::present::report::analysis::{name, usage};
use crate::present::report::layout::count;
use crate::present::report::plan::{advice, subject};

/// Places that are listed at once; more are folded away.
const FEW: usize = 8;

#[expect(
    clippy::unnecessary_wraps,
    reason = "sections have one shape, and others may be missing"
)]
pub(super) fn section(page: &Page<'_>, keys: &Keys<'_>) -> Option<Section> {
    let body = match page.review.plan {
        Some(plan) => decided(plan, keys),
        None => tables(page, keys),
    };
    Some(Section {
        id: "repeated",
        title: "Repeated reads",
        body,
    })
}

/// Rows of a table that scrolls by itself, with what is left out.
fn table(caption: &str, columns: &[&str], rows: Vec<Markup>) -> Markup {
    if rows.is_empty() {
        return html! { p { "Nothing is read or computed more than once." } };
    }
    let (rows, left_out) = fitting(rows, room::REPEATED);
    html! {
        div.scroll tabindex="0" role="region" aria-label="Repeated reads" {
            table {
                caption { (caption) }
                thead {
                    tr {
                        @for (at, column) in columns.iter().enumerate() {
                            th scope="col" class=[(at == 0).then_some("number")] { (column) }
                        }
                    }
                }
                tbody { @for row in &rows { (row) } }
            }
        }
        @if left_out > 0 {
            p.note { "Left out, as this page has no room for them: " (count(left_out, "further row")) ", read least often." }
        }
    }
}

/// Every decision of a plan, what is read most often first.
fn decided(plan: &PlanFile, keys: &Keys<'_>) -> Markup {
    let mut decisions: Vec<&DecisionEntry> = plan.decisions.iter().collect();
    decisions.sort_by_key(|decision| Reverse(decision.reads.len()));
    let rows = decisions.iter().map(|decision| {
        html! {
            tr data-find {
                td.number { (decision.reads.len()) }
                th scope="row" { (shown(&subject(&decision.subject))) }
                td {
                    @match (decision.verdict, &decision.frame) {
                        (Verdict::Frame, Some(frame)) => { span.yes { "frame" } " " (keys.frame_link(frame)) },
                        _ => span.no { "read as it is" },
                    }
                }
                td { @for reason in &decision.reasons { (why(reason, decision)) } }
                td { (places(decision.reads.iter().map(String::as_str), keys)) }
            }
        }
    });
    let caption =
        "What is read or computed repeatedly, most often first, and what was decided about it";
    let columns = ["reads", "what", "decision", "why", "read by"];
    table(caption, &columns, rows.collect())
}

fn why(reason: &ReasonEntry, decision: &DecisionEntry) -> Markup {
    let whom = reason.statements.len();
    html! {
        p {
            (prose(&reason.text))
            @if whom > 0 && whom < decision.reads.len() { " (" (count(whom, "statement")) ")" }
            @if let Some(advice) = advice(&reason.code) { "; " em { "to lift this, " (prose(advice)) } }
        }
    }
}

/// Repeated tables, without decisions.
fn tables(page: &Page<'_>, keys: &Keys<'_>) -> Markup {
    let usage = usage(page.workload);
    let mut repeated: Vec<_> = usage.iter().filter(|(_, used)| used.reads() > 1).collect();
    repeated.sort_by_key(|(table, used)| (Reverse(used.reads()), **table));
    let place = |id: StatementId| {
        let statement = page.workload.statement(id);
        statement.map_or_else(String::new, |statement| {
            page.review.files.sources.place(statement.span)
        })
    };
    let rows = repeated.iter().map(|(table, used)| {
        let readers: Vec<String> = used
            .versions
            .values()
            .flatten()
            .map(|id| place(*id))
            .collect();
        let writers: Vec<String> = used.writers.iter().map(|id| place(*id)).collect();
        html! {
            tr data-find {
                td.number { (used.reads()) }
                th scope="row" { (shown(name(page.workload, **table))) }
                td { (places(readers.iter().map(String::as_str), keys)) }
                td { (places(writers.iter().map(String::as_str), keys)) }
            }
        }
    });
    let caption = "Tables that are read more than once, most often first";
    table(
        caption,
        &["reads", "table", "read by", "written by"],
        rows.collect(),
    )
}

/// Links to statements, each once.
fn places<'a>(places: impl Iterator<Item = &'a str>, keys: &Keys<'_>) -> Markup {
    let mut distinct: Vec<&str> = Vec::new();
    for place in places {
        if distinct.last() != Some(&place) {
            distinct.push(place);
        }
    }
    let more = distinct.len().saturating_sub(PLACES);
    let listed = html! {
        @for (at, place) in distinct.iter().take(PLACES).enumerate() {
            @if at > 0 { " " }
            (keys.place_link(place))
        }
        @if more > 0 { " and " (more) " more" }
    };
    html! {
        @if distinct.len() > FEW {
            details { summary { (count(distinct.len(), "place")) } (listed) }
        } @else {
            (listed)
        }
    }
}
