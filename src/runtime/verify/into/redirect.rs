//! Texts of a session with other names for some of its tables.
//!
//! A text keeps everything but the names: `FROM mart.sales` becomes `` FROM `scratch`.`sales` ``, with the last part as
//! an alias where that changed. The edited texts are parsed once more: no write of theirs may lie outside of the database,
//! and no name may mean a table that has another name now.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::{VerifyError, allowed};
use crate::diagnostic::{SourceId, Span};
use crate::facts::access::{self, Access, Accesses, Declarations, Origin, TableId};
use crate::facts::catalog::Catalog;
use crate::frontend::source::{Sources, Variables};
use crate::frontend::statement::{
    Identifier, Mentions, Name, PythonDeed, PythonStep, Statement, StatementKind, TableReference,
};
use crate::planner::emit::{Language, NAMESPACE, ProgramText};

/// Stands for [`NAMESPACE`], of which it has the length, while a text is parsed: a part of a name.
const STAND_IN: &str = "_ns_";

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

/// Texts in the order in which a session gets them.
#[derive(Debug, Default)]
pub(super) struct Texts {
    texts: Vec<Text>,
}

#[derive(Debug)]
struct Text {
    /// For messages.
    place: String,
    language: Language,
    text: String,
    namespaced: bool,
}

impl Texts {
    pub(super) fn push(&mut self, place: &str, text: &ProgramText) {
        self.texts.push(Text {
            place: place.to_owned(),
            language: text.language,
            text: text.text.clone(),
            namespaced: text.namespaced,
        });
    }

    /// The texts as a pipeline, one file each; the spans are those of the texts.
    fn sources(&self, texts: &[String], variables: &Variables) -> Sources {
        let files = self.texts.iter().zip(texts).enumerate();
        let files = files.map(|(number, (of, text))| {
            let extension = match of.language {
                Language::Sql => "sql",
                Language::Python => "py",
            };
            let text = if of.namespaced {
                text.replace(NAMESPACE, STAND_IN)
            } else {
                text.clone()
            };
            (format!("{number:06}.{extension}"), text)
        });
        Sources::from_texts(files.collect::<Vec<_>>(), variables)
    }
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

/// A statement of a text, with what it accesses.
struct Understood<'t> {
    place: &'t str,
    text: &'t str,
    /// The current database.
    database: &'t str,
    statement: &'t Statement,
    access: &'t Access,
    tables: &'t Accesses,
}

impl Redirect<'_> {
    /// The texts with other names.
    pub(super) fn edit(&self, texts: &Texts) -> Result<Vec<String>, VerifyError> {
        let mut edited: Vec<String> = texts.texts.iter().map(|text| text.text.clone()).collect();
        let sources = texts.sources(&edited, self.variables);
        let mut edits: BTreeMap<SourceId, Vec<(Span, String)>> = BTreeMap::new();
        self.each(texts, &sources, &mut |understood| {
            let found = self.edits(understood)?;
            edits
                .entry(understood.statement.source)
                .or_default()
                .extend(found);
            Ok(())
        })?;
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
        self.each(texts, &sources, &mut |understood| self.prove(understood))?;
        Ok(edited)
    }

    /// Calls `visit` for every text, each of which is one statement.
    fn each(
        &self,
        texts: &Texts,
        sources: &Sources,
        visit: &mut dyn FnMut(&Understood<'_>) -> Result<(), VerifyError>,
    ) -> Result<(), VerifyError> {
        let statements = crate::frontend::parse(sources).statements;
        let accesses = access::resolve(&statements, self.catalog, self.declarations);
        let session = self.catalog.session.as_ref();
        let mut database = session.map_or_else(
            || self.declarations.default_database.clone(),
            |session| session.database.clone(),
        );
        let mut pairs = statements.iter().zip(&accesses.accesses).peekable();
        for (source, text) in sources.iter().zip(&texts.texts) {
            let Some((statement, access)) = pairs.next_if(|(one, _)| one.source == source.id)
            else {
                return Err(refused(&text.place, "it cannot be parsed by itself"));
            };
            if pairs
                .peek()
                .is_some_and(|(next, _)| next.source == source.id)
            {
                return Err(refused(&text.place, "it is more than one statement"));
            }
            visit(&Understood {
                place: &text.place,
                text: source.template(),
                database: &database,
                statement,
                access,
                tables: &accesses,
            })?;
            if let StatementKind::Use { database: name } = &statement.kind {
                database = name.parts.last().map(Identifier::key).unwrap_or_default();
            }
        }
        Ok(())
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
        let meant = match meaning(name, understood) {
            Meaning::Table(table) => table,
            Meaning::Nothing => return Ok(None),
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
        for write in &access.writes {
            if let Some(table) = table(write.table)
                && !table.temporary
                && !table.name.starts_with(&prefix)
            {
                let reason = format!("it would write to `{}` all the same", table.name);
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

/// What a name means.
enum Meaning {
    /// A table, view or temporary view, by canonical name.
    Table(String),
    /// Nothing that the statement accesses.
    Nothing,
    /// One of several.
    Several,
}

/// What a name in a statement means, by the place of the name, or else by what the statement accesses.
fn meaning(name: &Name, understood: &Understood<'_>) -> Meaning {
    let Understood { access, tables, .. } = understood;
    let canonical = |id: TableId| tables.tables.get(id.0 as usize).map(|table| &table.name);
    let read = access.reads.iter().find(
        |read| matches!(&read.origin, Origin::Named { name: place, .. } if *place == name.span),
    );
    let written = access.writes.iter().find(|write| write.span == name.span);
    let here = read.map(|read| read.version.table);
    if let Some(table) = here
        .or(written.map(|write| write.table))
        .and_then(canonical)
    {
        return Meaning::Table(table.clone());
    }
    let key = name.key();
    let key = key.strip_prefix("spark_catalog.").unwrap_or(&key);
    let all = access.reads.iter().map(|read| read.version.table);
    let all = all.chain(access.writes.iter().map(|write| write.table));
    let all = all.chain(access.described.iter().copied());
    let ends = |table: &&String| {
        let rest = table.strip_suffix(key);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let found: BTreeSet<&String> = all.filter_map(canonical).filter(ends).collect();
    let here = format!("{}.{key}", understood.database);
    let exact = found.iter().find(|table| table.as_str() == key);
    // A temporary view hides tables, and a full name means itself.
    match exact.or_else(|| found.iter().find(|table| ***table == here)) {
        Some(exact) => Meaning::Table((*exact).clone()),
        None => match found.first() {
            Some(only) if found.len() == 1 => Meaning::Table((*only).clone()),
            Some(_) => Meaning::Several,
            None => Meaning::Nothing,
        },
    }
}

fn last_part(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, last)| last)
}

fn refused(place: &str, reason: &str) -> VerifyError {
    VerifyError::NotRedirected {
        place: place.to_owned(),
        reason: reason.to_owned(),
    }
}
