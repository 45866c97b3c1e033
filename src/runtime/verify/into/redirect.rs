//! Texts of a session with other names for some of its tables.
//!
//! A text keeps everything but the names: `FROM mart.sales` becomes `` FROM `scratch`.`sales` ``, with the last part as
//! an alias where that changed. The edited texts are parsed once more: no write of theirs may lie outside of the database,
//! and no name may mean a table that has another name now.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::texts::{Meaning, Texts, Understood};
use super::{VerifyError, allowed};
use crate::diagnostic::{SourceId, Span};
use crate::facts::access::{Declarations, TableId};
use crate::facts::catalog::Catalog;
use crate::frontend::source::Variables;
use crate::frontend::statement::{
    Mentions, Name, PythonDeed, PythonStep, StatementKind, TableReference,
};

/// Which names are replaced by which.
#[derive(Clone, Copy, Debug)]
pub(super) struct Redirect<'a> {
    /// The database that everything is led into.
    pub(super) into: &'a str,
    /// New canonical names by old ones.
    pub(super) tables: &'a BTreeMap<String, String>,
    /// Databases for which it stands.
    pub(super) databases: &'a BTreeSet<String>,
    pub(super) catalog: &'a Catalog,
    pub(super) declarations: &'a Declarations,
    pub(super) variables: &'a Variables,
}

/// A name in backquotes, part by part.
pub(super) fn quoted(name: &str) -> String {
    let parts = name
        .split('.')
        .map(|part| format!("`{}`", part.replace('`', "``")));
    parts.collect::<Vec<_>>().join(".")
}

