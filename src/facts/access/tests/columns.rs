use super::*;

#[test]
fn columns_go_to_the_relation_that_owns_them() {
    let cases = [
        // Qualifiers and schemas.
        ("SELECT y FROM a", "db.a@0(y)"),
        ("SELECT A.Y FROM db.a", "db.a@0(y)"),
        (
            "SELECT y, z FROM a JOIN b ON a.k = b.k",
            "db.a@0(k y), db.b@0(k z)",
        ),
        (
            "SELECT p.y FROM a p, b q WHERE p.x = q.x",
            "db.a@0(x y), db.b@0(x)",
        ),
        ("SELECT count(*) FROM a", "db.a@0()"),
        ("SELECT * FROM a", "db.a@0(k s x y)"),
        (
            "SELECT q.*, a.y FROM a JOIN b q ON true",
            "db.a@0(y), db.b@0(k x z)",
        ),
        ("SELECT * FROM f", "db.f@0(*)"),
        ("SELECT g FROM f", "db.f@0(g)"),
        // Joins by name.
        ("SELECT y FROM a JOIN b USING (k)", "db.a@0(k y), db.b@0(k)"),
        ("SELECT y FROM a NATURAL JOIN b", "db.a@0(*), db.b@0(*)"),
        ("SELECT g FROM f JOIN h USING (k)", "db.f@0(*), db.h@0(*)"),
        ("SELECT k FROM f JOIN h USING (k)", "db.f@0(k), db.h@0(k)"),
        // Columns with fields.
        ("SELECT s.field, a.s.field FROM a", "db.a@0(s)"),
        ("SELECT s.x FROM a s", "db.a@0(x)"),
        ("SELECT y.x FROM a JOIN c y ON true", "db.a@0(y), db.c@0()"),
        // Unknown schemas leave a choice.
        (
            "SELECT g FROM f JOIN a ON f.x = a.x",
            "db.f@0(g x), db.a@0(x)",
        ),
        ("SELECT g FROM f, h", "db.f@0(*), db.h@0(*)"),
        ("SELECT y FROM f, a", "db.f@0(), db.a@0(y)"),
        // Aliases of the select list.
        ("SELECT x + 1 AS one, one + 1 FROM a", "db.a@0(x)"),
        (
            "SELECT x + 1 AS one FROM a GROUP BY one HAVING one > 1 ORDER BY one",
            "db.a@0(x)",
        ),
        ("SELECT g + 1 AS one FROM f ORDER BY one", "db.f@0(g)"),
        ("SELECT g + 1 AS one FROM f GROUP BY one", "db.f@0(*)"),
        ("SELECT x AS y FROM a WHERE y = 1", "db.a@0(x y)"),
        // `ALL` is no column, unless there may be one.
        (
            "SELECT x, count(*) FROM a GROUP BY ALL ORDER BY ALL",
            "db.a@0(x)",
        ),
        ("SELECT g, count(*) FROM f GROUP BY ALL", "db.f@0(*)"),
        // `*` as an argument.
        (
            "SELECT struct(*), count(q.*) FROM a JOIN b q ON true",
            "db.a@0(k s x y), db.b@0(k x z)",
        ),
        ("SELECT coalesce(*) FROM f", "db.f@0(*)"),
        // What is turned over as a whole.
        (
            "SELECT * FROM a PIVOT (sum(x) FOR y IN (1, 2))",
            "db.a@0(*)",
        ),
        ("SELECT v FROM a UNPIVOT (v FOR n IN (x, y))", "db.a@0(*)"),
        (
            "SELECT col FROM explode(TABLE(a)) e",
            "db.a@0(k s x y) Bare",
        ),
    ];
    for (sql, expected) in cases {
        assert_eq!(resolved(sql).reads(), expected, "{sql}");
    }
}

