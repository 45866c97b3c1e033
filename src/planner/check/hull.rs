//! Filters of frames: the tests that a frame makes of its rows, and whether those of a reader imply them.

use std::collections::BTreeSet;

use super::Check;
use super::emitted::{Placed, within};
use super::frames::Built;
use super::steady::is_steady;
use crate::diagnostic::Span;
use crate::facts::access::{Filter, Read, TableVersion};
use crate::frontend::statement::Select;

/// A test of a column: its tokens, the column as a marker.
pub(super) type Test = Vec<String>;

/// Most conjunctions that a filter is taken apart into.
const MOST_CASES: usize = 256;

/// The filter of a frame: tests under `AND` and `OR`, nested in any way.
#[derive(Debug)]
pub(super) enum Hull {
    /// Anything but a connective.
    Test(Test),
    /// `AND`.
    All(Vec<Hull>),
    /// `OR`.
    Any(Vec<Hull>),
}

impl Hull {
    fn of(tokens: &[Placed<'_>]) -> Self {
        // `OR` binds less than `AND`.
        for (connective, join) in [("or", Hull::Any as fn(_) -> _), ("and", Hull::All)] {
            let parts = split(tokens, connective);
            if parts.len() > 1 {
                return join(parts.into_iter().map(Hull::of).collect());
            }
        }
        Hull::Test(bare(tokens).iter().map(normalised).collect())
    }

    /// A test that may fail on rows of other readers: it is none of those that give an answer on every row.
    pub(super) fn unsteady(&self, steady: &BTreeSet<Test>) -> Option<String> {
        let mut tests = Vec::new();
        self.tests(&mut tests);
        let unsteady = tests.into_iter().find(|test| !steady.contains(*test))?;
        Some(unsteady.join(" "))
    }

    /// The same with markers for columns that are qualified by a table.
    pub(super) fn marked(self, marker: &impl Fn(&str, &str) -> Option<String>) -> Self {
        let all = |parts: Vec<Hull>| parts.into_iter().map(|part| part.marked(marker)).collect();
        match self {
            Hull::All(parts) => Hull::All(all(parts)),
            Hull::Any(parts) => Hull::Any(all(parts)),
            Hull::Test(test) => {
                let mut tokens = Vec::new();
                let mut rest = test.as_slice();
                while let Some((first, behind)) = rest.split_first() {
                    if let [called, dot, column, behind @ ..] = rest
                        && dot == "y:."
                        && let Some(found) = called
                            .strip_prefix(NAME)
                            .zip(column.strip_prefix(NAME))
                            .and_then(|(called, column)| marker(called, column))
                    {
                        tokens.push(found);
                        rest = behind;
                    } else {
                        tokens.push(first.clone());
                        rest = behind;
                    }
                }
                Hull::Test(tokens)
            }
        }
    }

    /// All its tests.
    fn tests<'h>(&'h self, found: &mut Vec<&'h Test>) {
        match self {
            Hull::Test(test) => found.push(test),
            Hull::All(parts) | Hull::Any(parts) => {
                for part in parts {
                    part.tests(found);
                }
            }
        }
    }

    /// Conjunctions of tests: a row that passes the hull passes all of one of them. None where there are too many.
    pub(super) fn cases(&self) -> Option<Vec<Vec<Test>>> {
        let cases = match self {
            Hull::Test(test) => vec![vec![test.clone()]],
            Hull::Any(parts) => {
                let parts: Option<Vec<_>> = parts.iter().map(Hull::cases).collect();
                parts?.concat()
            }
            Hull::All(parts) => {
                let mut cases = vec![Vec::new()];
                for part in parts {
                    let more = part.cases()?;
                    if cases.len().saturating_mul(more.len()) > MOST_CASES {
                        return None;
                    }
                    let both = |one: &Vec<Test>| {
                        let with = more
                            .iter()
                            .map(|other| [one.clone(), other.clone()].concat());
                        with.collect::<Vec<_>>()
                    };
                    cases = cases.iter().flat_map(both).collect();
                }
                cases
            }
        };
        (cases.len() <= MOST_CASES).then_some(cases)
    }

    /// Whether a row that passes these tests passes the hull, whatever other tests give for it.
    pub(super) fn is_implied_by(&self, own: &[Test]) -> bool {
        match self {
            Hull::Test(test) => own.contains(test),
            Hull::All(parts) => parts.iter().all(|part| part.is_implied_by(own)),
            Hull::Any(parts) => parts.iter().any(|part| part.is_implied_by(own)),
        }
    }
}

