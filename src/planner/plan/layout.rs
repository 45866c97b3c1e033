//! Layouts: how the rows of a frame are spread over its parts.
//!
//! | layout | rows | readers |
//! |---|---|---|
//! | `plain` | as they come | exchange them for each join and grouping |
//! | `clustered` | spread by a key over a number of parts: those of the cache, or buckets of the scratch table | join on the key, group by it and more, without an exchange |
//!
//! Rows that are clustered come in another order. So a frame is clustered only where nothing shows that: neither its
//! readers nor what reads what they write ([`shown`]). Measured on Spark 3.5.6: cached rows and bucketed tables alike
//! save readers the exchange, whatever the number of parts.

mod shown;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::Frame;
use super::choice::Chosen;
use super::select::Search;
use super::words::duration;
use crate::facts::access::{GatheredBy, Gathering};
use crate::planner::cost::{BuildCost, End};
use crate::planner::frame::{Candidate, Definition, Place, Reader, Reason};

/// Words of the layouts, in the order of the variants.
pub const LAYOUTS: [&str; 2] = ["plain", "clustered"];

/// Bytes of a part (Spark: `spark.sql.adaptive.advisoryPartitionSizeInBytes`).
const PART_BYTES: u64 = 64 << 20;
/// Fewest parts, so that tasks run beside each other.
const FEWEST_PARTS: u64 = 8;
/// Most parts: each is a task and, in a table, a file.
const MOST_PARTS: u64 = 10_000;

/// How the rows of a frame are spread.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layout {
    /// As they come.
    #[default]
    Plain,
    /// By the values of columns: rows that are equal in all of them are in one part.
    Clustered {
        /// The columns, in the frame's spelling; never empty.
        columns: Vec<String>,
        /// Number of parts.
        parts: u32,
    },
}

impl Layout {
    /// Its word in plans and options.
    pub fn word(&self) -> &'static str {
        let [plain, clustered] = LAYOUTS;
        match self {
            Layout::Plain => plain,
            Layout::Clustered { .. } => clustered,
        }
    }
}

/// Which layouts the user wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WantedLayout {
    /// Rows as they come.
    #[default]
    Plain,
    /// Clustered where nothing shows it and it gains more than it costs.
    Cheaper,
    /// Clustered where nothing shows it, whether or not it pays.
    Clustered,
}

impl WantedLayout {
    /// What a word of the settings means.
    pub fn of_setting(word: &str) -> Option<WantedLayout> {
        match word {
            "off" => Some(WantedLayout::Plain),
            "auto" => Some(WantedLayout::Cheaper),
            _ => None,
        }
    }

    /// What the name of a layout means where it is forced.
    pub(super) fn of_layout(word: &str) -> Option<WantedLayout> {
        let [plain, clustered] = LAYOUTS;
        if word == plain {
            Some(WantedLayout::Plain)
        } else {
            (word == clustered).then_some(WantedLayout::Clustered)
        }
    }
}

/// Gives what is chosen the layout that suits its readers, with what that costs and saves. Rows that other frames are
/// built from stay as they come: those would show it to readers of theirs.
pub(super) fn arrange(search: &Search<'_>, candidate: &Candidate, one: &mut Chosen) {
    if !one.feeds.is_empty() {
        return;
    }
    if let Ok(Some(arranged)) = choose(search, candidate, &one.readers, one.build) {
        one.layout = arranged.layout;
        one.build.micros = one.build.micros.saturating_add(arranged.exchange_micros);
        one.saving_micros = one.saving_micros.saturating_add(arranged.saved_micros);
    }
}

/// Why the rows of a frame are left as they come although the user wants another layout; none where they are not, or
/// nothing else is wanted.
pub(super) fn left_plain(
    search: &Search<'_>,
    candidate: &Candidate,
    frame: &Frame,
) -> Option<Reason> {
    match frame.layout {
        Layout::Plain => {
            let build = search
                .costs
                .at(End::Many)
                .build(candidate)
                .unwrap_or_default();
            choose(search, candidate, &frame.readers, build).err()
        }
        Layout::Clustered { .. } => None,
    }
}

/// Whether the user wants rows clustered where that pays.
pub(super) fn is_wanted(search: &Search<'_>) -> bool {
    search.options.layout == WantedLayout::Cheaper
}

/// What clustering a candidate's rows offers to all of its readers.
pub(super) struct Offered {
    /// What it costs to spread the rows, microseconds.
    pub(super) exchange_micros: u64,
    /// What each reader saves by that, microseconds; none for one that would show the arrangement.
    pub(super) saved_micros: Vec<Option<u64>>,
}

