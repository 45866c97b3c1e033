//! The session while statements are walked in file order: what names mean, and which version of each table is current.

mod storage;

use std::collections::{BTreeMap, BTreeSet};

use self::storage::Storage;

use super::names::{Location, canonical, files, path_of};
use super::rules::Rules;
use super::{Sensitivity, Table, TableId, TableVersion};
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

/// What a temporary view is made of.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    /// Tables and temporary views named in its definition; none where the definition is not seen.
    pub reads: Option<Vec<TableId>>,
    /// Its columns.
    pub schema: Schema,
    /// What its definition brings along.
    pub sensitivities: Vec<Sensitivity>,
}

/// What a name means at one place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meaning {
    /// The table.
    pub table: TableId,
    /// The name has one part and an unseen statement may have given it another meaning.
    pub uncertain: bool,
}

/// How a table changes, as far as it bears on what is known about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Rows; it must exist.
    Rows,
    /// Made by the statement, or found.
    Create {
        /// An existing one is replaced.
        replace: bool,
        /// An existing one is left alone.
        if_not_exists: bool,
        /// It may name a place that another table has.
        located: bool,
    },
    /// Its schema, properties, partitions or place.
    Alter,
    /// Made or changed by code that is not seen.
    Code,
    /// Made a permanent view.
    View,
    /// Removed.
    Drop,
}

