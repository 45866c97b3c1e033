//! Frames that are built from other frames: each place of a definition that names a frame is the place of a table which
//! that frame covers.
//!
//! The definition is the body of a subquery of the user's with frames in place of tables. So the tables of both stand in
//! the same order, and what `covering` proves of a read in the body holds of the place in the definition. That the definition means what the bodies of all readers mean is proven in
//! [`super::repeated`], which takes a frame for the table version that it holds.

use super::emitted::{Placed, within};
use super::frames::Built;
use super::names::{Names, TableUse, query};
use super::repeated::find;
use super::{Check, Promise};
use crate::diagnostic::Span;
use crate::facts::access::{Origin, ReadId, Subquery};
use crate::frontend::statement::Query;
use crate::planner::frame::{FrameKind, Place};
use crate::planner::plan::{Feed, Frame};

/// The frames that a frame is built from, each with one place that reads it.
pub(super) fn of<'a>(check: &Check<'a>, frame: &Frame) -> Vec<(&'a Frame, &'a Feed)> {
    let frames = check.plan.frames.iter();
    let all = frames.flat_map(|from| from.feeds.iter().map(move |feed| (from, feed)));
    all.filter(|(_, feed)| feed.frame == frame.id).collect()
}

/// Checks the places where a definition reads other frames.
pub(super) fn run(check: &mut Check<'_>, built: &Built<'_, '_>) {
    let feeds = of(check, built.frame);
    if feeds.is_empty() {
        return;
    }
    if let Err(problem) = places(check, built, &feeds) {
        let text = format!("frame `{}` {problem}", built.frame.name);
        check.report(Promise::Repetition, built.at, text);
    }
}

fn places(
    check: &Check<'_>,
    built: &Built<'_, '_>,
    feeds: &[(&Frame, &Feed)],
) -> Result<(), &'static str> {
    if built.frame.kind != FrameKind::RepeatedSubquery {
        return Err("is built from other frames, but is no text of the user's");
    }
    let covering = |(from, feed): &(&Frame, &Feed)| {
        let kind = matches!(from.kind, FrameKind::CoveringRead | FrameKind::Intermediate);
        kind && feed.reader.place == Place::Name && feed.reader.reads.len() == 1
    };
    if !feeds.iter().all(covering) {
        return Err("is built from a frame that stands for no table");
    }
    let body =
        body(check, built, feeds).ok_or("is built from frames that none of its readers reads")?;
    let (statement, access) = check
        .statements
        .get(&body.statement)
        .ok_or("is the text of no statement")?;
    let original = query(statement)
        .and_then(|query| find(query, body))
        .ok_or("is the text of no query")?;
    let file = check
        .tokens
        .get(&statement.source)
        .ok_or("is a text that cannot be read")?;
    let own = Marked::of(original, within(file, original.span));
    let emitted = built.tokens().ok_or("has a text that cannot be read")?;
    let emitted = Marked::of(built.query, emitted);
    if emitted.tokens != own.tokens {
        return Err("is not the text that the frames it is built from are read in");
    }
    let mut read: Vec<ReadId> = Vec::new();
    for (place, table) in emitted.tables.iter().zip(&own.tables) {
        let key = place.reference.name.key();
        let named = |(from, _): &&(&Frame, &Feed)| key == check.prefix.frame(&from.name);
        let here: Vec<&(&Frame, &Feed)> = feeds.iter().filter(named).collect();
        if here.is_empty() {
            continue;
        }
        let mut reads = access.reads.iter();
        let id = reads.find_map(|read| match &read.origin {
            Origin::Named { name, .. } if *name == table.reference.name.span => Some(read.id),
            _ => None,
        });
        let id = id.ok_or("reads a frame in place of what is no table")?;
        if !here.iter().any(|(_, feed)| feed.reader.reads == [id]) {
            return Err("reads a frame where the plan says nothing of it");
        }
        read.push(id);
    }
    let mut said: Vec<ReadId> = feeds
        .iter()
        .flat_map(|(_, feed)| feed.reader.reads.iter().copied())
        .collect();
    said.sort_unstable();
    read.sort_unstable();
    if read == said {
        Ok(())
    } else {
        Err("does not read each frame that it is built from once at each place")
    }
}

/// The subquery of a reader in whose body all the reads stand.
fn body<'c>(
    check: &'c Check<'_>,
    built: &Built<'_, '_>,
    feeds: &[(&Frame, &Feed)],
) -> Option<&'c Subquery> {
    let readers = built.frame.readers.iter();
    let mut bodies = readers.filter_map(|reader| check.subqueries.get(&reader.subquery()?));
    let holds = |body: &&&Subquery| {
        feeds.iter().all(|(_, feed)| {
            feed.reader.statement == body.statement
                && feed
                    .reader
                    .reads
                    .iter()
                    .all(|read| body.reads.contains(read))
        })
    };
    bodies.find(holds).copied()
}

/// A query's tokens with marks for the tables that it names, and those in text order.
struct Marked<'q> {
    tokens: Vec<String>,
    tables: Vec<TableUse<'q>>,
}

/// What stands for the name and alias of a table: no token of SQL.
const TABLE: &str = "a table";

impl<'q> Marked<'q> {
    fn of(query: &'q Query, tokens: Vec<Placed<'_>>) -> Self {
        let mut tables = Names::of(query).tables;
        tables.retain(|table| table.cte.is_none());
        tables.sort_by_key(|table| table.reference.name.span.start);
        let places: Vec<(Span, Span)> = tables
            .iter()
            .map(|table| {
                let name = table.reference.name.span;
                let alias = table.reference.alias.as_ref();
                (name, alias.map_or(name, |alias| name.join(alias.span)))
            })
            .collect();
        let mut marked = Vec::new();
        for token in tokens {
            let place = places.iter().find(|(_, whole)| whole.contains(token.span));
            match place {
                Some((name, _)) if token.span.start == name.start => marked.push(TABLE.to_owned()),
                Some(_) => {}
                None => marked.push(token.normalised()),
            }
        }
        Marked {
            tokens: marked,
            tables,
        }
    }
}
