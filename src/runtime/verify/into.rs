//! A pipeline whose every write goes into one database: verification beside the user's tables, in sessions that share
//! their catalog.
//!
//! ```text
//! written tables and views, and views over them:   mart.sales ──▶ scratch.sales      (scratch.mart__sales where taken)
//! databases that the pipeline makes:               mart       ──▶ scratch
//! folders of INSERT OVERWRITE DIRECTORY:           /out       ──▶ <place of scratch>/_hoist/folders/1
//! everything that is only read                     stays
//! ```
//!
//! Both versions are edited by the names in their texts, the plan's texts included, so what is verified is the plan that
//! runs. The edited texts are parsed again and each of their writes must lie in the database; a
//! statement that does something else to the catalog, or cannot be seen through, is refused.

mod allowed;
mod redirect;
#[cfg(test)]
mod tests;
mod texts;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use self::redirect::Redirect;
use self::texts::Texts;
use super::{Outputs, State, VerifyError};
use crate::facts::access::{Declarations, WriteKind};
use crate::facts::catalog::Catalog;
use crate::facts::workload::Workload;
use crate::frontend::source::Variables;
use crate::frontend::statement::StatementKind;
use crate::planner::emit::{Language, ProgramText};
use crate::runtime::run::{RunInput, Work};

/// Folder of files of hoist's own at the place of the database. Spark takes it for no table: it begins with `_`.
const FOLDER: &str = "_hoist";

/// Before the canonical name of files that are read or written by path.
const PATH: &str = "path:";

/// What is led into a database.
#[derive(Clone, Copy, Debug)]
pub struct IntoInput<'a> {
    /// The pipeline with facts.
    pub workload: &'a Workload,
    /// The facts.
    pub catalog: &'a Catalog,
    /// What the user declares.
    pub declarations: &'a Declarations,
    /// Values of template variables.
    pub variables: &'a Variables,
    /// What the pipeline finds, captured with the database's name.
    pub state: &'a State,
    /// What is compared.
    pub outputs: &'a Outputs,
    /// The text as written, in file order.
    pub plain: &'a RunInput,
    /// The plan.
    pub hoisted: &'a RunInput,
}

/// Both versions with every write in one database.
#[derive(Clone, Debug)]
pub struct Redirected {
    /// The text as written, with other names.
    pub plain: RunInput,
    /// The plan, with other names.
    pub hoisted: RunInput,
    /// What is compared: tables of the database, called by the names that they have in the pipeline.
    pub outputs: Outputs,
    /// What is to be made in the database before each run.
    pub state: State,
    /// The database.
    pub database: Database,
}

/// A database that runs write to. Nothing is in it before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Database {
    /// Its name, lower-case.
    pub name: String,
    /// Whether it existed before; otherwise it is made, and dropped again.
    pub exists: bool,
    /// Where its tables lie, as Hadoop takes it.
    location: String,
    /// Everything that a run may make in it, as `database.table`.
    pub(super) tables: BTreeSet<String>,
    /// Tables that need no rows in the beginning: they are overwritten before they are read.
    pub(super) emptied: BTreeSet<String>,
}

impl Database {
    /// Where a run puts files that belong to no table.
    pub(super) fn folder(&self) -> String {
        format!("{}/{FOLDER}", self.location)
    }
}

/// A database as the session tells about it.
#[derive(Debug, Deserialize)]
struct Told {
    name: String,
    exists: bool,
    location: String,
    tables: Vec<String>,
}

