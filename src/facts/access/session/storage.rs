//! Where rows lie, and which names may mean the same rows.
//!
//! Two names may mean the same rows unless facts say that they do not: a write of one starts a version of the other.
//!
//! | names | may share rows | because | test |
//! |---|---|---|---|
//! | the same table by `USE`, case, backquotes, `spark_catalog.` | they are one | names are made canonical | `names_mean_what_spark_takes_them_for` |
//! | a table of which nothing is known, and any | yes | it may be a view, or lie anywhere | `a_write_starts_versions_of_all_that_may_change` |
//! | two tables of the catalog | where a place of one lies in a place of the other, in any spelling, by any name node | folders nest, and partitions are folders | the same, `places_overlap_where_one_may_lie_in_the_other` |
//! | a table with partitions outside of its folder | they are places of it as well | a partition may lie in another table | `partitions_outside_of_their_table_are_places_of_it` |
//! | a table of whose partitions the places are not known, and any | yes | they may lie anywhere | the same |
//! | a place that is relative, or has `..` or an escape, and any | yes | the places cannot be compared | `places_that_cannot_be_compared_are_none` |
//! | files by path and a table | where one place lies in the other; a pattern is the folder before it | a part of a table can be read by path | `a_write_starts_versions_of_all_that_may_change` |
//! | files by a relative path, and any | yes | the same | `files_at_a_relative_path_may_be_those_of_any_table` |
//! | a table that is made, without a place, and files by path | yes | they may lie in it | `a_write_starts_versions_of_all_that_may_change` |
//! | the same and a table of the catalog | where that lies in the folder, or around it | Spark makes a table over an empty folder, which may be that of another one | `a_table_that_is_made_may_lie_where_another_one_does` |
//! | the same, where the place of the database is not known | where a place has a folder of the table's name | as far as is known | the same |
//! | two tables that are made, without places | no | their folders have their names | `a_write_starts_versions_of_all_that_may_change` |
//! | a table that is made with a place, and any | yes | the place is not read from the text | the same |
//! | a table whose definition is altered, and any | yes | `SET LOCATION`, `ADD PARTITION … LOCATION` | `an_altered_table_may_lie_anywhere` |
//! | a table that is renamed, and any | yes | it takes its files along | `a_renamed_table_takes_its_files_along` |
//! | a table that is dropped | no | it has no rows; what shares its files starts when it is dropped | `a_write_starts_versions_of_all_that_may_change` |
//! | files that are written or moved away, and a table | as files that are read | | `changes_of_rows_start_the_versions_of_what_they_change`, `files_at_an_unknown_place_may_be_those_of_any_table` |
//! | a branch, tag or snapshot by name, and any | yes | it is read like a table of its own | `names_of_branches_may_mean_any_table` |
//! | a view and what it reads | a change of this starts a version of the view | it has no rows of its own | `only_what_a_view_reads_starts_its_versions` |
//! | a view whose definition is not seen, and any | yes | it may read anything | `a_view_that_is_not_seen_may_be_anything` |
//! | any, behind a statement that is not seen | yes | it may have moved them | `nothing_is_known_after_an_unseen_statement` |
//!
//! Spark keeps the listing of a partition that it has read, and a write through another name leaves it stale: which
//! frames that forbids is for `frame` to say. Not covered: the same after a write by a statement that is not seen.

mod index;

pub(super) use self::index::StorageIndex;

use super::super::names::Location;
use crate::facts::catalog::{Catalog, TableFacts, TableKind};

/// Where the rows of a table lie, as far as it bears on two names meaning the same rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Storage {
    /// Not known: may be anything, a view included.
    Unknown,
    /// A permanent view: no rows of its own, may depend on anything.
    View,
    /// No such table.
    Absent,
    /// A folder of its name in that of its database. Spark makes a managed table only over an empty folder
    /// (`SessionCatalog.validateTableLocation`), which may be the place of an empty table or partition all the same.
    Own(Home),
    /// At these places, according to the catalog: its folder, and those of partitions outside.
    Catalogued(Vec<Location>),
    /// Files read by path.
    Path(Option<Location>),
    /// A temporary view.
    Temporary,
}

/// Where a table is made that names no place (Spark: `SessionCatalog.defaultTablePath`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Home {
    At(Location),
    /// In the folder of a database of which the place is not known: the name of the table's folder.
    Named(String),
}

impl Home {
    /// Of a canonical name.
    fn of(table: &str, catalog: &Catalog) -> Home {
        let (database, name) = table.rsplit_once('.').unwrap_or(("", table));
        let folder = catalog.databases.get(database);
        let place = folder.and_then(|folder| Location::parse(&format!("{folder}/{name}")));
        place.map_or_else(|| Home::Named(name.to_owned()), Home::At)
    }

    fn overlaps(&self, place: &Location) -> bool {
        match self {
            Home::At(home) => home.overlaps(place),
            Home::Named(name) => place.has_folder(name),
        }
    }
}

impl Storage {
    /// Of a table that is made without a place.
    pub(super) fn own(table: &str, catalog: &Catalog) -> Storage {
        Storage::Own(Home::of(table, catalog))
    }

    pub(super) fn of(facts: Option<&TableFacts>) -> Storage {
        let Some(facts) = facts else {
            return Storage::Unknown;
        };
        match facts.kind {
            TableKind::View => Storage::View,
            // Or the table of that name: it may have rows of its own.
            TableKind::Temporary => Storage::Unknown,
            TableKind::Missing => Storage::Absent,
            TableKind::Managed | TableKind::External => {
                places(facts).map_or(Storage::Unknown, Storage::Catalogued)
            }
        }
    }

    /// Whether a change of the rows of one may change the rows of the other.
    pub(super) fn may_alias(&self, other: &Storage) -> bool {
        match (self, other) {
            (Storage::Temporary | Storage::View | Storage::Absent, _)
            | (_, Storage::Temporary | Storage::View | Storage::Absent)
            | (Storage::Own(_), Storage::Own(_)) => false,
            (Storage::Own(home), Storage::Catalogued(places))
            | (Storage::Catalogued(places), Storage::Own(home)) => {
                places.iter().any(|place| home.overlaps(place))
            }
            (Storage::Catalogued(left), Storage::Catalogued(right)) => left
                .iter()
                .any(|left| right.iter().any(|right| left.overlaps(right))),
            (Storage::Catalogued(places), Storage::Path(Some(path)))
            | (Storage::Path(Some(path)), Storage::Catalogued(places)) => {
                places.iter().any(|place| place.overlaps(path))
            }
            (Storage::Path(Some(left)), Storage::Path(Some(right))) => left.overlaps(right),
            (Storage::Unknown | Storage::Path(_), _) | (_, Storage::Unknown | Storage::Path(_)) => {
                true
            }
        }
    }
}

/// All places of a table's rows; none where one is not known.
fn places(facts: &TableFacts) -> Option<Vec<Location>> {
    let folder = facts.location.as_deref()?;
    let outside = match &facts.outside {
        Some(outside) => outside.as_slice(),
        None if facts.partition_columns.is_empty() => &[],
        None => return None,
    };
    let outside = outside.iter().map(String::as_str);
    std::iter::once(folder)
        .chain(outside)
        .map(Location::parse)
        .collect()
}
