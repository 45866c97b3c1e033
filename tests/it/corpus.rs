//! Measures the SQL front end on statements with Spark's own answer.
//!
//! The statements lie outside the project: in `../shared/corpus`, or where `HOIST_CORPUS` says. Where there are none
//! the test says so. `cargo test --release --test it corpus -- --nocapture` prints the table;
//! `HOIST_CORPUS_SHOW=real:reads:20` prints examples of what is not exact (`reads`, `columns`, `unsound`, `spans`,
//! `identity`).

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use hoist::diagnostic::Span;
use hoist::facts::access::{self, Declarations, Origin};
use hoist::facts::catalog::Catalog;
use hoist::frontend::source::{Sources, Variables};
use hoist::frontend::sql;
use hoist::frontend::statement::{Mentions, StatementKind};

/// What a corpus must reach, per mille of the statements that Spark accepts.
struct Target {
    corpus: &'static str,
    names: u64,
    columns: Option<u64>,
}

const TARGETS: [Target; 5] = [
    Target {
        corpus: "real",
        names: 999,
        columns: Some(997),
    },
    Target {
        corpus: "tpc",
        names: 1000,
        columns: Some(1000),
    },
    Target {
        corpus: "spark-tests",
        names: 990,
        columns: Some(980),
    },
    Target {
        corpus: "conformance",
        names: 990,
        columns: None,
    },
    Target {
        corpus: "spark-docs",
        names: 985,
        columns: None,
    },
];

/// One statement and what Spark says of it.
#[derive(serde::Deserialize)]
struct Row {
    id: String,
    sql: String,
    sql_rendered: Option<String>,
    spark_parses: bool,
    #[serde(default)]
    source_repo: String,
    #[serde(default)]
    path: String,
    #[serde(default)]
    n: u32,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    reads: Vec<String>,
    #[serde(default)]
    writes: Vec<String>,
    #[serde(default)]
    cols: Vec<String>,
    #[serde(default)]
    dynamic_identifier: bool,
}

impl Row {
    fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or("")
    }
}

#[derive(Default)]
struct Measured {
    statements: u64,
    /// Excluded from exactness: names are computed when the statement runs.
    dynamic: u64,
    names: u64,
    unsound: u64,
    with_columns: u64,
    columns: u64,
    spans: u64,
    wrong_spans: u64,
    wrong_identities: u64,
}

fn folder() -> PathBuf {
    std::env::var_os("HOIST_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"),
        PathBuf::from,
    )
}

fn rows(path: &Path) -> Vec<Row> {
    let file = std::fs::File::open(path).unwrap();
    BufReader::new(flate2::read::GzDecoder::new(file))
        .lines()
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect()
}

/// Some texts of each corpus, spread over it.
pub(crate) fn texts(of_each: usize) -> Vec<String> {
    let mut texts = Vec::new();
    for target in &TARGETS {
        let path = folder().join(format!("{}.jsonl.gz", target.corpus));
        if path.exists() {
            let rows = rows(&path);
            let step = (rows.len() / of_each).max(1);
            texts.extend(rows.into_iter().step_by(step).map(|row| row.sql));
        }
    }
    texts
}

/// Files of real pipelines by repository and path, with values for their templates; none where there is no corpus.
pub(crate) fn files() -> Option<BTreeMap<String, String>> {
    let path = folder().join("real.jsonl.gz");
    let mut files: BTreeMap<String, Vec<(u32, String)>> = BTreeMap::new();
    for row in path.exists().then(|| rows(&path))? {
        // Some stood in notebooks and programs.
        let name = format!("{}/{}.sql", row.source_repo, row.path);
        let statements = files.entry(name).or_default();
        statements.push((row.n, row.sql_rendered.unwrap_or(row.sql)));
    }
    let whole = |mut statements: Vec<(u32, String)>| {
        statements.sort();
        let texts = statements.into_iter().map(|(_, text)| text);
        texts.collect::<Vec<_>>().join("\n;\n")
    };
    let files = files
        .into_iter()
        .map(|(name, statements)| (name, whole(statements)));
    Some(files.collect())
}

