//! What a session and its catalog hold, to tell what a run leaves behind.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::runtime::collect::{SnippetError, value};
use crate::runtime::engine::Engine;

/// Lists what a session and its catalog hold.
const HOLDINGS: &str = include_str!("holdings.py");

/// What a session and its catalog hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Holdings {
    /// Names of databases.
    pub databases: BTreeSet<String>,
    /// Tables and permanent views, as `database.table` in lower case.
    pub tables: BTreeSet<String>,
    /// Temporary views, local and global, by name alone.
    pub temporary_views: BTreeSet<String>,
    /// Number of cached data sets.
    pub cached: u64,
}

impl Holdings {
    /// What is here and not there, for people. Tables are left out: they are compared as outputs.
    pub fn beyond(&self, other: &Holdings) -> Vec<String> {
        let mut beyond: Vec<String> = self
            .databases
            .difference(&other.databases)
            .map(|name| format!("database `{name}`"))
            .collect();
        let views = self.temporary_views.difference(&other.temporary_views);
        beyond.extend(views.map(|name| format!("temporary view `{name}`")));
        if self.cached > other.cached {
            beyond.push(format!("{} cached data sets", self.cached - other.cached));
        }
        beyond
    }
}

/// Lists what an open session and its catalog hold now.
pub async fn holdings<E: Engine>(engine: &mut E) -> Result<Holdings, SnippetError> {
    value(engine, "holdings", HOLDINGS, BTreeMap::new()).await
}
