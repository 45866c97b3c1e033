//! How large the parts of a page may become, so that it stays below 2 MB whatever the pipeline.

use maud::Markup;

/// The whole page, bytes.
const PAGE: usize = 1_990_000;
/// Bytes of what is around the sections: the style, the scripts, navigation.
const AROUND: usize = 60_000;
/// Bytes for findings.
pub(super) const FINDINGS: usize = 300_000;
/// Bytes for new findings, and for fixed ones.
pub(super) const CHANGE: usize = 25_000;
/// Bytes for definitions and readers of frames.
pub(super) const FRAMES: usize = 150_000;
/// Bytes for the list of statements.
pub(super) const STATEMENTS: usize = 350_000;
/// Bytes for repeated reads and why they are not shared.
pub(super) const REPEATED: usize = 100_000;
/// Bytes for the steps of a run.
pub(super) const RUN: usize = 60_000;
/// Bytes for the texts of statements, where the rest leaves so many.
const TEXTS: usize = 350_000;
/// Nodes of the graph; more are folded together.
pub(super) const NODES: usize = 1_100;
/// Edges of the graph; more are folded together.
pub(super) const EDGES: usize = 1_600;
/// Frames whose lifetimes are drawn.
pub(super) const LIFETIMES: usize = 150;
/// Steps of a run that are drawn.
pub(super) const STEPS: usize = 600;
/// Entries of a list inside an entry, such as the reads of a table.
pub(super) const PLACES: usize = 40;

/// Bytes for the texts of statements beside sections of so many bytes.
pub(super) fn for_texts(sections: usize) -> usize {
    PAGE.saturating_sub(AROUND)
        .saturating_sub(sections)
        .min(TEXTS)
}

/// As many of the parts as there is room for, and how many are left out. The first is always there.
pub(super) fn fitting(
    parts: impl IntoIterator<Item = Markup>,
    most: usize,
) -> (Vec<Markup>, usize) {
    let (mut kept, mut used, mut left_out) = (Vec::new(), 0, 0);
    for part in parts {
        used += part.0.len();
        if kept.is_empty() || used <= most {
            kept.push(part);
        } else {
            left_out += 1;
        }
    }
    (kept, left_out)
}

#[cfg(test)]
mod tests {
    use maud::PreEscaped;

    use super::*;

    #[test]
    fn what_does_not_fit_is_counted() {
        let parts = || ["aaaa", "bbbb", "cccc"].map(|text| PreEscaped(text.to_owned()));
        let numbers = |most| {
            let (kept, left_out) = fitting(parts(), most);
            (kept.len(), left_out)
        };
        assert_eq!(numbers(12), (3, 0));
        assert_eq!(numbers(9), (2, 1));
        assert_eq!(numbers(1), (1, 2));
    }
}
