//! Queries of the syntax tree → [`Query`], with exact places.
//!
//! Tree and words are walked together: the tree says which clauses there are, the words outside brackets say where
//! each begins and ends. Where the two do not agree the statement is not understood, which makes it a barrier;
//! nothing is guessed.

use std::ops::Range;

use sqlparser::ast::{
    self, GroupByExpr, JoinConstraint, JoinOperator, OrderByKind, SelectItemQualifiedWildcardKind,
    SetExpr, TableFactor,
};
use sqlparser::keywords::Keyword;

use super::dialect::{self, ParseError};
use super::lex::Token;
use super::prepass::{self, Refusal};
use super::words::{Mark, Words};
use crate::frontend::source::Source;
use crate::frontend::statement::{
    Call, Cte, Expression, Identifier, Join, JoinColumns, JoinKind, Query, QueryBody, Relation,
    Select, SelectItem, TableReference,
};

/// Why a query is not understood.
#[derive(Debug)]
pub(super) struct Failure {
    /// The token it is about, where one is to blame.
    pub(super) token: Option<usize>,
    /// A lowercase fragment.
    pub(super) message: String,
    /// It is no error in the statement: hoist does not know the construct.
    pub(super) known: bool,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Failure {
            token: Some(refusal.token),
            message: refusal.message,
            known: refusal.known,
        }
    }
}

impl From<NotUnderstood> for Failure {
    fn from(error: NotUnderstood) -> Self {
        Failure {
            token: None,
            message: error.0,
            known: true,
        }
    }
}

/// Reads the tokens as one query. Places are those of the source, whatever the order of the tokens.
pub(super) fn read_query(source: &Source, tokens: &[Token]) -> Result<Query, Failure> {
    let words = prepass::query(source, tokens)?;
    let tree = dialect::parse_query(&words).map_err(|error| unparsed(&error, &words, tokens))?;
    Ok(Lowering { text: &words }.query(&tree, 0..words.len())?)
}

/// Reads the tokens as one relation of a `FROM`, with its alias.
pub(super) fn read_relation(source: &Source, tokens: &[Token]) -> Result<Relation, Failure> {
    let words = prepass::relation(source, tokens)?;
    let tree = dialect::parse_query(&words).map_err(|error| unparsed(&error, &words, tokens))?;
    let query = Lowering { text: &words }.query(&tree, 0..words.len())?;
    let relation = match query.body {
        QueryBody::Select(mut select) => select.from.pop(),
        _ => None,
    };
    Ok(relation.ok_or_else(|| not_understood("this relation"))?)
}

/// Reads the tokens as one expression.
pub(super) fn read_expression(source: &Source, tokens: &[Token]) -> Result<Expression, Failure> {
    let words = prepass::expression(source, tokens)?;
    let tree =
        dialect::parse_expression(&words).map_err(|error| unparsed(&error, &words, tokens))?;
    Ok(Lowering { text: &words }.expression(&tree, 0..words.len())?)
}

/// What the parser did not expect, as a place among the tokens.
fn unparsed(error: &ParseError, words: &Words<'_>, tokens: &[Token]) -> Failure {
    let start = words.get(error.word).map_or(0, |word| word.own.start);
    let token = tokens.iter().position(|token| token.range.start >= start);
    let found = match words.str(error.word) {
        "" => "the end",
        text => text,
    };
    Failure {
        token,
        message: format!("expected {}, found `{found}`", error.message),
        known: false,
    }
}

/// Why a query that parses is not understood all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotUnderstood(pub(super) String);

pub(super) fn not_understood(what: &str) -> NotUnderstood {
    NotUnderstood(format!("{what} is not understood"))
}

/// Lowers the tree of one query.
pub(super) struct Lowering<'a> {
    pub(super) text: &'a Words<'a>,
}

