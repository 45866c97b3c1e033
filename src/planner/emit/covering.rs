//! Covering reads: columns and rows of a table; a reader names the frame instead.

use super::edit::Edit;
use super::quote::{is_no_alias, quoted};
use super::{Emitter, name};
use crate::facts::access::{Origin, TableVersion};
use crate::planner::frame::{HullTest, Reader};
use crate::planner::plan::Frame;

pub(super) fn definition(
    emitter: &Emitter<'_>,
    version: TableVersion,
    columns: &[String],
    hull: &[Vec<HullTest>],
) -> Option<String> {
    let columns: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
    let select = format!(
        "SELECT {} FROM {}",
        columns.join(", "),
        emitter.table(version)?
    );
    Some(match condition(hull) {
        Some(condition) => format!("{select} WHERE {condition}"),
        None => select,
    })
}

pub(super) fn edits(emitter: &Emitter<'_>, frame: &Frame, reader: &Reader) -> Option<Vec<Edit>> {
    let frame = name(frame);
    let read = emitter.workload.read(*reader.reads.first()?)?;
    let Origin::Named {
        name: place,
        alias,
        last_part,
    } = &read.origin
    else {
        return None;
    };
    let replacement = if alias.is_some() {
        frame
    } else {
        // The columns stay qualified by what qualified them.
        let written = emitter.sources.text(last_part.span);
        let exact = (written == last_part.text && !is_no_alias(written))
            || written == quoted(&last_part.text);
        let alias = if exact {
            written.to_owned()
        } else {
            quoted(&last_part.text)
        };
        format!("{frame} AS {alias}")
    };
    Some(vec![Edit {
        span: *place,
        replacement,
    }])
}

/// The filter of a hull: what all disjuncts have in common once, then the rest of each.
fn condition(hull: &[Vec<HullTest>]) -> Option<String> {
    let (first, rest) = hull.split_first()?;
    let is_common = |test: &&HullTest| rest.iter().all(|tests| tests.contains(test));
    let common: Vec<&HullTest> = first.iter().filter(is_common).collect();
    let mut conjuncts: Vec<String> = common.iter().map(|test| shown(test)).collect();
    let disjuncts: Vec<String> = hull
        .iter()
        .map(|tests| {
            let own: Vec<String> = tests
                .iter()
                .filter(|test| !common.contains(test))
                .map(shown)
                .collect();
            if own.len() > 1 {
                format!("({})", own.join(" AND "))
            } else {
                own.concat()
            }
        })
        .collect();
    // A disjunct without tests of its own passes whatever passes the common ones.
    if disjuncts.iter().all(|disjunct| !disjunct.is_empty()) {
        let alone = common.is_empty();
        let any = disjuncts.join(" OR ");
        conjuncts.push(if alone || disjuncts.len() == 1 {
            any
        } else {
            format!("({any})")
        });
    }
    Some(conjuncts.join(" AND "))
}

fn shown(test: &HullTest) -> String {
    format!("{}{}{}", test.before, quoted(&test.column), test.after)
}
