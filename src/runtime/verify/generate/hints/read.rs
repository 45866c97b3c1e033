//! Tokens of a text → hints.

use super::operand::{Operand, Word, after, before, closing, literal_at};
use super::{Hints, Literal, Operator, Test, Tests};
use crate::frontend::sql::{TokenKind, tokens};

/// Functions that keep equal values equal, as far as joining goes.
const TRANSPARENT: [&str; 17] = [
    "bigint", "cast", "coalesce", "date", "ifnull", "int", "lcase", "lower", "ltrim", "nvl",
    "rtrim", "string", "to_date", "trim", "try_cast", "ucase", "upper",
];

/// Adds the hints of one text.
pub(super) fn read(text: &str, hints: &mut Hints) {
    let tokens = match tokens(text) {
        Ok(tokens) => tokens,
        Err(error) => {
            let before = text.get(..error.at as usize).unwrap_or("");
            tokens(before).unwrap_or_default()
        }
    };
    let words: Vec<Word<'_>> = tokens
        .iter()
        .map(|token| {
            let range = token.range.start as usize..token.range.end as usize;
            let text = text.get(range).unwrap_or("");
            let upper = match token.kind {
                TokenKind::String | TokenKind::QuotedIdentifier => String::new(),
                _ => text.to_uppercase(),
            };
            Word {
                kind: token.kind,
                text,
                upper,
            }
        })
        .collect();
    for words in words.split(|word| word.is(";")) {
        let mut statement = Statement {
            words,
            hints,
            tests: Tests::new(),
        };
        statement.read();
        let tests = statement.tests;
        if !tests.is_empty() {
            hints.scopes.push(tests);
        }
    }
}

/// One statement while it is read.
struct Statement<'a, 'h> {
    words: &'a [Word<'a>],
    hints: &'h mut Hints,
    tests: Tests,
}

impl Statement<'_, '_> {
    fn read(&mut self) {
        for (at, word) in self.words.iter().enumerate() {
            let operator = match word.upper.as_str() {
                "=" | "==" | "<=>" => Operator::Equal,
                "<>" | "!=" => Operator::NotEqual,
                "<" => Operator::Less,
                "<=" => Operator::LessEqual,
                ">" => Operator::Greater,
                ">=" => Operator::GreaterEqual,
                "IN" | "BETWEEN" | "LIKE" | "ILIKE" | "RLIKE" | "REGEXP" => {
                    self.worded(at, &word.upper);
                    continue;
                }
                "USING" => {
                    self.using(at);
                    continue;
                }
                "CASE" => {
                    self.case(at);
                    continue;
                }
                "AS" => {
                    self.alias(at);
                    continue;
                }
                _ => continue,
            };
            self.comparison(at, operator);
        }
    }

    fn comparison(&mut self, at: usize, operator: Operator) {
        let left = before(self.words, at);
        let right = after(self.words, at + 1);
        let (Some(left), Some(right)) = (left, right) else {
            return;
        };
        match (left.columns.as_slice(), right.columns.as_slice()) {
            ([], []) => {}
            (_, []) => self.test(&left, operator, &right.literals),
            ([], _) => self.test(&right, flipped(operator), &left.literals),
            ([one], [other])
                if operator == Operator::Equal && transparent(&left) && transparent(&right) =>
            {
                self.join(one, other);
            }
            _ => {}
        }
    }

    /// `[NOT] IN (…)`, `[NOT] BETWEEN … AND …`, `[NOT] LIKE …`.
    fn worded(&mut self, at: usize, word: &str) {
        let negated = at > 0 && self.word_is(at - 1, "NOT");
        let Some(left) = before(self.words, at - usize::from(negated)) else {
            return;
        };
        let pick = |plain, not| if negated { not } else { plain };
        match word {
            "IN" => {
                if !self.word_is(at + 1, "(") {
                    return;
                }
                if self.word_is(at + 2, "SELECT") {
                    let distinct = usize::from(self.word_is(at + 3, "DISTINCT"));
                    let right = after(self.words, at + 3 + distinct);
                    if let (Some(right), [one]) = (right, left.columns.as_slice())
                        && let [other] = right.columns.as_slice()
                    {
                        self.join(one, other);
                    }
                    return;
                }
                let end = closing(self.words, at + 1).unwrap_or(at);
                let literals = self.literals(at + 2, end);
                self.test(&left, pick(Operator::In, Operator::NotIn), &literals);
            }
            "BETWEEN" => {
                let Some(low) = after(self.words, at + 1) else {
                    return;
                };
                // Past a shift of the low bound, to `AND`.
                let and = (low.end..low.end + 5).find(|at| self.word_is(*at, "AND"));
                let high = and.and_then(|and| after(self.words, and + 1));
                let Some(high) = high.filter(|_| low.columns.is_empty()) else {
                    return;
                };
                let literals: Vec<Literal> = [low.literals, high.literals]
                    .into_iter()
                    .flatten()
                    .collect();
                self.test(
                    &left,
                    pick(Operator::Between, Operator::NotBetween),
                    &literals,
                );
            }
            _ => {
                let Some((literal, _)) = literal_at(self.words, at + 1) else {
                    return;
                };
                let operator = if matches!(word, "RLIKE" | "REGEXP") {
                    Operator::Near
                } else {
                    pick(Operator::Like, Operator::NotLike)
                };
                self.test(&left, operator, &[literal]);
            }
        }
    }

