//! Which statements may run although the catalog is the user's.

use std::collections::BTreeSet;

use super::{IntoInput, VerifyError};
use crate::facts::access::{Access, TableId};
use crate::frontend::sql::tokens;
use crate::frontend::statement::{Change, Command, Effect, StatementKind};
use crate::runtime::run::Work;

/// Commands that change the session alone, or what is named in their changes, whatever their effect is called.
const OF_THE_SESSION: [&str; 12] = [
    "add_resource",
    "cache_table",
    "clear_cache",
    "declare_variable",
    "delete_resource",
    "drop_variable",
    "list_resources",
    "refresh",
    "reset",
    "set_variable",
    "uncache_table",
    "create_temporary_view",
];

/// Refuses a pipeline with a statement that would do something beyond its named tables.
pub(super) fn check(input: &IntoInput<'_>) -> Result<(), VerifyError> {
    let steps = input.plain.steps.iter();
    let moved = &input.outputs.tables;
    let there = input.state.databases();
    let workload = input.workload;
    let mut reads = BTreeSet::new();
    let mut starts = BTreeSet::new();
    for ((statement, access), step) in workload
        .statements
        .iter()
        .zip(&workload.accesses)
        .zip(steps)
    {
        let place = || match &step.work {
            Work::Run(statement) => statement.place(),
            _ => String::new(),
        };
        let text = step.texts.first().map_or("", |text| text.text.as_str());
        let name = |id: TableId| workload.table(id).map_or("", |table| table.name.as_str());
        let reason = if is_of_the_session(&statement.kind, text) {
            None
        } else if let Some(barrier) = &access.barrier {
            Some(format!("it cannot be seen through: {}", barrier.reason))
        } else {
            match &statement.kind {
                StatementKind::CreateDatabase { database } => {
                    let key = database.key();
                    let again = there.contains(key.as_str());
                    (!again && !has_words(text, &["IF", "NOT", "EXISTS"])).then(|| {
                        format!(
                            "it makes the database `{key}`, for which the one to write to stands"
                        )
                    })
                }
                StatementKind::Command(command) => {
                    self::command(command, &|id| moved.contains(name(id)), access)
                }
                _ => None,
            }
        };
        if let Some(reason) = reason {
            return Err(VerifyError::NotRedirected {
                place: place(),
                reason,
            });
        }
        reads.extend(
            access
                .reads
                .iter()
                .filter(|read| read.version.generation > 0)
                .map(|read| read.version.table),
        );
        if !access.writes.is_empty() {
            starts.extend(access.starts.iter().map(|version| version.table));
        }
    }
    shared(input, &reads, &starts)
}

/// What is read after a write may show what the write left without having its name: it lies in the same folder.
fn shared(
    input: &IntoInput<'_>,
    reads: &BTreeSet<TableId>,
    starts: &BTreeSet<TableId>,
) -> Result<(), VerifyError> {
    let views: BTreeSet<&str> = input.state.dependences().map(|(view, _)| view).collect();
    for table in reads.intersection(starts) {
        let Some(table) = input.workload.table(*table) else {
            continue;
        };
        let moved = input.outputs.tables.contains(&table.name);
        if !moved && !table.temporary && !views.contains(table.name.as_str()) {
            return Err(VerifyError::Database {
                problem: format!(
                    "`{}` may share its files with a table that the pipeline writes, and would not show what is \
                     written elsewhere",
                    table.name
                ),
                help: "verify with the local engine, which copies both".to_owned(),
            });
        }
    }
    Ok(())
}

/// Whether a statement changes nothing but the session, even where it cannot be seen through.
pub(super) fn is_of_the_session(kind: &StatementKind, text: &str) -> bool {
    match kind {
        StatementKind::Command(command) => {
            OF_THE_SESSION.contains(&command.word)
                || (matches!(command.effect, Effect::Rows { .. })
                    && has_words(text, &["TEMPORARY", "FUNCTION"]))
        }
        _ => false,
    }
}

/// Why a command cannot run.
fn command(command: &Command, moved: &dyn Fn(TableId) -> bool, access: &Access) -> Option<String> {
    let files = command
        .changes
        .iter()
        .any(|change| matches!(change, Change::Files(_)));
    if files {
        return Some("it changes files that it names itself".to_owned());
    }
    if command.word == "analyze" && !access.described.iter().all(|table| moved(*table)) {
        return Some("it changes statistics in the catalog".to_owned());
    }
    match &command.effect {
        Effect::None => None,
        _ => Some("it changes more of the catalog than a table".to_owned()),
    }
}

/// Whether a text has these words one after another.
fn has_words(text: &str, words: &[&str]) -> bool {
    let tokens = tokens(text).unwrap_or_default();
    let word = |range: &std::ops::Range<u32>| {
        text.get(range.start as usize..range.end as usize)
            .unwrap_or_default()
    };
    tokens.windows(words.len()).any(|window| {
        let mut pairs = window.iter().zip(words);
        pairs.all(|(token, wanted)| word(&token.range).eq_ignore_ascii_case(wanted))
    })
}
