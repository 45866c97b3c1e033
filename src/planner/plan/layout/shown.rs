//! What would show that the rows of a frame come in another order and in other parts.
//!
//! Not only its readers: a table that a reader writes holds the same rows in another order, and files of other sizes.
//! So whatever reads that, and what reads what is written then, must not show it either.

use std::collections::BTreeSet;

use crate::facts::access::{Access, SensitivityKind, TableId};
use crate::facts::workload::Workload;
use crate::frontend::statement::{Statement, StatementKind};
use crate::planner::frame::Reader;

/// What shows it first, a lowercase fragment; none where nothing does.
pub(super) fn by(workload: &Workload, readers: &[Reader]) -> Option<String> {
    let is_reader = |access: &Access| {
        readers
            .iter()
            .any(|reader| reader.statement == access.statement)
    };
    let first = readers.first()?.statement;
    // Tables whose rows are arranged otherwise.
    let mut arranged: BTreeSet<TableId> = BTreeSet::new();
    let statements = workload.statements.iter().zip(&workload.accesses);
    for (statement, access) in statements.skip_while(|(statement, _)| statement.id < first) {
        // A setting is a barrier and reads nothing.
        let sets = matches!(statement.kind, StatementKind::Set { .. });
        if !arranged.is_empty() && access.barrier.is_some() && !sets {
            return Some(
                "a statement that cannot be seen through may read what its readers write"
                    .to_owned(),
            );
        }
        let mut read = access.reads.iter().map(|read| read.version.table);
        let reader = is_reader(access);
        if !reader && !read.any(|table| arranged.contains(&table)) {
            continue;
        }
        if let Some(what) = shows(statement, access) {
            let whose = if reader {
                "a reader"
            } else {
                "what reads its readers' tables"
            };
            return Some(format!("{whose} shows their order: {what}"));
        }
        arranged.extend(access.starts.iter().map(|start| start.table));
    }
    None
}

/// What in a statement shows the arrangement of the rows that it reads.
fn shows(statement: &Statement, access: &Access) -> Option<String> {
    let seen = matches!(
        statement.kind,
        StatementKind::Query(_)
            | StatementKind::Insert { .. }
            | StatementKind::InsertDirectory { .. }
            | StatementKind::CreateTableAs { .. }
    );
    if !seen || access.barrier.is_some() {
        return Some("a statement that is no query".to_owned());
    }
    let sensitive = access.sensitivities.iter().find(|found| match found.kind {
        SensitivityKind::UnknownFunction
        | SensitivityKind::RowOrigin
        | SensitivityKind::Sampling
        | SensitivityKind::OrderSensitive => true,
        // Another value each time, or the same failure over the same rows.
        SensitivityKind::NonDeterministic | SensitivityKind::MayFail => false,
    });
    let sensitive = sensitive.map(|found| &found.what);
    let what = sensitive.or_else(|| access.arrangements.first().map(|found| &found.what))?;
    Some(format!("`{what}`"))
}
