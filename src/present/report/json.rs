//! Frozen wire structs of JSON documents. Changing one means a new number in its `schema`.
//!
//! Lines and columns count from 1; tables are canonical names, lower-case and without backquotes, with common
//! table expressions resolved away.

mod text;

use serde::Serialize;

use super::analysis;
use crate::diagnostic::{Severity, Span};
use crate::facts::access::{Access, Origin, Read, WriteKind};
use crate::facts::workload::{HazardKind, Workload};
use crate::frontend::source::Sources;
use crate::frontend::statement::{Statement, StatementId};
use crate::present::rule::Finding;

/// `hoist-analysis/1`.
#[derive(Serialize)]
struct AnalysisDocument<'a> {
    schema: &'static str,
    /// Facts about tables were at hand. Without them every write is taken to change every table, as tables may
    /// share files, and versions count accordingly.
    catalog_facts: bool,
    statements: Vec<StatementEntry<'a>>,
    tables: Vec<TableEntry<'a>>,
    hazards: Vec<HazardEntry<'a>>,
    findings: Vec<FindingEntry<'a>>,
}

#[derive(Serialize)]
struct StatementEntry<'a> {
    file: &'a str,
    line: u32,
    /// Position in the file, from 1.
    number: u32,
    kind: &'static str,
    /// Nothing moves or lives across it.
    barrier: bool,
    barrier_reason: Option<&'a str>,
    reads: Vec<ReadEntry<'a>>,
    writes: Vec<&'a str>,
    write_kinds: Vec<WriteKind>,
    described: Vec<&'a str>,
    /// Names and blocks as written.
    text: text::TextEntry<'a>,
}

#[derive(Serialize)]
struct ReadEntry<'a> {
    table: &'a str,
    /// Changes of the table before this read.
    version: u32,
    /// Sorted, lower-case; null where unknown or all.
    columns: Option<Vec<&'a str>>,
    /// Tests that every useful row passes, as written.
    filters: Vec<&'a str>,
    /// The line on which a Python file names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    /// The view through which it is read; null where the statement names the table.
    through: Option<&'a str>,
}

#[derive(Serialize)]
struct TableEntry<'a> {
    table: &'a str,
    temporary: bool,
    /// Reads of all versions, those through views not counted.
    reads: usize,
    versions: Vec<VersionEntry<'a>>,
    written_by: Vec<PlaceEntry<'a>>,
}

#[derive(Serialize)]
struct VersionEntry<'a> {
    version: u32,
    reads: usize,
    read_by: Vec<PlaceEntry<'a>>,
}

#[derive(Serialize, PartialEq)]
struct PlaceEntry<'a> {
    file: &'a str,
    line: u32,
}

#[derive(Serialize)]
struct HazardEntry<'a> {
    from: PlaceEntry<'a>,
    to: PlaceEntry<'a>,
    kind: HazardKind,
    table: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct FindingEntry<'a> {
    code: &'a str,
    severity: Severity,
    message: &'a str,
    file: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
    labels: Vec<LabelEntry<'a>>,
    help: Option<&'a str>,
    /// The same after lines have moved.
    fingerprint: &'a str,
}

#[derive(Serialize)]
struct LabelEntry<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    text: &'a str,
}

/// The document of `analyze`: facts and findings, two-space indented, with a final newline.
/// `catalog_facts` says whether the workload was resolved with facts about its tables.
pub fn analysis(
    workload: &Workload,
    sources: &Sources,
    findings: &[Finding],
    catalog_facts: bool,
) -> String {
    let places = Places { workload, sources };
    let tables = analysis::usage(workload)
        .into_iter()
        .map(|(table, usage)| TableEntry {
            table: analysis::name(workload, table),
            temporary: workload.table(table).is_some_and(|table| table.temporary),
            reads: usage.reads(),
            versions: usage
                .versions
                .iter()
                .map(|(version, readers)| VersionEntry {
                    version: *version,
                    reads: readers.len(),
                    read_by: places.all(readers),
                })
                .collect(),
            written_by: places.all(&usage.writers),
        })
        .collect();
    let document = AnalysisDocument {
        schema: "hoist-analysis/1",
        catalog_facts,
        statements: workload
            .statements
            .iter()
            .zip(&workload.accesses)
            .map(|(statement, access)| places.statement(statement, access))
            .collect(),
        tables,
        hazards: workload
            .hazards
            .iter()
            .map(|hazard| HazardEntry {
                from: places.of(hazard.from),
                to: places.of(hazard.to),
                kind: hazard.kind,
                table: hazard.table.map(|table| analysis::name(workload, table)),
            })
            .collect(),
        findings: findings
            .iter()
            .map(|found| finding(sources, found))
            .collect(),
    };
    pretty(&document)
}

