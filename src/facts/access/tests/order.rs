use super::*;

#[test]
fn traits_that_bear_on_sharing_are_found() {
    let cases = [
        ("SELECT upper(x), mine(y), sum(k) FROM a GROUP BY x, y", ""),
        (
            "SELECT rand(), yours(x), input_file_name() FROM a",
            "NonDeterministic rand, UnknownFunction yours, RowOrigin input_file_name",
        ),
        (
            "SELECT x FROM a WHERE y > current_date",
            "NonDeterministic current_date",
        ),
        ("SELECT _metadata.file_name FROM a", "RowOrigin _metadata"),
        ("SELECT x FROM a TABLESAMPLE (10 PERCENT)", "Sampling a"),
        (
            "SELECT x FROM (SELECT uuid() AS x FROM a) q",
            "NonDeterministic uuid",
        ),
        (
            "SELECT first(x), collect_list(y) FROM a",
            "OrderSensitive first, OrderSensitive collect_list",
        ),
        // Which value a row gets depends on its place in a split.
        (
            "SELECT rand(7), monotonically_increasing_id() FROM a",
            "OrderSensitive rand, OrderSensitive monotonically_increasing_id",
        ),
        ("SELECT x FROM a LIMIT 3", "OrderSensitive LIMIT"),
        ("SELECT x FROM a ORDER BY x LIMIT 3", "OrderSensitive LIMIT"),
        // A view brings along what it contains.
        (
            "CREATE TEMP VIEW v AS SELECT rand() AS r FROM a; SELECT r FROM v",
            "NonDeterministic rand",
        ),
        ("SELECT x FROM view", "UnknownFunction db.view"),
        (
            "CREATE TEMP VIEW v AS SELECT x FROM view; SELECT x FROM v",
            "UnknownFunction db.view",
        ),
    ];
    for (sql, expected) in cases {
        assert_eq!(resolved(sql).sensitivities(), expected, "{sql}");
    }
}

#[test]
fn a_function_of_the_pipeline_hides_a_built_in() {
    let made = "CREATE OR REPLACE TEMPORARY FUNCTION Upper AS 'example.Upper'; ";
    for (sql, expected) in [
        ("SELECT upper(x) FROM a", "UnknownFunction upper"),
        ("SELECT lower(x) FROM a", ""),
        ("SELECT mine(x) FROM a", ""),
    ] {
        let resolved = resolved(&format!("{made}{sql}"));
        assert_eq!(resolved.sensitivities(), expected, "{sql}");
    }
    let sql = "CREATE FUNCTION lower(s STRING) RETURNS STRING RETURN concat(s, uuid()); SELECT lower(x) FROM a";
    assert_eq!(resolved(sql).sensitivities(), "UnknownFunction lower");
}

#[test]
fn what_may_fail_depends_on_the_rules() {
    let operator = "MayFail an operator that may fail";
    let strict = "MayFail an operator that may fail under ANSI rules";
    let cases = [
        ("SELECT count(*), max(x) FROM a WHERE y IS NULL", "", ""),
        ("SELECT x FROM a WHERE y > 1", "", strict),
        ("SELECT x + y FROM a", "", strict),
        ("SELECT x::int FROM a", "", strict),
        ("SELECT cast(x AS INT) FROM a", "", "MayFail cast"),
        ("SELECT sum(x) FROM a", "", "MayFail sum"),
        (
            "SELECT x FROM a UNION SELECT y FROM a",
            "",
            "MayFail a set operation",
        ),
        ("SELECT to_date(x) FROM a", "", "MayFail to_date"),
        (
            "SELECT to_date(x, 'y') FROM a",
            "MayFail to_date",
            "MayFail to_date",
        ),
        (
            "SELECT element_at(x, k) FROM a",
            "MayFail element_at",
            "MayFail element_at",
        ),
        ("SELECT mine(x) FROM a", "", ""),
        ("SELECT x LIKE 'a%' FROM a", "", strict),
        (r"SELECT x LIKE 'a\%' FROM a", operator, operator),
        ("SELECT x LIKE y FROM a", operator, operator),
        ("SELECT x RLIKE 'a' FROM a", operator, operator),
        ("SELECT x - INTERVAL 1 DAY FROM a", operator, operator),
        ("SELECT (SELECT max(x) FROM a)", "", ""),
        ("SELECT (SELECT x FROM a)", operator, operator),
    ];
    for (sql, usual, ansi) in cases {
        let shown = resolved(sql).sensitivities();
        assert_eq!(shown, usual, "{sql}");
        for set in [
            "SET spark.sql.ansi.enabled = true",
            "RESET spark.sql.ansi.enabled",
        ] {
            let shown = resolved(&format!("{set}; {sql}")).sensitivities();
            assert_eq!(shown, ansi, "{set}; {sql}");
        }
        let off = resolved(&format!(
            "SET spark.sql.ansi.enabled = true; SET spark.sql.ansi.enabled = false; {sql}"
        ));
        assert_eq!(off.sensitivities(), usual, "{sql}");
    }
}

#[test]
fn a_declared_key_makes_an_order_unique() {
    // The key of `a` is (k, x).
    let unique = [
        "SELECT row_number() OVER (PARTITION BY k ORDER BY x DESC) FROM a",
        "SELECT row_number() OVER (PARTITION BY q.x ORDER BY q.y, q.k) FROM db.a q",
        "SELECT lag(y) OVER (ORDER BY x, k), sum(y) OVER (ORDER BY k, x ROWS 3 PRECEDING) FROM a",
        "SELECT rank() OVER (ORDER BY y), sum(x) OVER (PARTITION BY y) FROM a",
        "SELECT x AS one, k FROM a ORDER BY one, k LIMIT 3",
    ];
    for sql in unique {
        assert_eq!(resolved(sql).sensitivities(), "", "{sql}");
    }
    let open = [
        "SELECT row_number() OVER (PARTITION BY k ORDER BY y) FROM a",
        "SELECT row_number() OVER (PARTITION BY a.k ORDER BY a.x) FROM a JOIN b ON a.k = b.k",
        "SELECT row_number() OVER (PARTITION BY k ORDER BY x) FROM b",
        "SELECT row_number() OVER (PARTITION BY k ORDER BY x + 1) FROM a",
        "SELECT row_number() OVER (PARTITION BY k ORDER BY s.x) FROM a",
        "SELECT sum(y) OVER (ORDER BY k ROWS 3 PRECEDING) FROM a",
        "SELECT row_number() OVER w FROM a WINDOW w AS (PARTITION BY k ORDER BY x)",
        "SELECT y AS x, k FROM a ORDER BY x, k LIMIT 3",
        "SELECT k, x FROM a GROUP BY k, x ORDER BY k, x LIMIT 3",
        "SELECT row_number() OVER (PARTITION BY k ORDER BY x) FROM (SELECT k, x FROM a) q",
    ];
    for sql in open {
        assert!(
            resolved(sql).sensitivities().starts_with("OrderSensitive"),
            "{sql}"
        );
    }
}
