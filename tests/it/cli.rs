//! The command line from outside: bad input with its exit code and message, documents, streams.

mod ci;
mod colour;
mod documents;
mod findings;
mod profile;
mod report;
pub(crate) mod sample;
mod templates;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder with a pipeline in `p/`, in which commands run.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = Folder(tempfile::tempdir().unwrap());
        for (name, text) in files {
            folder.write(name, text.as_bytes());
        }
        folder
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join(name)).unwrap()
    }

    pub(crate) fn hoist(&self, arguments: &[&str]) -> Ran {
        self.hoist_with(arguments, &[])
    }

    /// Nothing of the developer's environment counts, but for what is given.
    pub(crate) fn hoist_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_hoist"))
            .args(arguments)
            .current_dir(self.0.path())
            .env_clear()
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Ran(output)
    }
}

impl Folder {
    /// A command that reads this text from its standard input.
    fn hoist_reading(&self, arguments: &[&str], input: &[u8]) -> Ran {
        let mut child = Command::new(env!("CARGO_BIN_EXE_hoist"))
            .args(arguments)
            .current_dir(self.0.path())
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        Ran(child.wait_with_output().unwrap())
    }
}

/// What a command did.
pub(crate) struct Ran(Output);

impl Ran {
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }

    /// Both streams.
    fn texts(&self) -> String {
        self.stdout() + &self.stderr()
    }

    /// The command ended with this code, printed no artefact, and said exactly this.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, message: &str) {
        assert_eq!(self.stderr(), message);
        assert_eq!(self.stdout(), "");
        assert_eq!(self.0.status.code(), Some(code));
    }

    #[track_caller]
    pub(crate) fn ends(&self, code: i32) -> &Self {
        assert_eq!(self.0.status.code(), Some(code), "{}", self.stderr());
        self
    }
}

const TWO_READERS: &[(&str, &str)] = &[
    (
        "p/1.sql",
        "INSERT OVERWRITE db.a SELECT x FROM db.t WHERE day = '${day}';\n",
    ),
    ("p/2.sql", "INSERT OVERWRITE db.b\nSELECT y FROM db.t\n"),
    ("p/hoist.toml", "[variables]\nday = \"2024-06-30\"\n"),
];

#[test]
fn a_missing_folder() {
    for command in ["analyze", "plan", "execute", "verify", "catalog"] {
        Folder::new(&[]).hoist(&[command, "nowhere"]).fails(
            2,
            "error: `nowhere` does not exist\n  help: give the folder of the pipeline, or its files; \
             `[pipeline] files` in hoist.toml may name a file that is gone\n",
        );
    }
}

#[test]
fn an_empty_folder() {
    Folder::new(&[("p/readme.md", "words")]).hoist(&["plan", "p"]).fails(
        2,
        "error: `p` has no .sql, .hql or .py file\n  help: a pipeline is a folder of .sql, .hql and .py \
         files; `[pipeline] subfolders = true` reads sub-folders too\n",
    );
}

#[test]
fn a_file_that_is_not_text() {
    let folder = Folder::new(&[]);
    folder.write("p/a.sql", b"SELECT \xff\xfe");
    folder.hoist(&["analyze", "p"]).fails(
        2,
        "error: `p/a.sql` is not UTF-8 text: byte 7 is invalid\n  help: save the file as UTF-8, or move it \
         out of the pipeline's folder\n",
    );
}

#[test]
fn an_unknown_configuration_key() {
    let folder = Folder::new(&[
        ("p/a.sql", "SELECT 1"),
        ("p/hoist.toml", "[planner]\n# memory\nbudgt = \"2GiB\"\n"),
    ]);
    for command in ["analyze", "plan", "execute", "verify", "catalog"] {
        folder.hoist(&[command, "p"]).fails(
            2,
            "error: p/hoist.toml:3: unknown key `planner.budgt`\n  help: did you mean `planner.budget`?\n",
        );
    }
}

#[test]
fn a_wrong_option_value() {
    Folder::new(TWO_READERS)
        .hoist(&["plan", "p", "--budget", "lots"])
        .fails(
            2,
            "error: option --budget: `planner.budget` is \"lots\", expected a size such as \"2GiB\", or \
             \"auto\"\n  help: give a size such as \"2GiB\", or \"auto\"\n",
        );
}

