//! The walk through a query: common table expressions, relations, clauses.
//!
//! One [`Walk`] serves one query of a statement. It collects what the query reads in the order of the walk; the
//! caller ([`super::resolve`]) sorts by place and numbers.

use std::collections::BTreeSet;
use std::ops::Range;

use super::scope::{Clause, RelationInfo, Relations, Scope};
use super::session::{Schema, Session};
use super::{Declarations, Filter, Fixed, Sensitivity, SensitivityKind, TableId};
use crate::diagnostic::Span;
use crate::frontend::statement::{
    Cte, Expression, Identifier, JoinColumns, JoinKind, Query, QueryBody, Relation, Select,
    SelectItem, TableReference,
};

/// A table named in a `FROM`.
#[derive(Debug)]
pub(super) struct FoundRead {
    /// The table or temporary view.
    pub table: TableId,
    /// The name as written.
    pub name: Span,
    /// Its alias.
    pub alias: Option<Identifier>,
    /// The last part of the name.
    pub last_part: Identifier,
    /// Columns needed; none where unknown or all.
    pub columns: Option<BTreeSet<String>>,
    /// Tests that every useful row passes.
    pub filters: Vec<Filter>,
    /// Why the name must stay.
    pub fixed: Option<Fixed>,
}

/// A common table expression or derived table.
#[derive(Debug)]
pub(super) struct FoundSubquery {
    /// The text between its parentheses.
    pub body: Span,
    /// Its name or alias.
    pub name: Option<Identifier>,
    /// Its columns as the text names them.
    pub outputs: Option<Vec<Identifier>>,
}

/// Everything found in one query.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Reads in the order of the walk.
    pub reads: Vec<FoundRead>,
    /// Subqueries in the order of the walk.
    pub subqueries: Vec<FoundSubquery>,
    /// Traits in the order of the walk.
    pub sensitivities: Vec<Sensitivity>,
    /// A use and the definition that it means, where the two may lie in different subqueries: common table
    /// expressions and columns of outer queries. None lies outside of all.
    pub crossings: Vec<(Span, Option<Span>)>,
    /// Places of operations that cost an exchange.
    pub exchanges: Vec<Span>,
    /// Per relation or common table expression: where it is defined, and the identifiers that name it.
    pub groups: Vec<(Span, Vec<Span>)>,
}

/// Columns of a query.
#[derive(Clone, Debug, Default)]
pub(super) struct Outputs {
    /// As far as they are known.
    pub schema: Schema,
    /// In order, where the text names all of them.
    pub identifiers: Option<Vec<Identifier>>,
}

impl Outputs {
    /// The same under the names of a column list.
    fn renamed(self, columns: &[Identifier]) -> Outputs {
        if columns.is_empty() {
            return self;
        }
        Outputs {
            schema: Schema {
                names: columns.iter().map(Identifier::key).collect(),
                complete: true,
            },
            identifiers: Some(columns.to_vec()),
        }
    }
}

/// A common table expression in scope.
#[derive(Debug)]
struct VisibleCte {
    key: String,
    name: Span,
    schema: Schema,
    group: usize,
}

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
    using: &'q JoinColumns,
}

