//! What has changed since a plan was made, in a way that matters.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{PlanFile, PlanSettings, Variable, fingerprint};
use crate::facts::catalog::{Catalog, ColumnFacts, SessionFacts, TableFacts, TableKind, ViewFacts};
use crate::frontend::source::{Sources, Variables};

/// One reason why a plan no longer fits. Its `Display` is one lowercase sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drift {
    /// A file that the plan does not know.
    FileAdded {
        /// Its name.
        name: String,
    },
    /// A file of the plan that is gone.
    FileRemoved {
        /// Its name.
        name: String,
    },
    /// A file with other tokens.
    FileChanged {
        /// Its name.
        name: String,
    },
    /// The same files in another order.
    FilesReordered,
    /// A variable that decides names, with another value; or one that decides names only before or after.
    VariableChanged {
        /// Its name.
        name: String,
        /// Its value in the plan, where it decided names.
        old: Option<String>,
        /// Its value now, where it decides names.
        new: Option<String>,
    },
    /// A setting with another value.
    SettingChanged {
        /// Its key.
        key: String,
        /// Its value in the plan; `none` where it had none.
        old: String,
        /// Its value now; `none` where it has none.
        new: String,
    },
    /// Another schema, kind, format or location of a table.
    TableChanged {
        /// Its canonical name.
        table: String,
        /// What changed.
        aspect: TableAspect,
        /// What the plan was made for.
        old: String,
        /// What is found.
        new: String,
    },
    /// Facts about a table that the plan was made with, and that are not known now.
    TableUnknown {
        /// Its canonical name.
        table: String,
    },
}

/// What changed about a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TableAspect {
    /// Whether it exists, and as what.
    Kind,
    /// Format of its files.
    Provider,
    /// Where its files lie.
    Location,
    /// Columns: names, types, order, nullability; partition columns.
    Columns,
    /// Whether its rows depend on the columns that are read.
    MalformedRows,
    /// How its files are bucketed.
    Bucketing,
    /// Text of a view.
    ViewText,
    /// Where names in the text of a view lie.
    ViewDatabase,
    /// Settings that a view captured.
    ViewSettings,
}

impl fmt::Display for TableAspect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            TableAspect::Kind => "kind",
            TableAspect::Provider => "format",
            TableAspect::Location => "location",
            TableAspect::Columns => "columns",
            TableAspect::MalformedRows => "reading of malformed rows",
            TableAspect::Bucketing => "bucketing",
            TableAspect::ViewText => "text",
            TableAspect::ViewDatabase => "captured database",
            TableAspect::ViewSettings => "captured settings",
        })
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Drift::FileAdded { name } => write!(formatter, "file `{name}` is new"),
            Drift::FileRemoved { name } => write!(formatter, "file `{name}` is gone"),
            Drift::FileChanged { name } => write!(formatter, "file `{name}` has changed"),
            Drift::FilesReordered => formatter.write_str("the files come in another order"),
            Drift::VariableChanged { name, old, new } => match (old, new) {
                (Some(old), Some(new)) => write!(
                    formatter,
                    "variable `{name}`, which decides names, was `{old}` and is `{new}`"
                ),
                (_, Some(new)) => write!(
                    formatter,
                    "variable `{name}` did not decide names and does now: `{new}`"
                ),
                (Some(old), None) => write!(
                    formatter,
                    "variable `{name}` decided names as `{old}` and has no such value now"
                ),
                (None, None) => {
                    write!(
                        formatter,
                        "variable `{name}` decides names and has no value"
                    )
                }
            },
            Drift::SettingChanged { key, old, new } => {
                write!(formatter, "setting `{key}` was `{old}` and is `{new}`")
            }
            Drift::TableChanged {
                table,
                aspect: TableAspect::Columns,
                old,
                new,
            } => write!(
                formatter,
                "columns of table `{table}` have changed: `{old}` was planned with, `{new}` is found"
            ),
            Drift::TableChanged {
                table,
                aspect,
                old,
                new,
            } => write!(
                formatter,
                "{aspect} of table `{table}` was `{old}` and is `{new}`"
            ),
            Drift::TableUnknown { table } => write!(
                formatter,
                "nothing is known about table `{table}`, which the plan has facts about"
            ),
        }
    }
}

impl Drift {
    /// Whether statements may mean something else than those the plan was made from.
    pub fn changes_statements(&self) -> bool {
        match self {
            Drift::FileAdded { .. }
            | Drift::FileRemoved { .. }
            | Drift::FileChanged { .. }
            | Drift::FilesReordered
            | Drift::VariableChanged { .. } => true,
            Drift::SettingChanged { .. }
            | Drift::TableChanged { .. }
            | Drift::TableUnknown { .. } => false,
        }
    }
}