#[test]
fn a_variable_without_a_value_stops_what_runs() {
    let folder = Folder::new(&[("p/a.sql", "-- first\nSELECT ${day} FROM t")]);
    for command in ["plan", "execute", "verify", "catalog"] {
        folder.hoist(&[command, "p"]).fails(
            2,
            "error[unknown-variable]: template variable `day` has no value\n --> a.sql:2:8\n  |\n\
             2 | SELECT ${day} FROM t\n  |        ^^^^^^\n  |\n  = help: give it with `--set day=VALUE`, under \
             `[variables]` in hoist.toml, or by an earlier `SET day = VALUE`\nerror: template variable `day` has \
             no value\n  help: give it with `--set day=VALUE`, under `[variables]` in hoist.toml, or by an earlier \
             `SET day = VALUE`\n",
        );
    }
    folder.hoist(&["plan", "p", "--set", "day=1"]).ends(0);
}

#[test]
fn a_variable_without_a_value_is_a_finding() {
    let folder = Folder::new(&[("p/a.sql", "SELECT '${day}' FROM db.t")]);
    let ran = folder.hoist(&["analyze", "p"]);
    ran.ends(0);
    assert!(
        ran.stdout().starts_with(
            "warning[unknown-variable]: template variable `day` has no value\n --> a.sql:1:9\n"
        ),
        "{}",
        ran.stdout()
    );
    folder
        .hoist(&["analyze", "p", "--fail-on", "warning"])
        .ends(1);
    folder
        .hoist(&["analyze", "p", "--fail-on", "warning", "--set", "day=1"])
        .ends(0);
}

#[test]
fn a_corrupt_plan_file() {
    let folder = Folder::new(&[
        ("p/a.sql", "SELECT 1"),
        ("cut.json", "{\"schema\": \"hoist-plan/1\", "),
        ("other.json", "{\"schema\": \"hoist-analysis/1\"}"),
        ("newer.json", "{\"schema\": \"hoist-plan/9\"}"),
    ]);
    folder.write("binary.json", b"\xff\xfe");
    let message = |file: &str| {
        let ran = folder.hoist(&["execute", file]);
        ran.ends(3);
        assert_eq!(ran.stdout(), "");
        ran.stderr()
    };
    assert!(
        message("cut.json").starts_with("error: `cut.json`: the plan file is not JSON at line 1")
    );
    assert!(message("other.json").contains("not a plan file's `hoist-plan/1`"));
    assert!(message("newer.json").contains("written by a newer hoist"));
    assert!(message("binary.json").contains("is not UTF-8 text: byte 0 is invalid"));
    for file in ["cut.json", "other.json", "newer.json", "binary.json"] {
        assert!(message(file).contains("\n  help: "), "{file}");
    }
}

#[test]
fn a_plan_that_no_longer_matches() {
    let folder = Folder::new(TWO_READERS);
    folder.hoist(&["plan", "p"]).ends(0);
    // Layout and comments are no drift.
    folder.write(
        "p/2.sql",
        b"-- new words\nINSERT OVERWRITE db.b SELECT y FROM db.t",
    );
    folder
        .hoist(&["execute", "p/.hoist/plan.json", "--dry-run"])
        .ends(0);
    folder.write("p/2.sql", b"INSERT OVERWRITE db.b SELECT z FROM db.t");
    folder.write("p/3.sql", b"SELECT 1");
    folder.hoist(&["execute", "p/.hoist/plan.json"]).fails(
        3,
        "error: plan `p/.hoist/plan.json` is stale: file `2.sql` has changed; file `3.sql` is new\n  help: \
         `hoist plan -o p/.hoist/plan.json` makes it anew\n  help: `--allow-drift` runs it all the same\n",
    );
    let ran = folder.hoist(&[
        "execute",
        "p/.hoist/plan.json",
        "--allow-drift",
        "--dry-run",
    ]);
    ran.ends(0);
    assert!(
        ran.stdout().contains("SELECT y FROM db.t"),
        "the plan's own text"
    );
    assert!(
        ran.stderr()
            .contains("warning: the plan is stale: file `2.sql` has changed")
    );
    assert!(ran.stderr().contains(
        "warning: the plan is run unproved: its promises cannot be checked against changed statements"
    ));
}

