//! Widened subqueries: scans of all columns that one of them needs, and the exchanges of one, to build; each reader
//! saves those of its own.

use std::collections::BTreeSet;

use super::{
    BuildCost, CACHED_NANOS, CostModel, EXCHANGE_NANOS, Work, built, count, nanos, repeated, size,
    sum,
};
use crate::facts::access::{Read, SubqueryId};
use crate::planner::frame::{Candidate, Reader, Widened};

pub(super) fn build(
    model: &CostModel<'_>,
    candidate: &Candidate,
    widened: &Widened,
) -> Option<BuildCost> {
    let base = model.workload.subquery(widened.base)?;
    let first = candidate.readers.first()?;
    let access = model.access(first.statement)?;
    let mut work = Work::default();
    // Readers name the same tables in the same order.
    for (position, id) in first.reads.iter().enumerate() {
        let own = model.reads.get(id)?;
        let beside = candidate.readers.iter();
        let beside = beside.filter_map(|reader| model.reads.get(reader.reads.get(position)?));
        let mut columns = Some(BTreeSet::new());
        for read in beside.filter(|read| read.version == own.version) {
            columns = columns.zip(read.columns.as_ref()).map(|(mut all, some)| {
                all.extend(some);
                all
            });
        }
        let columns: Option<BTreeSet<String>> =
            columns.map(|columns| columns.into_iter().cloned().collect());
        let read = Read {
            columns,
            ..(*own).clone()
        };
        work = sum(work, model.scan(access, &read, false)?);
    }
    let exchanges = nanos(work.rows, u64::from(base.exchanges), EXCHANGE_NANOS);
    let used = count(widened.columns.len());
    Some(built(
        work.micros.saturating_add(exchanges),
        work.rows,
        used,
        used.saturating_mul(size::UNKNOWN_BYTES),
    ))
}

pub(super) fn saving(model: &CostModel<'_>, reader: &Reader, widened: &Widened) -> Option<u64> {
    let work = repeated::work(model, reader, true)?;
    let subquery: SubqueryId = reader.subquery()?;
    let needs = widened.shares.get(&subquery)?.needs();
    let cached = nanos(work.rows, count(needs.len()), CACHED_NANOS);
    Some(work.micros.saturating_sub(cached))
}
