//! Texts of statements: the user's own, or a reader that differs at its declared places only.

use super::change::{Change, Instead, in_order};
use super::emitted::Placed;
use super::names::{Names, query};
use super::widened::Reading;
use super::{At, Check, Promise, aggregate, join};
use std::collections::BTreeSet;

use crate::diagnostic::Span;
use crate::facts::access::{Origin, Read, ReadId, SubqueryId};
use crate::frontend::source::SourceKind;
use crate::frontend::statement::{Identifier, Statement, StatementId};
use crate::planner::emit::{Language, NAMESPACE, ProgramText, SCRATCH};
use crate::planner::frame::{Place, Reader};
use crate::planner::plan::{Frame, Step};

/// Compares the plan's steps with the program's, and every statement's text with the user's.
pub(super) fn run(check: &mut Check<'_>) {
    let planned = check.plan.steps.iter();
    let emitted = check.program.steps.iter().map(|step| &step.step);
    if !planned.eq(emitted) {
        let text = "the program's steps are not the plan's";
        check.report(Promise::Text, At::Plan, text);
    }
    for (index, step) in check.program.steps.iter().enumerate() {
        let Step::Run(id) = step.step else { continue };
        let at = At::Step(index, Some(id));
        let Some(&(statement, _)) = check.statements.get(&id) else {
            continue;
        };
        let [text] = step.texts.as_slice() else {
            check.report(Promise::Text, at, "submits not exactly one text");
            continue;
        };
        let language = check
            .sources
            .get(statement.source)
            .map(|source| source.kind);
        let expected = match language {
            Some(SourceKind::Python) => Language::Python,
            _ => Language::Sql,
        };
        if text.language != expected {
            check.report(Promise::Text, at, "is submitted in another language");
        }
        if check.plan.frames.iter().any(|frame| reads(frame, id)) {
            if let Err(problem) = reader(check, statement, text) {
                check.report(Promise::Text, at, problem);
            }
        } else {
            if text.text != check.sources.text(statement.span) {
                let text = "reads no frame but is not submitted as written";
                check.report(Promise::Text, at, text);
            }
            if text.namespaced {
                let text = "is the user's own text but would be searched for the run's prefix";
                check.report(Promise::Text, at, text);
            }
        }
    }
}

fn reads(frame: &Frame, statement: StatementId) -> bool {
    let mut readers = frame.readers.iter();
    readers.any(|reader| reader.statement == statement)
}

fn reader(check: &Check<'_>, statement: &Statement, text: &ProgramText) -> Result<(), String> {
    let original = check.sources.text(statement.span);
    let places = places(check, statement)?;
    if !text.namespaced {
        return Err("reads a frame but the run's prefix is not filled in".to_owned());
    }
    for placeholder in [NAMESPACE, SCRATCH] {
        if original.contains(placeholder) {
            return Err(format!("holds `{placeholder}` itself"));
        }
    }
    let frames = places.iter().flat_map(|place| &place.instead);
    let frames = frames.filter(|token| matches!(token, Instead::Frame { .. }));
    let frames = frames.count();
    if text.text.matches(NAMESPACE).count() != frames {
        return Err(format!(
            "does not name a frame once at each of its {frames} places"
        ));
    }
    let filled = check.prefix.fill(text);
    let emitted = check.prefix.read(&filled, [statement.span]);
    let tokens = emitted
        .tokens()
        .ok_or("cannot be read again: a token never ends")?;
    bytes(check, statement, &places, &filled, &tokens)?;
    let again = emitted
        .statement
        .as_ref()
        .ok_or("cannot be read again as one statement")?;
    if again.kind.word() != statement.kind.word() {
        return Err(format!(
            "is a `{}` when read again, not a `{}`",
            again.kind.word(),
            statement.kind.word()
        ));
    }
    relations(statement, again, &places)
}

/// The places to be replaced, in text order.
fn places(check: &Check<'_>, statement: &Statement) -> Result<Vec<Change>, String> {
    let mut places = Vec::new();
    for frame in &check.plan.frames {
        for reader in &frame.readers {
            if reader.statement == statement.id {
                places.extend(of_reader(check, frame, reader)?);
            }
        }
    }
    let places = in_order(places)?;
    if let Some(place) = places
        .iter()
        .find(|place| !statement.span.contains(place.span))
    {
        return Err(format!(
            "has a place of a frame outside the statement: `{}`",
            check.sources.text(place.span)
        ));
    }
    Ok(places)
}

