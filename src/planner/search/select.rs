//! Which frames would be chosen if memory were free: the bound of every schedule, and often the answer itself.
//!
//! Without the budget the order does not matter, and what is left is the choice of frames for reads (see
//! [`dual`](super::dual)). It falls apart into components: options that compete for a read, or are built from each
//! other. Each is solved by branch and bound over its options: the dual prices bound a node, the options that the
//! prices leave no slack are tried as a choice, and an option whose slack exceeds what is missing to the best choice
//! is left out for good. Real pipelines rarely need a branch.

use super::dense::Dense;
use super::dual::{Cost, Descent};
use super::instance::Instance;
use super::pack::pack;
use super::{OptionId, TaskId};

/// Nodes that a component may take, times what a node costs: its uses, times those that meet at one task.
const WORK: usize = 300_000;

/// The best choice of frames where memory is free.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection {
    /// The frames, ascending.
    pub(super) chosen: Vec<OptionId>,
    /// What they are worth.
    pub(super) worth: i64,
    /// No schedule is worth more.
    pub(super) bound: i64,
    /// Nodes of all components.
    pub(super) nodes: u64,
}

/// Chooses.
pub(super) fn select(instance: &Instance) -> Selection {
    let mut selection = Selection::default();
    for options in components(instance) {
        let readers = options.iter().flat_map(|id| &instance.options[*id].readers);
        let mut tasks: Vec<TaskId> = readers.map(|(task, _)| *task).collect();
        tasks.sort_unstable();
        tasks.dedup();
        let part = instance.part(&tasks, &options);
        let mut branch = Branch {
            instance: &part,
            decided: Dense::filled(part.options.len(), None),
            best: 0,
            chosen: Dense::filled(part.options.len(), false),
            lost: 0,
            nodes: 0,
            limit: nodes(&part),
        };
        branch.descend();
        selection.worth += branch.best;
        selection.bound += branch.best.max(branch.lost);
        selection.nodes += branch.nodes;
        let chosen = options.iter().zip(branch.chosen.rows());
        selection
            .chosen
            .extend(chosen.filter(|(_, chosen)| **chosen).map(|(id, _)| *id));
    }
    selection.chosen.sort_unstable();
    selection
}

/// Nodes that a component may take.
fn nodes(part: &Instance) -> u64 {
    let uses: usize = part.tasks.rows().iter().map(|task| task.reads.len()).sum();
    let meet = uses / part.tasks.len().max(1) + 1;
    (WORK / (uses * meet).max(1)).clamp(1, 400) as u64
}

/// Options that are to be chosen together, each list ascending.
fn components(instance: &Instance) -> Vec<Vec<OptionId>> {
    let mut root: Dense<OptionId, OptionId> = Dense::from_rows(instance.options.ids().collect());
    let mut join = |one: OptionId, other: OptionId| {
        let (one, other) = (top(&mut root, one), top(&mut root, other));
        root[one.max(other)] = one.min(other);
    };
    for (_, task) in instance.tasks.iter() {
        let mut of_bit: [Option<OptionId>; 64] = [None; 64];
        for read in &task.reads {
            for (bit, other) in of_bit.iter_mut().enumerate() {
                if read.slots >> bit & 1 == 1 {
                    join(*other.get_or_insert(read.option), read.option);
                }
            }
        }
    }
    for (id, option) in instance.options.iter() {
        for read in &option.parents {
            join(read.option, id);
        }
    }
    let mut components: Dense<OptionId, Vec<OptionId>> =
        Dense::filled(instance.options.len(), Vec::new());
    for id in instance.options.ids() {
        components[top(&mut root, id)].push(id);
    }
    let components = components
        .rows()
        .iter()
        .filter(|options| !options.is_empty());
    components.cloned().collect()
}

/// The first option of a component, with the paths to it made short.
fn top(root: &mut Dense<OptionId, OptionId>, mut id: OptionId) -> OptionId {
    while root[id] != id {
        root[id] = root[root[id]];
        id = root[id];
    }
    id
}

struct Branch<'a> {
    instance: &'a Instance,
    /// Chosen, left out, or open.
    decided: Dense<OptionId, Option<bool>>,
    best: i64,
    chosen: Dense<OptionId, bool>,
    /// The largest bound of a node that was not looked into.
    lost: i64,
    nodes: u64,
    limit: u64,
}

