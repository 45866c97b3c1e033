//! Places of the user's text that read frames: what stands there instead, token by token.

use super::emitted::Placed;
use crate::diagnostic::Span;

/// A place of a text that changes, and what stands there instead.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) span: Span,
    /// Token by token.
    pub(super) instead: Vec<Instead>,
}

/// A token that stands at a changed place.
#[derive(Clone, Debug)]
pub(super) enum Instead {
    /// The name of a frame in filled texts.
    Frame {
        name: String,
        /// What its columns are qualified by, lower-case.
        called: String,
    },
    /// A keyword.
    Word(&'static str),
    /// An operator.
    Symbol(&'static str),
    /// A number.
    Number(&'static str),
    /// A name whose letter case does not matter, without backquotes, lower-case.
    Named(String),
    /// A name in this very spelling, without backquotes: it names an output column.
    Spelled(String),
    /// What the user wrote.
    Written(String),
}

impl Instead {
    pub(super) fn is(&self, token: &Placed<'_>) -> bool {
        match self {
            Instead::Frame { name, .. } => token.is_name() && token.key() == name.to_lowercase(),
            Instead::Word(word) => token.is_word(word),
            Instead::Symbol(symbol) => token.is_symbol(symbol),
            Instead::Number(number) => token.normalised() == format!("n:{number}"),
            Instead::Named(key) => token.is_name() && token.key() == *key,
            Instead::Spelled(name) => token.is_name() && token.spelling() == *name,
            Instead::Written(text) => token.text == text,
        }
    }

    pub(super) fn shown(&self) -> String {
        match self {
            Instead::Word(word) => word.to_uppercase(),
            Instead::Symbol(text) | Instead::Number(text) => (*text).to_owned(),
            Instead::Frame { name, .. }
            | Instead::Named(name)
            | Instead::Spelled(name)
            | Instead::Written(name) => name.clone(),
        }
    }
}

/// Changes in text order.
///
/// # Errors
/// Where two of them overlap.
pub(super) fn in_order(mut changes: Vec<Change>) -> Result<Vec<Change>, String> {
    changes.sort_by_key(|change| change.span);
    for pair in changes.windows(2) {
        if let [first, then] = pair
            && then.span.start < first.span.end
        {
            return Err("two frames replace the same place".to_owned());
        }
    }
    Ok(changes)
}

/// The tokens of a text with changes in it, which are in text order.
pub(super) fn changed(tokens: &[Placed<'_>], changes: &[Change]) -> Vec<Instead> {
    let mut expected = Vec::new();
    let mut rest = changes.iter().peekable();
    let mut kept_from = 0;
    for token in tokens {
        while let Some(change) = rest.next_if(|change| change.span.start <= token.span.start) {
            expected.extend(change.instead.iter().cloned());
            kept_from = change.span.end;
        }
        if kept_from <= token.span.start {
            expected.push(Instead::Written(token.text.to_owned()));
        }
    }
    expected.extend(rest.flat_map(|change| change.instead.iter().cloned()));
    expected
}
