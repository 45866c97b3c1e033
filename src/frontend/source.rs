//! Stage `source`: paths → texts, ids, line index, and template variables with a span map.
//!
//! A source keeps two texts: the *template* (what the user wrote) and the *rendered* text (variables filled in),
//! which is what gets parsed. [`Source::to_template`] maps a range of the rendered text back, so that every span
//! that leaves `sql` is in template coordinates and every rewrite edits the template.
//!
//! ```text
//! template   SELECT * FROM t WHERE d = '${report_date}'
//! rendered   SELECT * FROM t WHERE d = '2024-06-30'
//! ```

mod load;
mod render;

use std::collections::BTreeMap;
use std::ops::Range;

pub use load::{LoadError, LoadOptions, load};
pub use render::{MissingVariable, Rendered, Segment, render};

use crate::diagnostic::{Diagnostic, Severity, SourceId, Span};

/// Values of template variables by name.
pub type Variables = BTreeMap<String, String>;

/// The language of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// `.sql`, `.hql`: statements separated by semicolons.
    Sql,
    /// `.py`: one statement.
    Python,
}

/// One file of the pipeline.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its number in reading order.
    pub id: SourceId,
    /// Path relative to the pipeline's root, with `/`.
    pub name: String,
    /// Its language.
    pub kind: SourceKind,
    template: String,
    rendered: Rendered,
    line_starts: Vec<u32>,
}

impl Source {
    /// A source from its text. Python is not a template: its text is taken as it is.
    pub fn new(
        id: SourceId,
        name: impl Into<String>,
        kind: SourceKind,
        template: impl Into<String>,
        variables: &Variables,
    ) -> Self {
        let template = template.into();
        let rendered = match kind {
            SourceKind::Sql => render(&template, variables),
            SourceKind::Python => Rendered::verbatim(&template),
        };
        let line_starts = std::iter::once(0)
            .chain(template.match_indices('\n').map(|(at, _)| offset(at + 1)))
            .collect();
        Source {
            id,
            name: name.into(),
            kind,
            template,
            rendered,
            line_starts,
        }
    }

    /// The text as the user wrote it.
    pub fn template(&self) -> &str {
        &self.template
    }

    /// The text with variables filled in.
    pub fn rendered(&self) -> &str {
        &self.rendered.text
    }

    /// Variables used, with their places in the template, in text order.
    pub fn variables(&self) -> impl Iterator<Item = (&str, Span)> {
        self.rendered.segments.iter().map(|segment| {
            let Segment { name, template, .. } = segment;
            (name.as_str(), self.span(template.clone()))
        })
    }

    /// Variables used and the text that stands for each, in text order.
    pub fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.rendered.segments.iter().map(|segment| {
            let range = segment.rendered.start as usize..segment.rendered.end as usize;
            let value = self.rendered.text.get(range).unwrap_or("");
            (segment.name.as_str(), value)
        })
    }

    /// Variables without a value.
    pub fn missing(&self) -> &[MissingVariable] {
        &self.rendered.missing
    }

    /// A range of the rendered text in template coordinates. A range that touches the value of a variable covers
    /// the whole `${…}`.
    pub fn to_template(&self, rendered: Range<u32>) -> Span {
        self.span(self.rendered.to_template(rendered))
    }

    /// The template text of a span; empty where the span is not of this source.
    pub fn text(&self, span: Span) -> &str {
        if span.source != self.id {
            return "";
        }
        self.template
            .get(span.start as usize..span.end as usize)
            .unwrap_or("")
    }

    /// Line and column of a template byte, both from 1, the column in characters.
    pub fn position(&self, byte: u32) -> (u32, u32) {
        let line = self
            .line_starts
            .partition_point(|start| *start <= byte)
            .max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        let before = self
            .template
            .get(start as usize..byte as usize)
            .unwrap_or("");
        (offset(line), offset(before.chars().count() + 1))
    }

    fn span(&self, range: Range<u32>) -> Span {
        Span {
            source: self.id,
            start: range.start,
            end: range.end,
        }
    }
}

