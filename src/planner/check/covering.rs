//! Covering reads: enough columns, enough rows, of the right table version, and nothing else.

use super::frames::{Built, shown};
use super::hull::{Hull, hull, name, steady_tests, tests};
use super::{Check, Promise};
use crate::facts::access::{Read, TableVersion, WriteKind};
use crate::facts::catalog::TableKind;
use crate::frontend::statement::{QueryBody, Relation, Select, SelectItem, Shape, TableReference};
use crate::planner::frame::FrameKind;

/// Checks a covering read against every read that it replaces.
pub(super) fn run(check: &mut Check<'_>, built: &Built<'_, '_>) {
    let frame = &built.frame.name;
    let Some((select, relation)) = plain(built) else {
        let text = format!("frame `{frame}` is more than columns and rows of one table");
        check.report(Promise::Covering, built.at, text);
        return;
    };
    let Some(table) = built.resolve(check, &relation.name) else {
        // Reported where the frame's inputs are.
        return;
    };
    let Some(columns) = columns(check, select, table) else {
        let text =
            format!("frame `{frame}` computes columns, or has columns that its table has not");
        check.report(Promise::Covering, built.at, text);
        return;
    };
    let Some(hull) = hull(built, select) else {
        let text = format!("the filter of frame `{frame}` cannot be read again");
        check.report(Promise::Covering, built.at, text);
        return;
    };
    let steady = steady_tests(check, built.version(table), name);
    if let Some(test) = hull.as_ref().and_then(|hull| hull.unsteady(&steady)) {
        let text = format!(
            "frame `{frame}` makes the test `{test}`, which may fail on rows of other readers"
        );
        check.report(Promise::Covering, built.at, text);
    }
    if let Some(problem) = built
        .version(table)
        .and_then(|version| origin(check, built, version))
    {
        let text = format!("frame `{frame}` {problem}");
        check.report(Promise::Covering, built.at, text);
    }
    for (at, reader) in check.places(built.frame) {
        if reader.subquery().is_some() {
            let text = format!("replaces a subquery by the covering frame `{frame}`");
            check.report(Promise::Covering, at, text);
        }
        for id in &reader.reads {
            let Some(read) = check.reads.get(id).copied() else {
                continue;
            };
            if Some(read.version) != built.version(table) {
                let text = format!(
                    "reads `{}` through frame `{frame}`, which is made from another table or version",
                    check.table_name(read.version)
                );
                check.report(Promise::Covering, at, text);
            }
            if let Some(problem) = missing_columns(check, read, &columns) {
                let text = format!("{problem} frame `{frame}`");
                check.report(Promise::Covering, at, text);
            }
            let own = tests(check, read, |_| true, name);
            if hull.as_ref().is_some_and(|hull| !hull.is_implied_by(&own)) {
                let filters: Vec<String> = read
                    .filters
                    .iter()
                    .map(|filter| shown(check, filter.span))
                    .collect();
                let text = format!(
                    "needs rows that frame `{frame}` may leave out: its own filters are `{}`",
                    filters.join("`, `")
                );
                check.report(Promise::Covering, at, text);
            }
        }
    }
}

/// What a covering read holds.
pub(super) struct Held {
    pub(super) version: Option<TableVersion>,
    columns: Columns,
    /// What its rows pass; none for all rows.
    pub(super) hull: Option<Hull>,
}

impl Held {
    /// Whether it has a column, by its name in lower case.
    pub(super) fn has(&self, column: &str) -> bool {
        match &self.columns {
            Columns::All => false,
            Columns::Listed(listed) => listed.iter().any(|other| other.to_lowercase() == column),
        }
    }
}

/// What a frame holds; none where it is no covering read.
pub(super) fn held(check: &Check<'_>, built: &Built<'_, '_>) -> Option<Held> {
    let (select, relation) = plain(built)?;
    let table = built.resolve(check, &relation.name)?;
    Some(Held {
        version: built.version(table),
        columns: columns(check, select, table)?,
        hull: hull(built, select)?,
    })
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
