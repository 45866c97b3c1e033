//! Repeated subqueries: each replaced body says what the frame's text says, or a part of it (see [`super::widened`]).

use super::canonical;
use super::frames::Built;
use super::names::query;
use super::{Check, Promise, feeds, widened};
use crate::facts::access::{Origin, Subquery};
use crate::frontend::statement::{
    Expression, Identifier, Query, QueryBody, Relation, SelectItem, Shape,
};
use crate::planner::frame::Reader;

/// Checks every reader of a repeated subquery.
pub(super) fn run(check: &mut Check<'_>, built: &Built<'_, '_>) {
    let Some((frame, listed)) = says(check, built) else {
        // Reported where the frame's inputs are, and the frames that it is built from.
        return;
    };
    // What reads other frames is no wider than one of its readers.
    let block = if feeds::of(check, built.frame).is_empty() {
        widened::frame(check, built)
    } else {
        None
    };
    let places = check.places(built.frame);
    let mut readings = Vec::new();
    for (at, reader) in &places {
        let equal = compare(check, &frame, reader)
            .and_then(|()| same_columns(check, listed.as_deref(), reader));
        let Err(problem) = equal else { continue };
        let reading = match &block {
            Some(block) => widened::read(check, block, reader),
            None => Err(problem),
        };
        match (reading, reader.subquery()) {
            (Ok(reading), Some(subquery)) => {
                let place = (built.frame.id, subquery);
                check.readings.insert(place, reading.clone());
                readings.push(reading);
            }
            (Err(problem), _) => {
                let text = format!("{problem} frame `{}`", built.frame.name);
                check.report(Promise::Repetition, *at, text);
            }
            (Ok(_), None) => {}
        }
    }
    // Where one reader is equal to the frame, that one has all of its columns.
    if let Some(block) = block.filter(|_| readings.len() == places.len())
        && let Some(column) = widened::unknown_column(check, &block, &readings)
    {
        let text = format!(
            "column `{column}` of frame `{}` is none of any subquery that may be shared",
            built.frame.name
        );
        check.report(Promise::Repetition, built.at, text);
    }
}

/// What the frame says, and its columns where its text lists them: of a frame that is built from others, what the
/// subquery says that it is the text of.
fn says(check: &Check<'_>, built: &Built<'_, '_>) -> Option<(Vec<String>, Option<Vec<String>>)> {
    if !feeds::of(check, built.frame).is_empty() {
        let body = feeds::body(check, built.frame)?;
        let outputs = body.outputs.as_ref()?.iter().map(Identifier::key);
        return Some((own(check, body).ok()?, Some(outputs.collect())));
    }
    let file = built.tokens()?;
    let frame = canonical::tokens(built.query, &file, |named| {
        let table = built.resolve(check, &named.reference.name)?;
        let version = built.version(table)?;
        Some(check.table_name(version))
    })?;
    Some((frame, listed(built)))
}

fn compare(check: &Check<'_>, frame: &[String], reader: &Reader) -> Result<(), &'static str> {
    let subquery = reader
        .subquery()
        .and_then(|id| check.subqueries.get(&id))
        .filter(|subquery| subquery.statement == reader.statement)
        .ok_or("replaces no subquery by")?;
    if own(check, subquery)? == frame {
        Ok(())
    } else {
        Err("replaces a subquery that says something else than")
    }
}

/// What a subquery of the user's says.
fn own(check: &Check<'_>, subquery: &Subquery) -> Result<Vec<String>, &'static str> {
    if !subquery.closed {
        return Err("replaces a subquery that depends on what surrounds it by");
    }
    let (statement, access) = check
        .statements
        .get(&subquery.statement)
        .ok_or("is no statement that could read")?;
    let body = query(statement)
        .and_then(|query| find(query, subquery))
        .ok_or("has no query where a body is replaced by")?;
    let file = check
        .tokens
        .get(&statement.source)
        .ok_or("has no tokens to compare with")?;
    canonical::tokens(body, file, |named| {
        let read = access.reads.iter().find(|read| match &read.origin {
            Origin::Named { name, .. } => *name == named.reference.name.span,
            Origin::ThroughView(_)
            | Origin::Declared(_)
            | Origin::Recognised(_)
            | Origin::Carried => false,
        })?;
        Some(check.table_name(read.version))
    })
    .ok_or("names a relation whose version is not known in what is replaced by")
}

/// The query between the parentheses of a subquery.
pub(super) fn find<'q>(query: &'q Query, subquery: &Subquery) -> Option<&'q Query> {
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

/// The frame's columns, where its text lists them.
fn listed(built: &Built<'_, '_>) -> Option<Vec<String>> {
    let QueryBody::Select(select) = &built.query.body else {
        return None;
    };
    let items = select.items.iter();
    items
        .map(|item| match item {
            SelectItem::Expression { expression, alias } => {
                let plain = match expression.columns.as_slice() {
                    [only] if expression.shape == Shape::Column => only.parts.last(),
                    _ => None,
                };
                alias.as_ref().or(plain).map(Identifier::key)
            }
            SelectItem::Wildcard { .. } => None,
        })
        .collect()
}

/// The frame's columns are those that a reader lists, by position.
fn same_columns(
    check: &Check<'_>,
    listed: Option<&[String]>,
    reader: &Reader,
) -> Result<(), &'static str> {
    let Some(listed) = listed else { return Ok(()) };
    let subquery = reader.subquery().and_then(|id| check.subqueries.get(&id));
    let outputs = subquery.and_then(|subquery| subquery.outputs.as_ref());
    let same = outputs.is_some_and(|outputs| {
        let outputs = outputs.iter().map(Identifier::key);
        outputs.eq(listed.iter().cloned())
    });
    if same {
        Ok(())
    } else {
        Err("lists other columns than those of")
    }
}
