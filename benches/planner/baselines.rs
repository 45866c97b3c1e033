//! What others do, for side-by-side figures. Every baseline gets the same frames, sizes, costs and budget; its value
//! is what the hits save less what the builds cost, microseconds. They assume that each read has one frame.

use std::collections::BTreeMap;

use hoist::planner::search::{Problem, Task, User};

/// A problem seen by its reads: which frame each task can use and what that saves.
pub struct Reads {
    /// Per task: frame and saving.
    pub of_task: Vec<Vec<(usize, i64)>>,
    bytes: Vec<u64>,
    build: Vec<i64>,
    budget: u64,
    before: Vec<Vec<usize>>,
}

impl Reads {
    pub fn new(problem: &Problem) -> Self {
        let mut of_task = vec![Vec::new(); problem.tasks.len()];
        for (frame, option) in problem.options.iter().enumerate() {
            for usage in &option.uses {
                if let User::Task(task) = usage.by {
                    of_task[task.0 as usize].push((frame, usage.saving_micros as i64));
                }
            }
        }
        let before = |task: &Task| task.after.iter().map(|task| task.0 as usize).collect();
        Self {
            of_task,
            bytes: problem.options.iter().map(|option| option.bytes).collect(),
            build: problem
                .options
                .iter()
                .map(|option| option.build_micros as i64)
                .collect(),
            budget: problem.budget_bytes,
            before: problem.tasks.iter().map(before).collect(),
        }
    }

    fn given(&self) -> Vec<usize> {
        (0..self.of_task.len()).collect()
    }

    fn gain(&self, frame: usize) -> i64 {
        let saved = self
            .of_task
            .iter()
            .flatten()
            .filter(|(read, _)| *read == frame);
        saved.map(|(_, saving)| saving).sum::<i64>() - self.build[frame]
    }

    fn readers(&self, frame: usize) -> usize {
        self.of_task
            .iter()
            .filter(|reads| reads.iter().any(|(read, _)| *read == frame))
            .count()
    }

    /// Caches every repeated table at its first read while there is space, and lets nothing go.
    pub fn every_repeated(&self) -> i64 {
        let mut alive: Vec<usize> = Vec::new();
        let (mut value, mut bytes) = (0, 0);
        for reads in &self.of_task {
            for (frame, saving) in reads {
                if !alive.contains(frame)
                    && self.readers(*frame) > 1
                    && bytes + self.bytes[*frame] <= self.budget
                {
                    alive.push(*frame);
                    bytes += self.bytes[*frame];
                    value -= self.build[*frame];
                }
                if alive.contains(frame) {
                    value += saving;
                }
            }
        }
        value
    }

    /// Caches every repeated table at each miss; the victim is the frame used longest ago, or with fewest reads to come.
    pub fn evicting(&self, by_references: bool) -> i64 {
        let mut left: Vec<usize> = (0..self.bytes.len())
            .map(|frame| self.readers(frame))
            .collect();
        let repeated: Vec<bool> = left.iter().map(|readers| *readers > 1).collect();
        // Frame → when it was used last.
        let mut alive: BTreeMap<usize, usize> = BTreeMap::new();
        let mut value = 0;
        for (now, reads) in self.of_task.iter().enumerate() {
            for (frame, saving) in reads {
                left[*frame] -= 1;
                if !repeated[*frame] || self.bytes[*frame] > self.budget {
                    continue;
                }
                if !alive.contains_key(frame) {
                    value -= self.build[*frame];
                    let used = |alive: &BTreeMap<usize, usize>| {
                        alive.keys().map(|frame| self.bytes[*frame]).sum::<u64>()
                    };
                    while used(&alive) + self.bytes[*frame] > self.budget {
                        let key = |(frame, last): &(&usize, &usize)| {
                            (if by_references { left[**frame] } else { **last }, **frame)
                        };
                        let Some(victim) = alive.iter().min_by_key(key).map(|(frame, _)| *frame)
                        else {
                            break;
                        };
                        alive.remove(&victim);
                    }
                }
                alive.insert(*frame, now);
                value += saving;
            }
        }
        value
    }

    /// Frames for the whole run, the densest first.
    pub fn greedy_static(&self) -> i64 {
        let mut frames: Vec<usize> = (0..self.bytes.len())
            .filter(|frame| self.gain(*frame) > 0)
            .collect();
        frames.sort_by_key(|frame| {
            -(i128::from(self.gain(*frame)) << 40) / i128::from(self.bytes[*frame].max(1))
        });
        let (mut value, mut bytes) = (0, 0);
        for frame in frames {
            if bytes + self.bytes[frame] <= self.budget {
                bytes += self.bytes[frame];
                value += self.gain(frame);
            }
        }
        value
    }

    /// The best frames for the whole run: covering expressions chosen by a knapsack, without lifetimes.
    pub fn knapsack(&self) -> i64 {
        let frames: Vec<usize> = (0..self.bytes.len())
            .filter(|frame| self.gain(*frame) > 0)
            .collect();
        let mut states = vec![(0_u64, 0_i64)];
        for frame in frames {
            let taken = states
                .iter()
                .map(|(bytes, value)| (bytes + self.bytes[frame], value + self.gain(frame)));
            let mut all: Vec<(u64, i64)> = taken
                .filter(|(bytes, _)| *bytes <= self.budget)
                .chain(states.iter().copied())
                .collect();
            all.sort_by_key(|(bytes, value)| (*bytes, -*value));
            let mut best = i64::MIN;
            all.retain(|(_, value)| {
                *value > best && {
                    best = *value;
                    true
                }
            });
            states = all;
        }
        states.iter().map(|(_, value)| *value).max().unwrap_or(0)
    }

