//! Commands, scripts and statements that are only analysed: what they change besides running a query.

use std::collections::BTreeSet;

use super::super::session::{self, View};
use super::super::{Access, Barrier, Fixed, SensitivityKind, TableId, TableVersion, WriteKind};
use super::{Resolver, fix, note_starts};
use crate::diagnostic::Span;
use crate::frontend::statement::{
    Change, Command, Effect, Files, Mentions, Name, Query, StatementKind, ViewScope,
};

impl Resolver<'_> {
    pub(super) fn command(&mut self, command: &Command, span: Span, access: &mut Access) {
        let queries: Vec<&Query> = command.queries.iter().collect();
        let targets: Vec<&Name> = command.changes.iter().flat_map(Change::targets).collect();
        self.queries(&queries, &targets, access);
        for name in &command.described {
            let table = self.session.meaning(name).table;
            access.described.push(table);
        }
        for change in &command.changes {
            self.apply(change, command, access);
        }
        match &command.effect {
            Effect::None | Effect::InPlace => {}
            Effect::Uncaches => {
                // The frames among it: what they hold would be computed again at each use.
                access.barrier = Some(Barrier {
                    reason: "it drops everything that is cached".to_owned(),
                    span,
                });
            }
            Effect::Reset(key) => {
                self.session.rules.set(key, None);
                self.set(key, None, span, access);
            }
            Effect::Rows { reason, functions } => {
                self.session.functions.make(functions);
                note_starts(self.session.start_all(), access);
                access.barrier = Some(Barrier {
                    reason: (*reason).to_owned(),
                    span,
                });
            }
            Effect::Names { reason } => self.lose_names((*reason).to_owned(), span, access),
            Effect::Unseen { reason } => self.lose((*reason).to_owned(), span, access),
        }
    }

    /// Queries that are not the whole statement: their names stay as they are, and nothing of them is shared. What a
    /// statement reads of its own target is part of its write.
    fn queries(&mut self, queries: &[&Query], targets: &[&Name], access: &mut Access) {
        for query in queries {
            let (mut found, _) = self.walk(query);
            found
                .reads
                .retain(|read| targets.iter().all(|target| target.span != read.name));
            self.number(found, access);
        }
        for read in &mut access.reads {
            fix(read, Fixed::NotAQuery);
        }
        access.subqueries.clear();
    }

    fn apply(&mut self, change: &Change, command: &Command, access: &mut Access) {
        match change {
            Change::Rows(target) => {
                self.write(target, WriteKind::Update, session::Change::Rows, access);
            }
            Change::AllRows(target) => {
                self.write(target, WriteKind::Replace, session::Change::Rows, access);
            }
            Change::Definition(target) => {
                self.write(target, WriteKind::Update, session::Change::Alter, access);
            }
            Change::Comment(target) => {
                let table = self.session.meaning(target).table;
                access.described.push(table);
            }
            Change::Rename { from, to } => self.rename(from, to, access),
            Change::View { target, scope } => {
                let table = match scope {
                    ViewScope::GlobalTemporary => self.session.global_temporary(target),
                    _ => self.session.temporary(target),
                };
                let starts = self.session.define_view(table, View::default());
                self.note_write(table, WriteKind::Define, target.span, starts, access);
            }
            Change::CachedQuery(target) => {
                if let Some(query) = command.queries.first() {
                    let (found, outputs) = self.walk_definition(query);
                    let table = self.session.temporary(target);
                    self.define_view(table, target.span, found, outputs, access);
                }
            }
            Change::Refresh(target) => {
                let table = self.session.meaning(target).table;
                // Of a view it is the listing of whatever the view reads.
                let starts = if self.session.is_view(table) {
                    self.session.start_all()
                } else {
                    self.session.change(table, session::Change::Rows)
                };
                access.described.push(table);
                note_starts(starts, access);
            }
            Change::Uncache(target) => {
                let table = self.session.meaning(target).table;
                access.described.push(table);
                note_starts(self.session.uncache(table), access);
            }
            Change::Files(files) => {
                let (_, starts) = self.change_files(files);
                self.fix_written(&starts, access);
                note_starts(starts, access);
            }
        }
    }

    /// `INSERT OVERWRITE DIRECTORY`: the files may hold the rows of any table that lies there.
    pub(super) fn write_files(&mut self, files: &Files, access: &mut Access) {
        let (table, starts) = self.change_files(files);
        self.fix_written(&starts, access);
        self.note_write(table, WriteKind::Replace, files.span, starts, access);
    }

    fn change_files(&mut self, files: &Files) -> (TableId, Vec<TableVersion>) {
        let table = self.session.files(files.path.as_deref());
        (table, self.session.change(table, session::Change::Rows))
    }

    /// The new name lies in the database of the old one (Spark: `SessionCatalog.renameTable`).
    fn rename(&mut self, from: &Name, to: &Name, access: &mut Access) {
        let old = self.session.meaning(from);
        if self.session.is_temporary_view(old.table) {
            self.write(from, WriteKind::Drop, session::Change::Drop, access);
            let table = self.session.temporary(to);
            let starts = self.session.define_view(table, View::default());
            return self.note_write(table, WriteKind::Define, to.span, starts, access);
        }
        let mut qualified = to.clone();
        if to.parts.len() == 1 {
            let database = from.parts.len().saturating_sub(1);
            let parts = from.parts.iter().take(database).cloned();
            qualified.parts = parts.chain(to.parts.iter().cloned()).collect();
        }
        self.write(from, WriteKind::Drop, session::Change::Drop, access);
        // It takes its files along.
        let change = session::Change::Create {
            replace: false,
            if_not_exists: false,
            located: true,
        };
        self.write(&qualified, WriteKind::Define, change, access);
        if old.uncertain {
            note_starts(self.session.start_all(), access);
        }
    }

    /// `EXPLAIN`: names must exist, nothing is read or changed.
    pub(super) fn explain(&mut self, statement: &StatementKind, access: &mut Access) {
        let mentions = Mentions::of(statement);
        let reads = mentions.reads.iter().map(|table| &table.name);
        let names = reads.chain(mentions.writes.iter().copied());
        for name in names.chain(mentions.described.iter().copied()) {
            let table = self.session.meaning(name).table;
            if !access.described.contains(&table) {
                access.described.push(table);
            }
        }
    }

    /// A script: which of its statements run, and how often, is not known. Its names are.
    pub(super) fn script(&mut self, statements: &[StatementKind], span: Span, access: &mut Access) {
        let evaluated: Vec<_> = statements
            .iter()
            .flat_map(StatementKind::evaluated)
            .collect();
        let targets: Vec<&Name> = statements.iter().flat_map(StatementKind::targets).collect();
        self.queries(&evaluated, &targets, access);
        for read in &mut access.reads {
            // What looks like a column may be a variable, or a row of a loop.
            read.columns = None;
            read.filters.clear();
        }
        let mut written = BTreeSet::new();
        let targets: Vec<_> = statements
            .iter()
            .flat_map(|statement| self.script_targets(statement))
            .filter(|(table, _)| written.insert(*table))
            .collect();
        let reason = "which statements of a script run is known only while it runs";
        self.lose(reason.to_owned(), span, access);
        for (table, span) in targets {
            self.note_write(table, WriteKind::Update, span, Vec::new(), access);
        }
    }

    /// What a statement of a script changes, with the names in the text.
    fn script_targets(&mut self, statement: &StatementKind) -> Vec<(TableId, Span)> {
        let scope = match statement {
            StatementKind::Script(inner) => {
                return inner
                    .iter()
                    .flat_map(|statement| self.script_targets(statement))
                    .collect();
            }
            StatementKind::CreateView { scope, .. } => *scope,
            _ => ViewScope::Existing,
        };
        let targets = statement.targets().into_iter();
        targets
            .map(|target| {
                let table = match scope {
                    ViewScope::Permanent => self.session.table(target),
                    ViewScope::Temporary => self.session.temporary(target),
                    ViewScope::GlobalTemporary => self.session.global_temporary(target),
                    ViewScope::Existing => self.session.meaning(target).table,
                };
                (table, target.span)
            })
            .collect()
    }

    /// A statement that calls a function made of SQL reads what that function reads.
    pub(super) fn check_functions(&self, span: Span, access: &mut Access) {
        let reading = self.session.functions.reading();
        if reading.is_empty() || access.barrier.is_some() {
            return;
        }
        let calls = access.sensitivities.iter().any(|sensitivity| {
            let last = sensitivity.what.rsplit('.').next().unwrap_or_default();
            sensitivity.kind == SensitivityKind::UnknownFunction
                && reading.contains(&last.trim_matches('`').to_lowercase())
        });
        if calls || self.generates {
            access.barrier = Some(Barrier {
                reason: "it may call a function of SQL that reads tables".to_owned(),
                span,
            });
        }
    }
}
