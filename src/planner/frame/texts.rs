//! The tokens of the pipeline's files, placed in the template.

use std::collections::BTreeMap;

use crate::diagnostic::{SourceId, Span};
use crate::frontend::source::{Source, SourceKind, Sources};
use crate::frontend::sql::{TokenKind, tokens};

/// A token of the rendered text with the template text it stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlacedToken<'a> {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
    /// Template text: `'${day}'` where the rendered token is `'2024-06-30'`.
    pub(super) text: &'a str,
}

/// The tokens of all SQL files.
pub(super) struct Texts<'a> {
    sources: &'a Sources,
    tokens: BTreeMap<SourceId, Vec<PlacedToken<'a>>>,
}

impl<'a> Texts<'a> {
    /// Files that have no tokens (something in them never ends) are left out: nothing in them is shared.
    pub(super) fn new(sources: &'a Sources) -> Self {
        let tokens = sources
            .iter()
            .filter(|source| source.kind == SourceKind::Sql)
            .filter_map(|source| Some((source.id, place(source)?)))
            .collect();
        Texts { sources, tokens }
    }

    /// Template text of a span.
    pub(super) fn text(&self, span: Span) -> &'a str {
        self.sources.text(span)
    }

    /// The tokens within a span.
    pub(super) fn within(&self, span: Span) -> &[PlacedToken<'a>] {
        let Some(tokens) = self.tokens.get(&span.source) else {
            return &[];
        };
        let start = tokens.partition_point(|token| token.span.start < span.start);
        let end = tokens.partition_point(|token| token.span.end <= span.end);
        tokens.get(start..end.max(start)).unwrap_or(&[])
    }

    /// The first template variable in a span that is more than (part of) one string or number. Its value could
    /// change what the text says, not only what it compares with.
    pub(super) fn loose_variable(&self, span: Span) -> Option<&'a str> {
        let source = self.sources.get(span.source)?;
        let tokens = self.within(span);
        source.variables().find_map(|(name, place)| {
            let touched: Vec<_> = tokens
                .iter()
                .filter(|token| overlap(token.span, place))
                .collect();
            let held = match touched.as_slice() {
                [token] => {
                    matches!(token.kind, TokenKind::String | TokenKind::Number)
                        && token.span.contains(place)
                }
                _ => false,
            };
            (overlap(span, place) && !held).then_some(name)
        })
    }

    /// Whether a span holds a dotted name and nothing else, whatever its variables stand for.
    pub(super) fn is_name(&self, span: Span) -> bool {
        let tokens = self.within(span);
        tokens.len() % 2 == 1
            && tokens
                .iter()
                .enumerate()
                .all(|(index, token)| match token.kind {
                    TokenKind::Word | TokenKind::QuotedIdentifier => index % 2 == 0,
                    TokenKind::Symbol => index % 2 == 1,
                    TokenKind::String | TokenKind::Number => false,
                })
    }
}

fn place(source: &Source) -> Option<Vec<PlacedToken<'_>>> {
    let placed = tokens(source.rendered()).ok()?.into_iter().map(|token| {
        let span = source.to_template(token.range);
        PlacedToken {
            kind: token.kind,
            span,
            text: source.text(span),
        }
    });
    Some(placed.collect())
}

fn overlap(a: Span, b: Span) -> bool {
    a.source == b.source && a.start < b.end && b.start < a.end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontend::source::Variables;

    fn loose(template: &str, value: &str) -> Option<String> {
        let variables = Variables::from([("x".to_owned(), value.to_owned())]);
        let sources = Sources::from_texts([("a.sql", template)], &variables);
        let span = Span {
            source: SourceId(0),
            start: 0,
            end: template.len().try_into().unwrap(),
        };
        Texts::new(&sources).loose_variable(span).map(str::to_owned)
    }

    #[test]
    fn a_variable_in_a_literal_is_held() {
        assert_eq!(loose("a = '${x}'", "2024"), None);
        assert_eq!(loose("a = 'p_${x}'", "2024"), None);
        assert_eq!(loose("a = ${x}", "18"), None);
    }

    #[test]
    fn a_variable_that_can_change_the_text_is_loose() {
        assert_eq!(loose("a = ${x}", "18 OR 1 = 1").as_deref(), Some("x"));
        assert_eq!(loose("a = '${x}'", "1' OR b = '2").as_deref(), Some("x"));
        assert_eq!(loose("${x} = 1", "a").as_deref(), Some("x"));
        assert_eq!(loose("a = 1 ${x}", "").as_deref(), Some("x"));
    }

    #[test]
    fn a_name_is_nothing_but_a_name() {
        let variables = Variables::from([
            ("x".to_owned(), "t u".to_owned()),
            ("d".to_owned(), "m".to_owned()),
        ]);
        for (template, expected) in [
            ("`a`.b", true),
            ("${d}.t", true),
            ("${x}", false),
            ("a b", false),
        ] {
            let sources = Sources::from_texts([("a.sql", template)], &variables);
            let span = Span {
                source: SourceId(0),
                start: 0,
                end: template.len().try_into().unwrap(),
            };
            assert_eq!(Texts::new(&sources).is_name(span), expected, "{template}");
        }
    }
}
