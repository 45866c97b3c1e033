//! The statements of TPC-DS and TPC-H as pipelines: drawn at random, with a catalog of their tables.
//!
//! The texts lie outside the project (`../shared/corpus`, or where `HOIST_CORPUS` says). Tables have the rows of scale
//! factor 100 as the specifications give them, and the columns that the texts name, told apart by their prefixes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use hoist::facts::access::{self, Declarations, Origin};
use hoist::facts::catalog::{Catalog, ColumnFacts, SessionFacts, TableFacts, TableKind};
use hoist::facts::workload::{self, Workload};
use hoist::frontend::source::{Sources, Variables};
use hoist::planner::check::{Violation, check};
use hoist::planner::cost::CostModel;
use hoist::planner::emit::emit;
use hoist::planner::frame::{self, Candidates};
use hoist::planner::plan::{Plan, PlanOptions, choose};

/// A table: prefix of its columns, name, rows at scale factor 100.
type Known = (&'static str, &'static str, u64);

/// TPC-DS specification 2.7, table 3-2.
const TPC_DS: [Known; 24] = [
    ("cc_", "call_center", 30),
    ("cp_", "catalog_page", 20_400),
    ("cr_", "catalog_returns", 14_404_374),
    ("cs_", "catalog_sales", 143_997_065),
    ("c_", "customer", 2_000_000),
    ("ca_", "customer_address", 1_000_000),
    ("cd_", "customer_demographics", 1_920_800),
    ("d_", "date_dim", 73_049),
    ("hd_", "household_demographics", 7_200),
    ("ib_", "income_band", 20),
    ("inv_", "inventory", 399_330_000),
    ("i_", "item", 204_000),
    ("p_", "promotion", 1_000),
    ("r_", "reason", 55),
    ("sm_", "ship_mode", 20),
    ("s_", "store", 402),
    ("sr_", "store_returns", 28_795_080),
    ("ss_", "store_sales", 287_997_024),
    ("t_", "time_dim", 86_400),
    ("w_", "warehouse", 15),
    ("wp_", "web_page", 2_040),
    ("wr_", "web_returns", 7_197_670),
    ("ws_", "web_sales", 72_001_237),
    ("web_", "web_site", 24),
];

/// TPC-H specification 3, section 4.2.5.
const TPC_H: [Known; 8] = [
    ("c_", "customer", 15_000_000),
    ("l_", "lineitem", 600_037_902),
    ("n_", "nation", 25),
    ("o_", "orders", 150_000_000),
    ("p_", "part", 20_000_000),
    ("ps_", "partsupp", 80_000_000),
    ("r_", "region", 5),
    ("s_", "supplier", 1_000_000),
];

#[derive(serde::Deserialize)]
struct Row {
    path: String,
    sql: String,
    #[serde(default)]
    cols: Vec<String>,
    s35_spark_parses: bool,
}

/// The statements of one benchmark and its tables.
pub(crate) struct Suite {
    /// What it is called.
    pub(crate) name: &'static str,
    /// Its statements.
    pub(crate) statements: Vec<String>,
    /// Its tables.
    pub(crate) catalog: Catalog,
}

/// TPC-DS and TPC-H; none where the texts are absent.
pub(crate) fn suites() -> Option<[Suite; 2]> {
    let folder = std::env::var_os("HOIST_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"),
        PathBuf::from,
    );
    let file = std::fs::File::open(folder.join("tpc.jsonl.gz")).ok()?;
    let rows: Vec<Row> = BufReader::new(flate2::read::GzDecoder::new(file))
        .lines()
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .filter(|row: &Row| row.s35_spark_parses)
        .collect();
    Some([
        suite("TPC-DS", &rows, "/tpcds/", &TPC_DS),
        suite("TPC-H", &rows, "/tpch/", &TPC_H),
    ])
}

fn suite(name: &'static str, rows: &[Row], folder: &str, tables: &[Known]) -> Suite {
    let rows: Vec<&Row> = rows
        .iter()
        .filter(|row| row.path.contains(folder))
        .collect();
    let columns: BTreeSet<&str> = rows
        .iter()
        .flat_map(|row| &row.cols)
        .map(String::as_str)
        .collect();
    let tables = tables.iter().map(|(prefix, table, rows)| {
        let own = columns.iter().filter(|column| column.starts_with(prefix));
        let facts = TableFacts {
            kind: TableKind::Managed,
            provider: Some("parquet".to_owned()),
            location: Some(format!("file:/warehouse/tpc/{table}")),
            columns: own.map(|column| column_facts(column)).collect(),
            rows: Some(*rows),
            ..TableFacts::default()
        };
        (format!("default.{table}"), facts)
    });
    Suite {
        name,
        catalog: Catalog {
            spark_version: Some("3.5.6".to_owned()),
            session: Some(SessionFacts {
                database: "default".to_owned(),
                settings: BTreeMap::from([(
                    "spark.sql.ansi.enabled".to_owned(),
                    "false".to_owned(),
                )]),
                ..SessionFacts::default()
            }),
            tables: tables.collect(),
            ..Catalog::default()
        },
        statements: rows.iter().map(|row| row.sql.clone()).collect(),
    }
}

/// A type that fits what the specifications give to columns of such a name.
fn column_facts(name: &str) -> ColumnFacts {
    let data_type = match name {
        _ if name.ends_with("_sk") || name.ends_with("key") || name.ends_with("_number") => {
            "bigint"
        }
        _ if name.ends_with("date") => "date",
        _ if [
            "quantity", "year", "moy", "dom", "qoy", "_seq", "hour", "count", "size", "qty",
        ]
        .iter()
        .any(|part| name.contains(part)) =>
        {
            "int"
        }
        _ if [
            "price", "cost", "amt", "profit", "paid", "tax", "loss", "discount", "bal", "charge",
            "cash", "credit",
        ]
        .iter()
        .any(|part| name.contains(part)) =>
        {
            "decimal(7,2)"
        }
        _ => "string",
    };
    ColumnFacts {
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        nullable: true,
    }
}