#[test]
fn a_plan_that_was_edited_is_proved_before_it_runs() {
    let folder = Folder::new(TWO_READERS);
    folder.hoist(&["plan", "p"]).ends(0);
    let plan = folder.read("p/.hoist/plan.json");
    let edited = plan.replacen(
        "\"text\": \"INSERT OVERWRITE db.a SELECT x",
        "\"text\": \"INSERT OVERWRITE db.a SELECT y",
        1,
    );
    assert_ne!(edited, plan);
    folder.write("p/.hoist/plan.json", edited.as_bytes());
    for arguments in [&["--dry-run"][..], &[], &["--allow-drift"]] {
        let arguments = [&["execute", "p/.hoist/plan.json"], arguments].concat();
        folder.hoist(&arguments).fails(
            3,
            "error: plan `p/.hoist/plan.json` would break a promise: step 1 (`1.sql:1`) breaks the promise `text`: \
             reads no frame but is not submitted as written\
             \n  help: `hoist plan -o p/.hoist/plan.json` makes it anew\n",
        );
    }
    // The original text runs without the plan.
    folder
        .hoist(&[
            "execute",
            "p/.hoist/plan.json",
            "--frames",
            "off",
            "--dry-run",
        ])
        .ends(0);
}

#[test]
fn plan_check_tells_what_would_differ() {
    let folder = Folder::new(TWO_READERS);
    folder.hoist(&["plan", "p", "--check"]).fails(
        2,
        "error: there is no plan file `p/.hoist/plan.json` to check\n  help: `hoist plan` without `--check` \
         writes it\n",
    );
    folder.hoist(&["plan", "p"]).ends(0);
    let before = folder.read("p/.hoist/plan.json");
    folder.hoist(&["plan", "p", "--check"]).ends(0);
    folder.write("p/2.sql", b"INSERT OVERWRITE db.b SELECT z FROM db.t");
    let ran = folder.hoist(&["plan", "p", "--check"]);
    ran.ends(1);
    assert_eq!(
        ran.stdout(),
        "p/.hoist/plan.json would differ:\n  file `2.sql` has changed\n"
    );
    assert_eq!(
        folder.read("p/.hoist/plan.json"),
        before,
        "nothing is written"
    );
}

#[test]
fn the_same_input_gives_the_same_plan() {
    let folder = Folder::new(TWO_READERS);
    folder.hoist(&["plan", "p", "-o", "one.json"]).ends(0);
    let ran = folder.hoist(&["plan", "p", "-o", "two.json", "--format", "json"]);
    ran.ends(0);
    assert_eq!(folder.read("one.json"), folder.read("two.json"));
    assert_eq!(ran.stdout(), folder.read("one.json"));
    let plan: Value = serde_json::from_str(&ran.stdout()).unwrap();
    assert_eq!(plan["schema"], "hoist-plan/1");
    assert_eq!(plan["pipeline"]["root"], "p");
}

#[test]
fn the_analysis_names_what_is_read_and_written() {
    let folder = Folder::new(&[(
        "p/a.sql",
        "-- words\nINSERT INTO db.out WITH w AS (SELECT X, `Y` FROM `DB`.T WHERE x > 1) SELECT * FROM w;\n\
         DESCRIBE db.t;\nSOMETHING odd",
    )]);
    let ran = folder.hoist(&["analyze", "p", "--format", "json", "--fail-on", "never"]);
    ran.ends(0);
    let analysis: Value = serde_json::from_str(&ran.stdout()).unwrap();
    assert_eq!(analysis["schema"], "hoist-analysis/1");
    let statements = analysis["statements"].as_array().unwrap();
    assert_eq!(statements.len(), 3);
    assert_eq!(statements[0]["file"], "a.sql");
    assert_eq!(statements[0]["line"], 2);
    assert_eq!(statements[0]["kind"], "insert_into");
    assert_eq!(statements[0]["reads"][0]["table"], "db.t");
    assert_eq!(
        statements[0]["reads"][0]["columns"],
        serde_json::json!(["x", "y"])
    );
    assert_eq!(statements[0]["writes"], serde_json::json!(["db.out"]));
    assert_eq!(statements[0]["barrier"], false);
    assert_eq!(statements[1]["described"], serde_json::json!(["db.t"]));
    assert_eq!(statements[2]["barrier"], true);
    assert_eq!(analysis["findings"][0]["file"], "a.sql");
    assert_eq!(analysis["findings"][0]["line"], 4);
}

