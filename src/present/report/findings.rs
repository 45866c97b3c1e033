//! Findings as documents, one file per format. Text has its own module, [`super::diagnostics`].
//!
//! Every document has the findings in the same order and is the same for the same input. Lines and columns count from 1,
//! columns in characters; paths have `/`.
//!
//! Where they are compared with a base, each document says which are new as far as its readers ask for it:
//!
//! | format | findings that the base has, too | findings that the base had |
//! |---|---|---|
//! | SARIF | `baselineState` `unchanged`; the others are `new` | left out: code hosts show each result as one that is there |
//! | GitHub | left out: a command marks a line of the change | left out |
//! | `JUnit` | pass, with a word about the base; new ones fail | left out |
//! | GitLab | as the others: GitLab compares two reports by fingerprints itself | left out |

pub mod github;
pub mod gitlab;
pub mod junit;
pub mod markdown;
pub mod sarif;

use std::collections::BTreeSet;

use crate::diagnostic::{Severity, Span};
use crate::frontend::source::Sources;
use crate::present::rule::Finding;

/// Where something stands in the user's files.
struct Place {
    file: String,
    line: u32,
    column: u32,
    end_line: u32,
    /// One past the last column.
    end_column: u32,
}

/// The files that findings are about.
#[derive(Clone, Copy)]
pub struct Files<'a> {
    /// The files.
    pub sources: &'a Sources,
    /// The pipeline's folder from where documents are read, with `/`; empty for that place itself. Code hosts read them
    /// at the root of the repository.
    pub root: &'a str,
}

impl Files<'_> {
    fn place(&self, span: Span) -> Option<Place> {
        let source = self.sources.get(span.source)?;
        let (line, column) = source.position(span.start);
        let (end_line, end_column) = source.position(span.end.max(span.start));
        Some(Place {
            file: match self.root {
                "" => source.name.clone(),
                root => format!("{root}/{}", source.name),
            },
            line,
            column,
            end_line,
            end_column,
        })
    }

    /// `file:line`; empty without a place.
    pub(super) fn at(&self, span: Option<Span>) -> String {
        let place = span.and_then(|span| self.place(span));
        place.map_or_else(String::new, |place| {
            format!("{}:{}", place.file, place.line)
        })
    }
}

/// Findings to tell, and which of them are new.
#[derive(Clone, Copy)]
pub struct Told<'a> {
    /// The findings.
    pub findings: &'a [Finding],
    /// The files that they are about.
    pub files: Files<'a>,
    /// Fingerprints of those that the base has not; none where they are compared with nothing.
    pub new: Option<&'a BTreeSet<&'a str>>,
}

impl Told<'_> {
    /// Whether the base has a finding, too.
    fn remains(&self, finding: &Finding) -> bool {
        self.new
            .is_some_and(|new| !new.contains(finding.fingerprint.as_str()))
    }
}

/// A severity in words.
pub(super) fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

#[cfg(test)]
mod tests;
