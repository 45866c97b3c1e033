//! Frames instead of tables that a definition joins or groups.
//!
//! Such a frame is a covering read of the table. It has all columns that the definition names, and where it leaves out rows,
//! these fail the definition's own filter, which holds for all rows that come of them.

use super::super::covering::held;
use super::super::frames::{Built, look};
use super::super::hull::{Hull, hull, name};
use crate::facts::access::TableVersion;
use crate::frontend::statement::{
    ColumnReference, Expression, Identifier, JoinKind, QueryBody, Relation, Select, SelectItem,
    TableReference,
};
use crate::planner::check::Check;
use crate::planner::frame::FrameKind;
use crate::planner::plan::{Feed, FeedPlace, Frame};

/// What is wrong where a frame has not all rows.
const ROWS: &str = "needs rows that may be left out of";

/// Checks each frame that a definition reads instead of a table; gives what is wrong with one.
pub(super) fn run(
    check: &Check<'_>,
    built: &Built<'_, '_>,
    feeds: &[(&Frame, &Feed)],
) -> Result<(), String> {
    let QueryBody::Select(select) = &built.query.body else {
        return Err("is built from other frames, but is no block".to_owned());
    };
    for (from, feed) in feeds {
        let FeedPlace::Table(version) = feed.place else {
            return Err("is built from other frames, but is no text of the user's".to_owned());
        };
        instead(check, built, select, from, version)
            .map_err(|problem| format!("{problem} `{}`", from.name))?;
    }
    Ok(())
}

/// One frame instead of one table.
fn instead(
    check: &Check<'_>,
    built: &Built<'_, '_>,
    select: &Select,
    from: &Frame,
    version: TableVersion,
) -> Result<(), &'static str> {
    if !matches!(from.kind, FrameKind::CoveringRead | FrameKind::Intermediate) {
        return Err("has instead of a table what covers none:");
    }
    let key = check.prefix.frame(&from.name);
    let mut relations = relations(select);
    relations.retain(|(table, _)| table.name.key() == key);
    let [(table, outer)] = relations.as_slice() else {
        return Err("does not name once");
    };
    let held = look(check, built.replay, from, |source| held(check, source)).flatten();
    let held = held.ok_or("has instead of a table what is more than columns and rows of one:")?;
    if held.version != Some(version) || built.version(version.table) != Some(version) {
        return Err("needs another table or version than is in");
    }
    let alias = table.alias.as_ref().map(Identifier::key);
    for reference in references(select).ok_or("is more than can be built from")? {
        let column = match (&alias, reference.parts.as_slice()) {
            (Some(alias), [called, _]) if called.key() != *alias => continue,
            (Some(_), [_, column]) | (None, [column]) => column.key(),
            _ => return Err("names columns that may be those of"),
        };
        if !held.has(&column) {
            return Err("needs a column that is none of");
        }
    }
    let Some(left) = held.hull else {
        return Ok(());
    };
    // Nothing tests what is filled with NULLs.
    let own = hull(built, select)
        .flatten()
        .filter(|_| !outer)
        .ok_or(ROWS)?;
    let own = match alias {
        Some(alias) => own.marked(&|called, column| (called == alias).then(|| name(column))),
        None => own,
    };
    let cases = own.cases().ok_or(ROWS)?;
    if cases.iter().all(|case| Hull::is_implied_by(&left, case)) {
        Ok(())
    } else {
        Err(ROWS)
    }
}

/// The tables of a block, and whether each is filled with NULLs.
fn relations(select: &Select) -> Vec<(&TableReference, bool)> {
    let mut relations: Vec<(&Relation, bool)> = Vec::new();
    for relation in &select.from {
        if let Relation::Joined { first, joins } = relation {
            relations.push((first.as_ref(), false));
            let joined = joins.iter();
            relations.extend(joined.map(|join| (&join.relation, join.kind != JoinKind::Inner)));
        } else {
            relations.push((relation, false));
        }
    }
    let tables = relations.into_iter();
    tables
        .filter_map(|(relation, outer)| match relation {
            Relation::Table(table) => Some((table, outer)),
            _ => None,
        })
        .collect()
}

/// All columns that a block names; none where it has more than expressions of columns.
fn references(select: &Select) -> Option<Vec<&ColumnReference>> {
    let mut expressions: Vec<&Expression> = Vec::new();
    for item in &select.items {
        let SelectItem::Expression { expression, .. } = item else {
            return None;
        };
        expressions.push(expression);
    }
    for relation in &select.from {
        if let Relation::Joined { joins, .. } = relation {
            expressions.extend(joins.iter().flat_map(|join| &join.on));
        }
    }
    let clauses = [
        &select.filter,
        &select.group_by,
        &select.having,
        &select.other,
    ];
    expressions.extend(clauses.into_iter().flatten());
    let plain = |expression: &&Expression| {
        let mut calls = expression.calls.iter();
        expression.queries.is_empty() && calls.all(|call| call.window.is_none())
    };
    let columns = expressions
        .iter()
        .flat_map(|expression| &expression.columns);
    expressions.iter().all(plain).then(|| columns.collect())
}
