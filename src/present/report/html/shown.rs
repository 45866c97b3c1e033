//! The user's text as a page shows it: nothing in it hides or turns around what stands beside it.

use std::borrow::Cow;
use std::fmt::Write as _;

use maud::{Markup, html};

/// Text without characters that show nothing or change the direction of writing: each is spelled out, such as
/// `\u{202e}`. Escaping for HTML is up to the template.
pub(super) fn shown(text: &str) -> Cow<'_, str> {
    if !text.chars().any(hides) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        if hides(c) {
            let _ = write!(out, "{}", c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// A sentence: what stands in backquotes is code.
pub(super) fn prose(text: &str) -> Markup {
    let parts: Vec<&str> = text.split('`').collect();
    let balanced = !parts.len().is_multiple_of(2);
    html! {
        @if balanced {
            @for (number, part) in parts.iter().enumerate() {
                @if number % 2 == 0 { (shown(part)) } @else { code { (shown(part)) } }
            }
        } @else {
            (shown(text))
        }
    }
}

/// Control characters, and those that set the direction of writing (Unicode Standard Annex 9, 2.8).
fn hides(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            true
        }
        c => c.is_control(),
    }
}

/// At most that many characters; a longer text keeps its end, behind an ellipsis.
pub(super) fn ending(text: &str, most: usize) -> Cow<'_, str> {
    let text = shown(text);
    let length = text.chars().count();
    if length <= most {
        return text;
    }
    let end: String = text.chars().skip(length + 1 - most).collect();
    Cow::Owned(format!("…{end}"))
}

/// At most that many characters; a longer text keeps its beginning, before an ellipsis.
pub(super) fn beginning(text: &str, most: usize) -> Cow<'_, str> {
    let text = shown(text);
    if text.chars().count() <= most {
        return text;
    }
    let start: String = text.chars().take(most.saturating_sub(1)).collect();
    Cow::Owned(format!("{start}…"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_spelled_out() {
        assert_eq!(shown("a\tb\nc"), "a\tb\nc");
        assert_eq!(shown("a\r\nb\u{202e}c\u{0}"), "a\nb\\u{202e}c\\u{0}");
        assert_eq!(ending("mart.orders", 7), "…orders");
        assert_eq!(beginning("mart.orders", 7), "mart.o…");
        assert_eq!(ending("short", 7), "short");
    }
}