/// What clustering offers; none where no key is shared.
pub(super) fn offered(
    search: &Search<'_>,
    candidate: &Candidate,
    build: BuildCost,
) -> Option<Offered> {
    let gathered = gathered(search, candidate, &candidate.readers);
    let (key, _) = most_used(&gathered)?;
    let saved = search.costs.exchange_saved(build.rows);
    let each = candidate.readers.iter().zip(&gathered);
    let saved_micros = each.map(|(reader, gathered)| {
        let shown = shown::by(search.workload, std::slice::from_ref(reader)).is_some();
        (!shown).then(|| saved.saturating_mul(uses_of(&key, gathered)))
    });
    Some(Offered {
        exchange_micros: search.costs.exchange(build.rows),
        saved_micros: saved_micros.collect(),
    })
}

struct Arranged {
    layout: Layout,
    exchange_micros: u64,
    saved_micros: u64,
}

fn choose(
    search: &Search<'_>,
    candidate: &Candidate,
    readers: &[Reader],
    build: BuildCost,
) -> Result<Option<Arranged>, Reason> {
    let forced = search.options.forced.as_ref();
    let forced = forced.and_then(|forced| forced.layout);
    let wanted = forced.unwrap_or(search.options.layout);
    if wanted == WantedLayout::Plain {
        return Ok(None);
    }
    let gathered = gathered(search, candidate, readers);
    let Some((key, uses)) = most_used(&gathered) else {
        let why = match candidate.definition {
            Definition::JoinCore { .. } | Definition::CoveringAggregate(_) => {
                "no key is looked for behind joined tables and aggregates"
            }
            _ => "no two readers join on one key or group by it",
        };
        let text = format!("the frame's rows are left as they come: {why}");
        return Err(Reason::new("no-shared-key", text));
    };
    if let Some(shown) = shown::by(search.workload, readers) {
        let text = format!("the frame's rows are left as they come: {shown}");
        return Err(Reason::new("arrangement-shows", text));
    }
    let exchange = search.costs.exchange(build.rows);
    let saved = search.costs.exchange_saved(build.rows).saturating_mul(uses);
    let margin = u128::from(search.options.margin_percent);
    let pays = u128::from(saved).saturating_mul(100) >= u128::from(exchange).saturating_mul(margin);
    if wanted == WantedLayout::Cheaper && !(pays && saved > exchange) {
        let text = format!(
            "the frame's rows are left as they come: an exchange of {} would save its readers {}",
            duration(exchange),
            duration(saved),
        );
        return Err(Reason::new("clustering-not-worth", text));
    }
    let parts = build.bytes.div_ceil(PART_BYTES);
    let parts = parts.clamp(FEWEST_PARTS, MOST_PARTS);
    Ok(Some(Arranged {
        layout: Layout::Clustered {
            columns: key.into_iter().collect(),
            parts: u32::try_from(parts).unwrap_or(u32::MAX),
        },
        exchange_micros: exchange,
        saved_micros: saved,
    }))
}

/// The gatherings of each reader in columns of the frame, in its spelling.
fn gathered(search: &Search<'_>, candidate: &Candidate, readers: &[Reader]) -> Vec<Vec<Gathering>> {
    let gathered = readers.iter().map(|reader| {
        let found: &[Gathering] = match reader.place {
            Place::Name => {
                let read = reader.reads.first();
                let read = read.and_then(|read| search.workload.read(*read));
                read.map_or(&[], |read| &read.gatherings)
            }
            Place::Body(subquery) => {
                let subquery = search.workload.subquery(subquery);
                subquery.map_or(&[], |subquery| &subquery.gatherings)
            }
            // Most of what its tables are gathered by, the frame has done.
            Place::Joined | Place::Block => &[],
        };
        let found = found.iter().filter_map(|gathering| {
            let columns = gathering.columns.iter();
            let columns = columns.map(|column| spelled(&candidate.definition, reader, column));
            Some(Gathering {
                by: gathering.by,
                columns: columns.collect::<Option<_>>()?,
            })
        });
        found.collect()
    });
    gathered.collect()
}

