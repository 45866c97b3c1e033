//! Covering aggregates: blocks that group the same table version by the same columns.
//!
//! One grouping computes the aggregates of all of them, each over the rows that its reader keeps. Tests that all readers
//! make are made once; a reader whose tests are all common reads the groups as they are, and any other one leaves out
//! groups of which it keeps no row.
//!
//! ```text
//! SELECT k, sum(a) AS s FROM t WHERE c > 1 GROUP BY k       frame   SELECT k, sum(a) FILTER (WHERE c > 1) AS a1,
//! SELECT k, max(b) AS m FROM t WHERE c = 0 GROUP BY k  ──▶            max(b) FILTER (WHERE c = 0) AS a2,
//!                                                                     count_if(c > 1) AS n1, count_if(c = 0) AS n2
//!                                                                   FROM t WHERE c > 1 OR c = 0 GROUP BY k
//!                                                           reader  SELECT k, a1 AS s FROM frame AS t WHERE n1 > 0
//! ```
//!
//! A test of columns grouped by keeps whole groups: it stays with its reader. And a reader that groups by some of the columns
//! groups the groups again, if the values of all its aggregates over groups give those over all of their rows:
//!
//! ```text
//! SELECT count(*) AS c FROM t WHERE k > 5                   reader  SELECT coalesce(sum(a1), 0) AS c FROM frame AS t WHERE k > 5
//! ```

mod block;
mod columns;
mod model;

use std::collections::{BTreeMap, BTreeSet};

pub use self::model::{Again, Aggregation, Computed, Formula, Given, Kept, Part, Use, Value};

use self::block::{Grouped, Grouping, Occurrence, Test, Written};
use self::columns::Columns;
use super::inputs::Refused;
use super::source::Source;
use super::walk::Names;
use super::{
    Candidate, CandidateId, Candidates, Context, Definition, Place, Reader, Reason, Subject,
};
use crate::facts::access::{Access, Origin, TableVersion};
use crate::frontend::statement::{Block, Relation};

