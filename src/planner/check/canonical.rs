//! A query as tokens without what cannot matter: layout, comments, letter case of names, optional `AS`, aliases of
//! relations, names of common table expressions, the order of what `AND` joins in a condition with the brackets around it,
//! and which side of an equality of two columns comes first. Strings, numbers and variables stay as written.

use super::emitted::{Placed, within};
use super::names::{Names, Role, TableUse};
use crate::diagnostic::Span;
use crate::frontend::statement::{Expression, Query, Select, SelectItem, Shape};

/// Words that mean one thing in backquotes and another without, where a column may stand.
pub(super) const NOT_ONLY_NAMES: [&str; 10] = [
    "current_catalog",
    "current_database",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "localtimestamp",
    "null",
    "session_user",
    "user",
];

/// The tokens of a query for comparing; none where `table` does not know what one of its relations is.
pub(super) fn tokens(
    query: &Query,
    file: &[Placed<'_>],
    table: impl FnMut(&TableUse<'_>) -> Option<String>,
) -> Option<Vec<String>> {
    let names = Names::of(query);
    let file = within(file, query.span);
    let canonical = ordered(query, &names, &file, table, None)?;
    Some(spelled(&canonical))
}

/// A block in parts, for comparing: what it selects, what it tests, and the rest.
#[derive(Debug)]
pub(super) struct Parts {
    /// Everything but the select list and what `WHERE` tests.
    pub(super) rest: Vec<String>,
    /// Each item without its name.
    pub(super) items: Vec<Vec<String>>,
    /// Each test of `WHERE`.
    pub(super) tests: Vec<Vec<String>>,
    /// What [`Parts::tokens_of`] looks into.
    all: Vec<(Span, String)>,
}

impl Parts {
    /// The parts of a query that is the block; none where its text cannot be cut so, or `table` does not know a relation.
    pub(super) fn of(
        query: &Query,
        block: &Select,
        file: &[Placed<'_>],
        table: impl FnMut(&TableUse<'_>) -> Option<String>,
    ) -> Option<Parts> {
        let names = Names::of(query);
        let file = within(file, query.span);
        let all = ordered(query, &names, &file, table, Some(&block.filter))?;
        let mut spans = Vec::new();
        let mut aliases = Vec::new();
        for item in &block.items {
            let SelectItem::Expression { expression, alias } = item else {
                return None;
            };
            spans.push(expression.span);
            aliases.extend(alias.as_ref().map(|alias| alias.span));
        }
        let end = spans.iter().chain(&aliases).max()?;
        let list = spans.first()?.join(*end);
        // Nothing but names and commas stands between the items.
        let between = |(span, text): &&(Span, String)| {
            list.contains(*span)
                && !spans.iter().any(|item| item.contains(*span))
                && !aliases.contains(span)
                && text != "y:,"
        };
        let opens = file.iter().rfind(|token| token.span.end <= list.start)?;
        if all.iter().any(|entry| between(&entry)) || !opens.is_word("select") {
            return None;
        }
        let mut clause = None;
        if !block.filter.is_empty() {
            let tests = whole(&file, &block.filter)?;
            let word = file.iter().rfind(|token| token.span.end <= tests.start)?;
            if !word.is_word("where") || tests.start < list.end {
                return None;
            }
            clause = Some(word.span.join(tests));
        }
        let rest = all
            .iter()
            .filter(|(span, _)| !list.contains(*span))
            .filter(|(span, _)| !clause.is_some_and(|clause| clause.contains(*span)));
        let mut parts = Parts {
            rest: rest.map(|(_, text)| text.clone()).collect(),
            items: Vec::new(),
            tests: Vec::new(),
            all,
        };
        parts.items = spans.iter().map(|span| parts.tokens_of(*span)).collect();
        let tests = block.filter.iter();
        parts.tests = tests
            .map(|test| spelled(&sided(test, parts.entries(test.span))))
            .collect();
        Some(parts)
    }

    /// The tokens of an expression of the block.
    pub(super) fn tokens_of(&self, span: Span) -> Vec<String> {
        spelled(&self.entries(span))
    }

    fn entries(&self, span: Span) -> Vec<(Span, String)> {
        let inside = self.all.iter().filter(|(other, _)| span.contains(*other));
        inside.cloned().collect()
    }
}

/// The tokens with the conditions in order, but for one condition.
fn ordered(
    query: &Query,
    names: &Names<'_>,
    file: &[Placed<'_>],
    mut table: impl FnMut(&TableUse<'_>) -> Option<String>,
    but: Option<&[Expression]>,
) -> Option<Vec<(Span, String)>> {
    let mut canonical = Vec::new();
    let mut done = query.span.start;
    for token in file {
        if token.span.start < done {
            continue;
        }
        let Some((span, role)) = names.roles.get(&token.span.start) else {
            if !token.is_word("as") {
                canonical.push((token.span, token.normalised()));
            }
            continue;
        };
        done = span.end;
        let text = match role {
            Role::Alias => continue,
            Role::Qualifier(number) => format!("#{number}"),
            Role::Cte(number) => format!("@{number}"),
            Role::Table(index) => {
                let relation = names.tables.get(*index)?;
                match relation.cte {
                    Some(number) => format!("@{number}"),
                    None => format!("t:{}", table(relation)?),
                }
            }
            Role::Column => column(token),
        };
        canonical.push((*span, text));
    }
    // Inner conditions lie inside a test of an outer one, so they are put in order first.
    let mut conditions = names.conditions.clone();
    conditions.retain(|tests| but.is_none_or(|but| !std::ptr::eq(*tests, but)));
    conditions.sort_by_key(|tests| std::cmp::Reverse(tests.first().map(|test| test.span.start)));
    for tests in conditions {
        order(&mut canonical, file, tests);
    }
    Some(canonical)
}

/// Puts the tests of a condition into the order of their texts, each in brackets of its own, where nothing but `AND` and
/// brackets lies between them.
fn order(canonical: &mut Vec<(Span, String)>, file: &[Placed<'_>], tests: &[Expression]) {
    let Some(whole) = whole(file, tests) else {
        return;
    };
    let mut joined: Vec<Vec<(Span, String)>> = vec![Vec::new(); tests.len()];
    for entry in canonical.iter() {
        if let Some(text) = test_at(tests, entry.0).and_then(|at| joined.get_mut(at)) {
            text.push(entry.clone());
        }
    }
    for (test, text) in tests.iter().zip(&mut joined) {
        *text = sided(test, std::mem::take(text));
    }
    joined.sort_by_cached_key(|text| spelled(text));
    let mark = |text: &str| (whole, format!("condition {text}"));
    let mut ordered = vec![mark("(")];
    for text in joined {
        ordered.extend(text);
        ordered.push(mark(";"));
    }
    ordered.push(mark(")"));
    let start = canonical.iter().position(|(span, _)| whole.contains(*span));
    canonical.retain(|(span, _)| !whole.contains(*span));
    if let Some(start) = start {
        canonical.splice(start..start, ordered);
    }
}

/// The tokens of a test, those of an equality of columns with its sides in order.
fn sided(test: &Expression, mut left: Vec<(Span, String)>) -> Vec<(Span, String)> {
    let equals = left.iter().position(|(_, token)| token == "y:=");
    let (Shape::Equality, Some(at)) = (&test.shape, equals) else {
        return left;
    };
    let right = left.split_off(at + 1);
    let equals = left.split_off(at);
    if spelled(&right) < spelled(&left) {
        [right, equals, left].concat()
    } else {
        [left, equals, right].concat()
    }
}

/// The test that something lies in.
fn test_at(tests: &[Expression], span: Span) -> Option<usize> {
    let at = tests.partition_point(|test| test.span.start <= span.start);
    let at = at.checked_sub(1)?;
    tests.get(at)?.span.contains(span).then_some(at)
}

fn spelled(text: &[(Span, String)]) -> Vec<String> {
    text.iter().map(|(_, text)| text.clone()).collect()
}

/// From the first to the last token of a condition, brackets around its tests included; none where something else than
/// `AND` lies between the tests.
fn whole(file: &[Placed<'_>], tests: &[Expression]) -> Option<Span> {
    let (first, last) = (tests.first()?.span, tests.last()?.span);
    let begin = file.partition_point(|token| token.span.start < first.start);
    let (before, rest) = file.split_at_checked(begin)?;
    let brackets = before.iter().rev().take_while(|token| token.is_symbol("("));
    let mut whole = Span {
        end: last.end,
        ..first
    };
    let mut depth = 0_usize;
    for bracket in brackets {
        depth += 1;
        whole.start = bracket.span.start;
    }
    for token in rest {
        let behind = token.span.start >= last.end;
        if behind && depth == 0 {
            break;
        }
        if test_at(tests, token.span).is_some() {
            continue;
        }
        if token.is_symbol("(") && !behind {
            depth += 1;
        } else if token.is_symbol(")") {
            depth = depth.checked_sub(1)?;
            whole.end = whole.end.max(token.span.end);
        } else if behind || !token.is_word("and") {
            return None;
        }
    }
    (depth == 0).then_some(whole)
}

fn column(token: &Placed<'_>) -> String {
    let key = token.key();
    if NOT_ONLY_NAMES.contains(&key.as_str()) {
        return token.normalised();
    }
    format!("i:{key}")
}
