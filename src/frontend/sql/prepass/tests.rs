//! The pre-pass by what comes of it: names and columns of statements, each beside one that says the same plainly.

mod expressions;

use super::keywords;
use crate::frontend::source::{Sources, Variables};
use crate::frontend::statement::{Mentions, Query, QueryBody, Relation, StatementKind};

struct Understood {
    sources: Sources,
    kind: StatementKind,
}

fn understood(text: &str) -> Understood {
    let sources = Sources::from_texts([("a.sql", text)], &Variables::new());
    let mut parsed = crate::frontend::parse(&sources);
    assert_eq!(parsed.statements.len(), 1, "{text}");
    let kind = parsed.statements.remove(0).kind;
    Understood { sources, kind }
}

impl Understood {
    /// Tables read, columns named; why not, where the statement is not understood.
    fn names(&self) -> (String, String) {
        if let StatementKind::Opaque { reason } = &self.kind {
            return (format!("opaque: {reason}"), String::new());
        }
        let mentions = Mentions::of(&self.kind);
        let mut reads: Vec<String> = mentions
            .reads
            .iter()
            .map(|table| table.name.key())
            .collect();
        reads.sort_unstable();
        let columns: Vec<String> = mentions.columns.into_iter().collect();
        (reads.join(" "), columns.join(" "))
    }

    fn query(&self) -> &Query {
        match &self.kind {
            StatementKind::Query(query) => query,
            other => panic!("{other:?}"),
        }
    }
}

fn names(text: &str) -> (String, String) {
    understood(text).names()
}

