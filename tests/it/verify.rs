//! Verification on real Spark: the user's session, then one session for each side.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use hoist::planner::emit::{Language, ProgramText};
use hoist::runtime::engine::Want;
use hoist::runtime::engine::local::{CatalogKind, Local};
use hoist::runtime::run::{Cancel, RunInput, RunOptions, SystemClock, Work};
use hoist::runtime::verify::{Outputs, Verdict, VerifyInput, capture, verify};

use crate::local_engine::{block_on, done, open, options, processes, sql};
use crate::run::{finish, frame, reader, release, statement, step};

const SOURCES: [&str; 9] = [
    "CREATE DATABASE d",
    "CREATE TABLE d.wide (id BIGINT, kind STRING, x DOUBLE, m MAP<STRING, INT>) USING parquet",
    "INSERT INTO d.wide SELECT id, if(id % 7 = 0, NULL, concat('k', id % 5)), if(id % 11 = 0, double('NaN'), id / 3D), \
     map('b', 1, 'a', int(id)) FROM range(1000)",
    "CREATE TABLE d.parts (id BIGINT, p STRING) USING orc PARTITIONED BY (p)",
    "INSERT INTO d.parts SELECT id, if(id = 3, NULL, concat('p ', id % 3)) FROM range(30)",
    "CREATE VIEW d.shown AS SELECT id, p FROM d.parts WHERE id > 1",
    "CREATE TABLE d.target (kind STRING, n BIGINT, x DOUBLE) USING parquet",
    "INSERT INTO d.target VALUES ('old', 1, 1)",
    "CREATE TABLE d.log (n BIGINT) USING parquet",
];

const TARGET: &str =
    "INSERT OVERWRITE d.target SELECT kind, count(*), sum(x) FROM d.wide GROUP BY kind";
const LOG: &str = "INSERT INTO d.log SELECT count(*) FROM d.shown";
const SHOWN: &str = "SELECT id, m, x FROM d.wide WHERE id < 50 ORDER BY id DESC";
const MARKED: &str = "CREATE TABLE d.marked USING parquet PARTITIONED BY (p) AS \
                      SELECT id, rand() AS r, id % 3 AS p FROM d.wide";
const TAGGED: &str =
    "CREATE TABLE d.tagged USING parquet AS SELECT id, kind, uuid() AS u FROM d.wide";
const MADE: &str = "log = spark.table('d.log').toDF('m')\n\
                    spark.table('d.target').join(log).write.saveAsTable('d.made')";

fn python(number: u32) -> hoist::runtime::run::RunStep {
    let mut made = step(number, Work::Run(statement("m.py", 1, "python")), &[]);
    made.texts.push(ProgramText {
        language: Language::Python,
        text: MADE.to_owned(),
        namespaced: false,
    });
    made
}

fn plain() -> RunInput {
    RunInput {
        start: Vec::new(),
        steps: vec![
            step(
                1,
                Work::Run(statement("a.sql", 1, "insert_overwrite")),
                &[TARGET],
            ),
            step(2, Work::Run(statement("b.sql", 1, "insert_into")), &[LOG]),
            step(3, Work::Run(statement("c.sql", 1, "query")), &[SHOWN]),
            python(4),
            step(
                5,
                Work::Run(statement("n.sql", 1, "create_table_as")),
                &[MARKED],
            ),
            step(
                6,
                Work::Run(statement("t.sql", 1, "create_table_as")),
                &[TAGGED],
            ),
        ],
        finish: Vec::new(),
    }
}

/// The same with a frame over `d.wide`, except that the bare query is given one row less, and that beside the column
/// which changes with every run another one has a wrong value.
fn hoisted() -> RunInput {
    let framed = |text: &str| text.replace("d.wide", "{ns}_wide_1");
    RunInput {
        start: Vec::new(),
        steps: vec![
            frame(1, "SELECT * FROM d.wide"),
            step(
                2,
                reader("a.sql", "insert_overwrite", TARGET),
                &[&framed(TARGET)],
            ),
            step(3, Work::Run(statement("b.sql", 1, "insert_into")), &[LOG]),
            step(
                4,
                reader("c.sql", "query", SHOWN),
                &[&framed(SHOWN).replace("50", "49")],
            ),
            release(5),
            python(6),
            step(
                7,
                Work::Run(statement("n.sql", 1, "create_table_as")),
                &[MARKED],
            ),
            step(
                8,
                Work::Run(statement("t.sql", 1, "create_table_as")),
                &[&TAGGED.replace("kind,", "if(id = 8, 'k8', kind) AS kind,")],
            ),
        ],
        finish: finish(),
    }
}