/// Names and versions, as they are before the statement at hand.
#[derive(Debug)]
pub(super) struct Session<'a> {
    facts: &'a Catalog,
    tables: Vec<Table>,
    numbers: BTreeMap<String, TableId>,
    generations: Vec<u32>,
    storage: Vec<Storage>,
    /// Tables whose definition the pipeline may have changed: the catalog's columns do not hold any more.
    redefined: Vec<bool>,
    database: String,
    catalog: Option<String>,
    views: BTreeMap<TableId, View>,
    reading_functions: BTreeSet<String>,
    /// Last parts of the names of functions that the pipeline made.
    made_functions: BTreeSet<String>,
    /// Whether expressions that cannot give a value fail.
    pub(super) rules: Rules,
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
            storage: Vec::new(),
            redefined: Vec::new(),
            database: default_database.to_lowercase(),
            catalog: None,
            views: BTreeMap::new(),
            reading_functions: BTreeSet::new(),
            made_functions: BTreeSet::new(),
            rules: Rules::of(facts),
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

    fn number(&mut self, name: String, temporary: bool) -> TableId {
        if let Some(id) = self.numbers.get(&name) {
            return *id;
        }
        let id = TableId(u32::try_from(self.tables.len()).unwrap_or(u32::MAX));
        self.storage.push(if temporary {
            Storage::Temporary
        } else if let Some(path) = path_of(&name) {
            Storage::Path(Location::parse(path))
        } else {
            Storage::of(self.facts.tables.get(&name))
        });
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
        let canonical = canonical(name, &self.database, self.catalog.as_deref());
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

    /// Notes a function that reads tables where it is called.
    pub(super) fn add_reading_function(&mut self, name: &Name) {
        let last = name.parts.last().map(Identifier::key).unwrap_or_default();
        self.reading_functions.insert(last);
    }

    /// Notes a function that the pipeline makes: a temporary one hides a built-in of the same name.
    pub(super) fn add_function(&mut self, name: &Name) {
        let last = name.parts.last().map(Identifier::key).unwrap_or_default();
        self.made_functions.insert(last);
    }

    /// Whether a name may mean a function that the pipeline made.
    pub(super) fn redefines(&self, function: &str) -> bool {
        self.made_functions.contains(function)
    }

    /// Last parts of the names of functions that read tables where they are called.
    pub(super) fn reading_functions(&self) -> &BTreeSet<String> {
        &self.reading_functions
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

    /// The temporary view, if it is one now.
    pub(super) fn view(&self, table: TableId) -> Option<&View> {
        self.views.get(&table)
    }

    /// Whether it is a view whose definition is not seen.
    pub(super) fn is_unseen_view(&self, table: TableId) -> bool {
        if let Some(view) = self.views.get(&table) {
            return view.reads.is_none();
        }
        // It has been one, or may be one, whatever has happened since.
        let facts = self.facts.tables.get(self.name(table));
        self.storage.get(table.0 as usize) == Some(&Storage::View)
            || facts.is_some_and(|facts| facts.kind == TableKind::Temporary)
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
        match self.storage.get(table.0 as usize) {
            Some(kept @ (Storage::Temporary | Storage::Path(_))) => kept,
            Some(storage) if !self.unseen => storage,
            _ => &Storage::Unknown,
        }
    }

    /// Whether it is a view, and has no rows of its own.
    pub(super) fn is_view(&self, table: TableId) -> bool {
        matches!(self.storage(table), Storage::Temporary | Storage::View)
    }

    /// Tables that the view depends on, through other temporary views too, in the order of its text.
    pub(super) fn dependences(&self, view: TableId) -> Vec<TableId> {
        let mut seen = BTreeSet::from([view]);
        let mut found = Vec::new();
        let mut open: Vec<TableId> = Vec::new();
        let push = |open: &mut Vec<TableId>, table: TableId| {
            if let Some(reads) = self.views.get(&table).and_then(|view| view.reads.as_ref()) {
                open.extend(reads.iter().rev());
            }
        };
        push(&mut open, view);
        while let Some(table) = open.pop() {
            if seen.insert(table) {
                found.push(table);
                push(&mut open, table);
            }
        }
        found
    }

    /// `USE`.
    pub(super) fn set_database(&mut self, name: &Name) {
        let key = name.key();
        match key.split_once('.') {
            Some(("spark_catalog", database)) => {
                self.catalog = None;
                database.clone_into(&mut self.database);
            }
            Some((catalog, database)) => {
                self.catalog = Some(catalog.to_owned());
                database.clone_into(&mut self.database);
            }
            None => self.database = key,
        }
    }

    /// Notes the definition of a temporary view and starts the versions that follow.
    pub(super) fn define_view(&mut self, table: TableId, view: View) -> Vec<TableVersion> {
        self.views.insert(table, view);
        let started = self.with_dependent_views(BTreeSet::from([table]));
        self.start(&started)
    }

    /// Forgets a temporary view and starts the versions that follow.
    pub(super) fn drop_view(&mut self, table: TableId) -> Vec<TableVersion> {
        let started = self.with_dependent_views(BTreeSet::from([table]));
        self.views.remove(&table);
        self.start(&started)
    }

    /// Notes a change of a table and starts the versions that follow: of the table, of all that may hold the same
    /// rows, and of all views that may depend on one of them.
    pub(super) fn change(&mut self, table: TableId, change: Change) -> Vec<TableVersion> {
        // What a view is made of has no rows, or Spark refuses.
        let before = match change {
            Change::View => Storage::View,
            _ => self.storage(table).clone(),
        };
        let absent = before == Storage::Absent;
        let after = match change {
            Change::Create {
                replace,
                if_not_exists,
                located,
            } => {
                if absent || replace || !if_not_exists {
                    self.mark_redefined(table);
                }
                match (absent || replace, located) {
                    (true, true) => Storage::Unknown,
                    (true, false) if absent => Storage::Own,
                    _ => before.clone(),
                }
            }
            Change::View => {
                self.mark_redefined(table);
                Storage::View
            }
            Change::Drop => {
                self.mark_redefined(table);
                Storage::Absent
            }
            // Writing rows to what does not exist: made by something that is not seen.
            Change::Rows | Change::Code if absent => {
                self.mark_redefined(table);
                Storage::Unknown
            }
            Change::Rows => before.clone(),
            Change::Alter => {
                self.mark_redefined(table);
                Storage::Unknown
            }
            Change::Code => {
                self.mark_redefined(table);
                before.clone()
            }
        };
        if let Some(storage) = self.storage.get_mut(table.0 as usize)
            && !matches!(storage, Storage::Temporary | Storage::Path(_))
        {
            *storage = after.clone();
        }
        let mut started = BTreeSet::from([table]);
        for other in self.tables.iter().map(|table| table.id) {
            let storage = self.storage(other);
            if matches!(storage, Storage::View | Storage::Unknown)
                || before.may_alias(storage)
                || after.may_alias(storage)
            {
                started.insert(other);
            }
        }
        let started = self.with_dependent_views(started);
        self.start(&started)
    }

    fn mark_redefined(&mut self, table: TableId) {
        if let Some(redefined) = self.redefined.get_mut(table.0 as usize) {
            *redefined = true;
        }
    }

    /// After a change of settings that bears on rows: new versions of everything, names as before.
    pub(super) fn start_all(&mut self) -> Vec<TableVersion> {
        let all = self.tables.iter().map(|table| table.id).collect();
        self.start(&all)
    }

    /// After a statement that is not seen through: nothing is known of tables, views or one-part names any more.
    pub(super) fn lose(&mut self) -> Vec<TableVersion> {
        self.unseen = true;
        self.rules.lose();
        for view in self.views.values_mut() {
            *view = View::default();
        }
        self.start_all()
    }

    fn with_dependent_views(&self, mut started: BTreeSet<TableId>) -> BTreeSet<TableId> {
        // A view may depend on a view that is defined after it, so until nothing is added.
        loop {
            let before = started.len();
            for (id, view) in &self.views {
                let depends = match &view.reads {
                    None => true,
                    Some(reads) => reads.iter().any(|read| {
                        started.contains(read)
                            // The view it names is gone.
                            || (self.is_temporary(*read) && !self.views.contains_key(read))
                    }),
                };
                if depends {
                    started.insert(*id);
                }
            }
            if started.len() == before {
                return started;
            }
        }
    }

    fn is_temporary(&self, table: TableId) -> bool {
        matches!(self.storage.get(table.0 as usize), Some(Storage::Temporary))
    }

    fn start(&mut self, tables: &BTreeSet<TableId>) -> Vec<TableVersion> {
        for table in tables {
            if let Some(generation) = self.generations.get_mut(table.0 as usize) {
                *generation += 1;
            }
        }
        tables.iter().map(|table| self.version(*table)).collect()
    }
}
