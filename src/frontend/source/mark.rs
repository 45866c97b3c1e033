//! Marks in a template: what they are and where they end. What they mean is `render`'s business.
//!
//! Spark SQL itself has no `{`, so in code every `{{`, `{%` and `{#` is Jinja. Within quotes it may be data. There a
//! mark is Jinja only where nothing else makes sense: `{{` with something in it that closes and does not begin with
//! the quote around it (`'{{' || x || '}}'` is data), `{%` with a word of Jinja; `{#` is data.

use super::name::{Reference, reference};
use super::scan::Place;

/// Longest tag or expression, bytes: lists of columns stand in them.
const LONGEST_TAG: usize = 64 << 10;
/// Longest expression in quotes and comments, bytes: braces there may be data, and the search for their end goes on for
/// each.
const LONGEST_QUOTED: usize = 4 << 10;

/// A mark at the start of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark<'a> {
    /// `${…}`.
    Reference(Reference<'a>),
    /// `{{ … }}`.
    Expression(Jinja<'a>),
    /// `{% … %}`.
    Tag(Jinja<'a>),
    /// `{# … #}`.
    Comment(Jinja<'a>),
    /// `{{`, `{%` or `{#` that nothing closes.
    Unclosed(&'static str),
}

/// What stands between the braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Jinja<'a> {
    /// Without blanks around it.
    pub(super) inside: &'a str,
    /// `-` before the closing brace: blanks that follow are left out.
    pub(super) trims_after: bool,
    /// Bytes of the whole mark.
    pub(super) length: usize,
}

/// The mark at the start of a text that stands in `place`; none where the text means itself.
pub(super) fn mark(text: &str, place: Place) -> Option<Mark<'_>> {
    if text.starts_with('$') {
        // `${{ x }}` is a dollar and an expression.
        let jinja = ["${{", "${%", "${#"]
            .iter()
            .any(|mark| text.starts_with(mark));
        return reference(text).filter(|_| !jinja).map(Mark::Reference);
    }
    let quoted = place.quote();
    let lenient = quoted.is_some() || place.is_comment();
    let (open, closer, longest) = match text.get(..2)? {
        "{{" if lenient => ("{{", "}}", LONGEST_QUOTED),
        "{{" => ("{{", "}}", LONGEST_TAG),
        "{%" => ("{%", "%}", LONGEST_TAG),
        "{#" if quoted.is_some() => return None,
        "{#" if lenient => ("{#", "#}", LONGEST_TAG),
        "{#" => ("{#", "#}", usize::MAX),
        _ => return None,
    };
    let content = text.get(2..)?.trim_start_matches(['-', '+']).trim_start();
    if lenient {
        let is_data = match closer {
            "}}" => {
                content.starts_with("}}") || quoted.is_some_and(|quote| content.starts_with(quote))
            }
            "%}" => !is_known(first_word(content)),
            _ => false,
        };
        if is_data {
            return None;
        }
    }
    let Some(jinja) = closed(text, closer, longest) else {
        // A tag opens a block even in quotes: without its end nothing after it is certain.
        return (!lenient || open == "{%").then_some(Mark::Unclosed(open));
    };
    Some(match open {
        "{{" => Mark::Expression(jinja),
        "{%" => Mark::Tag(jinja),
        _ => Mark::Comment(jinja),
    })
}

/// The mark up to its closing brace, which does not count within strings of the expression.
fn closed<'a>(text: &'a str, closer: &str, longest: usize) -> Option<Jinja<'a>> {
    let limit = text.floor_char_boundary(longest.min(text.len()));
    let text = text.get(..limit)?;
    let content = text.get(2..)?;
    let first = content.find(closer)?;
    let end = if closer == "#}" {
        first
    } else {
        unquoted(content, closer).unwrap_or(first)
    };
    let content = content.get(..end)?;
    let trims_after = content.ends_with('-');
    let content = content.strip_suffix(['-', '+']).unwrap_or(content);
    let inside = content.strip_prefix(['-', '+']).unwrap_or(content).trim();
    Some(Jinja {
        inside,
        trims_after,
        length: end + 4,
    })
}

fn unquoted(content: &str, closer: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in content.char_indices() {
        match quote {
            Some(open) => {
                let ends = c == open && !escaped;
                escaped = c == '\\' && !escaped;
                if ends {
                    quote = None;
                }
            }
            None if matches!(c, '\'' | '"') => quote = Some(c),
            None if content
                .get(at..)
                .is_some_and(|rest| rest.starts_with(closer)) =>
            {
                return Some(at);
            }
            None => {}
        }
    }
    None
}

/// Whether an expression is a name, or names joined by periods: all that is filled in.
pub(super) fn is_dotted_name(text: &str) -> bool {
    text.split('.').all(|part| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    }) && !matches!(text, "true" | "false" | "none" | "True" | "False" | "None")
}

/// The word at the start of a tag.
pub(super) fn first_word(inside: &str) -> &str {
    let end = inside.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    inside.get(..end.unwrap_or(inside.len())).unwrap_or("")
}