impl Lowering<'_> {
    /// A query that stands exactly in `range`.
    pub(super) fn query(
        &self,
        query: &ast::Query,
        range: Range<usize>,
    ) -> Result<Query, NotUnderstood> {
        let plain = query.pipe_operators.is_empty()
            && query.limit_clause.is_none()
            && query.fetch.is_none()
            && query.locks.is_empty()
            && query.for_clause.is_none();
        if !plain {
            return Err(not_understood("a clause of this query"));
        }
        let mut body_start = range.start;
        let mut ctes = Vec::new();
        if let Some(with) = &query.with {
            (ctes, body_start) = self.ctes(with)?;
        }
        let rest = body_start..range.end;
        let body_end = match &query.order_by {
            Some(_) => self
                .text
                .find(rest, Keyword::ORDER)
                .ok_or_else(|| not_understood("the text of `ORDER BY`"))?,
            None => rest.end,
        };
        let body = self.body(&query.body, body_start..body_end)?;
        let assembled = |index| self.text.mark(index) == Mark::Assembled;
        let mut lowered = Query {
            span: self.text.span(range.clone()),
            verbatim: !assembled(range.start) && !range.start.checked_sub(1).is_some_and(assembled),
            ctes,
            body,
            order_by: Vec::new(),
            tail: Vec::new(),
            limited: false,
        };
        self.organization(query, body_end..range.end, &mut lowered)?;
        Ok(lowered)
    }

    fn ctes(&self, with: &ast::With) -> Result<(Vec<Cte>, usize), NotUnderstood> {
        let lost = || not_understood("the text of a common table expression");
        let mut end = 0;
        let mut ctes = Vec::with_capacity(with.cte_tables.len());
        for cte in &with.cte_tables {
            let name = Self::word(&cte.alias.name).ok_or_else(lost)?;
            let mut at = name + 1;
            let mut columns = Vec::new();
            if !cte.alias.columns.is_empty() {
                for column in &cte.alias.columns {
                    columns.push(self.identifier(&column.name)?);
                }
                at = self.text.inside(at).ok_or_else(lost)?.end + 1;
            }
            if self.text.is(at, Keyword::AS) {
                at += 1;
            }
            let inside = self.text.inside(at).ok_or_else(lost)?;
            end = inside.end + 1;
            ctes.push(Cte {
                name: self.text.identifier(name),
                columns,
                recursive: with.recursive,
                query: self.query(&cte.query, inside)?,
            });
        }
        Ok((ctes, end))
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
            SetExpr::SetOperation { .. } => {
                let operators: Vec<usize> = self
                    .text
                    .top(range.clone())
                    .filter(|index| {
                        matches!(
                            self.text.keyword(*index),
                            Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT | Keyword::MINUS
                        )
                    })
                    .collect();
                let inputs = operands(body);
                let parts = super::text::parts(range, operators);
                if parts.len() != inputs.len() {
                    return Err(not_understood("the text of a set operation"));
                }
                let inputs = inputs.into_iter().zip(parts);
                Ok(QueryBody::SetOperation(
                    inputs
                        .map(|(input, part)| self.operand(input, part))
                        .collect::<Result<_, _>>()?,
                ))
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
            verbatim: true,
            ctes: Vec::new(),
            body: self.body(body, range)?,
            order_by: Vec::new(),
            tail: Vec::new(),
            limited: false,
        })
    }

    /// What orders and cuts the result: all of it stands in one list, whose entries are marked.
    fn organization(
        &self,
        query: &ast::Query,
        range: Range<usize>,
        lowered: &mut Query,
    ) -> Result<(), NotUnderstood> {
        let Some(order_by) = &query.order_by else {
            return Ok(());
        };
        let lost = || not_understood("the text of `ORDER BY`");
        let OrderByKind::Expressions(exprs) = &order_by.kind else {
            return Err(lost());
        };
        let entries = self.text.list(range.start + 2..range.end);
        if entries.len() != exprs.len() {
            return Err(lost());
        }
        for (expr, entry) in exprs.iter().zip(entries) {
            let mark = self.text.mark(entry.start);
            let expression = self.expression(&expr.expr, entry)?;
            match mark {
                Mark::Tail => lowered.tail.push(expression),
                Mark::Limit => {
                    lowered.limited = true;
                    lowered.tail.push(expression);
                }
                _ => lowered.order_by.push(expression),
            }
        }
        Ok(())
    }

    fn select(&self, select: &ast::Select, range: Range<usize>) -> Result<Select, NotUnderstood> {
        let plain = select.connect_by.is_empty()
            && select.lateral_views.is_empty()
            && select.named_window.is_empty()
            && select.cluster_by.is_empty()
            && select.distribute_by.is_empty()
            && select.sort_by.is_empty()
            && select.prewhere.is_none()
            && select.into.is_none()
            && select.top.is_none()
            && select.value_table_mode.is_none();
        if !plain || !self.text.is(range.start, Keyword::SELECT) {
            return Err(not_understood("a clause of this SELECT"));
        }
        let clauses = Clauses::find(self.text, range.clone());
        let items = self.items(select, clauses.items(self.text))?;
        let from = match (&clauses.from, select.from.is_empty()) {
            (None, true) => Vec::new(),
            (Some(clause), false) => {
                let entries = self.text.list(clause.clone());
                if entries.len() != select.from.len() {
                    return Err(not_understood("the text of `FROM`"));
                }
                let entries = select.from.iter().zip(entries);
                entries
                    .map(|(entry, range)| self.joined(entry, range))
                    .collect::<Result<_, _>>()?
            }
            _ => return Err(not_understood("the text of `FROM`")),
        };
        let filter = self.condition(select.selection.as_ref(), clauses.filter.as_ref())?;
        let having = self.condition(select.having.as_ref(), clauses.having.as_ref())?;
        let other = self.condition(select.qualify.as_ref(), clauses.other.as_ref())?;
        let GroupByExpr::Expressions(keys, _) = &select.group_by else {
            return Err(not_understood("the text of `GROUP BY`"));
        };
        let group_by = match &clauses.group_by {
            None if keys.is_empty() => Vec::new(),
            Some(clause) => self.expressions(keys, clause.clone())?,
            None => return Err(not_understood("the text of `GROUP BY`")),
        };
        let aggregates = items.iter().any(|item| match item {
            SelectItem::Expression { expression, .. } => {
                expression.calls.iter().any(Call::is_aggregate)
            }
            SelectItem::Wildcard { .. } => false,
        });
        Ok(Select {
            span: self.text.span(range),
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

    fn condition(
        &self,
        condition: Option<&ast::Expr>,
        clause: Option<&Range<usize>>,
    ) -> Result<Vec<Expression>, NotUnderstood> {
        match (condition, clause) {
            (None, None) => Ok(Vec::new()),
            (Some(condition), Some(clause)) => self.conjuncts(condition, clause.clone()),
            _ => Err(not_understood("the text of a condition")),
        }
    }

    fn items(
        &self,
        select: &ast::Select,
        range: Range<usize>,
    ) -> Result<Vec<SelectItem>, NotUnderstood> {
        let entries = self.text.list(range);
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
                let end = range.end.saturating_sub(2);
                if end <= range.start || !self.text.is(end, Keyword::AS) {
                    return Err(not_understood("the text of an alias"));
                }
                Ok(SelectItem::Expression {
                    expression: self.expression(expr, range.start..end)?,
                    alias: Some(self.identifier(alias)?),
                })
            }
            ast::SelectItem::Wildcard(_) => Ok(SelectItem::Wildcard {
                qualifier: None,
                span: self.text.span(range),
            }),
            ast::SelectItem::QualifiedWildcard(
                SelectItemQualifiedWildcardKind::ObjectName(name),
                _,
            ) => Ok(SelectItem::Wildcard {
                qualifier: Some(self.object_name(name)?),
                span: self.text.span(range),
            }),
            _ => Err(not_understood("an item of the select list")),
        }
    }

    /// A relation with its joins.
    fn joined(
        &self,
        joined: &ast::TableWithJoins,
        range: Range<usize>,
    ) -> Result<Relation, NotUnderstood> {
        if joined.joins.is_empty() {
            return self.relation(&joined.relation, range);
        }
        // Where each join starts, and its word `JOIN`.
        let mut starts: Vec<(usize, usize)> = Vec::with_capacity(joined.joins.len());
        for index in self.text.top(range.clone()) {
            if self.text.is(index, Keyword::JOIN) {
                let mut start = index;
                while start > range.start && self.is_join_word(start - 1) {
                    start -= 1;
                }
                starts.push((start, index));
            }
        }
        if starts.len() != joined.joins.len() {
            return Err(not_understood("the text of a join"));
        }
        let first_end = starts.first().map_or(range.end, |(start, _)| *start);
        let first = self.relation(&joined.relation, range.start..first_end)?;
        let ends = starts
            .iter()
            .skip(1)
            .map(|(start, _)| *start)
            .chain([range.end]);
        let joins = joined.joins.iter().zip(&starts).zip(ends);
        Ok(Relation::Joined {
            first: Box::new(first),
            joins: joins
                .map(|((join, (_, word)), end)| self.join(join, word + 1..end))
                .collect::<Result<_, _>>()?,
        })
    }

    fn is_join_word(&self, index: usize) -> bool {
        matches!(
            self.text.keyword(index),
            Keyword::INNER
                | Keyword::CROSS
                | Keyword::LEFT
                | Keyword::RIGHT
                | Keyword::FULL
                | Keyword::OUTER
                | Keyword::SEMI
                | Keyword::ANTI
                | Keyword::NATURAL
        )
    }

    /// `range`: from the word after `JOIN` to the next join or the end.
    fn join(&self, join: &ast::Join, range: Range<usize>) -> Result<Join, NotUnderstood> {
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
        let condition = self
            .text
            .top(range.clone())
            .find(|index| matches!(self.text.keyword(*index), Keyword::ON | Keyword::USING));
        let end = condition.unwrap_or(range.end);
        let relation = self.relation(&join.relation, range.start..end)?;
        let (on, using) = match (constraint, condition) {
            (JoinConstraint::On(expr), Some(at)) => {
                (self.conjuncts(expr, at + 1..range.end)?, JoinColumns::None)
            }
            (JoinConstraint::Using(names), Some(_)) => {
                let columns = names
                    .iter()
                    .map(|name| {
                        self.object_name(name)?
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
        Ok(Join {
            relation,
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
        let mark = self.text.mark(range.start);
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                version: None,
                sample: None,
                ..
            } => {
                let (alias, columns) = self.alias(alias.as_ref())?;
                Ok(Relation::Table(TableReference {
                    name: self.object_name(name)?,
                    alias,
                    columns,
                    modified: mark == Mark::Modified,
                    bare: mark == Mark::Bare,
                }))
            }
            TableFactor::Function {
                name, args, alias, ..
            } if mark != Mark::Modified => self.table_function(name, args, alias.as_ref()),
            TableFactor::Derived {
                lateral,
                subquery,
                alias,
                sample: None,
            } => {
                let open = range.start + usize::from(self.text.is(range.start, Keyword::LATERAL));
                let inside = self
                    .text
                    .inside(open)
                    .ok_or_else(|| not_understood("the text of a derived table"))?;
                let (alias, columns) = self.alias(alias.as_ref())?;
                Ok(Relation::Derived {
                    query: Box::new(self.query(subquery, inside)?),
                    alias,
                    columns,
                    lateral: *lateral,
                    modified: self.text.mark(open) == Mark::Modified,
                })
            }
            TableFactor::NestedJoin {
                table_with_joins,
                alias: None,
            } if mark == Mark::None => {
                let inside = self
                    .text
                    .unwrap(&range)
                    .ok_or_else(|| not_understood("the text of a join in brackets"))?;
                self.joined(table_with_joins, inside)
            }
            _ => Err(not_understood("this kind of relation")),
        }
    }

    fn table_function(
        &self,
        name: &ast::ObjectName,
        args: &[ast::FunctionArg],
        alias: Option<&ast::TableAlias>,
    ) -> Result<Relation, NotUnderstood> {
        let lost = || not_understood("the text of a table function");
        let ends = name.0.first().zip(name.0.last()).ok_or_else(lost)?;
        let word = |part: &ast::ObjectNamePart| part.as_ident().and_then(Self::word);
        let (start, end) = word(ends.0).zip(word(ends.1)).ok_or_else(lost)?;
        let inside = self.text.inside(end + 1).ok_or_else(lost)?;
        let whole = self.text.mark(start) == Mark::Whole;
        let called = if whole { None } else { Some(name) };
        let arguments = self.arguments(called, args, start..inside.end + 1)?;
        let (alias, columns) = self.alias(alias)?;
        Ok(Relation::Function {
            arguments: vec![arguments],
            // A word that is not in the text.
            alias: alias.filter(|alias| !alias.text.is_empty()),
            columns,
            whole,
        })
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

/// The operands of set operations, in the order of the text.
fn operands(body: &SetExpr) -> Vec<&SetExpr> {
    let mut found = Vec::new();
    let mut open = vec![body];
    while let Some(body) = open.pop() {
        match body {
            SetExpr::SetOperation { left, right, .. } => open.extend([right.as_ref(), left]),
            body => found.push(body),
        }
    }
    found
}

/// Where the clauses of a block stand, without their words.
#[derive(Default)]
struct Clauses {
    /// The block up to its first clause.
    head: Range<usize>,
    from: Option<Range<usize>>,
    filter: Option<Range<usize>>,
    group_by: Option<Range<usize>>,
    having: Option<Range<usize>>,
    other: Option<Range<usize>>,
}

impl Clauses {
    fn find(text: &Words<'_>, range: Range<usize>) -> Self {
        let words: Vec<usize> = text
            .top(range.clone())
            .filter(|index| {
                matches!(
                    text.keyword(*index),
                    Keyword::FROM
                        | Keyword::WHERE
                        | Keyword::GROUP
                        | Keyword::HAVING
                        | Keyword::QUALIFY
                )
            })
            .collect();
        let mut clauses = Clauses {
            head: range.start..words.first().copied().unwrap_or(range.end),
            ..Clauses::default()
        };
        let ends = words.iter().skip(1).copied().chain([range.end]);
        for (word, end) in words.iter().copied().zip(ends) {
            let after = Some(word + 1..end);
            match text.keyword(word) {
                Keyword::FROM => clauses.from = after,
                Keyword::WHERE => clauses.filter = after,
                Keyword::GROUP => clauses.group_by = Some(word + 2..end),
                Keyword::HAVING => clauses.having = after,
                _ => clauses.other = after,
            }
        }
        clauses
    }

    /// The select list.
    fn items(&self, text: &Words<'_>) -> Range<usize> {
        let distinct = text.is(self.head.start + 1, Keyword::DISTINCT);
        self.head.start + 1 + usize::from(distinct)..self.head.end
    }
}
