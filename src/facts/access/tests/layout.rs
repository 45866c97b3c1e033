//! What rows are gathered by, and what shows how they are arranged.

use super::*;

/// Gatherings of every named read, then of every named subquery, of the last statement.
fn gatherings(sql: &str) -> String {
    let resolved = resolved(sql);
    let access = resolved.accesses.accesses.last().unwrap();
    let shown = |name: &str, gatherings: &[Gathering]| {
        let gatherings: Vec<String> = gatherings
            .iter()
            .map(|one| {
                let columns: Vec<&str> = one.columns.iter().map(String::as_str).collect();
                format!("{:?} {}", one.by, columns.join(" "))
            })
            .collect();
        format!("{name}: {}", gatherings.join(", "))
    };
    let reads = access.reads.iter();
    let reads = reads.map(|read| shown(resolved.name(read.version.table), &read.gatherings));
    let named = access.subqueries.iter().filter(|one| one.name.is_some());
    let subqueries = named.map(|subquery| {
        let name = subquery.name.as_ref().map_or("", |name| name.text.as_str());
        shown(name, &subquery.gatherings)
    });
    let all: Vec<String> = reads.chain(subqueries).collect();
    all.join("; ")
}

#[test]
fn joins_and_groupings_gather_rows_by_columns() {
    let cases = [
        ("SELECT x FROM a", "db.a: "),
        (
            "SELECT k, count(*) FROM a GROUP BY K, x",
            "db.a: Grouping k x",
        ),
        ("SELECT k + 1, count(*) FROM a GROUP BY k + 1", "db.a: "),
        ("SELECT count(*) FROM a", "db.a: "),
        (
            "SELECT 1 FROM a JOIN b ON a.k = b.k AND b.x = a.x AND a.y > 1",
            "db.a: Join k x; db.b: Join k x",
        ),
        (
            "SELECT 1 FROM a JOIN b USING (k, x)",
            "db.a: Join k x; db.b: Join k x",
        ),
        (
            "SELECT 1 FROM a, b WHERE a.k = b.z AND y = 2",
            "db.a: Join k; db.b: Join z",
        ),
        ("SELECT 1 FROM a JOIN b ON a.k > b.k", "db.a: ; db.b: "),
        ("SELECT 1 FROM a JOIN b ON a.k = a.x", "db.a: ; db.b: "),
        // The left input of the second join is gathered by columns of two tables.
        (
            "SELECT 1 FROM a JOIN b ON a.k = b.k JOIN c ON c.w = a.s AND c.w = b.z",
            "db.a: Join k; db.b: Join k; db.c: Join w",
        ),
        (
            "WITH q AS (SELECT k, x FROM a) SELECT q.k, count(*) FROM q JOIN b ON q.k = b.k GROUP BY q.k",
            "db.a: ; db.b: Join k; q: Join k, Grouping k",
        ),
        (
            "SELECT 1 FROM (SELECT k FROM a) q JOIN b ON q.k = b.k",
            "db.a: ; db.b: Join k; q: Join k",
        ),
        // Other names than those of the body.
        (
            "SELECT 1 FROM (SELECT k FROM a) q (j) JOIN b ON q.j = b.k",
            "db.a: ; db.b: Join k; q: ",
        ),
    ];
    for (sql, expected) in cases {
        assert_eq!(gatherings(sql), expected, "{sql}");
    }
}

fn arrangements(sql: &str, catalog: &Catalog) -> String {
    let resolved = resolved_files(&[("a.sql", sql)], catalog);
    let access = resolved.accesses.accesses.last().unwrap();
    let whats: Vec<&str> = access
        .arrangements
        .iter()
        .map(|one| one.what.as_str())
        .collect();
    whats.join(", ")
}

#[test]
fn what_shows_the_arrangement_of_rows_is_found() {
    let cases = [
        (
            "SELECT upper(s), count(*), sum(x), max(y) FROM a GROUP BY s",
            "",
        ),
        ("SELECT sum(x) OVER (PARTITION BY y) FROM a", ""),
        (
            "SELECT approx_count_distinct(x), bool_and(y), count_if(x > 1) FROM a",
            "",
        ),
        // A type that is not that of a column of a table.
        ("SELECT sum(x + 1) FROM a", "sum"),
        ("SELECT sum(q.x) FROM (SELECT x / 3 AS x FROM a) q", "sum"),
        (
            "SELECT avg(x), stddev(x), percentile(x, 0.5) FROM a",
            "avg, stddev, percentile",
        ),
        (
            "SELECT first(x), collect_list(y) FROM a",
            "first, collect_list",
        ),
        ("SELECT mine(x), yours(y) FROM a", "mine, yours"),
        ("SELECT x FROM a ORDER BY y", "ORDER BY"),
        ("SELECT x FROM a ORDER BY x, k", ""),
        (
            "SELECT x FROM a UNION ALL SELECT x FROM b ORDER BY x",
            "ORDER BY",
        ),
        ("SELECT x FROM view", "a view"),
        (
            "CREATE TEMP VIEW v AS SELECT x FROM a; SELECT x FROM v",
            "a view",
        ),
        // The types of a table that the pipeline has made are not known.
        (
            "CREATE TABLE new AS SELECT x FROM a; SELECT sum(x) FROM new",
            "sum",
        ),
        (
            "CREATE TEMPORARY FUNCTION upper AS 'example.Upper'; SELECT upper(s) FROM a",
            "upper",
        ),
    ];
    for (sql, expected) in cases {
        assert_eq!(arrangements(sql, &catalog()), expected, "{sql}");
    }
}

#[test]
fn aggregates_are_exact_over_exact_types() {
    let all = "SELECT sum(y), avg(y), min(y) FROM a";
    let cases = [
        ("int", "avg"),
        ("bigint", "avg"),
        ("decimal(12,2)", ""),
        ("decimal(30,2)", "sum, avg"),
        ("double", "sum, avg, min"),
        ("float", "sum, avg, min"),
        // It is cast to double.
        ("string", "sum, avg"),
        ("array<double>", "sum, avg, min"),
    ];
    for (data_type, expected) in cases {
        let mut catalog = catalog();
        for column in &mut catalog.tables.get_mut("db.a").unwrap().columns {
            data_type.clone_into(&mut column.data_type);
        }
        assert_eq!(arrangements(all, &catalog), expected, "{data_type}");
        if data_type == "bigint" {
            // A part of the sum may overflow where the whole does not.
            let strict = format!("SET spark.sql.ansi.enabled = true; {all}");
            assert_eq!(arrangements(&strict, &catalog), "sum, avg");
        }
    }
}
