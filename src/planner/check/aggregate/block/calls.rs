//! The aggregates of a block.

use std::collections::BTreeSet;

use super::{Aggregate, Look, Problem, is_exact};
use crate::diagnostic::Span;
use crate::facts::access::is_builtin;
use crate::frontend::statement::{
    Call, ColumnReference, Expression, Identifier, SelectItem, Shape,
};
use crate::planner::check::aggregate::condition::span;
use crate::planner::check::emitted::Placed;

/// Aggregates whose value is the same over the same rows, however those are picked and ordered. (Not grouping functions,
/// sketches, arrays, nor what takes the first or last row.)
const OF_ROWS: [&str; 20] = [
    "count",
    "count_if",
    "sum",
    "try_sum",
    "avg",
    "mean",
    "min",
    "max",
    "any",
    "some",
    "every",
    "bool_or",
    "bool_and",
    "std",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "variance",
    "var_pop",
    "var_samp",
];

impl Look<'_> {
    /// The aggregates of the select list and of what follows the groups; beside them only columns grouped by are named.
    pub(super) fn calls(
        &self,
        keys: &BTreeSet<String>,
        several: bool,
    ) -> Result<Vec<Aggregate>, Problem> {
        let select = self.select();
        let mut calls = Vec::new();
        let mut outputs: Vec<(String, bool)> = Vec::new();
        for item in &select.items {
            let SelectItem::Expression { expression, alias } = item else {
                return Err("lists all columns".to_owned());
            };
            let found = self.over_groups(expression, keys, several)?;
            if !found.is_empty() && alias.is_none() {
                return Err("has an output column whose name is that of its aggregate".to_owned());
            }
            calls.extend(found);
            let own = match (&expression.shape, expression.columns.as_slice()) {
                (Shape::Column, [only]) => only.parts.last().map(Identifier::key),
                _ => None,
            };
            let name = alias.as_ref().map(Identifier::key).or_else(|| own.clone());
            if let Some(name) = name {
                let itself = own.as_ref() == Some(&name);
                outputs.push((name, itself));
            }
        }
        let order = &self.block.query.order_by;
        for (expression, sorts) in select
            .having
            .iter()
            .map(|test| (test, false))
            .chain(order.iter().map(|key| (key, true)))
        {
            let output = |column: &ColumnReference, any: bool| match column.parts.as_slice() {
                [only] => outputs
                    .iter()
                    .any(|(name, itself)| *name == only.key() && (any || !itself)),
                _ => false,
            };
            let alone = match (&expression.shape, expression.columns.as_slice()) {
                (Shape::Column, [only]) => sorts && output(only, true),
                _ => false,
            };
            if alone {
                continue;
            }
            if expression
                .columns
                .iter()
                .any(|column| output(column, false))
            {
                return Err("names what may be an output column behind its groups".to_owned());
            }
            let found = self.over_groups(expression, keys, several)?;
            if sorts && !found.is_empty() && !select.having.is_empty() {
                return Err(
                    "orders its groups by an aggregate behind a condition on them".to_owned(),
                );
            }
            calls.extend(found);
        }
        for expression in &self.block.query.tail {
            if !self.over_groups(expression, keys, several)?.is_empty() {
                return Err("distributes its groups by an aggregate".to_owned());
            }
        }
        calls.sort_by_key(|call| call.place);
        Ok(calls)
    }

    pub(super) fn over_groups(
        &self,
        expression: &Expression,
        keys: &BTreeSet<String>,
        several: bool,
    ) -> Result<Vec<Aggregate>, Problem> {
        if !expression.queries.is_empty() || !expression.stars.is_empty() {
            return Err("has a query or `*` beside its groups".to_owned());
        }
        let mut calls: Vec<Aggregate> = Vec::new();
        for call in &expression.calls {
            if call.window.is_some() || !(call.is_aggregate() || is_builtin(&call.name)) {
                return Err(format!("calls `{}` beside its groups", call.name));
            }
            // Which of several groupings a group is of, they tell themselves.
            let tells = several && matches!(call.name.as_str(), "grouping" | "grouping_id");
            if tells || !call.is_aggregate() {
                continue;
            }
            let place = self.whole(call, &expression.columns)?;
            if calls
                .iter()
                .any(|other| other.place.contains(place) || place.contains(other.place))
            {
                return Err("has an aggregate within another one".to_owned());
            }
            let text = self.text(place, &expression.columns)?;
            let again = self.again(&text);
            calls.push(Aggregate {
                place,
                drifts: again.is_none() && self.drifts(&text),
                again,
                call: text,
            });
        }
        for column in &expression.columns {
            let place = span(column).ok_or("names no column")?;
            let inside = calls.iter().any(|call| call.place.contains(place));
            let grouped = self.column(column).is_some_and(|name| keys.contains(&name));
            if !inside && !grouped {
                return Err("names a column that it does not group by".to_owned());
            }
        }
        Ok(calls)
    }

    /// `name(…)` of an aggregate over rows alone.
    pub(super) fn whole(&self, call: &Call, columns: &[ColumnReference]) -> Result<Span, Problem> {
        let problem = || format!("calls `{}` in a way of its own", call.name);
        let place = call.extent.ok_or_else(problem)?;
        let of_rows = OF_ROWS.contains(&call.name.as_str());
        let tokens: Vec<&Placed<'_>> = self.within(place).collect();
        let [name, open, arguments @ .., close] = tokens.as_slice() else {
            return Err(problem());
        };
        let distinct = arguments
            .first()
            .is_some_and(|first| first.is_word("distinct"));
        let plain = name.key() == call.name && open.is_symbol("(") && close.is_symbol(")");
        // Values that are seen once: of columns whose equal values look the same.
        let once = if distinct {
            let names = ["count", "sum", "avg", "mean", "min", "max"];
            let text = self.text(place, columns)?;
            let of_columns = text
                .get(3..text.len().saturating_sub(1))
                .is_some_and(|arguments| {
                    arguments.split(|token| token == "y:,").all(|argument| {
                        let [column] = argument else { return false };
                        let name = column.strip_prefix("c:");
                        let data_type = name.and_then(|name| self.data_type(name));
                        data_type.is_some_and(|data_type| is_exact(&data_type))
                    })
                });
            names.contains(&call.name.as_str()) && of_columns
        } else {
            !call.distinct
        };
        if of_rows && plain && once && !call.clauses {
            Ok(place)
        } else {
            Err(problem())
        }
    }
}
