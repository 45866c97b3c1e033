//! The files for CI servers: what they run is run here.

use std::path::Path;

use super::Folder;
use super::report::git;

fn file(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The commands of hoist in a file of steps or hooks.
fn commands(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| {
        let line = line.trim().trim_start_matches("- ");
        line.strip_prefix("entry: ").unwrap_or(line)
    });
    lines
        .filter(|line| line.starts_with("hoist "))
        .map(str::to_owned)
        .collect()
}

/// A repository with a pipeline in `queries`, changed since the last commit.
fn repository() -> Folder {
    let folder = Folder::new(&[(
        "queries/1.sql",
        "INSERT OVERWRITE db.c SELECT c FROM db.a\n",
    )]);
    git(&folder, &["init", "--quiet"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "--quiet", "-m", "before"]);
    let crossed = "SELECT 1 FROM db.a x, db.b y WHERE x.c > 3\n";
    folder.write("queries/2.sql", crossed.as_bytes());
    folder
}

#[test]
fn what_they_run_finds_what_is_new_and_writes_what_they_upload() {
    let uploads: [(&str, &[&str]); 4] = [
        (
            "docs/ci/github.yml",
            &["hoist.sarif", "hoist.md", "hoist.html"],
        ),
        (
            "docs/ci/gitlab.yml",
            &["quality.json", "hoist.xml", "hoist.html"],
        ),
        ("action.yml", &["hoist.sarif", "hoist.md"]),
        (".pre-commit-hooks.yaml", &[]),
    ];
    for (name, written) in uploads {
        let text = file(name);
        assert!(!text.contains('\t'), "{name}");
        let commands = commands(&text);
        assert_eq!(commands.len(), 1, "{name}");
        let folder = repository();
        let values = [
            ("\"$BASE_REF\"", "HEAD"),
            ("\"$CI_MERGE_REQUEST_DIFF_BASE_SHA\"", "HEAD"),
            ("\"$FAIL_ON\"", "new"),
            ("\"$PIPELINE\"", "queries"),
        ];
        let mut command = commands[0].clone();
        for (variable, value) in values {
            command = command.replace(variable, value);
        }
        if written.is_empty() {
            command.push_str(" queries");
        }
        let arguments: Vec<&str> = command.split(' ').skip(1).collect();
        let ran = folder.hoist(&arguments);
        ran.ends(1);
        for document in written {
            assert!(
                folder.read(document).contains("queries/2.sql"),
                "{name}: {document}"
            );
            assert!(
                text.matches(document).count() > 1,
                "{name} uploads {document}"
            );
        }
    }
}
