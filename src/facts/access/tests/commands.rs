use super::*;

const ALL: &str = "SELECT 1 FROM a, b, c, d, view, f; ";
const EVERY_TABLE: &str = "db.a@1 db.b@1 db.c@1 db.d@1 db.view@1 db.f@1";

#[test]
fn changes_of_rows_start_the_versions_of_what_they_change() {
    let cases = [
        "MERGE INTO a USING b ON a.k = b.k WHEN MATCHED THEN DELETE",
        "UPDATE a SET x = 1",
        "DELETE FROM a",
        "DELETE FROM a WHERE x = 1",
        "MSCK REPAIR TABLE a",
        "TRUNCATE TABLE a PARTITION (x = 1)",
        "LOAD DATA LOCAL INPATH '/w/b' INTO TABLE a",
        "FROM b INSERT INTO a SELECT x",
        // Read anew, not written.
        "REFRESH TABLE a",
        "REFRESH '/w/a'",
        // Files of `a`.
        "INSERT OVERWRITE DIRECTORY '/w/a/x=1' SELECT 1",
    ];
    for sql in cases {
        let starts = resolved(&format!("{ALL}{sql}")).starts();
        let tables: Vec<&str> = starts
            .split(' ')
            .filter(|table| !table.starts_with("path:"))
            .collect();
        assert_eq!(tables, ["db.a@1", "db.view@1", "db.f@1"], "{sql}");
    }
}

#[test]
fn files_at_an_unknown_place_may_be_those_of_any_table() {
    for sql in [
        "INSERT OVERWRITE DIRECTORY USING parquet OPTIONS (codec 'x') SELECT 1",
        "INSERT OVERWRITE DIRECTORY 'relative' SELECT 1",
        "REFRESH some_path",
    ] {
        let starts = resolved(&format!("{ALL}{sql}")).starts();
        assert!(starts.starts_with(EVERY_TABLE), "{sql}: {starts}");
    }
    // The files of `c` are taken away.
    let starts = resolved(&format!("{ALL}LOAD DATA INPATH '/w/c/d' INTO TABLE a")).starts();
    assert_eq!(
        starts,
        "db.a@1 db.c@1 db.d@1 db.view@2 db.f@2 path:/w/c/d@1"
    );
}

#[test]
fn an_altered_table_may_lie_anywhere() {
    for change in [
        "ADD COLUMNS (n INT)",
        "SET LOCATION '/w/b'",
        "ADD PARTITION (x = 1) LOCATION '/w/b/x'",
        "PARTITION (x = 1) SET LOCATION '/w/b/x'",
        "SET TBLPROPERTIES ('a' = 'b')",
    ] {
        let sql = format!("{ALL}ALTER TABLE a {change}");
        assert_eq!(resolved(&sql).starts(), EVERY_TABLE, "{change}");
        let after = format!("ALTER TABLE a {change}; TRUNCATE TABLE b; SELECT * FROM a");
        assert_eq!(resolved(&after).reads(), "db.a@2(*) Redefined", "{change}");
    }
}

#[test]
fn a_renamed_table_takes_its_files_along() {
    let renamed = "ALTER TABLE a RENAME TO new; ";
    let writes = resolved(renamed);
    let writes: Vec<_> = writes.accesses.accesses[0]
        .writes
        .iter()
        .map(|write| (writes.name(write.table), write.kind))
        .collect();
    assert_eq!(
        writes,
        [("db.a", WriteKind::Drop), ("db.new", WriteKind::Define)]
    );
    let cases = [
        ("SELECT x FROM a", "db.a@1(x)"),
        ("SELECT * FROM new", "db.new@1(*)"),
        // The new name stands for files that may be those of `c`.
        ("TRUNCATE TABLE c; SELECT x FROM new", "db.new@2(x)"),
    ];
    for (sql, expected) in cases {
        assert_eq!(
            resolved(&format!("{renamed}{sql}")).reads(),
            expected,
            "{sql}"
        );
    }
    // The new name lies in the database of the old one.
    let elsewhere = "ALTER TABLE other.t RENAME TO u; SELECT x FROM other.u";
    assert_eq!(resolved(elsewhere).reads(), "other.u@2(x)");
    let view = "CREATE TEMP VIEW v AS SELECT x FROM a; ALTER VIEW v RENAME TO w; ";
    assert_eq!(
        resolved(&format!("{view}SELECT x FROM w")).reads(),
        "w@1(x)"
    );
    assert_eq!(
        resolved(&format!("{view}SELECT x FROM v")).reads(),
        "db.v@0(x)"
    );
}

