//! The direction of imports: a module uses only modules above it in the stage table, plus `diagnostic`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The stage table from top to bottom. A module may use those in earlier rows.
const STAGES: [&str; 27] = [
    "frontend::source",
    "frontend::statement",
    "frontend::sql",
    "frontend::python",
    "frontend",
    "facts::catalog",
    "facts::profile",
    "facts::access",
    "facts::workload",
    "planner::frame",
    "planner::cost",
    "planner::search",
    "planner::plan",
    "planner::emit",
    "planner::check",
    "planner::plan_file",
    "runtime::engine",
    "runtime::collect",
    "runtime::run",
    "runtime::verify",
    "runtime::fake",
    "present::rule",
    "present::compare",
    "present::report",
    "present",
    "config",
    "cli",
];

/// One `use` of another module.
struct Edge {
    file: String,
    from: String,
    to: String,
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            files(&entry, found);
        } else if entry.extension().is_some_and(|ending| ending == "rs") {
            found.push(entry);
        }
    }
}

/// Every source file with its module path and its text without comments and test modules.
fn sources() -> Vec<(String, Vec<String>, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    files(&root, &mut paths);
    paths
        .into_iter()
        .map(|path| {
            let name = path
                .strip_prefix(&root)
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            let module: Vec<String> = name
                .trim_end_matches(".rs")
                .split('/')
                .filter(|part| !matches!(*part, "lib" | "main" | "mod"))
                .map(str::to_owned)
                .collect();
            let text = std::fs::read_to_string(&path).unwrap();
            // Tests build their inputs with whatever stage makes them.
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            let code: String = text
                .split_inclusive('\n')
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect();
            (name, module, code)
        })
        .filter(|(name, ..)| !name.contains("/tests") && !name.ends_with("testing.rs"))
        .collect()
}

/// Splits `a::{b, c::{d, e}}` into `a::b`, `a::c::d`, `a::c::e`.
fn leaves(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        let name = tree.split(" as ").next().unwrap_or(tree).trim();
        return if name.is_empty() {
            Vec::new()
        } else {
            vec![name.to_owned()]
        };
    };
    let before = &tree[..open];
    let inner = &tree[open + 1..tree.rfind('}').unwrap()];
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for c in inner.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(c);
    }
    parts
        .iter()
        .flat_map(|part| leaves(part))
        .map(|leaf| format!("{before}{leaf}"))
        .collect()
}

/// The absolute path of a `use`, or none where it names another crate.
fn absolute(module: &[String], leaf: &str) -> Option<Vec<String>> {
    let parts: Vec<&str> = leaf.split("::").map(str::trim).collect();
    let own = |ups: usize| module[..module.len().saturating_sub(ups)].to_vec();
    let ups = parts.iter().take_while(|part| **part == "super").count();
    let (mut path, rest) = match parts[0] {
        "crate" => (Vec::new(), &parts[1..]),
        "self" => (own(0), &parts[1..]),
        "super" => (own(ups), &parts[ups..]),
        _ => return None,
    };
    path.extend(
        rest.iter()
            .filter(|part| **part != "self")
            .map(|part| (*part).to_owned()),
    );
    Some(path)
}

/// The row of a path in the stage table: the longest row that begins it.
fn stage(path: &[String]) -> Option<usize> {
    let begins = |row: &&str| {
        let row: Vec<&str> = row.split("::").collect();
        path.len() >= row.len() && path.iter().zip(&row).all(|(part, row)| part == row)
    };
    let rows = STAGES.iter().enumerate().filter(|(_, row)| begins(row));
    rows.max_by_key(|(_, row)| row.len())
        .map(|(number, _)| number)
}

fn edges() -> Vec<Edge> {
    let mut edges = Vec::new();
    for (file, module, code) in sources() {
        // `use` declarations, and paths written out in the code.
        let uses = code.match_indices("use ").filter_map(|(at, _)| {
            let line = code[..at].rsplit('\n').next().unwrap_or("").trim_start();
            let declares = line.is_empty() || line == "pub " || line.starts_with("pub(");
            let (tree, _) = code[at + 4..].split_once(';')?;
            // A text that happens to begin a line with this word is no declaration.
            let is_path = tree.contains("::")
                && tree
                    .chars()
                    .all(|c| c.is_alphanumeric() || c.is_whitespace() || "_:{},*".contains(c));
            (declares && is_path).then(|| tree.to_owned())
        });
        let inline = code.match_indices("crate::").filter_map(|(at, _)| {
            let rest = &code[at..];
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))?;
            let path = &rest[..end];
            // A tree in braces is a declaration, read above.
            (!path.ends_with("::")).then(|| path.to_owned())
        });
        let mut seen = BTreeSet::new();
        for leaf in uses.flat_map(|tree| leaves(&tree)).chain(inline) {
            if let Some(path) = absolute(&module, &leaf)
                && seen.insert(path.clone())
            {
                edges.push(Edge {
                    file: file.clone(),
                    from: module.join("::"),
                    to: path.join("::"),
                });
            }
        }
    }
    edges
}

