//! An order of the options that depends on what they are, not on how they are listed.

use std::collections::BTreeMap;

use super::super::dense::{Dense, Id};
use super::super::{OptionId, Problem, ProblemError, User};

/// Rounds in which options that look alike are told apart by those they are built from and by those built from them.
const ROUNDS: usize = 4;

/// Parents first; then by candidate, size, cost and uses.
pub(super) fn order(problem: &Problem) -> Result<Vec<OptionId>, ProblemError> {
    let depth = depths(problem)?;
    let looks = (0..).map(OptionId).zip(&problem.options);
    let looks = looks.map(|(id, option)| {
        let mut reads: Vec<_> = option
            .uses
            .iter()
            .filter_map(|usage| match usage.by {
                User::Task(task) => Some((task, &usage.slots, usage.saving_micros)),
                User::Build(_) => None,
            })
            .collect();
        reads.sort_unstable();
        let mut ended = option.ended_by.clone();
        ended.sort_unstable();
        let size = (option.bytes, option.build_micros);
        (depth[id], option.candidate, size, reads, ended)
    });
    let mut ranks = ranks(&looks.collect::<Vec<_>>());
    for _ in 0..ROUNDS {
        let mut feeds: Dense<OptionId, Vec<_>> = Dense::filled(problem.options.len(), Vec::new());
        for (id, option) in (0..).map(OptionId).zip(&problem.options) {
            for usage in &option.uses {
                if let User::Build(child) = usage.by {
                    let seen = (&usage.slots, usage.saving_micros, usage.holds);
                    feeds[id].push((false, ranks[child], seen));
                    feeds[child].push((true, ranks[id], seen));
                }
            }
        }
        let seen = feeds.ids().map(|id| {
            let mut feeds = feeds[id].clone();
            feeds.sort_unstable();
            (ranks[id], feeds)
        });
        ranks = self::ranks(&seen.collect::<Vec<_>>());
    }
    let mut order: Vec<OptionId> = ranks.ids().collect();
    order.sort_by_key(|id| ranks[*id]);
    Ok(order)
}

/// The row of each key among the different keys.
fn ranks<K: Ord>(keys: &[K]) -> Dense<OptionId, usize> {
    let mut rank: BTreeMap<&K, usize> = keys.iter().map(|key| (key, 0)).collect();
    rank.values_mut()
        .enumerate()
        .for_each(|(at, rank)| *rank = at);
    let ranks = keys.iter().map(|key| rank.get(key).copied().unwrap_or(0));
    Dense::from_rows(ranks.collect())
}

/// The longest chain of builds above each option.
fn depths(problem: &Problem) -> Result<Dense<OptionId, usize>, ProblemError> {
    let len = problem.options.len();
    let mut waits: Dense<OptionId, usize> = Dense::filled(len, 0);
    let children = |id: OptionId| {
        let uses = problem.options.get(id.row()).map(|option| &option.uses);
        uses.into_iter()
            .flatten()
            .filter_map(|usage| match usage.by {
                User::Build(child) => Some(child),
                User::Task(_) => None,
            })
    };
    for id in waits.ids() {
        for child in children(id) {
            waits[child] += 1;
        }
    }
    let mut depth = Dense::filled(len, 0);
    let mut ready: Vec<OptionId> = waits.ids().filter(|id| waits[*id] == 0).collect();
    while let Some(id) = ready.pop() {
        for child in children(id) {
            depth[child] = depth[child].max(depth[id] + 1);
            waits[child] -= 1;
            if waits[child] == 0 {
                ready.push(child);
            }
        }
    }
    match waits.ids().find(|id| waits[*id] > 0) {
        Some(id) => Err(ProblemError::Circle(id)),
        None => Ok(depth),
    }
}
