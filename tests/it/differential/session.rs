//! One open session for many pipelines, made as new for each run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use hoist::facts::access;
use hoist::frontend;
use hoist::frontend::source::Sources;
use hoist::runtime::collect::collect;
use hoist::runtime::engine::local::{CatalogKind, Local, LocalOptions};
use hoist::runtime::engine::{Engine, Submission};
use hoist::runtime::run::{self, Cancel, Recorder, RunInput, RunOptions, SystemClock};
use hoist::runtime::verify::generate::fill;
use tempfile::TempDir;

use super::{FOLDER, Output, Pipeline, Planned, Report, Side};
use crate::executed;
use crate::local_engine::{done, open, options, value};

/// Makes the session as new.
const CLEAN: &str = include_str!("clean.py");
/// Runs the set-up.
const SETUP: &str = include_str!("setup.py");
/// Everything that a run left.
const DUMP: &str = include_str!("dump.py");

/// Id of plain runs, which have no frames.
const PLAIN: &str = "00000000";

/// The session's catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Catalog {
    /// In memory: quick.
    InMemory,
    /// Hive's, on a metastore in memory.
    Hive,
}

/// An open session.
pub(crate) struct Harness {
    engine: Local,
    home: TempDir,
    runs: u32,
}

impl Harness {
    /// Opens a session of the private Spark.
    pub(crate) async fn open(catalog: Catalog) -> Self {
        Harness::open_with(catalog, |options| options).await
    }

    /// Opens a session with other options than usual.
    pub(crate) async fn open_with(
        catalog: Catalog,
        change: impl FnOnce(LocalOptions) -> LocalOptions,
    ) -> Self {
        let home = tempfile::tempdir().unwrap();
        let kind = match catalog {
            Catalog::InMemory => CatalogKind::InMemory,
            Catalog::Hive => CatalogKind::TransientHive,
        };
        let mut usual = options(home.path(), kind);
        for (key, setting) in [
            // Tiny data: what counts is the fixed cost of each statement.
            ("spark.sql.shuffle.partitions", "1"),
            // Those of one run: asking about each takes milliseconds.
            ("spark.sql.ui.retainedExecutions", "100"),
            ("spark.sql.session.timeZone", "UTC"),
            ("spark.hadoop.parquet.summary.metadata.level", "NONE"),
            (
                "spark.hadoop.fs.file.impl",
                "org.apache.hadoop.fs.RawLocalFileSystem",
            ),
        ] {
            usual.conf.insert(key.to_owned(), setting.to_owned());
        }
        let mut engine = Local::new(change(usual));
        open(&mut engine).await;
        Harness {
            engine,
            home,
            runs: 0,
        }
    }

    /// Ends the session.
    pub(crate) async fn close(mut self) {
        self.engine.close().await.unwrap();
    }

    /// Plans the pipeline and runs it both ways.
    pub(crate) async fn compare(&mut self, pipeline: &Pipeline) -> Report {
        self.set_up(pipeline).await;
        let planned = self.plan(pipeline).await;
        let plain = self
            .finish(pipeline, &planned, &planned.plain(), PLAIN)
            .await;
        let hoisted = self.run(pipeline, &planned, &planned.hoisted()).await;
        Report {
            planned,
            plain,
            hoisted,
        }
    }

    /// Runs steps from the state in which the pipeline begins.
    pub(crate) async fn run(
        &mut self,
        pipeline: &Pipeline,
        planned: &Planned,
        input: &RunInput,
    ) -> Side {
        self.set_up(pipeline).await;
        self.runs += 1;
        let id = format!("{:08x}", self.runs);
        self.finish(pipeline, planned, input, &id).await
    }

    /// Where a pipeline's files and folders lie.
    fn folder(&self, pipeline: &Pipeline) -> PathBuf {
        self.home.path().join("pipelines").join(&pipeline.name)
    }

    fn results(&self) -> PathBuf {
        self.home.path().join("results")
    }

    fn filled_in(&self, pipeline: &Pipeline, text: &str) -> String {
        text.replace(FOLDER, self.folder(pipeline).to_str().unwrap())
    }

