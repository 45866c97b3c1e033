//! Configuration: `hoist.toml`, the environment and the command line, read once into plain values.
//!
//! Precedence: flags > environment `HOIST_*` > `hoist.toml` > defaults. Each key has one entry in [`KEYS`]; an
//! unknown key is an error that names its place and the nearest known key. Every effective value keeps its
//! [`Origin`], which `config show` prints. No key holds a secret.

mod file;
mod keys;
mod load;
mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

pub use keys::{KEYS, Key, Kind, closest};
pub use load::{Request, load};
pub use value::{parse_duration, parse_size};

use crate::frontend::source::Variables;
use crate::present::rule::Levels;

/// Name of the configuration file.
pub const FILE_NAME: &str = "hoist.toml";

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Built in.
    Default,
    /// A configuration file.
    File {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
    },
    /// An environment variable.
    Environment(String),
    /// A command-line option.
    Flag(&'static str),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::Default => formatter.write_str("default"),
            Origin::File { path, line } => write!(formatter, "{}:{line}", path.display()),
            Origin::Environment(name) => write!(formatter, "environment {name}"),
            Origin::Flag(name) => write!(formatter, "option {name}"),
        }
    }
}

/// The value of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// One value, as written on a command line.
    Scalar(String),
    /// Several strings.
    List(Vec<String>),
}

/// One effective setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its path; the last parts may be names of the user.
    pub name: Vec<String>,
    /// What its key takes.
    pub kind: Kind,
    /// Its value.
    pub value: Value,
    /// Where it comes from.
    pub origin: Origin,
}

/// A setting given on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Path of the key.
    pub name: Vec<String>,
    /// Its value.
    pub value: String,
    /// The option.
    pub flag: &'static str,
}

/// Why the configuration cannot be used. Every place is `file:line`.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file named by `--config` does not exist.
    #[error("configuration file `{path}` does not exist")]
    Missing {
        /// The file.
        path: String,
    },
    /// The operating system refused, or the file is not UTF-8.
    #[error("configuration file `{path}` cannot be read: {error}")]
    Io {
        /// The file.
        path: String,
        /// Its reason.
        error: std::io::Error,
    },
    /// Not TOML.
    #[error("{place}: {message}")]
    Syntax {
        /// Where.
        place: String,
        /// What the parser says.
        message: String,
    },
    /// No such key.
    #[error("{place}: unknown key `{key}`")]
    UnknownKey {
        /// Where.
        place: String,
        /// The key, with its table.
        key: String,
        /// The known key that looks most like it.
        nearest: Option<String>,
    },
    /// A value that the key does not take.
    #[error("{place}: `{key}` is {found}, expected {expected}")]
    WrongValue {
        /// Where.
        place: String,
        /// The key, with its table.
        key: String,
        /// What is there.
        found: String,
        /// What should be.
        expected: String,
    },
}

impl ConfigError {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            ConfigError::Missing { .. } => "correct the path given with `--config`".to_owned(),
            ConfigError::Io { .. } => "the file must be readable UTF-8 text".to_owned(),
            ConfigError::Syntax { .. } => "the file must be TOML".to_owned(),
            ConfigError::UnknownKey {
                nearest: Some(nearest),
                ..
            } => format!("did you mean `{nearest}`?"),
            ConfigError::UnknownKey { .. } => {
                "`hoist config show` lists every key with its value".to_owned()
            }
            ConfigError::WrongValue { expected, .. } => format!("give {expected}"),
        }
    }
}

/// Everything configured, as plain values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The file read, if there is one.
    pub file: Option<PathBuf>,
    /// What belongs to the pipeline.
    pub pipeline: PipelineConfig,
    /// Template variables of the pipeline.
    pub variables: Variables,
    /// Scripts that make the source tables.
    pub setup: SetupConfig,
    /// How frames are chosen.
    pub planner: PlannerConfig,
    /// How sessions are made.
    pub engine: EngineConfig,
    /// Key columns by table, lower-case.
    pub keys: BTreeMap<String, Vec<String>>,
    /// Levels of rules.
    pub rules: Levels,
    /// Every effective setting, in the order of [`KEYS`].
    pub settings: Vec<Setting>,
    /// Environment variables that look like settings and are none.
    pub warnings: Vec<String>,
}

/// `[pipeline]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipelineConfig {
    /// Files in order, relative to the configuration file; empty for natural order.
    pub files: Vec<PathBuf>,
    /// Read sub-folders too.
    pub subfolders: bool,
    /// Longest SQL statement that is looked into, bytes.
    pub max_statement_bytes: u64,
    /// Whether `${env:NAME}` may be filled in from the environment.
    pub environment_variables: bool,
}

