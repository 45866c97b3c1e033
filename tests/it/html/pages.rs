//! Pages to look at, made on the command line.

use std::fmt::Write as _;

use crate::cli::Folder;
use crate::cli::sample::sample;

/// The report on the sample.
pub(super) fn of_the_sample() -> String {
    let folder = sample();
    report(
        &folder,
        &["queries", "--catalog", "catalog.json", "--format", "html"],
    )
}

/// What `hoist report` prints.
pub(super) fn report(folder: &Folder, arguments: &[&str]) -> String {
    let ran = folder.hoist(&[&["report"], arguments].concat());
    ran.ends(0);
    ran.stdout()
}

/// A small pipeline in `p/` of which a frame serves three readers, as it was in `base/`, and the journal of a run of it.
pub(super) fn small() -> Folder {
    let reader = |name: &str, year: u32| {
        format!(
            "INSERT OVERWRITE TABLE mart.{name}\nSELECT id, amount\nFROM raw.orders\nWHERE day >= '{year}-01-01';\n"
        )
    };
    Folder::new(&[
        ("catalog.json", CATALOG),
        ("run.jsonl", JOURNAL),
        ("p/hoist.toml", "[planner]\nmargin = 1.0\n"),
        ("p/1_old.sql", &reader("old", 2020)),
        ("p/2_new.sql", &reader("new", 2022)),
        ("p/3_sums.sql", SUMS),
        ("p/4_rest.sql", "SELECT x FROM mart.sums a, mart.new b;\n"),
        ("base/1_old.sql", &reader("old", 2020)),
        (
            "base/2_new.sql",
            "INSERT OVERWRITE TABLE mart.new\nSELECT id, amount FROM raw.orders LIMIT 5;\n",
        ),
    ])
}

const SUMS: &str = "\
INSERT OVERWRITE TABLE mart.sums
SELECT
  id,
  sum(amount) AS amount
FROM raw.orders
WHERE day >= '2021-01-01'
GROUP BY id;
";

/// A table that is dear to read: 200 MiB of CSV.
const CATALOG: &str = r#"{"schema": "hoist-catalog/1", "catalog": {"spark_version": "3.5.6", "tables": {
  "raw.orders": {"kind": "managed", "provider": "csv", "location": "file:/raw/orders", "size_bytes": 209715200, "partition_columns": [], "rows": null,
    "columns": [{"name": "id", "type": "bigint", "nullable": true}, {"name": "amount", "type": "decimal(12,2)", "nullable": true},
                {"name": "day", "type": "date", "nullable": true}, {"name": "note", "type": "string", "nullable": true}]},
  "mart.old": {"kind": "managed", "provider": "parquet", "location": "file:/mart/old", "size_bytes": 1000, "partition_columns": [], "rows": null,
    "columns": [{"name": "id", "type": "bigint", "nullable": true}, {"name": "amount", "type": "decimal(12,2)", "nullable": true}]},
  "mart.new": {"kind": "managed", "provider": "parquet", "location": "file:/mart/new", "size_bytes": 1000, "partition_columns": [], "rows": null,
    "columns": [{"name": "id", "type": "bigint", "nullable": true}, {"name": "amount", "type": "decimal(12,2)", "nullable": true}]},
  "mart.sums": {"kind": "managed", "provider": "parquet", "location": "file:/mart/sums", "size_bytes": 1000, "partition_columns": [], "rows": null,
    "columns": [{"name": "id", "type": "bigint", "nullable": true}, {"name": "amount", "type": "decimal(22,2)", "nullable": true}]}
}}}
"#;

