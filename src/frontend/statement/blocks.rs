//! The `SELECT` blocks of a query, those of nested queries included.

use super::{Expression, Query, QueryBody, Relation, Select, SelectItem};

/// One `SELECT` with the query that it is the body of.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// The block.
    pub select: &'a Select,
    /// What orders and cuts its rows; its common table expressions are blocks of their own.
    pub query: &'a Query,
}

impl Query {
    /// Its blocks: common table expressions first, a block before those nested in it.
    pub fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks = Vec::new();
        query(self, &mut blocks);
        blocks
    }
}

fn query<'a>(of: &'a Query, blocks: &mut Vec<Block<'a>>) {
    for cte in &of.ctes {
        query(&cte.query, blocks);
    }
    match &of.body {
        QueryBody::Select(block) => {
            blocks.push(Block {
                select: block,
                query: of,
            });
            select(block, blocks);
        }
        QueryBody::SetOperation(inputs) => inputs.iter().for_each(|input| query(input, blocks)),
        QueryBody::Nested(inner) => query(inner, blocks),
        QueryBody::Values(values) => expressions(values, blocks),
    }
    expressions(&of.order_by, blocks);
    expressions(&of.tail, blocks);
}

fn select<'a>(of: &'a Select, blocks: &mut Vec<Block<'a>>) {
    for item in &of.items {
        if let SelectItem::Expression { expression, .. } = item {
            expressions(std::slice::from_ref(expression), blocks);
        }
    }
    for part in &of.from {
        relation(part, blocks);
    }
    for clause in [&of.filter, &of.group_by, &of.having, &of.other] {
        expressions(clause, blocks);
    }
}

fn relation<'a>(of: &'a Relation, blocks: &mut Vec<Block<'a>>) {
    match of {
        Relation::Table(_) => {}
        Relation::Derived { query: inner, .. } => query(inner, blocks),
        Relation::Joined { first, joins } => {
            relation(first, blocks);
            for join in joins {
                relation(&join.relation, blocks);
                expressions(&join.on, blocks);
            }
        }
        Relation::Function { arguments, .. } => expressions(arguments, blocks),
    }
}

fn expressions<'a>(of: &'a [Expression], blocks: &mut Vec<Block<'a>>) {
    for nested in of.iter().flat_map(|expression| &expression.queries) {
        query(nested, blocks);
    }
}
