//! The session while statements are walked in file order: what names mean, and which version of each table is current.
//!
//! Two reads may share a frame only where they read the same version, and no frame lives across the start of a version
//! of anything that it is made from. So the state of the session is part of a version:
//!
//! | statement | what follows | test |
//! |---|---|---|
//! | `USE` | one-part names lie elsewhere; no row changes | `names_mean_what_spark_takes_them_for` |
//! | `SET key` | nothing: it shows | `a_write_starts_versions_of_all_that_may_change` |
//! | `SET` of a key that cannot change rows ([`super::settings`]) | nothing | the same |
//! | `SET` of another key, `SET TIME ZONE`, `RESET key` | barrier; every version starts | the same, `what_is_not_seen_is_a_barrier` |
//! | `SET` of a key that changes what names mean, `RESET`, `SET CATALOG` | the same, and names are unknown | `nothing_is_known_after_an_unseen_statement` |
//! | `SET` of the value that the pipeline has set already | nothing | `a_setting_that_has_its_value_already_changes_nothing` |
//! | a temporary view is made, replaced or dropped | its versions and those of views over it start: Spark drops what is cached on it | `a_write_starts_versions_of_all_that_may_change` |
//! | a function or variable is made or dropped | barrier; every version starts; a function that is made is not known to be deterministic, whatever built-in has its name ([`functions`]) | `what_is_not_seen_is_a_barrier` |
//! | `DROP DATABASE`, `ALTER DATABASE … SET LOCATION` | barrier; nothing is known of tables any more | the same |
//! | a statement that is not seen | the same, and of no function is known what it does | `no_function_is_known_after_an_unseen_statement` |
//! | `REFRESH` | as a write: other files may be listed | `changes_of_rows_start_the_versions_of_what_they_change` |
//! | `UNCACHE TABLE` | versions of the table and of views over it start: Spark drops what is cached on it | `what_drops_cached_rows_ends_the_life_of_frames_and_changes_nothing` |
//! | `CLEAR CACHE` | barrier: frames are dropped as well | the same |
//! | `CACHE TABLE`, `ADD JAR` | nothing: the rows are the same, a class that is loaded stays | `what_is_only_analysed_changes_nothing` |
//!
//! Which names may mean the same rows is told in [`storage`].

mod change;
mod functions;
mod storage;
mod views;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use self::change::Change;
use self::functions::Functions;
use self::storage::{Storage, StorageIndex};
pub(super) use self::views::View;

use super::names::{Location, canonical, files, names_more, path_of};
use super::rules::Rules;
use super::{Table, TableId, TableVersion};
use crate::facts::catalog::{Catalog, TableFacts, TableKind};
use crate::frontend::statement::{Identifier, Name};

/// Columns of a relation, as far as they are known.
#[derive(Clone, Debug, Default)]
pub(super) struct Schema {
    /// Names that it has, lower-case.
    pub names: BTreeSet<String>,
    /// Whether it has no others.
    pub complete: bool,
}

impl Schema {
    /// Certainly has the column.
    pub(super) fn has(&self, column: &str) -> bool {
        self.names.contains(column)
    }

    /// Certainly does not have it.
    pub(super) fn lacks(&self, column: &str) -> bool {
        self.complete && !self.has(column)
    }
}

/// What a name means at one place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meaning {
    /// The table.
    pub table: TableId,
    /// The name has one part and an unseen statement may have given it another meaning.
    pub uncertain: bool,
}

/// What decides which table a name means.
#[derive(Clone, Debug)]
pub(super) struct Place {
    database: String,
    /// None stands for `spark_catalog`.
    catalog: Option<String>,
    /// Temporary views are visible.
    temporary: bool,
}

/// Names and versions, as they are before the statement at hand.
#[derive(Debug)]
pub(super) struct Session<'a> {
    facts: &'a Catalog,
    tables: Vec<Table>,
    numbers: BTreeMap<String, TableId>,
    generations: Vec<u32>,
    storage: StorageIndex,
    /// Tables whose definition the pipeline may have changed: the catalog's columns do not hold any more.
    redefined: Vec<bool>,
    place: Place,
    /// Temporary views, and permanent ones whose definition is seen.
    views: BTreeMap<TableId, View>,
    /// Functions that the pipeline has made.
    pub(super) functions: Functions,
    /// Whether expressions that cannot give a value fail.
    pub(super) rules: Rules,
    /// Tables that are, have been or may be views of which the pipeline does not define what they read.
    once_views: BTreeSet<TableId>,
    /// Values that the pipeline has set, by key as written: keys are told apart by case.
    settings: BTreeMap<String, String>,
    unseen: bool,
}