/// Adds the candidates and refusals of every grouping that several blocks make, or that others can be made of.
pub(super) fn find(context: &Context<'_>, found: &mut Candidates) {
    let mut tables: BTreeMap<TableVersion, Vec<(Grouping, Occurrence<'_>)>> = BTreeMap::new();
    for access in &context.workload.accesses {
        let statement = context.workload.statement(access.statement);
        let Some(statement) = statement.filter(|_| access.barrier.is_none()) else {
            continue;
        };
        let Some(query) = statement.kind.query() else {
            continue;
        };
        for block in query.blocks() {
            if let Some(occurrence) = occurrence(access, block) {
                let version = occurrence.read.version;
                let grouping = occurrence.grouping(context);
                let blocks = tables.entry(version).or_default();
                blocks.push((grouping, occurrence));
            }
        }
    }
    let mut groups: Vec<(TableVersion, Vec<(Grouping, Occurrence<'_>)>)> = tables
        .into_iter()
        .filter(|(_, blocks)| blocks.len() > 1)
        .collect();
    groups.sort_by_key(|(_, blocks)| blocks.first().map(|(_, one)| one.read.id));
    for (version, blocks) in groups {
        let source = Source::of(context, version);
        let blocks: Vec<Found<'_>> = blocks
            .iter()
            .map(|(grouping, one)| Found {
                grouping,
                one,
                grouped: match &source {
                    Ok(source) => usable_block(context, source, one),
                    Err(reason) => Err(reason.clone()),
                },
            })
            .collect();
        let mut done = BTreeSet::new();
        for block in &blocks {
            if done.insert(&block.grouping.keys) {
                add(context, version, &block.grouping.keys, &blocks, found);
            }
        }
    }
}

/// A block that groups a table, and what it says or why nothing is shared with it.
struct Found<'f> {
    grouping: &'f Grouping,
    one: &'f Occurrence<'f>,
    grouped: Result<Grouped<'f>, Reason>,
}

/// A block that groups the rows of one table, if this is one.
fn occurrence<'a>(access: &'a Access, block: Block<'a>) -> Option<Occurrence<'a>> {
    let [Relation::Table(reference)] = block.select.from.as_slice() else {
        return None;
    };
    let read = access.reads.iter().find(
        |read| matches!(read.origin, Origin::Named { name, .. } if name == reference.name.span),
    )?;
    block.select.grouped.then_some(Occurrence {
        access,
        read,
        reference,
        block,
    })
}

/// Adds what groups a table version by some columns, for the blocks that group by them and those that group by fewer.
fn add(
    context: &Context<'_>,
    version: TableVersion,
    keys: &BTreeSet<String>,
    blocks: &[Found<'_>],
    found: &mut Candidates,
) {
    let subject = Subject::Aggregate {
        version,
        keys: keys.iter().cloned().collect(),
    };
    let same = |block: &&Found<'_>| block.grouping.keys == *keys;
    let alike = blocks.iter().filter(same).count();
    let mut refused = Refused::default();
    let mut usable = Vec::new();
    for block in blocks.iter().filter(same) {
        match &block.grouped {
            Ok(grouped) => usable.push(grouped),
            Err(reason) => refused.add(reason.clone(), [block.one.read.id]),
        }
    }
    // Those that group the groups again.
    let (mut again, usable): (Vec<_>, Vec<_>) =
        usable.into_iter().partition(|grouped| grouped.several);
    if !usable.is_empty() || !again.is_empty() {
        let fewer = blocks.iter().filter(|block| {
            block.grouping.keys.len() < keys.len() && block.grouping.keys.is_subset(keys)
        });
        again.extend(fewer.filter_map(|block| block.grouped.as_ref().ok()));
    }
    let count = usable.len() + again.len();
    again.retain(|grouped| match grouped.not_again(context) {
        Some(reason) => {
            refused.add(reason, [grouped.read.id]);
            false
        }
        None => true,
    });
    // One of them groups by all of the columns.
    if !usable.iter().chain(&again).any(|one| one.keys == *keys) {
        again.clear();
    }
    if alike.max(count) < 2 {
        return;
    }
    let all: Vec<&Grouped<'_>> = usable.iter().chain(&again).copied().collect();
    let mut shared = BTreeSet::new();
    for allowed in kept_apart(&all) {
        let (mut readers, mut again) = (usable.clone(), again.clone());
        readers.retain(|one| allowed(one));
        again.retain(|one| allowed(one));
        let count = readers.len() + again.len();
        if count > 1 {
            shared.extend(readers.iter().chain(&again).map(|one| one.read.id));
        }
        if readers.len() > 1 {
            candidate(context, &subject, version, &readers, found);
        }
        // One of them groups by all of the columns.
        let whole = readers.iter().chain(&again).any(|one| one.keys == *keys);
        if !again.is_empty() && count > 1 && whole {
            readers.extend(again);
            readers.sort_by_key(|grouped| grouped.read.id);
            candidate(context, &subject, version, &readers, found);
        }
    }
    for one in all.iter().filter(|one| !shared.contains(&one.read.id)) {
        let reason = if all.len() > 1 {
            one.kept_alone(context)
        } else {
            None
        };
        let single = || {
            let text = "one place is left: there is nothing to share";
            Reason::new("single-reader", text)
        };
        refused.add(reason.unwrap_or_else(single), [one.read.id]);
    }
    found.refusals.extend(refused.into_refusals(&subject));
}

/// Which blocks may be computed together. Beside an aggregate of distinct values Spark sums up in another order (Spark:
/// `AggUtils.planAggregateWithOneDistinct`, `RewriteDistinctAggregates`), which shows where the order of additions does.
fn kept_apart(blocks: &[&Grouped<'_>]) -> Vec<fn(&Grouped<'_>) -> bool> {
    let drifts = blocks.iter().any(|one| one.drifts().is_some());
    let distinct = blocks.iter().any(|one| one.distinct().is_some());
    if drifts && distinct {
        vec![|one| one.distinct().is_none(), |one| one.drifts().is_none()]
    } else {
        vec![|_| true]
    }
}

fn candidate(
    context: &Context<'_>,
    subject: &Subject,
    version: TableVersion,
    readers: &[&Grouped<'_>],
    found: &mut Candidates,
) {
    found.candidates.push(Candidate {
        id: CandidateId(0),
        inputs: readers
            .iter()
            .flat_map(|one| one.inputs.iter().copied())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        readers: readers
            .iter()
            .map(|one| Reader {
                statement: one.read.statement,
                reads: vec![one.read.id],
                place: Place::Block,
            })
            .collect(),
        definition: Definition::CoveringAggregate(Box::new(aggregation(context, version, readers))),
        subject: subject.clone(),
    });
}

fn usable_block<'a>(
    context: &Context<'_>,
    source: &Source,
    one: &Occurrence<'a>,
) -> Result<Grouped<'a>, Reason> {
    let lost = || {
        Reason::new(
            "not-a-query",
            "the statement is not a query to be rewritten",
        )
    };
    let statement = context
        .workload
        .statement(one.read.statement)
        .ok_or_else(lost)?;
    let query = statement.kind.query().ok_or_else(lost)?;
    if let Some(fixed) = one.read.fixed {
        return Err(super::inputs::fixed_reason(
            fixed,
            &context.name(one.read.version.table),
        ));
    }
    let inputs = super::inputs::closure(one.access, &[one.read.id]);
    context.check_inputs(one.access, &inputs)?;
    context.check_statement(one.access, &inputs)?;
    source.check_place(context, statement, one.access, one.read, &Names::of(query))?;
    Grouped::of(context, source, one, inputs)
}

/// The frame for some blocks, of which one groups by the columns of all.
fn aggregation(
    context: &Context<'_>,
    version: TableVersion,
    readers: &[&Grouped<'_>],
) -> Aggregation {
    let finest = readers.iter().max_by_key(|reader| reader.keys.len());
    let keys = finest.map_or_else(BTreeSet::new, |finest| finest.keys.clone());
    let common: Vec<&Test> = readers
        .first()
        .into_iter()
        .flat_map(|first| &first.tests)
        .filter(|test| readers.iter().all(|reader| reader.makes(test)))
        .collect();
    let is_common = |test: &Test| {
        let mut common = common.iter();
        common.any(|known| known.written.key == test.written.key)
    };
    let own = |reader: &Grouped<'_>| -> Vec<Test> {
        let tests = reader.tests.iter();
        tests.filter(|test| !is_common(test)).cloned().collect()
    };
    let mut columns = Columns::new(context, readers);
    let uses = readers
        .iter()
        .map(|reader| {
            let (kept, tests): (Vec<Test>, Vec<Test>) = own(reader)
                .into_iter()
                .partition(|test| test.written.is_about(&keys));
            let tests: Vec<Written> = tests.into_iter().map(|test| test.written).collect();
            let same = reader.keys == keys && !reader.several;
            let calls = reader.calls.iter().map(|call| Given {
                place: call.place,
                column: columns.call(call, &tests),
                again: match &call.again {
                    Some(again) if !same => again.clone(),
                    _ => Again::Not,
                },
            });
            Use {
                read: reader.read.id,
                rows: if same {
                    reader.places.rows
                } else {
                    reader.places.filtered
                },
                kept: kept.iter().map(|test| test.kept).collect(),
                calls: calls.collect(),
                guard: (!keys.is_empty() && !tests.is_empty()).then(|| columns.rows(&tests)),
                having: reader.places.having.filter(|_| same),
            }
        })
        .collect();
    let read: BTreeSet<String> = readers
        .iter()
        .flat_map(|reader| reader.columns.iter().cloned())
        .collect();
    let written = |tests: Vec<Test>| tests.into_iter().map(|test| test.written).collect();
    Aggregation {
        version,
        keys: finest.map_or_else(Vec::new, |finest| finest.spelled.clone()),
        columns: columns.all,
        common: common
            .iter()
            .map(|test| test.written.formula.clone())
            .collect(),
        others: others(readers.iter().map(|reader| written(own(reader))).collect()),
        uses,
        read: read.into_iter().collect(),
    }
}

/// The conjunctions of which a row passes one; none where one of them has no test.
fn others(readers: Vec<Vec<Written>>) -> Vec<Vec<Formula>> {
    if readers.iter().any(Vec::is_empty) {
        return Vec::new();
    }
    let implies = |narrow: &[Written], wide: &[Written]| {
        let has = |test: &Written| narrow.iter().any(|own| own.key == test.key);
        wide.iter().all(has)
    };
    let mut kept: Vec<Vec<Written>> = Vec::new();
    for tests in readers {
        if kept.iter().any(|known| implies(&tests, known)) {
            continue;
        }
        kept.retain(|known| !implies(known, &tests));
        kept.push(tests);
    }
    let formulas = |tests: Vec<Written>| tests.into_iter().map(|test| test.formula).collect();
    kept.into_iter().map(formulas).collect()
}