/// What changes in the text of the statement for one reader of a frame.
pub(super) fn of_reader(
    check: &Check<'_>,
    frame: &Frame,
    reader: &Reader,
) -> Result<Vec<Change>, String> {
    let name = check.prefix.frame(&frame.name);
    match reader.place {
        Place::Name => named(check, &name, reader, &reader.reads),
        Place::Body(id) => {
            let reading = check.readings.get(&(frame.id, id));
            body(check, &name, reader, id, reading).map(|place| vec![place])
        }
        Place::Joined => joined(check, frame, &name, reader),
        Place::Block => aggregate::changes(check, frame, reader),
    }
}

/// A projection of the frame with the output columns of a subquery instead of its body.
fn body(
    check: &Check<'_>,
    frame: &str,
    reader: &Reader,
    id: SubqueryId,
    reading: Option<&Reading>,
) -> Result<Change, String> {
    let subquery = check
        .subqueries
        .get(&id)
        .filter(|subquery| subquery.statement == reader.statement)
        .ok_or("replaces a subquery that is not in it")?;
    let outputs: Vec<(&str, &Identifier)> = match (reading, &subquery.outputs) {
        (Some(reading), _) => {
            let outputs = reading.outputs.iter();
            outputs
                .map(|(column, name)| (column.as_str(), name))
                .collect()
        }
        (None, Some(outputs)) => {
            let outputs = outputs.iter();
            outputs.map(|name| (name.text.as_str(), name)).collect()
        }
        (None, None) => {
            return Err("replaces a subquery whose output columns are not known".to_owned());
        }
    };
    let mut instead = vec![Instead::Word("select")];
    let mut listed = BTreeSet::new();
    for (column, name) in outputs {
        if !listed.insert(name.key()) {
            return Err("replaces a subquery with two output columns of one name".to_owned());
        }
        if listed.len() > 1 {
            instead.push(Instead::Symbol(","));
        }
        if column.to_lowercase() != name.key() {
            instead.push(Instead::Spelled(column.to_owned()));
            instead.push(Instead::Word("as"));
        }
        instead.push(Instead::Spelled(name.text.clone()));
    }
    instead.push(Instead::Word("from"));
    instead.push(Instead::Frame {
        name: frame.to_owned(),
        called: frame.to_lowercase(),
    });
    let tests = reading.iter().flat_map(|reading| &reading.tests);
    for (test, word) in tests.zip(std::iter::once("where").chain(std::iter::repeat("and"))) {
        instead.push(Instead::Word(word));
        instead.extend(test.iter().cloned());
    }
    Ok(Change {
        span: subquery.body,
        instead,
    })
}

/// The frame's name instead of that of the first of some joined tables, nothing instead of the others, and the
/// frame's columns instead of theirs.
fn joined(
    check: &Check<'_>,
    frame: &Frame,
    name: &str,
    reader: &Reader,
) -> Result<Vec<Change>, String> {
    let Some(Ok(core)) = check.cores.get(&frame.id) else {
        return Err(format!("reads frame `{name}`, whose text joins no tables"));
    };
    let place = join::Place::of(check, core, reader)?;
    let anchor = reader.reads.get(..1).unwrap_or(&[]);
    let mut changes = named(check, name, reader, anchor)?;
    changes.extend(join::changes(check, core, &place)?);
    Ok(changes)
}

/// The frame's name, called as the table was, instead of the name of a table.
fn named(
    check: &Check<'_>,
    frame: &str,
    reader: &Reader,
    reads: &[ReadId],
) -> Result<Vec<Change>, String> {
    let mut places = Vec::new();
    for id in reads {
        let read: &Read = check
            .reads
            .get(id)
            .copied()
            .filter(|read| read.statement == reader.statement)
            .ok_or("replaces a read that is not in it")?;
        if let Some(fixed) = read.fixed {
            return Err(format!(
                "replaces a name that must stay as it is ({fixed:?})"
            ));
        }
        let Origin::Named {
            name: span,
            alias,
            last_part,
        } = &read.origin
        else {
            return Err("replaces a read that has no place in the text".to_owned());
        };
        let called = alias.as_ref().unwrap_or(last_part).key();
        let mut instead = vec![Instead::Frame {
            name: frame.to_owned(),
            called: called.clone(),
        }];
        if alias.is_none() {
            instead.extend([Instead::Word("as"), Instead::Named(called)]);
        }
        places.push(Change {
            span: *span,
            instead,
        });
    }
    if places.is_empty() {
        return Err("is a reader without a read".to_owned());
    }
    Ok(places)
}