    /// `USING (a, b)`.
    fn using(&mut self, at: usize) {
        let Some(end) = self
            .word_is(at + 1, "(")
            .then(|| closing(self.words, at + 1))
            .flatten()
        else {
            return;
        };
        let names = self.words.get(at + 2..end).unwrap_or_default();
        if names.iter().any(|word| !word.is(",") && !word.is_name()) {
            return;
        }
        for at in at + 2..end {
            if let Some(name) =
                before(self.words, at + 1).and_then(|name| name.columns.into_iter().next())
            {
                self.join(&name, &name);
            }
        }
    }

    /// `CASE x WHEN literal THEN …`.
    fn case(&mut self, at: usize) {
        let Some(column) = after(self.words, at + 1).filter(|of| !of.columns.is_empty()) else {
            return;
        };
        if !self.word_is(column.end, "WHEN") {
            return;
        }
        let mut depth = 0_usize;
        let mut literals = Vec::new();
        for index in column.end..self.words.len() {
            if self.word_is(index, "CASE") {
                depth += 1;
            } else if self.word_is(index, "END") {
                let Some(outer) = depth.checked_sub(1) else {
                    break;
                };
                depth = outer;
            } else if depth == 0 && self.word_is(index, "WHEN") {
                literals.extend(literal_at(self.words, index + 1).map(|(literal, _)| literal));
            }
        }
        self.test(&column, Operator::In, &literals);
    }

    /// `column AS name` in a select list; of an expression, what the name is compared with is near its columns.
    fn alias(&mut self, at: usize) {
        let Some(alias) = self.words.get(at + 1).filter(|word| word.is_name()) else {
            return;
        };
        if self.word_is(at + 2, "(") {
            return;
        }
        let Some(column) = before(self.words, at) else {
            return;
        };
        let starts = column.end;
        let is_item = ["SELECT", ",", "DISTINCT"]
            .iter()
            .any(|word| self.word_is(starts, word));
        if let [name] = column.columns.as_slice()
            && is_item
            && transparent(&column)
        {
            let alias = alias.text.trim_matches('`').to_lowercase();
            self.hints.names.join(name, &alias);
        }
    }

    fn literals(&self, from: usize, to: usize) -> Vec<Literal> {
        let mut literals = Vec::new();
        let mut at = from;
        while at < to {
            match literal_at(self.words, at) {
                Some((literal, next)) => {
                    literals.push(literal);
                    at = next;
                }
                None => at += 1,
            }
        }
        literals
    }

    fn test(&mut self, operand: &Operand, operator: Operator, literals: &[Literal]) {
        if literals.is_empty() {
            return;
        }
        // Of several columns in one operand, none is compared by itself.
        let operator = if operand.columns.len() == 1 {
            operator
        } else {
            Operator::Near
        };
        let mut literals = literals.to_vec();
        if operand
            .function
            .as_deref()
            .is_some_and(|of| TRANSPARENT.contains(&of))
        {
            literals.extend(operand.literals.iter().cloned());
        }
        let operator = if literals.len() > 2 && !matches!(operator, Operator::In | Operator::NotIn)
        {
            Operator::Near
        } else {
            operator
        };
        for column in &operand.columns {
            self.tests.entry(column.clone()).or_default().push(Test {
                function: operand.function.clone(),
                operator,
                literals: literals.clone(),
            });
        }
    }

    fn join(&mut self, left: &str, right: &str) {
        self.hints.names.join(left, right);
        self.hints.joined.insert(left.to_owned());
    }

    fn word_is(&self, at: usize, wanted: &str) -> bool {
        self.words.get(at).is_some_and(|word| word.is(wanted))
    }
}

fn transparent(operand: &Operand) -> bool {
    operand
        .function
        .as_deref()
        .is_none_or(|function| TRANSPARENT.contains(&function))
}

/// The operator with its sides changed.
fn flipped(operator: Operator) -> Operator {
    match operator {
        Operator::Less => Operator::Greater,
        Operator::LessEqual => Operator::GreaterEqual,
        Operator::Greater => Operator::Less,
        Operator::GreaterEqual => Operator::LessEqual,
        other => other,
    }
}
