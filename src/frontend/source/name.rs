//! Names of variables, and what their values expand to.
//!
//! Source of the rules for `${…}`: Spark `ConfigReader` (the pattern `\$\{(?:(\w+?):)?(\S+?)\}`, values expanded in
//! turn, circular references refused) and `VariableSubstitution` (`spark:`, `sparkconf:`, `hivevar:` and `hiveconf:`
//! all read the session's configuration; `system:` and `env:` are others; any other prefix is plain text).

use super::Variables;

/// Longest text of a reference, bytes.
const LONGEST_REFERENCE: usize = 1024;
/// Longest value after expansion, bytes: values that name each other can grow without bound.
const LONGEST_VALUE: usize = 4 << 20;
/// Most replacements within one value, and most that lie in each other.
const MOST_REPLACEMENTS: usize = 10_000;
const DEEPEST: usize = 100;

/// Prefixes that read the session's configuration, where plain names are too.
const CONFIGURATION: [&str; 4] = ["hivevar", "hiveconf", "spark", "sparkconf"];

/// The name under which a value is kept: `hivevar:x`, `hiveconf:x`, `spark:x` and `sparkconf:x` are `x`; `env:x` and
/// `system:x` stay apart.
pub fn variable_name(reference: &str) -> &str {
    match reference.split_once(':') {
        Some((prefix, name)) if CONFIGURATION.contains(&prefix) && !name.is_empty() => name,
        _ => reference,
    }
}

/// A `${…}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reference<'a> {
    /// The name under which its value is kept.
    pub(super) name: &'a str,
    /// What stands before the colon.
    pub(super) prefix: Option<&'a str>,
    /// Bytes from `$` to `}`.
    pub(super) length: usize,
}

/// The `${…}` at the start of a text, where Spark would replace it.
pub(super) fn reference(text: &str) -> Option<Reference<'_>> {
    let rest = text.strip_prefix("${")?;
    let mut bytes = rest.as_bytes().iter().take(LONGEST_REFERENCE);
    let end = bytes
        .position(|byte| *byte == b'}' || byte.is_ascii_whitespace())
        .filter(|end| rest.as_bytes().get(*end) == Some(&b'}'))?;
    let whole = rest.get(..end).filter(|whole| !whole.is_empty())?;
    let is_word = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let prefix = whole
        .split_once(':')
        .filter(|(prefix, name)| is_word(prefix) && !name.is_empty())
        .map(|(prefix, _)| prefix);
    let known = prefix
        .is_none_or(|prefix| CONFIGURATION.contains(&prefix) || matches!(prefix, "env" | "system"));
    known.then(|| Reference {
        name: variable_name(whole),
        prefix,
        length: end + 3,
    })
}

/// Names of the environment variables that a text asks for.
pub(super) fn environment_names(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("${env:").filter_map(|(at, _)| {
        reference(text.get(at..)?)?
            .name
            .strip_prefix("env:")
            .filter(|name| !name.is_empty())
    })
}

/// Why a value cannot be expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Endless {
    /// A value that leads back to the variable named.
    Circular(String),
    /// More than [`LONGEST_VALUE`] or [`MOST_REPLACEMENTS`].
    TooLong,
}

/// Values by name, and what stands for a value that is missing.
pub(super) struct Values<'a> {
    /// Given to hoist.
    pub(super) given: &'a Variables,
    /// Set by earlier statements; what is given comes first, as it is filled in before Spark sees the text.
    pub(super) set: Option<&'a Variables>,
    /// Whether a reference without a value stays as it is; otherwise its name stands for it.
    pub(super) keep: bool,
}

impl Values<'_> {
    fn of(&self, name: &str) -> Option<&str> {
        let set = || self.set.and_then(|set| set.get(name));
        self.given.get(name).or_else(set).map(String::as_str)
    }

    /// The value of a name, each `${…}` in it replaced in turn, and the names that had no value; none where the name
    /// itself has none.
    pub(super) fn expanded(&self, name: &str) -> Option<Result<(String, Vec<String>), Endless>> {
        let mut expansion = Expansion {
            values: self,
            text: String::new(),
            missing: Vec::new(),
            replaced: 0,
        };
        let done = expansion.add(self.of(name)?, &mut vec![name]);
        Some(done.map(|()| (expansion.text, expansion.missing)))
    }
}

