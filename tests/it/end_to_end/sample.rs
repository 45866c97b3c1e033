//! The sample, small, with every frame taken that can be: set up, run, run from the saved plan, the frames' reads
//! proved from Spark's own account, and verified.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use hoist::frontend::source::Variables;
use hoist::planner::plan_file::PlanFile;
use hoist::runtime::engine::Engine;
use hoist::runtime::engine::local::{CatalogKind, Local};
use hoist::runtime::run::{RunInput, RunOptions};
use serde_json::Value;

use super::{Home, Said, names};
use crate::executed::{self, carry_out, compare_reads};
use crate::local_engine::{block_on, done, open, options, value};

/// The sample with 2000 policies. At that size no frame pays, so the margin asks for those that do not.
pub(super) fn small_sample() -> Home {
    let home = Home::new();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries");
    for folder in ["", "setup/"] {
        for entry in fs::read_dir(sample.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.file_name().unwrap().to_str().unwrap();
                home.write(
                    &format!("queries/{folder}{name}"),
                    &fs::read_to_string(&path).unwrap(),
                );
            }
        }
    }
    let mut settings = fs::read_to_string(sample.join("hoist.toml")).unwrap();
    for (from, to) in [
        ("scale = \"1\"", "scale = \"0.05\""),
        ("\nmargin = 2.0", "\nmargin = 0"),
        ("\nmin_gain = \"200ms\"", "\nmin_gain = \"0ms\""),
        ("\nscratch = \"auto\"", "\nscratch = \"frames\""),
        (
            "\"spark.sql.shuffle.partitions\" = \"8\"",
            "\"spark.sql.shuffle.partitions\" = \"2\"",
        ),
    ] {
        assert!(settings.contains(from), "{from}");
        settings = settings.replace(from, to);
    }
    home.write("queries/hoist.toml", &settings);
    home
}

#[test]
fn the_sample_from_set_up_to_proof() {
    let home = small_sample();
    let plan = first_run(&home);
    the_catalog_plans_the_same(&home, &plan);
    from_the_saved_plan(&home, &plan);
    every_reader_reads_its_frame(&home, &plan);
    outputs_are_equal(&home);
}

/// The plan that a run of a pipeline saved.
pub(super) fn saved_plan(home: &Home, pipeline: &str) -> PlanFile {
    let path = home.path(pipeline).join(".hoist/plan.json");
    let text = fs::read_to_string(path).unwrap();
    PlanFile::parse(&text).unwrap()
}

/// What `hoist catalog` collects is what the run collected, and plans without an engine.
fn the_catalog_plans_the_same(home: &Home, plan: &PlanFile) {
    let said = home.hoist(&["catalog", "queries", "-o", "catalog.json"], 0);
    home.assert_nothing_left("queries");
    catalog_is_told(&said);
    assert!(!said.err.contains("set-up"), "{}", said.err);
    let offline = [
        "plan",
        "queries",
        "--catalog",
        "catalog.json",
        "-o",
        "offline.json",
    ];
    home.ended(home.plain_command(&offline).output().unwrap(), 0);
    let text = fs::read_to_string(home.path("offline.json")).unwrap();
    let offline = PlanFile::parse(&text).unwrap();
    let known = |plan: &PlanFile| -> Vec<String> { plan.catalog.tables.keys().cloned().collect() };
    assert_eq!(known(&offline), known(plan));
    let facts = &offline.catalog.tables["insurance.policies"];
    assert_eq!(facts, &plan.catalog.tables["insurance.policies"]);
    assert!(!facts.columns.is_empty() && offline.catalog.session.is_some());
    assert!(offline.summary.frames >= 5, "{:?}", offline.summary);
}

/// The text of the catalog of the sample after a run.
pub(super) fn catalog_is_told(said: &Said) {
    for line in ["insurance.policies ", "mart."] {
        assert!(said.out.contains(line), "{line}: {}", said.out);
    }
    assert!(
        said.out
            .ends_with(", Spark 3.5.6, current database default. Wrote catalog.json\n"),
        "{}",
        said.out
    );
}

/// Tables of `mart` that the plan's statements write, in any version.
fn written(plan: &PlanFile) -> BTreeSet<String> {
    let statements = plan.steps.iter().filter_map(|step| step.statement.as_ref());
    statements
        .flat_map(|statement| statement.writes.clone())
        .filter(|version| version.starts_with("mart."))
        .map(|version| version.split('@').next().unwrap().to_owned())
        .collect()
}

