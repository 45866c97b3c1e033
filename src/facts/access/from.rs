//! The walk through a `FROM`: tables, derived tables, joins.

use std::collections::BTreeSet;
use std::ops::Range;

use super::block::Walk;
use super::found::{FoundRead, FoundSubquery};
use super::scope::{RelationInfo, Scope};
use super::session::Schema;
use super::{Fixed, SensitivityKind, TableId};
use crate::diagnostic::Span;
use crate::frontend::statement::{
    Expression, Identifier, JoinColumns, JoinKind, Relation, TableReference,
};

/// A join of a block. Relations are numbered within the block, left to right.
pub(super) struct JoinStep<'q> {
    /// Relations of the left input.
    pub left: Range<usize>,
    /// Relations of the right input.
    pub right: Range<usize>,
    /// Which rows are kept.
    pub kind: JoinKind,
    /// Conjuncts of `ON`.
    pub on: &'q [Expression],
    /// Columns of `USING`.
    pub using: &'q JoinColumns,
}

/// The relations of one `FROM`, while it is walked.
#[derive(Default)]
pub(super) struct Block<'q> {
    /// Numbers of its relations in [`Walk::relations`].
    pub relations: Vec<usize>,
    /// Its joins, inner ones first.
    pub joins: Vec<JoinStep<'q>>,
    /// Arguments of table functions and lateral views.
    pub arguments: Vec<&'q Expression>,
    /// Has a relation that is computed per row of another: no filter is known to hold for single tables.
    pub lateral: bool,
}

