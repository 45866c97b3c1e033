//! What statements and frames are told apart by in a profile: what they say, wherever they stand.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::diagnostic::Span;
use crate::frontend::source::{Source, SourceKind, Sources};
use crate::frontend::sql::tokens;
use crate::frontend::statement::{Statement, StatementId};

/// Bytes of a digest that are kept: two texts of one pipeline do not meet by chance.
const DIGEST_BYTES: usize = 16;

/// Fingerprints of statements: of their tokens in template spelling, without layout and comments. What has no tokens
/// that are known, such as Python, is its text without carriage returns.
pub fn statements(sources: &Sources, statements: &[Statement]) -> BTreeMap<StatementId, String> {
    let mut lexed: BTreeMap<_, Option<Vec<Span>>> = BTreeMap::new();
    let mut fingerprints = BTreeMap::new();
    for statement in statements {
        let Some(source) = sources.get(statement.source) else {
            continue;
        };
        let spans = lexed.entry(source.id).or_insert_with(|| spans(source));
        let text = if let Some(spans) = spans {
            let span = statement.span;
            // In order, so that the tokens of a statement are found without looking at all of them.
            let first = spans.partition_point(|token| token.start < span.start);
            let own = spans.iter().skip(first);
            let own = own.take_while(|token| token.end <= span.end);
            joined(own.map(|token| source.text(*token)))
        } else {
            source.text(statement.span).replace('\r', "")
        };
        fingerprints.insert(statement.id, digest(&text));
    }
    fingerprints
}

/// Where the tokens of a file stand in its template; none where that is not known.
fn spans(source: &Source) -> Option<Vec<Span>> {
    if source.kind == SourceKind::Python {
        return None;
    }
    let tokens = tokens(source.rendered()).ok()?;
    let tokens = tokens.into_iter();
    Some(
        tokens
            .map(|token| source.to_template(token.range))
            .collect(),
    )
}

/// The fingerprint of a frame: of its kind and of the tokens of its definition, apart from what only says how its rows are
/// spread or where they are put: `SELECT * FROM (…)`. Names of other frames must not stand in it any more, as they are
/// numbered by plan.
pub fn frame(kind: &str, definition: &str) -> String {
    let words: Vec<&str> = match tokens(definition) {
        Ok(tokens) => {
            let tokens = tokens.into_iter();
            let texts = tokens.filter_map(|token| {
                let (start, end) = (token.range.start as usize, token.range.end as usize);
                definition.get(start..end)
            });
            texts.collect()
        }
        Err(_) => definition.split_whitespace().collect(),
    };
    let mut words = words.as_slice();
    while let ["SELECT", "*", "FROM", "(", inner @ .., ")"] = words {
        words = inner;
    }
    digest(&format!("{kind}\0{}", joined(words.iter().copied())))
}

fn joined<'t>(parts: impl Iterator<Item = &'t str>) -> String {
    let mut text = String::new();
    for part in parts {
        text.push_str(part);
        text.push('\0');
    }
    text
}

/// Lower-case hexadecimal digits of a SHA-256.
fn digest(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let mut written = String::with_capacity(2 * DIGEST_BYTES);
    for byte in digest.iter().take(DIGEST_BYTES) {
        // Writing to a string cannot fail.
        let _ = write!(written, "{byte:02x}");
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontend::source::Variables;

    fn of(text: &str, value: &str) -> Vec<String> {
        let values = Variables::from([("day".to_owned(), value.to_owned())]);
        let sources = Sources::from_texts([("a.sql", text)], &values);
        let parsed = crate::frontend::parse(&sources);
        statements(&sources, &parsed.statements)
            .into_values()
            .collect()
    }

    #[test]
    fn a_statement_is_what_it_says_wherever_it_stands() {
        let one = "SELECT a FROM t WHERE d = '${day}'";
        let before = of(one, "2024-01-01");
        assert_eq!(before.len(), 1);
        let after = of(
            "-- first\nSELECT 1;\n\nSELECT a -- this\n  FROM t\nWHERE d='${day}';\nSELECT 2",
            "2025-02-02",
        );
        assert_eq!(after.len(), 3);
        assert_eq!(after[1], before[0]);
        assert_ne!(after[0], before[0]);
        assert_ne!(of("SELECT b FROM t WHERE d = '${day}'", "1"), before);
    }

    #[test]
    fn a_frame_is_its_kind_and_its_query() {
        let one = frame("covering_read", "SELECT a, b\nFROM `d`.`t`");
        assert_eq!(one, frame("covering_read", "SELECT a,b FROM `d`.`t`"));
        let spread = "SELECT /*+ REPARTITION(8, `a`) */ * FROM (SELECT a,b FROM `d`.`t`)";
        assert_eq!(one, frame("covering_read", spread));
        assert_ne!(one, frame("intermediate", "SELECT a,b FROM `d`.`t`"));
        assert_ne!(one, frame("covering_read", "SELECT a FROM `d`.`t`"));
    }
}
