//! Where rows lie.

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
