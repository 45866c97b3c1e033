//! Columns: which relation of which block a column reference means.
//!
//! The order is Spark's (`AttributeSeq.resolve`, `ColumnResolutionHelper`): a qualifier before a column with
//! fields, relations of the block before aliases of its select list, and those before the blocks around it. Where a
//! schema that is not known leaves a choice, every relation concerned needs all of its columns.

use std::collections::{BTreeMap, BTreeSet};

use super::block::Walk;
use super::session::Schema;
use super::{Fixed, SensitivityKind, functions};
use crate::diagnostic::Span;
use crate::frontend::statement::{ColumnReference, Expression, Identifier, Name, Shape};

/// A relation of a block.
#[derive(Debug)]
pub(super) struct RelationInfo {
    /// What qualifies its columns, lower-case.
    pub qualifier: Option<String>,
    /// Where it stands.
    pub span: Option<Span>,
    /// Its columns.
    pub schema: Schema,
    /// The group of identifiers that name it.
    pub group: Option<usize>,
    /// Canonical name, where its columns may be qualified by it.
    pub full_name: Option<String>,
    /// The read whose columns they are.
    pub read: Option<usize>,
    /// The subquery whose outputs they are.
    pub subquery: Option<usize>,
}

/// All relations of a query, by number.
#[derive(Debug, Default)]
pub(super) struct Relations(Vec<RelationInfo>);

impl Relations {
    /// Adds one and tells its number.
    pub(super) fn add(&mut self, relation: RelationInfo) -> usize {
        self.0.push(relation);
        self.0.len() - 1
    }

    /// The relation of that number.
    pub(super) fn get(&self, number: usize) -> Option<&RelationInfo> {
        self.0.get(number)
    }

    fn learn(&mut self, number: usize, column: &str) {
        if let Some(relation) = self.0.get_mut(number) {
            relation.schema.names.insert(column.to_owned());
        }
    }

    /// Those of `numbers` that satisfy the condition.
    fn which(&self, numbers: &[usize], condition: impl Fn(&RelationInfo) -> bool) -> Vec<usize> {
        numbers
            .iter()
            .copied()
            .filter(|number| self.get(*number).is_some_and(&condition))
            .collect()
    }
}

/// One block: what column names can mean in it.
#[derive(Debug)]
pub(super) struct Scope {
    /// Its relations.
    pub relations: Vec<usize>,
    /// Aliases of its select list, lower-case.
    pub aliases: BTreeSet<String>,
    /// Its relations by what qualifies their columns, and by canonical name.
    named: Named,
}

/// Relations by name: blocks of generated SQL join thousands.
#[derive(Debug, Default)]
struct Named {
    qualifiers: BTreeMap<String, Vec<usize>>,
    full_names: BTreeMap<String, usize>,
}

impl Scope {
    /// The scope of these relations.
    pub(super) fn new(numbers: Vec<usize>, relations: &Relations) -> Self {
        let mut named = Named::default();
        for number in &numbers {
            let Some(relation) = relations.get(*number) else {
                continue;
            };
            if let Some(qualifier) = &relation.qualifier {
                let same = named.qualifiers.entry(qualifier.clone()).or_default();
                same.push(*number);
            }
            if let Some(name) = &relation.full_name {
                named.full_names.entry(name.clone()).or_insert(*number);
            }
        }
        Scope {
            relations: numbers,
            aliases: BTreeSet::new(),
            named,
        }
    }

    /// Relations whose columns this name qualifies.
    fn qualified_by(&self, qualifier: &str) -> &[usize] {
        self.named
            .qualifiers
            .get(qualifier)
            .map_or(&[], Vec::as_slice)
    }

    /// The relation whose canonical name leads the parts of a reference, and the column after it.
    fn spelled_in<'p>(&self, parts: &'p [String]) -> Option<(usize, &'p String)> {
        let parts = match parts {
            [first, rest @ ..] if first == "spark_catalog" => rest,
            parts => parts,
        };
        (1..parts.len()).find_map(|length| {
            let name = parts.get(..length)?.join(".");
            let number = self.named.full_names.get(&name)?;
            Some((*number, parts.get(length)?))
        })
    }
}

