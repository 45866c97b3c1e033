//! A rendered text and its map back to the template.

use std::ops::Range;

use super::problem::Problem;

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
