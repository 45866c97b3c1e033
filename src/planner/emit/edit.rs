//! Edits of a text by spans of its template.

use crate::diagnostic::Span;

/// Replaces what stands at a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    /// Where, in the template.
    pub(super) span: Span,
    /// By what.
    pub(super) replacement: String,
}

/// The text with its edits; `whole` is the span of the text. Everything outside the edits stays byte for byte. An
/// edit outside the text, or within an earlier one, is left out.
pub(super) fn apply(text: &str, whole: Span, mut edits: Vec<Edit>) -> String {
    // An edit comes before those inside it.
    edits.sort_by_key(|edit| (edit.span.start, std::cmp::Reverse(edit.span.end)));
    let mut edited = String::with_capacity(text.len());
    let mut copied = 0;
    for edit in edits {
        let (Some(start), Some(end)) = (
            edit.span
                .start
                .checked_sub(whole.start)
                .map(|at| at as usize),
            edit.span.end.checked_sub(whole.start).map(|at| at as usize),
        ) else {
            continue;
        };
        if let Some(before) = text.get(copied..start)
            && end <= text.len()
            && whole.contains(edit.span)
        {
            edited.push_str(before);
            edited.push_str(&edit.replacement);
            copied = end;
        }
    }
    edited.push_str(text.get(copied..).unwrap_or(""));
    edited
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceId;

    fn span(start: u32, end: u32) -> Span {
        Span {
            source: SourceId(0),
            start,
            end,
        }
    }

    fn edit(start: u32, end: u32, replacement: &str) -> Edit {
        Edit {
            span: span(start, end),
            replacement: replacement.to_owned(),
        }
    }

    #[test]
    fn what_is_not_edited_stays() {
        let edits = vec![edit(23, 24, "y"), edit(10, 11, "x")];
        assert_eq!(
            apply("a /* ä */ b c\n", span(10, 25), edits),
            "x /* ä */ b y\n"
        );
    }

    #[test]
    fn an_edit_within_another_is_left_out() {
        let edits = vec![edit(2, 3, "in"), edit(1, 4, "out")];
        assert_eq!(apply("abcde", span(0, 5), edits), "aoute");
    }
}
