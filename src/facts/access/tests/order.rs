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
