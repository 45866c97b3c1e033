//! What must not be shared is not: statements that are left as they are read no frame unasked, and expressions that
//! may fail are not evaluated on rows that no reader keeps.

use hoist::runtime::engine::Engine;
use hoist::runtime::engine::local::{CatalogKind, Local};

use super::Home;
use super::sample::{frames_scanned, saved_plan};
use crate::executed::compare_reads;
use crate::local_engine::{block_on, open, options};

const SETTINGS: &str = r#"
[setup]
path = "setup"

[planner]
margin = 0
min_gain = "0ms"

[engine.conf]
"spark.sql.shuffle.partitions" = "2"
"#;

const SET_UP: &str = "
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT id AS a, id % 7 AS b FROM range(0, 4000, 1, 3);
CREATE TABLE d.first (b BIGINT, m BIGINT) USING parquet;
CREATE TABLE d.second (m BIGINT) USING parquet;
CREATE TABLE d.some (m BIGINT) USING parquet;
CREATE TABLE d.third (v INT, n BIGINT) USING parquet;
CREATE TABLE d.fourth (v INT) USING parquet;
";

const LARGEST: &str = "(SELECT b, max(a) AS m FROM d.t GROUP BY b)";

/// Fails where `b` is 0, which the readers leave out: Spark pushes their tests below the grouping.
const PICKED: &str =
    "(SELECT b, element_at(array(10, 20), cast(b AS INT)) AS v, count(*) AS n FROM d.t GROUP BY b)";

#[test]
fn what_must_not_be_shared_is_not() {
    let home = Home::new();
    home.write("p/hoist.toml", SETTINGS);
    home.write("p/setup/tables.sql", SET_UP);
    for (name, text) in [
        (
            "1.sql",
            format!("INSERT OVERWRITE d.first SELECT b, m FROM {LARGEST} x"),
        ),
        // The same text, but which rows a LIMIT takes depends on their order.
        (
            "2.sql",
            format!("INSERT OVERWRITE d.some SELECT m FROM {LARGEST} x LIMIT 3"),
        ),
        (
            "3.sql",
            format!("INSERT OVERWRITE d.second SELECT m FROM {LARGEST} x WHERE b > 3"),
        ),
        (
            "4.sql",
            format!("INSERT OVERWRITE d.third SELECT v, n FROM {PICKED} x WHERE b > 0"),
        ),
        (
            "5.sql",
            format!("INSERT OVERWRITE d.fourth SELECT v FROM {PICKED} x WHERE b = 1"),
        ),
    ] {
        home.write(&format!("p/{name}"), &text);
    }
    home.hoist(&["execute", "p"], 0)
        .tells(&["5 of 5 statements"]);
    let plan = saved_plan(&home, "p");
    // The subquery that may fail is no frame. What it groups is one, with the other subquery's; what may fail is evaluated
    // over that, where the readers' tests are.
    let frames: Vec<(&str, usize)> = plan
        .frames
        .iter()
        .map(|frame| (frame.name.as_str(), frame.readers.len()))
        .collect();
    assert_eq!(frames, [("t_groups_1", 4)]);
    let codes: Vec<&str> = plan
        .decisions
        .iter()
        .flat_map(|decision| &decision.reasons)
        .map(|reason| reason.code.as_str())
        .collect();
    for code in ["chosen", "order-sensitive", "may-fail"] {
        assert!(codes.contains(&code), "{codes:?}");
    }
    let local = options(&home.path("p/.hoist"), CatalogKind::Hive);
    block_on(async {
        let mut engine = Local::new(local);
        open(&mut engine).await;
        let (input, scans) = frames_scanned(&mut engine, &home, "p", &plan).await;
        assert_eq!(compare_reads(&input, &scans), 4);
        engine.close().await.unwrap();
    });
    home.assert_nothing_left("p");
}