#[test]
fn every_clause_and_nested_query_counts() {
    let cases = [
        // Clauses.
        ("SELECT x FROM a ORDER BY y", "db.a@0(x y)"),
        (
            "SELECT sum(x) OVER (PARTITION BY y ORDER BY k) FROM a",
            "db.a@0(k x y)",
        ),
        (
            "SELECT sum(x) OVER w FROM a WINDOW w AS (PARTITION BY y)",
            "db.a@0(x y)",
        ),
        ("SELECT transform(s, e -> e + x) FROM a", "db.a@0(s x)"),
        // Nested queries.
        (
            "SELECT x FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.k = a.k AND z = y)",
            "db.a@0(k x y), db.b@0(k z)",
        ),
        (
            "SELECT x FROM a WHERE x IN (SELECT z FROM b)",
            "db.a@0(x), db.b@0(z)",
        ),
        (
            "SELECT x FROM a WHERE EXISTS (SELECT 1 FROM f WHERE g = y)",
            "db.a@0(x y), db.f@0(*)",
        ),
        (
            "SELECT x FROM a, LATERAL (SELECT z FROM b WHERE b.k = y) q",
            "db.a@0(x y), db.b@0(k z)",
        ),
        // Common table expressions and derived tables keep what they compute.
        (
            "WITH q AS (SELECT x, y FROM a) SELECT x FROM q",
            "db.a@0(x y)",
        ),
        (
            "SELECT z FROM (SELECT x, y FROM a) q JOIN b ON q.x = b.x",
            "db.a@0(x y), db.b@0(x z)",
        ),
        (
            "SELECT g FROM (SELECT x AS g FROM a) q, f",
            "db.a@0(x), db.f@0()",
        ),
        // A made-up name may be any.
        (
            "SELECT g FROM (SELECT cast(x AS int) FROM a) q, f",
            "db.a@0(x), db.f@0(*)",
        ),
        (
            "SELECT x FROM (SELECT * EXCEPT (x) FROM a) q, f",
            "db.a@0(k s x y), db.f@0(*)",
        ),
        // Lateral views.
        (
            "SELECT e FROM a LATERAL VIEW explode(s) t AS e",
            "db.a@0(s)",
        ),
        (
            "SELECT e FROM f LATERAL VIEW explode(f.s) t AS e",
            "db.f@0(s)",
        ),
        // Renamed columns are all needed.
        ("SELECT q.one FROM b AS q (one, two, three)", "db.b@0(*)"),
        // Set operations.
        (
            "SELECT x FROM a UNION ALL SELECT z FROM b ORDER BY x",
            "db.a@0(x), db.b@0(z)",
        ),
    ];
    for (sql, expected) in cases {
        assert_eq!(resolved(sql).reads(), expected, "{sql}");
    }
}

#[test]
fn names_stay_where_a_column_needs_them() {
    let cases = [
        ("SELECT db.a.x FROM a", "db.a@0(x) FullyQualifiedColumn"),
        (
            "SELECT spark_catalog.db.a.x FROM a",
            "db.a@0(x) FullyQualifiedColumn",
        ),
        ("SELECT a.x.y FROM db.a", "db.a@0(x)"),
        ("SELECT db.s FROM a db", "db.a@0(s)"),
        (
            "SELECT db.a.* FROM db.a",
            "db.a@0(k s x y) FullyQualifiedColumn",
        ),
        (
            "SELECT _metadata.file_name FROM a",
            "db.a@0(*) UnknownColumn",
        ),
        (
            "SELECT f._metadata.file_name FROM f",
            "db.f@0(*) UnknownColumn",
        ),
        ("SELECT a.nothing FROM a", "db.a@0(*) UnknownColumn"),
        ("SELECT nothing FROM a", "db.a@0(*) UnknownColumn"),
        (
            "SELECT x FROM a TABLESAMPLE (10 PERCENT)",
            "db.a@0(x) Modified",
        ),
        (
            "INSERT OVERWRITE a SELECT * FROM a",
            "db.a@0(k s x y) WrittenByReader",
        ),
        ("INSERT INTO c SELECT w FROM d", "db.d@0(w) WrittenByReader"),
        ("INSERT INTO a SELECT * FROM b", "db.b@0(k x z)"),
        (
            "CREATE TABLE new LOCATION '/w/b' AS SELECT z FROM b",
            "db.b@0(z) WrittenByReader",
        ),
        ("CREATE TABLE new AS SELECT z FROM b", "db.b@0(z)"),
        (
            "CREATE TEMP VIEW v AS SELECT x FROM a; INSERT INTO a SELECT x FROM v",
            "v@1(x) WrittenByReader, ~db.a@0(*)",
        ),
    ];
    for (sql, expected) in cases {
        assert_eq!(resolved(sql).reads(), expected, "{sql}");
    }
}

#[test]
fn without_facts_every_choice_is_open() {
    let cases = [
        ("SELECT y FROM a", "db.a@0(y)"),
        (
            "SELECT a.y FROM a JOIN b ON a.k = b.k",
            "db.a@0(k y), db.b@0(k)",
        ),
        (
            "SELECT y FROM a JOIN b ON a.k = b.k",
            "db.a@0(*), db.b@0(*)",
        ),
        ("SELECT * FROM a", "db.a@0(*)"),
        (
            "SELECT k, sum(x) AS x FROM a WHERE x > 0 GROUP BY k",
            "db.a@0(k x)",
        ),
        ("SELECT x + 1 AS y, y FROM a", "db.a@0(*)"),
        ("SELECT y AS y, x FROM a GROUP BY y, x", "db.a@0(x y)"),
        ("INSERT INTO c SELECT x FROM a", "db.a@0(x) WrittenByReader"),
    ];
    for (sql, expected) in cases {
        assert_eq!(resolved_blind(sql).reads(), expected, "{sql}");
    }
}
