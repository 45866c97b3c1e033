//! Fingerprints of files and the use of template variables, both from tokens.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::{FileEntry, Variable};
use crate::frontend::python;
use crate::frontend::source::{Source, SourceKind, Sources, Variables};
use crate::frontend::sql::{TokenKind, tokens};
use crate::planner::emit::Language;

/// Name, language and fingerprints of every file.
pub(super) fn files(sources: &Sources) -> Vec<FileEntry> {
    sources
        .iter()
        .map(|source| FileEntry {
            name: source.name.clone(),
            kind: match source.kind {
                SourceKind::Sql => Language::Sql,
                SourceKind::Python => Language::Python,
            },
            sha256: token_fingerprint(source),
            text_sha256: sha256(source.template().as_bytes()),
        })
        .collect()
}

/// SHA-256 of the kinds and template spellings of a file's significant tokens. A file whose tokens are not known
/// (Python, or text that is no SQL) is its text without carriage returns.
///
/// The template spelling keeps values of variables out; the kind keeps apart `${x}` that is a number today and a
/// word tomorrow.
fn token_fingerprint(source: &Source) -> String {
    let Some(lexed) = lexed(source) else {
        return sha256(source.template().replace('\r', "").as_bytes());
    };
    let mut normalised = Vec::new();
    for (kind, text) in lexed {
        normalised.push(kind);
        // Letter case of a bare word means nothing, but it may spell an output column.
        normalised.extend_from_slice(text.as_bytes());
        normalised.push(0);
    }
    sha256(&normalised)
}

/// Kinds and template spellings of a file's significant tokens; none for Python and for text that is no SQL.
fn lexed(source: &Source) -> Option<Vec<(u8, &str)>> {
    let lexed = match source.kind {
        SourceKind::Sql => tokens(source.rendered()).ok()?,
        SourceKind::Python => return None,
    };
    let spelled = lexed.into_iter().map(|token| {
        let kind = match token.kind {
            TokenKind::Word => b'w',
            TokenKind::QuotedIdentifier => b'q',
            TokenKind::String => b's',
            TokenKind::Number => b'n',
            TokenKind::Symbol => b'y',
        };
        (kind, source.text(source.to_template(token.range)))
    });
    Some(spelled.collect())
}

/// Whether two files hold the same statements, layout, comments and empty statements apart.
pub(super) fn same_statements(one: &Source, other: &Source) -> bool {
    fn statements<'a>(lexed: &'a [(u8, &'a str)]) -> Vec<&'a [(u8, &'a str)]> {
        let parts = lexed.split(|token| *token == (b'y', ";"));
        parts.filter(|part| !part.is_empty()).collect()
    }
    match (lexed(one), lexed(other)) {
        (Some(one), Some(other)) => statements(&one) == statements(&other),
        (None, None) => token_fingerprint(one) == token_fingerprint(other),
        _ => false,
    }
}

/// The variables that the files use, by name. One is structural where any of its uses stands outside a string or
/// number, comments apart: then its value may decide names or the shape of a statement.
pub(super) fn variables(sources: &Sources, values: &Variables) -> Vec<Variable> {
    let mut structural: BTreeMap<String, bool> = BTreeMap::new();
    for source in sources {
        let rendered = source.rendered();
        let lexed = match source.kind {
            SourceKind::Sql => tokens(rendered).unwrap_or_default(),
            // Below: Python files are no templates.
            SourceKind::Python => continue,
        };
        for (name, value) in source.filled_in() {
            let comment = !value.is_empty()
                && !rendered
                    .get(value.start as usize..value.end as usize)
                    .unwrap_or("")
                    .trim()
                    .is_empty()
                && !lexed
                    .iter()
                    .any(|token| token.range.start < value.end && value.start < token.range.end);
            let literal = lexed.iter().any(|token| match token.kind {
                TokenKind::String => token.range.start < value.start && value.end < token.range.end,
                TokenKind::Number => {
                    token.range.start <= value.start && value.end <= token.range.end
                }
                _ => false,
            });
            *structural.entry(name.to_owned()).or_default() |= !(literal || comment);
        }
    }
    for name in python::deciding_variables(sources) {
        structural.insert(name, true);
    }
    structural
        .into_iter()
        .map(|(name, structural)| Variable {
            value: values.get(&name).filter(|_| structural).cloned(),
            name,
            structural,
        })
        .collect()
}

/// Lower-case hexadecimal SHA-256.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(text: &str, values: &Variables) -> String {
        let sources = Sources::from_texts([("a.sql", text)], values);
        files(&sources)[0].sha256.clone()
    }

    fn values(pairs: &[(&str, &str)]) -> Variables {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn layout_and_comments_are_no_drift_and_everything_else_is() {
        let none = Variables::new();
        let base = fingerprint("SELECT a FROM t WHERE d = 'x y'", &none);
        for same in [
            "SELECT a\n  FROM t -- where from\nWHERE d = 'x y'",
            "/* first */ SELECT a FROM t\r\nWHERE d='x y'",
        ] {
            assert_eq!(fingerprint(same, &none), base, "{same}");
        }
        for other in [
            "SELECT a FROM t WHERE d = 'x  y'",
            "SELECT A FROM t WHERE d = 'x y'",
            "SELECT a FROM t WHERE d = `x y`",
            "SELECT a FROM t WHERE d <> 'x y'",
        ] {
            assert_ne!(fingerprint(other, &none), base, "{other}");
        }
    }

    #[test]
    fn values_of_variables_are_not_in_the_fingerprint_but_their_kind_is() {
        let text = "SELECT a FROM t WHERE d = '${day}' AND n = ${n}";
        let base = fingerprint(text, &values(&[("day", "2024-01-01"), ("n", "1")]));
        let other_values = fingerprint(text, &values(&[("day", "2025-01-01"), ("n", "22")]));
        assert_eq!(base, other_values);
        let other_kind = fingerprint(text, &values(&[("day", "2024-01-01"), ("n", "b")]));
        assert_ne!(base, other_kind);
        let breaking_out = fingerprint(text, &values(&[("day", "x' OR '1"), ("n", "1")]));
        assert_ne!(base, breaking_out);
    }

    #[test]
    fn a_variable_is_structural_where_it_decides_names() {
        let text = "SELECT '${day}', ${n} FROM ${db}.t_${suffix} WHERE d = '${db}' AND x = ${cut} -- ${note}";
        let values = values(&[
            ("day", "2024-01-01"),
            ("n", "10"),
            ("db", "mart"),
            ("suffix", "v1"),
            ("cut", "1 OR TRUE"),
            ("note", "nothing to see"),
        ]);
        let sources = Sources::from_texts([("a.sql", text)], &values);
        let shown: Vec<String> = variables(&sources, &values)
            .into_iter()
            .map(|variable| format!("{} {:?}", variable.name, variable.value))
            .collect();
        assert_eq!(
            shown,
            [
                "cut Some(\"1 OR TRUE\")",
                "day None",
                "db Some(\"mart\")",
                "n None",
                "note None",
                "suffix Some(\"v1\")",
            ]
        );
    }
}
