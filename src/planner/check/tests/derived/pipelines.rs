//! Small pipelines and what the real stages make of them.

use std::collections::BTreeMap;

use crate::facts::access::{Declarations, names, resolve};
use crate::facts::catalog::{Catalog, ColumnFacts, SessionFacts, TableFacts, TableKind, ViewFacts};
use crate::facts::workload::build;
use crate::frontend::source::{Sources, Variables};
use crate::planner::check::tests::sample::Sample;
use crate::planner::cost::CostModel;
use crate::planner::emit::emit;
use crate::planner::frame::candidates;
use crate::planner::plan::{
    Media, PlanOptions, SettingOptions, StorageLevel, Wanted, WantedLayout, choose, propose,
};

/// Columns of the tables of the catalog, `name type`; every other table of a pipeline is missing at its start.
const TABLES: [(&str, &[&str]); 6] = [
    (
        "raw.gd",
        &["policy_id bigint", "age int", "day string", "region string"],
    ),
    (
        "raw.policies",
        &["policy_id bigint", "version int", "status string"],
    ),
    (
        "raw.staging",
        &["policy_id bigint", "age int", "day string", "region string"],
    ),
    // The same name in another database.
    (
        "m.gd",
        &["policy_id bigint", "age int", "day string", "region string"],
    ),
    ("raw.old", &["policy_id bigint", "age int"]),
    ("raw.oldest", &["policy_id bigint", "age int"]),
];

/// Those of them that are views: database and text.
const VIEWS: [(&str, &str, &str); 2] = [
    (
        "raw.old",
        "raw",
        "SELECT policy_id, age FROM gd WHERE age > 70",
    ),
    (
        "raw.oldest",
        "raw",
        "SELECT policy_id, age FROM old WHERE age > 90",
    ),
];

/// Columns that no statement reads, so that reading a line costs more than reading a frame.
const IDLE_COLUMNS: u32 = 20;

fn catalog(asked: &[String]) -> Catalog {
    let column = |name: &str, data_type: &str| ColumnFacts {
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        nullable: true,
    };
    let facts = |name: &String| {
        let known = TABLES.iter().find(|(table, _)| table == name);
        let used = known.map(|(_, columns)| columns.iter().copied());
        let used = used.into_iter().flatten().map(|one| {
            let (name, data_type) = one.split_once(' ').unwrap();
            column(name, data_type)
        });
        let view = VIEWS.iter().find(|(view, ..)| view == name);
        let idle = (0..IDLE_COLUMNS).map(|number| column(&format!("idle_{number}"), "string"));
        let idle = idle.filter(|_| view.is_none());
        let kind = if view.is_some() {
            TableKind::View
        } else if known.is_some() {
            TableKind::External
        } else {
            TableKind::Missing
        };
        let rows = known.filter(|_| view.is_none());
        let facts = TableFacts {
            kind,
            provider: known.map(|_| "csv".to_owned()),
            location: known.map(|_| format!("file:/data/{}", name.replace('.', "/"))),
            columns: used.chain(idle).filter(|_| known.is_some()).collect(),
            partition_columns: Vec::new(),
            size_bytes: rows.map(|_| 500_000_000),
            rows: rows.map(|_| 9_000_000),
            view: view.map(|(_, database, text)| ViewFacts {
                text: (*text).to_owned(),
                database: (*database).to_owned(),
                settings: BTreeMap::new(),
            }),
            ..TableFacts::default()
        };
        (name.clone(), facts)
    };
    Catalog {
        spark_version: Some("3.5.6".to_owned()),
        session: None,
        databases: BTreeMap::new(),
        tables: asked.iter().map(facts).collect(),
    }
}

/// What the real stages make of some files.
pub(super) fn derive(files: &[(&str, &str)]) -> Sample {
    derive_with(files, true)
}

pub(super) fn derive_with(files: &[(&str, &str)], frames: bool) -> Sample {
    let options = PlanOptions {
        frames,
        ..options()
    };
    derive_in(files, &options, None)
}

/// The same with frames on the media wanted, in a session of Spark's defaults.
pub(super) fn derive_on(files: &[(&str, &str)], wanted: Wanted, level: StorageLevel) -> Sample {
    derive_as(files, wanted, level, WantedLayout::Plain)
}

