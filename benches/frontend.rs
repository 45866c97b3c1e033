//! Speed and endurance of the SQL front end, as ratios in one run.
//!
//! `cargo bench --bench frontend [-- speed|endurance]`. TPC-DS, TPC-H and SSB texts are read from `../shared/corpus` or `HOIST_CORPUS`; where
//! there are none, the sample pipeline stands in. `HOIST_SQLGLOT=python3` names a Python that can import
//! `sqlglot[c]`; without it that line says so.
//!
//! Bars: parsing with access at least 0.6 times as fast as sqlparser's bare parser and 4 times as fast as sqlglot; each
//! endurance case within 1 s.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark reads files and clocks, prints, and ends where its input is broken"
)]

use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hoist::facts::access::{self, Accesses, Declarations};
use hoist::facts::catalog::Catalog;
use hoist::frontend::source::{LoadOptions, Sources, Variables, load};
use hoist::frontend::{Parsed, parse};
use sqlparser::dialect::SparkSqlDialect;
use sqlparser::parser::Parser;

/// Each figure is the best of so many runs.
const RUNS: u32 = 25;

fn main() {
    // Cargo passes `--bench`; a word chooses one part.
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let runs = |part: &str| wanted.is_empty() || wanted.iter().any(|word| word == part);
    if runs("speed") {
        speed();
    }
    if runs("endurance") {
        endurance();
    }
}

fn timed(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

fn understand(sources: &Sources) -> (Parsed, Accesses) {
    let parsed = parse(sources);
    let accesses = access::resolve(
        &parsed.statements,
        &Catalog::default(),
        &Declarations {
            default_database: "default".to_owned(),
            ..Declarations::default()
        },
    );
    (parsed, accesses)
}

/// The queries of the TPC benchmarks that sqlparser parses too, and where they come from.
fn queries() -> (Vec<String>, String) {
    let folder = std::env::var_os("HOIST_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"),
        PathBuf::from,
    );
    let (texts, name) = match std::fs::File::open(folder.join("tpc.jsonl.gz")) {
        Ok(file) => {
            let lines = BufReader::new(flate2::read::GzDecoder::new(file)).lines();
            let texts = lines
                .map(|line| {
                    let row: serde_json::Value =
                        serde_json::from_str(&line.expect("the corpus is readable"))
                            .expect("the corpus is JSON lines");
                    row.get("sql")
                        .and_then(|sql| sql.as_str())
                        .unwrap_or_default()
                        .to_owned()
                })
                .collect::<Vec<_>>();
            (texts, "TPC-DS, TPC-H and SSB")
        }
        Err(_) => (sample(), "the sample pipeline (no corpus at hand)"),
    };
    let parses = |text: &String| Parser::parse_sql(&SparkSqlDialect {}, text).is_ok();
    (texts.into_iter().filter(parses).collect(), name.to_owned())
}

fn sample() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries");
    let variables = Variables::from([("report_date".to_owned(), "2024-06-30".to_owned())]);
    let sources = load(
        &root,
        std::slice::from_ref(&root),
        &LoadOptions::default(),
        &variables,
    )
    .expect("the sample pipeline is readable");
    let parsed = parse(&sources);
    let statements = parsed.statements.iter();
    statements
        .map(|statement| {
            sources
                .text(statement.span)
                .replace("${report_date}", "2024-06-30")
        })
        .collect()
}

fn speed() {
    let (texts, name) = queries();
    let bytes: usize = texts.iter().map(String::len).sum();
    println!("{name}: {} statements, {bytes} bytes", texts.len());
    let files = texts.iter().enumerate();
    let sources = Sources::from_texts(
        files.map(|(number, text)| (format!("{number}.sql"), text.as_str())),
        &Variables::new(),
    );
    let [mut bare, mut parsing, mut both] = [Duration::MAX; 3];
    // In turn, so that a busy moment of the machine strikes all alike.
    for _ in 0..RUNS {
        bare = bare.min(timed(|| {
            for text in &texts {
                black_box(Parser::parse_sql(&SparkSqlDialect {}, text).is_ok());
            }
        }));
        parsing = parsing.min(timed(|| {
            black_box(parse(&sources));
        }));
        both = both.min(timed(|| {
            black_box(understand(&sources));
        }));
    }
    let sqlglot = sqlglot(&texts);
    let line = |what: &str, time: Duration| {
        println!(
            "  {what:<28} {:>8.1} ms  {:>6.2} x sqlparser",
            time.as_secs_f64() * 1e3,
            bare.as_secs_f64() / time.as_secs_f64(),
        );
    };
    line("sqlparser, bare parse", bare);
    line("hoist, parse", parsing);
    line("hoist, parse and access", both);
    match sqlglot {
        Some(time) => {
            line("sqlglot, compiled", time);
            println!(
                "  hoist is {:.1} x as fast as sqlglot",
                time.as_secs_f64() / both.as_secs_f64()
            );
        }
        None => println!("  sqlglot: not measured, HOIST_SQLGLOT names no Python that has it"),
    }
}

