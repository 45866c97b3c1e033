//! Expressions, scopes and places.

use super::*;

#[test]
#[expect(clippy::too_many_lines, reason = "one line for each form")]
fn expressions_of_every_form() {
    let cases = [
        (
            "CAST(a AS INTERVAL DAY TO SECOND), TRY_CAST(b AS STRUCT<x: INT, y: MAP<STRING, INT>>)",
            "a b",
        ),
        (
            "a::DECIMAL(10, 2)::STRING, b :: ARRAY<ARRAY<INT>> [0]",
            "a b",
        ),
        (
            "INTERVAL 1 YEAR -2 MONTHS + a, INTERVAL '1-2' YEAR TO MONTH, INTERVAL '1 day', b - INTERVAL 3 DAYS",
            "a b",
        ),
        ("interval, interval + 1, max(interval)", "interval"),
        (
            "1S + 2Y - 1.0BD * 3L / a % 5F, X'00FF', TIMESTAMP_NTZ'2024-06-30 00:00:00', TIME '10:00'",
            "a",
        ),
        (
            "date, DATE '2024-06-30', timestamp, TIMESTAMP '2024-06-30', x",
            "date timestamp x",
        ),
        ("'a' 'b' \"c\" || a", "a"),
        (
            "a.b[c].d, f(e)[0].g.h, struct(i AS j, k l).j",
            "a.b c e i k",
        ),
        ("a:b.c[0]['d'], b:`x y`::INT", "a b"),
        (
            "transform(a, x -> x + b), aggregate(c, 0, (acc, x) -> acc + x, acc -> acc * d)",
            "a b c d",
        ),
        ("f(x => a, y => b), named_struct('c', d)", "a b d"),
        (
            "a IN (1, b), c NOT IN (SELECT d FROM u), (e, f) IN ((1, 2)), g ! IN ((SELECT 3), 4)",
            "a b c d e f g",
        ),
        (
            "a IS NOT DISTINCT FROM b, c IS DISTINCT FROM d AND e IS NOT TRUE OR f IS UNKNOWN",
            "a b c d e f",
        ),
        (
            "a LIKE ANY ('x', b), c NOT LIKE ALL ('y'), d RLIKE e, f ILIKE 'z' ESCAPE '!', like(g, h)",
            "a b c d e f g h",
        ),
        (
            "a DIV b, ! c, NOT d, ~ e, a <=> f, a ^ b & c | d, a << 1, a >> 2, a >>> g",
            "a b c d e f g",
        ),
        (
            "EXTRACT(DAY FROM a), EXTRACT(YEAR FROM b + c), extract(d)",
            "a b c d",
        ),
        (
            "POSITION(a IN b), SUBSTRING(c FROM 2 FOR d), SUBSTR(e, 1), OVERLAY(f PLACING g FROM 1 FOR 2)",
            "a b c d e f g",
        ),
        (
            "TRIM(a), TRIM(BOTH FROM b), TRIM(LEADING 'x' FROM c), TRIM(d FROM e)",
            "a b c d e",
        ),
        (
            "TIMESTAMPADD(DAY, 3, a), DATEDIFF(HOUR, b, c), date_add(day, 3), dateadd(MONTH, d, e)",
            "a b c d day e",
        ),
        (
            "sum(DISTINCT a) FILTER (WHERE b > 1), count(ALL c), first(d IGNORE NULLS), last(e) RESPECT NULLS",
            "a b c d e",
        ),
        (
            "percentile_cont(0.5) WITHIN GROUP (ORDER BY a DESC NULLS LAST) OVER (PARTITION BY b)",
            "a b",
        ),
        (
            "rank() OVER (DISTRIBUTE BY a SORT BY b DESC), sum(c) OVER w, lag(d) OVER (w ORDER BY e)",
            "a b c d e",
        ),
        (
            "sum(a) OVER (ORDER BY b RANGE BETWEEN INTERVAL 1 DAY 2 HOURS PRECEDING AND CURRENT ROW)",
            "a b",
        ),
        (
            "CASE a WHEN 1 THEN b ELSE c END, CASE WHEN d BETWEEN e AND f THEN g END end",
            "a b c d e f g",
        ),
        ("a COLLATE utf8_lcase = b COLLATE db.c", "a b"),
        (
            "exists(a, x -> x > 1), EXISTS (SELECT b FROM u), exists",
            "a b exists",
        ),
        (
            "(SELECT max(a) FROM u), ((SELECT b FROM u) UNION (SELECT c FROM u)), ((((d))))",
            "a b c d",
        ),
        (
            "current_date, current_timestamp(), :x, ?, :1",
            "current_date",
        ),
        (
            "IDENTIFIER('a.b') + IDENTIFIER('c'), IDENTIFIER('upper')(d)",
            "a.b c d",
        ),
        (
            "if(a, b, c), left(d, 1), replace(e, 'x'), filter(f, x -> x), date(g), map(h, i), array(j)[k]",
            "a b c d e f g h i j k",
        ),
        ("-a, - - b, +c, -1, a - -1", "a b c"),
        ("struct(*), count(*), coalesce(t.*), a", "a"),
    ];
    for (list, columns) in cases {
        let text = format!("SELECT {list} FROM t");
        let (mut reads, found) = names(&text);
        reads = reads.replace(" u", "");
        assert_eq!((reads.as_str(), found.as_str()), ("t", columns), "{text}");
    }
}

