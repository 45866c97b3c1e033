//! Tags of Jinja: raw blocks, and the parts of a template that unevaluated blocks make uncertain.

use std::ops::Range;

use super::super::mark::{self, Jinja, TagKind};
use super::super::scan::{Place, State};
use super::super::{offset, problem};
use super::Renderer;

pub(super) struct RawBlock<'a> {
    open: Range<usize>,
    pub(super) content: Range<usize>,
    close: Jinja<'a>,
    /// `opened` and `place` of the scanner at its beginning.
    before: (u32, Place),
}

/// Text between a block's tags.
pub(super) struct Region {
    start: usize,
    /// The scanner's state at each tag so far.
    state: State,
    /// At each tag so far a statement had just ended.
    whole_statements: bool,
    /// The state was the same at each tag.
    even: bool,
}

impl<'a> Renderer<'a> {
    pub(super) fn tag(&mut self, jinja: Jinja<'a>, rest: &'a str) {
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
            self.statement = range.end;
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

    pub(super) fn end_region(&mut self, end: usize) {
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

    pub(super) fn whole_is_uncertain(&mut self) {
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

    pub(super) fn end_raw(&mut self, raw: &RawBlock<'a>) {
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
}