    /// File order, a frame lives from its first to its last reader, the largest gain first.
    pub fn first_to_last(&self) -> i64 {
        let order = self.given();
        let mut frames: Vec<usize> = (0..self.bytes.len())
            .filter(|frame| self.gain(*frame) > 0)
            .collect();
        frames.sort_by_key(|frame| -self.gain(*frame));
        let spans = self.spans(&order);
        let mut free = vec![self.budget; order.len()];
        let mut value = 0;
        for frame in frames {
            let Some((from, to)) = spans[frame] else {
                continue;
            };
            if free[from..=to]
                .iter()
                .all(|free| *free >= self.bytes[frame])
            {
                free[from..=to]
                    .iter_mut()
                    .for_each(|free| *free -= self.bytes[frame]);
                value += self.gain(frame);
            }
        }
        value
    }

    fn spans(&self, order: &[usize]) -> Vec<Option<(usize, usize)>> {
        let mut spans: Vec<Option<(usize, usize)>> = vec![None; self.bytes.len()];
        for (at, task) in order.iter().enumerate() {
            for (frame, _) in &self.of_task[*task] {
                let span = spans[*frame].get_or_insert((at, at));
                span.1 = at;
            }
        }
        spans
    }

    /// S/C's alternation: the best frames for an order (each from first to last reader), then a memory-aware
    /// depth-first order for these frames, until nothing improves.
    pub fn alternation(&self) -> i64 {
        let mut order = self.given();
        let mut best = 0;
        for _ in 0..100 {
            let (value, flagged) = self.temporal_knapsack(&order);
            if value <= best {
                break;
            }
            best = value;
            order = self.depth_first(&flagged);
        }
        best
    }

    /// The exact choice for an order: a dynamic programme over the frames alive, with dominated states dropped. Past
    /// 2,000 states the best by value stay.
    fn temporal_knapsack(&self, order: &[usize]) -> (i64, Vec<bool>) {
        let spans = self.spans(order);
        let mut starts: Vec<Vec<usize>> = vec![Vec::new(); order.len()];
        for (frame, span) in spans.iter().enumerate() {
            if let Some((from, _)) = span
                && self.gain(frame) > 0
                && self.bytes[frame] <= self.budget
            {
                starts[*from].push(frame);
            }
        }
        // Alive now → value and all chosen.
        let mut states: BTreeMap<Vec<usize>, (i64, Vec<usize>)> =
            BTreeMap::from([(Vec::new(), (0, Vec::new()))]);
        for (at, starting) in starts.iter().enumerate() {
            for frame in starting {
                let mut more = Vec::new();
                for (alive, (value, chosen)) in &states {
                    let bytes: u64 = alive.iter().map(|frame| self.bytes[*frame]).sum();
                    if bytes + self.bytes[*frame] <= self.budget {
                        let with = |list: &Vec<usize>| [&list[..], &[*frame]].concat();
                        more.push((with(alive), (value + self.gain(*frame), with(chosen))));
                    }
                }
                states.extend(more);
            }
            let mut next: BTreeMap<Vec<usize>, (i64, Vec<usize>)> = BTreeMap::new();
            for (mut alive, state) in states {
                alive.retain(|frame| spans[*frame].is_some_and(|(_, to)| to > at));
                let known = next.entry(alive).or_insert_with(|| state.clone());
                if state.0 > known.0 {
                    *known = state;
                }
            }
            if next.len() > 2_000 {
                let mut ranked: Vec<_> = next.into_iter().collect();
                ranked.sort_by_key(|(_, (value, _))| -value);
                ranked.truncate(2_000);
                next = ranked.into_iter().collect();
            }
            states = next;
        }
        let best = states
            .into_values()
            .max_by_key(|(value, _)| *value)
            .unwrap_or_default();
        let mut flagged = vec![false; self.bytes.len()];
        best.1.iter().for_each(|frame| flagged[*frame] = true);
        (best.0, flagged)
    }

    /// Depth first from what is ready, the reader of the largest flagged frames first.
    fn depth_first(&self, flagged: &[bool]) -> Vec<usize> {
        let mut waits: Vec<usize> = self.before.iter().map(Vec::len).collect();
        let weight = |task: usize| -> u64 {
            let frames = self.of_task[task]
                .iter()
                .filter(|(frame, _)| flagged[*frame]);
            frames.map(|(frame, _)| self.bytes[*frame]).sum()
        };
        let mut stack: Vec<usize> = self
            .given()
            .into_iter()
            .filter(|task| waits[*task] == 0)
            .collect();
        stack.sort_by_key(|task| (weight(*task), std::cmp::Reverse(*task)));
        let mut order = Vec::new();
        while let Some(task) = stack.pop() {
            order.push(task);
            let mut next = Vec::new();
            for (after, before) in self.before.iter().enumerate() {
                if before.contains(&task) {
                    waits[after] -= 1;
                    if waits[after] == 0 {
                        next.push(after);
                    }
                }
            }
            next.sort_by_key(|task| (weight(*task), std::cmp::Reverse(*task)));
            stack.extend(next);
        }
        order
    }
}
