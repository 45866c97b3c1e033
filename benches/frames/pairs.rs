//! The pairs: per kind of frame a pipeline where it should win and one where it should lose.
//!
//! Where a frame wins, what it saves is computed again by every reader, or parsed from text; where it loses, a reader
//! costs little more than reading the frame would, or there are too few of them.

use hoist::planner::frame::FrameKind;

/// A small pipeline.
pub(crate) struct Pair {
    pub(crate) name: &'static str,
    /// The frames that it is run with, wherever one is possible.
    pub(crate) kind: FrameKind,
    /// SQL that makes its tables, in database `d`.
    pub(crate) setup: &'static [&'static str],
    pub(crate) statements: &'static [&'static str],
    /// Columns that are unique together, by table.
    pub(crate) keys: &'static [(&'static str, &'static [&'static str])],
}

/// 300,000 rows of 24 columns, as text.
const WIDE_CSV: &str = "CREATE TABLE d.general (policy_id BIGINT, year INT, region STRING, a1 DOUBLE, a2 DOUBLE, a3 DOUBLE, a4 DOUBLE, a5 DOUBLE, \
     a6 DOUBLE, a7 DOUBLE, a8 DOUBLE, a9 DOUBLE, a10 DOUBLE, a11 DOUBLE, a12 DOUBLE, s1 STRING, s2 STRING, s3 STRING, s4 STRING, s5 STRING, \
     s6 STRING, s7 STRING, s8 STRING, s9 STRING) USING csv OPTIONS (header 'true')";
const WIDE_PARQUET: &str = "CREATE TABLE d.general (policy_id BIGINT, year INT, region STRING, a1 DOUBLE, a2 DOUBLE, a3 DOUBLE, a4 DOUBLE, a5 DOUBLE, \
     a6 DOUBLE, a7 DOUBLE, a8 DOUBLE, a9 DOUBLE, a10 DOUBLE, a11 DOUBLE, a12 DOUBLE, s1 STRING, s2 STRING, s3 STRING, s4 STRING, s5 STRING, \
     s6 STRING, s7 STRING, s8 STRING, s9 STRING) USING parquet";
const WIDE_ROWS: &str = "INSERT INTO d.general SELECT id, 2015 + id % 10, concat('r', id % 20), rand(1), rand(2), rand(3), rand(4), rand(5), rand(6), \
     rand(7), rand(8), rand(9), rand(10), rand(11), rand(12), concat('a', id % 7), concat('b', id % 11), concat('c', id % 13), concat('d', id % 17), \
     concat('e', id % 19), concat('f', id % 23), concat('g', id % 29), concat('h', id % 31), concat('i', id % 37) FROM range(0, 300000, 1, 4)";

/// 400,000 policies in four versions each.
const HISTORY: &str = "CREATE TABLE d.history USING parquet AS SELECT id % 400000 AS policy_id, CAST(id DIV 400000 AS INT) AS version, \
     CAST(pmod(hash(id), 90) AS INT) AS age, CAST(pmod(hash(id, 1), 100000) AS BIGINT) AS premium, concat('r', pmod(hash(id, 2), 20)) AS region, \
     concat('v', pmod(hash(id, 3), 50)) AS vehicle FROM range(0, 1600000, 1, 4)";
/// The latest version of each.
macro_rules! latest {
    () => {
        "WITH latest AS (SELECT policy_id, age, premium, region, vehicle FROM (SELECT policy_id, age, premium, region, vehicle, \
         row_number() OVER (PARTITION BY policy_id ORDER BY version DESC) AS n FROM d.history) AS numbered WHERE n = 1) "
    };
}

const POLICIES: &str = "CREATE TABLE d.policies USING parquet AS SELECT id AS policy_id, CAST(pmod(hash(id, 4), 20000) AS BIGINT) AS customer_id, \
     concat('p', pmod(hash(id, 5), 30)) AS product, CAST(pmod(hash(id, 6), 1000) AS BIGINT) AS premium FROM range(0, 2000000, 1, 4)";
const CUSTOMERS: &str = "CREATE TABLE d.customers USING parquet AS SELECT id AS customer_id, concat('c', pmod(hash(id, 7), 40)) AS city, \
     CAST(pmod(hash(id, 8), 80) AS INT) AS age FROM range(0, 20000, 1, 4)";
const VEHICLES: &str = "CREATE TABLE d.vehicles USING parquet AS SELECT concat('v', id) AS vehicle, concat('m', id % 12) AS make FROM range(0, 50, 1, 1)";
/// A total by region and by `s1`.
macro_rules! grouped {
    ($select:literal, $tests:literal) => {
        concat!(
            "INSERT OVERWRITE TABLE d.target SELECT concat(region, s1) AS k, n, m FROM (SELECT region, s1, ",
            $select,
            " FROM d.general WHERE ",
            $tests,
            " GROUP BY region, s1) AS g"
        )
    };
}
/// A total over the join of history, policies and the customers of two cities.
macro_rules! joined {
    ($select:literal, $rest:literal) => {
        concat!(
            "INSERT OVERWRITE TABLE d.target SELECT ",
            $select,
            " FROM d.history AS h JOIN d.policies AS p ON p.policy_id = h.policy_id \
         JOIN d.customers AS c ON c.customer_id = p.customer_id WHERE c.city IN ('c7', 'c8') ",
            $rest
        )
    };
}