impl Branch<'_> {
    fn descend(&mut self) {
        self.nodes += 1;
        let costs = self.costs();
        let paid = self
            .instance
            .options
            .ids()
            .filter(|id| costs[*id] == Cost::Paid);
        let paid: i64 = paid.map(|id| self.cheapest(id)).sum();
        let mut descent = Descent::new(self.instance, &costs);
        descent.run();
        let bound = descent.bound() - paid;
        if bound <= self.best {
            return;
        }
        self.try_choice(&descent);
        if bound <= self.best {
            return;
        }
        if self.nodes >= self.limit {
            self.lost = self.lost.max(bound);
            return;
        }
        let ids = self.instance.options.ids();
        let open: Vec<OptionId> = ids.filter(|id| self.decided[*id].is_none()).collect();
        let (out, open): (Vec<_>, Vec<_>) = open
            .into_iter()
            .partition(|id| bound - descent.slack(*id) <= self.best);
        for id in &out {
            self.decided[*id] = Some(false);
        }
        let dear = open.into_iter().max_by_key(|id| {
            let option = &self.instance.options[*id];
            let tight = descent.slack(*id) == 0;
            (tight, option.build, std::cmp::Reverse(*id))
        });
        if let Some(id) = dear {
            for choice in [true, false] {
                self.decided[id] = Some(choice);
                self.descend();
            }
            self.decided[id] = None;
        } else {
            let decided = self
                .decided
                .rows()
                .iter()
                .map(|choice| *choice == Some(true));
            self.offer(Dense::from_rows(decided.collect()));
        }
        for id in &out {
            self.decided[*id] = None;
        }
    }

    fn costs(&self) -> Dense<OptionId, Cost> {
        let costs = self.decided.iter().map(|(id, choice)| match choice {
            Some(true) => Cost::Paid,
            Some(false) => Cost::Closed,
            None => Cost::Build(self.cheapest(id)),
        });
        Dense::from_rows(costs.collect())
    }

    /// A build with every parent that is not left out.
    fn cheapest(&self, id: OptionId) -> i64 {
        let option = &self.instance.options[id];
        let fed = pack(&option.parents, |read| {
            self.decided[read.option] != Some(false)
        });
        (option.build - fed.bound).max(0)
    }

    /// Tries the options without slack, then whether more or fewer are better.
    fn try_choice(&mut self, descent: &Descent) {
        let ids = self.instance.options.ids();
        let mut choice = Dense::from_rows(ids.map(|id| self.decided[id] == Some(true)).collect());
        let mut tight: Vec<OptionId> = self
            .instance
            .options
            .ids()
            .filter(|id| descent.slack(*id) == 0 && self.decided[*id].is_none())
            .collect();
        let savings = |id: OptionId| -> i64 {
            let option = &self.instance.options[id];
            option.readers.iter().map(|(_, saving)| saving).sum::<i64>() - option.build
        };
        tight.sort_by_key(|id| (std::cmp::Reverse(savings(*id)), *id));
        let all: Vec<OptionId> = self.instance.options.ids().collect();
        let mut improved = true;
        let mut list = &tight;
        while improved {
            improved = false;
            for id in list.iter().chain(&all) {
                if self.gain(&mut choice, *id) > 0 {
                    choice[*id] = !choice[*id];
                    improved = true;
                }
            }
            list = &all;
        }
        self.offer(choice);
    }

    /// What changing one option's choice would bring.
    fn gain(&self, choice: &mut Dense<OptionId, bool>, id: OptionId) -> i64 {
        let before = self.around(choice, id);
        choice[id] = !choice[id];
        let after = self.around(choice, id);
        choice[id] = !choice[id];
        after - before
    }

    /// The worth of a choice as far as an option takes part in it.
    fn around(&self, choice: &Dense<OptionId, bool>, id: OptionId) -> i64 {
        let option = &self.instance.options[id];
        let mut tasks: Vec<TaskId> = option.readers.iter().map(|(task, _)| *task).collect();
        tasks.dedup();
        let tasks = tasks.iter().map(|task| {
            let reads = &self.instance.tasks[*task].reads;
            pack(reads, |read| choice[read.option]).gain
        });
        let builds = option.children.iter().chain([&id]);
        tasks.sum::<i64>() - builds.map(|id| self.cost(choice, *id)).sum::<i64>()
    }

    /// What an option costs in a choice.
    fn cost(&self, choice: &Dense<OptionId, bool>, id: OptionId) -> i64 {
        let option = &self.instance.options[id];
        if !choice[id] {
            return 0;
        }
        let fed = pack(&option.parents, |read| choice[read.option]);
        (option.build - fed.gain).max(0)
    }

    fn offer(&mut self, choice: Dense<OptionId, bool>) {
        let tasks = self.instance.tasks.rows().iter();
        let tasks = tasks.map(|task| pack(&task.reads, |read| choice[read.option]).gain);
        let builds = choice.ids().map(|id| self.cost(&choice, id));
        let worth = tasks.sum::<i64>() - builds.sum::<i64>();
        if worth > self.best {
            self.best = worth;
            self.chosen = choice;
        }
    }
}
