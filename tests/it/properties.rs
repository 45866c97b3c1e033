//! Random pipelines through all planning stages: promises, versions met, residency, determinism, cosmetics.

mod model;
mod random;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use hoist::facts::access::{Declarations, names, resolve};
use hoist::facts::catalog::Catalog;
use hoist::facts::workload::{Workload, build};
use hoist::frontend::source::{LoadOptions, Sources, Variables, load};
use hoist::frontend::statement::StatementId;
use hoist::planner::check::check;
use hoist::planner::cost::CostModel;
use hoist::planner::emit::{Language, Program, ProgramText, emit};
use hoist::planner::frame::{Candidates, Definition, FrameKind, candidates};
use hoist::planner::plan::{Plan, PlanOptions, Step, choose};
use hoist::planner::plan_file::{PlanFile, PlanFileInputs, PlanSettings};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use self::model::{Session, Version};
use self::random::{Shape, Written, shapes};

/// Unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 120;

/// What the planning stages make of a pipeline.
struct Planned {
    sources: Sources,
    catalog: Catalog,
    workload: Workload,
    candidates: Candidates,
    plan: Plan,
    program: Program,
    json: String,
}

fn variables() -> Variables {
    Variables::from([("day".to_owned(), "2024-06-30".to_owned())])
}

fn plan(shape: &Shape, sources: Sources) -> Planned {
    let parsed = hoist::frontend::parse(&sources);
    let declarations = Declarations {
        default_database: "m".to_owned(),
        ..Declarations::default()
    };
    let first = resolve(&parsed.statements, &Catalog::default(), &declarations);
    let catalog = shape.catalog(&names(&first));
    let accesses = resolve(&parsed.statements, &catalog, &declarations);
    let workload = build(parsed.statements, accesses);
    let candidates = candidates(&workload, &sources, &catalog);
    let options = PlanOptions {
        budget_bytes: 1 << shape.budget,
        margin_percent: 100,
        min_gain_micros: 0,
        frames: true,
        ..PlanOptions::default()
    };
    let plan = choose(
        &workload,
        &candidates,
        &CostModel::new(&workload, &catalog),
        &options,
    );
    let program = emit(&plan, &candidates, &workload, &sources);
    let settings = PlanSettings {
        default_database: declarations.default_database,
        frames: options.frames,
        budget_bytes: options.budget_bytes,
        margin_percent: options.margin_percent,
        min_gain_micros: options.min_gain_micros,
        ..PlanSettings::default()
    };
    let file = PlanFile::new(PlanFileInputs {
        root: ".",
        sources: &sources,
        variables: &variables(),
        settings: &settings,
        catalog: &catalog,
        workload: &workload,
        plan: &plan,
        program: &program,
    });
    let json = file.to_json();
    Planned {
        sources,
        catalog,
        workload,
        candidates,
        plan,
        program,
        json,
    }
}

fn plan_texts(shape: &Shape, written: &Written) -> Planned {
    let files = written.files.iter().cloned();
    plan(shape, Sources::from_texts(files, &variables()))
}

/// A text as it is submitted, variables apart: their values name no table here.
fn submitted(text: &ProgramText) -> String {
    if text.namespaced {
        text.text.replace("{ns}", "run_1")
    } else {
        text.text.clone()
    }
}

