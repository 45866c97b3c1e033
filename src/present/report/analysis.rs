//! `analyze` for people: repeated tables first, then who uses what at a glance, then what each statement reads and writes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::layout::{Align, Table, count, wrap};
use super::matrix;
use crate::facts::access::{Access, Origin, Read, TableId};
use crate::facts::workload::{HazardKind, Workload};
use crate::frontend::source::Sources;
use crate::frontend::statement::{Statement, StatementId};

/// A table as the workload uses it.
pub(super) struct Usage {
    /// Reads per version, by generation. Reads through views are not counted: the view's own read is.
    pub(super) versions: BTreeMap<u32, Vec<StatementId>>,
    /// Statements that write it.
    pub(super) writers: Vec<StatementId>,
}

impl Usage {
    /// Reads of all versions.
    pub(super) fn reads(&self) -> usize {
        self.versions.values().map(Vec::len).sum()
    }
}

/// Every table of the workload that is read or written.
pub(super) fn usage(workload: &Workload) -> BTreeMap<TableId, Usage> {
    let mut usage: BTreeMap<TableId, Usage> = BTreeMap::new();
    let empty = || Usage {
        versions: BTreeMap::new(),
        writers: Vec::new(),
    };
    for access in &workload.accesses {
        for read in access.reads.iter().filter(|read| direct(read)) {
            let table = usage.entry(read.version.table).or_insert_with(empty);
            let readers = table.versions.entry(read.version.generation).or_default();
            readers.push(read.statement);
        }
        for write in &access.writes {
            let table = usage.entry(write.table).or_insert_with(empty);
            table.writers.push(access.statement);
        }
    }
    usage
}

/// Named or declared by the statement itself.
pub(super) fn direct(read: &Read) -> bool {
    !matches!(read.origin, Origin::ThroughView(_))
}

/// Name of a table; empty where the workload does not have it.
pub(super) fn name(workload: &Workload, table: TableId) -> &str {
    workload
        .table(table)
        .map_or("", |table| table.name.as_str())
}

/// The facts of a pipeline as text. Without facts about tables (`catalog_facts`) versions say nothing: every write
/// is taken to change every table.
pub fn text(workload: &Workload, sources: &Sources, catalog_facts: bool) -> String {
    let view = View {
        workload,
        sources,
        catalog_facts,
    };
    let usage = usage(workload);
    let mut text = view.repeated(&usage);
    text.push_str(&matrix::text(workload, &usage));
    text.push_str("Statements\n");
    for (statement, access) in workload.statements.iter().zip(&workload.accesses) {
        view.one_statement(&mut text, statement, access);
    }
    text.push('\n');
    if !catalog_facts {
        text.push_str(&wrap(NO_FACTS, 0));
        text.push_str("\n\n");
    }
    text.push_str(&wrap(&view.totals(&usage), 0));
    text.push('\n');
    text.replace(UNBROKEN, " ")
}

/// Told where nothing is known about tables.
const NO_FACTS: &str = "No facts about tables: every write is taken to change every table, as they may share \
                        files. `hoist execute` collects the facts; `--catalog FILE` gives them.";

/// A blank at which no line breaks.
const UNBROKEN: &str = "\u{a0}";

/// What the text is about.
struct View<'a> {
    workload: &'a Workload,
    sources: &'a Sources,
    catalog_facts: bool,
}

