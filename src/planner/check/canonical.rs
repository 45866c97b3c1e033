//! A query as tokens without what cannot matter: layout, comments, letter case of names, optional `AS`, aliases of
//! relations, names of common table expressions, the order of what `AND` joins in a condition with the brackets around it,
//! and which side of an equality of two columns comes first. Strings, numbers and variables stay as written.

use super::emitted::{Placed, within};
use super::names::{Names, Role, TableUse};
use crate::diagnostic::Span;
use crate::frontend::statement::{Expression, Query, Shape};

/// Words that mean something else in backquotes, where a column may stand.
const NOT_ONLY_NAMES: [&str; 10] = [
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
    mut table: impl FnMut(&TableUse<'_>) -> Option<String>,
) -> Option<Vec<String>> {
    let names = Names::of(query);
    let file = within(file, query.span);
    let mut canonical = Vec::new();
    let mut done = query.span.start;
    for token in &file {
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
    conditions.sort_by_key(|tests| std::cmp::Reverse(tests.first().map(|test| test.span.start)));
    for tests in conditions {
        order(&mut canonical, &file, tests);
    }
    Some(canonical.into_iter().map(|(_, text)| text).collect())
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
        let equals = text.iter().position(|(_, text)| text == "y:=");
        if let (Shape::Equality, Some(at)) = (&test.shape, equals) {
            let right = text.split_off(at + 1);
            let equals = text.split_off(at);
            let swapped = spelled(&right) < spelled(text);
            let left = std::mem::take(text);
            *text = if swapped {
                [right, equals, left].concat()
            } else {
                [left, equals, right].concat()
            };
        }
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
