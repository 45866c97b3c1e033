//! A folder for one run, removed whatever happens.
#![expect(
    clippy::disallowed_methods,
    reason = "sandboxes are folders made and removed here"
)]

use std::io;
use std::path::{Path, PathBuf};

/// A folder with a catalog, warehouse and results of its own. Dropping it removes it.
#[derive(Debug)]
pub(super) struct Sandbox {
    path: Option<PathBuf>,
}

impl Sandbox {
    /// Makes the folder anew.
    pub(super) fn make(parent: &Path, name: &str) -> Result<Self, io::Error> {
        let path = parent.join(name);
        remove(&path)?;
        std::fs::create_dir_all(&path)?;
        Ok(Sandbox { path: Some(path) })
    }

    pub(super) fn path(&self) -> &Path {
        self.path.as_deref().unwrap_or(Path::new(""))
    }

    /// Removes the folder and says where that failed.
    pub(super) fn remove(mut self) -> Result<(), (PathBuf, io::Error)> {
        match self.path.take() {
            Some(path) => remove(&path).map_err(|error| (path, error)),
            None => Ok(()),
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if let Some(path) = self.path.take()
            && let Err(error) = remove(&path)
        {
            tracing::warn!("`{}` could not be removed: {error}", path.display());
        }
    }
}

fn remove(path: &Path) -> Result<(), io::Error> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