/// Leads every write of both versions into the database that `input.state` was captured with.
///
/// Fails, before anything is run, where a write cannot be led there, and where the database has tables already.
pub fn redirect(input: &IntoInput<'_>) -> Result<Redirected, VerifyError> {
    let told = input.state.json.get("into").map(Told::deserialize);
    let Some(Ok(told)) = told else {
        return Err(VerifyError::Database {
            problem: "nothing is known about the database to write to".to_owned(),
            help: "run the command again".to_owned(),
        });
    };
    let into = told.name.to_lowercase();
    if !told.tables.is_empty() {
        let tables: Vec<String> = told.tables.iter().map(|name| format!("`{name}`")).collect();
        return Err(VerifyError::Database {
            problem: format!(
                "`{into}` is to take what both versions write, but has tables already: {}",
                tables.join(", ")
            ),
            help: "name a database that is empty or does not exist; if these are left from a verification that was \
                   killed, drop them"
                .to_owned(),
        });
    }
    let uses = |name: &str| {
        name.split_once('.')
            .is_some_and(|(database, _)| database == into)
    };
    if let Some(table) = input.workload.tables.iter().find(|table| uses(&table.name)) {
        return Err(VerifyError::Database {
            problem: format!(
                "the pipeline uses `{}` in the database to write to",
                table.name
            ),
            help: "name a database that the pipeline does not use".to_owned(),
        });
    }
    allowed::check(input)?;
    let moved = moved(input)?;
    let names = names(&moved, &into);
    let redirect = Redirect {
        into: &into,
        tables: &names,
        databases: &made_databases(input),
        catalog: input.catalog,
        declarations: input.declarations,
        variables: input.variables,
    };
    let plain = edited(&redirect, input.plain)?;
    let hoisted = edited(&redirect, input.hoisted)?;
    let state = state(&redirect, input.state, told.exists)?;
    let renamed = |tables: BTreeSet<String>| -> BTreeSet<String> {
        tables
            .iter()
            .filter_map(|name| names.get(name).cloned())
            .collect()
    };
    Ok(Redirected {
        plain,
        hoisted,
        outputs: Outputs {
            tables: names.values().cloned().collect(),
            shown: names
                .iter()
                .map(|(old, new)| (new.clone(), old.clone()))
                .collect(),
            ..input.outputs.clone()
        },
        state,
        database: Database {
            name: into.clone(),
            exists: told.exists,
            location: told.location,
            tables: names.values().cloned().collect(),
            emptied: renamed(emptied(input)),
        },
    })
}

/// Everything that gets another name: what is written, and the permanent views that depend on it.
fn moved(input: &IntoInput<'_>) -> Result<BTreeSet<String>, VerifyError> {
    let mut moved = input.outputs.tables.clone();
    // Folders are led away by their paths.
    moved.retain(|name| !name.starts_with(PATH));
    for name in &moved {
        if name.split('.').count() != 2 {
            return Err(VerifyError::Database {
                problem: format!("`{name}` is written, which is no table of Spark's own catalog"),
                help: "only tables named `database.table` can be led into another database"
                    .to_owned(),
            });
        }
    }
    let depends: Vec<(&str, BTreeSet<&str>)> = input.state.dependences().collect();
    loop {
        let more: Vec<String> = depends
            .iter()
            .filter(|(view, reads)| {
                !moved.contains(*view) && reads.iter().any(|read| moved.contains(*read))
            })
            .map(|(view, _)| (*view).to_owned())
            .collect();
        if more.is_empty() {
            return Ok(moved);
        }
        moved.extend(more);
    }
}

/// The new names by the old ones: the last part is kept where it is free, so that it qualifies columns as before.
fn names(moved: &BTreeSet<String>, into: &str) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for name in moved {
        let (database, table) = name.split_once('.').unwrap_or(("", name));
        let mut new = table.to_owned();
        let mut number = 1;
        while !taken.insert(new.clone()) {
            new = match number {
                1 => format!("{database}__{table}"),
                _ => format!("{database}__{table}_{number}"),
            };
            number += 1;
        }
        names.insert(name.clone(), format!("{into}.{new}"));
    }
    names
}

/// Databases that the pipeline makes because they are not there.
fn made_databases(input: &IntoInput<'_>) -> BTreeSet<String> {
    let there = input.state.databases();
    let statements = input.workload.statements.iter();
    statements
        .filter_map(|statement| match &statement.kind {
            StatementKind::CreateDatabase { database } => Some(database.key()),
            _ => None,
        })
        .filter(|name| !there.contains(name.as_str()))
        .collect()
}