#[test]
fn text_fits_eighty_columns_and_json_goes_beside_it() {
    let folder = Folder::new(TWO_READERS);
    let ran = folder.hoist(&[
        "analyze",
        "p",
        "--output",
        "json=deep/analysis.json",
        "-o",
        "a.txt",
    ]);
    ran.ends(0);
    assert_eq!(ran.stdout(), "");
    let text = folder.read("a.txt");
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    assert!(text.contains("     2  db.t   1.sql:1 2.sql:1\n"), "{text}");
    let analysis: Value = serde_json::from_str(&folder.read("deep/analysis.json")).unwrap();
    assert_eq!(analysis["statements"].as_array().unwrap().len(), 2);
}

#[test]
fn effective_values_come_with_their_origin() {
    let folder = Folder::new(&[(
        "p/hoist.toml",
        "[planner]\nmargin = 3\nmin_gain = \"1s\"\n[engine.conf]\n\"spark.x.password\" = \"hush\"\n",
    )]);
    let ran = folder.hoist_with(
        &["config", "show", "p", "--set", "day=monday"],
        &[("HOIST_PLANNER_MARGIN", "4"), ("HOIST_PLANER_BUDGET", "1g")],
    );
    ran.ends(0);
    let shown = ran.stdout();
    for line in [
        "margin = 4 # environment HOIST_PLANNER_MARGIN",
        "min_gain = \"1s\" # p/hoist.toml:3",
        "budget = \"auto\" # default",
        "day = \"monday\" # option --set",
        "\"spark.x.password\" = \"(hidden)\" # p/hoist.toml:5",
    ] {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            shown.lines().any(|shown| words(shown) == line),
            "{line}\n{shown}"
        );
    }
    assert!(!shown.contains("hush"));
    assert_eq!(
        ran.stderr(),
        "warning: environment variable `HOIST_PLANER_BUDGET` is unknown; did you mean `HOIST_PLANNER_BUDGET`?\n"
    );
}

#[test]
fn the_dry_run_fills_in_variables() {
    let folder = Folder::new(TWO_READERS);
    let ran = folder.hoist(&["execute", "p", "--dry-run", "--set", "day=2024-07-01"]);
    ran.ends(0);
    assert!(
        ran.stdout().starts_with(
            "-- step 1: run 1.sql:1\nINSERT OVERWRITE db.a SELECT x FROM db.t WHERE day = '2024-07-01';\n"
        ),
        "{}",
        ran.stdout()
    );
    assert!(!Path::new(&folder.0.path().join("p/.hoist")).exists());
}

#[test]
fn usage_errors_and_help() {
    let folder = Folder::new(&[]);
    folder.hoist(&["analyse"]).ends(2);
    folder.hoist(&["plan", "--set", "x"]).ends(2);
    let help = folder.hoist(&["--help"]);
    help.ends(0);
    assert!(help.stdout().contains("Exit codes:"), "{}", help.stdout());
    assert_eq!(help.stderr(), "");
}

#[test]
fn a_catalog_file_that_cannot_be_read_names_the_next_step() {
    let folder = Folder::new(TWO_READERS);
    folder.write(
        "old.json",
        br#"{"schema": "hoist-catalog/9", "catalog": {"spark_version": null, "tables": {}}}"#,
    );
    for command in ["plan", "analyze"] {
        let ran = folder.hoist(&[command, "p", "--catalog", "gone.json"]);
        ran.ends(2);
        let said = ran.stderr();
        assert!(
            said.starts_with("error: catalog file `gone.json` cannot be read: "),
            "{said}"
        );
        assert!(
            said.ends_with("\n  help: `hoist catalog PATH -o gone.json` makes it\n"),
            "{said}"
        );
        folder.hoist(&[command, "p", "--catalog", "old.json"]).fails(
            2,
            "error: catalog file `old.json` cannot be read: its schema is `hoist-catalog/9`, expected \
             `hoist-catalog/1`\n  help: `hoist catalog PATH -o old.json` makes it\n",
        );
    }
}

#[test]
fn quiet_leaves_the_errors() {
    let folder = Folder::new(&[]);
    let once = folder.hoist(&["-q", "plan", "nowhere"]);
    assert!(once.stderr().starts_with("error: "), "{}", once.stderr());
    folder.hoist(&["-qq", "plan", "nowhere"]).fails(2, "");
}

/// A reader that goes away early, as `head` does, is no error.
#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_failure() {
    let many = "INSERT INTO db.out SELECT x FROM db.t;\n".repeat(100);
    let folder = Folder::new(&[("p/a.sql", many.as_str())]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_hoist"))
        .args(["analyze", "p"])
        .current_dir(folder.0.path())
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
}
