//! What a block groups by, before it is known what its names mean.

use std::collections::BTreeSet;

use super::Occurrence;
use crate::diagnostic::Span;
use crate::frontend::statement::{ColumnReference, Expression, Identifier, Shape};
use crate::planner::frame::Context;

/// What a block groups by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::planner::frame::aggregate) struct Grouping {
    /// Names of columns, lower-case; texts of other expressions.
    pub(in crate::planner::frame::aggregate) keys: BTreeSet<String>,
    /// In several ways, by `ROLLUP` and the like.
    pub(in crate::planner::frame::aggregate) several: bool,
}

impl Occurrence<'_> {
    pub(in crate::planner::frame::aggregate) fn grouping(&self, context: &Context<'_>) -> Grouping {
        let keys = &self.block.select.group_by;
        let all = keys.iter().flat_map(|key| {
            let names = key.columns.iter().filter_map(|column| column.parts.last());
            let names: Vec<String> = names.map(Identifier::key).collect();
            match (names.as_slice(), &key.shape) {
                ([_], Shape::Column) => names,
                _ if several(context, key) => names,
                _ => vec![text(context, key)],
            }
        });
        Grouping {
            keys: all.collect(),
            several: keys.iter().any(|key| several(context, key)),
        }
    }
}

/// Whether a key is several groupings of columns: `ROLLUP (a, b)`, `a, b WITH CUBE`, `GROUPING SETS (a, (b, c))`.
pub(super) fn several(context: &Context<'_>, key: &Expression) -> bool {
    let columns: Option<Vec<Span>> = key.columns.iter().map(place).collect();
    let Some(columns) = columns.filter(|columns| !columns.is_empty()) else {
        return false;
    };
    let tokens = context.texts.within(key.span).iter();
    let others = tokens.filter(|token| !columns.iter().any(|one| one.contains(token.span)));
    let others: Vec<String> = others.map(|token| token.text.to_lowercase()).collect();
    let known = |word: &String| WORDS.contains(&word.as_str());
    let groups = |word: &String| ["rollup", "cube", "sets"].contains(&word.as_str());
    others.iter().all(known) && others.iter().any(groups)
}

/// Words and symbols of groupings beside their columns.
const WORDS: [&str; 8] = ["rollup", "cube", "grouping", "sets", "with", "(", ")", ","];

fn text(context: &Context<'_>, key: &Expression) -> String {
    let words = context.texts.within(key.span).iter();
    let words: Vec<String> = words.map(|token| token.text.to_lowercase()).collect();
    words.join(" ")
}

/// Where a column is named, qualifier included.
pub(super) fn place(column: &ColumnReference) -> Option<Span> {
    let first = column.parts.first()?;
    Some(first.span.join(column.parts.last()?.span))
}
