//! The folder of tables, logs and scratch space that a session holds for itself.
#![expect(
    clippy::disallowed_methods,
    reason = "makes, reads and removes the session's files; names them by time"
)]

use std::fs::{self, File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::settings;
use super::{LocalOptions, agent_text};
use crate::runtime::engine::EngineError;

/// Spark's own messages: WARN and above, on the stream that the engine puts into the log file.
const LOG_SETTINGS: &str = "\
rootLogger.level = warn
rootLogger.appenderRef.log.ref = log
appender.log.type = Console
appender.log.name = log
appender.log.target = SYSTEM_ERR
appender.log.layout.type = PatternLayout
appender.log.layout.pattern = %d{yyyy-MM-dd HH:mm:ss.SSS} %p %c{1}: %m%n%ex
";

/// Attempts to remove a folder into which a dying process may still write.
const REMOVE_ATTEMPTS: u32 = 10;

/// The files of one session. Dropping it removes the scratch folders and lets others use the home folder.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) home: PathBuf,
    /// This session's folder below `<home>/scratch`.
    pub(super) scratch: PathBuf,
    /// Spark's local folders, below the scratch folder unless the user named others.
    pub(super) local_dirs: Vec<PathBuf>,
    /// For temporary files of Java.
    pub(super) temp: PathBuf,
    pub(super) agent: PathBuf,
    pub(super) log_settings: PathBuf,
    pub(super) log: PathBuf,
    pub(super) derby_log: PathBuf,
    /// Locked by the agent as long as it lives, which may be a little longer than its engine.
    pub(super) agent_lock: PathBuf,
    lock: File,
}

impl Session {
    /// Takes hold of the home folder and prepares the session's files. What killed sessions left is removed.
    pub(super) fn prepare(options: &LocalOptions) -> Result<Self, EngineError> {
        let home = std::path::absolute(&options.home)
            .map_err(|source| io("resolving the path", &options.home, source))?;
        for folder in ["warehouse", "scratch"] {
            make_folder(&home.join(folder))?;
        }
        let logs = options.logs.clone().unwrap_or_else(|| home.join("logs"));
        let logs =
            std::path::absolute(&logs).map_err(|source| io("resolving the path", &logs, source))?;
        make_folder(&logs)?;
        let lock = take_lock(&home)?;
        let scratch_root = home.join("scratch");
        let stale = fs::read_dir(&scratch_root)
            .map_err(|source| io("reading the folder", &scratch_root, source))?;
        for entry in stale.flatten() {
            remove_folder(&entry.path());
        }
        let started = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let name = format!(
            "hoist-session-{}-{}",
            std::process::id(),
            started.as_millis()
        );
        let scratch = scratch_root.join(&name);
        let temp = scratch.join("tmp");
        make_folder(&temp)?;
        let mut local_dirs = Vec::new();
        for dir in settings::local_dirs(options) {
            let dir = std::path::absolute(&dir)
                .map_err(|source| io("resolving the path", &dir, source))?
                .join(&name);
            make_folder(&dir)?;
            local_dirs.push(dir);
        }
        if local_dirs.is_empty() {
            local_dirs.push(scratch.join("local"));
        }
        let write = |path: PathBuf, text: &str| match fs::write(&path, text) {
            Ok(()) => Ok(path),
            Err(source) => Err(io("writing", &path, source)),
        };
        let log = logs.join("spark.log");
        // The log of the session before is kept; there may be none.
        let _ = fs::rename(&log, logs.join("spark.log.1"));
        Ok(Self {
            agent: write(scratch.join("agent.py"), agent_text())?,
            log_settings: write(scratch.join("log4j2.properties"), LOG_SETTINGS)?,
            log: write(log, "")?,
            derby_log: logs.join("derby.log"),
            agent_lock: home.join("agent.lock"),
            home,
            scratch,
            local_dirs,
            temp,
            lock,
        })
    }

