use super::*;

/// The queries in the last statement, its own first.
fn subqueries(sql: &str) -> Vec<String> {
    let resolved = resolved(sql);
    let access = resolved.accesses.accesses.last().unwrap();
    let text = |span: &Span| resolved.sources.text(*span).to_owned();
    access
        .subqueries
        .iter()
        .map(|subquery| {
            let outputs = subquery.outputs.as_ref().map_or("?".to_owned(), |outputs| {
                outputs
                    .iter()
                    .map(|output| output.text.clone())
                    .collect::<Vec<_>>()
                    .join(" ")
            });
            let aliases: Vec<String> = subquery
                .aliases
                .iter()
                .map(|spans| spans.iter().map(text).collect::<Vec<_>>().join(" "))
                .collect();
            format!(
                "{} ({outputs}) reads {} closed {} aliases [{}] exchanges {} sensitive {}",
                subquery.name.as_ref().map_or("-", |name| &name.text),
                subquery.reads.len(),
                subquery.closed,
                aliases.join(", "),
                subquery.exchanges.total(),
                subquery.sensitivities.len(),
            )
        })
        .collect()
}

#[test]
fn subqueries_are_described() {
    let cases: [(&str, &[&str]); 9] = [
        (
            "WITH q AS (SELECT p.x, p.y AS why FROM a AS p) SELECT why FROM q",
            &["q (x why) reads 1 closed true aliases [p p p] exchanges 0 sensitive 0"],
        ),
        (
            "SELECT 1 FROM (SELECT a.x, count(*) AS n FROM a JOIN b t ON t.k = a.k GROUP BY a.x) q",
            &["q (x n) reads 2 closed true aliases [a a a, t t] exchanges 2 sensitive 0"],
        ),
        // Names of common table expressions inside are aliases, too.
        (
            "SELECT 1 FROM (WITH i AS (SELECT x FROM a) SELECT i.x FROM i) q",
            &[
                "q (x) reads 1 closed true aliases [i i i, ] exchanges 0 sensitive 0",
                "i (x) reads 1 closed true aliases [] exchanges 0 sensitive 0",
            ],
        ),
        // Not closed: another common table expression, a column of an outer block.
        (
            "WITH q AS (SELECT x FROM a), r AS (SELECT q.x, b.z FROM q JOIN b ON q.x = b.x) SELECT 1 FROM r",
            &[
                "q (x) reads 1 closed true aliases [] exchanges 0 sensitive 0",
                "r (x z) reads 1 closed false aliases [b b] exchanges 1 sensitive 0",
            ],
        ),
        (
            "SELECT 1 FROM b, LATERAL (SELECT a.x FROM a WHERE a.k = b.k) q",
            &["q (x) reads 1 closed false aliases [a a] exchanges 0 sensitive 0"],
        ),
        (
            "SELECT 1 FROM (SELECT x FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.k = a.k)) q",
            &["q (x) reads 2 closed true aliases [a, b] exchanges 0 sensitive 0"],
        ),
        // Names that the text does not give.
        (
            "SELECT 1 FROM (SELECT x, y + 1 FROM a) q, (SELECT * FROM b) r, (SELECT DISTINCT y FROM a LIMIT 1) AS s (t)",
            &[
                "q (?) reads 1 closed true aliases [] exchanges 0 sensitive 0",
                "r (?) reads 1 closed true aliases [] exchanges 0 sensitive 0",
                "s (y) reads 1 closed true aliases [] exchanges 1 sensitive 1",
            ],
        ),
        // Reads nothing.
        ("SELECT 1 FROM (SELECT 1 AS x) q", &[]),
        (
            "SELECT 1 FROM (SELECT x, row_number() OVER (ORDER BY x) AS n FROM a UNION ALL SELECT z, 1 FROM b) q",
            &["q (x n) reads 2 closed true aliases [, ] exchanges 1 sensitive 1"],
        ),
    ];
    for (sql, expected) in cases {
        let own = subqueries(sql).into_iter().skip(1);
        assert_eq!(own.collect::<Vec<_>>(), expected, "{sql}");
    }
}

#[test]
fn the_query_of_a_statement_is_a_subquery_of_its_own() {
    let query = "- (x n) reads 1 closed true aliases [t t t] exchanges 1 sensitive 0";
    for sql in [
        "SELECT t.x, count(*) AS n FROM a t GROUP BY t.x",
        "INSERT INTO b SELECT t.x, count(*) AS n FROM a t GROUP BY t.x",
        "CREATE TABLE c USING parquet AS SELECT t.x, count(*) AS n FROM a t GROUP BY t.x",
    ] {
        assert_eq!(subqueries(sql), [query], "{sql}");
    }
    // A view's query is computed where the view is read; this one is put together from two places; this one reads
    // nothing.
    for sql in [
        "CREATE TEMPORARY VIEW v AS SELECT x FROM a",
        "FROM a INSERT INTO b SELECT x INSERT INTO c SELECT y",
        "SELECT 1 AS x",
    ] {
        assert_eq!(subqueries(sql), [""; 0], "{sql}");
    }
}

#[test]
fn reads_and_subqueries_are_numbered_in_text_order() {
    let resolved = resolved(
        "SELECT (SELECT max(w) FROM c) FROM (SELECT x FROM a) q JOIN b ON true; SELECT 1 FROM (SELECT x FROM a) q",
    );
    let mut reads = Vec::new();
    let mut subqueries = Vec::new();
    for access in &resolved.accesses.accesses {
        reads.extend(
            access
                .reads
                .iter()
                .map(|read| format!("{} {}", read.id.0, resolved.name(read.version.table))),
        );
        subqueries.extend(access.subqueries.iter().map(|subquery| subquery.id.0));
    }
    assert_eq!(reads, ["0 db.c", "1 db.a", "2 db.b", "3 db.a"]);
    assert_eq!(subqueries, [0, 1, 2, 3]);
}
