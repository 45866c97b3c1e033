//! Planted sharing: statements that share something are planted into random pipelines, with cosmetic noise and with
//! statements beside them that only look alike.
//!
//! Found must be what was planted: one candidate of its kind that serves all its statements. That nothing else was merged
//! is for Spark to say: the pipelines run plainly and with every frame that is possible, and nothing may differ.
//! `HOIST_PLANTED=N` runs N of them instead of the usual [`USUAL`].

mod noise;
mod plant;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hoist::facts::catalog::{Catalog as Facts, ColumnFacts, SessionFacts, TableFacts, TableKind};
use hoist::frontend::source::{Sources, Variables};
use hoist::planner::frame::candidates;

use self::noise::rewritten;
use self::plant::{PLANTS, Plant, SETUP, made_before};
use crate::differential::generate::ONLY;
use crate::differential::generate::random::Random;
use crate::differential::{Catalog, Harness, Pipeline, Planned};
use crate::local_engine::block_on;

/// Pipelines that run on Spark usually.
const USUAL: u64 = 2;
/// Pipelines in which what is found is counted.
const COUNTED: u64 = 60;
/// What must be found of each kind, percent.
const FOUND: usize = 95;
/// Plants of a pipeline.
const PLANTED: u32 = 4;

/// A pipeline, and the statements of each plant by their places.
struct Garden {
    pipeline: Pipeline,
    plants: Vec<(Plant, Vec<usize>)>,
}

fn garden(seed: u64) -> Garden {
    let mut random = Random::new(seed);
    let mut setup: Vec<String> = SETUP.iter().map(|text| (*text).to_owned()).collect();
    let mut statements: Vec<String> = Vec::new();
    let mut plants = Vec::new();
    for number in 0..PLANTED {
        let grow = PLANTS[(usize::try_from(seed).unwrap() + number as usize * 2) % PLANTS.len()];
        let plant = grow(number + 1, &mut random);
        if plant.kind == "intermediate" {
            setup.push(made_before(number + 1));
        }
        plants.push(plant);
    }
    // What must run before comes first and baits last, so that every statement means what it is planted for.
    statements.extend(plants.iter().flat_map(|plant| plant.before.clone()));
    let mut readers: Vec<(usize, String)> = plants
        .iter()
        .enumerate()
        .flat_map(|(plant, one)| one.readers.iter().map(move |text| (plant, text.clone())))
        .collect();
    for last in (1..readers.len()).rev() {
        readers.swap(last, random.below(last + 1));
    }
    let mut places = vec![Vec::new(); plants.len()];
    for (plant, text) in readers {
        places[plant].push(statements.len());
        statements.push(rewritten(&text, &mut random));
    }
    statements.extend(plants.iter().flat_map(|plant| plant.baits.clone()));
    let files = statements.iter().enumerate();
    Garden {
        pipeline: Pipeline {
            name: format!("planted_{seed}"),
            setup,
            files: files
                .map(|(number, text)| (format!("{number:03}.sql"), text.clone()))
                .collect(),
            only: ONLY[usize::try_from(seed).unwrap() % ONLY.len()],
            ..Pipeline::default()
        },
        plants: plants.into_iter().zip(places).collect(),
    }
}

