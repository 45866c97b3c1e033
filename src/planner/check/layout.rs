//! Layouts: that a frame's rows are spread as its plan says, by columns that it has, and that nothing shows it.

use std::collections::BTreeSet;

use super::frames::Built;
use super::{At, Check, Promise};
use crate::facts::access::{Access, SensitivityKind, TableId};
use crate::frontend::statement::{
    Expression, Identifier, Query, QueryBody, SelectItem, Shape, StatementKind,
};
use crate::planner::emit::ProgramText;
use crate::planner::frame::Reader;
use crate::planner::plan::{Frame, Layout, Medium, Step};

/// What begins a hint in SQL text.
const HINT: &str = "/*+";

/// Whether the defining text spreads rows as promised. Hints are comments to what reads tokens, which sees all the
/// rest: so they are looked for in the text itself.
pub(super) fn text(check: &mut Check<'_>, frame: &Frame, text: &ProgramText, at: At) {
    let mut hints = hints(&text.text);
    let problem = match &frame.layout {
        Layout::Plain => {
            // What is around a view's definition opens a bracket before it.
            let before = hints.first().map(|(start, _)| text.text.get(..*start));
            let around = before.flatten().is_some_and(|before| !before.contains('('));
            (around && matches!(frame.medium, Medium::Memory(_)))
                .then(|| "spreads its rows, which are to stay as they come".to_owned())
        }
        Layout::Clustered { columns, parts } => {
            let quote = |column: &String| format!("`{}`", column.replace('`', "``"));
            let key = columns.iter().map(quote).collect::<Vec<_>>().join(", ");
            let expected = format!("/*+ REPARTITION({parts}, {key}) */");
            let spread = !hints.is_empty() && is_outermost(&text.text, hints.remove(0), &expected);
            (!spread).then(|| format!("does not say `{expected}` of all its rows"))
        }
    };
    // Hints inside are the user's.
    let spans = check.reader_spans(frame);
    let own = |hint: &str| {
        let mut texts = spans.iter().map(|span| check.sources.text(*span));
        texts.any(|text| text.contains(hint))
    };
    let foreign = hints.into_iter().find(|(_, hint)| !own(hint));
    let foreign = foreign.map(|(_, hint)| format!("has the hint `{hint}`, which no reader has"));
    for problem in problem.into_iter().chain(foreign) {
        let text = format!("frame `{}` {problem}", frame.name);
        check.report(Promise::Layout, at, text);
    }
}

/// Hints of a text and where they begin, in order.
fn hints(text: &str) -> Vec<(usize, &str)> {
    let starts = text.match_indices(HINT);
    let hints = starts.filter_map(|(start, _)| {
        let rest = text.get(start..)?;
        let end = rest.find("*/").map_or(rest.len(), |end| end + 2);
        Some((start, rest.get(..end)?))
    });
    hints.collect()
}

/// Whether a hint is that of the outermost `SELECT *` of a definition.
fn is_outermost(text: &str, (start, hint): (usize, &str), expected: &str) -> bool {
    let before = text.get(..start).unwrap_or_default().trim_end();
    let after = text
        .get(start + hint.len()..)
        .unwrap_or_default()
        .trim_start();
    hint == expected && before.ends_with("AS SELECT") && after.starts_with("* FROM (")
}

/// Whether a frame may have the layout that it has.
pub(super) fn run(check: &mut Check<'_>, built: &Built<'_, '_>) {
    let frame = built.frame;
    let Layout::Clustered { columns, parts } = &frame.layout else {
        return;
    };
    let mut problems = Vec::new();
    if *parts == 0 || columns.is_empty() {
        problems.push("has no key or no parts".to_owned());
    }
    if !frame.feeds.is_empty() {
        problems.push("is clustered, and other frames are built from it".to_owned());
    }
    let outputs = outputs(check, built);
    let lower: Vec<String> = columns.iter().map(|column| column.to_lowercase()).collect();
    for column in &lower {
        if outputs.iter().filter(|output| *output == column).count() != 1 {
            problems.push(format!(
                "is clustered by `{column}`, which is not one of its columns"
            ));
        }
    }
    if lower.iter().collect::<BTreeSet<_>>().len() != lower.len() {
        problems.push("is clustered twice by one column".to_owned());
    }
    problems.extend(showing(check, frame));
    for problem in problems {
        let text = format!("frame `{}` {problem}", frame.name);
        check.report(Promise::Layout, built.at, text);
    }
}

