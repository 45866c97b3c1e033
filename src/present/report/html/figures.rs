//! The headline figures.

use maud::{Markup, html};

use super::keys::Keys;
use super::shown::prose;
use super::{Page, Section};
use crate::diagnostic::Severity;
use crate::facts::access::TableId;
use crate::planner::plan::Summary;
use crate::present::report::analysis::{Usage, usage};
use crate::present::report::layout::{bytes, count, micros};
use crate::present::report::search;

/// One figure.
struct Figure {
    name: &'static str,
    value: String,
    /// What the base had, where there is one and it had something else.
    before: Option<String>,
    note: String,
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "sections have one shape, and others may be missing"
)]
pub(super) fn section(page: &Page<'_>, _: &Keys<'_>) -> Option<Section> {
    let mut figures = vec![statements(page), tables(page)];
    if let Some(plan) = page.review.plan {
        let base = page.review.base.and_then(|base| base.plan);
        figures.extend(planned(
            &plan.summary,
            base.map(|base| &base.summary),
            &search::certificate(plan.search.as_ref()),
        ));
    }
    figures.push(findings(page));
    let none = page.review.plan.is_none();
    let body = html! {
        dl.figures {
            @for figure in &figures { (figure.markup()) }
        }
        @if none {
            p.note {
                "There is no plan on this page: " code { "hoist report" } " plans the pipeline too."
            }
        }
    };
    Some(Section {
        id: "figures",
        title: "At a glance",
        body,
    })
}

impl Figure {
    fn markup(&self) -> Markup {
        html! {
            div {
                dt { (self.name) }
                dd {
                    strong { (self.value) }
                    @if let Some(before) = &self.before { span.before { "before: " (before) } }
                    @if !self.note.is_empty() { span { (prose(&self.note)) } }
                }
            }
        }
    }
}

fn statements(page: &Page<'_>) -> Figure {
    let barriers = page.workload.accesses.iter();
    let barriers = barriers.filter(|access| access.barrier.is_some()).count();
    let files = count(page.review.files.sources.len(), "file");
    Figure {
        name: "Statements",
        value: page.workload.statements.len().to_string(),
        before: None,
        note: match barriers {
            0 => format!("in {files}"),
            _ => format!("in {files}, {}", count(barriers, "barrier")),
        },
    }
}

fn tables(page: &Page<'_>) -> Figure {
    let usage = usage(page.workload);
    let number = |wanted: fn(&Usage) -> bool| {
        let used = usage.iter();
        used.filter(|(_, used): &(&TableId, &Usage)| wanted(used))
            .count()
    };
    let repeated = number(|used| used.reads() > 1);
    let written = number(|used| !used.writers.is_empty());
    Figure {
        name: "Tables",
        value: usage.len().to_string(),
        before: None,
        note: format!("{repeated} read more than once, {written} written"),
    }
}

fn planned(now: &Summary, base: Option<&Summary>, certificate: &str) -> [Figure; 4] {
    let before = |figure: &dyn Fn(&Summary) -> String| {
        let old = base.map(figure);
        old.filter(|old| *old != figure(now))
    };
    let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    let scans = |summary: &Summary| format!("{} → {}", summary.scans_before, summary.scans_after);
    let frames = |summary: &Summary| summary.frames.to_string();
    let gain = |summary: &Summary| micros(summary.gain_micros);
    let peak = |summary: &Summary| bytes(summary.peak_bytes);
    let saved = now.scans_before.saturating_sub(now.scans_after);
    [
        Figure {
            name: "Reads of tables",
            value: scans(now),
            before: before(&scans),
            note: format!("{} saved", count(number(saved), "read")),
        },
        Figure {
            name: "Frames",
            value: frames(now),
            before: before(&frames),
            note: certificate.trim_start_matches("; ").to_owned(),
        },
        Figure {
            name: "Spark work saved",
            value: gain(now),
            before: before(&gain),
            note: "estimated, net of building frames".to_owned(),
        },
        Figure {
            name: "Peak of frames",
            value: peak(now),
            before: before(&peak),
            note: format!("estimated, of a budget of {}", bytes(now.budget_bytes)),
        },
    ]
}

fn findings(page: &Page<'_>) -> Figure {
    let number = |severity| {
        let findings = page.review.findings.iter();
        findings
            .filter(|finding| finding.diagnostic.severity == severity)
            .count()
    };
    let base = page.review.base;
    let before = base.map(|base| {
        let comparison = base.comparison;
        (comparison.fixed.len() + comparison.remaining).to_string()
    });
    let value = page.review.findings.len().to_string();
    Figure {
        name: "Findings",
        before: before.filter(|before| *before != value),
        value,
        note: format!(
            "{}, {}, {} worth knowing",
            count(number(Severity::Error), "error"),
            count(number(Severity::Warning), "warning"),
            number(Severity::Info)
        ),
    }
}
