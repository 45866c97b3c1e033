//! Frames that are built from other frames.

use super::pipelines::derive;
use super::{faults, frames, violations};
use crate::planner::check::Promise;
use crate::planner::frame::FrameKind;
use crate::planner::plan::{FeedPlace, FrameId, Medium};

/// A subquery that joins a table with itself. One place tests what other readers of the table test; the other one must
/// stay, as columns are qualified by its full name.
const FED: [(&str, &str); 5] = [
    (
        "1.sql",
        "CREATE TABLE m.a AS WITH l AS (SELECT raw.gd.policy_id, max(b.age) AS v FROM raw.gd JOIN raw.gd b ON raw.gd.policy_id = b.policy_id \
         WHERE b.day > '${day}' GROUP BY raw.gd.policy_id) SELECT l.v FROM l",
    ),
    (
        "2.sql",
        "CREATE TABLE m.b AS SELECT max(x.v) AS v FROM (SELECT raw.gd.policy_id, max(b.age) AS v FROM raw.gd JOIN raw.gd b \
         ON raw.gd.policy_id = b.policy_id WHERE b.day > '${day}' GROUP BY raw.gd.policy_id) AS x",
    ),
    (
        "3.sql",
        "CREATE TABLE m.c AS SELECT policy_id, age FROM raw.gd WHERE day > '${day}' AND age < 25",
    ),
    (
        "4.sql",
        "CREATE TABLE m.d AS SELECT policy_id FROM raw.gd WHERE day > '${day}'",
    ),
    (
        "5.sql",
        "CREATE TABLE m.e AS SELECT policy_id, age FROM raw.gd WHERE day > '${day}' AND age > 95",
    ),
];

/// What joins the rows that differ in a table: rows, those that differ, and what joins them are three frames.
pub(super) const NESTED: [(&str, &str); 6] = [
    (
        "1.sql",
        "CREATE TABLE m.a AS WITH o AS (SELECT l.policy_id, l.region, p.status FROM (SELECT DISTINCT policy_id, region FROM raw.gd          WHERE day > '${day}') AS l JOIN raw.policies p ON l.policy_id = p.policy_id) SELECT o.status FROM o",
    ),
    (
        "2.sql",
        "CREATE TABLE m.b AS SELECT max(o.region) AS r FROM (SELECT x.policy_id, x.region, p.status FROM (SELECT DISTINCT policy_id,          region FROM raw.gd WHERE day > '${day}') AS x JOIN raw.policies p ON x.policy_id = p.policy_id) AS o",
    ),
    (
        "3.sql",
        "CREATE TABLE m.c AS SELECT count(*) AS n FROM (SELECT DISTINCT policy_id, region FROM raw.gd WHERE day > '${day}') AS l",
    ),
    (
        "4.sql",
        "CREATE TABLE m.d AS SELECT min(l.region) AS n FROM (SELECT DISTINCT policy_id, region FROM raw.gd WHERE day > '${day}') AS l",
    ),
    (
        "5.sql",
        "CREATE TABLE m.e AS SELECT max(age) AS n FROM raw.gd WHERE day > '${day}' AND age > 95",
    ),
    (
        "6.sql",
        "CREATE TABLE m.f AS SELECT min(age) AS n FROM raw.gd WHERE day > '${day}' AND age > 96",
    ),
];

/// A grouping of joined tables in two statements, the joined tables in two others.
pub(super) const JOINED: [(&str, &str); 4] = [
    (
        "1.sql",
        "CREATE TABLE m.a AS WITH g AS (SELECT gd.region, count(p.version) AS n FROM raw.gd JOIN raw.policies p ON gd.policy_id = p.policy_id          GROUP BY gd.region) SELECT g.n FROM g",
    ),
    (
        "2.sql",
        "CREATE TABLE m.b AS SELECT max(x.n) AS n FROM (SELECT gd.region, count(p.version) AS n FROM raw.gd JOIN raw.policies p          ON gd.policy_id = p.policy_id GROUP BY gd.region) AS x",
    ),
    (
        "3.sql",
        "CREATE TABLE m.c AS SELECT g.age, p.status FROM raw.policies p JOIN raw.gd g ON p.policy_id = g.policy_id",
    ),
    (
        "4.sql",
        "CREATE TABLE m.d AS SELECT g.day, p.status FROM raw.policies p, raw.gd g WHERE p.policy_id = g.policy_id",
    ),
];

