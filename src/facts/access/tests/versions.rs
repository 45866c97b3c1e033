use super::*;

#[test]
fn names_mean_what_spark_takes_them_for() {
    let cases = [
        ("SELECT x FROM A", "db.a@0(x)"),
        ("SELECT x FROM spark_catalog.db.a", "db.a@0(x)"),
        ("SELECT x FROM lake.db.a", "lake.db.a@0(x)"),
        ("SELECT x FROM `a`", "db.a@0(x)"),
        ("USE Other; SELECT x FROM a", "other.a@0(x)"),
        ("USE spark_catalog.other; SELECT x FROM a", "other.a@0(x)"),
        ("USE lake.other; SELECT x FROM a", "lake.other.a@0(x)"),
        ("SELECT x FROM parquet.`/w/P`", "path:/w/P@0(x)"),
        (
            "SELECT x FROM `org.example.Format`.`/w/P`",
            "path:/w/P@0(x)",
        ),
        // Common table expressions: later ones and the body see them, one-part names only.
        ("WITH a AS (SELECT x FROM a) SELECT x FROM A", "db.a@0(x)"),
        (
            "WITH a AS (SELECT x FROM b) SELECT x FROM db.a",
            "db.b@0(x), db.a@0(x)",
        ),
        (
            "WITH q AS (SELECT x FROM a), r AS (SELECT x FROM q) SELECT x FROM r JOIN q USING (x)",
            "db.a@0(x)",
        ),
        (
            "WITH q AS (SELECT x FROM a) SELECT x FROM (WITH q AS (SELECT z AS x FROM b) SELECT x FROM q) p",
            "db.a@0(x), db.b@0(z)",
        ),
        (
            "SELECT x FROM (WITH a AS (SELECT z AS x FROM b) SELECT x FROM a) p JOIN a USING (x)",
            "db.b@0(z), db.a@0(x)",
        ),
        // Temporary views hide tables.
        (
            "CREATE TEMP VIEW a AS SELECT x FROM b; SELECT x FROM a",
            "a@1(x), ~db.b@0(*)",
        ),
        (
            "CREATE TEMP VIEW a AS SELECT x FROM b; SELECT x FROM db.a",
            "db.a@0(x)",
        ),
        (
            "CREATE TEMP VIEW a AS SELECT x FROM b; DROP VIEW a; SELECT x FROM a",
            "db.a@0(x)",
        ),
        (
            "CREATE TEMP VIEW v AS SELECT x FROM a; USE other; SELECT x FROM v",
            "v@1(x), ~db.a@0(*)",
        ),
        (
            "CREATE TEMP VIEW v AS SELECT x FROM a; CREATE TEMP VIEW u AS SELECT v.x FROM v JOIN c; SELECT x FROM u",
            "u@1(x), ~v@1(*), ~db.a@0(*), ~db.c@0(*)",
        ),
        // A definition reads nothing yet.
        ("CREATE TEMP VIEW v AS SELECT x FROM a", ""),
    ];
    for (sql, expected) in cases {
        assert_eq!(resolved(sql).reads(), expected, "{sql}");
    }
}

