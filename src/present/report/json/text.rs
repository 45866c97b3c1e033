//! What the text of a statement says, before names get a meaning: `text` of a statement in `hoist-analysis/1`.
//!
//! Places are bytes of the file, from 0, the end excluded.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::diagnostic::Span;
use crate::frontend::source::Sources;
use crate::frontend::statement::{
    Block, ColumnReference, Expression, Identifier, Join, JoinColumns, JoinKind, Mentions, Name,
    Query, Relation, SelectItem, Shape, StatementKind,
};

#[derive(Serialize)]
pub(super) struct TextEntry<'a> {
    /// Relations whose rows the statement, the view that it defines or the statement that it explains reads.
    reads: Vec<NameEntry>,
    /// What it makes, changes or removes.
    writes: Vec<NameEntry>,
    /// Tables of which only metadata is used.
    described: Vec<NameEntry>,
    /// Columns as written, sorted, lower-case.
    columns: BTreeSet<String>,
    /// Every `SELECT` block.
    blocks: Vec<BlockEntry<'a>>,
}

#[derive(Serialize)]
struct NameEntry {
    name: String,
    start: u32,
    end: u32,
}

#[derive(Clone, Copy, Serialize)]
struct PlaceEntry {
    start: u32,
    end: u32,
}

#[derive(Serialize)]
struct BlockEntry<'a> {
    start: u32,
    end: u32,
    distinct: bool,
    relations: Vec<RelationEntry<'a>>,
    joins: Vec<JoinEntry<'a>>,
    /// Equalities of columns in `WHERE` and in `ON`, as written: the join graph of the block.
    equalities: Vec<[String; 2]>,
    /// Conjuncts of `WHERE`.
    filters: Vec<&'a str>,
    /// Has `GROUP BY` or an aggregate.
    grouped: bool,
    group_by: Vec<&'a str>,
    aggregates: Vec<AggregateEntry<'a>>,
    /// Conjuncts of `HAVING`.
    having: Vec<&'a str>,
    order_by: Vec<&'a str>,
    limited: bool,
    clauses: ClausesEntry,
}

#[derive(Serialize)]
struct RelationEntry<'a> {
    /// `table`, `subquery` or `function`.
    kind: &'static str,
    /// Its name as written; null where it has none.
    name: Option<String>,
    alias: Option<&'a str>,
}

#[derive(Serialize)]
struct JoinEntry<'a> {
    kind: &'static str,
    /// Conjuncts of `ON`.
    on: Vec<&'a str>,
    /// Columns of `USING`; null for `NATURAL`.
    using: Option<Vec<&'a str>>,
}

#[derive(Serialize)]
struct AggregateEntry<'a> {
    function: &'a str,
    /// Its name in the text.
    start: u32,
    end: u32,
}

/// From the first to the last expression of each clause; null where the block lacks it.
#[derive(Serialize)]
struct ClausesEntry {
    items: Option<PlaceEntry>,
    filter: Option<PlaceEntry>,
    group_by: Option<PlaceEntry>,
    having: Option<PlaceEntry>,
    order_by: Option<PlaceEntry>,
}

/// What a statement says.
pub(super) fn text<'a>(kind: &'a StatementKind, sources: &'a Sources) -> TextEntry<'a> {
    let mentions = Mentions::of(kind);
    let names = |names: &[&Name]| names.iter().map(|name| self::name(name)).collect();
    let reads = mentions.reads.iter().map(|table| name(&table.name));
    TextEntry {
        reads: reads.collect(),
        writes: names(&mentions.writes),
        described: names(&mentions.described),
        columns: mentions.columns,
        blocks: kind
            .queries()
            .into_iter()
            .flat_map(Query::blocks)
            .map(|found| block(found, sources))
            .collect(),
    }
}

fn name(name: &Name) -> NameEntry {
    NameEntry {
        name: name.key(),
        start: name.span.start,
        end: name.span.end,
    }
}

fn block<'a>(found: Block<'a>, sources: &'a Sources) -> BlockEntry<'a> {
    let Block { select, query } = found;
    let mut relations = Vec::new();
    let mut joins = Vec::new();
    for part in &select.from {
        relation(part, sources, &mut relations, &mut joins);
    }
    let texts = |expressions: &'a [Expression]| texts(expressions, sources);
    let items = || {
        select.items.iter().filter_map(|item| match item {
            SelectItem::Expression { expression, .. } => Some(expression),
            SelectItem::Wildcard { .. } => None,
        })
    };
    let item_spans = select.items.iter().map(|item| match item {
        SelectItem::Expression { expression, .. } => expression.span,
        SelectItem::Wildcard { span, .. } => *span,
    });
    let conditions = joins
        .iter()
        .flat_map(|(join, _)| &join.on)
        .chain(&select.filter);
    BlockEntry {
        start: select.span.start,
        end: select.span.end,
        distinct: select.distinct,
        relations,
        equalities: conditions.filter_map(equality).collect(),
        filters: texts(&select.filter),
        grouped: select.grouped,
        group_by: texts(&select.group_by),
        aggregates: items()
            .chain(&select.having)
            .chain(&query.order_by)
            .flat_map(|expression| &expression.calls)
            .filter(|call| call.is_aggregate())
            .map(|call| AggregateEntry {
                function: &call.name,
                start: call.span.start,
                end: call.span.end,
            })
            .collect(),
        having: texts(&select.having),
        order_by: texts(&query.order_by),
        limited: query.limited,
        clauses: ClausesEntry {
            items: place(item_spans),
            filter: clause(&select.filter),
            group_by: clause(&select.group_by),
            having: clause(&select.having),
            order_by: clause(&query.order_by),
        },
        joins: joins.into_iter().map(|(_, entry)| entry).collect(),
    }
}