/// The same for Python, where backquotes are for names that need them.
fn plain(name: &str) -> String {
    let simple = |part: &str| {
        part.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    if name.split('.').all(simple) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

impl Redirect<'_> {
    /// The texts with other names.
    pub(super) fn edit(&self, texts: &Texts) -> Result<Vec<String>, VerifyError> {
        let mut edited = texts.written();
        let sources = texts.sources(&edited, self.variables);
        let mut edits: BTreeMap<SourceId, Vec<(Span, String)>> = BTreeMap::new();
        texts.each(
            &sources,
            self.catalog,
            self.declarations,
            &mut |understood| {
                let found = self.edits(understood)?;
                edits
                    .entry(understood.statement.source)
                    .or_default()
                    .extend(found);
                Ok(())
            },
        )?;
        for (source, mut edits) in edits {
            let Some(text) = edited.get_mut(source.0 as usize) else {
                continue;
            };
            edits.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
            edits.dedup_by_key(|(span, _)| *span);
            for (span, new) in edits {
                let range: Range<usize> = span.start as usize..span.end as usize;
                if text.get(range.clone()).is_some() {
                    text.replace_range(range, &new);
                }
            }
        }
        let sources = texts.sources(&edited, self.variables);
        texts.each(&sources, self.catalog, self.declarations, &mut |one| {
            self.prove(one)
        })?;
        Ok(edited)
    }

    fn edits(&self, understood: &Understood<'_>) -> Result<Vec<(Span, String)>, VerifyError> {
        let kind = &understood.statement.kind;
        if let StatementKind::Use { database } | StatementKind::CreateDatabase { database } = kind {
            let named = self.databases.contains(&database.key());
            let edit = (database.span, quoted(self.into));
            return Ok(named.then_some(edit).into_iter().collect());
        }
        if let StatementKind::Python(step) = kind {
            return self.python(step, understood);
        }
        self.sql(kind, understood)
    }

    /// Edits of a SQL statement, at places of its text.
    fn sql(
        &self,
        kind: &StatementKind,
        understood: &Understood<'_>,
    ) -> Result<Vec<(Span, String)>, VerifyError> {
        let mentions = Mentions::of(kind);
        let mut edits = Vec::new();
        for relation in &mentions.reads {
            if let Some(new) = self.replacement(&relation.name, understood)? {
                let replacement = Self::relation(relation, new, understood)?;
                edits.push((relation.name.span, replacement));
            }
        }
        for name in mentions.writes.iter().chain(&mentions.described) {
            if let Some(new) = self.replacement(name, understood)? {
                edits.push((name.span, quoted(new)));
            }
        }
        if !edits.is_empty() {
            self.check_columns(&mentions.columns, understood)?;
        }
        Ok(edits)
    }

    /// Edits of a Python file: names in literals, in the SQL texts in it, and in its header.
    fn python(
        &self,
        step: &PythonStep,
        understood: &Understood<'_>,
    ) -> Result<Vec<(Span, String)>, VerifyError> {
        let mut edits = Vec::new();
        let mut names = Vec::new();
        for action in &step.actions {
            match &action.deed {
                PythonDeed::Read(name)
                | PythonDeed::Insert(name)
                | PythonDeed::Save { target: name, .. }
                | PythonDeed::View { target: name, .. } => names.push(name),
                PythonDeed::ReadFiles(_) | PythonDeed::WriteFiles(_) => {}
                PythonDeed::Sql { statement, at } => {
                    let found = self.sql(statement, understood)?;
                    match at {
                        Some(at) => edits.extend(found.into_iter().map(|(span, new)| {
                            let source = understood.statement.source;
                            (
                                Span {
                                    source,
                                    start: span.start + at,
                                    end: span.end + at,
                                },
                                new,
                            )
                        })),
                        None if found.is_empty() => {}
                        None => {
                            let reason =
                                "the text of a SQL statement with a name to replace is computed";
                            return Err(refused(understood.place, reason));
                        }
                    }
                }
            }
        }
        if let Some(declared) = &step.declared {
            names.extend(declared.reads.iter().chain(&declared.writes));
        }
        for name in names {
            if let Some(new) = self.replacement(name, understood)? {
                let range = name.span.start as usize..name.span.end as usize;
                let written = understood.text.get(range).unwrap_or_default();
                if written.replace('`', "").to_lowercase() != name.key() {
                    let reason = format!("the name `{}` is computed", name.key());
                    return Err(refused(understood.place, &reason));
                }
                edits.push((name.span, plain(new)));
            }
        }
        let hidden = step.unseen.first().filter(|_| !edits.is_empty());
        match hidden {
            Some(unseen) => {
                let reason = format!(
                    "it uses tables that the pipeline writes, and more than its header and names tell: {}",
                    unseen.reason
                );
                Err(refused(understood.place, &reason))
            }
            None => Ok(edits),
        }
    }

    /// What stands for a relation of a `FROM`.
    fn relation(
        relation: &TableReference,
        new: &str,
        understood: &Understood<'_>,
    ) -> Result<String, VerifyError> {
        let last = relation
            .name
            .parts
            .last()
            .map_or("", |part| part.text.as_str());
        let keeps = last_part(new) == last.to_lowercase();
        if keeps || relation.alias.is_some() || relation.bare {
            return Ok(quoted(new));
        }
        if relation.modified {
            let reason = format!(
                "`{}` gets another name and needs an alias",
                relation.name.key()
            );
            return Err(refused(understood.place, &reason));
        }
        Ok(format!("{} AS {}", quoted(new), quoted(last)))
    }

    /// No column may be qualified by the database of a table that gets another one.
    fn check_columns(
        &self,
        columns: &BTreeSet<String>,
        understood: &Understood<'_>,
    ) -> Result<(), VerifyError> {
        for table in self.tables.keys() {
            let qualified = |column: &&String| {
                let rest = column.strip_prefix(table.as_str());
                rest.is_some_and(|rest| rest.starts_with('.'))
            };
            if let Some(column) = columns.iter().find(qualified) {
                let reason = format!("the column `{column}` is qualified by a database");
                return Err(refused(understood.place, &reason));
            }
        }
        Ok(())
    }

    /// The new name for what a name means, if it gets one.
    fn replacement(
        &self,
        name: &Name,
        understood: &Understood<'_>,
    ) -> Result<Option<&str>, VerifyError> {
        let meant = match understood.meaning(name) {
            Meaning::Table(table) => table,
            Meaning::Nothing => {
                // Not seen where it is used: it may be one of those that get another name.
                let key = name.key();
                let last = last_part(&key);
                if !self.tables.keys().any(|table| last_part(table) == last) {
                    return Ok(None);
                }
                let reason = format!("what `{key}` means is not known");
                return Err(refused(understood.place, &reason));
            }
            Meaning::Several => {
                let reason = format!("which table `{}` means is not clear", name.key());
                return Err(refused(understood.place, &reason));
            }
        };
        Ok(self.tables.get(&meant).map(String::as_str))
    }

    /// After the edits, nothing but the database is written, and no name means what has another one.
    fn prove(&self, understood: &Understood<'_>) -> Result<(), VerifyError> {
        let Understood {
            place,
            access,
            tables,
            ..
        } = understood;
        if let Some(barrier) = &access.barrier
            && !allowed::is_of_the_session(&understood.statement.kind, understood.text)
        {
            let reason = format!("it cannot be seen through: {}", barrier.reason);
            return Err(refused(place, &reason));
        }
        let table = |id: TableId| tables.tables.get(id.0 as usize);
        let prefix = format!("{}.", self.into);
        let kind = &understood.statement.kind;
        // Refused or led away by its path, where all that the pipeline says of paths is known.
        let is_folder = matches!(kind, StatementKind::InsertDirectory { .. });
        for write in access.writes.iter().filter(|_| !is_folder) {
            if let Some(table) = table(write.table)
                && !table.temporary
                && !table.name.starts_with(&prefix)
            {
                let reason = format!("it would write to `{}` all the same", table.name);
                return Err(refused(place, &reason));
            }
        }
        // Also what changes no rows, such as a comment.
        let targets = match kind {
            StatementKind::Explain { .. } => Vec::new(),
            kind => kind.targets(),
        };
        for name in targets {
            let written = match understood.meaning(name) {
                Meaning::Table(table) => tables.tables.iter().find(|one| one.name == table),
                Meaning::Nothing | Meaning::Several => None,
            };
            if !written.is_some_and(|table| table.temporary || table.name.starts_with(&prefix)) {
                let reason = format!("it would change `{}` all the same", name.key());
                return Err(refused(place, &reason));
            }
        }
        let reads = access.reads.iter().map(|read| read.version.table);
        for id in reads.chain(access.described.iter().copied()) {
            if let Some(table) = table(id)
                && self.tables.contains_key(&table.name)
            {
                let reason = format!("it would read `{}` as it is in the catalog", table.name);
                return Err(refused(place, &reason));
            }
        }
        Ok(())
    }
}

fn last_part(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, last)| last)
}

pub(super) fn refused(place: &str, reason: &str) -> VerifyError {
    VerifyError::NotRedirected {
        place: place.to_owned(),
        reason: reason.to_owned(),
    }
}