/// Runs the original and the program in the model: every statement reads the same versions in both, frames are
/// read only while they live, and no longer live than they are read.
fn simulate(shape: &Shape, written: &Written, planned: &Planned) {
    let folders = shape.folders();
    let mut session = Session::new("m", &folders);
    let original: Vec<Vec<Version>> = written
        .statements
        .iter()
        .zip(&planned.workload.statements)
        .map(|(text, statement)| session.run(text, statement.kind.word() == "python"))
        .collect();
    let sizes: BTreeMap<String, u64> = planned
        .plan
        .frames
        .iter()
        .map(|frame| (format!("run_1_{}", frame.name), frame.size_bytes))
        .collect();
    let mut session = Session::new("m", &folders);
    let mut ran = Vec::new();
    // Per frame: the steps of its build, first and last read, release.
    let mut lives: BTreeMap<String, Vec<(usize, &str)>> = BTreeMap::new();
    for (index, step) in planned.program.steps.iter().enumerate() {
        let before = session.clone();
        let mut reads: Vec<Version> = step
            .texts
            .iter()
            .flat_map(|text| session.run(&submitted(text), text.language == Language::Python))
            .collect();
        // A join core stands where its first table stood.
        reads.sort_unstable();
        if let Step::Run(StatementId(number)) = step.step {
            let mut expected = original[number as usize].clone();
            expected.sort_unstable();
            assert_eq!(reads, expected, "statement {number}");
            ran.push(number as usize);
        }
        for frame in session.cached.difference(&before.cached) {
            lives
                .entry(frame.clone())
                .or_default()
                .push((index, "build"));
        }
        let new: BTreeSet<_> = session.frames_read[before.frames_read.len()..]
            .iter()
            .collect();
        for frame in new {
            lives
                .entry(frame.clone())
                .or_default()
                .push((index, "read"));
        }
        for frame in before.cached.difference(&session.cached) {
            lives
                .entry(frame.clone())
                .or_default()
                .push((index, "release"));
        }
        let live: u64 = session.cached.iter().map(|frame| sizes[frame]).sum();
        let budget = planned.plan.summary.budget_bytes;
        assert!(
            live <= budget,
            "{live} of {budget} bytes live at step {index}"
        );
    }
    ran.sort_unstable();
    assert_eq!(ran, (0..original.len()).collect::<Vec<_>>());
    assert!(
        session.cached.is_empty(),
        "{:?} live at the end",
        session.cached
    );
    assert_eq!(lives.len(), planned.plan.frames.len());
    for (frame, life) in lives {
        let words: Vec<&str> = life.iter().map(|(_, word)| *word).collect();
        let ["build", reads @ .., "release"] = words.as_slice() else {
            panic!("`{frame}` lives as {life:?}")
        };
        assert!(
            !reads.is_empty() && reads.iter().all(|word| *word == "read"),
            "{life:?}"
        );
        // No statement stands between build and first read, or last read and release.
        let runs = |from: usize, to: usize| {
            let steps = &planned.program.steps[from + 1..to];
            steps
                .iter()
                .filter(|step| matches!(step.step, Step::Run(_)))
                .count()
        };
        assert_eq!(
            runs(life[0].0, life[1].0),
            0,
            "`{frame}` is built too early"
        );
        assert_eq!(
            runs(life[life.len() - 2].0, life[life.len() - 1].0),
            0,
            "`{frame}` is released too late"
        );
    }
    for text in &planned.program.finish {
        session.run(&submitted(text), false);
    }
}

/// What a plan chose, apart from names that follow the user's spelling: kinds, readers, inputs, columns, sizes.
fn choice(planned: &Planned) -> Vec<String> {
    let frames = planned.plan.frames.iter().map(|frame| {
        let readers: Vec<_> = frame
            .readers
            .iter()
            .map(|reader| (reader.statement, &reader.reads))
            .collect();
        let inputs: Vec<String> = frame
            .inputs
            .iter()
            .map(|input| {
                let table = planned.workload.table(input.table).unwrap();
                format!("{}@{}", table.name, input.generation)
            })
            .collect();
        let columns = match &planned
            .candidates
            .get(frame.candidate.unwrap())
            .unwrap()
            .definition
        {
            Definition::CoveringRead { columns, .. }
            | Definition::RepeatedSubquery { columns, .. } => columns.join(",").to_lowercase(),
            Definition::WidenedSubquery(widened) => {
                let columns = widened.columns.iter().map(|column| column.name.as_str());
                columns.collect::<Vec<_>>().join(",").to_lowercase()
            }
            Definition::JoinCore { members, .. } => {
                let columns = members.iter().flat_map(|member| &member.columns);
                let names = columns.map(|column| column.name.to_lowercase());
                names.collect::<Vec<_>>().join(",")
            }
            Definition::CoveringAggregate(aggregation) => {
                let keys = aggregation.keys.join(",").to_lowercase();
                let computed = aggregation.columns.iter().map(|column| &*column.name);
                format!("{keys} {}", computed.collect::<Vec<_>>().join(","))
            }
        };
        format!(
            "{:?} {readers:?} {inputs:?} {columns} {}",
            frame.kind, frame.size_bytes
        )
    });
    frames.collect()
}

/// Writes the files in an order of its own and loads the folder.
fn loaded(written: &Written, rotation: usize) -> Sources {
    let folder = tempfile::tempdir().unwrap();
    let mut files: Vec<_> = written.files.iter().collect();
    files.reverse();
    let middle = rotation % files.len();
    files.rotate_left(middle);
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let paths = [folder.path().to_path_buf()];
    load(folder.path(), &paths, &LoadOptions::default(), &variables()).unwrap()
}