#[test]
fn views_are_found_where_they_live() {
    let cases = [
        (
            "CREATE GLOBAL TEMP VIEW v AS SELECT x FROM a; SELECT x FROM global_temp.v",
            "global_temp.v@1(x), ~db.a@0(*)",
        ),
        (
            "CREATE GLOBAL TEMP VIEW a AS SELECT x FROM b; SELECT x FROM a",
            "db.a@0(x)",
        ),
        (
            "CREATE TEMP VIEW v (p, q) AS SELECT x, y FROM a; SELECT p FROM v",
            "v@1(p), ~db.a@0(*)",
        ),
        (
            "CREATE TEMP VIEW v (p, q) AS SELECT x, y FROM a; SELECT x FROM v",
            "v@1(*) UnknownColumn, ~db.a@0(*)",
        ),
        (
            "CREATE TEMP VIEW v USING csv OPTIONS (path '/w/a'); SELECT x FROM v",
            "v@1(x)",
        ),
        (
            "CREATE TEMP VIEW v AS SELECT x FROM a; ALTER VIEW v AS SELECT x FROM b; SELECT x FROM v",
            "v@2(x), ~db.b@0(*)",
        ),
        (
            "CACHE TABLE v AS SELECT x FROM a; INSERT INTO a SELECT 1; SELECT x FROM v",
            "v@2(x), ~db.a@1(*)",
        ),
    ];
    for (sql, expected) in cases {
        assert_eq!(resolved(sql).reads(), expected, "{sql}");
    }
    // A view over files may show those of any table.
    let starts = resolved("CREATE TEMP VIEW v USING csv; TRUNCATE TABLE a").starts();
    assert_eq!(starts, "v@2 db.a@1");
    // A permanent view is another one from here on.
    let starts = resolved("SELECT 1 FROM a, view; ALTER VIEW view AS SELECT x FROM a").starts();
    assert_eq!(starts, "db.view@1");
}

#[test]
fn what_is_only_analysed_changes_nothing() {
    for sql in [
        "EXPLAIN INSERT INTO a SELECT x FROM b",
        "EXPLAIN SELECT x FROM a JOIN b",
        "DESCRIBE QUERY SELECT x FROM a",
        "DESCRIBE a",
        "SHOW PARTITIONS a",
        "SHOW TABLES",
        "ANALYZE TABLE a COMPUTE STATISTICS",
        "COMMENT ON TABLE a IS 'x'",
        "ADD JAR '/x.jar'",
        "LIST FILES",
        "CREATE DATABASE other",
        "ALTER DATABASE other SET DBPROPERTIES ('a' = 'b')",
        "RESET spark.sql.shuffle.partitions",
    ] {
        let resolved = resolved(sql);
        let access = &resolved.accesses.accesses[0];
        assert!(access.reads.is_empty(), "{sql}");
        assert!(access.writes.is_empty(), "{sql}");
        assert!(access.starts.is_empty(), "{sql}");
        assert_eq!(access.barrier, None, "{sql}");
    }
    let explained = resolved("EXPLAIN INSERT INTO a SELECT x FROM b");
    let described: Vec<_> = explained.accesses.accesses[0]
        .described
        .iter()
        .map(|table| explained.name(*table))
        .collect();
    assert_eq!(described, ["db.b", "db.a"]);
    let cached = resolved("CACHE TABLE a");
    assert_eq!(cached.reads(), "db.a@0(k s x y) Bare");
    assert_eq!(cached.starts(), "");
}

