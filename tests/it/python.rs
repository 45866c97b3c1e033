//! Python files on real Spark: what they share with each other and with SQL between them is the same hoisted and plain.

use std::collections::BTreeMap;

use hoist::frontend::source::Variables;
use hoist::frontend::statement::StatementKind;

use crate::differential::{Catalog, Harness, Pipeline, Report};
use crate::local_engine::block_on;

fn pipeline(name: &str, files: &[(&str, &str)]) -> Pipeline {
    let rows = "SELECT id AS k, id % 5 AS x, concat('n', id) AS name FROM range(0, 40)";
    Pipeline {
        name: name.to_owned(),
        setup: vec![
            "CREATE DATABASE IF NOT EXISTS d".to_owned(),
            format!("CREATE TABLE d.a USING parquet AS {rows}"),
            format!("CREATE TABLE d.b USING parquet AS {rows}"),
        ],
        files: files
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect(),
        variables: Variables::from([("least".to_owned(), "2".to_owned())]),
        keys: BTreeMap::new(),
        ..Pipeline::default()
    }
}

/// Readers enough that `d.a` gets a frame.
const READERS: &str = "CREATE TABLE d.one USING parquet AS SELECT k, x FROM d.a WHERE x > 1;
CREATE TABLE d.two USING parquet AS SELECT k, name FROM d.a WHERE x > 2;
SELECT count(*) AS n, sum(x) AS s FROM d.a WHERE x > 1;
";

fn load_process_save() -> Pipeline {
    pipeline(
        "three_files",
        &[
            (
                "1_load.py",
                "LEAST = int(hoist_vars['least'])\nrows = spark.table('d.a')\nother = spark.table('d.b')\n",
            ),
            ("2_read.sql", READERS),
            (
                "3_write.sql",
                "INSERT INTO d.a SELECT k + 100, x, name FROM d.b WHERE x = 3;",
            ),
            (
                "4_process.py",
                "from pyspark.sql import functions as F\n\ndef save(frame, table):\n    \
                 frame.write.mode('overwrite').saveAsTable(table)\n\n\
                 clean = rows.filter(F.col('x') >= LEAST).join(other.select('k'), 'k', 'left')\n",
            ),
            (
                "5_read.sql",
                "SELECT count(*) AS n FROM d.a WHERE x > 1; SELECT max(k) AS k FROM d.a WHERE x > 2;",
            ),
            (
                "6_save.py",
                "save(clean.select('k', 'name'), 'd.clean')\nclean.createOrReplaceTempView('clean_rows')\n",
            ),
            (
                "7_read.sql",
                "CREATE TABLE d.last USING parquet AS SELECT c.k, v.x FROM d.clean c JOIN clean_rows v ON c.k = v.k;",
            ),
        ],
    )
}

/// Without a header, with one for a part that is not seen, and a part that is not seen without one.
fn seen_and_not() -> Pipeline {
    pipeline(
        "seen_and_not",
        &[
            ("1_read.sql", READERS),
            (
                "2_seen.py",
                "for name in ['x', 'y']:\n    spark.sql(f'INSERT INTO d.b SELECT k + 200, x, \"{name}\" FROM d.a')\n",
            ),
            (
                "3_read.sql",
                "SELECT count(*) AS n FROM d.b WHERE x > 1; SELECT max(k) AS k FROM d.b WHERE x > 2; SELECT sum(x) AS s FROM d.b WHERE x > 1;",
            ),
            (
                "4_declared.py",
                "# hoist: reads d.a; writes d.b\nexec(\"spark.table('d.a').write.insertInto('d.b')\")\n",
            ),
            (
                "5_read.sql",
                "SELECT count(*) AS n FROM d.b WHERE x > 1; SELECT max(k) AS k FROM d.b WHERE x > 2;",
            ),
            (
                "6_hidden.py",
                "exec(\"spark.sql('INSERT INTO d.a SELECT k + 300, x, name FROM d.b WHERE x = 1')\")\n",
            ),
            (
                "7_read.sql",
                "SELECT count(*) AS n FROM d.a WHERE x > 1; SELECT max(k) AS k FROM d.a WHERE x > 2; SELECT sum(x) AS s FROM d.a WHERE x > 1;",
            ),
        ],
    )
}

fn barriers(report: &Report) -> Vec<String> {
    let workload = &report.planned.workload;
    let statements = workload.statements.iter().zip(&workload.accesses);
    statements
        .filter(|(_, access)| access.barrier.is_some())
        .map(|(statement, _)| {
            assert!(matches!(statement.kind, StatementKind::Python(_)));
            report.planned.sources.place(statement.span)
        })
        .collect()
}

#[test]
fn python_files_give_the_same_hoisted_and_plain() {
    block_on(async {
        let mut harness = Harness::open(Catalog::InMemory).await;
        for (pipeline, expected) in [
            (load_process_save(), &[][..]),
            (seen_and_not(), &["6_hidden.py:1"][..]),
        ] {
            let report = harness.compare(&pipeline).await;
            assert_eq!(
                report.differences(),
                Vec::<String>::new(),
                "{}",
                pipeline.name
            );
            assert_eq!(barriers(&report), expected, "{}", pipeline.name);
            let used = report
                .hoisted
                .used
                .values()
                .map(std::collections::BTreeSet::len);
            assert!(
                used.sum::<usize>() > 0,
                "{}: no frame was read",
                pipeline.name
            );
            let ended = report
                .plain
                .outputs
                .keys()
                .any(|name| name.starts_with("table d."));
            assert!(ended, "{:?}", report.plain.outputs.keys());
        }
        harness.close().await;
    });
}
