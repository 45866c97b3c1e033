//! Every name in a query, with its place. Iterative: generated queries nest deeply.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Span;
use crate::frontend::statement::{
    ColumnReference, Expression, Identifier, JoinColumns, Name, Query, QueryBody, Relation, Select,
    SelectItem, Shape, TableReference,
};

/// The names of a query.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    /// Tokens that can only be names of columns, relations or aliases.
    pub(super) identifiers: BTreeSet<Span>,
    /// Aliases of relations and select items: an `AS` before one of them is optional.
    pub(super) aliases: BTreeSet<Span>,
    /// Tables, views and common table expressions named in `FROM`, by the place of the name.
    pub(super) tables: BTreeMap<Span, &'a TableReference>,
    /// Aliases of derived tables and table functions.
    pub(super) derived: Vec<&'a Identifier>,
    /// `*` and `t.*` of select lists.
    pub(super) wildcards: usize,
    /// The conjuncts of every condition: `WHERE`, `HAVING`, `ON`.
    pub(super) conditions: Vec<Vec<Span>>,
    /// Conjuncts of the form `column = column`.
    pub(super) equalities: BTreeSet<Span>,
    /// Columns as written.
    pub(super) references: Vec<&'a ColumnReference>,
    /// What qualifies `t.*`.
    pub(super) starred: Vec<&'a Name>,
    /// What orders or cuts a query that is no block itself, with the place of that query.
    pub(super) outer_orders: Vec<(Span, &'a Expression)>,
}

enum Node<'a> {
    Query(&'a Query),
    Relation(&'a Relation),
    Expression(&'a Expression),
}

impl<'a> Names<'a> {
    pub(super) fn of(query: &'a Query) -> Self {
        let mut names = Names::default();
        let mut open = vec![Node::Query(query)];
        while let Some(node) = open.pop() {
            match node {
                Node::Query(query) => names.query(query, &mut open),
                Node::Relation(relation) => names.relation(relation, &mut open),
                Node::Expression(expression) => {
                    names.columns(&expression.columns);
                    for star in &expression.stars {
                        names.wildcards += 1;
                        if let Some(name) = star {
                            names.names(&name.parts);
                            names.starred.push(name);
                        }
                    }
                    for window in expression
                        .calls
                        .iter()
                        .filter_map(|call| call.window.as_ref())
                    {
                        names.columns(window.keys.as_deref().unwrap_or(&[]));
                    }
                    open.extend(expression.queries.iter().map(Node::Query));
                }
            }
        }
        names
    }

    fn query(&mut self, query: &'a Query, open: &mut Vec<Node<'a>>) {
        for cte in &query.ctes {
            self.names(std::slice::from_ref(&cte.name));
            self.names(&cte.columns);
            open.push(Node::Query(&cte.query));
        }
        match &query.body {
            QueryBody::Select(select) => self.select(select, open),
            QueryBody::SetOperation(inputs) => open.extend(inputs.iter().map(Node::Query)),
            QueryBody::Nested(inner) => open.push(Node::Query(inner)),
            QueryBody::Values(values) => open.extend(values.iter().map(Node::Expression)),
        }
        let last = query.order_by.iter().chain(&query.tail);
        if !matches!(query.body, QueryBody::Select(_)) {
            let outer = last.clone().map(|expression| (query.span, expression));
            self.outer_orders.extend(outer);
        }
        open.extend(last.map(Node::Expression));
    }

    fn select(&mut self, select: &'a Select, open: &mut Vec<Node<'a>>) {
        for item in &select.items {
            match item {
                SelectItem::Expression { expression, alias } => {
                    self.aliases(alias.as_ref());
                    open.push(Node::Expression(expression));
                }
                SelectItem::Wildcard { qualifier, .. } => {
                    self.wildcards += 1;
                    if let Some(name) = qualifier {
                        self.names(&name.parts);
                        self.starred.push(name);
                    }
                }
            }
        }
        open.extend(select.from.iter().map(Node::Relation));
        self.condition(&select.filter);
        self.condition(&select.having);
        let clauses = [
            &select.filter,
            &select.group_by,
            &select.having,
            &select.other,
        ];
        open.extend(clauses.into_iter().flatten().map(Node::Expression));
    }

    fn relation(&mut self, relation: &'a Relation, open: &mut Vec<Node<'a>>) {
        match relation {
            Relation::Table(table) => {
                self.names(&table.name.parts);
                self.names(&table.columns);
                self.aliases(table.alias.as_ref());
                self.tables.insert(table.name.span, table);
            }
            Relation::Derived {
                query,
                alias,
                columns,
                ..
            } => {
                self.names(columns);
                self.aliases(alias.as_ref());
                self.derived.extend(alias);
                open.push(Node::Query(query));
            }
            Relation::Joined { first, joins } => {
                open.push(Node::Relation(first));
                for join in joins {
                    if let JoinColumns::Using(columns) = &join.using {
                        self.names(columns);
                    }
                    open.push(Node::Relation(&join.relation));
                    self.condition(&join.on);
                    open.extend(join.on.iter().map(Node::Expression));
                }
            }
            Relation::Function {
                arguments,
                alias,
                columns,
                ..
            } => {
                self.names(columns);
                self.aliases(alias.as_ref());
                self.derived.extend(alias);
                open.extend(arguments.iter().map(Node::Expression));
            }
        }
    }

    fn condition(&mut self, conjuncts: &[Expression]) {
        if conjuncts.is_empty() {
            return;
        }
        let spans = conjuncts.iter().map(|conjunct| conjunct.span);
        self.conditions.push(spans.collect());
        let equalities = conjuncts
            .iter()
            .filter(|conjunct| conjunct.shape == Shape::Equality);
        self.equalities
            .extend(equalities.map(|conjunct| conjunct.span));
    }

    fn columns(&mut self, columns: &'a [ColumnReference]) {
        for column in columns {
            self.references.push(column);
            self.names(&column.parts);
        }
    }

    fn names(&mut self, identifiers: &[Identifier]) {
        self.identifiers
            .extend(identifiers.iter().map(|identifier| identifier.span));
    }

    fn aliases(&mut self, identifier: Option<&Identifier>) {
        self.identifiers
            .extend(identifier.map(|identifier| identifier.span));
        self.aliases
            .extend(identifier.map(|identifier| identifier.span));
    }
}
