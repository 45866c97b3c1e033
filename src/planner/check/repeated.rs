//! Repeated subqueries: each replaced body says what the frame's text says.

use super::canonical;
use super::frames::Built;
use super::names::query;
use super::{At, Check, Promise};
use crate::facts::access::{Origin, Subquery};
use crate::frontend::statement::{Expression, Query, QueryBody, Relation, SelectItem};
use crate::planner::frame::Reader;

/// Checks every reader of a repeated subquery.
pub(super) fn run(check: &mut Check<'_>, built: &Built<'_, '_>) {
    let Some(file) = built.tokens() else {
        return;
    };
    let frame = canonical::tokens(built.query, &file, |named| {
        let table = built.resolve(check, &named.reference.name)?;
        let version = built.version(table)?;
        Some(check.table_name(version))
    });
    let Some(frame) = frame else {
        // Reported where the frame's inputs are.
        return;
    };
    for reader in &built.frame.readers {
        let at = check.run_of(reader.statement);
        if let Err(problem) = compare(check, &frame, reader) {
            let text = format!("{problem} frame `{}`", built.frame.name);
            check.report(Promise::Repetition, at, text);
        }
    }
    columns(check, built);
}

fn compare(check: &Check<'_>, frame: &[String], reader: &Reader) -> Result<(), &'static str> {
    let subquery = reader
        .subquery()
        .and_then(|id| check.subqueries.get(&id))
        .ok_or("replaces no subquery by")?;
    if !subquery.closed {
        return Err("replaces a subquery that depends on what surrounds it by");
    }
    let (statement, access) = check
        .statements
        .get(&reader.statement)
        .ok_or("is no statement that could read")?;
    let body = query(statement)
        .and_then(|query| find(query, subquery))
        .ok_or("has no query where a body is replaced by")?;
    let file = check
        .tokens
        .get(&statement.source)
        .ok_or("has no tokens to compare with")?;
    let own = canonical::tokens(body, file, |named| {
        let read = access.reads.iter().find(|read| match &read.origin {
            Origin::Named { name, .. } => *name == named.reference.name.span,
            Origin::ThroughView(_)
            | Origin::Declared(_)
            | Origin::Recognised(_)
            | Origin::Carried => false,
        })?;
        Some(check.table_name(read.version))
    })
    .ok_or("names a relation whose version is not known in what is replaced by")?;
    if own == frame {
        Ok(())
    } else {
        Err("replaces a subquery that says something else than")
    }
}

/// The query between the parentheses of a subquery.
fn find<'q>(query: &'q Query, subquery: &Subquery) -> Option<&'q Query> {
    if query.span == subquery.body {
        return Some(query);
    }
    let ctes = query.ctes.iter().find_map(|cte| find(&cte.query, subquery));
    ctes.or_else(|| match &query.body {
        QueryBody::Select(select) => {
            let relations = || {
                select
                    .from
                    .iter()
                    .find_map(|one| in_relation(one, subquery))
            };
            let items = select.items.iter().filter_map(|item| match item {
                SelectItem::Expression { expression, .. } => Some(expression),
                SelectItem::Wildcard { .. } => None,
            });
            let clauses = [
                &select.filter,
                &select.group_by,
                &select.having,
                &select.other,
            ];
            relations()
                .or_else(|| in_expressions(items, subquery))
                .or_else(|| in_expressions(clauses.into_iter().flatten(), subquery))
        }
        QueryBody::SetOperation(inputs) => inputs.iter().find_map(|input| find(input, subquery)),
        QueryBody::Nested(nested) => find(nested, subquery),
        QueryBody::Values(values) => in_expressions(values, subquery),
    })
    .or_else(|| in_expressions(query.order_by.iter().chain(&query.tail), subquery))
}

fn in_relation<'q>(relation: &'q Relation, subquery: &Subquery) -> Option<&'q Query> {
    match relation {
        Relation::Table(_) => None,
        Relation::Derived { query, .. } => find(query, subquery),
        Relation::Joined { first, joins } => in_relation(first, subquery).or_else(|| {
            joins.iter().find_map(|join| {
                in_relation(&join.relation, subquery).or_else(|| in_expressions(&join.on, subquery))
            })
        }),
        Relation::Function { arguments, .. } => in_expressions(arguments, subquery),
    }
}

fn in_expressions<'q>(
    expressions: impl IntoIterator<Item = &'q Expression>,
    subquery: &Subquery,
) -> Option<&'q Query> {
    let queries = expressions
        .into_iter()
        .flat_map(|expression| &expression.queries);
    queries.into_iter().find_map(|query| find(query, subquery))
}

/// The frame's columns, where its text lists them, are those that its readers list, by position.
fn columns(check: &mut Check<'_>, built: &Built<'_, '_>) {
    let QueryBody::Select(select) = &built.query.body else {
        return;
    };
    let listed: Option<Vec<String>> = select
        .items
        .iter()
        .map(|item| match item {
            SelectItem::Expression { expression, alias } => {
                let plain = match expression.columns.as_slice() {
                    [only] if expression.shape == crate::frontend::statement::Shape::Column => {
                        only.parts.last()
                    }
                    _ => None,
                };
                alias
                    .as_ref()
                    .or(plain)
                    .map(crate::frontend::statement::Identifier::key)
            }
            SelectItem::Wildcard { .. } => None,
        })
        .collect();
    let Some(listed) = listed else { return };
    for reader in &built.frame.readers {
        let subquery = reader.subquery().and_then(|id| check.subqueries.get(&id));
        let outputs = subquery.and_then(|subquery| subquery.outputs.as_ref());
        let same = outputs.is_some_and(|outputs| {
            let outputs = outputs
                .iter()
                .map(crate::frontend::statement::Identifier::key);
            outputs.eq(listed.iter().cloned())
        });
        if !same {
            let at: At = check.run_of(reader.statement);
            let text = format!("lists other columns than frame `{}` has", built.frame.name);
            check.report(Promise::Repetition, at, text);
        }
    }
}
