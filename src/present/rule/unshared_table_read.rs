//! A table read repeatedly that another text could share.

use std::collections::BTreeSet;

use super::{Facts, Found, Level, Page, Rule};
use crate::facts::access::{Origin, TableId};
use crate::frontend::statement::StatementId;
use crate::planner::frame::{Lift, Refusal, Subject, lift};

/// Reasons that are about names only: to change those for the sake of sharing is no advice to give unasked.
const UNHELPFUL: [&str; 2] = ["name", "placeholder"];

pub(super) const RULE: Rule = Rule {
    name: "unshared-table-read",
    level: Level::Info,
    summary: "statements read a table again because of how they are written",
    page: Page {
        what: "Reads of a table that is read by several statements and cannot be served by a frame, where another text \
               would lift that: a statement that is no query, a hint, a change between the readers. Silent where only the \
               cost speaks against a frame, and where nothing would help.",
        why: "The table is read and parsed again for each of them.",
        bad: "INSERT OVERWRITE sales.daily TABLE sales.orders;\n\
              INSERT OVERWRITE sales.copy TABLE sales.orders",
        good: "INSERT OVERWRITE sales.daily SELECT id, day FROM sales.orders;\n\
               INSERT OVERWRITE sales.copy SELECT id, day FROM sales.orders",
        fix: "write it so that it can be shared",
    },
    find,
};

fn find(facts: &Facts<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for refusal in &facts.candidates.refusals {
        let Subject::Table(version) = refusal.subject else {
            continue;
        };
        let Some(Lift::Text(advice)) = lift(refusal.reason.code) else {
            continue;
        };
        if !is_certain(facts, version.table, refusal) {
            continue;
        }
        if UNHELPFUL.contains(&refusal.reason.code) {
            continue;
        }
        let readers = facts.workload.readers.get(&version);
        let readers = readers.into_iter().flatten();
        let readers = readers.filter_map(|read| facts.workload.read(*read));
        let readers: BTreeSet<_> = readers.map(|read| read.statement).collect();
        let reads = refusal
            .reads
            .iter()
            .filter_map(|read| facts.workload.read(*read));
        let mut places = reads.filter_map(|read| match read.origin {
            Origin::Named { name, .. } => Some(name),
            _ => None,
        });
        let Some(first) = places.next().filter(|_| readers.len() > 1) else {
            continue;
        };
        let name = facts.name(version.table);
        let message = format!(
            "{} statements read `{name}`, and it is not shared here: {}",
            readers.len(),
            refusal.reason.text
        );
        let one = RULE
            .found(Some(name), first, message)
            .help(format!("to lift this, {advice}"));
        found.push(places.fold(one, |one, place| one.label(place, "and here")));
    }
    found
}

/// Whether what is said of writes is so by name: where it is not known which tables share files, each write may change
/// every table.
fn is_certain(facts: &Facts<'_>, table: TableId, refusal: &Refusal) -> bool {
    let writes = |statement: StatementId| {
        let access = facts.workload.access(statement);
        access.is_some_and(|access| access.writes.iter().any(|write| write.table == table))
    };
    let reads = refusal.reads.iter();
    let mut readers = reads.filter_map(|read| facts.workload.read(*read));
    match refusal.reason.code {
        "written-by-reader" => readers.all(|read| writes(read.statement)),
        "rewritten-between" | "stale-listing" => facts
            .workload
            .statements
            .iter()
            .any(|statement| writes(statement.id)),
        _ => true,
    }
}
