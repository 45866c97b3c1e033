//! Names in a query: which relation each qualifier means, found by scopes as in Spark.

use std::collections::BTreeMap;

use crate::diagnostic::Span;
use crate::frontend::statement::{
    ColumnReference, Expression, Identifier, JoinColumns, Query, QueryBody, Relation, Select,
    SelectItem, Statement, StatementKind, TableReference,
};

/// The query of a statement, that of a view included.
pub(super) fn query(statement: &Statement) -> Option<&Query> {
    match &statement.kind {
        StatementKind::CreateView { query, .. } => Some(query),
        kind => kind.query(),
    }
}

/// A relation named in a query.
#[derive(Clone, Copy, Debug)]
pub(super) struct TableUse<'q> {
    pub(super) reference: &'q TableReference,
    /// The common table expression of the same query that it means.
    pub(super) cte: Option<usize>,
    /// Its number among the relations, as in [`Role::Qualifier`].
    pub(super) number: usize,
}

/// What an identifier is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Gives a relation its alias.
    Alias,
    /// Qualifies a column by the relation with this number.
    Qualifier(usize),
    /// Defines the common table expression with this number.
    Cte(usize),
    /// Names the relation at this place of [`Names::tables`].
    Table(usize),
    /// Names a column.
    Column,
}

/// Every name of a query.
#[derive(Debug, Default)]
pub(super) struct Names<'q> {
    /// Relations named, in text order of their walk.
    pub(super) tables: Vec<TableUse<'q>>,
    /// Roles by the byte where the name starts.
    pub(super) roles: BTreeMap<u32, (Span, Role)>,
    /// What is joined by `AND` in each condition.
    pub(super) conditions: Vec<&'q [Expression]>,
    relations: usize,
    defined: usize,
    ctes: Vec<(String, usize)>,
    scopes: Vec<Vec<(String, usize)>>,
}

impl<'q> Names<'q> {
    /// The names of a query.
    pub(super) fn of(query: &'q Query) -> Self {
        let mut names = Names::default();
        names.query(query);
        names
    }

    fn role(&mut self, span: Span, role: Role) {
        self.roles.insert(span.start, (span, role));
    }

    fn columns(&mut self, columns: &[Identifier]) {
        for column in columns {
            self.role(column.span, Role::Column);
        }
    }

    fn query(&mut self, query: &'q Query) {
        let visible = self.ctes.len();
        for cte in &query.ctes {
            // A definition sees no columns from outside.
            let outer = std::mem::take(&mut self.scopes);
            self.query(&cte.query);
            self.scopes = outer;
            let number = self.defined;
            self.defined += 1;
            self.role(cte.name.span, Role::Cte(number));
            self.columns(&cte.columns);
            self.ctes.push((cte.name.key(), number));
        }
        self.scopes.push(Vec::new());
        match &query.body {
            QueryBody::Select(select) => self.select(select),
            QueryBody::SetOperation(inputs) => {
                for input in inputs {
                    self.query(input);
                }
            }
            QueryBody::Nested(nested) => self.query(nested),
            QueryBody::Values(values) => self.expressions(values),
        }
        self.expressions(&query.order_by);
        self.expressions(&query.tail);
        self.scopes.pop();
        self.ctes.truncate(visible);
    }

    fn select(&mut self, select: &'q Select) {
        for relation in &select.from {
            self.relation(relation);
        }
        for item in &select.items {
            match item {
                SelectItem::Expression { expression, alias } => {
                    self.expression(expression);
                    if let Some(alias) = alias {
                        self.role(alias.span, Role::Column);
                    }
                }
                SelectItem::Wildcard {
                    qualifier: Some(name),
                    ..
                } => {
                    if let [only] = name.parts.as_slice() {
                        self.qualifier(only);
                    }
                }
                SelectItem::Wildcard { .. } => {}
            }
        }
        self.condition(&select.filter);
        self.expressions(&select.group_by);
        self.condition(&select.having);
        self.expressions(&select.other);
    }

    fn relation(&mut self, relation: &'q Relation) {
        match relation {
            Relation::Table(reference) => {
                let cte = match reference.name.parts.as_slice() {
                    [only] => {
                        let key = only.key();
                        let mut ctes = self.ctes.iter().rev();
                        ctes.find(|(name, _)| *name == key)
                            .map(|(_, number)| *number)
                    }
                    _ => None,
                };
                self.role(reference.name.span, Role::Table(self.tables.len()));
                let number = self.relations;
                self.tables.push(TableUse {
                    reference,
                    cte,
                    number,
                });
                let called = reference.alias.as_ref().or(reference.name.parts.last());
                self.define(called, reference.alias.as_ref());
                self.columns(&reference.columns);
            }
            Relation::Derived {
                query,
                alias,
                columns,
                lateral,
                ..
            } => {
                // Only LATERAL sees the relations beside it.
                let beside = if *lateral { None } else { self.scopes.pop() };
                self.query(query);
                self.scopes.extend(beside);
                self.define(alias.as_ref(), alias.as_ref());
                self.columns(columns);
            }
            Relation::Joined { first, joins } => {
                self.relation(first);
                for join in joins {
                    self.relation(&join.relation);
                    self.condition(&join.on);
                    if let JoinColumns::Using(columns) = &join.using {
                        self.columns(columns);
                    }
                }
            }
            Relation::Function {
                arguments,
                alias,
                columns,
                ..
            } => {
                self.expressions(arguments);
                self.define(alias.as_ref(), alias.as_ref());
                self.columns(columns);
            }
        }
    }

    fn define(&mut self, called: Option<&Identifier>, alias: Option<&Identifier>) {
        let number = self.relations;
        self.relations += 1;
        if let (Some(called), Some(scope)) = (called, self.scopes.last_mut()) {
            scope.push((called.key(), number));
        }
        if let Some(alias) = alias {
            self.role(alias.span, Role::Alias);
        }
    }

    fn condition(&mut self, tests: &'q [Expression]) {
        if !tests.is_empty() {
            self.conditions.push(tests);
        }
        self.expressions(tests);
    }

    fn expressions(&mut self, expressions: &'q [Expression]) {
        for expression in expressions {
            self.expression(expression);
        }
    }

    fn expression(&mut self, expression: &'q Expression) {
        for column in &expression.columns {
            self.column(column);
        }
        let windows = expression
            .calls
            .iter()
            .filter_map(|call| call.window.as_ref());
        for column in windows.filter_map(|window| window.keys.as_ref()).flatten() {
            self.column(column);
        }
        for query in &expression.queries {
            self.query(query);
        }
    }

    fn column(&mut self, column: &ColumnReference) {
        let mut parts = column.parts.as_slice();
        if let [first, rest @ ..] = parts
            && !rest.is_empty()
            && self.qualifier(first)
        {
            parts = rest;
        }
        self.columns(parts);
    }

    /// Notes a qualifier; whether a relation in scope is called so.
    fn qualifier(&mut self, name: &Identifier) -> bool {
        let key = name.key();
        let mut relations = self.scopes.iter().rev().flatten();
        let found = relations
            .find(|(called, _)| *called == key)
            .map(|(_, number)| *number);
        if let Some(number) = found {
            self.role(name.span, Role::Qualifier(number));
        }
        found.is_some()
    }
}
