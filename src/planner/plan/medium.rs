//! Media: where the rows of a frame live.
//!
//! | medium | rows | keeps |
//! |---|---|---|
//! | `memory` | Spark's cache, at a storage level | everything, nullability of columns included |
//! | `scratch` | a Parquet table in a database of the run alone, at a configured place | names, order and types, CHAR and VARCHAR included; every column becomes nullable |
//!
//! A new medium is a variant here, with its texts in `emit::medium` and their proof in `check::medium`.

mod scratch;

use super::select::Search;
use crate::planner::cost::BuildCost;
use crate::planner::frame::{Candidate, Reason};

/// Where a frame lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Medium {
    /// Spark's cache.
    Memory(StorageLevel),
    /// A Parquet table in the scratch database of the run.
    Scratch,
}

/// How Spark keeps cached rows (Spark: `StorageLevel`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum StorageLevel {
    /// In memory; what does not fit goes to disk.
    #[default]
    MemoryAndDisk,
    /// The same, as bytes: smaller, and slower to read.
    MemoryAndDiskSer,
    /// In memory; what does not fit is computed again by every reader.
    MemoryOnly,
    /// On disk.
    DiskOnly,
}

/// Words of the media, in the order of the variants.
pub const MEDIA: [&str; 2] = ["memory", "scratch"];

impl Medium {
    /// Its word in plans, settings and options.
    pub fn word(self) -> &'static str {
        let [memory, scratch] = MEDIA;
        match self {
            Medium::Memory(_) => memory,
            Medium::Scratch => scratch,
        }
    }

    /// The storage level, where it has one.
    pub fn level(self) -> Option<StorageLevel> {
        match self {
            Medium::Memory(level) => Some(level),
            Medium::Scratch => None,
        }
    }

    /// The medium of a word and the storage level that goes with it; none where they do not fit together.
    pub fn of(word: &str, level: Option<StorageLevel>) -> Option<Medium> {
        let [memory, scratch] = MEDIA;
        match level {
            Some(level) if word == memory => Some(Medium::Memory(level)),
            None if word == scratch => Some(Medium::Scratch),
            _ => None,
        }
    }

    /// Which of the texts that build a frame holds its definition, counted from 0.
    pub fn defining_text(self) -> usize {
        match self {
            Medium::Memory(_) => 0,
            Medium::Scratch => 2,
        }
    }
}

impl Default for Medium {
    fn default() -> Self {
        Medium::Memory(StorageLevel::default())
    }
}

impl StorageLevel {
    /// All of them.
    pub const ALL: [StorageLevel; 4] = [
        StorageLevel::MemoryAndDisk,
        StorageLevel::MemoryAndDiskSer,
        StorageLevel::MemoryOnly,
        StorageLevel::DiskOnly,
    ];

    /// Spark's name of it.
    pub fn word(self) -> &'static str {
        match self {
            StorageLevel::MemoryAndDisk => "MEMORY_AND_DISK",
            StorageLevel::MemoryAndDiskSer => "MEMORY_AND_DISK_SER",
            StorageLevel::MemoryOnly => "MEMORY_ONLY",
            StorageLevel::DiskOnly => "DISK_ONLY",
        }
    }

    /// The level that Spark calls so; upper and lower case are the same.
    pub fn of(word: &str) -> Option<StorageLevel> {
        let mut levels = StorageLevel::ALL.into_iter();
        levels.find(|level| level.word().eq_ignore_ascii_case(word))
    }
}

/// Where the user wants frames to live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// In memory.
    #[default]
    Memory,
    /// In the scratch database, as far as that changes nothing that a reader shows.
    Scratch,
    /// Where it costs less.
    Cheaper,
}

impl Wanted {
    /// What a word of the settings means.
    pub fn of(word: &str) -> Option<Wanted> {
        let [memory, scratch] = MEDIA;
        let mut words = [
            (memory, Wanted::Memory),
            (scratch, Wanted::Scratch),
            ("auto", Wanted::Cheaper),
        ]
        .into_iter();
        words
            .find(|(known, _)| *known == word)
            .map(|(_, wanted)| wanted)
    }
}

/// The media to choose from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Media {
    /// What the user wants.
    pub wanted: Wanted,
    /// Storage level of frames in memory.
    pub level: StorageLevel,
    /// Whether there is a place for a scratch database.
    pub scratch: bool,
}

/// The media that a candidate may live on, that of the user's choice first: the one place that decides it. Which of
/// them it is, where there are several, follows from what it costs there.
pub(super) fn options(search: &Search<'_>, candidate: &Candidate) -> (Medium, Vec<Medium>) {
    let media = search.options.media;
    let forced = search
        .options
        .forced
        .as_ref()
        .and_then(|forced| forced.medium);
    let (wanted, level) = forced.unwrap_or((media.wanted, None));
    let memory = Medium::Memory(level.unwrap_or(media.level));
    let fits = || refusal(search, candidate).is_none();
    match wanted {
        Wanted::Scratch if fits() => (Medium::Scratch, Vec::new()),
        Wanted::Cheaper if fits() => (memory, vec![Medium::Scratch]),
        Wanted::Memory | Wanted::Scratch | Wanted::Cheaper => (memory, Vec::new()),
    }
}

/// Why a candidate lives in memory although the user wants a scratch table; none where it does not, or is not wanted.
pub(super) fn kept_in_memory(search: &Search<'_>, candidate: &Candidate) -> Option<Reason> {
    let forced = search.options.forced.as_ref();
    let forced = forced.and_then(|forced| forced.medium);
    let wanted = forced.map_or(search.options.media.wanted, |(wanted, _)| wanted);
    (wanted == Wanted::Scratch)
        .then(|| refusal(search, candidate))
        .flatten()
}

fn refusal(search: &Search<'_>, candidate: &Candidate) -> Option<Reason> {
    let why = if search.options.media.scratch {
        scratch::refusal(search.workload, search.costs.catalog(), candidate)?
    } else {
        "no place for scratch tables is configured".to_owned()
    };
    let text = format!("the frame is kept in memory: {why}");
    Some(Reason::new("kept-in-memory", text))
}

impl Medium {
    /// What building costs on this medium, from what it costs in memory.
    pub(in crate::planner) fn build_cost(self, in_memory: BuildCost) -> BuildCost {
        match self {
            Medium::Memory(_) => in_memory,
            Medium::Scratch => in_memory.as_table(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_give_the_media_that_they_name() {
        let level = StorageLevel::of("disk_only");
        assert_eq!(level, Some(StorageLevel::DiskOnly));
        assert_eq!(Medium::of("memory", level).map(Medium::level), Some(level));
        assert_eq!(Medium::of("scratch", None), Some(Medium::Scratch));
        assert_eq!(Medium::of("scratch", level), None);
        assert_eq!(Medium::of("memory", None), None);
        assert_eq!(StorageLevel::of("OFF_HEAP"), None);
        for level in StorageLevel::ALL {
            assert_eq!(StorageLevel::of(level.word()), Some(level));
            assert_eq!(
                Medium::of(Medium::Memory(level).word(), Some(level)),
                Some(Medium::Memory(level))
            );
        }
    }
}
