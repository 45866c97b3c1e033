//! Covering reads: the columns and rows of a table version that several reads need.

mod merge;

use std::collections::{BTreeMap, BTreeSet};

use self::merge::{Need, clusters};
use super::hull::{Test, hull, tests};
use super::inputs::{Refused, closure, code, fixed_reason, is_named, why};
use super::walk::Names;
use super::{
    Candidate, CandidateId, Candidates, Context, Definition, Place, Reader, Reason, Subject,
};
use crate::facts::access::{Access, Fixed, Origin, Read, ReadId, TableVersion};
use crate::frontend::statement::Statement;

/// A read that can be served.
struct Usable<'a> {
    read: &'a Read,
    columns: BTreeSet<String>,
    inputs: BTreeSet<TableVersion>,
    tests: Vec<Test>,
}

/// Adds the candidates and refusals of every table version that is read by name more than once.
pub(super) fn find(context: &Context<'_>, found: &mut Candidates) {
    let names: BTreeMap<_, _> = context
        .workload
        .statements
        .iter()
        .filter_map(|statement| Some((statement.id, Names::of(statement.kind.query()?))))
        .collect();
    for (version, readers) in &context.workload.readers {
        let reads: Vec<&Read> = readers
            .iter()
            .filter_map(|id| context.workload.read(*id))
            .filter(|read| is_named(read))
            .collect();
        if reads.len() < 2 {
            continue;
        }
        let subject = Subject::Table(*version);
        let mut refused = Refused::default();
        let table = match Source::of(context, *version) {
            Ok(table) => table,
            Err(reason) => {
                refused.add(reason, reads.iter().map(|read| read.id));
                found.refusals.extend(refused.into_refusals(&subject));
                continue;
            }
        };
        let mut usable = Vec::new();
        for read in reads {
            match table.usable(context, read, names.get(&read.statement)) {
                Ok(one) => usable.push(one),
                Err(reason) => refused.add(reason, [read.id]),
            }
        }
        match usable.as_slice() {
            [] => {}
            [single] => refused.add(
                Reason::new(
                    "single-reader",
                    "one read is left: there is nothing to share",
                ),
                [single.read.id],
            ),
            _ => {
                let needs = usable.iter().map(|one| Need {
                    columns: &one.columns,
                    filtered: !one.tests.is_empty(),
                });
                for cluster in clusters(&needs.collect::<Vec<_>>()) {
                    let readers: Vec<_> = cluster.iter().filter_map(|at| usable.get(*at)).collect();
                    found.candidates.push(table.candidate(&subject, &readers));
                }
            }
        }
        found.refusals.extend(refused.into_refusals(&subject));
    }
}

/// The table that is read, as far as a frame on it needs to know.
struct Source {
    version: TableVersion,
    name: String,
    /// Columns in order: spelling and type. None where only names used by readers are known.
    columns: Option<Vec<(String, String)>>,
    /// Whether `*` and the types can be trusted.
    current: bool,
    /// Whether a statement of the pipeline has written this version.
    written: bool,
}

impl Source {
    fn of(context: &Context<'_>, version: TableVersion) -> Result<Self, Reason> {
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

    fn usable<'a>(
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
    fn check_place(
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

    fn candidate(&self, subject: &Subject, readers: &[&Usable<'_>]) -> Candidate {
        let needed: BTreeSet<&String> = readers.iter().flat_map(|one| &one.columns).collect();
        let mut columns: Vec<String> = match &self.columns {
            Some(columns) => columns
                .iter()
                .filter(|(name, _)| needed.contains(&name.to_lowercase()))
                .map(|(name, _)| name.clone())
                .collect(),
            None => needed.into_iter().cloned().collect(),
        };
        if columns.is_empty() {
            // `count(*)` alone needs rows, and a frame needs a column.
            columns.extend(
                self.columns
                    .iter()
                    .flatten()
                    .next()
                    .map(|(name, _)| name.clone()),
            );
        }
        let inputs: BTreeSet<TableVersion> = readers
            .iter()
            .flat_map(|one| one.inputs.iter().copied())
            .collect();
        let tests: Vec<&[Test]> = readers.iter().map(|one| one.tests.as_slice()).collect();
        Candidate {
            id: CandidateId(0),
            definition: Definition::CoveringRead {
                version: self.version,
                written: self.written,
                columns,
                hull: hull(&tests),
            },
            inputs: inputs.into_iter().collect(),
            readers: readers.iter().map(|one| reader(one.read)).collect(),
            subject: subject.clone(),
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

fn reader(read: &Read) -> Reader {
    let reads: Vec<ReadId> = vec![read.id];
    Reader {
        statement: read.statement,
        reads,
        place: Place::Name,
    }
}
