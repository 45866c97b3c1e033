//! Operands of comparisons, read from tokens before or after an operator.

use super::Literal;
use crate::frontend::sql::TokenKind;
use crate::frontend::statement::LiteralKind;

/// A token with its text.
#[derive(Clone, Debug)]
pub(super) struct Word<'a> {
    pub(super) kind: TokenKind,
    pub(super) text: &'a str,
    /// For comparing with keywords; empty for strings and quoted identifiers.
    pub(super) upper: String,
}

/// Words that are no column where one could stand.
#[rustfmt::skip]
const KEYWORDS: [&str; 48] = [
    "ALL", "AND", "ANTI", "ANY", "AS", "ASC", "BETWEEN", "BY", "CASE", "CROSS", "CURRENT_DATE", "DATE", "DESC",
    "DISTINCT", "ELSE", "END", "EXISTS", "FALSE", "FILTER", "FROM", "FULL", "GROUP", "HAVING", "IN", "INNER",
    "INTERVAL", "IS", "JOIN", "LEFT", "LIKE", "LIMIT", "NOT", "NULL", "ON", "OR", "ORDER", "OVER", "PARTITION",
    "RIGHT", "SELECT", "SEMI", "THEN", "TIMESTAMP", "TRUE", "UNION", "WHEN", "WHERE", "WITH",
];

/// One side of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Operand {
    /// Last parts of the columns in it, lower-case.
    pub(super) columns: Vec<String>,
    /// The function that it is a call of, lower-case.
    pub(super) function: Option<String>,
    /// Literals in it.
    pub(super) literals: Vec<Literal>,
    /// The token after it, or the one before it where it was read backwards.
    pub(super) end: usize,
}

impl Word<'_> {
    pub(super) fn is(&self, wanted: &str) -> bool {
        self.upper == wanted
    }

    /// Whether it can name a column.
    pub(super) fn is_name(&self) -> bool {
        match self.kind {
            TokenKind::QuotedIdentifier => true,
            TokenKind::Word => KEYWORDS.binary_search(&self.upper.as_str()).is_err(),
            _ => false,
        }
    }

    fn name(&self) -> String {
        self.text
            .trim_matches('`')
            .replace("``", "`")
            .to_lowercase()
    }

    /// The literal that it is by itself.
    fn literal(&self) -> Option<Literal> {
        let (kind, text) = match self.kind {
            TokenKind::String => (LiteralKind::String, unquoted(self.text)),
            TokenKind::Number => {
                let suffix = |c: char| matches!(c, 'L' | 'S' | 'Y' | 'D' | 'F' | 'B');
                let number = self.upper.trim_end_matches(suffix);
                (LiteralKind::Number, number.to_owned())
            }
            TokenKind::Word if self.is("TRUE") || self.is("FALSE") => {
                (LiteralKind::Boolean, self.text.to_lowercase())
            }
            _ => return None,
        };
        Some(Literal { kind, text })
    }
}

/// The value of a string token, prefix and quotes removed. Escapes other than that of one character are rare in
/// comparisons and only make another value.
fn unquoted(text: &str) -> String {
    let raw = text.starts_with(['r', 'R']);
    let text = text.trim_start_matches(['r', 'R']);
    let Some(quote) = text.chars().next() else {
        return String::new();
    };
    let inner = text
        .strip_prefix(quote)
        .and_then(|text| text.strip_suffix(quote))
        .unwrap_or("");
    if raw {
        return inner.to_owned();
    }
    let mut value = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            // `\%` and `\_` stay as they are, for LIKE.
            '\\' => match chars.next() {
                Some(next @ ('%' | '_')) => value.extend(['\\', next]),
                next => value.extend(next),
            },
            // A doubled quote.
            c if c == quote => {
                chars.next();
                value.push(c);
            }
            c => value.push(c),
        }
    }
    value
}

