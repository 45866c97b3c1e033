//! Frames that are built from other frames: the definition of such a frame is a subquery of the user's that reads them, or
//! reads them instead of the tables that it joins or groups (see [`tables`]).
//!
//! The text of a subquery differs from its body as the text of a statement does that reads the frames: by the same changes,
//! token by token. What each kind proves of the statements that read a frame it proves of the place in the body too. So
//! the definition has the rows of the body, and that all readers say the same as the body is proven in
//! [`super::repeated`], from the user's texts alone.

mod tables;

use std::collections::BTreeSet;

use super::change::{Change, Instead, changed, in_order};
use super::emitted::within;
use super::frames::Built;
use super::names::{Names, TableUse, query};
use super::repeated::find;
use super::rewrite::of_reader;
use super::{Check, Promise};
use crate::facts::access::{Access, Origin, Subquery};
use crate::frontend::statement::Query;
use crate::planner::frame::FrameKind;
use crate::planner::plan::{Feed, Frame, FrameId};

/// The frames that a frame is built from, each with one place that reads it.
pub(super) fn of<'a>(check: &Check<'a>, frame: &Frame) -> Vec<(&'a Frame, &'a Feed)> {
    let frames = check.plan.frames.iter();
    let all = frames.flat_map(|from| from.feeds.iter().map(move |feed| (from, feed)));
    all.filter(|(_, feed)| feed.frame == frame.id).collect()
}

/// The frames that a frame is built from, and those that they are built from.
pub(super) fn sources<'a>(check: &Check<'a>, frame: &Frame) -> Vec<&'a Frame> {
    closure(frame, |frame| {
        let feeds = of(check, frame).into_iter();
        feeds.map(|(from, _)| from).collect()
    })
}

/// The frames that are built from a frame, and those that are built from them.
pub(super) fn descendants<'a>(check: &Check<'a>, frame: &Frame) -> Vec<&'a Frame> {
    closure(frame, |frame| {
        let feeds = frame.feeds.iter();
        feeds.filter_map(|feed| check.frame(feed.frame)).collect()
    })
}

fn closure<'a>(frame: &Frame, next: impl Fn(&Frame) -> Vec<&'a Frame>) -> Vec<&'a Frame> {
    let mut seen: BTreeSet<FrameId> = BTreeSet::from([frame.id]);
    let mut found: Vec<&'a Frame> = Vec::new();
    let mut open = next(frame);
    while let Some(one) = open.pop() {
        if seen.insert(one.id) {
            found.push(one);
            open.extend(next(one));
        }
    }
    found
}

/// The subquery whose text with other frames in it defines a frame: of all that read the frame the one in whose body
/// those frames are read.
pub(super) fn body<'a>(check: &Check<'a>, frame: &Frame) -> Option<&'a Subquery> {
    let feeds = of(check, frame);
    let places = check.places(frame).into_iter();
    let mut bodies = places.filter_map(|(_, reader)| check.subqueries.get(&reader.subquery()?));
    let holds = |body: &&&Subquery| {
        feeds.iter().all(|(_, feed)| {
            feed.place.reader().is_some_and(|reader| {
                let mut reads = reader.reads.iter();
                reader.statement == body.statement
                    && !reader.reads.is_empty()
                    && reads.all(|read| body.reads.contains(read))
            })
        })
    };
    bodies.find(holds).copied()
}

/// Checks the places where a definition reads other frames.
pub(super) fn run(check: &mut Check<'_>, built: &Built<'_, '_>) {
    let feeds = of(check, built.frame);
    if feeds.is_empty() {
        return;
    }
    let (promise, proved) = match built.frame.kind {
        FrameKind::JoinCore => (Promise::Joining, tables::run(check, built, &feeds)),
        FrameKind::CoveringAggregate => (Promise::Aggregation, tables::run(check, built, &feeds)),
        _ => (Promise::Repetition, definition(check, built, &feeds)),
    };
    if let Err(problem) = proved {
        let text = format!("frame `{}` {problem}", built.frame.name);
        check.report(promise, built.at, text);
    }
}

fn definition(
    check: &Check<'_>,
    built: &Built<'_, '_>,
    feeds: &[(&Frame, &Feed)],
) -> Result<(), String> {
    if built.frame.kind != FrameKind::RepeatedSubquery {
        return Err("is built from other frames, but is no text of the user's".to_owned());
    }
    let body = body(check, built.frame)
        .ok_or("is built from frames that none of its readers reads in what it replaces")?;
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
    let mut changes = Vec::new();
    for (from, feed) in feeds {
        let reader = feed.place.reader();
        let reader = reader.ok_or("has a frame instead of a table that its text does not name")?;
        changes.extend(of_reader(check, from, reader)?);
    }
    let changes = in_order(changes)?;
    if !changes
        .iter()
        .all(|change| original.span.contains(change.span))
    {
        return Err("is built from a frame that stands outside its text".to_owned());
    }
    let expected = changed(&within(file, original.span), &changes);
    let emitted = built.tokens().ok_or("has a text that cannot be read")?;
    let same = expected.len() == emitted.len()
        && emitted
            .iter()
            .zip(&expected)
            .all(|(token, one)| one.is(token));
    if !same {
        let shown: Vec<String> = expected.iter().map(Instead::shown).collect();
        return Err(format!("does not say `{}`", shown.join(" ")));
    }
    let other = other_names(check, built, access, original, &changes);
    other.ok_or_else(|| "names other relations than its text and the frames in it".to_owned())
}

/// What is no frame in the definition is what it is in the user's text: the same table version where it is built.
fn other_names(
    check: &Check<'_>,
    built: &Built<'_, '_>,
    access: &Access,
    original: &Query,
    changes: &[Change],
) -> Option<()> {
    let in_text_order = |query| {
        let mut tables = Names::of(query).tables;
        tables.sort_by_key(|table| table.reference.name.span.start);
        tables
    };
    let instead = changes.iter().flat_map(|change| &change.instead);
    let frames: Vec<&String> = instead
        .filter_map(|token| match token {
            Instead::Frame { name, .. } => Some(name),
            _ => None,
        })
        .collect();
    let is_frame = |table: &TableUse<'_>| {
        let key = table.reference.name.key();
        frames.iter().any(|name| name.to_lowercase() == key)
    };
    let (named, others): (Vec<_>, Vec<_>) =
        in_text_order(built.query).into_iter().partition(is_frame);
    let mut own = in_text_order(original);
    own.retain(|table| {
        let place = table.reference.name.span;
        !changes.iter().any(|change| change.span.contains(place))
    });
    if named.len() != frames.len() || own.len() != others.len() {
        return None;
    }
    for (own, other) in own.iter().zip(&others) {
        match (own.cte, other.cte) {
            (Some(_), Some(_)) => continue,
            (None, None) => {}
            _ => return None,
        }
        let place = own.reference.name.span;
        let mut reads = access.reads.iter();
        let read = reads
            .find(|read| matches!(read.origin, Origin::Named { name, .. } if name == place))?;
        let table = built.resolve(check, &other.reference.name)?;
        if built.version(table) != Some(read.version) {
            return None;
        }
    }
    Some(())
}
