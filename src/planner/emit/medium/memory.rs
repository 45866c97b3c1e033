//! Frames in Spark's cache.

use super::Texts;
use crate::planner::emit::{layout, name};
use crate::planner::frame::NAMESPACE;
use crate::planner::plan::Frame;

pub(super) const TEXTS: Texts = Texts {
    materialise,
    release,
    finish: &[],
};

/// A view first, then its cache: unlike `CACHE TABLE … AS`, both can be submitted again after a failure.
fn materialise(frame: &Frame, definition: &str) -> Vec<String> {
    let name = name(frame);
    let level = frame.medium.level().unwrap_or_default().word();
    vec![
        format!(
            "CREATE OR REPLACE TEMPORARY VIEW {name} AS {}",
            marked(frame, definition)
        ),
        format!("CACHE TABLE {name} OPTIONS ('storageLevel' '{level}')"),
    ]
}

fn release(frame: &Frame) -> Vec<String> {
    vec![format!("UNCACHE TABLE IF EXISTS {}", name(frame))]
}

/// A definition that no sub-plan of the user's equals, with the same rows and columns.
///
/// Spark reads a cached plan wherever the same sub-plan occurs, in statements too that are left as they are because
/// they ask where rows come from or in which order (Spark `CacheManager.useCachedData`). It compares plans as they
/// are analysed, before constants are folded, so a test that names the run keeps them apart; the optimiser drops
/// the test.
fn marked(frame: &Frame, definition: &str) -> String {
    let all = layout::all_of(frame, definition);
    format!("{all} WHERE '{NAMESPACE}' IS NOT NULL")
}
