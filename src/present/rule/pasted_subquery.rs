//! The same subquery in several statements.

use std::collections::BTreeSet;

use super::facts::query;
use super::{Facts, Found, Level, Page, Rule};
use crate::facts::access::{Subquery, SubqueryId};
use crate::planner::frame::Subject;

/// Length from which a text that stands twice is worth a word, bytes.
const LEAST: u32 = 80;

pub(super) const RULE: Rule = Rule {
    name: "pasted-subquery",
    level: Level::Info,
    summary: "the same subquery stands in several statements",
    page: Page {
        what: "A common table expression or derived table of at least 80 bytes that stands in several statements, but for \
               layout, letter case and aliases, and reads the same table versions in each.",
        why: "Whoever corrects one of them has to find the others, and each is computed anew where no frame pays.",
        bad: "-- 1.sql\nINSERT OVERWRITE sales.daily\nWITH latest AS (SELECT id, customer, max(day) AS day FROM sales.orders \
              WHERE day > '2024-01-01' GROUP BY id, customer)\nSELECT id, day FROM latest\n\
              -- 2.sql\nINSERT OVERWRITE sales.weekly\nWITH latest AS (SELECT id, customer, max(day) AS day FROM \
              sales.orders WHERE day > '2024-01-01' GROUP BY id, customer)\nSELECT customer, day FROM latest",
        good: "-- 1.sql\nCREATE TEMPORARY VIEW latest AS SELECT id, customer, max(day) AS day FROM sales.orders \
               WHERE day > '2024-01-01' GROUP BY id, customer;\nINSERT OVERWRITE sales.daily\nSELECT id, day FROM latest\n\
               -- 2.sql\nINSERT OVERWRITE sales.weekly\nSELECT customer, day FROM latest",
        fix: "define it once, as a view or a table of its own",
    },
    find,
};

fn find(facts: &Facts<'_>) -> Vec<Found> {
    let candidates = facts
        .candidates
        .candidates
        .iter()
        .map(|candidate| &candidate.subject);
    let refusals = facts
        .candidates
        .refusals
        .iter()
        .map(|refusal| &refusal.subject);
    let mut subjects: BTreeSet<&Vec<SubqueryId>> = BTreeSet::new();
    subjects.extend(
        candidates
            .chain(refusals)
            .filter_map(|subject| match subject {
                Subject::Subquery(occurrences) => Some(occurrences),
                _ => None,
            }),
    );
    subjects
        .into_iter()
        .filter_map(|occurrences| pasted(facts, occurrences))
        .collect()
}

fn pasted(facts: &Facts<'_>, occurrences: &[SubqueryId]) -> Option<Found> {
    let mut statements = BTreeSet::new();
    let found = occurrences
        .iter()
        .filter_map(|id| facts.workload.subquery(*id))
        .filter(|one| !is_whole(facts, one));
    let found: Vec<&Subquery> = found
        .filter(|one| statements.insert(one.statement))
        .collect();
    let (first, others) = found.split_first()?;
    let long = first.body.end - first.body.start >= LEAST;
    if others.is_empty() || !long {
        return None;
    }
    let name = first.name.as_ref().map_or_else(
        || "without a name".to_owned(),
        |name| format!("`{}`", name.text),
    );
    let place = |one: &Subquery| one.name.as_ref().map_or(one.body, |name| name.span);
    let message = format!("the subquery {name} stands in {} statements", found.len());
    let one = RULE.found(None, place(first), message);
    Some(
        others
            .iter()
            .fold(one, |one, other| one.label(place(other), "the same")),
    )
}

/// Whether it is all of a statement's own query.
fn is_whole(facts: &Facts<'_>, subquery: &Subquery) -> bool {
    let statement = facts.workload.statement(subquery.statement);
    let own = statement.and_then(query);
    own.is_some_and(|query| subquery.body.contains(query.span))
}
