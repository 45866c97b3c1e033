//! The report on the command line: what a change does, against a folder, a plan and a revision.

use std::process::Command;

use hoist::facts::catalog::{Catalog, ColumnFacts, TableFacts, TableKind};
use serde_json::{Value, json};

use super::Folder;

const BEFORE: &[(&str, &str)] = &[
    (
        "base/1.sql",
        "INSERT OVERWRITE db.c\nSELECT c FROM db.a LIMIT 5\n",
    ),
    (
        "base/2.sql",
        "SELECT 1 FROM db.a x, db.b y WHERE x.c > 3;\n",
    ),
];

/// The same with one finding fixed, one moved and one new.
const AFTER: &[(&str, &str)] = &[
    (
        "p/1.sql",
        "INSERT OVERWRITE db.c\nSELECT c FROM db.a ORDER BY c LIMIT 5\n",
    ),
    (
        "p/2.sql",
        "-- moved\n\nSELECT 1 FROM db.a x, db.b y\nWHERE x.c > 3;\n",
    ),
    (
        "p/3.sql",
        "INSERT OVERWRITE db.d SELECT DISTINCT c FROM db.d;\n",
    ),
];

fn folder() -> Folder {
    Folder::new(&[BEFORE, AFTER].concat())
}

#[test]
fn a_report_compares_with_a_folder() {
    let folder = folder();
    let ran = folder.hoist(&["report", "p", "--base", "base"]);
    ran.ends(0);
    assert_eq!(ran.stderr(), "");
    insta::assert_snapshot!(ran.stdout());
    folder
        .hoist(&["report", "p", "--base", "base", "--fail-on", "new"])
        .ends(1);
    folder
        .hoist(&["report", "base", "--base", "base", "--fail-on", "new"])
        .ends(0);
    folder
        .hoist(&["report", "p", "--fail-on", "warning"])
        .ends(1);
}

#[test]
fn documents_of_a_report() {
    let folder = folder();
    let ran = folder.hoist(&[
        "report",
        "p",
        "--base",
        "base",
        "--output",
        "json=r.json",
        "--format",
        "markdown",
    ]);
    ran.ends(0);
    insta::assert_snapshot!(ran.stdout());
    let report: Value = serde_json::from_str(&folder.read("r.json")).unwrap();
    assert_eq!(report["schema"], "hoist-report/1");
    assert_eq!(report["base"]["remaining"], 1);
    assert_eq!(report["base"]["fixed"][0]["code"], "unstable-result");
    let new = &report["base"]["new"][0];
    let findings = report["findings"].as_array().unwrap();
    let found = findings
        .iter()
        .find(|one| one["fingerprint"] == *new)
        .unwrap();
    assert_eq!(found["code"], "overwritten-while-read");
}

#[test]
fn a_saved_plan_is_compared_with_the_texts_that_it_has() {
    let folder = folder();
    folder.hoist(&["plan", "base", "-o", "plan.json"]).ends(0);
    let report =
        |fail_on: &str| folder.hoist(&["report", "p", "--base", "plan.json", "--fail-on", fail_on]);
    let ran = report("regression=5%");
    // 3 reads of tables become 4.
    ran.ends(1);
    let text = ran.stdout();
    assert!(
        text.contains("compared with plan.json: 1 new, 1 fixed, 1 remaining"),
        "{text}"
    );
    assert!(
        text.contains("A regression counts by reads of tables of the hoisted run: 3 -> 4 (+33 %)"),
        "{text}"
    );
    assert!(text.contains("The plan has no comments"), "{text}");
    report("regression=100%").ends(0);
    report("new").ends(1);
    let same = folder.hoist(&["report", "base", "--base", "plan.json"]);
    same.ends(0);
    assert!(
        same.stdout().contains("0 new, 0 fixed, 2 remaining")
            && !same.stdout().contains("The plan has no comments"),
        "{}",
        same.stdout()
    );
}

