//! How long `analyze` and `plan` think about the sample pipeline, without process start and without an engine.
//!
//! `cargo bench --bench stages`. `split into tokens` is the yardstick: it touches every byte once, so the other
//! figures are read as multiples of it and of each other. Bars on 2 cores, release: `analyze` 50 ms, `plan` 100 ms.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a broken fixture ends the benchmark"
)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{Criterion, criterion_group, criterion_main};
use hoist::facts::access::{self, Declarations};
use hoist::facts::catalog::Catalog;
use hoist::facts::workload::{self, Workload};
use hoist::frontend::source::{LoadOptions, Sources, Variables, load};
use hoist::planner::check::check;
use hoist::planner::cost::CostModel;
use hoist::planner::emit::emit;
use hoist::planner::frame;
use hoist::planner::plan::{PlanOptions, choose};
use hoist::planner::plan_file::{PlanFile, PlanFileInputs, PlanSettings};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("queries")
}

fn variables() -> Variables {
    Variables::from([("report_date".to_owned(), "2024-06-30".to_owned())])
}

fn read() -> Sources {
    let root = root();
    load(
        &root,
        std::slice::from_ref(&root),
        &LoadOptions::default(),
        &variables(),
    )
    .expect("the sample pipeline is readable")
}

fn catalog() -> Catalog {
    let document: serde_json::Value =
        serde_json::from_str(include_str!("../tests/it/fixtures/sample-catalog.json"))
            .expect("the fixture is JSON");
    serde_json::from_value(document["catalog"].clone()).expect("the fixture is a catalog")
}

fn settings() -> PlanSettings {
    PlanSettings {
        default_database: "default".to_owned(),
        frames: true,
        budget_bytes: 2 << 30,
        margin_percent: 200,
        min_gain_micros: 200_000,
        catalog: "hive".to_owned(),
        engine_conf: BTreeMap::new(),
        keys: BTreeMap::from([(
            "insurance.policies".to_owned(),
            vec!["policy_id".to_owned(), "version".to_owned()],
        )]),
        ..PlanSettings::default()
    }
}

fn analyze(sources: &Sources, catalog: &Catalog, settings: &PlanSettings) -> Workload {
    let declarations = Declarations {
        default_database: settings.default_database.clone(),
        keys: settings.keys.clone(),
        deterministic_functions: settings.deterministic_functions.clone(),
    };
    let parsed = hoist::frontend::parse(sources);
    let accesses = access::resolve(&parsed.statements, catalog, &declarations);
    workload::build(parsed.statements, accesses)
}

fn plan(sources: &Sources, catalog: &Catalog, settings: &PlanSettings) -> String {
    let workload = analyze(sources, catalog, settings);
    let candidates = frame::candidates(&workload, sources, catalog);
    let options = PlanOptions {
        budget_bytes: settings.budget_bytes,
        margin_percent: settings.margin_percent,
        min_gain_micros: settings.min_gain_micros,
        frames: settings.frames,
        ..PlanOptions::default()
    };
    let plan = choose(
        &workload,
        &candidates,
        &CostModel::new(&workload, catalog),
        &options,
    );
    let program = emit(&plan, &candidates, &workload, sources);
    assert!(check(&workload, sources, catalog, &plan, &program).is_empty());
    PlanFile::new(PlanFileInputs {
        root: "..",
        sources,
        variables: &variables(),
        settings,
        catalog,
        workload: &workload,
        plan: &plan,
        program: &program,
    })
    .to_json()
}

fn stages(criterion: &mut Criterion) {
    let sources = read();
    let (catalog, settings) = (catalog(), settings());
    let mut group = criterion.benchmark_group("sample pipeline");
    group.bench_function("read files", |bencher| bencher.iter(read));
    group.bench_function("split into tokens", |bencher| {
        bencher.iter(|| {
            for source in &sources {
                black_box(hoist::frontend::sql::tokens(source.rendered()).ok());
            }
        });
    });
    group.bench_function("analyze", |bencher| {
        bencher.iter(|| analyze(&read(), &Catalog::default(), &settings));
    });
    group.bench_function("plan", |bencher| {
        bencher.iter(|| plan(&read(), &catalog, &settings));
    });
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
