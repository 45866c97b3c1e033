//! Findings with the lines that they are about.

use std::collections::BTreeMap;
use std::ops::Range;

use maud::{Markup, html};

use super::keys::Keys;
use super::room::{self, fitting};
use super::shown::{beginning, prose, shown};
use super::{Page, Section};
use crate::diagnostic::{Severity, Span};
use crate::frontend::source::Source;
use crate::present::report::findings::{Files, word};
use crate::present::report::layout::count;
use crate::present::rule::{Finding, rule};

/// Most lines that are shown of what a finding is about.
const LINES: usize = 6;
/// Most characters of such a line.
const WIDTH: usize = 240;

#[expect(
    clippy::unnecessary_wraps,
    reason = "sections have one shape, and others may be missing"
)]
pub(super) fn section(page: &Page<'_>, _: &Keys<'_>) -> Option<Section> {
    let review = &page.review;
    let new = review.base.map(|base| base.comparison.prints());
    // Where not all fit, the worst do.
    let mut findings: Vec<&Finding> = review.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.diagnostic.severity));
    let parts = findings.iter().map(|finding| {
        let is_new = new
            .as_ref()
            .is_some_and(|new| new.contains(finding.fingerprint.as_str()));
        entry(finding, review.files, is_new)
    });
    let (shown, left_out) = fitting(parts, room::FINDINGS);
    let body = html! {
        @if findings.is_empty() {
            p { "No finding." }
        } @else {
            (rules(&findings))
            @if left_out > 0 {
                p.note {
                    (count(left_out, "finding")) " of those listed above not shown: this page has no room for them. "
                    code { "--output json=FILE" } " has all."
                }
            }
            ol.findings { @for one in &shown { (one) } }
        }
    };
    Some(Section {
        id: "findings",
        title: "Findings",
        body,
    })
}

/// How many findings of each rule there are, the worst rules first.
fn rules(findings: &[&Finding]) -> Markup {
    let mut rules: BTreeMap<(std::cmp::Reverse<Severity>, &str), usize> = BTreeMap::new();
    for finding in findings {
        let diagnostic = &finding.diagnostic;
        let rule = (std::cmp::Reverse(diagnostic.severity), diagnostic.code);
        *rules.entry(rule).or_default() += 1;
    }
    html! {
        div.scroll tabindex="0" role="region" aria-label="Rules" {
            table {
                caption { "Rules that found something. " code { "hoist explain RULE" } " is the page of one." }
                thead {
                    tr { th scope="col" { "level" } th scope="col" { "rule" } th.number scope="col" { "findings" } th scope="col" { "finds" } }
                }
                tbody {
                    @for ((severity, code), number) in &rules {
                        tr {
                            td { (level(severity.0)) }
                            th scope="row" { code { (code) } }
                            td.number { (number) }
                            td { @if let Some(rule) = rule(code) { (prose(rule.summary)) } }
                        }
                    }
                }
            }
        }
    }
}

/// A severity as a mark that colour does not carry alone.
fn level(severity: Severity) -> Markup {
    let sign = match severity {
        Severity::Error => "✖",
        Severity::Warning => "▲",
        Severity::Info => "●",
    };
    html! {
        span class={ "level " (word(severity)) } { span aria-hidden="true" { (sign) " " } (word(severity)) }
    }
}

fn entry(finding: &Finding, files: Files<'_>, is_new: bool) -> Markup {
    let diagnostic = &finding.diagnostic;
    let labels = diagnostic.labels.iter();
    html! {
        li data-find {
            h3 {
                (level(diagnostic.severity)) " "
                @if is_new { span.new { "new" } " " }
                code { (diagnostic.code) } " " (prose(&diagnostic.message))
            }
            @if let Some(span) = diagnostic.span {
                p.place { code { (shown(&files.at(Some(span)))) } }
                (excerpt(files, span))
            }
            @for label in labels {
                p.place { code { (shown(&files.at(Some(label.span)))) } " " (prose(&label.text)) }
                (excerpt(files, label.span))
            }
            @if let Some(help) = &diagnostic.help { p.help { strong { "To do: " } (prose(help)) } }
        }
    }
}

/// The lines of a span, with their numbers, and the span itself marked in them.
fn excerpt(files: Files<'_>, span: Span) -> Markup {
    let Some(source) = files.sources.get(span.source) else {
        return html! {};
    };
    let lines = lines(source, span);
    let more = lines.len().saturating_sub(LINES);
    html! {
        pre.code tabindex="0" {
            @for (number, line, marked) in lines.iter().take(LINES) {
                span.line data-line=(number) {
                    (beginning(line.get(..marked.start).unwrap_or(""), WIDTH))
                    mark { (beginning(line.get(marked.clone()).unwrap_or(""), WIDTH)) }
                    (beginning(line.get(marked.end..).unwrap_or(""), WIDTH))
                }
                "\n"
            }
            @if more > 0 { span.line.more { "… " (count(more, "further line")) } "\n" }
        }
    }
}

/// The lines that a span touches: number, text, and the bytes of it that the span covers.
fn lines(source: &Source, span: Span) -> Vec<(u32, &str, Range<usize>)> {
    let text = source.template();
    let (start, end) = (span.start as usize, span.end.max(span.start) as usize);
    let before = text.get(..start).unwrap_or("");
    let first = before.rfind('\n').map_or(0, |at| at + 1);
    let (mut number, _) = source.position(span.start);
    let mut at = first;
    let mut lines = Vec::new();
    for line in text.get(first..).unwrap_or("").split('\n') {
        if at > start && at >= end {
            break;
        }
        let shown = line.strip_suffix('\r').unwrap_or(line);
        let within = |byte: usize| byte.saturating_sub(at).min(shown.len());
        lines.push((number, shown, within(start)..within(end)));
        at += line.len() + 1;
        number += 1;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceId;
    use crate::frontend::source::{Sources, Variables};

    #[test]
    fn lines_of_a_span_are_marked_where_it_covers_them() {
        let text = "SELECT a\r\nFROM ü\nWHERE b\n";
        let sources = Sources::from_texts([("a.sql", text)], &Variables::new());
        let marked = |start, end| -> Vec<String> {
            let span = Span {
                source: SourceId(0),
                start,
                end,
            };
            let lines = lines(sources.iter().next().unwrap(), span);
            let marked = lines
                .iter()
                .map(|(number, line, range)| format!("{number} {line} [{}]", &line[range.clone()]));
            marked.collect()
        };
        assert_eq!(marked(15, 17), ["2 FROM ü [ü]"]);
        assert_eq!(marked(7, 17), ["1 SELECT a [a]", "2 FROM ü [FROM ü]"]);
        assert_eq!(marked(8, 10), ["1 SELECT a []"]);
        assert_eq!(marked(18, 18), ["3 WHERE b []"]);
    }
}
