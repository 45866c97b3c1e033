//! What rules look at, and what several of them ask of it.

use std::collections::BTreeMap;

use super::{Found, Rule};
use crate::diagnostic::{Diagnostic, Severity, Span};
use crate::facts::access::{Access, Origin, Read, TableId};
use crate::facts::catalog::{Catalog, TableFacts};
use crate::facts::workload::Workload;
use crate::frontend::source::Sources;
use crate::frontend::statement::{Block, Query, Statement, StatementId, StatementKind};
use crate::planner::frame::Candidates;

/// Formats whose tables keep the rows that are read while new ones are written, and may leave out files by other
/// columns than those they are partitioned by.
const VERSIONED: [&str; 3] = ["delta", "iceberg", "hudi"];

/// What rules look at.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The files.
    pub sources: &'a Sources,
    /// Statements, accesses, order.
    pub workload: &'a Workload,
    /// Facts about tables; empty where none were collected.
    pub catalog: &'a Catalog,
    /// What could be shared, and why the rest cannot.
    pub candidates: &'a Candidates,
    /// What earlier stages have to say about the text.
    pub told: &'a [Diagnostic],
}

impl<'a> Facts<'a> {
    /// Statements with what they access, in order.
    pub(super) fn statements(&self) -> impl Iterator<Item = (&'a Statement, &'a Access)> + Clone {
        self.workload.statements.iter().zip(&self.workload.accesses)
    }

    /// Name of a table; empty where there is none of that number.
    pub(super) fn name(&self, table: TableId) -> &'a str {
        self.workload
            .table(table)
            .map_or("", |table| table.name.as_str())
    }

    /// Whether a table is a temporary view of the pipeline.
    pub(super) fn is_temporary(&self, table: TableId) -> bool {
        self.workload
            .table(table)
            .is_some_and(|table| table.temporary)
    }

    /// What is known about a table that is no temporary view.
    pub(super) fn table(&self, table: TableId) -> Option<&'a TableFacts> {
        self.catalog
            .tables
            .get(self.name(table))
            .filter(|_| !self.is_temporary(table))
    }

    /// Whether a table is known to be of a format that keeps versions.
    pub(super) fn is_versioned(&self, table: TableId) -> bool {
        let provider = self
            .table(table)
            .and_then(|table| table.provider.as_deref());
        provider.is_some_and(|provider| VERSIONED.contains(&provider))
    }

    /// Whether rows of what a statement writes reach a later one.
    pub(super) fn feeds(&self, from: StatementId, to: StatementId) -> bool {
        let written = |access: &Access| -> Vec<TableId> {
            access.writes.iter().map(|write| write.table).collect()
        };
        let mut reached = self.workload.access(from).map(written).unwrap_or_default();
        for (statement, access) in self.statements().skip(from.0 as usize + 1) {
            if reads_one_of(access, &reached) {
                if statement.id == to {
                    return true;
                }
                reached.extend(written(access));
            }
        }
        false
    }

    /// `file:line` of a statement.
    pub(super) fn place(&self, statement: StatementId) -> String {
        let statement = self.workload.statement(statement);
        statement.map_or_else(String::new, |statement| self.sources.place(statement.span))
    }

    /// The statement in whose text a place lies.
    pub(super) fn statement_at(&self, place: Span) -> Option<&'a Statement> {
        let mut statements = self.workload.statements.iter();
        statements.find(|statement| statement.span.contains(place))
    }
}

/// Whether a statement reads one of the tables.
pub(super) fn reads_one_of(access: &Access, tables: &[TableId]) -> bool {
    let mut reads = access.reads.iter();
    reads.any(|read| tables.contains(&read.version.table))
}

/// The query of a statement that writes its rows somewhere or gives them to the caller.
pub(super) fn query(statement: &Statement) -> Option<&Query> {
    match &statement.kind {
        StatementKind::Query(query)
        | StatementKind::Insert { query, .. }
        | StatementKind::CreateTableAs { query, .. }
        | StatementKind::InsertDirectory { query, .. }
        | StatementKind::CreateView { query, .. } => Some(query),
        _ => None,
    }
}

/// The blocks of that query.
pub(super) fn blocks(statement: &Statement) -> Vec<Block<'_>> {
    query(statement).map(Query::blocks).unwrap_or_default()
}

/// Reads of tables that a statement names, by the place of the name.
pub(super) fn named(access: &Access) -> BTreeMap<Span, &Read> {
    let reads = access.reads.iter();
    reads
        .filter_map(|read| match &read.origin {
            Origin::Named { name, .. } => Some((*name, read)),
            _ => None,
        })
        .collect()
}

impl Rule {
    /// A finding of this rule.
    pub(super) fn found(
        &self,
        table: Option<&str>,
        span: Span,
        message: impl Into<String>,
    ) -> Found {
        let severity = self.level.severity().unwrap_or(Severity::Info);
        Found {
            table: table.map(str::to_owned),
            diagnostic: Diagnostic::new(self.name, severity, span, message).help(self.page.fix),
        }
    }
}

impl Found {
    /// The same with a further place.
    pub(super) fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.diagnostic = self.diagnostic.label(span, text);
        self
    }

    /// The same with other advice.
    pub(super) fn help(mut self, text: impl Into<String>) -> Self {
        self.diagnostic = self.diagnostic.help(text);
        self
    }
}
