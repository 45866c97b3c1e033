//! Stage `cost`: what building and reading a frame costs.
//!
//! A screen, not a forecast: the constants decide whether a frame clearly pays, and where the facts leave a choice
//! the saving is taken low and the cost of building high. All values are integers; microseconds are CPU time of
//! Spark, summed over its threads.
//!
//! | what | value | source |
//! |---|---|---|
//! | fixed cost of an action or of a read | 0.3 s | measured on Spark 3.5, local\[2\]: 0.2 to 0.4 s |
//! | columnar scan (Parquet, ORC), per cell used | 0.23 µs to build, 0.16 µs saved | measured: 0.05 to 0.37 µs; narrow tables gained nothing |
//! | CSV scan, per cell of the whole line | 0.133 µs | measured: 8 µs per gzipped line of 60 columns |
//! | JSON scan, per cell of the whole line | 0.25 µs | measured: 15 µs per line of 60 columns |
//! | CSV and JSON scan, per cell used | 0.2 µs | measured on Spark 3.5, local\[2\] |
//! | load into the cache, per cell, scan apart | 0.1 µs + 0.012 µs per column | fitted: 0.2 at 13 columns, 0.2 to 0.47 at 30, 0.69 to 0.85 at 60 |
//! | Parquet table instead of the cache: writing | 75 % of loading, and 0.2 s | measured in memory-backed storage: 54 and 75 %; a tiny table takes 0.4 s |
//! | Parquet table instead of the cache: size, reading | 67 %, 100 % | measured: 1 / 1.5; 87 % for all columns, 80 to 100 % for few |
//! | cached read, per cell used | 0.14 µs | measured on Spark 3.5, local\[2\] |
//! | exchange (join, grouping, window, distinct), per row | 1 µs | derived from 12 million rows in six aggregates |
//! | row that meets a broadcast table | 0.1 µs | assumed: a tenth of an exchange, as nothing is sent or sorted |
//! | table that is broadcast | up to 10 MiB | Spark's default of `spark.sql.autoBroadcastJoinThreshold` |
//! | one more aggregate of a grouping, per row | 0.012 µs | fitted: six readers at once cost 2.3 to 2.9 of one |
//! | exchange that a reader of clustered rows saves | 50 % | assumed: of inputs that are broadcast or aggregated before it costs less |
//! | file bytes per cell, if the rows are not known | 3.3 columnar, 2.8 gzipped CSV, 15.8 JSON | measured |
//! | rows that pass a hull | 67 % | assumed: 60 % and more seen on two tables |
//!
//! The fixed cost of a scan and of a cached read is the same, so it counts only where a frame is built. Rows come
//! from statistics, otherwise from the size of the files.

mod aggregate;
mod covering;
mod inputs;
mod join;
mod repeated;
mod size;
#[cfg(test)]
mod tests;
mod widened;

use std::collections::BTreeMap;

use super::frame::{Candidate, Definition, Reader};
use crate::facts::access::{Access, Origin, Read, ReadId, TableId, TableVersion};
use crate::facts::catalog::{Catalog, TableFacts, TableKind};
use crate::facts::workload::Workload;
use crate::frontend::statement::StatementId;

/// Fixed cost of an action, microseconds.
const ACTION_MICROS: u64 = 300_000;
/// Loading one cell into the cache, nanoseconds, its scan apart.
const ENCODE_NANOS: u64 = 100;
/// What each column of a frame adds to the loading of every cell, nanoseconds: loading is superlinear in the width.
const ENCODE_WIDTH_NANOS: u64 = 12;
/// Writing Parquet against loading the cache, scans apart, percent.
const TABLE_STORE_PERCENT: u64 = 75;
/// Size of Parquet against that in the cache, percent.
const TABLE_BYTES_PERCENT: u64 = 67;
/// Fixed cost of a table beyond that of an action, microseconds.
const TABLE_MICROS: u64 = 200_000;
/// Reading one cell from the cache, nanoseconds.
const CACHED_NANOS: u64 = 140;
/// One row through one exchange, nanoseconds.
const EXCHANGE_NANOS: u64 = 1_000;
/// What of an exchange a reader of clustered rows saves, percent.
const EXCHANGE_SAVED_PERCENT: u64 = 50;

/// One row that looks up its partner in a table which is broadcast, nanoseconds.
const PROBE_NANOS: u64 = 100;
/// Largest table that is broadcast, bytes.
const BROADCAST_BYTES: u64 = 10 << 20;

/// What reading a format costs.
struct Format {
    /// Nanoseconds per cell of the line, used or not.
    line_nanos: u64,
    /// Nanoseconds per cell used.
    cell_nanos: u64,
    /// The same where it is what a frame saves: taken low.
    saved_cell_nanos: u64,
    /// Bytes of the file per ten cells.
    bytes_per_ten_cells: u64,
}

