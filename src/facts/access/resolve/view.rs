//! Definitions of views: which tables they name, and what they bring along.
//!
//! | view | names in its text mean | definition is seen |
//! |---|---|---|
//! | temporary | what they mean where it is made, temporary views included | the statement's query |
//! | permanent, made by the pipeline | the same; Spark refuses temporary views in it | the statement's query |
//! | permanent, found | what they mean in the database captured with it, temporary views aside | its text in the catalog |

use std::collections::BTreeSet;

use super::super::found::{Found, Outputs};
use super::super::session::{Change, Schema, View};
use super::super::{Access, Fixed, TableId, TableVersion, WriteKind};
use super::Resolver;
use crate::diagnostic::Span;
use crate::facts::catalog::{Catalog, TableKind, ViewFacts};
use crate::frontend::statement::{Identifier, Name, Query, ViewScope};

/// Captured settings under which the text of a view may say something else than it is read as here, with the value
/// that does it (Spark: `SQLConf`). What others change is under which settings the view is evaluated, at each use.
const OTHER_READINGS: [(&str, &str); 3] = [
    ("spark.sql.ansi.doublequotedidentifiers", "true"),
    ("spark.sql.casesensitive", "true"),
    ("spark.sql.legacy.cteprecedencepolicy", "legacy"),
];

/// A view as a statement defines it.
pub(super) struct Definition<'q> {
    pub(super) scope: ViewScope,
    pub(super) if_not_exists: bool,
    pub(super) columns: &'q [Identifier],
    pub(super) query: &'q Query,
}

impl Resolver<'_> {
    /// Looks into the texts of the permanent views that the catalog knows, as far as the pipeline reads them, through
    /// other views too.
    pub(super) fn permanent_views(&mut self, catalog: &Catalog) {
        let mut done = 0;
        loop {
            let new: Vec<(TableId, &ViewFacts, Schema)> = self
                .session
                .tables_from(done)
                .filter_map(|table| {
                    let facts = catalog.tables.get(&table.name)?;
                    let is_view = facts.kind == TableKind::View && !table.temporary;
                    let view = facts.view.as_ref().filter(|_| is_view)?;
                    Some((table.id, view, self.session.schema(table.id)))
                })
                .collect();
            let count = self.session.tables_from(0).count();
            if count == done {
                return;
            }
            done = count;
            let texts: Vec<&str> = new.iter().map(|(_, view, _)| view.text.as_str()).collect();
            let queries = crate::frontend::parse_views(&texts);
            for ((table, facts, schema), query) in new.into_iter().zip(queries) {
                if let Some(query) = query.filter(|_| reads_alike(facts)) {
                    let outside = self.session.enter_view(&facts.database);
                    let rules = self.session.rules;
                    self.session.rules = rules.captured(&facts.settings);
                    let (found, _) = self.walk_definition(&query);
                    self.session.rules = rules;
                    self.session.leave_view(outside);
                    let view = self.view(table, found, schema);
                    if view.reads.is_some() {
                        self.session.know_view(table, view);
                    }
                }
            }
        }
    }

    pub(super) fn create_view(
        &mut self,
        target: &Name,
        definition: &Definition<'_>,
        access: &mut Access,
    ) {
        // The definition reads nothing now; its names must exist.
        let (found, outputs) = self.walk_definition(definition.query);
        let outputs = outputs.renamed(definition.columns);
        access.described = tables_of(&found);
        let table = match definition.scope {
            ViewScope::Permanent => None,
            ViewScope::Temporary => Some(self.session.temporary(target)),
            ViewScope::GlobalTemporary => Some(self.session.global_temporary(target)),
            ViewScope::Existing => {
                let meaning = self.session.meaning(target);
                if meaning.uncertain {
                    // A temporary view or a permanent one.
                    let starts = self.session.start_all();
                    let kind = WriteKind::Define;
                    return self.note_write(meaning.table, kind, target.span, starts, access);
                }
                let temporary = self.session.is_temporary_view(meaning.table);
                temporary.then_some(meaning.table)
            }
        };
        if let Some(table) = table {
            self.define_view(table, target.span, found, outputs, access);
        } else {
            let table = self.session.table(target);
            let starts = if definition.if_not_exists {
                self.find_permanent_view(table, found, outputs)
            } else {
                self.define_permanent_view(table, found, outputs)
            };
            self.note_write(table, WriteKind::Define, target.span, starts, access);
        }
    }

    /// Notes the definition of a temporary view.
    pub(super) fn define_view(
        &mut self,
        table: TableId,
        name: Span,
        found: Found,
        outputs: Outputs,
        access: &mut Access,
    ) {
        let view = self.view(table, found, outputs.schema);
        let starts = self.session.define_view(table, view);
        self.note_write(table, WriteKind::Define, name, starts, access);
    }

    /// Notes the definition of a permanent view.
    fn define_permanent_view(
        &mut self,
        table: TableId,
        found: Found,
        outputs: Outputs,
    ) -> Vec<TableVersion> {
        let mut view = self.view(table, found, outputs.schema);
        let reads = view.reads.iter().flatten();
        if reads
            .copied()
            .any(|read| self.session.is_temporary_view(read))
        {
            // Spark refuses: whatever the view is, it is not this.
            view.reads = None;
        }
        let starts = self.session.change(table, Change::View);
        if view.reads.is_some() {
            self.session.know_view(table, view);
        }
        starts
    }

    /// `IF NOT EXISTS`: a view that is there keeps its definition.
    fn find_permanent_view(
        &mut self,
        table: TableId,
        found: Found,
        outputs: Outputs,
    ) -> Vec<TableVersion> {
        if self.session.is_absent(table) {
            return self.define_permanent_view(table, found, outputs);
        }
        match self.session.view(table).cloned() {
            Some(view) => self.session.define_view(table, view),
            None => self.session.change(table, Change::View),
        }
    }

    /// What a view is made of, whose definition is this.
    fn view(&self, table: TableId, found: Found, schema: Schema) -> View {
        let reads = tables_of(&found);
        let uncertain = found
            .reads
            .iter()
            .any(|read| read.fixed == Some(Fixed::AfterUnknownSession));
        // A view that replaces one which it reads keeps the old one inside: what it depends on is not a name.
        let is_recursive =
            reads.contains(&table) || reads.iter().any(|read| self.depends(*read, table));
        View {
            reads: (!uncertain && !is_recursive).then_some(reads),
            schema,
            sensitivities: found
                .sensitivities
                .into_iter()
                .map(|sensitivity| (sensitivity.kind, sensitivity.what))
                .collect::<BTreeSet<_>>(),
            generates: found.generates,
        }
    }

    fn depends(&self, view: TableId, on: TableId) -> bool {
        self.session.dependences(view).contains(&on)
    }
}

/// Whether the text is read here as Spark reads it under the settings captured with it.
fn reads_alike(view: &ViewFacts) -> bool {
    OTHER_READINGS.iter().all(|(key, value)| {
        view.settings.iter().all(|(captured, set)| {
            !captured.eq_ignore_ascii_case(key) || !set.trim().eq_ignore_ascii_case(value)
        })
    })
}

/// Tables and temporary views that a query names, each once.
fn tables_of(found: &Found) -> Vec<TableId> {
    let mut tables = Vec::new();
    for read in &found.reads {
        if !tables.contains(&read.table) {
            tables.push(read.table);
        }
    }
    tables
}
