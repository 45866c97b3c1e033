//! The sample on real Spark with candidates that are forced to be frames: each alone in memory, all of a kind and all
//! there are on each medium and layout. What they affect has the results of a plain run, compared as `verify` does.
//!
//! ```text
//! one session for all:  set up ▶ run plainly ▶ digest
//! for each choice:      new outputs ▶ run what it affects, hoisted ▶ which frames were read? ▶ digest ▶ compare
//! ```
//!
//! Frames affect their readers; with them run what shows a temporary view that a reader makes, and everything that
//! these statements depend on. A version of a table that is overwritten later is compared before that happens.
//! Usually one candidate of each kind is tried, the one that affects least, and then all of them as clustered scratch
//! tables. `HOIST_SAMPLE_FORCED=1` tries every choice, `HOIST_SAMPLE_FORCED=all,12:` those whose words begin so:
//!
//! ```text
//! HOIST_SAMPLE_FORCED=1 cargo test --test it sample_forced -- --nocapture
//! ```

mod session;
mod steps;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use hoist::facts::access;
use hoist::facts::catalog::Catalog;
use hoist::facts::workload::{self, Workload};
use hoist::frontend;
use hoist::frontend::source::Sources;
use hoist::planner::check::check;
use hoist::planner::cost::CostModel;
use hoist::planner::emit::emit;
use hoist::planner::frame::{Candidate, Candidates, FrameKind, candidates};
use hoist::planner::plan::{
    Forced, Frame, LAYOUTS, Layout, MEDIA, Media, Medium, Plan, PlanOptions, choose,
};
use hoist::planner::plan_file::{PlanFile, PlanFileInputs, PlanSettings};
use hoist::runtime::run::{RunInput, RunStatement, Work};
use hoist::runtime::verify::{Digest, Outputs, Verdict, compare};

use self::session::Session;
use self::steps::{Leaves, affected, statements};
use crate::local_engine::block_on;
use crate::sample;

/// More memory for frames than they take, bytes.
const BUDGET: u64 = 1 << 40;

/// The sample in a session in which it was set up.
struct Sample {
    session: Session,
    sources: Sources,
    catalog: Catalog,
    workload: Workload,
    candidates: Candidates,
}

/// A plan with forced frames.
struct Tried {
    /// What was forced, as `--force-frames` takes it.
    what: String,
    plan: Plan,
    /// Of its steps, what the frames affect.
    input: RunInput,
}

#[test]
fn forced_frames_keep_the_results() {
    let long = std::env::var("HOIST_SAMPLE_FORCED").ok();
    block_on(async {
        let mut sample = Sample::open().await;
        let alone = (0..sample.candidates.candidates.len()).map(|number| sample.alone(number));
        let mut tried: Vec<Tried> = alone.collect();
        if let Some(which) = long {
            tried.extend(sample.together());
            let wanted = |what: &str| which.split(',').any(|start| what.starts_with(start));
            tried.retain(|tried| which == "1" || wanted(&tried.what));
        } else {
            tried = cheapest(tried);
            tried.push(sample.tried("all:scratch:clustered"));
        }
        sample.compare(&tried).await;
        sample.session.close().await;
    });
}

/// Of each kind the candidate that affects the fewest statements.
fn cheapest(tried: Vec<Tried>) -> Vec<Tried> {
    let mut best: BTreeMap<FrameKind, Tried> = BTreeMap::new();
    for alone in tried {
        let steps = alone.input.steps.len();
        let kind = alone.plan.frames[0].kind;
        let better = |other: &Tried| steps < other.input.steps.len();
        if best.get(&kind).is_none_or(better) {
            best.insert(kind, alone);
        }
    }
    assert!(best.len() >= 5, "{:?}", best.keys());
    best.into_values().collect()
}

impl Sample {
    /// Opens a session and plans as far as candidates.
    async fn open() -> Self {
        let mut session = Session::open().await;
        let sources = sample::sources();
        let declarations = sample::declarations();
        let resolved = |catalog: &Catalog| {
            let statements = frontend::parse(&sources).statements;
            let accesses = access::resolve(&statements, catalog, &declarations);
            (statements, accesses)
        };
        let names = access::names(&resolved(&Catalog::default()).1);
        let catalog = session.facts(&names).await;
        let (statements, accesses) = resolved(&catalog);
        let workload = workload::build(statements, accesses);
        let candidates = candidates(&workload, &sources, &catalog);
        Sample {
            session,
            sources,
            catalog,
            workload,
            candidates,
        }
    }

    /// A plan with the frames that words mean, or without any.
    fn planned(&self, what: Option<&str>) -> (Plan, RunInput) {
        let forced = what
            .map(|what| Forced::resolve(what, &self.workload, &self.candidates))
            .transpose()
            .unwrap();
        let options = PlanOptions {
            budget_bytes: BUDGET,
            frames: forced.is_some(),
            forced,
            media: Media {
                scratch: true,
                ..Media::default()
            },
            ..PlanOptions::default()
        };
        let costs = CostModel::new(&self.workload, &self.catalog);
        let plan = choose(&self.workload, &self.candidates, &costs, &options);
        let program = emit(&plan, &self.candidates, &self.workload, &self.sources);
        let violations = check(
            &self.workload,
            &self.sources,
            &self.catalog,
            &plan,
            &program,
        );
        assert_eq!(violations, [], "{what:?}");
        let declarations = sample::declarations();
        let file = PlanFile::new(PlanFileInputs {
            root: ".",
            sources: &self.sources,
            variables: &sample::variables(),
            settings: &PlanSettings {
                default_database: declarations.default_database,
                keys: declarations.keys,
                ..PlanSettings::default()
            },
            catalog: &self.catalog,
            workload: &self.workload,
            plan: &plan,
            program: &program,
        });
        (plan, RunInput::from_plan(&file))
    }