/// A join with groups of a table in two statements, other aggregates of these groups in two others.
pub(super) const GROUPS: [(&str, &str); 4] = [
    (
        "1.sql",
        "CREATE TABLE m.a AS WITH j AS (SELECT l.v, p.status FROM (SELECT policy_id, max(age) AS v FROM raw.gd WHERE day > '${day}'          GROUP BY policy_id) AS l JOIN raw.policies p ON l.policy_id = p.policy_id) SELECT j.v FROM j",
    ),
    (
        "2.sql",
        "CREATE TABLE m.b AS SELECT max(j.status) AS n FROM (SELECT l.v, p.status FROM (SELECT policy_id, max(age) AS v FROM raw.gd          WHERE day > '${day}' GROUP BY policy_id) AS l JOIN raw.policies p ON l.policy_id = p.policy_id) AS j",
    ),
    (
        "3.sql",
        "CREATE TABLE m.c AS SELECT policy_id, count(*) AS n FROM raw.gd GROUP BY policy_id",
    ),
    (
        "4.sql",
        "CREATE TABLE m.d AS SELECT policy_id, max(region) AS n FROM raw.gd WHERE age < 25 GROUP BY policy_id",
    ),
];

/// Joined tables of which one is read by itself, with the same test.
pub(super) const JOINED_OF_READ: [(&str, &str); 6] = [
    (
        "1.sql",
        "CREATE TABLE m.a AS SELECT g.age, p.status FROM raw.gd g JOIN raw.policies p ON g.policy_id = p.policy_id WHERE g.day > '${day}'",
    ),
    (
        "2.sql",
        "CREATE TABLE m.b AS SELECT g.region, p.version FROM raw.gd g JOIN raw.policies p ON g.policy_id = p.policy_id \
         WHERE g.day > '${day}' AND g.age > 5",
    ),
    (
        "2b.sql",
        "CREATE TABLE m.b2 AS SELECT g.policy_id, p.version FROM raw.policies p JOIN raw.gd g ON g.policy_id = p.policy_id WHERE g.day > '${day}'",
    ),
    (
        "2c.sql",
        "CREATE TABLE m.b3 AS SELECT g.policy_id, p.status FROM raw.policies p, raw.gd g WHERE g.policy_id = p.policy_id AND g.day > '${day}'",
    ),
    READS[0],
    READS[1],
];

/// Groups of a table that is read by itself, with the same test.
pub(super) const GROUPS_OF_READ: [(&str, &str); 6] = [
    (
        "1.sql",
        "CREATE TABLE m.a AS SELECT policy_id, max(age) AS v, count(DISTINCT age) AS a, count(DISTINCT region) AS r FROM raw.gd \
         WHERE day > '${day}' GROUP BY policy_id",
    ),
    (
        "2.sql",
        "CREATE TABLE m.b AS SELECT policy_id, count(*) AS n FROM raw.gd WHERE day > '${day}' AND age > 5 GROUP BY policy_id",
    ),
    (
        "2b.sql",
        "CREATE TABLE m.b2 AS SELECT policy_id, count(DISTINCT region) AS r, count(DISTINCT age) AS a FROM raw.gd WHERE day > '${day}' \
         GROUP BY policy_id",
    ),
    (
        "2c.sql",
        "CREATE TABLE m.b3 AS SELECT policy_id, min(age) AS v, count(DISTINCT age) AS a, count(DISTINCT region) AS r FROM raw.gd \
         WHERE day > '${day}' GROUP BY policy_id",
    ),
    READS[0],
    READS[1],
];

const READS: [(&str, &str); 2] = [
    (
        "3.sql",
        "CREATE TABLE m.c AS SELECT policy_id, region, age FROM raw.gd WHERE day > '${day}'",
    ),
    (
        "4.sql",
        "CREATE TABLE m.d AS SELECT policy_id, age FROM raw.gd WHERE day > '${day}' AND age < 25",
    ),
];

