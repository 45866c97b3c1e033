//! Plans and programs of the real stages hold every promise; faults seeded into them are caught.

use super::sample::Sample;
use crate::facts::access::{Declarations, names, resolve};
use crate::facts::catalog::{Catalog, ColumnFacts, TableFacts, TableKind};
use crate::facts::workload::build;
use crate::frontend::source::{Sources, Variables};
use crate::planner::check::Promise;
use crate::planner::cost::CostModel;
use crate::planner::emit::emit;
use crate::planner::frame::{FrameKind, candidates};
use crate::planner::plan::{PlanOptions, choose};

/// Columns of the tables of the catalog, `name type`; every other table of a pipeline is missing at its start.
const TABLES: [(&str, &[&str]); 4] = [
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
        let idle = (0..IDLE_COLUMNS).map(|number| column(&format!("idle_{number}"), "string"));
        let kind = if known.is_some() {
            TableKind::External
        } else {
            TableKind::Missing
        };
        let facts = TableFacts {
            kind,
            provider: known.map(|_| "csv".to_owned()),
            location: known.map(|_| format!("file:/data/{}", name.replace('.', "/"))),
            columns: used.chain(idle).filter(|_| known.is_some()).collect(),
            partition_columns: Vec::new(),
            size_bytes: known.map(|_| 500_000_000),
            rows: known.map(|_| 9_000_000),
        };
        (name.clone(), facts)
    };
    Catalog {
        spark_version: None,
        tables: asked.iter().map(facts).collect(),
    }
}

/// What the real stages make of some files.
fn derive(files: &[(&str, &str)]) -> Sample {
    derive_with(files, true)
}

fn derive_with(files: &[(&str, &str)], frames: bool) -> Sample {
    let variables = Variables::from([("day".to_owned(), "2024-06-30".to_owned())]);
    let sources = Sources::from_texts(files.iter().copied(), &variables);
    let parsed = crate::frontend::parse(&sources);
    assert_eq!(parsed.diagnostics, []);
    let declarations = Declarations {
        default_database: "default".to_owned(),
        ..Declarations::default()
    };
    let first = resolve(&parsed.statements, &Catalog::default(), &declarations);
    let catalog = catalog(&names(&first));
    let accesses = resolve(&parsed.statements, &catalog, &declarations);
    let workload = build(parsed.statements, accesses);
    let found = candidates(&workload, &sources, &catalog);
    let costs = CostModel::new(&workload, &catalog);
    let options = PlanOptions {
        budget_bytes: 1 << 34,
        margin_percent: 100,
        min_gain_micros: 0,
        frames,
    };
    let plan = choose(&workload, &found, &costs, &options);
    let program = emit(&plan, &found, &workload, &sources);
    Sample {
        sources,
        workload,
        catalog,
        plan,
        program,
    }
}

/// Kinds and numbers of readers of the frames, by name.
fn frames(sample: &Sample) -> Vec<(&str, FrameKind, usize)> {
    let frames = sample.plan.frames.iter();
    frames
        .map(|frame| (frame.name.as_str(), frame.kind, frame.readers.len()))
        .collect()
}

fn violations(sample: &Sample) -> Vec<String> {
    sample.check().iter().map(ToString::to_string).collect()
}

