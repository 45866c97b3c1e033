//! Covering reads: enough columns, enough rows, of the right table version, and nothing else.

use super::emitted::{Placed, within};
use super::frames::{Built, shown};
use super::steady::is_steady;
use super::{Check, Promise};
use crate::diagnostic::Span;
use crate::facts::access::{Filter, Read, TableVersion, WriteKind};
use crate::facts::catalog::TableKind;
use crate::frontend::statement::{QueryBody, Relation, Select, SelectItem, Shape, TableReference};
use crate::planner::frame::FrameKind;

/// Checks a covering read against every read that it replaces.
pub(super) fn run(check: &mut Check<'_>, built: &Built<'_, '_>) {
    let name = &built.frame.name;
    let Some((select, relation)) = plain(built) else {
        let text = format!("frame `{name}` is more than columns and rows of one table");
        check.report(Promise::Covering, built.at, text);
        return;
    };
    let Some(table) = built.resolve(check, &relation.name) else {
        // Reported where the frame's inputs are.
        return;
    };
    let Some(columns) = columns(check, select, table) else {
        let text =
            format!("frame `{name}` computes columns, or has columns that its table has not");
        check.report(Promise::Covering, built.at, text);
        return;
    };
    let Some(hull) = hull(built, select) else {
        let text = format!("the filter of frame `{name}` cannot be read again");
        check.report(Promise::Covering, built.at, text);
        return;
    };
    if let Some(test) = hull
        .as_ref()
        .and_then(|hull| unsteady(check, built.version(table), hull))
    {
        let text = format!(
            "frame `{name}` makes the test `{test}`, which may fail on rows of other readers"
        );
        check.report(Promise::Covering, built.at, text);
    }
    if let Some(problem) = built
        .version(table)
        .and_then(|version| origin(check, built, version))
    {
        let text = format!("frame `{name}` {problem}");
        check.report(Promise::Covering, built.at, text);
    }
    for reader in &built.frame.readers {
        let at = check.run_of(reader.statement);
        if reader.subquery().is_some() {
            let text = format!("replaces a subquery by the covering frame `{name}`");
            check.report(Promise::Covering, at, text);
        }
        for id in &reader.reads {
            let Some(read) = check.reads.get(id).copied() else {
                continue;
            };
            if Some(read.version) != built.version(table) {
                let text = format!(
                    "reads `{}` through frame `{name}`, which is made from another table or version",
                    check.table_name(read.version)
                );
                check.report(Promise::Covering, at, text);
            }
            if let Some(problem) = missing_columns(check, read, &columns) {
                let text = format!("{problem} frame `{name}`");
                check.report(Promise::Covering, at, text);
            }
            if !implied(check, read, hull.as_ref()) {
                let filters: Vec<String> = read
                    .filters
                    .iter()
                    .map(|filter| shown(check, filter.span))
                    .collect();
                let text = format!(
                    "needs rows that frame `{name}` may leave out: its own filters are `{}`",
                    filters.join("`, `")
                );
                check.report(Promise::Covering, at, text);
            }
        }
    }
}

/// Whether the frame's kind tells where its version comes from.
fn origin(check: &Check<'_>, built: &Built<'_, '_>, version: TableVersion) -> Option<&'static str> {
    let accesses = check.workload.accesses.iter();
    let mut writes = accesses.flat_map(|access| &access.writes);
    let written = writes.any(|write| write.produces == version && write.kind != WriteKind::Define);
    match (built.frame.kind, written) {
        (FrameKind::Intermediate, false) => {
            Some("is called an intermediate, but no statement has written what it holds")
        }
        (FrameKind::CoveringRead, true) => {
            Some("holds what a statement has written, but is not called an intermediate")
        }
        _ => None,
    }
}

/// The block and relation of `SELECT … FROM table [WHERE …]` and nothing else.
fn plain<'e>(built: &Built<'_, 'e>) -> Option<(&'e Select, &'e TableReference)> {
    let query = built.query;
    if !query.ctes.is_empty()
        || !query.order_by.is_empty()
        || !query.tail.is_empty()
        || query.limited
    {
        return None;
    }
    let QueryBody::Select(select) = &query.body else {
        return None;
    };
    let [Relation::Table(relation)] = select.from.as_slice() else {
        return None;
    };
    let simple = !select.distinct
        && !select.grouped
        && select.group_by.is_empty()
        && select.having.is_empty()
        && select.other.is_empty()
        && !relation.modified
        && relation.columns.is_empty();
    simple.then_some((select.as_ref(), relation))
}

/// What a frame offers.
enum Columns {
    /// `*`: all, in the table's order and spelling.
    All,
    /// These, as spelled.
    Listed(Vec<String>),
}

