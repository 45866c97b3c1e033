//! Planning with what earlier runs measured, without an engine.

use hoist::facts::access::{self, Declarations};
use hoist::facts::profile::{
    FrameSample, Measurements, Profile, RunSamples, StepSample, fingerprint,
};
use hoist::facts::workload;
use hoist::frontend;
use hoist::frontend::source::Sources;
use hoist::planner::cost::CostModel;
use hoist::planner::frame;
use hoist::planner::plan_file::{PlanFile, is_clearly_better, planning_keys};
use serde_json::Value;

use super::Folder;
use super::sample::sample;

const PLAN: [&str; 6] = [
    "plan",
    "queries",
    "--catalog",
    "catalog.json",
    "--budget",
    "2GiB",
];

fn plan(folder: &Folder, more: &[&str]) -> PlanFile {
    let arguments: Vec<&str> = PLAN.iter().chain(more).copied().collect();
    let ran = folder.hoist(&arguments);
    ran.ends(0);
    PlanFile::parse(&folder.read("queries/.hoist/plan.json")).unwrap()
}

fn step(micros: u64) -> StepSample {
    StepSample {
        wall_micros: micros,
        cpu_micros: micros,
        busy_micros: micros,
        ..StepSample::default()
    }
}

/// Three runs with the frames of a plan and three without, in which one frame saves nothing and the others much.
fn profile(folder: &Folder, plan: &PlanFile, losing: &str) -> Profile {
    let keys = plan.frame_keys();
    let mut profile = Profile::default();
    let mut hoisted = RunSamples {
        place: "there".to_owned(),
        ..RunSamples::default()
    };
    let mut bare = RunSamples {
        plain: true,
        ..hoisted.clone()
    };
    for step_entry in &plan.steps {
        let Some(statement) = &step_entry.statement else {
            continue;
        };
        let text = folder.read(&format!("queries/{}", statement.file));
        let variables = [("report_date".to_owned(), "2024-06-30".to_owned())].into();
        let sources = Sources::from_texts([(statement.file.as_str(), text)], &variables);
        let parsed = frontend::parse(&sources);
        let fingerprints = fingerprint::statements(&sources, &parsed.statements);
        let own = parsed
            .statements
            .iter()
            .find(|one| one.number == statement.number)
            .unwrap();
        let key = fingerprints[&own.id].clone();
        let mut read: Vec<String> = statement
            .frames
            .iter()
            .map(|name| keys[name].fingerprint.clone())
            .collect();
        read.sort();
        let slower = statement.frames.iter().all(|name| name == losing);
        let with = if slower { 9_990_000 } else { 1_000_000 };
        bare.statements
            .push((key.clone(), Vec::new(), step(10_000_000)));
        if !read.is_empty() {
            hoisted.statements.push((key, read, step(with)));
        }
    }
    for key in keys.values() {
        let sample = FrameSample {
            build: step(5_000_000),
            memory_bytes: 1 << 20,
            cached_percent: 100,
            ..FrameSample::default()
        };
        hoisted.frames.push((key.clone(), sample));
    }
    for _ in 0..3 {
        profile.take(hoisted.clone());
        profile.take(bare.clone());
    }
    profile
}

#[test]
fn a_frame_that_lost_is_dropped_with_its_reason_and_the_plan_says_what_it_is_from() {
    let folder = sample();
    let before = plan(&folder, &[]);
    let names: Vec<&str> = before
        .frames
        .iter()
        .map(|frame| frame.name.as_str())
        .collect();
    assert!(names.contains(&"trips_groups_1"), "{names:?}");
    assert!(before.measurements.is_empty());
    let measured = profile(&folder, &before, "trips_groups_1");
    folder.write("measured.json", measured.to_json().as_bytes());

    let after = plan(&folder, &["--profile", "measured.json"]);
    let names: Vec<&str> = after
        .frames
        .iter()
        .map(|frame| frame.name.as_str())
        .collect();
    assert!(!names.contains(&"trips_groups_1"), "{names:?}");
    assert!(names.contains(&"general_data_1"), "{names:?}");
    let reasons = after
        .decisions
        .iter()
        .flat_map(|decision| &decision.reasons);
    let measured: Vec<&str> = reasons
        .filter(|reason| reason.code == "measured")
        .map(|reason| reason.text.as_str())
        .collect();
    assert_eq!(measured.len(), 1, "{measured:?}");
    assert!(
        measured[0].contains(" was measured to save ")
            && measured[0].contains(" for a build of 5.0 s"),
        "{}",
        measured[0]
    );
    // What the user is told to do about it.
    let why = folder.hoist(&["explain", "measured", "queries"]);
    why.ends(0);
    assert!(why.stdout().contains("--no-profile"), "{}", why.stdout());

    // The plan is checked by the measurements that it has in it.
    assert!(!after.measurements.is_empty());
    let check = ["plan", "queries", "--budget", "2GiB", "--check"];
    folder.hoist(&check).ends(0);
    let without: Vec<&str> = check.iter().copied().chain(["--no-profile"]).collect();
    folder.hoist(&without).ends(1);

    // Beside the pipeline it is found by itself, and left aside where that is asked for.
    std::fs::rename(
        folder.0.path().join("measured.json"),
        folder.0.path().join("queries/.hoist/profile.json"),
    )
    .unwrap();
    assert_eq!(plan(&folder, &[]), after);
    assert_eq!(plan(&folder, &["--no-profile"]), before);
}

