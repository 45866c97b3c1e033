//! What runs measure lies beside the pipeline: after a run with frames, after a canary, and after one that failed.

use hoist::facts::access::{self, Declarations};
use hoist::facts::profile::{Profile, StatementHistory, fingerprint};
use hoist::facts::workload;
use hoist::frontend;
use hoist::frontend::source::{Sources, Variables};
use hoist::planner::cost::CostModel;
use hoist::planner::frame;
use hoist::planner::plan_file::{Action, PlanFile, planning_keys};
use serde_json::Value;

use super::stopped::{FAILED, fail_at_the_end, pipeline};
use super::{Home, Said};

fn profile(home: &Home) -> Profile {
    let text = std::fs::read_to_string(home.path("p/.hoist/profile.json")).unwrap();
    Profile::parse(&text).unwrap()
}

/// What is known of a statement by its file.
fn known<'p>(home: &Home, profile: &'p Profile, file: &str) -> &'p [StatementHistory] {
    let text = std::fs::read_to_string(home.path(&format!("p/{file}"))).unwrap();
    let values = Variables::from([
        ("length".to_owned(), "10".to_owned()),
        ("rows".to_owned(), "1000".to_owned()),
    ]);
    let sources = Sources::from_texts([(file, text)], &values);
    let parsed = frontend::parse(&sources);
    let keys = fingerprint::statements(&sources, &parsed.statements);
    profile
        .statements
        .get(&keys[&parsed.statements[0].id])
        .map_or(&[], Vec::as_slice)
}

/// How many steps of the last run were measured, and the milliseconds that asking took, in the middle.
pub(super) fn asking(home: &Home) -> (usize, u64) {
    let events = super::stopped::events(home);
    let number = |event: &Value, name: &str| event[name].as_u64().unwrap();
    let measured = events
        .iter()
        .filter(|event| event["event"] == "step_finished" && event.get("measured").is_some());
    let mut asking: Vec<u64> = measured
        .map(|finished| {
            let started = events.iter().find(|event| {
                event["event"] == "step_started" && event["step"] == finished["step"]
            });
            // The step is told when the answer is there, and its time is that without it.
            (number(finished, "at") - number(started.unwrap(), "at"))
                .saturating_sub(number(finished, "micros") / 1_000)
        })
        .collect();
    asking.sort_unstable();
    (
        asking.len(),
        asking.get(asking.len() / 2).copied().unwrap_or(0),
    )
}

/// Every second run is a canary. Frames are used although they do not pay.
fn execute(home: &Home, code: i32) -> Said {
    let mut command = home.command(&["execute", "p"]);
    command.env("HOIST_PLANNER_CANARY", "2");
    home.ended(command.output().unwrap(), code)
}

#[test]
fn runs_fill_the_profile() {
    let home = pipeline();
    let said = execute(&home, 0);
    said.tells(&[", 1 frame"]);
    assert!(!said.err.contains("canary"), "{}", said.err);
    let first = profile(&home);
    assert_eq!((first.runs, first.since_plain), (1, 1));
    for (file, rows, frames) in [
        ("1_first.sql", 1, 0),
        ("2_second.sql", 5, 1),
        ("3_third.sql", 1, 1),
        ("4_last.sql", 1, 0),
    ] {
        let known = known(&home, &first, file);
        assert_eq!(known.len(), 1, "{file}");
        assert_eq!(known[0].frames.len(), frames, "{file}");
        let sample = known[0].samples[0];
        assert_eq!(sample.rows_written, rows, "{file}");
        assert!(sample.cpu_micros > 0 && sample.wall_micros > 0, "{file}");
        assert!(sample.busy_micros <= sample.wall_micros, "{file}");
    }
    let frames: Vec<_> = first.frames.values().flatten().collect();
    assert_eq!(frames.len(), 1);
    let frame = frames[0].samples[0];
    assert!(frame.memory_bytes > 0, "{frame:?}");
    assert_eq!((frame.cached_percent, frame.evictions), (100, 0));
    // The cross join is computed when the frame is built, and the readers read its five rows.
    let reader = known(&home, &first, "2_second.sql")[0].samples[0];
    assert!(frame.build.read_rows >= 4_000, "{frame:?}");
    assert!(reader.read_rows < 100, "{reader:?}");

    let said = execute(&home, 0);
    said.tells(&["canary: this run goes without frames, as 1 of 2 does"]);
    let second = profile(&home);
    assert_eq!((second.runs, second.since_plain), (2, 0));
    let both = known(&home, &second, "2_second.sql");
    assert_eq!(both.len(), 2);
    assert!(both[0].frames.is_empty());
    assert!(both[0].samples[0].read_rows >= 4_000);
    assert_eq!(second.frames, first.frames);

    fail_at_the_end(&home);
    execute(&home, 4).tells(&FAILED[2..]);
    let third = profile(&home);
    assert_eq!((third.runs, third.since_plain), (3, 1));
    // With the frame or without: that depends on what the runs before have measured.
    let done = known(&home, &third, "2_second.sql");
    let samples = done.iter().map(|known| known.samples.len());
    assert_eq!(samples.sum::<usize>(), 3);
    assert_eq!(known(&home, &third, "4_last.sql"), []);
    let plan = std::fs::read_to_string(home.path("p/.hoist/plan.json")).unwrap();
    assert!(
        plan.contains("\"measurements\""),
        "the plan embeds what it used"
    );

    let said = home.ended(
        home.plain_command(&["plan", "p", "--check"])
            .output()
            .unwrap(),
        0,
    );
    assert!(said.out.contains("is up to date"), "{}", said.out);
}