/// The tests of a version that give an answer on every row, made by whatever statement, whether it reads a frame or not.
pub(super) fn steady_tests(
    check: &Check<'_>,
    version: Option<TableVersion>,
    marker: impl Fn(&str) -> String,
) -> BTreeSet<Test> {
    let reads = check.reads.values();
    let reads = reads.filter(|read| Some(read.version) == version);
    let tests = reads.flat_map(|read| {
        let steady = |filter: &&Filter| is_steady(check, read.version.table, filter);
        tests(check, read, steady, &marker)
    });
    tests.collect()
}

/// Tests that a read makes of its rows.
pub(super) fn tests(
    check: &Check<'_>,
    read: &Read,
    wanted: impl Fn(&&Filter) -> bool,
    marker: impl Fn(&str) -> String,
) -> Vec<Test> {
    let Some(file) = file(check, read) else {
        return Vec::new();
    };
    let filters = read.filters.iter().filter(wanted);
    filters
        .map(|filter| test(filter, file, marker(&filter.column.to_lowercase())))
        .collect()
}

fn file<'c>(check: &'c Check<'_>, read: &Read) -> Option<&'c Vec<Placed<'c>>> {
    let (statement, _) = check.statements.get(&read.statement)?;
    check.tokens.get(&statement.source)
}

/// The frame's filter; none inside where it has no filter, none outside where it has no tokens.
#[expect(
    clippy::option_option,
    reason = "no filter and no readable filter are different things"
)]
pub(super) fn hull(built: &Built<'_, '_>, select: &Select) -> Option<Option<Hull>> {
    let (Some(first), Some(last)) = (select.filter.first(), select.filter.last()) else {
        return Some(None);
    };
    let mut tokens = built.tokens()?;
    // Groups stand behind it.
    if let Some(clause) = select.clauses.filter.filter(|_| select.grouped) {
        tokens = within(&tokens, clause);
    }
    // Conjuncts come without the parentheses around them: take the whole clause.
    let after = tokens
        .iter()
        .position(|token| token.span.start >= first.span.start)?;
    let start = tokens
        .get(..after)?
        .iter()
        .rposition(|token| token.is_word("where"))?
        + 1;
    let end = tokens
        .iter()
        .rposition(|token| token.span.start < last.span.end)?;
    let mut clause = tokens.get(start..=end)?.to_vec();
    for token in tokens.get(end + 1..)? {
        if !token.is_symbol(")") {
            return None;
        }
        clause.push(*token);
    }
    Some(Some(Hull::of(&clause)))
}

/// Without the parentheses around all of it.
fn bare<'t, 'a>(mut tokens: &'t [Placed<'a>]) -> &'t [Placed<'a>] {
    while let [first, inner @ .., last] = tokens
        && first.is_symbol("(")
        && last.is_symbol(")")
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

/// How a token changes the depth of nesting; `CASE … END` nests as parentheses do.
fn step(token: &Placed<'_>) -> i32 {
    if token.is_symbol("(") || token.is_symbol("[") || token.is_word("case") {
        1
    } else if token.is_symbol(")") || token.is_symbol("]") || token.is_word("end") {
        -1
    } else {
        0
    }
}

/// Splits at a connective that stands outside all parentheses. The `AND` of a `BETWEEN` belongs to it.
fn split<'t, 'a>(tokens: &'t [Placed<'a>], connective: &str) -> Vec<&'t [Placed<'a>]> {
    let tokens = bare(tokens);
    let mut parts = Vec::new();
    let (mut start, mut depth, mut between) = (0, 0, false);
    for (index, token) in tokens.iter().enumerate() {
        depth += step(token);
        if depth != 0 {
            continue;
        }
        if token.is_word("between") {
            between = true;
        } else if token.is_word("and") && between {
            between = false;
        } else if token.is_word(connective) {
            parts.push(bare(tokens.get(start..index).unwrap_or(&[])));
            start = index + 1;
        }
    }
    parts.push(bare(tokens.get(start..).unwrap_or(&[])));
    parts
}

/// A token of a test; a name by its spelling only, so that backquotes do not matter.
fn normalised(token: &Placed<'_>) -> String {
    if token.is_name() {
        name(&token.key())
    } else {
        token.normalised()
    }
}

/// A reader's own test with a marker in place of the column.
fn test(filter: &Filter, file: &[Placed<'_>], marker: String) -> Test {
    let reference: Span = filter.reference;
    let mut test = Vec::new();
    let mut marker = Some(marker);
    for token in bare(&within(file, filter.span)) {
        if reference.contains(token.span) {
            test.extend(marker.take());
        } else {
            test.push(normalised(token));
        }
    }
    test
}

/// What stands before a name.
const NAME: &str = "i:";

/// A name by its spelling alone: the marker of a column that is not qualified.
pub(super) fn name(key: &str) -> String {
    format!("{NAME}{key}")
}