    /// What words mean, and of the steps what it affects.
    fn tried(&self, what: &str) -> Tried {
        let (plan, mut input) = self.planned(Some(what));
        let affected = affected(&input);
        input.steps.retain(|step| match &step.work {
            Work::Run(statement) => affected.contains(&statement.place()),
            Work::Materialise { .. } | Work::Release { .. } => true,
        });
        Tried {
            what: what.to_owned(),
            plan,
            input,
        }
    }

    /// A candidate as the only frame, in memory, with all of its readers.
    fn alone(&self, number: usize) -> Tried {
        let candidate = &self.candidates.candidates[number];
        let tried = self.tried(&format!("{number}:memory:plain"));
        let [frame] = &tried.plan.frames[..] else {
            panic!(
                "{candidate:?} is not the only frame: {:?}",
                tried.plan.frames
            );
        };
        assert_eq!(frame.candidate, Some(candidate.id));
        assert_eq!(frame.readers, candidate.readers);
        tried
    }

    /// All candidates, and all of each kind, on each medium and layout.
    fn together(&self) -> Vec<Tried> {
        let candidates = self.candidates.candidates.iter();
        let kinds: BTreeSet<FrameKind> = candidates.map(Candidate::kind).collect();
        let kinds = kinds.iter().map(|kind| {
            let word = serde_json::to_value(kind).unwrap();
            word.as_str().unwrap().to_owned()
        });
        let mut tried = Vec::new();
        for word in kinds.chain(["all".to_owned()]) {
            for medium in MEDIA {
                for layout in LAYOUTS {
                    let one = self.tried(&format!("{word}:{medium}:{layout}"));
                    assert!(!one.plan.frames.is_empty(), "{}", one.what);
                    tried.push(one);
                }
            }
        }
        tried
    }

    /// The text as written, as far as any of the plans runs it.
    fn plain(&self, tried: &[Tried]) -> RunInput {
        let places: BTreeSet<String> = tried
            .iter()
            .flat_map(|tried| statements(&tried.input))
            .map(RunStatement::place)
            .collect();
        let mut plain = RunInput::plain(&self.sources, &self.workload.statements);
        plain.steps.retain(|step| match &step.work {
            Work::Run(statement) => places.contains(&statement.place()),
            Work::Materialise { .. } | Work::Release { .. } => false,
        });
        plain
    }

    /// Runs plainly and with each choice of frames, compares, and prints a table.
    async fn compare(&mut self, tried: &[Tried]) {
        let plain = self.plain(tried);
        let outputs = Outputs::new(&self.workload, &self.sources);
        let leaves = Leaves::new(&self.planned(None).1, &outputs);
        let (digests, _) = self.session.run(&plain, "ffffffff", &leaves).await;
        println!(
            "plain: {} statements, {} outputs",
            plain.steps.len(),
            digests.len()
        );
        let mut different = Vec::new();
        for (number, tried) in tried.iter().enumerate() {
            let start = Instant::now();
            let id = format!("{number:08x}");
            let (found, reads) = self.session.run(&tried.input, &id, &leaves).await;
            assert!(reads > 0, "{}", tried.what);
            let verdicts = found
                .iter()
                .map(|(name, digest)| (name, compare(&digests[name], digest)));
            let verdicts: Vec<_> = verdicts
                .filter(|(_, verdict)| *verdict != Verdict::Equal)
                .collect();
            println!(
                "{:<24} {:<40} {reads:>2} reads  {:>2} statements  {:>2} outputs  {:>6} rows  {}  {:.1} s",
                tried.what,
                told(&tried.plan),
                statements(&tried.input).count(),
                found.len(),
                found.values().map(Digest::rows).sum::<u64>(),
                if verdicts.is_empty() {
                    "equal"
                } else {
                    "DIFFERENT"
                },
                start.elapsed().as_secs_f64(),
            );
            if !verdicts.is_empty() {
                different.push(format!("{}: {verdicts:?}", tried.what));
            }
        }
        println!("{} choices, {} differ", tried.len(), different.len());
        assert!(different.is_empty(), "{different:#?}");
    }
}

/// The frames of a plan in words: the only one by its name, several by how many there are and where.
fn told(plan: &Plan) -> String {
    if let [frame] = &plan.frames[..] {
        return format!("{} ({:?})", frame.name, frame.kind);
    }
    let count = |of: &dyn Fn(&Frame) -> bool| plan.frames.iter().filter(|frame| of(frame)).count();
    format!(
        "{} frames, {} in scratch, {} clustered",
        plan.frames.len(),
        count(&|frame| frame.medium == Medium::Scratch),
        count(&|frame| matches!(frame.layout, Layout::Clustered { .. })),
    )
}
