//! Totals, counted again.

use std::collections::BTreeMap;

use super::{At, Check, Promise, medium, names};
use crate::facts::access::{Origin, ReadId};
use crate::planner::plan::{FrameId, Step};

pub(super) fn run(check: &mut Check<'_>) {
    let summary = check.plan.summary;
    let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    let peak = peak(check);
    let scans = check.reads.keys().filter(|id| is_scan(check, **id)).count();
    let after = scans_after(check, scans);
    for (what, said, found) in [
        (
            "statements",
            summary.statements,
            count(check.workload.statements.len()),
        ),
        ("frames", summary.frames, count(check.plan.frames.len())),
        ("scans before", summary.scans_before, count(scans)),
        ("scans after", summary.scans_after, count(after)),
        ("peak bytes", summary.peak_bytes, peak),
    ] {
        if said != found {
            let text = format!("the summary says {said} {what}, counted are {found}");
            check.report(Promise::Totals, At::Plan, text);
        }
    }
    if peak > summary.budget_bytes {
        let text = format!(
            "frames of {peak} bytes live at one time in a budget of {} bytes",
            summary.budget_bytes
        );
        check.report(Promise::Totals, At::Plan, text);
    }
    for decision in &check.plan.decisions {
        if decision
            .frame
            .is_some_and(|frame| check.frame(frame).is_none())
        {
            check.report(
                Promise::Totals,
                At::Plan,
                "a decision names an unknown frame",
            );
        }
    }
}

fn peak(check: &Check<'_>) -> u64 {
    let mut live: BTreeMap<FrameId, u64> = BTreeMap::new();
    let mut peak = 0;
    for step in &check.plan.steps {
        match step {
            Step::Materialise(id) => {
                let bytes = check.frame(*id).map_or(0, |frame| frame.size_bytes);
                live.insert(*id, bytes);
            }
            Step::Release(id) => {
                live.remove(id);
            }
            Step::Run(_) => {}
        }
        let sum = live
            .values()
            .fold(0_u64, |sum, bytes| sum.saturating_add(*bytes));
        peak = peak.max(sum);
    }
    peak
}

/// Whether a read names its table: a view's dependences are no scans of their own.
fn is_scan(check: &Check<'_>, id: ReadId) -> bool {
    check
        .reads
        .get(&id)
        .is_some_and(|read| !matches!(read.origin, Origin::ThroughView(_)))
}

/// Whether a relation named in a frame's text is another frame.
fn is_frame(check: &Check<'_>, table: &names::TableUse<'_>) -> bool {
    let key = table.reference.name.key();
    let mut frames = check.plan.frames.iter();
    frames.any(|frame| key == check.prefix.frame(&frame.name))
}

/// Scans that stay, and those of the frames.
fn scans_after(check: &Check<'_>, scans: usize) -> usize {
    let mut replaced: Vec<ReadId> = Vec::new();
    let mut building = 0;
    for frame in &check.plan.frames {
        for reader in &frame.readers {
            let inside = reader
                .subquery()
                .and_then(|id| check.subqueries.get(&id))
                .map_or(&[][..], |subquery| subquery.reads.as_slice());
            let reads = reader.reads.iter().chain(inside).copied();
            replaced.extend(reads.filter(|id| is_scan(check, *id)));
        }
        let built = check
            .built(frame.id)
            .and_then(|(_, step)| medium::defining(frame, &step.texts));
        let emitted = built.map(|text| {
            let places = check.reader_spans(frame);
            check.prefix.read(&check.prefix.fill(text), places)
        });
        let query = emitted
            .as_ref()
            .and_then(|emitted| emitted.statement.as_ref())
            .and_then(names::query);
        building += query.map_or(0, |query| {
            let names = names::Names::of(query);
            names
                .tables
                .iter()
                .filter(|table| table.cte.is_none() && !is_frame(check, table))
                .count()
        });
    }
    replaced.sort_unstable();
    replaced.dedup();
    (scans + building).saturating_sub(replaced.len())
}
