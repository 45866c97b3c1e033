//! A block that reads a join core, and whether it may.

use std::collections::{BTreeMap, BTreeSet};

use super::text::{Core, Pair, Side, columns_of, marker, pair};
use crate::facts::access::{Filter, Origin, Read, ReadId, SensitivityKind};
use crate::frontend::statement::{
    Block, ColumnReference, Expression, Identifier, JoinColumns, JoinKind, Relation, Shape,
    Statement, TableReference,
};
use crate::planner::check::Check;
use crate::planner::check::frames::shown;
use crate::planner::check::hull::tests;
use crate::planner::check::names::query;
use crate::planner::frame::Reader;

/// A block with the tables of a core in it.
pub(in crate::planner::check) struct Place<'a> {
    pub(super) statement: &'a Statement,
    pub(super) block: Block<'a>,
    /// All its relations, in the order of the text.
    pub(super) parts: Vec<Part<'a>>,
    /// By number of the core's table: which relation it is.
    pub(super) members: Vec<usize>,
}

/// A relation of a block.
pub(super) struct Part<'a> {
    pub(super) relation: &'a Relation,
    /// How it is joined; inner for the first one and behind a comma.
    pub(super) kind: JoinKind,
    pub(super) on: &'a [Expression],
    pub(super) using: bool,
    pub(super) stands: Stands,
    /// The core's table that it is.
    pub(super) member: Option<usize>,
    /// Its read, if it is one of the core's tables.
    read: Option<ReadId>,
    /// Its columns, where they are known.
    columns: Option<Vec<(String, String)>>,
}

/// What stands before a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    /// A comma or the word `FROM`, and behind it no `JOIN`.
    Alone,
    /// A comma or the word `FROM`, and behind it a `JOIN`.
    Leading,
    /// The word `JOIN`.
    Joined,
}

impl Part<'_> {
    pub(super) fn table(&self) -> Option<&TableReference> {
        match self.relation {
            Relation::Table(table) => Some(table),
            _ => None,
        }
    }

    /// What its columns are qualified by.
    pub(super) fn called(&self) -> Option<String> {
        let name = match self.relation {
            Relation::Table(table) => table.alias.as_ref().or(table.name.parts.last()),
            Relation::Derived { alias, .. } | Relation::Function { alias, .. } => alias.as_ref(),
            Relation::Joined { .. } => None,
        };
        name.map(Identifier::key)
    }
}

impl<'a> Place<'a> {
    /// Finds the block whose relations a reader replaces.
    pub(in crate::planner::check) fn of(
        check: &Check<'a>,
        core: &Core,
        reader: &Reader,
    ) -> Result<Self, String> {
        let (statement, access) = check
            .statements
            .get(&reader.statement)
            .copied()
            .ok_or("is no statement that could read a frame")?;
        let whole = query(statement).ok_or("has no query to read a frame in")?;
        let mut reads: Vec<&Read> = Vec::new();
        for id in &reader.reads {
            let read = access.reads.iter().find(|read| read.id == *id);
            let read = read.ok_or("replaces a read that is not in it")?;
            if let Some(fixed) = read.fixed {
                return Err(format!(
                    "replaces a name that must stay as it is ({fixed:?})"
                ));
            }
            reads.push(read);
        }
        for block in whole.blocks() {
            let mut parts = parts(block);
            let mut members: BTreeMap<usize, usize> = BTreeMap::new();
            let mut order = Vec::new();
            for (number, part) in parts.iter_mut().enumerate() {
                let Some(table) = part.table() else { continue };
                let place = table.name.span;
                let here = |read: &&Read| matches!(read.origin, Origin::Named { name, .. } if name == place);
                let read = access.reads.iter().find(here);
                part.columns = read.and_then(|read| columns_of(check, read.version));
                let Some(read) = read.filter(|read| reads.iter().any(|one| one.id == read.id))
                else {
                    continue;
                };
                let mut known = core.members.iter();
                let member = known
                    .position(|member| member.version == read.version)
                    .ok_or("replaces a table that the frame does not join")?;
                if members.insert(member, number).is_some() {
                    return Err("replaces two tables by one".to_owned());
                }
                part.member = Some(member);
                part.read = Some(read.id);
                order.push(read.id);
            }
            if members.is_empty() {
                continue;
            }
            if order != reader.reads || members.len() != core.members.len() {
                return Err("replaces other tables than those that the frame joins".to_owned());
            }
            return Ok(Place {
                statement,
                block,
                parts,
                members: members.into_values().collect(),
            });
        }
        Err("replaces tables that are not joined in it".to_owned())
    }

