//! What a block says of its groups: aggregates, and the columns that it groups by.

use std::collections::BTreeSet;

use super::grouping::{place, several};
use super::{Called, Look, Written, is_exact, plain};
use crate::diagnostic::Span;
use crate::facts::access::is_builtin;
use crate::frontend::statement::{
    Block, Call, ColumnReference, Expression, Identifier, SelectItem,
};
use crate::planner::frame::Reason;

/// Aggregates that give the same value of the same type whether `WHERE` or `FILTER` keeps rows from them, in any order of
/// rows. Their values over no rows are those of `FILTER` that keeps no row, but then the reader has no group.
/// Sorted. Measured on Spark 3.5: types, nullability and values.
#[rustfmt::skip]
const SHARED: [&str; 20] = [
    "any", "avg", "bool_and", "bool_or", "count", "count_if", "every", "max", "mean", "min", "some", "std", "stddev",
    "stddev_pop", "stddev_samp", "sum", "try_sum", "var_pop", "var_samp", "variance",
];

/// Those of [`SHARED`] that are the same over distinct values too.
const DISTINCT: [&str; 6] = ["avg", "count", "max", "mean", "min", "sum"];

/// Those of [`SHARED`] that add values up.
#[rustfmt::skip]
const ADDING: [&str; 11] = [
    "avg", "mean", "std", "stddev", "stddev_pop", "stddev_samp", "sum", "try_sum", "var_pop", "var_samp", "variance",
];

/// What tells the groupings of `ROLLUP` and the like apart.
const GROUPINGS: [&str; 2] = ["grouping", "grouping_id"];

impl Look<'_, '_> {
    /// The aggregates of the select list, `HAVING` and `ORDER BY`; beside them only columns grouped by are named.
    pub(super) fn values(&mut self, keys: &BTreeSet<String>) -> Result<Vec<Called>, Reason> {
        let Block { select, query } = self.one.block;
        let mut calls = Vec::new();
        let mut aliases = BTreeSet::new();
        for item in &select.items {
            let SelectItem::Expression { expression, alias } = item else {
                let text = "it lists all columns by `*`";
                return Err(Reason::new("outputs-unknown", text));
            };
            let before = calls.len();
            self.value(expression, keys, &BTreeSet::new(), &mut calls)?;
            if calls.len() > before && alias.is_none() {
                let text = format!(
                    "the output column `{}` has no name of its own",
                    self.context.texts.text(expression.span)
                );
                return Err(Reason::new("outputs-unknown", text));
            }
            let own = plain(expression).and_then(|column| column.parts.last());
            if let Some(alias) = alias
                && own.is_none_or(|own| own.key() != alias.key())
            {
                aliases.insert(alias.key());
            }
        }
        for test in &select.having {
            self.value(test, keys, &aliases, &mut calls)?;
        }
        for key in &query.order_by {
            let output = plain(key).is_some_and(
                |column| matches!(column.parts.as_slice(), [only] if self.is_output(only)),
            );
            let before = calls.len();
            if !output {
                self.value(key, keys, &aliases, &mut calls)?;
            }
            // Spark does not always find what is aggregated in both, and then the statement must fail.
            if calls.len() > before && !select.having.is_empty() {
                return Err(self.unshared(key.span));
            }
        }
        for expression in &query.tail {
            let before = calls.len();
            self.value(expression, keys, &aliases, &mut calls)?;
            if calls.len() > before {
                return Err(self.unshared(expression.span));
            }
        }
        calls.sort_by_key(|call| call.place);
        Ok(calls)
    }

    /// Whether the select list gives a column this name.
    pub(super) fn is_output(&self, name: &Identifier) -> bool {
        let mut items = self.one.block.select.items.iter();
        items.any(|item| match item {
            SelectItem::Expression { expression, alias } => {
                let own = plain(expression).and_then(|column| column.parts.last());
                alias
                    .as_ref()
                    .or(own)
                    .is_some_and(|own| own.key() == name.key())
            }
            SelectItem::Wildcard { .. } => false,
        })
    }

    /// Whether it groups in several ways.
    fn several(&self) -> bool {
        let mut keys = self.one.block.select.group_by.iter();
        keys.any(|key| several(self.context, key))
    }

