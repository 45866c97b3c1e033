//! Stage `cost`: what building and reading a frame costs.
//!
//! A screen, not a forecast: the constants decide whether a frame clearly pays. All values are integers; microseconds are
//! CPU time of Spark, summed over its threads. What the facts leave open lies between two [`End`]s, few rows and groups or
//! many; a frame is to pay at both.
//!
//! | what | value | source |
//! |---|---|---|
//! | fixed cost of an action or of a read | 0.3 s | measured: 0.2 to 0.4 s |
//! | one value of a columnar file, of the cache | by type | `cell.rs` |
//! | each column of a frame, per value of it that is cached | 3 ns | fitted: loading is superlinear in the width; 0.12 µs a value at 10 columns, 0.13 at 29, 0.3 at 60 |
//! | CSV scan, per value of the whole line, and per value used | 45 ns, 120 ns | measured: 42 and 75 to 125 ns; compressed 55 and 95 to 170 ns |
//! | JSON scan, the same | 140 ns, 110 ns | measured: 143 and 100 ns |
//! | Parquet table instead of the cache: writing | 75 % of loading, and 0.2 s | measured: 40 to 75 %; a tiny table takes 0.4 s |
//! | Parquet table instead of the cache: size, reading | 67 %, 100 % | measured: 1 / 1.5; 87 % for all columns, 80 to 100 % for few |
//! | join of tables that are not broadcast, per row of each | 0.5 µs | measured: 0.5 to 0.7 µs, sorting included |
//! | row that meets a broadcast table | 0.12 µs | measured: 0.12 µs |
//! | grouping and distinct rows, per row, and per group | 0.05 µs, 2 µs | measured: 0.01 µs for 20 groups, 0.07 for 40,000, 0.57 to 0.65 for a quarter of the rows |
//! | window functions, per row | 0.9 µs | measured: 0.85 to 1.05 µs, sorting included |
//! | one more aggregate of a grouping, per row | 26 ns | measured: twelve with tests added 0.3 µs |
//! | table that is broadcast | up to 10 MiB | Spark's default of `spark.sql.autoBroadcastJoinThreshold` |
//! | exchange that a reader of clustered rows saves | 50 % | assumed: of inputs that are broadcast or aggregated before it costs less |
//! | file bytes per value, if the rows are not known | columnar 3.3 to 4.2, CSV 7.0 to 11.6, compressed 2.8 to 5.1, JSON 15.8 to 18.2 | measured; compressed JSON taken for compressed CSV |
//! | rows that pass a hull, or the tests of a subquery | 67 % | assumed: 60 % and more seen on two tables |
//!
//! Measured on Spark 3.5.6, `local[2]`, warm, with 0.3 to 3 million rows. Other machines were two to three times slower, in
//! the same proportions.
//!
//! What earlier runs measured moves these estimates: see `measured.rs`.
//!
//! The fixed cost of a scan and of a cached read is the same, so it counts only where a frame is built. Rows come
//! from statistics, otherwise from the size of the files.

mod aggregate;
mod cell;
mod covering;
mod format;
mod inputs;
mod join;
mod measured;
mod repeated;
#[cfg(test)]
mod tests;
mod time;
mod widened;
mod work;

use std::collections::{BTreeMap, BTreeSet};

use self::cell::Cell;
use self::format::Format;
use self::measured::Measured;
pub use self::measured::{Keys, Loss};
use super::frame::{Candidate, Definition, Needed, Reader};
use crate::facts::access::{
    Access, Exchanges, Origin, Read, ReadId, Rows, Subquery, TableId, TableVersion,
};
use crate::facts::catalog::{Catalog, TableFacts, TableKind};
use crate::facts::workload::Workload;
use crate::frontend::statement::StatementId;

/// Fixed cost of an action, microseconds.
const ACTION_MICROS: u64 = 300_000;
/// What each column of a frame adds to the loading of every value, nanoseconds: loading is superlinear in the width.
const ENCODE_WIDTH_NANOS: u64 = 3;
/// Writing Parquet against loading the cache, scans apart, percent.
const TABLE_STORE_PERCENT: u64 = 75;
/// Size of Parquet against that in the cache, percent.
const TABLE_BYTES_PERCENT: u64 = 67;
/// Fixed cost of a table beyond that of an action, microseconds.
const TABLE_MICROS: u64 = 200_000;
/// One row through the exchange and the sort of a join, nanoseconds.
const JOIN_NANOS: u64 = 500;
/// What of an exchange a reader of clustered rows saves, percent.
const EXCHANGE_SAVED_PERCENT: u64 = 50;
/// One row that is grouped, nanoseconds.
const GROUPED_NANOS: u64 = 50;
/// One group, nanoseconds.
const GROUP_NANOS: u64 = 2_000;
/// One row that window functions look at, nanoseconds.
const WINDOW_NANOS: u64 = 900;
/// One row that looks up its partner in a table which is broadcast, nanoseconds.
const PROBE_NANOS: u64 = 120;
/// Largest table that is broadcast, bytes.
const BROADCAST_BYTES: u64 = 10 << 20;
/// Rows in a group where there are few groups and nothing else is known of them: assumed.
const ROWS_PER_GROUP: u64 = 1_000;

