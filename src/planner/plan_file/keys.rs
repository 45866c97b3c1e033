//! What the frames of a plan are called in a profile.

use std::collections::BTreeMap;

use super::{LayoutEntry, PlanFile};
use crate::facts::profile::{FrameKey, fingerprint};
use crate::facts::workload::Workload;
use crate::frontend::source::Sources;
use crate::planner::cost::Keys;
use crate::planner::emit::{NAMESPACE, definitions};
use crate::planner::frame::{Candidates, FrameKind};
use crate::planner::plan::LAYOUTS;

/// What the statements of a workload and the candidates are called in a profile.
pub fn planning_keys(workload: &Workload, candidates: &Candidates, sources: &Sources) -> Keys {
    let texts = definitions(candidates, workload, sources);
    let named = texts.into_iter().filter_map(|(id, text)| {
        let kind = candidates.get(id)?.kind();
        Some((id, frame_fingerprint(kind, &text)))
    });
    Keys {
        statements: fingerprint::statements(sources, &workload.statements),
        candidates: named.collect(),
    }
}

/// The fingerprint of a frame of some kind by its definition, in which no frame is named any more.
fn frame_fingerprint(kind: FrameKind, definition: &str) -> String {
    // Its word in plan files. Writing a word to memory cannot fail.
    let kind = serde_json::to_string(&kind).unwrap_or_default();
    fingerprint::frame(&kind, definition)
}

impl PlanFile {
    /// What its frames are told apart by in a profile, by name. A frame that is built from others is another one than that
    /// which is built from tables: for the name of each, its own fingerprint stands.
    pub fn frame_keys(&self) -> BTreeMap<String, FrameKey> {
        let mut keys: BTreeMap<String, FrameKey> = BTreeMap::new();
        for frame in &self.frames {
            // In the cache, a test that names the run keeps it apart from sub-plans of the user's.
            let mark = format!(" WHERE '{NAMESPACE}' IS NOT NULL");
            let definition = frame.definition.as_str();
            let mut definition = definition
                .strip_suffix(&mark)
                .unwrap_or(definition)
                .to_owned();
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