/// Where a column reference stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clause {
    /// Aliases of the select list are not seen.
    Plain,
    /// They are seen where no relation owns the name.
    Aliases,
    /// They are seen first.
    Order,
}

/// What a column reference means for one relation.
#[derive(Debug)]
enum Meaning {
    /// It needs this column.
    Needs(usize, String),
    /// It may need any column.
    Unknown(usize),
    /// It is asked for a column that it does not have.
    Missing(usize),
    /// The first part is its qualifier.
    Qualified(usize),
    /// The reference spells its full name.
    FullyQualified(usize),
    /// The reference leaves its block for the relation at this place.
    Crosses(Option<Span>),
}

/// The name that a plain column gives to its output.
pub(super) fn column_name(expression: &Expression) -> Option<&Identifier> {
    match (&expression.shape, expression.columns.as_slice()) {
        (Shape::Column, [column]) => column.parts.last(),
        _ => None,
    }
}

impl Walk<'_, '_> {
    /// Attributes a column reference to the relations that it may mean.
    pub(super) fn column(&mut self, reference: &ColumnReference, clause: Clause) {
        let (Some(first), Some(last)) = (reference.parts.first(), reference.parts.last()) else {
            return;
        };
        let parts: Vec<String> = reference.parts.iter().map(Identifier::key).collect();
        let span = first.span.join(last.span);
        let meanings = self.meanings(&parts, clause);
        let owned = meanings.iter().any(
            |meaning| matches!(meaning, Meaning::Needs(number, column) if self.relations.get(*number).is_some_and(|relation| relation.schema.has(column))),
        );
        if !owned {
            // A hidden column of files (Spark: `FileSourceMetadataAttribute`).
            if parts.iter().take(2).any(|part| part == "_metadata") {
                self.sensitivity(SensitivityKind::RowOrigin, span, "_metadata");
            }
            if parts.len() == 1
                && parts
                    .first()
                    .is_some_and(|part| functions::is_bare_function(part))
            {
                self.sensitivity(SensitivityKind::NonDeterministic, span, &first.text);
            }
        }
        for meaning in meanings {
            match meaning {
                Meaning::Needs(relation, column) => self.need(relation, column),
                Meaning::Unknown(relation) => self.unknown_columns(relation),
                Meaning::Missing(relation) => self.missing_column(relation),
                Meaning::Qualified(relation) => {
                    if let Some(group) = self.relations.get(relation).and_then(|it| it.group) {
                        self.name_group(group, first.span);
                    }
                }
                Meaning::FullyQualified(relation) => {
                    if let Some(read) = self.relations.get(relation).and_then(|it| it.read) {
                        self.fix(read, Fixed::FullyQualifiedColumn);
                    }
                }
                Meaning::Crosses(target) => self.found.crossings.push((span, target)),
            }
        }
    }

