//! Changes of tables, and the versions that start with them.

use std::collections::BTreeSet;

use super::super::{TableId, TableVersion};
use super::{Session, Storage};

/// How a table changes, as far as it bears on what is known about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Change {
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

impl Change {
    /// Whether a view is no longer what it was.
    fn redefines(self) -> bool {
        match self {
            Change::Rows => false,
            Change::Create { if_not_exists, .. } => !if_not_exists,
            Change::Alter | Change::Code | Change::View | Change::Drop => true,
        }
    }
}

impl Session<'_> {
    /// Notes a change of a table and starts the versions that follow: of the table, of all that may hold the same
    /// rows, and of all views that may depend on one of them.
    pub(in super::super) fn change(&mut self, table: TableId, change: Change) -> Vec<TableVersion> {
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
                    (true, false) if absent => Storage::own(self.name(table), self.facts),
                    _ => before.clone(),
                }
            }
            Change::View => {
                self.mark_redefined(table);
                self.once_views.insert(table);
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
                match before {
                    Storage::View => Storage::View,
                    _ => Storage::Unknown,
                }
            }
            Change::Code => {
                self.mark_redefined(table);
                match before {
                    // Made another view, or a table.
                    Storage::View => Storage::Unknown,
                    _ => before.clone(),
                }
            }
        };
        let known = self.storage.get(table);
        if !matches!(known, Some(Storage::Temporary | Storage::Path(_))) {
            self.storage.set(table, after.clone());
        }
        if change.redefines() {
            self.views.remove(&table);
        }
        let mut started = BTreeSet::from([table]);
        let moved = after != before;
        for other in self.near(&before, &after) {
            let storage = self.storage(other);
            if (*storage == Storage::View && self.is_unseen_view(other))
                || *storage == Storage::Unknown
                || before.may_alias(storage)
                || (moved && after.may_alias(storage))
            {
                started.insert(other);
            }
        }
        let started = self.with_dependent_views(started);
        self.start(&started)
    }

    /// All tables that may share rows with what lies at one of both, and some others.
    fn near(&self, before: &Storage, after: &Storage) -> BTreeSet<TableId> {
        if self.unseen {
            return self.tables.iter().map(|table| table.id).collect();
        }
        let mut near = self.storage.near(before);
        // Most changes leave a table where it is.
        if after != before {
            near.append(&mut self.storage.near(after));
        }
        near
    }

    fn mark_redefined(&mut self, table: TableId) {
        if let Some(redefined) = self.redefined.get_mut(table.0 as usize) {
            *redefined = true;
        }
    }

    /// After a change of settings that bears on rows: new versions of everything, names as before.
    pub(in super::super) fn start_all(&mut self) -> Vec<TableVersion> {
        let all = self.tables.iter().map(|table| table.id).collect();
        self.start(&all)
    }

    pub(super) fn start(&mut self, tables: &BTreeSet<TableId>) -> Vec<TableVersion> {
        for table in tables {
            if let Some(generation) = self.generations.get_mut(table.0 as usize) {
                *generation += 1;
            }
        }
        tables.iter().map(|table| self.version(*table)).collect()
    }
}
