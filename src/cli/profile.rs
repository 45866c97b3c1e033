//! The profile of a pipeline on disk: what earlier runs measured.
#![expect(clippy::disallowed_methods, reason = "reads profiles")]

use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::output::write_file;
use super::pipeline::Pipeline;
use crate::facts::profile::{Profile, ProfileError, fingerprint};
use crate::planner::plan_file::PlanFile;
use crate::runtime::engine::SessionInfo;
use crate::runtime::run::RunKeys;

/// Name of the profile in the pipeline's `.hoist`.
const PROFILE_FILE: &str = "profile.json";

/// The profile that a command uses, and where it lies.
pub(super) struct Profiled {
    pub(super) file: PathBuf,
    pub(super) profile: Profile,
}

impl Profiled {
    /// The one named, or that beside the pipeline; none where the user wants none. One that was named must be there to be
    /// planned with (`must_exist`), and begins anew to be written.
    pub(super) fn read(
        pipeline: &Pipeline,
        named: Option<&Path>,
        unwanted: bool,
        must_exist: bool,
    ) -> Result<Option<Profiled>, Failure> {
        if unwanted {
            return Ok(None);
        }
        let file = named.map_or_else(|| pipeline.home().join(PROFILE_FILE), Path::to_path_buf);
        let shown = file.display();
        let refused = |reason: String, help: &str| {
            Failure::input(format!("profile `{shown}` cannot be used: {reason}")).hint(help)
        };
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                if named.is_some() && must_exist {
                    return Err(refused(
                        "there is no such file".to_owned(),
                        "`hoist execute` writes it",
                    ));
                }
                let profile = Profile::default();
                return Ok(Some(Profiled { file, profile }));
            }
            Err(error) => return Err(refused(error.to_string(), "`--no-profile` does without")),
        };
        match Profile::parse(&text) {
            Ok(profile) => Ok(Some(Profiled { file, profile })),
            Err(error @ ProfileError::Version(_)) => Err(refused(
                error.to_string(),
                "another release of hoist wrote it: `--no-profile` does without, `--profile FILE` begins another one",
            )),
            Err(error) => Err(refused(
                error.to_string(),
                "remove it, and runs measure anew; `--no-profile` does without",
            )),
        }
    }

    /// Writes it, the old one staying whole until the new one is.
    pub(super) fn save(&self) -> Result<(), Failure> {
        write_file(&self.file, &self.profile.to_json())
    }
}

/// Where measurements are from: others say nothing about it.
pub(super) fn place(session: &SessionInfo) -> String {
    format!(
        "Spark {}, {}, {} cores",
        session.spark_version, session.master, session.cores
    )
}

/// What the statements of a pipeline and the frames of a plan are called in a profile.
pub(super) fn keys(pipeline: &Pipeline, plan: Option<&PlanFile>) -> RunKeys {
    let sources = &pipeline.sources;
    let statements = pipeline.parse(sources).statements;
    let mut fingerprints = fingerprint::statements(sources, &statements);
    let named = statements.iter().filter_map(|statement| {
        let source = sources.get(statement.source)?;
        let fingerprint = fingerprints.remove(&statement.id)?;
        Some(((source.name.clone(), statement.number), fingerprint))
    });
    RunKeys {
        statements: named.collect(),
        frames: plan.map(PlanFile::frame_keys).unwrap_or_default(),
    }
}
