//! The Static Analysis Results Interchange Format (OASIS: SARIF 2.1.0), which code hosts and editors read.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::super::json::pretty;
use super::{Files, Told};
use crate::diagnostic::{Severity, Span};
use crate::present::rule::{Finding, Level, RULES, Rule};

/// Name of our fingerprint; another way to make it gets another number.
const FINGERPRINT: &str = "hoistFinding/v1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    short_description: Message<'static>,
    full_description: Message<'static>,
    help: Message<'static>,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Message<'a> {
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    rule_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<&'static str>,
    message: OwnMessage,
    locations: Vec<Location<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location<'a>>,
    partial_fingerprints: BTreeMap<&'static str, &'a str>,
}

#[derive(Serialize)]
struct OwnMessage {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    #[serde(rename = "physicalLocation")]
    physical: Physical,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

/// One run with every rule and the findings.
pub fn text(told: Told<'_>) -> String {
    pretty(&Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "hoist",
                    version: env!("CARGO_PKG_VERSION"),
                    rules: RULES.iter().map(descriptor).collect(),
                },
            },
            column_kind: "unicodeCodePoints",
            results: told
                .findings
                .iter()
                .map(|finding| entry(finding, told))
                .collect(),
        }],
    })
}

fn descriptor(rule: &Rule) -> Descriptor {
    Descriptor {
        id: rule.name,
        short_description: Message { text: rule.summary },
        full_description: Message {
            text: rule.page.what,
        },
        help: Message {
            text: rule.page.fix,
        },
        default_configuration: Configuration {
            level: match rule.level {
                Level::Error => "error",
                Level::Warn => "warning",
                Level::Info => "note",
                Level::Off => "none",
            },
        },
    }
}

fn entry<'a>(finding: &'a Finding, told: Told<'_>) -> Entry<'a> {
    let files = told.files;
    let diagnostic = &finding.diagnostic;
    let help = diagnostic.help.iter().map(|help| format!("\nhelp: {help}"));
    let labels = diagnostic.labels.iter().enumerate();
    let related = labels.filter_map(|(number, label)| {
        Some(Location {
            id: Some(number),
            message: Some(Message { text: &label.text }),
            physical: physical(files, label.span)?,
        })
    });
    let location = diagnostic.span.and_then(|span| physical(files, span));
    let location = location.map(|physical| Location {
        id: None,
        physical,
        message: None,
    });
    Entry {
        rule_id: diagnostic.code,
        rule_index: RULES.iter().position(|rule| rule.name == diagnostic.code),
        level: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "note",
        },
        baseline_state: told.new.map(|_| {
            if told.remains(finding) {
                "unchanged"
            } else {
                "new"
            }
        }),
        message: OwnMessage {
            text: format!("{}{}", diagnostic.message, help.collect::<String>()),
        },
        locations: location.into_iter().collect(),
        related_locations: related.collect(),
        partial_fingerprints: [(FINGERPRINT, finding.fingerprint.as_str())].into(),
    }
}

fn physical(files: Files<'_>, span: Span) -> Option<Physical> {
    let place = files.place(span)?;
    Some(Physical {
        artifact_location: Artifact {
            uri: uri(&place.file),
        },
        region: Region {
            start_line: place.line,
            start_column: place.column,
            end_line: place.end_line,
            end_column: place.end_column,
        },
    })
}

/// A relative path as a URI reference (RFC 3986): a colon would make its first part a scheme.
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