/// Steps: build the covering read, build the subquery from it, two readers, release of the subquery, three readers,
/// release.
#[test]
fn a_text_reads_the_frame_where_that_has_its_rows() {
    let sample = derive(&FED);
    assert_eq!(violations(&sample), [""; 0]);
    assert_eq!(
        frames(&sample),
        [
            ("gd_1", FrameKind::CoveringRead, 3),
            ("l_1", FrameKind::RepeatedSubquery, 2)
        ]
    );
    let texts = sample.program.steps.iter().flat_map(|step| &step.texts);
    let texts: Vec<&str> = texts.map(|text| text.text.as_str()).collect();
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn faults_of_frames_built_from_frames_are_caught() {
    insta::assert_snapshot!(faults(
        &FED,
        Promise::Residency,
        &[
            // Built too late, gone too early, fed by what is not said to.
            &|sample| sample.shift(0, 1),
            &|sample| sample.shift(8, 1),
            &|sample| sample.plan.frames[0].feeds[0].frame = FrameId(7),
            &|sample| sample.text(1, "{ns}_gd_1", "{ns}_gd_2"),
            // Dropped before a view of it is let go.
            &|sample| {
                sample.plan.frames[0].medium = Medium::Scratch;
                sample.shift(4, 8);
            },
        ],
    ));
    insta::assert_snapshot!(faults(
        &FED,
        Promise::Repetition,
        &[
            // At the other place of the same table, whose rows it has not; of another read; in another text.
            &|sample| {
                sample.text(1, "FROM raw.gd JOIN", "FROM {ns}_gd_1 AS gd JOIN");
                sample.text(1, "JOIN {ns}_gd_1 b", "JOIN raw.gd b");
            },
            &|sample| {
                let read = sample.plan.frames[0].readers[0].reads[0];
                let FeedPlace::Text(reader) = &mut sample.plan.frames[0].feeds[0].place else {
                    panic!("reads no frame in a text");
                };
                reader.reads = vec![read];
            },
            &|sample| sample.text(1, "'${day}' GROUP", "'${day}' AND b.age > 1 GROUP"),
        ],
    ));
    insta::assert_snapshot!(faults(
        &FED,
        Promise::Covering,
        &[
            // Rows and columns that the text needs are not there.
            &|sample| sample.text(0, "`day` > '${day}'", "`day` > '${day}' AND `age` < 25"),
            &|sample| sample.text(0, "`policy_id`, `age`", "`age`"),
        ],
    ));
    insta::assert_snapshot!(faults(
        &FED,
        Promise::Text,
        &[
            // Fewer and more places than are said.
            &|sample| sample.text(1, "{ns}_gd_1 b", "raw.gd b"),
            &|sample| {
                let twice = sample.plan.frames[0].feeds[0].clone();
                sample.plan.frames[0].feeds.push(twice);
            },
        ],
    ));
}

/// The texts of the steps that build frames and of those that read them.
#[test]
fn texts_read_frames_of_every_kind() {
    for (files, expected) in [
        (
            &NESTED[..],
            &[
                ("gd_1", FrameKind::CoveringRead, 2),
                ("l_1", FrameKind::RepeatedSubquery, 2),
                ("o_1", FrameKind::RepeatedSubquery, 2),
            ][..],
        ),
        (
            &JOINED[..],
            &[
                ("gd_policies_1", FrameKind::JoinCore, 2),
                ("g_1", FrameKind::RepeatedSubquery, 2),
            ],
        ),
        (
            &GROUPS[..],
            &[
                ("gd_groups_1", FrameKind::CoveringAggregate, 2),
                ("j_1", FrameKind::RepeatedSubquery, 2),
            ],
        ),
        (
            &JOINED_OF_READ[..],
            &[
                ("gd_1", FrameKind::CoveringRead, 2),
                ("gd_policies_1", FrameKind::JoinCore, 4),
            ],
        ),
        (
            &GROUPS_OF_READ[..],
            &[
                ("gd_1", FrameKind::CoveringRead, 2),
                ("gd_groups_1", FrameKind::CoveringAggregate, 4),
            ],
        ),
    ] {
        let sample = derive(files);
        assert_eq!(violations(&sample), [""; 0]);
        assert_eq!(frames(&sample), expected);
        let texts = sample.program.steps.iter().flat_map(|step| &step.texts);
        let texts: Vec<&str> = texts.map(|text| text.text.as_str()).collect();
        insta::assert_snapshot!(texts.join("\n"));
    }
}

#[test]
fn faults_of_frames_built_from_any_frames_are_caught() {
    insta::assert_snapshot!(faults(
        &NESTED,
        Promise::Repetition,
        &[
            // Another column, or none, of the frame in its text; the frame says something else than it does.
            &|sample| sample.text(2, "`policy_id`, `region`", "`region`, `policy_id`"),
            &|sample| sample.text(2, "`policy_id`, `region`", "`policy_id`"),
            &|sample| sample.text(1, "DISTINCT policy_id, region", "policy_id, region"),
            &|sample| sample.text(2, "raw.policies", "raw.staging"),
            &|sample| {
                let reader = sample.plan.frames[1].readers[0].clone();
                sample.plan.frames[1].feeds[0].place = FeedPlace::Text(reader);
            },
        ],
    ));
    insta::assert_snapshot!(faults(
        &NESTED,
        Promise::Residency,
        &[
            // Built before what it is built from; from what is not said to depend on a table.
            &|sample| sample.shift(1, 2),
            &|sample| sample.plan.frames[2].inputs.truncate(1),
        ],
    ));
    insta::assert_snapshot!(faults(
        &JOINED,
        Promise::Joining,
        &[
            // The joined tables leave out rows, or join otherwise.
            &|sample| sample.text(0, "JOIN `raw`.`policies`", "LEFT JOIN `raw`.`policies`"),
            &|sample| sample.text(0, " AS `p` ON", " AS `p` ON `gd`.`age` = `p`.`version` AND"),
        ],
    ));
    insta::assert_snapshot!(faults(
        &JOINED,
        Promise::Repetition,
        &[
            // The other table is joined again; another column is counted.
            &|sample| sample.text(
                1,
                "GROUP",
                "JOIN raw.policies p ON gd.policy_id = p.policy_id GROUP"
            ),
            &|sample| sample.text(1, "count(", "max("),
        ],
    ));
    insta::assert_snapshot!(faults(
        &GROUPS,
        Promise::Repetition,
        &[
            // Groups without rows stay; the values of other rows are read.
            &|sample| sample.text(1, " > 0", " >= 0"),
            &|sample| sample.text(1, " AS v", " + 1 AS v"),
        ],
    ));
    insta::assert_snapshot!(faults(
        &GROUPS,
        Promise::Aggregation,
        &[
            // The groups that it is built from have not its rows.
            &|sample| sample.text(0, " FROM `raw`.`gd`", " FROM `raw`.`gd` WHERE `age` < 25"),
        ],
    ));
}

#[test]
fn faults_of_frames_built_from_covering_reads_are_caught() {
    insta::assert_snapshot!(faults(
        &JOINED_OF_READ,
        Promise::Joining,
        &[
            // The covering read leaves out rows or a column; the joined tables keep more rows; another table is meant.
            &|sample| sample.text(0, "`day` > '${day}'", "`day` > '${day}' AND `age` > 5"),
            &|sample| sample.text(0, "`age`, ", ""),
            &|sample| sample.text(1, "`day` > '${day}'", "`day` > '${day}' OR `g`.`age` > 5"),
            &|sample| {
                let other = sample.plan.frames[1].inputs[1];
                sample.plan.frames[0].feeds[0].place = FeedPlace::Table(other);
            },
            &|sample| sample.plan.frames[0].kind = FrameKind::RepeatedSubquery,
        ],
    ));
    insta::assert_snapshot!(faults(
        &GROUPS_OF_READ,
        Promise::Aggregation,
        &[
            &|sample| sample.text(0, "`day` > '${day}'", "`day` > '${day}' AND `age` > 5"),
            &|sample| sample.text(0, "`age`, ", ""),
            &|sample| sample.text(1, " WHERE `day` > '${day}'", ""),
        ],
    ));
    insta::assert_snapshot!(faults(
        &GROUPS_OF_READ,
        Promise::Residency,
        &[&|sample| sample.shift(0, 1), &|sample| sample.plan.frames
            [1]
        .inputs
        .clear(),],
    ));
}
