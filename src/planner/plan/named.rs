//! Frames of a choice, numbered in order of materialisation and named after what they hold.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::choice::{Choice, Chosen, Part};
use super::{Feed, Frame, FrameId};
use crate::facts::workload::Workload;
use crate::planner::frame::{Candidates, Definition, Reader};

/// Frames in order of materialisation, named; with what they are made from.
pub(super) fn frames(
    workload: &Workload,
    candidates: &Candidates,
    choice: &Choice,
) -> Vec<(Part, Frame)> {
    let mut used: BTreeMap<String, u32> = BTreeMap::new();
    let mut ordered: Vec<_> = choice
        .frames()
        .iter()
        .filter_map(|one| Some((one, candidates.get(one.part.candidate)?)))
        .collect();
    // A frame that others are built from comes before them.
    ordered.sort_by_key(|(one, _)| {
        let first = one.uses.first().copied();
        (first, Reverse(height(choice, one)), one.part)
    });
    let numbers: BTreeMap<Part, FrameId> = ordered
        .iter()
        .zip(0..)
        .map(|((one, _), number)| (one.part, FrameId(number)))
        .collect();
    let taken = taken_names(workload);
    let named = ordered.iter().zip(0..).map(|((one, candidate), own)| {
        let first = Reader::first(one.places());
        let base = base_name(workload, &candidate.definition, first);
        let count = used.entry(base.clone()).or_default();
        let name = loop {
            *count += 1;
            let name = format!("{base}_{count}");
            if !taken.contains(&name) {
                break name;
            }
        };
        let feeds = one.feeds.iter().filter_map(|(child, place)| {
            Some(Feed {
                frame: *numbers.get(child)?,
                place: place.clone(),
            })
        });
        let frame = Frame {
            id: FrameId(own),
            name,
            candidate: Some(one.part.candidate),
            kind: candidate.kind(),
            medium: one.medium,
            layout: one.layout.clone(),
            readers: one.readers.clone(),
            feeds: feeds.collect(),
            inputs: candidate.inputs.clone(),
            size_bytes: one.build.bytes,
            build_micros: one.build.micros,
            saving_micros: one.saving_micros,
        };
        (one.part, frame)
    });
    named.collect()
}

/// How many frames are built one from the other behind a frame.
pub(super) fn height(choice: &Choice, one: &Chosen) -> usize {
    let children = one
        .feeds
        .iter()
        .filter_map(|(child, _)| choice.frame(*child));
    let heights = children.map(|child| height(choice, child) + 1);
    heights.max().unwrap_or(0)
}

/// What the pipeline itself calls something: a frame of the same name would be mistaken for it.
fn taken_names(workload: &Workload) -> BTreeSet<String> {
    let tables = workload.tables.iter();
    let tables = tables.filter_map(|table| table.name.rsplit('.').next());
    let subqueries = workload.accesses.iter();
    let subqueries = subqueries
        .flat_map(|access| &access.subqueries)
        .filter_map(|subquery| subquery.name.as_ref())
        .map(|name| name.text.to_lowercase());
    tables.map(str::to_lowercase).chain(subqueries).collect()
}

/// Most tables that the name of a join core tells.
const MOST_NAMES: usize = 3;

/// The last part of the table's name, those of the first joined tables, or the name of the common table expression, in `[a-z0-9_]`.
pub(super) fn base_name(
    workload: &Workload,
    definition: &Definition,
    first: Option<&Reader>,
) -> String {
    let name = match definition {
        Definition::CoveringRead { version, .. } => workload
            .table(version.table)
            .and_then(|table| table.name.rsplit('.').next().map(str::to_owned)),
        Definition::RepeatedSubquery { .. } | Definition::WidenedSubquery(_) => first
            .and_then(|reader| workload.subquery(reader.subquery()?)?.name.as_ref())
            .map(|name| name.text.clone()),
        Definition::JoinCore { members, .. } => {
            let names = members.iter().filter_map(|member| {
                let table = workload.table(member.version.table)?;
                table.name.rsplit('.').next()
            });
            Some(names.take(MOST_NAMES).collect::<Vec<_>>().join("_"))
        }
        Definition::CoveringAggregate(aggregation) => {
            let table = workload.table(aggregation.version.table);
            let table = table.and_then(|table| table.name.rsplit('.').next());
            table.map(|table| match aggregation.keys.as_slice() {
                [] => format!("{table}_totals"),
                _ => format!("{table}_groups"),
            })
        }
    };
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '_'
        }
    };
    let name: String = name.unwrap_or_default().chars().map(plain).collect();
    if name.chars().all(|c| c == '_') {
        "subquery".to_owned()
    } else {
        name
    }
}