/// A covering frame with a filter, over a table that is overwritten afterwards.
const HULL: [(&str, &str); 5] = [
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
const REPEATED: [(&str, &str); 5] = [
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

/// Two versions of one table, several readers each.
const OVERWRITTEN: [(&str, &str); 9] = [
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
const SESSION: [(&str, &str); 9] = [
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
const BOTH: [(&str, &str); 6] = [
    (
        "1.sql",
        "CREATE TABLE m.a AS WITH l AS (SELECT p.policy_id, max(p.version) AS v FROM raw.policies p GROUP BY p.policy_id) SELECT l.v, g.age FROM l JOIN raw.gd g ON g.policy_id = l.policy_id",
    ),
    (
        "2.sql",
        "CREATE TABLE m.b AS WITH l AS (SELECT p.policy_id, max(p.version) AS v FROM raw.policies p GROUP BY p.policy_id) SELECT l.v, g.region FROM l JOIN raw.gd g ON g.policy_id = l.policy_id WHERE g.age < 25",
    ),
    (
        "3.sql",
        "CREATE TABLE m.c AS SELECT x.v FROM (SELECT q.policy_id, max(q.version) AS v FROM raw.policies AS q GROUP BY q.policy_id) x LEFT JOIN raw.gd ON gd.policy_id = x.policy_id",
    ),
    (
        "4.sql",
        "CREATE TABLE m.d AS SELECT x.v FROM (SELECT q.policy_id, max(q.version) AS v FROM raw.policies AS q GROUP BY q.policy_id) x WHERE x.v > 3",
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

#[test]
fn derived_plans_hold_every_promise() {
    use FrameKind::{CoveringRead, RepeatedSubquery};
    type Expected<'a> = &'a [(&'a str, FrameKind, usize)];
    let pipelines: [(&[_], Expected<'_>); 5] = [
        (&HULL, &[("gd_1", CoveringRead, 4)]),
        (&REPEATED, &[("latest_1", RepeatedSubquery, 5)]),
        (
            &OVERWRITTEN,
            &[("gd_1", CoveringRead, 4), ("gd_2", CoveringRead, 4)],
        ),
        (
            &SESSION,
            &[
                ("young_1", CoveringRead, 4),
                ("policies_1", CoveringRead, 4),
                // Before and behind the Python file that is a barrier.
                ("gd_1", CoveringRead, 4),
                ("gd_2", CoveringRead, 4),
            ],
        ),
        (
            &BOTH,
            &[("gd_1", CoveringRead, 5), ("l_1", RepeatedSubquery, 4)],
        ),
    ];
    for (files, expected) in pipelines {
        let sample = derive(files);
        assert_eq!(violations(&sample), [""; 0]);
        assert_eq!(frames(&sample), expected);
        let plain = derive_with(files, false);
        assert_eq!(violations(&plain), [""; 0]);
        assert_eq!(frames(&plain), []);
    }
}

/// The violations of a derived plan with one fault each; each must break the promise named.
fn faults(files: &[(&str, &str)], promise: Promise, mutations: &[&dyn Fn(&mut Sample)]) -> String {
    let shown = mutations.iter().enumerate().map(|(number, mutate)| {
        let mut sample = derive(files);
        mutate(&mut sample);
        let violations = sample.check();
        assert!(
            violations
                .iter()
                .any(|violation| violation.promise == promise),
            "fault {number} is not seen as {promise}: {violations:?}"
        );
        let lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
        lines.join("\n")
    });
    shown.collect::<Vec<_>>().join("\n\n")
}

/// Steps of [`HULL`]: `USE`, build, four readers, release, the overwriting, a reader of what it leaves.
#[test]
fn faults_of_a_derived_covering_frame_are_caught() {
    insta::assert_snapshot!(faults(
        &HULL,
        Promise::Covering,
        &[
            // Columns: one is missing, renamed, computed.
            &|sample| sample.text(1, "`age`, `day`", "`day`"),
            &|sample| sample.text(1, "`age`, `day`", "`region` AS `age`, `day`"),
            &|sample| sample.text(1, "`age`, `day`", "`age` + 1 AS `age`, `day`"),
            // Rows: narrower, without one reader's, `AND` for `OR`, one test more, another value, fewer rows.
            &|sample| sample.text(1, "`age` < 25", "`age` < 24"),
            &|sample| sample.text(1, " OR `age` >= 95", ""),
            &|sample| sample.text(1, "90 OR", "90 AND"),
            &|sample| sample.text(1, "WHERE", "WHERE `region` = 'n' AND"),
            &|sample| sample.text(1, "'${day}'", "'2024-06-30'"),
            &|sample| sample.text(1, "AND (", "AND NOT ("),
            &|sample| sample.text(1, "SELECT", "SELECT DISTINCT"),
            &|sample| sample.program.steps[1].texts[0].text.push_str(" LIMIT 9"),
            // A table of the same schema.
            &|sample| sample.text(1, "`gd`", "`staging`"),
        ],
    ));
    insta::assert_snapshot!(faults(
        &HULL,
        Promise::Residency,
        &[
            // Kept across the write, released too early or never, built too late or not at all.
            &|sample| sample.shift(6, 7),
            &|sample| sample.shift(6, 4),
            &|sample| sample.remove(6),
            &|sample| sample.shift(1, 2),
            &|sample| sample.remove(1),
            // The reader of the new version reads the frame, which is kept for it.
            &|sample| {
                let mut reader = sample.plan.frames[0].readers[3].clone();
                reader.statement = sample.workload.accesses[6].statement;
                reader.reads = vec![sample.workload.accesses[6].reads[0].id];
                sample.plan.frames[0].readers.push(reader);
                sample.shift(6, 8);
                sample.text(7, "FROM gd", "FROM {ns}_gd_1 AS gd");
                sample.program.steps[7].texts[0].namespaced = true;
            },
        ],
    ));
    insta::assert_snapshot!(faults(
        &HULL,
        Promise::Text,
        &[
            // A reader: alias lost, predicate altered, comment lost, prefix not filled in.
            &|sample| sample.text(2, " AS gd", ""),
            &|sample| sample.text(4, " AS `gd`", " AS g"),
            &|sample| sample.text(2, "age < 25", "age < 26"),
            &|sample| sample.text(2, "-- the young\n", ""),
            &|sample| sample.program.steps[2].texts[0].namespaced = false,
            &|sample| sample.text(5, "{ns}_gd_1 AS gd", "gd"),
            // Other statements: altered, searched for the prefix, reading the frame all the same.
            &|sample| sample.text(7, "staging", "Staging"),
            &|sample| sample.program.steps[7].texts[0].namespaced = true,
            &|sample| sample.text(8, "gd", "{ns}_gd_1"),
            // Building, releasing, dropping.
            &|sample| sample.text(1, "TEMPORARY ", ""),
            &|sample| sample.program.steps[1].texts.truncate(1),
            &|sample| sample.text(6, "gd_1", "gd_2"),
            &|sample| sample.program.finish.clear(),
            &|sample| sample.plan.frames[0].name = "gd".to_owned(),
        ],
    ));
    insta::assert_snapshot!(faults(
        &HULL,
        Promise::Order,
        &[
            // A reader behind the write, the last reader before it, a statement left out or run twice.
            &|sample| sample.shift(5, 7),
            &|sample| sample.shift(8, 7),
            &|sample| sample.remove(7),
            &|sample| {
                let (step, text) = (sample.plan.steps[7], sample.program.steps[7].clone());
                sample.plan.steps.push(step);
                sample.program.steps.push(text);
            },
        ],
    ));
    insta::assert_snapshot!(faults(
        &HULL,
        Promise::Totals,
        &[
            &|sample| sample.plan.summary.peak_bytes -= 1,
            &|sample| sample.plan.summary.budget_bytes = sample.plan.summary.peak_bytes - 1,
            &|sample| sample.plan.summary.scans_after += 1,
        ],
    ));
}

/// Steps of [`REPEATED`]: build, five readers, release.
#[test]
fn faults_of_a_derived_repeated_subquery_are_caught() {
    insta::assert_snapshot!(faults(
        &REPEATED,
        Promise::Repetition,
        &[
            &|sample| sample.text(0, "max(", "min("),
            &|sample| sample.text(0, "JOIN", "LEFT JOIN"),
            &|sample| sample.text(0, "g.policy_id = p.policy_id", "g.policy_id = g.policy_id"),
            &|sample| sample.text(0, " GROUP BY", " WHERE p.version > 0 GROUP BY"),
            &|sample| sample.text(0, "raw.gd", "raw.policies"),
        ],
    ));
    insta::assert_snapshot!(faults(
        &REPEATED,
        Promise::Text,
        &[
            // Another order, fewer columns, another spelling, all columns.
            &|sample| sample.text(1, "`policy_id`, `v`", "`v`, `policy_id`"),
            &|sample| sample.text(1, "`policy_id`, `v`", "`v`"),
            &|sample| sample.text(2, "`V`", "`v`"),
            &|sample| sample.text(2, "`policy_id`, `V`", "*"),
            &|sample| sample.text(3, "FROM {ns}_latest_1", "FROM {ns}_latest_1 LIMIT 5"),
        ],
    ));
    insta::assert_snapshot!(faults(
        &REPEATED,
        Promise::Residency,
        &[
            // What a one-part name means is not what the readers mean; the inputs are not all declared.
            &|sample| sample.text(0, "raw.gd", "gd"),
            &|sample| sample.plan.frames[0].inputs.truncate(1),
        ],
    ));
}

/// Steps of [`OVERWRITTEN`]: build, four readers, release, the overwriting, build, four readers, release.
#[test]
fn faults_between_two_versions_are_caught() {
    insta::assert_snapshot!(faults(
        &OVERWRITTEN,
        Promise::Residency,
        &[
            // Built before the write; of the other version; one frame for both; built twice.
            &|sample| sample.shift(7, 6),
            &|sample| sample.plan.frames[1].inputs = sample.plan.frames[0].inputs.clone(),
            &|sample| {
                let readers = sample.plan.frames.pop().unwrap().readers;
                sample.plan.frames[0].readers.extend(readers);
                sample.remove(12);
                sample.remove(7);
                sample.shift(5, 10);
                for step in 6..10 {
                    sample.text(step, "gd_2", "gd_1");
                }
                sample.program.finish.remove(0);
            },
            &|sample| {
                let (step, text) = (sample.plan.steps[0], sample.program.steps[0].clone());
                sample.plan.steps.insert(7, step);
                sample.program.steps.insert(7, text);
            },
        ],
    ));
    insta::assert_snapshot!(faults(
        &OVERWRITTEN,
        Promise::Order,
        &[
            // Readers across the write, in both directions.
            &|sample| sample.shift(8, 6),
            &|sample| sample.shift(4, 6),
        ],
    ));
    insta::assert_snapshot!(faults(
        &OVERWRITTEN,
        Promise::Text,
        &[
            // The wrong frame is read, or two have one name, or they are dropped parents first.
            &|sample| sample.text(9, "gd_2", "gd_1"),
            &|sample| sample.plan.frames[1].name = sample.plan.frames[0].name.clone(),
            &|sample| sample.program.finish.reverse(),
        ],
    ));
    insta::assert_snapshot!(faults(
        &OVERWRITTEN,
        Promise::Totals,
        &[
            // Both frames live at one time.
            &|sample| sample.shift(5, 12),
        ],
    ));
}

#[test]
fn faults_around_views_and_barriers_are_caught() {
    let position = |sample: &Sample, text: &str| {
        let steps = sample.program.steps.iter();
        let mut positions = steps
            .enumerate()
            .filter(|(_, step)| step.texts[0].text.contains(text))
            .map(|(index, _)| index);
        let found = positions.next().unwrap();
        assert_eq!(positions.next(), None, "{text}");
        found
    };
    insta::assert_snapshot!(faults(
        &SESSION,
        Promise::Residency,
        &[
            // Built before its view; kept until the view is another; kept or built across the barrier.
            &|sample| {
                let build = position(sample, "TEMPORARY VIEW {ns}_young_1");
                sample.shift(build, 1);
            },
            &|sample| {
                let release = position(sample, "UNCACHE TABLE IF EXISTS {ns}_young_1");
                let then = position(sample, "age < 30");
                sample.shift(release, then);
            },
            &|sample| {
                let release = position(sample, "UNCACHE TABLE IF EXISTS {ns}_gd_1");
                let then = position(sample, "unknown.sql");
                sample.shift(release, then);
            },
            &|sample| {
                let build = position(sample, "TEMPORARY VIEW {ns}_gd_2");
                let then = position(sample, "unknown.sql");
                sample.shift(build, then);
            },
        ],
    ));
    insta::assert_snapshot!(faults(
        &SESSION,
        Promise::Order,
        &[
            // Across the barrier; another Python file first; a name under another database.
            &|sample| {
                let moved = position(sample, "SELECT region FROM {ns}_gd_2");
                let then = position(sample, "unknown.sql");
                sample.shift(moved, then);
            },
            &|sample| {
                let moved = position(sample, "unknown.sql");
                let then = position(sample, "spark.table");
                sample.shift(moved, then);
            },
            &|sample| {
                let moved = position(sample, "USE m");
                let then = position(sample, "SELECT day FROM {ns}_gd_1");
                sample.shift(moved, then);
            },
        ],
    ));
    insta::assert_snapshot!(faults(
        &SESSION,
        Promise::Text,
        &[&|sample| {
            let python = position(sample, "spark.table");
            sample.text(python, "raw.staging", "{ns}_gd_1");
        }],
    ));
}
