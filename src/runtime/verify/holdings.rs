//! What a session and its catalog hold, to tell what a run leaves behind.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::runtime::collect::{SnippetError, value};
use crate::runtime::engine::Engine;

/// Lists what a session and its catalog hold.
const HOLDINGS: &str = include_str!("holdings.py");

/// What a session and its catalog hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Holdings {
    /// Names of databases.
    pub databases: BTreeSet<String>,
    /// Tables and permanent views, as `database.table` in lower case.
    pub tables: BTreeSet<String>,
    /// Temporary views, local and global, by name alone.
    pub temporary_views: BTreeSet<String>,
    /// Number of cached data sets.
    pub cached: u64,
    /// The current database.
    pub current_database: String,
    /// Temporary functions.
    pub functions: BTreeSet<String>,
    /// Values of SQL settings.
    pub settings: BTreeMap<String, String>,
}

impl Holdings {
    /// What is here and not there, or has another value here, for people. Tables are left out: they are compared as
    /// outputs.
    pub fn beyond(&self, other: &Holdings) -> Vec<String> {
        let mut beyond = Vec::new();
        for (what, here, there) in [
            ("database", &self.databases, &other.databases),
            (
                "temporary view",
                &self.temporary_views,
                &other.temporary_views,
            ),
            ("temporary function", &self.functions, &other.functions),
        ] {
            beyond.extend(
                here.difference(there)
                    .map(|name| format!("{what} `{name}`")),
            );
        }
        if self.cached > other.cached {
            let number = self.cached - other.cached;
            let s = if number == 1 { "" } else { "s" };
            beyond.push(format!("{number} cached data set{s}"));
        }
        if self.current_database != other.current_database {
            beyond.push(format!("current database `{}`", self.current_database));
        }
        let keys: BTreeSet<&String> = self.settings.keys().chain(other.settings.keys()).collect();
        let differing = keys
            .into_iter()
            .filter(|key| self.settings.get(*key) != other.settings.get(*key));
        beyond.extend(differing.map(|key| match self.settings.get(key) {
            Some(value) => format!("setting {key}={value}"),
            None => format!("setting {key} back at its default"),
        }));
        beyond
    }

    /// What is there and not here.
    pub fn lacking(&self, other: &Holdings) -> Vec<String> {
        let mut lacking = Vec::new();
        for (what, here, there) in [
            ("database", &self.databases, &other.databases),
            (
                "temporary view",
                &self.temporary_views,
                &other.temporary_views,
            ),
            ("temporary function", &self.functions, &other.functions),
        ] {
            lacking.extend(
                there
                    .difference(here)
                    .map(|name| format!("{what} `{name}`")),
            );
        }
        lacking
    }
}

/// Lists what an open session and its catalog hold now; of the catalog only the `databases`, where they are given.
pub async fn holdings<E: Engine>(
    engine: &mut E,
    databases: Option<&[String]>,
) -> Result<Holdings, SnippetError> {
    let listed = databases.map(|names| serde_json::json!(names).to_string());
    let variables = listed.map(|names| ("databases".to_owned(), names));
    value(
        engine,
        "holdings",
        HOLDINGS,
        variables.into_iter().collect(),
    )
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_left_is_told() {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let plain = Holdings {
            databases: set(&["default"]),
            temporary_views: set(&["v"]),
            current_database: "default".to_owned(),
            settings: BTreeMap::from([("a".to_owned(), "1".to_owned())]),
            ..Holdings::default()
        };
        let hoisted = Holdings {
            databases: set(&["default", "scratch"]),
            temporary_views: set(&["hoist_g"]),
            functions: set(&["f"]),
            cached: 1,
            current_database: "d".to_owned(),
            settings: BTreeMap::from([("b".to_owned(), "2".to_owned())]),
            ..Holdings::default()
        };
        assert_eq!(
            hoisted.beyond(&plain),
            [
                "database `scratch`",
                "temporary view `hoist_g`",
                "temporary function `f`",
                "1 cached data set",
                "current database `d`",
                "setting a back at its default",
                "setting b=2",
            ]
        );
        assert_eq!(hoisted.lacking(&plain), ["temporary view `v`"]);
        assert!(plain.beyond(&plain).is_empty() && plain.lacking(&plain).is_empty());
    }
}
