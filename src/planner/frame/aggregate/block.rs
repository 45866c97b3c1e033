//! A block that groups one table, as far as it can be computed together with others.
//!
//! What is moved into the frame are the tests of its rows and its aggregates. They meet rows of other readers there, so
//! nothing in them may fail, vary or depend on the order of rows. What is left is the select list over the columns
//! grouped by and the aggregates' values, so nothing else may be named in it.

mod again;
mod clauses;
mod grouping;
mod text;
mod values;

use std::collections::BTreeSet;

pub(super) use self::grouping::Grouping;

use self::clauses::Places;
use super::model::{Again, Formula, Kept};
use crate::diagnostic::Span;
use crate::facts::access::{Access, Read, TableVersion};
use crate::frontend::statement::{Block, ColumnReference, Expression, Shape, TableReference};
use crate::planner::frame::inputs::{code, why};
use crate::planner::frame::source::Source;
use crate::planner::frame::{Context, Reason};

/// A block that groups the rows of one table.
#[derive(Clone, Copy)]
pub(super) struct Occurrence<'a> {
    pub(super) access: &'a Access,
    pub(super) read: &'a Read,
    pub(super) reference: &'a TableReference,
    pub(super) block: Block<'a>,
}

/// Text with what it is compared by.
#[derive(Clone, Debug)]
pub(super) struct Written {
    /// Tokens, up to blanks, comments, letter case of words and qualifiers of columns.
    pub(super) key: Vec<String>,
    pub(super) formula: Formula,
}

impl Written {
    /// Whether it is about columns, and about no others than these, lower-case.
    pub(super) fn is_about(&self, columns: &BTreeSet<String>) -> bool {
        let mut named = self.key.iter().filter_map(|token| token.strip_prefix("c:"));
        let mut any = false;
        named.all(|column| {
            any = true;
            columns.contains(column)
        }) && any
    }
}

/// A test of rows.
#[derive(Clone, Debug)]
pub(super) struct Test {
    pub(super) written: Written,
    pub(super) kept: Kept,
}

/// A call of an aggregate.
#[derive(Clone, Debug)]
pub(super) struct Called {
    pub(super) place: Span,
    pub(super) written: Written,
    /// How its values over groups give its value over all of their rows; none where they do not.
    pub(super) again: Option<Again>,
    /// Over distinct values.
    pub(super) distinct: bool,
    /// The order of additions may show in its value.
    pub(super) drifts: bool,
}

/// A block whose rows and aggregates can be computed together with those of others.
pub(super) struct Grouped<'a> {
    pub(super) read: &'a Read,
    pub(super) inputs: BTreeSet<TableVersion>,
    /// Lower-case.
    pub(super) keys: BTreeSet<String>,
    /// The same in the table's order and spelling.
    pub(super) spelled: Vec<String>,
    /// Groups in several ways, by `ROLLUP` and the like.
    pub(super) several: bool,
    /// Each once.
    pub(super) tests: Vec<Test>,
    /// By place.
    pub(super) calls: Vec<Called>,
    pub(super) places: Places,
    /// Columns that keys, tests and aggregates name, lower-case.
    pub(super) columns: BTreeSet<String>,
    /// All columns of the table, lower-case.
    pub(super) table: BTreeSet<String>,
}

impl Grouped<'_> {
    /// Whether it makes a test.
    pub(super) fn makes(&self, test: &Test) -> bool {
        let mut own = self.tests.iter();
        own.any(|own| own.written.key == test.written.key)
    }

    /// An aggregate in whose value the order of additions may show.
    pub(super) fn drifts(&self) -> Option<&Called> {
        self.calls.iter().find(|call| call.drifts)
    }

    /// An aggregate of distinct values.
    pub(super) fn distinct(&self) -> Option<&Called> {
        self.calls.iter().find(|call| call.distinct)
    }

    /// Why it cannot be computed together with others, although those can.
    pub(super) fn kept_alone(&self, context: &Context<'_>) -> Option<Reason> {
        let text = |call: &Called| context.texts.text(call.place);
        let text = match (self.drifts(), self.distinct()) {
            (Some(drifts), Some(distinct)) => format!(
                "`{}` depends on the order of additions, and beside `{}` that is another one",
                text(drifts),
                text(distinct)
            ),
            (Some(drifts), None) => format!(
                "`{}` depends on the order of additions, which the distinct values of the others change",
                text(drifts)
            ),
            (None, Some(distinct)) => format!(
                "beside `{}` the others would be summed up in another order",
                text(distinct)
            ),
            (None, None) => return None,
        };
        Some(Reason::new("summation-order", text))
    }

    /// Why its groups cannot be made of finer ones, if so.
    pub(super) fn not_again(&self, context: &Context<'_>) -> Option<Reason> {
        let lost = self.calls.iter().find(|call| call.again.is_none())?;
        let text = format!(
            "`{}` cannot be computed from its values over smaller groups with the same type and value",
            context.texts.text(lost.place)
        );
        Some(Reason::new("finer-groups", text))
    }
}

