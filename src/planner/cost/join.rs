//! Join cores: scans and joins of the tables to build, and those of its own saved by each reader.

use std::collections::BTreeSet;

use super::cell::Cell;
use super::covering::hull_rows;
use super::{
    BROADCAST_BYTES, BuildCost, Estimate, JOIN_NANOS, PROBE_NANOS, Work, built, count, nanos,
};
use crate::facts::access::TableVersion;
use crate::planner::frame::{Candidate, CoreMember, HullTest, Reader};

pub(super) fn build(
    estimate: &Estimate<'_>,
    candidate: &Candidate,
    members: &[CoreMember],
    hull: &[Vec<HullTest>],
) -> Option<BuildCost> {
    let access = estimate.access(candidate.readers.first()?.statement)?;
    let mut inputs = Vec::new();
    let mut row = Cell::default();
    for member in members {
        let table = member.version.table;
        let used = estimate
            .model
            .cells(table, Some(scanned(members, member).into_iter()));
        let work = estimate.table(access, member.version, used, false)?;
        inputs.push((work, bytes(estimate, member.version, work.rows, used)));
        let own = member.columns.iter().map(|column| &column.column);
        row = row.and(estimate.model.cells(table, Some(own)));
    }
    let work = joined(&inputs, count(members.len().saturating_sub(1)));
    Some(built(work.micros, hull_rows(work.rows, hull), row))
}

pub(super) fn saving(
    estimate: &Estimate<'_>,
    reader: &Reader,
    members: &[CoreMember],
    hull: &[Vec<HullTest>],
) -> Option<u64> {
    let access = estimate.access(reader.statement)?;
    let mut inputs = Vec::new();
    let mut row = Cell::default();
    for id in &reader.reads {
        let read = estimate.read(*id)?;
        let work = estimate.scan(access, read, true)?;
        let used = estimate.used(read);
        inputs.push((work, bytes(estimate, read.version, work.rows, used)));
        // Of what a reader names, keys that only join the tables are not read from the frame.
        let kept: BTreeSet<String> = members
            .iter()
            .filter(|member| member.version == read.version)
            .flat_map(|member| &member.columns)
            .map(|column| column.column.to_lowercase())
            .filter(|column| {
                read.columns
                    .as_ref()
                    .is_none_or(|used| used.contains(column))
            })
            .collect();
        row = row.and(estimate.model.cells(read.version.table, Some(kept.iter())));
    }
    let work = joined(&inputs, count(members.len().saturating_sub(1)));
    let cached = nanos(hull_rows(work.rows, hull), row.cached);
    Some(work.micros.saturating_sub(cached))
}

/// Columns of a table that building reads: those of the frame, and keys.
fn scanned<'m>(members: &'m [CoreMember], member: &'m CoreMember) -> BTreeSet<&'m String> {
    let own = member.columns.iter().map(|column| &column.column);
    let keys = member.keys.iter().map(|key| &key.column);
    let others = members.iter().flat_map(|other| &other.keys);
    let others = others.filter(|key| {
        members
            .get(key.member)
            .is_some_and(|other| other.version == member.version)
    });
    own.chain(keys)
        .chain(others.map(|key| &key.other))
        .collect()
}

/// Bytes of what a join reads of a table.
pub(super) fn bytes(estimate: &Estimate<'_>, version: TableVersion, rows: u64, used: Cell) -> u64 {
    let facts = estimate.model.facts(version.table);
    let whole = facts.and_then(|facts| facts.size_bytes);
    let read = rows.saturating_mul(used.bytes);
    whole.map_or(read, |whole| whole.min(read))
}

/// Scans and joins: the largest input meets other ones, which are broadcast where they are small; otherwise the rows of
/// both are exchanged and sorted. Joins beyond those, with what a query itself computes, exchange the largest input.
pub(super) fn joined(inputs: &[(Work, u64)], joins: u64) -> Work {
    let largest = inputs.iter().map(|(work, _)| work.rows).max().unwrap_or(0);
    let mut total = Work::default();
    let mut seen = false;
    let mut left = joins;
    for (work, bytes) in inputs {
        total.micros = total.micros.saturating_add(work.micros);
        total.rows = total.rows.max(work.rows);
        if work.rows == largest && !seen {
            seen = true;
            continue;
        }
        if left == 0 {
            continue;
        }
        left = left.saturating_sub(1);
        total.micros = total.micros.saturating_add(if *bytes <= BROADCAST_BYTES {
            nanos(largest, PROBE_NANOS)
        } else {
            nanos(largest.saturating_add(work.rows), JOIN_NANOS)
        });
    }
    let beyond = nanos(largest, JOIN_NANOS).saturating_mul(left);
    total.micros = total.micros.saturating_add(beyond);
    total
}