/// What is known of the tables: one is large.
fn catalog() -> String {
    let column = |name: &str, data_type: &str| ColumnFacts {
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        nullable: true,
    };
    let table = |name: &str, rows: u64| {
        let facts = TableFacts {
            kind: TableKind::Managed,
            provider: Some("parquet".to_owned()),
            location: Some(format!("file:/w/{name}")),
            columns: vec![column("c", "bigint"), column("d", "string")],
            rows: Some(rows),
            size_bytes: Some(rows * 18),
            ..TableFacts::default()
        };
        (name.to_owned(), facts)
    };
    let catalog = Catalog {
        tables: [
            table("db.a", 50_000_000),
            table("db.b", 10),
            table("db.c", 10),
        ]
        .into(),
        ..Catalog::default()
    };
    json!({"schema": "hoist-catalog/1", "catalog": catalog}).to_string()
}

#[test]
fn a_regression_is_estimated_where_sizes_are_known() {
    let folder = Folder::new(&[
        ("base/1.sql", "INSERT OVERWRITE db.c SELECT c FROM db.a"),
        ("small/1.sql", "INSERT OVERWRITE db.c SELECT c FROM db.a"),
        ("small/2.sql", "SELECT c FROM db.b"),
        ("large/1.sql", "INSERT OVERWRITE db.c SELECT c FROM db.a"),
        ("large/2.sql", "SELECT c FROM db.a WHERE d > 'x'"),
        ("catalog.json", &catalog()),
    ]);
    let report = |of: &str| {
        let given = ["--base", "base", "--catalog", "catalog.json"];
        let given = [&["report", of, "--fail-on", "regression=5%"], &given[..]].concat();
        folder.hoist(&given)
    };
    // Twice the reads, and hardly more to do.
    let ran = report("small");
    ran.ends(0);
    assert!(
        ran.stdout()
            .contains("A regression counts by estimated Spark work"),
        "{}",
        ran.stdout()
    );
    let ran = report("large");
    ran.ends(1);
    insta::assert_snapshot!(ran.stdout());
}

#[test]
fn what_is_new_needs_something_to_compare_with() {
    folder().hoist(&["report", "p", "--fail-on", "new"]).fails(
        2,
        "error: `--fail-on new` needs something to compare with\n  help: give `--base PLAN.json|DIR` or `--base-ref REF`\n",
    );
}

/// Git in a folder, with a name of its own and nothing of the developer's.
pub(super) fn git(folder: &Folder, arguments: &[&str]) -> String {
    let ran = Command::new("git")
        .args([
            "-c",
            "user.name=n",
            "-c",
            "user.email=e",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(arguments)
        .current_dir(folder.path())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(
        ran.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&ran.stderr)
    );
    String::from_utf8(ran.stdout).unwrap()
}

#[test]
fn a_revision_is_read_without_touching_the_working_tree() {
    let folder = Folder::new(&[
        ("a/p/1.sql", BEFORE[0].1),
        ("a/p/2.sql", BEFORE[1].1),
        ("a/hoist.toml", "[rules]\ncross-join = \"off\"\n"),
    ]);
    git(&folder, &["init", "--quiet"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "--quiet", "-m", "before"]);
    folder.write("a/p/1.sql", AFTER[0].1.as_bytes());
    folder.write("a/p/3.sql", AFTER[2].1.as_bytes());
    let status = git(&folder, &["status", "--porcelain"]);
    let ran = folder.hoist(&["report", "a/p", "--base-ref", "HEAD", "--format", "json"]);
    ran.ends(0);
    let report: Value = serde_json::from_str(&ran.stdout()).unwrap();
    assert_eq!(report["base"]["fixed"][0]["code"], "unstable-result");
    assert_eq!(report["base"]["new"].as_array().unwrap().len(), 1);
    assert_eq!(report["base"]["remaining"], 0);
    assert_eq!(git(&folder, &["status", "--porcelain"]), status);
    let unknown = folder.hoist(&["report", "a/p", "--base-ref", "nowhere"]);
    unknown.ends(2);
    assert!(
        unknown
            .stderr()
            .starts_with("error: git rev-parse --verify nowhere^{commit}: ")
    );
    // A folder that was not there yet: everything in it is new.
    folder.write("b/1.sql", BEFORE[0].1.as_bytes());
    let ran = folder.hoist(&["report", "b", "--base-ref", "HEAD"]);
    assert!(
        ran.stdout().contains("1 new, 0 fixed, 0 remaining"),
        "{}",
        ran.stdout()
    );
}
