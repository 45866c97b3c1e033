//! The model against the measurements that its constants come from: it must be on the same side of the margin.

mod measured;

use super::{CostModel, End};
use crate::frontend::statement::LiteralKind;
use crate::planner::frame::candidates;
use crate::planner::frame::testing::{Facts, Pipeline};

/// Readers from which on a frame pays, in tenths, for readers of some columns each of a frame of `width` columns on
/// a table of 160,000 rows and 60 columns.
fn break_even(provider: &str, used: usize, width: usize, filtered: bool) -> u64 {
    let names: Vec<String> = (0..60).map(|number| format!("c{number}")).collect();
    let columns: Vec<String> = names.iter().map(|name| format!("{name} double")).collect();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut pipeline = Pipeline::default()
        .table("m.t", provider, None, &columns)
        .facts("m.t", |facts| facts.rows = Some(160_000));
    let filter = "c0 > 1";
    for start in (0..width).step_by(used) {
        let needed: Vec<&str> = names
            .iter()
            .skip(start)
            .take(used.min(width - start))
            .map(String::as_str)
            .collect();
        let mut facts = Facts::default().read("m.t", &needed);
        if filtered {
            facts = facts.filter(filter, "c0", LiteralKind::Number);
        }
        pipeline = pipeline.statement("SELECT 1 WHERE c0 > 1 FROM m.t", facts);
    }
    // One more reader like the first, for frames that one reader fills.
    let first: Vec<&str> = names.iter().take(used).map(String::as_str).collect();
    let mut facts = Facts::default().read("m.t", &first);
    if filtered {
        facts = facts.filter(filter, "c0", LiteralKind::Number);
    }
    pipeline = pipeline.statement("SELECT 1 WHERE c0 > 1 FROM m.t", facts);
    let (workload, sources, catalog) = pipeline.build();
    let found = candidates(&workload, &sources, &catalog);
    let widest = found
        .candidates
        .iter()
        .max_by_key(|one| one.readers.len())
        .unwrap();
    let model = CostModel::new(&workload, &catalog);
    let costs = model.at(End::Few);
    let saving = costs.saving(widest, &widest.readers[0]).unwrap();
    costs.build(widest).unwrap().micros * 10 / saving.max(1)
}

#[test]
fn text_formats_pay_after_a_few_readers() {
    // Measured: 2.1 for CSV, 3.1 for JSON.
    assert!((20..40).contains(&break_even("csv", 5, 29, true)));
    assert!((10..40).contains(&break_even("json", 5, 29, true)));
    // Measured: 5.9, with readers of 60 columns that gained less than rows of few columns let expect.
    assert!((25..90).contains(&break_even("csv", 60, 60, false)));
}

#[test]
fn columnar_formats_hardly_pay() {
    // Measured: 27, and 9.6 where every reader uses all 60 columns.
    assert!(break_even("parquet", 5, 29, true) > 200);
    assert!(break_even("orc", 60, 60, false) > 90);
    // Measured: 50 for a narrow table read whole.
    assert!(break_even("parquet", 8, 8, false) > 200);
}

#[test]
fn the_size_follows_the_types() {
    let (workload, sources, catalog) = Pipeline::default()
        .table("m.t", "csv", None, &["a bigint", "b string"])
        .facts("m.t", |facts| facts.rows = Some(1_000))
        .statement("SELECT a FROM m.t", Facts::default().read("m.t", &["a"]))
        .statement("SELECT b FROM m.t", Facts::default().read("m.t", &["b"]))
        .build();
    let found = candidates(&workload, &sources, &catalog);
    let model = CostModel::new(&workload, &catalog);
    let costs = model.at(End::Few);
    assert_eq!(
        costs.build(&found.candidates[0]).unwrap().bytes,
        1_000 * (8 + 16)
    );
}

#[test]
fn a_filter_on_a_partition_column_saves_nothing() {
    let build = |partition: &str| {
        let partition = partition.to_owned();
        Pipeline::default()
            .table("m.t", "csv", Some(1 << 30), &["a bigint", "day string"])
            .facts("m.t", |facts| {
                facts.partition_columns = vec![partition.clone()];
            })
            .statement(
                "SELECT a FROM m.t WHERE day = 'x'",
                Facts::default().read("m.t", &["a", "day"]).filter(
                    "day = 'x'",
                    "day",
                    LiteralKind::String,
                ),
            )
            .statement("SELECT a FROM m.t", Facts::default().read("m.t", &["a"]))
            .build()
    };
    let saving = |partition: &str| {
        let (workload, sources, catalog) = build(partition);
        let found = candidates(&workload, &sources, &catalog);
        let model = CostModel::new(&workload, &catalog);
        let costs = model.at(End::Few);
        costs
            .saving(&found.candidates[0], &found.candidates[0].readers[0])
            .unwrap()
    };
    assert_eq!(saving("Day"), 0);
    assert!(saving("a") > 0);
}