    /// One expression over groups. `aliases` could stand for columns in it.
    pub(super) fn value(
        &mut self,
        expression: &Expression,
        keys: &BTreeSet<String>,
        aliases: &BTreeSet<String>,
        calls: &mut Vec<Called>,
    ) -> Result<(), Reason> {
        if !expression.stars.is_empty() {
            return Err(self.strange(expression.span));
        }
        let mut extents: Vec<Span> = Vec::new();
        let mut aggregates = Vec::new();
        for call in &expression.calls {
            if call.window.is_some() {
                return Err(self.unshared(call.span));
            }
            // What tells the groupings apart stays as it is.
            let tells = GROUPINGS.contains(&call.name.as_str()) && self.several();
            if tells || !call.is_aggregate() {
                if is_builtin(&call.name) {
                    continue;
                }
                // It may aggregate.
                return Err(self.unshared(call.span));
            }
            let extent = self.extent(call).ok_or_else(|| self.unshared(call.span))?;
            let nested = extents
                .iter()
                .any(|other| other.contains(extent) || extent.contains(*other));
            if nested {
                return Err(self.unshared(call.span));
            }
            extents.push(extent);
            aggregates.push(call);
        }
        for column in &expression.columns {
            if let [only] = column.parts.as_slice()
                && aliases.contains(&only.key())
            {
                let text = format!(
                    "`{}` is named in `HAVING` or `ORDER BY` and is an output column as well",
                    only.text
                );
                return Err(Reason::new("ambiguous-alias", text));
            }
            let place = place(column).ok_or_else(|| self.strange(expression.span))?;
            if extents.iter().any(|extent| extent.contains(place)) {
                continue;
            }
            let name = self.column(column).map(str::to_lowercase);
            if !name.is_some_and(|name| keys.contains(&name)) {
                let text = format!(
                    "`{}` is no column that it groups by",
                    self.context.texts.text(place)
                );
                return Err(Reason::new("grouping", text));
            }
        }
        for (extent, call) in extents.into_iter().zip(aggregates) {
            let inside = |column: &&ColumnReference| {
                place(column).is_some_and(|place| extent.contains(place))
            };
            let columns = expression.columns.iter().filter(inside);
            let columns: Vec<ColumnReference> = columns.cloned().collect();
            let written = self.written(extent, &columns, false)?;
            if call.distinct && !self.is_distinct_of_columns(&written) {
                return Err(self.unshared(call.span));
            }
            let again = self.again(call, &written);
            calls.push(Called {
                place: extent,
                drifts: again.is_none() && self.drifts(&written),
                again,
                distinct: call.distinct,
                written,
            });
        }
        Ok(())
    }

    /// The whole of a call that can be computed over the rows that pass other tests.
    pub(super) fn extent(&self, call: &Call) -> Option<Span> {
        let extent = call.extent?;
        let shared = SHARED.binary_search(&call.name.as_str()).is_ok();
        let tokens: Vec<_> = self.tokens(extent).collect();
        let [name, open, .., close] = tokens.as_slice() else {
            return None;
        };
        let whole = name.span == call.span && open.text == "(" && close.text == ")";
        let ends = name.span.start == extent.start && close.span.end == extent.end;
        (shared && whole && ends && !call.clauses).then_some(extent)
    }

    /// Whether it is a call over distinct values of columns, of which equal ones look the same.
    fn is_distinct_of_columns(&self, written: &Written) -> bool {
        let [name, _, distinct, arguments @ .., _] = written.key.as_slice() else {
            return false;
        };
        let known = name
            .strip_prefix("w:")
            .is_some_and(|name| DISTINCT.contains(&name));
        known
            && distinct == "w:distinct"
            && arguments.iter().enumerate().all(|(index, token)| {
                if index % 2 == 1 {
                    return token == "o:,";
                }
                let name = token.strip_prefix("c:");
                let data_type = name.and_then(|name| self.data_type(name));
                data_type.is_some_and(|data_type| is_exact(&data_type))
            })
    }

    /// Whether the order of additions may show in the value of a call: of floating point, or of what is added up as such
    /// (Spark: `Average`, `CentralMomentAgg`).
    fn drifts(&self, written: &Written) -> bool {
        let [name, _, arguments @ .., _] = written.key.as_slice() else {
            return true;
        };
        let name = name.strip_prefix("w:").unwrap_or("");
        if !ADDING.contains(&name) {
            return false;
        }
        let argument = match arguments {
            [column] => Some(column),
            [distinct, column] if distinct == "w:distinct" => Some(column),
            _ => None,
        };
        let column = argument.and_then(|argument| argument.strip_prefix("c:"));
        let Some(data_type) = column.and_then(|column| self.data_type(column)) else {
            return true;
        };
        let decimal = data_type.split('(').next() == Some("decimal");
        let whole = ["tinyint", "smallint", "int", "integer", "bigint"];
        match name {
            "sum" | "try_sum" => !(decimal || whole.contains(&&*data_type)),
            "avg" | "mean" => !decimal,
            _ => true,
        }
    }

    pub(super) fn unshared(&self, span: Span) -> Reason {
        let text = format!(
            "`{}` cannot be computed over the rows of several places at once",
            self.context.texts.text(span)
        );
        Reason::new("aggregate", text)
    }
}
