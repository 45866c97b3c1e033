//! Configuration and environment → sessions.

#![expect(
    clippy::disallowed_methods,
    reason = "reads the files in which the user keeps secrets"
)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Context;
use super::failure::{Failure, FailureKind};
use super::pipeline::Pipeline;
use crate::config::Config;
use crate::runtime::engine::livy::{Auth, Livy, LivyOptions, Secret, SessionOptions};
use crate::runtime::engine::local::{CatalogKind, Local, LocalOptions};
use crate::runtime::engine::{AnyEngine, EngineError};
use crate::runtime::run::{Scratch, ScratchPlace};

/// The engine that the configuration names.
pub(super) fn engine(
    context: &Context<'_>,
    config: &Config,
    home: &Path,
) -> Result<AnyEngine, Failure> {
    Ok(EngineOptions::of(context, config, home)?.engine())
}

/// How sessions are made on the engine that the configuration names.
pub(super) enum EngineOptions {
    Local(Box<LocalOptions>),
    Livy(Box<LivyOptions>),
}

impl EngineOptions {
    pub(super) fn of(context: &Context<'_>, config: &Config, home: &Path) -> Result<Self, Failure> {
        Ok(if config.engine.livy {
            EngineOptions::Livy(Box::new(livy_options(context, config)?))
        } else {
            EngineOptions::Local(Box::new(local_options(context, config, home)?))
        })
    }

    /// A new engine, without a session.
    pub(super) fn engine(&self) -> AnyEngine {
        match self {
            EngineOptions::Local(options) => {
                AnyEngine::Local(Box::new(Local::new((**options).clone())))
            }
            EngineOptions::Livy(options) => {
                AnyEngine::Livy(Box::new(Livy::new((**options).clone())))
            }
        }
    }
}

/// How sessions are made on the configured Livy server.
pub(super) fn livy_options(context: &Context<'_>, config: &Config) -> Result<LivyOptions, Failure> {
    let server = &config.engine.server;
    let url = server.url.clone().ok_or_else(|| {
        Failure::input("the address of the Livy server is not known")
            .hint("give it with `--url`, as `http://host:8998`, or as `url` under `[engine.livy]` in hoist.toml")
    })?;
    let absolute = |path: &Path| context.environment.current.join(path);
    Ok(LivyOptions {
        url,
        auth: auth(context, config)?,
        session: SessionOptions {
            name: server.name.clone(),
            kind: server.kind.clone(),
            conf: config.engine.conf.clone(),
            driver_memory: server.driver_memory.clone(),
            driver_cores: server.driver_cores,
            executor_memory: server.executor_memory.clone(),
            executor_cores: server.executor_cores,
            num_executors: server.num_executors,
            queue: server.queue.clone(),
            proxy_user: server.proxy_user.clone(),
            jars: server.jars.clone(),
            py_files: server.py_files.clone(),
            idle_timeout: server.idle_timeout.clone(),
        },
        heartbeat: Duration::from_micros(server.heartbeat_micros),
        longest_poll: Duration::from_micros(server.poll_interval_micros),
        request_deadline: Duration::from_micros(server.request_timeout_micros),
        start_deadline: Duration::from_micros(server.start_timeout_micros),
        statement_deadline: server.statement_timeout_micros.map(Duration::from_micros),
        verify_tls: server.verify_tls,
        ca_file: server.ca_file.as_deref().map(absolute),
        ..LivyOptions::new("")
    })
}

/// Credentials: a token before a password, the environment before a file.
fn auth(context: &Context<'_>, config: &Config) -> Result<Auth, Failure> {
    let server = &config.engine.server;
    let secret = |variable: &str, file: Option<&Path>| -> Result<Option<Secret>, Failure> {
        let given = context.environment.hoist.get(variable);
        if let Some(value) = given.filter(|value| !value.is_empty()) {
            return Ok(Some(Secret::new(value)));
        }
        let Some(file) = file else {
            return Ok(None);
        };
        let path = context.environment.current.join(file);
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(Secret::new(text.trim_end_matches(['\r', '\n'])))),
            Err(error) => Err(Failure::input(format!(
                "the secret in `{}` cannot be read: {error}",
                path.display()
            ))
            .hint(format!(
                "give it in {variable}, or correct the file's name in [engine.livy]"
            ))),
        }
    };
    if let Some(token) = secret("HOIST_LIVY_TOKEN", server.token_file.as_deref())? {
        return Ok(Auth::Bearer { token });
    }
    let password = secret("HOIST_LIVY_PASSWORD", server.password_file.as_deref())?;
    match (server.user.clone(), password) {
        (None, None) => Ok(Auth::None),
        (Some(user), Some(password)) => Ok(Auth::Basic { user, password }),
        (Some(user), None) => Err(Failure::input(format!(
            "there is no password for the Livy user `{user}`"
        ))
        .hint("set HOIST_LIVY_PASSWORD, or name a file with `password_file` in [engine.livy]")),
        (None, Some(_)) => Err(Failure::input("there is a Livy password, but no user")
            .hint("set `user` in [engine.livy], or HOIST_ENGINE_LIVY_USER")),
    }
}

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
        logs: None,
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

/// Memory-backed storage, where the system has some.
const MEMORY_BACKED: &str = "/dev/shm";
/// Folder of scratch databases in the pipeline's `.hoist`, where it has none.
const FRAMES: &str = "frames";

/// Where scratch databases lie; none on a cluster for which no place is configured.
pub(super) fn scratch_place(context: &Context<'_>, pipeline: &Pipeline) -> Option<ScratchPlace> {
    let config = &pipeline.config;
    let current = &context.environment.current;
    let Some(configured) = &config.planner.scratch else {
        let memory = PathBuf::from(MEMORY_BACKED);
        let own = current.join(pipeline.home()).join(FRAMES);
        let folders = [memory.is_dir().then_some(memory), Some(own)];
        let here = ScratchPlace::Here(folders.into_iter().flatten().collect());
        return (!config.engine.livy).then_some(here);
    };
    let text = configured.to_string_lossy();
    Some(match text.strip_prefix("file://") {
        _ if config.engine.livy => ScratchPlace::Elsewhere(text.into_owned()),
        Some(path) => ScratchPlace::Here(vec![PathBuf::from(path)]),
        None if text.contains("://") => ScratchPlace::Elsewhere(text.into_owned()),
        None => ScratchPlace::Here(vec![current.join(configured)]),
    })
}

/// Makes the place of a run.
pub(super) fn take_scratch(place: &ScratchPlace, run_id: &str) -> Result<Scratch, Failure> {
    place.take(run_id).map_err(|error| {
        Failure::input(error.to_string()).hint(
            "name a folder that can be written to as `scratch` under `[planner]` in hoist.toml",
        )
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
            EngineError::Livy(ref error) if error.ends_a_run() => FailureKind::Run,
            EngineError::Protocol { .. }
            | EngineError::UnknownSubmission { .. }
            | EngineError::InvalidSubmission { .. }
            | EngineError::NotOpen => FailureKind::Internal,
            _ => FailureKind::Input,
        };
        Failure::new(kind, error.to_string()).hint(error.help())
    }
}
