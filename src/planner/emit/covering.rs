//! Covering reads: columns and rows of a table; a reader names the frame instead.

use super::edit::Edit;
use super::quote::{is_no_alias, quoted};
use super::{Emitter, name};
use crate::facts::access::{Origin, Read, TableVersion};
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
    Some(match condition(hull, shown) {
        Some(condition) => format!("{select} WHERE {condition}"),
        None => select,
    })
}

pub(super) fn edits(emitter: &Emitter<'_>, frame: &Frame, reader: &Reader) -> Option<Vec<Edit>> {
    let frame = name(frame);
    let read = emitter.workload.read(*reader.reads.first()?)?;
    let Origin::Named {
        name: place, alias, ..
    } = &read.origin
    else {
        return None;
    };
    let replacement = if alias.is_some() {
        frame
    } else {
        // The columns stay qualified by what qualified them.
        format!("{frame} AS {}", called(emitter, read)?)
    };
    Some(vec![Edit {
        span: *place,
        replacement,
    }])
}

/// What qualifies the columns of a read, as written; quoted where it could not be an alias.
pub(super) fn called(emitter: &Emitter<'_>, read: &Read) -> Option<String> {
    let Origin::Named {
        alias, last_part, ..
    } = &read.origin
    else {
        return None;
    };
    let name = alias.as_ref().unwrap_or(last_part);
    let written = emitter.sources.text(name.span);
    let exact = (written == name.text && !is_no_alias(written)) || written == quoted(&name.text);
    Some(if exact {
        written.to_owned()
    } else {
        quoted(&name.text)
    })
}

/// The filter of a hull: what all disjuncts have in common once, then the rest of each.
pub(super) fn condition(
    hull: &[Vec<HullTest>],
    shown: impl Fn(&HullTest) -> String,
) -> Option<String> {
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
                .map(&shown)
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