/// Tables without partitions whose rows are all replaced, or that are dropped, before any of them is read.
fn emptied(input: &IntoInput<'_>) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut emptied = BTreeSet::new();
    for access in &input.workload.accesses {
        let reads = access.reads.iter().map(|read| (read.version.table, false));
        let writes = access.writes.iter().map(|write| {
            let replaced = matches!(write.kind, WriteKind::Replace | WriteKind::Drop);
            (write.table, replaced)
        });
        for (table, replaced) in reads.chain(writes) {
            if seen.insert(table)
                && replaced
                && let Some(table) = input.workload.table(table)
                && let Some(facts) = input.catalog.tables.get(&table.name)
                && facts.partition_columns.is_empty()
            {
                emptied.insert(table.name.clone());
            }
        }
    }
    emptied
}

/// The steps with other names.
fn edited(redirect: &Redirect<'_>, input: &RunInput) -> Result<RunInput, VerifyError> {
    let mut edited = input.clone();
    let mut texts = Texts::default();
    for step in &input.steps {
        let place = match &step.work {
            Work::Run(statement) => statement.place(),
            Work::Materialise { frame, .. } | Work::Release { frame } => format!("frame `{frame}`"),
        };
        for text in &step.texts {
            texts.push(&place, text);
        }
    }
    let mut new = redirect.edit(&texts)?.into_iter();
    for text in edited.steps.iter_mut().flat_map(|step| &mut step.texts) {
        text.text = new.next().unwrap_or_default();
    }
    // The same once more with the texts that stand in where a frame cannot be built.
    let mut texts = Texts::default();
    for step in &input.steps {
        if let Work::Run(statement) = &step.work {
            let place = statement.place();
            for text in statement
                .original
                .as_ref()
                .map_or(&step.texts[..], std::slice::from_ref)
            {
                texts.push(&place, text);
            }
        }
    }
    let mut new = redirect.edit(&texts)?.into_iter();
    for step in &mut edited.steps {
        if let Work::Run(statement) = &mut step.work {
            match &mut statement.original {
                Some(original) => original.text = new.next().unwrap_or_default(),
                None => {
                    new.nth(step.texts.len().saturating_sub(1));
                }
            }
        }
    }
    Ok(edited)
}

/// The definitions of what gets another name.
fn state(redirect: &Redirect<'_>, state: &State, exists: bool) -> Result<State, VerifyError> {
    let mut made = state.clone();
    let databases = if exists {
        Vec::new()
    } else {
        vec![Value::from(redirect.into)]
    };
    set(&mut made.json, "databases", databases);
    for list in ["tables", "views"] {
        let mut entries = Vec::new();
        for entry in state
            .json
            .get(list)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let text = |key| entry.get(key).and_then(Value::as_str).unwrap_or_default();
            let Some(new) = redirect.tables.get(text("name")) else {
                continue;
            };
            let sql = |text: String| ProgramText {
                language: Language::Sql,
                text,
                namespaced: false,
            };
            let place = format!("the definition of `{}`", text("name"));
            let mut texts = Texts::default();
            // The names in a view mean what they mean in the database captured with it.
            if list == "views" {
                texts.push(
                    &place,
                    &sql(format!("USE {}", redirect::quoted(text("database")))),
                );
            }
            texts.push(&place, &sql(text("definition").to_owned()));
            let definition = redirect.edit(&texts)?.pop().unwrap_or_default();
            let mut entry = entry.clone();
            set(&mut entry, "name", new.clone());
            set(&mut entry, "quoted", redirect::quoted(new));
            set(&mut entry, "definition", definition);
            entries.push(entry);
        }
        set(&mut made.json, list, entries);
    }
    let new = |names: &BTreeSet<String>| -> BTreeSet<String> {
        names
            .iter()
            .filter_map(|name| redirect.tables.get(name).cloned())
            .collect()
    };
    made.tables = new(&state.tables);
    made.views = new(&state.views);
    Ok(made)
}

/// Sets an entry of a JSON object.
fn set(object: &mut Value, key: &str, value: impl Into<Value>) {
    if let Value::Object(entries) = object {
        entries.insert(key.to_owned(), value.into());
    }
}
