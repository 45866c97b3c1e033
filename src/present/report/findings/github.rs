//! Commands by which a GitHub workflow marks lines of a change
//! (GitHub: "Workflow commands for GitHub Actions").

use std::fmt::Write as _;

use super::Told;
use crate::diagnostic::Severity;

/// A command per finding; where there is a base, per new finding.
pub fn text(told: Told<'_>) -> String {
    let files = told.files;
    let mut text = String::new();
    for finding in told.findings.iter().filter(|one| !told.remains(one)) {
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