/// The same with the layout wanted.
pub(super) fn derive_as(
    files: &[(&str, &str)],
    wanted: Wanted,
    level: StorageLevel,
    layout: WantedLayout,
) -> Sample {
    let media = Media {
        wanted,
        level,
        scratch: true,
    };
    let options = PlanOptions {
        media,
        layout,
        ..options()
    };
    derive_in(files, &options, Some(session()))
}

fn options() -> PlanOptions {
    PlanOptions {
        budget_bytes: 1 << 34,
        margin_percent: 100,
        min_gain_micros: 0,
        frames: true,
        ..PlanOptions::default()
    }
}

/// What a session says that is as Spark makes it.
pub(super) fn session() -> SessionFacts {
    let settings = [
        ("spark.sql.charasvarchar", "false"),
        ("spark.sql.parquet.binaryasstring", "false"),
        ("spark.sql.parquet.datetimerebasemodeinwrite", "EXCEPTION"),
        ("spark.sql.parquet.int96astimestamp", "true"),
        ("spark.sql.parquet.int96rebasemodeinwrite", "EXCEPTION"),
        ("spark.sql.parquet.outputtimestamptype", "INT96"),
        ("spark.sql.readsidecharpadding", "true"),
    ];
    SessionFacts {
        database: "default".to_owned(),
        settings: settings
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        ..SessionFacts::default()
    }
}

/// The same without layouts, with settings applied to a session.
pub(super) fn derive_set(
    files: &[(&str, &str)],
    session: SessionFacts,
    version: &str,
    settings: &SettingOptions,
) -> Sample {
    derive_all(files, &options(), Some(session), version, settings)
}

fn derive_in(
    files: &[(&str, &str)],
    options: &PlanOptions,
    session: Option<SessionFacts>,
) -> Sample {
    let settings = SettingOptions::default();
    derive_all(files, options, session, "3.5.6", &settings)
}

fn derive_all(
    files: &[(&str, &str)],
    options: &PlanOptions,
    session: Option<SessionFacts>,
    version: &str,
    settings: &SettingOptions,
) -> Sample {
    let variables = Variables::from([("day".to_owned(), "2024-06-30".to_owned())]);
    let sources = Sources::from_texts(files.iter().copied(), &variables);
    let parsed = crate::frontend::parse(&sources);
    assert_eq!(parsed.diagnostics, []);
    let declarations = Declarations {
        default_database: "default".to_owned(),
        ..Declarations::default()
    };
    let first = resolve(&parsed.statements, &Catalog::default(), &declarations);
    // What views read is asked for as well.
    let views = VIEWS.iter().map(|(view, ..)| (*view).to_owned());
    let asked: Vec<String> = names(&first)
        .into_iter()
        .chain(views)
        .chain(["raw.gd".to_owned()])
        .collect();
    let catalog = Catalog {
        session,
        spark_version: Some(version.to_owned()),
        ..catalog(&asked)
    };
    let accesses = resolve(&parsed.statements, &catalog, &declarations);
    let workload = build(parsed.statements, accesses);
    let found = candidates(&workload, &sources, &catalog);
    let costs = CostModel::new(&workload, &catalog);
    let mut plan = choose(&workload, &found, &costs, options);
    plan.settings = propose(&plan, &workload, &sources, &costs, settings);
    let program = emit(&plan, &found, &workload, &sources);
    Sample {
        sources,
        workload,
        catalog,
        plan,
        program,
    }
}

/// Readers of a permanent view over a view, before and behind a change of the table below.
pub(super) const VIEW: [(&str, &str); 2] = [
    (
        "1.sql",
        "SELECT policy_id FROM raw.oldest; SELECT age FROM raw.oldest; SELECT policy_id, age FROM raw.oldest; SELECT o.age FROM raw.oldest o",
    ),
    (
        "2.sql",
        "INSERT INTO raw.gd SELECT * FROM raw.staging; SELECT policy_id FROM raw.oldest",
    ),
];

