//! Permanent views: what their texts are seen to read.

use super::*;
use crate::facts::catalog::ViewFacts;

/// The catalog with views: of each its name, its database, its text.
fn with_views(views: &[(&str, &str, &str)]) -> Catalog {
    let mut catalog = catalog();
    for (name, database, text) in views {
        let mut facts = catalog.tables["db.view"].clone();
        facts.view = Some(ViewFacts {
            text: (*text).to_owned(),
            database: (*database).to_owned(),
            settings: BTreeMap::new(),
        });
        catalog.tables.insert((*name).to_owned(), facts);
    }
    catalog
}

fn over(text: &str, sql: &str) -> Resolved {
    resolved_files(&[("a.sql", sql)], &with_views(&[("db.view", "db", text)]))
}

#[test]
fn a_view_reads_what_its_text_names_in_its_database() {
    let cases = [
        ("SELECT x FROM a", "db.view@0(x), ~db.a@0(*)"),
        ("SELECT x FROM `DB`.A", "db.view@0(x), ~db.a@0(*)"),
        (
            "SELECT x FROM spark_catalog.other.t",
            "db.view@0(x), ~other.t@0(*)",
        ),
        (
            "WITH a AS (SELECT z AS x FROM b) SELECT x FROM a",
            "db.view@0(x), ~db.b@0(*)",
        ),
        (
            "SELECT x FROM a WHERE k IN (SELECT k FROM b)",
            "db.view@0(x), ~db.a@0(*), ~db.b@0(*)",
        ),
        (
            "SELECT x FROM parquet.`/w/p`",
            "db.view@0(x), ~path:/w/p@0(*)",
        ),
        ("SELECT 1 AS x", "db.view@0(x)"),
    ];
    for (text, expected) in cases {
        // Neither the current database nor a temporary view bears on the text.
        for before in ["", "USE other; ", "CREATE TEMP VIEW a AS SELECT x FROM c; "] {
            let resolved = over(text, &format!("{before}SELECT x FROM db.view"));
            assert_eq!(resolved.reads(), expected, "{before}{text}");
            assert_eq!(resolved.sensitivities(), "", "{text}");
        }
    }
}

#[test]
fn views_in_other_databases_and_catalogs_and_over_views_are_looked_into() {
    let catalog = with_views(&[
        ("db.view", "other", "SELECT x FROM inner_view"),
        ("other.inner_view", "lake.raw", "SELECT x FROM t, s.u"),
    ]);
    let resolved = resolved_files(&[("a.sql", "SELECT x FROM view")], &catalog);
    assert_eq!(
        resolved.reads(),
        "db.view@0(x), ~other.inner_view@0(*), ~lake.raw.t@0(*), ~lake.s.u@0(*)"
    );
    assert_eq!(resolved.sensitivities(), "");
    let catalog = with_views(&[
        ("db.view", "other", "SELECT x FROM inner_view"),
        ("other.inner_view", "db", "SELECT rand() AS x FROM a"),
    ]);
    let resolved = resolved_files(&[("a.sql", "SELECT x FROM view")], &catalog);
    assert_eq!(resolved.sensitivities(), "NonDeterministic rand");
}

#[test]
fn only_what_a_view_reads_starts_its_versions() {
    let cases = [
        ("TRUNCATE TABLE a", "db.a@1 db.view@1"),
        ("TRUNCATE TABLE b", "db.b@1"),
        (
            "CREATE OR REPLACE VIEW view AS SELECT z AS x FROM b",
            "db.view@1",
        ),
        ("DROP VIEW view", "db.view@1"),
        // Its listing of files is that of what it reads.
        ("REFRESH TABLE view", "db.view@1 db.a@1 db.b@1"),
        (
            "SET spark.sql.session.timeZone = Asia/Tokyo",
            "db.view@1 db.a@1 db.b@1",
        ),
    ];
    for (sql, expected) in cases {
        let sql = format!("SELECT 1 FROM view, a, b; {sql}");
        let starts = over("SELECT x FROM a", &sql).starts();
        let mut started: Vec<&str> = starts.split_whitespace().collect();
        let mut expected: Vec<&str> = expected.split_whitespace().collect();
        started.sort_unstable();
        expected.sort_unstable();
        assert_eq!(started, expected, "{sql}");
    }
}

#[test]
fn a_view_brings_along_what_its_text_contains() {
    let cases = [
        ("SELECT rand() AS x FROM a", "NonDeterministic rand"),
        (
            "SELECT current_timestamp AS x FROM a",
            "NonDeterministic current_timestamp",
        ),
        ("SELECT theirs(x) AS x FROM a", "UnknownFunction theirs"),
        ("SELECT mine(x) AS x FROM a", ""),
        ("SELECT x FROM a LIMIT 3", "OrderSensitive LIMIT"),
        ("SELECT x FROM a TABLESAMPLE (3 ROWS)", "Sampling a"),
    ];
    for (text, expected) in cases {
        let resolved = over(text, "SELECT x FROM db.view");
        assert_eq!(resolved.sensitivities(), expected, "{text}");
        // At the place where the view is named: its text is no file.
        let access = resolved.accesses.accesses.last().unwrap();
        for sensitivity in &access.sensitivities {
            assert_eq!(resolved.sources.text(sensitivity.span), "db.view");
        }
    }
}

