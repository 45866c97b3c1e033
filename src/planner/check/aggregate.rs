//! Covering aggregates: the groups that a reader is given are those that it would make itself.
//!
//! With `R` the tests of a reader's rows, each of its aggregates must be a column of the frame that is computed by the same
//! call over rows that pass tests among `R`; what is left of `R`, every row of the frame passes; and the frame leaves out
//! no row that passes `R`. Then the column has the reader's value in every group where a row passes `R`. The other groups
//! are left out by a test of the number of such rows, which is there where there may be such groups. A test of columns
//! grouped by need not be in the frame: all rows of a group pass it or none does, so it keeps whole groups with the reader.
//! A reader that groups by some of the columns, or by all in several ways, groups the groups again; then its aggregates are
//! those whose values over all rows are made of their values over groups (`again`).
//!
//! ```text
//! frame   SELECT k, sum(a) FILTER (WHERE c > 1) AS a1, count_if(c > 1) AS n1 FROM t WHERE d = 1 AND (c > 1 OR c = 0) GROUP BY k
//! reader  SELECT k, sum(a) AS s FROM t WHERE c > 1 AND d = 1 GROUP BY k  ──▶  SELECT k, a1 AS s FROM frame AS t WHERE n1 > 0
//! ```

mod again;
mod block;
mod condition;
mod groups;

use self::block::Block;
use self::condition::{Test, is_about};
use self::groups::Groups;
use super::change::{Change, Instead};
use super::frames::Built;
use super::{Check, Promise, medium};
use crate::diagnostic::Span;
use crate::planner::frame::Reader;
use crate::planner::plan::Frame;

/// Checks every reader of a covering aggregate.
pub(super) fn run(check: &mut Check<'_>, built: &Built<'_, '_>) {
    let name = &built.frame.name;
    let groups = built
        .tokens()
        .ok_or("has no tokens")
        .and_then(|tokens| Groups::of(built.query, &tokens));
    let groups = match groups {
        Ok(groups) => groups,
        Err(problem) => {
            let text = format!("frame `{name}` {problem}");
            check.report(Promise::Aggregation, built.at, text);
            return;
        }
    };
    let table = built.resolve(check, groups.table);
    for (at, reader) in check.places(built.frame) {
        let block = match Block::of(check, reader) {
            Ok(block) => block,
            Err(problem) => {
                let text = format!("{problem} where it reads frame `{name}`");
                check.report(Promise::Aggregation, at, text);
                continue;
            }
        };
        // Where the table is not known, the frame's inputs are reported.
        if let Some(table) = table
            && Some(block.version) != built.version(table)
        {
            let text = format!(
                "groups `{}` through frame `{name}`, which is made from another table or version",
                check.table_name(block.version)
            );
            check.report(Promise::Aggregation, at, text);
        }
        if let Err(problem) = served(&groups, &block) {
            let text = format!("{problem} frame `{name}`");
            check.report(Promise::Aggregation, at, text);
        }
    }
}

/// What a reader has from the frame.
struct Served<'g> {
    /// Its groups are made of the frame's.
    coarser: bool,
    /// Its tests that are left to it.
    kept: Vec<Vec<Instead>>,
    /// What stands instead of its aggregates, by place.
    calls: Vec<(Span, Vec<Instead>)>,
    /// The number of its rows, where there may be groups of which it has none.
    rows: Option<&'g str>,
}

