//! Repeated subqueries: the same common table expression or derived table in several places.

use std::collections::{BTreeMap, BTreeSet};

use super::canonical::key;
use super::inputs::{Refused, closure, code, fixed_reason, why};
use super::walk::Names;
use super::{
    Candidate, CandidateId, Candidates, Context, Definition, Place, Reader, Reason, Subject,
};
use crate::facts::access::{Access, Fixed, ReadId, Subquery, TableVersion};

/// What must be equal for two occurrences to be one: text, output names, versions read.
type Key = (Vec<String>, Option<Vec<String>>, Vec<TableVersion>);

/// Adds the candidates and refusals of every subquery that stands in several places.
pub(super) fn find(context: &Context<'_>, found: &mut Candidates) {
    let mut groups: BTreeMap<Key, Vec<(&Access, &Subquery)>> = BTreeMap::new();
    for access in &context.workload.accesses {
        let query = context
            .workload
            .statement(access.statement)
            .and_then(|one| one.kind.query());
        let Some(query) = query else { continue };
        if access.subqueries.is_empty() {
            continue;
        }
        let names = Names::of(query);
        for subquery in &access.subqueries {
            let outputs = subquery.outputs.as_ref().map(|outputs| {
                outputs
                    .iter()
                    .map(|output| output.text.to_lowercase())
                    .collect()
            });
            let versions = inputs(access, subquery).into_iter().collect();
            let key = (key(context, access, subquery, &names), outputs, versions);
            groups.entry(key).or_default().push((access, subquery));
        }
    }
    let mut groups: Vec<_> = groups
        .into_values()
        .filter(|group| group.len() > 1)
        .collect();
    groups.sort_by_key(|group| group.first().map(|(_, subquery)| subquery.id));
    for group in groups {
        add(context, &group, found);
    }
}

fn add(context: &Context<'_>, group: &[(&Access, &Subquery)], found: &mut Candidates) {
    let subject = Subject::Subquery(group.iter().map(|(_, subquery)| subquery.id).collect());
    let mut refused = Refused::default();
    let mut usable = Vec::new();
    for (access, subquery) in group {
        match check(context, access, subquery) {
            Ok(()) => usable.push((*access, *subquery)),
            Err(reason) => refused.add(reason, subquery.reads.iter().copied()),
        }
    }
    if let [(_, only)] = usable.as_slice() {
        let reason = Reason::new(
            "single-reader",
            "one place is left: there is nothing to share",
        );
        refused.add(reason, only.reads.iter().copied());
    }
    if let [(access, first), _, ..] = usable.as_slice() {
        found.candidates.push(Candidate {
            id: CandidateId(0),
            definition: Definition::RepeatedSubquery {
                body: first.body,
                columns: first
                    .outputs
                    .iter()
                    .flatten()
                    .map(|output| output.text.clone())
                    .collect(),
            },
            inputs: inputs(access, first).into_iter().collect(),
            readers: usable
                .iter()
                .map(|(access, subquery)| Reader {
                    statement: access.statement,
                    reads: named(access, subquery),
                    place: Place::Body(subquery.id),
                })
                .collect(),
            subject: subject.clone(),
        });
    }
    found.refusals.extend(refused.into_refusals(&subject));
}

/// Every version that a subquery depends on.
fn inputs(access: &Access, subquery: &Subquery) -> BTreeSet<TableVersion> {
    closure(access, &subquery.reads)
}

/// The reads that a frame in its place replaces: those of tables by name.
pub(super) fn named(access: &Access, subquery: &Subquery) -> Vec<ReadId> {
    let reads = access
        .reads
        .iter()
        .filter(|read| super::inputs::is_named(read));
    reads
        .map(|read| read.id)
        .filter(|id| subquery.reads.contains(id))
        .collect()
}

pub(super) fn check(
    context: &Context<'_>,
    access: &Access,
    subquery: &Subquery,
) -> Result<(), Reason> {
    if let Some(sensitivity) = subquery.sensitivities.first() {
        let text = format!("it uses `{}`, {}", sensitivity.what, why(sensitivity.kind));
        return Err(Reason::new(code(sensitivity.kind), text));
    }
    if !subquery.closed {
        let text = "it reads a common table expression or a column from outside itself";
        return Err(Reason::new("not-closed", text));
    }
    let outputs = subquery.outputs.as_deref().unwrap_or(&[]);
    let names: BTreeSet<String> = outputs
        .iter()
        .map(|output| output.text.to_lowercase())
        .collect();
    if outputs.is_empty() || names.len() < outputs.len() {
        let text =
            "its output columns have no distinct names: an alias for each makes it shareable";
        return Err(Reason::new("outputs-unknown", text));
    }
    if names.iter().any(|name| name.contains(['$', '{', '}'])) {
        return Err(Reason::new(
            "name",
            "an output column looks like a template variable",
        ));
    }
    if let Some(variable) = context.texts.loose_variable(subquery.body) {
        let text = format!("the variable `{variable}` stands outside strings and numbers");
        return Err(Reason::new("template-variable", text));
    }
    // The whole body is copied: only a column qualified by the full name of its table needs nothing more.
    let reads = access
        .reads
        .iter()
        .filter(|read| subquery.reads.contains(&read.id));
    for read in reads {
        if let Some(fixed) = read
            .fixed
            .filter(|fixed| *fixed != Fixed::FullyQualifiedColumn)
        {
            return Err(fixed_reason(fixed, &context.name(read.version.table)));
        }
    }
    let inputs = inputs(access, subquery);
    context.check_inputs(access, &inputs)?;
    context.check_statement(access, &inputs)
}