#[test]
fn what_drops_cached_rows_ends_the_life_of_frames_and_changes_nothing() {
    let cleared = resolved("CLEAR CACHE");
    assert!(cleared.accesses.accesses[0].barrier.is_some());
    assert_eq!(cleared.starts(), "");
    // What is cached on the table goes too; what merely shares its rows does not.
    let cases = [
        ("UNCACHE TABLE a", "db.a@1"),
        ("UNCACHE TABLE IF EXISTS db.c", "db.c@1"),
        (
            "CREATE TEMP VIEW v AS SELECT x FROM a; UNCACHE TABLE a",
            "db.a@1 v@2",
        ),
        (
            "CREATE TEMP VIEW v AS SELECT x FROM a; UNCACHE TABLE v",
            "v@2",
        ),
    ];
    for (sql, expected) in cases {
        let resolved = resolved(&format!("SELECT 1 FROM a, b, c, d; {sql}"));
        let mut starts: Vec<String> = resolved.starts().split(' ').map(str::to_owned).collect();
        starts.sort_unstable();
        assert_eq!(starts.join(" "), expected, "{sql}");
    }
}

#[test]
fn a_setting_that_has_its_value_already_changes_nothing() {
    let zone = "SET spark.sql.session.timeZone = UTC; ";
    let cases = [
        ("SET spark.sql.session.timeZone = UTC", ""),
        ("SET spark.sql.session.timeZone = Asia/Tokyo", "db.a@2"),
        // Another key, told apart by case.
        ("SET spark.sql.session.timezone = UTC", "db.a@2"),
        ("SET spark.sql.session.timeZone = ${zone}", "db.a@2"),
        ("RESET spark.sql.session.timeZone", "db.a@2"),
        (
            "RESET spark.sql.session.timeZone; SET spark.sql.session.timeZone = UTC",
            "db.a@3",
        ),
        (
            "LOCK TABLE a; SET spark.sql.session.timeZone = UTC",
            "db.a@3",
        ),
    ];
    for (sql, expected) in cases {
        let resolved = resolved(&format!("SELECT x FROM a; {zone}{sql}"));
        assert_eq!(resolved.starts(), expected, "{sql}");
        let barrier = &resolved.accesses.accesses.last().unwrap().barrier;
        assert_eq!(barrier.is_some(), !expected.is_empty(), "{sql}");
    }
    let files = [
        (
            "1.sql",
            "SELECT x FROM a; SET spark.sql.session.timeZone = UTC",
        ),
        ("2.py", "# hoist: reads db.a; writes db.b\nprint(1)\n"),
        ("3.sql", "SET spark.sql.session.timeZone = UTC"),
    ];
    let resolved = resolved_files(&files, &catalog());
    assert!(
        resolved.starts().contains("db.a@2"),
        "Python can set anything"
    );
}

#[test]
fn what_is_not_seen_is_a_barrier() {
    let start_everything = [
        "CREATE FUNCTION g AS 'example.G'",
        "DROP FUNCTION g",
        "DECLARE n INT",
        "SET VAR n = 1",
        "DROP TEMPORARY VARIABLE n",
        "RESET spark.sql.ansi.enabled",
        "SET TIME ZONE 'Asia/Tokyo'",
    ];
    for sql in start_everything {
        let resolved = resolved(&format!("{ALL}{sql}; SELECT * FROM a"));
        assert!(resolved.accesses.accesses[1].barrier.is_some(), "{sql}");
        // Names and columns are known as before.
        assert_eq!(resolved.reads(), "db.a@1(k s x y)", "{sql}");
    }
    let lose_names = [
        "RESET",
        "SET CATALOG lake",
        "DROP DATABASE other CASCADE",
        "ALTER DATABASE db SET LOCATION '/v'",
        "EXECUTE IMMEDIATE 'SELECT 1'",
        "CALL db.work()",
        "BEGIN SELECT 1; END",
    ];
    for sql in lose_names {
        let resolved = resolved(&format!("{ALL}{sql}; SELECT x FROM a"));
        assert!(resolved.accesses.accesses[1].barrier.is_some(), "{sql}");
        assert_eq!(resolved.reads(), "db.a@1(x) AfterUnknownSession", "{sql}");
    }
}

