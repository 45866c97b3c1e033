//! Configuration and environment → local sessions.

use std::path::Path;

use super::Context;
use super::failure::{Failure, FailureKind};
use crate::config::Config;
use crate::runtime::engine::EngineError;
use crate::runtime::engine::local::{CatalogKind, LocalOptions};

/// How local sessions of a pipeline are made. `home` is the pipeline's `.hoist` folder.
pub(super) fn local_options(
    context: &Context<'_>,
    config: &Config,
    home: &Path,
) -> Result<LocalOptions, Failure> {
    let environment = context.environment;
    let engine = &config.engine;
    let absolute = |path: &Path| environment.current.join(path);
    let cache_dir = environment.cache.clone().ok_or_else(|| {
        Failure::input("no cache folder: neither HOIST_CACHE_DIR, XDG_CACHE_HOME nor HOME is set")
            .hint("set HOIST_CACHE_DIR to a folder for the private installation of Spark")
    })?;
    Ok(LocalOptions {
        home: absolute(home),
        python: engine.python.clone(),
        spark_home: engine
            .spark_home
            .clone()
            .or_else(|| environment.spark_home.clone()),
        java_home: environment.java_home.clone(),
        search_path: environment.search_path.clone(),
        cache_dir: absolute(&cache_dir),
        driver_memory_bytes: engine.driver_memory_bytes,
        master: Some(engine.master.clone()),
        catalog: if engine.in_memory_catalog {
            CatalogKind::InMemory
        } else {
            CatalogKind::Hive
        },
        conf: engine.conf.clone(),
    })
}

/// A single-threaded runtime: sessions do one thing at a time.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::new(
                FailureKind::Internal,
                format!("the asynchronous runtime does not start: {error}"),
            )
        })
}

/// An engine that cannot do its job. Before a run it is about the machine or its settings, so exit code 2; a
/// session that ends during one is a failed run.
impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let kind = match error {
            EngineError::SessionLost { .. } => FailureKind::Run,
            EngineError::Protocol { .. }
            | EngineError::UnknownSubmission { .. }
            | EngineError::InvalidSubmission { .. }
            | EngineError::NotOpen => FailureKind::Internal,
            _ => FailureKind::Input,
        };
        Failure::new(kind, error.to_string()).hint(error.help())
    }
}
