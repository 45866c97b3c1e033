//! Stage `workload`: accesses → hazards, order and readers per table version.
//!
//! Hazards go from an earlier statement of the files to a later one, so there are no cycles.
//! The graph library stays inside this module.

mod hazard;

use std::collections::BTreeMap;

use petgraph::algo::has_path_connecting;
use petgraph::graphmap::DiGraphMap;

use super::access::{
    Access, Accesses, Read, ReadId, Subquery, SubqueryId, Table, TableId, TableVersion,
};
use crate::frontend::statement::{Statement, StatementId};

/// Statements, what they access, and the order they must respect.
#[derive(Clone, Debug, Default)]
pub struct Workload {
    /// The statements in file order; `statements[i].id == StatementId(i)`.
    pub statements: Vec<Statement>,
    /// Their accesses, in the same order.
    pub accesses: Vec<Access>,
    /// Tables; `tables[i].id == TableId(i)`.
    pub tables: Vec<Table>,
    /// Pairs of statements whose order matters, transitively reduced, sorted; of each pair the gravest reason.
    pub hazards: Vec<Hazard>,
    /// Reads of each version, in statement order. Reads by barriers are not listed: they read everything.
    pub readers: BTreeMap<TableVersion, Vec<ReadId>>,
    /// The statement of each read and of each subquery, by their numbers.
    places: Places,
}

/// Where reads and subqueries are found.
#[derive(Clone, Debug, Default)]
struct Places {
    reads: Vec<StatementId>,
    subqueries: Vec<StatementId>,
}

impl Places {
    /// Numbers go up from statement to statement, and within each.
    fn of(accesses: &[Access]) -> Places {
        let mut places = Places::default();
        for access in accesses {
            for read in &access.reads {
                places
                    .reads
                    .resize(read.id.0 as usize + 1, access.statement);
            }
            for subquery in &access.subqueries {
                let rows = subquery.id.0 as usize + 1;
                places.subqueries.resize(rows, access.statement);
            }
        }
        places
    }
}

/// Two statements whose order matters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hazard {
    /// Must run first.
    pub from: StatementId,
    /// Must run after `from`.
    pub to: StatementId,
    /// Why.
    pub kind: HazardKind,
    /// On which table; none for barriers.
    pub table: Option<TableId>,
}

/// Why an order matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HazardKind {
    /// `to` reads what `from` wrote.
    ReadAfterWrite,
    /// `to` writes what `from` read.
    WriteAfterRead,
    /// Both write it.
    WriteAfterWrite,
    /// One of them cannot be seen through, or changes the session: `USE`, `SET`, temporary views. Python files keep
    /// their order among themselves, too: they share names.
    Barrier,
}

/// The statements with their accesses and the order they must respect.
pub fn build(statements: Vec<Statement>, accesses: Accesses) -> Workload {
    let hazards = hazard::hazards(&statements, &accesses.accesses, &accesses.tables);
    let mut readers: BTreeMap<TableVersion, Vec<ReadId>> = BTreeMap::new();
    for access in accesses
        .accesses
        .iter()
        .filter(|access| access.barrier.is_none())
    {
        for read in &access.reads {
            readers.entry(read.version).or_default().push(read.id);
        }
    }
    Workload {
        places: Places::of(&accesses.accesses),
        statements,
        accesses: accesses.accesses,
        tables: accesses.tables,
        hazards,
        readers,
    }
}

impl Workload {
    /// The read of that number.
    pub fn read(&self, id: ReadId) -> Option<&Read> {
        let statement = self.places.reads.get(id.0 as usize)?;
        let mut reads = self.access(*statement)?.reads.iter();
        reads.find(|read| read.id == id)
    }

    /// What a statement accesses.
    pub fn access(&self, id: StatementId) -> Option<&Access> {
        self.accesses.get(id.0 as usize)
    }

    /// The statement of that number.
    pub fn statement(&self, id: StatementId) -> Option<&Statement> {
        self.statements.get(id.0 as usize)
    }

    /// The table of that number.
    pub fn table(&self, id: TableId) -> Option<&Table> {
        self.tables.get(id.0 as usize)
    }

    /// The subquery of that number.
    pub fn subquery(&self, id: SubqueryId) -> Option<&Subquery> {
        let statement = self.places.subqueries.get(id.0 as usize)?;
        let mut subqueries = self.access(*statement)?.subqueries.iter();
        subqueries.find(|subquery| subquery.id == id)
    }

    /// Whether `before` must run before `after`, directly or through statements between them.
    pub fn must_precede(&self, before: StatementId, after: StatementId) -> bool {
        let edges = self.hazards.iter().map(|hazard| (hazard.from, hazard.to));
        let order = DiGraphMap::<StatementId, ()>::from_edges(edges);
        before != after && has_path_connecting(&order, before, after, None)
    }
}

#[cfg(test)]
mod tests;
