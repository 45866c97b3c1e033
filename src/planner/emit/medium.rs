//! Texts that put frames on their media, let them go, and leave nothing behind.
//!
//! Whatever the medium, a frame is read through a temporary view of its own: readers say the same on all of them.

mod memory;
mod scratch;

use super::{ProgramText, name, namespaced};
use crate::planner::plan::{Frame, Medium};

/// What one medium says about a frame.
struct Texts {
    /// Builds the frame, given its definition. All of it can be submitted again after a failure.
    materialise: fn(&Frame, &str) -> Vec<String>,
    /// Lets it go.
    release: fn(&Frame) -> Vec<String>,
    /// Said once at the end of a session that has frames there, after all views are dropped.
    finish: &'static [&'static str],
}

fn texts(medium: Medium) -> &'static Texts {
    match medium {
        Medium::Memory(_) => &memory::TEXTS,
        Medium::Scratch => &scratch::TEXTS,
    }
}

/// What builds a frame.
pub(super) fn materialise(frame: &Frame, definition: &str) -> Vec<ProgramText> {
    let materialise = texts(frame.medium).materialise;
    let texts = materialise(frame, definition);
    texts.into_iter().map(namespaced).collect()
}

/// What lets a frame go.
pub(super) fn release(frame: &Frame) -> Vec<ProgramText> {
    let release = texts(frame.medium).release;
    release(frame).into_iter().map(namespaced).collect()
}

/// What is said at the end, however it comes: views are dropped, children first, then what media hold besides.
pub(super) fn finish(frames: &[Frame]) -> Vec<ProgramText> {
    let views = frames.iter().rev();
    let views = views.map(|frame| format!("DROP VIEW IF EXISTS {}", name(frame)));
    let mut said: Vec<&str> = Vec::new();
    for text in frames.iter().flat_map(|frame| texts(frame.medium).finish) {
        if !said.contains(text) {
            said.push(text);
        }
    }
    let said = said.into_iter().map(str::to_owned);
    views.chain(said).map(namespaced).collect()
}
