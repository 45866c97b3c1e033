//! One warm session of real Spark, and what runs in it cost.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use hoist::facts::access::{self, Declarations};
use hoist::facts::catalog::Catalog;
use hoist::facts::profile::{Profile, fingerprint};
use hoist::facts::workload::{self, Workload};
use hoist::frontend;
use hoist::frontend::source::{Sources, Variables};
use hoist::frontend::statement::Statement;
use hoist::planner::check::check;
use hoist::planner::cost::CostModel;
use hoist::planner::emit::emit;
use hoist::planner::frame::{Candidates, candidates};
use hoist::planner::plan::{Forced, Plan, PlanOptions, choose};
use hoist::planner::plan_file::{PlanFile, PlanFileInputs, PlanSettings, planning_keys};
use hoist::runtime::collect::collect;
use hoist::runtime::engine::local::{CatalogKind, Local, LocalOptions};
use hoist::runtime::engine::{Engine, Language, Status, Submission, Want};
use hoist::runtime::run::{
    self, Cancel, Recorder, RunInput, RunKeys, RunOptions, SystemClock, samples,
};
use tempfile::TempDir;

use super::pairs::Pair;

/// Budget for frames, bytes.
const BUDGET: u64 = 4 << 30;
/// The planner's own thresholds: `[planner] margin` and `min_gain` when nothing is configured.
const MARGIN_PERCENT: u32 = 200;
const MIN_GAIN_MICROS: u64 = 200_000;

/// CPU time of the Java process, user and system, in microseconds (Linux: `proc_pid_stat(5)`).
const CPU: &str = r#"
import os
def _hoist_cpu():
    with open(f"/proc/{spark.sparkContext._gateway.proc.pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1_000_000 // os.sysconf("SC_CLK_TCK")
hoist_value = _hoist_cpu()
"#;

/// What a run cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) cpu_micros: i64,
    pub(crate) wall_micros: i64,
}

impl Cost {
    /// The medians of both parts.
    pub(crate) fn median(costs: &[Cost]) -> Cost {
        let middle = |part: fn(&Cost) -> i64| {
            let mut parts: Vec<i64> = costs.iter().map(part).collect();
            parts.sort_unstable();
            parts[parts.len() / 2]
        };
        Cost {
            cpu_micros: middle(|cost| cost.cpu_micros),
            wall_micros: middle(|cost| cost.wall_micros),
        }
    }
}

/// A pair's pipeline through all stages.
pub(crate) struct Planned {
    sources: Sources,
    statements: Vec<Statement>,
    catalog: Catalog,
    workload: Workload,
    candidates: Candidates,
    file: PlanFile,
    pub(crate) forced: Chosen,
    /// Whether the planner would take a frame of the pair's kind by itself.
    pub(crate) taken: bool,
    /// Why, or why not: the code of its first reason.
    pub(crate) reason: &'static str,
}

/// The plan that is run.
pub(crate) struct Chosen {
    pub(crate) plan: Plan,
}

impl Planned {
    fn plain(&self) -> RunInput {
        RunInput::plain(&self.sources, &self.statements)
    }

    fn hoisted(&self) -> RunInput {
        RunInput::from_plan(&self.file)
    }

    /// What the cost model says that the frames gain, net of building, microseconds.
    pub(crate) fn predicted_micros(&self) -> i64 {
        let frames = self.forced.plan.frames.iter();
        frames
            .map(|frame| {
                i64::try_from(frame.saving_micros).unwrap()
                    - i64::try_from(frame.build_micros).unwrap()
            })
            .sum()
    }
}

impl Planned {
    /// The same by a profile; as without, where a frame is not known by it.
    pub(crate) fn predicted_by(&self, profile: &Profile) -> i64 {
        let keys = planning_keys(&self.workload, &self.candidates, &self.sources);
        let costs = CostModel::new(&self.workload, &self.catalog).with_measurements(
            &profile.measurements(),
            &keys,
            &self.candidates,
        );
        let gain = self
            .file
            .gain(&self.workload, &self.sources, &self.candidates, &costs);
        gain.map_or_else(
            || self.predicted_micros(),
            |gain| i64::try_from(gain.micros).unwrap(),
        )
    }

    /// What its statements and frames are called in a profile.
    fn keys(&self) -> RunKeys {
        let names = fingerprint::statements(&self.sources, &self.statements);
        let statements = self.statements.iter().map(|statement| {
            let file = self.sources.get(statement.source).unwrap().name.clone();
            ((file, statement.number), names[&statement.id].clone())
        });
        RunKeys {
            statements: statements.collect(),
            frames: self.file.frame_keys(),
        }
    }
}

/// An open session.
pub(crate) struct Session {
    engine: Local,
    home: TempDir,
    runs: u32,
}

impl Session {
    pub(crate) async fn open() -> Session {
        let home = tempfile::tempdir().unwrap();
        let mut engine = Local::new(LocalOptions {
            home: home.path().to_owned(),
            logs: None,
            python: None,
            spark_home: None,
            java_home: std::env::var_os("JAVA_HOME").map(PathBuf::from),
            search_path: std::env::var_os("PATH"),
            cache_dir: Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("hoist-cache"),
            driver_memory_bytes: Some(6 << 30),
            master: Some("local[2]".to_owned()),
            catalog: CatalogKind::InMemory,
            conf: BTreeMap::from([("spark.sql.shuffle.partitions".to_owned(), "8".to_owned())]),
        });
        engine.open(&mut |_| ()).await.unwrap();
        Session {
            engine,
            home,
            runs: 0,
        }
    }

    pub(crate) async fn close(mut self) {
        self.engine.close().await.unwrap();
    }

