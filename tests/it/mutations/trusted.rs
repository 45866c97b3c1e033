//! Faults of facts, which `check` has to trust: both versions run on real Spark, and the outputs differ.

use std::collections::BTreeMap;

use hoist::facts::catalog::Catalog as Facts;

use crate::differential::{Catalog, Harness, Pipeline, Report};
use crate::local_engine::block_on;

/// A pipeline and a falsehood about its tables.
struct Falsehood {
    name: &'static str,
    setup: &'static [&'static str],
    sql: &'static str,
    lie: fn(&mut Facts),
}

const FALSEHOODS: [Falsehood; 3] = [
    Falsehood {
        name: "shared_location",
        setup: &[
            "CREATE DATABASE d",
            "CREATE TABLE d.one (id INT, k STRING) USING parquet LOCATION '@folder@/data'",
            "CREATE TABLE d.two (id INT, k STRING) USING parquet LOCATION '@folder@/data'",
            "INSERT INTO d.one VALUES (1, 'a'), (2, 'b')",
        ],
        sql: "CREATE TABLE d.r1 USING parquet AS SELECT id FROM d.one;\n\
              INSERT INTO d.two VALUES (3, 'c');\n\
              CREATE TABLE d.r2 USING parquet AS SELECT k FROM d.one;\n\
              CREATE TABLE d.r3 USING parquet AS SELECT count(id) AS n FROM d.one;",
        // Two names of one place look like two places.
        lie: |facts| known(facts, "d.two").location = Some("file:/elsewhere".to_owned()),
    },
    Falsehood {
        name: "malformed_rows",
        setup: &[
            "CREATE DATABASE d",
            "CREATE TABLE d.lines (line STRING) USING text LOCATION '@folder@/csv'",
            "INSERT INTO d.lines VALUES ('1,a,5'), ('x,b,6'), ('3,c,y'), ('4,d,7')",
            "CREATE TABLE d.csv (id INT, k STRING, n INT) USING csv OPTIONS (mode 'DROPMALFORMED') LOCATION '@folder@/csv'",
        ],
        sql: "CREATE TABLE d.r1 USING parquet AS SELECT id FROM d.csv;\n\
              CREATE TABLE d.r2 USING parquet AS SELECT k FROM d.csv;\n\
              CREATE TABLE d.r3 USING parquet AS SELECT n FROM d.csv;",
        lie: |facts| known(facts, "d.csv").rows_depend_on_columns = false,
    },
    Falsehood {
        name: "columns_in_another_order",
        setup: &[
            "CREATE DATABASE d",
            "CREATE TABLE d.t (a INT, b INT) USING parquet",
            "INSERT INTO d.t VALUES (1, 2), (3, 4)",
        ],
        sql: "CREATE TABLE d.r1 USING parquet AS SELECT * FROM d.t;\n\
              CREATE TABLE d.r2 USING parquet AS SELECT a FROM d.t;\n\
              CREATE TABLE d.r3 USING parquet AS SELECT b FROM d.t;",
        lie: |facts| known(facts, "d.t").columns.reverse(),
    },
];

fn known<'f>(facts: &'f mut Facts, name: &str) -> &'f mut hoist::facts::catalog::TableFacts {
    facts.tables.get_mut(name).unwrap()
}

impl Falsehood {
    fn pipeline(&self) -> Pipeline {
        Pipeline {
            name: self.name.to_owned(),
            setup: self.setup.iter().map(|text| (*text).to_owned()).collect(),
            files: vec![("1.sql".to_owned(), self.sql.to_owned())],
            ..Pipeline::default()
        }
    }
}

#[test]
fn what_check_must_trust_is_caught_by_running_both_versions() {
    block_on(async {
        let mut harness = Harness::open(Catalog::InMemory).await;
        let mut found: BTreeMap<&str, (Vec<String>, Vec<String>)> = BTreeMap::new();
        for falsehood in &FALSEHOODS {
            let pipeline = falsehood.pipeline();
            let honest = harness.compare(&pipeline).await;
            assert_eq!(honest.plain.record.failures, [], "{}", falsehood.name);
            harness.set_up(&pipeline).await;
            let planned = harness.plan_believing(&pipeline, falsehood.lie).await;
            assert!(!planned.plan.frames.is_empty(), "{}", falsehood.name);
            let hoisted = harness.run(&pipeline, &planned, &planned.hoisted()).await;
            let deceived = Report {
                planned,
                plain: honest.plain.clone(),
                hoisted,
            };
            found.insert(
                falsehood.name,
                (honest.differences(), deceived.differences()),
            );
        }
        harness.close().await;
        for (name, (honest, deceived)) in &found {
            assert!(honest.is_empty(), "{name}: {honest:?}");
            assert!(
                !deceived.is_empty(),
                "{name}: the falsehood changes nothing"
            );
        }
    });
}