#[track_caller]
fn check(cases: &[(&str, &str, &str)]) {
    for (text, reads, columns) in cases {
        let found = names(text);
        let expected = ((*reads).to_owned(), (*columns).to_owned());
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn words_of_the_grammar_are_names_where_no_grammar_is_meant() {
    let strict = [
        "ANTI",
        "CROSS",
        "EXCEPT",
        "FULL",
        "INNER",
        "INTERSECT",
        "JOIN",
        "LATERAL",
        "LEFT",
        "MINUS",
        "NATURAL",
        "ON",
        "RIGHT",
        "SEMI",
        "UNION",
        "USING",
        "SELECT",
        "WITH",
    ];
    // Words that only Spark's grammar has, and words that only other dialects know.
    let words = "ALL AND ANTI ANY AS ASC BETWEEN BY CASE CAST CLUSTER COLLATE CROSS CUBE CURRENT DATE DESC DISTINCT \
        DISTRIBUTE DIV ELSE END ESCAPE EXCEPT EXISTS EXTRACT FALSE FILTER FOLLOWING FOR FROM FULL GROUP GROUPING \
        HAVING ILIKE IN INNER INTERSECT INTERVAL IS JOIN LATERAL LEFT LIKE LIMIT MINUS NATURAL NOT NULL NULLS OFFSET \
        ON OR ORDER OUTER OVER OVERLAY PARTITION PIVOT PLACING POSITION PRECEDING QUALIFY RANGE RECURSIVE REGEXP \
        RIGHT RLIKE ROLLUP ROW ROWS SELECT SEMI SETS SOME SORT SUBSTR SUBSTRING TABLE TABLESAMPLE THEN TIMESTAMP TRIM \
        TRUE TRY_CAST UNBOUNDED UNION UNKNOWN UNPIVOT USING VALUES VIEW WHEN WHERE WINDOW WITH WITHIN TOP SAMPLE \
        FORMAT FINAL FETCH INTO SETTINGS PREWHERE CONNECT START PRIOR QUARTER DAY YEAR IF LAMBDA FLOOR CEIL TIME";
    for word in words.split_whitespace() {
        let column = word.to_lowercase();
        let expected = |columns: &str| ("t".to_owned(), columns.to_owned());
        for text in [
            format!("SELECT x.{word} FROM t x"),
            format!("SELECT x.{word} AS {word} FROM t AS x WHERE x.{word} > 1 ORDER BY x.{word}"),
            format!("SELECT x . {word} FROM (SELECT * FROM t) AS x"),
        ] {
            assert_eq!(names(&text), expected(&format!("x.{column}")), "{text}");
        }
        let text = format!("SELECT a AS {word}, b FROM t AS {word}");
        assert_eq!(names(&text), expected("a b"), "{text}");
        let text = format!("SELECT a FROM db.{word}");
        assert_eq!(names(&text).0, format!("db.{column}"), "{text}");
        if !strict.contains(&word) && word != "AS" {
            let text = format!("SELECT a FROM t {word}, u");
            let (reads, columns) = names(&text);
            assert!(
                (reads.as_str(), columns.as_str()) == ("t u", "a") || reads.starts_with("opaque"),
                "{text}: {reads}, {columns}"
            );
        }
    }
}

#[test]
fn what_the_keyword_table_lists_is_found_in_any_case() {
    for word in ["select", "Select", "SELECT"] {
        assert_eq!(
            keywords::keyword(word),
            sqlparser::keywords::Keyword::SELECT
        );
    }
    for name in ["selec", "selects", "tablesamples_and_more", "größe", ""] {
        assert_eq!(
            keywords::keyword(name),
            sqlparser::keywords::Keyword::NoKeyword
        );
    }
}

#[test]
fn a_word_that_could_hide_a_table_is_never_one() {
    // An alias `FROM`, as Spark reads it.
    check(&[("SELECT c FROM from t", "t", "c")]);
    for text in [
        "SELECT FROM t",
        "SELECT * FROM FROM t",
        "SELECT * FROM STREAM t",
        "SELECT * FROM STREAM(t)",
        "SELECT * FROM TABLE(t)",
        "SELECT * FROM t JOIN WHERE u",
        "SELECT * FROM IDENTIFIER('t' || :suffix)",
        "SELECT * FROM IDENTIFIER(concat('a', 'b'))",
        "SELECT * FROM t VERSION AS OF (SELECT max(v) FROM u)",
        "SELECT a, SELECT b FROM t",
        "SELECT a FROM t TABLESAMPLE ((SELECT max(n) FROM u) ROWS)",
    ] {
        assert!(names(text).0.starts_with("opaque"), "{text}");
    }
}

#[test]
fn values_and_tables_are_queries() {
    check(&[
        ("VALUES 1, (a, b), 3 AS t (x)", "", "a b"),
        ("SELECT x FROM VALUES (1), (2) AS t (x)", "", "x"),
        (
            "SELECT x FROM VALUES DATE '2024-06-30', now() t (x), u",
            "u",
            "x",
        ),
        ("SELECT * FROM VALUES 1, VALUES 2", "", ""),
        ("SELECT * FROM (VALUES (1, 2)) AS (a, b)", "", ""),
        ("TABLE db.t", "db.t", ""),
        ("TABLE t UNION ALL TABLE u ORDER BY a LIMIT 3", "t u", "a"),
        ("SELECT a FROM t WHERE a IN (VALUES 1, 2)", "t", "a"),
        ("SELECT a FROM t WHERE EXISTS (TABLE u)", "t u", "a"),
        (
            "SELECT a, (VALUES 1), values, table FROM t",
            "t",
            "a table values",
        ),
        ("WITH c (x) AS (VALUES 1) SELECT x FROM c", "", "x"),
        ("SELECT a FROM values", "values", "a"),
        ("SELECT a FROM table", "table", "a"),
    ]);
}

#[test]
fn a_query_may_start_with_its_relations() {
    check(&[
        ("FROM t SELECT a WHERE b > 1 ORDER BY c", "t", "a b c"),
        ("FROM t JOIN u ON t.k = u.k SELECT a", "t u", "a t.k u.k"),
        ("SELECT x FROM (FROM t SELECT a AS x) q", "t", "a x"),
        (
            "FROM t LATERAL VIEW explode(t.s) e AS x SELECT x LATERAL VIEW explode(x) f AS y WHERE y > 1",
            "t",
            "t.s x y",
        ),
        ("FROM t SELECT a UNION ALL FROM u SELECT b", "t u", "a b"),
        ("FROM (SELECT a FROM t) MAP a USING 'cat' AS x, y", "t", "a"),
        (
            "SELECT x FROM (FROM t SELECT a AS x WHERE b SELECT c LIMIT 3)",
            "t",
            "a b c x",
        ),
        (
            "FROM (FROM t MAP a, b USING 'cat' AS k INT, v STRING COMMENT 'c' ROW FORMAT SERDE 's' CLUSTER BY k) m \
             REDUCE m.k, m.v USING 'sum' AS s WHERE s > 1",
            "t",
            "a b k m.k m.v s",
        ),
    ]);
    let found = understood("FROM t SELECT a WHERE b > 1 AND c = 2");
    let QueryBody::Select(select) = &found.query().body else {
        panic!()
    };
    let text = |span| found.sources.text(span);
    assert_eq!(text(select.span), "FROM t SELECT a WHERE b > 1 AND c = 2");
    let filter: Vec<&str> = select.filter.iter().map(|test| text(test.span)).collect();
    assert_eq!(filter, ["b > 1", "c = 2"]);
    assert!(found.query().verbatim);
}

#[test]
fn every_pipe_step_is_a_block() {
    check(&[
        ("FROM t |> WHERE t.a > 1 |> SELECT b", "t", "b t.a"),
        (
            "TABLE t |> EXTEND a + 1 AS b |> DROP c |> SET b = d",
            "t",
            "a d",
        ),
        ("TABLE t |> AS x |> WHERE x.a = 1", "t", "x.a"),
        (
            "FROM t |> AGGREGATE sum(a) AS s, max(b) GROUP BY c AS k, d % 2 |> ORDER BY s DESC |> LIMIT 3",
            "t",
            "a b c d s",
        ),
        (
            "SELECT a FROM t |> LEFT JOIN u ON t.k = u.k |> JOIN LATERAL (SELECT b) l",
            "t u",
            "a b t.k u.k",
        ),
        (
            "TABLE t |> UNION ALL TABLE u |> EXCEPT (SELECT a FROM v) |> TABLESAMPLE (10 PERCENT)",
            "t u v",
            "a",
        ),
        ("TABLE t |> PIVOT (sum(a) FOR b IN (1, 2))", "t", "a b"),
        ("TABLE t |> UNPIVOT (v FOR n IN (a, b))", "t", "a b"),
        (
            "TABLE t |> SELECT sum(a) OVER w WINDOW w AS (PARTITION BY b)",
            "t",
            "a b",
        ),
        (
            "WITH c AS (TABLE t |> SELECT a) FROM c |> WHERE EXISTS (TABLE u |> WHERE u.a = c.a)",
            "t u",
            "a c.a u.a",
        ),
        ("TABLE t |> AGGREGATE GROUP BY a", "t", "a"),
    ]);
    // What is no query by itself is not taken for one.
    let found = understood("FROM t |> WHERE a > 1 |> SELECT b");
    let QueryBody::Select(select) = &found.query().body else {
        panic!()
    };
    let [Relation::Derived { query, .. }] = select.from.as_slice() else {
        panic!("{select:?}")
    };
    assert!(!query.verbatim);
    assert_eq!(found.sources.text(query.span), "FROM t |> WHERE a > 1");
}

#[test]
fn relations_of_every_form() {
    check(&[
        ("SELECT a FROM (t)", "t", "a"),
        (
            "SELECT x.a FROM (((t))) x, ((u JOIN v USING (k))) w",
            "t u v",
            "x.a",
        ),
        (
            "SELECT a FROM t TABLESAMPLE (10 PERCENT) REPEATABLE (7) AS x",
            "t",
            "a",
        ),
        (
            "SELECT a FROM t TABLESAMPLE (BUCKET 1 OUT OF 8) x JOIN u TABLESAMPLE (3 ROWS)",
            "t u",
            "a",
        ),
        (
            "SELECT a FROM (SELECT a FROM t) TABLESAMPLE (5 ROWS) x",
            "t",
            "a",
        ),
        (
            "SELECT a FROM t VERSION AS OF 3 x JOIN u FOR SYSTEM_TIME AS OF current_date()",
            "t u",
            "a",
        ),
        (
            "SELECT a FROM t FOR SYSTEM_VERSION AS OF '7', u TIMESTAMP AS OF '2024-06-30'",
            "t u",
            "a",
        ),
        ("SELECT a FROM t WITH ('split-size' = 5) x", "t", "a"),
        (
            "SELECT version, timestamp FROM t version",
            "t",
            "timestamp version",
        ),
        (
            "SELECT a FROM range(10), explode(collection => array(b)) AS e (x), t",
            "t",
            "a b",
        ),
        (
            "SELECT a FROM f(TABLE(t) PARTITION BY (b, c) ORDER BY d DESC, x => 3)",
            "t",
            "a b c d",
        ),
        (
            "SELECT a FROM f(TABLE(SELECT b FROM t WHERE c) WITH SINGLE PARTITION)",
            "t",
            "a b c",
        ),
        ("SELECT a FROM f(TABLE t) x", "t", "a"),
        (
            "SELECT a FROM t LEFT SEMI JOIN u ON t.k = u.k LEFT ANTI JOIN v USING (k)",
            "t u v",
            "a t.k u.k",
        ),
        (
            "SELECT a FROM t NATURAL FULL OUTER JOIN u CROSS JOIN v ON v.k = 1",
            "t u v",
            "a v.k",
        ),
        (
            "SELECT a FROM t, LATERAL (SELECT b FROM u WHERE u.k = t.k) x, LATERAL explode(t.s)",
            "t u",
            "a b t.k t.s u.k",
        ),
        (
            "SELECT a FROM t LATERAL VIEW OUTER posexplode(s) p AS i, x LATERAL VIEW explode(x) e",
            "t",
            "a s x",
        ),
        (
            "SELECT a FROM t JOIN u PIVOT (sum(v) AS s, max(w) FOR (b, c) IN ((1, 2) AS x, (3, 4) y))",
            "t u",
            "a b c v w",
        ),
        (
            "SELECT a FROM t UNPIVOT INCLUDE NULLS ((v, w) FOR n IN ((b, c) AS x, (d, e))) AS p",
            "t",
            "a b c d e",
        ),
        (
            "SELECT a FROM IDENTIFIER('db.' || 't') x, s.IDENTIFIER('u'), IDENTIFIER('`v.w`')",
            "db.t s.u v.w",
            "a",
        ),
        ("SELECT a FROM db.72h_x, t AS (a, b)", "db.72h_x t", "a"),
        ("SELECT a FROM parquet.`/data/x`", "parquet./data/x", "a"),
    ]);
}

#[test]
fn clauses_of_a_block() {
    check(&[
        (
            "SELECT a, count(*) FROM t GROUP BY ALL ORDER BY ALL DESC",
            "t",
            "a all",
        ),
        ("SELECT all, a FROM t GROUP BY all, a", "t", "a all"),
        (
            "SELECT a FROM t GROUP BY a, GROUPING SETS ((b, c), ROLLUP (d), (), e), CUBE (f, (g, h))",
            "t",
            "a b c d e f g h",
        ),
        (
            "SELECT a FROM t GROUP BY a, b WITH ROLLUP HAVING c > 1",
            "t",
            "a b c",
        ),
        (
            "SELECT a FROM t GROUP BY a, b GROUPING SETS ((a), (b))",
            "t",
            "a b",
        ),
        (
            "SELECT a FROM t HAVING a > 1 WINDOW w AS (ORDER BY b), v AS (PARTITION BY c), u AS w DISTRIBUTE BY d SORT BY e LIMIT f",
            "t",
            "a b c d e f",
        ),
        (
            "SELECT a FROM t QUALIFY row_number() OVER (PARTITION BY b ORDER BY c DESC NULLS LAST) = 1",
            "t",
            "a b c",
        ),
        ("SELECT a FROM t CLUSTER BY b", "t", "a b"),
        ("SELECT a FROM t ORDER BY b LIMIT ALL OFFSET 3", "t", "a b"),
        ("SELECT DISTINCT ON FROM t", "t", "on"),
        (
            "SELECT * EXCEPT (a, b), t.* EXCEPT (c) FROM t UNION SELECT * FROM u EXCEPT SELECT * FROM v",
            "t u v",
            "",
        ),
        ("SELECT * REPLACE (a + 1 AS a), b FROM t", "t", "a b"),
        (
            "SELECT stack(2, a, b) AS (x, y), posexplode(c) (i, v) FROM t",
            "t",
            "a b c",
        ),
        ("SELECT a limit FROM t limit 3", "t", "a"),
        (
            "SELECT max(a) top, 1 AS order, b group FROM t WHERE c > 1 GROUP BY d",
            "t",
            "a b c d",
        ),
        (
            "SELECT TRANSFORM(a, b) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' NULL DEFINED AS '-' USING 'cat' AS (x INT, y ARRAY<INT>) ROW FORMAT SERDE 'x' FROM t WHERE c",
            "t",
            "a b c",
        ),
    ]);
    let found = understood("SELECT a FROM t SORT BY b LIMIT 3");
    assert!(found.query().limited && found.query().order_by.is_empty());
    assert_eq!(found.query().tail.len(), 2);
    let found = understood("SELECT a FROM t GROUP BY a WITH CUBE");
    let QueryBody::Select(select) = &found.query().body else {
        panic!()
    };
    // Not a plain key.
    let [key] = select.group_by.as_slice() else {
        panic!()
    };
    assert_eq!(key.shape, crate::frontend::statement::Shape::Other);
    assert_eq!(found.sources.text(key.span), "a WITH CUBE");
}
