//! The walk through the statements: names to tables, tables to versions.

mod command;
mod python;
mod view;

use std::collections::{BTreeMap, BTreeSet};

use super::block::Walk;
use super::exchange::Exchanges;
use super::found::{Found, FoundRead, FoundSubquery, Outputs};
use super::session::{Change, Session};
use super::settings::{self, Effect};
use super::{
    Access, Accesses, Barrier, Declarations, Fixed, Origin, Read, ReadId, Subquery, SubqueryId,
    Table, TableId, TableVersion, Write, WriteKind,
};
use crate::diagnostic::{Diagnostic, SourceId, Span};
use crate::facts::catalog::Catalog;
use crate::frontend::statement::{ColumnSource, Name, Query, Statement, StatementKind};

/// Resolves what every statement reads and writes.
///
/// Without facts about a table it may be a view, hold the rows of any other table and have any column; a statement
/// that is not seen through makes all facts doubtful. So an empty `catalog` is sound, only useless for sharing.
pub fn resolve(
    statements: &[Statement],
    catalog: &Catalog,
    declarations: &Declarations,
) -> Accesses {
    // A write may start versions of tables that are named only later, so the names are gathered first.
    let tables = Resolver::new(catalog, declarations, Vec::new())
        .run(statements)
        .tables;
    Resolver::new(catalog, declarations, tables).run(statements)
}

struct Resolver<'a> {
    session: Session<'a>,
    declarations: &'a Declarations,
    accesses: Vec<Access>,
    diagnostics: Vec<Diagnostic>,
    reads: u32,
    subqueries: u32,
    /// Tables read by each action of each Python file so far.
    python_reads: BTreeMap<SourceId, Vec<BTreeSet<TableId>>>,
    /// An earlier Python file may have read anything.
    python_hidden: bool,
    /// The statement at hand has a relation that may be a call.
    generates: bool,
}

impl<'a> Resolver<'a> {
    fn new(catalog: &'a Catalog, declarations: &'a Declarations, tables: Vec<Table>) -> Self {
        let mut resolver = Resolver {
            session: Session::new(catalog, &declarations.default_database, tables),
            declarations,
            accesses: Vec::new(),
            diagnostics: Vec::new(),
            reads: 0,
            subqueries: 0,
            python_reads: BTreeMap::new(),
            python_hidden: false,
            generates: false,
        };
        resolver.permanent_views(catalog);
        resolver
    }

    fn run(mut self, statements: &[Statement]) -> Accesses {
        for statement in statements {
            let access = self.statement(statement);
            self.accesses.push(access);
        }
        Accesses {
            tables: self.session.into_tables(),
            accesses: self.accesses,
            diagnostics: self.diagnostics,
        }
    }

    fn statement(&mut self, statement: &Statement) -> Access {
        let mut access = Access {
            statement: statement.id,
            reads: Vec::new(),
            writes: Vec::new(),
            described: Vec::new(),
            starts: Vec::new(),
            barrier: None,
            sensitivities: Vec::new(),
            arrangements: Vec::new(),
            subqueries: Vec::new(),
        };
        self.generates = false;
        if let Some(query) = statement.kind.query() {
            self.query(query, &mut access);
        }
        match &statement.kind {
            StatementKind::Query(_) | StatementKind::CreateDatabase { .. } => {}
            StatementKind::CreateView {
                target,
                scope,
                if_not_exists,
                columns,
                query,
                ..
            } => {
                let view = view::Definition {
                    scope: *scope,
                    if_not_exists: *if_not_exists,
                    columns,
                    query,
                };
                self.create_view(target, &view, &mut access);
            }
            StatementKind::InsertDirectory { files, .. } => {
                self.write_files(files, &mut access);
            }
            StatementKind::Explain {
                statement: analysed,
                ..
            } => self.explain(analysed, &mut access),
            StatementKind::Script(statements) => {
                self.script(statements, statement.span, &mut access);
            }
            StatementKind::Command(command) => self.command(command, statement.span, &mut access),
            kind @ (StatementKind::Insert { .. }
            | StatementKind::CreateTableAs { .. }
            | StatementKind::CreateTable { .. }
            | StatementKind::Drop { .. }
            | StatementKind::Truncate { .. }) => self.change(kind, &mut access),
            StatementKind::Use { database } => self.session.set_database(&database.key()),
            StatementKind::Set { key, value } => {
                if let Some(value) = value {
                    self.session.rules.set(key, Some(value));
                    self.set(key, Some(value), statement.span, &mut access);
                }
            }
            StatementKind::Describe { target } => {
                if let Some(target) = target {
                    access.described.push(self.session.meaning(target).table);
                }
            }
            StatementKind::Python(step) => {
                self.session.forget_settings();
                self.python(statement, step, &mut access);
            }
            StatementKind::Opaque { reason } => {
                self.lose(reason.clone(), statement.span, &mut access);
            }
        }
        self.check_functions(statement.span, &mut access);
        access
    }

