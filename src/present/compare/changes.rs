//! What a change does to each table and to each statement, and why.

use std::collections::{BTreeMap, BTreeSet};

use super::State;
use super::matched::{Matched, text};
use crate::facts::access::Origin;
use crate::frontend::statement::Statement;
use crate::planner::plan_file::{DecisionEntry, PlanFile, StatementEntry, SubjectEntry, Verdict};

/// A table that is used otherwise than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableChange {
    /// Its canonical name.
    pub table: String,
    /// Statements' reads of it, before and now.
    pub reads: (usize, usize),
    /// Statements that write it, before and now.
    pub writes: (usize, usize),
    /// The frames that serve reads of it, before and now.
    pub frames: (Vec<String>, Vec<String>),
    /// Why its reads go without a frame now, where they do; none where nothing was decided.
    pub why: Option<String>,
}

/// A statement that comes, goes, or runs otherwise than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementChange {
    /// `file:line` now, or before where it goes.
    pub place: String,
    /// The word for its kind.
    pub kind: &'static str,
    /// Whether it comes, goes, or stays.
    pub change: Change,
    /// What differs in one that stays, or what is to be known of one that comes, as fragments.
    pub details: Vec<String>,
}

/// Whether something comes, goes, or stays and is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was not there.
    Comes,
    /// It is no longer there.
    Goes,
    /// It is otherwise.
    Changes,
}

/// What a state does with a table.
#[derive(Default, PartialEq, Eq)]
struct Use {
    reads: usize,
    writes: usize,
    frames: BTreeSet<String>,
}

/// Tables whose reads, writes or frames differ, by name.
pub(super) fn tables(before: State<'_>, now: State<'_>) -> Vec<TableChange> {
    let (mut old, new) = (uses(before), uses(now));
    let mut names: BTreeSet<String> = old.keys().cloned().collect();
    names.extend(new.keys().cloned());
    let mut new = new;
    let mut changes = Vec::new();
    for table in names {
        let was = old.remove(&table).unwrap_or_default();
        let is = new.remove(&table).unwrap_or_default();
        if was == is {
            continue;
        }
        let unserved = is.frames.is_empty() && is.reads > 1;
        changes.push(TableChange {
            reads: (was.reads, is.reads),
            writes: (was.writes, is.writes),
            why: now
                .plan
                .filter(|_| unserved)
                .and_then(|plan| refusal(plan, &table)),
            frames: (
                was.frames.into_iter().collect(),
                is.frames.into_iter().collect(),
            ),
            table,
        });
    }
    changes
}

fn uses(state: State<'_>) -> BTreeMap<String, Use> {
    let mut uses: BTreeMap<String, Use> = BTreeMap::new();
    for access in &state.workload.accesses {
        let direct = access
            .reads
            .iter()
            .filter(|read| !matches!(read.origin, Origin::ThroughView(_)));
        for read in direct {
            if let Some(table) = state.workload.table(read.version.table) {
                uses.entry(table.name.clone()).or_default().reads += 1;
            }
        }
        for write in &access.writes {
            if let Some(table) = state.workload.table(write.table) {
                uses.entry(table.name.clone()).or_default().writes += 1;
            }
        }
    }
    for frame in state.plan.iter().flat_map(|plan| &plan.frames) {
        let versions = frame.readers.iter().flat_map(|reader| &reader.reads);
        for table in versions.map(|version| name(version)) {
            let entry = uses.entry(table.to_owned()).or_default();
            entry.frames.insert(frame.name.clone());
        }
    }
    uses
}

/// The table of a version `table@generation`.
fn name(version: &str) -> &str {
    version.rsplit_once('@').map_or(version, |(table, _)| table)
}

/// Why reads of a table have no frame.
fn refusal(plan: &PlanFile, table: &str) -> Option<String> {
    let about = |decision: &&DecisionEntry| {
        let this = matches!(&decision.subject, SubjectEntry::Table { table: version } if name(version) == table);
        this && decision.verdict == Verdict::NoFrame
    };
    let decision = plan.decisions.iter().find(about)?;
    decision.reasons.first().map(|reason| reason.text.clone())
}

