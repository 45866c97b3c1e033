//! A table as a source of frames: whether a read of it can be served by one, and what the read needs.

use std::collections::BTreeSet;

use super::hull::{Test, tests};
use super::inputs::{closure, code, fixed_reason, why};
use super::walk::Names;
use super::{Context, Reason};
use crate::facts::access::{Access, Fixed, Origin, Read, TableVersion};
use crate::frontend::statement::Statement;

/// A read that can be served.
pub(super) struct Usable<'a> {
    pub(super) read: &'a Read,
    /// Columns needed, lower-case.
    pub(super) columns: BTreeSet<String>,
    /// Every version that it depends on.
    pub(super) inputs: BTreeSet<TableVersion>,
    /// Tests that its rows pass.
    pub(super) tests: Vec<Test>,
}

/// The table that is read, as far as a frame on it needs to know.
pub(super) struct Source {
    pub(super) version: TableVersion,
    pub(super) name: String,
    /// Columns in order: spelling and type. None where only names used by readers are known.
    pub(super) columns: Option<Vec<(String, String)>>,
    /// Whether `*` and the types can be trusted.
    pub(super) current: bool,
    /// Whether a statement of the pipeline has written this version.
    pub(super) written: bool,
}

impl Source {
    pub(super) fn of(context: &Context<'_>, version: TableVersion) -> Result<Self, Reason> {
        let table = context.workload.table(version.table);
        let Some(table) = table else {
            return Err(Reason::new("schema-unknown", "the table is not known"));
        };
        let name = table.name.clone();
        let parts = if table.temporary { 1 } else { 2 };
        let strange = |text: &str| text.contains(['$', '{', '}']);
        if name.split('.').count() != parts || name.split('.').any(str::is_empty) || strange(&name)
        {
            let text = format!("the name `{name}` cannot be written as database and table");
            return Err(Reason::new("name", text));
        }
        let facts = context.facts(version.table);
        let columns = facts
            .filter(|facts| !facts.columns.is_empty())
            .map(|facts| {
                let columns = facts.columns.iter();
                columns
                    .map(|column| (column.name.clone(), column.data_type.clone()))
                    .collect::<Vec<_>>()
            });
        if let Some((column, _)) = columns.iter().flatten().find(|(column, _)| strange(column)) {
            let text = format!("the column `{column}` of `{name}` looks like a template variable");
            return Err(Reason::new("name", text));
        }
        let current = context.schema_is_current(version);
        Ok(Source {
            version,
            name,
            columns,
            current,
            written: context.is_written(version),
        })
    }

    pub(super) fn usable<'a>(
        &self,
        context: &Context<'_>,
        read: &'a Read,
        names: Option<&Names<'_>>,
    ) -> Result<Usable<'a>, Reason> {
        let lost = || {
            Reason::new(
                "not-a-query",
                "the statement is not a query to be rewritten",
            )
        };
        let access = context.workload.access(read.statement).ok_or_else(lost)?;
        let statement = context
            .workload
            .statement(read.statement)
            .ok_or_else(lost)?;
        let names = names.ok_or_else(lost)?;
        if let Some(fixed) = read.fixed {
            return Err(fixed_reason(fixed, &self.name));
        }
        let inputs = closure(access, &[read.id]);
        context.check_inputs(access, &inputs)?;
        context.check_statement(access, &inputs)?;
        check_view_traits(access, read)?;
        self.check_place(context, statement, access, read, names)?;
        let columns = self.needed(read, names)?;
        let tests = self.tests(context, read);
        Ok(Usable {
            read,
            columns,
            inputs,
            tests,
        })
    }

    /// The name must be a name token by token, stand alone, and rename no columns by position.
    pub(super) fn check_place(
        &self,
        context: &Context<'_>,
        statement: &Statement,
        access: &Access,
        read: &Read,
        names: &Names<'_>,
    ) -> Result<(), Reason> {
        let Origin::Named { name: place, .. } = read.origin else {
            return Err(Reason::new(
                "not-a-query",
                "the read is not named in a `FROM`",
            ));
        };
        let shared = access.reads.iter().any(|other| match other.origin {
            Origin::Named { name, .. } => {
                other.id != read.id && name.start < place.end && place.start < name.end
            }
            _ => false,
        });
        let reference = names.tables.get(&place);
        if shared || !statement.span.contains(place) || !context.texts.is_name(place) {
            let text = format!("the place where `{}` is named is not plain text", self.name);
            return Err(Reason::new("template-variable", text));
        }
        match reference {
            Some(table) if table.modified => Err(fixed_reason(Fixed::Modified, &self.name)),
            Some(table) if table.columns.is_empty() => Ok(()),
            Some(_) => {
                let text = format!("the columns of `{}` are renamed by position", self.name);
                Err(Reason::new("column-aliases", text))
            }
            None => Err(Reason::new(
                "not-a-query",
                "the read is not named in a `FROM`",
            )),
        }
    }

    /// The columns that a read needs, lower-case.
    fn needed(&self, read: &Read, names: &Names<'_>) -> Result<BTreeSet<String>, Reason> {
        let unknown = || {
            let text = format!(
                "the statement needs all columns of `{}`, whose schema at this point is unknown",
                self.name
            );
            Reason::new("schema-unknown", text)
        };
        match (&read.columns, &self.columns) {
            (None, Some(columns)) if self.current => Ok(columns
                .iter()
                .map(|(column, _)| column.to_lowercase())
                .collect()),
            (None, _) => Err(unknown()),
            // The order of columns behind a `*` is not known without a schema.
            (Some(_), None) if names.wildcards > 0 => Err(unknown()),
            (Some(_), Some(_)) if names.wildcards > 0 && !self.current => Err(unknown()),
            (Some(needed), columns) => {
                let known: Option<BTreeSet<String>> = columns.as_ref().map(|columns| {
                    columns
                        .iter()
                        .map(|(name, _)| name.to_lowercase())
                        .collect()
                });
                match known.and_then(|known| needed.difference(&known).next().cloned()) {
                    Some(column) => Err(Reason::new(
                        "unknown-column",
                        format!("`{}` is not known to have the column `{column}`", self.name),
                    )),
                    None => Ok(needed.clone()),
                }
            }
        }
    }

    fn tests(&self, context: &Context<'_>, read: &Read) -> Vec<Test> {
        match &self.columns {
            Some(columns) if self.current => tests(context.texts, read, columns),
            _ => Vec::new(),
        }
    }
}

/// What a view's definition does stands at the view's name: it would be shared, so nothing of it may vary.
fn check_view_traits(access: &Access, read: &Read) -> Result<(), Reason> {
    let Origin::Named { name, .. } = read.origin else {
        return Ok(());
    };
    match access
        .sensitivities
        .iter()
        .find(|sensitivity| name.contains(sensitivity.span))
    {
        None => Ok(()),
        Some(sensitivity) => Err(Reason::new(
            code(sensitivity.kind),
            format!(
                "the view uses `{}`, {}",
                sensitivity.what,
                why(sensitivity.kind)
            ),
        )),
    }
}