#[test]
fn names_of_statements_that_are_no_query_stay() {
    let cases = [
        (
            "UPDATE a SET x = (SELECT max(b.x) FROM b WHERE b.k = a.k)",
            "db.b@0(k x) NotAQuery",
        ),
        (
            "DELETE FROM a WHERE x IN (SELECT z FROM b)",
            "db.b@0(z) NotAQuery",
        ),
        (
            "MERGE INTO a USING (SELECT x, k FROM b) s ON a.k = s.k WHEN MATCHED THEN UPDATE SET y = s.x",
            "db.b@0(k x) NotAQuery",
        ),
        (
            "FROM b INSERT INTO a SELECT x WHERE z = 1 INSERT INTO c SELECT k",
            "db.b@0(x z) NotAQuery, db.b@0(k) NotAQuery",
        ),
        ("SET VAR n = (SELECT max(x) FROM b)", "db.b@0(x) NotAQuery"),
        (
            "BEGIN IF EXISTS (SELECT x FROM b) THEN INSERT INTO c SELECT k FROM a; END IF; END",
            "db.b@0(*) NotAQuery, db.a@0(*) NotAQuery",
        ),
    ];
    for (sql, expected) in cases {
        assert_eq!(resolved(sql).reads(), expected, "{sql}");
        assert!(resolved(sql).accesses.accesses[0].subqueries.is_empty());
    }
}

#[test]
fn no_function_is_known_after_an_unseen_statement() {
    let unknown = |sql: &str| {
        let resolved = resolved(&format!("{sql}; SELECT upper(x) FROM b"));
        resolved.sensitivities().contains("UnknownFunction upper")
    };
    for sql in [
        "NO SUCH STATEMENT",
        "EXECUTE IMMEDIATE 'SELECT 1'",
        "CALL db.f()",
        "BEGIN IF TRUE THEN SELECT 1; END IF; END",
        "CREATE TEMPORARY FUNCTION upper AS 'org.example.Upper'",
    ] {
        assert!(unknown(sql), "{sql}");
    }
    for sql in [
        "DROP DATABASE db",
        "RESET",
        "SET CATALOG other",
        "CREATE TEMPORARY FUNCTION f AS 'org.example.Upper'",
        "DROP TEMPORARY FUNCTION f",
    ] {
        assert!(!unknown(sql), "{sql}");
    }
}

#[test]
fn callers_of_a_function_read_what_it_reads() {
    let barrier = |sql: &str| {
        let resolved = resolved(sql);
        resolved.accesses.accesses.last().unwrap().barrier.is_some()
    };
    let reading = "CREATE FUNCTION db.g() RETURNS INT RETURN (SELECT max(x) FROM a); ";
    assert!(barrier(&format!("{reading}SELECT g() FROM b")));
    assert!(barrier(&format!("{reading}SELECT x FROM db.g()")));
    assert!(barrier(&format!(
        "{reading}CREATE FUNCTION h() RETURNS INT RETURN g() + 1; SELECT h() FROM b"
    )));
    assert!(barrier(&format!(
        "{reading}CREATE TEMP VIEW v AS SELECT g() AS n FROM b; SELECT n FROM v"
    )));
    assert!(!barrier(&format!("{reading}SELECT upper(x) FROM b")));
    let computing = "CREATE FUNCTION g(n INT) RETURNS INT RETURN extract(day FROM now()) + n; ";
    assert!(!barrier(&format!("{computing}SELECT g(x) FROM b")));
}
