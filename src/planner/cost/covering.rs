//! Covering reads: one scan to build, a scan saved by each reader.

use std::collections::BTreeSet;

use super::{BuildCost, CACHED_NANOS, CostModel, built, count, nanos, size};
use crate::facts::access::TableVersion;
use crate::planner::frame::{Candidate, HullTest, Reader};

/// Rows assumed to pass a hull, percent.
const HULL_PERCENT: u64 = 67;

pub(super) fn build(
    model: &CostModel<'_>,
    candidate: &Candidate,
    version: TableVersion,
    columns: &[String],
    hull: &[Vec<HullTest>],
) -> Option<BuildCost> {
    let reader = candidate.readers.first()?;
    let access = model.access(reader.statement)?;
    let used = count(columns.len());
    let scan = model.table(access, version, Some(used), false)?;
    let rows = hull_rows(scan.rows, hull);
    let row_bytes = match model.facts(version.table) {
        Some(facts) => size::row_bytes(facts, columns),
        None => used.saturating_mul(size::UNKNOWN_BYTES),
    };
    Some(built(scan.micros, rows, used, row_bytes))
}

pub(super) fn saving(
    model: &CostModel<'_>,
    reader: &Reader,
    columns: &[String],
    hull: &[Vec<HullTest>],
) -> Option<u64> {
    let access = model.access(reader.statement)?;
    let read = model.reads.get(reader.reads.first()?)?;
    let plain = model.scan(access, read, true)?;
    let used = read.columns.as_ref().map_or(columns.len(), BTreeSet::len);
    let rows = hull_rows(plain.rows, hull);
    let cached = nanos(rows, count(used), CACHED_NANOS);
    Some(plain.micros.saturating_sub(cached))
}

pub(super) fn hull_rows(rows: u64, hull: &[Vec<HullTest>]) -> u64 {
    if hull.is_empty() {
        rows
    } else {
        rows.saturating_mul(HULL_PERCENT) / 100
    }
}
