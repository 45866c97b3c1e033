//! The walk through a query: common table expressions, relations, clauses.
//!
//! One [`Walk`] serves one query of a statement. It collects what the query reads in the order of the walk; the
//! caller ([`super::resolve()`]) sorts by place and numbers.

use std::collections::{BTreeMap, BTreeSet};

use super::exchange::Exchange;
use super::found::{Found, FoundSubquery, Outputs};
use super::from::Block;
use super::scope::{Clause, Relations, Scope};
use super::session::{Schema, Session};
use super::{Declarations, Fixed, Sensitivity, SensitivityKind};
use crate::diagnostic::Span;
use crate::frontend::statement::{
    Cte, Expression, Identifier, Query, QueryBody, Select, SelectItem,
};

/// A common table expression in scope.
#[derive(Debug)]
pub(super) struct VisibleCte {
    /// Its name where it is defined.
    pub name: Span,
    /// Its columns.
    pub schema: Schema,
    /// The group of identifiers that name it.
    pub group: usize,
    /// The subquery that it is, under the names of its body's columns.
    pub subquery: Option<usize>,
}

/// The walk through one query.
pub(super) struct Walk<'w, 'c> {
    /// Names and versions before the statement.
    pub session: &'w mut Session<'c>,
    /// What the user declares.
    pub declarations: &'w Declarations,
    /// What is found.
    pub found: Found,
    /// All relations met so far.
    pub relations: Relations,
    /// Blocks that the place at hand lies in, outermost first.
    pub scopes: Vec<Scope>,
    /// Common table expressions in scope, by lower-case name; the one that hides the others last.
    pub ctes: BTreeMap<String, Vec<VisibleCte>>,
    /// The query is the definition of a view: what views in it bring along is told where it is used, as they are there.
    pub defines: bool,
}

impl<'w, 'c> Walk<'w, 'c> {
    /// A walk from the top of a query.
    pub(super) fn new(session: &'w mut Session<'c>, declarations: &'w Declarations) -> Self {
        Walk {
            session,
            declarations,
            found: Found::default(),
            relations: Relations::default(),
            scopes: Vec::new(),
            ctes: BTreeMap::new(),
            defines: false,
        }
    }

    /// Walks a query and tells its columns.
    pub(super) fn query(&mut self, query: &Query) -> Outputs {
        for cte in &query.ctes {
            self.cte(cte);
        }
        let outputs = match &query.body {
            QueryBody::Select(select) => self.select(select, query),
            QueryBody::SetOperation(inputs) => {
                let mut inputs = inputs.iter().map(|input| self.query(input));
                let outputs = inputs.next().unwrap_or_default();
                inputs.for_each(drop);
                // Columns of different types are cast to one.
                self.strict(query.span, "a set operation");
                self.on_outputs(query);
                outputs
            }
            QueryBody::Nested(inner) => {
                let outputs = self.query(inner);
                self.on_outputs(query);
                outputs
            }
            QueryBody::Values(values) => {
                for value in values {
                    self.expression(value, Clause::Plain);
                }
                self.on_outputs(query);
                Outputs::default()
            }
        };
        for cte in &query.ctes {
            if let Some(visible) = self.ctes.get_mut(&cte.name.key()) {
                visible.pop();
            }
        }
        outputs
    }