/// The frame's columns, lower-case: as its text names them, or, where that has a `*`, as its first reader knows them.
fn outputs(check: &Check<'_>, built: &Built<'_, '_>) -> Vec<String> {
    if let Some(named) = named(built.query) {
        return named;
    }
    let subquery = built.frame.readers.first().and_then(Reader::subquery);
    let subquery = subquery.and_then(|id| check.subqueries.get(&id));
    let outputs = subquery.and_then(|subquery| subquery.outputs.as_ref());
    outputs.map_or(Vec::new(), |outputs| {
        outputs.iter().map(Identifier::key).collect()
    })
}

fn named(query: &Query) -> Option<Vec<String>> {
    let select = match &query.body {
        QueryBody::Select(select) => select,
        QueryBody::SetOperation(inputs) => return named(inputs.first()?),
        QueryBody::Nested(inner) => return named(inner),
        QueryBody::Values(_) => return None,
    };
    let items = select.items.iter().map(|item| match item {
        SelectItem::Expression {
            alias: Some(alias), ..
        } => Some(alias.key()),
        SelectItem::Expression {
            expression,
            alias: None,
        } => {
            // A name that Spark makes up is none to cluster by.
            Some(column(expression).unwrap_or_default())
        }
        SelectItem::Wildcard { .. } => None,
    });
    items.collect()
}

fn column(expression: &Expression) -> Option<String> {
    let (Shape::Column, [only]) = (&expression.shape, expression.columns.as_slice()) else {
        return None;
    };
    Some(only.parts.last()?.key())
}

/// What shows that the rows of a frame come otherwise: a reader, or what reads, however indirectly, what it writes.
fn showing(check: &Check<'_>, frame: &Frame) -> Option<String> {
    let readers: BTreeSet<_> = frame
        .readers
        .iter()
        .map(|reader| reader.statement)
        .collect();
    let mut moved: BTreeSet<TableId> = BTreeSet::new();
    // In the order of the session, whatever order that is.
    for step in &check.plan.steps {
        let Step::Run(id) = step else { continue };
        let Some((statement, access)) = check.statements.get(id) else {
            continue;
        };
        if let StatementKind::Set { .. } = statement.kind {
            // It reads no row, whatever it changes.
            continue;
        }
        let place = || check.sources.place(statement.span);
        let touched = access
            .reads
            .iter()
            .any(|read| moved.contains(&read.version.table));
        if access.barrier.is_some() && !moved.is_empty() {
            return Some(format!("is clustered, and `{}` may show that", place()));
        }
        if !touched && !readers.contains(id) {
            continue;
        }
        let query = match &statement.kind {
            StatementKind::Query(_)
            | StatementKind::CreateTableAs { .. }
            | StatementKind::Insert { .. }
            | StatementKind::InsertDirectory { .. } => access.barrier.is_none(),
            _ => false,
        };
        if !query || !keeps_still(access) {
            return Some(format!("is clustered, which shows at `{}`", place()));
        }
        for start in &access.starts {
            moved.insert(start.table);
        }
    }
    None
}

/// Whether the rows that come out are the same ones, in whatever order they come in.
fn keeps_still(access: &Access) -> bool {
    let free = |kind: SensitivityKind| {
        // Nothing that is another value each time, or fails on the same rows, comes from their order.
        kind == SensitivityKind::NonDeterministic || kind == SensitivityKind::MayFail
    };
    access.arrangements.is_empty() && access.sensitivities.iter().all(|found| free(found.kind))
}
