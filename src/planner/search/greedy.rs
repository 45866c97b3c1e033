//! Residencies for a fixed order: options respond one after the other, the densest first, until none can do better.

use super::dense::Dense;
use super::instance::Instance;
use super::timeline::Timeline;
use super::{OptionId, TaskId};

/// Rounds of responses after the first.
const ROUNDS: usize = 2;

/// By what options are sorted; none of them is best everywhere, so all are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Density {
    /// The gain of one residency over all uses.
    Gain,
    /// The same per byte.
    PerByte,
    /// The same per byte and position.
    PerArea,
}

/// All of them, each with and without a price of memory.
pub(super) const WAYS: [(Density, bool); 6] = [
    (Density::PerArea, true),
    (Density::PerByte, false),
    (Density::Gain, true),
    (Density::PerArea, false),
    (Density::PerByte, true),
    (Density::Gain, false),
];

/// Fills an order with frames. With a `price` per byte and position (millionths of a microsecond), frames at first
/// live only where they are worth it, which leaves space for those that come later.
pub(super) fn fill<'a>(
    instance: &'a Instance,
    order: &[TaskId],
    density: Density,
    price: u64,
) -> Timeline<'a> {
    let mut timeline = Timeline::new(instance, order.to_vec());
    let mut ranked: Vec<(i128, OptionId)> = Vec::new();
    for id in instance.options.ids() {
        ranked.push((rank(&timeline, id, density), id));
    }
    ranked.sort_unstable_by_key(|(rank, id)| (std::cmp::Reverse(*rank), *id));
    let options: Vec<OptionId> = ranked.into_iter().map(|(_, id)| id).collect();
    for id in &options {
        timeline.respond(*id, price);
    }
    settle(&mut timeline, &options);
    timeline
}

/// Responses until none changes the value.
pub(super) fn settle(timeline: &mut Timeline<'_>, options: &[OptionId]) {
    for _ in 0..ROUNDS {
        let changes = options.iter().map(|id| timeline.respond(*id, 0));
        if changes.sum::<i64>() == 0 {
            break;
        }
    }
}

fn rank(timeline: &Timeline<'_>, id: OptionId, density: Density) -> i128 {
    let option = &timeline.instance.options[id];
    let savings: i64 = option.readers.iter().map(|(_, saving)| saving).sum();
    let gain = i128::from(savings - option.cheapest);
    let places = || {
        option
            .readers
            .iter()
            .map(|(task, _)| timeline.place[*task].0)
    };
    let span = places().max().unwrap_or(0) - places().min().unwrap_or(0) + 1;
    let bytes = i128::from(option.bytes.max(1));
    // Fixed point: what is worth a microsecond per tebibyte still counts.
    let scaled = gain << 40;
    match density {
        Density::Gain => scaled,
        Density::PerByte => scaled / bytes,
        Density::PerArea => scaled / bytes / i128::from(span),
    }
}

/// A price of memory at which a middling frame is just worth its mean gap.
pub(super) fn fair_price(instance: &Instance, orders: usize) -> u64 {
    let per_gap = |id: OptionId| {
        let option = &instance.options[id];
        let area = u128::from(option.bytes.max(1)) * orders.max(1) as u128;
        let uses = option.readers.len().max(1) as u128;
        let worth = u128::from(option.build.unsigned_abs()) * 1_000_000 * uses;
        u64::try_from(worth / area).unwrap_or(u64::MAX)
    };
    let mut prices: Dense<OptionId, u64> =
        Dense::from_rows(instance.options.ids().map(per_gap).collect());
    prices.rows_mut().sort_unstable();
    prices.rows().get(prices.len() / 2).copied().unwrap_or(0)
}
