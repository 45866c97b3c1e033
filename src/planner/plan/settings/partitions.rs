//! How many tasks an exchange has.
//!
//! Tasks of a few kilobytes cost more than they do: with 8 instead of 200 of them small statements took 3 to 15 % less
//! CPU time (Spark 3.5, adaptive plans). Adaptive plans merge parts that are smaller than their target, but never split
//! one that is larger, but for joins with skewed keys: so the number must do for the largest exchange.

use super::Proposer;
use super::bytes as parse;
use crate::facts::access::{Access, Exchanges};
use crate::planner::frame::Reason;
use crate::planner::plan::words::size;

/// Bytes of a task where Spark does not plan adaptively.
const TASK_BYTES: u64 = 128 << 20;
/// Bytes to which adaptive plans merge parts (Spark's default of `spark.sql.adaptive.advisoryPartitionSizeInBytes`).
const ADVISORY_BYTES: u64 = 64 << 20;
/// What sizes are taken times, as estimates are off by up to this.
const CAUTION: u64 = 2;
/// Fewest tasks, so that they run beside each other.
const FEWEST: u64 = 8;
/// Most tasks.
const MOST: u64 = 10_000;

/// The number proposed, if any, and why; none where the present one is no number.
pub(super) fn value(proposer: &Proposer<'_>, before: &str) -> Option<(Option<String>, Reason)> {
    let before: u64 = before.trim().parse().ok()?;
    let mut largest: Option<u64> = None;
    let accesses = proposer.workload.accesses.iter();
    let inputs = accesses.zip(proposer.costs.input_bytes());
    for (_, bytes) in inputs.filter(|(access, _)| exchanges(access)) {
        match bytes {
            Ok(bytes) => largest = largest.max(Some(bytes)),
            Err(table) => {
                let table = proposer.workload.table(table);
                let table = table.map_or("", |table| table.name.as_str());
                let text = format!("the size of `{table}`, which a statement reads, is not known");
                return Some((None, Reason::new("size-unknown", text)));
            }
        }
    }
    let Some(largest) = largest else {
        let text = "no statement is seen to exchange rows".to_owned();
        return Some((None, Reason::new("setting-suits", text)));
    };
    let frames = proposer.plan.frames.iter().map(|frame| frame.size_bytes);
    let largest = frames.fold(largest, u64::max);
    let advisory = proposer.value("spark.sql.adaptive.advisorypartitionsizeinbytes");
    let advisory = advisory.and_then(parse).filter(|bytes| *bytes > 0);
    let task = if proposer.adaptive {
        advisory.unwrap_or(ADVISORY_BYTES)
    } else {
        TASK_BYTES
    };
    let cores = proposer.session.cores.map_or(0, u64::from);
    let needed = largest.saturating_mul(CAUTION).div_ceil(task);
    let value = needed.max(cores).clamp(FEWEST, MOST);
    let text = format!(
        "the largest input of a statement that exchanges rows is estimated at {}: {value} tasks of {} at most, where \
         the session has {before}",
        size(largest),
        size(task),
    );
    // What is not half or twice as much makes no difference.
    if value > before / 2 && value < before.saturating_mul(2) {
        return Some((None, Reason::new("setting-suits", text)));
    }
    Some((Some(value.to_string()), Reason::new("fits-data", text)))
}

/// Whether a statement is seen to exchange rows, or has something that may.
fn exchanges(access: &Access) -> bool {
    let mut subqueries = access.subqueries.iter();
    subqueries.any(|subquery| subquery.exchanges != Exchanges::default())
        || !access.arrangements.is_empty()
        || !access.sensitivities.is_empty()
}