/// Facts of the tables that the set-up makes.
fn facts() -> Facts {
    let tables: [(&str, &[(&str, &str)]); 4] = [
        (
            "shop.sales",
            &[
                ("sale_id", "bigint"),
                ("store_id", "int"),
                ("customer_id", "int"),
                ("item_id", "int"),
                ("day", "date"),
                ("quantity", "int"),
                ("amount", "decimal(10,2)"),
                ("note", "string"),
            ],
        ),
        (
            "shop.stores",
            &[("store_id", "int"), ("region", "string"), ("size", "int")],
        ),
        (
            "shop.customers",
            &[
                ("customer_id", "int"),
                ("segment", "string"),
                ("born", "date"),
            ],
        ),
        (
            "shop.items",
            &[
                ("item_id", "int"),
                ("category", "string"),
                ("price", "decimal(8,2)"),
            ],
        ),
    ];
    let middle: &[(&str, &str)] = &[
        ("store_id", "int"),
        ("total", "decimal(20,2)"),
        ("parts", "bigint"),
    ];
    let written = (1..=PLANTED).map(|number| (format!("out.mid_{number}"), middle));
    let all = tables
        .iter()
        .map(|(name, columns)| ((*name).to_owned(), *columns))
        .chain(written);
    let tables = all.map(|(name, columns)| {
        let columns = columns.iter().map(|(name, data_type)| ColumnFacts {
            name: (*name).to_owned(),
            data_type: (*data_type).to_owned(),
            nullable: true,
        });
        let facts = TableFacts {
            kind: TableKind::Managed,
            provider: Some("parquet".to_owned()),
            location: Some(format!("file:/warehouse/{name}")),
            columns: columns.collect(),
            ..TableFacts::default()
        };
        (name, facts)
    });
    Facts {
        spark_version: Some("3.5.6".to_owned()),
        session: Some(SessionFacts {
            database: "default".to_owned(),
            settings: BTreeMap::from([("spark.sql.ansi.enabled".to_owned(), "false".to_owned())]),
            ..SessionFacts::default()
        }),
        tables: tables.collect(),
        ..Facts::default()
    }
}

/// Whether one candidate of a plant's kind serves all of its readers.
fn is_found(planned: &Planned, plant: &Plant, places: &[usize]) -> bool {
    let found = candidates(&planned.workload, &planned.sources, &planned.catalog);
    found.candidates.iter().any(|candidate| {
        let kind = serde_json::to_value(candidate.kind()).unwrap();
        let serves = |place: &usize| {
            let mut readers = candidate.readers.iter();
            readers.any(|reader| reader.statement.0 as usize == *place)
        };
        kind == plant.kind && places.iter().all(serves)
    })
}

#[test]
fn what_is_planted_is_found() {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for seed in 0..COUNTED {
        let garden = garden(seed);
        let sources = Sources::from_texts(garden.pipeline.files.clone(), &Variables::new());
        let mut catalog = facts();
        let names: Vec<String> = garden
            .pipeline
            .files
            .iter()
            .map(|(_, text)| text.clone())
            .collect();
        for text in names {
            // Tables that the pipeline makes do not exist before.
            if let Some(rest) = text.to_lowercase().split("out.").nth(1) {
                let name: String = rest
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                catalog.tables.entry(format!("out.{name}")).or_default();
            }
        }
        let planned = Planned::new(sources, catalog, &garden.pipeline);
        assert_eq!(planned.violations, [""; 0], "seed {seed}");
        for (plant, places) in &garden.plants {
            let (grown, found) = counts.entry(plant.name).or_default();
            *grown += 1;
            if is_found(&planned, plant, places) {
                *found += 1;
            } else if std::env::var_os("HOIST_PLANTED").is_some() {
                println!(
                    "seed {seed}: {} is not found\n  {}",
                    plant.name,
                    plant.readers.join("\n  ")
                );
                println!("  {:?}", planned.reasons());
            }
        }
    }
    println!("planted and found: {counts:?}");
    assert_eq!(counts.len(), PLANTS.len());
    let missed = counts
        .iter()
        .filter(|(_, (planted, found))| found * 100 < planted * FOUND);
    let missed: Vec<_> = missed.collect();
    assert!(missed.is_empty(), "{missed:?}");
}

#[test]
fn nothing_else_is_merged() {
    let count = std::env::var("HOIST_PLANTED")
        .ok()
        .and_then(|count| count.parse().ok());
    let merged = block_on(async {
        let mut harness = Harness::open(Catalog::InMemory).await;
        let mut merged = String::new();
        for seed in 0..count.unwrap_or(USUAL) {
            let report = harness.compare(&garden(seed).pipeline).await;
            let differences = report.differences();
            let frames: Vec<String> = report
                .planned
                .plan
                .frames
                .iter()
                .map(|frame| frame.name.clone())
                .collect();
            println!(
                "planted_{seed}: {}  {}",
                frames.join(" "),
                differences.join("; ")
            );
            assert!(!frames.is_empty(), "seed {seed} has no frame");
            if !differences.is_empty() {
                let _ = writeln!(merged, "seed {seed}: {}", differences.join("\n  "));
            }
        }
        harness.close().await;
        merged
    });
    assert!(merged.is_empty(), "{merged}");
}
