//! Frames in Spark's cache: a temporary view that bears the run's mark, and its cache.

use super::words;
use crate::frontend::statement::{Query, QueryBody, Relation, StatementKind, ViewScope};
use crate::planner::check::emitted::Emitted;
use crate::planner::check::frames::says;
use crate::planner::check::{Check, Promise};
use crate::planner::emit::ProgramText;
use crate::planner::plan::{Frame, StorageLevel};

/// How often the run's prefix stands in the defining text: in the view's name, and as its mark.
pub(super) const PREFIXES: usize = 2;

pub(super) fn around(
    check: &Check<'_>,
    frame: &Frame,
    level: StorageLevel,
    texts: &[ProgramText],
) -> Vec<String> {
    let [_, cache] = texts else {
        return vec!["does not define and cache its frame in two texts".to_owned()];
    };
    let name = check.prefix.frame(&frame.name);
    let (level, kept) = match level {
        StorageLevel::MemoryAndDisk => ("memory_and_disk", "in memory and on disk"),
        StorageLevel::MemoryAndDiskSer => ("memory_and_disk_ser", "in memory and on disk as bytes"),
        StorageLevel::MemoryOnly => ("memory_only", "in memory alone"),
        StorageLevel::DiskOnly => ("disk_only", "on disk alone"),
    };
    let expected = format!("cache table {name} options ( 'storagelevel' '{level}' )");
    if says(check, cache).as_ref() == Some(&expected) {
        Vec::new()
    } else {
        vec![format!("does not cache frame `{}` {kept}", frame.name)]
    }
}

pub(super) fn definition<'q>(
    check: &Check<'_>,
    frame: &Frame,
    emitted: &'q Emitted,
) -> Result<&'q Query, (Promise, String)> {
    let name = check.prefix.frame(&frame.name);
    let query = match emitted.statement.as_ref().map(|statement| &statement.kind) {
        Some(StatementKind::CreateView {
            target,
            scope: ViewScope::Temporary,
            replace: true,
            query,
            ..
        }) if target.key() == name => query,
        _ => {
            let text = format!(
                "does not define a temporary view for frame `{}`",
                frame.name
            );
            return Err((Promise::Text, text));
        }
    };
    below_mark(check, emitted, query).ok_or_else(|| {
        let text = format!(
            "frame `{}` does not bear the run's mark: Spark may read it in place of an equal part of any statement",
            frame.name
        );
        (Promise::Sharing, text)
    })
}

pub(super) fn releasing(check: &Check<'_>, frame: &Frame) -> (Vec<String>, String) {
    let name = check.prefix.frame(&frame.name);
    let accepted = vec![
        format!("uncache table if exists {name}"),
        format!("uncache table {name}"),
    ];
    let problem = format!("does not uncache frame `{}`, and nothing else", frame.name);
    (accepted, problem)
}

/// The definition below `SELECT * FROM (…) WHERE 'the run' IS NOT NULL`.
///
/// Spark reads a cached plan wherever an equal plan occurs. The test is part of the plan as it is analysed, and no
/// text of the user's holds the run's prefix, so none has an equal plan. The test is true: it leaves out no row.
fn below_mark<'q>(check: &Check<'_>, emitted: &Emitted, query: &'q Query) -> Option<&'q Query> {
    let QueryBody::Select(select) = &query.body else {
        return None;
    };
    let [Relation::Derived { query: below, .. }] = select.from.as_slice() else {
        return None;
    };
    let before = words(emitted, query.span.start, below.span.start)?;
    let after = words(emitted, below.span.end, u32::MAX)?;
    let mark = format!("'{}'", check.prefix.text);
    let marked = [")", "where", &mark, "is", "not", "null"];
    (before == ["select", "*", "from", "("] && after == marked).then_some(below)
}
