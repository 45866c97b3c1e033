//! Collection of facts on real Spark: every kind of table, in one Java.

use std::collections::BTreeMap;
use std::path::Path;

use hoist::facts::catalog::{Bucketing, Catalog, TableFacts, TableKind, ViewFacts};
use hoist::runtime::collect::{Collected, collect};
use hoist::runtime::engine::Want;
use hoist::runtime::engine::local::{CatalogKind, Local};

use crate::local_engine::{block_on, done, open, options, sql, value};

/// What stands in the catalog before anything is asked.
fn tables(outside: &str) -> Vec<String> {
    [
        "CREATE DATABASE d",
        "CREATE DATABASE other",
        "CREATE TABLE d.managed (Id BIGINT, code CHAR(3), name VARCHAR(10), amount DECIMAL(10,2)) USING parquet",
        "INSERT INTO d.managed VALUES (1, 'a', 'b', 2.5)",
        "CREATE TABLE d.parts (id BIGINT, day DATE, kind STRING) USING orc PARTITIONED BY (day, kind)",
        "INSERT INTO d.parts SELECT id, date'2024-01-01', concat('k', id % 2) FROM range(4)",
        "CREATE TABLE d.inside (id BIGINT, day INT) USING parquet PARTITIONED BY (day)",
        "ALTER TABLE d.inside ADD PARTITION (day = 1)",
        "CREATE TABLE d.buckets (id BIGINT, at TIMESTAMP) USING parquet CLUSTERED BY (id) SORTED BY (at) INTO 4 BUCKETS",
        "CREATE TABLE d.counted (id BIGINT) USING parquet",
        "INSERT INTO d.counted SELECT id FROM range(25)",
        "ANALYZE TABLE d.counted COMPUTE STATISTICS",
        "CREATE TABLE d.below (id INT) USING parquet",
        "CREATE TABLE d.odd (`a b` INT) USING json",
        "CREATE TABLE d.dropped (id INT) USING parquet",
        "USE other",
        "CREATE TABLE near (id BIGINT) USING parquet",
        "SET spark.sql.session.timeZone = Asia/Tokyo",
        "SET spark.sql.ansi.enabled = true",
        "CREATE VIEW d.inner_view (n) AS SELECT near.id FROM near JOIN d.below ON below.id = near.id",
        "RESET spark.sql.session.timeZone",
        "RESET spark.sql.ansi.enabled",
        "CREATE VIEW d.outer_view AS WITH c AS (SELECT n FROM d.inner_view) \
         SELECT n FROM c WHERE n IN (SELECT `a b` FROM d.odd)",
        "CREATE VIEW d.broken AS SELECT dropped.id FROM d.dropped, near",
        "DROP TABLE d.dropped",
        "USE default",
        "CREATE TEMPORARY VIEW passing AS SELECT 1 AS one",
        "CREATE GLOBAL TEMPORARY VIEW everywhere AS SELECT 1 AS one",
        "CREATE TABLE d.passing (id INT) USING parquet",
    ]
    .iter()
    .map(|text| (*text).to_owned())
    .chain([
        format!("CREATE TABLE d.outside (id INT, b STRING NOT NULL) USING csv LOCATION '{outside}'"),
        format!(
            "ALTER TABLE d.parts ADD PARTITION (day = '2023-01-01', kind = 'old') \
             LOCATION '{outside}/old/day=2023-01-01/kind=old' \
             PARTITION (day = '2023-01-02', kind = 'old') LOCATION '{outside}/some days'"
        ),
    ])
    .collect()
}

const NAMES: [&str; 15] = [
    "d.managed",
    "d.parts",
    "d.inside",
    "d.buckets",
    "d.counted",
    "d.outside",
    "d.outer_view",
    "d.broken",
    "d.passing",
    "default.passing",
    "d.gone",
    "gone.t",
    "global_temp.everywhere",
    "global_temp.nowhere",
    "lake.d.t",
];

#[test]
fn facts_of_every_kind_are_collected_without_a_job() {
    let home = tempfile::tempdir().unwrap();
    block_on(async {
        let mut engine = Local::new(options(home.path(), CatalogKind::InMemory));
        open(&mut engine).await;
        let outside = home.path().join("outside").display().to_string();
        for text in tables(&outside) {
            done(&mut engine, sql(&text, Want::Nothing)).await;
        }
        let collected = collected(&mut engine).await;
        tables_have_their_facts(&collected, &outside);
        views_bring_what_they_depend_on(&collected);
        what_is_not_certain_is_said(&collected);
        a_session_is_part_of_the_facts(&mut engine, &collected).await;
        another_current_catalog_makes_names_unknown(&mut engine, home.path()).await;
        engine_ends(engine).await;
    });
}

