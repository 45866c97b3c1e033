//! Stage `workload`: accesses → hazards, order and readers per table version.
//!
//! The graph library stays inside this module.

use std::collections::BTreeMap;

use super::access::{Access, ReadId, Table, TableId, TableVersion};
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
    /// Pairs of statements whose order matters, transitively reduced, sorted.
    pub hazards: Vec<Hazard>,
    /// Reads of each version, in statement order. Reads by barriers are not listed: they read everything.
    pub readers: BTreeMap<TableVersion, Vec<ReadId>>,
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
    /// One of them cannot be seen through, or changes the session.
    Barrier,
}
