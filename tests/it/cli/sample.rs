//! The sample pipeline on the command line, with facts from a fixture.

use std::path::Path;

use super::Folder;

/// The sample, copied so that nothing is written beside it, with facts from the fixture.
pub(crate) fn sample() -> Folder {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Folder::new(&[(
        "catalog.json",
        include_str!("../fixtures/sample-catalog.json"),
    )]);
    for entry in std::fs::read_dir(root.join("queries")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let name = path.file_name().unwrap().to_str().unwrap();
            folder.write(&format!("queries/{name}"), &std::fs::read(&path).unwrap());
        }
    }
    folder
}

#[test]
fn the_sample_analysed() {
    let ran = sample().hoist(&["analyze", "queries", "--catalog", "catalog.json"]);
    ran.ends(0);
    assert_eq!(ran.stderr(), "");
    assert!(ran.stdout().lines().all(|line| line.chars().count() <= 80));
    insta::assert_snapshot!(ran.stdout());
}

#[test]
fn the_sample_planned() {
    let folder = sample();
    let plan = [
        "plan",
        "queries",
        "--catalog",
        "catalog.json",
        "--budget",
        "2GiB",
    ];
    let ran = folder.hoist(&plan);
    ran.ends(0);
    assert_eq!(ran.stderr(), "");
    // A diff shows the user's lines as they are.
    let out = ran.stdout();
    let fits = |line: &&str| line.chars().count() <= 80 || line.starts_with("    ");
    assert!(out.lines().all(|line| fits(&line)));
    insta::assert_snapshot!(ran.stdout());
    // The plan file holds the facts, so it is checked without them.
    folder
        .hoist(&["plan", "queries", "--budget", "2GiB", "--check"])
        .ends(0);
}

/// What the plan says of a frame, a table, a step and a reason.
#[test]
fn the_sample_explained() {
    let folder = sample();
    folder
        .hoist(&["plan", "queries", "--catalog", "catalog.json"])
        .ends(0);
    let explained = |what: &str| {
        let ran = folder.hoist(&["explain", what, "queries"]);
        ran.ends(0);
        assert_eq!(ran.stderr(), "");
        format!("> {what}\n{}", ran.stdout())
    };
    let whats = [
        "trips_groups_1",
        "claims",
        "insurance.TRIPS",
        "1",
        "9",
        "16_trips_weather.sql:2",
        "not-worth",
    ];
    insta::assert_snapshot!(whats.map(explained).join("\n"));
    let file = folder.hoist(&["explain", "latest", "queries/.hoist/plan.json"]);
    file.ends(0);
    assert!(
        file.stdout().starts_with("subquery latest of "),
        "{}",
        file.stdout()
    );
}

#[test]
fn what_a_plan_says_nothing_of_is_named_with_what_is_near() {
    let folder = sample();
    folder.hoist(&["explain", "trips_1", "queries"]).fails(
        2,
        "error: plan file `queries/.hoist/plan.json` does not exist\n  help: `hoist plan PATH -o \
         queries/.hoist/plan.json` writes it\n",
    );
    folder
        .hoist(&["plan", "queries", "--catalog", "catalog.json"])
        .ends(0);
    folder.hoist(&["explain", "trips_groups_2", "queries"]).fails(
        2,
        "error: `queries/.hoist/plan.json` says nothing of `trips_groups_2`\n  help: it does of `trips_groups_1`\n",
    );
    folder.hoist(&["explain", "nothing like it", "queries"]).fails(
        2,
        "error: `queries/.hoist/plan.json` says nothing of `nothing like it`\n  help: `hoist plan` lists frames, \
         tables and statements\n",
    );
}

/// The plan in every format but the plan file itself, with a document for each.
#[test]
fn the_sample_planned_in_other_formats() {
    let folder = sample();
    let mut plan = vec![
        "plan",
        "queries",
        "--catalog",
        "catalog.json",
        "--budget",
        "2GiB",
    ];
    plan.extend(["--output", "dot=plan.dot", "--output", "mermaid=plan.mmd"]);
    plan.extend(["--format", "markdown"]);
    let ran = folder.hoist(&plan);
    ran.ends(0);
    assert_eq!(ran.stderr(), "");
    let markdown = ran.stdout();
    let mermaid = folder.read("plan.mmd");
    assert!(markdown.contains(&format!("```mermaid\n{mermaid}```\n")));
    insta::assert_snapshot!(format!(
        "{markdown}\n---\n{}\n---\n{mermaid}",
        folder.read("plan.dot")
    ));
}

/// Other settings change nothing on disk.
#[test]
fn the_sample_planned_with_other_settings() {
    let folder = sample();
    let ran = folder.hoist(&[
        "plan",
        "queries",
        "--catalog",
        "catalog.json",
        "--what-if",
        "budget=20MiB",
        "--what-if",
        "storage_level=DISK_ONLY, min_gain=10ms",
        "--what-if",
        "jobs=4",
    ]);
    ran.ends(0);
    assert_eq!(ran.stderr(), "");
    assert!(!folder.path().join("queries/.hoist").exists());
    assert!(ran.stdout().lines().all(|line| line.chars().count() <= 80));
    insta::assert_snapshot!(ran.stdout());
    let far = folder.hoist(&["plan", "queries", "--what-if", "colour=4"]);
    far.ends(2);
    assert!(
        far.stderr()
            .contains("unknown key `colour`: expected one of budget, ")
    );
    let near = folder.hoist(&["plan", "queries", "--what-if", "budgt=1GiB"]);
    near.ends(2);
    assert!(near.stderr().contains("did you mean `budget`?"));
}
