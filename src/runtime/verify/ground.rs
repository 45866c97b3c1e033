//! Where one of the runs takes place, so that its writes reach nothing of the user's.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::into::Database;
use super::sandbox::Sandbox;
use crate::runtime::collect::{SnippetError, value};
use crate::runtime::engine::Engine;

/// Removes what a run left in a database.
const CLEAR: &str = include_str!("into/clear.py");

/// The place of one run.
#[derive(Debug)]
pub(super) enum Ground<'i> {
    /// A folder with a catalog of its own.
    Sandbox(Sandbox),
    /// A database of the user's catalog that is for nothing else.
    Database(&'i Database),
}

impl Ground<'_> {
    /// The folder that the run has for itself on this machine, where there is one.
    pub(super) fn folder(&self) -> &Path {
        match self {
            Ground::Sandbox(sandbox) => sandbox.path(),
            Ground::Database(_) => Path::new(""),
        }
    }

    /// A path of the run's own as Hadoop takes it, not percent-encoded.
    pub(super) fn uri(&self, name: &str) -> String {
        match self {
            Ground::Sandbox(sandbox) => format!("file:{}", sandbox.path().join(name).display()),
            Ground::Database(database) => format!("{}/{name}", database.folder()),
        }
    }

    /// Where results of bare queries go.
    pub(super) fn results(&self) -> PathBuf {
        match self {
            Ground::Sandbox(sandbox) => sandbox.path().join("results"),
            Ground::Database(_) => PathBuf::from(self.uri("results")),
        }
    }

    /// The only databases in which something may be left behind; none where that may be anywhere.
    pub(super) fn databases(&self) -> Option<Vec<String>> {
        match self {
            Ground::Sandbox(_) => None,
            Ground::Database(database) => Some(vec![database.name.clone()]),
        }
    }

    /// Whether [`clear`](Self::clear) does anything.
    pub(super) fn needs_clearing(&self) -> bool {
        matches!(self, Ground::Database(_))
    }

    /// Removes, through an open session, what the run left where a folder of this machine does not hold it.
    pub(super) async fn clear<E: Engine>(&self, engine: &mut E) -> Result<(), SnippetError> {
        let Ground::Database(database) = self else {
            return Ok(());
        };
        let variables = [
            ("database", database.name.clone()),
            ("tables", json!(database.tables).to_string()),
            ("folder", database.folder()),
            ("drop", (!database.exists).to_string()),
        ];
        let variables = variables.map(|(key, text)| (key.to_owned(), text));
        let _: Vec<String> = value(engine, "clear", CLEAR, variables.into()).await?;
        Ok(())
    }

    /// Ends the place and says what stayed, in words, with how to remove it. `cleared` is what came of
    /// [`clear`](Self::clear); none where the user did not wait for it.
    pub(super) fn end(self, cleared: Option<Result<(), SnippetError>>) -> Option<String> {
        match self {
            Ground::Sandbox(sandbox) => sandbox.remove().err().map(|(path, error)| {
                format!("`{}` could not be removed ({error})", path.display())
            }),
            Ground::Database(database) => {
                let problem = match cleared {
                    Some(Ok(())) => return None,
                    Some(Err(error)) => error.to_string(),
                    None => "interrupted".to_owned(),
                };
                let tables = database.tables.iter().map(|table| format!("`{table}`"));
                Some(format!(
                    "what the run wrote could not be removed ({problem}); drop {} where they exist, and the folder `{}`",
                    tables.collect::<Vec<_>>().join(", "),
                    database.folder()
                ))
            }
        }
    }
}
