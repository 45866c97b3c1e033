//! Definitions of views.

use super::super::found::{Found, Outputs};
use super::super::session::{Change, View};
use super::super::{Access, Fixed, TableId, WriteKind};
use super::Resolver;
use crate::diagnostic::Span;
use crate::frontend::statement::{Identifier, Name, Query, ViewScope};

impl Resolver<'_> {
    pub(super) fn create_view(
        &mut self,
        target: &Name,
        scope: ViewScope,
        columns: &[Identifier],
        query: &Query,
        access: &mut Access,
    ) {
        // The definition reads nothing now; its names must exist.
        let (found, outputs) = self.walk(query);
        let outputs = outputs.renamed(columns);
        access.described = tables_of(&found);
        let table = match scope {
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
                let temporary = self.session.view(meaning.table).is_some();
                temporary.then_some(meaning.table)
            }
        };
        if let Some(table) = table {
            self.define_view(table, target.span, found, outputs, access);
        } else {
            let table = self.session.table(target);
            let starts = self.session.change(table, Change::View);
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
        let reads = tables_of(&found);
        let uncertain = found
            .reads
            .iter()
            .any(|read| read.fixed == Some(Fixed::AfterUnknownSession));
        // A view that replaces one which it reads keeps the old one inside: what it depends on is not a name.
        let is_recursive =
            reads.contains(&table) || reads.iter().any(|read| self.depends(*read, table));
        let may_call = found.generates && !self.session.reading_functions().is_empty();
        let view = View {
            reads: (!uncertain && !is_recursive && !may_call).then_some(reads),
            schema: outputs.schema,
            sensitivities: found.sensitivities,
        };
        let starts = self.session.define_view(table, view);
        self.note_write(table, WriteKind::Define, name, starts, access);
    }

    fn depends(&self, view: TableId, on: TableId) -> bool {
        self.session.dependences(view).contains(&on)
    }
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