/// Every reason why the plan no longer fits: files, variables, settings, tables, in this order. None: it fits.
pub fn drift(
    file: &PlanFile,
    sources: &Sources,
    variables: &Variables,
    settings: &PlanSettings,
    catalog: &Catalog,
) -> Vec<Drift> {
    let mut reasons = Vec::new();
    files(file, sources, &mut reasons);
    changed_variables(
        &file.variables,
        &fingerprint::variables(sources, variables),
        &mut reasons,
    );
    changed_settings(&file.settings, settings, &mut reasons);
    session(&file.catalog, catalog, &mut reasons);
    tables(file, catalog, &mut reasons);
    reasons
}

fn files(file: &PlanFile, sources: &Sources, reasons: &mut Vec<Drift>) {
    let found = fingerprint::files(sources);
    let before = reasons.len();
    for entry in &file.pipeline.files {
        match found.iter().find(|other| other.name == entry.name) {
            None => reasons.push(Drift::FileRemoved {
                name: entry.name.clone(),
            }),
            Some(other) if other.sha256 != entry.sha256 || other.kind != entry.kind => {
                reasons.push(Drift::FileChanged {
                    name: entry.name.clone(),
                });
            }
            Some(_) => {}
        }
    }
    let known = &file.pipeline.files;
    for other in &found {
        if !known.iter().any(|entry| entry.name == other.name) {
            reasons.push(Drift::FileAdded {
                name: other.name.clone(),
            });
        }
    }
    let same_order = found
        .iter()
        .map(|other| &other.name)
        .eq(known.iter().map(|entry| &entry.name));
    if reasons.len() == before && !same_order {
        reasons.push(Drift::FilesReordered);
    }
}

fn changed_variables(old: &[Variable], new: &[Variable], reasons: &mut Vec<Drift>) {
    let structural = |variables: &[Variable]| -> BTreeMap<String, Option<String>> {
        variables
            .iter()
            .filter(|variable| variable.structural)
            .map(|variable| (variable.name.clone(), variable.value.clone()))
            .collect()
    };
    let (old, new) = (structural(old), structural(new));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        // A variable that is used no more, or newly used, is a changed file.
        if let (was, is) = (old.get(name), new.get(name))
            && was != is
        {
            reasons.push(Drift::VariableChanged {
                name: name.clone(),
                old: was.cloned().flatten(),
                new: is.cloned().flatten(),
            });
        }
    }
}

fn changed_settings(old: &PlanSettings, new: &PlanSettings, reasons: &mut Vec<Drift>) {
    let (old, new) = (flat(old), flat(new));
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for key in keys {
        if old.get(key) != new.get(key) {
            reasons.push(Drift::SettingChanged {
                key: key.clone(),
                old: text(old.get(key)),
                new: text(new.get(key)),
            });
        }
    }
}

/// One line of text per setting. Destructured, so that a new field cannot be forgotten.
fn flat(settings: &PlanSettings) -> BTreeMap<String, String> {
    let PlanSettings {
        default_database,
        frames,
        budget_bytes,
        margin_percent,
        min_gain_micros,
        catalog,
        engine_conf,
        keys,
        deterministic_functions,
    } = settings;
    let mut lines = BTreeMap::from([
        ("default_database".to_owned(), default_database.clone()),
        ("frames".to_owned(), frames.to_string()),
        ("budget_bytes".to_owned(), budget_bytes.to_string()),
        ("margin_percent".to_owned(), margin_percent.to_string()),
        ("min_gain_micros".to_owned(), min_gain_micros.to_string()),
        ("catalog".to_owned(), catalog.clone()),
    ]);
    for (key, value) in engine_conf {
        lines.insert(format!("engine_conf.{key}"), value.clone());
    }
    for (table, columns) in keys {
        lines.insert(format!("keys.{table}"), columns.join(", "));
    }
    for function in deterministic_functions {
        lines.insert(
            format!("deterministic_functions.{function}"),
            "declared".to_owned(),
        );
    }
    lines
}

/// What the session gives names and rows their meaning with, where both are known.
fn session(old: &Catalog, new: &Catalog, reasons: &mut Vec<Drift>) {
    let (Some(old), Some(new)) = (&old.session, &new.session) else {
        return;
    };
    let SessionFacts { database, settings } = old;
    if *database != new.database {
        reasons.push(Drift::SettingChanged {
            key: "current database".to_owned(),
            old: database.clone(),
            new: new.database.clone(),
        });
    }
    let keys: BTreeSet<&String> = settings.keys().chain(new.settings.keys()).collect();
    for key in keys {
        if settings.get(key) != new.settings.get(key) {
            reasons.push(Drift::SettingChanged {
                key: key.clone(),
                old: text(settings.get(key)),
                new: text(new.settings.get(key)),
            });
        }
    }
}

