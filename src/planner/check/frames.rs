//! Texts of frames: what builds, releases and drops them, and what they may be called.

use std::collections::BTreeSet;

use super::emitted::{Emitted, Placed};
use super::names::Names;
use super::replay::Replay;
use super::{
    At, Check, Promise, aggregate, covering, feeds, join, layout, medium, padding, repeated,
    settings, views,
};
use crate::diagnostic::Span;
use crate::facts::access::{Origin, SensitivityKind, TableId, TableVersion};
use crate::facts::catalog::SessionFacts;
use crate::frontend::statement::{Identifier, Name, Query};
use crate::planner::emit::{Language, ProgramText};
use crate::planner::frame::FrameKind;
use crate::planner::plan::{FeedPlace, Frame, Step};

/// A frame with its text read again.
pub(super) struct Built<'a, 'e> {
    pub(super) frame: &'a Frame,
    pub(super) emitted: &'e Emitted,
    pub(super) query: &'e Query,
    pub(super) at: At,
    name_epoch: Option<u32>,
    pub(super) replay: &'e Replay,
}

/// Frames rest on names that are compared without regard to case and that lie in Spark's own catalog.
fn session(check: &mut Check<'_>) {
    let facts = check.catalog.session.as_ref();
    if let Some(unusual) = facts.and_then(SessionFacts::unusual_names)
        && let Some(frame) = check.plan.frames.first()
    {
        let text = format!("there is a frame, `{}`, although {unusual}", frame.name);
        check.report(Promise::Residency, At::Plan, text);
    }
}

/// Checks every frame, and what is submitted at the end.
pub(super) fn run(check: &mut Check<'_>, replay: &Replay) {
    session(check);
    names(check);
    let mut order = Vec::new();
    for (index, step) in check.program.steps.iter().enumerate() {
        let at = At::Step(index, None);
        match step.step {
            Step::Run(_) => {}
            Step::Release(id) => {
                let Some(frame) = check.frame(id) else {
                    continue;
                };
                if let Err(problem) = medium::released(check, frame, &step.texts) {
                    check.report(Promise::Text, at, problem);
                }
            }
            Step::Materialise(id) => {
                let Some(frame) = check.frame(id) else {
                    continue;
                };
                if !order.contains(&frame.name) {
                    order.push(frame.name.clone());
                }
                build(check, replay, frame, &step.texts, at);
            }
        }
    }
    padding::run(check);
    order.reverse();
    finish(check, &order);
}

/// A name that could be mistaken: used twice, or by the pipeline.
fn names(check: &mut Check<'_>) {
    let mut taken: BTreeSet<String> = check
        .workload
        .tables
        .iter()
        .filter_map(|table| table.name.rsplit('.').next())
        .map(str::to_lowercase)
        .collect();
    let subqueries = check.subqueries.values();
    taken.extend(
        subqueries
            .filter_map(|subquery| subquery.name.as_ref())
            .map(Identifier::key),
    );
    for frame in &check.plan.frames {
        let plain = !frame.name.is_empty()
            && frame
                .name
                .chars()
                .all(|c| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit());
        if !plain {
            let text = format!("frame name `{}` is no plain lower-case word", frame.name);
            check.report(Promise::Text, At::Plan, text);
        }
        if !taken.insert(frame.name.clone()) {
            let text = format!("frame name `{}` is taken already", frame.name);
            check.report(Promise::Text, At::Plan, text);
        }
    }
}

/// Tokens of a namespaced SQL text in lower case, blank between; none where it is something else.
pub(super) fn says(check: &Check<'_>, text: &ProgramText) -> Option<String> {
    if text.language != Language::Sql || !text.namespaced {
        return None;
    }
    let emitted = check.prefix.read(&check.prefix.fill(text), None);
    let words: Vec<String> = emitted.tokens()?.iter().map(Placed::key).collect();
    Some(words.join(" "))
}

/// What is submitted at the end: the views of all frames, then what their media hold besides. Settings come last.
fn finish(check: &mut Check<'_>, order: &[String]) {
    let (texts, _) = settings::split(check);
    let said: Vec<Option<String>> = texts.iter().map(|text| says(check, text)).collect();
    let (views, rest) = said.split_at_checked(order.len()).unwrap_or((&[], &said));
    let fits = views.len() == order.len()
        && views.iter().zip(order).all(|(says, name)| {
            let name = check.prefix.frame(name);
            let accepted = [
                format!("drop view if exists {name}"),
                format!("drop view {name}"),
            ];
            says.as_ref().is_some_and(|says| accepted.contains(says))
        });
    if !fits {
        let text = "the end of the session does not drop every frame's view, children first";
        check.report(Promise::Text, At::Plan, text);
    }
    let expected = medium::left_to_drop(check);
    if fits
        && !rest
            .iter()
            .map(Option::as_ref)
            .eq(expected.iter().map(Some))
    {
        let text = match expected.first() {
            Some(text) => format!("the end of the session says not `{text}` after dropping views"),
            None => "the end of the session does more than drop views".to_owned(),
        };
        check.report(Promise::Text, At::Plan, text);
    }
}

