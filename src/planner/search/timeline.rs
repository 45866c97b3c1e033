//! A fixed order, the frames that live in it, and the best response of one option to all others.
//!
//! Given where the others live and which reads they serve, where one option should live is a small dynamic programme
//! over its uses in order: from use to use it is kept (if there is space all the way and no task ends it), built anew,
//! or left alone. It splits a residency at gaps that do not fit and merges residencies where space has become free.
//! Repeated responses never lower the value.

use super::dense::{Dense, Id, Position};
use super::instance::{Instance, Read};
use super::pack::serve;
use super::room::Room;
use super::schedule::{Draft, Span};
use super::{OptionId, TaskId};

/// An order with frames.
#[derive(Debug)]
pub(super) struct Timeline<'a> {
    pub(super) instance: &'a Instance,
    pub(super) order: Dense<Position, TaskId>,
    pub(super) place: Dense<TaskId, Position>,
    room: Room,
    /// Where each option lives, in order.
    spans: Dense<OptionId, Vec<(Position, Position)>>,
    /// Contested reads of each task that are served, and by which option.
    taken: Dense<TaskId, Vec<(u64, OptionId)>>,
}

/// A position at which an option could serve.
#[derive(Clone, Copy, Debug)]
struct Event {
    at: Position,
    saving: i64,
    /// What a build right before it costs.
    build: i64,
    /// Whether a task between the event before and this one ends the frame.
    cut: bool,
}

impl Clone for Timeline<'_> {
    fn clone(&self) -> Self {
        Self {
            instance: self.instance,
            order: self.order.clone(),
            place: self.place.clone(),
            room: self.room.clone(),
            spans: self.spans.clone(),
            taken: self.taken.clone(),
        }
    }

    /// In the memory that it has already, as many are tried one after the other.
    fn clone_from(&mut self, other: &Self) {
        self.instance = other.instance;
        self.order.clone_from(&other.order);
        self.place.clone_from(&other.place);
        self.room.clone_from(&other.room);
        self.spans.clone_from(&other.spans);
        self.taken.clone_from(&other.taken);
    }
}

impl<'a> Timeline<'a> {
    /// An order in which nothing lives.
    pub(super) fn new(instance: &'a Instance, order: Vec<TaskId>) -> Self {
        let order: Dense<Position, TaskId> = Dense::from_rows(order);
        let mut place = Dense::filled(order.len(), Position(0));
        for (position, task) in order.iter() {
            place[*task] = position;
        }
        Self {
            instance,
            room: Room::new(order.rows().iter().map(|task| instance.tasks[*task].room)),
            order,
            place,
            spans: Dense::filled(instance.options.len(), Vec::new()),
            taken: Dense::filled(instance.tasks.len(), Vec::new()),
        }
    }

    /// The schedule as it stands.
    pub(super) fn draft(&self) -> Draft {
        let spans = self.spans.iter().flat_map(|(option, spans)| {
            spans.iter().map(move |(from, to)| Span {
                from: *from,
                to: *to,
                option,
            })
        });
        Draft::new(self.instance, self.order.rows().to_vec(), spans.collect())
    }

    /// The value of [`Self::draft`].
    pub(super) fn value(&self) -> i64 {
        let tasks = self.order.iter().map(|(at, task)| {
            let reads = &self.instance.tasks[*task].reads;
            serve(reads, |read| self.lives(read.option, at)).0
        });
        let builds = self.spans.iter().map(|(option, spans)| {
            let row = &self.instance.options[option];
            let build = |(from, to): &(Position, Position)| {
                let until = |read: &Read| if read.hold.is_some() { *to } else { *from };
                let here = |read: &Read| self.end(read.option, *from) >= Some(until(read));
                (row.build - serve(&row.parents, here).0).max(0)
            };
            spans.iter().map(build).sum::<i64>()
        });
        tasks.sum::<i64>() - builds.sum::<i64>()
    }

    pub(super) fn lives(&self, option: OptionId, at: Position) -> bool {
        self.end(option, at) >= Some(at)
    }

    /// The last position of the residency that began last, from its beginning on.
    fn end(&self, option: OptionId, at: Position) -> Option<Position> {
        let spans = &self.spans[option];
        let after = spans.partition_point(|(from, _)| *from <= at);
        let before = after.checked_sub(1).and_then(|row| spans.get(row));
        before.map(|(_, to)| *to)
    }