    /// Cleans the session and makes the state in which the pipeline begins.
    pub(crate) async fn set_up(&mut self, pipeline: &Pipeline) {
        let folders = [
            self.home.path().join("pipelines"),
            self.results(),
            self.home.path().join("warehouse"),
        ];
        self.ask(CLEAN, &[("folders", &serde_json::json!(folders))])
            .await;
        let folder = self.folder(pipeline);
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in &pipeline.files {
            std::fs::write(folder.join(name), self.filled_in(pipeline, text)).unwrap();
        }
        let texts: Vec<String> = pipeline
            .setup
            .iter()
            .map(|text| self.filled_in(pipeline, text))
            .collect();
        self.ask(SETUP, &[("texts", &serde_json::json!(texts))])
            .await;
        if let Some(generated) = &pipeline.generated {
            let rows = fill(&mut self.engine, generated).await.unwrap();
            assert_eq!(rows, generated.rows().values().sum::<usize>() as u64);
        }
    }

    /// Collects facts and plans, in the state that the set-up made.
    pub(crate) async fn plan(&mut self, pipeline: &Pipeline) -> Planned {
        self.plan_believing(pipeline, |_| {}).await
    }

    /// The same with other facts than those collected.
    pub(crate) async fn plan_believing(
        &mut self,
        pipeline: &Pipeline,
        change: impl FnOnce(&mut hoist::facts::catalog::Catalog),
    ) -> Planned {
        let texts: Vec<(String, String)> = pipeline
            .files
            .iter()
            .map(|(name, text)| (name.clone(), self.filled_in(pipeline, text)))
            .collect();
        let sources = Sources::from_texts(texts, &pipeline.variables);
        let declarations = pipeline.declarations();
        let statements = frontend::parse(&sources).statements;
        let nothing = hoist::facts::catalog::Catalog::default();
        let names = access::names(&access::resolve(&statements, &nothing, &declarations));
        let mut catalog = collect(&mut self.engine, &names).await.unwrap().catalog;
        change(&mut catalog);
        Planned::new(sources, catalog, pipeline)
    }

    /// Runs steps in the state as it is, and dumps what they left.
    async fn finish(
        &mut self,
        pipeline: &Pipeline,
        planned: &Planned,
        input: &RunInput,
        id: &str,
    ) -> Side {
        let folder = self.folder(pipeline);
        let options = RunOptions {
            run: id.to_owned(),
            variables: pipeline.variables.clone(),
            root: folder.clone(),
            results: Some(self.results()),
            ..RunOptions::default()
        };
        let clock = SystemClock::new();
        let mut watch = |_: &run::Event| {};
        let mut recorder = Recorder::new(&clock, None, &mut watch);
        run::run(
            &mut self.engine,
            input,
            &options,
            &Cancel::default(),
            &mut recorder,
        )
        .await
        .unwrap();
        let record = recorder.finish();
        let used = if id == PLAIN {
            BTreeMap::new()
        } else {
            self.frames_read(planned, id).await
        };
        Side {
            record,
            outputs: self.dump(&folder).await,
            used,
        }
    }

    /// The frames that each executed statement of the last run read.
    async fn frames_read(
        &mut self,
        planned: &Planned,
        id: &str,
    ) -> BTreeMap<String, BTreeSet<String>> {
        let mut found = executed::frames_scanned(&mut self.engine, id).await;
        let statements = planned.statements().iter();
        let places: BTreeSet<String> = statements
            .map(|one| planned.sources.place(one.span))
            .collect();
        found.retain(|place, _| places.contains(place));
        found
    }

    async fn dump(&mut self, folder: &Path) -> BTreeMap<String, Output> {
        let answer = self
            .ask(
                DUMP,
                &[
                    ("folder", &serde_json::json!(folder)),
                    ("results", &serde_json::json!(self.results())),
                ],
            )
            .await;
        serde_json::from_value(answer).unwrap()
    }

    async fn ask(
        &mut self,
        text: &str,
        variables: &[(&str, &serde_json::Value)],
    ) -> serde_json::Value {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.to_string()));
        let submission = Submission {
            variables: variables.collect(),
            ..value(text)
        };
        done(&mut self.engine, submission).await.value.unwrap()
    }
}