/// A covering frame with a filter, over a table that is overwritten afterwards.
pub(super) const HULL: [(&str, &str); 5] = [
    (
        "1.sql",
        "USE raw; CREATE TABLE m.a AS -- the young\nSELECT policy_id, age FROM gd WHERE age < 25 AND day = '${day}'",
    ),
    (
        "2.sql",
        "CREATE TABLE m.b AS SELECT g.policy_id FROM raw.gd g WHERE g.age BETWEEN 70 AND 90 AND g.Day = '${day}'",
    ),
    (
        "3.sql",
        "CREATE TABLE m.c AS SELECT `gd`.policy_id, count(*) AS n FROM RAW.`gd` WHERE age < 25 AND day = '${day}' GROUP BY gd.policy_id",
    ),
    (
        "4.sql",
        "CREATE TABLE m.d AS SELECT policy_id FROM gd WHERE age >= 95 AND day = '${day}'",
    ),
    (
        "5.sql",
        "INSERT OVERWRITE raw.gd SELECT * FROM staging; SELECT count(*) FROM gd",
    ),
];

/// One body in five statements, written in two ways.
pub(super) const REPEATED: [(&str, &str); 5] = [
    (
        "1.sql",
        "CREATE TABLE m.a AS WITH latest AS (\n  SELECT p.policy_id, max(p.version) AS v FROM raw.policies p JOIN raw.gd g ON g.policy_id = p.policy_id GROUP BY p.policy_id\n) SELECT policy_id, v FROM latest",
    ),
    (
        "2.sql",
        "CREATE TABLE m.b AS SELECT x.V FROM (select q.`policy_id`, MAX(q.version) V /* last */ from raw.policies AS q join raw.gd on gd.policy_id = q.policy_id group by q.policy_id) x",
    ),
    (
        "3.sql",
        "CREATE TABLE m.c AS WITH l AS (SELECT p.policy_id, max(p.version) AS v FROM raw.policies p JOIN raw.gd g ON g.policy_id = p.policy_id GROUP BY p.policy_id) SELECT v FROM l WHERE v > 1",
    ),
    (
        "4.sql",
        "CREATE TABLE m.d AS WITH l AS (SELECT p.policy_id, max(p.version) AS v FROM raw.policies p JOIN raw.gd g ON g.policy_id = p.policy_id GROUP BY p.policy_id) SELECT v FROM l WHERE v > 2",
    ),
    (
        "5.sql",
        "CREATE TABLE m.e AS WITH l AS (SELECT p.policy_id, max(p.version) AS v FROM raw.policies p JOIN raw.gd g ON g.policy_id = p.policy_id GROUP BY p.policy_id) SELECT v FROM l WHERE v > 3",
    ),
];

/// One subquery whose conditions are written in several orders.
pub(super) const REORDERED: [(&str, &str); 5] = [
    (
        "1.sql",
        "CREATE TABLE m.a AS WITH l AS (\n  SELECT p.policy_id, max(p.version) AS v FROM raw.policies p JOIN raw.gd g ON g.policy_id = p.policy_id AND g.age > 17 WHERE p.status = 'a' AND (g.day > '2' OR g.region = 'n') GROUP BY p.policy_id\n) SELECT policy_id, v FROM l",
    ),
    (
        "2.sql",
        "CREATE TABLE m.b AS WITH l AS (SELECT p.policy_id, max(p.version) AS v FROM raw.policies p JOIN raw.gd g ON (g.age > 17 AND p.policy_id = g.policy_id) WHERE (g.day > '2' OR g.region = 'n') AND p.status = 'a' GROUP BY p.policy_id) SELECT v FROM l",
    ),
    (
        "3.sql",
        "CREATE TABLE m.c AS WITH l AS (SELECT p.policy_id, max(p.version) AS v FROM raw.policies p JOIN raw.gd g ON g.age > 17 AND (g.policy_id = p.policy_id) WHERE ((p.status = 'a') AND ((g.day > '2' OR g.region = 'n'))) GROUP BY p.policy_id) SELECT v FROM l WHERE v > 1",
    ),
    (
        "4.sql",
        "CREATE TABLE m.d AS WITH l AS (SELECT p.policy_id, max(p.version) AS v FROM raw.policies p JOIN raw.gd g ON g.policy_id = p.policy_id AND g.age > 17 WHERE p.status = 'a' AND (g.day > '2' OR g.region = 'n') GROUP BY p.policy_id) SELECT v FROM l WHERE v > 2",
    ),
    (
        "5.sql",
        "CREATE TABLE m.e AS WITH l AS (SELECT p.policy_id, max(p.version) AS v FROM raw.policies p JOIN raw.gd g ON g.policy_id = p.policy_id AND g.age > 17 WHERE p.status = 'a' AND (g.day > '2' OR g.region = 'n') GROUP BY p.policy_id) SELECT v FROM l WHERE v > 3",
    ),
];