/// What a frame calls the column that a reader knows by a name, lower-case.
fn spelled(definition: &Definition, reader: &Reader, column: &str) -> Option<String> {
    match definition {
        Definition::CoveringRead { columns, .. } | Definition::RepeatedSubquery { columns, .. } => {
            only(columns.iter(), column)
        }
        Definition::WidenedSubquery(widened) => {
            let share = widened.shares.get(&reader.subquery()?)?;
            let mut outputs = share.outputs.iter();
            let (number, _) = outputs.find(|(_, name)| name.to_lowercase() == column)?;
            let name = widened.columns.get(*number)?.name.to_lowercase();
            only(widened.columns.iter().map(|column| &column.name), &name)
        }
        Definition::JoinCore { .. } | Definition::CoveringAggregate(_) => None,
    }
}

/// The only one of some names that is equal to a lower-case one.
fn only<'n>(names: impl Iterator<Item = &'n String>, lower: &str) -> Option<String> {
    let mut same = names.filter(|name| name.to_lowercase() == lower);
    match (same.next(), same.next()) {
        (Some(first), None) => Some(first.clone()),
        _ => None,
    }
}

/// The key that saves the most gatherings, where it saves those of two readers at least, and how many it saves.
fn most_used(gathered: &[Vec<Gathering>]) -> Option<(BTreeSet<String>, u64)> {
    let mut keys: BTreeMap<&BTreeSet<String>, (u64, u64)> = BTreeMap::new();
    for gathering in gathered.iter().flatten() {
        keys.entry(&gathering.columns).or_default();
    }
    for (key, (readers, uses)) in &mut keys {
        for reader in gathered {
            let saved = uses_of(key, reader);
            *readers += u64::from(saved > 0);
            *uses += saved;
        }
    }
    let keys = keys.into_iter().filter(|(_, (readers, _))| *readers > 1);
    // Of equal ones the first, and so the same for the same inputs.
    let (key, (_, uses)) = keys.min_by_key(|(key, (_, uses))| (Reverse(*uses), key.len()))?;
    Some((key.clone(), uses))
}

/// How many exchanges a reader saves.
fn uses_of(key: &BTreeSet<String>, gathered: &[Gathering]) -> u64 {
    let saved = gathered.iter().filter(|gathering| saves(key, gathering));
    u64::try_from(saved.count()).unwrap_or(u64::MAX)
}

/// Whether rows clustered by a key need no exchange. Both inputs of a join must be spread by all of its columns
/// (Spark: `spark.sql.requireAllClusterKeysForCoPartition`); groups lie in one part if part of their key does.
fn saves(key: &BTreeSet<String>, gathering: &Gathering) -> bool {
    match gathering.by {
        GatheredBy::Join => gathering.columns == *key,
        GatheredBy::Grouping => key.is_subset(&gathering.columns),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathering(by: GatheredBy, columns: &[&str]) -> Gathering {
        Gathering {
            by,
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
        }
    }

    #[test]
    fn the_key_that_saves_the_most_gatherings_is_taken() {
        let join = |columns: &[&str]| vec![gathering(GatheredBy::Join, columns)];
        let group = |columns: &[&str]| vec![gathering(GatheredBy::Grouping, columns)];
        let key = |gathered: &[Vec<Gathering>]| {
            most_used(gathered).map(|(key, uses)| {
                let key: Vec<String> = key.into_iter().collect();
                (key.join(" "), uses)
            })
        };
        assert_eq!(key(&[join(&["k"]), Vec::new()]), None);
        assert_eq!(key(&[join(&["k"]), join(&["k", "g"])]), None);
        let some = |key: &str, uses| Some((key.to_owned(), uses));
        assert_eq!(key(&[join(&["k"]), group(&["g", "k"])]), some("k", 2));
        assert_eq!(
            key(&[group(&["k", "g"]), group(&["g", "k"])]),
            some("g k", 2)
        );
        let twice = [
            join(&["b"]),
            join(&["b"]),
            join(&["a"]),
            join(&["a"]),
            join(&["a"]),
        ];
        assert_eq!(key(&twice), some("a", 3));
    }

    #[test]
    fn words_give_the_layouts_that_they_name() {
        assert_eq!(WantedLayout::of_setting("off"), Some(WantedLayout::Plain));
        assert_eq!(
            WantedLayout::of_setting("auto"),
            Some(WantedLayout::Cheaper)
        );
        assert_eq!(WantedLayout::of_setting("clustered"), None);
        assert_eq!(WantedLayout::of_layout("plain"), Some(WantedLayout::Plain));
        assert_eq!(
            WantedLayout::of_layout("clustered"),
            Some(WantedLayout::Clustered)
        );
        assert_eq!(WantedLayout::of_layout("auto"), None);
        assert_eq!(Layout::default().word(), "plain");
    }
}