#[test]
fn a_write_starts_versions_of_all_that_may_change() {
    let all = "SELECT 1 FROM a, b, c, d, view, f; ";
    let cases = [
        // The view and the unknown table may depend on anything.
        ("INSERT INTO a SELECT * FROM b", "db.a@1 db.view@1 db.f@1"),
        ("TRUNCATE TABLE c", "db.c@1 db.d@1 db.view@1 db.f@1"),
        ("INSERT INTO d SELECT 1", "db.c@1 db.d@1 db.view@1 db.f@1"),
        // The unknown table may be any of them.
        (
            "INSERT INTO f SELECT 1",
            "db.a@1 db.b@1 db.c@1 db.d@1 db.view@1 db.f@1",
        ),
        ("DROP TABLE a", "db.a@1 db.view@1 db.f@1"),
        ("CREATE TABLE new AS SELECT 1", "db.view@1 db.f@1 db.new@1"),
        (
            "CREATE TABLE new AS SELECT 1; INSERT INTO new SELECT 1",
            "db.view@2 db.f@2 db.new@2",
        ),
        (
            "CREATE TABLE new LOCATION '/w/a' AS SELECT 1",
            "db.a@1 db.b@1 db.c@1 db.d@1 db.view@1 db.f@1 db.new@1",
        ),
        (
            "CREATE TABLE new (x INT); TRUNCATE TABLE a",
            "db.a@1 db.view@2 db.f@2",
        ),
        (
            "SELECT 1 FROM parquet.`/w/a/p=1`; TRUNCATE TABLE a",
            "db.a@1 db.view@1 db.f@1 path:/w/a/p=1@1",
        ),
        (
            "SELECT 1 FROM parquet.`/w/z`; TRUNCATE TABLE a",
            "db.a@1 db.view@1 db.f@1",
        ),
        (
            "CREATE VIEW view2 AS SELECT 1",
            "db.view@1 db.f@1 db.view2@1",
        ),
        // Temporary views depend on what they name.
        (
            "CREATE TEMP VIEW v AS SELECT x FROM a; INSERT INTO a SELECT 1",
            "db.a@1 db.view@1 db.f@1 v@2",
        ),
        (
            "CREATE TEMP VIEW v AS SELECT x FROM a; INSERT INTO b SELECT 1",
            "db.b@1 db.view@1 db.f@1",
        ),
        (
            "CREATE TEMP VIEW v AS SELECT x FROM view; INSERT INTO b SELECT 1",
            "db.b@1 db.view@1 db.f@1 v@2",
        ),
        (
            "CREATE TEMP VIEW v AS SELECT x FROM a; CREATE TEMP VIEW u AS SELECT x FROM v; CREATE OR REPLACE TEMP VIEW v AS SELECT x FROM b",
            "v@2 u@2",
        ),
        // Nothing.
        ("USE other", ""),
        ("SET spark.sql.shuffle.partitions = 8", ""),
        ("SET spark.sql.ansi.enabled", ""),
        ("DESCRIBE a", ""),
        // Everything.
        (
            "SET spark.sql.ansi.enabled = true",
            "db.a@1 db.b@1 db.c@1 db.d@1 db.view@1 db.f@1",
        ),
        (
            "LOCK TABLE a",
            "db.a@1 db.b@1 db.c@1 db.d@1 db.view@1 db.f@1",
        ),
    ];
    for (sql, expected) in cases {
        assert_eq!(resolved(&format!("{all}{sql}")).starts(), expected, "{sql}");
    }
}

#[test]
fn files_at_a_relative_path_may_be_those_of_any_table() {
    let mut catalog = catalog();
    let missing = TableFacts {
        kind: TableKind::Missing,
        ..TableFacts::default()
    };
    catalog.tables.insert("csv.p".to_owned(), missing.clone());
    catalog.tables.insert("other.p".to_owned(), missing);
    for (name, changes) in [
        ("csv.p", true),
        ("csv.`sub/p`", true),
        ("csv.`/w/*/p`", true),
        ("csv.`/v/p`", false),
        ("other.p", false),
    ] {
        let sql = format!("SELECT x FROM {name}; TRUNCATE TABLE a; SELECT x FROM {name}");
        let resolved = resolved_files(&[("a.sql", &sql)], &catalog);
        let generation = resolved.accesses.accesses[2].reads[0].version.generation;
        assert_eq!(generation, u32::from(changes), "{name}");
    }
}

#[test]
fn names_of_branches_may_mean_any_table() {
    let mut catalog = catalog();
    let missing = TableFacts::default();
    assert_eq!(missing.kind, TableKind::Missing);
    catalog
        .tables
        .insert("lake.db.t.branch_x".to_owned(), missing);
    let sql = "SELECT x FROM lake.db.t.branch_x; INSERT INTO lake.db.t SELECT 1; SELECT x FROM lake.db.t.branch_x";
    let resolved = resolved_files(&[("a.sql", sql)], &catalog);
    assert_eq!(resolved.reads(), "lake.db.t.branch_x@1(x)");
}

