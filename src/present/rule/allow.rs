//! `-- hoist:allow RULE reason`: findings that the user has looked at and keeps.
//!
//! The comment counts for the statement that it stands in or ends the line of, and otherwise for the next one of its
//! file. It needs a reason. One that allows nothing is a finding itself.

use super::{Facts, Found, Level, Levels, Page, RULES, Rule, rule};
use crate::diagnostic::Span;
use crate::frontend::source::{Source, SourceKind};
use crate::frontend::sql::tokens;
use crate::frontend::statement::Statement;

/// What the comment begins with.
const MARK: &str = "hoist:allow";

pub(super) const RULE: Rule = Rule {
    name: "unused-allow",
    level: Level::Warn,
    summary: "a comment allows a finding that is not there, or gives no reason",
    page: Page {
        what: "A comment `-- hoist:allow RULE reason` (`# hoist:allow …` in Python) that names no rule, gives no reason, or \
               whose statement has no finding of that rule. One that names a rule which is off counts as used.",
        why: "A comment that allows nothing hides the next finding of its kind, and without a reason nobody can tell \
              whether it still holds.",
        bad: "-- hoist:allow cross-join all pairs are wanted\nSELECT id FROM sales.orders",
        good: "-- hoist:allow cross-join all pairs are wanted\nSELECT o.id, c.name FROM sales.orders o, sales.customers c",
        fix: "remove the comment, or name the rule and say why",
    },
    find: |_| Vec::new(),
};

/// A comment that allows something.
struct Allow {
    span: Span,
    name: String,
    reason: bool,
    /// Place of the statement that it counts for; none behind the last one.
    statement: Option<Span>,
}

/// Takes away what is allowed and adds what allows nothing.
pub(super) fn apply(facts: &Facts<'_>, levels: &Levels, found: &mut Vec<Found>) {
    let mut unused = Vec::new();
    for source in facts.sources {
        for allow in allows(facts, source) {
            let kept = found.len();
            let off = levels.get(&allow.name) == Some(&Level::Off);
            if let Some(statement) = allow.statement.filter(|_| allow.reason) {
                found.retain(|one| {
                    let here = one
                        .diagnostic
                        .span
                        .is_some_and(|span| statement.contains(span));
                    one.diagnostic.code != allow.name || !here
                });
            }
            if found.len() == kept && !off {
                unused.push(allow.unused());
            }
        }
    }
    let level = levels.get(RULE.name).copied().unwrap_or(RULE.level);
    let Some(severity) = level.severity() else {
        return;
    };
    for one in &mut unused {
        one.diagnostic.severity = severity;
    }
    found.append(&mut unused);
}

impl Allow {
    fn unused(&self) -> Found {
        let name = &self.name;
        let message = if rule(name).is_none() {
            format!("`{name}` is no rule, so nothing is allowed")
        } else if self.reason {
            format!("nothing here is a finding of `{name}`")
        } else {
            format!("`{name}` is not allowed without a reason")
        };
        let found = RULE.found(None, self.span, message);
        let mut names = RULES.iter().map(|rule| rule.name);
        match names
            .find(|known| known.starts_with(name.as_str()) && !name.is_empty() && known != name)
        {
            Some(near) if rule(name).is_none() => found.help(format!("did you mean `{near}`?")),
            _ => found,
        }
    }
}

/// The comments of a file, in order.
fn allows(facts: &Facts<'_>, source: &Source) -> Vec<Allow> {
    if !source.template().contains(MARK) {
        return Vec::new();
    }
    let statements = facts.workload.statements.iter();
    let statements: Vec<&Statement> = statements
        .filter(|statement| statement.source == source.id)
        .collect();
    comments(source)
        .into_iter()
        .filter_map(|(span, text)| {
            let rest = text
                .trim_start_matches(['-', '#', ' ', '\t'])
                .strip_prefix(MARK)?;
            let mut words = rest.split_whitespace();
            let name = words.next().unwrap_or("").to_owned();
            Some(Allow {
                span,
                name,
                reason: words.next().is_some(),
                statement: governed(source, &statements, span),
            })
        })
        .collect()
}

/// The statement that a comment counts for.
fn governed(source: &Source, statements: &[&Statement], comment: Span) -> Option<Span> {
    let line = |byte| source.position(byte).0;
    let around = |one: &&&Statement| {
        let ends = line(one.span.end) == line(comment.start) && one.span.end <= comment.start;
        one.span.contains(comment) || ends
    };
    let next = || statements.iter().find(|one| one.span.start >= comment.end);
    let found = statements.iter().find(around).or_else(next);
    found.map(|one| one.span)
}

/// Comments to the end of a line that hold the mark, with their places.
fn comments(source: &Source) -> Vec<(Span, &str)> {
    let template = source.template();
    let mut found = Vec::new();
    for (at, _) in template.match_indices(MARK) {
        let before = template.get(..at).unwrap_or("");
        let begins = before.trim_end_matches([' ', '\t']);
        let comment = match source.kind {
            SourceKind::Sql => begins.strip_suffix("--"),
            SourceKind::Python => begins.strip_suffix('#'),
        };
        let Some(outside) = comment else { continue };
        let rest = template.get(at..).unwrap_or("");
        let text = rest.lines().next().unwrap_or("").trim_end();
        let bytes = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let span = Span {
            source: source.id,
            start: bytes(outside.len()),
            end: bytes(at + text.len()),
        };
        if source.kind == SourceKind::Python || !in_token(source, span) {
            found.push((span, text));
        }
    }
    found
}

/// Whether a place lies inside a string or quoted name.
fn in_token(source: &Source, place: Span) -> bool {
    let Ok(tokens) = tokens(source.rendered()) else {
        return false;
    };
    tokens.into_iter().any(|token| {
        let token = source.to_template(token.range);
        token.start <= place.start && place.start < token.end
    })
}
