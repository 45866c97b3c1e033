//! Frames that are built from other frames.

use super::pipelines::derive;
use super::{faults, frames, violations};
use crate::planner::check::Promise;
use crate::planner::frame::FrameKind;
use crate::planner::plan::FrameId;

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
        "CREATE TABLE m.c AS SELECT count(*) AS n FROM raw.gd WHERE day > '${day}' AND age < 25",
    ),
    (
        "4.sql",
        "CREATE TABLE m.d AS SELECT min(policy_id) AS n FROM raw.gd WHERE day > '${day}'",
    ),
    (
        "5.sql",
        "CREATE TABLE m.e AS SELECT max(age) AS n FROM raw.gd WHERE day > '${day}' AND age > 95",
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
                sample.plan.frames[0].feeds[0].reader.reads = vec![read];
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
