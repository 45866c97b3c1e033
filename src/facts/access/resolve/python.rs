//! Python files: what is seen in them, what their headers declare, and what they read through names of earlier files.

use std::collections::BTreeSet;

use super::super::session::{Change, View};
use super::super::{
    Access, Barrier, Origin, Table, TableId, TableVersion, Write, WriteKind, names,
};
use super::{Resolver, note_starts};
use crate::diagnostic::{Diagnostic, Severity, Span};
use crate::frontend::statement::{
    Change as CommandChange, Name, PythonAction, PythonDeclaration, PythonDeed, PythonStep,
    Statement, StatementKind, ViewScope,
};

/// Most places that one diagnostic shows.
const MOST_PLACES: usize = 5;

impl Resolver<'_> {
    /// What one Python file reads and writes. It reads the versions that it finds; what it reads of its own writes is
    /// part of them.
    pub(super) fn python(&mut self, statement: &Statement, step: &PythonStep, access: &mut Access) {
        let before = self.session.versions();
        let declared = step
            .declared
            .as_ref()
            .map(|declared| self.declared(declared));
        for table in self.carried(step) {
            let read = self.read(access, table, Origin::Carried);
            access.reads.push(read);
        }
        let mut per_action: Vec<BTreeSet<TableId>> = Vec::new();
        for action in &step.actions {
            let first = access.reads.len();
            self.action(statement, action, declared.is_some(), access);
            let reads = access.reads.iter().skip(first);
            per_action.push(reads.map(|read| read.version.table).collect());
        }
        if let Some(declared) = &declared {
            self.contradictions(step, declared, access);
            let hidden = !step.unseen.is_empty();
            self.add_declared(declared, hidden, access);
            // What is not seen may read any of them.
            for reads in &mut per_action {
                if hidden {
                    reads.extend(declared.reads.iter().map(|(table, _)| *table));
                }
            }
            if hidden && per_action.is_empty() {
                per_action.push(declared.reads.iter().map(|(table, _)| *table).collect());
            }
        }
        for read in &mut access.reads {
            let table = read.version.table;
            read.version = before
                .get(table.0 as usize)
                .copied()
                .unwrap_or(TableVersion {
                    table,
                    generation: 0,
                });
        }
        self.python_reads.insert(statement.source, per_action);
        if declared.is_none() && !step.unseen.is_empty() {
            self.unseen(step, access);
        } else if declared.is_none() && step.names.carried.everything && self.python_hidden {
            let reason =
                "it uses names of an earlier Python file of which it is not known what it reads";
            self.lose(reason.to_owned(), statement.span, access);
        }
        self.settle(access);
        if !self.session.functions.reading().is_empty() && access.barrier.is_none() {
            access.barrier = Some(Barrier {
                reason: "it may call a function of SQL that reads tables".to_owned(),
                span: statement.span,
            });
        }
    }

    /// Tables that the names of earlier files read again.
    fn carried(&self, step: &PythonStep) -> BTreeSet<TableId> {
        let carried = &step.names.carried;
        if carried.everything {
            return self
                .python_reads
                .values()
                .flatten()
                .flatten()
                .copied()
                .collect();
        }
        let reads = carried.actions.iter().filter_map(|(file, position)| {
            let actions = self.python_reads.get(file)?;
            actions.get(*position as usize)
        });
        reads.flatten().copied().collect()
    }

    fn declared(&mut self, declared: &PythonDeclaration) -> Declared {
        let mut tables = |names: &[Name]| -> Vec<(TableId, Span)> {
            names
                .iter()
                .map(|name| (self.session.meaning(name).table, name.span))
                .collect()
        };
        Declared {
            reads: tables(&declared.reads),
            writes: tables(&declared.writes),
            views: declared
                .views
                .iter()
                .map(|name| (self.session.temporary(name), name.span))
                .collect(),
            keys: [&declared.reads, &declared.writes, &declared.views]
                .into_iter()
                .flatten()
                .map(Name::key)
                .collect(),
            span: declared.span,
        }
    }

    /// What only the header says.
    fn add_declared(&mut self, declared: &Declared, hidden: bool, access: &mut Access) {
        for (table, span) in &declared.reads {
            if !access
                .reads
                .iter()
                .any(|read| read.version.table == *table && !matches!(read.origin, Origin::Carried))
            {
                let read = self.read(access, *table, Origin::Declared(*span));
                access.reads.push(read);
                self.read_through(access, *table);
            }
        }
        let written: BTreeSet<TableId> = access.writes.iter().map(|write| write.table).collect();
        for (table, span) in &declared.writes {
            if written.contains(table) && !hidden {
                continue;
            }
            let starts = if self.session.is_temporary_view(*table) {
                // Either a table of that name, or rows through the view.
                self.session.start_all()
            } else {
                self.session.change(*table, Change::Code)
            };
            if written.contains(table) {
                note_starts(starts, access);
            } else {
                self.note_write(*table, WriteKind::Update, *span, starts, access);
            }
        }
        for (table, span) in &declared.views {
            if !written.contains(table) {
                let starts = self.session.define_view(*table, View::default());
                self.note_write(*table, WriteKind::Define, *span, starts, access);
            }
        }
    }

    /// One write for each table: of all its versions the last one lives on.
    fn settle(&self, access: &mut Access) {
        let mut settled: Vec<Write> = Vec::new();
        for write in std::mem::take(&mut access.writes) {
            match settled.iter_mut().find(|other| other.table == write.table) {
                Some(other) if other.kind != write.kind => other.kind = WriteKind::Update,
                Some(_) => {}
                None => settled.push(Write {
                    produces: self.session.version(write.table),
                    ..write
                }),
            }
        }
        access.writes = settled;
    }

    fn action(
        &mut self,
        statement: &Statement,
        action: &PythonAction,
        declared: bool,
        access: &mut Access,
    ) {
        match &action.deed {
            PythonDeed::Read(name) => {
                let table = self.session.meaning(name).table;
                let read = self.read(access, table, Origin::Recognised(action.span));
                access.reads.push(read);
                self.read_through(access, table);
            }
            PythonDeed::ReadFiles(files) => {
                let table = self.session.files(files.path.as_deref());
                let read = self.read(access, table, Origin::Recognised(action.span));
                access.reads.push(read);
            }
            PythonDeed::Insert(target) => {
                self.write(target, WriteKind::Update, Change::Rows, access);
            }
            PythonDeed::Save {
                target,
                replace,
                located,
            } => {
                let change = Change::Create {
                    replace: *replace,
                    if_not_exists: !*replace,
                    located: *located,
                };
                let hidden = self.session.meaning(target).table;
                if self.session.is_temporary_view(hidden) {
                    note_starts(self.session.start_all(), access);
                }
                self.write(target, WriteKind::Update, change, access);
            }
            PythonDeed::WriteFiles(files) => {
                self.write_files(files, access);
                if let Some(write) = access.writes.last_mut() {
                    write.kind = WriteKind::Update;
                }
            }
            PythonDeed::View { target, scope } => {
                if !action.certain && !declared {
                    let reason = format!(
                        "whether `{}` is defined is known only when the file runs",
                        target.key()
                    );
                    self.lose_names(reason, action.span, access);
                }
                let table = match scope {
                    ViewScope::GlobalTemporary => self.session.global_temporary(target),
                    _ => self.session.temporary(target),
                };
                let starts = self.session.define_view(table, View::default());
                self.note_write(table, WriteKind::Define, target.span, starts, access);
            }
            PythonDeed::Sql {
                statement: kind,
                at,
            } => {
                let inner = Statement {
                    kind: (**kind).clone(),
                    ..statement.clone()
                };
                let inner = self.statement(&inner);
                Self::adopt(inner, action, *at, access);
                if !action.certain && decides(kind) {
                    let reason = format!(
                        "whether its `{}` happens is known only when the file runs",
                        kind.word()
                    );
                    self.lose_names(reason, action.span, access);
                }
            }
        }
    }

    /// Makes what a SQL statement does part of what the Python file does.
    fn adopt(inner: Access, action: &PythonAction, at: Option<u32>, access: &mut Access) {
        let place = |span: Span| match at {
            Some(at) => Span {
                source: action.span.source,
                start: at.saturating_add(span.start),
                end: at.saturating_add(span.end),
            },
            None => action.span,
        };
        for mut read in inner.reads {
            if let Origin::Named { name, .. } = read.origin {
                read.origin = Origin::Recognised(place(name));
            }
            read.columns = None;
            read.filters.clear();
            access.reads.push(read);
        }
        for mut write in inner.writes {
            write.span = place(write.span);
            access.writes.push(write);
        }
        for table in inner.described {
            if !access.described.contains(&table) {
                access.described.push(table);
            }
        }
        note_starts(inner.starts, access);
        if let Some(barrier) = inner.barrier
            && access.barrier.is_none()
        {
            access.barrier = Some(Barrier {
                span: action.span,
                ..barrier
            });
        }
    }

    /// What is seen must be declared where anything is.
    fn contradictions(&mut self, step: &PythonStep, declared: &Declared, access: &Access) {
        let tables: Vec<Table> = self.session.tables().to_vec();
        let name = |table: TableId| {
            tables
                .get(table.0 as usize)
                .map_or("", |table| table.name.as_str())
        };
        let known = |list: &[(TableId, Span)], table: TableId| {
            list.iter().any(|(known, _)| *known == table)
        };
        // A table and a temporary view of one name are not told apart in a header.
        let by_key = |table: TableId| declared.keys.contains(name(table));
        let mut missing: BTreeSet<(Span, &str, TableId)> = BTreeSet::new();
        for read in &access.reads {
            let table = read.version.table;
            let of_writes = known(&declared.writes, table) || known(&declared.views, table);
            if let Origin::Recognised(place) = read.origin
                && !known(&declared.reads, table)
                && !of_writes
                && !by_key(table)
            {
                missing.insert((place, "read", table));
            }
        }
        for write in &access.writes {
            let temporary = tables
                .get(write.table.0 as usize)
                .is_some_and(|table| table.temporary);
            let (list, word) = if temporary {
                (&declared.views, "defined")
            } else {
                (&declared.writes, "written")
            };
            let both = known(list, write.table) || known(&declared.writes, write.table);
            if !both && !by_key(write.table) {
                missing.insert((write.span, word, write.table));
            }
        }
        let mut told = BTreeSet::new();
        for (place, word, table) in missing {
            // A header names tables, not files.
            if names::path_of(name(table)).is_some() || !told.insert((word, table)) {
                continue;
            }
            let message = format!(
                "`{}` is {word} here, and the header does not say so",
                name(table)
            );
            let clause = match word {
                "read" => "reads",
                "written" => "writes",
                _ => "views",
            };
            let diagnostic = Diagnostic::new("python-contradiction", Severity::Error, place, message).help(
                if step.unseen.is_empty() {
                    "add it to the header, or remove the header: everything in this file is seen without it".to_owned()
                } else {
                    format!("add it to `{clause}` of the header")
                },
            );
            self.diagnostics.push(match declared.span {
                Some(span) => diagnostic.label(span, "the header"),
                None => diagnostic,
            });
        }
    }

    /// A file that does something which is neither seen nor declared.
    fn unseen(&mut self, step: &PythonStep, access: &mut Access) {
        self.python_hidden = true;
        let mut places = step.unseen.iter();
        let Some(first) = places.next() else { return };
        let mut diagnostic = Diagnostic::new(
            "undeclared-python",
            Severity::Warning,
            first.span,
            format!("what this Python file reads and writes is not known: {}", first.reason),
        )
        .help(
            "a first line such as `# hoist: reads db.a, db.b; writes db.c; views v` declares it; until then nothing \
             moves or lives across the file",
        );
        for place in places.take(MOST_PLACES - 1) {
            diagnostic = diagnostic.label(place.span, place.reason.clone());
        }
        self.diagnostics.push(diagnostic);
        let reason = format!(
            "a Python step that does not declare what it reads and writes: {}",
            first.reason
        );
        self.lose(reason, first.span, access);
    }
}

/// What a header says, with names resolved where the file begins.
struct Declared {
    reads: Vec<(TableId, Span)>,
    writes: Vec<(TableId, Span)>,
    views: Vec<(TableId, Span)>,
    keys: BTreeSet<String>,
    span: Option<Span>,
}

/// Whether what names mean afterwards depends on whether the statement has run.
fn decides(kind: &StatementKind) -> bool {
    match kind {
        StatementKind::Use { .. }
        | StatementKind::CreateView { .. }
        | StatementKind::Drop { .. }
        | StatementKind::Script(_) => true,
        StatementKind::Command(command) => command.changes.iter().any(|change| {
            !matches!(
                change,
                CommandChange::Rows(_)
                    | CommandChange::AllRows(_)
                    | CommandChange::Definition(_)
                    | CommandChange::Comment(_)
                    | CommandChange::Refresh(_)
                    | CommandChange::Files(_)
            )
        }),
        _ => false,
    }
}
