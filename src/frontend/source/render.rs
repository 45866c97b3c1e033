//! Filling in template variables, with a map back to the template.
//!
//! One pass over the template copies text and replaces marks (`mark`); a scanner (`scan`) follows the rendered text and
//! tells what surrounds each mark and where statements end, so that SET statements (`setting`) give values to what
//! comes after them.

use std::ops::Range;

use super::mark::{self, Jinja, Mark, TagKind};
use super::name::{Endless, Reference, Values};
use super::placeholder::placeholder;
use super::problem::{self, Problem};
use super::scan::{Place, Scanner, State};
use super::setting::Settings;
use super::{Variables, offset};

/// A text with its variables filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// Where the template was replaced, in order. Text between two segments is copied from the template.
    pub segments: Vec<Segment>,
    /// Variables without a value: a placeholder stands in the text.
    pub missing: Vec<MissingVariable>,
    /// What is not understood.
    pub(super) problems: Vec<Problem>,
    /// Byte ranges of the template whose text may be there or not, or be another one. Statements that touch them are
    /// not known.
    pub(super) uncertain: Vec<Range<u32>>,
}

/// A part of the template and what replaced it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// What it is.
    pub kind: SegmentKind,
    /// Byte range in the template.
    pub template: Range<u32>,
    /// Byte range of what replaced it in the rendered text.
    pub rendered: Range<u32>,
}

/// What was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SegmentKind {
    /// A variable of this name ([`variable_name`](super::variable_name)).
    Variable(String),
    /// An expression that is not understood: a placeholder stands for it.
    Expression,
    /// A comment or tag of the template, or blanks that one takes away: nothing stands for it.
    Dropped,
}

/// A use of a variable that has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingVariable {
    /// The variable.
    pub name: String,
    /// Byte range of `${name}` in the template.
    pub template: Range<u32>,
    /// What to do about it, a lowercase fragment.
    pub help: String,
}

impl Rendered {
    /// A text without variables.
    pub(super) fn verbatim(text: &str) -> Self {
        Rendered {
            text: text.to_owned(),
            ..Rendered::default()
        }
    }

    /// The variables filled in, in text order.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &Segment)> {
        self.segments
            .iter()
            .filter_map(|segment| match &segment.kind {
                SegmentKind::Variable(name) => Some((name.as_str(), segment)),
                SegmentKind::Expression | SegmentKind::Dropped => None,
            })
    }

    /// A range of the rendered text in the template: whole segments where it touches them, none where it only borders
    /// on them.
    pub(super) fn to_template(&self, rendered: Range<u32>) -> Range<u32> {
        let start = self.start(rendered.start);
        start..self.end(rendered.end).max(start)
    }

    fn start(&self, position: u32) -> u32 {
        let at_or_before = |segment: &Segment| segment.rendered.start <= position;
        match self.last(self.segments.partition_point(at_or_before)) {
            Some(segment) if position < segment.rendered.end => segment.template.start,
            Some(segment) => segment.template.end + (position - segment.rendered.end),
            None => position,
        }
    }

    fn end(&self, position: u32) -> u32 {
        let before = |segment: &Segment| segment.rendered.start < position;
        match self.last(self.segments.partition_point(before)) {
            Some(segment) if position <= segment.rendered.end => segment.template.end,
            Some(segment) => segment.template.end + (position - segment.rendered.end),
            None => position,
        }
    }

    fn last(&self, count: usize) -> Option<&Segment> {
        self.segments.get(count.checked_sub(1)?)
    }
}

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

struct RawBlock<'a> {
    open: Range<usize>,
    content: Range<usize>,
    close: Jinja<'a>,
    /// [`Scanner::opened`] and [`Scanner::place`] at its beginning.
    before: (u32, Place),
}

/// Text between a block's tags.
struct Region {
    start: usize,
    /// The scanner's state at each tag so far.
    state: State,
    /// At each tag so far a statement had just ended.
    whole_statements: bool,
    /// The state was the same at each tag.
    even: bool,
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