    /// The first and the last position at which another order has another task.
    pub(super) fn changed(&self, order: &[TaskId]) -> Option<(Position, Position)> {
        let mut pairs = self.order.iter().zip(order);
        let differs = |((at, old), new): ((Position, &TaskId), &TaskId)| (old != new).then_some(at);
        let first = pairs.find_map(differs)?;
        let last = self.order.iter().zip(order).filter_map(differs).last()?;
        Some((first, last))
    }

    /// Takes another order on, in which nothing may live where it has changed.
    pub(super) fn reorder(&mut self, order: &[TaskId]) {
        for (row, new) in order.iter().enumerate() {
            let at = Position::of(row);
            let old = self.order[at];
            if old != *new {
                let [before, after] = [old, *new].map(|task| {
                    let room = self.instance.tasks[task].room;
                    room.min(1 << 60).cast_signed()
                });
                self.room.add(at, at, after - before);
                self.order[at] = *new;
                self.place[*new] = at;
            }
        }
    }

    fn occupy(&mut self, option: OptionId, (from, to): (Position, Position), takes: bool) {
        let bytes = self.instance.options[option]
            .bytes
            .min(1 << 60)
            .cast_signed();
        self.room.add(from, to, if takes { -bytes } else { bytes });
    }

    /// Where an option lives, in order.
    pub(super) fn spans(&self, option: OptionId) -> &[(Position, Position)] {
        &self.spans[option]
    }

    /// Whether an option that lives nowhere could live over a stretch: there is space, and no task ends it before the last.
    pub(super) fn may(&self, option: OptionId, (from, to): (Position, Position)) -> bool {
        let row = &self.instance.options[option];
        let fits = self.room.least(from, to) >= row.bytes.min(1 << 60).cast_signed();
        let mut ends = row.ended_by.iter().map(|task| self.place[*task]);
        fits && !ends.any(|end| from <= end && end < to)
    }

    /// Where an option lives now; it then lives nowhere.
    pub(super) fn clear(&mut self, option: OptionId) -> Vec<(Position, Position)> {
        let spans = std::mem::take(&mut self.spans[option]);
        for span in &spans {
            self.occupy(option, *span, false);
        }
        for (task, _) in &self.instance.options[option].readers {
            self.taken[*task].retain(|(_, by)| *by != option);
        }
        spans
    }

    /// Lets an option live where it is told, and serve what others leave.
    pub(super) fn settle(&mut self, option: OptionId, spans: Vec<(Position, Position)>) {
        for span in &spans {
            self.occupy(option, *span, true);
        }
        self.spans[option] = spans;
        let instance = self.instance;
        for (task, _) in &instance.options[option].readers {
            if !self.lives(option, self.place[*task]) || self.serves(*task, option) {
                continue;
            }
            for read in self.free_reads(*task, option) {
                self.taken[*task].push((read.slots, option));
            }
        }
    }

    fn serves(&self, task: TaskId, option: OptionId) -> bool {
        self.taken[task].iter().any(|(_, by)| *by == option)
    }

    /// The reads of a task that an option can serve beside those that others serve.
    fn free_reads(
        &self,
        task: TaskId,
        option: OptionId,
    ) -> impl Iterator<Item = &'a Read> + use<'a> {
        let served = self.taken[task].iter();
        let mut taken = served.fold(0, |all, (slots, _)| all | slots);
        let reads = self.instance.tasks[task].reads.iter();
        let own = reads.filter(move |read| read.option == option);
        own.filter(move |read| {
            let free = read.slots & taken == 0;
            taken |= if free { read.slots } else { 0 };
            free
        })
    }

    /// What building an option at a position costs, with the parents that live there.
    fn cost(&self, option: OptionId, at: Position) -> i64 {
        let row = &self.instance.options[option];
        if row.parents.is_empty() {
            return row.build;
        }
        let here = |read: &Read| read.hold.is_none() && self.lives(read.option, at);
        (row.build - serve(&row.parents, here).0).max(0)
    }

    /// The part of the value that an option takes part in.
    pub(super) fn around(&self, option: OptionId) -> i64 {
        let row = &self.instance.options[option];
        let mut value = 0;
        let mut last = None;
        for (task, _) in &row.readers {
            if last.replace(*task) == Some(*task) {
                continue;
            }
            let own = self.taken[*task].iter().filter(|(_, by)| *by == option);
            let Some(by) = own
                .map(|(slots, _)| *slots)
                .reduce(|all, slots| all | slots)
            else {
                continue;
            };
            let reads = self.instance.tasks[*task].reads.iter();
            let served = reads.filter(|read| read.option == option && read.slots & !by == 0);
            value += served.map(|read| read.saving).sum::<i64>();
        }
        for id in [&option].into_iter().chain(&row.children) {
            value -= self.spans[*id]
                .iter()
                .map(|(from, _)| self.cost(*id, *from))
                .sum::<i64>();
        }
        value
    }

