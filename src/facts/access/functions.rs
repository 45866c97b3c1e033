//! Functions: which of Spark's built-ins give the same value whenever and wherever they are evaluated.
//!
//! Source: Spark `FunctionRegistry.expressions` (with `LiteralFunctionResolution` for bare words), and the trait
//! `Nondeterministic` and the field `deterministic` of the expressions behind it. A function that is not listed is
//! unknown, whatever its name suggests: it may be the user's own.

use super::SensitivityKind;

/// Same arguments, same settings, same value.
#[rustfmt::skip]
const DETERMINISTIC: [&str; 349] = [
    "abs", "acos", "acosh", "add_months", "aes_decrypt", "aggregate", "and", "array", "array_append", "array_compact",
    "array_contains", "array_distinct", "array_except", "array_insert", "array_intersect", "array_join", "array_max",
    "array_min", "array_position", "array_prepend", "array_remove", "array_repeat", "array_size", "array_sort",
    "array_union", "arrays_overlap", "arrays_zip", "ascii", "asin", "asinh", "atan", "atan2", "atanh", "avg",
    "base64", "bigint", "bin", "binary", "bit_and", "bit_count", "bit_get", "bit_length", "bit_or", "bit_xor",
    "bool_and", "bool_or", "boolean", "bround", "btrim", "cardinality", "case", "cast", "cbrt", "ceil", "ceiling",
    "char", "char_length", "character_length", "charindex", "chr", "coalesce", "concat", "concat_ws", "contains",
    "conv", "convert_timezone", "corr", "cos", "cosh", "cot", "count", "count_if", "covar_pop", "covar_samp", "crc32",
    "csc", "cume_dist", "date", "date_add", "date_diff", "date_format", "date_from_unix_date", "date_part",
    "date_sub", "date_trunc", "dateadd", "datediff", "datepart", "day", "dayname", "dayofmonth", "dayofweek",
    "dayofyear", "decimal", "decode", "degrees", "dense_rank", "div", "double", "e", "element_at", "elt", "encode",
    "endswith", "equal_null", "every", "exists", "exp", "explode", "explode_outer", "expm1", "extract", "factorial",
    "filter", "find_in_set", "flatten", "float", "floor", "forall", "format_number", "format_string", "from_csv",
    "from_json", "from_unixtime", "from_utc_timestamp", "get", "get_json_object", "getbit", "greatest", "grouping",
    "grouping_id", "hash", "hex", "hour", "hypot", "if", "ifnull", "ilike", "in", "initcap", "inline", "inline_outer",
    "instr", "int", "interval", "isnan", "isnotnull", "isnull", "json_array_length", "json_object_keys", "json_tuple",
    "kurtosis", "last_day", "lcase", "least", "left", "len", "length", "levenshtein", "like", "ln", "locate", "log",
    "log10", "log1p", "log2", "lower", "lpad", "ltrim", "make_date", "make_dt_interval", "make_interval",
    "make_timestamp", "make_ym_interval", "map", "map_concat", "map_contains_key", "map_entries", "map_filter",
    "map_from_arrays", "map_from_entries", "map_keys", "map_values", "map_zip_with", "mask", "max", "md5", "mean",
    "median", "min", "minute", "mod", "month", "monthname", "months_between", "named_struct", "nanvl", "negative",
    "next_day", "not", "nullif", "nullifzero", "nvl", "nvl2", "octet_length", "or", "overlay", "parse_url",
    "percent_rank", "percentile", "percentile_cont", "percentile_disc", "pi", "pmod", "posexplode",
    "posexplode_outer", "position", "positive", "pow", "power", "printf", "quarter", "radians", "range", "rank",
    "reduce", "regexp", "regexp_count", "regexp_extract", "regexp_extract_all", "regexp_instr", "regexp_like",
    "regexp_replace", "regexp_substr", "regr_avgx", "regr_avgy", "regr_count", "regr_intercept", "regr_r2",
    "regr_slope", "regr_sxx", "regr_sxy", "regr_syy", "repeat", "replace", "reverse", "right", "rint", "rlike",
    "round", "row", "rpad", "rtrim", "sec", "second", "sequence", "sha", "sha1", "sha2", "shiftleft", "shiftright",
    "shiftrightunsigned", "sign", "signum", "sin", "sinh", "size", "skewness", "slice", "smallint", "some",
    "sort_array", "soundex", "space", "split", "split_part", "sqrt", "stack", "startswith", "std", "stddev",
    "stddev_pop", "stddev_samp", "str_to_map", "string", "struct", "substr", "substring", "substring_index", "sum",
    "tan", "tanh", "timestamp", "timestamp_micros", "timestamp_millis", "timestamp_seconds", "timestampadd",
    "timestampdiff", "tinyint", "to_binary", "to_char", "to_csv", "to_date", "to_json", "to_number", "to_timestamp",
    "to_unix_timestamp", "to_utc_timestamp", "to_varchar", "transform", "transform_keys", "transform_values",
    "translate", "trim", "trunc", "try_add", "try_avg", "try_cast", "try_divide", "try_element_at", "try_multiply",
    "try_subtract", "try_sum", "try_to_binary", "try_to_number", "try_to_timestamp", "typeof", "ucase", "unbase64",
    "unhex", "unix_date", "unix_micros", "unix_millis", "unix_seconds", "unix_timestamp", "upper", "url_decode",
    "url_encode", "var_pop", "var_samp", "variance", "weekday", "weekofyear", "when", "width_bucket", "xxhash64",
    "year", "zeroifnull", "zip_with",
];

