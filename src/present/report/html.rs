//! The report as one page to look at: figures, the graph, lifetimes of frames, repeated reads, findings, statements.
//!
//! The page is one file that loads nothing and sends nothing: its policy allows the one style and the scripts that it
//! brings, by their hashes. Whatever it says stands in the markup, so it can be read without the script, which adds
//! moving about, searching and the texts of statements. The same input gives the same bytes.
//!
//! ```text
//! Page ──▶ sections (one module each) ──▶ shell: heading, navigation, policy ──▶ text
//!      └─▶ data: texts of statements, as JSON for the script
//! ```
//!
//! Every part of the page has a `room`, so that the page of a large pipeline stays one that a browser opens; what is
//! left out is said.

mod change;
mod data;
mod drawing;
mod figures;
mod findings;
mod frames;
mod graph;
mod keys;
mod lifetimes;
mod placed;
mod repeated;
mod room;
mod run;
mod shell;
mod shown;
mod statements;
mod svg;

use maud::Markup;

use self::keys::Keys;
use super::review::Review;
use crate::facts::workload::Workload;
use crate::runtime::run::Timeline;

/// What a page is about.
#[derive(Clone, Copy)]
pub struct Page<'a> {
    /// Findings, the plan, and what they are compared with.
    pub review: Review<'a>,
    /// What the statements read and write.
    pub workload: &'a Workload,
    /// A run to show beside the plan.
    pub run: Option<&'a Timeline>,
}

/// A part of the page.
struct Section {
    /// Where links lead.
    id: &'static str,
    title: &'static str,
    body: Markup,
}

/// The page, a whole HTML document.
pub fn text(page: &Page<'_>) -> String {
    let keys = Keys::new(page);
    let sections = [
        figures::section,
        change::section,
        graph::section,
        lifetimes::section,
        run::section,
        frames::section,
        repeated::section,
        findings::section,
        statements::section,
    ];
    let sections: Vec<Section> = sections
        .iter()
        .filter_map(|section| section(page, &keys))
        .collect();
    let used = sections.iter().map(|section| section.body.0.len()).sum();
    let data = data::block(page, &keys, room::for_texts(used));
    shell::document(page, &sections, &data)
}