    /// The first of the tables in the text, by its number in the block.
    pub(super) fn first(&self) -> usize {
        self.members.iter().copied().min().unwrap_or(0)
    }

    /// Why the block may not read the core, if so.
    pub(super) fn problems(&self, check: &Check<'_>, core: &Core) -> Vec<String> {
        let mut problems = Vec::new();
        problems.extend(self.shape(core).err());
        problems.extend(self.conditions(check, core).err());
        problems.extend(self.failing(check, core).err());
        problems.extend(self.rows(check, core).err());
        problems
    }

    fn shape(&self, core: &Core) -> Result<(), String> {
        if !self.block.query.verbatim {
            return Err("has no text of its own where it reads a join".to_owned());
        }
        let mut called = BTreeSet::new();
        for part in &self.parts {
            let fits = match part.relation {
                Relation::Table(_) => true,
                Relation::Derived { lateral, .. } => !lateral,
                Relation::Joined { .. } | Relation::Function { .. } => false,
            };
            if !fits || part.using || matches!(part.kind, JoinKind::Right | JoinKind::Full) {
                return Err(
                    "has other relations beside a join than tables and queries, joined inner or left by `ON`"
                        .to_owned(),
                );
            }
            if part.called().is_some_and(|name| !called.insert(name)) {
                return Err("has two relations of one name beside a join".to_owned());
            }
        }
        let last = self.members.iter().copied().max().unwrap_or(0);
        let between = self.parts.get(self.first()..=last).unwrap_or(&[]);
        if between
            .iter()
            .any(|part| !matches!(part.kind, JoinKind::Inner | JoinKind::Left))
        {
            return Err("has a semi or anti join between the tables of a join".to_owned());
        }
        for (member, number) in core.members.iter().zip(&self.members) {
            let Some(part) = self.parts.get(*number) else {
                continue;
            };
            if member.outer != (part.kind == JoinKind::Left) {
                return Err("joins a table otherwise than the frame does".to_owned());
            }
            if *number != self.first() && part.stands == Stands::Leading {
                return Err("loses the first table of a chain of joins".to_owned());
            }
        }
        Ok(())
    }

    /// What it loses the frame has, and what the frame has it says.
    fn conditions(&self, check: &Check<'_>, core: &Core) -> Result<(), String> {
        let inner: BTreeSet<&Pair> = core
            .members
            .iter()
            .filter(|member| !member.outer)
            .flat_map(|member| &member.keys)
            .collect();
        for (member, number) in core.members.iter().zip(&self.members) {
            let Some(part) = self.parts.get(*number) else {
                continue;
            };
            if member.outer {
                let own: Option<BTreeSet<Pair>> =
                    part.on.iter().map(|test| self.pair(core, test)).collect();
                if own.as_ref() != Some(&member.keys) {
                    return Err("joins a table on other keys than the frame does".to_owned());
                }
            } else if *number != self.first() {
                let lost = part.on.iter().find(|test| {
                    let pair = self.pair(core, test);
                    pair.is_none_or(|pair| !inner.contains(&pair))
                });
                if let Some(lost) = lost {
                    let text = shown(check, lost.span);
                    return Err(format!(
                        "loses the test `{text}`, which the frame does not make"
                    ));
                }
            }
        }
        // Tests of `WHERE` and of inner joins hold for every row.
        let on = self
            .parts
            .iter()
            .filter(|part| part.kind == JoinKind::Inner);
        let tests = on.flat_map(|part| part.on).chain(&self.block.select.filter);
        let held: BTreeSet<Pair> = tests.filter_map(|test| self.pair(core, test)).collect();
        if inner.into_iter().all(|pair| held.contains(pair)) {
            Ok(())
        } else {
            Err("does not join its tables on all keys of the frame".to_owned())
        }
    }