#[test]
fn random_pipelines_keep_every_promise() {
    let (cases, hoisted) = (Cell::new(0_u32), Cell::new(0_u32));
    let kinds: Cell<[u32; 4]> = Cell::default();
    let usual = Config::default();
    let config = Config {
        failure_persistence: None,
        cases: match std::env::var_os("PROPTEST_CASES") {
            Some(_) => usual.cases,
            None => CASES,
        },
        ..usual
    };
    let strategy = (shapes(), any::<u64>(), any::<u64>());
    let outcome = TestRunner::new(config).run(&strategy, |(shape, seed, other)| {
        let written = shape.write(seed);
        let planned = plan_texts(&shape, &written);
        prop_assert_eq!(planned.workload.statements.len(), written.statements.len());
        let violations = check(
            &planned.workload,
            &planned.sources,
            &planned.catalog,
            &planned.plan,
            &planned.program,
        );
        let violations: Vec<String> = violations.iter().map(ToString::to_string).collect();
        prop_assert_eq!(violations, Vec::<String>::new());
        simulate(&shape, &written, &planned);

        prop_assert_eq!(&plan_texts(&shape, &written).json, &planned.json);
        let rotation = usize::try_from(other % 16).unwrap();
        prop_assert_eq!(
            &plan(&shape, loaded(&written, rotation)).json,
            &planned.json
        );
        prop_assert!(PlanFile::parse(&planned.json).is_ok());

        let edited = plan_texts(&shape, &shape.write(other));
        prop_assert_eq!(choice(&edited), choice(&planned));

        cases.set(cases.get() + 1);
        hoisted.set(hoisted.get() + u32::from(!planned.plan.frames.is_empty()));
        let [mut covering, mut repeated, mut joined, mut aggregates] = kinds.get();
        for frame in &planned.plan.frames {
            match frame.kind {
                FrameKind::CoveringRead | FrameKind::Intermediate => covering += 1,
                FrameKind::RepeatedSubquery => repeated += 1,
                FrameKind::JoinCore => joined += 1,
                FrameKind::CoveringAggregate => aggregates += 1,
            }
        }
        kinds.set([covering, repeated, joined, aggregates]);
        Ok(())
    });
    let (cases, hoisted, [covering, repeated, joined, aggregates]) =
        (cases.get(), hoisted.get(), kinds.get());
    println!(
        "{hoisted} of {cases} pipelines have a frame: {covering} covering, {repeated} repeated, {joined} joined, {aggregates} aggregates"
    );
    outcome.unwrap();
    assert!(
        hoisted * 2 > cases,
        "{hoisted} of {cases} pipelines have a frame"
    );
    assert!(
        covering * 2 > cases && repeated * 40 > cases,
        "{covering} covering, {repeated} repeated, {joined} joined"
    );
}

/// Four readers of one frame, another statement, a write of their table and a reader of what it leaves; one step
/// of the program is moved.
fn moved(from: usize, to: usize) {
    moved_in(&Shape::fixed(0), "raw.a", from, to);
}

/// The same with tables that lie elsewhere, and a write of another one.
fn moved_in(shape: &Shape, target: &str, from: usize, to: usize) {
    let read = |number: u32| format!("SELECT id, age FROM raw.a WHERE age > {number}");
    let write = format!("INSERT OVERWRITE {target} SELECT * FROM raw.b");
    let other = "SELECT id FROM m.c".to_owned();
    let statements = vec![read(1), read(2), read(3), read(4), other, write, read(5)];
    let files = statements.iter().enumerate();
    let written = Written {
        files: files
            .map(|(number, text)| (format!("{number}.sql"), text.clone()))
            .collect(),
        statements,
    };
    let mut planned = plan_texts(shape, &written);
    assert_eq!(planned.program.steps.len(), 9);
    let step = planned.program.steps.remove(from);
    planned.program.steps.insert(to, step);
    simulate(shape, &written, &planned);
}

#[test]
fn the_model_accepts_a_plan_as_it_is() {
    moved(0, 0);
}

#[test]
#[should_panic(expected = "statement 0")]
fn the_model_sees_reads_behind_a_write() {
    moved(7, 0);
}

#[test]
#[should_panic(expected = "`raw.a` changes while `run_1_a_1` holds it")]
fn the_model_sees_a_write_under_a_frame() {
    moved(7, 3);
}

#[test]
#[should_panic(expected = "`m.c` changes while `run_1_a_1` holds it")]
fn the_model_sees_a_write_into_the_folder_of_a_frame() {
    moved_in(&Shape::fixed(1), "m.c", 7, 3);
}

#[test]
#[should_panic(expected = "is read but not cached")]
fn the_model_sees_a_frame_released_too_early() {
    moved(5, 4);
}

#[test]
#[should_panic(expected = "is released too late")]
fn the_model_sees_a_frame_released_too_late() {
    moved(5, 6);
}