impl<'a> Grouped<'a> {
    /// What a block says, or why it cannot be computed together with others.
    pub(super) fn of(
        context: &Context<'_>,
        source: &Source,
        one: &Occurrence<'a>,
        inputs: BTreeSet<TableVersion>,
    ) -> Result<Self, Reason> {
        let Some(columns) = source.columns.as_ref().filter(|_| source.current) else {
            let text = format!("the schema of `{}` at this point is unknown", source.name);
            return Err(Reason::new("schema-unknown", text));
        };
        let mut looked = Look {
            context,
            columns,
            one,
            moved: BTreeSet::new(),
        };
        looked.shape()?;
        let places = looked.places()?;
        let keys = looked.keys()?;
        let tests = looked.tests()?;
        let calls = looked.values(&keys)?;
        looked.sensitivities(&places, &calls)?;
        if keys.is_empty() && calls.is_empty() {
            return Err(Reason::new("aggregate", "it computes nothing of the rows"));
        }
        looked.types(&keys)?;
        let spelled = columns.iter().map(|(name, _)| name);
        Ok(Grouped {
            read: one.read,
            inputs,
            spelled: spelled
                .filter(|name| keys.contains(&name.to_lowercase()))
                .cloned()
                .collect(),
            keys,
            several: one.grouping(context).several,
            tests,
            calls,
            places,
            columns: looked.moved,
            table: columns
                .iter()
                .map(|(name, _)| name.to_lowercase())
                .collect(),
        })
    }
}

/// The walk through one block.
struct Look<'l, 'a> {
    context: &'l Context<'l>,
    /// Spelling and type.
    columns: &'l [(String, String)],
    one: &'l Occurrence<'a>,
    /// Columns that the frame reads, lower-case.
    moved: BTreeSet<String>,
}

impl Look<'_, '_> {
    /// The columns grouped by, lower-case.
    fn keys(&mut self) -> Result<BTreeSet<String>, Reason> {
        let mut keys = BTreeSet::new();
        for key in &self.one.block.select.group_by {
            let several = grouping::several(self.context, key);
            let columns = match plain(key) {
                Some(column) => std::slice::from_ref(column),
                None if several => key.columns.as_slice(),
                None => &[],
            };
            let known = columns.iter().map(|column| self.column(column));
            let known: Option<BTreeSet<String>> =
                known.map(|column| column.map(str::to_lowercase)).collect();
            let Some(known) = known.filter(|known| !known.is_empty()) else {
                let text = format!(
                    "it groups by `{}`, which is no plain column of its table",
                    self.context.texts.text(key.span)
                );
                return Err(Reason::new("grouping", text));
            };
            keys.extend(known);
        }
        self.moved.extend(keys.iter().cloned());
        Ok(keys)
    }

    /// The tests of `WHERE`, each once.
    fn tests(&mut self) -> Result<Vec<Test>, Reason> {
        let mut tests: Vec<Test> = Vec::new();
        for test in &self.one.block.select.filter {
            let stars = !test.stars.is_empty();
            if stars
                || test
                    .calls
                    .iter()
                    .any(|call| call.window.is_some() || call.is_aggregate())
            {
                return Err(self.strange(test.span));
            }
            if plain(test).is_some_and(|column| !self.is_boolean(column)) {
                return Err(self.strange(test.span));
            }
            // What holds several tests together stays together.
            let loose = matches!(test.shape, Shape::Other);
            let written = self.written(test.span, &test.columns, loose)?;
            if !tests.iter().any(|known| known.written.key == written.key) {
                let place = test.span;
                tests.push(Test {
                    written,
                    kept: Kept { place, loose },
                });
            }
        }
        Ok(tests)
    }

    fn is_boolean(&self, reference: &ColumnReference) -> bool {
        let Some(name) = self.column(reference) else {
            return false;
        };
        let mut columns = self.columns.iter();
        columns.any(|(column, data_type)| column == name && data_type == "boolean")
    }

    /// Nothing that moves, and no condition on groups, may fail or give another value elsewhere.
    fn sensitivities(&self, places: &Places, calls: &[Called]) -> Result<(), Reason> {
        let conditions = places.having.map(|(_, condition)| condition);
        let moved: Vec<Span> = [Some(places.rows), conditions]
            .into_iter()
            .flatten()
            .chain(calls.iter().map(|call| call.place))
            .collect();
        let touches = |span: Span| {
            let meets = |part: &Span| part.start < span.end && span.start < part.end;
            moved.iter().any(meets)
        };
        let mut sensitivities = self.one.access.sensitivities.iter();
        // A trait of the whole statement spans more than the block.
        let inside = |span: Span| self.one.block.query.span.contains(span);
        let found = sensitivities.find(|one| inside(one.span) && touches(one.span));
        match found {
            None => Ok(()),
            Some(one) => {
                let text = format!("it uses `{}`, {}", one.what, why(one.kind));
                Err(Reason::new(code(one.kind), text))
            }
        }
    }

    /// Columns whose values are the same however they are grouped and compared.
    fn types(&self, keys: &BTreeSet<String>) -> Result<(), Reason> {
        for (name, data_type) in self.columns {
            let key = name.to_lowercase();
            let data_type = data_type.trim().to_lowercase();
            let base = data_type.split(['(', '<']).next().unwrap_or("").trim();
            // Comparing pads them, and some writers keep their declared lengths.
            let padded = matches!(base, "char" | "varchar" | "character");
            if (self.moved.contains(&key) && padded)
                || (keys.contains(&key) && !is_exact(&data_type))
            {
                let text = format!("`{name}` has the type `{data_type}`");
                return Err(Reason::new("column-type", text));
            }
        }
        Ok(())
    }
}

/// Whether equal values of a type look the same. (Those of others may not: 0.0 and -0.0, strings under a collation.)
fn is_exact(data_type: &str) -> bool {
    matches!(
        data_type,
        "boolean"
            | "tinyint"
            | "smallint"
            | "int"
            | "integer"
            | "bigint"
            | "string"
            | "binary"
            | "date"
            | "timestamp"
            | "timestamp_ntz"
    ) || data_type.split('(').next() == Some("decimal")
}

fn plain(expression: &Expression) -> Option<&ColumnReference> {
    match (&expression.shape, expression.columns.as_slice()) {
        (Shape::Column, [column]) => Some(column),
        _ => None,
    }
}
