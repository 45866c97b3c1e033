//! A report for GitLab's merge requests (GitLab: "Code Quality report format").

use serde::Serialize;

use super::super::json::pretty;
use super::Told;
use crate::diagnostic::Severity;

#[derive(Serialize)]
struct Entry<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: &'a str,
    /// `info`, `minor`, `major`, `critical` or `blocker`.
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

/// The findings that have a place: the format knows no others. Which are new GitLab finds out itself.
pub fn text(told: Told<'_>) -> String {
    let entries = told.findings.iter().filter_map(|finding| {
        let diagnostic = &finding.diagnostic;
        let place = told.files.place(diagnostic.span?)?;
        let help = diagnostic.help.iter().map(|help| format!("; {help}"));
        Some(Entry {
            description: format!("{}{}", diagnostic.message, help.collect::<String>()),
            check_name: diagnostic.code,
            fingerprint: &finding.fingerprint,
            severity: match diagnostic.severity {
                Severity::Error => "critical",
                Severity::Warning => "minor",
                Severity::Info => "info",
            },
            location: Location {
                path: place.file,
                lines: Lines {
                    begin: place.line,
                    end: place.end_line,
                },
            },
        })
    });
    pretty(&entries.collect::<Vec<_>>())
}