    /// The frame has every row that passes the tests which the block makes of the core's tables.
    fn rows(&self, check: &Check<'_>, core: &Core) -> Result<(), String> {
        let Some(hull) = &core.hull else {
            return Ok(());
        };
        // The block makes them of the rows that it keeps, whatever else it joins.
        let on = self
            .parts
            .iter()
            .filter(|part| matches!(part.kind, JoinKind::Inner | JoinKind::Semi));
        let made = on.flat_map(|part| part.on).chain(&self.block.select.filter);
        let made: BTreeSet<_> = made.map(|test| test.span).collect();
        let mut own = Vec::new();
        for (number, (member, place)) in core.members.iter().zip(&self.members).enumerate() {
            let part = self.parts.get(*place).filter(|_| !member.outer);
            let read = part.and_then(|part| check.reads.get(&part.read?));
            if let Some(read) = read {
                let wanted = |filter: &&Filter| made.contains(&filter.span);
                own.extend(tests(check, read, wanted, |column| marker(number, column)));
            }
        }
        if hull.is_implied_by(&own) {
            Ok(())
        } else {
            Err("needs rows that the frame which joins its tables may leave out".to_owned())
        }
    }

    /// Two columns of tables of the core that a test holds equal.
    fn pair(&self, core: &Core, test: &Expression) -> Option<Pair> {
        let (Shape::Equality, [one, other]) = (&test.shape, test.columns.as_slice()) else {
            return None;
        };
        let (one, other) = (self.side(core, one)?, self.side(core, other)?);
        (one.0 != other.0).then(|| pair(one, other))
    }

    /// The table of the core and the column that a reference means.
    fn side(&self, core: &Core, reference: &ColumnReference) -> Option<Side> {
        let (member, column) = match reference.parts.as_slice() {
            [called, column] => {
                let called = called.key();
                let mut parts = self.parts.iter();
                let part = parts.find(|part| part.called().as_ref() == Some(&called))?;
                (part.member?, column.key())
            }
            [column] => {
                // Any relation could have it whose columns are not known.
                let column = column.key();
                let mut owners = Vec::new();
                for part in &self.parts {
                    let columns = part.columns.as_ref()?;
                    if columns.iter().any(|(name, _)| *name == column) {
                        owners.push(part.member);
                    }
                }
                match owners.as_slice() {
                    [Some(member)] => (*member, column),
                    _ => return None,
                }
            }
            _ => return None,
        };
        core.has(member, &column).then_some((member, column))
    }

    /// What may fail would be computed for other rows.
    fn failing(&self, check: &Check<'_>, core: &Core) -> Result<(), String> {
        let Some((_, access)) = check.statements.get(&self.statement.id) else {
            return Ok(());
        };
        let on = self.parts.iter().flat_map(|part| part.on);
        let keys = on.chain(&self.block.select.filter).filter(|test| {
            let pair = self.pair(core, test);
            pair.is_some_and(|pair| {
                let mut members = core.members.iter();
                members.any(|member| member.keys.contains(&pair))
            })
        });
        let keys: BTreeSet<_> = keys.map(|test| test.span).collect();
        let failing = access.sensitivities.iter().find(|found| {
            found.kind == SensitivityKind::MayFail
                && self.block.query.span.contains(found.span)
                && !keys.contains(&found.span)
        });
        match failing {
            None => Ok(()),
            Some(found) => Err(format!(
                "uses `{}` but reads a join from a frame",
                found.what
            )),
        }
    }
}

/// The relations of a block in the order of the text.
fn parts(block: Block<'_>) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    for relation in &block.select.from {
        match relation {
            Relation::Joined { first, joins } => {
                parts.push(part(first, Stands::Leading));
                parts.extend(joins.iter().map(|join| Part {
                    kind: join.kind,
                    on: &join.on,
                    using: join.using != JoinColumns::None,
                    ..part(&join.relation, Stands::Joined)
                }));
            }
            _ => parts.push(part(relation, Stands::Alone)),
        }
    }
    parts
}

fn part(relation: &Relation, stands: Stands) -> Part<'_> {
    Part {
        relation,
        kind: JoinKind::Inner,
        on: &[],
        using: false,
        stands,
        member: None,
        read: None,
        columns: None,
    }
}
