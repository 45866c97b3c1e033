//! Conditions whose conjuncts may stand in any order.
//!
//! ```text
//! WHERE (a > 1 AND (b = c)) AND d IS NULL      conjuncts  a > 1 · b = c · d IS NULL
//! ```
//!
//! The conjuncts of a condition are cut out of its tokens; what is left may only be `AND` and brackets, which group.
//! Where anything else is left, the condition stays as it is written.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::diagnostic::Span;
use crate::frontend::sql::TokenKind;
use crate::planner::frame::texts::PlacedToken;
use crate::planner::frame::walk::Names;

/// A condition, by positions among the tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::planner::frame) struct Condition {
    pub(in crate::planner::frame) conjuncts: Vec<Conjunct>,
    /// Behind its last bracket.
    pub(in crate::planner::frame) end: usize,
}

/// A conjunct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::planner::frame) struct Conjunct {
    pub(super) tokens: Range<usize>,
    /// The `=` of `column = column`.
    pub(super) equals: Option<usize>,
}

/// The conditions in some tokens, by the token at which each begins, brackets included.
pub(super) fn conditions(
    tokens: &[PlacedToken<'_>],
    names: &Names<'_>,
) -> BTreeMap<usize, Condition> {
    let conditions = names.conditions.iter();
    conditions
        .filter_map(|spans| condition(tokens, spans, names))
        .collect()
}

/// The condition with the conjuncts at these spans, and the token at which it begins.
pub(super) fn condition(
    tokens: &[PlacedToken<'_>],
    spans: &[Span],
    names: &Names<'_>,
) -> Option<(usize, Condition)> {
    let mut conjuncts = Vec::with_capacity(spans.len());
    for span in spans {
        let start = tokens.partition_point(|token| token.span.start < span.start);
        let end = tokens.partition_point(|token| token.span.end <= span.end);
        if tokens.get(start)?.span.start != span.start || start >= end {
            return None;
        }
        let equals = names.equalities.contains(span).then(|| {
            let mut inside = start..end;
            inside.find(|index| tokens.get(*index).is_some_and(|token| is(token, "=")))
        });
        conjuncts.push(Conjunct {
            tokens: start..end,
            equals: equals.flatten(),
        });
    }
    let bracket = |index: usize, bracket| tokens.get(index).is_some_and(|token| is(token, bracket));
    let (first, last) = (conjuncts.first()?, conjuncts.last()?);
    let mut start = first.tokens.start;
    while start > 0 && bracket(start - 1, "(") {
        start -= 1;
    }
    let mut open = first.tokens.start - start;
    for pair in conjuncts.windows(2) {
        let [left, right] = pair else { continue };
        for token in tokens.get(left.tokens.end..right.tokens.start)? {
            if is(token, "(") {
                open += 1;
            } else if is(token, ")") {
                open = open.checked_sub(1)?;
            } else if token.kind != TokenKind::Word || !token.text.eq_ignore_ascii_case("and") {
                return None;
            }
        }
    }
    let end = last.tokens.end + open;
    if !(last.tokens.end..end).all(|index| bracket(index, ")")) {
        return None;
    }
    Some((start, Condition { conjuncts, end }))
}

fn is(token: &PlacedToken<'_>, symbol: &str) -> bool {
    token.kind == TokenKind::Symbol && token.text == symbol
}
