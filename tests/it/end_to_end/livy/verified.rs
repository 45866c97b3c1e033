//! `verify --into`: both versions of the sample beside the tables of the user's catalog.

use serde_json::Value;

use super::{ended, through};
use crate::end_to_end::Home;

/// The database that takes what both versions write.
const BOX: &str = "verify_box";

/// Both versions of the sample give the same, and nothing of theirs stays. Gives the numbers.
pub(super) fn into_a_database(home: &Home, url: &str, sessions: &dyn Fn() -> usize) -> String {
    let verify = |arguments: &[&str]| {
        let all = [&["verify", "queries"], arguments].concat();
        through(home, url, &all)
    };
    let arguments = ["--into", BOX, "--plain-runs", "1", "--format", "json"];
    let said = ended(home, verify(&arguments), 0);
    assert_eq!(sessions(), 0, "no session is left");
    let told: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(told["holds"], true, "{told}");
    assert_eq!(told["left_behind"], serde_json::json!([]), "{told}");
    let outputs = told["outputs"].as_array().unwrap();
    assert_eq!(outputs.len(), 22, "21 tables and a bare query: {told}");
    for output in outputs {
        let name = output["name"].as_str().unwrap();
        let named = name.starts_with("mart.") || !name.contains('.');
        assert!(named && output["verdict"] == "equal", "{output}");
        assert!(output["rows_plain"].as_u64() > Some(0), "{output}");
    }
    said.tells(&[" frames", "plain", "hoisted"]);

    let said = ended(home, verify(&["--into", "mart"]), 2);
    said.tells(&["`mart` is to take what both versions write, but has tables already"]);
    assert_eq!(sessions(), 0, "no session is left");
    let said = ended(home, verify(&[]), 2);
    said.tells(&[
        "would write to the pipeline's own tables",
        "--into DATABASE",
    ]);
    format!(
        "verified with every write in `{BOX}`: {} outputs equal",
        outputs.len()
    )
}
