//! Join cores: joined tables; a reader names the frame for the first of them and leaves out the others.

use super::covering::{called, condition};
use super::edit::Edit;
use super::quote::quoted;
use super::{Emitter, covering};
use crate::frontend::statement::JoinKind;
use crate::planner::frame::{CoreMember, CoreReference, Definition, HullTest, Reader};
use crate::planner::plan::Frame;

pub(super) fn definition(
    emitter: &Emitter<'_>,
    frame: &Frame,
    members: &[CoreMember],
    hull: &[Vec<HullTest>],
) -> Option<String> {
    let mut columns = Vec::new();
    let mut from = String::new();
    for (number, member) in members.iter().enumerate() {
        for column in &member.columns {
            let plain = qualified(member, &column.column);
            columns.push(if column.name == column.column {
                plain
            } else {
                format!("{plain} AS {}", quoted(&column.name))
            });
        }
        if number > 0 {
            from.push_str(match member.kind {
                JoinKind::Left => " LEFT JOIN ",
                _ => " JOIN ",
            });
        }
        from.push_str(&emitter.source(frame, member.version)?);
        from.push_str(" AS ");
        from.push_str(&quoted(&member.alias));
        let keys = member.keys.iter().map(|key| {
            let other = members.get(key.member)?;
            let other = qualified(other, &key.other);
            Some(format!("{other} = {}", qualified(member, &key.column)))
        });
        let keys: Vec<String> = keys.collect::<Option<_>>()?;
        if number > 0 {
            from.push_str(" ON ");
            from.push_str(&keys.join(" AND "));
        }
    }
    let select = format!("SELECT {} FROM {from}", columns.join(", "));
    let shown = |test: &HullTest| {
        let column = members.get(test.member).map_or_else(
            || quoted(&test.column),
            |member| qualified(member, &test.column),
        );
        format!("{}{column}{}", test.before, test.after)
    };
    Some(match condition(hull, shown) {
        Some(condition) => format!("{select} WHERE {condition}"),
        None => select,
    })
}

fn qualified(member: &CoreMember, column: &str) -> String {
    format!("{}.{}", quoted(&member.alias), quoted(column))
}

pub(super) fn edits(emitter: &Emitter<'_>, frame: &Frame, reader: &Reader) -> Option<Vec<Edit>> {
    let candidate = emitter.candidates.get(frame.candidate?)?;
    let Definition::JoinCore { readers, .. } = &candidate.definition else {
        return None;
    };
    let core = readers.iter().find(|core| core.reads == reader.reads)?;
    let anchor = emitter.workload.read(*reader.reads.first()?)?;
    let anchor = called(emitter, anchor)?;
    let mut edits = covering::edits(emitter, frame, reader)?;
    edits.extend(core.removed.iter().map(|span| Edit {
        span: *span,
        replacement: String::new(),
    }));
    edits.extend(
        core.references
            .iter()
            .map(|reference| edit(&anchor, reference)),
    );
    Some(edits)
}

fn edit(anchor: &str, reference: &CoreReference) -> Edit {
    let Some(name) = &reference.renamed else {
        return Edit {
            span: reference.qualifier,
            replacement: anchor.to_owned(),
        };
    };
    // The frame's own names need no backquotes.
    let column = format!("{anchor}.{name}");
    Edit {
        span: reference.whole,
        replacement: match &reference.output {
            Some(output) => format!("{column} AS {}", quoted(output)),
            None => column,
        },
    }
}