/// What the end of a run says of a plan that takes every frame that can be.
pub(super) fn totals(plan: &PlanFile) -> String {
    let summary = &plan.summary;
    let kinds: BTreeSet<String> = plan
        .frames
        .iter()
        .map(|frame| format!("{:?}", frame.kind))
        .collect();
    assert_eq!(
        kinds.iter().map(String::as_str).collect::<Vec<_>>(),
        [
            "CoveringAggregate",
            "CoveringRead",
            "JoinCore",
            "RepeatedSubquery"
        ]
    );
    assert!(summary.frames >= 5, "{summary:?}");
    assert!(
        summary.scans_after * 3 < summary.scans_before * 2,
        "{summary:?}"
    );
    format!(
        "25 of 25 statements, {} frames, {} -> {} scans\n",
        summary.frames, summary.scans_before, summary.scans_after
    )
}

fn first_run(home: &Home) -> PlanFile {
    let arguments = ["execute", "queries", "--journal", "journal.jsonl"];
    let said = home.hoist(&arguments, 0);
    home.assert_nothing_left("queries");
    let plan = saved_plan(home, "queries");
    let total = totals(&plan);
    said.tells(&[
        &total,
        "\n  session start ",
        "\n  set-up ",
        "\n  catalog ",
        "\n  planning ",
        "\n  frames ",
        "\n  statements ",
        "\n  clean-up ",
        "\nTables: mart.",
        "\n        in queries/.hoist/warehouse\n",
        "\nNext:   hoist execute queries/.hoist/plan.json",
        "hoist verify queries",
    ]);
    assert!(!said.err.contains("warning"), "{}", said.err);
    assert!(!said.err.contains("Left behind"), "{}", said.err);
    assert!(
        said.out.starts_with("19_quality_check.sql:2 (12 rows)\n"),
        "{}",
        said.out
    );

    // 20 INSERT statements into 20 tables, one of them written twice, and one written by Python.
    let tables = written(&plan);
    assert_eq!(tables.len(), 21, "{tables:?}");
    for table in &tables {
        let folder = table.strip_prefix("mart.").unwrap();
        let folder = home.path("queries/.hoist/warehouse/mart.db").join(folder);
        assert!(!data_files(&folder).is_empty(), "{table}");
    }

    let journal = fs::read_to_string(home.path("journal.jsonl")).unwrap();
    let events: Vec<Value> = journal
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(events[0]["schema"], "hoist-run/1");
    let finished = events
        .iter()
        .filter(|event| event["event"] == "step_finished");
    assert_eq!(finished.count(), plan.steps.len());
    plan
}

fn from_the_saved_plan(home: &Home, plan: &PlanFile) {
    let said = home.hoist(&["execute", "queries/.hoist/plan.json"], 0);
    home.assert_nothing_left("queries");
    said.tells(&["25 of 25 statements"]);
    assert!(!said.err.contains("set-up"), "{}", said.err);
    assert!(!said.err.contains("warning"), "{}", said.err);
    assert_eq!(
        &saved_plan(home, "queries"),
        plan,
        "the plan stays as it was"
    );
}

/// Runs the saved plan in a session that can be asked what it did.
fn every_reader_reads_its_frame(home: &Home, plan: &PlanFile) {
    let local = options(&home.path("queries/.hoist"), CatalogKind::Hive);
    block_on(async {
        let mut engine = Local::new(local);
        open(&mut engine).await;
        frames_are_read(&mut engine, home, plan).await;
        engine.close().await.unwrap();
    });
    home.assert_nothing_left("queries");
}

