//! Covering aggregates.

use super::faults;
use super::pipelines::{GROUPED, REGROUPED};
use crate::facts::access::{Origin, Sensitivity, SensitivityKind};
use crate::planner::check::Promise;

/// Steps of [`GROUPED`]: build, four readers, release.
#[test]
fn faults_of_a_derived_covering_aggregate_are_caught() {
    insta::assert_snapshot!(faults(
        &GROUPED,
        Promise::Aggregation,
        &[
            // Values: another aggregate, other rows, once per value, the tests of another reader.
            &|sample| sample.text(0, "max(`age`)", "min(`age`)"),
            &|sample| sample.text(0, "max(`age`)", "max(`policy_id`)"),
            &|sample| sample.text(0, "max(`age`)", "max(DISTINCT `age`)"),
            &|sample| sample.text(0, "FILTER (WHERE `age` < 25)", ""),
            &|sample| sample.text(0, "`age` < 25", "`age` <= 25"),
            &|sample| sample.text(0, "`age` < 25", "NOT `age` < 25"),
            &|sample| sample.text(0, "`age` < 25", "`age` < 25 AND `region` = 'n'"),
            &|sample| sample.text(0, "`age` < 25", "`age` < 25 OR `region` = 'n'"),
            &|sample| sample.text(0, "count_if(`age` < 25)", "count_if(`age` < 24)"),
            &|sample| sample.text(0, "count_if(`age` < 25)", "count(`age` < 25)"),
            // Rows: narrower, all of them, those of one reader left out.
            &|sample| sample.text(0, "WHERE `day`", "WHERE `age` < 25 AND `day`"),
            &|sample| sample.text(0, "WHERE `day`", "WHERE `region` = 'n' AND `day`"),
            &|sample| sample.text(0, " WHERE `day` = '${day}'", ""),
            &|sample| sample.text(0, "WHERE `day` = '${day}'", "WHERE `day` = '2024-06-30'"),
            &|sample| sample.text(0, "'${day}'", "'${day}' OR `age` < 25"),
            // Groups: finer, coarser, with subtotals, some of them.
            &|sample| sample.text(0, "GROUP BY `policy_id`", "GROUP BY `policy_id`, `age`"),
            &|sample| sample.text(0, " GROUP BY `policy_id`", ""),
            &|sample| sample.text(
                0,
                "GROUP BY `policy_id`",
                "GROUP BY `policy_id` WITH ROLLUP"
            ),
            &|sample| sample.text(
                0,
                "GROUP BY `policy_id`",
                "GROUP BY `policy_id` HAVING count(*) > 1"
            ),
            &|sample| sample.text(0, "GROUP BY `policy_id`", "GROUP BY `policy_id` LIMIT 5"),
            // Columns: one lost, two of one name, a name that a reader uses.
            &|sample| sample.text(0, "`policy_id`, count", "count"),
            &|sample| sample.text(0, "`a2`", "`a1`"),
            &|sample| sample.text(0, "`a1`", "`oldest`"),
            // What is read.
            &|sample| sample.text(0, "`gd`", "`policies`"),
        ],
    ));
    insta::assert_snapshot!(faults(
        &GROUPED,
        Promise::Text,
        &[
            // The value of another column, absent groups kept, alias lost, condition lost or widened, order lost.
            &|sample| sample.text(1, "a1", "a2"),
            &|sample| sample.text(1, " WHERE n1 > 0", ""),
            &|sample| sample.text(1, "n1 > 0", "n2 > 0"),
            &|sample| sample.text(1, "n1 > 0", "n1 > 1"),
            &|sample| sample.text(1, "-- of the young\n", ""),
            &|sample| sample.text(2, " AS g ", " "),
            &|sample| sample.text(2, "AND (", "OR ("),
            &|sample| sample.text(2, " AND policy_id > 0", ""),
            &|sample| sample.text(2, " ORDER BY policy_id", ""),
            &|sample| sample.text(3, " AS `gd`", " AS `gd` WHERE n1 > 0"),
            &|sample| sample.text(4, "WHERE n1 > 0", "WHERE n1 > 0 AND policy_id > 0"),
        ],
    ));
    insta::assert_snapshot!(faults(
        &GROUPED,
        Promise::Sensitivity,
        &[&|sample| {
            let access = &mut sample.workload.accesses[1];
            let Origin::Named { name, .. } = access.reads[0].origin else {
                panic!()
            };
            access.sensitivities.push(Sensitivity {
                kind: SensitivityKind::OrderSensitive,
                span: name,
                what: "first".to_owned(),
            });
        }],
    ));
}

