//! Making the tables in a session of their own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::super::sandbox::Sandbox;
use super::super::{State, capture};
use super::Generated;
use crate::runtime::collect::{SnippetError, value};
use crate::runtime::engine::{Engine, EngineError};
use crate::runtime::run::{self, Cancel, Recorder};

/// Makes the tables; `hoist_vars["generated"]` says which.
const GENERATE: &str = include_str!("generate.py");

/// Tables that were made. Dropping it removes them.
#[derive(Debug)]
pub struct Source {
    /// What both runs start from.
    pub state: State,
    /// Holds the files of the tables.
    _sandbox: Sandbox,
}

/// The tables could not be made.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The engine could not do its job.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Spark or Python refused.
    #[error("the tables could not be made: {0}")]
    Snippet(#[from] SnippetError),
    /// Their folder could not be made.
    #[error("`{}` cannot be made: {source}", path.display())]
    Sandbox {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl GenerateError {
    /// The next step, a lowercase fragment.
    pub fn help(&self) -> String {
        match self {
            Self::Engine(error) => error.help(),
            Self::Snippet(error) => error.help(),
            Self::Sandbox { .. } => "check that the folder may be written to".to_owned(),
        }
    }
}

/// Makes the tables in a session made by `make` for a folder inside `folder`, and closes it; none where the user
/// interrupted. The folder lives as long as what is returned.
pub async fn populate<E: Engine>(
    make: &mut dyn FnMut(&Path) -> E,
    folder: &Path,
    name: &str,
    generated: &Generated,
    cancel: &Cancel,
    recorder: &mut Recorder<'_>,
) -> Result<Option<Source>, GenerateError> {
    let sandbox = Sandbox::make(folder, name).map_err(|source| GenerateError::Sandbox {
        path: folder.join(name),
        source,
    })?;
    let mut engine = make(sandbox.path());
    let state = match run::open(&mut engine, cancel, recorder).await {
        Ok(Some(_)) => tokio::select! {
            biased;
            () = cancel.reached(1) => Ok(None),
            state = in_session(&mut engine, generated) => state.map(Some),
        },
        Ok(None) => Ok(None),
        Err(error) => Err(error.into()),
    };
    let closed = run::close(&mut engine, cancel, recorder).await;
    drop(engine);
    let state = state?;
    closed?;
    Ok(state.map(|state| Source {
        state,
        _sandbox: sandbox,
    }))
}

async fn in_session<E: Engine>(
    engine: &mut E,
    generated: &Generated,
) -> Result<State, GenerateError> {
    fill(engine, generated).await?;
    Ok(capture(engine, &generated.names(), None).await?)
}

/// Makes the tables and views in an open session; how many rows they have together.
pub async fn fill<E: Engine>(engine: &mut E, generated: &Generated) -> Result<u64, SnippetError> {
    let document = serde_json::to_string(generated).unwrap_or_default();
    let variables = BTreeMap::from([("generated".to_owned(), document)]);
    value(engine, "generate", GENERATE, variables).await
}
