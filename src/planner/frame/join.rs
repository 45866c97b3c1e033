//! Join cores: tables that several blocks join on the same keys.
//!
//! A block is a graph: its tables are joined by what it says of the form `column = column`. What two blocks or more have
//! in common is a core, which a frame can hold; each of them reads it at the place of its first table and joins it with the rest. When that is allowed is told in
//! [`occurrence`].
//!
//! ```text
//! FROM policies p JOIN regions r ON … JOIN customers c ON c.id = p.customer_id     SELECT c.name, p.name …
//! FROM frame p JOIN regions r ON …                                                 SELECT p.customers_name AS name, p.name …
//! ```

mod block;
mod cores;
mod definition;
mod occurrence;
mod references;

use std::collections::{BTreeMap, BTreeSet};

use self::block::{Graph, Tables};
use self::cores::{Core, cores};
use self::occurrence::Occurrence;
use super::inputs::Refused;
use super::source::Source;
use super::walk::Names;
use super::{
    Candidate, CandidateId, Candidates, Context, CoreMember, CoreReader, Definition, Place, Reader,
    Reason, Subject,
};
use crate::facts::access::{Origin, ReadId, TableVersion};

/// Adds the candidates and refusals of every core that several blocks have.
pub(super) fn find(context: &Context<'_>, found: &mut Candidates) {
    let statements = context.workload.statements.iter();
    let queries = statements.filter_map(|statement| Some((statement, statement.kind.query()?)));
    let names: BTreeMap<_, _> = queries
        .clone()
        .map(|(statement, query)| (statement.id, Names::of(query)))
        .collect();
    let tables = sources(context);
    let mut graphs: Vec<Graph<'_>> = Vec::new();
    for (statement, query) in queries {
        let (Some(access), Some(names)) = (
            context.workload.access(statement.id),
            names.get(&statement.id),
        ) else {
            continue;
        };
        for block in query.blocks() {
            let graph = Graph::of(context, access, names, block, &tables);
            if !graph.edges.is_empty() {
                graphs.push(graph);
            }
        }
    }
    let edges: Vec<&Core> = graphs.iter().map(|graph| &graph.edges).collect();
    for core in cores(&edges) {
        let blocks = graphs.iter().filter(|graph| core.is_subset(&graph.edges));
        let blocks: Vec<_> = blocks
            .filter_map(|graph| Some((graph, names.get(&graph.access.statement)?)))
            .collect();
        add(context, &core, &blocks, &tables, found);
    }
}

/// Every table version that is read by its name, as far as a frame on it needs to know.
fn sources(context: &Context<'_>) -> Tables {
    let accesses = context.workload.accesses.iter();
    let reads = accesses.flat_map(|access| &access.reads);
    let named = reads.filter(|read| matches!(read.origin, Origin::Named { .. }));
    let versions: BTreeSet<TableVersion> = named.map(|read| read.version).collect();
    versions
        .into_iter()
        .map(|version| (version, Source::of(context, version)))
        .collect()
}

fn add<'g, 'a>(
    context: &Context<'_>,
    core: &Core,
    blocks: &[(&'g Graph<'a>, &Names<'a>)],
    tables: &Tables,
    found: &mut Candidates,
) {
    let reads: Vec<Vec<ReadId>> = blocks
        .iter()
        .map(|(graph, _)| occurrence::reads(graph, core))
        .collect();
    let subject = Subject::Join(reads.clone());
    let mut refused = Refused::default();
    let mut usable: Vec<Occurrence<'g, 'a>> = Vec::new();
    let types = check_types(core, tables);
    for ((graph, names), reads) in blocks.iter().zip(&reads) {
        let occurrence = types
            .clone()
            .and_then(|()| Occurrence::of(context, graph, core, names));
        match occurrence {
            Ok(occurrence) => usable.push(occurrence),
            Err(reason) => refused.add(reason, reads.iter().copied()),
        }
    }
    let mut readers: Vec<(&Graph<'_>, CoreReader)> = Vec::new();
    // Names depend on the columns of all readers: whom they do not fit is left out, and the rest is named anew.
    let members = loop {
        let members = definition::members(context, core, &usable, tables).unwrap_or_default();
        readers.clear();
        let before = usable.len();
        usable.retain(
            |occurrence| match definition::reader(occurrence, &members) {
                Ok(reader) => {
                    readers.push((occurrence.graph, reader));
                    true
                }
                Err(reason) => {
                    refused.add(reason, occurrence::reads(occurrence.graph, core));
                    false
                }
            },
        );
        if usable.len() == before {
            break members;
        }
    };
    if let [(_, only)] = readers.as_slice() {
        let text = "one place is left: there is nothing to share";
        let reason = Reason::new("single-reader", text);
        refused.add(reason, only.reads.iter().copied());
    } else if !readers.is_empty() && !members.is_empty() {
        found
            .candidates
            .push(candidate(&subject, members, readers, &usable));
    }
    found.refusals.extend(refused.into_refusals(&subject));
}

fn candidate(
    subject: &Subject,
    members: Vec<CoreMember>,
    readers: Vec<(&Graph<'_>, CoreReader)>,
    usable: &[Occurrence<'_, '_>],
) -> Candidate {
    let leaves = usable.iter().flat_map(|one| {
        let members = one.members.iter();
        members.filter_map(|number| one.graph.leaves.get(*number)?.usable.as_ref().ok())
    });
    let inputs: BTreeSet<TableVersion> = leaves
        .flat_map(|leaf| leaf.inputs.iter().copied())
        .collect();
    Candidate {
        id: CandidateId(0),
        inputs: inputs.into_iter().collect(),
        readers: readers
            .iter()
            .map(|(graph, reader)| Reader {
                statement: graph.access.statement,
                reads: reader.reads.clone(),
                place: Place::Joined,
            })
            .collect(),
        definition: Definition::JoinCore {
            hull: definition::hull(usable, &members),
            members,
            readers: readers.into_iter().map(|(_, reader)| reader).collect(),
        },
        subject: subject.clone(),
    }
}

/// Keys of one type are compared without a cast, which could fail or lose digits.
fn check_types(core: &Core, tables: &Tables) -> Result<(), Reason> {
    let type_of = |version: TableVersion, column: &str| {
        let Some(Ok(source)) = tables.get(&version) else {
            return None;
        };
        let mut columns = source.columns.iter().flatten();
        columns
            .find(|(name, _)| name.to_lowercase() == column)
            .map(|(_, data_type)| data_type.trim().to_lowercase())
    };
    for edge in core {
        let (one, other) = (
            type_of(edge.one.0, &edge.one.1),
            type_of(edge.other.0, &edge.other.1),
        );
        let fits = one == other && one.as_deref().is_some_and(is_comparable);
        if !fits {
            let text = format!(
                "the keys `{}` and `{}` are of the types {} and {}",
                edge.one.1,
                edge.other.1,
                one.unwrap_or_default(),
                other.unwrap_or_default()
            );
            return Err(Reason::new("join-types", text));
        }
    }
    Ok(())
}

/// Types whose values are compared as they are; values of `char` and `varchar` are padded first.
fn is_comparable(data_type: &str) -> bool {
    let base = data_type.split('(').next().unwrap_or("").trim();
    matches!(
        base,
        "boolean"
            | "tinyint"
            | "smallint"
            | "int"
            | "integer"
            | "bigint"
            | "float"
            | "double"
            | "decimal"
            | "string"
            | "binary"
            | "date"
            | "timestamp"
            | "timestamp_ntz"
    )
}