fn relation<'a>(
    of: &'a Relation,
    sources: &'a Sources,
    relations: &mut Vec<RelationEntry<'a>>,
    joins: &mut Vec<(&'a Join, JoinEntry<'a>)>,
) {
    let alias = |alias: &'a Option<Identifier>| alias.as_ref().map(|alias| alias.text.as_str());
    match of {
        Relation::Table(table) => relations.push(RelationEntry {
            kind: "table",
            name: Some(table.name.key()),
            alias: alias(&table.alias),
        }),
        Relation::Derived { alias: given, .. } => relations.push(RelationEntry {
            kind: "subquery",
            name: None,
            alias: alias(given),
        }),
        Relation::Function { alias: given, .. } => relations.push(RelationEntry {
            kind: "function",
            name: None,
            alias: alias(given),
        }),
        Relation::Joined {
            first,
            joins: steps,
        } => {
            relation(first, sources, relations, joins);
            for join in steps {
                relation(&join.relation, sources, relations, joins);
                let entry = JoinEntry {
                    kind: join_kind(join.kind),
                    on: texts(&join.on, sources),
                    using: match &join.using {
                        JoinColumns::None => Some(Vec::new()),
                        JoinColumns::Using(columns) => {
                            Some(columns.iter().map(|column| column.text.as_str()).collect())
                        }
                        JoinColumns::Natural => None,
                    },
                };
                joins.push((join, entry));
            }
        }
    }
}

fn join_kind(kind: JoinKind) -> &'static str {
    match kind {
        JoinKind::Inner => "inner",
        JoinKind::Left => "left",
        JoinKind::Right => "right",
        JoinKind::Full => "full",
        JoinKind::Semi => "semi",
        JoinKind::Anti => "anti",
    }
}

fn equality(expression: &Expression) -> Option<[String; 2]> {
    match (&expression.shape, expression.columns.as_slice()) {
        (Shape::Equality, [left, right]) => Some([column(left), column(right)]),
        _ => None,
    }
}

fn column(reference: &ColumnReference) -> String {
    let parts: Vec<String> = reference.parts.iter().map(Identifier::key).collect();
    parts.join(".")
}

fn texts<'a>(expressions: &[Expression], sources: &'a Sources) -> Vec<&'a str> {
    expressions
        .iter()
        .map(|expression| sources.text(expression.span))
        .collect()
}

fn clause(expressions: &[Expression]) -> Option<PlaceEntry> {
    place(expressions.iter().map(|expression| expression.span))
}

fn place(spans: impl Iterator<Item = Span>) -> Option<PlaceEntry> {
    spans.reduce(Span::join).map(|span| PlaceEntry {
        start: span.start,
        end: span.end,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontend::source::Variables;

    #[test]
    fn blocks_carry_what_their_text_says() {
        let sql = "CREATE VIEW v AS SELECT t.a, sum(u.b) AS s FROM db.t JOIN u ON t.k = u.k AND u.c > 1, w \
                   WHERE w.k = t.k AND a IN (SELECT x FROM y) GROUP BY t.a HAVING count(*) > 1 ORDER BY s LIMIT 3";
        let sources = Sources::from_texts([("a.sql", sql)], &Variables::new());
        let parsed = crate::frontend::parse(&sources);
        let entry = text(&parsed.statements[0].kind, &sources);
        let names = |entries: &[NameEntry]| -> Vec<String> {
            entries
                .iter()
                .map(|entry| {
                    let written = &sql[entry.start as usize..entry.end as usize];
                    assert_eq!(written.to_lowercase(), entry.name);
                    entry.name.clone()
                })
                .collect()
        };
        let mut reads = names(&entry.reads);
        reads.sort();
        assert_eq!(reads, ["db.t", "u", "w", "y"]);
        assert_eq!(names(&entry.writes), ["v"]);
        let [outer, nested] = entry.blocks.as_slice() else {
            panic!("{} blocks", entry.blocks.len());
        };
        assert_eq!(nested.relations[0].name.as_deref(), Some("y"));
        let pair = |left: &str, right: &str| [left.to_owned(), right.to_owned()];
        assert_eq!(outer.equalities, [pair("t.k", "u.k"), pair("w.k", "t.k")]);
        assert_eq!(outer.joins[0].on, ["t.k = u.k", "u.c > 1"]);
        assert_eq!(outer.filters, ["w.k = t.k", "a IN (SELECT x FROM y)"]);
        assert_eq!(outer.group_by, ["t.a"]);
        let aggregates: Vec<&str> = outer.aggregates.iter().map(|call| call.function).collect();
        assert_eq!(aggregates, ["sum", "count"]);
        let items = outer.clauses.items.unwrap();
        assert_eq!(
            &sql[items.start as usize..items.end as usize],
            "t.a, sum(u.b)"
        );
        assert!(outer.grouped && outer.limited && !outer.distinct);
    }
}