/// Parquet, ORC and what is built on them. Unknown formats count as columnar too: a saving is then taken low.
const COLUMNAR: Format = Format {
    line_nanos: 0,
    cell_nanos: 230,
    saved_cell_nanos: 160,
    bytes_per_ten_cells: 33,
};
/// Text lines with separators; compressed, as such tables usually are.
const CSV: Format = Format {
    line_nanos: 133,
    cell_nanos: 200,
    saved_cell_nanos: 200,
    bytes_per_ten_cells: 28,
};
/// JSON lines.
const JSON: Format = Format {
    line_nanos: 250,
    cell_nanos: 200,
    saved_cell_nanos: 200,
    bytes_per_ten_cells: 158,
};

fn format(facts: &TableFacts) -> Format {
    match facts.provider.as_deref() {
        Some("csv") => CSV,
        Some("json") => JSON,
        _ => COLUMNAR,
    }
}

/// What building a frame costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BuildCost {
    /// Microseconds of Spark work, the scans and computations of its definition included.
    pub micros: u64,
    /// Size in the cache, bytes.
    pub bytes: u64,
    /// What of the microseconds is putting rows into the cache.
    pub store_micros: u64,
    /// Its rows.
    pub rows: u64,
}

/// Estimates for one workload.
#[derive(Debug)]
pub struct CostModel<'a> {
    workload: &'a Workload,
    catalog: &'a Catalog,
    reads: BTreeMap<ReadId, &'a Read>,
}

/// Rows and costs of computing something from tables.
#[derive(Clone, Copy, Default)]
struct Work {
    micros: u64,
    /// Rows of the largest input: an upper bound of the output unless a join multiplies rows.
    rows: u64,
}

impl<'a> CostModel<'a> {
    /// Estimates from the sizes and formats in a catalog.
    pub fn new(workload: &'a Workload, catalog: &'a Catalog) -> Self {
        let reads = workload.accesses.iter().flat_map(|access| &access.reads);
        CostModel {
            workload,
            catalog,
            reads: reads.map(|read| (read.id, read)).collect(),
        }
    }

    /// What building a candidate costs; none where the size of something it reads is unknown.
    pub fn build(&self, candidate: &Candidate) -> Option<BuildCost> {
        match &candidate.definition {
            Definition::CoveringRead {
                version,
                columns,
                hull,
                ..
            } => covering::build(self, candidate, *version, columns, hull),
            Definition::RepeatedSubquery { columns, .. } => {
                repeated::build(self, candidate, columns)
            }
            Definition::WidenedSubquery(widened) => widened::build(self, candidate, widened),
            Definition::JoinCore { members, hull, .. } => {
                join::build(self, candidate, members, hull)
            }
            Definition::CoveringAggregate(aggregation) => {
                aggregate::build(self, candidate, aggregation)
            }
        }
    }

    /// What one reader saves by reading a candidate instead, microseconds; 0 where it saves nothing, none where
    /// the size of something it reads is unknown.
    pub fn saving(&self, candidate: &Candidate, reader: &Reader) -> Option<u64> {
        match &candidate.definition {
            Definition::CoveringRead { columns, hull, .. } => {
                covering::saving(self, reader, columns, hull)
            }
            Definition::RepeatedSubquery { columns, .. } => repeated::saving(self, reader, columns),
            Definition::WidenedSubquery(widened) => widened::saving(self, reader, widened),
            Definition::JoinCore { members, hull, .. } => join::saving(self, reader, members, hull),
            Definition::CoveringAggregate(aggregation) => {
                aggregate::saving(self, reader, aggregation)
            }
        }
    }

    /// What one exchange of so many rows costs, microseconds.
    pub fn exchange(&self, rows: u64) -> u64 {
        nanos(rows, 1, EXCHANGE_NANOS)
    }

    /// What a reader saves, at the least, that need not exchange so many rows, microseconds.
    pub fn exchange_saved(&self, rows: u64) -> u64 {
        self.exchange(rows) / 100 * EXCHANGE_SAVED_PERCENT
    }

