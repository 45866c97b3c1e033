//! Texts in the order in which a session gets them, parsed one by one, and what the names in them mean.

use std::collections::BTreeSet;

use super::VerifyError;
use super::redirect::refused;
use crate::facts::access::{self, Access, Accesses, Declarations, Origin, TableId};
use crate::facts::catalog::Catalog;
use crate::frontend::source::{Sources, Variables};
use crate::frontend::statement::{Identifier, Name, Statement, StatementKind};
use crate::planner::emit::{Language, NAMESPACE, ProgramText};

/// Stands for [`NAMESPACE`], of which it has the length, while a text is parsed: a part of a name.
const STAND_IN: &str = "_ns_";
const _: () = assert!(STAND_IN.len() == NAMESPACE.len());

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
    written: String,
    namespaced: bool,
}

impl Texts {
    pub(super) fn push(&mut self, place: &str, text: &ProgramText) {
        self.texts.push(Text {
            place: place.to_owned(),
            language: text.language,
            written: text.text.clone(),
            namespaced: text.namespaced,
        });
    }

    /// The texts as they were pushed.
    pub(super) fn written(&self) -> Vec<String> {
        self.texts.iter().map(|text| text.written.clone()).collect()
    }

    /// Other texts in their places as a pipeline, one file each; the spans are those of the texts.
    pub(super) fn sources(&self, texts: &[String], variables: &Variables) -> Sources {
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

    /// Calls `visit` for every text of the pipeline, each of which must be one statement.
    pub(super) fn each(
        &self,
        sources: &Sources,
        catalog: &Catalog,
        declarations: &Declarations,
        visit: &mut dyn FnMut(&Understood<'_>) -> Result<(), VerifyError>,
    ) -> Result<(), VerifyError> {
        let statements = crate::frontend::parse(sources).statements;
        let accesses = access::resolve(&statements, catalog, declarations);
        let mut database = match &catalog.session {
            Some(session) => session.database.clone(),
            None => declarations.default_database.clone(),
        };
        let mut pairs = statements.iter().zip(&accesses.accesses).peekable();
        for (source, text) in sources.iter().zip(&self.texts) {
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
}

/// A statement of a text, with what it accesses.
pub(super) struct Understood<'t> {
    /// Where it stands, for messages.
    pub(super) place: &'t str,
    pub(super) text: &'t str,
    /// The current database.
    pub(super) database: &'t str,
    pub(super) statement: &'t Statement,
    pub(super) access: &'t Access,
    pub(super) tables: &'t Accesses,
}

/// What a name means.
pub(super) enum Meaning {
    /// A table, view or temporary view, by canonical name.
    Table(String),
    /// Nothing that the statement accesses.
    Nothing,
    /// One of several.
    Several,
}

impl Understood<'_> {
    /// What a name in it means, by the place of the name, or else by what the statement accesses.
    pub(super) fn meaning(&self, name: &Name) -> Meaning {
        let Understood { access, tables, .. } = self;
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
        let here = format!("{}.{key}", self.database);
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
}
