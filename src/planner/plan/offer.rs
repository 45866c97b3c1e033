//! What candidates offer, whatever else is chosen: costs and savings at both ends of what the facts leave open, and the
//! statements across which they cannot live.

use std::collections::{BTreeMap, BTreeSet};

use super::choice::Choice;
use super::medium::Medium;
use super::select::{Place, Usage};
use crate::facts::access::{TableId, TableVersion};
use crate::facts::workload::Workload;
use crate::frontend::statement::StatementId;
use crate::planner::cost::{BuildCost, CostModel, End};
use crate::planner::frame::{Candidate, CandidateId, Candidates, Needed};

/// What a candidate costs and saves.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    /// In memory, at each end, with the bytes of the larger one.
    builds: [BuildCost; 2],
    /// Of each of the candidate's readers at each end, microseconds.
    pub(super) savings: Vec<[u64; 2]>,
    /// Statements that change what it holds, or that cannot be seen through, from its first reader to its last; in file
    /// order.
    pub(super) ended_by: BTreeSet<StatementId>,
    /// What could be built from it instead of a table.
    pub(super) tables: Vec<TableFeed>,
}

/// A table that one candidate joins or groups, and of which another one has what that needs.
#[derive(Clone, Debug)]
pub(super) struct TableFeed {
    /// The one that joins or groups.
    pub(super) child: CandidateId,
    /// The table.
    pub(super) version: TableVersion,
    /// The table's row among those of the child.
    pub(super) row: u32,
    /// What its building saves at each end, microseconds.
    pub(super) savings: [u64; 2],
}

/// Candidates by the tables that they join or group, with what they need of them.
type Needs<'c> = BTreeMap<TableVersion, Vec<(&'c Candidate, u32, Needed)>>;

/// The offers of all candidates, by their number; none where something cannot be estimated. What is forced then counts
/// as free of cost and use.
pub(super) fn offers(
    workload: &Workload,
    candidates: &Candidates,
    costs: &CostModel<'_>,
    forced: bool,
) -> Vec<Option<Offer>> {
    let mut starts: BTreeMap<TableId, BTreeSet<StatementId>> = BTreeMap::new();
    let mut barriers: BTreeSet<StatementId> = BTreeSet::new();
    for access in &workload.accesses {
        for start in &access.starts {
            let changes = starts.entry(start.table).or_default();
            changes.insert(access.statement);
        }
        if access.barrier.is_some() {
            barriers.insert(access.statement);
        }
    }
    let needs = needs(candidates);
    let offers = candidates.candidates.iter().map(|candidate| {
        let [few, many] = End::BOTH.map(|end| at(costs, end, candidate, forced));
        let (few, many) = (few?, many?);
        let bytes = many.0.bytes;
        let builds = [few.0, many.0].map(|build| BuildCost { bytes, ..build });
        let savings = few.1.into_iter().zip(many.1);
        Some(Offer {
            builds,
            savings: savings.map(|(few, many)| [few, many]).collect(),
            ended_by: ended_by(candidate, &starts, &barriers),
            tables: table_feeds(costs, candidate, &needs),
        })
    });
    offers.collect()
}

fn needs(candidates: &Candidates) -> Needs<'_> {
    let mut needs = Needs::new();
    for candidate in &candidates.candidates {
        for (needed, row) in candidate.definition.needed().into_iter().zip(0..) {
            let of_table = needs.entry(needed.version).or_default();
            of_table.push((candidate, row, needed));
        }
    }
    needs
}

/// What could be built from a candidate, as far as that saves something.
fn table_feeds(costs: &CostModel<'_>, candidate: &Candidate, needs: &Needs<'_>) -> Vec<TableFeed> {
    let of_tables = candidate.inputs.iter().filter_map(|input| needs.get(input));
    let provided = of_tables.flatten().filter(|(child, _, needed)| {
        let mut inputs = candidate.inputs.iter();
        candidate.definition.provides(needed) && inputs.all(|input| child.inputs.contains(input))
    });
    let feeds = provided.filter_map(|(child, row, needed)| {
        let [few, many] =
            End::BOTH.map(|end| costs.at(end).feeding(candidate, child, needed).unwrap_or(0));
        (few.min(many) > 0).then_some(TableFeed {
            child: child.id,
            version: needed.version,
            row: *row,
            savings: [few, many],
        })
    });
    feeds.collect()
}

/// Cost and savings at one end.
fn at(
    costs: &CostModel<'_>,
    end: End,
    candidate: &Candidate,
    forced: bool,
) -> Option<(BuildCost, Vec<u64>)> {
    let estimate = costs.at(end);
    let build = estimate.build(candidate);
    let savings = candidate.readers.iter().map(|reader| {
        let saving = estimate.saving(candidate, reader);
        saving.or(forced.then_some(0))
    });
    Some((
        build.or(forced.then(BuildCost::default))?,
        savings.collect::<Option<_>>()?,
    ))
}

fn ended_by(
    candidate: &Candidate,
    starts: &BTreeMap<TableId, BTreeSet<StatementId>>,
    barriers: &BTreeSet<StatementId>,
) -> BTreeSet<StatementId> {
    let statements = candidate.readers.iter().map(|reader| reader.statement);
    let (Some(first), Some(last)) = (statements.clone().min(), statements.max()) else {
        return BTreeSet::new();
    };
    let tables: BTreeSet<TableId> = candidate.inputs.iter().map(|input| input.table).collect();
    let changes = tables.iter().filter_map(|table| starts.get(table));
    let all = changes.chain([barriers]);
    all.flat_map(|statements| statements.range(first..=last).copied())
        .collect()
}

impl Offer {
    /// What building costs on a medium, at one of [`End::BOTH`].
    pub(super) fn build(&self, medium: Medium, end: usize) -> BuildCost {
        let build = self.builds.get(end).copied().unwrap_or_default();
        medium.build_cost(build)
    }

    /// Of some uses those that one residency can serve, between two statements that end it: where they save most. None
    /// where these are fewer than two.
    pub(super) fn stretch<'c>(
        &self,
        uses: Vec<Usage<'c>>,
        choice: &Choice,
    ) -> Option<Vec<Usage<'c>>> {
        let ends: BTreeSet<usize> = self.ended_by.iter().map(|end| choice.place(*end)).collect();
        let mut stretches: BTreeMap<usize, Vec<Usage<'c>>> = BTreeMap::new();
        for usage in uses {
            let (from, to) = usage.at;
            // A frame may end with the statement that ends it, but a reader that ends its own frame cannot read it.
            let crossed = ends.range(from..to).next().is_some();
            let ends_itself = match usage.place {
                Place::Statement(reader) => self.ended_by.contains(&reader.statement),
                Place::Text(..) | Place::Table(..) => false,
            };
            if !crossed && !ends_itself {
                let before = ends.range(..from).count();
                stretches.entry(before).or_default().push(usage);
            }
        }
        let saved = |uses: &Vec<Usage<'_>>| {
            let savings = uses.iter().map(|usage| u128::from(usage.savings[0]));
            savings.sum::<u128>()
        };
        let stretches = stretches.into_iter().filter(|(_, uses)| uses.len() > 1);
        let best = stretches
            .max_by_key(|(number, uses)| (saved(uses), uses.len(), std::cmp::Reverse(*number)));
        best.map(|(_, uses)| uses)
    }
}