fn build<'a>(
    check: &mut Check<'a>,
    replay: &Replay,
    frame: &'a Frame,
    texts: &[ProgramText],
    at: At,
) {
    for problem in medium::around(check, frame, texts) {
        check.report(Promise::Text, at, problem);
    }
    let Some(defining) = medium::defining(frame, texts) else {
        return;
    };
    layout::text(check, frame, defining, at);
    let emitted = check
        .prefix
        .read(&check.prefix.fill(defining), check.reader_spans(frame));
    let query = match medium::definition(check, frame, defining, &emitted) {
        Ok(query) => query,
        Err((promise, problem)) => {
            check.report(promise, at, problem);
            return;
        }
    };
    let built = Built {
        frame,
        emitted: &emitted,
        query,
        at,
        name_epoch: replay.name_epoch(Step::Materialise(frame.id)),
        replay,
    };
    inputs(check, &built);
    sensitive_readers(check, frame);
    feeds::run(check, &built);
    if let Err(problem) = medium::keeps(check, frame) {
        check.report(Promise::Medium, at, problem);
    }
    layout::run(check, &built);
    match frame.kind {
        FrameKind::CoveringRead | FrameKind::Intermediate => covering::run(check, &built),
        FrameKind::RepeatedSubquery => repeated::run(check, &built),
        FrameKind::JoinCore => join::run(check, &built),
        FrameKind::CoveringAggregate => aggregate::run(check, &built),
    }
}

/// Looks at the definition of a frame, where its text has one.
pub(super) fn look<T>(
    check: &Check<'_>,
    replay: &Replay,
    frame: &Frame,
    look: impl FnOnce(&Built<'_, '_>) -> T,
) -> Option<T> {
    let (index, step) = check.built(frame.id)?;
    let defining = medium::defining(frame, &step.texts)?;
    let filled = check.prefix.fill(defining);
    let emitted = check.prefix.read(&filled, check.reader_spans(frame));
    let query = medium::definition(check, frame, defining, &emitted).ok()?;
    Some(look(&Built {
        frame,
        emitted: &emitted,
        query,
        at: At::Step(index, None),
        name_epoch: replay.name_epoch(Step::Materialise(frame.id)),
        replay,
    }))
}

impl Built<'_, '_> {
    /// The tokens of the frame's definition; none where its text has no end.
    pub(super) fn tokens(&self) -> Option<Vec<Placed<'_>>> {
        let mut tokens = self.emitted.tokens()?;
        tokens.retain(|token| self.query.span.contains(token.span));
        Some(tokens)
    }

    /// The table that a name of the frame's text means where the frame is built.
    ///
    /// Qualified names mean one table. What an unqualified name means depends on the current database and on
    /// temporary views: it is what the same name means to a statement that runs under the same ones. A frame that stands
    /// for a table means that table.
    pub(super) fn resolve(&self, check: &Check<'_>, name: &Name) -> Option<TableId> {
        let key = name.key();
        for (from, feed) in feeds::of(check, self.frame) {
            if let FeedPlace::Table(version) = feed.place
                && key == check.prefix.frame(&from.name)
            {
                return Some(version.table);
            }
        }
        let key = match name.parts.len() {
            3 => key.strip_prefix("spark_catalog.")?,
            _ => key.as_str(),
        };
        if name.parts.len() > 1 {
            let mut tables = check.workload.tables.iter();
            return tables
                .find(|table| !table.temporary && table.name == key)
                .map(|table| table.id);
        }
        check.reads.values().find_map(|read| {
            let Origin::Named {
                name: span,
                last_part,
                ..
            } = &read.origin
            else {
                return None;
            };
            let one_part = *span == last_part.span;
            let epoch = self.replay.name_epoch(Step::Run(read.statement));
            (one_part && last_part.key() == key && epoch.is_some() && epoch == self.name_epoch)
                .then_some(read.version.table)
        })
    }

    /// The version of a table that the frame holds.
    pub(super) fn version(&self, table: TableId) -> Option<TableVersion> {
        let mut inputs = self.frame.inputs.iter();
        inputs.find(|input| input.table == table).copied()
    }
}

