//! Where the rows of all tables lie, with an index of places: a write asks which tables may share rows with the one
//! that it changes, and a pipeline of many writes to many tables must not compare each with each.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::TableId;
use super::super::super::names::Location;
use super::{Home, Storage};

/// The storage of each table, by number. The index names tables that may share rows; [`Storage::may_alias`] decides.
#[derive(Debug, Default)]
pub(in super::super) struct StorageIndex {
    storage: Vec<Storage>,
    /// By the folders from the root of each of their places.
    located: BTreeMap<Vec<String>, BTreeSet<TableId>>,
    /// By each folder on the way to their places.
    below: BTreeMap<String, BTreeSet<TableId>>,
    /// Tables in a folder of which only the name is known, by that name.
    named: BTreeMap<String, BTreeSet<TableId>>,
    /// Tables that are made without a place: they may lie at any path.
    own: BTreeSet<TableId>,
    /// Files at a known path.
    paths: BTreeSet<TableId>,
    /// What may lie anywhere, views included.
    anywhere: BTreeSet<TableId>,
}

impl StorageIndex {
    /// Adds the next table.
    pub(in super::super) fn push(&mut self, storage: Storage) {
        let table = TableId(u32::try_from(self.storage.len()).unwrap_or(u32::MAX));
        self.index(&storage, |tables| {
            tables.insert(table);
        });
        self.storage.push(storage);
    }

    pub(in super::super) fn get(&self, table: TableId) -> Option<&Storage> {
        self.storage.get(table.0 as usize)
    }

    /// Moves a table; nothing where there is no such table.
    pub(in super::super) fn set(&mut self, table: TableId, storage: Storage) {
        let slot = table.0 as usize;
        let Some(before) = self.storage.get(slot).cloned() else {
            return;
        };
        if before == storage {
            return;
        }
        self.index(&before, |tables| {
            tables.remove(&table);
        });
        self.index(&storage, |tables| {
            tables.insert(table);
        });
        if let Some(kept) = self.storage.get_mut(slot) {
            *kept = storage;
        }
    }

    /// All tables that [`Storage::may_alias`] with the storage, all views, and all that may lie anywhere; some others.
    pub(in super::super) fn near(&self, storage: &Storage) -> BTreeSet<TableId> {
        let mut near = self.anywhere.clone();
        match storage {
            Storage::Unknown | Storage::Path(None) => {
                near.extend((0..).map(TableId).take(self.storage.len()));
            }
            Storage::Temporary | Storage::View | Storage::Absent => {}
            Storage::Own(home) => {
                near.extend(&self.paths);
                match home {
                    Home::Named(name) => near.extend(self.below.get(name).into_iter().flatten()),
                    Home::At(place) => self.around(place, &mut near),
                }
            }
            Storage::Path(Some(place)) => {
                near.extend(&self.own);
                self.around(place, &mut near);
            }
            Storage::Catalogued(places) => {
                for place in places {
                    self.around(place, &mut near);
                }
            }
        }
        near
    }

    /// Tables with a place in this one or around it, and those in a folder with the name of one on the way to it.
    fn around(&self, place: &Location, near: &mut BTreeSet<TableId>) {
        let folders = place.folders();
        for outer in (0..folders.len()).filter_map(|length| folders.get(..length)) {
            near.extend(self.located.get(outer).into_iter().flatten());
        }
        let inside = self.located.range(folders.to_vec()..);
        let inside = inside.take_while(|(inner, _)| inner.starts_with(folders));
        near.extend(inside.flat_map(|(_, tables)| tables));
        for folder in folders {
            near.extend(self.named.get(folder).into_iter().flatten());
        }
    }

    /// Changes every entry of the index where a table of the storage stands.
    fn index(&mut self, storage: &Storage, mut change: impl FnMut(&mut BTreeSet<TableId>)) {
        let places = match storage {
            Storage::Temporary | Storage::Absent => return,
            Storage::Unknown | Storage::View | Storage::Path(None) => {
                return change(&mut self.anywhere);
            }
            Storage::Own(home) => {
                change(&mut self.own);
                match home {
                    Home::Named(name) => {
                        return change(self.named.entry(name.clone()).or_default());
                    }
                    Home::At(place) => std::slice::from_ref(place),
                }
            }
            Storage::Path(Some(place)) => {
                change(&mut self.paths);
                std::slice::from_ref(place)
            }
            Storage::Catalogued(places) => places.as_slice(),
        };
        for place in places {
            change(self.located.entry(place.folders().to_vec()).or_default());
            for folder in place.folders() {
                change(self.below.entry(folder.clone()).or_default());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Home, Location, Storage, StorageIndex, TableId};

    /// Every storage of a few places that nest, share names or have buckets.
    fn all() -> Vec<Storage> {
        let texts = [
            "/",
            "/w",
            "/w/a",
            "/w/a/b",
            "/w/b",
            "/b",
            "s3://w/a",
            "s3://x/a/b",
            "/w/*/b",
        ];
        let places: Vec<Location> = texts
            .iter()
            .filter_map(|text| Location::parse(text))
            .collect();
        assert_eq!(places.len(), texts.len());
        let mut all = vec![
            Storage::Unknown,
            Storage::View,
            Storage::Absent,
            Storage::Temporary,
        ];
        all.push(Storage::Path(None));
        for name in ["a", "b", "w", "c"] {
            all.push(Storage::Own(Home::Named(name.to_owned())));
        }
        for (number, place) in places.iter().enumerate() {
            all.push(Storage::Own(Home::At(place.clone())));
            all.push(Storage::Path(Some(place.clone())));
            all.push(Storage::Catalogued(vec![place.clone()]));
            for other in places.iter().skip(number + 1) {
                all.push(Storage::Catalogued(vec![place.clone(), other.clone()]));
            }
        }
        all
    }

    /// Against the comparison of each with each, also after every table has moved.
    #[test]
    fn near_names_all_that_may_share_rows() {
        let all = all();
        let mut index = StorageIndex::default();
        for storage in &all {
            index.push(storage.clone());
        }
        for shift in 0..3 {
            let lies = |number: usize| &all[(number + shift * 7) % all.len()];
            for number in 0..all.len() {
                index.set(
                    TableId(u32::try_from(number).unwrap()),
                    lies(number).clone(),
                );
            }
            let (mut named, mut compared) = (0, 0);
            for storage in &all {
                let near = index.near(storage);
                for number in 0..all.len() {
                    let table = TableId(u32::try_from(number).unwrap());
                    assert_eq!(index.get(table), Some(lies(number)));
                    let must = matches!(lies(number), Storage::Unknown | Storage::View)
                        || storage.may_alias(lies(number));
                    assert!(
                        !must || near.contains(&table),
                        "{storage:?} and {:?}",
                        lies(number)
                    );
                    compared += 1;
                }
                named += near.len();
            }
            assert!(named * 10 < compared * 9, "{named} of {compared}");
        }
    }

    /// What leaves the index is gone from it.
    #[test]
    fn a_table_that_has_moved_is_no_longer_where_it_was() {
        let at = |text| Storage::Catalogued(vec![Location::parse(text).unwrap()]);
        let mut index = StorageIndex::default();
        index.push(at("/w/a"));
        index.push(at("/w/b"));
        index.set(TableId(0), at("/w/c"));
        assert_eq!(index.near(&at("/w/a")), BTreeSet::new());
        assert_eq!(index.near(&at("/w/c")), BTreeSet::from([TableId(0)]));
        assert_eq!(
            index.near(&at("/w")),
            BTreeSet::from([TableId(0), TableId(1)])
        );
    }
}
