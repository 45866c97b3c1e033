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
    /// The folder that it lies in, where that was made for it: it goes too, unless something else lies there.
    parent: Option<PathBuf>,
}

impl Sandbox {
    /// Makes the folder anew.
    pub(super) fn make(parent: &Path, name: &str) -> Result<Self, io::Error> {
        let path = parent.join(name);
        remove(&path)?;
        let made = !parent.exists();
        std::fs::create_dir_all(&path)?;
        Ok(Sandbox {
            path: Some(path),
            parent: made.then(|| parent.to_owned()),
        })
    }

    pub(super) fn path(&self) -> &Path {
        self.path.as_deref().unwrap_or(Path::new(""))
    }

    /// Removes the folder and says where that failed.
    pub(super) fn remove(mut self) -> Result<(), (PathBuf, io::Error)> {
        self.remove_now()
    }

    fn remove_now(&mut self) -> Result<(), (PathBuf, io::Error)> {
        if let Some(path) = self.path.take() {
            remove(&path).map_err(|error| (path, error))?;
        }
        match self.parent.take() {
            Some(parent) => match std::fs::remove_dir(&parent) {
                Err(error) if !tolerated(&error) => Err((parent, error)),
                _ => Ok(()),
            },
            None => Ok(()),
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if let Err((path, error)) = self.remove_now() {
            tracing::warn!("`{}` could not be removed: {error}", path.display());
        }
    }
}

/// The folder is gone already, or somebody else uses it.
fn tolerated(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty
    )
}

fn remove(path: &Path) -> Result<(), io::Error> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_made_for_the_sandbox_goes_with_it() {
        let home = tempfile::tempdir().unwrap();
        let parent = home.path().join("verify");
        drop(Sandbox::make(&parent, "a").unwrap());
        assert!(!parent.exists());

        std::fs::create_dir(&parent).unwrap();
        Sandbox::make(&parent, "a").unwrap().remove().unwrap();
        assert!(parent.is_dir() && !parent.join("a").exists());
    }
}
