//! What has changed since a plan was made, in a way that matters.

mod reason;
mod tables;

use std::collections::{BTreeMap, BTreeSet};

pub use self::reason::{Drift, TableAspect};
use self::tables::tables;
use super::{PlanFile, PlanSettings, Variable, fingerprint};
use crate::facts::catalog::{Catalog, SessionFacts, WRITING_SETTINGS};
use crate::frontend::source::{Sources, Variables};

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
    applied(file, catalog, &mut reasons);
    databases(&file.catalog, catalog, &mut reasons);
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
        jobs,
        margin_percent,
        min_gain_micros,
        medium,
        storage_level,
        layout,
        order,
        session_settings,
        forced,
        catalog,
        engine_conf,
        keys,
        deterministic_functions,
    } = settings;
    let mut lines = BTreeMap::from([
        ("default_database".to_owned(), default_database.clone()),
        ("frames".to_owned(), frames.to_string()),
        ("budget_bytes".to_owned(), budget_bytes.to_string()),
        ("jobs".to_owned(), jobs.to_string()),
        ("margin_percent".to_owned(), margin_percent.to_string()),
        ("min_gain_micros".to_owned(), min_gain_micros.to_string()),
        ("medium".to_owned(), medium.clone()),
        ("storage_level".to_owned(), storage_level.clone()),
        ("layout".to_owned(), layout.clone()),
        ("order".to_owned(), order.clone()),
        ("session settings".to_owned(), session_settings.clone()),
        ("catalog".to_owned(), catalog.clone()),
    ]);
    lines.extend(
        forced
            .iter()
            .map(|forced| ("forced frames".to_owned(), forced.clone())),
    );
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

/// Where databases lie, as far as they were there and are: the first night may make them, and plans for that.
fn databases(old: &Catalog, new: &Catalog, reasons: &mut Vec<Drift>) {
    for (database, old) in &old.databases {
        if let Some(new) = new.databases.get(database)
            && old != new
        {
            reasons.push(Drift::SettingChanged {
                key: format!("location of database {database}"),
                old: old.clone(),
                new: new.clone(),
            });
        }
    }
}

/// What the session gives names and rows their meaning with, where both are known.
fn session(old: &Catalog, new: &Catalog, reasons: &mut Vec<Drift>) {
    let (Some(old), Some(new)) = (&old.session, &new.session) else {
        return;
    };
    let SessionFacts {
        database,
        settings,
        // Only where a setting is applied to it: see `applied`.
        tuning: _,
        tuned: _,
        cores: _,
    } = old;
    if *database != new.database {
        reasons.push(Drift::SettingChanged {
            key: "current database".to_owned(),
            old: database.clone(),
            new: new.database.clone(),
        });
    }
    let keys: BTreeSet<&String> = settings.keys().chain(new.settings.keys()).collect();
    for key in keys {
        // Older facts are without these, and older plans without what depends on them.
        let newer = |known: &&str| known.eq_ignore_ascii_case(key);
        if !settings.contains_key(key) && WRITING_SETTINGS.iter().any(newer) {
            continue;
        }
        if settings.get(key) != new.settings.get(key) {
            reasons.push(Drift::SettingChanged {
                key: key.clone(),
                old: text(settings.get(key)),
                new: text(new.settings.get(key)),
            });
        }
    }
}

/// Settings that the plan applies: they were proposed for the value that the session had, and it gets that back.
fn applied(file: &PlanFile, new: &Catalog, reasons: &mut Vec<Drift>) {
    let Some(session) = &new.session else {
        return;
    };
    for setting in file.session_settings.iter().filter(|one| one.applied) {
        let key = setting.key.to_lowercase();
        let is = session.tuning.get(&key);
        if is != Some(&setting.before) || session.tuned.contains(&key) != setting.tuned {
            let how = |tuned: bool| if tuned { "" } else { ", by default" };
            reasons.push(Drift::SettingChanged {
                key: setting.key.clone(),
                old: format!("{}{}", setting.before, how(setting.tuned)),
                new: format!("{}{}", text(is), how(session.tuned.contains(&key))),
            });
        }
    }
}

fn text(value: Option<&String>) -> String {
    value.cloned().unwrap_or_else(|| "none".to_owned())
}