/// The database of global temporary views (Spark: `spark.sql.globalTempDatabase`).
const GLOBAL_TEMPORARY: &str = "global_temp.";

impl<'a> Session<'a> {
    /// A new session. `tables` are the tables that the pipeline names anywhere: a write may start versions of tables
    /// that are named only later.
    pub(super) fn new(facts: &'a Catalog, default_database: &str, tables: Vec<Table>) -> Self {
        let mut session = Session {
            facts,
            tables: Vec::new(),
            numbers: BTreeMap::new(),
            generations: Vec::new(),
            storage: StorageIndex::default(),
            redefined: Vec::new(),
            place: Place {
                database: default_database.to_lowercase(),
                catalog: None,
                temporary: true,
            },
            views: BTreeMap::new(),
            functions: Functions::default(),
            rules: Rules::of(facts),
            once_views: BTreeSet::new(),
            settings: BTreeMap::new(),
            unseen: false,
        };
        for table in tables {
            session.number(table.name, table.temporary);
        }
        session
    }

    /// All tables named so far.
    pub(super) fn into_tables(self) -> Vec<Table> {
        self.tables
    }

    /// All tables but the first `known`.
    pub(super) fn tables_from(&self, known: usize) -> impl Iterator<Item = &Table> {
        self.tables.iter().skip(known)
    }

    fn number(&mut self, name: String, temporary: bool) -> TableId {
        if let Some(id) = self.numbers.get(&name) {
            return *id;
        }
        let id = TableId(u32::try_from(self.tables.len()).unwrap_or(u32::MAX));
        let storage = if temporary {
            Storage::Temporary
        } else if let Some(path) = path_of(&name) {
            Storage::Path(Location::parse(path))
        } else {
            Storage::of(self.facts.tables.get(&name))
        };
        let storage = match storage {
            // What the catalog has no table for may be read all the same.
            Storage::Absent if names_more(&name) => Storage::Unknown,
            storage => storage,
        };
        let kind = self.facts.tables.get(&name).map(|facts| facts.kind);
        if !temporary && matches!(kind, Some(TableKind::View | TableKind::Temporary)) {
            self.once_views.insert(id);
        }
        self.storage.push(storage);
        self.generations.push(0);
        self.redefined.push(false);
        self.numbers.insert(name.clone(), id);
        self.tables.push(Table {
            id,
            name,
            temporary,
        });
        id
    }

    /// What `name` means now, common table expressions aside.
    pub(super) fn meaning(&mut self, name: &Name) -> Meaning {
        let one_part = name.parts.len() == 1;
        let may_be_temporary = one_part || name.key().starts_with(GLOBAL_TEMPORARY);
        if may_be_temporary
            && self.place.temporary
            && let Some(id) = self.numbers.get(&name.key()).copied()
            && let Some(view) = self.views.get(&id)
        {
            return Meaning {
                table: id,
                uncertain: self.unseen && view.reads.is_none(),
            };
        }
        Meaning {
            table: self.table(name),
            uncertain: self.unseen && one_part,
        }
    }

    /// The table of that name, temporary views aside.
    pub(super) fn table(&mut self, name: &Name) -> TableId {
        let canonical = canonical(name, &self.place.database, self.place.catalog.as_deref());
        self.number(canonical, false)
    }

    /// The temporary view of that name, to be defined.
    pub(super) fn temporary(&mut self, name: &Name) -> TableId {
        // `global_temp.v` and `v` are never the same view: the whole name is kept.
        self.number(name.key(), true)
    }

    /// The global temporary view of that name, to be defined.
    pub(super) fn global_temporary(&mut self, name: &Name) -> TableId {
        let last = name.parts.last().map(Identifier::key).unwrap_or_default();
        self.number(format!("{GLOBAL_TEMPORARY}{last}"), true)
    }

    /// Files at a path; at any place where it is not known.
    pub(super) fn files(&mut self, path: Option<&str>) -> TableId {
        self.number(files(path), false)
    }

