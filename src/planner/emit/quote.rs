//! Names in backquotes.

/// A name as a quoted identifier; a backquote within is doubled, as Spark wants it.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Words that may name a table but not stand as an alias. Spark: `strictNonReserved` in `SqlBaseParser.g4`.
const NO_ALIAS: [&str; 16] = [
    "anti",
    "cross",
    "except",
    "full",
    "inner",
    "intersect",
    "join",
    "lateral",
    "left",
    "minus",
    "natural",
    "on",
    "right",
    "semi",
    "union",
    "using",
];

/// Whether a word has to be quoted to stand as an alias.
pub(super) fn is_no_alias(word: &str) -> bool {
    NO_ALIAS.contains(&word.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_as_spark_wants() {
        assert_eq!(quoted("a`b"), "`a``b`");
        assert!(is_no_alias("Left"));
        assert!(!is_no_alias("policies"));
    }
}