/// Steps of [`REGROUPED`]: build, six readers, release.
#[test]
fn faults_of_groups_that_are_grouped_again_are_caught() {
    insta::assert_snapshot!(faults(
        &REGROUPED,
        Promise::Aggregation,
        &[
            // Columns of which one reader's groups are made; values of each group once; rows of another reader.
            &|sample| sample.text(0, "SELECT `policy_id`, `region`", "SELECT `policy_id`"),
            &|sample| sample.text(0, "GROUP BY `policy_id`, `region`", "GROUP BY `policy_id`"),
            &|sample| sample.text(0, "count(DISTINCT `age`)", "count(`age`)"),
            &|sample| sample.text(0, "sum(`age`) FILTER (WHERE `day` > '2024')", "sum(`age`)"),
            &|sample| sample.text(0, "count_if(`day` > '2024')", "count_if(`day` >= '2024')"),
            &|sample| sample.text(0, "`gd` GROUP", "`gd` WHERE `policy_id` < 9 GROUP"),
        ],
    ));
    insta::assert_snapshot!(faults(
        &REGROUPED,
        Promise::Text,
        &[
            // Tests that stay: lost, of another group, joined by `OR`, without their brackets.
            &|sample| sample.text(2, "policy_id < 9 AND ", ""),
            &|sample| sample.text(2, "policy_id < 9", "policy_id <= 9"),
            &|sample| sample.text(2, "policy_id < 9 AND", "policy_id < 9 OR"),
            &|sample| sample.text(
                4,
                "(policy_id = 3 OR region = 'n')",
                "policy_id = 3 OR region = 'n'"
            ),
            // Numbers of groups, NULL instead of 0, another function, another type, a grouping less.
            &|sample| sample.text(2, "coalesce(sum(a1), 0)", "count(a1)"),
            &|sample| sample.text(2, "coalesce(sum(a1), 0)", "sum(a1)"),
            &|sample| sample.text(2, "coalesce(sum(a1), 0)", "coalesce(sum(a1), 1)"),
            &|sample| sample.text(2, "sum(a2)", "max(a2)"),
            &|sample| sample.text(2, "sum(a2)", "CAST(sum(a2) AS INT)"),
            &|sample| sample.text(2, "HAVING", "WHERE"),
            &|sample| sample.text(2, "n1 > 0", "n1 >= 0"),
            &|sample| sample.text(3, "ROLLUP", "CUBE"),
            &|sample| sample.text(3, " WHERE n1 > 0", ""),
            &|sample| sample.text(5, "min(", "max("),
        ],
    ));
}

/// Steps: build, three readers, release.
const MEANS: [(&str, &str); 3] = [
    (
        "1.sql",
        "CREATE TABLE m.a AS SELECT policy_id, avg(age) AS mean FROM raw.gd WHERE age > 20 GROUP BY policy_id",
    ),
    (
        "2.sql",
        "CREATE TABLE m.b AS SELECT policy_id, max(age) AS oldest FROM raw.gd GROUP BY policy_id",
    ),
    (
        "3.sql",
        "CREATE TABLE m.c AS SELECT policy_id, min(age) AS youngest, stddev(age) AS s FROM raw.gd WHERE age < 90 GROUP BY policy_id",
    ),
];

#[test]
fn sums_that_depend_on_their_order_stand_beside_no_distinct_values() {
    insta::assert_snapshot!(faults(
        &MEANS,
        Promise::Aggregation,
        &[&|sample| sample.text(
            0,
            " FROM `raw`",
            ", count(DISTINCT `age`) AS `a9` FROM `raw`"
        ),],
    ));
}
