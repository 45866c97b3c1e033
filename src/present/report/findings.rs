//! Findings as documents, one file per format. Text has its own module, [`super::diagnostics`].
//!
//! Every document has the findings in the same order and is the same for the same input. Lines and columns count from 1,
//! columns in characters; paths are relative to the pipeline, with `/`.

pub mod github;
pub mod gitlab;
pub mod junit;
pub mod markdown;
pub mod sarif;

use crate::diagnostic::{Severity, Span};
use crate::frontend::source::Sources;

/// Where something stands in the user's files.
struct Place<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    /// One past the last column.
    end_column: u32,
}

fn place(sources: &Sources, span: Span) -> Option<Place<'_>> {
    let source = sources.get(span.source)?;
    let (line, column) = source.position(span.start);
    let (end_line, end_column) = source.position(span.end.max(span.start));
    Some(Place {
        file: &source.name,
        line,
        column,
        end_line,
        end_column,
    })
}

/// A severity in words.
fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

#[cfg(test)]
mod tests;