    fn cte(&mut self, cte: &Cte) {
        if cte.recursive {
            // It sees itself, with columns that are known only where they are listed.
            let group = self.group(cte.name.span);
            self.name_group(group, cte.name.span);
            let outputs = Outputs::default().renamed(&cte.columns);
            self.define(cte, outputs.schema, group, None);
        }
        let outputs = self.query(&cte.query);
        // The names of a column list stand outside of its body.
        let named = outputs.identifiers.clone();
        let outputs = outputs.renamed(&cte.columns);
        if cte.recursive {
            if let Some(visible) = self.ctes.get_mut(&cte.name.key())
                && let Some(itself) = visible.last_mut()
            {
                itself.schema = outputs.schema;
            }
            return;
        }
        let mut subquery = None;
        if cte.query.verbatim {
            subquery = cte
                .columns
                .is_empty()
                .then_some(self.found.subqueries.len());
            self.found.subqueries.push(FoundSubquery {
                body: cte.query.span,
                name: Some(cte.name.clone()),
                outputs: named,
                gatherings: Vec::new(),
            });
        }
        let group = self.group(cte.name.span);
        self.name_group(group, cte.name.span);
        self.define(cte, outputs.schema, group, subquery);
    }

    /// Makes a common table expression visible.
    fn define(&mut self, cte: &Cte, schema: Schema, group: usize, subquery: Option<usize>) {
        self.ctes
            .entry(cte.name.key())
            .or_default()
            .push(VisibleCte {
                name: cte.name.span,
                schema,
                group,
                subquery,
            });
    }

    /// `ORDER BY` and `LIMIT` over something that is no `SELECT` block: columns there are outputs.
    fn on_outputs(&mut self, query: &Query) {
        for expression in query.order_by.iter().chain(&query.tail) {
            self.calls(expression);
            self.arranged_calls(expression);
            self.failures(expression);
            for nested in &expression.queries {
                self.query(nested);
            }
        }
        if query.limited {
            self.limited(query);
        }
        if !query.order_by.is_empty() {
            self.arranged(query.span, "ORDER BY");
        }
    }

    fn limited(&mut self, query: &Query) {
        let span = query
            .tail
            .last()
            .map_or(query.span, |expression| expression.span);
        self.sensitivity(SensitivityKind::OrderSensitive, span, "LIMIT");
    }

    /// Notes a trait.
    pub(super) fn sensitivity(&mut self, kind: SensitivityKind, span: Span, what: &str) {
        self.found.sensitivities.push(Sensitivity {
            kind,
            span,
            what: what.to_owned(),
        });
    }

    /// A new group of identifiers that name one relation.
    pub(super) fn group(&mut self, anchor: Span) -> usize {
        self.found.groups.push((anchor, Vec::new()));
        self.found.groups.len() - 1
    }

    /// Notes an identifier that names a relation.
    pub(super) fn name_group(&mut self, group: usize, span: Span) {
        if let Some((_, spans)) = self.found.groups.get_mut(group) {
            spans.push(span);
        }
    }

    fn exchange(&mut self, select: &Select, exchange: Exchange) {
        self.found.exchanges.push((select.span, exchange));
    }

    fn select(&mut self, select: &Select, query: &Query) -> Outputs {
        let mut block = Block::default();
        for relation in &select.from {
            let before = block.relations.len();
            self.relation(relation, &mut block);
            if before > 0 {
                self.exchange(select, Exchange::Join);
            }
        }
        for _ in &block.joins {
            self.exchange(select, Exchange::Join);
        }
        if select.grouped {
            let keys = !select.group_by.is_empty();
            self.exchange(
                select,
                if keys {
                    Exchange::Grouping
                } else {
                    Exchange::Total
                },
            );
        }
        if select.distinct {
            self.exchange(select, Exchange::Grouping);
        }
        self.scopes
            .push(Scope::new(block.relations.clone(), &self.relations));
        for argument in &block.arguments {
            self.expression(argument, Clause::Plain);
        }
        for join in &block.joins {
            self.using(join, &block);
            self.expressions(join.on, Clause::Plain);
        }
        self.items(select);
        self.expressions(&select.filter, Clause::Plain);
        self.expressions(&select.group_by, Clause::Aliases);
        self.expressions(&select.having, Clause::Aliases);
        self.expressions(&select.other, Clause::Aliases);
        self.expressions(&query.order_by, Clause::Order);
        self.expressions(&query.tail, Clause::Order);
        self.filters(&block, &select.filter);
        if has_window(select, query) {
            self.exchange(select, Exchange::Window);
        }
        let unique = self.is_ordered_uniquely(select, &query.order_by);
        if query.limited && !unique {
            self.limited(query);
        }
        if let Some(first) = query.order_by.first().filter(|_| !unique) {
            self.arranged(first.span, "ORDER BY");
        }
        self.gatherings(select, &block);
        let outputs = self.outputs(select);
        self.scopes.pop();
        outputs
    }