/// Every data file below a folder with its bytes.
fn files(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.to_string_lossy().contains("/d.db/") {
                found.push((path.clone(), fs::read(path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn both_runs_are_compared_without_touching_the_tables() {
    let home = tempfile::tempdir().unwrap();
    let sandboxes = tempfile::tempdir().unwrap();
    block_on(async {
        // The user's session; its tables live as long as it does.
        let mut users = Local::new(options(home.path(), CatalogKind::InMemory));
        open(&mut users).await;
        for text in SOURCES {
            done(&mut users, sql(text, Want::Nothing)).await;
        }
        let names = ["d.wide", "d.shown", "d.target", "d.log", "d.made"].map(str::to_owned);
        let state = capture(&mut users, &names, None).await.unwrap();
        let before = files(home.path());
        assert!(before.len() > 5, "{}", before.len());

        let outputs = Outputs {
            tables: ["d.target", "d.log", "d.made", "d.marked", "d.tagged"]
                .map(str::to_owned)
                .into(),
            ordered: [(("c.sql".to_owned(), 1), vec!["id".to_owned()])].into(),
            ..Outputs::default()
        };
        let options_of_run = RunOptions {
            run: "0a1b2c3d".to_owned(),
            root: home.path().to_owned(),
            ..RunOptions::default()
        };
        let input = VerifyInput {
            plain: &plain(),
            hoisted: &hoisted(),
            outputs: &outputs,
            state: &state,
            database: None,
            twice: true,
            options: &options_of_run,
        };
        let comparison = verify(
            &mut |folder: &Path| Local::new(options(folder, CatalogKind::InMemory)),
            sandboxes.path(),
            &input,
            &Cancel::default(),
            &SystemClock::new(),
            &mut |_, _| {},
        )
        .await
        .unwrap();

        // `d.target` is overwritten, `d.log` appended to, `d.made` made by Python, `c` a result.
        let found: Vec<(&str, u64, &Verdict)> = comparison
            .outputs
            .iter()
            .map(|output| (output.name.as_str(), output.rows_plain, &output.verdict))
            .collect();
        let different = Verdict::Different("49 rows instead of 50".to_owned());
        let planted = Verdict::Different("other values in `kind`".to_owned());
        assert_eq!(
            found,
            [
                ("d.log", 1, &Verdict::Equal),
                ("d.made", 6, &Verdict::Equal),
                ("d.marked", 1000, &Verdict::Equal),
                ("d.tagged", 1000, &planted),
                ("d.target", 6, &Verdict::Equal),
                ("c", 50, &different),
            ]
        );
        let unstable: Vec<(&str, &BTreeSet<String>)> = comparison
            .outputs
            .iter()
            .filter(|output| !output.unstable.is_empty())
            .map(|output| (output.name.as_str(), &output.unstable.columns))
            .collect();
        assert_eq!(
            unstable,
            [
                ("d.marked", &["r".to_owned()].into()),
                ("d.tagged", &["u".to_owned()].into()),
            ]
        );
        // There is a difference, so the plain pipeline ran once more.
        assert_eq!(comparison.plain_runs, 3);
        assert!(!comparison.holds());
        assert!(comparison.notes.is_empty(), "{comparison:?}");
        assert!(comparison.left_behind.is_empty(), "{comparison:?}");
        assert!(comparison.lost.is_empty(), "{comparison:?}");

        assert!(
            before == files(home.path()),
            "the user's files are untouched"
        );
        assert_eq!(fs::read_dir(sandboxes.path()).unwrap().count(), 0);
        assert!(processes(sandboxes.path()).is_empty());
        hoist::runtime::engine::Engine::close(&mut users)
            .await
            .unwrap();
    });
}

#[test]
fn folders_are_led_into_the_sandbox_and_compared() {
    let home = tempfile::tempdir().unwrap();
    let sandboxes = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    let (lines, rows) = (out.join("lines"), out.join("rows"));
    let write = |folder: &Path, format: &str, rows: u32| {
        format!(
            "INSERT OVERWRITE LOCAL DIRECTORY '{}' USING {format} SELECT id, id % 3 AS k FROM range({rows})",
            folder.display()
        )
    };
    let input = |last: u32| RunInput {
        start: Vec::new(),
        steps: vec![
            step(
                1,
                Work::Run(statement("l.sql", 1, "insert_directory")),
                &[&write(&lines, "csv", 10)],
            ),
            step(
                2,
                Work::Run(statement("r.sql", 1, "insert_directory")),
                &[&write(&rows, "parquet", last)],
            ),
        ],
        finish: Vec::new(),
    };
    block_on(async {
        let mut users = Local::new(options(home.path(), CatalogKind::InMemory));
        open(&mut users).await;
        let state = capture(&mut users, &[], None).await.unwrap();
        hoist::runtime::engine::Engine::close(&mut users)
            .await
            .unwrap();
        let options_of_run = RunOptions {
            run: "0a1b2c3d".to_owned(),
            ..RunOptions::default()
        };
        let verified = VerifyInput {
            plain: &input(10),
            hoisted: &input(11),
            outputs: &Outputs::default(),
            state: &state,
            database: None,
            twice: false,
            options: &options_of_run,
        };
        let comparison = verify(
            &mut |folder: &Path| Local::new(options(folder, CatalogKind::InMemory)),
            sandboxes.path(),
            &verified,
            &Cancel::default(),
            &SystemClock::new(),
            &mut |_, _| {},
        )
        .await
        .unwrap();
        let found: Vec<(&str, u64, &Verdict)> = comparison
            .outputs
            .iter()
            .map(|output| (output.name.as_str(), output.rows_plain, &output.verdict))
            .collect();
        let different = Verdict::Different("11 rows instead of 10".to_owned());
        assert_eq!(
            found,
            [
                (lines.to_str().unwrap(), 10, &Verdict::Equal),
                (rows.to_str().unwrap(), 10, &different),
            ]
        );
        assert!(comparison.left_behind.is_empty(), "{comparison:?}");
        assert!(!out.exists(), "the user's folders are untouched");
        assert_eq!(fs::read_dir(sandboxes.path()).unwrap().count(), 0);
    });
}
