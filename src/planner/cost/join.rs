//! Join cores: scans and joins of the tables to build, and those of its own saved by each reader.

use std::collections::BTreeSet;

use super::covering::hull_rows;
use super::{
    BROADCAST_BYTES, BuildCost, CACHED_NANOS, CostModel, EXCHANGE_NANOS, PROBE_NANOS, Work, built,
    count, nanos, size,
};
use crate::facts::access::{Access, ReadId, TableVersion};
use crate::planner::frame::{Candidate, CoreMember, HullTest, Reader};

pub(super) fn build(
    model: &CostModel<'_>,
    candidate: &Candidate,
    members: &[CoreMember],
    hull: &[Vec<HullTest>],
) -> Option<BuildCost> {
    let access = model.access(candidate.readers.first()?.statement)?;
    let mut inputs = Vec::new();
    let (mut columns, mut row_bytes) = (0_u64, 0_u64);
    for member in members {
        let own: Vec<String> = member
            .columns
            .iter()
            .map(|column| column.column.clone())
            .collect();
        let used = scanned(members, member);
        let work = model.table(access, member.version, Some(used), false)?;
        inputs.push((work, bytes(model, member.version, work.rows, used)));
        columns = columns.saturating_add(count(own.len()));
        row_bytes = row_bytes.saturating_add(match model.facts(member.version.table) {
            Some(facts) => size::row_bytes(facts, &own),
            None => count(own.len()).saturating_mul(size::UNKNOWN_BYTES),
        });
    }
    let work = joined(&inputs);
    let rows = hull_rows(work.rows, hull);
    Some(built(work.micros, rows, columns, row_bytes))
}

pub(super) fn saving(
    model: &CostModel<'_>,
    reader: &Reader,
    members: &[CoreMember],
    hull: &[Vec<HullTest>],
) -> Option<u64> {
    let access = model.access(reader.statement)?;
    let mut inputs = Vec::new();
    let mut used = 0_u64;
    for id in &reader.reads {
        let read = model.reads.get(id)?;
        let work = plain(model, access, *id)?;
        let columns = read.columns.as_ref().map_or(1, BTreeSet::len);
        inputs.push((work, bytes(model, read.version, work.rows, count(columns))));
        used = used.saturating_add(count(columns));
    }
    let work = joined(&inputs);
    // Of what a reader names, keys that only join the tables are not read from the frame.
    let kept: usize = members.iter().map(|member| member.columns.len()).sum();
    let rows = hull_rows(work.rows, hull);
    let cached = nanos(rows, used.min(count(kept)), CACHED_NANOS);
    Some(work.micros.saturating_sub(cached))
}

fn plain(model: &CostModel<'_>, access: &Access, id: ReadId) -> Option<Work> {
    model.scan(access, model.reads.get(&id)?, true)
}

/// Columns of a table that building reads: those of the frame, and keys.
fn scanned(members: &[CoreMember], member: &CoreMember) -> u64 {
    let own = member.columns.iter().map(|column| &column.column);
    let keys = member.keys.iter().map(|key| &key.column);
    let others = members.iter().flat_map(|other| &other.keys);
    let others = others.filter(|key| {
        members
            .get(key.member)
            .is_some_and(|other| other.version == member.version)
    });
    let all: BTreeSet<&String> = own
        .chain(keys)
        .chain(others.map(|key| &key.other))
        .collect();
    count(all.len())
}

/// Bytes of what a join reads of a table.
fn bytes(model: &CostModel<'_>, version: TableVersion, rows: u64, used: u64) -> u64 {
    let facts = model.facts(version.table);
    let whole = facts.and_then(|facts| facts.size_bytes);
    let read = rows
        .saturating_mul(used)
        .saturating_mul(size::UNKNOWN_BYTES);
    whole.map_or(read, |whole| whole.min(read))
}

/// Scans and joins: the largest table meets each other one, which is broadcast where it is small; otherwise rows are
/// exchanged, counted as for a subquery with such a join.
fn joined(inputs: &[(Work, u64)]) -> Work {
    let largest = inputs.iter().map(|(work, _)| work.rows).max().unwrap_or(0);
    let mut total = Work::default();
    let mut seen = false;
    for (work, bytes) in inputs {
        total.micros = total.micros.saturating_add(work.micros);
        total.rows = total.rows.max(work.rows);
        if work.rows == largest && !seen {
            seen = true;
            continue;
        }
        let join = if *bytes <= BROADCAST_BYTES {
            nanos(largest, 1, PROBE_NANOS)
        } else {
            nanos(largest, 1, EXCHANGE_NANOS)
        };
        total.micros = total.micros.saturating_add(join);
    }
    total
}
