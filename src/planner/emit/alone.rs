//! The query of a candidate by itself: what it is known by from one plan to the next.

use std::collections::BTreeMap;

use super::Emitter;
use crate::facts::workload::Workload;
use crate::frontend::source::Sources;
use crate::planner::frame::{Candidate, CandidateId, Candidates};
use crate::planner::plan::{Frame, FrameId, Layout, Medium, Plan};

/// The query of each candidate, as a frame for all of its readers that is built from tables.
pub fn definitions(
    candidates: &Candidates,
    workload: &Workload,
    sources: &Sources,
) -> BTreeMap<CandidateId, String> {
    let plan = Plan::default();
    let emitter = Emitter {
        plan: &plan,
        candidates,
        workload,
        sources,
    };
    let texts = candidates.candidates.iter().filter_map(|candidate| {
        let text = emitter.definition(&frame(candidate), candidate)?;
        Some((candidate.id, text))
    });
    texts.collect()
}

/// A frame that nothing but its candidate decides.
fn frame(candidate: &Candidate) -> Frame {
    Frame {
        id: FrameId(0),
        name: String::new(),
        candidate: Some(candidate.id),
        kind: candidate.kind(),
        medium: Medium::default(),
        layout: Layout::default(),
        readers: candidate.readers.clone(),
        feeds: Vec::new(),
        inputs: candidate.inputs.clone(),
        size_bytes: 0,
        build_micros: 0,
        saving_micros: 0,
    }
}
