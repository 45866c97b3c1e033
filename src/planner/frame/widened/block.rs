//! A subquery of one block, taken apart: what it selects, what it tests, and the rest.
//!
//! An item may move into the select list of another subquery with the same rest only if it means the same there. So
//! each column that it names is one of the relations, and none an alias of the list (Spark takes a column of a relation
//! before an alias); its functions give one value per row of the block; and it holds no query. The same is asked of
//! grouping keys. A name in a test of groups (`HAVING`) may be
//! looked up in the select list, so it is none of its aliases.

use std::collections::BTreeSet;

use super::super::canonical::Writer;
use super::super::inputs::{closure, is_named};
use super::super::walk::Names;
use super::super::{Context, texts::PlacedToken};
use crate::diagnostic::Span;
use crate::facts::access::{Access, Origin, Subquery, is_builtin};
use crate::frontend::sql::TokenKind;
use crate::frontend::statement::{
    ColumnReference, Expression, Identifier, Query, QueryBody, Relation, Select, SelectItem, Shape,
};

/// Words of groupings that make several groups of a row, where numbers may stand for items.
const GROUPINGS: [&str; 3] = ["w:rollup", "w:cube", "w:grouping"];

/// A subquery of one block.
pub(super) struct Block<'a> {
    pub(super) access: &'a Access,
    pub(super) subquery: &'a Subquery,
    /// Everything but what it selects and what `WHERE` tests.
    pub(super) key: Vec<String>,
    pub(super) items: Vec<Item<'a>>,
    /// The tests of `WHERE`, in text order.
    pub(super) tests: Vec<Test<'a>>,
    /// Its last item, or the alias of that.
    pub(super) list_end: Span,
    pub(super) writer: Writer<'a>,
    relations: Vec<DirectRelation>,
    grouped: bool,
}

/// An item of the select list.
pub(super) struct Item<'a> {
    pub(super) key: Vec<String>,
    pub(super) expression: &'a Expression,
    /// Its output column.
    pub(super) name: &'a Identifier,
}

/// A test of `WHERE`.
pub(super) struct Test<'a> {
    pub(super) key: Vec<String>,
    pub(super) expression: &'a Expression,
}

/// A relation in the block's own `FROM`.
struct DirectRelation {
    /// Its number among all relations of the subquery.
    number: Option<usize>,
    /// What qualifies its columns.
    called: Option<Identifier>,
    /// Columns that the statement is known to need of it, lower-case: it has them.
    columns: BTreeSet<String>,
}

impl<'a> Block<'a> {
    /// Takes a subquery apart; none where it is no such block.
    pub(super) fn of(
        context: &Context<'a>,
        access: &'a Access,
        subquery: &'a Subquery,
        query: &'a Query,
        names: &'a Names<'a>,
    ) -> Option<Self> {
        let QueryBody::Select(select) = &query.body else {
            return None;
        };
        let plain = query.verbatim
            && query.ctes.is_empty()
            && query.order_by.is_empty()
            && query.tail.is_empty()
            && !query.limited
            && !select.distinct
            && select.other.is_empty();
        if !plain {
            return None;
        }
        let writer = Writer::new(context, access, subquery, names);
        let (items, list) = items(&writer, select)?;
        let (tests, condition) = tests(&writer, select)?;
        let before = writer.key(0..list.start, None);
        let after = match &condition {
            None => writer.key(list.end..writer.tokens.len(), None),
            Some(condition) if list.end < condition.start => [
                writer.key(list.end..condition.start, None),
                writer.key(condition.end..writer.tokens.len(), None),
            ]
            .concat(),
            Some(_) => return None,
        };
        let versions = reads_of(access, subquery, select);
        let key = [
            before,
            vec![format!("items, grouped: {}", select.grouped)],
            after,
            versions,
        ]
        .concat();
        let mut relations = Vec::new();
        for relation in &select.from {
            direct(access, relation, &writer, &mut relations)?;
        }
        let list_end = writer.tokens.get(list.end.checked_sub(1)?)?.span;
        let block = Block {
            access,
            subquery,
            key,
            items,
            tests,
            list_end,
            writer,
            relations,
            grouped: select.grouped,
        };
        (block.items_move(select.grouped) && block.groups_stay(select)).then_some(block)
    }

    /// The keys of its tests, in order, each once.
    pub(super) fn filter(&self) -> Vec<&[String]> {
        let keys: BTreeSet<&[String]> = self.tests.iter().map(|test| test.key.as_slice()).collect();
        keys.into_iter().collect()
    }

    /// Whether it may read its rows from a frame with that filter.
    pub(super) fn may_follow(&self, filter: &[&[String]]) -> bool {
        let own = self.filter();
        let rest = self.rest(filter);
        filter.iter().all(|test| own.contains(test))
            && (rest.is_empty() || !(self.grouped || self.has_windows()))
            && rest.iter().all(|test| {
                let columns = &test.expression.columns;
                test.expression.queries.is_empty()
                    && test.expression.stars.is_empty()
                    && columns.iter().all(|column| self.is_plain(column))
            })
    }

