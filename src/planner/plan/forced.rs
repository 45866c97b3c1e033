//! Candidates that become frames whether or not they pay: to try each kind of frame, alone or with others.
//!
//! ```text
//! all                          every candidate, as far as they leave each other readers
//! covering_read                every candidate of a kind
//! general_data,latest:scratch  those of a table's or subquery's name, as scratch tables
//! 7:DISK_ONLY                  the candidate with number 7, on disk
//! all:memory:clustered         every candidate in memory, clustered by its readers' key where nothing shows that
//! ```

use std::collections::BTreeSet;

use super::layout::{LAYOUTS, WantedLayout};
use super::medium::{MEDIA, StorageLevel, Wanted};
use crate::facts::workload::Workload;
use crate::planner::frame::{Candidate, CandidateId, Candidates};

/// The word for every candidate.
const ALL: &str = "all";

/// What is forced, and where it lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forced {
    candidates: BTreeSet<CandidateId>,
    /// The medium, and the storage level if one was named; none for that of the settings.
    pub(super) medium: Option<(Wanted, Option<StorageLevel>)>,
    /// The layout; none for that of the settings.
    pub(super) layout: Option<WantedLayout>,
}

/// The text says nothing that can be forced.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForceError {
    /// No candidate is meant by a word.
    #[error("no candidate for a frame is `{what}`")]
    Unknown {
        /// The word.
        what: String,
        /// Every candidate: number, kind, name and readers.
        known: Vec<String>,
    },
    /// Neither a medium nor a storage level.
    #[error("`{word}` is no medium and no storage level")]
    Medium {
        /// The word.
        word: String,
    },
    /// No layout.
    #[error("`{word}` is no layout")]
    Layout {
        /// The word.
        word: String,
    },
}

impl ForceError {
    /// The next step, a lowercase fragment.
    pub fn help(&self) -> String {
        match self {
            ForceError::Unknown { known, .. } if known.is_empty() => {
                "there is no candidate: nothing is repeated that could be shared".to_owned()
            }
            ForceError::Unknown { known, .. } => {
                let known = known.join("; ");
                format!("give `{ALL}`, a kind, a name or a number: {known}")
            }
            ForceError::Medium { .. } => {
                let levels = StorageLevel::ALL.map(StorageLevel::word).join(", ");
                format!("give {}, auto, or {levels}", MEDIA.join(", "))
            }
            ForceError::Layout { .. } => format!("give {}", LAYOUTS.join(" or ")),
        }
    }
}

impl Forced {
    /// The candidates that a text such as `covering_read:scratch` means.
    ///
    /// # Errors
    /// Where a word means none of them, or the medium or layout is not known.
    pub fn resolve(
        text: &str,
        workload: &Workload,
        candidates: &Candidates,
    ) -> Result<Forced, ForceError> {
        let mut parts = text.splitn(3, ':').map(str::trim);
        let what = parts.next().unwrap_or_default();
        let medium = parts.next().map(medium).transpose()?;
        let layout = parts.next().map(layout).transpose()?;
        let mut found = BTreeSet::new();
        for word in what.split(',').map(str::trim) {
            let meant = candidates
                .candidates
                .iter()
                .filter(|candidate| is_meant(word, workload, candidate));
            let before = found.len();
            found.extend(meant.map(|candidate| candidate.id));
            if found.len() == before && !found.iter().any(|id| id.0.to_string() == word) {
                return Err(ForceError::Unknown {
                    what: word.to_owned(),
                    known: candidates
                        .candidates
                        .iter()
                        .map(|candidate| shown(workload, candidate))
                        .collect(),
                });
            }
        }
        Ok(Forced {
            candidates: found,
            medium,
            layout,
        })
    }

    /// Whether a candidate is among them.
    pub(super) fn takes(&self, candidate: CandidateId) -> bool {
        self.candidates.contains(&candidate)
    }
}

fn medium(word: &str) -> Result<(Wanted, Option<StorageLevel>), ForceError> {
    if let Some(wanted) = Wanted::of(word) {
        return Ok((wanted, None));
    }
    match StorageLevel::of(word) {
        Some(level) => Ok((Wanted::Memory, Some(level))),
        None => Err(ForceError::Medium {
            word: word.to_owned(),
        }),
    }
}

fn layout(word: &str) -> Result<WantedLayout, ForceError> {
    WantedLayout::of_layout(word).ok_or_else(|| ForceError::Layout {
        word: word.to_owned(),
    })
}

fn is_meant(word: &str, workload: &Workload, candidate: &Candidate) -> bool {
    word == ALL
        || word == kind(candidate)
        || word == candidate.id.0.to_string()
        || word.eq_ignore_ascii_case(&name(workload, candidate))
}

fn shown(workload: &Workload, candidate: &Candidate) -> String {
    format!(
        "{} {} {} ({} readers)",
        candidate.id.0,
        kind(candidate),
        name(workload, candidate),
        candidate.readers.len()
    )
}

fn name(workload: &Workload, candidate: &Candidate) -> String {
    super::named::base_name(workload, &candidate.definition, candidate.readers.first())
}

/// The kind's word in plan files.
fn kind(candidate: &Candidate) -> String {
    let word = serde_json::to_string(&candidate.kind()).unwrap_or_default();
    word.trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_medium_or_a_level_follows_the_colon() {
        assert_eq!(medium("scratch"), Ok((Wanted::Scratch, None)));
        assert_eq!(medium("auto"), Ok((Wanted::Cheaper, None)));
        let on_disk = (Wanted::Memory, Some(StorageLevel::DiskOnly));
        assert_eq!(medium("disk_only"), Ok(on_disk));
        let error = medium("ram").unwrap_err();
        assert_eq!(
            error.help(),
            "give memory, scratch, auto, or MEMORY_AND_DISK, MEMORY_AND_DISK_SER, MEMORY_ONLY, DISK_ONLY"
        );
    }

    #[test]
    fn what_is_no_candidate_is_refused() {
        let resolve =
            |text| Forced::resolve(text, &Workload::default(), &Candidates::default()).unwrap_err();
        let error = resolve("all:scratch");
        assert_eq!(error.to_string(), "no candidate for a frame is `all`");
        assert!(error.help().starts_with("there is no candidate"));
        assert_eq!(
            resolve("all:ram").to_string(),
            "`ram` is no medium and no storage level"
        );
        let error = resolve("all:memory:sorted");
        assert_eq!(error.to_string(), "`sorted` is no layout");
        assert_eq!(error.help(), "give plain or clustered");
    }
}