fn columns(
    check: &Check<'_>,
    select: &Select,
    table: crate::facts::access::TableId,
) -> Option<Columns> {
    if let [
        SelectItem::Wildcard {
            qualifier: None,
            span,
        },
    ] = select.items.as_slice()
        && span.end == span.start + 1
    {
        return Some(Columns::All);
    }
    let mut listed: Vec<String> = Vec::new();
    for item in &select.items {
        let SelectItem::Expression { expression, alias } = item else {
            return None;
        };
        let [column] = expression.columns.as_slice() else {
            return None;
        };
        let last = column.parts.last()?;
        let same_name = alias.as_ref().is_none_or(|alias| alias.text == last.text);
        let repeated = listed
            .iter()
            .any(|other| other.to_lowercase() == last.key());
        if expression.shape != Shape::Column || !same_name || repeated || column.parts.len() > 2 {
            return None;
        }
        listed.push(last.text.clone());
    }
    // A two-part column could be a field of a struct; a name that the table has cannot.
    let facts = facts(check, table);
    let known = facts.is_none_or(|all| {
        listed.iter().all(|name| {
            all.iter()
                .any(|column| column.to_lowercase() == name.to_lowercase())
        })
    });
    known.then_some(Columns::Listed(listed))
}

/// The table's columns in the catalog's order and spelling.
fn facts(check: &Check<'_>, table: crate::facts::access::TableId) -> Option<Vec<String>> {
    let table = check
        .workload
        .tables
        .iter()
        .find(|known| known.id == table)?;
    let facts = check.catalog.tables.get(&table.name)?;
    let known = facts.kind != TableKind::Missing && !facts.columns.is_empty();
    known.then(|| {
        facts
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect()
    })
}

fn missing_columns(check: &Check<'_>, read: &Read, columns: &Columns) -> Option<String> {
    let Columns::Listed(listed) = columns else {
        return None;
    };
    let Some(needed) = &read.columns else {
        let problem = "needs every column in the table's order, which is not what is in";
        let all = facts(check, read.version.table);
        return (all.as_ref() != Some(listed)).then(|| problem.to_owned());
    };
    let missing: Vec<&str> = needed
        .iter()
        .filter(|name| {
            let mut offered = listed.iter();
            !offered.any(|other| other.to_lowercase() == name.to_lowercase())
        })
        .map(String::as_str)
        .collect();
    (!missing.is_empty())
        .then(|| format!("needs `{}`, which is no column of", missing.join("`, `")))
}

/// A test of a column: its tokens, the column as a marker.
type Test = Vec<String>;

/// The filter of a frame: tests under `AND` and `OR`, nested in any way.
enum Hull {
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

    /// Whether a row that passes these tests passes the hull, whatever other tests give for it.
    fn is_implied_by(&self, own: &[Test]) -> bool {
        match self {
            Hull::Test(test) => own.contains(test),
            Hull::All(parts) => parts.iter().all(|part| part.is_implied_by(own)),
            Hull::Any(parts) => parts.iter().any(|part| part.is_implied_by(own)),
        }
    }
}

/// A test of the frame that no statement makes of the table, whether it reads the frame or not, or that may fail.
fn unsteady(check: &Check<'_>, version: Option<TableVersion>, hull: &Hull) -> Option<String> {
    let mut steady: Vec<Test> = Vec::new();
    let reads = check.reads.values();
    for read in reads.filter(|read| Some(read.version) == version) {
        let Some(file) = file(check, read) else {
            continue;
        };
        let tests = read.filters.iter();
        let tests = tests.filter(|filter| is_steady(check, read.version.table, filter));
        steady.extend(tests.map(|filter| test(filter, file)));
    }
    let mut tests = Vec::new();
    hull.tests(&mut tests);
    let unsteady = tests.into_iter().find(|test| !steady.contains(test))?;
    Some(unsteady.join(" "))
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
fn hull(built: &Built<'_, '_>, select: &Select) -> Option<Option<Hull>> {
    let (Some(first), Some(last)) = (select.filter.first(), select.filter.last()) else {
        return Some(None);
    };
    let tokens = built.tokens()?;
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

/// Whether every row that a read needs passes the frame's filter: the read's own tests make it true.
fn implied(check: &Check<'_>, read: &Read, hull: Option<&Hull>) -> bool {
    let Some(hull) = hull else { return true };
    let Some(file) = file(check, read) else {
        return false;
    };
    let own: Vec<Test> = read
        .filters
        .iter()
        .map(|filter| test(filter, file))
        .collect();
    hull.is_implied_by(&own)
}

/// A reader's own test with the bare column in place of the reference.
fn test(filter: &Filter, file: &[Placed<'_>]) -> Test {
    let reference: Span = filter.reference;
    let mut test = Vec::new();
    let mut named = false;
    for token in bare(&within(file, filter.span)) {
        if !reference.contains(token.span) {
            test.push(normalised(token));
        } else if !named {
            named = true;
            test.push(name(&filter.column.to_lowercase()));
        }
    }
    test
}

fn name(key: &str) -> String {
    format!("i:{key}")
}
