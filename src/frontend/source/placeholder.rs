//! What stands for a value that is missing, so that the text around it can still be read.

use super::scan::Place;

/// Longest placeholder, characters.
const LONGEST: usize = 40;

/// Operators after which a value stands rather than a name.
const BEFORE_VALUES: [char; 7] = ['=', '<', '>', '!', '+', '-', '%'];
/// Words after which a value stands.
const WORDS_BEFORE_VALUES: [&str; 4] = ["BETWEEN", "INTERVAL", "LIMIT", "OFFSET"];
/// Words before which a number stands.
const WORDS_AFTER_NUMBERS: [&str; 5] = ["BUCKETS", "FOLLOWING", "PERCENT", "PRECEDING", "ROWS"];

/// Words that cannot stand where a name may (Spark: `SqlBaseParser.g4`, reserved and strict words, and those that begin
/// a literal).
const RESERVED: [&str; 76] = [
    "all",
    "and",
    "anti",
    "any",
    "as",
    "between",
    "by",
    "case",
    "cast",
    "cluster",
    "create",
    "cross",
    "cube",
    "date",
    "day",
    "delete",
    "distinct",
    "distribute",
    "drop",
    "else",
    "end",
    "except",
    "exists",
    "false",
    "fetch",
    "for",
    "from",
    "full",
    "group",
    "grouping",
    "having",
    "in",
    "inner",
    "insert",
    "intersect",
    "interval",
    "into",
    "is",
    "join",
    "lateral",
    "left",
    "like",
    "limit",
    "minus",
    "month",
    "natural",
    "not",
    "null",
    "offset",
    "on",
    "or",
    "order",
    "outer",
    "overwrite",
    "partition",
    "pivot",
    "qualify",
    "right",
    "rollup",
    "select",
    "semi",
    "set",
    "sort",
    "table",
    "tablesample",
    "then",
    "timestamp",
    "true",
    "union",
    "unpivot",
    "update",
    "using",
    "values",
    "view",
    "when",
    "where",
];

/// The name with nothing in it but letters, digits and `_`; at least one.
pub(super) fn word(name: &str) -> String {
    let mut word = String::new();
    for c in name.chars().take(LONGEST) {
        let fits = c.is_alphanumeric();
        if fits || !(word.is_empty() || word.ends_with('_')) || c == '_' {
            word.push(if fits { c } else { '_' });
        }
    }
    let kept = word.trim_end_matches('_').len();
    if !name.ends_with('_') && kept > 0 {
        word.truncate(kept);
    }
    if word.is_empty() {
        word.push('_');
    }
    word
}

/// A word within quotes; otherwise a name, or `1` where only a value makes sense. `before` is the text so far,
/// `statement` the part of it that belongs to the statement, `after` what follows in the template.
pub(super) fn placeholder(
    name: &str,
    place: Place,
    before: &str,
    statement: &str,
    after: &str,
) -> String {
    let word = word(name);
    if place != Place::Code {
        return word;
    }
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '`');
    let continues = before.ends_with(is_part);
    let glued = continues
        || before.ends_with('.')
        || after.starts_with(|c| is_part(c) || c == '.' || c == '(')
        || after.starts_with("${")
        || after.starts_with("{{");
    let in_set = statement
        .get(..4)
        .is_some_and(|start| start.trim_end().eq_ignore_ascii_case("SET"));
    if !glued && !in_set && stands_for_value(before, after) {
        return "1".to_owned();
    }
    if continues {
        return word;
    }
    let reserved = RESERVED
        .binary_search(&word.to_lowercase().as_str())
        .is_ok();
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        format!("_{word}")
    } else if reserved {
        format!("{word}_")
    } else {
        word
    }
}

fn stands_for_value(before: &str, after: &str) -> bool {
    let before = before.trim_end();
    let letters = |c: char| c.is_ascii_alphabetic();
    let last = before.len() - before.chars().rev().take_while(|c| letters(*c)).count();
    let last = before.get(last..).unwrap_or("").to_uppercase();
    let after = after.trim_start();
    let next = after.find(|c| !letters(c)).unwrap_or(after.len());
    let next = after.get(..next).unwrap_or("").to_uppercase();
    before.ends_with(BEFORE_VALUES)
        || WORDS_BEFORE_VALUES.contains(&last.as_str())
        || WORDS_AFTER_NUMBERS.contains(&next.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_words_are_sorted() {
        assert!(RESERVED.is_sorted());
    }

    #[test]
    fn words_are_short_and_plain() {
        assert_eq!(word("a.b-c"), "a_b_c");
        assert_eq!(word("source('a', 'b')"), "source_a_b");
        assert_eq!(word("_x_"), "_x_");
        assert_eq!(word("'||'"), "_");
        assert_eq!(word(&"x".repeat(100)).len(), LONGEST);
    }

    #[test]
    fn a_name_stands_where_a_name_may_and_a_value_where_only_that_may() {
        let code =
            |before: &str, after: &str| placeholder("day", Place::Code, before, before, after);
        assert_eq!(code("SELECT * FROM ", " x"), "day_");
        assert_eq!(code("SELECT * FROM db.", " x"), "day_");
        assert_eq!(code("SELECT * FROM t_", " x"), "day");
        assert_eq!(code("WHERE d = ", ""), "1");
        assert_eq!(code("WHERE d = ", ".x"), "day_");
        assert_eq!(code("WHERE d BETWEEN ", " AND 3"), "1");
        assert_eq!(code("CLUSTERED BY (a) INTO ", " BUCKETS"), "1");
        assert_eq!(code("SET x = ", ""), "day_");
        let string = Place::String {
            quote: '\'',
            escapes: true,
        };
        assert_eq!(placeholder("from", string, "= '", "= '", "'"), "from");
        assert_eq!(placeholder("1", Place::Code, "FROM ", "FROM ", ""), "_1");
    }
}
