//! What parts of a page call statements and frames, so that they can lead to each other.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::Page;
use super::shown::shown;
use crate::frontend::statement::StatementId;
use crate::planner::plan_file::StepEntry;

/// Keys of statements (`s1`: the first of the files) and of frames (`f1`: the first that is built).
pub(super) struct Keys<'a> {
    /// By number of the step that runs or builds.
    steps: BTreeMap<u32, String>,
    /// The steps that run statements.
    run_by: BTreeMap<StatementId, &'a StepEntry>,
    /// By name of the frame.
    frames: BTreeMap<&'a str, String>,
    /// By file and line where a statement begins.
    places: BTreeMap<(&'a str, u32), String>,
}

impl<'a> Keys<'a> {
    pub(super) fn new(page: &Page<'a>) -> Self {
        let mut numbered: BTreeMap<(&str, u32), StatementId> = BTreeMap::new();
        let mut places = BTreeMap::new();
        let sources = page.review.files.sources;
        for statement in &page.workload.statements {
            if let Some(source) = sources.get(statement.source) {
                let file = source.name.as_str();
                numbered.insert((file, statement.number), statement.id);
                let (line, _) = source.position(statement.span.start);
                let key = statement_key(statement.id);
                places.entry((file, line)).or_insert(key);
            }
        }
        let (mut steps, mut frames) = (BTreeMap::new(), BTreeMap::new());
        let mut run_by = BTreeMap::new();
        if let Some(plan) = page.review.plan {
            for step in &plan.steps {
                let statement = step.statement.as_ref();
                let id = statement.and_then(|statement| {
                    let numbered = numbered.get(&(statement.file.as_str(), statement.number));
                    numbered.copied()
                });
                if let Some(id) = id {
                    steps.insert(step.number, statement_key(id));
                    run_by.insert(id, step);
                }
            }
            for (at, frame) in plan.frames.iter().enumerate() {
                let key = frame_key(at);
                steps.insert(frame.built_in, key.clone());
                frames.insert(frame.name.as_str(), key);
            }
        }
        Keys {
            steps,
            run_by,
            frames,
            places,
        }
    }

    /// What a step runs or builds.
    pub(super) fn step(&self, number: u32) -> Option<&str> {
        self.steps.get(&number).map(String::as_str)
    }

    /// The step that runs a statement.
    pub(super) fn run_by(&self, statement: StatementId) -> Option<&'a StepEntry> {
        self.run_by.get(&statement).copied()
    }

    /// A frame by its name.
    pub(super) fn frame(&self, name: &str) -> Option<&str> {
        self.frames.get(name).map(String::as_str)
    }

    /// A link to a frame.
    pub(super) fn frame_link(&self, name: &str) -> Markup {
        link(self.frame(name), name)
    }

    /// A link to the statement that a place, `file:line`, is in: the last that begins there or before.
    pub(super) fn place_link(&self, place: &str) -> Markup {
        let statement = place.rsplit_once(':').and_then(|(file, line)| {
            let line: u32 = line.parse().ok()?;
            let before = self.places.range((file, 0)..=(file, line));
            before.last().map(|(_, key)| key.as_str())
        });
        link(statement, place)
    }
}

/// The key of a statement.
pub(super) fn statement_key(id: StatementId) -> String {
    format!("s{}", id.0 + 1)
}

/// The key of a frame, by its position in the plan from 0.
pub(super) fn frame_key(at: usize) -> String {
    format!("f{}", at + 1)
}

/// A link to what a key stands for; the text alone where there is none.
pub(super) fn link(key: Option<&str>, text: &str) -> Markup {
    html! {
        @if let Some(key) = key {
            a href={ "#" (key) } data-open=(key) { (shown(text)) }
        } @else {
            (shown(text))
        }
    }
}
