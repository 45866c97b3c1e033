//! Covering reads: one scan to build, a scan saved by each reader.

use super::{BuildCost, Estimate, built, nanos};
use crate::facts::access::TableVersion;
use crate::planner::frame::{Candidate, HullTest, Needed, Reader};

/// Rows assumed to pass a hull or the tests of a subquery, percent.
const HULL_PERCENT: u64 = 67;

pub(super) fn build(
    estimate: &Estimate<'_>,
    candidate: &Candidate,
    version: TableVersion,
    columns: &[String],
    hull: &[Vec<HullTest>],
) -> Option<BuildCost> {
    let reader = candidate.readers.first()?;
    let access = estimate.access(reader.statement)?;
    let row = estimate.model.cells(version.table, Some(columns.iter()));
    let scan = estimate.table(access, version, row, false)?;
    Some(built(scan.micros, hull_rows(scan.rows, hull), row))
}

pub(super) fn saving(
    estimate: &Estimate<'_>,
    reader: &Reader,
    columns: &[String],
    hull: &[Vec<HullTest>],
) -> Option<u64> {
    let access = estimate.access(reader.statement)?;
    let read = estimate.read(*reader.reads.first()?)?;
    let plain = estimate.scan(access, read, true)?;
    let used = match &read.columns {
        Some(_) => estimate.used(read),
        None => estimate
            .model
            .cells(read.version.table, Some(columns.iter())),
    };
    let cached = nanos(hull_rows(plain.rows, hull), used.cached);
    Some(plain.micros.saturating_sub(cached))
}

/// What the build of another candidate saves that has the frame instead of a table; nothing where Spark may skip
/// partitions of that.
pub(super) fn fed(
    estimate: &Estimate<'_>,
    child: &Candidate,
    needed: &Needed,
    hull: &[Vec<HullTest>],
) -> Option<u64> {
    let access = estimate.access(child.readers.first()?.statement)?;
    let model = estimate.model;
    let used = model.cells(needed.version.table, Some(needed.columns.iter()));
    let plain = estimate.table(access, needed.version, used, true)?;
    let facts = model.facts(needed.version.table);
    let mut partitions = facts.into_iter().flat_map(|facts| &facts.partition_columns);
    let pruned = partitions.any(|column| needed.columns.contains(&column.to_lowercase()));
    if pruned && needed.is_filtered() {
        return Some(0);
    }
    let cached = nanos(hull_rows(plain.rows, hull), used.cached);
    Some(plain.micros.saturating_sub(cached))
}

pub(super) fn hull_rows(rows: u64, hull: &[Vec<HullTest>]) -> u64 {
    passing(rows, !hull.is_empty())
}

/// Rows that pass tests, if there are any.
pub(super) fn passing(rows: u64, tested: bool) -> u64 {
    if tested {
        rows.saturating_mul(HULL_PERCENT) / 100
    } else {
        rows
    }
}