/// Aggregates over one table by the same columns: tests that all make, tests of their own, a condition on groups.
pub(super) const GROUPED: [(&str, &str); 4] = [
    (
        "1.sql",
        "CREATE TABLE m.a AS -- of the young\nSELECT policy_id, count(*) AS n, max(age) AS oldest FROM raw.gd WHERE age < 25 AND day = '${day}' GROUP BY policy_id",
    ),
    (
        "2.sql",
        "CREATE TABLE m.b AS SELECT g.policy_id, coalesce(sum(g.age) / count(*), 0) AS mean_age FROM raw.gd g WHERE g.Day = '${day}' AND (g.age BETWEEN 70 AND 90 OR g.region = 'n') GROUP BY g.policy_id HAVING Count(*) > 1 AND policy_id > 0 ORDER BY policy_id",
    ),
    (
        "3.sql",
        "CREATE TABLE m.c AS SELECT `gd`.policy_id AS id, min(region) AS region FROM RAW.`gd` WHERE day = '${day}' GROUP BY gd.policy_id",
    ),
    (
        "4.sql",
        "CREATE TABLE m.d AS WITH y AS (SELECT policy_id, count(*) AS n FROM raw.gd WHERE day = '${day}' AND age < 25 GROUP BY policy_id) SELECT p.status, y.n FROM raw.policies p JOIN y ON y.policy_id = p.policy_id",
    ),
];

/// Aggregates over one table by two columns, and by fewer of them or in several ways; tests of these columns; distinct values.
pub(super) const REGROUPED: [(&str, &str); 6] = [
    (
        "1.sql",
        "CREATE TABLE m.a AS SELECT policy_id, region, count(*) AS n, sum(age) AS total FROM raw.gd WHERE day > '2024' GROUP BY policy_id, region",
    ),
    (
        "2.sql",
        "CREATE TABLE m.b AS SELECT region, count(*) AS n, sum(age) AS total FROM raw.gd WHERE policy_id < 9 AND day > '2024' GROUP BY region HAVING count(*) > 1",
    ),
    (
        "3.sql",
        "CREATE TABLE m.c AS SELECT region, policy_id, count(*) AS n, grouping(region) AS g FROM raw.gd WHERE day > '2024' GROUP BY ROLLUP (region, policy_id)",
    ),
    (
        "4.sql",
        "CREATE TABLE m.d AS SELECT policy_id, region, max(day) AS last FROM raw.gd WHERE policy_id = 3 OR region = 'n' GROUP BY region, policy_id",
    ),
    (
        "5.sql",
        "CREATE TABLE m.e AS SELECT min(age) AS least, count_if(age > 30) AS n FROM raw.gd",
    ),
    (
        "6.sql",
        "CREATE TABLE m.f AS SELECT policy_id, region, count(DISTINCT age) AS ages FROM raw.gd GROUP BY policy_id, region",
    ),
];

/// Two versions of one table, several readers each.
pub(super) const OVERWRITTEN: [(&str, &str); 9] = [
    (
        "1.sql",
        "CREATE TABLE m.a AS SELECT policy_id, age FROM raw.gd",
    ),
    (
        "2.sql",
        "CREATE TABLE m.b AS SELECT policy_id, region FROM raw.gd",
    ),
    (
        "3.sql",
        "CREATE TABLE m.c AS SELECT g.region FROM raw.gd g WHERE g.age > 1",
    ),
    (
        "4.sql",
        "CREATE TABLE m.d AS SELECT g.age FROM raw.gd g WHERE g.age > 2",
    ),
    (
        "5.sql",
        "INSERT OVERWRITE raw.gd SELECT * FROM raw.staging WHERE day = '${day}'",
    ),
    (
        "6.sql",
        "CREATE TABLE m.e AS SELECT policy_id, age FROM raw.gd",
    ),
    (
        "7.sql",
        "CREATE TABLE m.f AS SELECT policy_id, region FROM raw.gd",
    ),
    (
        "8.sql",
        "CREATE TABLE m.g AS SELECT g.region FROM raw.gd g WHERE g.age > 1",
    ),
    (
        "9.sql",
        "CREATE TABLE m.h AS SELECT g.age FROM raw.gd g WHERE g.age > 2",
    ),
];

