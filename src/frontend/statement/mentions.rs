//! What a statement mentions: the names of tables and columns in its text, before the session gives them a meaning.
//!
//! Common table expressions are told from tables as Spark does (`CTESubstitution`): a one-part name means the
//! innermost common table expression of that name which is defined before it. Whether any other name is a table, a
//! view or a temporary view is for `access` to say.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Expression, Name, Query, QueryBody, Relation, Select, SelectItem, StatementKind, TableReference,
};

/// How many common table expressions of each name are visible, by lower-case name.
type Visible = BTreeMap<String, u32>;

/// Names in the text of one statement.
#[derive(Clone, Debug, Default)]
pub struct Mentions<'a> {
    /// Relations whose rows are read, by the statement or by the view that it defines; in the order of the walk.
    pub reads: Vec<&'a TableReference>,
    /// What it makes, changes or removes.
    pub writes: Vec<&'a Name>,
    /// Tables of which only metadata is used.
    pub described: Vec<&'a Name>,
    /// Columns as written, lower-case, parts joined by dots; aliases of select lists where they are referred to.
    pub columns: BTreeSet<String>,
}

impl<'a> Mentions<'a> {
    /// The names in a statement.
    pub fn of(kind: &'a StatementKind) -> Self {
        let mut mentions = Mentions {
            writes: kind.targets(),
            described: kind.described(),
            ..Mentions::default()
        };
        let mut ctes = Visible::new();
        for query in kind.queries() {
            mentions.query(query, &mut ctes);
        }
        // `MERGE` and its like test the rows that they change: the target is no read.
        let place = |name: &Name| (name.span, name.key());
        let targets: BTreeSet<_> = mentions.writes.iter().map(|name| place(name)).collect();
        mentions
            .reads
            .retain(|table| !targets.contains(&place(&table.name)));
        // The relations of a `FROM` that several `INSERT`s share.
        let mut seen = BTreeSet::new();
        mentions
            .reads
            .retain(|table| seen.insert(place(&table.name)));
        mentions
    }

    fn query(&mut self, query: &'a Query, ctes: &mut Visible) {
        for cte in &query.ctes {
            if !cte.recursive {
                self.query(&cte.query, ctes);
            }
            *ctes.entry(cte.name.key()).or_default() += 1;
            if cte.recursive {
                self.query(&cte.query, ctes);
            }
        }
        match &query.body {
            QueryBody::Select(select) => self.select(select, ctes),
            QueryBody::SetOperation(inputs) => {
                for input in inputs {
                    self.query(input, ctes);
                }
            }
            QueryBody::Nested(inner) => self.query(inner, ctes),
            QueryBody::Values(values) => self.expressions(values, ctes),
        }
        self.expressions(&query.order_by, ctes);
        self.expressions(&query.tail, ctes);
        for cte in &query.ctes {
            if let Some(count) = ctes.get_mut(&cte.name.key()) {
                *count -= 1;
            }
        }
    }

    fn select(&mut self, select: &'a Select, ctes: &mut Visible) {
        for relation in &select.from {
            self.relation(relation, ctes);
        }
        for item in &select.items {
            if let SelectItem::Expression { expression, .. } = item {
                self.expression(expression, ctes);
            }
        }
        for clause in [
            &select.filter,
            &select.group_by,
            &select.having,
            &select.other,
        ] {
            self.expressions(clause, ctes);
        }
    }

    fn relation(&mut self, relation: &'a Relation, ctes: &mut Visible) {
        match relation {
            Relation::Table(table) => {
                let is_cte = match table.name.parts.as_slice() {
                    [only] => ctes.get(&only.key()).is_some_and(|count| *count > 0),
                    _ => false,
                };
                if !is_cte {
                    self.reads.push(table);
                }
            }
            Relation::Derived { query, .. } => self.query(query, ctes),
            Relation::Joined { first, joins } => {
                self.relation(first, ctes);
                for join in joins {
                    self.relation(&join.relation, ctes);
                    self.expressions(&join.on, ctes);
                }
            }
            Relation::Function { arguments, .. } => self.expressions(arguments, ctes),
        }
    }

    fn expressions(&mut self, expressions: &'a [Expression], ctes: &mut Visible) {
        for expression in expressions {
            self.expression(expression, ctes);
        }
    }

    fn expression(&mut self, expression: &'a Expression, ctes: &mut Visible) {
        for column in &expression.columns {
            let parts: Vec<String> = column.parts.iter().map(super::Identifier::key).collect();
            self.columns.insert(parts.join("."));
        }
        for query in &expression.queries {
            self.query(query, ctes);
        }
    }
}