    /// Makes the tables of a pair.
    pub(crate) async fn set_up(&mut self, pair: &Pair) {
        self.sql("DROP DATABASE IF EXISTS d CASCADE").await;
        self.sql("CREATE DATABASE d").await;
        for text in pair.setup {
            self.sql(text).await;
        }
    }

    /// Collects facts and plans twice: with the frames of the pair's kind forced, and as the planner would.
    pub(crate) async fn plan(&mut self, pair: &Pair) -> Planned {
        let files = pair.statements.iter().enumerate();
        let files = files.map(|(number, text)| (format!("{}.sql", number + 1), *text));
        let sources = Sources::from_texts(files, &Variables::new());
        let declarations = Declarations {
            default_database: "d".to_owned(),
            keys: pair
                .keys
                .iter()
                .map(|(table, columns)| {
                    let columns = columns.iter().map(|column| (*column).to_owned());
                    ((*table).to_owned(), columns.collect())
                })
                .collect(),
            ..Declarations::default()
        };
        let statements = frontend::parse(&sources).statements;
        let nothing = Catalog::default();
        let names = access::names(&access::resolve(&statements, &nothing, &declarations));
        let catalog = collect(&mut self.engine, &names).await.unwrap().catalog;
        let accesses = access::resolve(&statements, &catalog, &declarations);
        let workload = workload::build(statements.clone(), accesses);
        let mut candidates: Candidates = candidates(&workload, &sources, &catalog);
        candidates.candidates.retain(|one| one.kind() == pair.kind);
        for (candidate, number) in candidates.candidates.iter_mut().zip(0..) {
            candidate.id = hoist::planner::frame::CandidateId(number);
        }
        let options = PlanOptions {
            budget_bytes: BUDGET,
            margin_percent: MARGIN_PERCENT,
            min_gain_micros: MIN_GAIN_MICROS,
            frames: true,
            ..PlanOptions::default()
        };
        let costs = CostModel::new(&workload, &catalog);
        let own = choose(&workload, &candidates, &costs, &options);
        let forced = PlanOptions {
            forced: Some(Forced::resolve("all", &workload, &candidates).unwrap()),
            ..options
        };
        let plan = choose(&workload, &candidates, &costs, &forced);
        let program = emit(&plan, &candidates, &workload, &sources);
        let violations = check(&workload, &sources, &catalog, &plan, &program);
        assert!(violations.is_empty(), "{}: {violations:?}", pair.name);
        let file = PlanFile::new(PlanFileInputs {
            root: ".",
            sources: &sources,
            variables: &Variables::new(),
            settings: &PlanSettings::default(),
            catalog: &catalog,
            workload: &workload,
            plan: &plan,
            program: &program,
        });
        let mut reasons = own.decisions.iter().flat_map(|one| &one.reasons);
        Planned {
            // Without candidates of the other kinds, what would be those has none.
            reason: reasons
                .find(|reason| match own.frames.as_slice() {
                    [] => reason.code != "no-candidate",
                    _ => reason.code == "chosen",
                })
                .map_or("", |reason| reason.code),
            taken: !own.frames.is_empty(),
            sources,
            statements,
            catalog,
            workload,
            candidates,
            file,
            forced: Chosen { plan },
        }
    }

    /// Runs a plan, or the statements as written, and says what that cost; a profile takes in what was measured. The garbage
    /// of what ran before is collected first.
    pub(crate) async fn run(
        &mut self,
        planned: &Planned,
        frames: bool,
        profile: &mut Profile,
    ) -> Cost {
        let input = if frames {
            planned.hoisted()
        } else {
            planned.plain()
        };
        self.value("spark.sparkContext._jvm.System.gc()\nhoist_value = None")
            .await;
        self.runs += 1;
        let options = RunOptions {
            run: format!("{:08x}", self.runs),
            root: self.home.path().to_owned(),
            measure: true,
            ..RunOptions::default()
        };
        let clock = SystemClock::new();
        let mut watch = |_: &run::Event| {};
        let mut recorder = Recorder::new(&clock, None, &mut watch);
        let cpu = self.value(CPU).await.as_i64().unwrap();
        let start = Instant::now();
        run::run(
            &mut self.engine,
            &input,
            &options,
            &Cancel::default(),
            &mut recorder,
        )
        .await
        .unwrap();
        let wall = start.elapsed();
        let cpu_micros = self.value(CPU).await.as_i64().unwrap() - cpu;
        let record = recorder.finish();
        let failed = record.failures.first();
        assert!(failed.is_none(), "{failed:?}");
        profile.take(samples(&record, &input, &planned.keys(), "", !frames));
        Cost {
            cpu_micros,
            wall_micros: i64::try_from(wall.as_micros()).unwrap(),
        }
    }

    async fn sql(&mut self, text: &str) {
        self.submit(Language::Sql, text, Want::Nothing).await;
    }

    async fn value(&mut self, text: &str) -> serde_json::Value {
        let status = self.submit(Language::Python, text, Want::Value).await;
        match status {
            Status::Done(output) => output.value.unwrap_or_default(),
            _ => serde_json::Value::Null,
        }
    }

    async fn submit(&mut self, language: Language, text: &str, want: Want) -> Status {
        let submission = Submission {
            label: "pair".to_owned(),
            language,
            text: text.to_owned(),
            want,
            variables: BTreeMap::new(),
            file: None,
        };
        let id = self.engine.submit(submission).await.unwrap();
        let status = self.engine.wait(id, &mut |_| ()).await.unwrap();
        assert!(matches!(status, Status::Done(_)), "{text}: {status:?}");
        status
    }
}
