//! Stage `python`: Python files → statements. The parser's types never leave this module.
//!
//! A Python file is one statement. What it does is seen in its text: the files are followed in order, as they share
//! one namespace, with names bound to constants, loops over constant lists and calls of functions of the pipeline. A
//! header among its leading comments says what is not seen:
//!
//! ```text
//! # hoist: reads insurance.vehicles; writes mart.vehicles_clean; views recent
//! ```
//!
//! Whatever cannot be told is noted as [`Unseen`]: without a header it makes the file a barrier.

mod bind;
mod call;
mod expression;
mod header;
mod modules;
mod spark;
mod state;
mod text;
mod value;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast as ast;

use self::walk::Walker;
use super::source::{Source, SourceKind, Sources, Variables};
use super::sql;
use super::statement::{PythonStep, Statement, StatementId, StatementKind, Unseen};
use crate::diagnostic::{Diagnostic, Severity, SourceId, Span};

/// Longest Python file that is looked into, bytes: its syntax tree is walked to its depth on one stack.
const MAX_FILE_BYTES: usize = 1 << 20;

/// The statement of one Python file, and what there is to say about it.
pub(super) type ParsedFile = (Statement, Vec<Diagnostic>);

/// The statements of all Python files; their ids are assigned by the caller. To be called on a large stack.
pub(super) fn parse(sources: &Sources, max_statement_bytes: u64) -> BTreeMap<SourceId, ParsedFile> {
    let files: Vec<&Source> = sources
        .iter()
        .filter(|source| source.kind == SourceKind::Python)
        .collect();
    let syntax: Vec<Syntax> = files.iter().map(|source| syntax(source)).collect();
    let steps = follow(&files, &syntax, sources.variables(), max_statement_bytes);
    files
        .iter()
        .zip(syntax)
        .zip(steps)
        .map(|((source, syntax), (mut step, mut diagnostics))| {
            diagnostics.extend(syntax.diagnostics);
            step.declared = header::parse(source, &mut diagnostics);
            let statement = Statement {
                id: StatementId(0),
                source: source.id,
                span: whole(source),
                number: 1,
                kind: StatementKind::Python(step),
            };
            (source.id, (statement, diagnostics))
        })
        .collect()
}

/// Template variables whose values decide what Python files read, write or define.
pub fn deciding_variables(sources: &Sources) -> BTreeSet<String> {
    let found = sql::on_large_stack(|| {
        let files: Vec<&Source> = sources
            .iter()
            .filter(|source| source.kind == SourceKind::Python)
            .collect();
        let syntax: Vec<Syntax> = files.iter().map(|source| syntax(source)).collect();
        let seen = |variables: &Variables| -> Vec<String> {
            let steps = follow(&files, &syntax, variables, super::MAX_STATEMENT_BYTES);
            let shown =
                |(step, _): &(PythonStep, _)| format!("{:?} {:?}", step.actions, step.unseen);
            steps.iter().map(shown).collect()
        };
        let all = sources.variables();
        let used: BTreeSet<String> = follow(&files, &syntax, all, super::MAX_STATEMENT_BYTES)
            .into_iter()
            .flat_map(|(step, _)| step.variables)
            .collect();
        if used.is_empty() {
            return used;
        }
        // What is seen without the value tells whether the value matters.
        let with_all = seen(all);
        used.into_iter()
            .filter(|name| {
                let mut others = all.clone();
                others.remove(name);
                seen(&others) != with_all
            })
            .collect()
    });
    found.unwrap_or_default()
}

/// Follows the files in order.
fn follow(
    files: &[&Source],
    syntax: &[Syntax],
    variables: &Variables,
    max_statement_bytes: u64,
) -> Vec<(PythonStep, Vec<Diagnostic>)> {
    let followed = std::panic::catch_unwind(|| {
        let mut walker = Walker::new(variables, max_statement_bytes);
        let mut steps = Vec::new();
        for (source, syntax) in files.iter().zip(syntax) {
            if let Some(body) = &syntax.body {
                steps.push(walker.file(source.id, body));
            } else {
                walker.unknown_file(source.id);
                steps.push((unknown(source, syntax.reason.clone()), Vec::new()));
            }
        }
        steps
    });
    followed.unwrap_or_else(|_| {
        let unknown = |source: &&Source| {
            let reason = "this file is not understood".to_owned();
            (unknown(source, reason), Vec::new())
        };
        files.iter().map(unknown).collect()
    })
}

/// A file as parsed.
struct Syntax {
    body: Option<Vec<ast::Stmt>>,
    reason: String,
    diagnostics: Vec<Diagnostic>,
}

fn syntax(source: &Source) -> Syntax {
    let nothing = |reason: String, diagnostics| Syntax {
        body: None,
        reason,
        diagnostics,
    };
    if source.rendered().len() > MAX_FILE_BYTES {
        return nothing("the file is too long to look into".to_owned(), Vec::new());
    }
    // Templates of a text editor's byte order mark are no code.
    match std::panic::catch_unwind(|| ruff_python_parser::parse_module(source.rendered())) {
        Ok(Ok(parsed)) => Syntax {
            body: Some(parsed.into_suite().into_iter().collect()),
            reason: String::new(),
            diagnostics: Vec::new(),
        },
        Ok(Err(error)) => {
            let range = error.location;
            let place = source.to_template(
                range.start().to_u32()..range.end().to_u32().max(range.start().to_u32() + 1),
            );
            let reason = error.error.to_string();
            let diagnostic =
                Diagnostic::new("python-syntax", Severity::Error, place, reason.clone())
                    .help("the file is a barrier: no frame lives across it");
            nothing(format!("the file is no Python: {reason}"), vec![diagnostic])
        }
        Err(_) => nothing("the parser failed on this file".to_owned(), Vec::new()),
    }
}

/// A file that may do anything.
fn unknown(source: &Source, reason: String) -> PythonStep {
    let mut step = PythonStep {
        unseen: vec![Unseen {
            reason,
            span: whole(source),
        }],
        ..PythonStep::default()
    };
    step.names.unknown = true;
    step.names.carried.everything = true;
    step
}

fn whole(source: &Source) -> Span {
    source.to_template(0..u32::try_from(source.rendered().len()).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