/// A temporary view, redefined; `USE`, so that one name means two tables; Python with and without a header.
pub(super) const SESSION: [(&str, &str); 9] = [
    (
        "1.sql",
        "USE raw; CREATE TEMPORARY VIEW young AS SELECT policy_id, age, region FROM gd WHERE age < 25",
    ),
    (
        "2.sql",
        "CREATE TABLE m.a AS SELECT policy_id FROM young; CREATE TABLE m.b AS SELECT y.age FROM young AS y; CREATE TABLE m.c AS SELECT region, count(*) AS n FROM young GROUP BY region; CREATE TABLE m.d AS SELECT age FROM `young` WHERE region = 'n'",
    ),
    (
        "3.sql",
        "CREATE TABLE m.e AS SELECT status FROM policies; CREATE TABLE m.f AS SELECT version FROM policies p; CREATE TABLE m.g AS SELECT policy_id FROM raw.policies; CREATE TABLE m.h AS SELECT p.status, p.version FROM raw.policies AS p",
    ),
    (
        "4.py",
        "# hoist: reads raw.staging; writes m.scored\nspark.table('raw.staging').write.saveAsTable('m.scored')\n",
    ),
    (
        "5.sql",
        "CREATE OR REPLACE TEMPORARY VIEW young AS SELECT policy_id, age, region FROM gd WHERE age < 30; SELECT policy_id FROM young",
    ),
    (
        "6.sql",
        "USE m; SELECT age FROM gd; SELECT day FROM gd; SELECT region FROM gd; SELECT policy_id FROM gd g",
    ),
    ("7.py", "spark.sql(open('unknown.sql').read())\n"),
    ("8.sql", "SELECT age FROM m.gd; SELECT day FROM m.gd"),
    (
        "9.sql",
        "SELECT region FROM m.gd; SELECT policy_id FROM m.gd g",
    ),
];

/// A body that several statements repeat, over a table that others read on its own.
pub(super) const BOTH: [(&str, &str); 6] = [
    (
        "1.sql",
        "CREATE TABLE m.a AS WITH l AS (SELECT DISTINCT p.policy_id, max(p.version) OVER (PARTITION BY p.policy_id) AS v FROM raw.policies p) SELECT l.v, g.age FROM l JOIN raw.gd g ON g.policy_id = l.policy_id",
    ),
    (
        "2.sql",
        "CREATE TABLE m.b AS WITH l AS (SELECT DISTINCT p.policy_id, max(p.version) OVER (PARTITION BY p.policy_id) AS v FROM raw.policies p) SELECT l.v, g.region FROM l JOIN raw.gd g ON g.policy_id = l.policy_id WHERE g.age < 25",
    ),
    (
        "3.sql",
        "CREATE TABLE m.c AS SELECT x.v FROM (SELECT DISTINCT q.policy_id, max(q.version) OVER (PARTITION BY q.policy_id) AS v FROM raw.policies AS q) x LEFT JOIN raw.gd ON gd.policy_id = x.policy_id",
    ),
    (
        "4.sql",
        "CREATE TABLE m.d AS SELECT x.v FROM (SELECT DISTINCT q.policy_id, max(q.version) OVER (PARTITION BY q.policy_id) AS v FROM raw.policies AS q) x WHERE x.v > 3",
    ),
    (
        "5.sql",
        "CREATE TABLE m.e AS SELECT policies.status, gd.age FROM raw.policies JOIN raw.gd ON policies.policy_id = gd.policy_id",
    ),
    (
        "6.sql",
        "CREATE TABLE m.f AS SELECT count(DISTINCT age) AS n FROM raw.gd",
    ),
];

