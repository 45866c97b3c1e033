//! Filling in template variables.
//!
//! One pass over the template copies text and replaces marks (`mark`); a scanner (`scan`) follows the rendered text and
//! tells what surrounds each mark and where statements end, so that SET statements (`setting`) give values to what
//! comes after them.

mod block;
#[cfg(test)]
mod tests;

use std::ops::Range;

use self::block::{RawBlock, Region};
use super::mark::{self, Jinja, Mark};
use super::name::{Endless, Reference, Values};
use super::placeholder::placeholder;
use super::problem::{self, Problem};
use super::rendered::{MissingVariable, Rendered, Segment, SegmentKind};
use super::scan::{Place, Scanner};
use super::setting::Settings;
use super::{Variables, offset};

/// Fills in the variables of a text that stands for itself. A variable without a value is replaced by a placeholder that
/// parses where a name or a value may stand; in a comment it stays as it is.
pub fn render(template: &str, variables: &Variables) -> Rendered {
    render_after(template, variables, &mut Settings::default())
}

/// Fills in what is given, for an engine: a variable without a value stays as it is, as Spark may know it from a SET.
pub fn fill(template: &str, variables: &Variables) -> Rendered {
    let mut settings = Settings::default();
    let mut renderer = Renderer::new(template, variables, &mut settings);
    renderer.keep = true;
    renderer.run()
}

/// Names to which the SET statements of a text give values.
pub fn set_names(text: &str) -> Vec<String> {
    let mut settings = Settings::default();
    let none = Variables::new();
    Renderer::new(text, &none, &mut settings).run();
    settings.values().keys().cloned().collect()
}

/// Fills in the variables of a text that comes after others.
pub(super) fn render_after(
    template: &str,
    variables: &Variables,
    settings: &mut Settings,
) -> Rendered {
    let rendered = Renderer::new(template, variables, settings).run();
    settings.end_file();
    rendered
}

struct Renderer<'a> {
    template: &'a str,
    given: &'a Variables,
    settings: &'a mut Settings,
    /// Whether variables without a value stay as they are.
    keep: bool,
    rendered: Rendered,
    scanner: Scanner,
    /// How much of the template is done, bytes.
    at: usize,
    /// Where the statement begins in the template, blanks included.
    statement: usize,
    /// The raw block that is being read.
    raw: Option<RawBlock<'a>>,
    /// Whether Jinja is still looked for: not after something that never ends.
    jinja: bool,
    /// The uncertain part that is being read.
    region: Option<Region>,
    /// Blocks that are open in it.
    depth: u32,
}

impl<'a> Renderer<'a> {
    fn new(template: &'a str, given: &'a Variables, settings: &'a mut Settings) -> Self {
        Renderer {
            template,
            given,
            settings,
            keep: false,
            rendered: Rendered {
                text: String::with_capacity(template.len()),
                ..Rendered::default()
            },
            scanner: Scanner::new(),
            at: 0,
            statement: 0,
            raw: None,
            jinja: true,
            region: None,
            depth: 0,
        }
    }

    fn run(mut self) -> Rendered {
        loop {
            let limit = self
                .raw
                .as_ref()
                .map_or(self.template.len(), |raw| raw.content.end);
            let Some(next) = self.next_mark(limit) else {
                self.copy(limit);
                if let Some(raw) = self.raw.take() {
                    self.end_raw(&raw);
                    continue;
                }
                break;
            };
            let rest = self.template.get(next..limit).unwrap_or("");
            let before = self.template.get(self.at..next).unwrap_or("");
            let takes_blanks = rest.starts_with('{') && rest.get(2..3) == Some("-");
            if takes_blanks {
                self.copy(self.at + before.trim_end().len());
            } else {
                self.copy(next);
            }
            match mark::mark(rest, self.scanner.place()) {
                Some(found) => {
                    self.leave_out(next);
                    self.mark(found, rest);
                }
                // Text that means itself: one character, as a mark may follow.
                None => self.copy(next + 1),
            }
        }
        self.finish();
        self.rendered
    }

    /// Where the next mark may be.
    fn next_mark(&self, limit: usize) -> Option<usize> {
        let text = self.template.get(self.at..limit)?;
        let jinja = self.jinja && self.raw.is_none();
        text.match_indices(['$', '{'])
            .find(|(at, found)| {
                let next = text.as_bytes().get(at + 1);
                match *found {
                    "$" => next == Some(&b'{'),
                    _ => jinja && matches!(next, Some(b'{' | b'%' | b'#')),
                }
            })
            .map(|(at, _)| self.at + at)
    }

    fn mark(&mut self, mark: Mark<'a>, rest: &'a str) {
        match mark {
            Mark::Reference(found) => self.reference(found),
            Mark::Expression(jinja) => self.expression(jinja),
            Mark::Comment(jinja) => self.comment(jinja),
            Mark::Tag(jinja) => self.tag(jinja, rest),
            Mark::Unclosed(what) => {
                let range = self.at..self.at + what.len();
                self.problem(problem::unclosed(what, range));
                self.whole_is_uncertain();
                self.jinja = false;
            }
        }
    }

    fn reference(&mut self, found: Reference<'a>) {
        let range = self.at..self.at + found.length;
        if found.name.contains("{{") || found.name.contains("{%") {
            self.problem(problem::nested(range.clone()));
            self.insert(
                &range,
                SegmentKind::Expression,
                &super::placeholder::word(found.name),
            );
            return;
        }
        self.variable(found.name, range, true);
    }