#[test]
fn tables_named_later_have_their_versions_as_well() {
    let resolved = resolved("INSERT INTO a SELECT 1; SELECT x FROM f");
    assert_eq!(resolved.reads(), "db.f@1(x)");
}

#[test]
fn views_are_read_at_the_versions_current_where_they_are_used() {
    assert_eq!(
        resolved("CREATE TEMP VIEW v AS SELECT x FROM a; TRUNCATE TABLE a; SELECT x FROM v")
            .reads(),
        "v@2(x), ~db.a@1(*)"
    );
}

#[test]
fn nothing_is_known_after_an_unseen_statement() {
    let cases = [
        (
            "LOCK TABLE a; SELECT x FROM a",
            "db.a@1(x) AfterUnknownSession",
        ),
        ("LOCK TABLE a; SELECT x FROM db.a", "db.a@1(x)"),
        ("LOCK TABLE a; SELECT * FROM db.a", "db.a@1(*) Redefined"),
        (
            "CREATE TEMP VIEW v AS SELECT x FROM a; LOCK TABLE a; SELECT x FROM v",
            "v@2(x) AfterUnknownSession",
        ),
        (
            "LOCK TABLE a; CREATE OR REPLACE TEMP VIEW v AS SELECT x FROM db.a; SELECT x FROM v",
            "v@2(x), ~db.a@1(*)",
        ),
        (
            "LOCK TABLE a; SELECT y FROM db.a, db.b",
            "db.a@1(*) Redefined, db.b@1(*) Redefined",
        ),
        (
            "SET spark.sql.caseSensitive = true; SELECT x FROM a",
            "db.a@1(x) AfterUnknownSession",
        ),
        (
            "SET spark.sql.ansi.enabled = true; SELECT * FROM a",
            "db.a@1(k s x y)",
        ),
        (
            "DROP TABLE a; CREATE TABLE a AS SELECT 1 AS n; SELECT * FROM a",
            "db.a@2(*) Redefined",
        ),
        // Any folder may be that of any table now.
        (
            "LOCK TABLE a; TRUNCATE TABLE db.b; SELECT x FROM db.a",
            "db.a@2(x)",
        ),
    ];
    for (sql, expected) in cases {
        assert_eq!(resolved(sql).reads(), expected, "{sql}");
    }
}

#[test]
fn names_for_the_catalog_are_tables_only() {
    let resolved = resolved(
        "CREATE TEMP VIEW v AS SELECT x FROM b; SELECT 1 FROM v, csv.`/w/x`, db.a; DESCRIBE z; INSERT INTO other.t SELECT 1",
    );
    assert_eq!(
        names(&resolved.accesses),
        ["db.a", "db.b", "db.z", "other.t"]
    );
}

#[test]
fn writes_are_told_apart() {
    let cases = [
        ("INSERT OVERWRITE a SELECT 1", WriteKind::Replace),
        ("INSERT INTO a SELECT 1", WriteKind::Update),
        (
            "INSERT OVERWRITE a PARTITION (x = 1) SELECT 1",
            WriteKind::Update,
        ),
        ("CREATE TABLE new AS SELECT 1", WriteKind::Replace),
        (
            "CREATE TABLE IF NOT EXISTS new AS SELECT 1",
            WriteKind::Update,
        ),
        ("CREATE TABLE new (x INT)", WriteKind::Define),
        ("CREATE TEMP VIEW v AS SELECT 1", WriteKind::Define),
        ("TRUNCATE TABLE a", WriteKind::Replace),
        ("DROP TABLE IF EXISTS a", WriteKind::Drop),
    ];
    for (sql, expected) in cases {
        let resolved = resolved(sql);
        let writes = &resolved.accesses.accesses[0].writes;
        assert_eq!(writes.len(), 1, "{sql}");
        assert_eq!(writes[0].kind, expected, "{sql}");
        assert_eq!(writes[0].produces.generation, 1, "{sql}");
    }
}

