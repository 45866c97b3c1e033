//! When two subqueries say the same.
//!
//! The key of a subquery is its token text with everything removed that cannot matter: blanks and comments are not
//! tokens; letter case of words; an `AS` before an alias; backquotes around what can only be a name; aliases, which
//! become the ordinal of their relation; table names, which become the version read; the order of the conjuncts of a
//! condition, brackets that only group them, and the sides of `column = column` (see [`mod@condition`]). Strings, numbers and
//! template variables stay as the template has them. Equal keys and equal output names mean equal results, if the subquery
//! is closed, deterministic and cannot fail.

mod condition;

use std::collections::BTreeMap;
use std::ops::Range;

use self::condition::{Condition, Conjunct, conditions};
use super::Context;
use super::texts::PlacedToken;
use super::walk::Names;
use crate::diagnostic::Span;
use crate::facts::access::{Access, Origin, Subquery};
use crate::frontend::sql::TokenKind;

/// Words that mean something else in backquotes although they may stand where a name may.
pub(super) const NILADIC: [&str; 10] = [
    "current_catalog",
    "current_database",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "localtimestamp",
    "null",
    "session_user",
    "user",
];

/// The key of a subquery.
pub(super) fn key(
    context: &Context<'_>,
    access: &Access,
    subquery: &Subquery,
    names: &Names<'_>,
) -> Vec<String> {
    let writer = Writer::new(context, access, subquery, names);
    writer.key(0..writer.tokens.len(), None)
}

/// Writes the key of some tokens of a subquery.
pub(super) struct Writer<'k> {
    /// The tokens of the subquery.
    pub(super) tokens: &'k [PlacedToken<'k>],
    /// Its relations, and what names them.
    pub(super) relations: Relations,
    edits: Edits,
    /// By the token at which they begin.
    conditions: BTreeMap<usize, Condition>,
    names: &'k Names<'k>,
}

impl<'k> Writer<'k> {
    pub(super) fn new(
        context: &Context<'k>,
        access: &Access,
        subquery: &Subquery,
        names: &'k Names<'k>,
    ) -> Self {
        let tokens = context.texts.within(subquery.body);
        let relations = Relations::of(context, subquery, names);
        Writer {
            tokens,
            edits: edits(access, names, &relations),
            relations,
            conditions: conditions(tokens, names),
            names,
        }
    }

    /// Positions of the tokens within a span.
    pub(super) fn range(&self, span: Span) -> Range<usize> {
        let start = self
            .tokens
            .partition_point(|token| token.span.start < span.start);
        let end = self
            .tokens
            .partition_point(|token| token.span.end <= span.end);
        start..end.max(start)
    }

    /// A condition with the conjuncts at these spans; none where anything but `AND` and brackets joins them.
    pub(super) fn cut(&self, spans: &[Span]) -> Option<(usize, Condition)> {
        condition::condition(self.tokens, spans, self.names)
    }

    /// The key of a range of tokens, which is a part of the condition that begins at `within`, where that is given.
    pub(super) fn key(&self, range: Range<usize>, within: Option<usize>) -> Vec<String> {
        let mut key: Vec<String> = Vec::new();
        let mut index = range.start;
        let mut done = 0;
        while let Some(token) = self.tokens.get(index).filter(|_| index < range.end) {
            if let Some(condition) = self.conditions.get(&index)
                && within != Some(index)
            {
                self.condition(index, condition, &mut key);
                index = condition.end;
                continue;
            }
            index += 1;
            if token.span.start < done {
                continue;
            }
            drop_optional_as(&mut key, self.names.aliases.contains(&token.span));
            if let Some((end, replacement)) = self.edits.get(&token.span.start) {
                done = *end;
                key.extend(replacement.iter().cloned());
            } else if self.names.identifiers.contains(&token.span) {
                key.push(identifier(token));
            } else {
                key.push(word(token));
            }
        }
        key
    }

    /// The conjuncts in order of their keys, between marks of their own: brackets that hold an `OR` together are gone.
    fn condition(&self, start: usize, condition: &Condition, key: &mut Vec<String>) {
        let conjuncts = condition.conjuncts.iter();
        let conjuncts = conjuncts.map(|conjunct| self.conjunct(start, conjunct));
        let mut conjuncts: Vec<Vec<String>> = conjuncts.collect();
        conjuncts.sort_unstable();
        key.push("&(".to_owned());
        key.extend(conjuncts.join(&"&".to_owned()));
        key.push("&)".to_owned());
    }

    /// The key of a conjunct of the condition that begins at `start`.
    pub(super) fn conjunct(&self, start: usize, conjunct: &Conjunct) -> Vec<String> {
        let Some(equals) = conjunct.equals else {
            return self.key(conjunct.tokens.clone(), Some(start));
        };
        let mut sides = [
            self.key(conjunct.tokens.start..equals, Some(start)),
            self.key(equals + 1..conjunct.tokens.end, Some(start)),
        ];
        sides.sort_unstable();
        sides.join(&"o:=".to_owned())
    }
}

