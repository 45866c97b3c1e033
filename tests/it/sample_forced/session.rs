//! Runs of the sample in one session: set up once, with new outputs for each run.

use std::collections::BTreeMap;

use hoist::facts::catalog::Catalog;
use hoist::frontend;
use hoist::frontend::source::{LoadOptions, Sources, Variables, load};
use hoist::runtime::collect::collect;
use hoist::runtime::engine::local::{CatalogKind, Local};
use hoist::runtime::engine::{Engine as _, Want};
use hoist::runtime::run::{RunInput, RunOptions, Work};
use hoist::runtime::verify::{Digest, digest};
use tempfile::TempDir;

use super::steps::Leaves;
use crate::executed::{carry_out, compare_reads, frames_scanned};
use crate::local_engine::{done, open, options, sql};
use crate::sample;

/// Size of the sample: 1 is 40 000 policies.
const SCALE: &str = "0.05";
/// The set-up scripts that make the tables which the pipeline fills.
const OUTPUTS: [&str; 2] = ["01_databases.sql", "08_mart.sql"];

/// An open session with the tables of the sample.
pub(super) struct Session {
    engine: Local,
    home: TempDir,
    scripts: Sources,
}

impl Session {
    /// Opens it and makes the tables.
    pub(super) async fn open() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut local = options(home.path(), CatalogKind::InMemory);
        for (key, setting) in [
            ("spark.sql.shuffle.partitions", "2"),
            ("spark.sql.ui.retainedExecutions", "200"),
        ] {
            local.conf.insert(key.to_owned(), setting.to_owned());
        }
        let mut engine = Local::new(local);
        open(&mut engine).await;
        let folder = sample::root().join("setup");
        let folders = std::slice::from_ref(&folder);
        let scripts = load(&folder, folders, &LoadOptions::default(), &scale()).unwrap();
        let mut session = Session {
            engine,
            home,
            scripts,
        };
        session.set_up(|_| true).await;
        session
    }

    /// Ends it.
    pub(super) async fn close(mut self) {
        self.engine.close().await.unwrap();
    }

    /// Facts of tables.
    pub(super) async fn facts(&mut self, names: &[String]) -> Catalog {
        collect(&mut self.engine, names).await.unwrap().catalog
    }

    /// Runs the set-up scripts wanted.
    async fn set_up(&mut self, wanted: impl Fn(&str) -> bool) {
        let statements = frontend::parse(&self.scripts).statements;
        let mut input = RunInput::plain(&self.scripts, &statements);
        input.steps.retain(|step| match &step.work {
            Work::Run(statement) => wanted(&statement.file),
            Work::Materialise { .. } | Work::Release { .. } => false,
        });
        let options = RunOptions {
            run: "00000000".to_owned(),
            variables: scale(),
            ..RunOptions::default()
        };
        carry_out(&mut self.engine, &input, &options).await;
    }

    /// Runs steps on new outputs: digests of what they leave, and how many reads of frames Spark tells of, which are those
    /// that the plan has.
    pub(super) async fn run(
        &mut self,
        input: &RunInput,
        id: &str,
        leaves: &Leaves,
    ) -> (BTreeMap<String, Digest>, usize) {
        for text in ["USE default", "DROP DATABASE IF EXISTS mart CASCADE"] {
            done(&mut self.engine, sql(text, Want::Nothing)).await;
        }
        self.set_up(|file| OUTPUTS.contains(&file)).await;
        let results = self.home.path().join("results").join(id);
        let scratch = self.home.path().join("frames");
        let options = RunOptions {
            run: id.to_owned(),
            variables: sample::variables(),
            root: sample::root(),
            results: Some(results.clone()),
            scratch: Some(scratch.display().to_string()),
            ..RunOptions::default()
        };
        let input = leaves.with_passing(input);
        carry_out(&mut self.engine, &input, &options).await;
        assert!(!scratch.exists(), "the scratch database is dropped");
        let scans = frames_scanned(&mut self.engine, id).await;
        let reads = compare_reads(&input, &scans);
        let outputs = leaves.of(&input, &results);
        let digests = digest(&mut self.engine, &outputs).await.unwrap();
        let empty = digests.iter().find(|(_, digest)| digest.rows() == 0);
        assert_eq!(empty, None);
        (digests, reads)
    }
}

fn scale() -> Variables {
    Variables::from([("scale".to_owned(), SCALE.to_owned())])
}
