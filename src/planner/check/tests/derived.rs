//! Plans and programs of the real stages hold every promise; faults seeded into them are caught.

mod aggregates;
mod feeds;
mod layout;
mod media;
mod pipelines;
mod saved;
mod settings;

use self::pipelines::{
    BOTH, GROUPED, HULL, NARROWED, OVERWRITTEN, REGROUPED, REORDERED, REPEATED, SESSION, SET_TWICE,
    VIEW, WIDENED, derive, derive_with,
};
use super::sample::Sample;
use crate::facts::access::{Origin, Sensitivity, SensitivityKind};
use crate::planner::check::Promise;
use crate::planner::frame::FrameKind;

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

#[test]
fn derived_plans_hold_every_promise() {
    use FrameKind::{CoveringAggregate, CoveringRead, Intermediate, RepeatedSubquery};
    type Expected<'a> = &'a [(&'a str, FrameKind, usize)];
    let pipelines: [(&[_], Expected<'_>); 11] = [
        (&HULL, &[("gd_1", CoveringRead, 4)]),
        (&GROUPED, &[("gd_groups_1", CoveringAggregate, 4)]),
        (&REGROUPED, &[("gd_groups_1", CoveringAggregate, 6)]),
        (&REPEATED, &[("latest_1", RepeatedSubquery, 5)]),
        (&REORDERED, &[("l_1", RepeatedSubquery, 5)]),
        (&WIDENED, &[("l_1", RepeatedSubquery, 5)]),
        (&NARROWED, &[("l_1", RepeatedSubquery, 5)]),
        (
            &OVERWRITTEN,
            &[("gd_1", CoveringRead, 4), ("gd_2", Intermediate, 4)],
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
        (&VIEW, &[("oldest_1", CoveringRead, 4)]),
        (
            &BOTH,
            &[
                ("policies_1", CoveringRead, 1),
                ("gd_1", CoveringRead, 5),
                ("l_1", RepeatedSubquery, 4),
            ],
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

/// A value counts where it is set, in the plan and where the emitted text is read again.
#[test]
fn values_of_set_statements_count_where_they_are_set() {
    let sample = derive(&SET_TWICE);
    assert_eq!(violations(&sample), [""; 0]);
    let texts = sample.program.steps.iter().flat_map(|step| &step.texts);
    let views: Vec<&str> = texts
        .map(|text| text.text.as_str())
        .filter(|text| text.starts_with("CREATE OR REPLACE"))
        .collect();
    assert_eq!(
        views,
        [
            "CREATE OR REPLACE TEMPORARY VIEW {ns}_gd_1 AS SELECT * FROM (SELECT `policy_id`, `age`, `day` FROM `raw`.`gd` \
             WHERE `age` < ${low} OR `age` < ${hivevar:low}) WHERE '{ns}' IS NOT NULL",
            "CREATE OR REPLACE TEMPORARY VIEW {ns}_gd_2 AS SELECT * FROM (SELECT `policy_id`, `age`, `day` FROM `m`.`gd` \
             WHERE `day` < ${low}) WHERE '{ns}' IS NOT NULL",
        ]
    );
}

/// The violations of a derived plan with one fault each; each must break the promise named.
fn faults(files: &[(&str, &str)], promise: Promise, mutations: &[&dyn Fn(&mut Sample)]) -> String {
    faults_of(&derive(files), promise, mutations)
}

fn faults_of(sample: &Sample, promise: Promise, mutations: &[&dyn Fn(&mut Sample)]) -> String {
    let shown = mutations.iter().enumerate().map(|(number, mutate)| {
        let mut sample = sample.clone();
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

#[test]
fn a_frame_in_a_session_that_tells_names_apart_by_case_is_caught() {
    let sensitive = |sample: &mut Sample| {
        let session = sample.catalog.session.get_or_insert_default();
        let setting = ("spark.sql.casesensitive".to_owned(), "true".to_owned());
        session.settings.extend([setting]);
    };
    faults(&HULL, Promise::Residency, &[&sensitive]);
    let mut sample = derive_with(&HULL, false);
    sensitive(&mut sample);
    assert_eq!(violations(&sample), [""; 0]);
}

/// Steps of [`VIEW`]: build, four readers, release, the insert into what the view reads, a reader of what it leaves.
#[test]
fn faults_of_a_frame_over_a_permanent_view_are_caught() {
    let text = |sample: &mut Sample, view: &str, text: &str| {
        let facts = sample.catalog.tables.get_mut(view).unwrap();
        facts.view.as_mut().unwrap().text = text.to_owned();
    };
    insta::assert_snapshot!(faults(
        &VIEW,
        Promise::Residency,
        &[
            // Kept across a change of what the view reads; what it reads forgotten; a text that reads more.
            &|sample| sample.shift(5, 6),
            &|sample| {
                sample.plan.frames[0].inputs.pop();
            },
            &|sample| text(
                sample,
                "raw.old",
                "SELECT policy_id, age FROM gd JOIN raw.policies USING (policy_id)"
            ),
            &|sample| text(sample, "raw.oldest", "SELECT policy_id, age FROM staging"),
        ],
    ));
    insta::assert_snapshot!(faults(
        &VIEW,
        Promise::Sensitivity,
        &[
            // A text that is not there, or not understood, at any depth; one that is not seen.
            &|sample| sample.catalog.tables.get_mut("raw.old").unwrap().view = None,
            &|sample| sample.catalog.tables.get_mut("raw.oldest").unwrap().view = None,
            &|sample| text(sample, "raw.old", "SELECT oops("),
            &|sample| sample.workload.accesses[0].reads[0].unseen = true,
            &|sample| sample.workload.accesses[1].reads[1].unseen = true,
            // What its text brings along.
            &|sample| {
                let access = &mut sample.workload.accesses[2];
                let Origin::Named { name, .. } = access.reads[0].origin else {
                    panic!()
                };
                access.sensitivities.push(Sensitivity {
                    kind: SensitivityKind::NonDeterministic,
                    span: name,
                    what: "rand".to_owned(),
                });
            },
        ],
    ));
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
            &|sample| sample.text(1, "SELECT `", "SELECT DISTINCT `"),
            &|sample| sample.text(1, ") WHERE '{ns}'", " LIMIT 9) WHERE '{ns}'"),
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

/// Steps of [`REORDERED`]: build, five readers, release.
#[test]
fn a_condition_that_says_something_else_is_caught() {
    let sample = derive(&REORDERED);
    for (from, to) in [
        (
            "p.status = 'a' AND (g.day > '2' OR g.region = 'n')",
            "p.status = 'a' AND g.day > '2' OR g.region = 'n'",
        ),
        (
            "(g.day > '2' OR g.region = 'n')",
            "(g.region = 'n' OR g.day > '2')",
        ),
        ("(g.day > '2' OR g.region = 'n')", "g.day > '2'"),
        ("p.status = 'a' AND ", ""),
        ("p.status = 'a' AND ", "NOT p.status = 'a' AND "),
        ("p.status = 'a' AND ", "p.status = 'a' OR "),
        (" AND g.age > 17 WHERE ", " WHERE g.age > 17 AND "),
        ("g.age > 17", "17 > g.age"),
        ("g.policy_id = p.policy_id", "g.policy_id = g.policy_id"),
    ] {
        let mut broken = sample.clone();
        broken.text(0, from, to);
        let found = broken.check();
        assert!(
            found.iter().any(|one| one.promise == Promise::Repetition),
            "{to}: {found:?}"
        );
    }
    // What only groups and orders is the same.
    for (from, to) in [
        (
            "p.status = 'a' AND (g.day > '2' OR g.region = 'n')",
            "((g.day > '2' OR g.region = 'n') AND (p.status = 'a'))",
        ),
        (
            "g.policy_id = p.policy_id AND g.age > 17",
            "(g.age > 17 AND p.policy_id = g.policy_id)",
        ),
    ] {
        let mut other = sample.clone();
        other.text(0, from, to);
        assert_eq!(violations(&other), [""; 0], "{to}");
    }
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

/// The texts that a sample adds or changes.
fn changed(sample: &Sample) -> String {
    let texts = sample.program.steps.iter().flat_map(|step| &step.texts);
    let changed = texts.filter(|text| text.namespaced);
    changed
        .map(|text| text.text.as_str())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn readers_take_their_own_columns_and_rows_of_a_wider_frame() {
    insta::assert_snapshot!(changed(&derive(&WIDENED)));
    insta::assert_snapshot!(changed(&derive(&NARROWED)));
}

/// Steps of [`WIDENED`]: build, five readers, release.
#[test]
fn faults_of_a_wider_select_list_are_caught() {
    insta::assert_snapshot!(faults(
        &WIDENED,
        Promise::Repetition,
        &[
            // Another value, another group, other rows, another relation.
            &|sample| sample.text(0, "min(`g`.age)", "min(`g`.policy_id)"),
            &|sample| sample.text(0, "count(*) AS `n`", "count(1) AS `n`"),
            &|sample| sample.text(0, " GROUP BY p.policy_id", " GROUP BY g.policy_id"),
            &|sample| sample.text(0, "count(*) > 1", "count(*) > 2"),
            &|sample| sample.text(0, "SELECT p.policy_id", "SELECT DISTINCT p.policy_id"),
            &|sample| sample.text(0, "min(`g`.age)", "min(`p`.age)"),
            // A column that no subquery selects.
            &|sample| sample.text(
                0,
                ", count(*) AS `n`",
                ", count(*) AS `n`, max(p.status) AS x"
            ),
            // A name twice.
            &|sample| sample.text(0, "AS `n`", "AS `v`"),
            // Something in a subquery that may not be shared.
            &|sample| sample.workload.accesses[2].subqueries[1].closed = false,
            &|sample| sample.workload.accesses[2].reads[1].columns = None,
        ],
    ));
    insta::assert_snapshot!(faults(
        &WIDENED,
        Promise::Text,
        &[
            // Another column, another name, places changed.
            &|sample| sample.text(3, "`v_2` AS `v`", "`v`"),
            &|sample| sample.text(2, "`policy_id` AS `K`", "`policy_id`"),
            &|sample| sample.text(2, "`V`", "`v`"),
            &|sample| sample.text(2, "`n`, `V`", "`V`, `n`"),
            &|sample| sample.text(5, "`v`, ", ""),
        ],
    ));
}

/// Steps of [`NARROWED`]: `USE`, build, five readers, release.
#[test]
fn faults_of_tests_behind_a_frame_are_caught() {
    insta::assert_snapshot!(faults(
        &NARROWED,
        Promise::Repetition,
        &[
            &|sample| sample.text(1, "g.day = '${day}'", "g.day = '${day}' AND g.age > 5"),
            &|sample| sample.text(1, "g.day = '${day}'", "g.day > '${day}'"),
            &|sample| sample.text(1, "`g`.region", "`p`.region"),
        ],
    ));
    insta::assert_snapshot!(faults(
        &NARROWED,
        Promise::Text,
        &[
            // A test lost, weaker, of another column, without its brackets, twice.
            &|sample| sample.text(6, " WHERE `age` > 5", ""),
            &|sample| sample.text(6, "`age` > 5", "`age` > 4"),
            &|sample| sample.text(6, "`age` > 5", "`policy_id` > 5"),
            &|sample| sample.text(3, "WHERE (", "WHERE "),
            &|sample| sample.text(4, " AND ", " OR "),
            &|sample| sample.text(1, "WHERE g.day = '${day}'", ""),
        ],
    ));
}

/// Tables joined by `<=>` are no join core, which would serve all three of them.
#[test]
fn names_given_to_columns_outside_of_a_subquery_stay_outside() {
    let files = [
        (
            "1.sql",
            "SELECT a FROM (SELECT p.policy_id AS x, max(p.version) AS y FROM raw.policies p JOIN raw.gd g ON g.policy_id <=> p.policy_id GROUP BY p.policy_id) AS l (a, b)",
        ),
        (
            "2.sql",
            "WITH l (a, b) AS (SELECT p.policy_id AS x, max(p.version) AS y FROM raw.policies p JOIN raw.gd g ON g.policy_id <=> p.policy_id GROUP BY p.policy_id) SELECT b FROM l",
        ),
        (
            "3.sql",
            "WITH l (a, b) AS (SELECT max(p.version), p.policy_id FROM raw.policies p JOIN raw.gd g ON g.policy_id <=> p.policy_id GROUP BY p.policy_id) SELECT b FROM l",
        ),
    ];
    let sample = derive(&files);
    assert_eq!(violations(&sample), [""; 0]);
    insta::assert_snapshot!(changed(&sample));
}