fn drop_optional_as(key: &mut Vec<String>, before_alias: bool) {
    if before_alias && key.last().is_some_and(|last| last == "w:as") {
        key.pop();
    }
}

/// The relations of a subquery in text order.
pub(super) struct Relations {
    /// The place that defines each, and its alias.
    places: Vec<(Span, Option<Span>)>,
    /// What names them, and the number of the relation that each means: aliases and qualifiers.
    qualifiers: BTreeMap<Span, usize>,
}

impl Relations {
    fn of(context: &Context<'_>, subquery: &Subquery, names: &Names<'_>) -> Self {
        let within = |span: Span| subquery.body.contains(span);
        let tables = names
            .tables
            .iter()
            .filter(|(place, _)| within(**place))
            .map(|(place, table)| (*place, table.alias.as_ref().map(|alias| alias.span)));
        let derived = names.derived.iter().filter(|alias| within(alias.span));
        let mut places: Vec<(Span, Option<Span>)> = tables
            .chain(derived.map(|alias| (alias.span, Some(alias.span))))
            .collect();
        places.sort_unstable();
        let mut qualifiers = BTreeMap::new();
        for group in &subquery.aliases {
            let defined = |alias: &Option<Span>| alias.is_some_and(|alias| group.contains(&alias));
            let number = places
                .iter()
                .position(|(_, alias)| defined(alias))
                .or_else(|| {
                    // A table without alias goes by the last part of its name, if only one in here does.
                    let called = group.first().map(|span| bare(context.texts.text(*span)))?;
                    let mut same = places.iter().enumerate().filter(|(_, (place, alias))| {
                        alias.is_none()
                            && names.tables.get(place).is_some_and(|table| {
                                table
                                    .name
                                    .parts
                                    .last()
                                    .is_some_and(|part| part.key() == called)
                            })
                    });
                    let (number, _) = same.next()?;
                    same.next().is_none().then_some(number)
                });
            let Some(number) = number else { continue };
            let inside = group.iter().filter(|span| within(**span));
            qualifiers.extend(inside.map(|span| (*span, number)));
        }
        Relations { places, qualifiers }
    }

    /// The number of the relation that an alias or qualifier means.
    pub(super) fn meant(&self, qualifier: Span) -> Option<usize> {
        self.qualifiers.get(&qualifier).copied()
    }

    /// The number of the relation that is defined at a place: by the name of a table, or the alias of another relation.
    pub(super) fn at(&self, place: Span) -> Option<usize> {
        self.places.iter().position(|(other, _)| *other == place)
    }
}

/// What replaces the tokens from a start to an end.
type Edits = BTreeMap<u32, (u32, Vec<String>)>;

fn edits(access: &Access, names: &Names<'_>, relations: &Relations) -> Edits {
    let ordinal = |number: usize| format!("#{number}");
    let mut edits = Edits::new();
    for (span, number) in &relations.qualifiers {
        edits.insert(span.start, (span.end, vec![ordinal(*number)]));
    }
    for (number, (place, alias)) in relations.places.iter().enumerate() {
        if let Some(alias) = alias {
            edits.insert(alias.start, (alias.end, vec![ordinal(number)]));
        }
        let Some(table) = names.tables.get(place) else {
            continue;
        };
        let read = access
            .reads
            .iter()
            .find(|read| matches!(read.origin, Origin::Named { name, .. } if name == *place));
        let mut replacement = match read {
            Some(read) => {
                vec![format!(
                    "t:{}@{}",
                    read.version.table.0, read.version.generation
                )]
            }
            None => table
                .name
                .parts
                .iter()
                .map(|part| format!("i:{}", part.key()))
                .collect(),
        };
        if alias.is_none() {
            replacement.push(ordinal(number));
        }
        edits.insert(place.start, (place.end, replacement));
    }
    edits
}

/// A token that can only be a name.
fn identifier(token: &PlacedToken<'_>) -> String {
    let name = bare(token.text);
    if token.kind == TokenKind::Word && NILADIC.contains(&name.as_str()) {
        return word(token);
    }
    format!("i:{name}")
}

/// Any token, by its kind.
pub(super) fn word(token: &PlacedToken<'_>) -> String {
    match token.kind {
        TokenKind::Word => format!("w:{}", token.text.to_lowercase()),
        TokenKind::QuotedIdentifier => format!("q:{}", bare(token.text)),
        TokenKind::String => format!("s:{}", token.text),
        TokenKind::Number => format!("n:{}", token.text.to_lowercase()),
        TokenKind::Symbol => format!("o:{}", token.text),
    }
}

/// A name for comparing, without backquotes.
fn bare(text: &str) -> String {
    let inner = text
        .strip_prefix('`')
        .and_then(|rest| rest.strip_suffix('`'));
    inner.map_or_else(
        || text.to_lowercase(),
        |inner| inner.replace("``", "`").to_lowercase(),
    )
}