/// Byte for byte the user's text between the places, and the right tokens at them.
fn bytes(
    check: &Check<'_>,
    statement: &Statement,
    places: &[Change],
    emitted: &str,
    tokens: &[Placed<'_>],
) -> Result<(), String> {
    let mut at = 0_usize;
    let mut from = statement.span.start;
    let keep = |at: &mut usize, from: u32, to: u32| {
        let kept = check.sources.text(Span {
            source: statement.span.source,
            start: from,
            end: to,
        });
        let same = emitted
            .get(*at..)
            .is_some_and(|rest| rest.starts_with(kept));
        *at += kept.len();
        if same {
            Ok(())
        } else {
            Err(format!(
                "differs from the user's text outside the places of its frames, in `{}`",
                first_line(kept)
            ))
        }
    };
    for place in places {
        keep(&mut at, from, place.span.start)?;
        if let Some(end) = replaced(place, tokens, at)? {
            at = end;
        }
        from = place.span.end;
    }
    keep(&mut at, from, statement.span.end)?;
    if at == emitted.len() {
        Ok(())
    } else {
        Err("has text after the user's".to_owned())
    }
}

/// Behind the tokens that stand at a place, which begins at a byte; none where nothing stands there.
fn replaced(place: &Change, tokens: &[Placed<'_>], start: usize) -> Result<Option<usize>, String> {
    let index = tokens.partition_point(|token| (token.span.start as usize) < start);
    let rest = tokens.get(index..).unwrap_or(&[]);
    let here = rest.get(..place.instead.len()).unwrap_or(&[]);
    let fits = here.len() == place.instead.len()
        && here
            .iter()
            .zip(&place.instead)
            .all(|(token, one)| one.is(token));
    let begins = here
        .first()
        .is_none_or(|token| token.span.start as usize == start);
    if !fits || !begins {
        let shown: Vec<String> = place.instead.iter().map(Instead::shown).collect();
        return Err(format!("does not say `{}` at its place", shown.join(" ")));
    }
    Ok(here.last().map(|token| token.span.end as usize))
}

/// The relations of the text read again: those of the user, and frames at their places, in the same order and
/// called the same.
fn relations(original: &Statement, again: &Statement, places: &[Change]) -> Result<(), String> {
    let (Some(original), Some(again)) = (query(original), query(again)) else {
        return Err("has no query to read a frame in".to_owned());
    };
    let mut expected: Vec<(u32, String, Option<String>)> = Vec::new();
    for named in &Names::of(original).tables {
        let span = named.reference.name.span;
        let parts = &named.reference.name.parts;
        let called = named
            .reference
            .alias
            .as_ref()
            .or(parts.last())
            .map(Identifier::key);
        match places.iter().find(|place| place.span.contains(span)) {
            None => expected.push((span.start, named.reference.name.key(), called)),
            Some(place) if place.span == span && named.cte.is_some() => {
                return Err("replaces the name of a common table expression".to_owned());
            }
            Some(_) => {}
        }
    }
    for place in places {
        for token in &place.instead {
            if let Instead::Frame { name, called } = token {
                let start = place.span.start;
                expected.push((start, name.to_lowercase(), Some(called.clone())));
            }
        }
    }
    expected.sort();
    let mut found: Vec<(u32, String, Option<String>)> = Names::of(again)
        .tables
        .iter()
        .map(|named| {
            let parts = &named.reference.name.parts;
            let called = named.reference.alias.as_ref().or(parts.last());
            (
                named.reference.name.span.start,
                named.reference.name.key(),
                called.map(Identifier::key),
            )
        })
        .collect();
    found.sort();
    let names = |(_, name, called): &(u32, String, Option<String>)| (name.clone(), called.clone());
    if found.iter().map(names).eq(expected.iter().map(names)) {
        Ok(())
    } else {
        Err("names other relations when read again than the user's text and its frames".to_owned())
    }
}

fn first_line(text: &str) -> &str {
    text.trim().lines().next().unwrap_or("")
}
