//! Queries of the syntax tree → [`Query`], with exact places.
//!
//! Tree and text are walked together: the tree says which clauses there are, the tokens outside brackets say where
//! each begins and ends. Where the two do not agree the statement is not understood, which makes it a barrier;
//! nothing is guessed.

use std::ops::Range;

use sqlparser::ast::{
    self, GroupByExpr, JoinConstraint, JoinOperator, LimitClause, OrderByKind,
    SelectItemQualifiedWildcardKind, SetExpr, TableFactor,
};

use super::text::Text;
use crate::frontend::statement::{
    Cte, Expression, Identifier, JoinColumns, JoinKind, Query, QueryBody, Relation, Select,
    SelectItem, TableReference,
};

/// Why a query that parses is not understood all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotUnderstood(pub(super) String);

pub(super) fn not_understood(what: &str) -> NotUnderstood {
    NotUnderstood(format!("{what} is not understood"))
}

/// Lowers the queries of one file.
pub(super) struct Lowering<'a> {
    pub(super) text: &'a Text<'a>,
}

/// Clauses after the body of a query.
const TAILS: [&[&str]; 7] = [
    &["ORDER", "BY"],
    &["SORT", "BY"],
    &["CLUSTER", "BY"],
    &["DISTRIBUTE", "BY"],
    &["LIMIT"],
    &["OFFSET"],
    &["FETCH"],
];

/// Words that begin a join.
const JOIN_WORDS: [&str; 9] = [
    "INNER", "CROSS", "LEFT", "RIGHT", "FULL", "OUTER", "SEMI", "ANTI", "NATURAL",
];

/// Aggregates that make a block without `GROUP BY` a global aggregate. Source: Spark `FunctionRegistry`,
/// aggregate functions.
const AGGREGATES: [&str; 44] = [
    "any",
    "any_value",
    "approx_count_distinct",
    "approx_percentile",
    "array_agg",
    "avg",
    "bit_and",
    "bit_or",
    "bit_xor",
    "bool_and",
    "bool_or",
    "collect_list",
    "collect_set",
    "corr",
    "count",
    "count_if",
    "covar_pop",
    "covar_samp",
    "every",
    "first",
    "first_value",
    "grouping",
    "kurtosis",
    "last",
    "last_value",
    "max",
    "max_by",
    "mean",
    "median",
    "min",
    "min_by",
    "mode",
    "percentile",
    "percentile_approx",
    "regr_count",
    "skewness",
    "some",
    "std",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "sum",
    "var_samp",
    "variance",
];

