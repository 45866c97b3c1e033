//! The place of a run's scratch database, and what dead runs have left there.
//!
//! ```text
//! /dev/shm/hoist_7f3a2c10/lock      locked by the run's process as long as it lives
//! /dev/shm/hoist_7f3a2c10/tables    the scratch database
//! ```
//!
//! A process that dies lets its locks go, so a folder whose lock can be taken belongs to nobody any more. Places
//! elsewhere than on this machine have no locks: what lies there is named to the user and never removed.
#![expect(
    clippy::disallowed_methods,
    reason = "makes, locks and removes the folders of scratch databases"
)]

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::record::Recorder;
use crate::runtime::collect::{SnippetError, value};
use crate::runtime::engine::Engine;

/// Finds and drops databases of dead runs; `hoist_vars["dead"]` names those that are known to be dead.
const LEFTOVERS: &str = concat!(
    include_str!("../collect/session.py"),
    include_str!("leftovers.py")
);

/// Before a run's id, in the names of its folder and of its database.
const PREFIX: &str = "hoist_";
/// Attempts to make a folder that another process takes for a dead run's.
const MAKE_ATTEMPTS: u32 = 5;
/// Attempts to remove a folder into which a dying process may still write.
const REMOVE_ATTEMPTS: u32 = 10;

/// Where scratch databases may lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScratchPlace {
    /// In the first of these folders of this machine that can be written to.
    Here(Vec<PathBuf>),
    /// At an address that the cluster knows, such as `hdfs:///tmp`.
    Elsewhere(String),
}

/// No folder can be written to.
#[derive(Debug, thiserror::Error)]
#[error("the scratch folder `{}` cannot be made: {source}", folder.display())]
pub struct ScratchError {
    /// The last one tried.
    folder: PathBuf,
    /// Why.
    source: std::io::Error,
}

/// The place of one run. Dropping it removes what lies there on this machine, so the session must have ended before.
#[derive(Debug)]
pub struct Scratch {
    location: String,
    _here: Option<Held>,
}

/// A folder of a run that lives.
#[derive(Debug)]
struct Held {
    folder: PathBuf,
    /// Locked.
    _lock: File,
}

impl ScratchPlace {
    /// Makes the place of a run, by its id.
    ///
    /// # Errors
    /// [`ScratchError`] where none of the folders can be written to.
    pub fn take(&self, run: &str) -> Result<Scratch, ScratchError> {
        match self {
            ScratchPlace::Elsewhere(address) => Ok(Scratch {
                location: format!("{}/{PREFIX}{run}", address.trim_end_matches('/')),
                _here: None,
            }),
            ScratchPlace::Here(folders) => {
                let mut failed = ScratchError {
                    folder: PathBuf::new(),
                    source: ErrorKind::NotFound.into(),
                };
                for root in folders {
                    let folder = root.join(format!("{PREFIX}{run}"));
                    match Held::take(&folder) {
                        Ok(held) => {
                            return Ok(Scratch {
                                location: folder.join("tables").display().to_string(),
                                _here: Some(held),
                            });
                        }
                        Err(source) => failed = ScratchError { folder, source },
                    }
                }
                Err(failed)
            }
        }
    }

    /// Removes the folders of dead runs on this machine; their names, which are those of their databases too.
    pub fn sweep(&self) -> Vec<String> {
        let ScratchPlace::Here(folders) = self else {
            return Vec::new();
        };
        let mut dead = Vec::new();
        for root in folders {
            let Ok(entries) = fs::read_dir(root) else {
                continue;
            };
            for entry in entries.flatten() {
                let name = entry.file_name();
                if let Some(name) = name.to_str().filter(|name| is_of_a_run(name))
                    && remove_if_dead(&entry.path())
                {
                    dead.push(name.to_owned());
                }
            }
        }
        dead.sort();
        dead
    }
}

impl Scratch {
    /// Where the database lies, as Spark takes it.
    pub fn location(&self) -> &str {
        &self.location
    }
}