impl View<'_> {
    fn repeated(&self, usage: &BTreeMap<TableId, Usage>) -> String {
        let mut repeated: Vec<_> = usage.iter().filter(|(_, used)| used.reads() > 1).collect();
        repeated.sort_by_key(|(table, used)| (std::cmp::Reverse(used.reads()), **table));
        if repeated.is_empty() {
            return "No table is read more than once.\n\n".to_owned();
        }
        let mut table = Table::new(&[
            ("reads", Align::Right),
            ("table", Align::Left),
            ("read by", Align::Left),
        ]);
        for (id, used) in repeated {
            let name = name(self.workload, *id);
            if self.catalog_facts && used.versions.len() > 1 {
                for (generation, readers) in &used.versions {
                    table.row([
                        readers.len().to_string(),
                        format!("{name} v{generation}"),
                        self.places(readers),
                    ]);
                }
            } else {
                let readers: Vec<StatementId> = used.versions.values().flatten().copied().collect();
                table.row([
                    readers.len().to_string(),
                    name.to_owned(),
                    self.places(&readers),
                ]);
            }
        }
        format!(
            "Repeated tables (reads of one version can share a frame)\n{}\n",
            table.text()
        )
    }

    /// `file:line` of a statement.
    fn place(&self, id: StatementId) -> String {
        self.workload
            .statement(id)
            .map_or_else(String::new, |statement| self.sources.place(statement.span))
    }

    /// Statements by file: `a.sql:1,9 b.sql:4`, with `×2` where one reads twice.
    fn places(&self, statements: &[StatementId]) -> String {
        let mut files: Vec<(String, Vec<String>)> = Vec::new();
        let distinct: BTreeSet<StatementId> = statements.iter().copied().collect();
        for id in distinct {
            let times = statements.iter().filter(|other| **other == id).count();
            let place = self.place(id);
            let (file, line) = place.rsplit_once(':').unwrap_or((&place, ""));
            let line = if times > 1 {
                format!("{line}(x{times})")
            } else {
                line.to_owned()
            };
            match files.last_mut() {
                Some((last, lines)) if last == file => lines.push(line),
                _ => files.push((file.to_owned(), vec![line])),
            }
        }
        files
            .iter()
            .map(|(file, lines)| format!("{file}:{}", lines.join(",")))
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn one_statement(&self, text: &mut String, statement: &Statement, access: &Access) {
        let workload = self.workload;
        let place = self.sources.place(statement.span);
        let kind = statement.kind.word().replace('_', " ");
        let number = statement.id.0 + 1;
        let _ = writeln!(text, " {number} {place}  {kind}");
        let mut line = |word: &str, entries: Vec<String>| {
            if !entries.is_empty() {
                let joined = entries.join(", ");
                let _ = writeln!(text, "     {word:<9} {}", wrap(&joined, 15));
            }
        };
        if let Some(barrier) = &access.barrier {
            line("barrier", vec![barrier.reason.clone()]);
        }
        let reads = access.reads.iter().filter(|read| direct(read));
        line(
            "reads",
            reads.map(|read| self.described_read(read)).collect(),
        );
        let names = |tables: &mut dyn Iterator<Item = TableId>| -> Vec<String> {
            tables
                .map(|table| name(workload, table).to_owned())
                .collect()
        };
        line(
            "writes",
            names(&mut access.writes.iter().map(|write| write.table)),
        );
        line("describes", names(&mut access.described.iter().copied()));
    }

    fn described_read(&self, read: &Read) -> String {
        let table = name(self.workload, read.version.table);
        let mut notes = Vec::new();
        if self.catalog_facts && read.version.generation > 0 {
            notes.push(format!("v{}", read.version.generation));
        }
        if let Some(columns) = &read.columns {
            notes.push(count(columns.len(), "column"));
        }
        if !read.filters.is_empty() {
            notes.push(count(read.filters.len(), "filter"));
        }
        if notes.is_empty() {
            table.to_owned()
        } else {
            format!("{table} ({})", notes.join(", ")).replace(' ', UNBROKEN)
        }
    }

    fn totals(&self, usage: &BTreeMap<TableId, Usage>) -> String {
        let workload = self.workload;
        let read = usage.values().filter(|used| used.reads() > 0).count();
        let reads: usize = usage.values().map(Usage::reads).sum();
        let repeated = usage.values().filter(|used| used.reads() > 1).count();
        let written = usage
            .values()
            .filter(|used| !used.writers.is_empty())
            .count();
        let barriers = workload
            .accesses
            .iter()
            .filter(|access| access.barrier.is_some())
            .count();
        let hazards = [
            (HazardKind::ReadAfterWrite, "read after write"),
            (HazardKind::WriteAfterRead, "write after read"),
            (HazardKind::WriteAfterWrite, "write after write"),
            (HazardKind::Barrier, "barrier or session setting"),
        ]
        .iter()
        .filter_map(|(kind, word)| {
            let number = workload
                .hazards
                .iter()
                .filter(|hazard| hazard.kind == *kind)
                .count();
            (number > 0).then(|| format!("{number} {word}"))
        })
        .collect::<Vec<_>>();
        let hazards = if hazards.is_empty() {
            "no hazard".to_owned()
        } else {
            format!(
                "{} ({})",
                count(workload.hazards.len(), "hazard"),
                hazards.join(", ")
            )
        };
        format!(
            "Analysis: {} in {}, {reads} reads of {}, {repeated} of these more than once, {} written, {}, {hazards}",
            count(workload.statements.len(), "statement"),
            count(self.sources.len(), "file"),
            count(read, "table"),
            count(written, "table"),
            count(barriers, "barrier"),
        )
    }
}