/// Another value at each evaluation, or for each split of the rows (`rand(7)` depends on the partition).
#[rustfmt::skip]
const NON_DETERMINISTIC: [&str; 16] = [
    "aes_encrypt", "curdate", "current_date", "current_time", "current_timestamp", "localtimestamp",
    "monotonically_increasing_id", "now", "rand", "randn", "random", "randstr", "shuffle", "spark_partition_id",
    "uniform", "uuid",
];

/// The value depends on the order in which rows arrive: ties, arrays, sketches.
#[rustfmt::skip]
const ORDER_SENSITIVE: [&str; 23] = [
    "any_value", "approx_count_distinct", "approx_percentile", "approx_top_k", "array_agg", "collect_list",
    "collect_set", "first", "first_value", "histogram_numeric", "lag", "last", "last_value", "lead", "listagg",
    "max_by", "min_by", "mode", "nth_value", "ntile", "percentile_approx", "row_number", "string_agg",
];

/// Reads the file that a row comes from; empty over cached rows.
#[rustfmt::skip]
const ROW_ORIGIN: [&str; 3] = [
    "input_file_block_length", "input_file_block_start", "input_file_name",
];

/// Words that Spark reads as a function where no column has the name.
const BARE: [&str; 6] = [
    "current_catalog",
    "current_database",
    "current_date",
    "current_timestamp",
    "current_user",
    "localtimestamp",
];

/// What there is to say about a call of `name` with `arguments` arguments; none where it is harmless.
///
/// Whether an order-sensitive window function runs over a unique order is for the caller to prove.
pub(super) fn classify(name: &str, arguments: u32) -> Option<SensitivityKind> {
    let listed = |list: &[&str]| list.binary_search(&name).is_ok();
    if name == "unix_timestamp" && arguments == 0 {
        // Without an argument it is the current time.
        return Some(SensitivityKind::NonDeterministic);
    }
    if listed(&DETERMINISTIC) {
        None
    } else if listed(&NON_DETERMINISTIC) {
        Some(SensitivityKind::NonDeterministic)
    } else if listed(&ORDER_SENSITIVE) {
        Some(SensitivityKind::OrderSensitive)
    } else if listed(&ROW_ORIGIN) {
        Some(SensitivityKind::RowOrigin)
    } else {
        Some(SensitivityKind::UnknownFunction)
    }
}

/// Whether a bare word that no relation owns is a function of the session.
pub(super) fn is_bare_function(name: &str) -> bool {
    BARE.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_and_disjoint() {
        let lists: [&[&str]; 4] = [
            &DETERMINISTIC,
            &NON_DETERMINISTIC,
            &ORDER_SENSITIVE,
            &ROW_ORIGIN,
        ];
        for list in lists {
            assert!(list.is_sorted());
        }
        let mut all: Vec<&str> = lists.concat();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn functions_are_classified() {
        let cases = [
            ("upper", 1, None),
            ("unix_timestamp", 1, None),
            ("unix_timestamp", 0, Some(SensitivityKind::NonDeterministic)),
            ("rand", 1, Some(SensitivityKind::NonDeterministic)),
            ("row_number", 0, Some(SensitivityKind::OrderSensitive)),
            ("rank", 0, None),
            ("input_file_name", 0, Some(SensitivityKind::RowOrigin)),
            ("my_udf", 1, Some(SensitivityKind::UnknownFunction)),
            ("db.upper", 1, Some(SensitivityKind::UnknownFunction)),
        ];
        for (name, arguments, expected) in cases {
            assert_eq!(classify(name, arguments), expected, "{name}");
        }
    }
}