    /// A statement that changes one table.
    fn change(&mut self, kind: &StatementKind, access: &mut Access) {
        match kind {
            StatementKind::Insert {
                target,
                overwrite,
                partition,
                ..
            } => {
                let kind = if *overwrite && !*partition {
                    WriteKind::Replace
                } else {
                    WriteKind::Update
                };
                self.write(target, kind, Change::Rows, access);
            }
            StatementKind::CreateTableAs {
                target,
                replace,
                if_not_exists,
                located,
                ..
            } => {
                let change = Change::Create {
                    replace: *replace,
                    if_not_exists: *if_not_exists,
                    located: *located,
                };
                let kind = if *if_not_exists {
                    WriteKind::Update
                } else {
                    WriteKind::Replace
                };
                self.write(target, kind, change, access);
            }
            StatementKind::CreateTable {
                target,
                if_not_exists,
                located,
                replace,
                columns,
            } => {
                if let ColumnSource::Like(like) = columns {
                    access.described.push(self.session.meaning(like).table);
                }
                let change = Change::Create {
                    replace: *replace,
                    if_not_exists: *if_not_exists,
                    located: *located,
                };
                self.write(target, WriteKind::Define, change, access);
            }
            StatementKind::Drop { target } => {
                self.write(target, WriteKind::Drop, Change::Drop, access);
            }
            StatementKind::Truncate { target } => {
                self.write(target, WriteKind::Replace, Change::Rows, access);
            }
            _ => {}
        }
    }

    fn query(&mut self, query: &Query, access: &mut Access) {
        let (found, _) = self.walk(query);
        self.number(found, access);
    }

    fn walk(&mut self, query: &Query) -> (Found, Outputs) {
        self.walk_as(query, false)
    }

    /// The walk through the definition of a view.
    fn walk_definition(&mut self, query: &Query) -> (Found, Outputs) {
        self.walk_as(query, true)
    }

    fn walk_as(&mut self, query: &Query, defines: bool) -> (Found, Outputs) {
        let mut walk = Walk::new(&mut self.session, self.declarations);
        walk.defines = defines;
        let outputs = walk.query(query);
        let mut found = walk.found;
        if query.verbatim && !defines {
            found.subqueries.push(FoundSubquery {
                body: query.span,
                name: None,
                outputs: outputs.identifiers.clone(),
                gatherings: Vec::new(),
            });
        }
        found.reads.sort_by_key(|read| read.name.start);
        found
            .subqueries
            .sort_by_key(|subquery| (subquery.body.start, std::cmp::Reverse(subquery.body.end)));
        found
            .sensitivities
            .sort_by_key(|sensitivity| (sensitivity.span.start, sensitivity.kind));
        found.arrangements.sort_by_key(|found| found.span.start);
        found.groups.sort_by_key(|(anchor, _)| anchor.start);
        for (_, spans) in &mut found.groups {
            spans.sort_by_key(|span| span.start);
            spans.dedup();
        }
        (found, outputs)
    }

    fn read(&mut self, access: &Access, table: TableId, origin: Origin) -> Read {
        let id = ReadId(self.reads);
        self.reads += 1;
        Read {
            id,
            statement: access.statement,
            version: self.session.version(table),
            origin,
            columns: None,
            filters: Vec::new(),
            gatherings: Vec::new(),
            fixed: None,
            unseen: self.session.is_unseen_view(table),
        }
    }

    /// Reads of everything that a view depends on, where it is one.
    fn read_through(&mut self, access: &mut Access, view: TableId) {
        for table in self.session.dependences(view) {
            let read = self.read(access, table, Origin::ThroughView(view));
            access.reads.push(read);
        }
    }