/// What a tag does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TagKind {
    /// Text up to the next `endraw` means itself.
    Raw,
    /// The end of that.
    EndRaw,
    /// Begins text that may be there once, several times or not at all.
    Opens,
    /// Another form of that text follows.
    Continues,
    /// Ends that text.
    Closes,
    /// Leaves nothing in the text.
    Silent,
    /// Leaves some text, or is not known.
    Inserts,
}

/// Words that begin a block, which `end…` ends. Source: Jinja 3 template designer documentation; `snapshot`,
/// `materialization`, `test` and `docs` are dbt's.
const OPENING: [&str; 13] = [
    "autoescape",
    "block",
    "call",
    "docs",
    "filter",
    "for",
    "if",
    "macro",
    "materialization",
    "snapshot",
    "test",
    "trans",
    "with",
];
const SILENT: [&str; 5] = ["break", "continue", "do", "from", "import"];
const OTHERS: [&str; 8] = [
    "elif",
    "else",
    "endraw",
    "extends",
    "include",
    "pluralize",
    "raw",
    "set",
];

fn is_known(word: &str) -> bool {
    let ended = word.strip_prefix("end").unwrap_or(word);
    OPENING.contains(&ended) || ended == "set" || SILENT.contains(&word) || OTHERS.contains(&word)
}

/// What the tag of this content does.
pub(super) fn kind(inside: &str) -> TagKind {
    match first_word(inside) {
        "raw" => TagKind::Raw,
        "endraw" => TagKind::EndRaw,
        "elif" | "else" | "pluralize" => TagKind::Continues,
        // `set x` captures text up to `endset`, `set x = 1` does not.
        "set" if inside.contains('=') => TagKind::Silent,
        "set" => TagKind::Opens,
        word if SILENT.contains(&word) => TagKind::Silent,
        word if OPENING.contains(&word) => TagKind::Opens,
        word if word.starts_with("end") => TagKind::Closes,
        _ => TagKind::Inserts,
    }
}

/// Bytes before the next `{% endraw %}`, and that tag's bytes.
pub(super) fn raw_end(text: &str) -> Option<(usize, Jinja<'_>)> {
    text.match_indices("{%").find_map(|(at, _)| {
        let rest = text.get(at..)?;
        let content = rest.get(2..)?.trim_start_matches(['-', '+']).trim_start();
        if first_word(content) != "endraw" {
            return None;
        }
        let tag = closed(rest, "%}", LONGEST_TAG)?;
        (tag.inside == "endraw").then_some((at, tag))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRING: Place = Place::String {
        quote: '\'',
        escapes: true,
    };

    fn inside(text: &str, place: Place) -> Option<(&str, usize)> {
        match mark(text, place)? {
            Mark::Reference(found) => Some((found.name, found.length)),
            Mark::Expression(jinja) | Mark::Tag(jinja) | Mark::Comment(jinja) => {
                Some((jinja.inside, jinja.length))
            }
            Mark::Unclosed(what) => Some((what, 0)),
        }
    }

    #[test]
    fn marks_end_where_jinja_ends_them() {
        for place in [Place::Code, STRING, Place::Identifier] {
            assert_eq!(inside("{{ ds }} x", place), Some(("ds", 8)));
            assert_eq!(inside("{{- ds -}} x", place), Some(("ds", 10)));
            assert_eq!(inside("{{ f(\"}}\") }} x", place), Some(("f(\"}}\")", 13)));
            assert_eq!(inside("{%- if x %} x", place), Some(("if x", 11)));
            assert_eq!(inside("{% if x", place), Some(("{%", 0)));
        }
        assert_eq!(inside("{#- c -#}", Place::Code), Some(("c", 9)));
        assert_eq!(inside("{{ x", Place::Code), Some(("{{", 0)));
        assert_eq!(inside("${{ x }}", Place::Code), None);
    }

    #[test]
    fn data_in_quotes_means_itself() {
        for text in [
            "{{}}",
            "{{ }}",
            "{{' || x || '}}'",
            "{{ x",
            "{% ' AND y LIKE '%}'",
            "{%key%}",
            "{# c #}",
        ] {
            assert_eq!(inside(text, STRING), None, "{text}");
        }
    }

    #[test]
    fn names_are_plain() {
        assert!(is_dotted_name("var.value.x_1"));
        for text in ["", "x.", "x.1", "x y", "x|y", "x()", "'x'", "1", "none"] {
            assert!(!is_dotted_name(text), "{text}");
        }
    }

    #[test]
    fn known_words_are_sorted() {
        assert!(OPENING.is_sorted() && SILENT.is_sorted() && OTHERS.is_sorted());
    }

    #[test]
    fn raw_blocks_end_at_their_tag() {
        let (at, tag) = raw_end("{{ x }} {% endrawx %}{%- endraw -%} y").unwrap();
        assert_eq!((at, tag.length, tag.trims_after), (21, 14, true));
        assert_eq!(raw_end("x {% endraw"), None);
    }
}