#[test]
fn common_table_expressions_see_what_spark_lets_them_see() {
    check(&[
        ("WITH t AS (SELECT a FROM t) SELECT a FROM t", "t", "a"),
        (
            "WITH RECURSIVE n (x) AS (VALUES 1 UNION ALL SELECT x + 1 FROM n WHERE x < 9) SELECT x FROM n",
            "",
            "x",
        ),
        (
            "WITH RECURSIVE n MAX RECURSION LEVEL 9 AS (SELECT 1 AS x UNION ALL SELECT x FROM n) SELECT x FROM n",
            "",
            "x",
        ),
        (
            "WITH a AS (SELECT x FROM b), b AS (SELECT y FROM a) SELECT z FROM b",
            "b",
            "x y z",
        ),
        (
            "WITH a AS (WITH b AS (SELECT x FROM c) SELECT x FROM b) SELECT x FROM b, A",
            "b c",
            "x",
        ),
        (
            "WITH a (SELECT x FROM t) SELECT x FROM db.a, a",
            "db.a t",
            "x",
        ),
        (
            "SELECT (WITH a AS (SELECT x FROM t) SELECT max(x) FROM a) FROM a",
            "a t",
            "x",
        ),
    ]);
}

#[test]
fn places_are_exact_whatever_was_left_out() {
    let cases = [
        (
            "SELECT f(a)::INT, a COLLATE x c, b:c.d FROM t",
            vec!["f(a)::INT", "a COLLATE x", "b:c.d"],
        ),
        (
            "SELECT ((a)) AS x, (((b + 1))) FROM t",
            vec!["((a))", "(((b + 1)))"],
        ),
        (
            "SELECT TRIM(BOTH FROM a), X'00' y, INTERVAL 1 DAY FROM t",
            vec!["TRIM(BOTH FROM a)", "X'00'", "INTERVAL 1 DAY"],
        ),
        (
            "SELECT sum(a) OVER (ORDER BY b DESC) AS s, count(DISTINCT a) FROM t",
            vec!["sum(a) OVER (ORDER BY b DESC)", "count(DISTINCT a)"],
        ),
        (
            "SELECT a IS NOT DISTINCT FROM b, last(c) IGNORE NULLS FROM t",
            vec!["a IS NOT DISTINCT FROM b", "last(c) IGNORE NULLS"],
        ),
    ];
    for (text, expected) in cases {
        let found = understood(text);
        let QueryBody::Select(select) = &found.query().body else {
            panic!("{text}")
        };
        let items: Vec<&str> = select
            .items
            .iter()
            .map(|item| match item {
                crate::frontend::statement::SelectItem::Expression { expression, .. } => {
                    found.sources.text(expression.span)
                }
                crate::frontend::statement::SelectItem::Wildcard { span, .. } => {
                    found.sources.text(*span)
                }
            })
            .collect();
        assert_eq!(items, expected, "{text}");
    }
}

#[test]
fn blanks_and_comments_change_nothing() {
    let texts = [
        "SELECT a.b::INT, max(c) top FROM db.t x LATERAL VIEW explode(x.s) e AS y WHERE d IN (1, 2) GROUP BY ALL",
        "FROM t |> WHERE a > 1 |> AGGREGATE sum(b) GROUP BY c |> ORDER BY c DESC",
        "WITH c AS (VALUES (1) AS v (x)) SELECT x FROM c JOIN u TABLESAMPLE (3 ROWS) z ON z.k = c.x",
    ];
    for text in texts {
        let tokens = crate::frontend::sql::tokens(text).unwrap();
        for glue in ["\n", " /* FROM u */ ", " -- SELECT\n", "\t"] {
            let words = tokens
                .iter()
                .map(|token| &text[token.range.start as usize..token.range.end as usize]);
            let spread = words.collect::<Vec<_>>().join(glue);
            assert_eq!(names(&spread), names(text), "{spread}");
        }
        assert_eq!(names(&text.to_lowercase()), names(text), "{text}");
    }
}
