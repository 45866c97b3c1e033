//! Prices of reads: how much frames can gain at most if memory were free.
//!
//! Without the budget, choosing frames is an uncapacitated facility location problem (frames are facilities, reads
//! are customers) whose customers may be served in sets. Its linear relaxation has the dual: one price v ≥ 0 per read
//! of a task, such that for each option the savings of its uses above the prices of the reads that they serve add up
//! to no more than its build. Then the prices add up to a bound on any schedule's value: a residency's use saves the
//! prices of its reads and what is above them, and the latter is paid back by the build. Builds count at their
//! cheapest, with every parent at hand, which is why parents get no credit here.
//!
//! The prices are found by dual descent with adjustment, after Erlenkotter, *A dual-based procedure for uncapacitated
//! facility location*, Operations Research 26 (1978): start where every price covers every saving, lower one price
//! after the other as far as the options' slack allows, then try whether raising one lets others fall by more.

use std::collections::BTreeMap;

use super::dense::{Dense, Id, ids};
use super::instance::Instance;
use super::{OptionId, TaskId};

/// Rounds in which a price falls by a part of what it could, so that the first one does not take all.
const GENTLE_ROUNDS: usize = 6;
/// That part.
const GENTLE_PART: i64 = 3;
/// Rounds of adjustment.
const ADJUSTMENTS: usize = 1;

/// What a task's reads cost, and what each of its uses saves above that.
#[derive(Clone, Debug)]
pub(super) struct Prices {
    /// Sum of the prices of a task's reads.
    pub(super) tasks: Dense<TaskId, i64>,
    /// Row for row with the reads of the task: the saving above the prices of its slots.
    pub(super) over: Dense<TaskId, Vec<i64>>,
}

impl Prices {
    /// No schedule is worth more.
    pub(super) fn bound(&self) -> i64 {
        self.tasks.rows().iter().sum()
    }
}

/// What an option costs in a relaxation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cost {
    /// Its build, if it is chosen.
    Build(i64),
    /// It is chosen already.
    Paid,
    /// It may not be chosen.
    Closed,
}

