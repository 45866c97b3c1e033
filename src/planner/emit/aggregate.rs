//! Covering aggregates: one grouping of a table; a reader selects from its groups.

use super::covering::called;
use super::edit::Edit;
use super::quote::quoted;
use super::{Emitter, name};
use crate::diagnostic::Span;
use crate::planner::frame::{
    Again, Aggregation, Computed, Definition, Formula, Part, Reader, Value,
};
use crate::planner::plan::Frame;

pub(super) fn definition(
    emitter: &Emitter<'_>,
    frame: &Frame,
    aggregation: &Aggregation,
) -> Option<String> {
    let keys: Vec<String> = aggregation.keys.iter().map(|key| quoted(key)).collect();
    let computed = aggregation.columns.iter().map(column);
    let columns: Vec<String> = keys.iter().cloned().chain(computed).collect();
    let mut text = format!(
        "SELECT {} FROM {}",
        columns.join(", "),
        emitter.source(frame, aggregation.version)?
    );
    if let Some(condition) = condition(aggregation) {
        text.push_str(" WHERE ");
        text.push_str(&condition);
    }
    if !keys.is_empty() {
        text.push_str(" GROUP BY ");
        text.push_str(&keys.join(", "));
    }
    Some(text)
}

fn column(column: &Computed) -> String {
    let tests = conjunction(&column.tests);
    let value = match &column.value {
        Value::Rows => format!("count_if({tests})"),
        Value::Call(call) if tests.is_empty() => shown(call),
        Value::Call(call) => format!("{} FILTER (WHERE {tests})", shown(call)),
    };
    format!("{value} AS {}", quoted(&column.name))
}

/// The rows that some reader keeps: the tests of all of them, and those of one of them.
fn condition(aggregation: &Aggregation) -> Option<String> {
    let mut conjuncts: Vec<String> = aggregation.common.iter().map(shown).collect();
    let others: Vec<String> = aggregation
        .others
        .iter()
        .map(|tests| match tests.as_slice() {
            [only] => shown(only),
            tests => format!("({})", conjunction(tests)),
        })
        .collect();
    if !others.is_empty() {
        let any = others.join(" OR ");
        let alone = conjuncts.is_empty() || others.len() == 1;
        conjuncts.push(if alone { any } else { format!("({any})") });
    }
    (!conjuncts.is_empty()).then(|| conjuncts.join(" AND "))
}

fn conjunction(tests: &[Formula]) -> String {
    let tests: Vec<String> = tests.iter().map(shown).collect();
    tests.join(" AND ")
}

fn shown(formula: &Formula) -> String {
    let parts = formula.parts.iter().map(|part| match part {
        Part::Text(text) => text.clone(),
        Part::Column(column) => quoted(column),
    });
    parts.collect()
}

/// The value over all rows of several groups, from a column with the value of each.
fn again(again: &Again, column: String) -> String {
    match again {
        Again::Not => column,
        Again::Counts => format!("coalesce(sum({column}), 0)"),
        Again::Sums(None) => format!("sum({column})"),
        Again::Sums(Some(data_type)) => format!("CAST(sum({column}) AS {data_type})"),
        Again::Same(function) => format!("{function}({column})"),
    }
}

pub(super) fn edits(emitter: &Emitter<'_>, frame: &Frame, reader: &Reader) -> Option<Vec<Edit>> {
    let candidate = emitter.candidates.get(frame.candidate?)?;
    let Definition::CoveringAggregate(aggregation) = &candidate.definition else {
        return None;
    };
    let id = *reader.reads.first()?;
    let own = aggregation.uses.iter().find(|own| own.read == id)?;
    let called = called(emitter, emitter.workload.read(id)?)?;
    let column = |index: usize| Some(aggregation.columns.get(index)?.name.clone());
    let mut edits: Vec<Edit> = own
        .calls
        .iter()
        .map(|call| {
            Some(Edit {
                span: call.place,
                replacement: again(&call.again, column(call.column)?),
            })
        })
        .collect::<Option<_>>()?;
    let kept = own.kept.iter().map(|kept| {
        let text = emitter.sources.text(kept.place);
        if kept.loose {
            format!("({text})")
        } else {
            text.to_owned()
        }
    });
    let mut tests: Vec<String> = kept.collect();
    if let Some(guard) = own.guard {
        tests.push(format!("{} > 0", column(guard)?));
    }
    let from = format!("FROM {} AS {called}", name(frame));
    let rows = if tests.is_empty() {
        from
    } else {
        format!("{from} WHERE {}", tests.join(" AND "))
    };
    edits.push(Edit {
        span: own.rows,
        replacement: rows,
    });
    if let Some((word, condition)) = own.having {
        let guarded = !tests.is_empty();
        edits.push(Edit {
            span: word,
            replacement: if guarded { "AND (" } else { "WHERE" }.to_owned(),
        });
        if guarded {
            edits.push(Edit {
                span: Span {
                    start: condition.end,
                    ..condition
                },
                replacement: ")".to_owned(),
            });
        }
    }
    Some(edits)
}
