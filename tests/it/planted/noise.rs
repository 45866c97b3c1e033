//! Cosmetic noise: another way of writing the same SQL.

use hoist::frontend::sql::{TokenKind, tokens};

use crate::differential::generate::random::Random;

/// The same statement with other blanks, comments and letter case.
pub(super) fn rewritten(text: &str, random: &mut Random) -> String {
    let mut written = String::new();
    let mut end = 0;
    for token in tokens(text).unwrap() {
        let (from, to) = (token.range.start as usize, token.range.end as usize);
        let between = &text[end..from];
        if !between.is_empty() {
            written.push_str(blank(random));
        }
        let word = &text[from..to];
        if token.kind == TokenKind::Word && random.percent(20) {
            let upper = word.to_uppercase();
            written.push_str(if upper == word { word } else { &upper });
        } else {
            written.push_str(word);
        }
        end = to;
    }
    written
}

/// Most of them one blank.
const BLANKS: [&str; 9] = [
    " ",
    " ",
    " ",
    " ",
    "\n",
    "\n    ",
    "  ",
    " /* as before */ ",
    " -- so it is\n  ",
];

fn blank(random: &mut Random) -> &'static str {
    BLANKS[random.below(BLANKS.len())]
}

/// Conjuncts in any order, some in brackets of their own.
pub(super) fn all_of(conjuncts: &[String], random: &mut Random) -> String {
    let mut left: Vec<&String> = conjuncts.iter().collect();
    let mut written = Vec::new();
    while !left.is_empty() {
        let at = random.below(left.len());
        let one = left.remove(at);
        written.push(if random.percent(20) {
            format!("({one})")
        } else {
            one.clone()
        });
    }
    if written.len() > 1 && random.percent(20) {
        format!("({})", written.join(" AND "))
    } else {
        written.join(" AND ")
    }
}

/// `left = right`, or the other way round.
pub(super) fn equal(left: &str, right: &str, random: &mut Random) -> String {
    if random.percent(50) {
        format!("{left} = {right}")
    } else {
        format!("{right} = {left}")
    }
}

/// An alias that no other relation of the block has, with `AS` or without.
pub(super) fn alias(table: &str, random: &mut Random) -> (String, String) {
    let first = &table[..1];
    let alias = match random.below(4) {
        0 => first.to_owned(),
        1 => format!("{first}{}", random.between(1, 9)),
        2 => format!("the_{table}"),
        _ => format!("{}x", &table[..3]),
    };
    let word = if random.percent(50) { " AS " } else { " " };
    (format!("{word}{alias}"), alias)
}
