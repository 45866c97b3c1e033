//! Views that a frame reads: their definitions are seen, name nothing but the frame's inputs, and give the same rows at
//! each evaluation.
//!
//! What a definition names is told here from its text, or from what the statement that made it mentions; that the
//! readers' accesses depend on the same is compared in [`super::frames`].

use super::frames::Built;
use super::names::Names;
use super::{Check, Promise};
use crate::facts::access::{Access, Origin, Table, TableId};
use crate::facts::catalog::{TableKind, ViewFacts};
use crate::frontend::statement::{Identifier, Name, StatementKind};

/// How a view came about.
enum Definition<'a> {
    /// By these statements of the pipeline, in order.
    Made(Vec<&'a Access>),
    /// It was there before.
    Found(Option<&'a ViewFacts>),
}

/// The definition of a table that is a view.
fn definition<'a>(check: &Check<'a>, table: TableId) -> Option<(&'a Table, Definition<'a>)> {
    let known = check.workload.tables.iter().find(|it| it.id == table)?;
    let made: Vec<&Access> = check
        .workload
        .accesses
        .iter()
        .filter(|access| {
            let statement = check.statements.get(&access.statement);
            let is_view = statement.is_some_and(|(statement, _)| {
                matches!(statement.kind, StatementKind::CreateView { .. })
            });
            is_view && access.writes.iter().any(|write| write.table == table)
        })
        .collect();
    if !made.is_empty() {
        return Some((known, Definition::Made(made)));
    }
    if known.temporary {
        return Some((known, Definition::Found(None)));
    }
    let facts = check.catalog.tables.get(&known.name)?;
    match facts.kind {
        TableKind::View => Some((known, Definition::Found(facts.view.as_ref()))),
        TableKind::Temporary => Some((known, Definition::Found(None))),
        TableKind::Managed | TableKind::External | TableKind::Missing => None,
    }
}

/// The tables that the definition of a view names; none for what is no view. What is unknown of a view is told by
/// [`run`].
pub(super) fn named_by(
    check: &Check<'_>,
    built: &Built<'_, '_>,
    table: TableId,
) -> Result<Vec<TableId>, String> {
    match definition(check, table) {
        Some((_, Definition::Made(statements))) => {
            // The last one that the version held can come from.
            let generation = built.version(table).map_or(0, |version| version.generation);
            let current = statements.into_iter().rfind(|access| {
                let mut writes = access.writes.iter();
                writes.any(|write| write.table == table && write.produces.generation <= generation)
            });
            Ok(current.map_or_else(Vec::new, |access| access.described.clone()))
        }
        Some((view, Definition::Found(Some(facts)))) => {
            let [Some(query)] = &crate::frontend::parse_views(&[&facts.text])[..] else {
                return Ok(Vec::new());
            };
            let named = Names::of(query).tables;
            let outside = named.iter().filter(|named| named.cte.is_none());
            outside
                .map(|named| {
                    let name = canonical(&named.reference.name, &facts.database);
                    let mut tables = check.workload.tables.iter();
                    let table = tables.find(|table| !table.temporary && table.name == name);
                    table.map(|table| table.id).ok_or_else(|| {
                        format!(
                            "view `{}` in frame `{}` reads `{name}`, which no statement is known to depend on",
                            view.name, built.frame.name
                        )
                    })
                })
                .collect()
        }
        Some((_, Definition::Found(None))) | None => Ok(Vec::new()),
    }
}

/// A name in the text of a permanent view, as names of tables are compared.
fn canonical(name: &Name, database: &str) -> String {
    let parts: Vec<String> = name.parts.iter().map(Identifier::key).collect();
    if let [_, path] = name.parts.as_slice()
        && path.text.contains('/')
    {
        return format!("path:{}", path.text);
    }
    let database = database.to_lowercase();
    let catalog = database.split_once('.').map(|(catalog, _)| catalog);
    let whole = match (parts.len(), catalog) {
        (1, _) => format!("{database}.{}", name.key()),
        (2, Some(catalog)) => format!("{catalog}.{}", name.key()),
        _ => name.key(),
    };
    match whole.strip_prefix("spark_catalog.") {
        Some(rest) => rest.to_owned(),
        None => whole,
    }
}

/// A view must be one whose definition is known and gives the same rows at each evaluation.
pub(super) fn run(
    check: &mut Check<'_>,
    built: &Built<'_, '_>,
    readers: &[&Access],
    table: TableId,
) {
    let Some((view, definition)) = definition(check, table) else {
        return;
    };
    let read = |access: &&Access| {
        let mut reads = access.reads.iter();
        reads.any(|read| read.version.table == table && read.unseen)
    };
    let parsed = match &definition {
        Definition::Made(_) => true,
        Definition::Found(facts) => facts.is_some_and(|facts| {
            matches!(crate::frontend::parse_views(&[&facts.text])[..], [Some(_)])
        }),
    };
    if !parsed || readers.iter().any(read) {
        let text = format!(
            "frame `{}` reads view `{}`, whose text is not known",
            built.frame.name, view.name
        );
        check.report(Promise::Sensitivity, built.at, text);
    }
    let sensitive = match &definition {
        Definition::Made(statements) => statements
            .iter()
            .flat_map(|access| &access.sensitivities)
            .next(),
        // What the text of a view brings along stands at the view's name in every reader, or at that of a view which
        // reads it.
        Definition::Found(_) => readers.iter().find_map(|access| {
            let named = access
                .reads
                .iter()
                .filter(|read| leads_to(access, read.version.table, table));
            let places: Vec<_> = named
                .filter_map(|read| match read.origin {
                    Origin::Named { name, .. } => Some(name),
                    _ => None,
                })
                .collect();
            let mut found = access.sensitivities.iter();
            found.find(|found| places.iter().any(|place| place.contains(found.span)))
        }),
    };
    if let Some(sensitivity) = sensitive {
        let text = format!(
            "frame `{}` reads view `{}`, which uses `{}`",
            built.frame.name, view.name, sensitivity.what
        );
        check.report(Promise::Sensitivity, built.at, text);
    }
}

/// Whether a table named by a statement is the view, or reads it.
fn leads_to(access: &Access, named: TableId, view: TableId) -> bool {
    let mut reads = access.reads.iter();
    named == view
        || reads.any(|read| read.origin == Origin::ThroughView(named) && read.version.table == view)
}
