//! How long the whole of `plan` takes as pipelines grow: reading files, parsing, facts, candidates, choice, texts, proof and
//! plan file, without process start and without an engine.
//!
//! `cargo bench --bench scale` (release, one process). A pipeline of n statements has n / 8 + 4 tables of its own, of
//! which two are read by most statements, and of every ten statements six read shared tables under filters, two join
//! two of them on a key, one computes a latest-per-key subquery that others paste, and one groups what an earlier statement
//! wrote. The budget is half of what all frames would need at one time, so that there is something to choose. Bars on 2
//! cores: 50 ms, 500 ms, 5 s and 60 s; growth is the exponent of n between two rows.
//!
//! Behind it stand what `report` adds, rules and all formats at once, and the size of its HTML page: at 1,000 statements
//! below 1 s and 2 MB.
//!
//! ```text
//!  statements      plan  growth    memory  certificate    report      page  slowest stages
//! ```

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark prints, and a broken fixture ends it"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use hoist::facts::access::{self, Declarations};
use hoist::facts::catalog::{Catalog, ColumnFacts, TableFacts, TableKind};
use hoist::facts::workload;
use hoist::frontend::source::{Sources, Variables};
use hoist::planner::check::check;
use hoist::planner::cost::CostModel;
use hoist::planner::emit::emit;
use hoist::planner::frame;
use hoist::planner::plan::{PlanOptions, choose};
use hoist::planner::plan_file::{PlanFile, PlanFileInputs, PlanSettings};
use hoist::present::report::findings::{Files, Told, github, gitlab, junit, sarif};
use hoist::present::report::html::{self, Page};
use hoist::present::report::review::{self, Review};
use hoist::present::rule::{self, Facts, Levels};

const SIZES: [usize; 4] = [25, 200, 1_000, 10_000];
const COLUMNS: [&str; 8] = [
    "id", "k", "day", "status", "amount", "region", "code", "note",
];

/// A small generator with a seed: the same pipeline each time (Steele, Lea and Flood, OOPSLA 2014).
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let wide = u128::from(mixed ^ (mixed >> 31)) * bound as u128;
        usize::try_from(wide >> 64).unwrap_or(0)
    }
}

fn pipeline(statements: usize) -> Vec<(String, String)> {
    let mut draw = Draw(statements as u64);
    let tables = statements / 8 + 4;
    let shared = |draw: &mut Draw| match draw.below(10) {
        0..6 => draw.below(2),
        _ => draw.below(tables),
    };
    let mut files = Vec::new();
    for number in 0..statements {
        let (one, other) = (shared(&mut draw), draw.below(tables));
        let (column, year) = (draw.below(5) + 3, 2020 + draw.below(5));
        let column = COLUMNS.get(column).copied().unwrap_or("id");
        let query = match number % 10 {
            6 | 7 => format!(
                "SELECT a.id, a.{column} AS x, b.amount FROM raw.t{one} a JOIN raw.t{other} b ON a.k = b.k WHERE a.day >= '{year}-01-01'"
            ),
            8 => format!(
                "WITH latest AS (SELECT id, k, amount FROM (SELECT id, k, amount, row_number() OVER (PARTITION BY k ORDER BY day DESC, id) AS rn FROM raw.t{one}) ranked WHERE rn = 1) SELECT id, k, amount AS x FROM latest"
            ),
            9 => format!(
                "SELECT id, count(*) AS n, max(x) AS x FROM mart.m{} GROUP BY id",
                number - 1 - draw.below(9)
            ),
            _ => format!("SELECT id, {column} AS x FROM raw.t{one} WHERE day >= '{year}-01-01'"),
        };
        let text = format!("INSERT OVERWRITE TABLE mart.m{number}\n{query};\n");
        files.push((format!("{number:05}.sql"), text));
    }
    files
}

fn catalog(statements: usize) -> Catalog {
    let columns = |names: &[&str]| {
        let of = |name: &&str| ColumnFacts {
            name: (*name).to_owned(),
            data_type: match *name {
                "id" | "k" | "n" => "bigint",
                "day" => "date",
                "amount" => "decimal(12,2)",
                _ => "string",
            }
            .to_owned(),
            nullable: true,
        };
        names.iter().map(of).collect()
    };
    let facts = |name: &str, format: &str, bytes, names: &[&str]| TableFacts {
        kind: TableKind::Managed,
        location: Some(format!("file:/warehouse/{name}")),
        provider: Some(format.to_owned()),
        size_bytes: Some(bytes),
        columns: columns(names),
        ..TableFacts::default()
    };
    let mut draw = Draw(1);
    let mut tables = BTreeMap::new();
    for number in 0..statements / 8 + 4 {
        let bytes = (1 << 28) + (draw.below(1 << 28) as u64);
        let name = format!("raw.t{number}");
        let known = facts(&name, "csv", bytes, &COLUMNS);
        tables.insert(name, known);
    }
    for number in 0..statements {
        let name = format!("mart.m{number}");
        let known = facts(&name, "parquet", 1 << 22, &["id", "x", "n", "amount", "k"]);
        tables.insert(name, known);
    }
    Catalog {
        spark_version: Some("3.5.6".to_owned()),
        tables,
        ..Catalog::default()
    }
}

/// What stages take.
struct Clock {
    start: Instant,
    stages: Vec<(&'static str, Duration)>,
}

impl Clock {
    fn start() -> Self {
        Clock {
            start: Instant::now(),
            stages: Vec::new(),
        }
    }