/// The plan and the profile of the sample, and what the last run measured of each step.
struct Learned {
    sources: Sources,
    plan: PlanFile,
    profile: Profile,
    journal: Vec<Value>,
}

impl Learned {
    fn of(home: &Home) -> Self {
        let plan = super::sample::saved_plan(home, "queries");
        let read = |name: &str| std::fs::read_to_string(home.path(name)).unwrap();
        let files = plan.pipeline.files.iter();
        let texts = files.map(|file| (file.name.clone(), read(&format!("queries/{}", file.name))));
        let variables = Variables::from([("report_date".to_owned(), "2024-06-30".to_owned())]);
        let profile = std::fs::read_to_string(home.path("queries/.hoist/profile.json"));
        Learned {
            sources: Sources::from_texts(texts, &variables),
            profile: profile.map_or_else(
                |_| Profile::default(),
                |text| Profile::parse(&text).unwrap(),
            ),
            journal: super::stopped::events(home),
            plan,
        }
    }

    /// Logarithms of estimated to measured wall time, of the steps whose time is known both ways; by what `profile` knows.
    fn errors(&self, profile: &Profile) -> Vec<f64> {
        let settings = &self.plan.settings;
        let declarations = Declarations {
            default_database: settings.default_database.clone(),
            keys: settings.keys.clone(),
            deterministic_functions: settings.deterministic_functions.clone(),
        };
        let statements = frontend::parse(&self.sources).statements;
        let catalog = &self.plan.catalog;
        let accesses = access::resolve(&statements, catalog, &declarations);
        let workload = workload::build(statements, accesses);
        let found = frame::candidates(&workload, &self.sources, catalog);
        let keys = planning_keys(&workload, &found, &self.sources);
        let costs = CostModel::new(&workload, catalog).with_measurements(
            &profile.measurements(),
            &keys,
            &found,
        );
        let frames = self.plan.frame_keys();
        let candidate = |name: &String| {
            let id = costs.candidate_named(&frames[name].fingerprint)?;
            found.get(id)
        };
        let mut errors = Vec::new();
        for step in &self.plan.steps {
            let estimate = match (&step.statement, &step.frame, step.action) {
                (Some(entry), ..) => {
                    let id = workload.statements.iter().find(|one| {
                        one.number == entry.number
                            && self.sources.get(one.source).unwrap().name == entry.file
                    });
                    let read: Vec<_> = entry.frames.iter().filter_map(candidate).collect();
                    costs.statement_time(id.unwrap().id, &read)
                }
                (None, Some(name), Action::Materialise) => {
                    candidate(name).and_then(|one| costs.build_time(one))
                }
                _ => None,
            };
            let took = self
                .journal
                .iter()
                .find(|event| event["event"] == "step_finished" && event["step"] == step.number);
            let took = took.and_then(|event| event["measured"]["wall_micros"].as_u64());
            if let (Some(estimate), Some(took)) = (estimate, took) {
                #[expect(clippy::cast_precision_loss, reason = "microseconds of a run")]
                errors.push((estimate.max(1) as f64 / took.max(1) as f64).ln());
            }
        }
        errors
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[test]
#[ignore = "runs the sample four times at its full size, about ten minutes"]
fn step_times_of_the_sample_are_known_after_three_runs() {
    let home = super::sample::small_sample();
    let settings = std::fs::read_to_string(home.path("queries/hoist.toml")).unwrap();
    let scale = std::env::var("HOIST_PROFILE_SCALE").unwrap_or_else(|_| "1".to_owned());
    let settings = settings
        .replace("scale = \"0.05\"", &format!("scale = \"{scale}\""))
        .replace("\nmargin = 0", "\nmargin = 2.0")
        .replace("\nmin_gain = \"0ms\"", "\nmin_gain = \"200ms\"");
    home.write("queries/hoist.toml", &settings);
    let mut before = Profile::default();
    let mut last = f64::INFINITY;
    for run in 1..=4 {
        let arguments = ["execute", "queries", "--journal", "journal.jsonl"];
        let mut command = home.plain_command(&arguments);
        command.env("HOIST_ENGINE_LOCAL_DRIVER_MEMORY", "4g");
        home.ended(command.output().unwrap(), 0);
        let learned = Learned::of(&home);
        let errors = learned.errors(&before);
        last = median(errors.iter().map(|error| error.abs()).collect());
        println!(
            "run {run}, {} before it: {} steps, median absolute log error {last:.3} (bias {:+.3}), {} frames, {} ms to ask",
            before.runs,
            errors.len(),
            median(errors.clone()),
            learned.plan.summary.frames,
            asking(&home).1,
        );
        before = learned.profile;
    }
    assert!(last <= 0.25, "{last}");
}