    /// The facts that it estimates from.
    pub(super) fn catalog(&self) -> &'a Catalog {
        self.catalog
    }

    /// The first table of unknown size that a candidate depends on.
    pub(super) fn unsized_table(&self, candidate: &Candidate) -> Option<String> {
        candidate.inputs.iter().find_map(|version| {
            let table = self.workload.table(version.table)?;
            let unknown = !self.is_view(version.table) && self.rows(*version).is_none();
            unknown.then(|| table.name.clone())
        })
    }

    fn access(&self, statement: StatementId) -> Option<&Access> {
        self.workload.access(statement)
    }

    fn facts(&self, table: TableId) -> Option<&TableFacts> {
        self.catalog.tables.get(&self.workload.table(table)?.name)
    }

    /// Rows of a version. What the catalog says of a table that the pipeline writes is what an earlier run left
    /// there; nothing is a table not filled yet.
    fn rows(&self, version: TableVersion) -> Option<u64> {
        let facts = self.facts(version.table)?;
        facts_rows(facts, |value| version.generation == 0 || *value > 0)
    }

    /// Reading a version by a statement: a scan, or all scans below a view.
    fn table(
        &self,
        access: &Access,
        version: TableVersion,
        used: Option<u64>,
        low: bool,
    ) -> Option<Work> {
        if self.is_view(version.table) {
            return self.view(access, version.table, low);
        }
        let facts = self.facts(version.table)?;
        let rows = self.rows(version)?;
        let all = count(facts.columns.len());
        let format = format(facts);
        let micros = nanos(rows, all, format.line_nanos).saturating_add(nanos(
            rows,
            used.unwrap_or(all),
            if low {
                format.saved_cell_nanos
            } else {
                format.cell_nanos
            },
        ));
        Some(Work { micros, rows })
    }

    /// Whether it has no rows of its own.
    fn is_view(&self, table: TableId) -> bool {
        let temporary = self.workload.table(table).is_some_and(|it| it.temporary);
        let found = self.facts(table).map(|facts| facts.kind);
        let made = |read: &&Read| read.origin == Origin::ThroughView(table);
        temporary || found == Some(TableKind::View) || self.reads.values().any(made)
    }

    /// The scans below a view; what it computes above them is not counted. Views in it have theirs among them.
    fn view(&self, access: &Access, view: TableId, low: bool) -> Option<Work> {
        let through = Origin::ThroughView(view);
        let reads = access.reads.iter().filter(|read| read.origin == through);
        let mut total = None;
        for read in reads.filter(|read| !self.is_view(read.version.table)) {
            let work = self.scan(access, read, low)?;
            total = Some(sum(total.unwrap_or_default(), work));
        }
        total
    }

    /// One read. Where a filter lets Spark skip partitions, what it costs is not known: at most a full scan, and
    /// nothing at all if it is to be taken `low`.
    fn scan(&self, access: &Access, read: &Read, low: bool) -> Option<Work> {
        let used = read.columns.as_ref().map(|columns| count(columns.len()));
        let mut work = self.table(access, read.version, used, low)?;
        if low && self.is_pruned(read) {
            work.micros = 0;
        }
        Some(work)
    }

    /// Whether a filter lets Spark skip partitions.
    fn is_pruned(&self, read: &Read) -> bool {
        self.facts(read.version.table).is_some_and(|facts| {
            facts.partition_columns.iter().any(|partition| {
                read.filters
                    .iter()
                    .any(|filter| filter.column == partition.to_lowercase())
            })
        })
    }
}

/// Rows of a table by what the catalog says: by statistics, otherwise by the size of its files.
fn facts_rows(facts: &TableFacts, usable: impl Fn(&u64) -> bool) -> Option<u64> {
    facts.rows.filter(&usable).or_else(|| {
        let bytes = facts.size_bytes.filter(usable)?;
        let cells = bytes.saturating_mul(10) / format(facts).bytes_per_ten_cells;
        Some(cells / count(facts.columns.len()).max(1))
    })
}

fn built(compute_micros: u64, rows: u64, columns: u64, row_bytes: u64) -> BuildCost {
    let each = ENCODE_NANOS.saturating_add(columns.saturating_mul(ENCODE_WIDTH_NANOS));
    let encode = nanos(rows, columns, each);
    BuildCost {
        micros: ACTION_MICROS
            .saturating_add(compute_micros)
            .saturating_add(encode),
        bytes: rows.saturating_mul(row_bytes),
        store_micros: encode,
        rows,
    }
}

impl BuildCost {
    /// The same where the rows are written to a Parquet table instead. Reading it costs what reading the cache does.
    #[must_use]
    pub fn as_table(self) -> BuildCost {
        let written = self.store_micros / 100 * TABLE_STORE_PERCENT;
        BuildCost {
            micros: self
                .micros
                .saturating_sub(self.store_micros)
                .saturating_add(written)
                .saturating_add(TABLE_MICROS),
            bytes: self.bytes / 100 * TABLE_BYTES_PERCENT,
            store_micros: written,
            rows: self.rows,
        }
    }
}

fn sum(a: Work, b: Work) -> Work {
    Work {
        micros: a.micros.saturating_add(b.micros),
        rows: a.rows.max(b.rows),
    }
}

/// Microseconds of `rows` × `cells` at some nanoseconds each.
fn nanos(rows: u64, cells: u64, each: u64) -> u64 {
    rows.saturating_mul(cells).saturating_mul(each) / 1_000
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