/// The files of a pipeline, in order.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Sources from texts, in the order given; the name's ending tells the language.
    pub fn from_texts<N: Into<String>, T: Into<String>>(
        texts: impl IntoIterator<Item = (N, T)>,
        variables: &Variables,
    ) -> Self {
        let files = texts
            .into_iter()
            .zip(0..)
            .map(|((name, text), number)| {
                let name = name.into();
                let python = std::path::Path::new(&name)
                    .extension()
                    .is_some_and(|ending| ending == "py");
                let kind = if python {
                    SourceKind::Python
                } else {
                    SourceKind::Sql
                };
                Source::new(SourceId(number), name, kind, text, variables)
            })
            .collect();
        Sources { files }
    }

    /// The files in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Source> {
        self.files.iter()
    }

    /// Number of files.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// A file by its number.
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.files.get(id.0 as usize)
    }

    /// The template text of a span.
    pub fn text(&self, span: Span) -> &str {
        self.get(span.source).map_or("", |source| source.text(span))
    }

    /// `file:line` of a span's start.
    pub fn place(&self, span: Span) -> String {
        self.get(span.source).map_or_else(String::new, |source| {
            format!("{}:{}", source.name, source.position(span.start).0)
        })
    }

    /// One diagnostic per use of a variable that has no value.
    pub fn missing_variables(&self) -> Vec<Diagnostic> {
        self.iter()
            .flat_map(|source| {
                source
                    .missing()
                    .iter()
                    .map(move |missing| (source, missing))
            })
            .map(|(source, missing)| {
                Diagnostic::new(
                    "unknown-variable",
                    Severity::Error,
                    source.span(missing.template.clone()),
                    format!("template variable `{}` has no value", missing.name),
                )
                .help(format!(
                    "give it with `--set {0}=VALUE` or under `[variables]` in hoist.toml",
                    missing.name
                ))
            })
            .collect()
    }
}

impl<'a> IntoIterator for &'a Sources {
    type Item = &'a Source;
    type IntoIter = std::slice::Iter<'a, Source>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// A byte offset as stored in spans. Files are capped far below 4 GiB when loaded.
fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn ranges_map_back_to_the_template() {
        let sources = Sources::from_texts(
            [("a.sql", "SELECT '${day}', x FROM ${db}.t")],
            &variables(&[("day", "2024-06-30"), ("db", "m")]),
        );
        let source = sources.get(SourceId(0)).unwrap();
        assert_eq!(source.rendered(), "SELECT '2024-06-30', x FROM m.t");
        let at = |text: &str| {
            let start = offset(source.rendered().find(text).unwrap());
            source.text(source.to_template(start..start + offset(text.len())))
        };
        assert_eq!(at("x"), "x");
        assert_eq!(at("m.t"), "${db}.t");
        assert_eq!(at("'2024-06-30'"), "'${day}'");
        assert_eq!(at("2024"), "${day}");
    }

    #[test]
    fn positions_count_characters_from_one() {
        let sources = Sources::from_texts([("a.sql", "SELECT 'ä', b\nFROM t")], &Variables::new());
        let source = sources.get(SourceId(0)).unwrap();
        assert_eq!(source.position(0), (1, 1));
        assert_eq!(
            source.position(offset(source.template().find('b').unwrap())),
            (1, 13)
        );
        assert_eq!(
            source.position(offset(source.template().find("FROM").unwrap())),
            (2, 1)
        );
    }

    #[test]
    fn a_missing_variable_is_named_with_its_place() {
        let sources = Sources::from_texts([("a.sql", "SELECT ${x}")], &Variables::new());
        let diagnostics = sources.missing_variables();
        assert_eq!(diagnostics.len(), 1);
        assert_eq!(diagnostics[0].message, "template variable `x` has no value");
        assert_eq!(sources.text(diagnostics[0].span.unwrap()), "${x}");
    }
}
