//! What a frame changes in a statement, as a reviewer reads it: a unified diff.

use similar::{ChangeTag, TextDiff};

/// Unchanged lines around a change.
const CONTEXT: usize = 1;

/// Lines that differ, marked `-` and `+`, with one unchanged line around each group; groups are separated by `…`. Every
/// line begins with `indent`. Empty where the texts are equal.
pub fn unified(before: &str, after: &str, indent: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let mut text = String::new();
    for (number, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if number > 0 {
            text.push_str(indent);
            text.push_str("…\n");
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let mark = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            let line = change.value().trim_end_matches(['\r', '\n']);
            text.push_str(indent);
            text.push(mark);
            text.push_str(line);
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_stand_apart() {
        let before = "a\nb\nc\nd\ne\nf\ng";
        let after = "a\nB\nc\nd\ne\nf\nG\nh";
        insta::assert_snapshot!(unified(before, after, "  "), @r"
           a
          -b
          +B
           c
          …
           f
          -g
          +G
          +h
        ");
        assert_eq!(unified(before, before, ""), "");
    }
}