/// Everything that the text reads, through views too, is among the frame's inputs and can be seen through.
fn inputs(check: &mut Check<'_>, built: &Built<'_, '_>) {
    let names = Names::of(built.query);
    let mut needed: BTreeSet<TableId> = BTreeSet::new();
    let mut versions: BTreeSet<TableVersion> = BTreeSet::new();
    let sources = feeds::of(check, built.frame);
    for named in names.tables.iter().filter(|named| named.cte.is_none()) {
        let key = named.reference.name.key();
        let mut from = sources.iter().map(|(from, _)| from);
        if let Some(from) = from.find(|from| key == check.prefix.frame(&from.name)) {
            // It depends on what that frame depends on.
            needed.extend(from.inputs.iter().map(|input| input.table));
            versions.extend(from.inputs.iter().copied());
        } else if let Some(table) = built.resolve(check, &named.reference.name) {
            needed.insert(table);
        } else {
            let text = format!(
                "what `{key}` means where frame `{}` is built is not known",
                built.frame.name
            );
            check.report(Promise::Residency, built.at, text);
        }
    }
    // Dependences as the readers' accesses tell them, and as the texts of views do.
    let readers = check.readers_of(built.frame);
    let accesses: Vec<_> = readers
        .iter()
        .filter_map(|id| check.statements.get(id).map(|(_, access)| *access))
        .collect();
    let mut looked_into = BTreeSet::new();
    loop {
        let before = needed.len();
        for read in accesses.iter().flat_map(|access| &access.reads) {
            if let Origin::ThroughView(view) = read.origin
                && needed.contains(&view)
            {
                needed.insert(read.version.table);
                versions.insert(read.version);
            }
        }
        for table in needed.clone() {
            if looked_into.insert(table) {
                match views::named_by(check, built, table) {
                    Ok(inside) => needed.extend(inside),
                    Err(problem) => check.report(Promise::Residency, built.at, problem),
                }
            }
        }
        if needed.len() == before {
            break;
        }
    }
    let missing_tables = needed
        .iter()
        .filter(|table| built.version(**table).is_none())
        .count();
    let missing = versions
        .iter()
        .any(|version| !built.frame.inputs.contains(version));
    if missing || missing_tables > 0 {
        let text = format!(
            "frame `{}` reads tables that are not among its inputs",
            built.frame.name
        );
        check.report(Promise::Residency, built.at, text);
    }
    for table in needed {
        views::run(check, built, &accesses, table);
        malformed_rows(check, built, table);
    }
}

/// A table whose rows depend on the columns asked for: a frame asks for those of all its readers.
fn malformed_rows(check: &mut Check<'_>, built: &Built<'_, '_>, table: TableId) {
    let mut tables = check.workload.tables.iter();
    let known = tables.find(|known| known.id == table && !known.temporary);
    let facts = known.and_then(|known| check.catalog.tables.get(&known.name));
    if let Some((known, _)) = known.zip(facts.filter(|facts| facts.rows_depend_on_columns)) {
        let text = format!(
            "frame `{}` reads `{}`, whose malformed rows depend on the columns that are read",
            built.frame.name, known.name
        );
        check.report(Promise::Sensitivity, built.at, text);
    }
}

/// Statements that ask where a row comes from or in which order rows arrive, that sample, or that call what is not
/// known read no frame. What varies at each use, or may fail, may read one: it does so over the same rows.
fn sensitive_readers(check: &mut Check<'_>, frame: &Frame) {
    for (at, reader) in check.places(frame) {
        let Some((_, access)) = check.statements.get(&reader.statement) else {
            continue;
        };
        let inside = reader.subquery().and_then(|id| check.subqueries.get(&id));
        let bears = |kind: SensitivityKind| match kind {
            SensitivityKind::RowOrigin
            | SensitivityKind::Sampling
            | SensitivityKind::UnknownFunction
            | SensitivityKind::OrderSensitive => true,
            SensitivityKind::NonDeterministic | SensitivityKind::MayFail => false,
        };
        let whole = access.sensitivities.iter().find(|found| bears(found.kind));
        let found = whole.or_else(|| inside.and_then(|body| body.sensitivities.first()));
        if let Some(found) = found {
            let text = format!("uses `{}` but reads frame `{}`", found.what, frame.name);
            check.report(Promise::Sensitivity, at, text);
        }
    }
}

/// The tokens' text within a span of the user's files, for messages.
pub(super) fn shown(check: &Check<'_>, span: Span) -> String {
    let text = check.sources.text(span);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
