//! A function that gives other values at each evaluation, in a subquery that stands in several places.

use super::{Facts, Found, Level, Page, Rule};
use crate::facts::access::SensitivityKind;
use crate::planner::frame::Subject;

pub(super) const RULE: Rule = Rule {
    name: "nondeterministic-blocks-sharing",
    level: Level::Info,
    summary: "a function that is not deterministic keeps a repeated subquery from being shared",
    page: Page {
        what: "A subquery that stands in several places and is computed in each of them, because it calls a function such \
               as `rand()`, `uuid()` or `current_timestamp()`.",
        why: "Computed once, all its readers would get one value. Where that is what is meant, it can be written so.",
        bad: "INSERT OVERWRITE sales.daily WITH one AS (SELECT id, day, current_date() AS loaded FROM sales.orders WHERE \
              day > '2024-01-01') SELECT id FROM one WHERE loaded > day;\n\
              INSERT OVERWRITE sales.weekly WITH one AS (SELECT id, day, current_date() AS loaded FROM sales.orders WHERE \
              day > '2024-01-01') SELECT day FROM one WHERE loaded > day",
        good: "INSERT OVERWRITE sales.daily WITH one AS (SELECT id, day FROM sales.orders WHERE day > '2024-01-01') SELECT \
               id FROM one WHERE current_date() > day;\n\
               INSERT OVERWRITE sales.weekly WITH one AS (SELECT id, day FROM sales.orders WHERE day > '2024-01-01') SELECT \
               day FROM one WHERE current_date() > day",
        fix: "call it outside the subquery, or give its value as a template variable",
    },
    find,
};

fn find(facts: &Facts<'_>) -> Vec<Found> {
    let refusals = facts.candidates.refusals.iter();
    let blocked = refusals.filter(|refusal| refusal.reason.code == "non-deterministic");
    let mut found = Vec::new();
    for refusal in blocked {
        let Subject::Subquery(occurrences) = &refusal.subject else {
            continue;
        };
        let subqueries = occurrences
            .iter()
            .filter_map(|id| facts.workload.subquery(*id));
        let mut calls = subqueries.flat_map(|subquery| &subquery.sensitivities);
        let Some(call) = calls.find(|call| call.kind == SensitivityKind::NonDeterministic) else {
            continue;
        };
        let message = format!(
            "`{}` keeps a subquery that stands in {} places from being shared",
            call.what,
            occurrences.len()
        );
        found.push(RULE.found(None, call.span, message));
    }
    found
}