/// Runs the plan in an open session, and proves from Spark's own account of what was executed that each statement
/// read the frames that it was planned to read, and no others. Gives the number of such reads.
pub(super) async fn frames_are_read<E: Engine>(
    engine: &mut E,
    home: &Home,
    plan: &PlanFile,
) -> usize {
    let (input, scans) = frames_scanned(engine, home, "queries", plan).await;
    let rows = "hoist_value = {t.name: spark.table('mart.' + t.name).count() \
                for t in spark.catalog.listTables('mart') if not t.isTemporary}";
    let rows = done(engine, value(rows)).await.value.unwrap();
    for table in written(plan) {
        let name = table.strip_prefix("mart.").unwrap();
        assert!(
            rows[name].as_u64().is_some_and(|rows| rows > 0),
            "{table}: {rows}"
        );
    }
    let readers = compare_reads(&input, &scans);
    let planned: BTreeSet<(&str, u32)> = plan
        .frames
        .iter()
        .flat_map(|frame| {
            let readers = frame.readers.iter();
            readers.map(|reader| (frame.name.as_str(), reader.step))
        })
        .collect();
    assert_eq!(readers, planned.len());
    assert!(readers > 20, "{readers}");
    readers
}

/// Runs a plan in an open session. Gives what ran, and by place of a statement the frames that Spark's own account says it
/// scanned.
pub(super) async fn frames_scanned<E: Engine>(
    engine: &mut E,
    home: &Home,
    pipeline: &str,
    plan: &PlanFile,
) -> (RunInput, BTreeMap<String, BTreeSet<String>>) {
    const RUN: &str = "0a1b2c3d";
    let input = RunInput::from_plan(plan);
    let options = RunOptions {
        run: RUN.to_owned(),
        variables: Variables::from([("report_date".to_owned(), "2024-06-30".to_owned())]),
        root: home.path(pipeline),
        ..RunOptions::default()
    };
    carry_out(engine, &input, &options).await;
    let scans = executed::frames_scanned(engine, RUN).await;
    (input, scans)
}

/// Verifies the plan, the plain text, and every candidate as a frame of the last of [`PLACES`]; with
/// `HOIST_SAMPLE_FORCED` of all of them.
fn outputs_are_equal(home: &Home) {
    let warehouse = home.path("queries/.hoist/warehouse");
    let before = data_files(&warehouse);
    assert!(before.len() > 30, "{}", before.len());
    let on = verified(home, &[]);
    assert!(on.err.contains("\nPlan: "), "{}", on.err);
    let off = verified(home, &["--plain-runs", "1", "--frames", "off"]);
    assert!(!off.err.contains("\nPlan: "), "{}", off.err);
    let long = std::env::var_os("HOIST_SAMPLE_FORCED").is_some();
    let places = if long { &PLACES[..] } else { &PLACES[3..] };
    for place in places {
        let forced = format!("all:{place}");
        let said = verified(home, &["--plain-runs", "1", "--force-frames", &forced]);
        let totals = said.err.lines().find(|line| line.starts_with("Plan: "));
        println!("{forced}: 22 outputs are equal; {}", totals.unwrap());
    }
    assert_eq!(names(&home.path("frames")), Vec::<String>::new());
    assert!(
        before == data_files(&warehouse),
        "the user's tables are as they were"
    );
}

/// Media and layouts.
const PLACES: [&str; 4] = [
    "memory:plain",
    "memory:clustered",
    "scratch:plain",
    "scratch:clustered",
];

/// Verifies the sample: all of its outputs are equal.
fn verified(home: &Home, options: &[&str]) -> Said {
    let arguments = [&["verify", "queries", "--format", "json"], options].concat();
    let said = home.hoist(&arguments, 0);
    home.assert_nothing_left("queries");
    assert!(!said.err.contains("warning"), "{}", said.err);
    // Logs outlive the sandboxes.
    for side in ["verify-plain", "verify-hoisted"] {
        let log = format!("queries/.hoist/logs/{side}/spark.log");
        assert!(said.err.contains(&log), "{}", said.err);
        assert!(home.path(&log).is_file(), "{log}");
    }
    let document: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(document["schema"], "hoist-verification/1");
    assert_eq!(document["holds"], true);
    let outputs = document["outputs"].as_array().unwrap();
    // 21 tables and one bare query.
    assert_eq!(outputs.len(), 22, "{document:#}");
    for output in outputs {
        assert_eq!(output["verdict"], "equal", "{output:#}");
        assert_eq!(output["rows_plain"], output["rows_hoisted"]);
        assert!(output["rows_plain"].as_u64() > Some(0), "{output:#}");
    }
    said
}

/// Data files below a folder with their sizes.
fn data_files(folder: &Path) -> BTreeMap<PathBuf, u64> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path
                .file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("part-")
            {
                let size = fs::metadata(&path).unwrap().len();
                found.insert(path, size);
            }
        }
    }
    found
}