    /// All tables named so far.
    pub(super) fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The current version of every table.
    pub(super) fn versions(&self) -> Vec<TableVersion> {
        let tables = self.tables.iter();
        tables.map(|table| self.version(table.id)).collect()
    }

    /// The canonical name.
    pub(super) fn name(&self, table: TableId) -> &str {
        self.tables
            .get(table.0 as usize)
            .map_or("", |table| table.name.as_str())
    }

    /// The current version.
    pub(super) fn version(&self, table: TableId) -> TableVersion {
        TableVersion {
            table,
            generation: self.generations.get(table.0 as usize).copied().unwrap_or(0),
        }
    }

    /// What is known of its columns.
    pub(super) fn schema(&self, table: TableId) -> Schema {
        if let Some(view) = self.views.get(&table) {
            return view.schema.clone();
        }
        match self.catalogued(table) {
            Some(facts) if !self.is_redefined(table) => Schema {
                names: facts
                    .columns
                    .iter()
                    .map(|column| column.name.to_lowercase())
                    .collect(),
                complete: true,
            },
            _ => Schema::default(),
        }
    }

    /// The type of one of its columns, lower-case, where the catalog's columns hold.
    pub(super) fn data_type(&self, table: TableId, column: &str) -> Option<String> {
        if self.views.contains_key(&table) || self.is_redefined(table) {
            return None;
        }
        let columns = &self.catalogued(table)?.columns;
        let found = columns
            .iter()
            .find(|known| known.name.to_lowercase() == column)?;
        Some(found.data_type.trim().to_lowercase())
    }

    /// Whether the catalog lists columns that may not be those which the table has now.
    pub(super) fn is_outdated(&self, table: TableId) -> bool {
        self.catalogued(table).is_some() && self.is_redefined(table)
    }

    fn catalogued(&self, table: TableId) -> Option<&TableFacts> {
        self.facts
            .tables
            .get(self.name(table))
            .filter(|facts| facts.kind != TableKind::Missing && !facts.columns.is_empty())
    }

    fn is_redefined(&self, table: TableId) -> bool {
        self.unseen
            || self
                .redefined
                .get(table.0 as usize)
                .copied()
                .unwrap_or(true)
    }

    fn storage(&self, table: TableId) -> &Storage {
        match self.storage.get(table) {
            Some(kept @ (Storage::Temporary | Storage::Path(_))) => kept,
            Some(storage) if !self.unseen => storage,
            _ => &Storage::Unknown,
        }
    }

    /// `USE`.
    pub(super) fn set_database(&mut self, name: &str) {
        let place = &mut self.place;
        match name.split_once('.') {
            Some((catalog, database)) => {
                place.catalog = (catalog != "spark_catalog").then(|| catalog.to_owned());
                database.clone_into(&mut place.database);
            }
            None => name.clone_into(&mut place.database),
        }
    }

    /// Goes to where names in the text of a permanent view are resolved; tells where names were resolved before.
    pub(super) fn enter_view(&mut self, database: &str) -> Place {
        let inside = Place {
            database: String::new(),
            catalog: None,
            temporary: false,
        };
        let outside = std::mem::replace(&mut self.place, inside);
        self.set_database(&database.to_lowercase());
        outside
    }

    /// Goes back.
    pub(super) fn leave_view(&mut self, outside: Place) {
        self.place = outside;
    }

    /// Notes a setting; tells whether it has been set to this value before, and nothing may have changed it since.
    /// None stands for its default.
    pub(super) fn note_setting(&mut self, key: &str, value: Option<&str>) -> bool {
        // Spark fills in variables when the statement runs.
        if let Some(value) = value.filter(|value| !value.contains("${")) {
            let before = self.settings.insert(key.to_owned(), value.to_owned());
            before.as_deref() == Some(value)
        } else {
            self.settings.remove(key);
            false
        }
    }

    /// After code that may change any setting.
    pub(super) fn forget_settings(&mut self) {
        self.settings.clear();
    }

    /// After a statement whose effect on names is not seen: nothing is known of tables, views or one-part names any more.
    pub(super) fn lose(&mut self) -> Vec<TableVersion> {
        self.unseen = true;
        self.rules.lose();
        self.forget_settings();
        self.forget_views();
        self.start_all()
    }
}
