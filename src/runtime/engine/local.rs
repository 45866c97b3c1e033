//! The local engine: real Spark in `local[*]`, driven as a child process.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

/// Where table definitions live.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CatalogKind {
    /// Spark's Hive catalog on an embedded Derby database: tables outlive the session.
    #[default]
    Hive,
    /// In the session's memory: quicker to start, forgotten at its end.
    InMemory,
}

/// How to make local sessions. Nothing is read from the environment: what matters of it is an argument here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalOptions {
    /// Folder of warehouse, metastore, logs and scratch space (`.hoist` beside the pipeline).
    pub home: PathBuf,
    /// Interpreter named by the user.
    pub python: Option<PathBuf>,
    /// Spark distribution named by the user (`SPARK_HOME`).
    pub spark_home: Option<PathBuf>,
    /// Java named by the user (`JAVA_HOME`).
    pub java_home: Option<PathBuf>,
    /// Where to look for executables (`PATH`).
    pub search_path: Option<OsString>,
    /// Folder for the private environment.
    pub cache_dir: PathBuf,
    /// Memory of the driver's heap, in bytes; by default 40 % of the machine's, from 1 to 16 GiB.
    pub driver_memory_bytes: Option<u64>,
    /// Spark master, `local[*]` by default.
    pub master: Option<String>,
    /// Where table definitions live.
    pub catalog: CatalogKind,
    /// Spark settings; they win over the engine's own except for a few, which are refused.
    pub conf: BTreeMap<String, String>,
}