/// Statements that come, go, or run otherwise: those of now in their order, then those that are gone.
pub(super) fn statements(
    before: State<'_>,
    now: State<'_>,
    matched: &Matched,
) -> Vec<StatementChange> {
    let (old_steps, steps) = (steps(before.plan), steps(now.plan));
    let mut changes = Vec::new();
    for statement in &now.workload.statements {
        let step = steps.get(&key(now, statement)).copied();
        let old = matched.before(statement.id);
        let old = old.and_then(|old| before.workload.statement(old));
        let (change, details) = match old {
            None => (Change::Comes, comes(step)),
            Some(old) => {
                let old_step = old_steps.get(&key(before, old)).copied();
                let mut details = Vec::new();
                if text(before, old) != text(now, statement) {
                    details.push("its text is another".to_owned());
                }
                details.extend(frames(old_step, step, now.plan));
                details.extend(moved(old_step, step));
                (Change::Changes, details)
            }
        };
        if change == Change::Comes || !details.is_empty() {
            changes.push(told(now, statement, change, details));
        }
    }
    let gone = before.workload.statements.iter();
    let gone = gone.filter(|statement| matched.now(statement.id).is_none());
    changes.extend(gone.map(|one| told(before, one, Change::Goes, Vec::new())));
    changes
}

fn told(
    state: State<'_>,
    statement: &Statement,
    change: Change,
    details: Vec<String>,
) -> StatementChange {
    StatementChange {
        place: state.sources.place(statement.span),
        kind: statement.kind.word(),
        change,
        details,
    }
}

/// File and number in it.
type Key = (String, u32);

fn key(state: State<'_>, statement: &Statement) -> Key {
    let source = state.sources.get(statement.source);
    let file = source.map_or_else(String::new, |source| source.name.clone());
    (file, statement.number)
}

fn steps(plan: Option<&PlanFile>) -> BTreeMap<Key, &StatementEntry> {
    let steps = plan.into_iter().flat_map(|plan| &plan.steps);
    let statements = steps.filter_map(|step| step.statement.as_ref());
    statements
        .map(|one| ((one.file.clone(), one.number), one))
        .collect()
}

/// What is to be known of a new statement.
fn comes(step: Option<&StatementEntry>) -> Vec<String> {
    let Some(step) = step else { return Vec::new() };
    let reads: BTreeSet<&str> = step.reads.iter().map(|version| name(version)).collect();
    let mut details = Vec::new();
    if !reads.is_empty() {
        details.push(format!("it reads {}", list(reads)));
    }
    if !step.frames.is_empty() {
        details.push(format!(
            "through {}",
            list(step.frames.iter().map(String::as_str))
        ));
    }
    details.extend(
        step.barrier
            .iter()
            .map(|reason| format!("nothing moves across it: {reason}")),
    );
    details
}

/// Frames that a statement reads now and did not, and the other way round, with the reason.
fn frames(
    old: Option<&StatementEntry>,
    now: Option<&StatementEntry>,
    plan: Option<&PlanFile>,
) -> Vec<String> {
    let names = |step: Option<&StatementEntry>| -> BTreeSet<String> {
        step.into_iter()
            .flat_map(|step| step.frames.iter().cloned())
            .collect()
    };
    let (was, is) = (names(old), names(now));
    let (Some(now), false) = (now, was == is) else {
        return Vec::new();
    };
    let words = |frames: &BTreeSet<String>| {
        if frames.is_empty() {
            return "its tables as they are".to_owned();
        }
        list(frames.iter().map(String::as_str))
    };
    let mut told = format!("it reads {} instead of {}", words(&is), words(&was));
    let tables = now.reads.iter().map(|version| name(version));
    let why = plan.filter(|_| is.is_empty());
    let why = why.and_then(|plan| tables.into_iter().find_map(|table| refusal(plan, table)));
    if let Some(why) = why {
        told.push_str(": ");
        told.push_str(&why);
    }
    vec![told]
}

/// Whether it leaves its place in the files, or returns to it.
fn moved(old: Option<&StatementEntry>, now: Option<&StatementEntry>) -> Option<String> {
    let (was, is) = (old?.moved.as_ref(), now?.moved.as_ref());
    match (was, is) {
        (None, Some(why)) => Some(format!("it runs in another place than in the files: {why}")),
        (Some(_), None) => Some("it runs in its place in the files again".to_owned()),
        _ => None,
    }
}

fn list<'t>(names: impl IntoIterator<Item = &'t str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}