async fn engine_ends(mut engine: Local) {
    use hoist::runtime::engine::Engine;
    engine.close().await.unwrap();
}

/// Collects, and sees to it that Spark ran nothing.
async fn collected(engine: &mut Local) -> Collected {
    let jobs = "hoist_value = spark.sparkContext._jsc.sc().dagScheduler().nextJobId()";
    let before = done(engine, value(jobs)).await.value;
    let names = NAMES.map(str::to_owned);
    let collected = collect(engine, &names).await.unwrap();
    assert_eq!(done(engine, value(jobs)).await.value, before, "a job ran");
    assert!(before.is_some_and(|count| count.as_u64() > Some(0)));
    collected
}

fn columns(facts: &TableFacts) -> Vec<String> {
    let columns = facts.columns.iter();
    columns
        .map(|column| format!("{} {} {}", column.name, column.data_type, column.nullable))
        .collect()
}

fn tables_have_their_facts(collected: &Collected, outside: &str) {
    let tables = &collected.catalog.tables;
    let managed = &tables["d.managed"];
    assert_eq!(managed.kind, TableKind::Managed);
    assert_eq!(managed.provider.as_deref(), Some("parquet"));
    assert_eq!(
        columns(managed),
        [
            "Id bigint true",
            "code char(3) true",
            "name varchar(10) true",
            "amount decimal(10,2) true"
        ]
    );
    assert!(managed.size_bytes > Some(500), "{managed:?}");
    assert_eq!((managed.rows, &managed.bucketing), (None, &None));
    assert_eq!(tables["d.parts"].partition_columns, ["day", "kind"]);
    assert_eq!(tables["d.parts"].columns.len(), 3);
    assert_eq!(
        tables["d.parts"].outside,
        Some(vec![
            format!("file:{outside}/old"),
            format!("file:{outside}/some days")
        ])
    );
    assert_eq!(tables["d.inside"].outside, Some(Vec::new()));
    assert_eq!(managed.outside, None);
    let databases = &collected.catalog.databases;
    let names: Vec<&str> = databases.keys().map(String::as_str).collect();
    assert_eq!(names, ["d", "default", "other"]);
    assert_eq!(
        managed.location,
        Some(format!("{}/managed", databases["d"]))
    );
    assert_eq!(
        tables["d.buckets"].bucketing,
        Some(Bucketing {
            buckets: 4,
            columns: vec!["id".to_owned()],
            sort_columns: vec!["at".to_owned()],
        })
    );
    assert_eq!(tables["d.buckets"].size_bytes, Some(0));
    assert_eq!(tables["d.counted"].rows, Some(25));
    assert!(tables["d.counted"].size_bytes > Some(0));
    let external = &tables["d.outside"];
    assert_eq!(external.kind, TableKind::External);
    assert_eq!(external.location, Some(format!("file:{outside}")));
    // Files promise nothing about NULLs.
    assert_eq!(columns(external), ["id int true", "b string true"]);
}

fn views_bring_what_they_depend_on(collected: &Collected) {
    let tables = &collected.catalog.tables;
    let names: Vec<&str> = tables.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "d.below",
            "d.broken",
            "d.buckets",
            "d.counted",
            "d.dropped",
            "d.gone",
            "d.inner_view",
            "d.inside",
            "d.managed",
            "d.odd",
            "d.outer_view",
            "d.outside",
            "d.parts",
            "d.passing",
            "default.passing",
            "global_temp.everywhere",
            "global_temp.nowhere",
            "gone.t",
            "other.near"
        ]
    );
    let outer = &tables["d.outer_view"];
    assert_eq!(outer.kind, TableKind::View);
    assert_eq!(columns(outer), ["n bigint true"]);
    let outer = outer.view.as_ref().unwrap();
    assert!(
        outer
            .text
            .starts_with("WITH c AS (SELECT n FROM d.inner_view)")
    );
    assert_eq!(outer.database, "other");
    assert_ne!(
        outer
            .settings
            .get("spark.sql.session.timezone")
            .map(String::as_str),
        Some("Asia/Tokyo")
    );
    let inner = tables["d.inner_view"].view.as_ref().unwrap();
    assert_eq!(inner.database, "other");
    let captured = |key: &str| inner.settings.get(key).map(String::as_str);
    assert_eq!(captured("spark.sql.session.timezone"), Some("Asia/Tokyo"));
    assert_eq!(captured("spark.sql.ansi.enabled"), Some("true"));
    assert_eq!(tables["d.odd"].kind, TableKind::Managed);
}

