//! Where rows lie, and which names may mean the same rows.
//!
//! Two names may mean the same rows unless facts say that they do not: a write of one starts a version of the other.
//!
//! | names | may share rows | because | test |
//! |---|---|---|---|
//! | the same table by `USE`, case, backquotes, `spark_catalog.` | they are one | names are made canonical | `names_mean_what_spark_takes_them_for` |
//! | a table of which nothing is known, and any | yes | it may be a view, or lie anywhere | `a_write_starts_versions_of_all_that_may_change` |
//! | two tables of the catalog | where one place lies in the other, in any spelling, by any name node | folders nest, and partitions are folders | the same, `places_overlap_where_one_may_lie_in_the_other` |
//! | a place that is relative, or has `..` or an escape, and any | yes | the places cannot be compared | `places_that_cannot_be_compared_are_none` |
//! | files by path and a table | where one place lies in the other; a pattern is the folder before it | a part of a table can be read by path | `a_write_starts_versions_of_all_that_may_change` |
//! | files by a relative path, and any | yes | the same | `files_at_a_relative_path_may_be_those_of_any_table` |
//! | a table that is made, without a place | no, but for files by path | Spark makes it only over an empty folder | `a_write_starts_versions_of_all_that_may_change` |
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
//! A partition that was put outside of its table before the pipeline began is not known here: the catalog's facts hold
//! one place for each table.

use super::super::names::Location;
use crate::facts::catalog::{TableFacts, TableKind};

/// Where the rows of a table lie, as far as it bears on two names meaning the same rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Storage {
    /// Not known: may be anything, a view included.
    Unknown,
    /// A permanent view: no rows of its own, may depend on anything.
    View,
    /// No such table.
    Absent,
    /// A folder of its own. Spark makes a managed table only over an empty folder
    /// (`SessionCatalog.validateTableLocation`), and a table lists no files of sub-folders that are no partitions.
    Own,
    /// At this place, according to the catalog.
    Catalogued(Location),
    /// Files read by path.
    Path(Option<Location>),
    /// A temporary view.
    Temporary,
}

impl Storage {
    pub(super) fn of(facts: Option<&TableFacts>) -> Storage {
        let Some(facts) = facts else {
            return Storage::Unknown;
        };
        match facts.kind {
            TableKind::View => Storage::View,
            // Or the table of that name: it may have rows of its own.
            TableKind::Temporary => Storage::Unknown,
            TableKind::Missing => Storage::Absent,
            TableKind::Managed | TableKind::External => facts
                .location
                .as_deref()
                .and_then(Location::parse)
                .map_or(Storage::Unknown, Storage::Catalogued),
        }
    }

    /// Whether a change of the rows of one may change the rows of the other.
    pub(super) fn may_alias(&self, other: &Storage) -> bool {
        match (self, other) {
            (Storage::Temporary | Storage::View | Storage::Absent, _)
            | (_, Storage::Temporary | Storage::View | Storage::Absent)
            | (Storage::Own, Storage::Own | Storage::Catalogued(_))
            | (Storage::Catalogued(_), Storage::Own) => false,
            (
                Storage::Catalogued(left) | Storage::Path(Some(left)),
                Storage::Catalogued(right) | Storage::Path(Some(right)),
            ) => left.overlaps(right),
            (Storage::Unknown | Storage::Path(_), _) | (_, Storage::Unknown | Storage::Path(_)) => {
                true
            }
        }
    }
}
