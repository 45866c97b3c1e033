//! Repeated subqueries: scans and exchanges of one of them to build, those of its own saved by each reader.

use super::{
    BuildCost, CACHED_NANOS, CostModel, EXCHANGE_NANOS, Work, built, count, nanos, size, sum,
};
use crate::planner::frame::{Candidate, Reader};

pub(super) fn build(
    model: &CostModel<'_>,
    candidate: &Candidate,
    columns: &[String],
) -> Option<BuildCost> {
    let work = work(model, candidate.readers.first()?, false)?;
    let used = count(columns.len());
    let row_bytes = used.saturating_mul(size::UNKNOWN_BYTES);
    Some(built(work.micros, work.rows, used, row_bytes))
}

pub(super) fn saving(model: &CostModel<'_>, reader: &Reader, columns: &[String]) -> Option<u64> {
    let work = work(model, reader, true)?;
    let cached = nanos(work.rows, count(columns.len()), CACHED_NANOS);
    Some(work.micros.saturating_sub(cached))
}

pub(super) fn work(model: &CostModel<'_>, reader: &Reader, low: bool) -> Option<Work> {
    let access = model.access(reader.statement)?;
    let subquery = model.workload.subquery(reader.subquery()?)?;
    let mut total = Work::default();
    for id in &reader.reads {
        total = sum(total, model.scan(access, model.reads.get(id)?, low)?);
    }
    let exchanges = nanos(total.rows, u64::from(subquery.exchanges), EXCHANGE_NANOS);
    total.micros = total.micros.saturating_add(exchanges);
    Some(total)
}