    fn tag(&mut self, jinja: Jinja<'a>, rest: &'a str) {
        let range = self.at..self.at + jinja.length;
        let kind = mark::kind(jinja.inside);
        match kind {
            TagKind::Raw => {
                self.begin_raw(jinja, rest);
                return;
            }
            TagKind::EndRaw => self.problem(problem::stray(jinja.inside, range.clone())),
            TagKind::Silent => {
                if self.depth == 0 {
                    self.problem(problem::tag(jinja.inside, range.clone()));
                }
            }
            TagKind::Inserts => {
                self.settings.forget();
                if self.depth == 0 {
                    self.problem(problem::tag(jinja.inside, range.clone()));
                }
                self.touch_region(range.start);
                if let Some(region) = &mut self.region {
                    region.whole_statements = false;
                }
            }
            TagKind::Opens => {
                if self.depth == 0 {
                    self.problem(problem::tag(jinja.inside, range.clone()));
                }
                self.touch_region(range.start);
                self.depth += 1;
            }
            TagKind::Continues | TagKind::Closes if self.depth == 0 => {
                self.problem(problem::stray(jinja.inside, range.clone()));
                self.whole_is_uncertain();
            }
            TagKind::Continues => self.touch_region(range.start),
            TagKind::Closes => {
                self.touch_region(range.start);
                self.depth -= 1;
            }
        }
        self.leave_out(range.end);
        self.trim_after(jinja);
        if self.depth == 0
            && self
                .region
                .as_ref()
                .is_some_and(|region| region.whole_statements)
        {
            self.end_region(range.end);
        }
    }

    /// Begins an uncertain part at a tag, or looks whether the text between its tags can be left out.
    fn touch_region(&mut self, start: usize) {
        let state = self.scanner.state();
        let at_start = self.scanner.at_statement_start();
        let region = self.region.get_or_insert(Region {
            start: if at_start { start } else { self.statement },
            state,
            whole_statements: true,
            even: true,
        });
        region.whole_statements &= at_start;
        region.even &= region.state == state;
    }

    fn end_region(&mut self, end: usize) {
        let Some(region) = self.region.take() else {
            return;
        };
        if region.even {
            self.rendered
                .uncertain
                .push(offset(region.start)..offset(end));
        } else {
            self.whole_is_uncertain();
        }
    }

    fn whole_is_uncertain(&mut self) {
        let whole = 0..offset(self.template.len());
        self.rendered.uncertain.push(whole);
    }

    fn begin_raw(&mut self, jinja: Jinja<'a>, rest: &'a str) {
        let open = self.at..self.at + jinja.length;
        self.leave_out(open.end);
        let content = rest.get(jinja.length..).unwrap_or("");
        let Some((length, close)) = mark::raw_end(content) else {
            // A part of a text may begin within a raw block: what is left of it means itself.
            self.problem(problem::unclosed("{% raw %}", open));
            self.jinja = false;
            self.trim_after(jinja);
            return;
        };
        let before = (self.scanner.opened(), self.scanner.place());
        self.trim_after(jinja);
        let end = open.end + length;
        let kept = self.template.get(self.at..end).unwrap_or("");
        let takes_blanks = self.template.get(end + 2..end + 3) == Some("-");
        let kept = if takes_blanks {
            kept.trim_end().len()
        } else {
            kept.len()
        };
        self.raw = Some(RawBlock {
            open,
            content: self.at..(self.at + kept).max(self.at),
            close,
            before,
        });
    }

    fn end_raw(&mut self, raw: &RawBlock<'a>) {
        let content = self.template.get(raw.content.clone()).unwrap_or("");
        let within_one = (self.scanner.opened(), self.scanner.place()) == raw.before
            && raw.before.1 != Place::Code;
        let has_marks = ["{{", "{%", "{#"].iter().any(|mark| content.contains(mark));
        if has_marks && !within_one {
            self.problem(problem::wide_raw(raw.open.clone()));
        }
        let rest = self.template.get(self.at..).unwrap_or("");
        let blanks = rest.find("{%").unwrap_or(0);
        self.leave_out(self.at + blanks + raw.close.length);
        self.trim_after(raw.close);
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

#[cfg(test)]
mod tests;
