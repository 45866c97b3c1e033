//! Widened subqueries: scans of all columns that one of them needs, joins and groupings of one, to build; each reader
//! saves those of its own.

use std::collections::BTreeSet;

use super::{BuildCost, Estimate, built, join, nanos, repeated};
use crate::facts::access::{Read, SubqueryId};
use crate::planner::frame::{Candidate, Reader, Widened, WidenedColumn};

pub(super) fn build(
    estimate: &Estimate<'_>,
    candidate: &Candidate,
    widened: &Widened,
) -> Option<BuildCost> {
    let base = estimate.model.workload.subquery(widened.base)?;
    let first = candidate.readers.first()?;
    let access = estimate.access(first.statement)?;
    let mut inputs = Vec::new();
    // Readers name the same tables in the same order.
    for (position, id) in first.reads.iter().enumerate() {
        let own = estimate.read(*id)?;
        let beside = candidate.readers.iter();
        let beside = beside.filter_map(|reader| estimate.read(*reader.reads.get(position)?));
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
        let work = estimate.scan(access, &read, false)?;
        let bytes = join::bytes(estimate, read.version, work.rows, estimate.used(&read));
        inputs.push((work, bytes));
    }
    let work = repeated::computed(estimate, &inputs, base);
    let columns: Vec<String> = widened.columns.iter().map(source).collect();
    let row = repeated::row(estimate, first, columns.iter())?;
    Some(built(work.micros, work.rows, row))
}

pub(super) fn saving(estimate: &Estimate<'_>, reader: &Reader, widened: &Widened) -> Option<u64> {
    let work = repeated::work(estimate, reader, true)?;
    let subquery: SubqueryId = reader.subquery()?;
    let needs = widened.shares.get(&subquery)?.needs().into_iter();
    let needs = needs.filter_map(|number| widened.columns.get(number));
    let needs: Vec<String> = needs.map(source).collect();
    let needed = repeated::row(estimate, reader, needs.iter())?;
    Some(work.micros.saturating_sub(nanos(work.rows, needed.cached)))
}

/// The column of a table that a column is, if it is one.
fn source(column: &WidenedColumn) -> String {
    let text = column.added.as_deref().unwrap_or(&column.name);
    let last = text.rsplit('.').next().unwrap_or(text);
    last.trim_matches('`').to_owned()
}