/// Finds for each aggregate of a block a column of the frame that has its value.
fn served<'g>(groups: &'g Groups<'_>, block: &Block) -> Result<Served<'g>, String> {
    if !block.keys.is_subset(&groups.keys) {
        return Err("groups by other columns than".to_owned());
    }
    let coarser = block.several || block.keys != groups.keys;
    if !groups.keeps(&block.tests) {
        return Err("has groups of rows that are left out of".to_owned());
    }
    // Spark groups twice for distinct values, and so adds up in another order.
    if groups.has_distinct() && block.calls.iter().any(|call| call.drifts) {
        return Err("has a sum that depends on its order, beside distinct values of".to_owned());
    }
    let taken = |name: &String| block.words.contains(name);
    if let Some(name) = groups.names().find(|name| taken(name)) {
        return Err(format!(
            "names something `{name}`, as a column is called that is computed in"
        ));
    }
    // All rows of a group pass a test of what they are grouped by, or none does.
    let stays = |test: &Test| {
        is_about(test, &groups.keys) && !groups.passes_all(std::slice::from_ref(test))
    };
    let tests: Vec<Test> = block
        .tests
        .iter()
        .filter(|test| !stays(test))
        .cloned()
        .collect();
    let mut calls = Vec::new();
    for aggregate in &block.calls {
        let column = groups.value(&aggregate.call, &tests);
        let column = column.ok_or("has an aggregate that is no column of")?;
        let instead = match &aggregate.again {
            _ if !coarser => vec![Instead::Named(column.to_owned())],
            Some(again) => again.instead(column),
            None => {
                return Err("has an aggregate that cannot be computed from groups of".to_owned());
            }
        };
        calls.push((aggregate.place, instead));
    }
    let every = groups.passes_all(&tests) || groups.keys.is_empty();
    let rows = if every {
        None
    } else {
        let rows = groups.rows(&tests);
        Some(rows.ok_or("keeps rows that are not counted in")?)
    };
    let written = block.tests.iter().zip(&block.written);
    Ok(Served {
        coarser,
        kept: written
            .filter(|(test, _)| stays(test))
            .map(|(_, written)| written.clone())
            .collect(),
        calls,
        rows,
    })
}

/// What stands in a reader's text instead of its grouping.
pub(super) fn changes(
    check: &Check<'_>,
    frame: &Frame,
    reader: &Reader,
) -> Result<Vec<Change>, String> {
    let text = check
        .built(frame.id)
        .and_then(|(_, step)| medium::defining(frame, &step.texts))
        .ok_or("reads a frame that is never built")?;
    let emitted = check
        .prefix
        .read(&check.prefix.fill(text), check.reader_spans(frame));
    let query = medium::definition(check, frame, text, &emitted)
        .map_err(|(_, problem)| format!("reads a frame whose text {problem}"))?;
    let mut tokens = emitted.tokens().ok_or("reads a frame without tokens")?;
    tokens.retain(|token| query.span.contains(token.span));
    let told = |problem: &str| format!("{problem} frame `{}`", frame.name);
    let groups =
        Groups::of(query, &tokens).map_err(|problem| format!("reads a frame that {problem}"))?;
    let block = Block::of(check, reader)?;
    let served = served(&groups, &block).map_err(|problem| told(&problem))?;
    let name = check.prefix.frame(&frame.name);
    let mut rows = vec![
        Instead::Word("from"),
        Instead::Frame {
            name,
            called: block.called.clone(),
        },
        Instead::Word("as"),
        Instead::Named(block.called.clone()),
    ];
    let mut tests = served.kept;
    if let Some(counted) = served.rows {
        tests.push(vec![
            Instead::Named(counted.to_owned()),
            Instead::Symbol(">"),
            Instead::Number("0"),
        ]);
    }
    let filtered = !tests.is_empty();
    let words = std::iter::once("where").chain(std::iter::repeat("and"));
    for (test, word) in tests.into_iter().zip(words) {
        rows.push(Instead::Word(word));
        rows.extend(test);
    }
    let span = if served.coarser {
        block.places.source
    } else {
        block.places.rows()
    };
    let mut changes = vec![Change {
        span,
        instead: rows,
    }];
    changes.extend(
        served
            .calls
            .into_iter()
            .map(|(span, instead)| Change { span, instead }),
    );
    let Some(having) = block.places.having.filter(|_| !served.coarser) else {
        return Ok(changes);
    };
    if filtered {
        changes.push(Change {
            span: having.word,
            instead: vec![Instead::Word("and"), Instead::Symbol("(")],
        });
        changes.push(Change {
            span: Span {
                start: having.end,
                end: having.end,
                ..having.word
            },
            instead: vec![Instead::Symbol(")")],
        });
    } else {
        changes.push(Change {
            span: having.word,
            instead: vec![Instead::Word("where")],
        });
    }
    Ok(changes)
}
