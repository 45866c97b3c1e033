//! Names of tables, views and files in the arguments of methods.

use ruff_text_size::TextRange;

use super::super::call::Arguments;
use super::super::value::{Lazy, Place, Value};
use super::super::walk::Walker;
use crate::diagnostic::Span;
use crate::frontend::statement::{Files, Identifier, Name, PythonDeed, ViewScope};

impl<'a> Walker<'a> {
    /// `spark.table(name)`
    pub(in super::super) fn read_table(
        &mut self,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        let Some(names) = self.names(arguments.get(0, "tableName"), arguments, range) else {
            return Value::Unknown;
        };
        let mut lazy = Lazy::default();
        self.one_of(names, |walker, name| {
            let range = walker.range_of(name.span, range);
            lazy.add(&walker.act(PythonDeed::Read(name), range));
        });
        Value::Frame(lazy)
    }

    /// The place of a name, where it stands in the file at hand.
    fn range_of(&self, span: Span, otherwise: TextRange) -> TextRange {
        if span.source == self.file {
            TextRange::new(span.start.into(), span.end.into())
        } else {
            otherwise
        }
    }

    /// Each of several things, of which one happens.
    pub(in super::super) fn one_of<T>(
        &mut self,
        things: Vec<T>,
        mut work: impl FnMut(&mut Self, T),
    ) {
        if things.len() == 1 {
            for thing in things {
                work(self, thing);
            }
        } else {
            self.uncertainly(|walker| things.into_iter().for_each(|thing| work(walker, thing)));
        }
    }

    /// The names of tables that an argument can be; notes that it is not seen where they are not known.
    pub(in super::super) fn names(
        &mut self,
        argument: Option<&Value<'a>>,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Option<Vec<Name>> {
        let texts = argument.filter(|_| !arguments.open).and_then(Value::texts);
        let names: Option<Vec<Name>> = texts.and_then(|texts| {
            let name = |(text, place): (std::rc::Rc<str>, Option<Place>)| {
                self.table_name(&text, place, arguments.first)
            };
            texts.into_iter().map(name).collect()
        });
        if names.is_none() {
            self.unseen(range, "the name of a table is computed");
        }
        names
    }

    /// The name of a table in a text.
    pub(in super::super) fn table_name(
        &self,
        text: &str,
        place: Option<Place>,
        otherwise: TextRange,
    ) -> Option<Name> {
        let whole = self.span(otherwise);
        let at = |start: usize, end: usize| match place {
            Some((source, first)) if source == self.file => {
                let offset =
                    |byte: usize| first.saturating_add(u32::try_from(byte).unwrap_or(u32::MAX));
                Span {
                    source,
                    start: offset(start),
                    end: offset(end),
                }
            }
            _ => whole,
        };
        let mut parts = Vec::new();
        let mut start = 0;
        let mut rest = text;
        loop {
            let (part, length) = if let Some(quoted) = rest.strip_prefix('`') {
                let end = quoted.find('`')?;
                (quoted.get(..end)?, end + 2)
            } else {
                let end = rest.find('.').unwrap_or(rest.len());
                let part = rest.get(..end)?;
                let plain = part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                (Some(part).filter(|_| plain)?, end)
            };
            if part.is_empty() {
                return None;
            }
            parts.push(Identifier {
                text: part.to_owned(),
                span: at(start, start + length),
            });
            start += length;
            rest = rest.get(length..)?;
            match rest.strip_prefix('.') {
                Some(after) => {
                    rest = after;
                    start += 1;
                }
                None if rest.is_empty() => break,
                None => return None,
            }
        }
        Some(Name {
            parts,
            span: at(0, text.len()),
        })
    }

    /// Files at a path, anywhere where it is not known.
    pub(in super::super) fn files(&self, path: Option<&str>, range: TextRange) -> Files {
        Files {
            path: path.map(str::to_owned),
            span: self.span(range),
        }
    }

    /// Defines a temporary view.
    pub(in super::super) fn define_view(
        &mut self,
        scope: ViewScope,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Value<'a> {
        if let Some(names) = self.names(arguments.get(0, "name"), arguments, range) {
            self.one_of(names, |walker, target| {
                walker.act(PythonDeed::View { target, scope }, range);
            });
        }
        Value::Plain
    }
}
