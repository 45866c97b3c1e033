//! Names in backquotes.

/// A name as a quoted identifier; a backquote within is doubled, as Spark wants it.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}
