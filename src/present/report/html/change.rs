//! What a change does: totals before and now, frames that come or go, findings that are new or fixed.

use maud::{Markup, html};

use super::keys::Keys;
use super::room::{self, fitting};
use super::shown::{prose, shown};
use super::{Page, Section};
use crate::frontend::source::Sources;
use crate::present::report::layout::count;
use crate::present::report::plan::what_if;
use crate::present::report::review::{self, Base};
use crate::present::rule::Finding;

pub(super) fn section(page: &Page<'_>, _: &Keys<'_>) -> Option<Section> {
    let base = page.review.base?;
    let plans = base.plan.zip(page.review.plan);
    let body = html! {
        p { "Compared with " code { (shown(base.name)) } "." }
        @if let Some((before, now)) = plans {
            (totals(&review::changes(&before.summary, &now.summary)))
            h3 { "Frames that come, go or change" }
            pre.code.wrap { (shown(&what_if::changes(before, now))) }
        }
        @for (title, lines) in review::lists(base.comparison) {
            h3 { (title) }
            pre.code.wrap { (shown(&lines)) }
        }
        (findings(page, base))
        @for sentence in review::sentences(base) { p.note { (shown(&sentence)) } }
    };
    Some(Section {
        id: "change",
        title: "What the change does",
        body,
    })
}

fn totals(changes: &[(&'static str, String, String)]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Totals" {
            table {
                caption { "Totals before and now" }
                thead { tr { th scope="col" { "total" } th.number scope="col" { "before" } th.number scope="col" { "now" } th scope="col" { "changed" } } }
                tbody {
                    @for (name, before, now) in changes {
                        tr {
                            th scope="row" { (name) }
                            td.number { (before) }
                            td.number { (now) }
                            td { @if before != now { span.new { "changed" } } }
                        }
                    }
                }
            }
        }
    }
}

fn findings(page: &Page<'_>, base: Base<'_>) -> Markup {
    let comparison = base.comparison;
    let list = |found: &[&Finding], sources: &Sources| {
        let entries = found.iter().map(|finding| {
            let diagnostic = &finding.diagnostic;
            let place = diagnostic.span.map(|span| sources.place(span));
            html! {
                li {
                    code { (diagnostic.code) } " "
                    @if let Some(place) = &place { code { (shown(place)) } " " }
                    (prose(&diagnostic.message))
                }
            }
        });
        let (entries, left_out) = fitting(entries, room::CHANGE);
        html! {
            ul { @for entry in &entries { (entry) } }
            @if left_out > 0 { p.note { "And " (count(left_out, "further one")) "." } }
        }
    };
    html! {
        h3 { "Findings: " (comparison.new.len()) " new, " (comparison.fixed.len()) " fixed, " (comparison.remaining) " remaining" }
        @if !comparison.new.is_empty() {
            h4 { "New" }
            (list(&comparison.new, page.review.files.sources))
        }
        @if !comparison.fixed.is_empty() {
            h4 { "Fixed" }
            (list(&comparison.fixed, base.sources))
        }
    }
}
