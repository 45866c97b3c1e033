//! A setting that changes what later statements mean.

use std::collections::BTreeMap;

use super::facts::query;
use super::{Facts, Found, Level, Page, Rule};
use crate::diagnostic::Span;
use crate::facts::catalog::{MEANING_PREFIXES, MEANING_SETTINGS};
use crate::frontend::statement::StatementKind;

pub(super) const RULE: Rule = Rule {
    name: "mid-pipeline-setting",
    level: Level::Warn,
    summary: "a setting that decides what statements mean changes in the middle",
    page: Page {
        what: "`SET` of a Spark setting that changes which rows, types or names a text gives, behind a statement with a \
               query, to another value than it was set to before.",
        why: "It holds for every later statement of the session, in other files too, so that the same text means different \
              things above and below; and nothing is shared across it.",
        bad: "INSERT OVERWRITE sales.daily SELECT id, day FROM sales.orders;\nSET spark.sql.ansi.enabled = true;\n\
              INSERT OVERWRITE sales.weekly SELECT id, day FROM sales.orders",
        good: "SET spark.sql.ansi.enabled = true;\nINSERT OVERWRITE sales.daily SELECT id, day FROM sales.orders;\n\
               INSERT OVERWRITE sales.weekly SELECT id, day FROM sales.orders",
        fix: "set it before the first statement, or under `[engine.conf]`",
    },
    find,
};

fn find(facts: &Facts<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    let mut values: BTreeMap<String, &str> = BTreeMap::new();
    let mut used: Option<Span> = None;
    for (statement, access) in facts.statements() {
        let StatementKind::Set {
            key,
            value: Some(value),
        } = &statement.kind
        else {
            // What only defines or drops tables means the same under every value.
            let computes = !access.reads.is_empty() || query(statement).is_some();
            used = used.or(computes.then_some(statement.span));
            continue;
        };
        let lower = key.to_lowercase();
        let meaning = MEANING_SETTINGS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(key))
            || MEANING_PREFIXES
                .iter()
                .any(|prefix| lower.starts_with(&prefix.to_lowercase()));
        let before = values.insert(lower, value);
        let same = before.is_some_and(|before| before.eq_ignore_ascii_case(value));
        if let Some(first) = used.filter(|_| meaning && !same) {
            let message = format!("`{key}` changes in the middle of the pipeline");
            let ran = "statements ran before under another value";
            found.push(RULE.found(None, statement.span, message).label(first, ran));
        }
    }
    found
}
