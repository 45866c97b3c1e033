//! Stage `rule`: workload + candidates + facts → findings, one file per rule.
//!
//! A finding says what is worth knowing about the user's text; it changes nothing. A [`Rule`] has a stable kebab-case
//! name, which is the code of its findings, and a page that says what, why and what to do: `hoist explain` and the
//! manual show it. A new rule is a file with a `RULE` and an entry in [`RULES`].
//!
//! Rules use facts and never parse. Where a fact is not known they stay silent: a finding that is wrong costs more than
//! one that is missing.
//!
//! Which findings there are is the user's to say: by levels ([`Levels`]), and in the text by `-- hoist:allow RULE reason`
//! (`allow`).

mod allow;
mod cross_join;
mod facts;
mod fingerprint;
mod hand_cached;
mod join_key_cast;
mod mid_pipeline_setting;
mod missing_partition_filter;
mod nondeterministic_blocks_sharing;
mod overwritten_while_read;
mod page;
mod pasted_subquery;
mod select_star;
mod stale_read;
mod temporary_name_order;
mod told;
mod unknown_table;
mod unread_write;
mod unshared_table_read;
mod unstable_result;

use std::collections::BTreeMap;

pub(crate) use self::fingerprint::normalised;

pub use self::facts::Facts;
pub use self::page::Page;

use crate::diagnostic::{Diagnostic, Severity};

/// A rule.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its name, the code of its findings: stable, kebab-case.
    pub name: &'static str,
    /// How serious its findings are, where nobody says otherwise.
    pub level: Level,
    /// What it finds, in one line.
    pub summary: &'static str,
    /// What there is to read about it.
    pub page: Page,
    /// Finds. The severity of what it finds is given by the level.
    find: fn(&Facts<'_>) -> Vec<Found>,
}

/// Every rule, by name.
pub const RULES: [Rule; 28] = [
    cross_join::RULE,
    join_key_cast::RULE,
    hand_cached::KEPT,
    hand_cached::LOST,
    mid_pipeline_setting::RULE,
    missing_partition_filter::RULE,
    nondeterministic_blocks_sharing::RULE,
    told::OPAQUE_STATEMENT,
    overwritten_while_read::RULE,
    told::PARSE_ERROR,
    pasted_subquery::RULE,
    told::PYTHON_CONTRADICTION,
    told::PYTHON_HEADER,
    told::PYTHON_SYNTAX,
    select_star::RULE,
    stale_read::RULE,
    told::STATEMENT_TOO_LONG,
    told::TEMPLATE,
    temporary_name_order::RULE,
    told::UNDECLARED_PYTHON,
    unknown_table::RULE,
    told::UNKNOWN_VARIABLE,
    unread_write::RULE,
    unshared_table_read::RULE,
    unstable_result::RULE,
    allow::RULE,
    hand_cached::USELESS,
    hand_cached::WIDE,
];

/// How serious the findings of a rule are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The pipeline cannot run as it is.
    Error,
    /// Costs performance or hides a risk.
    Warn,
    /// Worth knowing.
    Info,
    /// Not looked for.
    Off,
}

impl Level {
    /// Words of the levels.
    pub const WORDS: [&'static str; 4] = ["error", "warn", "info", "off"];

    /// The level of a word.
    pub fn of(word: &str) -> Option<Level> {
        let levels = [Level::Error, Level::Warn, Level::Info, Level::Off];
        let mut levels = levels.into_iter();
        levels.find(|level| level.word() == word)
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        let [error, warn, info, off] = Level::WORDS;
        match self {
            Level::Error => error,
            Level::Warn => warn,
            Level::Info => info,
            Level::Off => off,
        }
    }

    fn severity(self) -> Option<Severity> {
        match self {
            Level::Error => Some(Severity::Error),
            Level::Warn => Some(Severity::Warning),
            Level::Info => Some(Severity::Info),
            Level::Off => None,
        }
    }
}

/// Levels that somebody has chosen, by name of the rule.
pub type Levels = BTreeMap<String, Level>;

/// What a rule finds.
#[derive(Clone, Debug)]
struct Found {
    /// The table that it is about, where it is about one.
    table: Option<String>,
    /// What there is to say.
    diagnostic: Diagnostic,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What there is to say; its code is the name of its rule.
    pub diagnostic: Diagnostic,
    /// The table that it is about, where it is about one.
    pub table: Option<String>,
    /// SHA-256 of the rule, the table and the statement without layout and comments: the same after lines have moved.
    pub fingerprint: String,
}

/// A rule by its name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}

/// Findings of every rule that is not off, without those that the text allows, by place.
pub fn findings(facts: &Facts<'_>, levels: &Levels) -> Vec<Finding> {
    let level = |rule: &Rule| levels.get(rule.name).copied();
    let on = RULES.iter().filter(|rule| level(rule) != Some(Level::Off));
    let on = on.filter(|rule| level(rule).unwrap_or(rule.level) != Level::Off);
    let mut found: Vec<Found> = on
        .flat_map(|rule| {
            let mut found = (rule.find)(facts);
            let severity = level(rule).and_then(Level::severity);
            for one in &mut found {
                one.diagnostic.severity = severity.unwrap_or(one.diagnostic.severity);
            }
            found
        })
        .collect();
    allow::apply(facts, levels, &mut found);
    found.sort_by(|one, other| {
        let key = |found: &Found| {
            let diagnostic = &found.diagnostic;
            let severity = std::cmp::Reverse(diagnostic.severity);
            (
                diagnostic.span.is_none(),
                diagnostic.span,
                severity,
                diagnostic.code,
            )
        };
        key(one)
            .cmp(&key(other))
            .then_with(|| one.diagnostic.message.cmp(&other.diagnostic.message))
    });
    fingerprint::findings(facts, found)
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
