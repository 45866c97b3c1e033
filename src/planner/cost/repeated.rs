//! Repeated subqueries: scans, joins and groupings of one of them to build, those of its own saved by each reader.

use super::cell::Cell;
use super::{BuildCost, Estimate, Work, built, covering, join, nanos};
use crate::facts::access::Subquery;
use crate::planner::frame::{Candidate, Reader};

pub(super) fn build(
    estimate: &Estimate<'_>,
    candidate: &Candidate,
    columns: &[String],
) -> Option<BuildCost> {
    let first = candidate.readers.first()?;
    let work = work(estimate, first, false)?;
    Some(built(
        work.micros,
        work.rows,
        row(estimate, first, columns.iter())?,
    ))
}

pub(super) fn saving(estimate: &Estimate<'_>, reader: &Reader, columns: &[String]) -> Option<u64> {
    let work = work(estimate, reader, true)?;
    let row = row(estimate, reader, columns.iter())?;
    Some(work.micros.saturating_sub(nanos(work.rows, row.cached)))
}

/// What computing the subquery of a reader costs, and how many rows it has.
pub(super) fn work(estimate: &Estimate<'_>, reader: &Reader, low: bool) -> Option<Work> {
    let access = estimate.access(reader.statement)?;
    let subquery = estimate.model.workload.subquery(reader.subquery()?)?;
    let mut inputs = Vec::new();
    for id in &reader.reads {
        let read = estimate.read(*id)?;
        let work = estimate.scan(access, read, low)?;
        let bytes = join::bytes(estimate, read.version, work.rows, estimate.used(read));
        inputs.push((work, bytes));
    }
    Some(computed(estimate, &inputs, subquery))
}

/// What computing a query from its scans costs, each with the bytes that it reads.
pub(super) fn computed(
    estimate: &Estimate<'_>,
    inputs: &[(Work, u64)],
    subquery: &Subquery,
) -> Work {
    let joined = join::joined(inputs, u64::from(subquery.exchanges.joins));
    let reads = subquery.reads.iter().filter_map(|id| estimate.read(*id));
    let tested = reads.filter(|read| !read.filters.is_empty()).count() > 0;
    let rows = covering::passing(joined.rows, tested);
    let gathered = estimate.gathered(rows, subquery.exchanges);
    Work {
        micros: joined.micros.saturating_add(gathered.micros),
        rows: gathered.rows,
    }
}

/// Values of one row of the subquery of a reader.
pub(super) fn row<'c>(
    estimate: &Estimate<'_>,
    reader: &Reader,
    columns: impl Iterator<Item = &'c String>,
) -> Option<Cell> {
    let model = estimate.model;
    let subquery = model.workload.subquery(reader.subquery()?)?;
    let cells = columns.map(|column| model.output(subquery, &reader.reads, column));
    Some(cells.sum())
}
