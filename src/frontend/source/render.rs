//! Filling in template variables, with a map back to the template.

use std::ops::Range;

use super::{Variables, offset};

/// A text with its variables filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// Where values stand, in order. Text between two segments is copied from the template.
    pub segments: Vec<Segment>,
    /// Variables without a value: their names stand in the text as a placeholder.
    pub missing: Vec<MissingVariable>,
}

/// One `${name}` and the value that replaced it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The variable.
    pub name: String,
    /// Byte range of `${name}` in the template.
    pub template: Range<u32>,
    /// Byte range of its value in the rendered text.
    pub rendered: Range<u32>,
}

/// A use of a variable that has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingVariable {
    /// The variable.
    pub name: String,
    /// Byte range of `${name}` in the template.
    pub template: Range<u32>,
}

impl Rendered {
    /// A text without variables.
    pub(super) fn verbatim(text: &str) -> Self {
        Rendered {
            text: text.to_owned(),
            ..Rendered::default()
        }
    }

    /// A range of the rendered text in the template.
    pub(super) fn to_template(&self, rendered: Range<u32>) -> Range<u32> {
        let start = self.map(rendered.start, true);
        let end = self.map(rendered.end, false);
        start..end.max(start)
    }

    /// `as_start`: a position inside a value maps to the start of its `${…}`, otherwise to the end.
    fn map(&self, position: u32, as_start: bool) -> u32 {
        // The last segment whose value starts at or before the position.
        let after = self
            .segments
            .partition_point(|segment| segment.rendered.start <= position);
        let Some(segment) = after
            .checked_sub(1)
            .and_then(|index| self.segments.get(index))
        else {
            return position;
        };
        let inside = if as_start {
            position < segment.rendered.end
        } else {
            position > segment.rendered.start && position <= segment.rendered.end
        };
        if inside {
            return if as_start {
                segment.template.start
            } else {
                segment.template.end
            };
        }
        if !as_start && position == segment.rendered.start {
            // The end of a range that stops where the value begins.
            return segment.template.start;
        }
        segment.template.end + (position - segment.rendered.end)
    }
}

/// Fills in every `${name}`, in quotes and outside, where `name` is a word of letters, digits, `_`, `.` and `-`.
/// A variable without a value is replaced by its bare name, which parses wherever a name or a value may stand.
pub fn render(template: &str, variables: &Variables) -> Rendered {
    let mut rendered = Rendered::default();
    let mut copied = 0;
    while let Some(found) = template.get(copied..).and_then(|rest| rest.find("${")) {
        let start = copied + found;
        let rest = template.get(start + 2..).unwrap_or("");
        let length = rest
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '-')))
            .unwrap_or(rest.len());
        let name = rest.get(..length).unwrap_or("");
        if name.is_empty() || !rest.get(length..).is_some_and(|tail| tail.starts_with('}')) {
            rendered
                .text
                .push_str(template.get(copied..start + 2).unwrap_or(""));
            copied = start + 2;
            continue;
        }
        rendered
            .text
            .push_str(template.get(copied..start).unwrap_or(""));
        let end = start + 2 + length + 1;
        let from = offset(rendered.text.len());
        if let Some(value) = variables.get(name) {
            rendered.text.push_str(value);
        } else {
            rendered.text.push_str(&name.replace(['.', '-'], "_"));
            let template = offset(start)..offset(end);
            rendered.missing.push(MissingVariable {
                name: name.to_owned(),
                template,
            });
        }
        rendered.segments.push(Segment {
            name: name.to_owned(),
            template: offset(start)..offset(end),
            rendered: from..offset(rendered.text.len()),
        });
        copied = end;
    }
    rendered.text.push_str(template.get(copied..).unwrap_or(""));
    rendered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_variable_stays() {
        let variables = Variables::new();
        for text in ["$", "${", "${}", "${a b}", "$x {y}", "${{x}}"] {
            assert_eq!(render(text, &variables).text, text);
        }
    }

    #[test]
    fn an_empty_value_maps_back_to_its_variable() {
        let variables = Variables::from([("x".to_owned(), String::new())]);
        let rendered = render("a${x}b", &variables);
        assert_eq!(rendered.text, "ab");
        assert_eq!(rendered.to_template(0..1), 0..1);
        assert_eq!(rendered.to_template(1..2), 5..6);
    }
}