    fn meanings(&self, parts: &[String], clause: Clause) -> Vec<Meaning> {
        let mut meanings = Vec::new();
        let Some(first) = parts.first() else {
            return meanings;
        };
        let aliased = clause != Clause::Plain
            && self
                .scopes
                .last()
                .is_some_and(|scope| scope.aliases.contains(first));
        if aliased && clause == Clause::Order && parts.len() == 1 {
            return meanings;
        }
        // `GROUP BY ALL` and `ORDER BY ALL` mean no column, unless there is one of that name.
        let bare = functions::is_bare_function(first)
            || (parts.len() == 1 && first == "all" && clause != Clause::Plain);
        let alternatives = aliased || self.scopes.len() > 1 || bare;
        let mut uncertain = false;
        for (level, scope) in self.scopes.iter().enumerate().rev() {
            let inner = level + 1 == self.scopes.len();
            let cross = |meanings: &mut Vec<Meaning>, relation: usize| {
                if !inner {
                    let span = self.relations.get(relation).and_then(|it| it.span);
                    meanings.push(Meaning::Crosses(span));
                }
            };
            if self.qualified(parts, scope, uncertain, &mut meanings, &cross) {
                return meanings;
            }
            let owners = self
                .relations
                .which(&scope.relations, |it| it.schema.has(first));
            if !owners.is_empty() {
                for owner in owners {
                    meanings.push(Meaning::Needs(owner, first.clone()));
                    cross(&mut meanings, owner);
                }
                return meanings;
            }
            let possible = self
                .relations
                .which(&scope.relations, |it| !it.schema.complete);
            if let ([only], false) = (possible.as_slice(), alternatives) {
                meanings.push(Meaning::Needs(*only, first.clone()));
                return meanings;
            }
            uncertain |= !possible.is_empty() || (inner && aliased);
            for relation in possible {
                meanings.push(Meaning::Unknown(relation));
                cross(&mut meanings, relation);
            }
        }
        if !uncertain && !bare {
            let all = self.scopes.iter().flat_map(|scope| &scope.relations);
            meanings.extend(all.map(|relation| Meaning::Missing(*relation)));
        }
        meanings
    }

    /// Tries the leading parts as the name of a relation of the block; tells whether that settles it.
    fn qualified(
        &self,
        parts: &[String],
        scope: &Scope,
        uncertain: bool,
        meanings: &mut Vec<Meaning>,
        cross: &impl Fn(&mut Vec<Meaning>, usize),
    ) -> bool {
        let [first, second, ..] = parts else {
            return false;
        };
        if let Some((number, column)) = scope.spelled_in(parts) {
            meanings.push(Meaning::FullyQualified(number));
            meanings.push(Meaning::Needs(number, column.clone()));
            cross(meanings, number);
            return true;
        }
        let named = scope.qualified_by(first);
        if named.is_empty() {
            return false;
        }
        meanings.extend(named.iter().map(|number| Meaning::Qualified(*number)));
        let holders = self.relations.which(named, |it| !it.schema.lacks(second));
        if !holders.is_empty() {
            for holder in holders {
                let certain = !uncertain
                    || self
                        .relations
                        .get(holder)
                        .is_some_and(|it| it.schema.has(second));
                meanings.push(if certain {
                    Meaning::Needs(holder, second.clone())
                } else {
                    Meaning::Unknown(holder)
                });
                cross(meanings, holder);
            }
            return true;
        }
        // No such column: the first part may be a column with fields after all.
        let structs = self
            .relations
            .which(&scope.relations, |it| it.schema.has(first));
        if structs.is_empty() {
            for number in named {
                meanings.push(Meaning::Missing(*number));
                cross(meanings, *number);
            }
        }
        for owner in structs {
            meanings.push(Meaning::Needs(owner, first.clone()));
            cross(meanings, owner);
        }
        true
    }

    fn need(&mut self, relation: usize, column: String) {
        let Some(info) = self.relations.get(relation) else {
            return;
        };
        if info.schema.lacks(&column) || (column == "_metadata" && !info.schema.has(&column)) {
            self.missing_column(relation);
        } else if let Some(read) = info.read
            && let Some(read) = self.found.reads.get_mut(read)
            && let Some(columns) = &mut read.columns
        {
            columns.insert(column);
        }
    }

    /// All columns of the relation may be needed, and it is not known which there are.
    pub(super) fn unknown_columns(&mut self, relation: usize) {
        if let Some(read) = self.relations.get(relation).and_then(|it| it.read)
            && let Some(read) = self.found.reads.get_mut(read)
        {
            read.columns = None;
        }
    }

    fn missing_column(&mut self, relation: usize) {
        self.unknown_columns(relation);
        if let Some(read) = self.relations.get(relation).and_then(|it| it.read) {
            self.fix(read, Fixed::UnknownColumn);
        }
    }

