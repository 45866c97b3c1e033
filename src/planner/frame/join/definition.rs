//! What a frame of a core holds: its tables in an order in which each is joined with earlier ones, the columns that its
//! readers need, under names that clash with nothing, and the rows that some reader keeps.

use std::collections::{BTreeMap, BTreeSet};

use super::block::{Link, Tables};
use super::cores::Core;
use super::occurrence::Occurrence;
use super::references::{Naming, Reference, key};
use crate::facts::access::TableVersion;
use crate::frontend::sql::TokenKind;
use crate::frontend::statement::JoinKind;
use crate::planner::frame::hull::{Test, hull as any_of};
use crate::planner::frame::{
    Context, CoreColumn, CoreKey, CoreMember, CoreReader, CoreReference, HullTest, Reason,
};

/// The tables of a core as its readers need them; none where the core has no first table.
pub(super) fn members(
    context: &Context<'_>,
    core: &Core,
    occurrences: &[Occurrence<'_, '_>],
    sources: &Tables,
) -> Option<Vec<CoreMember>> {
    let first = occurrences.first()?;
    let names = Named::of(context, core, occurrences, sources)?;
    let mut members: Vec<CoreMember> = Vec::new();
    for version in ordered(core, first) {
        let (_, leaf) = first.member(version)?;
        let keys = core.iter().filter_map(|edge| {
            let (own, other) = if edge.other.0 == version {
                (&edge.other, &edge.one)
            } else if edge.one.0 == version {
                (&edge.one, &edge.other)
            } else {
                return None;
            };
            let member = members
                .iter()
                .position(|member| member.version == other.0)?;
            Some(CoreKey {
                column: spelled(sources, own.0, &own.1)?,
                member,
                other: spelled(sources, other.0, &other.1)?,
            })
        });
        let keys: Vec<CoreKey> = keys.collect();
        members.push(CoreMember {
            version,
            alias: leaf.called.clone()?,
            kind: if is_supplied(core, version) {
                JoinKind::Left
            } else {
                JoinKind::Inner
            },
            keys,
            columns: names.of_table(version),
        });
    }
    Some(members)
}

/// Tables in the order of the text where each has a key in common with an earlier one, the outer-joined ones last.
fn ordered(core: &Core, first: &Occurrence<'_, '_>) -> Vec<TableVersion> {
    let text: Vec<TableVersion> = first
        .members
        .iter()
        .filter_map(|number| first.graph.leaves.get(*number)?.version())
        .collect();
    let mut ordered: Vec<TableVersion> = Vec::new();
    while ordered.len() < text.len() {
        let left = text.iter().filter(|version| !ordered.contains(version));
        let inner = |version: &&TableVersion| !is_supplied(core, **version);
        let meets = |version: &&TableVersion| {
            ordered.is_empty()
                || core.iter().any(|edge| {
                    edge.touches(**version) && ordered.iter().any(|known| edge.touches(*known))
                })
        };
        let mut inner = left.clone().filter(inner);
        let next = inner
            .find(meets)
            .or_else(|| left.clone().find(meets))
            .or_else(|| left.clone().next());
        let Some(next) = next.copied() else { break };
        ordered.push(next);
    }
    ordered
}

/// Whether a table of a core is filled with NULLs.
fn is_supplied(core: &Core, version: TableVersion) -> bool {
    core.iter()
        .any(|edge| edge.link == Link::Left && edge.other.0 == version)
}

/// A column in its table's spelling.
fn spelled(sources: &Tables, version: TableVersion, column: &str) -> Option<String> {
    let Some(Ok(source)) = sources.get(&version) else {
        return None;
    };
    let mut columns = source.columns.iter().flatten();
    columns
        .find(|(name, _)| name.to_lowercase() == column)
        .map(|(name, _)| name.clone())
}

/// The rows that some reader keeps, as its tests of the tables say that keep their rows. All of these tests stay where
/// they are, so a row that fails one is of no use to the reader, whatever it is joined with.
pub(super) fn hull(
    occurrences: &[Occurrence<'_, '_>],
    members: &[CoreMember],
) -> Vec<Vec<HullTest>> {
    let of_reader = |occurrence: &Occurrence<'_, '_>| {
        let mut tests = Vec::new();
        for (number, member) in members.iter().enumerate() {
            let leaf = occurrence.member(member.version);
            let usable = leaf.and_then(|(_, leaf)| leaf.usable.as_ref().ok());
            if let Some(usable) = usable.filter(|_| member.kind == JoinKind::Inner) {
                tests.extend(usable.tests.iter().map(|test| test.of_member(number)));
            }
        }
        tests
    };
    let tests: Vec<Vec<Test>> = occurrences.iter().map(of_reader).collect();
    let tests: Vec<&[Test]> = tests.iter().map(Vec::as_slice).collect();
    any_of(&tests)
}

/// Names of the frame's columns by table and column, lower-case.
struct Named(BTreeMap<TableVersion, Vec<CoreColumn>>);