impl Held {
    fn take(folder: &Path) -> Result<Self, std::io::Error> {
        let lock = folder.join("lock");
        for _ in 0..MAKE_ATTEMPTS {
            private().create(folder)?;
            let file = match File::create(&lock) {
                Ok(file) => file,
                // Removed meanwhile by a run that took it for a dead one's.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            // The same may happen between making the file and locking it.
            if file.try_lock().is_ok() && lock.exists() {
                return Ok(Held {
                    folder: folder.to_owned(),
                    _lock: file,
                });
            }
        }
        Err(ErrorKind::WouldBlock.into())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        remove(&self.folder);
    }
}

/// Folders for this user alone: tables hold what the pipeline reads.
fn private() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// Whether a folder or database is named as those of runs are.
fn is_of_a_run(name: &str) -> bool {
    name.strip_prefix(PREFIX).is_some_and(|id| {
        id.len() == 8
            && id
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// Removes the folder of a run whose lock nobody holds; whether it did. One without a lock is left alone: its run may be
/// about to make it.
fn remove_if_dead(folder: &Path) -> bool {
    let Ok(lock) = File::options().write(true).open(folder.join("lock")) else {
        return false;
    };
    match lock.try_lock() {
        Ok(()) => {
            remove(folder);
            !folder.exists()
        }
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
    }
}

fn remove(folder: &Path) {
    for _ in 0..REMOVE_ATTEMPTS {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                std::thread::sleep(Duration::from_millis(20));
            }
            _ => return,
        }
    }
}

/// Drops the scratch databases of dead runs from the session's catalog, and tells of each. `dead` are those that
/// [`ScratchPlace::sweep`] found; where no other session can use the catalog, every other run is dead as well. Folders
/// elsewhere than on this machine that belong to no database of the catalog are told of.
///
/// # Errors
/// [`SnippetError`] where the session cannot tell.
pub async fn remove_leftovers<E: Engine>(
    engine: &mut E,
    place: &ScratchPlace,
    dead: &[String],
    recorder: &mut Recorder<'_>,
) -> Result<(), SnippetError> {
    #[derive(Deserialize)]
    struct Found {
        removed: Vec<String>,
        left: Vec<String>,
        folders: Vec<String>,
    }
    let dead = serde_json::Value::from(dead.to_vec()).to_string();
    let mut variables = BTreeMap::from([("dead".to_owned(), dead)]);
    if let ScratchPlace::Elsewhere(address) = place {
        variables.insert("place".to_owned(), address.clone());
    }
    let found: Found = value(engine, "leftovers", LEFTOVERS, variables).await?;
    for database in found.removed {
        recorder.warn(
            None,
            format!("removed the scratch database `{database}` of a run that died"),
        );
    }
    for database in found.left {
        recorder.warn(
            None,
            format!(
                "a run that is still going on, or died, has the scratch database `{database}`; if it died, \
                 `DROP DATABASE {database} CASCADE` removes it"
            ),
        );
    }
    for folder in found.folders {
        recorder.warn(
            None,
            format!(
                "a run that is still going on, or died, has the scratch tables in `{folder}`; if it died, remove that folder"
            ),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here(folder: &Path) -> ScratchPlace {
        ScratchPlace::Here(vec![folder.to_owned()])
    }

    #[test]
    fn a_place_goes_with_its_run() {
        let root = tempfile::tempdir().unwrap();
        let place = here(&root.path().join("frames"));
        let scratch = place.take("00c0ffee").unwrap();
        let tables = PathBuf::from(scratch.location());
        assert!(tables.ends_with("frames/hoist_00c0ffee/tables"));
        fs::create_dir_all(tables.join("t_1")).unwrap();
        drop(scratch);
        assert!(!tables.parent().unwrap().exists());
    }

    #[test]
    fn only_dead_runs_are_swept() {
        let root = tempfile::tempdir().unwrap();
        let place = here(root.path());
        let living = place.take("00000001").unwrap();
        // Without a process that holds its lock.
        let dead = root.path().join("hoist_00000002");
        fs::create_dir_all(dead.join("tables/t_1")).unwrap();
        fs::write(dead.join("lock"), "").unwrap();
        // No lock yet, and what is no folder of a run.
        for name in ["hoist_00000003", "hoist_0000000g", "hoist_1", "other"] {
            fs::create_dir(root.path().join(name)).unwrap();
        }
        fs::write(root.path().join("other/lock"), "").unwrap();
        fs::write(root.path().join("hoist_1/lock"), "").unwrap();
        assert_eq!(place.sweep(), ["hoist_00000002"]);
        assert!(!dead.exists());
        assert!(Path::new(living.location()).parent().unwrap().exists());
        assert!(root.path().join("hoist_00000003").exists());
        assert!(root.path().join("other").exists());
        assert!(root.path().join("hoist_1").exists());
        assert_eq!(place.sweep(), Vec::<String>::new());
    }

    #[test]
    fn the_first_folder_that_can_be_written_to_is_taken() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        let good = root.path().join("good");
        let place = ScratchPlace::Here(vec![file.clone(), good.clone()]);
        let scratch = place.take("0000000a").unwrap();
        assert!(Path::new(scratch.location()).starts_with(&good));
        let error = here(&file).take("0000000a").unwrap_err();
        assert!(error.to_string().contains("file/hoist_0000000a"), "{error}");
    }

    #[test]
    fn an_address_elsewhere_is_left_to_spark() {
        let place = ScratchPlace::Elsewhere("hdfs:///tmp/".to_owned());
        let scratch = place.take("0000000a").unwrap();
        assert_eq!(scratch.location(), "hdfs:///tmp/hoist_0000000a");
        assert_eq!(place.sweep(), Vec::<String>::new());
    }

    #[cfg(unix)]
    #[test]
    fn others_cannot_look_into_a_place() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let scratch = here(root.path()).take("0000000a").unwrap();
        let folder = Path::new(scratch.location()).parent().unwrap();
        let mode = fs::metadata(folder).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}