    /// Walks the select list. An item sees the aliases of the items before it, later clauses see all.
    fn items(&mut self, select: &Select) {
        for item in &select.items {
            match item {
                SelectItem::Expression { expression, alias } => {
                    self.expression(expression, Clause::Aliases);
                    if let Some(alias) = alias
                        && !is_same_column(expression, alias)
                        && let Some(scope) = self.scopes.last_mut()
                    {
                        scope.aliases.insert(alias.key());
                    }
                }
                SelectItem::Wildcard { qualifier, .. } => self.wildcard(qualifier.as_ref()),
            }
        }
    }

    fn expressions(&mut self, expressions: &[Expression], clause: Clause) {
        for expression in expressions {
            self.expression(expression, clause);
        }
    }

    fn expression(&mut self, expression: &Expression, clause: Clause) {
        for reference in &expression.columns {
            self.column(reference, clause);
        }
        for qualifier in &expression.stars {
            self.wildcard(qualifier.as_ref());
        }
        self.calls(expression);
        self.arranged_calls(expression);
        self.failures(expression);
        for query in &expression.queries {
            self.query(query);
        }
    }

    /// Notes why a name must stay; the gravest reason wins.
    pub(super) fn fix(&mut self, read: usize, reason: Fixed) {
        if let Some(read) = self.found.reads.get_mut(read) {
            read.fixed = Some(read.fixed.map_or(reason, |fixed| fixed.min(reason)));
        }
    }

    fn outputs(&self, select: &Select) -> Outputs {
        let mut schema = Schema {
            names: BTreeSet::new(),
            complete: true,
        };
        let mut identifiers = Some(Vec::new());
        for item in &select.items {
            let name = match item {
                SelectItem::Expression { expression, alias } => alias
                    .as_ref()
                    .or_else(|| super::scope::column_name(expression)),
                SelectItem::Wildcard { qualifier, span } => {
                    let stars = qualifier
                        .as_ref()
                        .map_or(1, |name| name.span.end - name.span.start + 2);
                    let expanded = if span.end - span.start == stars {
                        self.expanded(qualifier.as_ref())
                    } else {
                        // `* EXCEPT (…)` and the like: fewer or other columns.
                        Schema::default()
                    };
                    schema.names.extend(expanded.names);
                    schema.complete &= expanded.complete;
                    identifiers = None;
                    continue;
                }
            };
            if let Some(name) = name {
                schema.names.insert(name.key());
                if let Some(identifiers) = &mut identifiers {
                    identifiers.push(name.clone());
                }
            } else {
                // Spark makes up a name; for a cast it is that of the column, so it may be any.
                schema.complete = false;
                identifiers = None;
            }
        }
        Outputs {
            schema,
            identifiers,
        }
    }
}

/// `c AS c`: the alias and the column are the same.
fn is_same_column(expression: &Expression, alias: &Identifier) -> bool {
    super::scope::column_name(expression).is_some_and(|name| name.key() == alias.key())
        && matches!(expression.columns.as_slice(), [column] if column.parts.len() == 1)
}

fn has_window(select: &Select, query: &Query) -> bool {
    let items = select.items.iter().filter_map(|item| match item {
        SelectItem::Expression { expression, .. } => Some(expression),
        SelectItem::Wildcard { .. } => None,
    });
    items
        .chain(&select.other)
        .chain(&query.order_by)
        .any(|expression| expression.calls.iter().any(|call| call.window.is_some()))
}
