//! Operators of an expression, as far as they may fail on some values.

use std::ops::Range;

use sqlparser::keywords::Keyword;

use super::Lowering;
use crate::frontend::sql::words::Class;
use crate::frontend::statement::{Call, LiteralKind, Operators, Query, QueryBody, SelectItem};

/// Symbols that compute, compare or select an element: under ANSI rules they cast, overflow or find nothing.
const STRICT: [&str; 22] = [
    "+", "-", "*", "/", "%", "&", "|", "^", "~", "||", "=", "==", "<>", "!=", "<", ">", "<=", ">=",
    "<=>", "[", "<<", ">>",
];

impl Lowering<'_> {
    /// The operators of an expression that stands in `range`, those of nested queries included.
    pub(super) fn operators(&self, range: Range<usize>) -> Operators {
        let mut found = Operators::default();
        for index in range {
            let Some(word) = self.text.get(index) else {
                continue;
            };
            match word.class {
                Class::Symbol("*") => {
                    let counts = index
                        .checked_sub(1)
                        .and_then(|before| self.text.get(before));
                    found.strict |= counts.map(|word| word.class) != Some(Class::Symbol("("));
                }
                Class::Symbol(symbol) => found.strict |= STRICT.contains(&symbol),
                Class::Keyword(Keyword::LIKE | Keyword::ILIKE) => {
                    found.strict = true;
                    found.failing |= !self.is_sound_pattern(index + 1);
                }
                Class::Keyword(
                    Keyword::RLIKE | Keyword::REGEXP | Keyword::SIMILAR | Keyword::ESCAPE,
                ) => {
                    found.failing = true;
                }
                Class::Keyword(Keyword::DIV | Keyword::BETWEEN | Keyword::IN | Keyword::CASE) => {
                    found.strict = true;
                }
                // An interval: adding one may leave the range of dates.
                Class::Literal(None) => {
                    found.failing |= starts_with(self.text.str(index), "interval");
                }
                Class::Keyword(_) | Class::Name | Class::Literal(Some(_)) => {}
            }
            // `x::int`: the parser gets `x`.
            found.strict |= self.text.has_left_out(index, "::");
        }
        found
    }

    /// Whether a pattern of `LIKE` starts here that is a string without escapes. A pattern that ends within an escape
    /// fails at the first value that it is compared with.
    fn is_sound_pattern(&self, index: usize) -> bool {
        let word = self.text.get(index);
        matches!(
            word.map(|word| word.class),
            Some(Class::Literal(Some(LiteralKind::String)))
        ) && !self.text.str(index).contains('\\')
    }
}

/// Whether a scalar subquery gives one row whatever its tables hold: an aggregate of all rows.
pub(super) fn is_one_row(query: &Query) -> bool {
    let QueryBody::Select(select) = &query.body else {
        return false;
    };
    let [SelectItem::Expression { expression, .. }] = select.items.as_slice() else {
        return false;
    };
    select.grouped && select.group_by.is_empty() && expression.calls.iter().any(Call::is_aggregate)
}

fn starts_with(text: &str, word: &str) -> bool {
    text.get(..word.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(word))
}