/// A literal that begins at a token, and the token after it.
pub(super) fn literal_at(words: &[Word<'_>], at: usize) -> Option<(Literal, usize)> {
    let word = words.get(at)?;
    let next = words.get(at + 1);
    if let Some(kind) = match word.upper.as_str() {
        "DATE" => Some(LiteralKind::Date),
        "TIMESTAMP" | "TIMESTAMP_NTZ" | "TIMESTAMP_LTZ" => Some(LiteralKind::Timestamp),
        _ => None,
    } {
        let text = next.filter(|next| next.kind == TokenKind::String)?.text;
        let text = unquoted(text);
        return Some((Literal { kind, text }, at + 2));
    }
    if word.is("-") {
        let literal = next?.literal()?;
        return (literal.kind == LiteralKind::Number).then(|| {
            let text = format!("-{}", literal.text);
            (Literal { text, ..literal }, at + 2)
        });
    }
    Some((word.literal()?, at + 1))
}

/// The operand that begins at a token.
pub(super) fn after(words: &[Word<'_>], at: usize) -> Option<Operand> {
    if let Some((literal, end)) = literal_at(words, at) {
        let mut literals = shifted(words, end, &literal);
        literals.insert(0, literal);
        return Some(Operand {
            literals,
            end,
            ..Operand::default()
        });
    }
    let word = words.get(at)?;
    if word.is("(") {
        let close = closing(words, at)?;
        return inside(words, at + 1, close, None, close + 1);
    }
    let mut last = at;
    if !word.is_name() {
        let is_call = words.get(at + 1).is_some_and(|next| next.is("("));
        if !is_call || word.kind != TokenKind::Word {
            return None;
        }
    }
    while words.get(last + 1).is_some_and(|next| next.is("."))
        && words.get(last + 2).is_some_and(Word::is_name)
    {
        last += 2;
    }
    if words.get(last + 1).is_some_and(|next| next.is("(")) {
        let close = closing(words, last + 1)?;
        let function = words.get(last)?.name();
        return inside(words, last + 2, close, Some(function), close + 1);
    }
    Some(Operand {
        columns: vec![words.get(last)?.name()],
        end: last + 1,
        ..Operand::default()
    })
}

/// The operand that ends before a token.
pub(super) fn before(words: &[Word<'_>], at: usize) -> Option<Operand> {
    let last = at.checked_sub(1)?;
    let word = words.get(last)?;
    if let Some(literal) = word.literal() {
        let start = last.saturating_sub(1);
        let (literal, end) = match literal_at(words, start) {
            Some((longer, end)) if end == at && start < last => (longer, start),
            _ => (literal, last),
        };
        return Some(Operand {
            literals: vec![literal],
            end: end.saturating_sub(1),
            ..Operand::default()
        });
    }
    if word.is(")") {
        let open = opening(words, last)?;
        let called = open.checked_sub(1).and_then(|at| words.get(at));
        // `CAST`, `LEFT`, … are functions where a bracket follows; what introduces a clause is none.
        let function = called.filter(|word| {
            word.kind == TokenKind::Word
                && (word.is_name() || matches!(word.upper.as_str(), "LEFT" | "RIGHT" | "DATE"))
        });
        let end = open.saturating_sub(1 + usize::from(function.is_some()));
        return inside(words, open + 1, last, function.map(Word::name), end);
    }
    if !word.is_name() {
        return None;
    }
    let mut first = last;
    while first >= 2
        && words.get(first - 1).is_some_and(|dot| dot.is("."))
        && words.get(first - 2).is_some_and(Word::is_name)
    {
        first -= 2;
    }
    Some(Operand {
        columns: vec![word.name()],
        end: first.saturating_sub(1),
        ..Operand::default()
    })
}

/// Columns and literals of an expression in brackets; none where it holds a query.
fn inside(
    words: &[Word<'_>],
    from: usize,
    to: usize,
    function: Option<String>,
    end: usize,
) -> Option<Operand> {
    let mut operand = Operand {
        function,
        end,
        ..Operand::default()
    };
    let mut at = from;
    while at < to {
        let word = words.get(at)?;
        if word.is("SELECT") {
            return None;
        }
        if let Some((literal, next)) = literal_at(words, at) {
            operand.literals.push(literal);
            at = next;
        } else if word.is("AS") {
            // The type of a cast.
            at += 1;
            while at < to
                && words
                    .get(at)
                    .is_some_and(|word| !word.is(",") && !word.is(")"))
            {
                at += 1;
            }
        } else if word.is("FROM") {
            // `EXTRACT(year FROM x)`: what came before is the function.
            operand.function = operand.columns.pop().or(operand.function);
            at += 1;
        } else if word.is_name() {
            let next = words.get(at + 1);
            let is_last = !next.is_some_and(|next| next.is("."));
            if is_last && !next.is_some_and(|next| next.is("(")) {
                let name = word.name();
                if !operand.columns.contains(&name) {
                    operand.columns.push(name);
                }
            }
            at += 1;
        } else {
            at += 1;
        }
    }
    Some(operand)
}

/// What a date becomes by the `± INTERVAL n unit` behind it.
fn shifted(words: &[Word<'_>], at: usize, literal: &Literal) -> Vec<Literal> {
    let shift = || {
        let sign = match words.get(at)?.upper.as_str() {
            "+" => 1,
            "-" => -1,
            _ => return None,
        };
        if !words.get(at + 1)?.is("INTERVAL") {
            return None;
        }
        let count = words
            .get(at + 2)?
            .literal()?
            .text
            .trim()
            .parse::<i64>()
            .ok()?
            * sign;
        let date = super::super::calendar::read_date(&literal.text)?;
        let unit = words.get(at + 3)?.upper.trim_end_matches('S').to_owned();
        let moved = match unit.as_str() {
            "DAY" => date + count,
            "WEEK" => date + count * 7,
            "MONTH" => super::super::calendar::add_months(date, count),
            "YEAR" => super::super::calendar::add_months(date, count * 12),
            _ => return None,
        };
        Some(Literal {
            kind: literal.kind,
            text: super::super::calendar::date_text(moved),
        })
    };
    shift().into_iter().collect()
}

/// The bracket that closes the one at `at`.
pub(super) fn closing(words: &[Word<'_>], at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (index, word) in words.iter().enumerate().skip(at) {
        if word.is("(") {
            depth += 1;
        } else if word.is(")") {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(index);
            }
        }
    }
    None
}

/// The bracket that opens the one at `at`.
fn opening(words: &[Word<'_>], at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (index, word) in words.iter().enumerate().take(at + 1).rev() {
        if word.is(")") {
            depth += 1;
        } else if word.is("(") {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(index);
            }
        }
    }
    None
}