#[test]
fn a_view_that_is_not_seen_may_be_anything() {
    let texts = [
        "SELECT (x FROM a",
        "INSERT INTO a SELECT 1",
        "SELECT x FROM a; SELECT x FROM b",
        "SELECT '${day}' AS x FROM a",
        "SELECT x FROM view",
        "",
    ];
    for text in texts {
        let resolved = over(
            text,
            "SELECT 1 FROM view; INSERT INTO b SELECT 1; SELECT x FROM view",
        );
        assert_eq!(resolved.reads(), "db.view@1(x)", "{text}");
        assert_eq!(resolved.sensitivities(), "UnknownFunction db.view");
        assert!(resolved.accesses.accesses.last().unwrap().reads[0].unseen);
    }
}

#[test]
fn settings_under_which_a_text_says_something_else_hide_it() {
    let mut catalog = with_views(&[("db.view", "db", "SELECT x FROM a")]);
    let sql = [("a.sql", "SELECT x FROM view")];
    let captured = |catalog: &mut Catalog, key: &str, value: &str| {
        let view = catalog.tables.get_mut("db.view").unwrap().view.as_mut();
        view.unwrap().settings = BTreeMap::from([(key.to_owned(), value.to_owned())]);
    };
    for (key, value, seen) in [
        ("spark.sql.session.timezone", "Asia/Tokyo", true),
        ("spark.sql.casesensitive", "false", true),
        ("spark.sql.casesensitive", "TRUE", false),
        ("spark.sql.ansi.doublequotedidentifiers", "true", false),
        ("spark.sql.legacy.ctePrecedencePolicy", "LEGACY", false),
    ] {
        captured(&mut catalog, key, value);
        let resolved = resolved_files(&sql, &catalog);
        let unseen = resolved.accesses.accesses[0].reads[0].unseen;
        assert_eq!(unseen, !seen, "{key}");
    }
}

#[test]
fn a_view_of_the_pipeline_is_seen_through_its_statement() {
    let cases = [
        (
            "CREATE VIEW v AS SELECT x FROM a; USE other; SELECT x FROM db.v",
            "db.v@1(x), ~db.a@0(*)",
        ),
        (
            "CREATE VIEW v AS SELECT x FROM a; CREATE OR REPLACE VIEW v AS SELECT z AS x FROM b; SELECT * FROM v",
            "db.v@2(x), ~db.b@0(*)",
        ),
        (
            "ALTER VIEW view AS SELECT w FROM c; SELECT w FROM view",
            "db.view@1(w), ~db.c@0(*)",
        ),
        // The catalog says that there is none.
        (
            "CREATE VIEW IF NOT EXISTS new AS SELECT x FROM a; SELECT x FROM new",
            "db.new@1(x), ~db.a@0(*)",
        ),
        // There is one, and its text is known.
        (
            "CREATE VIEW IF NOT EXISTS view AS SELECT z AS x FROM b; SELECT x FROM view",
            "db.view@1(x), ~db.a@0(*)",
        ),
        // Nobody knows.
        (
            "CREATE VIEW IF NOT EXISTS v AS SELECT x FROM a; SELECT x FROM v",
            "db.v@1(x)",
        ),
        (
            "CREATE VIEW v AS SELECT x FROM a; LOCK TABLE a; SELECT x FROM db.v",
            "db.v@2(x)",
        ),
        (
            "ALTER VIEW view SET TBLPROPERTIES ('a' = 'b'); SELECT x FROM view",
            "db.view@1(x)",
        ),
        // Spark refuses.
        (
            "CREATE TEMP VIEW t AS SELECT x FROM a; CREATE VIEW v AS SELECT x FROM t; SELECT x FROM v",
            "db.v@1(x)",
        ),
    ];
    for (sql, expected) in cases {
        let resolved = over("SELECT x FROM a", sql);
        assert_eq!(resolved.reads(), expected, "{sql}");
    }
}

#[test]
fn views_in_a_circle_come_to_an_end() {
    let catalog = with_views(&[
        ("db.view", "db", "SELECT x FROM v2"),
        ("db.v2", "db", "SELECT x FROM view"),
    ]);
    let resolved = resolved_files(&[("a.sql", "SELECT x FROM view")], &catalog);
    assert!(resolved.reads().starts_with("db.view@0(x)"));
}

#[test]
fn what_a_view_reads_cannot_be_written_by_its_reader() {
    let resolved = over(
        "SELECT x FROM a",
        "INSERT OVERWRITE a SELECT x, x, x, x FROM view",
    );
    assert_eq!(resolved.reads(), "db.view@0(x) WrittenByReader, ~db.a@0(*)");
}

#[test]
fn what_a_view_reads_is_worth_asking_for() {
    let resolved = over("SELECT x FROM far.t", "SELECT x FROM view");
    assert_eq!(names(&resolved.accesses), ["db.view", "far.t"]);
}

#[test]
fn a_function_in_a_view_that_the_pipeline_makes_reads_what_its_body_reads() {
    let resolved = over(
        "SELECT n AS x FROM f(1)",
        "CREATE FUNCTION f(i INT) RETURNS TABLE (n INT) RETURN SELECT x FROM b; SELECT x FROM view",
    );
    assert!(resolved.accesses.accesses[1].barrier.is_some());
}