    /// Its tests that are not among those of a filter.
    pub(super) fn rest(&self, filter: &[&[String]]) -> Vec<&Test<'a>> {
        let tests = self.tests.iter();
        tests
            .filter(|test| !filter.contains(&test.key.as_slice()))
            .collect()
    }

    /// Whether it selects and filters the same under the same names.
    pub(super) fn says_the_same(&self, other: &Block<'_>) -> bool {
        let own = self.items.iter().map(|item| (&item.key, item.name.key()));
        let others = other.items.iter().map(|item| (&item.key, item.name.key()));
        own.eq(others) && self.filter() == other.filter()
    }

    /// Whether a relation has a column of that name, lower-case.
    pub(super) fn has_column(&self, name: &str) -> bool {
        let mut relations = self.relations.iter();
        relations.any(|relation| relation.columns.contains(name))
    }

    /// What qualifies the columns of the relation with this number here, and nothing else.
    pub(super) fn qualifier(&self, number: usize) -> Option<&Identifier> {
        let mut relations = self.relations.iter();
        let called = relations
            .find(|relation| relation.number == Some(number))?
            .called
            .as_ref()?;
        let same = |relation: &&DirectRelation| {
            let other = relation.called.as_ref();
            other.is_some_and(|other| other.key() == called.key())
        };
        (self.relations.iter().filter(same).count() == 1).then_some(called)
    }

    /// Whether a reference is a column of a relation, maybe a field of it, and can be nothing else.
    fn is_certain(&self, reference: &ColumnReference) -> bool {
        match reference.parts.as_slice() {
            [] => false,
            [only] => self.has_column(&only.key()),
            [qualifier, column, ..] => {
                let number = self.writer.relations.meant(qualifier.span);
                number.is_some_and(|number| {
                    let mut relations = self.relations.iter();
                    self.qualifier(number).is_some()
                        && relations.any(|relation| {
                            relation.number == Some(number)
                                && relation.columns.contains(&column.key())
                        })
                })
            }
        }
    }

    /// Whether a reference is a whole column of a relation.
    fn is_plain(&self, reference: &ColumnReference) -> bool {
        reference.parts.len() <= 2 && self.is_certain(reference)
    }

    fn has_windows(&self) -> bool {
        let mut calls = self.items.iter().flat_map(|item| &item.expression.calls);
        calls.any(|call| call.window.is_some())
    }

    fn items_move(&self, grouped: bool) -> bool {
        self.items.iter().all(|item| {
            let expression = item.expression;
            let one_value = |call: &crate::frontend::statement::Call| {
                is_builtin(&call.name) && !call.is_generator()
            };
            // Beside an aggregate of distinct values others are summed up in another order.
            let distinct = grouped && item.key.iter().any(|token| token == "w:distinct");
            expression.queries.is_empty()
                && expression.stars.is_empty()
                && expression.columns.iter().all(|one| self.is_certain(one))
                && expression.calls.iter().all(one_value)
                && !distinct
        })
    }

    fn groups_stay(&self, select: &Select) -> bool {
        let keys = select.group_by.iter().all(|key| {
            key.queries.is_empty()
                && !key.columns.is_empty()
                && key.columns.iter().all(|one| self.is_certain(one))
        });
        let having = select.having.iter().all(|test| {
            test.queries.is_empty() && test.columns.iter().all(|one| self.is_no_alias(one))
        });
        let mut words = self.key.iter();
        keys && having && !words.any(|word| GROUPINGS.contains(&word.as_str()))
    }

    /// Whether a reference in `HAVING` is a column of a relation that no item goes by the name of, unless it is the same.
    fn is_no_alias(&self, reference: &ColumnReference) -> bool {
        let [only] = reference.parts.as_slice() else {
            return self.is_certain(reference);
        };
        let hides = |item: &&Item<'_>| {
            item.name.key() == only.key() && !is_column(item.expression, &only.key())
        };
        self.is_certain(reference) && !self.items.iter().any(|item| hides(&item))
    }
}

/// Whether an expression is a column of that name, lower-case, and nothing else.
pub(super) fn is_column(expression: &Expression, name: &str) -> bool {
    expression.shape == Shape::Column
        && expression.columns.first().is_some_and(|column| {
            column.parts.len() <= 2 && column.parts.last().is_some_and(|part| part.key() == name)
        })
}

