//! Conditions as tests under `AND` and `OR`, by their tokens.

use std::collections::BTreeSet;

use crate::diagnostic::Span;
use crate::frontend::statement::ColumnReference;
use crate::planner::check::emitted::Placed;

/// A test, or a call: its tokens, columns by their names alone.
pub(super) type Test = Vec<String>;

/// The tokens of a place; none where a column in it is not known.
pub(super) fn tokens(
    file: &[Placed<'_>],
    place: Span,
    columns: &[ColumnReference],
    column: impl Fn(&ColumnReference) -> Option<String>,
) -> Option<Test> {
    let mut named: Vec<(Span, String)> = Vec::new();
    for reference in columns {
        let span = span(reference)?;
        if place.contains(span) {
            named.push((span, column(reference)?));
        }
    }
    let start = file.partition_point(|token| token.span.start < place.start);
    let inside = file.get(start..)?.iter();
    let mut test = Test::new();
    let mut done = place.start;
    for token in inside.take_while(|token| token.span.end <= place.end) {
        if token.span.start < done {
            continue;
        }
        match named
            .iter()
            .find(|(span, _)| span.start == token.span.start)
        {
            Some((span, name)) => {
                done = span.end;
                test.push(format!("c:{name}"));
            }
            None => test.push(token.normalised()),
        }
    }
    Some(test)
}

/// Whether a test is about columns, and about no others than these.
pub(super) fn is_about(test: &[String], columns: &BTreeSet<String>) -> bool {
    let named: Vec<&str> = test
        .iter()
        .filter_map(|token| token.strip_prefix("c:"))
        .collect();
    !named.is_empty() && named.iter().all(|name| columns.contains(*name))
}

/// Where a column is named, qualifier included.
pub(super) fn span(reference: &ColumnReference) -> Option<Span> {
    let first = reference.parts.first()?;
    Some(first.span.join(reference.parts.last()?.span))
}

/// Without the brackets around all of it.
pub(super) fn bare(mut tokens: &[String]) -> &[String] {
    while let [first, inner @ .., last] = tokens
        && first == "y:("
        && last == "y:)"
    {
        let mut depth = 1_i32;
        for token in inner {
            depth += step(token);
            if depth == 0 {
                return tokens;
            }
        }
        tokens = inner;
    }
    tokens
}

/// How a token changes the depth of nesting.
pub(super) fn step(token: &str) -> i32 {
    match token {
        "y:(" | "y:[" | "w:case" => 1,
        "y:)" | "y:]" | "w:end" => -1,
        _ => 0,
    }
}

/// Splits at a connective outside of all brackets. The `AND` of a `BETWEEN` belongs to it.
fn split<'t>(tokens: &'t [String], connective: &str) -> Vec<&'t [String]> {
    let tokens = bare(tokens);
    let mut parts = Vec::new();
    let (mut start, mut depth, mut between) = (0, 0, false);
    for (index, token) in tokens.iter().enumerate() {
        depth += step(token);
        if depth != 0 {
            continue;
        }
        if token == "w:between" {
            between = true;
        } else if token == "w:and" && between {
            between = false;
        } else if token == connective {
            parts.push(bare(tokens.get(start..index).unwrap_or(&[])));
            start = index + 1;
        }
    }
    parts.push(bare(tokens.get(start..).unwrap_or(&[])));
    parts
}

/// The tests that `AND` joins; `OR` binds less.
pub(super) fn conjuncts(tokens: &[String]) -> Vec<Test> {
    let tokens = bare(tokens);
    if is_any(tokens) {
        return vec![tokens.to_vec()];
    }
    match split(tokens, "w:and").as_slice() {
        [only] => vec![only.to_vec()],
        parts => parts.iter().flat_map(|part| conjuncts(part)).collect(),
    }
}

/// Whether a test is one of alternatives that `OR` joins.
pub(super) fn is_any(tokens: &[String]) -> bool {
    split(tokens, "w:or").len() > 1
}

/// Whether a row that passes some tests passes a condition, whatever other tests give for it.
pub(super) fn is_implied(condition: &[String], tests: &[Test]) -> bool {
    let condition = bare(condition);
    if tests.iter().any(|test| test.as_slice() == condition) {
        return true;
    }
    let any = split(condition, "w:or");
    if any.len() > 1 {
        return any.iter().any(|part| is_implied(part, tests));
    }
    let all = split(condition, "w:and");
    all.len() > 1 && all.iter().all(|part| is_implied(part, tests))
}

#[cfg(test)]
mod unit {
    use super::*;

    fn of(text: &str) -> Test {
        text.split(' ')
            .map(|word| match word {
                "(" | ")" => format!("y:{word}"),
                "and" | "or" | "between" | "case" | "end" => format!("w:{word}"),
                word => format!("c:{word}"),
            })
            .collect()
    }

    #[test]
    fn conjuncts_are_cut_where_and_joins_them() {
        let shown = |text: &str| {
            let conjuncts = conjuncts(&of(text));
            let conjuncts = conjuncts.iter().map(|test| {
                let words: Vec<&str> = test.iter().map(|token| &token[2..]).collect();
                words.join(" ")
            });
            conjuncts.collect::<Vec<_>>().join(" | ")
        };
        assert_eq!(shown("a and b"), "a | b");
        assert_eq!(shown("( a and ( b ) )"), "a | b");
        assert_eq!(shown("a between 1 and 2 and b"), "a between 1 and 2 | b");
        assert_eq!(shown("a and ( b or c )"), "a | b or c");
        assert_eq!(shown("a or b and c"), "a or b and c");
        assert_eq!(shown("case a and b end and c"), "case a and b end | c");
        assert_eq!(shown("( a ) and ( b )"), "a | b");
    }

    #[test]
    fn a_condition_follows_from_one_of_its_alternatives() {
        let implied = |condition: &str, tests: &[&str]| {
            let tests: Vec<Test> = tests.iter().map(|test| of(test)).collect();
            is_implied(&of(condition), &tests)
        };
        assert!(implied("a", &["b", "a"]));
        assert!(implied("a or b", &["b"]));
        assert!(implied("a and b", &["b", "a"]));
        assert!(!implied("a and b", &["b"]));
        assert!(implied("d and ( ( a and b ) or c )", &["d", "b", "a"]));
        assert!(!implied("d and ( ( a and b ) or c )", &["d", "b"]));
        assert!(implied("( a or b )", &["a or b"]));
        assert!(!implied("a or b", &["c"]));
    }
}
