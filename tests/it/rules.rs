//! The manual of the rules is what they say of themselves; what they find in SQL of others is counted.

mod counted;

use std::path::Path;

use hoist::present::report::rules::manual;

/// Measured by hand: see the text.
const MEASURED: &str = include_str!("fixtures/rules-measured.md");

#[test]
fn the_manual_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md");
    let made = manual(MEASURED);
    if std::env::var_os("INSTA_UPDATE").is_some_and(|word| word == "always") {
        std::fs::write(&path, &made).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written == made, "docs/rules.md is not what the rules say");
}