    /// A stage has ended.
    fn note(&mut self, stage: &'static str) {
        let before: Duration = self.stages.iter().map(|(_, took)| *took).sum();
        self.stages
            .push((stage, self.start.elapsed().saturating_sub(before)));
    }

    fn slowest(&self) -> String {
        let mut stages = self.stages.clone();
        stages.sort_by_key(|(_, took)| std::cmp::Reverse(*took));
        let shown = stages.iter().take(3);
        let shown: Vec<String> = shown
            .map(|(stage, took)| format!("{stage} {} ms", took.as_millis()))
            .collect();
        shown.join(", ")
    }
}

struct Measured {
    whole: Duration,
    slowest: String,
    peak_bytes: u64,
    certificate: String,
    report: Duration,
    page_bytes: usize,
}

fn plan(files: &[(String, String)], catalog: &Catalog, budget_bytes: u64) -> Measured {
    let variables = Variables::new();
    let settings = PlanSettings {
        default_database: "default".to_owned(),
        frames: true,
        budget_bytes,
        margin_percent: 200,
        min_gain_micros: 200_000,
        catalog: "hive".to_owned(),
        ..PlanSettings::default()
    };
    let mut clock = Clock::start();
    let named = files
        .iter()
        .map(|(name, text)| (name.clone(), text.as_str()));
    let sources = Sources::from_texts(named, &variables);
    let parsed = hoist::frontend::parse(&sources);
    clock.note("parse");
    let declarations = Declarations {
        default_database: settings.default_database.clone(),
        ..Declarations::default()
    };
    let accesses = access::resolve(&parsed.statements, catalog, &declarations);
    let workload = workload::build(parsed.statements, accesses);
    clock.note("facts");
    let candidates = frame::candidates(&workload, &sources, catalog);
    let options = PlanOptions {
        budget_bytes,
        margin_percent: settings.margin_percent,
        min_gain_micros: settings.min_gain_micros,
        frames: true,
        ..PlanOptions::default()
    };
    clock.note("candidates");
    let costs = CostModel::new(&workload, catalog);
    let plan = choose(&workload, &candidates, &costs, &options);
    clock.note("choice");
    let program = emit(&plan, &candidates, &workload, &sources);
    clock.note("texts");
    let violations = check(&workload, &sources, catalog, &plan, &program);
    assert!(violations.is_empty(), "{}", violations.len());
    clock.note("proof");
    let file = PlanFile::new(PlanFileInputs {
        root: "..",
        sources: &sources,
        variables: &variables,
        settings: &settings,
        catalog,
        workload: &workload,
        plan: &plan,
        program: &program,
    });
    let bytes = file.to_json().len();
    assert!(bytes > files.len());
    clock.note("plan file");
    let certificate = plan
        .searched
        .map(|searched| searched.certificate.to_string());
    let whole = clock.start.elapsed();
    let facts = Facts {
        sources: &sources,
        workload: &workload,
        catalog,
        candidates: &candidates,
        told: &[],
    };
    let begun = Instant::now();
    let page_bytes = report(&facts, &file);
    Measured {
        report: begun.elapsed(),
        page_bytes,
        whole,
        slowest: clock.slowest(),
        peak_bytes: plan.summary.peak_bytes,
        certificate: certificate.unwrap_or_default(),
    }
}

/// Makes a report in all formats; how long the page is, bytes.
fn report(facts: &Facts<'_>, plan: &PlanFile) -> usize {
    let findings = rule::findings(facts, &Levels::new());
    let files = Files {
        sources: facts.sources,
        root: "",
    };
    let told = Told {
        findings: &findings,
        files,
        new: None,
    };
    let review = Review {
        files,
        findings: &findings,
        plan: Some(plan),
        base: None,
    };
    let others = [
        review::text(&review, false),
        review::json(&review),
        review::markdown(&review),
        sarif::text(told),
        github::text(told),
        gitlab::text(told),
        junit::text(told),
    ];
    assert!(others.iter().all(|text| !text.is_empty()));
    let page = Page {
        review,
        workload: facts.workload,
        run: None,
    };
    html::text(&page).len()
}

/// The most memory that this process has had, MiB (Linux: `VmHWM`); none elsewhere.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.map_or_else(|| "unknown".to_owned(), |kib| format!("{} MiB", kib >> 10))
}

fn main() {
    let wanted: Vec<usize> = std::env::args()
        .filter_map(|word| word.parse().ok())
        .collect();
    let mut before: Option<(usize, Duration)> = None;
    println!(
        " statements      plan  growth    memory  certificate    report      page  slowest stages"
    );
    for statements in SIZES {
        if !wanted.is_empty() && !wanted.contains(&statements) {
            continue;
        }
        let (files, catalog) = (pipeline(statements), catalog(statements));
        let free = plan(&files, &catalog, u64::MAX);
        let measured = plan(&files, &catalog, free.peak_bytes / 2);
        let mut growth = String::new();
        if let Some((fewer, less)) = before {
            let times = measured.whole.as_secs_f64() / less.as_secs_f64();
            let larger = statements as f64 / fewer as f64;
            let _ = write!(growth, "{:.2}", times.ln() / larger.ln());
        }
        println!(
            "{statements:>11} {:>6} ms {growth:>7} {:>9}  {:<11} {:>6} ms {:>6} kB  {}",
            measured.whole.as_millis(),
            memory(),
            measured.certificate,
            measured.report.as_millis(),
            measured.page_bytes.div_ceil(1000),
            measured.slowest,
        );
        before = Some((statements, measured.whole));
    }
}
