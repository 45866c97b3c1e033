//! Fingerprints of findings: the same as long as the rule, the table and the statement are.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::{Facts, Finding, Found};
use crate::frontend::sql::{TokenKind, tokens};

/// The findings with their fingerprints. Where several would have the same, the later ones count on.
pub(super) fn findings(facts: &Facts<'_>, found: Vec<Found>) -> Vec<Finding> {
    let mut texts: BTreeMap<_, String> = BTreeMap::new();
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    found
        .into_iter()
        .map(|found| {
            let statement = found
                .diagnostic
                .span
                .and_then(|span| facts.statement_at(span));
            let text = statement.map_or("", |statement| {
                let text = facts.sources.text(statement.span);
                texts
                    .entry(statement.id)
                    .or_insert_with(|| normalised(text))
                    .as_str()
            });
            let table = found.table.as_deref().unwrap_or("");
            let mut named = format!("{}\0{table}\0{text}", found.diagnostic.code);
            let times = seen.entry(named.clone()).or_default();
            if *times > 0 {
                let _ = write!(named, "\0{times}");
            }
            *times += 1;
            Finding {
                fingerprint: sha256(&named),
                diagnostic: found.diagnostic,
                table: found.table,
            }
        })
        .collect()
}

/// A statement without layout, comments and the letter case of its words. Text that has no tokens stays as it is.
pub(crate) fn normalised(text: &str) -> String {
    let Ok(tokens) = tokens(text) else {
        return text.to_owned();
    };
    let spelled = tokens.iter().filter_map(|token| {
        let text = text.get(token.range.start as usize..token.range.end as usize)?;
        Some(match token.kind {
            TokenKind::Word => text.to_lowercase(),
            _ => text.to_owned(),
        })
    });
    spelled.collect::<Vec<_>>().join(" ")
}

fn sha256(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