#[test]
fn partitions_outside_of_their_table_are_places_of_it() {
    let cases = [
        // Not known.
        (None, "db.a@1 db.b@1", "db.a@1 db.b@1"),
        (Some(vec![]), "db.a@1", "db.b@1"),
        (Some(vec!["file:/v/p"]), "db.a@1", "db.b@1"),
        (
            Some(vec!["file:/v/p", "file:/w/b/p"]),
            "db.a@1 db.b@1",
            "db.a@1 db.b@1",
        ),
        // Around the other one.
        (Some(vec!["/w"]), "db.a@1 db.b@1", "db.a@1 db.b@1"),
        (
            Some(vec!["file:/v/../w/b"]),
            "db.a@1 db.b@1",
            "db.a@1 db.b@1",
        ),
    ];
    for (places, write_of_a, write_of_b) in cases {
        let mut catalog = catalog();
        let facts = catalog.tables.get_mut("db.a").unwrap();
        facts.partition_columns = vec!["x".to_owned()];
        facts.outside = places
            .clone()
            .map(|places| places.into_iter().map(str::to_owned).collect());
        for (table, expected) in [("a", write_of_a), ("b", write_of_b)] {
            let sql = format!("SELECT 1 FROM a, b; INSERT INTO {table} SELECT 1");
            let resolved = resolved_files(&[("a.sql", &sql)], &catalog);
            assert_eq!(resolved.starts(), expected, "{places:?}, {table}");
        }
    }
    // What is read or written by path.
    let mut catalog = catalog();
    let facts = catalog.tables.get_mut("db.a").unwrap();
    facts.partition_columns = vec!["x".to_owned()];
    facts.outside = Some(vec!["file:/v/p".to_owned()]);
    let sql = "SELECT 1 FROM a, b; INSERT OVERWRITE DIRECTORY '/v/p/x=2' SELECT 1";
    let resolved = resolved_files(&[("a.sql", sql)], &catalog);
    assert_eq!(resolved.starts(), "db.a@1 path:/v/p/x=2@1");
}

#[test]
fn a_table_that_is_made_may_lie_where_another_one_does() {
    let cases = [
        (Some("file:/w"), "file:/w/new", "", true),
        (Some("file:/w"), "file:/w/new/below", "", true),
        (Some("file:/w"), "file:/w", "", true),
        (Some("file:/w"), "file:/v/new", "", false),
        (Some("file:/w"), "file:/w/a", "", false),
        (Some("file:/w"), "file:/w/a", "file:/w/new", true),
        (None, "file:/v/NEW", "", true),
        (None, "file:/v/new/below", "", true),
        (None, "file:/v/newer", "", false),
        (None, "file:/v/a", "file:/v/new", true),
    ];
    for (database, place, outside, may_share) in cases {
        let mut catalog = catalog();
        let places = database.map(|place| ("db".to_owned(), place.to_owned()));
        catalog.databases = places.into_iter().collect();
        let facts = catalog.tables.get_mut("db.a").unwrap();
        facts.location = Some(place.to_owned());
        let outside = Some(outside.to_owned()).filter(|place| !place.is_empty());
        facts.outside = Some(outside.into_iter().collect());
        for made in [
            "CREATE TABLE new AS SELECT 1",
            "DROP TABLE IF EXISTS new; CREATE TABLE new (x INT); INSERT INTO new SELECT 1",
        ] {
            let sql = format!("SELECT 1 FROM a, b; {made}");
            let resolved = resolved_files(&[("a.sql", &sql)], &catalog);
            let starts = resolved.starts();
            assert_eq!(
                starts.contains("db.a@"),
                may_share,
                "{database:?} {place}: {starts}"
            );
            assert!(!starts.contains("db.b@"), "{starts}");
        }
    }
}