/// The relations of one `FROM`, while it is walked.
#[derive(Default)]
pub(super) struct Block<'q> {
    /// Numbers of its relations in [`Walk::relations`].
    pub relations: Vec<usize>,
    /// Its joins, inner ones first.
    pub joins: Vec<JoinStep<'q>>,
    /// Arguments of table functions and lateral views.
    arguments: Vec<&'q Expression>,
    /// Has a relation that is computed per row of another: no filter is known to hold for single tables.
    pub lateral: bool,
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
    ctes: Vec<Vec<VisibleCte>>,
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
            ctes: Vec::new(),
        }
    }

    /// Walks a query and tells its columns.
    pub(super) fn query(&mut self, query: &Query) -> Outputs {
        self.ctes.push(Vec::new());
        for cte in &query.ctes {
            self.cte(cte);
        }
        let outputs = match &query.body {
            QueryBody::Select(select) => self.select(select, query),
            QueryBody::SetOperation { left, right } => {
                let outputs = self.set_operation(left, right);
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
        self.ctes.pop();
        outputs
    }

    fn cte(&mut self, cte: &Cte) {
        let outputs = self.query(&cte.query).renamed(&cte.columns);
        self.found.subqueries.push(FoundSubquery {
            body: cte.query.span,
            name: Some(cte.name.clone()),
            outputs: outputs.identifiers,
        });
        let group = self.group(cte.name.span);
        self.name_group(group, cte.name.span);
        if let Some(frame) = self.ctes.last_mut() {
            frame.push(VisibleCte {
                key: cte.name.key(),
                name: cte.name.span,
                schema: outputs.schema,
                group,
            });
        }
    }

    /// Long chains of `UNION ALL` nest to the left: they are walked in a loop.
    fn set_operation(&mut self, left: &Query, right: &Query) -> Outputs {
        let mut rights = vec![right];
        let mut first = left;
        while let QueryBody::SetOperation { left, right } = &first.body
            && first.ctes.is_empty()
            && first.order_by.is_empty()
            && first.tail.is_empty()
            && !first.limited
        {
            rights.push(right);
            first = left;
        }
        let outputs = self.query(first);
        for right in rights.into_iter().rev() {
            self.query(right);
        }
        outputs
    }

    /// `ORDER BY` and `LIMIT` over something that is no `SELECT` block: columns there are outputs.
    fn on_outputs(&mut self, query: &Query) {
        for expression in query.order_by.iter().chain(&query.tail) {
            self.calls(expression);
            for nested in &expression.queries {
                self.query(nested);
            }
        }
        if query.limited {
            self.limited(query);
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

    fn group(&mut self, anchor: Span) -> usize {
        self.found.groups.push((anchor, Vec::new()));
        self.found.groups.len() - 1
    }

    /// Notes an identifier that names a relation.
    pub(super) fn name_group(&mut self, group: usize, span: Span) {
        if let Some((_, spans)) = self.found.groups.get_mut(group) {
            spans.push(span);
        }
    }

    fn select(&mut self, select: &Select, query: &Query) -> Outputs {
        let mut block = Block::default();
        for relation in &select.from {
            let before = block.relations.len();
            self.relation(relation, &mut block);
            if before > 0 {
                self.found.exchanges.push(select.span);
            }
        }
        for _ in &block.joins {
            self.found.exchanges.push(select.span);
        }
        if select.grouped {
            self.found.exchanges.push(select.span);
        }
        if select.distinct {
            self.found.exchanges.push(select.span);
        }
        self.scopes.push(Scope {
            relations: block.relations.clone(),
            aliases: Vec::new(),
        });
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
            self.found.exchanges.push(select.span);
        }
        if query.limited && !self.is_ordered_uniquely(select, &query.order_by) {
            self.limited(query);
        }
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
                        scope.aliases.push(alias.key());
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
        self.calls(expression);
        for query in &expression.queries {
            self.query(query);
        }
    }

    /// Walks a relation. Joins nest to the left: they are walked in a loop.
    fn relation<'q>(&mut self, relation: &'q Relation, block: &mut Block<'q>) {
        let start = block.relations.len();
        let mut joins = Vec::new();
        let mut first = relation;
        while let Relation::Join {
            left,
            right,
            kind,
            on,
            using,
        } = first
        {
            joins.push((right.as_ref(), *kind, on.as_slice(), using));
            first = left.as_ref();
        }
        self.leaf(first, block);
        for (right, kind, on, using) in joins.into_iter().rev() {
            let middle = block.relations.len();
            self.relation(right, block);
            block.joins.push(JoinStep {
                left: start..middle,
                right: middle..block.relations.len(),
                kind,
                on,
                using,
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
            } => {
                if *lateral {
                    block.lateral = true;
                    self.scopes.push(Scope {
                        relations: block.relations.clone(),
                        aliases: Vec::new(),
                    });
                }
                let outputs = self.query(query).renamed(columns);
                if *lateral {
                    self.scopes.pop();
                }
                self.found.subqueries.push(FoundSubquery {
                    body: query.span,
                    name: alias.clone(),
                    outputs: outputs.identifiers,
                });
                // Its alias stands outside of its body.
                let span = alias.as_ref().map_or(query.span, |alias| alias.span);
                self.unread(alias.as_ref(), Some(span), outputs.schema, block);
            }
            Relation::Function { arguments, alias } => {
                block.lateral = true;
                block.arguments.extend(arguments);
                self.unread(
                    alias.as_ref(),
                    alias.as_ref().map(|alias| alias.span),
                    Schema::default(),
                    block,
                );
            }
            Relation::Join { .. } => self.relation(relation, block),
        }
    }

    /// A relation without rows of a table of its own.
    fn unread(
        &mut self,
        alias: Option<&Identifier>,
        span: Option<Span>,
        schema: Schema,
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
        });
        block.relations.push(number);
    }

    fn table(&mut self, table: &TableReference, block: &mut Block<'_>) {
        let Some(last) = table.name.parts.last() else {
            return;
        };
        let qualifier = table.alias.as_ref().unwrap_or(last).key();
        if let Some((name, mut schema, cte_group)) = self.visible_cte(table) {
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
            fixed: None,
        });
        let read = self.found.reads.len() - 1;
        if table.modified {
            self.fix(read, Fixed::Modified);
            self.sensitivity(SensitivityKind::Sampling, table.name.span, &last.text);
        }
        if meaning.uncertain {
            self.fix(read, Fixed::AfterUnknownSession);
        }
        self.view_sensitivities(meaning.table, table.name.span);
        let group = self.group(table.name.span);
        if let Some(alias) = &table.alias {
            self.name_group(group, alias.span);
        }
        let is_view = self.session.view(meaning.table).is_some();
        let full_name = (table.alias.is_none() && !is_view)
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
        });
        block.relations.push(number);
    }

    /// A view brings along what its definition contains; one that is not seen may contain anything.
    fn view_sensitivities(&mut self, table: TableId, span: Span) {
        let mut views = vec![table];
        views.extend(self.session.dependences(table));
        let mut inherited = BTreeSet::new();
        for view in views {
            if self.session.is_unseen_view(view) {
                let name = self.session.name(view).to_owned();
                inherited.insert((SensitivityKind::UnknownFunction, name));
            }
            let definition = self.session.view(view).map(|view| &view.sensitivities);
            for sensitivity in definition.into_iter().flatten() {
                inherited.insert((sensitivity.kind, sensitivity.what.clone()));
            }
        }
        for (kind, what) in inherited {
            self.sensitivity(kind, span, &what);
        }
    }

    fn visible_cte(&self, table: &TableReference) -> Option<(Span, Schema, usize)> {
        let [name] = table.name.parts.as_slice() else {
            return None;
        };
        let key = name.key();
        self.ctes
            .iter()
            .rev()
            .flat_map(|frame| frame.iter().rev())
            .find(|cte| cte.key == key)
            .map(|cte| (cte.name, cte.schema.clone(), cte.group))
    }

    /// Notes why a name must stay; the gravest reason wins.
    pub(super) fn fix(&mut self, read: usize, reason: Fixed) {
        if let Some(read) = self.found.reads.get_mut(read) {
            read.fixed = Some(read.fixed.map_or(reason, |fixed| fixed.min(reason)));
        }
    }

    fn using(&mut self, join: &JoinStep<'_>, block: &Block<'_>) {
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

fn column_list(columns: &[Identifier]) -> Schema {
    Schema {
        names: columns.iter().map(Identifier::key).collect(),
        complete: true,
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
