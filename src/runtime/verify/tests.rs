//! Verification against engines that follow a script.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;

use super::*;
use crate::planner::emit::{Language, ProgramText};
use crate::runtime::engine::Want;
use crate::runtime::fake::{Fake, Reply};
use crate::runtime::run::{RunStatement, RunStep, Work};

#[derive(Default)]
struct Ticks(AtomicU64);

impl Clock for Ticks {
    fn epoch_micros(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

fn pipeline(texts: &[&str]) -> RunInput {
    let steps = texts.iter().zip(1..).map(|(text, number)| RunStep {
        number,
        work: Work::Run(RunStatement {
            file: "a.sql".to_owned(),
            line: number,
            number,
            kind: if text.starts_with("SELECT") {
                "query".to_owned()
            } else {
                "insert_into".to_owned()
            },
            ..RunStatement::default()
        }),
        texts: vec![ProgramText {
            language: Language::Sql,
            text: (*text).to_owned(),
            namespaced: false,
        }],
    });
    RunInput {
        start: Vec::new(),
        steps: steps.collect(),
        finish: Vec::new(),
    }
}

fn state() -> State {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    State {
        json: json!({"tables": []}),
        tables: names(&["d.read", "d.written"]),
        views: names(&["d.view"]),
        locations: Vec::new(),
    }
}

fn outputs() -> Outputs {
    Outputs {
        tables: ["d.written".to_owned(), "d.made".to_owned()].into(),
        ordered: BTreeMap::from([(("a.sql".to_owned(), 2), vec!["x".to_owned()])]),
        barriers: Vec::new(),
        shown: BTreeMap::new(),
    }
}

fn digest(rows: u64) -> serde_json::Value {
    json!({"rows": rows, "hash": "1"})
}

fn engine(digests: &serde_json::Value, holdings: &serde_json::Value) -> Fake {
    Fake::default()
        .on("Rebuilds a state", Reply::Value(json!(["d.read"])))
        .on("its catalog hold", Reply::Value(holdings.clone()))
        .on("Digests of tables", Reply::Value(digests.clone()))
}

fn holdings() -> serde_json::Value {
    json!({
        "databases": ["d"],
        "tables": ["d.read", "d.written", "d.made", "d.view", "d.surprise"],
        "temporary_views": ["users"],
        "cached": 0,
    })
}

struct Setup {
    plain: RunInput,
    hoisted: RunInput,
    outputs: Outputs,
    folder: tempfile::TempDir,
    cancel: Cancel,
}

impl Setup {
    fn new() -> Self {
        Setup {
            plain: pipeline(&["INSERT INTO d.made", "SELECT 1"]),
            hoisted: pipeline(&["INSERT hoisted", "SELECT hoisted"]),
            outputs: outputs(),
            folder: tempfile::tempdir().unwrap(),
            cancel: Cancel::default(),
        }
    }

    /// Verifies with one engine per run, with two plain runs where there are more than two engines; also gives what each engine was asked.
    async fn verify<const N: usize>(
        &self,
        engines: [Fake; N],
    ) -> (Result<Comparison, VerifyError>, Vec<PathBuf>) {
        let options = RunOptions {
            run: "7f".to_owned(),
            ..RunOptions::default()
        };
        let state = state();
        let input = VerifyInput {
            plain: &self.plain,
            hoisted: &self.hoisted,
            outputs: &self.outputs,
            state: &state,
            database: None,
            twice: N > 2,
            options: &options,
        };
        let mut engines = engines.into_iter();
        let mut folders = Vec::new();
        let mut make = |folder: &Path| {
            assert!(folder.is_dir());
            folders.push(folder.to_owned());
            engines.next().unwrap()
        };
        let result = verify(
            &mut make,
            self.folder.path(),
            &input,
            &self.cancel,
            &Ticks::default(),
            &mut |_, _| {},
        )
        .await;
        (result, folders)
    }

    fn is_empty(&self) -> bool {
        self.folder.path().read_dir().unwrap().next().is_none()
    }
}

#[tokio::test]
async fn equal_runs_hold_and_leave_no_folder() {
    let setup = Setup::new();
    let digests = json!({"d.made": digest(3), "d.written": digest(5), "query a": digest(1)});
    let (result, folders) = setup
        .verify([engine(&digests, &holdings()), engine(&digests, &holdings())])
        .await;
    let comparison = result.unwrap();
    assert!(comparison.holds(), "{comparison:?}");
    let names: Vec<(&str, u64)> = comparison
        .outputs
        .iter()
        .map(|output| (output.name.as_str(), output.rows_hoisted))
        .collect();
    assert_eq!(names, [("d.made", 3), ("d.written", 5), ("a", 1)]);
    assert_ne!(folders[0], folders[1]);
    assert!(setup.is_empty());
}

#[tokio::test]
async fn a_difference_and_a_leftover_are_told() {
    let setup = Setup::new();
    let plain = json!({"d.made": digest(3)});
    let hoisted = json!({"d.made": digest(2), "d.extra": digest(1)});
    let mut more = holdings();
    more["temporary_views"] = json!(["users", "hoist_7f_g"]);
    more["cached"] = json!(2);
    let (result, _) = setup
        .verify([engine(&plain, &holdings()), engine(&hoisted, &more)])
        .await;
    let comparison = result.unwrap();
    assert!(!comparison.holds());
    assert_eq!(
        comparison.left_behind,
        ["temporary view `hoist_7f_g`", "2 cached data sets"]
    );
    let verdicts: Vec<_> = comparison
        .outputs
        .iter()
        .map(|output| (output.name.as_str(), &output.verdict))
        .collect();
    assert_eq!(verdicts.len(), 2);
    assert_eq!(
        verdicts[0],
        (
            "d.extra",
            &Verdict::Different("there only after the hoisted run".to_owned())
        )
    );
    assert_eq!(
        verdicts[1],
        (
            "d.made",
            &Verdict::Different("2 rows instead of 3".to_owned())
        )
    );
}

#[tokio::test]
async fn a_failing_run_names_its_side_and_leaves_no_folder() {
    let setup = Setup::new();
    let digests = json!({});
    let broken = Fake::default()
        .on("INSERT hoisted", Reply::fails("X", "boom"))
        .on("Rebuilds", Reply::Value(json!([])));
    let (result, _) = setup.verify([engine(&digests, &holdings()), broken]).await;
    let error = result.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the hoisted run failed at a.sql:1: X: boom"
    );
    assert!(setup.is_empty());
}

#[tokio::test]
async fn an_interrupt_leaves_no_folder() {
    // While the state is prepared, while a statement runs, while digests are computed.
    for pattern in ["Rebuilds", "INSERT", "Digests"] {
        let setup = Setup::new();
        let hang = Reply::Hangs(Some((setup.cancel.clone(), 1)));
        let hanging = Fake::default()
            .on(pattern, hang)
            .on("Rebuilds", Reply::Value(json!([])))
            .on("its catalog hold", Reply::Value(holdings()));
        let (result, folders) = setup.verify([hanging, Fake::default()]).await;
        assert!(
            matches!(result, Err(VerifyError::Interrupted)),
            "{pattern}: {result:?}"
        );
        assert_eq!(folders.len(), 1);
        assert!(setup.is_empty());
    }
}

#[tokio::test]
async fn a_statement_that_names_a_folder_is_refused_before_anything_runs() {
    let mut setup = Setup::new();
    setup.plain = pipeline(&["INSERT INTO csv.`/data` SELECT 1"]);
    let (result, folders) = setup.verify([Fake::default(), Fake::default()]).await;
    assert_eq!(
        result.unwrap_err().to_string(),
        "a.sql:1 has `CSV`, so it may write outside of the sandbox"
    );
    assert!(folders.is_empty());
}

/// Plays one side and gives what its engine was asked.
async fn asked(outputs: &Outputs) -> Vec<crate::runtime::engine::Submission> {
    use std::sync::{Arc, Mutex};

    use crate::runtime::engine::{
        EngineError, Notice, SessionInfo, Status, Submission, SubmissionId,
    };

    /// Passes on and remembers.
    struct Spy(Fake, Arc<Mutex<Vec<Submission>>>);
    impl Engine for Spy {
        async fn open(
            &mut self,
            notify: &mut (dyn FnMut(Notice) + Send),
        ) -> Result<SessionInfo, EngineError> {
            self.0.open(notify).await
        }
        async fn submit(&mut self, submission: Submission) -> Result<SubmissionId, EngineError> {
            self.1.lock().unwrap().push(submission.clone());
            self.0.submit(submission).await
        }
        async fn poll(&mut self, id: SubmissionId) -> Result<Status, EngineError> {
            self.0.poll(id).await
        }
        async fn cancel(&mut self, id: SubmissionId) -> Result<(), EngineError> {
            self.0.cancel(id).await
        }
        async fn close(&mut self) -> Result<(), EngineError> {
            self.0.close().await
        }
    }

    let folder = tempfile::tempdir().unwrap();
    let plain = pipeline(&["INSERT INTO d.made", "SELECT 1"]);
    let (state, options) = (state(), RunOptions::default());
    let input = VerifyInput {
        plain: &plain,
        hoisted: &plain,
        outputs,
        state: &state,
        database: None,
        twice: false,
        options: &options,
    };
    let seen = Arc::new(Mutex::new(Vec::new()));
    side::Sides {
        make: &mut |_: &Path| Spy(engine(&json!({}), &holdings()), Arc::clone(&seen)),
        folder: folder.path(),
        input: &input,
        folders: &Folders::default(),
        cancel: &Cancel::default(),
        clock: &Ticks::default(),
        watch: &mut |_, _| {},
    }
    .run(Side::Plain, &Known::default())
    .await
    .unwrap();
    let seen = seen.lock().unwrap();
    seen.clone()
}

#[tokio::test]
async fn only_written_tables_are_copied_and_everything_found_is_compared() {
    let asked = asked(&outputs()).await;
    assert_eq!(asked[0].variables["copied"], r#"["d.written"]"#);
    assert!(matches!(asked[2].want, Want::Parquet { .. }));
    let digests: Vec<serde_json::Value> =
        serde_json::from_str(&asked[4].variables["outputs"]).unwrap();
    let names: Vec<&str> = digests
        .iter()
        .map(|output| output["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["d.made", "d.surprise", "d.written", "query a"]);
    assert_eq!(digests[3]["order"], json!(["x"]));
}

#[tokio::test]
async fn behind_a_barrier_every_table_is_copied_and_compared() {
    let outputs = Outputs {
        barriers: vec!["b.py:1".to_owned()],
        ..outputs()
    };
    let asked = asked(&outputs).await;
    assert_eq!(asked[0].variables["copied"], r#"["d.read","d.written"]"#);
    assert!(asked[4].variables["outputs"].contains("\"d.read\""));
}

#[tokio::test]
async fn the_state_names_its_tables_and_views() {
    let answer = json!({
        "current": "default",
        "databases": ["d"],
        "tables": [{"name": "d.t", "kind": "managed"}],
        "views": [{"name": "d.v", "kind": "view"}],
    });
    let mut engine = Fake::default().on("What a pipeline finds", Reply::Value(answer.clone()));
    let state = capture(&mut engine, &["d.v".to_owned()], None)
        .await
        .unwrap();
    assert!(state.tables.contains("d.t") && state.views.contains("d.v"));
    assert_eq!(state.json, answer);
}

/// A table of a key, an unstable column and a text: digests with all columns, and without the unstable one.
fn row(key: u64, chance: u64, text: u64, together: &str) -> serde_json::Value {
    json!({"rows": 3, "hash": together, "exact": [
        {"column": "k", "hash": key, "without": 0},
        {"column": "U", "hash": chance, "without": 0},
        {"column": "t", "hash": text, "without": 0},
    ]})
}

/// An engine that is asked for digests of `d.made` as they are, and once more without the unstable column.
fn sides(whole: &serde_json::Value, stable: &serde_json::Value) -> Fake {
    Fake::default()
        .on("Rebuilds a state", Reply::Value(json!(["d.read"])))
        .on("its catalog hold", Reply::Value(holdings()))
        .on(
            r#""unstable":["u"]"#,
            Reply::Value(json!({"d.made": stable})),
        )
        .on("Digests of tables", Reply::Value(json!({"d.made": whole})))
}

#[tokio::test]
async fn an_unstable_column_is_not_held_against_the_hoisted_run() {
    let setup = Setup::new();
    let (result, folders) = setup
        .verify([
            sides(&row(1, 10, 3, "100"), &json!({})),
            sides(&row(1, 20, 3, "200"), &row(1, 20, 3, "7")),
            sides(&json!({}), &row(1, 30, 3, "7")),
        ])
        .await;
    let comparison = result.unwrap();
    assert!(comparison.holds(), "{comparison:?}");
    assert_eq!((comparison.plain_runs, folders.len()), (2, 3));
    let made = &comparison.outputs[0];
    assert_eq!(made.unstable.columns, ["u".to_owned()].into());
    assert!(made.notes[0].contains("`u`"), "{made:?}");
}

#[tokio::test]
async fn a_difference_beside_an_unstable_column_is_told() {
    for (hoisted, reason) in [
        (row(1, 30, 4, "8"), "other values in `t`"),
        (
            row(1, 30, 3, "8"),
            "the columns hold the same values, but not in the same rows",
        ),
    ] {
        let setup = Setup::new();
        let (result, folders) = setup
            .verify([
                sides(&row(1, 10, 3, "100"), &json!({})),
                sides(&row(1, 20, 3, "200"), &row(1, 20, 3, "7")),
                sides(&json!({}), &hoisted),
                sides(&json!({}), &row(1, 40, 3, "7")),
            ])
            .await;
        let comparison = result.unwrap();
        assert_eq!(
            comparison.outputs[0].verdict,
            Verdict::Different(reason.to_owned())
        );
        // One more plain run, which does not have the difference.
        assert_eq!((comparison.plain_runs, folders.len()), (3, 4));
        assert!(setup.is_empty());
    }
}

#[tokio::test]
async fn what_a_third_plain_run_differs_in_is_no_difference() {
    // The first two plain runs agree by chance; the hoisted one and the third do not.
    let same = row(1, 10, 3, "100");
    let setup = Setup::new();
    let (result, _) = setup
        .verify([
            sides(&same, &json!({})),
            sides(&same, &json!({})),
            sides(&row(1, 20, 3, "200"), &json!({})),
            sides(&row(1, 30, 3, "300"), &json!({})),
        ])
        .await;
    let comparison = result.unwrap();
    assert!(comparison.holds(), "{comparison:?}");
    assert!(comparison.outputs[0].unstable.columns.contains("u"));
    assert!(comparison.outputs[0].unstable.together);
}

#[tokio::test]
async fn an_unstable_number_of_rows_leaves_the_schema_to_compare() {
    let setup = Setup::new();
    let whole = |rows| sides(&digest(rows), &json!({}));
    let (result, _) = setup.verify([whole(3), whole(4), whole(5)]).await;
    let comparison = result.unwrap();
    assert!(comparison.holds() && comparison.outputs[0].unstable.rows);
    assert!(comparison.outputs[0].notes[0].contains("only the schema"));
}
