//! The columns of a frame under construction, and expressions of other subqueries in the names of its base.

use std::collections::{BTreeMap, BTreeSet};

use super::block::{Block, is_column};
use super::{Share, WidenedColumn};
use crate::diagnostic::Span;
use crate::frontend::statement::{ColumnReference, Expression, Identifier, Shape};
use crate::planner::frame::Context;

/// A frame under construction.
pub(super) struct Respelled<'b, 'a> {
    context: &'b Context<'a>,
    base: &'b Block<'a>,
    pub(super) columns: Vec<WidenedColumn>,
    /// Numbers of the columns by what they compute; the first of several.
    computed: BTreeMap<Vec<String>, usize>,
    /// What each column computes.
    keys: Vec<Vec<String>>,
    taken: BTreeSet<String>,
}

impl<'b, 'a> Respelled<'b, 'a> {
    /// A frame with the columns of its base.
    pub(super) fn new(context: &'b Context<'a>, base: &'b Block<'a>) -> Self {
        let mut frame = Respelled {
            context,
            base,
            columns: Vec::new(),
            computed: BTreeMap::new(),
            keys: Vec::new(),
            taken: BTreeSet::new(),
        };
        for item in &base.items {
            frame.taken.insert(item.name.key());
            frame.push(&item.key, item.name.text.clone(), None);
        }
        frame
    }

    fn push(&mut self, key: &[String], name: String, added: Option<String>) -> usize {
        let number = self.columns.len();
        self.computed.entry(key.to_vec()).or_insert(number);
        self.keys.push(key.to_vec());
        self.columns.push(WidenedColumn { name, added });
        number
    }

    /// What a subquery takes of the frame, which gets the columns that it lacks; none, and no column, where an
    /// expression cannot be written in the base's names.
    pub(super) fn share(&mut self, block: &Block<'a>, filter: &[&[String]]) -> Option<Share> {
        let rest = block.rest(filter);
        let columns = rest.iter().flat_map(|test| &test.expression.columns);
        let columns: Vec<&ColumnReference> = columns.collect();
        let moves = |expression: &Expression| self.base_text(block, expression.span).is_some();
        let all = block.items.iter().all(|item| moves(item.expression))
            && columns.iter().all(|column| {
                let span = span(column);
                span.is_some_and(|span| self.base_text(block, span).is_some())
            });
        if !all {
            return None;
        }
        let mut outputs = Vec::new();
        for item in &block.items {
            let number = self.column(block, &item.key, item.expression, item.name)?;
            outputs.push((number, item.name.text.clone()));
        }
        let mut tested = Vec::new();
        let mut names = BTreeMap::new();
        for column in columns {
            let (span, name) = (span(column)?, column.parts.last()?);
            let range = block.writer.range(span);
            // The condition that it may begin is not meant.
            let key = block.writer.key(range.clone(), Some(range.start));
            let number = if let Some(number) = self.computed.get(&key) {
                *number
            } else {
                let text = self.base_text(block, span)?;
                let name = self.fresh(name, true);
                self.push(&key, name, Some(text))
            };
            tested.push(number);
            names.insert(span.start, (span, self.columns.get(number)?.name.clone()));
        }
        let mut tests = Vec::new();
        for test in rest {
            let text = self.replaced(test.expression.span, &names);
            tests.push(match test.expression.shape {
                Shape::Test { .. } | Shape::Equality => text,
                Shape::Column | Shape::Other => format!("({text})"),
            });
        }
        Some(Share {
            outputs,
            tests,
            tested,
        })
    }

    /// The frame's column for an item: of the same name if there is one, else the first that computes it.
    fn column(
        &mut self,
        block: &Block<'a>,
        key: &[String],
        expression: &Expression,
        name: &Identifier,
    ) -> Option<usize> {
        let mut same = self.columns.iter().zip(&self.keys);
        let called = |(column, other): (&WidenedColumn, &Vec<String>)| {
            other == key && column.name.to_lowercase() == name.key()
        };
        if let Some(number) = same.position(called) {
            return Some(number);
        }
        if let Some(number) = self.computed.get(key) {
            return Some(*number);
        }
        let text = self.base_text(block, expression.span)?;
        let name = self.fresh(name, is_column(expression, &name.key()));
        Some(self.push(key, name, Some(text)))
    }

    /// A name that no column of the frame has, nor a column of the relations that it does not show.
    fn fresh(&mut self, name: &Identifier, shows_it: bool) -> String {
        let mut number = 1;
        let mut fresh = name.text.clone();
        let mut hides = !shows_it && self.base.has_column(&name.key());
        while hides || !self.taken.insert(fresh.to_lowercase()) {
            number += 1;
            fresh = format!("{}_{number}", name.text);
            hides = self.base.has_column(&fresh.to_lowercase());
        }
        fresh
    }

    /// A text of a subquery with the qualifiers of the base; none where they are no names of one relation.
    fn base_text(&self, block: &Block<'a>, span: Span) -> Option<String> {
        let mut edits = BTreeMap::new();
        let range = block.writer.range(span);
        for token in block.writer.tokens.get(range)? {
            if let Some(number) = block.writer.relations.meant(token.span) {
                let qualifier = self.base.qualifier(number)?;
                let own = block.qualifier(number)?;
                // As it is written where it is the same.
                if own.key() != qualifier.key() {
                    edits.insert(token.span.start, (token.span, qualifier.text.clone()));
                }
            }
        }
        Some(self.replaced(span, &edits))
    }

    /// A text with names in place of some of its parts, by where these begin.
    fn replaced(&self, whole: Span, names: &BTreeMap<u32, (Span, String)>) -> String {
        let mut text = String::new();
        let mut at = whole.start;
        let kept = |start: u32, end: u32| {
            let source = whole.source;
            self.context.texts.text(Span { source, start, end })
        };
        for (span, name) in names.values() {
            if whole.contains(*span) && at <= span.start {
                text.push_str(kept(at, span.start));
                text.push('`');
                text.push_str(&name.replace('`', "``"));
                text.push('`');
                at = span.end;
            }
        }
        text.push_str(kept(at, whole.end));
        text
    }
}

/// Where a column is named, its qualifier included.
fn span(column: &ColumnReference) -> Option<Span> {
    Some(column.parts.first()?.span.join(column.parts.last()?.span))
}