fn parts(path: &str) -> Vec<String> {
    path.split("::").map(str::to_owned).collect()
}

#[test]
fn no_import_points_down_the_table() {
    let mut checked = 0;
    let mut wrong = Vec::new();
    for edge in edges() {
        let (Some(from), Some(to)) = (stage(&parts(&edge.from)), stage(&parts(&edge.to))) else {
            // `lib`, `main` and `diagnostic` have no row.
            continue;
        };
        checked += 1;
        if to > from {
            wrong.push(format!("{} uses {}", edge.file, edge.to));
        }
    }
    assert!(
        checked > 100,
        "only {checked} imports were found: the test is blind"
    );
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn diagnostic_uses_no_stage() {
    let down: Vec<String> = edges()
        .into_iter()
        .filter(|edge| edge.from == "diagnostic" && stage(&parts(&edge.to)).is_some())
        .map(|edge| edge.to)
        .collect();
    assert_eq!(down, Vec::<String>::new());
}

/// Whether a path ends in a type, a constant or a variant: an upper-case name in its last two parts.
fn names_data(path: &str) -> bool {
    path.rsplit("::")
        .take(2)
        .any(|part| part.starts_with(|c: char| c.is_uppercase()))
}

#[test]
fn check_shares_only_types_with_what_it_checks() {
    let shared: Vec<String> = edges()
        .into_iter()
        .filter(|edge| edge.from.starts_with("planner::check"))
        .filter(|edge| {
            [
                "planner::frame",
                "planner::cost",
                "planner::plan",
                "planner::emit",
            ]
            .iter()
            .any(|stage| edge.to.starts_with(&format!("{stage}::")) || edge.to == *stage)
        })
        .filter(|edge| !names_data(&edge.to))
        .map(|edge| format!("{} uses {}", edge.file, edge.to))
        .collect();
    assert_eq!(shared, Vec::<String>::new());
}

#[test]
fn present_uses_data_of_the_runtime_only() {
    let functions: Vec<String> = edges()
        .into_iter()
        .filter(|edge| edge.from.starts_with("present") && edge.to.starts_with("runtime"))
        .filter(|edge| !names_data(&edge.to))
        .map(|edge| format!("{} uses {}", edge.file, edge.to))
        .collect();
    assert_eq!(functions, Vec::<String>::new());
}

#[test]
fn each_library_stays_in_its_place() {
    let places: [(&str, &[&str]); 6] = [
        ("sqlparser", &["frontend/sql"]),
        ("ruff_python_ast", &["frontend/python"]),
        ("ruff_python_parser", &["frontend/python"]),
        ("petgraph", &["facts/workload"]),
        ("tokio", &["runtime", "cli"]),
        ("clap", &["cli"]),
    ];
    let mut wrong = Vec::new();
    let mut found = BTreeSet::new();
    for (file, _, code) in sources() {
        for (library, folders) in places {
            if code.contains(&format!("{library}::")) {
                found.insert(library);
                if !folders.iter().any(|folder| file.starts_with(folder)) {
                    wrong.push(format!("{file} uses {library}"));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    for library in ["sqlparser", "ruff_python_ast", "tokio", "clap"] {
        assert!(
            found.contains(library),
            "{library} was not found: the test is blind"
        );
    }
}

#[test]
fn only_the_output_prints() {
    let words = [
        "println!",
        "print!",
        "eprintln!",
        "eprint!",
        "stdout()",
        "stderr()",
        "io::stderr",
    ];
    let printing: Vec<String> = sources()
        .into_iter()
        .filter(|(.., code)| words.iter().any(|word| code.contains(word)))
        .map(|(file, ..)| file)
        .collect();
    assert_eq!(printing, ["cli/output.rs"]);
}

#[test]
fn use_trees_are_split() {
    assert_eq!(
        leaves("a::{b, c::{d as e, f}, self}"),
        ["a::b", "a::c::d", "a::c::f", "a::self"]
    );
    let module = parts("planner::plan::select");
    assert_eq!(
        absolute(&module, "super::super::frame::Reader").map(|path| path.join("::")),
        Some("planner::frame::Reader".to_owned())
    );
    assert_eq!(absolute(&module, "std::fmt"), None);
}