/// Bytes of a cell as Parquet keeps it before compression.
fn width(data_type: &str) -> u64 {
    match data_type {
        "int" | "date" | "decimal(7,2)" => 4,
        "bigint" => 8,
        _ => 12,
    }
}

/// A pipeline of some statements of a suite, and what hoist makes of it.
pub(crate) struct Planned {
    /// The statements and what they read.
    pub(crate) workload: Workload,
    /// What could be shared.
    pub(crate) candidates: Candidates,
    /// What is shared.
    pub(crate) plan: Plan,
    /// Promises that do not hold.
    pub(crate) violations: Vec<Violation>,
}

/// How pipelines are planned.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    /// Leave out the `LIMIT` at the end: which rows of equal order are kept is for Spark to choose, so a statement that
    /// has one reads no frame.
    pub(crate) without_limit: bool,
    /// As in [`PlanOptions`]: 0 takes every frame.
    pub(crate) margin_percent: u32,
}

impl Suite {
    /// Plans a pipeline of `count` statements; the same seed draws the same ones.
    pub(crate) fn planned(&self, seed: u64, count: usize, way: Way) -> Planned {
        let mut order: Vec<usize> = (0..self.statements.len()).collect();
        let mut state = seed;
        // Fisher and Yates with SplitMix64.
        for last in (1..order.len()).rev() {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            let at = usize::try_from((z ^ (z >> 31)) % (last as u64 + 1)).unwrap();
            order.swap(last, at);
        }
        let texts = order.iter().take(count).enumerate().map(|(number, at)| {
            let text = self.statements[*at].trim().trim_end_matches(';');
            let text = if way.without_limit {
                unlimited(text)
            } else {
                text
            };
            (format!("{number:03}.sql"), text.to_owned())
        });
        let texts: Vec<(String, String)> = texts.collect();
        let sources = Sources::from_texts(
            texts
                .iter()
                .map(|(name, text)| (name.as_str(), text.clone())),
            &Variables::new(),
        );
        let declarations = Declarations {
            default_database: "default".to_owned(),
            ..Declarations::default()
        };
        let parsed = hoist::frontend::parse(&sources);
        let accesses = access::resolve(&parsed.statements, &self.catalog, &declarations);
        let workload = workload::build(parsed.statements, accesses);
        let candidates = frame::candidates(&workload, &sources, &self.catalog);
        let costs = CostModel::new(&workload, &self.catalog);
        let plan = choose(
            &workload,
            &candidates,
            &costs,
            &PlanOptions {
                budget_bytes: u64::MAX,
                margin_percent: way.margin_percent,
                min_gain_micros: 0,
                frames: true,
                ..PlanOptions::default()
            },
        );
        let program = emit(&plan, &candidates, &workload, &sources);
        let violations = check(&workload, &sources, &self.catalog, &plan, &program);
        Planned {
            workload,
            candidates,
            plan,
            violations,
        }
    }

    /// Bytes of the columns that the reads of a pipeline need, all together and once per column.
    pub(crate) fn scanned(&self, workload: &Workload) -> (u64, u64) {
        let mut every = 0;
        let mut once: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        let reads = workload.accesses.iter().flat_map(|access| &access.reads);
        for read in reads.filter(|read| matches!(read.origin, Origin::Named { .. })) {
            let name = &workload.table(read.version.table).unwrap().name;
            let Some(facts) = self.catalog.tables.get(name) else {
                continue;
            };
            for column in &facts.columns {
                let needed = read.columns.as_ref();
                if needed.is_none_or(|needed| needed.contains(&column.name)) {
                    let bytes = facts.rows.unwrap() * width(&column.data_type);
                    every += bytes;
                    once.insert((name, &column.name), bytes);
                }
            }
        }
        (every, once.values().sum())
    }

    /// Bytes of the columns that the reads of a plan need: those that no frame serves, and those that build one.
    pub(crate) fn scanned_after(&self, planned: &Planned) -> u64 {
        let mut workload = planned.workload.clone();
        let mut built: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
        let mut bytes = 0;
        for frame in &planned.plan.frames {
            let mut needed: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
            for id in frame.readers.iter().flat_map(|reader| &reader.reads) {
                let read = workload.read(*id).unwrap();
                let columns = read.columns.iter().flatten().cloned();
                needed
                    .entry(read.version.table)
                    .or_default()
                    .extend(columns);
                built.entry(*id).or_default();
            }
            for (table, columns) in needed {
                let facts = workload
                    .table(table)
                    .and_then(|table| self.catalog.tables.get(&table.name));
                let Some(facts) = facts else { continue };
                let used = facts
                    .columns
                    .iter()
                    .filter(|column| columns.contains(&column.name));
                bytes += used
                    .map(|column| facts.rows.unwrap() * width(&column.data_type))
                    .sum::<u64>();
            }
        }
        for access in &mut workload.accesses {
            access.reads.retain(|read| !built.contains_key(&read.id));
        }
        bytes + self.scanned(&workload).0
    }
}

/// A statement without the `LIMIT` at its end.
fn unlimited(text: &str) -> &str {
    let Some(at) = text.to_lowercase().rfind("limit") else {
        return text;
    };
    let number = text.get(at + "limit".len()..).unwrap_or("").trim();
    if !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()) {
        text.get(..at).unwrap_or(text)
    } else {
        text
    }
}
