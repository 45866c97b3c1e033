//! What the frames of a plan are called in a profile.

use std::collections::BTreeMap;

use super::{LayoutEntry, PlanFile};
use crate::facts::profile::{FrameKey, fingerprint};
use crate::planner::emit::NAMESPACE;
use crate::planner::frame::FrameKind;
use crate::planner::plan::LAYOUTS;

/// The fingerprint of a frame of some kind by its definition, in which no frame is named any more.
pub fn frame_fingerprint(kind: FrameKind, definition: &str) -> String {
    let kind = match kind {
        FrameKind::CoveringRead => "covering_read",
        FrameKind::Intermediate => "intermediate",
        FrameKind::RepeatedSubquery => "repeated_subquery",
        FrameKind::JoinCore => "join_core",
        FrameKind::CoveringAggregate => "covering_aggregate",
    };
    fingerprint::frame(kind, definition)
}

impl PlanFile {
    /// What its frames are told apart by in a profile, by name. A frame that is built from others is another one than that which
    /// is built from tables: for the name of each, its own fingerprint stands.
    pub fn frame_keys(&self) -> BTreeMap<String, FrameKey> {
        let mut keys: BTreeMap<String, FrameKey> = BTreeMap::new();
        for frame in &self.frames {
            let mut definition = frame.definition.clone();
            // Longer names first: one may be the beginning of another.
            let mut known: Vec<(&String, &FrameKey)> = keys.iter().collect();
            known.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
            for (name, key) in known {
                let named = format!("{NAMESPACE}_{name}");
                definition = definition.replace(&named, &format!("frame_{}", key.fingerprint));
            }
            let [plain, clustered] = LAYOUTS;
            let layout = match frame.layout {
                None => plain,
                Some(LayoutEntry::Clustered { .. }) => clustered,
            };
            keys.insert(
                frame.name.clone(),
                FrameKey {
                    fingerprint: frame_fingerprint(frame.kind, &definition),
                    medium: frame.medium.clone(),
                    layout: layout.to_owned(),
                },
            );
        }
        keys
    }
}