/// Any document as indented JSON with a final newline. Wire structs hold strings, numbers and lists only, which
/// always have a JSON form.
pub fn pretty(document: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

struct Places<'a> {
    workload: &'a Workload,
    sources: &'a Sources,
}

impl<'a> Places<'a> {
    fn at(&self, span: Span) -> (&'a str, u32, u32) {
        at(self.sources, span)
    }

    fn of(&self, id: StatementId) -> PlaceEntry<'a> {
        let statement = self.workload.statement(id);
        let (file, line, _) = statement.map_or(("", 0, 0), |statement| self.at(statement.span));
        PlaceEntry { file, line }
    }

    fn all(&self, statements: &[StatementId]) -> Vec<PlaceEntry<'a>> {
        let mut places: Vec<_> = statements.iter().map(|id| self.of(*id)).collect();
        places.dedup();
        places
    }

    fn statement(&self, statement: &'a Statement, access: &'a Access) -> StatementEntry<'a> {
        let (file, line, _) = self.at(statement.span);
        let name = |table| analysis::name(self.workload, table);
        StatementEntry {
            file,
            line,
            number: statement.number,
            kind: statement.kind.word(),
            barrier: access.barrier.is_some(),
            barrier_reason: access
                .barrier
                .as_ref()
                .map(|barrier| barrier.reason.as_str()),
            reads: access.reads.iter().map(|read| self.read(read)).collect(),
            writes: access
                .writes
                .iter()
                .map(|write| name(write.table))
                .collect(),
            write_kinds: access.writes.iter().map(|write| write.kind).collect(),
            described: access.described.iter().map(|table| name(*table)).collect(),
            text: text::text(&statement.kind, self.sources),
        }
    }

    fn read(&self, read: &'a Read) -> ReadEntry<'a> {
        ReadEntry {
            table: analysis::name(self.workload, read.version.table),
            version: read.version.generation,
            columns: read
                .columns
                .as_ref()
                .map(|columns| columns.iter().map(String::as_str).collect()),
            filters: read
                .filters
                .iter()
                .map(|filter| self.sources.text(filter.span))
                .collect(),
            line: match read.origin {
                Origin::Declared(place) | Origin::Recognised(place) => Some(self.at(place).1),
                _ => None,
            },
            through: match read.origin {
                Origin::ThroughView(view) => Some(analysis::name(self.workload, view)),
                _ => None,
            },
        }
    }
}

/// A finding as documents have it.
pub(super) fn finding<'a>(sources: &'a Sources, found: &'a Finding) -> FindingEntry<'a> {
    let finding = &found.diagnostic;
    let place = finding.span.map(|span| at(sources, span));
    FindingEntry {
        code: finding.code,
        severity: finding.severity,
        message: &finding.message,
        file: place.map(|(file, _, _)| file),
        line: place.map(|(_, line, _)| line),
        column: place.map(|(_, _, column)| column),
        labels: finding
            .labels
            .iter()
            .map(|label| {
                let (file, line, column) = at(sources, label.span);
                LabelEntry {
                    file,
                    line,
                    column,
                    text: &label.text,
                }
            })
            .collect(),
        help: finding.help.as_deref(),
        fingerprint: &found.fingerprint,
    }
}

/// File, line and column of a span's start.
fn at(sources: &Sources, span: Span) -> (&str, u32, u32) {
    sources.get(span.source).map_or(("", 0, 0), |source| {
        let (line, column) = source.position(span.start);
        (source.name.as_str(), line, column)
    })
}
