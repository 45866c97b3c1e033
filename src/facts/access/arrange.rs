//! Arrangement: what shows how rows are spread over tasks and in which order they come, although it asks for no order.
//!
//! Two runs of the same text over the same files arrange rows alike in practice; rows that are exchanged once more are
//! arranged otherwise. What is listed here may then give another result, besides what is order-sensitive anyway.
//!
//! | shows it | why |
//! |---|---|
//! | `sum`, `avg` of floating-point numbers, or of what is not known to be none | the last digits depend on the order of addition |
//! | `min`, `max` of the same | of `0.0` and `-0.0` the first one stays |
//! | `sum` of `bigint` under ANSI rules, of long decimals | a part of it may overflow where the whole does not |
//! | `avg` of integers | it is computed in floating point |
//! | other aggregates, but for counts and bits | statistics are computed in floating point, sketches and arrays by order |
//! | `ORDER BY` of what is not a declared key | rows that are equal in it come in any order |
//! | a function of the user, declared or not | it may aggregate |
//! | a view | what it computes is not looked into here |

use super::Arrangement;
use super::block::Walk;
use super::functions;
use super::scope::Clause;
use crate::diagnostic::Span;
use crate::frontend::statement::{Call, Expression, aggregates};

/// Aggregates that give the same whatever the order of rows.
const COUNTING: [&str; 13] = [
    "any",
    "approx_count_distinct",
    "bit_and",
    "bit_or",
    "bit_xor",
    "bool_and",
    "bool_or",
    "count",
    "count_if",
    "every",
    "grouping",
    "grouping_id",
    "some",
];

/// Longest decimal of which the sum has ten more digits (Spark: `Sum`, `Average`): it would take as many rows to
/// overflow.
const SUMMED_DIGITS: u32 = 28;

impl Walk<'_, '_> {
    /// Notes what shows the arrangement of rows.
    pub(super) fn arranged(&mut self, span: Span, what: &str) {
        self.found.arrangements.push(Arrangement {
            span,
            what: what.to_owned(),
        });
    }

    /// Notes which calls of an expression do.
    pub(super) fn arranged_calls(&mut self, expression: &Expression) {
        for call in &expression.calls {
            let hidden = self.session.functions.may_have_made(&call.name);
            let known = functions::is_builtin(&call.name) && !hidden;
            if !known || (aggregates(&call.name) && !self.is_exact(call)) {
                self.arranged(call.span, &call.name);
            }
        }
    }

    /// Whether an aggregate gives the same in whatever order rows come.
    fn is_exact(&self, call: &Call) -> bool {
        if COUNTING.contains(&call.name.as_str()) {
            return true;
        }
        let Some(data_type) = self.argument_type(call) else {
            return false;
        };
        let decimal = |most: u32| digits(&data_type).is_some_and(|digits| digits <= most);
        let small = matches!(data_type.as_str(), "tinyint" | "smallint" | "int");
        let strict = self.session.rules.strict;
        match call.name.as_str() {
            "sum" => small || decimal(SUMMED_DIGITS) || (data_type == "bigint" && !strict),
            "avg" | "mean" => decimal(SUMMED_DIGITS),
            "min" | "max" => {
                let plain = ["bigint", "boolean", "date", "string", "timestamp"];
                small || decimal(u32::MAX) || plain.contains(&data_type.as_str())
            }
            _ => false,
        }
    }

    /// The type of the only argument, where it is a column of a table whose types are known.
    fn argument_type(&self, call: &Call) -> Option<String> {
        let (relation, column) = self.certain(call.argument.as_ref()?, Clause::Aliases)?;
        let read = self.relations.get(relation)?.read?;
        let table = self.found.reads.get(read)?.table;
        self.session.data_type(table, &column)
    }
}

/// Digits of a decimal type.
fn digits(data_type: &str) -> Option<u32> {
    let inside = data_type.strip_prefix("decimal(")?;
    inside.split([',', ')']).next()?.trim().parse().ok()
}