/// Prices with every option at its cheapest build.
pub(super) fn prices(instance: &Instance) -> Prices {
    let costs = instance.options.rows().iter();
    let costs = costs.map(|option| Cost::Build(option.cheapest)).collect();
    let mut descent = Descent::new(instance, &Dense::from_rows(costs));
    descent.run();
    descent.prices(instance)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct VarId(u32);
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UseId(u32);

ids!(VarId, UseId);

/// A price.
struct Var {
    task: TaskId,
    price: i64,
    uses: Vec<UseId>,
    /// Row for row, how many of the uses are of the same option: they share its slack.
    shares: Vec<i64>,
}

/// A use of an option by a task.
struct Usage {
    option: OptionId,
    /// Saving less prices; what is below zero is no saving.
    margin: i64,
    vars: Vec<VarId>,
}

/// The state of the descent.
pub(super) struct Descent {
    vars: Dense<VarId, Var>,
    uses: Dense<UseId, Usage>,
    /// What each option can still bear; none where it is closed.
    slack: Dense<OptionId, i64>,
    /// The uses of each task, row for row with its reads; none where the option is closed.
    rows: Dense<TaskId, Vec<Option<UseId>>>,
}

impl Descent {
    /// Prices that cover every saving.
    pub(super) fn new(instance: &Instance, costs: &Dense<OptionId, Cost>) -> Self {
        let slack = costs.rows().iter().map(|cost| match cost {
            Cost::Build(build) => *build,
            Cost::Paid | Cost::Closed => 0,
        });
        let mut descent = Self {
            vars: Dense::default(),
            uses: Dense::default(),
            slack: Dense::from_rows(slack.collect()),
            rows: Dense::filled(instance.tasks.len(), Vec::new()),
        };
        for (task, row) in instance.tasks.iter() {
            let mut bits: [Option<VarId>; 64] = [None; 64];
            for read in &row.reads {
                if costs[read.option] == Cost::Closed {
                    descent.rows[task].push(None);
                    continue;
                }
                let slots = i64::from(read.slots.count_ones().max(1));
                let share = (read.saving + slots - 1) / slots;
                let id = UseId::of(descent.uses.len());
                let mut vars = Vec::new();
                let mut join = |descent: &mut Self, known: Option<VarId>| {
                    let var = known.unwrap_or_else(|| {
                        descent.vars.push(Var {
                            task,
                            price: 0,
                            uses: Vec::new(),
                            shares: Vec::new(),
                        })
                    });
                    let row = &mut descent.vars[var];
                    row.price = row.price.max(share);
                    row.uses.push(id);
                    vars.push(var);
                    Some(var)
                };
                if read.slots == 0 {
                    join(&mut descent, None);
                }
                for (bit, known) in bits.iter_mut().enumerate() {
                    if read.slots >> bit & 1 == 1 {
                        *known = join(&mut descent, *known);
                    }
                }
                descent.uses.push(Usage {
                    option: read.option,
                    margin: read.saving,
                    vars,
                });
                descent.rows[task].push(Some(id));
            }
        }
        for var in descent.vars.rows_mut() {
            let uses = &descent.uses;
            let mut of: BTreeMap<OptionId, i64> = BTreeMap::new();
            for id in &var.uses {
                *of.entry(uses[*id].option).or_default() += 1;
            }
            let share = |id: &UseId| of.get(&uses[*id].option).copied().unwrap_or(1);
            var.shares = var.uses.iter().map(share).collect();
        }
        for id in descent.uses.ids() {
            let paid: i64 = descent.uses[id]
                .vars
                .iter()
                .map(|var| descent.vars[*var].price)
                .sum();
            descent.uses[id].margin -= paid;
        }
        descent
    }

    /// Lowers the prices as far as it sees how.
    pub(super) fn run(&mut self) {
        for _ in 0..GENTLE_ROUNDS {
            for var in self.vars.ids() {
                let fall = self.fall(var);
                self.shift(var, -((fall + GENTLE_PART - 1) / GENTLE_PART));
            }
        }
        self.lower_all();
        for _ in 0..ADJUSTMENTS {
            if !self.adjust() {
                break;
            }
        }
    }

    pub(super) fn bound(&self) -> i64 {
        self.vars.rows().iter().map(|var| var.price).sum()
    }

    /// What an option could bear still: zero where building it costs no more than it brings.
    pub(super) fn slack(&self, option: OptionId) -> i64 {
        self.slack[option]
    }

    pub(super) fn prices(&self, instance: &Instance) -> Prices {
        let mut tasks = Dense::filled(instance.tasks.len(), 0);
        for var in self.vars.rows() {
            tasks[var.task] += var.price;
        }
        let over = self.rows.rows().iter().map(|uses| {
            let over = uses
                .iter()
                .map(|id| id.map_or(0, |id| self.uses[id].margin.max(0)));
            over.collect()
        });
        Prices {
            tasks,
            over: Dense::from_rows(over.collect()),
        }
    }

    /// How far a price can fall alone.
    fn fall(&self, var: VarId) -> i64 {
        let row = &self.vars[var];
        let falls = row.uses.iter().zip(&row.shares).map(|(id, share)| {
            let usage = &self.uses[*id];
            self.slack[usage.option] / share + (-usage.margin).max(0)
        });
        falls.fold(row.price, i64::min)
    }

    fn shift(&mut self, var: VarId, by: i64) {
        if by == 0 {
            return;
        }
        self.vars[var].price += by;
        for at in 0..self.vars[var].uses.len() {
            let Some(id) = self.vars[var].uses.get(at).copied() else {
                return;
            };
            let usage = &mut self.uses[id];
            let before = usage.margin.max(0);
            usage.margin -= by;
            self.slack[usage.option] -= usage.margin.max(0) - before;
        }
    }

    fn lower_all(&mut self) {
        for var in self.vars.ids() {
            let fall = self.fall(var);
            self.shift(var, -fall);
        }
    }

    /// Raises each price in turn and lets its neighbours fall first; whether the sum fell.
    fn adjust(&mut self) -> bool {
        let before = self.bound();
        let mut of_option: Dense<OptionId, Vec<VarId>> =
            Dense::filled(self.slack.len(), Vec::new());
        for usage in self.uses.rows() {
            of_option[usage.option].extend(&usage.vars);
        }
        for var in self.vars.ids() {
            let over = self.vars[var].uses.iter().map(|id| self.uses[*id].margin);
            let rise = over.max().unwrap_or(0).max(0);
            let binding = self.vars[var].uses.iter().filter(|id| {
                let usage = &self.uses[**id];
                usage.margin > 0 && self.slack[usage.option] == 0
            });
            // Raising it helps where it holds back more than one option.
            if rise == 0 || binding.clone().count() < 2 {
                continue;
            }
            let options = binding.map(|id| self.uses[*id].option);
            let near: Vec<VarId> = options
                .flat_map(|option| of_option[option].iter().copied())
                .filter(|near| *near != var)
                .take(NEIGHBOURS)
                .collect();
            let mut moves = vec![(var, rise)];
            self.shift(var, rise);
            let mut total = rise;
            for near in near.into_iter().chain([var]) {
                let fall = self.fall(near);
                self.shift(near, -fall);
                moves.push((near, -fall));
                total -= fall;
            }
            if total > 0 {
                for (var, by) in moves.into_iter().rev() {
                    self.shift(var, -by);
                }
            }
        }
        self.bound() < before
    }
}

/// Prices that one adjustment looks at.
const NEIGHBOURS: usize = 16;