    /// A column that a join takes by name from one of its inputs.
    pub(super) fn joined_column(&mut self, column: &str, side: &[usize]) {
        let owners = self.relations.which(side, |it| it.schema.has(column));
        let possible = self.relations.which(side, |it| !it.schema.complete);
        if !owners.is_empty() {
            for owner in owners {
                self.need(owner, column.to_owned());
            }
        } else if let [only] = possible.as_slice() {
            self.need(*only, column.to_owned());
            self.relations.learn(*only, column);
        } else {
            for relation in possible {
                self.unknown_columns(relation);
            }
        }
    }

    /// `*` or `t.*`.
    pub(super) fn wildcard(&mut self, qualifier: Option<&Name>) {
        let relations = self.wildcard_relations(qualifier);
        if let Some(name) = qualifier {
            if relations.is_empty() {
                // `c.*` takes the fields of a column.
                let reference = ColumnReference {
                    parts: name.parts.clone(),
                };
                self.column(&reference, Clause::Aliases);
                return;
            }
            for relation in &relations {
                let Some(info) = self.relations.get(*relation) else {
                    continue;
                };
                let (group, read) = (info.group, info.read);
                match name.parts.as_slice() {
                    [only] => {
                        if let Some(group) = group {
                            self.name_group(group, only.span);
                        }
                    }
                    _ => {
                        if let Some(read) = read {
                            self.fix(read, Fixed::FullyQualifiedColumn);
                        }
                    }
                }
            }
        }
        for relation in relations {
            let Some(info) = self.relations.get(relation) else {
                continue;
            };
            if info.schema.complete {
                for column in info.schema.names.clone() {
                    self.need(relation, column);
                }
            } else {
                self.unknown_columns(relation);
            }
        }
    }

    fn wildcard_relations(&self, qualifier: Option<&Name>) -> Vec<usize> {
        let Some(scope) = self.scopes.last() else {
            return Vec::new();
        };
        let Some(name) = qualifier else {
            return scope.relations.clone();
        };
        let key = name.key();
        let plain = key.strip_prefix("spark_catalog.").unwrap_or(&key);
        self.relations.which(&scope.relations, |it| {
            it.qualifier.as_deref() == Some(key.as_str()) || it.full_name.as_deref() == Some(plain)
        })
    }

    /// The columns that `*` or `t.*` stands for.
    pub(super) fn expanded(&self, qualifier: Option<&Name>) -> Schema {
        let relations = self.wildcard_relations(qualifier);
        let mut schema = Schema {
            complete: !relations.is_empty(),
            ..Schema::default()
        };
        for relation in relations {
            match self.relations.get(relation) {
                Some(info) => {
                    schema.names.extend(info.schema.names.iter().cloned());
                    schema.complete &= info.schema.complete;
                }
                None => schema.complete = false,
            }
        }
        schema
    }

    /// The relation of the innermost block and its column that the reference certainly means: no field of a column,
    /// no alias, no outer column.
    pub(super) fn certain(
        &self,
        reference: &ColumnReference,
        clause: Clause,
    ) -> Option<(usize, String)> {
        let scope = self.scopes.last()?;
        let (candidates, column) = match reference.parts.as_slice() {
            [column] => {
                let column = column.key();
                let owners = self
                    .relations
                    .which(&scope.relations, |it| it.schema.has(&column));
                let only = scope.relations.len() == 1 && self.scopes.len() == 1;
                let open = self
                    .relations
                    .which(&scope.relations, |it| !it.schema.complete);
                let aliased = clause != Clause::Plain && scope.aliases.contains(&column);
                if owners.is_empty() && only && !aliased {
                    (open, column)
                } else {
                    (owners, column)
                }
            }
            [qualifier, column] => {
                let (qualifier, column) = (qualifier.key(), column.key());
                let named = scope.qualified_by(&qualifier).to_vec();
                let holding = named.len() == 1
                    && named
                        .first()
                        .and_then(|number| self.relations.get(*number))
                        .is_some_and(|it| !it.schema.lacks(&column));
                (if holding { named } else { Vec::new() }, column)
            }
            _ => return None,
        };
        match candidates.as_slice() {
            [only] => Some((*only, column)),
            _ => None,
        }
    }
}
