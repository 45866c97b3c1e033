//! The best value by trying everything: every order, every set of living frames at every position, every choice of
//! what continues and what is built anew, every choice of uses. It assumes nothing about what is worth trying.

use std::collections::HashMap;

use super::super::*;

/// The best value.
pub(super) fn best(problem: &Problem) -> i64 {
    let mut brute = Brute {
        problem,
        known: HashMap::new(),
    };
    brute.from(0, 0, &[])
}

/// A binding: use of a parent, by its option and row. The child is whom it serves.
type Binding = (usize, usize);

struct Brute<'a> {
    problem: &'a Problem,
    known: HashMap<(u32, u32, Vec<Binding>), i64>,
}

impl Brute<'_> {
    /// The best that is to come after these tasks, with these frames alive.
    fn from(&mut self, done: u32, live: u32, bound: &[Binding]) -> i64 {
        let key = (done, live, bound.to_vec());
        if let Some(value) = self.known.get(&key) {
            return *value;
        }
        let problem = self.problem;
        let mut best = if done.count_ones() as usize == problem.tasks.len() {
            0
        } else {
            i64::MIN
        };
        for (row, task) in problem.tasks.iter().enumerate() {
            let ready = task.after.iter().all(|before| done >> before.0 & 1 == 1);
            if done >> row & 1 == 1 || !ready {
                continue;
            }
            for next in 0..1_u32 << problem.options.len() {
                let bytes: u64 = ids(next).map(|id| problem.options[id].bytes).sum();
                if next != 0 && bytes + task.working_bytes > problem.budget_bytes {
                    continue;
                }
                // Of those that live before and after, any may be let go and built anew.
                let both = live & next;
                let mut anew = both;
                loop {
                    let built = (next & !live) | anew;
                    best = best.max(self.step(done, row, live, next, built, bound));
                    if anew == 0 {
                        break;
                    }
                    anew = (anew - 1) & both;
                }
            }
        }
        self.known.insert(key, best);
        best
    }

    fn step(
        &mut self,
        done: u32,
        task: usize,
        live: u32,
        next: u32,
        built: u32,
        bound: &[Binding],
    ) -> i64 {
        let problem = self.problem;
        let kept = live & next & !built;
        let mut stays = Vec::new();
        for (parent, row) in bound {
            let child = child(problem, (*parent, *row));
            if kept >> child & 1 == 1 {
                if kept >> parent & 1 == 0 {
                    return i64::MIN;
                }
                stays.push((*parent, *row));
            }
        }
        let mut uses = Vec::new();
        for parent in ids(next) {
            for (row, usage) in problem.options[parent].uses.iter().enumerate() {
                let happens = match usage.by {
                    User::Task(by) => by.0 as usize == task,
                    User::Build(child) => built >> child.0 & 1 == 1,
                };
                if happens {
                    uses.push((parent, row));
                }
            }
        }
        let mut best = i64::MIN;
        for choice in 0..1_u32 << uses.len() {
            let chosen: Vec<Binding> = ids(choice).map(|at| uses[at]).collect();
            let usage = |(parent, row): &Binding| &problem.options[*parent].uses[*row];
            let mut taken = Vec::new();
            for binding in &chosen {
                let by = usage(binding).by;
                taken.extend(usage(binding).slots.iter().map(|slot| (by, *slot)));
            }
            let count = taken.len();
            taken.sort_unstable();
            taken.dedup();
            if taken.len() < count {
                continue;
            }
            let saved = |by: User| -> u64 {
                let uses = chosen.iter().map(usage).filter(|usage| usage.by == by);
                uses.map(|usage| usage.saving_micros).sum()
            };
            let mut gain = saved(User::Task(TaskId(u32::try_from(task).unwrap()))).cast_signed();
            for id in ids(built) {
                let fed = saved(User::Build(OptionId(u32::try_from(id).unwrap())));
                gain -= problem.options[id]
                    .build_micros
                    .saturating_sub(fed)
                    .cast_signed();
            }
            let mut bound = stays.clone();
            bound.extend(chosen.iter().filter(|binding| usage(binding).holds));
            // What the task ends is gone; what is bound to it cannot be kept by the next step.
            let ends = |id: &usize| {
                let ended = &problem.options[*id].ended_by;
                ended.iter().any(|by| by.0 as usize == task)
            };
            let after = ids(next)
                .filter(|id| !ends(id))
                .fold(0, |set, id| set | 1 << id);
            bound.retain(|binding| after >> child(problem, *binding) & 1 == 1);
            bound.sort_unstable();
            bound.dedup();
            let rest = self.from(done | 1 << task, after, &bound);
            best = best.max(gain.saturating_add(rest));
        }
        best
    }
}

fn child(problem: &Problem, (parent, row): Binding) -> usize {
    match problem.options[parent].uses[row].by {
        User::Build(child) => child.0 as usize,
        User::Task(_) => unreachable!("only builds bind"),
    }
}

fn ids(set: u32) -> impl Iterator<Item = usize> {
    (0..32).filter(move |id| set >> id & 1 == 1)
}