impl Lowering<'_> {
    /// A query that stands exactly in `range`.
    pub(super) fn query(
        &self,
        query: &ast::Query,
        range: Range<usize>,
    ) -> Result<Query, NotUnderstood> {
        if !query.pipe_operators.is_empty() {
            return Err(not_understood("pipe syntax"));
        }
        let mut body_start = range.start;
        let mut ctes = Vec::new();
        if let Some(with) = &query.with {
            if with.recursive {
                return Err(not_understood("a recursive common table expression"));
            }
            (ctes, body_start) = self.ctes(with, range.clone())?;
        }
        let rest = body_start..range.end;
        let body_end = self
            .text
            .top(rest.clone())
            .find(|index| TAILS.iter().any(|words| self.text.words(*index, words)))
            .unwrap_or(rest.end);
        let body = self.body(&query.body, body_start..body_end)?;
        let tail = body_end..range.end;
        Ok(Query {
            span: self.text.span(range),
            ctes,
            body,
            order_by: self.order_by(query, tail.clone())?,
            tail: self.tail(query, tail)?,
            limited: query.limit_clause.is_some() || query.fetch.is_some(),
        })
    }

    fn ctes(
        &self,
        with: &ast::With,
        range: Range<usize>,
    ) -> Result<(Vec<Cte>, usize), NotUnderstood> {
        let lost = || not_understood("the text of a common table expression");
        let mut at = range.start + 1;
        let mut ctes = Vec::new();
        for cte in &with.cte_tables {
            if !ctes.is_empty() {
                at += 1; // the comma
            }
            let name = self.identifier(&cte.alias.name)?;
            if self.text.identifier(at) != name {
                return Err(lost());
            }
            at += 1;
            let mut columns = Vec::new();
            if !cte.alias.columns.is_empty() {
                for column in &cte.alias.columns {
                    columns.push(self.identifier(&column.name)?);
                }
                at = self.text.inside(at).ok_or_else(lost)?.end + 1;
            }
            if self.text.is_word(at, "AS") {
                at += 1;
            }
            let inside = self.text.inside(at).ok_or_else(lost)?;
            at = inside.end + 1;
            ctes.push(Cte {
                name,
                columns,
                query: self.query(&cte.query, inside)?,
            });
        }
        Ok((ctes, at))
    }

    fn body(&self, body: &SetExpr, range: Range<usize>) -> Result<QueryBody, NotUnderstood> {
        match body {
            SetExpr::Select(select) => Ok(QueryBody::Select(Box::new(self.select(select, range)?))),
            SetExpr::Query(inner) => {
                let inside = self
                    .text
                    .unwrap(&range)
                    .ok_or_else(|| not_understood("the text of a query in brackets"))?;
                Ok(QueryBody::Nested(Box::new(self.query(inner, inside)?)))
            }
            SetExpr::SetOperation { left, right, .. } => {
                let operators: Vec<usize> = self
                    .text
                    .top(range.clone())
                    .filter(|index| {
                        ["UNION", "EXCEPT", "INTERSECT", "MINUS"]
                            .iter()
                            .any(|word| self.text.is_word(*index, word))
                    })
                    .collect();
                let lost = || not_understood("the text of a set operation");
                if operators.len() != set_operations(body) {
                    return Err(lost());
                }
                let operator = *operators.get(set_operations(left)).ok_or_else(lost)?;
                let mut start = operator + 1;
                while ["ALL", "DISTINCT", "BY", "NAME"]
                    .iter()
                    .any(|word| self.text.is_word(start, word))
                {
                    start += 1;
                }
                Ok(QueryBody::SetOperation {
                    left: Box::new(self.operand(left, range.start..operator)?),
                    right: Box::new(self.operand(right, start..range.end)?),
                })
            }
            SetExpr::Values(values) => {
                let rows = values.rows.iter().flat_map(|row| row.content.iter());
                let expressions = rows
                    .map(|expr| self.expression(expr, range.clone()))
                    .collect::<Result<_, _>>()?;
                Ok(QueryBody::Values(expressions))
            }
            _ => Err(not_understood("this kind of query")),
        }
    }

    /// An input of a set operation.
    fn operand(&self, body: &SetExpr, range: Range<usize>) -> Result<Query, NotUnderstood> {
        Ok(Query {
            span: self.text.span(range.clone()),
            ctes: Vec::new(),
            body: self.body(body, range)?,
            order_by: Vec::new(),
            tail: Vec::new(),
            limited: false,
        })
    }

    fn order_by(
        &self,
        query: &ast::Query,
        tail: Range<usize>,
    ) -> Result<Vec<Expression>, NotUnderstood> {
        let Some(order_by) = &query.order_by else {
            return Ok(Vec::new());
        };
        let OrderByKind::Expressions(exprs) = &order_by.kind else {
            return Err(not_understood("`ORDER BY ALL`"));
        };
        let range = self.clause(tail, &["ORDER", "BY"])?;
        // An entry's direction belongs to its text; the expression alone is what the columns are read from.
        self.expressions(exprs.iter().map(|order| &order.expr), range)
    }

    fn tail(
        &self,
        query: &ast::Query,
        tail: Range<usize>,
    ) -> Result<Vec<Expression>, NotUnderstood> {
        let mut exprs: Vec<&ast::Expr> = Vec::new();
        match &query.limit_clause {
            Some(LimitClause::LimitOffset {
                limit,
                offset,
                limit_by,
            }) => {
                exprs.extend(limit);
                exprs.extend(offset.iter().map(|offset| &offset.value));
                exprs.extend(limit_by);
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => exprs.extend([offset, limit]),
            None => {}
        }
        if let SetExpr::Select(select) = query.body.as_ref() {
            exprs.extend(&select.cluster_by);
            exprs.extend(&select.distribute_by);
            exprs.extend(select.sort_by.iter().map(|order| &order.expr));
        }
        exprs
            .into_iter()
            .map(|expr| self.expression(expr, tail.clone()))
            .collect()
    }

    /// The text of a clause: after its words, up to the next clause.
    fn clause(&self, range: Range<usize>, words: &[&str]) -> Result<Range<usize>, NotUnderstood> {
        let start = self
            .text
            .find(range.clone(), words)
            .ok_or_else(|| not_understood(&format!("the text of `{}`", words.join(" "))))?
            + words.len();
        let end = self
            .text
            .top(start..range.end)
            .find(|index| self.starts_clause(*index))
            .unwrap_or(range.end);
        Ok(start..end)
    }

    fn starts_clause(&self, index: usize) -> bool {
        let text = self.text;
        let distinct_from = index > 0 && text.is_word(index - 1, "DISTINCT");
        (text.is_word(index, "FROM") && !distinct_from)
            || ["WHERE", "HAVING", "QUALIFY"].iter().any(|word| text.is_word(index, word))
            || text.words(index, &["GROUP", "BY"])
            || text.words(index, &["LATERAL", "VIEW"])
            // `WINDOW w AS (…)`, not a column of that name.
            || (text.is_word(index, "WINDOW") && text.is_word(index + 2, "AS"))
            || TAILS.iter().any(|words| text.words(index, words))
    }

    fn select(&self, select: &ast::Select, range: Range<usize>) -> Result<Select, NotUnderstood> {
        if !self.text.is_word(range.start, "SELECT") {
            return Err(not_understood("a query that starts with FROM"));
        }
        let unsupported = !select.connect_by.is_empty()
            || select.prewhere.is_some()
            || select.into.is_some()
            || select.top.is_some()
            || select.value_table_mode.is_some();
        if unsupported {
            return Err(not_understood("a clause of this SELECT"));
        }
        let clauses = |words: &[&str]| self.clause(range.clone(), words);
        let items = self.items(select, range.clone())?;
        let mut from = Vec::new();
        if !select.from.is_empty() {
            let entries = self.text.list(clauses(&["FROM"])?);
            if entries.len() != select.from.len() {
                return Err(not_understood("the text of `FROM`"));
            }
            for (entry, range) in select.from.iter().zip(entries) {
                from.push(self.joined(entry, range)?);
            }
        }
        let mut other = Vec::new();
        for view in &select.lateral_views {
            let arguments = vec![self.expression(&view.lateral_view, range.clone())?];
            let alias = view.lateral_view_name.0.last();
            let alias = match alias {
                Some(ast::ObjectNamePart::Identifier(ident)) => Some(self.identifier(ident)?),
                _ => None,
            };
            from.push(Relation::Function { arguments, alias });
        }
        let filter = match &select.selection {
            Some(condition) => self.conjuncts(condition, clauses(&["WHERE"])?)?,
            None => Vec::new(),
        };
        let having = match &select.having {
            Some(condition) => self.conjuncts(condition, clauses(&["HAVING"])?)?,
            None => Vec::new(),
        };
        let group_by = match &select.group_by {
            GroupByExpr::Expressions(exprs, _) if exprs.is_empty() => Vec::new(),
            GroupByExpr::Expressions(exprs, _) => {
                self.expressions(exprs, clauses(&["GROUP", "BY"])?)?
            }
            GroupByExpr::All(_) => return Err(not_understood("`GROUP BY ALL`")),
        };
        if let Some(condition) = &select.qualify {
            other.extend(self.conjuncts(condition, clauses(&["QUALIFY"])?)?);
        }
        for ast::NamedWindowDefinition(_, definition) in &select.named_window {
            let ast::NamedWindowExpr::WindowSpec(spec) = definition else {
                continue;
            };
            let order = spec.order_by.iter().map(|order| &order.expr);
            for expr in spec.partition_by.iter().chain(order) {
                other.push(self.expression(expr, range.clone())?);
            }
        }
        let aggregates = items.iter().any(|item| match item {
            SelectItem::Expression { expression, .. } => expression
                .calls
                .iter()
                .any(|call| call.window.is_none() && AGGREGATES.contains(&call.name.as_str())),
            SelectItem::Wildcard { .. } => false,
        });
        Ok(Select {
            span: self.text.span(range.clone()),
            distinct: select.distinct.is_some(),
            items,
            from,
            filter,
            grouped: aggregates || !group_by.is_empty() || !having.is_empty(),
            group_by,
            having,
            other,
        })
    }

    fn items(
        &self,
        select: &ast::Select,
        range: Range<usize>,
    ) -> Result<Vec<SelectItem>, NotUnderstood> {
        let mut start = range.start + 1;
        if self.text.is_word(start, "DISTINCT") || self.text.is_word(start, "ALL") {
            start += 1;
        }
        let end = self
            .text
            .top(start..range.end)
            .find(|index| self.starts_clause(*index))
            .unwrap_or(range.end);
        let entries = self.text.list(start..end);
        if entries.len() != select.projection.len() {
            return Err(not_understood("the text of the select list"));
        }
        select
            .projection
            .iter()
            .zip(entries)
            .map(|(item, range)| self.item(item, range))
            .collect()
    }

    fn item(
        &self,
        item: &ast::SelectItem,
        range: Range<usize>,
    ) -> Result<SelectItem, NotUnderstood> {
        match item {
            ast::SelectItem::UnnamedExpr(expr) => Ok(SelectItem::Expression {
                expression: self.expression(expr, range)?,
                alias: None,
            }),
            ast::SelectItem::ExprWithAlias { expr, alias } => {
                let mut end = range.end.saturating_sub(1);
                if end > range.start && self.text.is_word(end - 1, "AS") {
                    end -= 1;
                }
                Ok(SelectItem::Expression {
                    expression: self.expression(expr, range.start..end)?,
                    alias: Some(self.identifier(alias)?),
                })
            }
            ast::SelectItem::ExprWithAliases { .. } => {
                Err(not_understood("a select item with several aliases"))
            }
            ast::SelectItem::Wildcard(_) => Ok(SelectItem::Wildcard {
                qualifier: None,
                span: self.text.span(range),
            }),
            ast::SelectItem::QualifiedWildcard(kind, _) => match kind {
                SelectItemQualifiedWildcardKind::ObjectName(name) => Ok(SelectItem::Wildcard {
                    qualifier: Some(self.object_name(name)?),
                    span: self.text.span(range),
                }),
                SelectItemQualifiedWildcardKind::Expr(_) => {
                    Err(not_understood("`*` of an expression"))
                }
            },
        }
    }

    /// A relation with its joins, left-deep.
    fn joined(
        &self,
        joined: &ast::TableWithJoins,
        range: Range<usize>,
    ) -> Result<Relation, NotUnderstood> {
        let mut starts = Vec::new();
        for index in self.text.top(range.clone()) {
            if self.text.is_word(index, "JOIN") {
                let mut start = index;
                while start > range.start
                    && JOIN_WORDS
                        .iter()
                        .any(|word| self.text.is_word(start - 1, word))
                {
                    start -= 1;
                }
                starts.push(start);
            }
        }
        if starts.len() != joined.joins.len() {
            return Err(not_understood("the text of a join"));
        }
        let first_end = starts.first().copied().unwrap_or(range.end);
        let mut relation = self.relation(&joined.relation, range.start..first_end)?;
        let ends = starts.iter().skip(1).copied().chain([range.end]);
        for ((join, start), end) in joined.joins.iter().zip(&starts).zip(ends) {
            relation = self.join(relation, join, *start..end)?;
        }
        Ok(relation)
    }

    /// `range`: from the join's first word to the next join or the end.
    fn join(
        &self,
        left: Relation,
        join: &ast::Join,
        range: Range<usize>,
    ) -> Result<Relation, NotUnderstood> {
        let (kind, constraint) = match &join.join_operator {
            JoinOperator::Join(constraint)
            | JoinOperator::Inner(constraint)
            | JoinOperator::CrossJoin(constraint) => (JoinKind::Inner, constraint),
            JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => {
                (JoinKind::Left, constraint)
            }
            JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) => {
                (JoinKind::Right, constraint)
            }
            JoinOperator::FullOuter(constraint) => (JoinKind::Full, constraint),
            JoinOperator::Semi(constraint) | JoinOperator::LeftSemi(constraint) => {
                (JoinKind::Semi, constraint)
            }
            JoinOperator::Anti(constraint) | JoinOperator::LeftAnti(constraint) => {
                (JoinKind::Anti, constraint)
            }
            _ => return Err(not_understood("this kind of join")),
        };
        let after_join = self
            .text
            .find(range.clone(), &["JOIN"])
            .map_or(range.start, |index| index + 1);
        let condition = self
            .text
            .top(after_join..range.end)
            .find(|index| self.text.is_word(*index, "ON") || self.text.is_word(*index, "USING"));
        let right = self.relation(&join.relation, after_join..condition.unwrap_or(range.end))?;
        let (on, using) = match (constraint, condition) {
            (JoinConstraint::On(expr), Some(at)) => {
                (self.conjuncts(expr, at + 1..range.end)?, JoinColumns::None)
            }
            (JoinConstraint::Using(names), Some(_)) => {
                let columns = names
                    .iter()
                    .map(|name| self.object_name(name))
                    .map(|name| {
                        name?
                            .parts
                            .pop()
                            .ok_or_else(|| not_understood("an empty `USING` column"))
                    })
                    .collect::<Result<Vec<Identifier>, _>>()?;
                (Vec::new(), JoinColumns::Using(columns))
            }
            (JoinConstraint::Natural, None) => (Vec::new(), JoinColumns::Natural),
            (JoinConstraint::None, None) => (Vec::new(), JoinColumns::None),
            _ => return Err(not_understood("the text of a join condition")),
        };
        Ok(Relation::Join {
            left: Box::new(left),
            right: Box::new(right),
            kind,
            on,
            using,
        })
    }

    fn relation(
        &self,
        factor: &TableFactor,
        range: Range<usize>,
    ) -> Result<Relation, NotUnderstood> {
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                version,
                sample,
                partitions,
                ..
            } => {
                let (alias, columns) = self.alias(alias.as_ref())?;
                let name = self.object_name(name)?;
                let modified = version.is_some() || sample.is_some() || !partitions.is_empty();
                Ok(Relation::Table(TableReference {
                    name,
                    alias,
                    columns,
                    modified,
                }))
            }
            TableFactor::Table {
                args: Some(args),
                alias,
                ..
            } => {
                let exprs = args
                    .args
                    .iter()
                    .map(|arg| match arg {
                        ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(expr)) => Ok(expr),
                        _ => Err(not_understood("an argument of a table function")),
                    })
                    .collect::<Result<Vec<_>, _>>()?;
                let arguments = exprs
                    .into_iter()
                    .map(|expr| self.expression(expr, range.clone()))
                    .collect::<Result<_, _>>()?;
                let (alias, _) = self.alias(alias.as_ref())?;
                Ok(Relation::Function { arguments, alias })
            }
            TableFactor::Derived {
                lateral,
                subquery,
                alias,
                sample: None,
            } => {
                let open = if self.text.is_word(range.start, "LATERAL") {
                    range.start + 1
                } else {
                    range.start
                };
                let inside = self
                    .text
                    .inside(open)
                    .ok_or_else(|| not_understood("the text of a derived table"))?;
                let (alias, columns) = self.alias(alias.as_ref())?;
                let query = Box::new(self.query(subquery, inside)?);
                Ok(Relation::Derived {
                    query,
                    alias,
                    columns,
                    lateral: *lateral,
                })
            }
            TableFactor::NestedJoin {
                table_with_joins,
                alias: None,
            } => {
                let inside = self
                    .text
                    .unwrap(&range)
                    .ok_or_else(|| not_understood("the text of a join in brackets"))?;
                self.joined(table_with_joins, inside)
            }
            _ => Err(not_understood("this kind of relation")),
        }
    }

    fn alias(
        &self,
        alias: Option<&ast::TableAlias>,
    ) -> Result<(Option<Identifier>, Vec<Identifier>), NotUnderstood> {
        let Some(alias) = alias else {
            return Ok((None, Vec::new()));
        };
        let columns = alias
            .columns
            .iter()
            .map(|column| self.identifier(&column.name))
            .collect::<Result<_, _>>()?;
        Ok((Some(self.identifier(&alias.name)?), columns))
    }
}

/// Set operators of a body that stand outside brackets.
fn set_operations(body: &SetExpr) -> usize {
    match body {
        SetExpr::SetOperation { left, right, .. } => {
            1 + set_operations(left) + set_operations(right)
        }
        _ => 0,
    }
}
