//! Up to which size a table is broadcast.
//!
//! Spark compares the size of a table's files with the threshold, but of a loaded frame the size in memory, which was ten
//! times as much in a measured case. So a join that broadcasts the table in the plain run may sort and exchange both
//! sides over the frame. A higher threshold keeps that join as it was; it may not make another table be broadcast, which
//! was none before.

use super::Proposer;
use super::bytes as parse;
use crate::facts::access::GatheredBy;
use crate::planner::frame::{Place, Reader, Reason};
use crate::planner::plan::words::size;
use crate::planner::plan::{Frame, Medium};

/// What sizes of frames are taken times, as estimates are off by up to this.
const CAUTION: u64 = 2;
/// How many times the present threshold a new one may be. Inputs of joins that are no tables have sizes that are known
/// to Spark alone: this bounds what may be broadcast of them.
const MOST_TIMES: u64 = 16;
/// The part of the memory for frames that one broadcast may take.
const BUDGET_PART: u64 = 4;
const MIB: u64 = 1 << 20;

/// The threshold proposed, if any, and why; none where the present one is no size.
pub(super) fn value(proposer: &Proposer<'_>, before: &str) -> Option<(Option<String>, Reason)> {
    let left = |text: &str| Some((None, Reason::new("setting-suits", text)));
    if before.trim().starts_with('-') {
        return left("broadcasts are switched off in the session");
    }
    let before = parse(before)?;
    let frames = &proposer.plan.frames;
    let grown = |frame: &&Frame| {
        let source = source_bytes(proposer, frame);
        source.is_some_and(|source| source <= before) && frame.size_bytes > before
    };
    let grown: Vec<&Frame> = frames
        .iter()
        .filter(|frame| is_joined(proposer, frame))
        .filter(grown)
        .collect();
    let Some(smallest) = grown.iter().map(|frame| frame.size_bytes).min() else {
        return left("no frame is estimated to look too large where what it replaces is broadcast");
    };
    let names: Vec<String> = grown
        .iter()
        .map(|frame| format!("`{}`", frame.name))
        .collect();
    let largest = grown.iter().map(|frame| frame.size_bytes).max();
    let wanted = largest.unwrap_or(smallest).saturating_mul(CAUTION);
    let wanted = wanted.div_ceil(MIB).saturating_mul(MIB);
    let most = before
        .saturating_mul(MOST_TIMES)
        .min(proposer.options.budget_bytes / BUDGET_PART);
    // Whatever else Spark knows the size of stays below.
    let reads = proposer.workload.accesses.iter();
    let tables = reads.flat_map(|access| &access.reads);
    let tables = tables.filter_map(|read| proposer.costs.file_bytes(read.version));
    let others = frames.iter().filter(|frame| {
        let same = |other: &&Frame| other.id == frame.id;
        !grown.iter().any(same)
    });
    let others = tables.chain(others.map(|frame| frame.size_bytes));
    let next = others.filter(|bytes| *bytes > before).min();
    let most = next.map_or(most, |next| most.min(next.saturating_sub(1)));
    let value = wanted.min(most);
    if value < smallest {
        let text = format!(
            "{} of up to {} may be broadcast no more, but a threshold for that would let other tables be broadcast, or \
             take too much memory: {} at most",
            names.join(", "),
            size(largest.unwrap_or(smallest)),
            size(most),
        );
        return Some((None, Reason::new("broadcasts-more", text)));
    }
    let kept = grown.iter().filter(|frame| frame.size_bytes <= value);
    let kept: Vec<String> = kept
        .map(|frame| format!("`{}` of {}", frame.name, size(frame.size_bytes)))
        .collect();
    let text = format!(
        "in memory, {}: in place of files within the present {}, which are broadcast",
        kept.join(", "),
        size(before),
    );
    Some((
        Some(value.to_string()),
        Reason::new("keeps-broadcast", text),
    ))
}

/// Bytes of the files that a frame is made from: its inputs would be broadcast each, and so would what is made of them.
/// None where one is not known.
fn source_bytes(proposer: &Proposer<'_>, frame: &Frame) -> Option<u64> {
    let inputs = frame.inputs.iter();
    let mut bytes = inputs.map(|version| proposer.costs.file_bytes(*version));
    bytes.try_fold(0_u64, |sum, bytes| Some(sum.saturating_add(bytes?)))
}

/// Whether a reader joins the rows of a frame that Spark knows the size of.
fn is_joined(proposer: &Proposer<'_>, frame: &Frame) -> bool {
    let joins = |reader: &Reader| {
        let gatherings = match reader.place {
            Place::Name => {
                let read = reader.reads.first();
                let read = read.and_then(|read| proposer.workload.read(*read));
                read.map(|read| &read.gatherings)
            }
            Place::Body(subquery) => {
                let subquery = proposer.workload.subquery(subquery);
                subquery.map(|subquery| &subquery.gatherings)
            }
            Place::Joined | Place::Block => None,
        };
        let mut gatherings = gatherings.into_iter().flatten();
        gatherings.any(|gathering| gathering.by == GatheredBy::Join)
    };
    matches!(frame.medium, Medium::Memory(_)) && frame.readers.iter().any(joins)
}
