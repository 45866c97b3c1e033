//! What the walk through a query collects.

use std::collections::BTreeSet;

use super::exchange::Exchange;
use super::session::Schema;
use super::{Arrangement, Filter, Fixed, Gathering, Sensitivity, TableId};
use crate::diagnostic::Span;
use crate::frontend::statement::Identifier;

/// A table named in a `FROM`.
#[derive(Debug)]
pub(super) struct FoundRead {
    /// The table or temporary view.
    pub table: TableId,
    /// The name as written.
    pub name: Span,
    /// Its alias.
    pub alias: Option<Identifier>,
    /// The last part of the name.
    pub last_part: Identifier,
    /// Columns needed; none where unknown or all.
    pub columns: Option<BTreeSet<String>>,
    /// Tests that every useful row passes.
    pub filters: Vec<Filter>,
    /// The columns that it is gathered by.
    pub gatherings: Vec<Gathering>,
    /// Why the name must stay.
    pub fixed: Option<Fixed>,
}

/// A common table expression or derived table.
#[derive(Debug)]
pub(super) struct FoundSubquery {
    /// The text between its parentheses.
    pub body: Span,
    /// Its name or alias.
    pub name: Option<Identifier>,
    /// Its columns as the text names them.
    pub outputs: Option<Vec<Identifier>>,
    /// The columns that it is gathered by where it is used.
    pub gatherings: Vec<Gathering>,
}

/// Everything found in one query.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Reads in the order of the walk.
    pub reads: Vec<FoundRead>,
    /// Subqueries in the order of the walk.
    pub subqueries: Vec<FoundSubquery>,
    /// Traits in the order of the walk.
    pub sensitivities: Vec<Sensitivity>,
    /// What shows the arrangement of rows, in the order of the walk.
    pub arrangements: Vec<Arrangement>,
    /// A use and the definition that it means, where the two may lie in different subqueries: common table
    /// expressions and columns of outer queries. None lies outside of all.
    pub crossings: Vec<(Span, Option<Span>)>,
    /// Operations that bring rows together, with the places of their blocks.
    pub exchanges: Vec<(Span, Exchange)>,
    /// Has a relation that may be a call of a function.
    pub generates: bool,
    /// Per relation or common table expression: where it is defined, and the identifiers that name it.
    pub groups: Vec<(Span, Vec<Span>)>,
}

/// Columns of a query.
#[derive(Clone, Debug, Default)]
pub(super) struct Outputs {
    /// As far as they are known.
    pub schema: Schema,
    /// In order, where the text names all of them.
    pub identifiers: Option<Vec<Identifier>>,
}

impl Outputs {
    /// The same under the names of a column list.
    pub(super) fn renamed(self, columns: &[Identifier]) -> Outputs {
        if columns.is_empty() {
            return self;
        }
        Outputs {
            schema: Schema {
                names: columns.iter().map(Identifier::key).collect(),
                complete: true,
            },
            identifiers: Some(columns.to_vec()),
        }
    }
}