    /// Lets an option live where that is best, given all others; `price` is what a byte costs per position, in
    /// millionths of a microsecond. The change of the value, which is never negative where memory has no price.
    pub(super) fn respond(&mut self, option: OptionId, price: u64) -> i64 {
        let before = self.around(option);
        let old = self.clear(option);
        let spans = self.best_spans(option, price);
        self.settle(option, spans);
        let change = self.around(option) - before;
        if change < 0 && price == 0 {
            self.clear(option);
            self.settle(option, old);
            return 0;
        }
        change
    }

    /// Every position at which an option could serve, in order.
    fn events(&self, option: OptionId) -> Vec<Event> {
        let row = &self.instance.options[option];
        let mut savings: Vec<(Position, i64)> = Vec::new();
        let mut last = None;
        for (task, _) in &row.readers {
            if last.replace(*task) != Some(*task) {
                let reads = self.free_reads(*task, option);
                let saving = reads.map(|read| read.saving).sum::<i64>();
                savings.push((self.place[*task], saving));
            }
        }
        for child in &row.children {
            let parents = &self.instance.options[*child].parents;
            let own = |read: &Read| read.option == option && read.hold.is_none();
            let saved = serve(parents, own).0;
            for (from, _) in &self.spans[*child] {
                savings.push((*from, saved.min(self.cost(*child, *from))));
            }
        }
        savings.retain(|(_, saving)| *saving > 0);
        savings.sort_unstable();
        let ends = &self.instance.options[option].ended_by;
        let mut ends: Vec<Position> = ends.iter().map(|task| self.place[*task]).collect();
        ends.sort_unstable();
        let mut events: Vec<Event> = Vec::new();
        for (at, saving) in savings {
            let before = events.last_mut();
            if let Some(event) = before {
                if event.at == at {
                    event.saving += saving;
                    continue;
                }
                let first = ends.partition_point(|end| *end < event.at);
                let cut = ends.get(first).is_some_and(|end| *end < at);
                events.push(Event {
                    at,
                    saving,
                    build: self.cost(option, at),
                    cut,
                });
            } else {
                events.push(Event {
                    at,
                    saving,
                    build: self.cost(option, at),
                    cut: false,
                });
            }
        }
        events
    }

    fn best_spans(&self, option: OptionId, price: u64) -> Vec<(Position, Position)> {
        let bytes = self.instance.options[option].bytes.min(1 << 60);
        let rent = |positions: u32| -> i64 {
            let rent = u128::from(bytes) * u128::from(price) * u128::from(positions) / 1_000_000;
            i64::try_from(rent).unwrap_or(i64::MAX).min(1 << 60)
        };
        let fits = |from: Position, to: Position| self.room.least(from, to) >= bytes.cast_signed();
        // Per event: the best with the frame alive there, whether it was kept since the event before, and the best so
        // far with the event at which that one lived last.
        let mut rows: Vec<(i64, bool, Option<usize>)> = Vec::new();
        let events = self.events(option);
        let mut best: (i64, Option<usize>) = (0, None);
        let mut before: Option<(Position, i64)> = None;
        let mut previous_best = Vec::with_capacity(events.len());
        for (row, event) in events.iter().enumerate() {
            previous_best.push(best.1);
            if !fits(event.at, event.at) {
                rows.push((i64::MIN / 2, false, None));
                before = None;
                continue;
            }
            let anew = best.0 - event.build - rent(1);
            let kept = before
                .filter(|(at, _)| !event.cut && fits(Position(at.0 + 1), event.at))
                .map(|(at, value)| value - rent(event.at.0 - at.0));
            let stays = kept.is_some_and(|kept| kept >= anew);
            let value = kept.unwrap_or(anew).max(anew) + event.saving;
            rows.push((value, stays, best.1));
            if value > best.0 {
                best = (value, Some(row));
            }
            before = Some((event.at, value));
        }
        let mut spans = Vec::new();
        let mut next = best.1;
        while let Some(end) = next {
            let mut start = end;
            while let Some((_, true, _)) = rows.get(start) {
                start -= 1;
            }
            let at = |row: usize| events.get(row).map(|event| event.at);
            if let (Some(from), Some(to)) = (at(start), at(end)) {
                spans.push((from, to));
            }
            next = previous_best.get(start).copied().flatten();
        }
        spans.reverse();
        spans
    }
}