    /// All folders to remove at the end.
    pub(super) fn scratch_folders(&self) -> Vec<&Path> {
        let outside = self
            .local_dirs
            .iter()
            .filter(|dir| !dir.starts_with(&self.scratch));
        std::iter::once(&self.scratch)
            .chain(outside)
            .map(PathBuf::as_path)
            .collect()
    }

    /// A handle of the log for a child process.
    pub(super) fn open_log(&self) -> Result<File, EngineError> {
        File::options()
            .append(true)
            .create(true)
            .open(&self.log)
            .map_err(|source| io("opening the log", &self.log, source))
    }

    /// The last lines of the log that are no part of a stack.
    pub(super) fn last_lines(&self, count: usize) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let mut lines: Vec<&str> = text
            .lines()
            .rev()
            .filter(|line| !line.trim().is_empty() && !line.starts_with("\tat "))
            .take(count)
            .collect();
        lines.reverse();
        lines.join("\n")
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for folder in self.scratch_folders() {
            remove_folder(folder);
        }
        // An empty file says that nobody holds the lock; the operating system releases it in any case.
        let _ = self.lock.set_len(0);
    }
}

fn take_lock(home: &Path) -> Result<File, EngineError> {
    let path = home.join("session.lock");
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|source| io("opening the lock", &path, source))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            let holder = file.read_to_string(&mut text).ok().and_then(|_| {
                text.split_whitespace()
                    .next()
                    .and_then(|pid| pid.parse().ok())
            });
            return Err(EngineError::HomeBusy {
                home: home.to_owned(),
                holder,
            });
        }
        Err(TryLockError::Error(source)) => return Err(io("locking", &path, source)),
    }
    let started = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{} {}", std::process::id(), started.as_secs()))
        .map_err(|source| io("writing", &path, source))?;
    Ok(file)
}

fn make_folder(folder: &Path) -> Result<(), EngineError> {
    fs::create_dir_all(folder).map_err(|source| io("making the folder", folder, source))
}

/// Removes a folder; a failure is not reported, since the next session on this home tries again.
fn remove_folder(folder: &Path) {
    for _ in 0..REMOVE_ATTEMPTS {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                std::thread::sleep(Duration::from_millis(20));
            }
            _ => return,
        }
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::runtime::engine::local::CatalogKind;

    fn options(home: &Path) -> LocalOptions {
        LocalOptions {
            home: home.to_owned(),
            logs: None,
            python: None,
            spark_home: None,
            java_home: None,
            search_path: None,
            cache_dir: home.join("cache"),
            driver_memory_bytes: None,
            master: None,
            catalog: CatalogKind::InMemory,
            conf: BTreeMap::new(),
        }
    }

    #[test]
    fn a_home_admits_one_session_and_names_its_holder() {
        let folder = tempfile::tempdir().unwrap();
        let session = Session::prepare(&options(folder.path())).unwrap();
        let error = Session::prepare(&options(folder.path())).unwrap_err();
        let EngineError::HomeBusy { holder, .. } = error else {
            panic!("{error}")
        };
        assert_eq!(holder, Some(std::process::id()));
        drop(session);
        Session::prepare(&options(folder.path())).unwrap();
    }

    #[test]
    fn scratch_folders_end_with_the_session_and_stale_ones_with_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let fast = tempfile::tempdir().unwrap();
        let stale = folder.path().join("scratch").join("hoist-session-1-1");
        fs::create_dir_all(stale.join("local")).unwrap();
        let mut options = options(folder.path());
        options.conf.insert(
            "spark.local.dir".to_owned(),
            fast.path().display().to_string(),
        );
        let session = Session::prepare(&options).unwrap();
        assert!(!stale.exists());
        assert_eq!(session.scratch_folders().len(), 2);
        assert_eq!(fs::read_dir(fast.path()).unwrap().count(), 1);
        drop(session);
        assert_eq!(fs::read_dir(fast.path()).unwrap().count(), 0);
        assert_eq!(
            fs::read_dir(folder.path().join("scratch")).unwrap().count(),
            0
        );
    }
}