/// A name for comparing: lower-case, without backquotes and the catalog and database that are current by default.
fn plain(name: &str) -> String {
    let name = name.to_lowercase().replace('`', "");
    let name = name.strip_prefix("spark_catalog.").unwrap_or(&name);
    name.strip_prefix("default.").unwrap_or(name).to_owned()
}

fn set(names: &[String]) -> BTreeSet<String> {
    names.iter().map(|name| plain(name)).collect()
}

/// A name as its text says it: tokens without dots, backquotes, blanks and comments.
fn spelled(text: &str) -> String {
    let tokens = sql::tokens(text).unwrap();
    let tokens: Vec<&str> = tokens
        .iter()
        .map(|token| &text[token.range.start as usize..token.range.end as usize])
        .collect();
    let mut parts: Vec<String> = Vec::new();
    let mut rest = tokens.as_slice();
    while let [first, after @ ..] = rest {
        rest = after;
        if first.eq_ignore_ascii_case("IDENTIFIER") && after.first() == Some(&"(") {
            // A name that is written as strings.
            let end = after.iter().position(|token| *token == ")").unwrap();
            let strings = after[1..end].iter().filter(|token| **token != "||");
            let strings = strings.map(|token| &token[1..token.len() - 1]);
            parts.push(spelled(&strings.collect::<String>()));
            rest = &after[end + 1..];
        } else if *first != "." {
            parts.push(first.trim_matches('`').replace("``", "`").to_lowercase());
        }
    }
    parts.join(".")
}

/// Whether text is the same after each span is replaced by its own text.
fn is_identity(text: &str, mut spans: Vec<Span>) -> bool {
    spans.sort_by_key(|span| span.start);
    spans.dedup();
    let mut rebuilt = String::new();
    let mut at = 0;
    for span in spans {
        let (start, end) = (span.start as usize, span.end as usize);
        let (Some(between), Some(name)) = (text.get(at..start), text.get(start..end)) else {
            return false;
        };
        rebuilt.push_str(between);
        rebuilt.push_str(name);
        at = end;
    }
    rebuilt.push_str(&text[at..]);
    rebuilt == text
}

/// Prints examples of one kind of failure.
struct Show {
    corpus: String,
    what: String,
    left: usize,
}

impl Show {
    fn from_environment() -> Self {
        let wanted = std::env::var("HOIST_CORPUS_SHOW").unwrap_or_default();
        let mut parts = wanted.split(':').map(str::to_owned);
        Show {
            corpus: parts.next().unwrap_or_default(),
            what: parts.next().unwrap_or_default(),
            left: parts
                .next()
                .and_then(|count| count.parse().ok())
                .unwrap_or(0),
        }
    }

    fn example(&mut self, corpus: &str, what: &str, row: &Row, found: &str) {
        if self.left > 0 && self.corpus == corpus && self.what == what {
            self.left -= 1;
            let text = row.sql_rendered.as_ref().unwrap_or(&row.sql);
            println!(
                "--- {} ({})\n{text}\n=== {found}\n    expected: reads {:?}, writes {:?}, columns {:?}",
                row.id,
                row.kind(),
                row.reads,
                row.writes,
                row.cols
            );
        }
    }
}

fn measure(corpus: &str, path: &Path, show: &mut Show) -> Measured {
    let mut measured = Measured::default();
    for row in rows(path).iter().filter(|row| row.spark_parses) {
        statement(corpus, row, &mut measured, show);
    }
    measured
}

