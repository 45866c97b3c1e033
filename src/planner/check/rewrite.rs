//! Texts of statements: the user's own, or a reader that differs at its declared places only.

use super::emitted::Placed;
use super::names::{Names, query};
use super::{At, Check, Promise};
use crate::diagnostic::Span;
use crate::facts::access::{Origin, Read};
use crate::frontend::source::SourceKind;
use crate::frontend::statement::{Identifier, Statement, StatementId};
use crate::planner::emit::{Language, NAMESPACE, ProgramText};
use crate::planner::frame::Reader;
use crate::planner::plan::{Frame, Step};

/// A place of a statement that a frame replaces.
#[derive(Clone, Debug)]
struct Place {
    span: Span,
    /// Name of the frame in filled texts.
    frame: String,
    instead: Instead,
}

/// What stands at a replaced place.
#[derive(Clone, Debug)]
enum Instead {
    /// The frame's name, called as the table was.
    Name {
        alias: Option<Identifier>,
        last_part: Identifier,
    },
    /// A projection of the frame with these output columns.
    Body { outputs: Vec<String> },
}

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
    if original.contains(NAMESPACE) {
        return Err(format!("holds `{NAMESPACE}` itself"));
    }
    if text.text.matches(NAMESPACE).count() != places.len() {
        return Err(format!(
            "does not name a frame once at each of its {} places",
            places.len()
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
fn places(check: &Check<'_>, statement: &Statement) -> Result<Vec<Place>, String> {
    let mut places = Vec::new();
    for frame in &check.plan.frames {
        for reader in &frame.readers {
            if reader.statement == statement.id {
                places.extend(of_reader(check, frame, reader)?);
            }
        }
    }
    places.sort_by_key(|place| place.span);
    for pair in places.windows(2) {
        if let [first, then] = pair
            && then.span.start < first.span.end
        {
            return Err("two frames replace the same place".to_owned());
        }
    }
    if let Some(place) = places
        .iter()
        .find(|place| !statement.span.contains(place.span))
    {
        return Err(format!(
            "has a place of frame `{}` outside the statement",
            place.frame
        ));
    }
    Ok(places)
}

fn of_reader(check: &Check<'_>, frame: &Frame, reader: &Reader) -> Result<Vec<Place>, String> {
    let name = check.prefix.frame(&frame.name);
    if let Some(id) = reader.subquery {
        let subquery = check
            .subqueries
            .get(&id)
            .filter(|subquery| subquery.statement == reader.statement)
            .ok_or("replaces a subquery that is not in it")?;
        let outputs = subquery
            .outputs
            .as_ref()
            .ok_or("replaces a subquery whose output columns are not known")?;
        return Ok(vec![Place {
            span: subquery.body,
            frame: name,
            instead: Instead::Body {
                outputs: outputs.iter().map(|output| output.text.clone()).collect(),
            },
        }]);
    }
    let mut places = Vec::new();
    for id in &reader.reads {
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
        places.push(Place {
            span: *span,
            frame: name.clone(),
            instead: Instead::Name {
                alias: alias.clone(),
                last_part: last_part.clone(),
            },
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
    places: &[Place],
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
        let start = u32::try_from(at).unwrap_or(u32::MAX);
        let index = tokens.partition_point(|token| token.span.start < start);
        let rest = tokens.get(index..).unwrap_or(&[]);
        if rest.first().is_none_or(|token| token.span.start != start) {
            return Err(format!(
                "does not name frame `{}` at its place",
                place.frame
            ));
        }
        let used = replaced(place, rest)?;
        let last = used.checked_sub(1).and_then(|last| rest.get(last));
        at = last.map_or(at, |token| token.span.end as usize);
        from = place.span.end;
    }
    keep(&mut at, from, statement.span.end)?;
    if at == emitted.len() {
        Ok(())
    } else {
        Err("has text after the user's".to_owned())
    }
}

/// How many tokens replace a place.
fn replaced(place: &Place, tokens: &[Placed<'_>]) -> Result<usize, String> {
    let is_frame =
        |token: &Placed<'_>| token.is_name() && token.key() == place.frame.to_lowercase();
    match &place.instead {
        Instead::Name { alias, last_part } => match (tokens, alias) {
            ([name, ..], Some(_)) if is_frame(name) => Ok(1),
            ([name, word, called, ..], None)
                if is_frame(name)
                    && word.is_word("as")
                    && called.is_name()
                    && called.key() == last_part.key() =>
            {
                Ok(3)
            }
            ([name, ..], None) if is_frame(name) => Err(format!(
                "reads frame `{}` without being called `{}`, as the table was",
                place.frame, last_part.text
            )),
            _ => Err(format!(
                "does not name frame `{}` at its place",
                place.frame
            )),
        },
        Instead::Body { outputs } => {
            let mut expected = tokens.iter();
            let wrong = || {
                format!(
                    "does not list the columns of its subquery from frame `{}`",
                    place.frame
                )
            };
            if !expected.next().is_some_and(|token| token.is_word("select")) {
                return Err(wrong());
            }
            for (number, output) in outputs.iter().enumerate() {
                if number > 0 && !expected.next().is_some_and(|token| token.is_symbol(",")) {
                    return Err(wrong());
                }
                let same = expected
                    .next()
                    .is_some_and(|token| token.is_name() && token.spelling() == *output);
                let twice = outputs
                    .iter()
                    .filter(|other| other.to_lowercase() == output.to_lowercase())
                    .count()
                    > 1;
                if !same || twice {
                    return Err(wrong());
                }
            }
            let from = expected.next().is_some_and(|token| token.is_word("from"));
            let frame = expected.next().is_some_and(is_frame);
            if !from || !frame {
                return Err(wrong());
            }
            Ok(tokens.len() - expected.len())
        }
    }
}

/// The relations of the text read again: those of the user, and frames at their places, in the same order and
/// called the same.
fn relations(original: &Statement, again: &Statement, places: &[Place]) -> Result<(), String> {
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
        let name = match places.iter().find(|place| place.span.contains(span)) {
            None => named.reference.name.key(),
            Some(place) if place.span == span && named.cte.is_none() => place.frame.to_lowercase(),
            Some(Place {
                instead: Instead::Body { .. },
                ..
            }) => continue,
            Some(_) => return Err("replaces the name of a common table expression".to_owned()),
        };
        expected.push((span.start, name, called));
    }
    for place in places {
        if matches!(place.instead, Instead::Body { .. }) {
            let frame = place.frame.to_lowercase();
            expected.push((place.span.start, frame.clone(), Some(frame)));
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
