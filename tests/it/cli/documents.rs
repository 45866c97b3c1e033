//! What each format looks like, for each version of its schema: a golden document. The same input gives the same bytes.

use super::Folder;

/// What a report and an analysis can be written as, beside the page that is tested on its own.
const FORMATS: [&str; 7] = [
    "text", "json", "markdown", "sarif", "github", "gitlab", "junit",
];

/// A pipeline with a finding that is new, one that is left and one that is fixed; a frame that pays; a statement that is
/// new and one that reads otherwise.
fn folder() -> Folder {
    let customers = "CREATE OR REPLACE TEMPORARY VIEW active AS\nSELECT id FROM db.customers WHERE status = 'active';\n";
    let pairs = "SELECT a.id FROM db.orders a, db.customers b\nWHERE a.amount > 3;\n";
    let limit = "INSERT OVERWRITE db.some\nSELECT id FROM db.orders LIMIT 5;\n";
    Folder::new(&[
        ("base/1_customers.sql", customers),
        ("base/2_pairs.sql", pairs),
        ("base/3_some.sql", limit),
        ("p/1_customers.sql", customers),
        ("p/2_pairs.sql", &format!("-- moved\n\n{pairs}")),
        (
            "p/3_some.sql",
            "INSERT OVERWRITE db.some\nSELECT id FROM db.orders ORDER BY id LIMIT 5;\n",
        ),
        (
            "p/4_twice.sql",
            "INSERT OVERWRITE db.daily\nSELECT DISTINCT id, day FROM db.daily;\nSELECT id FROM active\n",
        ),
    ])
}

/// The documents of a command.
fn documents(folder: &Folder, arguments: &[&str], to: &str) -> Vec<String> {
    let outputs: Vec<String> = FORMATS
        .iter()
        .map(|format| format!("{format}={to}/{format}"))
        .collect();
    let outputs = outputs.iter().flat_map(|output| ["--output", output]);
    let given: Vec<&str> = arguments.iter().copied().chain(outputs).collect();
    folder.write(&format!("{to}/made"), b"");
    folder.hoist(&given).ends(0);
    let read = FORMATS
        .iter()
        .map(|format| folder.read(&format!("{to}/{format}")));
    read.collect()
}

#[test]
fn every_format_of_a_report_and_an_analysis() {
    let version = concat!("\"version\": \"", env!("CARGO_PKG_VERSION"), "\"");
    for (name, arguments) in [
        ("report", &["report", "p", "--base", "base"][..]),
        ("analysis", &["analyze", "p"]),
    ] {
        let folder = folder();
        let made = documents(&folder, arguments, "first");
        assert_eq!(made, documents(&folder, arguments, "again"), "{name}");
        for (format, text) in FORMATS.iter().zip(made) {
            let text = text.replace(version, "\"version\": \"…\"");
            insta::assert_snapshot!(format!("{name}_{format}"), text);
        }
    }
}
