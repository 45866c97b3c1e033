//! Expressions, as far as planning looks into them.

use super::{Identifier, Name, Query};
use crate::diagnostic::Span;

/// An expression, as far as planning looks into it.
#[derive(Clone, Debug)]
pub struct Expression {
    /// The whole expression, exact: between the separators of its clause.
    pub span: Span,
    /// Column references outside nested queries, as written. Lambda variables are not among them.
    pub columns: Vec<ColumnReference>,
    /// `*` and `t.*` in it, outside nested queries, with their qualifiers; not the `*` of `count(*)`.
    pub stars: Vec<Option<Name>>,
    /// Functions called outside nested queries, lower-case.
    pub calls: Vec<Call>,
    /// Nested queries.
    pub queries: Vec<Query>,
    /// Operators in it, as far as they may fail.
    pub operators: Operators,
    /// What kind of test or value it is.
    pub shape: Shape,
}

/// Operators of an expression, as far as they may fail on some values. Calls of functions are not among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Operators {
    /// Compares, computes or casts: under ANSI rules some values cannot be cast, overflow, or divide by zero.
    pub strict: bool,
    /// May fail under any rules: a regular expression or an escaped pattern, which may be malformed; an interval
    /// added; a scalar subquery that may have several rows.
    pub failing: bool,
}

/// A function call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The function's name, lower-case, parts joined by dots.
    pub name: String,
    /// Its name token(s).
    pub span: Span,
    /// From its name to the bracket that closes its arguments; none where it is not written as `name(arguments)`.
    pub extent: Option<Span>,
    /// Number of arguments.
    pub arguments: u32,
    /// `DISTINCT` stands before its arguments.
    pub distinct: bool,
    /// Has a clause behind or within its brackets that decides which rows it sees and how: `FILTER`, `WITHIN GROUP`.
    pub clauses: bool,
    /// Its only argument, where that is a plain column.
    pub argument: Option<ColumnReference>,
    /// Its `OVER` clause.
    pub window: Option<Window>,
}

impl Call {
    /// Whether it aggregates the rows of a block: without `GROUP BY` it makes the block a global aggregate.
    pub fn is_aggregate(&self) -> bool {
        self.window.is_none() && aggregates(&self.name)
    }

    /// Whether a select list that has it may give several rows, or none, for each row of the block.
    pub fn is_generator(&self) -> bool {
        GENERATORS.binary_search(&self.name.as_str()).is_ok()
    }
}

/// Whether a function of that name, lower-case, aggregates rows, over a group or a window.
pub fn aggregates(name: &str) -> bool {
    AGGREGATES.binary_search(&name).is_ok()
}

/// Functions that give several rows, sorted. Source: Spark `FunctionRegistry`,
/// generators, and the windows of time that `TimeWindowing` expands.
const GENERATORS: [&str; 13] = [
    "explode",
    "explode_outer",
    "inline",
    "inline_outer",
    "json_tuple",
    "posexplode",
    "posexplode_outer",
    "session_window",
    "sql_keywords",
    "stack",
    "variant_explode",
    "variant_explode_outer",
    "window",
];

/// Functions that aggregate, sorted. Source: Spark `FunctionRegistry`,
/// aggregate functions.
#[rustfmt::skip]
const AGGREGATES: [&str; 77] = [
    "any", "any_value", "approx_count_distinct", "approx_percentile", "approx_top_k", "approx_top_k_accumulate",
    "approx_top_k_combine", "array_agg", "avg", "bit_and", "bit_or", "bit_xor", "bitmap_and_agg",
    "bitmap_construct_agg", "bitmap_or_agg", "bool_and", "bool_or", "collect_list", "collect_set", "corr", "count",
    "count_if", "count_min_sketch", "covar_pop", "covar_samp", "every", "first", "first_value", "grouping",
    "grouping_id", "histogram_numeric", "hll_sketch_agg", "hll_union_agg", "kll_sketch_agg_bigint",
    "kll_sketch_agg_double", "kll_sketch_agg_float", "kurtosis", "last", "last_value", "listagg", "max", "max_by",
    "mean", "median", "min", "min_by", "mode", "percentile", "percentile_approx", "percentile_cont",
    "percentile_disc", "regr_avgx", "regr_avgy", "regr_count", "regr_intercept", "regr_r2", "regr_slope", "regr_sxx",
    "regr_sxy", "regr_syy", "schema_of_variant_agg", "skewness", "some", "std", "stddev", "stddev_pop", "stddev_samp",
    "string_agg", "sum", "theta_intersection_agg", "theta_sketch_agg", "theta_union_agg", "try_avg", "try_sum",
    "var_pop", "var_samp", "variance",
];

/// The `OVER` clause of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Columns of `PARTITION BY` and `ORDER BY`; none where one of them is not a plain column or the window is named.
    pub keys: Option<Vec<ColumnReference>>,
    /// Has `ROWS` bounds: the value depends on the order of ties.
    pub rows: bool,
    /// Columns of `PARTITION BY`, where `ORDER BY` names literals and those columns only: it tells no two rows of a
    /// partition apart. None where it may, and where there is no `ORDER BY`.
    pub tied: Option<Vec<ColumnReference>>,
}

/// A column as written: `c`, `t.c`, `db.t.c`, `t.c.field`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnReference {
    /// Its parts; never empty.
    pub parts: Vec<Identifier>,
}

/// What planning can reason about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Exactly one column reference.
    Column,
    /// A test of exactly one column (the only entry of `columns`) against literals.
    Test {
        /// How it is tested.
        operator: TestOperator,
        /// The kinds of its literals.
        literals: Vec<LiteralKind>,
    },
    /// `column = column`.
    Equality,
    /// Anything else.
    Other,
}

/// How one column is tested against literals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestOperator {
    /// `=`, `<>`, `<`, `<=`, `>`, `>=`, `<=>`.
    Compare,
    /// `[NOT] IN (…)`.
    In,
    /// `[NOT] BETWEEN … AND …`.
    Between,
    /// `[NOT] LIKE …`.
    Like,
    /// `IS NULL`.
    IsNull,
    /// `IS NOT NULL`.
    IsNotNull,
}

/// The type family of a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LiteralKind {
    /// `'…'`.
    String,
    /// `1`, `1.5`, `-1`.
    Number,
    /// `DATE '…'`.
    Date,
    /// `TIMESTAMP '…'`.
    Timestamp,
    /// `TRUE`, `FALSE`.
    Boolean,
    /// `NULL`.
    Null,
}

#[cfg(test)]
mod tests {
    use super::{AGGREGATES, GENERATORS};

    #[test]
    fn lists_can_be_searched() {
        assert!(AGGREGATES.is_sorted());
        assert!(GENERATORS.is_sorted());
    }
}