const FEATURES: &str = "CREATE TABLE d.features (k BIGINT, n BIGINT, m BIGINT) USING parquet";
const TARGET: &str = "CREATE TABLE d.target (k STRING, n BIGINT, m BIGINT) USING parquet";

/// All of them.
pub(crate) const PAIRS: [Pair; 10] = [
    Pair {
        name: "covering read, text, wins",
        kind: FrameKind::CoveringRead,
        setup: &[WIDE_CSV, WIDE_ROWS, TARGET],
        statements: &[
            "INSERT OVERWRITE TABLE d.target SELECT region AS k, count(*) AS n, CAST(sum(a1) AS BIGINT) AS m FROM d.general WHERE year >= 2018 GROUP BY region",
            "INSERT OVERWRITE TABLE d.target SELECT s1 AS k, count(a2) AS n, max(policy_id) AS m FROM d.general WHERE year >= 2019 GROUP BY s1",
            "INSERT OVERWRITE TABLE d.target SELECT s1 AS k, count(a1) AS n, min(policy_id) AS m FROM d.general WHERE year >= 2018 GROUP BY s1",
            "INSERT OVERWRITE TABLE d.target SELECT s2 AS k, count(*) AS n, max(year) AS m FROM d.general WHERE year >= 2020 GROUP BY s2",
            "INSERT OVERWRITE TABLE d.target SELECT region AS k, count(*) AS n, max(policy_id) AS m FROM d.general WHERE year = 2018 GROUP BY region",
            "INSERT OVERWRITE TABLE d.target SELECT s2 AS k, count(*) AS n, CAST(max(a2) AS BIGINT) AS m FROM d.general WHERE year > 2018 GROUP BY s2",
        ],
        keys: &[],
    },
    Pair {
        name: "covering read, columns, loses",
        kind: FrameKind::CoveringRead,
        setup: &[WIDE_PARQUET, WIDE_ROWS, TARGET],
        statements: &[
            "INSERT OVERWRITE TABLE d.target SELECT region AS k, count(a1 + a2 + a3) AS n, max(policy_id) AS m FROM d.general GROUP BY region",
            "INSERT OVERWRITE TABLE d.target SELECT s1 AS k, count(a4 + a5 + a6 + a7) AS n, max(year) AS m FROM d.general GROUP BY s1",
            "INSERT OVERWRITE TABLE d.target SELECT s2 AS k, count(a8 + a9 + a10 + a11) AS n, min(policy_id) AS m FROM d.general GROUP BY s2",
        ],
        keys: &[],
    },
    Pair {
        name: "repeated subquery, wins",
        kind: FrameKind::RepeatedSubquery,
        setup: &[HISTORY, TARGET],
        statements: &[
            concat!(
                "INSERT OVERWRITE TABLE d.target ",
                latest!(),
                "SELECT region AS k, count(*) AS n, sum(premium) AS m FROM latest GROUP BY region"
            ),
            concat!(
                "INSERT OVERWRITE TABLE d.target ",
                latest!(),
                "SELECT vehicle AS k, count(*) AS n, max(premium) AS m FROM latest GROUP BY vehicle"
            ),
            concat!(
                "INSERT OVERWRITE TABLE d.target ",
                latest!(),
                "SELECT region AS k, count(*) AS n, max(age) AS m FROM latest WHERE age > 30 GROUP BY region"
            ),
            concat!(
                "INSERT OVERWRITE TABLE d.target ",
                latest!(),
                "SELECT vehicle AS k, count(*) AS n, min(age) AS m FROM latest WHERE age < 70 GROUP BY vehicle"
            ),
            concat!(
                "INSERT OVERWRITE TABLE d.target ",
                latest!(),
                "SELECT region AS k, count(*) AS n, sum(age) AS m FROM latest GROUP BY region"
            ),
        ],
        keys: &[("d.history", &["policy_id", "version"])],
    },
    Pair {
        name: "repeated subquery, loses",
        kind: FrameKind::RepeatedSubquery,
        setup: &[HISTORY, TARGET],
        statements: &[
            "INSERT OVERWRITE TABLE d.target SELECT region AS k, count(*) AS n, max(premium) AS m FROM \
             (SELECT policy_id, age, premium, region, vehicle FROM d.history WHERE version > 0) AS h WHERE age > 20 GROUP BY region",
            "INSERT OVERWRITE TABLE d.target SELECT vehicle AS k, count(*) AS n, max(premium) AS m FROM \
             (SELECT policy_id, age, premium, region, vehicle FROM d.history WHERE version > 0) AS h WHERE age > 30 GROUP BY vehicle",
        ],
        keys: &[],
    },
    Pair {
        name: "intermediate, text, wins",
        kind: FrameKind::Intermediate,
        setup: &[
            WIDE_PARQUET,
            WIDE_ROWS,
            TARGET,
            "CREATE TABLE d.written USING csv OPTIONS (header 'true') AS SELECT * FROM d.general",
        ],
        statements: &[
            "INSERT OVERWRITE TABLE d.written SELECT * FROM d.general WHERE year > 2015",
            "INSERT OVERWRITE TABLE d.target SELECT region AS k, count(*) AS n, max(policy_id) AS m FROM d.written GROUP BY region",
            "INSERT OVERWRITE TABLE d.target SELECT s1 AS k, count(a2) AS n, max(policy_id) AS m FROM d.written GROUP BY s1",
            "INSERT OVERWRITE TABLE d.target SELECT s1 AS k, count(a1) AS n, min(policy_id) AS m FROM d.written GROUP BY s1",
            "INSERT OVERWRITE TABLE d.target SELECT s2 AS k, count(*) AS n, max(year) AS m FROM d.written GROUP BY s2",
            "INSERT OVERWRITE TABLE d.target SELECT region AS k, count(*) AS n, min(year) AS m FROM d.written WHERE year > 2018 GROUP BY region",
            "INSERT OVERWRITE TABLE d.target SELECT s2 AS k, count(*) AS n, min(policy_id) AS m FROM d.written GROUP BY s2",
        ],
        keys: &[],
    },
    Pair {
        name: "intermediate, columns, loses",
        kind: FrameKind::Intermediate,
        setup: &[
            HISTORY,
            TARGET,
            "CREATE TABLE d.written USING parquet AS SELECT * FROM d.history",
        ],
        statements: &[
            "INSERT OVERWRITE TABLE d.written SELECT * FROM d.history WHERE version > 0",
            "INSERT OVERWRITE TABLE d.target SELECT region AS k, count(*) AS n, max(premium) AS m FROM d.written WHERE age > 20 GROUP BY region",
            "INSERT OVERWRITE TABLE d.target SELECT vehicle AS k, count(*) AS n, max(premium) AS m FROM d.written WHERE age > 30 GROUP BY vehicle",
        ],
        keys: &[],
    },
    Pair {
        name: "join core, wins",
        kind: FrameKind::JoinCore,
        setup: &[HISTORY, POLICIES, CUSTOMERS, TARGET],
        statements: &[
            joined!(
                "c.city AS k, count(*) AS n, max(h.premium) AS m",
                "GROUP BY c.city"
            ),
            joined!(
                "p.product AS k, count(*) AS n, max(c.age) AS m",
                "GROUP BY p.product"
            ),
            joined!(
                "h.region AS k, count(*) AS n, max(p.premium) AS m",
                "AND h.age > 20 GROUP BY h.region"
            ),
            joined!(
                "c.city AS k, count(*) AS n, min(h.age) AS m",
                "AND c.age > 30 GROUP BY c.city"
            ),
            joined!(
                "p.product AS k, count(*) AS n, sum(h.premium) AS m",
                "GROUP BY p.product"
            ),
            joined!(
                "h.region AS k, count(*) AS n, min(c.age) AS m",
                "GROUP BY h.region"
            ),
        ],
        keys: &[],
    },
    Pair {
        name: "join core, wide, loses",
        kind: FrameKind::JoinCore,
        setup: &[HISTORY, VEHICLES, TARGET],
        statements: &[
            "INSERT OVERWRITE TABLE d.target SELECT v.make AS k, count(*) AS n, max(h.premium) AS m FROM d.history AS h JOIN d.vehicles AS v \
             ON v.vehicle = h.vehicle GROUP BY v.make",
            "INSERT OVERWRITE TABLE d.target SELECT h.region AS k, count(v.make) AS n, max(h.age) AS m FROM d.history AS h JOIN d.vehicles AS v \
             ON v.vehicle = h.vehicle GROUP BY h.region",
        ],
        keys: &[],
    },
    Pair {
        name: "covering aggregate, text, wins",
        kind: FrameKind::CoveringAggregate,
        setup: &[WIDE_CSV, WIDE_ROWS, TARGET],
        statements: &[
            grouped!("count(*) AS n, max(policy_id) AS m", "year >= 2018"),
            grouped!("count(a1) AS n, min(policy_id) AS m", "year >= 2019"),
            grouped!("count(a2) AS n, max(year) AS m", "year = 2018"),
            grouped!("count(*) AS n, min(year) AS m", "a3 > 0.5"),
            grouped!("count(a4) AS n, sum(policy_id) AS m", "year > 2020"),
            grouped!("count(*) AS n, sum(year) AS m", "s3 = 'c4'"),
        ],
        keys: &[],
    },
    Pair {
        name: "covering aggregate, few, loses",
        kind: FrameKind::CoveringAggregate,
        setup: &[HISTORY, FEATURES],
        statements: &[
            "INSERT OVERWRITE TABLE d.features SELECT policy_id AS k, count(*) AS n, max(premium) AS m FROM d.history WHERE age = 30 GROUP BY policy_id",
            "INSERT OVERWRITE TABLE d.features SELECT policy_id AS k, count(*) AS n, max(premium) AS m FROM d.history WHERE age = 60 GROUP BY policy_id",
        ],
        keys: &[],
    },
];