impl Named {
    fn of(
        context: &Context<'_>,
        core: &Core,
        occurrences: &[Occurrence<'_, '_>],
        sources: &Tables,
    ) -> Option<Self> {
        let order = ordered(core, occurrences.first()?);
        let mut needed: Vec<(TableVersion, Vec<String>)> = Vec::new();
        for version in &order {
            let mut columns = BTreeSet::new();
            for occurrence in occurrences {
                let (number, _) = occurrence.member(*version)?;
                columns.extend(occurrence.needed(number));
            }
            let Some(Ok(source)) = sources.get(version) else {
                return None;
            };
            let all = source.columns.iter().flatten();
            let columns = all
                .map(|(name, _)| name)
                .filter(|name| columns.contains(&name.to_lowercase()));
            needed.push((*version, columns.cloned().collect()));
        }
        if needed.iter().all(|(_, columns)| columns.is_empty()) {
            // `count(*)` alone needs rows, and a frame needs a column.
            let (version, columns) = needed.first_mut()?;
            let edge = core.iter().find(|edge| edge.touches(*version))?;
            let key = if edge.one.0 == *version {
                &edge.one
            } else {
                &edge.other
            };
            columns.push(spelled(sources, key.0, &key.1)?);
        }
        let mut taken = words(context, occurrences);
        let all = needed.iter().flat_map(|(_, columns)| columns);
        taken.extend(all.map(|column| column.to_lowercase()));
        let mut plain = BTreeSet::new();
        let mut named = BTreeMap::new();
        for (version, columns) in needed {
            let table = context.name(version.table);
            let columns = columns.into_iter().map(|column| {
                let name = if plain.insert(column.to_lowercase()) {
                    column.clone()
                } else {
                    other_name(&table, &column, &mut taken)
                };
                CoreColumn { column, name }
            });
            named.insert(version, columns.collect());
        }
        Some(Named(named))
    }

    fn of_table(&self, version: TableVersion) -> Vec<CoreColumn> {
        self.0.get(&version).cloned().unwrap_or_default()
    }
}

/// Every name in the text of the statements that read: a new name that none of them holds means nothing to them.
fn words(context: &Context<'_>, occurrences: &[Occurrence<'_, '_>]) -> BTreeSet<String> {
    let statements = occurrences
        .iter()
        .filter_map(|one| context.workload.statement(one.graph.access.statement));
    statements
        .flat_map(|statement| context.texts.within(statement.span))
        .filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdentifier))
        .map(key)
        .collect()
}

/// `customers_status`, in `[a-z0-9_]`, with a number where that is taken.
fn other_name(table: &str, column: &str, taken: &mut BTreeSet<String>) -> String {
    let table = table.rsplit('.').next().unwrap_or(table);
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '_'
        }
    };
    let base: String = format!("{table}_{column}").chars().map(plain).collect();
    // A name that begins with a digit would have to be quoted.
    let base = if base.starts_with(|c: char| c.is_ascii_digit()) {
        format!("t{base}")
    } else {
        base
    };
    let mut name = base.clone();
    let mut number = 1;
    while !taken.insert(name.clone()) {
        number += 1;
        name = format!("{base}_{number}");
    }
    name
}

/// A block as a reader of these members, or why the names of the frame's columns do not fit it.
pub(super) fn reader(
    occurrence: &Occurrence<'_, '_>,
    members: &[CoreMember],
) -> Result<CoreReader, Reason> {
    let unfit = |name: &str| {
        let text = format!("the frame's name for `{name}` would give it another meaning");
        Reason::new("column-name", text)
    };
    for member in members {
        let Some((number, leaf)) = occurrence.member(member.version) else {
            continue;
        };
        let nested = &occurrence.mentions.nested;
        let lost = nested.iter().find(|column| {
            let mut kept = member.columns.iter();
            leaf.has(column) && !kept.any(|one| one.column.to_lowercase() == **column)
        });
        if let Some(column) = lost {
            let text = format!(
                "a nested query names `{column}`, which the frame does not have and `{}` has",
                member.alias
            );
            return Err(Reason::new("nested-query", text));
        }
        let needed = occurrence.needed(number);
        let renamed = member
            .columns
            .iter()
            .filter(|column| column.name != column.column);
        let clash = renamed
            .map(|column| column.column.to_lowercase())
            .find(|column| {
                let meant = needed.contains(column);
                nested.contains(column) || meant && occurrence.mentions.unqualified.contains(column)
            });
        if let Some(column) = clash {
            return Err(unfit(&format!("{}.{column}", member.alias)));
        }
    }
    let anchor = occurrence.members.first();
    let anchor = anchor.and_then(|number| occurrence.graph.leaves.get(*number)?.version());
    let mut references = Vec::new();
    for (version, reference) in occurrence.references() {
        let found = members.iter().enumerate().find_map(|(number, member)| {
            let mut columns = member.columns.iter();
            let column = columns.find(|column| {
                member.version == version && column.column.to_lowercase() == reference.column
            })?;
            Some((number, column))
        });
        let Some((member, column)) = found else {
            return Err(unfit(&reference.column));
        };
        let renamed = column.name != column.column;
        if !renamed && Some(version) == anchor {
            continue;
        }
        let output = match (&reference.naming, renamed) {
            (_, false) | (Naming::Nothing, true) => None,
            (Naming::Output(name), true) => Some(name.clone()),
            (Naming::Part | Naming::Order, true) => return Err(unfit(&column.column)),
        };
        references.push(qualified(reference, member, renamed, column, output));
    }
    let reads = occurrence.members.iter().filter_map(|number| {
        let leaf = occurrence.graph.leaves.get(*number)?;
        leaf.read.map(|read| read.id)
    });
    Ok(CoreReader {
        reads: reads.collect(),
        removed: occurrence.removed.clone(),
        references,
    })
}

fn qualified(
    reference: &Reference,
    member: usize,
    renamed: bool,
    column: &CoreColumn,
    output: Option<String>,
) -> CoreReference {
    CoreReference {
        member,
        qualifier: reference.qualifier,
        whole: reference.qualifier.join(reference.name),
        renamed: renamed.then(|| column.name.clone()),
        output,
    }
}