fn statement(corpus: &str, row: &Row, measured: &mut Measured, show: &mut Show) {
    let text = row.sql_rendered.as_ref().unwrap_or(&row.sql);
    let sources = Sources::from_texts([("statement.sql", text.as_str())], &Variables::new());
    let parsed = hoist::frontend::parse(&sources);
    let accesses = access::resolve(
        &parsed.statements,
        &Catalog::default(),
        &Declarations {
            default_database: "default".to_owned(),
            ..Declarations::default()
        },
    );
    measured.statements += 1;
    let mut reads = BTreeSet::new();
    let mut writes = BTreeSet::new();
    let mut columns = BTreeSet::new();
    let mut spans = Vec::new();
    for statement in &parsed.statements {
        let mentions = Mentions::of(&statement.kind);
        let names = mentions.reads.iter().map(|table| &table.name);
        reads.extend(names.clone().map(|name| plain(&name.key())));
        writes.extend(mentions.writes.iter().map(|name| plain(&name.key())));
        columns.extend(mentions.columns);
        spans.extend(names.chain(mentions.writes.iter().copied()).map(|name| {
            measured.spans += 1;
            (name.span, name.key())
        }));
    }
    for (span, name) in &spans {
        if spelled(sources.text(*span)) != *name {
            measured.wrong_spans += 1;
            show.example(
                corpus,
                "spans",
                row,
                &format!("{name}: {}", sources.text(*span)),
            );
        }
    }
    // What is resolved must be what is mentioned.
    for access in &accesses.accesses {
        for read in &access.reads {
            if let Origin::Named { name, .. } = &read.origin {
                assert!(
                    spans.iter().any(|(span, _)| span == name),
                    "{}: resolved, not mentioned: {}",
                    row.id,
                    sources.text(*name)
                );
            }
        }
    }
    if !is_identity(text, spans.iter().map(|(span, _)| *span).collect()) {
        measured.wrong_identities += 1;
        show.example(corpus, "identity", row, "");
    }
    let barrier = accesses
        .accesses
        .iter()
        .any(|access| access.barrier.is_some());
    let reasons: Vec<&str> = parsed
        .statements
        .iter()
        .filter_map(|statement| match &statement.kind {
            StatementKind::Opaque { reason } => Some(reason.as_str()),
            _ => None,
        })
        .collect();
    let found = format!("reads {reads:?}, writes {writes:?}, columns {columns:?}, {reasons:?}");
    let missed = !set(&row.reads).is_subset(&reads) || !set(&row.writes).is_subset(&writes);
    if missed && !barrier {
        measured.unsound += 1;
        show.example(corpus, "unsound", row, &found);
    }
    if row.dynamic_identifier {
        measured.dynamic += 1;
        return;
    }
    if set(&row.reads) == reads && set(&row.writes) == writes && reasons.is_empty() {
        measured.names += 1;
    } else {
        show.example(corpus, "reads", row, &found);
    }
    if ["query", "insert", "ctas", "create_view"].contains(&row.kind()) {
        measured.with_columns += 1;
        let expected: BTreeSet<String> = set(&row.cols);
        let columns = columns.iter().map(|name| plain(name)).collect();
        if expected == columns && reasons.is_empty() {
            measured.columns += 1;
        } else {
            show.example(corpus, "columns", row, &found);
        }
    }
}

#[test]
fn names_and_columns_are_those_that_spark_finds() {
    let folder = folder();
    let mut show = Show::from_environment();
    let mut misses = Vec::new();
    let mut found = false;
    println!("corpus        statements  names exact  unsound  columns exact  wrong spans");
    for target in &TARGETS {
        let path = folder.join(format!("{}.jsonl.gz", target.corpus));
        if !path.exists() {
            continue;
        }
        found = true;
        let measured = measure(target.corpus, &path, &mut show);
        let static_names = measured.statements - measured.dynamic;
        println!(
            "{:<12}  {:>10}  {:>9}.{:02} %  {:>7}  {:>11}.{:02} %  {} of {}",
            target.corpus,
            measured.statements,
            measured.names * 100 / static_names,
            measured.names * 10_000 / static_names % 100,
            measured.unsound,
            measured.columns * 100 / measured.with_columns.max(1),
            measured.columns * 10_000 / measured.with_columns.max(1) % 100,
            measured.wrong_spans,
            measured.spans,
        );
        let mut must = |holds: bool, what: &str| {
            if !holds {
                misses.push(format!("{}: {what}", target.corpus));
            }
        };
        must(
            measured.unsound == 0,
            "a read or write is missed and not marked",
        );
        must(
            measured.wrong_spans == 0,
            "a span is not the name as written",
        );
        must(
            measured.wrong_identities == 0,
            "replacing names by themselves changes the text",
        );
        must(
            measured.names * 1000 >= target.names * static_names,
            "reads and writes",
        );
        must(
            target
                .columns
                .is_none_or(|columns| measured.columns * 1000 >= columns * measured.with_columns),
            "column names",
        );
    }
    if found {
        assert!(misses.is_empty(), "{misses:#?}");
    } else {
        println!("no corpus in {}: nothing is measured", folder.display());
    }
}
