//! The environment of the process, read once.
#![expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

/// Variables of `HOIST_` that are not keys of the configuration.
pub(super) const RESERVED: [&str; 5] = [
    "HOIST_CONFIG",
    "HOIST_CACHE_DIR",
    "HOIST_LOG",
    "HOIST_LIVY_PASSWORD",
    "HOIST_LIVY_TOKEN",
];

/// What matters of the environment.
#[derive(Clone, Debug, Default)]
pub(super) struct Environment {
    /// Variables whose names begin with `HOIST_`, as far as they are UTF-8.
    pub(super) hoist: BTreeMap<String, String>,
    /// All other variables, as far as they are UTF-8: only those that a template names are looked at.
    pub(super) others: BTreeMap<String, String>,
    /// `SPARK_HOME`.
    pub(super) spark_home: Option<PathBuf>,
    /// `JAVA_HOME`.
    pub(super) java_home: Option<PathBuf>,
    /// `PATH`.
    pub(super) search_path: Option<OsString>,
    /// The user's cache folder.
    pub(super) cache: Option<PathBuf>,
    /// Runs under continuous integration (`CI`): no moving progress line.
    pub(super) continuous_integration: bool,
    /// Working directory.
    pub(super) current: PathBuf,
}

impl Environment {
    /// Reads the environment of this process.
    pub(super) fn of_process() -> Self {
        let (hoist, others): (BTreeMap<_, _>, BTreeMap<_, _>) = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .partition(|(name, _)| name.starts_with("HOIST_"));
        let path = |name: &str| {
            std::env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let user_cache = path("XDG_CACHE_HOME")
            .or_else(|| path("HOME").map(|home| home.join(".cache")))
            .or_else(|| path("LOCALAPPDATA"));
        Environment {
            cache: hoist
                .get("HOIST_CACHE_DIR")
                .filter(|folder| !folder.is_empty())
                .map(PathBuf::from)
                .or_else(|| user_cache.map(|cache| cache.join("hoist"))),
            hoist,
            others,
            spark_home: path("SPARK_HOME"),
            java_home: path("JAVA_HOME"),
            search_path: std::env::var_os("PATH"),
            continuous_integration: std::env::var_os("CI")
                .is_some_and(|value| !value.is_empty() && value != "false" && value != "0"),
            current: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
        }
    }

    /// A variable that a template names. Those of hoist itself are none: secrets are among them.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.others.get(name).map(String::as_str)
    }
}
