//! Texts of SQL that Python runs, and statements that methods stand for.

use ruff_text_size::TextRange;

use super::super::call::Arguments;
use super::super::value::{Lazy, Place, Value};
use super::super::walk::Walker;
use crate::diagnostic::SourceId;
use crate::frontend::source::{Source, SourceKind, Variables};
use crate::frontend::sql;
use crate::frontend::statement::{PythonDeed, StatementKind};

impl<'a> Walker<'a> {
    /// `spark.sql(text)`
    pub(super) fn sql(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Value<'a> {
        // Values for markers are literals; anything else is put into the text.
        let filled = arguments
            .named
            .iter()
            .any(|(name, _)| !matches!(name.as_str(), "args" | "sqlQuery"));
        let texts = arguments
            .get(0, "sqlQuery")
            .filter(|_| !arguments.open && !filled)
            .and_then(Value::texts);
        let Some(texts) = texts else {
            return self.unseen(range, "the text of a SQL statement is computed");
        };
        let mut lazy = Lazy::default();
        let first = arguments.first;
        self.one_of(texts, |walker, (text, place)| {
            lazy.add(&walker.statement_of(&text, place, first));
        });
        Value::Frame(lazy)
    }

    /// What one SQL statement does.
    pub(super) fn statement_of(
        &mut self,
        text: &str,
        place: Option<Place>,
        range: TextRange,
    ) -> Lazy {
        if text.contains("${") {
            self.unseen(range, "Spark fills in variables of the text when it runs");
            return Lazy::everything();
        }
        let source = Source::new(SourceId(0), "", SourceKind::Python, text, &Variables::new());
        let (statements, diagnostics) = sql::parse(&source, self.max_statement_bytes);
        let [statement] = statements.as_slice() else {
            self.unseen(range, "a text that is not one SQL statement");
            return Lazy::everything();
        };
        let at = place
            .filter(|(source, _)| *source == self.file)
            .map(|(_, first)| first);
        if let StatementKind::Opaque { reason } = &statement.kind {
            let place = diagnostics.first().and_then(|diagnostic| diagnostic.span);
            let range = match (at, place) {
                (Some(at), Some(span)) => {
                    TextRange::new((at + span.start).into(), (at + span.end).into())
                }
                _ => range,
            };
            self.unseen(
                range,
                format!("a SQL statement that is not understood: {reason}"),
            );
            return Lazy::everything();
        }
        let deed = PythonDeed::Sql {
            statement: Box::new(statement.kind.clone()),
            at,
        };
        self.act(deed, range)
    }

    /// A statement that a method stands for.
    pub(super) fn command(&mut self, statement: StatementKind, range: TextRange) {
        let deed = PythonDeed::Sql {
            statement: Box::new(statement),
            at: None,
        };
        self.act(deed, range);
    }
}
