//! A temporary name used for two things, which keeps what could run side by side in order.

use super::{Facts, Found, Level, Page, Rule};
use crate::frontend::statement::{StatementKind, ViewScope};

pub(super) const RULE: Rule = Rule {
    name: "temporary-name-order",
    level: Level::Info,
    summary: "one temporary name for two things forces an order",
    page: Page {
        what: "`CREATE OR REPLACE TEMPORARY VIEW` of a name that an earlier statement made and others have read, where the new \
               definition does not read the old one.",
        why: "Readers of the first must come before the second: statements that have nothing else in common cannot run side \
              by side or change places.",
        bad: "CREATE OR REPLACE TEMPORARY VIEW part AS SELECT id FROM sales.orders;\n\
              INSERT OVERWRITE sales.daily SELECT id FROM part;\n\
              CREATE OR REPLACE TEMPORARY VIEW part AS SELECT id FROM sales.returns;\n\
              INSERT OVERWRITE sales.weekly SELECT id FROM part",
        good: "CREATE OR REPLACE TEMPORARY VIEW part AS SELECT id FROM sales.orders;\n\
               INSERT OVERWRITE sales.daily SELECT id FROM part;\n\
               CREATE OR REPLACE TEMPORARY VIEW returned AS SELECT id FROM sales.returns;\n\
               INSERT OVERWRITE sales.weekly SELECT id FROM returned",
        fix: "give the second one a name of its own",
    },
    find,
};

fn find(facts: &Facts<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (statement, access) in facts.statements() {
        let StatementKind::CreateView { scope, .. } = &statement.kind else {
            continue;
        };
        let Some(write) = access
            .writes
            .first()
            .filter(|_| *scope != ViewScope::Permanent)
        else {
            continue;
        };
        let reads_it = |access: &crate::facts::access::Access| {
            let mut reads = access.reads.iter();
            reads.any(|read| read.version.table == write.table)
        };
        if reads_it(access) {
            continue;
        }
        let earlier = facts
            .workload
            .statements
            .iter()
            .zip(&facts.workload.accesses);
        let earlier = earlier.take_while(|(one, _)| one.id < statement.id);
        let mut read = false;
        let mut made = None;
        for (one, other) in earlier {
            if other.barrier.is_some() {
                (read, made) = (false, None);
                continue;
            }
            read |= made.is_some() && reads_it(other);
            if other.writes.iter().any(|other| other.table == write.table) {
                let is_view = matches!(one.kind, StatementKind::CreateView { .. });
                (read, made) = (false, is_view.then_some(other.writes.first()).flatten());
            }
        }
        if let Some(first) = made.filter(|_| read) {
            let name = facts.name(write.table);
            let message = format!("`{name}` is made a second time, for something else");
            found.push(
                RULE.found(Some(name), write.span, message)
                    .label(first.span, "first made here"),
            );
        }
    }
    found
}
