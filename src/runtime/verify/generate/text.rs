//! The texts that hints are read from: SQL files, SQL in the strings of Python files, definitions of views.

use crate::frontend::source::Sources;

/// Texts with SQL in them.
pub(super) fn texts<'a>(sources: &Sources, views: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut texts = Vec::new();
    for source in sources {
        if source.name.to_lowercase().ends_with(".py") {
            texts.extend(strings(source.rendered()));
        } else {
            texts.push(source.rendered().to_owned());
        }
    }
    texts.extend(views.map(str::to_owned));
    texts
}

/// The strings of a Python text that may hold an expression.
fn strings(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['\'', '"', '#']) {
        let from = rest.get(at..).unwrap_or("");
        if from.starts_with('#') {
            let end = from.find('\n').unwrap_or(from.len());
            rest = from.get(end..).unwrap_or("");
            continue;
        }
        let one = from.get(..1).unwrap_or("'");
        let three = one.repeat(3);
        let quote = if from.starts_with(&three) {
            three.as_str()
        } else {
            one
        };
        let inner = from.get(quote.len()..).unwrap_or("");
        let end = closing(inner, quote).unwrap_or(inner.len());
        let string = inner.get(..end).unwrap_or("");
        if string.contains(char::is_whitespace) {
            found.push(string.to_owned());
        }
        rest = inner.get(end + quote.len()..).unwrap_or("");
    }
    found
}

/// Where a string ends, escapes passed over.
fn closing(text: &str, quote: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        if escaped || c == '\\' {
            escaped = !escaped;
            return None;
        }
        text.get(at..)?.starts_with(quote).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontend::source::Variables;

    #[test]
    fn sql_in_python_strings_is_found() {
        let python = "x = 'short'  # it's 'a comment'\nspark.sql(\"\"\"\nSELECT 1 WHERE a = 'b'\n\"\"\")\n\
                      y.filter('z > 5 AND \\'q\\' = w').show(\"open";
        let sources =
            Sources::from_texts([("a.py", python), ("b.sql", "SELECT 2")], &Variables::new());
        assert_eq!(
            texts(&sources, std::iter::once("SELECT 3")),
            [
                "\nSELECT 1 WHERE a = 'b'\n",
                "z > 5 AND \\'q\\' = w",
                "SELECT 2",
                "SELECT 3"
            ]
        );
    }
}