fn what_is_not_certain_is_said(collected: &Collected) {
    let tables = &collected.catalog.tables;
    for name in ["d.passing", "default.passing", "global_temp.everywhere"] {
        assert_eq!(tables[name].kind, TableKind::Temporary, "{name}");
        assert!(tables[name].columns.is_empty());
    }
    for name in ["d.gone", "gone.t", "global_temp.nowhere", "d.dropped"] {
        assert_eq!(tables[name].kind, TableKind::Missing, "{name}");
    }
    let broken = &tables["d.broken"];
    assert_eq!(broken.kind, TableKind::View);
    assert!(broken.columns.is_empty());
    assert!(matches!(&broken.view, Some(ViewFacts { database, .. }) if database == "other"));
    let remark = &collected.partly_unknown["d.broken"];
    assert!(
        remark.starts_with("columns: ") && remark.contains("dropped"),
        "{remark}"
    );
    let reason = &collected.unknown["lake.d.t"];
    assert_eq!(reason, "it lies in another catalog than `spark_catalog`");
}

async fn a_session_is_part_of_the_facts(engine: &mut Local, collected: &Collected) {
    let session = collected.catalog.session.as_ref().unwrap();
    assert_eq!(session.database, "default");
    assert_eq!(session.unusual_names(), None);
    let setting = |key: &str| session.settings.get(key).map(String::as_str);
    assert_eq!(setting("spark.sql.casesensitive"), Some("false"));
    assert_eq!(setting("spark.sql.ansi.enabled"), Some("false"));
    assert!(setting("spark.sql.session.timezone").is_some());
    assert!(!session.settings.keys().any(|key| key.contains(".legacy.")));
    for text in [
        "USE other",
        "SET spark.sql.caseSensitive = true",
        "SET spark.sql.legacy.timeParserPolicy = LEGACY",
    ] {
        done(engine, sql(text, Want::Nothing)).await;
    }
    let session = collect(engine, &[]).await.unwrap().catalog.session.unwrap();
    assert_eq!(session.database, "other");
    assert_eq!(
        session.unusual_names().as_deref(),
        Some("`spark.sql.casesensitive` is `true`")
    );
    assert_eq!(
        session.settings["spark.sql.legacy.timeparserpolicy"],
        "LEGACY"
    );
}

async fn another_current_catalog_makes_names_unknown(engine: &mut Local, home: &Path) {
    let class = "org.apache.spark.sql.execution.datasources.v2.jdbc.JDBCTableCatalog";
    let url = format!("jdbc:derby:{};create=true", home.join("lake").display());
    for (key, value) in BTreeMap::from([
        ("", class),
        (".url", &url),
        (".driver", "org.apache.derby.jdbc.EmbeddedDriver"),
    ]) {
        let text = format!("SET `spark.sql.catalog.lake{key}` = `{value}`");
        done(engine, sql(&text, Want::Nothing)).await;
    }
    let asked = ["d.managed", "lake.t"].map(str::to_owned);
    let before = collect(engine, &asked).await.unwrap();
    assert_eq!(before.catalog.tables["d.managed"].kind, TableKind::Managed);
    assert_eq!(before.unknown["lake.t"], "`lake` is a catalog");
    done(
        engine,
        sql("SET spark.sql.defaultCatalog = lake", Want::Nothing),
    )
    .await;
    done(engine, sql("USE lake", Want::Nothing)).await;
    let Collected {
        catalog, unknown, ..
    } = collect(engine, &asked).await.unwrap();
    let Catalog {
        tables, session, ..
    } = catalog;
    assert!(tables.is_empty());
    assert_eq!(
        unknown["d.managed"],
        "the session's current catalog is not `spark_catalog`"
    );
    assert!(session.unwrap().unusual_names().is_some());
}