struct Expansion<'a> {
    values: &'a Values<'a>,
    text: String,
    missing: Vec<String>,
    replaced: usize,
}

impl<'a> Expansion<'a> {
    fn add(&mut self, value: &'a str, used: &mut Vec<&'a str>) -> Result<(), Endless> {
        let mut rest = value;
        while let Some(at) = rest.find("${") {
            let (before, from) = rest.split_at(at);
            self.text.push_str(before);
            let Some(found) = reference(from) else {
                self.text.push_str("${");
                rest = from.get(2..).unwrap_or("");
                continue;
            };
            let (whole, tail) = from.split_at(found.length);
            rest = tail;
            if used.contains(&found.name) {
                return Err(Endless::Circular(found.name.to_owned()));
            }
            self.replaced += 1;
            if self.replaced > MOST_REPLACEMENTS || used.len() > DEEPEST {
                return Err(Endless::TooLong);
            }
            if let Some(inner) = self.values.of(found.name) {
                used.push(found.name);
                self.add(inner, used)?;
                used.pop();
                continue;
            }
            self.missing.push(found.name.to_owned());
            if self.values.keep {
                self.text.push_str(whole);
            } else {
                self.text.push_str(&super::placeholder::word(found.name));
            }
        }
        self.text.push_str(rest);
        if self.text.len() > LONGEST_VALUE {
            return Err(Endless::TooLong);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(&str, Option<&str>, usize)> {
        reference(text).map(|found| (found.name, found.prefix, found.length))
    }

    #[test]
    fn references_are_those_of_spark() {
        assert_eq!(found("${x} y"), Some(("x", None, 4)));
        assert_eq!(found("${a.b-c}"), Some(("a.b-c", None, 8)));
        for prefix in ["hivevar", "hiveconf", "spark", "sparkconf"] {
            let text = format!("${{{prefix}:x}}");
            assert_eq!(found(&text), Some(("x", Some(prefix), text.len())));
        }
        assert_eq!(found("${env:HOME}"), Some(("env:HOME", Some("env"), 11)));
        assert_eq!(
            found("${system:a.b}").map(|found| found.0),
            Some("system:a.b")
        );
        assert_eq!(found("${:-3}").map(|found| found.0), Some(":-3"));
        for text in [
            "${}",
            "${ x}",
            "${x }",
            "${x\n}",
            "${x",
            "${other:x}",
            "${x:-3}",
            "$x",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    fn expanded(pairs: &[(&str, &str)]) -> Result<(String, Vec<String>), Endless> {
        let given = pairs.iter();
        let given = given.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Values {
            given: &given.collect(),
            set: None,
            keep: false,
        }
        .expanded("a")
        .unwrap()
    }

    #[test]
    fn values_are_expanded_in_turn() {
        assert_eq!(
            expanded(&[("a", "x/${hivevar:b}/${c}${"), ("b", "y")]),
            Ok(("x/y/c${".to_owned(), vec!["c".to_owned()]))
        );
        // What two values spell together is no reference.
        assert_eq!(
            expanded(&[("a", "${b}${c}"), ("b", "$"), ("c", "{d}")]),
            Ok(("${d}".to_owned(), Vec::new()))
        );
        assert_eq!(
            expanded(&[("a", "${b}"), ("b", "${a}")]),
            Err(Endless::Circular("a".to_owned()))
        );
    }

    #[test]
    fn values_that_grow_without_bound_are_refused() {
        let mut pairs: Vec<(String, String)> = (0..60)
            .map(|number| {
                (
                    format!("v{number}"),
                    format!("${{v{0}}}${{v{0}}}", number + 1),
                )
            })
            .collect();
        pairs.push(("a".to_owned(), "${v0}".to_owned()));
        pairs.push(("v60".to_owned(), String::new()));
        let pairs: Vec<(&str, &str)> = pairs
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        assert_eq!(expanded(&pairs), Err(Endless::TooLong));
    }
}