/// An end of what the facts leave open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Few rows in the files, few groups.
    Few,
    /// Many rows in the files, a group of nearly every row.
    Many,
}

impl End {
    /// Both.
    pub const BOTH: [End; 2] = [End::Few, End::Many];
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
    /// Columns by lower-case name.
    columns: BTreeMap<TableId, BTreeMap<String, Cell>>,
    measured: Measured,
    /// What some read goes through.
    views: BTreeSet<TableId>,
}

/// Estimates at one end of what the facts leave open.
#[derive(Clone, Copy, Debug)]
pub struct Estimate<'a> {
    model: &'a CostModel<'a>,
    end: End,
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
        let columns = workload.tables.iter().filter_map(|table| {
            let facts = catalog.tables.get(&table.name)?.columns.iter();
            let columns = facts.map(|column| (column.name.to_lowercase(), Cell::of(column)));
            Some((table.id, columns.collect()))
        });
        let all = workload.accesses.iter().flat_map(|access| &access.reads);
        let views = all.filter_map(|read| match read.origin {
            Origin::ThroughView(view) => Some(view),
            _ => None,
        });
        CostModel {
            workload,
            catalog,
            reads: reads.map(|read| (read.id, read)).collect(),
            columns: columns.collect(),
            measured: Measured::default(),
            views: views.collect(),
        }
    }

    /// The estimates at one end.
    pub fn at(&'a self, end: End) -> Estimate<'a> {
        Estimate { model: self, end }
    }

    /// What a candidate needs in the cache at the most, bytes; none where the size of something it reads is unknown.
    pub fn bytes(&self, candidate: &Candidate) -> Option<u64> {
        Some(self.at(End::Many).build(candidate)?.bytes)
    }

    /// What one exchange of so many rows costs, microseconds.
    pub fn exchange(&self, rows: u64) -> u64 {
        nanos(rows, JOIN_NANOS)
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
            let unknown =
                !self.is_view(version.table) && self.at(End::Few).rows(*version).is_none();
            unknown.then(|| table.name.clone())
        })
    }

    fn facts(&self, table: TableId) -> Option<&TableFacts> {
        self.catalog.tables.get(&self.workload.table(table)?.name)
    }

    /// Whether it has no rows of its own.
    fn is_view(&self, table: TableId) -> bool {
        let temporary = self.workload.table(table).is_some_and(|it| it.temporary);
        let found = self.facts(table).map(|facts| facts.kind);
        temporary || found == Some(TableKind::View) || self.views.contains(&table)
    }

    /// A value of a column.
    fn cell(&self, table: TableId, column: &str) -> Cell {
        let known = self.columns.get(&table);
        let cell = known.and_then(|columns| columns.get(&column.to_lowercase()));
        cell.copied().unwrap_or(Cell::UNKNOWN)
    }

    /// The values of some columns in one row; of all columns where none are told.
    fn cells<'c>(&self, table: TableId, columns: Option<impl Iterator<Item = &'c String>>) -> Cell {
        if let Some(columns) = columns {
            return columns.map(|column| self.cell(table, column)).sum();
        }
        let known = self.columns.get(&table).into_iter().flatten();
        known.map(|(_, cell)| *cell).sum()
    }

    /// A column of a query's rows: one of that name of a table that it reads, if there is one; of groups, an aggregate.
    fn output(&self, subquery: &Subquery, reads: &[ReadId], column: &str) -> Cell {
        let tables = reads
            .iter()
            .filter_map(|id| Some(self.reads.get(id)?.version.table));
        let named =
            tables.filter_map(|table| self.columns.get(&table)?.get(&column.to_lowercase()));
        named
            .copied()
            .next()
            .unwrap_or(match subquery.exchanges.rows {
                Rows::Read => Cell::UNKNOWN,
                Rows::Groups | Rows::One => Cell::NUMBER,
            })
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

impl<'a> Estimate<'a> {
    /// What building a candidate costs; none where the size of something it reads is unknown and it was never measured.
    pub fn build(&self, candidate: &Candidate) -> Option<BuildCost> {
        let estimate = self.estimated_build(candidate);
        self.model.measured.build(candidate.id, estimate)
    }

    /// The same from the facts alone.
    fn estimated_build(&self, candidate: &Candidate) -> Option<BuildCost> {
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
    /// the size of something it reads is unknown and it was never measured.
    pub fn saving(&self, candidate: &Candidate, reader: &Reader) -> Option<u64> {
        let estimate = self.estimated_saving(candidate, reader);
        let measured = &self.model.measured;
        measured.saving(candidate.id, reader.statement, estimate)
    }

    /// The same from the facts alone.
    fn estimated_saving(&self, candidate: &Candidate, reader: &Reader) -> Option<u64> {
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

    /// What building another candidate saves that reads a covering read instead of a table, microseconds; 0 where it saves
    /// nothing, none where the size of the table is unknown.
    pub(super) fn feeding(
        &self,
        candidate: &Candidate,
        child: &Candidate,
        needed: &Needed,
    ) -> Option<u64> {
        let estimate = match &candidate.definition {
            Definition::CoveringRead { hull, .. } => covering::fed(self, child, needed, hull)?,
            _ => 0,
        };
        Some(self.model.measured.on_this_machine(estimate))
    }

    fn access(&self, statement: StatementId) -> Option<&'a Access> {
        self.model.workload.access(statement)
    }

    fn read(&self, id: ReadId) -> Option<&'a Read> {
        self.model.reads.get(&id).copied()
    }

    /// Rows of a version. What the catalog says of a table that the pipeline writes is what an earlier run left
    /// there; nothing is a table not filled yet.
    fn rows(&self, version: TableVersion) -> Option<u64> {
        if let Some(rows) = self.model.measured.rows(version) {
            return Some(rows);
        }
        let facts = self.model.facts(version.table)?;
        self.facts_rows(facts, |value| version.generation == 0 || *value > 0)
    }

    /// Rows of a table by what the catalog says: by statistics, otherwise by the size of its files.
    fn facts_rows(&self, facts: &TableFacts, usable: impl Fn(&u64) -> bool) -> Option<u64> {
        facts.rows.filter(&usable).or_else(|| {
            let bytes = facts.size_bytes.filter(usable)?;
            Some(Format::of(facts).lines(facts, bytes, self.end))
        })
    }

    /// Reading some columns of a version by a statement: a scan, or all scans below a view. `low`: see [`Self::scan`].
    fn table(&self, access: &Access, version: TableVersion, used: Cell, low: bool) -> Option<Work> {
        if self.model.is_view(version.table) {
            return self.view(access, version.table, low);
        }
        let facts = self.model.facts(version.table)?;
        let rows = self.rows(version)?;
        let line = Format::of(facts).line(count(facts.columns.len()), used);
        Some(Work {
            micros: nanos(rows, line),
            rows,
        })
    }

    /// The scans below a view; what it computes above them is not counted. Views in it have theirs among them.
    fn view(&self, access: &Access, view: TableId, low: bool) -> Option<Work> {
        let through = Origin::ThroughView(view);
        let reads = access.reads.iter().filter(|read| read.origin == through);
        let mut total = None;
        for read in reads.filter(|read| !self.model.is_view(read.version.table)) {
            let work = self.scan(access, read, low)?;
            total = Some(sum(total.unwrap_or_default(), work));
        }
        total
    }

    /// One read. Where a filter lets Spark skip partitions, what it costs is not known: at most a full scan, and
    /// nothing at all if it is to be taken `low`.
    fn scan(&self, access: &Access, read: &Read, low: bool) -> Option<Work> {
        let used = self.used(read);
        let mut work = self.table(access, read.version, used, low)?;
        if low && self.model.is_pruned(read) {
            work.micros = 0;
        }
        Some(work)
    }

    /// The values that a read needs of a row.
    fn used(&self, read: &Read) -> Cell {
        let columns = read.columns.as_ref().map(BTreeSet::iter);
        self.model.cells(read.version.table, columns)
    }

    /// What the operations of a query cost that bring its rows together, joins apart, and how many rows it has.
    fn gathered(&self, rows: u64, exchanges: Exchanges) -> Work {
        let groups = match self.end {
            End::Few => rows / ROWS_PER_GROUP,
            End::Many => rows,
        };
        let grouping = grouping(rows, groups).saturating_mul(u64::from(exchanges.groupings));
        let windows = nanos(rows, WINDOW_NANOS).saturating_mul(u64::from(exchanges.windows));
        Work {
            micros: grouping.saturating_add(windows),
            rows: match exchanges.rows {
                Rows::Read => rows,
                Rows::Groups => groups.max(1),
                Rows::One => 1,
            },
        }
    }
}

/// What building costs that computes rows and puts them into the cache.
fn built(compute_micros: u64, rows: u64, row: Cell) -> BuildCost {
    let width = row
        .values
        .saturating_mul(row.values)
        .saturating_mul(ENCODE_WIDTH_NANOS);
    let encode = nanos(rows, row.encode.saturating_add(width));
    BuildCost {
        micros: ACTION_MICROS
            .saturating_add(compute_micros)
            .saturating_add(encode),
        bytes: rows.saturating_mul(row.bytes),
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

/// Grouping rows, microseconds.
fn grouping(rows: u64, groups: u64) -> u64 {
    nanos(rows, GROUPED_NANOS).saturating_add(nanos(groups, GROUP_NANOS))
}

fn sum(a: Work, b: Work) -> Work {
    Work {
        micros: a.micros.saturating_add(b.micros),
        rows: a.rows.max(b.rows),
    }
}

/// Microseconds of `rows` at some nanoseconds each.
fn nanos(rows: u64, each: u64) -> u64 {
    rows.saturating_mul(each) / 1_000
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