/// The items of a select list, and the tokens between which they stand.
fn items<'a>(
    writer: &Writer<'a>,
    select: &'a Select,
) -> Option<(Vec<Item<'a>>, std::ops::Range<usize>)> {
    let mut items = Vec::with_capacity(select.items.len());
    let mut start = None;
    let mut at = 0;
    for item in &select.items {
        let SelectItem::Expression { expression, alias } = item else {
            return None;
        };
        let range = writer.range(expression.span);
        if range.is_empty() {
            return None;
        }
        if start.is_some() {
            let comma = writer.tokens.get(at)?;
            if !is_symbol(comma, ",") || range.start != at + 1 {
                return None;
            }
        }
        start.get_or_insert(range.start);
        at = range.end;
        if let Some(alias) = alias {
            at += usize::from(is_word(writer.tokens.get(at)?, "as"));
            if writer.tokens.get(at)?.span != alias.span {
                return None;
            }
            at += 1;
        }
        let name = match (alias, &expression.shape, expression.columns.as_slice()) {
            (Some(alias), ..) => alias,
            (None, Shape::Column, [column]) => column.parts.last()?,
            _ => return None,
        };
        items.push(Item {
            key: writer.key(range, None),
            expression,
            name,
        });
    }
    let start = start?;
    let before = writer.tokens.get(start.checked_sub(1)?)?;
    is_word(before, "select").then_some((items, start..at))
}

/// The tests of `WHERE`, and the tokens from that word to the last of them.
fn tests<'a>(
    writer: &Writer<'a>,
    select: &'a Select,
) -> Option<(Vec<Test<'a>>, Option<std::ops::Range<usize>>)> {
    if select.filter.is_empty() {
        return Some((Vec::new(), None));
    }
    let spans: Vec<Span> = select.filter.iter().map(|test| test.span).collect();
    let (start, condition) = writer.cut(&spans)?;
    let before = start.checked_sub(1)?;
    if !is_word(writer.tokens.get(before)?, "where") {
        return None;
    }
    let tests = select.filter.iter().zip(&condition.conjuncts);
    let tests = tests.map(|(expression, conjunct)| Test {
        key: writer.conjunct(start, conjunct),
        expression,
    });
    Some((tests.collect(), Some(before..condition.end)))
}

/// Every version that the relations depend on, in words. What tests ask for is part of their keys.
fn reads_of(access: &Access, subquery: &Subquery, select: &Select) -> Vec<String> {
    let tested = |span: Span| select.filter.iter().any(|test| test.span.contains(span));
    let reads = access.reads.iter().filter(|read| match &read.origin {
        Origin::Named { name, .. } => subquery.reads.contains(&read.id) && !tested(*name),
        _ => false,
    });
    let reads: Vec<_> = reads.map(|read| read.id).collect();
    let versions = closure(access, &reads).into_iter();
    versions
        .map(|version| format!("{}@{}", version.table.0, version.generation))
        .collect()
}

/// The relations that a block reads columns of; none where one of them is not known well enough.
fn direct(
    access: &Access,
    relation: &Relation,
    writer: &Writer<'_>,
    relations: &mut Vec<DirectRelation>,
) -> Option<()> {
    match relation {
        Relation::Table(table) => {
            let mut reads = access.reads.iter().filter(|read| is_named(read));
            let read = reads.find(
                |read| matches!(read.origin, Origin::Named { name, .. } if name == table.name.span),
            )?;
            if read.fixed.is_some() || !table.columns.is_empty() {
                return None;
            }
            relations.push(DirectRelation {
                number: writer.relations.at(table.name.span),
                called: table.alias.as_ref().or(table.name.parts.last()).cloned(),
                columns: read.columns.clone().unwrap_or_default(),
            });
        }
        Relation::Derived {
            query,
            alias,
            columns,
            lateral: false,
            modified: false,
        } => {
            let inner = access.subqueries.iter();
            let outputs = inner
                .filter(|inner| inner.body == query.span)
                .find_map(|inner| inner.outputs.as_ref());
            let names: &[Identifier] = match (columns.as_slice(), outputs) {
                ([], Some(outputs)) => outputs,
                ([], None) => &[],
                (columns, _) => columns,
            };
            relations.push(DirectRelation {
                number: alias
                    .as_ref()
                    .and_then(|alias| writer.relations.at(alias.span)),
                called: alias.clone(),
                columns: names.iter().map(Identifier::key).collect(),
            });
        }
        Relation::Joined { first, joins } => {
            direct(access, first, writer, relations)?;
            for join in joins {
                direct(access, &join.relation, writer, relations)?;
            }
        }
        Relation::Derived { .. } | Relation::Function { .. } => return None,
    }
    Some(())
}

fn is_word(token: &PlacedToken<'_>, word: &str) -> bool {
    token.kind == TokenKind::Word && token.text.eq_ignore_ascii_case(word)
}

fn is_symbol(token: &PlacedToken<'_>, symbol: &str) -> bool {
    token.kind == TokenKind::Symbol && token.text == symbol
}