/// `[setup]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetupConfig {
    /// Folder of the scripts, joined to the folder of the configuration file.
    pub path: Option<PathBuf>,
    /// Their template variables.
    pub variables: Variables,
}

/// `[planner]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannerConfig {
    /// Memory for frames, bytes; none for a share of the session's.
    pub budget_bytes: Option<u64>,
    /// Statements that may run at once, whose memory is set aside where the budget is a share of the session's.
    pub jobs: u32,
    /// How far the gain must exceed the cost, in percent: 200 for 2.0.
    pub margin_percent: u32,
    /// Least net gain of a frame, microseconds.
    pub min_gain_micros: u64,
    /// Every run of so many goes without frames, so that there is something to compare with; 0 for none.
    pub canary: u32,
    /// Where frames live: `memory`, `scratch`, or `auto` for the cheaper one.
    pub medium: String,
    /// Which layouts frames have: `off` for rows as they come, or `auto`.
    pub layout: String,
    /// Whether statements may change places: `free`, or `files` for the order of the files.
    pub order: String,
    /// What is done about settings of the session: `off`, `propose` or `apply`.
    pub settings: String,
    /// Spark's name of the storage level of frames in memory.
    pub storage_level: String,
    /// Where scratch databases lie, a folder joined to that of the configuration file, or an address; none for a fast
    /// folder of this machine, or none at all on a cluster.
    pub scratch: Option<PathBuf>,
    /// Database of names without one.
    pub default_database: String,
    /// Functions of the user that give equal values for equal arguments, lower-case.
    pub deterministic_functions: BTreeSet<String>,
}

/// `[engine]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineConfig {
    /// Whether sessions are made by a Livy server.
    pub livy: bool,
    /// `[engine.livy]`.
    pub server: LivyConfig,
    /// Interpreter of the local engine; none to search.
    pub python: Option<PathBuf>,
    /// Spark distribution of the local engine; none for `SPARK_HOME` or a private installation.
    pub spark_home: Option<PathBuf>,
    /// Heap of the driver, bytes; none for a share of the machine's memory.
    pub driver_memory_bytes: Option<u64>,
    /// Spark master.
    pub master: String,
    /// Whether table definitions live in the session only.
    pub in_memory_catalog: bool,
    /// Spark settings of the session.
    pub conf: BTreeMap<String, String>,
}

/// `[engine.livy]`. What is not given is left to the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LivyConfig {
    /// Address of the server.
    pub url: Option<String>,
    /// User for HTTP Basic.
    pub user: Option<String>,
    /// File that holds the password, and nothing else.
    pub password_file: Option<PathBuf>,
    /// File that holds the token, and nothing else.
    pub token_file: Option<PathBuf>,
    /// Certificates to trust besides those of the system.
    pub ca_file: Option<PathBuf>,
    /// Whether the server's certificate is checked.
    pub verify_tls: bool,
    /// Name of the session.
    pub name: Option<String>,
    /// Kind of the session.
    pub kind: Option<String>,
    /// User to act for.
    pub proxy_user: Option<String>,
    /// YARN queue.
    pub queue: Option<String>,
    /// As `4g`.
    pub driver_memory: Option<String>,
    /// Cores.
    pub driver_cores: Option<u32>,
    /// As `8g`.
    pub executor_memory: Option<String>,
    /// Cores each.
    pub executor_cores: Option<u32>,
    /// Their number.
    pub num_executors: Option<u32>,
    /// Java libraries, as URIs that the cluster can read.
    pub jars: Vec<String>,
    /// Python modules, as URIs that the cluster can read.
    pub py_files: Vec<String>,
    /// As `2h`.
    pub idle_timeout: Option<String>,
    /// Microseconds after which the server ends a session of which it hears nothing; 0 turns that off.
    pub heartbeat_micros: u64,
    /// Longest pause between two polls, microseconds.
    pub poll_interval_micros: u64,
    /// Time for one request, microseconds.
    pub request_timeout_micros: u64,
    /// Time for the session to get ready, microseconds.
    pub start_timeout_micros: u64,
    /// Time for one statement, microseconds; none for any.
    pub statement_timeout_micros: Option<u64>,
}

/// Whether a Spark setting holds a secret by its name (Spark: `spark.redaction.regex`). Such values are shown
/// nowhere and written to no file.
pub fn is_secret(key: &str) -> bool {
    let key = key.to_lowercase();
    ["secret", "password", "token", "access.key", "accesskey"]
        .iter()
        .any(|word| key.contains(word))
}
