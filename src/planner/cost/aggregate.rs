//! Covering aggregates: one scan and one grouping to build, those of its own saved by each reader.

use super::cell::Cell;
use super::{BuildCost, End, Estimate, ROWS_PER_GROUP, built, count, grouping, nanos};
use crate::facts::catalog::TableFacts;
use crate::planner::frame::{Again, Aggregation, Candidate, Reader};

/// Updating one aggregate by one row, its tests included, nanoseconds. Measured on Spark 3.5.6: twelve with tests added
/// 0.3 µs to the grouping of 3 million rows.
const AGGREGATE_NANOS: u64 = 26;
/// Rows that pass the tests of one reader, percent: assumed.
const TESTED_PERCENT: u64 = 33;
/// Most rows that a group is taken to have where a table of what is grouped by is known: a small table that happens to
/// have the columns decides nothing.
const MOST_ROWS_PER_GROUP: u64 = 100;

pub(super) fn build(
    estimate: &Estimate<'_>,
    candidate: &Candidate,
    aggregation: &Aggregation,
) -> Option<BuildCost> {
    let access = estimate.access(candidate.readers.first()?.statement)?;
    let table = aggregation.version.table;
    let used = estimate.model.cells(table, Some(aggregation.read.iter()));
    let scan = estimate.table(access, aggregation.version, used, false)?;
    let computed = count(aggregation.columns.len());
    let groups = groups(estimate, aggregation, scan.rows);
    // Spark repeats all rows for each aggregate over distinct values, which groups them by the values first.
    let distinct = aggregation.columns.iter().filter(|column| column.distinct);
    let repeated = grouping(scan.rows, scan.rows).saturating_mul(count(distinct.count()));
    let micros = scan
        .micros
        .saturating_add(grouping(scan.rows, groups))
        .saturating_add(repeated)
        .saturating_add(nanos(scan.rows, computed.saturating_mul(AGGREGATE_NANOS)));
    let keys = estimate.model.cells(table, Some(aggregation.keys.iter()));
    Some(built(
        micros,
        groups,
        keys.and(Cell::NUMBER.times(computed)),
    ))
}

pub(super) fn saving(
    estimate: &Estimate<'_>,
    reader: &Reader,
    aggregation: &Aggregation,
) -> Option<u64> {
    let access = estimate.access(reader.statement)?;
    let id = reader.reads.first()?;
    let read = estimate.read(*id)?;
    let plain = estimate.scan(access, read, true)?;
    if estimate.model.is_pruned(read) {
        return Some(0);
    }
    let own = aggregation.uses.iter().find(|own| own.read == *id)?;
    let calls = own.calls.iter();
    let distinct = calls.filter(|call| {
        let column = aggregation.columns.get(call.column);
        column.is_some_and(|column| column.distinct)
    });
    let rows = match own.guard {
        Some(_) => plain.rows / 100 * TESTED_PERCENT,
        None => plain.rows,
    };
    let groups = groups(estimate, aggregation, plain.rows);
    let repeated = grouping(rows, rows).saturating_mul(count(distinct.count()));
    let work = plain
        .micros
        .saturating_add(grouping(rows, groups.min(rows)))
        .saturating_add(repeated);
    let used = count(own.calls.len()).saturating_add(u64::from(own.guard.is_some()));
    let keys = estimate
        .model
        .cells(read.version.table, Some(aggregation.keys.iter()));
    let cached = nanos(groups, keys.and(Cell::NUMBER.times(used)).cached);
    let again = own.calls.iter().any(|call| call.again != Again::Not);
    let regrouped = grouping(if again { groups } else { 0 }, 0);
    Some(work.saturating_sub(cached.saturating_add(regrouped)))
}

/// How many groups there are, at a guess: about as many as the smallest other table with all columns grouped by has rows,
/// as it tends to be what the rows are events of. Where there is none, few or nearly as many as there are rows.
fn groups(estimate: &Estimate<'_>, aggregation: &Aggregation, rows: u64) -> u64 {
    if aggregation.keys.is_empty() {
        return 1;
    }
    let itself = estimate.model.facts(aggregation.version.table);
    let has = |facts: &&TableFacts, key: &String| {
        let mut columns = facts.columns.iter();
        columns.any(|column| column.name.eq_ignore_ascii_case(key))
    };
    let others = estimate.model.catalog.tables.values().filter(|facts| {
        itself != Some(*facts) && aggregation.keys.iter().all(|key| has(facts, key))
    });
    let smallest = others
        .filter_map(|facts| estimate.facts_rows(facts, |rows| *rows > 0))
        .min();
    let guess = match (smallest, estimate.end) {
        (Some(smallest), _) => smallest.max(rows / MOST_ROWS_PER_GROUP),
        (None, End::Few) => rows / ROWS_PER_GROUP,
        (None, End::Many) => rows,
    };
    guess.min(rows).max(1)
}
