//! `queries/hoist.toml` is the reference of the configuration: it parses, and names every key.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hoist::config::{KEYS, Request, load};

#[test]
fn the_reference_names_every_key_and_no_other() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries/hoist.toml");
    load(&Request {
        file: Some(&path),
        start: None,
        current: Path::new(env!("CARGO_MANIFEST_DIR")),
        environment: &BTreeMap::new(),
        overrides: Vec::new(),
        reserved: &[],
    })
    .unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let mut table: Vec<String> = Vec::new();
    let mut named = BTreeSet::new();
    for line in text.lines() {
        // A key may stand in a comment, as an example.
        let line = line.trim_start_matches("# ");
        if let Some((name, _)) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            table = name.split('.').map(str::to_owned).collect();
            continue;
        }
        let Some((key, value)) = line.split_once(" = ") else {
            continue;
        };
        let key = key.trim_matches('"');
        if key.contains(' ') {
            continue;
        }
        let mut paths = vec![[table.clone(), vec![key.to_owned()]].concat()];
        // One level of inline table.
        if let Some((inner, _)) = value
            .strip_prefix("{ ")
            .and_then(|value| value.split_once(" = "))
        {
            paths = vec![[table.clone(), vec![key.to_owned(), inner.to_owned()]].concat()];
        }
        for path in paths {
            let known = KEYS.iter().find(|known| known.matches(&path));
            let known = known.unwrap_or_else(|| panic!("`{}` is no key", path.join(".")));
            named.insert(known.path);
        }
    }
    let missing: Vec<&str> = KEYS
        .iter()
        .map(|key| key.path)
        .filter(|path| !named.contains(path))
        .collect();
    assert!(missing.is_empty(), "not in the reference: {missing:?}");
}
