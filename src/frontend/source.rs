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
//!
//! Filled in are `${x}` as Spark does it (`${hivevar:x}`, `${hiveconf:x}`, `${spark:x}`, `${sparkconf:x}`, `${env:X}`,
//! `${system:x}`) and the simple part of Jinja (`{{ x }}`, `{{ params.x }}`, `{# … #}`, `{% raw %}`, `{{- x -}}`). Other
//! Jinja is a diagnostic, and text whose presence it decides is an uncertain part: see [`Source::uncertain`].
//!
//! Values come from what is given, then, for `${…}`, from SET statements earlier in the pipeline. What is given comes
//! first because hoist fills it in before Spark sees the text; values of SET are left to Spark when the text runs
//! ([`fill`]). Text cut out of a template at tokens of its rendered text renders to just those tokens, which is why a
//! piece of a statement can stand in another one.

mod load;
mod mark;
mod name;
mod placeholder;
mod problem;
mod render;
mod rendered;
mod scan;
mod setting;

use std::collections::BTreeMap;
use std::ops::Range;

pub use load::{LoadError, LoadOptions, STANDARD_INPUT, load, load_texts};
pub use name::variable_name;
pub use problem::missing_help;
pub use render::{fill, render, set_names};
pub use rendered::{MissingVariable, Rendered, Segment, SegmentKind};

use crate::diagnostic::{Diagnostic, Severity, SourceId, Span};

use self::setting::Settings;

/// Values of template variables by name ([`variable_name`]).
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
        Source::after(
            id,
            name,
            kind,
            template,
            variables,
            &mut Settings::default(),
        )
    }

    /// SQL that is no file of the pipeline, taken as it is: the definition of a view.
    pub(super) fn of_view(text: &str) -> Self {
        Source {
            id: SourceId(u32::MAX),
            name: String::new(),
            kind: SourceKind::Sql,
            template: text.to_owned(),
            rendered: Rendered::verbatim(text),
            line_starts: vec![0],
        }
    }

    /// The same where earlier files have set something.
    fn after(
        id: SourceId,
        name: impl Into<String>,
        kind: SourceKind,
        template: impl Into<String>,
        variables: &Variables,
        settings: &mut Settings,
    ) -> Self {
        let template = template.into();
        let rendered = match kind {
            SourceKind::Sql => render::render_after(&template, variables, settings),
            SourceKind::Python => {
                // Python can set anything.
                settings.forget();
                Rendered::verbatim(&template)
            }
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
        self.rendered
            .variables()
            .map(|(name, segment)| (name, self.span(segment.template.clone())))
    }

    /// Variables used, with the bytes of the rendered text that stand for each, in text order.
    pub fn filled_in(&self) -> impl Iterator<Item = (&str, Range<u32>)> {
        let variables = self.rendered.variables();
        variables.map(|(name, segment)| (name, segment.rendered.clone()))
    }

    /// Variables used and the text that stands for each, in text order.
    pub fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.filled_in().map(|(name, range)| {
            let range = range.start as usize..range.end as usize;
            (name, self.rendered.text.get(range).unwrap_or(""))
        })
    }

    /// Variables without a value.
    pub fn missing(&self) -> &[MissingVariable] {
        &self.rendered.missing
    }

    /// Parts of the template whose text may be there or not, or be another one: blocks of Jinja that are not
    /// evaluated. Each covers every statement that it touches in whole; text outside is certain.
    pub fn uncertain(&self) -> impl Iterator<Item = Span> {
        let uncertain = self.rendered.uncertain.iter();
        uncertain.map(|range| self.span(range.clone()))
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
    variables: Variables,
}

impl Sources {
    /// Sources from texts, in the order given; the name's ending tells the language.
    pub fn from_texts<N: Into<String>, T: Into<String>>(
        texts: impl IntoIterator<Item = (N, T)>,
        variables: &Variables,
    ) -> Self {
        let mut settings = Settings::default();
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
                Source::after(SourceId(number), name, kind, text, variables, &mut settings)
            })
            .collect();
        Sources {
            files,
            variables: variables.clone(),
        }
    }

    /// Values of template variables, which Python files find in `hoist_vars`.
    pub fn variables(&self) -> &Variables {
        &self.variables
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
                .help(missing.help.clone())
            })
            .collect()
    }

    /// One diagnostic per part of a template that is not understood.
    pub fn template_problems(&self) -> Vec<Diagnostic> {
        self.iter()
            .flat_map(|source| {
                source
                    .rendered
                    .problems
                    .iter()
                    .map(move |problem| (source, problem))
            })
            .map(|(source, problem)| {
                let place = source.span(problem.template.clone());
                Diagnostic::new("template", Severity::Error, place, problem.message.as_str())
                    .help(problem.help.as_str())
            })
            .collect()
    }

    /// Names of the environment variables that the texts ask for as `${env:NAME}`.
    pub fn environment_names<'a>(
        texts: impl IntoIterator<Item = &'a str>,
    ) -> std::collections::BTreeSet<&'a str> {
        texts
            .into_iter()
            .flat_map(name::environment_names)
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