/// A run of the small pipeline's plan.
const JOURNAL: &str = r#"{"at":1000,"schema":"hoist-run/1","event":"journal_opened","run":"7f3a"}
{"at":2000,"event":"run_started","run":"7f3a","steps":6,"statements":4,"frames":1}
{"at":2010,"event":"step_started","step":1,"kind":"materialise","title":"orders_1","estimate_micros":9000000}
{"at":7010,"event":"step_finished","step":1,"micros":5000000,"measured":{"wall_micros":4900000,"busy_micros":9800000,"cpu_micros":9000000,"read_bytes":1,"read_rows":1,"shuffle_bytes":0,"spill_bytes":0,"rows_written":0,"bytes_written":0,"frames":{"orders_1":{"parts":2,"held":2,"memory_bytes":31000000,"disk_bytes":0}}}}
{"at":7011,"event":"step_started","step":2,"kind":"run","title":"1_old.sql:1"}
{"at":8011,"event":"step_finished","step":2,"micros":1000000}
{"at":8012,"event":"step_started","step":3,"kind":"run","title":"2_new.sql:1"}
{"at":8812,"event":"step_finished","step":3,"micros":800000}
{"at":8813,"event":"step_started","step":4,"kind":"run","title":"3_sums.sql:1"}
{"at":9513,"event":"step_finished","step":4,"micros":700000}
{"at":9514,"event":"step_started","step":5,"kind":"release","title":"orders_1"}
{"at":9600,"event":"step_finished","step":5,"micros":86000}
{"at":9601,"event":"step_started","step":6,"kind":"run","title":"4_rest.sql:1"}
{"at":10101,"event":"step_failed","step":6,"micros":500000,"place":"4_rest.sql:1","class":"AnalysisException","message":"no column x"}
{"at":10200,"event":"run_finished","outcome":"failed","micros":8200000}
"#;

/// The report on the small pipeline, with what it is compared with and a run of it.
pub(super) fn of_the_small_one(folder: &Folder) -> String {
    report(
        folder,
        &[
            "p",
            "--catalog",
            "catalog.json",
            "--base",
            "base",
            "--journal",
            "run.jsonl",
            "--format",
            "html",
        ],
    )
}

/// A pipeline of many statements over shared tables, of every fifth of which others read what it wrote.
pub(super) fn large(statements: usize) -> Folder {
    let tables = statements / 20 + 2;
    let columns = |last: &str| {
        format!(
            r#"[{{"name": "id", "type": "bigint", "nullable": true}}, {{"name": "{last}", "type": "decimal(12,2)", "nullable": true}}, {{"name": "day", "type": "date", "nullable": true}}]"#
        )
    };
    let mut catalog = String::new();
    let mut table = |name: &str, provider: &str, bytes: u64, last: &str| {
        let comma = if catalog.is_empty() { "" } else { ",\n" };
        let _ = write!(
            catalog,
            r#"{comma}"{name}": {{"kind": "managed", "provider": "{provider}", "location": "file:/w/{name}", "size_bytes": {bytes}, "partition_columns": [], "rows": null, "columns": {}}}"#,
            columns(last)
        );
    };
    for number in 0..tables {
        table(&format!("raw.t{number}"), "csv", 1 << 28, "amount");
    }
    let folder = Folder::new(&[]);
    for number in 0..statements {
        let (from, year) = (number % tables, 2015 + number % 10);
        table(&format!("mart.m{number}"), "parquet", 1 << 22, "amount");
        let query = if number % 5 == 4 {
            let written = number - 1 - number % 3;
            format!(
                "SELECT id, sum(amount) AS amount, max(day) AS day\nFROM mart.m{written}\nGROUP BY id"
            )
        } else {
            format!("SELECT id, amount, day\nFROM raw.t{from}\nWHERE day >= '{year}-01-01'")
        };
        let text = format!("INSERT OVERWRITE TABLE mart.m{number}\n{query};\n");
        folder.write(&format!("p/{number:04}_step.sql"), text.as_bytes());
    }
    let catalog = format!(
        "{{\"schema\": \"hoist-catalog/1\", \"catalog\": {{\"spark_version\": \"3.5.6\", \"tables\": {{{catalog}}}}}}}"
    );
    folder.write("catalog.json", catalog.as_bytes());
    folder
}