    /// Gives numbers to what a query reads.
    fn number(&mut self, found: Found, access: &mut Access) {
        let Found {
            reads,
            subqueries,
            sensitivities,
            arrangements,
            mut crossings,
            mut exchanges,
            groups,
            generates,
        } = found;
        crossings.sort_by_key(|(place, _)| place.start);
        exchanges.sort_by_key(|(place, _)| place.start);
        self.generates |= generates;
        let mut places: Vec<(Span, ReadId)> = Vec::new();
        for found in reads {
            let FoundRead {
                table,
                name,
                alias,
                last_part,
                columns,
                filters,
                gatherings,
                fixed,
            } = found;
            let first = access.reads.len();
            let origin = Origin::Named {
                name,
                alias,
                last_part,
            };
            let outdated = columns.is_none() && self.session.is_outdated(table);
            let read = Read {
                columns,
                filters,
                gatherings,
                fixed: fixed.or(outdated.then_some(Fixed::Redefined)),
                ..self.read(access, table, origin)
            };
            access.reads.push(read);
            self.read_through(access, table);
            places.extend(access.reads.iter().skip(first).map(|read| (name, read.id)));
        }
        for FoundSubquery {
            body,
            name,
            outputs,
            gatherings,
        } in subqueries
        {
            let reads: Vec<ReadId> = within(&places, body, |(place, _)| *place)
                .map(|(_, read)| *read)
                .collect();
            if reads.is_empty() {
                continue;
            }
            let id = SubqueryId(self.subqueries);
            self.subqueries += 1;
            access.subqueries.push(Subquery {
                id,
                statement: access.statement,
                body,
                name,
                outputs,
                gatherings,
                reads,
                closed: within(&crossings, body, |(place, _)| *place)
                    .all(|(_, target)| target.is_some_and(|target| body.contains(target))),
                aliases: within(&groups, body, |(anchor, _)| *anchor)
                    .map(|(_, spans)| spans.clone())
                    .collect(),
                sensitivities: within(&sensitivities, body, |sensitivity| sensitivity.span)
                    .cloned()
                    .collect(),
                exchanges: Exchanges::of(within(&exchanges, body, |(place, _)| *place), body),
            });
        }
        access.sensitivities.extend(sensitivities);
        access.arrangements.extend(arrangements);
    }

    fn write(&mut self, target: &Name, kind: WriteKind, change: Change, access: &mut Access) {
        let table = match change {
            // Spark makes a table whatever temporary views there are.
            Change::Create { .. } => self.session.table(target),
            _ => self.session.meaning(target).table,
        };
        let starts = match (self.session.is_temporary_view(table), change) {
            (true, Change::Drop) => self.session.drop_view(table),
            // Rows written through a view over files may be those of any table.
            (true, _) => self.session.start_all(),
            (false, change) => self.session.change(table, change),
        };
        self.fix_written(&starts, access);
        self.note_write(table, kind, target.span, starts, access);
    }

    /// What the statement reads and writes at once stays, also where it is read through a temporary view.
    fn fix_written(&self, starts: &[TableVersion], access: &mut Access) {
        let written: BTreeSet<TableId> = starts
            .iter()
            .map(|version| version.table)
            .filter(|table| !self.session.is_view(*table))
            .collect();
        let through: BTreeSet<TableId> = access
            .reads
            .iter()
            .filter(|read| written.contains(&read.version.table))
            .map(|read| match read.origin {
                Origin::ThroughView(view) => view,
                _ => read.version.table,
            })
            .collect();
        for read in &mut access.reads {
            if matches!(read.origin, Origin::Named { .. }) && through.contains(&read.version.table)
            {
                fix(read, Fixed::WrittenByReader);
            }
        }
    }

    fn note_write(
        &self,
        table: TableId,
        kind: WriteKind,
        span: Span,
        starts: Vec<TableVersion>,
        access: &mut Access,
    ) {
        access.writes.push(Write {
            table,
            kind,
            produces: self.session.version(table),
            span,
        });
        note_starts(starts, access);
    }

    /// `SET`, or `RESET` where there is no value.
    fn set(&mut self, key: &str, value: Option<&str>, span: Span, access: &mut Access) {
        let known = self.session.note_setting(key, value);
        let starts = match settings::effect(key) {
            Effect::Harmless => return,
            _ if known => return,
            Effect::Rows => self.session.start_all(),
            Effect::Names => self.session.lose(),
        };
        note_starts(starts, access);
        access.barrier = Some(Barrier {
            reason: format!("the setting `{key}` can change results"),
            span,
        });
    }

    /// A statement that may do anything.
    fn lose(&mut self, reason: String, span: Span, access: &mut Access) {
        self.session.functions.lose();
        self.lose_names(reason, span, access);
    }

    /// A statement after which it is not known what names mean and which settings hold.
    fn lose_names(&mut self, reason: String, span: Span, access: &mut Access) {
        let starts = self.session.lose();
        note_starts(starts, access);
        access.barrier = Some(Barrier { reason, span });
    }
}

/// Those of `items` that lie in `body`. They are sorted by where they start: a statement may have thousands of
/// subqueries, each with few of the items.
fn within<T>(items: &[T], body: Span, place: impl Fn(&T) -> Span) -> impl Iterator<Item = &T> {
    let start = items.partition_point(|item| place(item).start < body.start);
    let end = items.partition_point(|item| place(item).start <= body.end);
    let items = items.get(start..end).unwrap_or_default();
    items.iter().filter(move |item| body.contains(place(item)))
}

fn note_starts(starts: Vec<TableVersion>, access: &mut Access) {
    // Several writes of one statement: the last version of each table is the one that lives on.
    access
        .starts
        .retain(|version| starts.iter().all(|start| start.table != version.table));
    access.starts.extend(starts);
    access.starts.sort_unstable();
}

fn fix(read: &mut Read, reason: Fixed) {
    read.fixed = Some(read.fixed.map_or(reason, |fixed| fixed.min(reason)));
}
