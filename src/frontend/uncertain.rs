//! Statements that an unevaluated template block decides about: each uncertain part of a file becomes one barrier.

use super::source::Source;
use super::statement::{Statement, StatementId, StatementKind};
use crate::diagnostic::{Diagnostic, Span};

/// Puts one opaque statement in the place of all statements that touch an uncertain part of the source. What was said
/// about those statements is left out: their text may be another one.
pub(super) fn hide(
    source: &Source,
    mut statements: Vec<Statement>,
    mut diagnostics: Vec<Diagnostic>,
) -> (Vec<Statement>, Vec<Diagnostic>) {
    let parts: Vec<Span> = source.uncertain().collect();
    if parts.is_empty() {
        return (statements, diagnostics);
    }
    for part in parts {
        let touched = |span: Span| span.start < part.end && part.start < span.end;
        let span = statements
            .iter()
            .map(|statement| statement.span)
            .filter(|span| touched(*span))
            .fold(part, Span::join);
        statements.retain(|statement| !touched(statement.span));
        diagnostics.retain(|diagnostic| !diagnostic.span.is_some_and(touched));
        let reason = "a template block decides what runs here".to_owned();
        statements.push(Statement {
            id: StatementId(0),
            source: source.id,
            span,
            number: 0,
            kind: StatementKind::Opaque { reason },
        });
    }
    statements.sort_by_key(|statement| statement.span);
    for (statement, number) in statements.iter_mut().zip(1..) {
        statement.number = number;
    }
    (statements, diagnostics)
}