    fn expression(&mut self, jinja: Jinja<'a>) {
        let range = self.at..self.at + jinja.length;
        if mark::is_dotted_name(jinja.inside) {
            self.variable(jinja.inside, range, false);
        } else if self.scanner.place().is_comment() {
            self.copy(range.end);
        } else {
            self.problem(problem::expression(jinja.inside, range.clone()));
            let text = self.placeholder(jinja.inside, range.end);
            self.insert(&range, SegmentKind::Expression, &text);
        }
        self.trim_after(jinja);
    }

    /// `spark`: Spark would fill it in too, from what SET statements gave.
    fn variable(&mut self, name: &str, range: Range<usize>, spark: bool) {
        let values = Values {
            given: self.given,
            set: (spark && !self.keep).then(|| self.settings.values()),
            keep: self.keep,
        };
        let comment = self.scanner.place().is_comment();
        let kind = SegmentKind::Variable(name.to_owned());
        match values.expanded(name) {
            Some(Ok((value, missing))) => {
                if !comment {
                    for inner in missing {
                        self.missing(&inner, &range, true);
                    }
                }
                self.insert(&range, kind, &value);
            }
            Some(Err(endless)) => {
                self.problem(match endless {
                    Endless::Circular(inner) => problem::circular(name, &inner, range.clone()),
                    Endless::TooLong => problem::too_long(name, range.clone()),
                });
                let text = self.placeholder(name, range.end);
                self.insert(&range, kind, &text);
            }
            // In a comment nobody misses it.
            None if comment => self.copy(range.end),
            None if self.keep => {
                self.missing(name, &range, spark);
                let text = self.template.get(range.clone()).unwrap_or("");
                self.insert(&range, kind, text);
            }
            None => {
                self.missing(name, &range, spark);
                let text = self.placeholder(name, range.end);
                self.insert(&range, kind, &text);
            }
        }
    }

    fn missing(&mut self, name: &str, range: &Range<usize>, spark: bool) {
        let help = if spark && self.settings.is_for_hive_only(name) {
            problem::set_for_hive_help(name)
        } else if spark {
            problem::missing_help(name)
        } else {
            problem::missing_in_jinja_help(name)
        };
        self.rendered.missing.push(MissingVariable {
            name: name.to_owned(),
            template: offset(range.start)..offset(range.end),
            help,
        });
    }

    fn placeholder(&self, name: &str, end: usize) -> String {
        let before = self.rendered.text.as_str();
        let statement = self.scanner.statement();
        let statement = statement.and_then(|range| before.get(range)).unwrap_or("");
        let after = self.template.get(end..).unwrap_or("");
        placeholder(name, self.scanner.place(), before, statement, after)
    }

    fn comment(&mut self, jinja: Jinja<'a>) {
        let end = self.at + jinja.length;
        let text = self.template.get(self.at..end).unwrap_or("");
        let reaches_out = match self.scanner.place() {
            Place::LineComment => text.contains('\n'),
            Place::BlockComment(_) => text.contains("*/"),
            _ => false,
        };
        if reaches_out {
            self.problem(problem::comment_in_comment(self.at..end));
            self.whole_is_uncertain();
        }
        self.leave_out(end);
        self.trim_after(jinja);
    }

    /// Leaves out the blanks after a mark that asks for it.
    fn trim_after(&mut self, jinja: Jinja<'_>) {
        if jinja.trims_after {
            let rest = self.template.get(self.at..).unwrap_or("");
            self.leave_out(self.at + rest.len() - rest.trim_start().len());
        }
    }

    /// Copies the template up to a byte.
    fn copy(&mut self, end: usize) {
        let text = self.template.get(self.at..end).unwrap_or("");
        let start = self.rendered.text.len();
        self.rendered.text.push_str(text);
        for (at, c) in text.char_indices() {
            if let Some(statement) = self.scanner.push(c, start + at) {
                self.end_statement(statement, self.at + at + 1);
            }
        }
        self.at += text.len();
    }

    /// Leaves out the template up to a byte.
    fn leave_out(&mut self, end: usize) {
        if end > self.at {
            let range = self.at..end;
            self.insert(&range, SegmentKind::Dropped, "");
        }
    }

    /// Puts a text in the place of a part of the template.
    fn insert(&mut self, range: &Range<usize>, kind: SegmentKind, text: &str) {
        let start = self.rendered.text.len();
        self.rendered.text.push_str(text);
        self.rendered.segments.push(Segment {
            kind,
            template: offset(range.start)..offset(range.end),
            rendered: offset(start)..offset(start + text.len()),
        });
        for (at, c) in text.char_indices() {
            if let Some(statement) = self.scanner.push(c, start + at) {
                self.end_statement(statement, range.end);
            }
        }
        self.at = range.end;
    }

    /// A statement ended: `end` is where the next one begins in the template.
    fn end_statement(&mut self, statement: Range<usize>, end: usize) {
        let text = self.rendered.text.get(statement).unwrap_or("");
        self.settings.observe(text, self.region.is_none());
        if self.depth == 0 && self.region.is_some() {
            self.end_region(end);
        }
        self.statement = end;
    }

    fn finish(&mut self) {
        let end = self.template.len();
        if let Some(statement) = self.scanner.statement() {
            self.end_statement(statement, end);
        }
        if self.depth > 0 {
            self.problem(problem::open_block(end..end));
            self.whole_is_uncertain();
        } else if self.region.is_some() {
            self.end_region(end);
        }
        let whole = 0..offset(end);
        if self.rendered.uncertain.contains(&whole) {
            self.rendered.uncertain.retain(|part| *part == whole);
            self.rendered.uncertain.dedup();
            self.settings.forget();
        }
    }

    fn problem(&mut self, problem: Problem) {
        self.rendered.problems.push(problem);
    }
}
