//! Floor `frontend`: what the pipeline says.
//!
//! | stage (module) | in → out | I/O |
//! |---|---|---|
//! | [`source`] | paths → `Sources` (text, ids, line index, template variables with a span map) | reads |
//! | [`statement`] | `Statement`, our own compact `Query` with spans | no |
//! | [`sql`], [`python`] | `Sources` → `Vec<Statement>` + diagnostics; the parsers' types never leave them | no |

pub mod python;
pub mod source;
pub mod sql;
pub mod statement;
mod uncertain;

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, SourceId};
use source::{Source, SourceKind, Sources};
use statement::{Query, Statement, StatementId, StatementKind};

/// The statements of a pipeline.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// In file order; `statements[i].id == StatementId(i)`.
    pub statements: Vec<Statement>,
    /// What is wrong with the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Longest SQL statement that is looked into where nothing else is configured, bytes. A syntax tree takes some 500
/// bytes for each.
pub const MAX_STATEMENT_BYTES: u64 = 4 << 20;

/// Reads every file of a pipeline. What is not understood is an opaque statement and a diagnostic.
pub fn parse(sources: &Sources) -> Parsed {
    parse_within(sources, MAX_STATEMENT_BYTES)
}

/// The same with another bound on the length of a SQL statement, in bytes; a longer one is not understood.
pub fn parse_within(sources: &Sources, max_statement_bytes: u64) -> Parsed {
    sql::on_large_stack(|| {
        let python = python::parse(sources, max_statement_bytes);
        parse_with(sources, python, |source| {
            sql::parse(source, max_statement_bytes)
        })
    })
    .unwrap_or_else(|| {
        let no_thread =
            |source: &Source| sql::not_parsed(source, "the system gives no thread for the parser");
        parse_with(sources, BTreeMap::new(), no_thread)
    })
}

/// The queries that texts of views are, in their order; none for a text that is not understood, or that Spark would
/// fill in at each use.
///
/// Such a text is no file: spans in a query tell its parts apart, and must not be shown.
pub fn parse_views(texts: &[&str]) -> Vec<Option<Query>> {
    let query = |text: &str| {
        let source = Source::of_view(text);
        let (statements, _) = sql::parse(&source, MAX_STATEMENT_BYTES);
        let mut kinds = statements.into_iter().map(|statement| statement.kind);
        match (kinds.next(), kinds.next()) {
            (Some(StatementKind::Query(query)), None) if !text.contains("${") => Some(query),
            _ => None,
        }
    };
    if texts.is_empty() {
        return Vec::new();
    }
    sql::on_large_stack(|| texts.iter().map(|text| query(text)).collect())
        .unwrap_or_else(|| vec![None; texts.len()])
}

fn parse_with(
    sources: &Sources,
    mut python: BTreeMap<SourceId, python::ParsedFile>,
    parse_sql: impl Fn(&Source) -> (Vec<Statement>, Vec<Diagnostic>),
) -> Parsed {
    let mut parsed = Parsed::default();
    for source in sources {
        let (statements, diagnostics) = match source.kind {
            SourceKind::Sql => {
                let (statements, diagnostics) = parse_sql(source);
                uncertain::hide(source, statements, diagnostics)
            }
            SourceKind::Python => match python.remove(&source.id) {
                Some((statement, diagnostics)) => (vec![statement], diagnostics),
                None => parse_sql(source),
            },
        };
        parsed.statements.extend(statements);
        parsed.diagnostics.extend(diagnostics);
    }
    for (statement, number) in parsed.statements.iter_mut().zip(0..) {
        statement.id = StatementId(number);
    }
    parsed
}