/// What plans gain by a profile: an earlier one goes if a frame of it loses, and stays beside one that is hardly better.
#[test]
fn an_earlier_plan_stays_unless_another_one_is_clearly_better() {
    let folder = sample();
    let before = plan(&folder, &[]);
    let measured = profile(&folder, &before, "trips_groups_1");
    folder.write("measured.json", measured.to_json().as_bytes());
    let after = plan(&folder, &["--profile", "measured.json"]);

    let files = before.pipeline.files.iter();
    let texts = files.map(|file| {
        let text = folder.read(&format!("queries/{}", file.name));
        (file.name.clone(), text)
    });
    let variables = [("report_date".to_owned(), "2024-06-30".to_owned())].into();
    let sources = Sources::from_texts(texts, &variables);
    let statements = frontend::parse(&sources).statements;
    let declarations = Declarations {
        default_database: before.settings.default_database.clone(),
        keys: before.settings.keys.clone(),
        deterministic_functions: before.settings.deterministic_functions.clone(),
    };
    let catalog = &before.catalog;
    let accesses = access::resolve(&statements, catalog, &declarations);
    let workload = workload::build(statements, accesses);
    let found = frame::candidates(&workload, &sources, catalog);
    let keys = planning_keys(&workload, &found, &sources);
    let gain = |plan: &PlanFile, measurements: &Measurements| {
        let costs = CostModel::new(&workload, catalog);
        let costs = costs.with_measurements(measurements, &keys, &found);
        plan.gain(&workload, &sources, &found, &costs).unwrap()
    };
    let nothing = Measurements::default();
    assert_eq!(
        gain(&before, &nothing).micros,
        i128::from(before.summary.gain_micros)
    );
    assert!(!gain(&before, &nothing).loses);
    let known = measured.measurements();
    let (earlier, new) = (gain(&before, &known), gain(&after, &known));
    assert!(earlier.loses && !new.loses);
    assert!(new.sigma > 0 && new.micros > earlier.micros);
    assert!(is_clearly_better(new, earlier));
    assert!(!is_clearly_better(new, new));
    // By the estimates alone, one frame less is no gain.
    assert!(!is_clearly_better(
        gain(&after, &nothing),
        gain(&before, &nothing)
    ));
}

#[test]
fn a_profile_that_cannot_be_used_is_told() {
    let folder = sample();
    for (text, says) in [
        (
            r#"{"schema": "hoist-profile/2"}"#,
            "its schema is `hoist-profile/2`, expected `hoist-profile/1`",
        ),
        ("{", "it is no profile: "),
    ] {
        folder.write("queries/.hoist/profile.json", text.as_bytes());
        let ran = folder.hoist(&PLAN);
        ran.ends(2);
        assert!(ran.stderr().contains(says), "{}", ran.stderr());
        assert!(ran.stderr().contains("--no-profile"), "{}", ran.stderr());
        // A run goes on without it, and leaves it as it is.
        let ran = folder.hoist(&["execute", "queries", "--dry-run"]);
        ran.ends(0);
        assert!(ran.stderr().contains(says), "{}", ran.stderr());
        assert!(ran.stderr().contains("neither uses nor adds to it"));
        assert_eq!(folder.read("queries/.hoist/profile.json"), text);
    }
    let mut missing = PLAN.to_vec();
    missing.extend(["--profile", "gone.json"]);
    let ran = folder.hoist(&missing);
    ran.ends(2);
    assert!(
        ran.stderr().contains("there is no such file"),
        "{}",
        ran.stderr()
    );
    let parsed: Result<Value, _> = serde_json::from_str(&ran.stdout());
    assert!(parsed.is_err(), "nothing was planned");
}
