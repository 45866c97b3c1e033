//! Rules for people: the page of one, and the manual of all.

use std::fmt::Write as _;

use super::layout::wrap;
use super::markup::{block, prose};
use crate::present::rule::{RULES, Rule};

/// The page of a rule, 80 columns wide but for its examples.
pub fn page(rule: &Rule) -> String {
    let mut text = format!("{}: {}\n", rule.name, rule.summary);
    let _ = writeln!(
        text,
        "  level {}, unless `[rules]` says otherwise\n",
        rule.level.word()
    );
    for paragraph in [rule.page.what, rule.page.why] {
        let _ = writeln!(text, "  {}\n", wrap(paragraph, 2));
    }
    for (title, example) in examples(rule) {
        let _ = writeln!(text, "{title}");
        for line in example.lines() {
            let _ = writeln!(text, "  {line}");
        }
        text.push('\n');
    }
    let _ = writeln!(text, "{}", wrap(&format!("To do: {}.", rule.page.fix), 0));
    let allow = format!(
        "To keep it: `-- hoist:allow {} REASON` in or before the statement.",
        rule.name
    );
    let _ = writeln!(text, "{}", wrap(&allow, 0));
    text
}

/// The examples that a rule has, with their titles.
fn examples(rule: &Rule) -> impl Iterator<Item = (&'static str, &'static str)> {
    let bad = (!rule.page.bad.is_empty()).then_some(("found", rule.page.bad));
    let good = bad.and(Some(("not found", rule.page.good)));
    bad.into_iter().chain(good)
}

/// The manual of all rules as Markdown: how they are configured, the list, then a section for each. `measured` is what
/// is known about how often they are right, Markdown too.
pub fn manual(measured: &str) -> String {
    let mut text = String::from(INTRODUCTION);
    text.push_str("| rule | level | finds |\n|---|---|---|\n");
    for rule in &RULES {
        let name = rule.name;
        let _ = writeln!(
            text,
            "| [`{name}`](#{name}) | {} | {} |",
            rule.level.word(),
            prose(rule.summary)
        );
    }
    let _ = write!(text, "\n{measured}");
    for rule in &RULES {
        let _ = write!(
            text,
            "\n## {}\n\n{}\n\n{}\n\n",
            rule.name,
            prose(rule.page.what),
            prose(rule.page.why)
        );
        for (title, example) in examples(rule) {
            let _ = writeln!(text, "{}:\n\n{}", capital(title), block("sql", example));
        }
        let _ = writeln!(text, "**To do:** {}.", prose(rule.page.fix));
    }
    text
}

fn capital(title: &str) -> String {
    let mut letters = title.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

const INTRODUCTION: &str = "\
# Rules

<!-- Made from the rules themselves: `INSTA_UPDATE=always cargo test --test it rules` writes it. -->

`hoist analyze` tells what is worth knowing about the text of a pipeline; it changes nothing. `hoist explain RULE` shows a
section of this page. Rules use what is known about statements and tables and stay silent where something is not known:
several need facts about tables, which `hoist catalog` collects.

A level of its own for each rule, in `hoist.toml`:

```toml
[rules]
cross-join = \"error\"  # or \"warn\", \"info\", \"off\"
```

A finding that is looked at and kept, in the text, for the statement that the comment stands in or before; the reason is
needed, and a comment that allows nothing is a finding:

```sql
-- hoist:allow cross-join the calendar has one row per day, all pairs are wanted
```

A finding has a fingerprint: SHA-256 of its rule, its table and its statement without layout and comments. It stays the same
when lines move.

";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::present::rule::rule;

    #[test]
    fn a_page_shows_what_why_and_what_to_do() {
        insta::assert_snapshot!(page(rule("cross-join").unwrap()));
    }

    #[test]
    fn the_manual_has_every_rule() {
        let manual = manual("");
        for rule in &RULES {
            assert!(
                manual.contains(&format!("\n## {}\n", rule.name)),
                "{}",
                rule.name
            );
        }
    }
}
