//! The same subquery in several statements.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::query;
use super::{Facts, Found, Level, Page, Rule};
use crate::facts::access::{Subquery, SubqueryId, TableId};
use crate::frontend::sql::{TokenKind, tokens};
use crate::planner::frame::Subject;

/// Length from which a text that stands twice is worth a word, bytes.
const LEAST: u32 = 80;

pub(super) const RULE: Rule = Rule {
    name: "pasted-subquery",
    level: Level::Info,
    summary: "the same subquery stands in several statements",
    page: Page {
        what: "A common table expression or derived table of at least 80 bytes that stands in several statements, but for \
               layout, letter case, aliases and the order of conditions. Silent where a statement between them writes a table that it reads, or cannot \
               be seen through, and inside of a longer one.",
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
    let groups = groups(facts);
    let groups = groups.iter().filter_map(|occurrences| {
        let mut statements = BTreeSet::new();
        let each = occurrences.iter().copied();
        let each: Vec<_> = each
            .filter(|one| statements.insert(one.statement))
            .collect();
        (each.len() > 1 && !is_changed(facts, &each)).then_some(each)
    });
    let groups: Vec<Vec<&Subquery>> = groups.collect();
    let inner = |of: &[&Subquery]| {
        // What is pasted with a longer text around it is told of there.
        groups.iter().any(|other| {
            of.iter().all(|one| {
                let mut others = other.iter();
                others.any(|other| other.body != one.body && other.body.contains(one.body))
            })
        })
    };
    let outer = groups.iter().filter(|group| !inner(group));
    outer.filter_map(|group| told(facts, group)).collect()
}

/// Subqueries that say the same: by their words, and by what planning knows to be equal.
fn groups<'a>(facts: &Facts<'a>) -> Vec<Vec<&'a Subquery>> {
    let mut same: BTreeMap<(Vec<String>, Vec<TableId>), Vec<&Subquery>> = BTreeMap::new();
    for (statement, access) in facts.statements() {
        let own = query(statement).map(|query| query.span);
        for subquery in &access.subqueries {
            let long = subquery.body.end - subquery.body.start >= LEAST;
            let whole = own.is_some_and(|own| subquery.body.contains(own));
            if long
                && subquery.closed
                && !whole
                && let Some(text) = text(facts, subquery)
            {
                let key = (text, tables(facts, subquery));
                same.entry(key).or_default().push(subquery);
            }
        }
    }
    let mut groups: Vec<Vec<&Subquery>> = same.into_values().collect();
    let candidates = facts.candidates.candidates.iter();
    let refusals = facts.candidates.refusals.iter();
    let subjects = candidates
        .map(|candidate| &candidate.subject)
        .chain(refusals.map(|refusal| &refusal.subject));
    let subjects: BTreeSet<&Vec<SubqueryId>> = subjects
        .filter_map(|subject| match subject {
            Subject::Subquery(occurrences) => Some(occurrences),
            _ => None,
        })
        .collect();
    for equal in subjects {
        let is_equal = |group: &Vec<&Subquery>| group.iter().any(|one| equal.contains(&one.id));
        let (touched, mut rest): (Vec<_>, Vec<_>) = groups.into_iter().partition(is_equal);
        let mut joined: Vec<&Subquery> = touched.into_iter().flatten().collect();
        joined.sort_unstable_by_key(|one| one.id);
        rest.push(joined);
        groups = rest;
    }
    groups
}

/// The words of a subquery without layout and letter case, its relations numbered instead of their aliases.
fn text(facts: &Facts<'_>, subquery: &Subquery) -> Option<Vec<String>> {
    let text = facts.sources.text(subquery.body);
    let mut aliases: BTreeMap<u32, usize> = BTreeMap::new();
    for (number, places) in subquery.aliases.iter().enumerate() {
        let inside = places
            .iter()
            .filter(|place| subquery.body.contains(**place));
        aliases.extend(inside.map(|place| (place.start - subquery.body.start, number)));
    }
    let words = tokens(text).ok()?.into_iter().filter_map(|token| {
        let written = text.get(token.range.start as usize..token.range.end as usize)?;
        let word = match (aliases.get(&token.range.start), token.kind) {
            (Some(number), _) => format!("#{number}"),
            (None, TokenKind::Word) => written.to_lowercase(),
            _ => written.to_owned(),
        };
        (word != "as").then_some(word)
    });
    Some(words.collect())
}

/// The tables that a subquery reads, in the order of its text: one name may mean several.
fn tables(facts: &Facts<'_>, subquery: &Subquery) -> Vec<TableId> {
    let reads = subquery
        .reads
        .iter()
        .filter_map(|read| facts.workload.read(*read));
    reads.map(|read| read.version.table).collect()
}

/// Whether a table of them is written, or may be, between the first and the last statement.
fn is_changed(facts: &Facts<'_>, each: &[&Subquery]) -> bool {
    let (Some(first), Some(last)) = (each.first(), each.last()) else {
        return false;
    };
    let tables = tables(facts, first);
    let mut between = facts
        .statements()
        .filter(|(statement, _)| first.statement <= statement.id && statement.id < last.statement);
    between.any(|(_, access)| {
        let mut writes = access.writes.iter();
        access.barrier.is_some() || writes.any(|write| tables.contains(&write.table))
    })
}

fn told(facts: &Facts<'_>, each: &[&Subquery]) -> Option<Found> {
    let (first, others) = each.split_first()?;
    let name = first.name.as_ref().map_or_else(
        || "without a name".to_owned(),
        |name| format!("`{}`", name.text),
    );
    let place = |one: &Subquery| one.name.as_ref().map_or(one.body, |name| name.span);
    let message = format!("the subquery {name} stands in {} statements", each.len());
    let table = tables(facts, first).first().map(|table| facts.name(*table));
    let one = RULE.found(table, place(first), message);
    Some(
        others
            .iter()
            .fold(one, |one, other| one.label(place(other), "the same")),
    )
}
