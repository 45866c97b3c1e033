//! Escapes of Markdown as code hosts read it (GitHub Flavored Markdown 0.29).

/// A code span, in tables too: fenced by more backquotes than it holds, and with the bar that would end a cell escaped.
pub(super) fn code(text: &str) -> String {
    let text = one_line(text).replace('|', "\\|");
    let fence = "`".repeat(longest_run(&text) + 1);
    if text.trim().is_empty() {
        // A code span of blanks only is none.
        String::new()
    } else if text.starts_with('`') || text.ends_with('`') {
        format!("{fence} {text} {fence}")
    } else {
        format!("{fence}{text}{fence}")
    }
}

/// A sentence: what stands in backquotes is a code span, and nothing else in it is markup or a mention.
pub(super) fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return escaped(text);
    }
    let parts = parts.iter().enumerate();
    parts
        .map(|(number, part)| match number % 2 {
            0 => escaped(part),
            _ => code(part),
        })
        .collect()
}

/// A fenced block that its text cannot end.
pub(super) fn block(language: &str, text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    let text = text.strip_suffix('\n').unwrap_or(text);
    format!("{fence}{language}\n{text}\n{fence}\n")
}

/// What a reader opens to see; blank lines around the inside let Markdown in.
pub(super) fn details(summary: &str, inside: &str) -> String {
    format!(
        "<details><summary>{}</summary>\n\n{inside}\n</details>\n\n",
        html(summary)
    )
}

/// Text inside HTML.
pub(super) fn html(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() && c != '\n' && c != '\t' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in one_line(text).chars() {
        match c {
            // An entity is no mention and no reference to an issue.
            '@' => out.push_str("&#64;"),
            '#' => out.push_str("&#35;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

fn one_line(text: &str) -> String {
    let blank = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(blank).collect()
}

/// Length of the longest run of backquotes.
fn longest_run(text: &str) -> usize {
    let runs = text.split(|c| c != '`').map(str::len);
    runs.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn awkward_names_stay_names() {
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("`a``b`"), "``` `a``b` ```");
        assert_eq!(code("a\nb"), "`a b`");
        assert_eq!(
            prose("`x_y` of @me <b> _a_"),
            "`x_y` of &#64;me &lt;b> \\_a\\_"
        );
        assert_eq!(prose("one ` only"), "one \\` only");
        assert_eq!(
            block("sql", "SELECT '```'\n"),
            "````sql\nSELECT '```'\n````\n"
        );
        assert_eq!(
            html("<a href=\"'\">&"),
            "&lt;a href=&quot;&#39;&quot;&gt;&amp;"
        );
    }
}
