//! Constant texts: what formatting, joining and changing them gives.

use std::rc::Rc;

use super::value::{Constant, Value};

/// Most texts that one expression may stand for.
const MOST_TEXTS: usize = 64;

/// The text that `str()` makes of a constant.
fn shown(constant: &Constant) -> Rc<str> {
    match constant {
        Constant::Text(text, _) => text.clone(),
        Constant::Number(number) => number.to_string().into(),
        Constant::Truth(true) => "True".into(),
        Constant::Truth(false) => "False".into(),
        Constant::Nothing => "None".into(),
    }
}

/// The texts of parts put one after the other.
pub(super) fn joined<'a>(parts: &[Value<'a>]) -> Value<'a> {
    let mut texts = vec![String::new()];
    for part in parts {
        let Value::Constants(constants) = part else {
            return Value::Plain;
        };
        if texts.len() * constants.len() > MOST_TEXTS {
            return Value::Plain;
        }
        texts = texts
            .iter()
            .flat_map(|text| {
                constants
                    .iter()
                    .map(move |end| format!("{text}{}", shown(end)))
            })
            .collect();
    }
    constants(texts)
}

fn constants<'a>(texts: Vec<String>) -> Value<'a> {
    Value::Constants(
        texts
            .into_iter()
            .map(|text| Constant::Text(text.into(), None))
            .collect(),
    )
}

/// `template.format(…)`, as far as its fields are plain.
pub(super) fn formatted<'a>(
    template: &str,
    positional: &[Value<'a>],
    named: &[(String, Value<'a>)],
) -> Value<'a> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = template;
    let mut next = 0;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        literal.push_str(before);
        if let Some(after) = from.strip_prefix("{{").or_else(|| from.strip_prefix("}}")) {
            literal.push_str(from.get(..1).unwrap_or_default());
            rest = after;
            continue;
        }
        let Some((field, after)) = from.strip_prefix('{').and_then(|from| from.split_once('}'))
        else {
            return Value::Plain;
        };
        let value = if field.is_empty() {
            next += 1;
            positional.get(next - 1)
        } else if let Ok(number) = field.parse::<usize>() {
            positional.get(number)
        } else {
            named
                .iter()
                .find(|(name, _)| name == field)
                .map(|(_, value)| value)
        };
        let Some(value) = value else {
            return Value::Plain;
        };
        parts.push(Value::text(std::mem::take(&mut literal)));
        parts.push(value.clone());
        rest = after;
    }
    literal.push_str(rest);
    parts.push(Value::text(literal));
    joined(&parts)
}

/// `template % values`, as far as its fields are `%s` and `%d`.
pub(super) fn percent<'a>(template: &str, values: &[Value<'a>]) -> Value<'a> {
    let mut parts = Vec::new();
    let mut pieces = template.split('%');
    let mut literal = pieces.next().unwrap_or_default().to_owned();
    let mut values = values.iter();
    while let Some(piece) = pieces.next() {
        if piece.is_empty() {
            // `%%`
            literal.push('%');
            literal.push_str(pieces.next().unwrap_or_default());
            continue;
        }
        let Some(after) = piece.strip_prefix(['s', 'd']) else {
            return Value::Plain;
        };
        let Some(value) = values.next() else {
            return Value::Plain;
        };
        parts.push(Value::text(std::mem::replace(
            &mut literal,
            after.to_owned(),
        )));
        parts.push(value.clone());
    }
    parts.push(Value::text(literal));
    joined(&parts)
}

/// What a method of a text gives; none where it is not followed.
pub(super) fn method<'a>(text: &str, name: &str, arguments: &[Value<'a>]) -> Option<Value<'a>> {
    let given: Option<Vec<Rc<str>>> = arguments.iter().map(Value::one_text).collect();
    let changed = match (name, given?.as_slice()) {
        ("lower", []) => text.to_lowercase(),
        ("upper", []) => text.to_uppercase(),
        ("strip", []) => text.trim().to_owned(),
        ("lstrip", []) => text.trim_start().to_owned(),
        ("rstrip", []) => text.trim_end().to_owned(),
        ("replace", [from, to]) if !from.is_empty() => text.replace(&**from, to),
        _ => return None,
    };
    Some(Value::text(changed))
}

/// `separator.join(items)`
pub(super) fn separated<'a>(separator: &str, items: &[Value<'a>]) -> Value<'a> {
    let mut parts = Vec::new();
    for item in items {
        if !parts.is_empty() {
            parts.push(Value::text(separator));
        }
        parts.push(item.clone());
    }
    joined(&parts)
}

/// Whether a text of SQL that stands for an expression may hold a query, which reads tables.
pub(super) fn may_hold_query(text: &str) -> bool {
    let text = text.to_lowercase();
    let mut words = text
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty());
    words.any(|word| matches!(word, "select" | "table" | "values" | "with" | "identifier"))
        || text
            .split('(')
            .skip(1)
            .any(|inside| inside.trim_start().starts_with("from"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_texts_are_followed() {
        let text = |value: Value<'_>| value.one_text().map(|text| text.to_string());
        let one = Value::text("one");
        assert_eq!(
            text(formatted(
                "{{{}}} {0} {x}",
                std::slice::from_ref(&one),
                &[("x".to_owned(), one.clone())]
            )),
            Some("{one} one one".to_owned())
        );
        assert_eq!(
            text(formatted("{:>3}", std::slice::from_ref(&one), &[])),
            None
        );
        assert_eq!(
            text(percent("a_%s_%d%%", &[one.clone(), one.clone()])),
            Some("a_one_one%".to_owned())
        );
        assert_eq!(text(percent("%5s", std::slice::from_ref(&one))), None);
        assert_eq!(
            text(separated(", ", &[one.clone(), one.clone()])),
            Some("one, one".to_owned())
        );
        assert_eq!(text(joined(&[one, Value::Plain])), None);
    }

    #[test]
    fn queries_in_expressions_are_suspected() {
        for text in [
            "x IN (SELECT y FROM t)",
            "exists ( FROM t )",
            "(TABLE t) = 1",
        ] {
            assert!(may_hold_query(text), "{text}");
        }
        for text in [
            "x > 1",
            "extract(year FROM d) = 2024",
            "trim(both from x)",
            "selected = 1",
        ] {
            assert!(!may_hold_query(text), "{text}");
        }
    }
}
