//! Diagnostics with the user's own lines, in the manner of compilers.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::layout::WIDTH;
use crate::diagnostic::{Diagnostic, Severity, Span};
use crate::frontend::source::Sources;

/// All diagnostics in canonical order, a blank line between them. `styled` adds terminal colours.
pub fn text(diagnostics: &[Diagnostic], sources: &Sources, styled: bool) -> String {
    let renderer = if styled {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer.term_width(WIDTH);
    let mut text = String::new();
    for diagnostic in ordered(diagnostics) {
        text.push_str(&renderer.render(&[group(diagnostic, sources)]));
        text.push_str("\n\n");
    }
    text
}

/// By place, then severity (worst first), code and message; those without a place last.
pub fn ordered(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut ordered: Vec<&Diagnostic> = diagnostics.iter().collect();
    ordered.sort_by_key(|diagnostic| {
        (
            diagnostic.span.is_none(),
            diagnostic.span,
            std::cmp::Reverse(diagnostic.severity),
            diagnostic.code,
            &diagnostic.message,
        )
    });
    ordered.dedup();
    ordered
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let mut group = Group::with_title(
        level
            .primary_title(diagnostic.message.as_str())
            .id(diagnostic.code),
    );
    let primary = diagnostic
        .span
        .map(|span| (span, AnnotationKind::Primary, None));
    let labels = diagnostic.labels.iter().map(|label| {
        (
            label.span,
            AnnotationKind::Context,
            Some(label.text.as_str()),
        )
    });
    let places: Vec<_> = primary.into_iter().chain(labels).collect();
    let mut files: Vec<_> = Vec::new();
    for (span, ..) in &places {
        if !files.contains(&span.source) {
            files.push(span.source);
        }
    }
    for file in files {
        let Some(source) = sources.get(file) else {
            continue;
        };
        let here = places.iter().filter(|(span, ..)| span.source == file);
        let annotations = here.map(|(span, kind, label)| -> Annotation<'a> {
            kind.span(range(*span, source.template())).label(*label)
        });
        group = group.element(
            Snippet::source(source.template())
                .path(source.name.as_str())
                .annotations(annotations),
        );
    }
    match &diagnostic.help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    }
}

/// The bytes to underline: the first line of what spans several.
fn range(span: Span, text: &str) -> std::ops::Range<usize> {
    let start = (span.start as usize).min(text.len());
    let end = (span.end as usize).clamp(start, text.len());
    let covered = text.get(start..end).unwrap_or("");
    let line = covered.lines().next().unwrap_or("").trim_end();
    start..start + line.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceId;
    use crate::frontend::source::Variables;

    #[test]
    fn a_diagnostic_shows_the_line_as_written() {
        let sources = Sources::from_texts(
            [
                ("a.sql", "-- first\nSELECT ${day}\nFROM t"),
                ("b.sql", "DROP TABLE t"),
            ],
            &Variables::new(),
        );
        let mut diagnostics = sources.missing_variables();
        diagnostics.push(
            Diagnostic::new(
                "rewritten",
                Severity::Warning,
                Span {
                    source: SourceId(0),
                    start: 9,
                    end: 29,
                },
                "`t` is dropped later",
            )
            .label(
                Span {
                    source: SourceId(1),
                    start: 11,
                    end: 12,
                },
                "dropped here",
            ),
        );
        insta::assert_snapshot!(text(&diagnostics, &sources, false));
    }
}