fn tables(file: &PlanFile, catalog: &Catalog, reasons: &mut Vec<Drift>) {
    let made_here = made_by_the_pipeline(file);
    for (table, old) in &file.catalog.tables {
        let Some(new) = catalog.tables.get(table) else {
            reasons.push(Drift::TableUnknown {
                table: table.clone(),
            });
            continue;
        };
        let missing = |facts: &TableFacts| facts.kind == TableKind::Missing;
        if made_here.contains(table.as_str()) && missing(old) != missing(new) {
            // The first night makes it, the second finds it. Only a shared place of files would matter.
            if let Some(other) = shares_location(file, table, new) {
                reasons.push(Drift::TableChanged {
                    table: table.clone(),
                    aspect: TableAspect::Location,
                    old: "its own".to_owned(),
                    new: format!("that of {other}"),
                });
            }
            continue;
        }
        for (aspect, old, new) in [
            (TableAspect::Kind, kind(old.kind), kind(new.kind)),
            (
                TableAspect::Provider,
                text(old.provider.as_ref()),
                text(new.provider.as_ref()),
            ),
            (
                TableAspect::Location,
                text(old.location.as_ref()),
                text(new.location.as_ref()),
            ),
            (TableAspect::Columns, columns(old), columns(new)),
            (
                TableAspect::MalformedRows,
                malformed_rows(old),
                malformed_rows(new),
            ),
            (TableAspect::Bucketing, bucketing(old), bucketing(new)),
            (
                TableAspect::ViewText,
                of_view(old, |view| view.text.clone()),
                of_view(new, |view| view.text.clone()),
            ),
            (
                TableAspect::ViewDatabase,
                of_view(old, |view| view.database.clone()),
                of_view(new, |view| view.database.clone()),
            ),
            (
                TableAspect::ViewSettings,
                of_view(old, captured),
                of_view(new, captured),
            ),
        ] {
            if old != new {
                reasons.push(Drift::TableChanged {
                    table: table.clone(),
                    aspect,
                    old,
                    new,
                });
            }
        }
    }
}

/// Tables that some step writes and no step reads as found: what stands there before the run changes nothing.
fn made_by_the_pipeline(file: &PlanFile) -> BTreeSet<&str> {
    let statements = || file.steps.iter().filter_map(|step| step.statement.as_ref());
    let read_as_found: BTreeSet<&str> = statements()
        .flat_map(|statement| &statement.reads)
        .chain(file.frames.iter().flat_map(|frame| &frame.inputs))
        .filter_map(|read| read.strip_suffix("@0"))
        .collect();
    statements()
        .flat_map(|statement| &statement.writes)
        .filter_map(|written| written.rsplit_once('@'))
        .map(|(table, _)| table)
        .filter(|table| !read_as_found.contains(table))
        .collect()
}

/// Another table of the plan whose files lie in, above or at the place of this one's.
fn shares_location<'a>(file: &'a PlanFile, table: &str, facts: &TableFacts) -> Option<&'a str> {
    let within = |inner: &str, outer: &str| {
        inner
            .strip_prefix(outer.trim_end_matches('/'))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let location = facts.location.as_deref()?;
    file.catalog
        .tables
        .iter()
        .filter(|(name, _)| name.as_str() != table)
        .find(|(_, other)| {
            other
                .location
                .as_deref()
                .is_some_and(|other| within(location, other) || within(other, location))
        })
        .map(|(name, _)| name.as_str())
}

fn kind(kind: TableKind) -> String {
    match kind {
        TableKind::Managed => "managed",
        TableKind::External => "external",
        TableKind::View => "view",
        TableKind::Temporary => "temporary view",
        TableKind::Missing => "missing",
    }
    .to_owned()
}

fn text(value: Option<&String>) -> String {
    value.cloned().unwrap_or_else(|| "none".to_owned())
}

fn malformed_rows(facts: &TableFacts) -> String {
    if facts.rows_depend_on_columns {
        "dependent on columns"
    } else {
        "permissive"
    }
    .to_owned()
}

/// Bucketing as Spark writes it in a `CREATE TABLE`.
fn bucketing(facts: &TableFacts) -> String {
    let Some(bucketing) = &facts.bucketing else {
        return "none".to_owned();
    };
    let sorted = match bucketing.sort_columns.as_slice() {
        [] => String::new(),
        columns => format!(" sorted by {}", columns.join(", ")),
    };
    format!(
        "{} buckets of {}{sorted}",
        bucketing.buckets,
        bucketing.columns.join(", ")
    )
}

fn of_view(facts: &TableFacts, of: impl Fn(&ViewFacts) -> String) -> String {
    facts.view.as_ref().map_or_else(|| "unknown".to_owned(), of)
}

fn captured(view: &ViewFacts) -> String {
    let settings = view.settings.iter();
    let settings: Vec<String> = settings
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    settings.join(", ")
}

/// Columns as Spark writes them in a `CREATE TABLE`.
fn columns(facts: &TableFacts) -> String {
    let column = |column: &ColumnFacts| {
        let null = if column.nullable { "" } else { " not null" };
        format!("{} {}{null}", column.name, column.data_type)
    };
    let mut text = facts
        .columns
        .iter()
        .map(column)
        .collect::<Vec<_>>()
        .join(", ");
    if !facts.partition_columns.is_empty() {
        text.push_str(" partitioned by ");
        text.push_str(&facts.partition_columns.join(", "));
    }
    text
}