/// The best time of sqlglot's parser on the same texts.
fn sqlglot(texts: &[String]) -> Option<Duration> {
    const SCRIPT: &str = "
import json, sys, time, sqlglot
texts = json.load(sys.stdin)
best = None
for _ in range(3):
    start = time.perf_counter()
    for text in texts:
        sqlglot.parse(text, read='spark')
    spent = time.perf_counter() - start
    best = spent if best is None else min(best, spent)
print(best)
";
    let python = std::env::var_os("HOIST_SQLGLOT")?;
    let mut child = Command::new(python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let mut input = child.stdin.take()?;
    input
        .write_all(serde_json::to_string(texts).ok()?.as_bytes())
        .ok()?;
    drop(input);
    let output = child.wait_with_output().ok()?;
    let seconds: f64 = String::from_utf8(output.stdout).ok()?.trim().parse().ok()?;
    Some(Duration::from_secs_f64(seconds))
}

/// What each text is, and the text.
fn cases() -> Vec<(&'static str, String)> {
    let chain = |operator: &str, count: usize| {
        format!(
            "SELECT a FROM t WHERE {}",
            vec!["a"; count].join(&format!(" {operator} "))
        )
    };
    let nested = |open: &str, inner: &str, close: &str, depth: usize| {
        format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
    };
    let ctes: Vec<String> = (0..20_000)
        .map(|number| format!("c{number} AS (SELECT a FROM t{number})"))
        .collect();
    let joins: Vec<String> = (0..20_000)
        .map(|number| format!(" JOIN t{number} ON t{number}.a = t.a"))
        .collect();
    vec![
        (
            "10,000 brackets around a value",
            format!("SELECT {}", nested("(", "1", ")", 10_000)),
        ),
        (
            "10,000 brackets around a query",
            nested("(", "SELECT 1", ")", 10_000),
        ),
        (
            "1,000 derived tables inside each other",
            nested("SELECT * FROM (", "SELECT 1", ") x", 1_000),
        ),
        ("100,000 terms of AND", chain("AND", 100_000)),
        ("100,000 terms of OR", chain("OR", 100_000)),
        ("100,000 terms of +", chain("+", 100_000)),
        ("100,000 terms of ||", chain("||", 100_000)),
        (
            "20,000 common table expressions",
            format!("WITH {} SELECT * FROM c0", ctes.join(", ")),
        ),
        ("20,000 joins", format!("SELECT * FROM t{}", joins.concat())),
        (
            "10,000 inputs of UNION ALL",
            vec!["SELECT a FROM t"; 10_000].join(" UNION ALL "),
        ),
        (
            "20,000 columns",
            format!("SELECT {} FROM t", vec!["a"; 20_000].join(", ")),
        ),
        (
            "a string of 1 MB",
            format!("SELECT '{}'", "x".repeat(1 << 20)),
        ),
        (
            "an open string of 1 MB",
            format!("SELECT '{}", "x".repeat(1 << 20)),
        ),
        (
            "3,200 brackets around a table",
            format!("SELECT * FROM {}", nested("(", "t", ")", 3_200)),
        ),
        (
            "3,200 brackets, the last missing",
            format!("SELECT * FROM {}t{}", "(".repeat(3_200), ")".repeat(3_199)),
        ),
        (
            "10,000 open brackets",
            format!("SELECT {}", "(".repeat(10_000)),
        ),
        (
            "1,000 CASE inside each other",
            format!("SELECT {}", nested("CASE WHEN a THEN ", "1", " END", 1_000)),
        ),
        (
            "10,000 NOT",
            format!("SELECT {} a FROM t", "NOT ".repeat(10_000)),
        ),
        (
            "10,000 minus signs",
            format!("SELECT {} 1", "- ".repeat(10_000)),
        ),
    ]
}

fn endurance() {
    println!("endurance");
    for (what, text) in cases() {
        let sources = Sources::from_texts([("case.sql", text.as_str())], &Variables::new());
        let start = Instant::now();
        let (parsed, accesses) = understand(&sources);
        let words: Vec<&str> = parsed
            .statements
            .iter()
            .map(|statement| statement.kind.word())
            .collect();
        let answer = parsed
            .diagnostics
            .first()
            .map_or_else(String::new, |diagnostic| {
                format!(": {}", diagnostic.message)
            });
        drop((parsed, accesses));
        let spent = start.elapsed();
        println!(
            "  {what:<40} {:>8.1} ms  {}{answer}",
            spent.as_secs_f64() * 1e3,
            words.join(", "),
        );
    }
}