/// Variables that SET statements give: a table and a bound, other ones in the second half.
pub(super) const SET_TWICE: [(&str, &str); 2] = [
    (
        "1.sql",
        "SET source = raw.gd; SET low = 20; CREATE TABLE m.a AS SELECT policy_id FROM ${source} WHERE age < ${low}; CREATE TABLE m.b AS SELECT g.age FROM ${source} AS g WHERE age < ${hivevar:low}; CREATE TABLE m.c AS SELECT day FROM ${source} WHERE age < ${low}; CREATE TABLE m.d AS SELECT policy_id, day FROM ${source} g WHERE g.age < ${low}",
    ),
    (
        "2.sql",
        "SET source = m.gd; SET low = 'x'; CREATE TABLE m.e AS SELECT policy_id FROM ${source} WHERE day < ${low}; CREATE TABLE m.f AS SELECT g.age FROM ${source} AS g WHERE day < ${low}; CREATE TABLE m.g AS SELECT day FROM ${source} WHERE day < ${low}; CREATE TABLE m.h AS SELECT policy_id, day FROM ${source} g WHERE g.day < ${low}",
    ),
];

/// One grouped join of which several statements select other columns under other names.
pub(super) const WIDENED: [(&str, &str); 5] = [
    (
        "1.sql",
        "CREATE TABLE m.a AS WITH l AS (\n  SELECT p.policy_id, max(p.version) AS v -- last\n  FROM raw.policies p JOIN raw.gd g ON g.policy_id = p.policy_id GROUP BY p.policy_id HAVING count(*) > 1\n) SELECT policy_id, v FROM l",
    ),
    (
        "2.sql",
        "CREATE TABLE m.b AS SELECT x.n FROM (select q.policy_id K, count(*) as n, MAX(q.version) V from raw.policies q join raw.gd on q.policy_id = gd.policy_id group by q.policy_id having count(*) > 1) x",
    ),
    (
        "3.sql",
        "CREATE TABLE m.c AS WITH l AS (SELECT a.policy_id, min(b.age) AS v FROM raw.policies a JOIN raw.gd b ON b.policy_id = a.policy_id GROUP BY a.policy_id HAVING count(*) > 1) SELECT v FROM l WHERE v > 1",
    ),
    (
        "4.sql",
        "CREATE TABLE m.d AS WITH l AS (SELECT p.policy_id, max(p.version) AS v FROM raw.policies p JOIN raw.gd g ON g.policy_id = p.policy_id GROUP BY p.policy_id HAVING count(*) > 1) SELECT v FROM l WHERE v > 2",
    ),
    (
        "5.sql",
        "CREATE TABLE m.e AS WITH l AS (SELECT max(p.version) AS v, p.policy_id AS v2 FROM raw.policies p JOIN raw.gd g ON g.policy_id = p.policy_id GROUP BY p.policy_id HAVING count(*) > 1) SELECT v FROM l WHERE v > 3",
    ),
];

/// One join that several statements filter more or less.
pub(super) const NARROWED: [(&str, &str); 5] = [
    (
        "1.sql",
        "USE raw; CREATE TABLE m.a AS WITH l AS (SELECT p.policy_id, g.age FROM policies p JOIN gd g ON g.policy_id = p.policy_id WHERE g.day = '${day}') SELECT policy_id, age FROM l",
    ),
    (
        "2.sql",
        "CREATE TABLE m.b AS SELECT x.status FROM (select q.status, gd.region as age from raw.policies q join raw.gd on q.policy_id = gd.policy_id where (q.status = 'a' or gd.age > 3) and gd.day = '${day}') x",
    ),
    (
        "3.sql",
        "CREATE TABLE m.c AS SELECT x.years FROM (select g.age AS years from raw.policies q join raw.gd g on q.policy_id = g.policy_id where g.day = '${day}' AND g.region = 'n' AND q.version = g.age) x",
    ),
    (
        "4.sql",
        "CREATE TABLE m.d AS SELECT x.policy_id FROM (SELECT p.policy_id, g.age FROM policies p JOIN gd g ON g.policy_id = p.policy_id WHERE g.day = '${day}') x",
    ),
    (
        "5.sql",
        "CREATE TABLE m.e AS SELECT x.age FROM (SELECT p.policy_id, g.age FROM policies p JOIN gd g ON g.policy_id = p.policy_id WHERE g.day = '${day}' AND g.age > 5) x",
    ),
];
