//! Where statements begin and end: at semicolons outside scripts.

use std::ops::Range;

use super::lex::{Token, TokenKind};

/// The tokens of a file, to be cut.
pub(super) struct Splitter<'a> {
    text: &'a str,
    tokens: &'a [Token],
}

/// Words after which a statement of a script may stand.
const BEFORE_STATEMENT: [&str; 9] = [
    ";", ":", "BEGIN", "ATOMIC", "THEN", "ELSE", "DO", "LOOP", "REPEAT",
];

impl<'a> Splitter<'a> {
    pub(super) fn new(text: &'a str, tokens: &'a [Token]) -> Self {
        Splitter { text, tokens }
    }

    /// Token ranges of the statements, empty ones left out.
    pub(super) fn statements(&self) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        let mut start = 0;
        let mut at = 0;
        while at < self.tokens.len() {
            if at == start
                && let Some(end) = self.script_end(start)
            {
                at = end;
            } else if self.is_end(at) {
                ranges.push(start..at);
                at += 1;
                start = at;
            } else {
                at += 1;
            }
        }
        ranges.push(start..self.tokens.len());
        ranges.retain(|range| !range.is_empty());
        ranges
    }

    fn str(&self, index: usize) -> &'a str {
        self.tokens
            .get(index)
            .and_then(|token| {
                self.text
                    .get(token.range.start as usize..token.range.end as usize)
            })
            .unwrap_or("")
    }

    /// A semicolon; `\;` is none, as in Hive's shell.
    fn is_end(&self, index: usize) -> bool {
        let end = |index: usize| self.tokens.get(index).map(|token| token.range.end);
        let start = self.tokens.get(index).map(|token| token.range.start);
        let escaped = index
            .checked_sub(1)
            .is_some_and(|before| self.str(before) == "\\" && end(before) == start);
        self.str(index) == ";" && !escaped
    }

    fn is_word(&self, index: usize, word: &str) -> bool {
        self.tokens
            .get(index)
            .is_some_and(|token| token.kind == TokenKind::Word)
            && self.str(index).eq_ignore_ascii_case(word)
            && (index == 0 || self.str(index - 1) != ".")
    }

    /// The place after `[label:] BEGIN … END`, if one starts here.
    fn script_end(&self, start: usize) -> Option<usize> {
        let labelled = self.str(start + 1) == ":";
        let begin = if labelled { start + 2 } else { start };
        if !self.is_word(begin, "BEGIN") || matches!(self.str(begin + 1), "" | ";") {
            return None;
        }
        // What is open: `BEGIN` (true) or `CASE`.
        let mut open = vec![true];
        let mut handler = false;
        for at in begin + 1..self.tokens.len() {
            let before = self.str(at - 1).to_uppercase();
            let is_statement = BEFORE_STATEMENT.contains(&before.as_str());
            if self.str(at) == ";" {
                handler = false;
            } else if self.is_word(at, "HANDLER") {
                handler = true;
            } else if self.is_word(at, "BEGIN") && (is_statement || handler) {
                open.push(true);
                handler = false;
            } else if self.is_word(at, "CASE") && before != "END" {
                open.push(false);
            } else if self.is_word(at, "END") {
                let closes_other = ["IF", "WHILE", "FOR", "REPEAT", "LOOP"]
                    .iter()
                    .any(|word| self.is_word(at + 1, word));
                // `UNTIL condition END REPEAT` ends with an expression.
                let closes_repeat = self.is_word(at + 1, "REPEAT") && open.last() == Some(&true);
                if (is_statement && closes_other) || closes_repeat {
                    continue;
                }
                open.pop();
                if open.is_empty() {
                    return Some(at + 1);
                }
            }
        }
        None
    }
}
