//! Findings on the command line: levels, formats, exit codes.

use serde_json::Value;

use super::Folder;

/// Two tables with nothing that joins them, and a `LIMIT` that is written.
const PIPELINE: &[(&str, &str)] = &[
    ("p/1.sql", "SELECT 1 FROM db.a x, db.b y WHERE x.c > 3;\n"),
    (
        "p/2.sql",
        "INSERT OVERWRITE db.c\nSELECT c FROM db.a LIMIT 5\n",
    ),
];

fn codes(analysis: &str) -> Vec<String> {
    let document: Value = serde_json::from_str(analysis).unwrap();
    let findings = document["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|one| one["code"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn levels_are_configured_by_rule() {
    let folder = Folder::new(PIPELINE);
    let analyse = ["analyze", "p", "--format", "json"];
    let ran = folder.hoist(&analyse);
    ran.ends(0);
    assert_eq!(codes(&ran.stdout()), ["cross-join", "unstable-result"]);
    folder.write(
        "p/hoist.toml",
        b"[rules]\ncross-join = \"error\"\nunstable-result = \"off\"\n",
    );
    let ran = folder.hoist(&analyse);
    ran.ends(1);
    assert_eq!(codes(&ran.stdout()), ["cross-join"]);
    folder
        .hoist(&["analyze", "p", "--fail-on", "never"])
        .ends(0);
}

#[test]
fn an_unknown_rule_or_level_is_named_with_its_place() {
    let folder = Folder::new(PIPELINE);
    folder.write("p/hoist.toml", b"[rules]\n# pairs\ncross-joins = \"off\"\n");
    folder.hoist(&["analyze", "p"]).fails(
        2,
        "error: p/hoist.toml:3: unknown key `rules.cross-joins`\n  help: did you mean `rules.cross-join`?\n",
    );
    folder.write("p/hoist.toml", b"[rules]\ncross-join = \"loud\"\n");
    folder.hoist(&["analyze", "p"]).fails(
        2,
        "error: p/hoist.toml:2: `rules.cross-join` is \"loud\", expected \"error\" or \"warn\" or \"info\" or \"off\"\n  \
         help: give \"error\" or \"warn\" or \"info\" or \"off\"\n",
    );
}

#[test]
fn several_documents_are_written_at_once_and_are_the_same_each_time() {
    let folder = Folder::new(PIPELINE);
    let formats = ["json", "sarif", "github", "gitlab", "junit", "markdown"];
    let run = || -> Vec<String> {
        let outputs = formats.map(|format| format!("{format}={format}.out"));
        let mut arguments = vec!["analyze", "p"];
        for output in &outputs {
            arguments.extend(["--output", output]);
        }
        folder.hoist(&arguments).ends(0);
        formats
            .iter()
            .map(|format| folder.read(&format!("{format}.out")))
            .collect()
    };
    let documents = run();
    assert_eq!(documents, run());
    for (format, document) in formats.iter().zip(&documents) {
        let cross = document.find("cross-join").unwrap();
        assert!(
            cross < document.rfind("unstable-result").unwrap(),
            "{format}"
        );
    }
    assert!(documents[2].starts_with(
        "::warning file=p/1.sql,line=1,endLine=1,col=23,endColumn=27,title=hoist%3A cross-join::"
    ));
}

#[test]
fn a_rule_explains_itself_without_a_pipeline() {
    let ran = Folder::new(&[]).hoist(&["explain", "unstable-result"]);
    ran.ends(0);
    assert!(
        ran.stdout()
            .starts_with("unstable-result: `LIMIT` without an order")
    );
    assert!(ran.stdout().contains("hoist:allow unstable-result REASON"));
}
