//! Covering reads: the columns and rows of a table version that several reads need.

mod merge;

use std::collections::{BTreeMap, BTreeSet};

use self::merge::{Need, clusters};
use super::hull::{Test, hull};
use super::inputs::{Refused, is_named};
use super::source::{Source, Usable};
use super::walk::Names;
use super::{
    Candidate, CandidateId, Candidates, Context, Definition, Place, Reader, Reason, Subject,
};
use crate::facts::access::{Read, ReadId, TableVersion};

/// Adds the candidates and refusals of every table version that is read by name more than once.
pub(super) fn find(context: &Context<'_>, found: &mut Candidates) {
    let names: BTreeMap<_, _> = context
        .workload
        .statements
        .iter()
        .filter_map(|statement| Some((statement.id, Names::of(statement.kind.query()?))))
        .collect();
    for (version, readers) in &context.workload.readers {
        let reads: Vec<&Read> = readers
            .iter()
            .filter_map(|id| context.workload.read(*id))
            .filter(|read| is_named(read))
            .collect();
        if reads.len() < 2 {
            continue;
        }
        let subject = Subject::Table(*version);
        let mut refused = Refused::default();
        let table = match Source::of(context, *version) {
            Ok(table) => table,
            Err(reason) => {
                refused.add(reason, reads.iter().map(|read| read.id));
                found.refusals.extend(refused.into_refusals(&subject));
                continue;
            }
        };
        let mut usable = Vec::new();
        for read in reads {
            match table.usable(context, read, names.get(&read.statement)) {
                Ok(one) => usable.push(one),
                Err(reason) => refused.add(reason, [read.id]),
            }
        }
        match usable.as_slice() {
            [] => {}
            [single] => refused.add(
                Reason::new(
                    "single-reader",
                    "one read is left: there is nothing to share",
                ),
                [single.read.id],
            ),
            _ => {
                let needs = usable.iter().map(|one| Need {
                    columns: &one.columns,
                    filtered: !one.tests.is_empty(),
                });
                for cluster in clusters(&needs.collect::<Vec<_>>()) {
                    let readers: Vec<_> = cluster.iter().filter_map(|at| usable.get(*at)).collect();
                    found.candidates.push(table.candidate(&subject, &readers));
                }
            }
        }
        found.refusals.extend(refused.into_refusals(&subject));
    }
}

impl Source {
    fn candidate(&self, subject: &Subject, readers: &[&Usable<'_>]) -> Candidate {
        let needed: BTreeSet<&String> = readers.iter().flat_map(|one| &one.columns).collect();
        let mut columns: Vec<String> = match &self.columns {
            Some(columns) => columns
                .iter()
                .filter(|(name, _)| needed.contains(&name.to_lowercase()))
                .map(|(name, _)| name.clone())
                .collect(),
            None => needed.into_iter().cloned().collect(),
        };
        if columns.is_empty() {
            // `count(*)` alone needs rows, and a frame needs a column.
            columns.extend(
                self.columns
                    .iter()
                    .flatten()
                    .next()
                    .map(|(name, _)| name.clone()),
            );
        }
        let inputs: BTreeSet<TableVersion> = readers
            .iter()
            .flat_map(|one| one.inputs.iter().copied())
            .collect();
        let tests: Vec<&[Test]> = readers.iter().map(|one| one.tests.as_slice()).collect();
        Candidate {
            id: CandidateId(0),
            definition: Definition::CoveringRead {
                version: self.version,
                written: self.written,
                columns,
                hull: hull(&tests),
            },
            inputs: inputs.into_iter().collect(),
            readers: readers.iter().map(|one| reader(one.read)).collect(),
            subject: subject.clone(),
        }
    }
}

fn reader(read: &Read) -> Reader {
    let reads: Vec<ReadId> = vec![read.id];
    Reader {
        statement: read.statement,
        reads,
        place: Place::Name,
    }
}
