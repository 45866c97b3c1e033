//! Views of the session: temporary ones, and permanent ones whose definition is seen.
//!
//! A view has no rows: a read of it is a read of what its definition names, at the versions current where the view is
//! *used*. So a definition is kept as the tables that it names, and nothing of its text; it is never inlined, since a
//! view is evaluated under the settings captured when it was made (Spark: `Analyzer.executeSameContext` under
//! `View.effectiveSQLConf`).

use std::collections::BTreeSet;

use super::super::{SensitivityKind, TableId, TableVersion};
use super::{Schema, Session, Storage};

/// What a view is made of.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct View {
    /// Tables and views named in its definition; none where the definition is not seen.
    pub reads: Option<Vec<TableId>>,
    /// Its columns.
    pub schema: Schema,
    /// What its definition brings along, with the function or clause as written. Its places are no places of the
    /// statements that use the view.
    pub sensitivities: BTreeSet<(SensitivityKind, String)>,
    /// Its definition has a relation that may be a call of a function.
    pub generates: bool,
}

impl Session<'_> {
    /// The view, if it is a temporary one, or a permanent one whose definition is seen.
    pub(in super::super) fn view(&self, table: TableId) -> Option<&View> {
        self.views.get(&table)
    }

    /// Whether it is a temporary view now.
    pub(in super::super) fn is_temporary_view(&self, table: TableId) -> bool {
        self.is_temporary(table) && self.views.contains_key(&table)
    }

    /// Whether it is a view whose definition is not seen.
    pub(in super::super) fn is_unseen_view(&self, table: TableId) -> bool {
        match self.views.get(&table) {
            Some(view) => view.reads.is_none(),
            None => match self.storage.get(table) {
                Some(Storage::View) => true,
                // It has been one, or may be one, whatever has happened since.
                Some(Storage::Unknown) => self.once_views.contains(&table),
                _ => false,
            },
        }
    }

    /// Whether it is a view, and has no rows of its own.
    pub(in super::super) fn is_view(&self, table: TableId) -> bool {
        matches!(self.storage(table), Storage::Temporary | Storage::View)
    }

    /// Whether it certainly does not exist, as a table or a permanent view.
    pub(in super::super) fn is_absent(&self, table: TableId) -> bool {
        *self.storage(table) == Storage::Absent
    }

    /// Tables and views that the view depends on, through other views too, in the order of its text.
    pub(in super::super) fn dependences(&self, view: TableId) -> Vec<TableId> {
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

    /// Notes the definition of a view where the pipeline begins.
    pub(in super::super) fn know_view(&mut self, table: TableId, view: View) {
        self.views.insert(table, view);
    }

    /// Notes the definition of a temporary view and starts the versions that follow.
    pub(in super::super) fn define_view(
        &mut self,
        table: TableId,
        view: View,
    ) -> Vec<TableVersion> {
        self.views.insert(table, view);
        let started = self.with_dependent_views(BTreeSet::from([table]));
        self.start(&started)
    }

    /// Forgets a temporary view and starts the versions that follow.
    pub(in super::super) fn drop_view(&mut self, table: TableId) -> Vec<TableVersion> {
        let started = self.with_dependent_views(BTreeSet::from([table]));
        self.views.remove(&table);
        self.start(&started)
    }

    /// After `UNCACHE`: the rows are as before, but what is cached on the table goes too, so nothing that is made from
    /// it lives on (Spark: `CacheManager.uncacheQuery` with `cascade`).
    pub(in super::super) fn uncache(&mut self, table: TableId) -> Vec<TableVersion> {
        let started = self.with_dependent_views(BTreeSet::from([table]));
        self.start(&started)
    }

    /// After a statement that is not seen through: every view may be another.
    pub(super) fn forget_views(&mut self) {
        let views = std::mem::take(&mut self.views).into_keys();
        self.views = views
            .filter(|view| self.is_temporary(*view))
            .map(|view| (view, View::default()))
            .collect();
    }

    /// The same tables, and every view that may depend on one of them.
    pub(super) fn with_dependent_views(&self, mut started: BTreeSet<TableId>) -> BTreeSet<TableId> {
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

    pub(super) fn is_temporary(&self, table: TableId) -> bool {
        matches!(self.storage.get(table), Some(Storage::Temporary))
    }
}