impl Walk<'_, '_> {
    /// Walks a relation with its joins.
    pub(super) fn relation<'q>(&mut self, relation: &'q Relation, block: &mut Block<'q>) {
        let Relation::Joined { first, joins } = relation else {
            self.leaf(relation, block);
            return;
        };
        let start = block.relations.len();
        self.relation(first, block);
        for join in joins {
            let middle = block.relations.len();
            self.relation(&join.relation, block);
            block.joins.push(JoinStep {
                left: start..middle,
                right: middle..block.relations.len(),
                kind: join.kind,
                on: &join.on,
                using: &join.using,
            });
        }
    }

    fn leaf<'q>(&mut self, relation: &'q Relation, block: &mut Block<'q>) {
        match relation {
            Relation::Table(table) => self.table(table, block),
            Relation::Derived {
                query,
                alias,
                columns,
                lateral,
                modified,
            } => {
                if *lateral {
                    block.lateral = true;
                    self.scopes
                        .push(Scope::new(block.relations.clone(), &self.relations));
                }
                let outputs = self.query(query);
                // The names of a column list stand outside of its body.
                let named = outputs.identifiers.clone();
                let outputs = outputs.renamed(columns);
                if *lateral {
                    self.scopes.pop();
                }
                let mut subquery = None;
                if query.verbatim {
                    subquery = columns.is_empty().then_some(self.found.subqueries.len());
                    self.found.subqueries.push(FoundSubquery {
                        body: query.span,
                        name: alias.clone(),
                        outputs: named,
                        gatherings: Vec::new(),
                    });
                }
                if *modified {
                    self.sensitivity(SensitivityKind::Sampling, query.span, "TABLESAMPLE");
                }
                // Its alias stands outside of its body.
                let span = alias.as_ref().map_or(query.span, |alias| alias.span);
                self.unread(alias.as_ref(), Some(span), outputs.schema, subquery, block);
            }
            Relation::Function {
                arguments,
                alias,
                columns,
                whole,
            } => {
                block.lateral = true;
                self.found.generates = true;
                block.arguments.extend(arguments);
                if *whole {
                    for relation in block.relations.clone() {
                        self.unknown_columns(relation);
                    }
                }
                let schema = if columns.is_empty() {
                    Schema::default()
                } else {
                    column_list(columns)
                };
                let span = alias.as_ref().map(|alias| alias.span);
                self.unread(alias.as_ref(), span, schema, None, block);
            }
            Relation::Joined { .. } => self.relation(relation, block),
        }
    }

    /// A relation without rows of a table of its own.
    fn unread(
        &mut self,
        alias: Option<&Identifier>,
        span: Option<Span>,
        schema: Schema,
        subquery: Option<usize>,
        block: &mut Block<'_>,
    ) {
        let group = alias.map(|alias| {
            let group = self.group(alias.span);
            self.name_group(group, alias.span);
            group
        });
        let number = self.relations.add(RelationInfo {
            qualifier: alias.map(Identifier::key),
            span,
            schema,
            group,
            full_name: None,
            read: None,
            subquery,
        });
        block.relations.push(number);
    }

    fn table(&mut self, table: &TableReference, block: &mut Block<'_>) {
        let Some(last) = table.name.parts.last() else {
            return;
        };
        let qualifier = table.alias.as_ref().unwrap_or(last).key();
        if let Some((name, mut schema, cte_group, subquery)) = self.visible_cte(table) {
            self.found.crossings.push((table.name.span, Some(name)));
            self.name_group(cte_group, table.name.span);
            let group = if let Some(alias) = &table.alias {
                let group = self.group(table.name.span);
                self.name_group(group, alias.span);
                group
            } else {
                cte_group
            };
            if !table.columns.is_empty() {
                schema = column_list(&table.columns);
            }
            if table.modified {
                self.sensitivity(SensitivityKind::Sampling, table.name.span, &last.text);
            }
            let number = self.relations.add(RelationInfo {
                qualifier: Some(qualifier),
                span: Some(table.name.span),
                schema,
                group: Some(group),
                full_name: None,
                read: None,
                subquery: subquery.filter(|_| table.columns.is_empty()),
            });
            block.relations.push(number);
            return;
        }
        let meaning = self.session.meaning(&table.name);
        self.found.reads.push(FoundRead {
            table: meaning.table,
            name: table.name.span,
            alias: table.alias.clone(),
            last_part: last.clone(),
            columns: table.columns.is_empty().then(BTreeSet::new),
            filters: Vec::new(),
            gatherings: Vec::new(),
            fixed: None,
        });
        let read = self.found.reads.len() - 1;
        if table.modified {
            self.fix(read, Fixed::Modified);
            self.sensitivity(SensitivityKind::Sampling, table.name.span, &last.text);
        }
        if table.bare {
            self.fix(read, Fixed::Bare);
        }
        if meaning.uncertain {
            self.fix(read, Fixed::AfterUnknownSession);
        }
        if !self.defines {
            self.view_sensitivities(meaning.table, table.name.span);
        }
        let group = self.group(table.name.span);
        if let Some(alias) = &table.alias {
            self.name_group(group, alias.span);
        }
        let is_temporary = self.session.is_temporary_view(meaning.table);
        let full_name = (table.alias.is_none() && !is_temporary)
            .then(|| self.session.name(meaning.table).to_owned());
        let schema = if table.columns.is_empty() {
            self.session.schema(meaning.table)
        } else {
            column_list(&table.columns)
        };
        let number = self.relations.add(RelationInfo {
            qualifier: Some(qualifier),
            span: Some(table.name.span),
            schema,
            group: Some(group),
            full_name,
            // Columns of a list are not those of the table: all of them are needed.
            read: table.columns.is_empty().then_some(read),
            subquery: None,
        });
        block.relations.push(number);
    }

    /// A view brings along what its definition contains; one that is not seen may contain anything.
    fn view_sensitivities(&mut self, table: TableId, span: Span) {
        if self.session.is_view(table) || self.session.view(table).is_some() {
            self.arranged(span, "a view");
        }
        let mut views = vec![table];
        views.extend(self.session.dependences(table));
        let mut inherited = BTreeSet::new();
        for view in views {
            if self.session.is_unseen_view(view) {
                let name = self.session.name(view).to_owned();
                inherited.insert((SensitivityKind::UnknownFunction, name));
            }
            if let Some(definition) = self.session.view(view) {
                inherited.extend(definition.sensitivities.iter().cloned());
                self.found.generates |= definition.generates;
            }
        }
        for (kind, what) in inherited {
            self.sensitivity(kind, span, &what);
        }
    }

    fn visible_cte(&self, table: &TableReference) -> Option<(Span, Schema, usize, Option<usize>)> {
        let [name] = table.name.parts.as_slice() else {
            return None;
        };
        let cte = self.ctes.get(&name.key())?.last()?;
        Some((cte.name, cte.schema.clone(), cte.group, cte.subquery))
    }

    /// Columns that a join takes by name.
    pub(super) fn using(&mut self, join: &JoinStep<'_>, block: &Block<'_>) {
        if !matches!(join.using, JoinColumns::None)
            && let Some((anchor, _)) = self.found.groups.last()
        {
            // Columns of different types are cast to one.
            self.strict(*anchor, "a join of columns by their names");
        }
        for side in [&join.left, &join.right] {
            let side = block
                .relations
                .get(side.clone())
                .unwrap_or_default()
                .to_vec();
            match join.using {
                JoinColumns::None => {}
                JoinColumns::Natural => {
                    for relation in side {
                        self.unknown_columns(relation);
                    }
                }
                JoinColumns::Using(columns) => {
                    for column in columns {
                        self.joined_column(&column.key(), &side);
                    }
                }
            }
        }
    }
}

fn column_list(columns: &[Identifier]) -> Schema {
    Schema {
        names: columns.iter().map(Identifier::key).collect(),
        complete: true,
    }
}
