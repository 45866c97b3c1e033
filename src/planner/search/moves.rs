//! Orders near another one: a task moves to where a frame of it is read, or the readers of a frame come together.

use super::TaskId;
use super::dense::{Dense, Position};
use super::instance::Instance;
use super::random::Random;
use super::timeline::Timeline;

/// Another order in which everything still stands behind what must come before it; none where the draw changes nothing.
pub(super) fn draw(timeline: &Timeline<'_>, random: &mut Random) -> Option<Vec<TaskId>> {
    let order = if random.percent(50) {
        moved(timeline, random)
    } else {
        gathered(timeline, random)
    };
    order.filter(|order| order.as_slice() != timeline.order.rows())
}

/// One task moves towards another reader of what it reads.
fn moved(timeline: &Timeline<'_>, random: &mut Random) -> Option<Vec<TaskId>> {
    let instance = timeline.instance;
    let mut order = timeline.order.rows().to_vec();
    let from = random.below(order.len());
    let task = *order.get(from)?;
    let row = &instance.tasks[task];
    let place = |task: &TaskId| timeline.place[*task].0 as usize;
    let first = row.before.iter().map(|before| place(before) + 1).max();
    let last = row.after.iter().map(|after| place(after) - 1).min();
    let (first, last) = (first.unwrap_or(0), last.unwrap_or(order.len() - 1));
    let to = match random.one(&row.reads) {
        Some(read) => {
            let (other, _) = random.one(&instance.options[read.option].readers)?;
            place(other).clamp(first, last)
        }
        None => first + random.below(last - first + 1),
    };
    order.remove(from);
    order.insert(to, task);
    Some(order)
}

/// Some readers of an option that follow each other come together: behind the first of them, or before the last.
fn gathered(timeline: &Timeline<'_>, random: &mut Random) -> Option<Vec<TaskId>> {
    let instance = timeline.instance;
    let options: Vec<_> = instance.options.ids().collect();
    let option = *random.one(&options)?;
    let readers = instance.options[option].readers.iter();
    let mut places: Vec<Position> = readers.map(|(task, _)| timeline.place[*task]).collect();
    places.sort_unstable();
    places.dedup();
    let first = random.below(places.len().saturating_sub(1));
    let count = 2 + random.below(places.len().saturating_sub(first + 1));
    let some: Vec<Position> = places.into_iter().skip(first).take(count).collect();
    let (from, to) = (*some.first()?, *some.last()?);
    let order = timeline.order.rows();
    let (head, rest) = order.split_at_checked(from.0 as usize)?;
    let (stretch, tail) = rest.split_at_checked((to.0 - from.0) as usize + 1)?;
    let mut marked: Dense<TaskId, bool> = Dense::filled(order.len(), false);
    for place in some {
        marked[timeline.order[place]] = true;
    }
    let parts = if random.percent(50) {
        late(instance, stretch, marked)
    } else {
        early(instance, stretch, marked)
    };
    Some([head, &parts.0, &parts.1, tail].concat())
}

/// A stretch in two parts: what can go first, and the marked tasks with all that must come behind one of them.
fn late(
    instance: &Instance,
    stretch: &[TaskId],
    mut marked: Dense<TaskId, bool>,
) -> (Vec<TaskId>, Vec<TaskId>) {
    for task in stretch {
        let before = &instance.tasks[*task].before;
        if before.iter().any(|before| marked[*before]) {
            marked[*task] = true;
        }
    }
    stretch.iter().partition(|task| !marked[**task])
}

/// A stretch in two parts: the marked tasks with all that must come before one of them, and the rest.
fn early(
    instance: &Instance,
    stretch: &[TaskId],
    mut marked: Dense<TaskId, bool>,
) -> (Vec<TaskId>, Vec<TaskId>) {
    for task in stretch.iter().rev() {
        let after = &instance.tasks[*task].after;
        if after.iter().any(|after| marked[*after]) {
            marked[*task] = true;
        }
    }
    stretch.iter().partition(|task| marked[**task])
}
