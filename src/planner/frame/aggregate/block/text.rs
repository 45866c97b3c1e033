//! Texts of a block with its columns named anew.

use super::{Look, Written};
use crate::diagnostic::Span;
use crate::frontend::sql::TokenKind;
use crate::frontend::statement::ColumnReference;
use crate::planner::frame::Reason;
use crate::planner::frame::aggregate::model::{Formula, Part};
use crate::planner::frame::canonical::{NILADIC, word};

impl Look<'_, '_> {
    /// The table's column that a reference certainly means: its spelling.
    pub(super) fn column(&self, reference: &ColumnReference) -> Option<&str> {
        let table = self.one.reference;
        let called = table.alias.as_ref().or(table.name.parts.last())?.key();
        let name = match reference.parts.as_slice() {
            [name] => name,
            [qualifier, name] if qualifier.key() == called => name,
            _ => return None,
        };
        // Without backquotes it may be a function.
        let quoted = self
            .tokens(name.span)
            .all(|token| token.kind != TokenKind::Word);
        let key = name.key();
        if NILADIC.contains(&key.as_str()) && !quoted {
            return None;
        }
        let mut columns = self.columns.iter();
        let column = columns.find(|(column, _)| column.to_lowercase() == key);
        column.map(|(column, _)| column.as_str())
    }

    pub(super) fn strange(&self, span: Span) -> Reason {
        let text = format!(
            "`{}` is more than columns of its table",
            self.context.texts.text(span)
        );
        Reason::new("unknown-column", text)
    }

    /// A text with its columns named anew.
    pub(super) fn written(
        &mut self,
        span: Span,
        columns: &[ColumnReference],
        brackets: bool,
    ) -> Result<Written, Reason> {
        let mut places: Vec<(Span, String)> = Vec::new();
        for reference in columns {
            let (Some(first), Some(last)) = (reference.parts.first(), reference.parts.last())
            else {
                return Err(self.strange(span));
            };
            let place = first.span.join(last.span);
            if !span.contains(place) || place.start == place.end {
                return Err(self.strange(span));
            }
            let column = self.column(reference).map(str::to_owned);
            let column = column.ok_or_else(|| self.strange(place))?;
            self.moved.insert(column.to_lowercase());
            places.push((place, column));
        }
        places.sort();
        let texts = self.context.texts;
        let mut parts = Vec::new();
        let mut key = Vec::new();
        let mut from = span.start;
        let text = |start: u32, end: u32| Span { start, end, ..span };
        let keep = |parts: &mut Vec<Part>, key: &mut Vec<String>, part: Span| {
            key.extend(texts.within(part).iter().map(word));
            parts.push(Part::Text(texts.text(part).to_owned()));
        };
        if brackets {
            parts.push(Part::Text("(".to_owned()));
        }
        for (place, column) in places {
            if place.start < from {
                return Err(self.strange(span));
            }
            keep(&mut parts, &mut key, text(from, place.start));
            key.push(format!("c:{}", column.to_lowercase()));
            parts.push(Part::Column(column));
            from = place.end;
        }
        keep(&mut parts, &mut key, text(from, span.end));
        if brackets {
            parts.push(Part::Text(")".to_owned()));
        }
        Ok(Written {
            key,
            formula: Formula { parts },
        })
    }
}
