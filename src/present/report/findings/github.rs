//! Commands by which a GitHub workflow marks lines of a change
//! (GitHub: "Workflow commands for GitHub Actions").

use std::fmt::Write as _;

use super::Files;
use crate::diagnostic::Severity;
use crate::present::rule::Finding;

/// A command per finding.
pub fn text(findings: &[Finding], files: Files<'_>) -> String {
    let mut text = String::new();
    for finding in findings {
        let diagnostic = &finding.diagnostic;
        let command = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let mut properties = Vec::new();
        if let Some(place) = diagnostic.span.and_then(|span| files.place(span)) {
            properties.push(format!("file={}", property(&place.file)));
            properties.push(format!("line={}", place.line));
            properties.push(format!("endLine={}", place.end_line));
            // Columns are taken for findings on one line only.
            if place.line == place.end_line {
                properties.push(format!("col={}", place.column));
                properties.push(format!("endColumn={}", place.end_column));
            }
        }
        properties.push(format!(
            "title={}",
            property(&format!("hoist: {}", diagnostic.code))
        ));
        let help = diagnostic.help.iter().map(|help| format!("\nhelp: {help}"));
        let message = format!("{}{}", diagnostic.message, help.collect::<String>());
        let _ = writeln!(
            text,
            "::{command} {}::{}",
            properties.join(","),
            data(&message)
        );
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
