//! A pipeline as a revision of its git repository has it.
//!
//! Its files are written to a folder of their own, which is removed once they are read: neither the working tree nor
//! git's index is touched.
#![expect(
    clippy::disallowed_methods,
    reason = "writes the files of the revision to a temporary folder"
)]

use std::path::Path;
use std::process::Command;

use super::super::Context;
use super::super::failure::Failure;
use super::super::output::Output;
use super::super::pipeline::{self, Pipeline};
use crate::config::FILE_NAME;

/// Endings of files that belong to a pipeline.
const ENDINGS: [&str; 3] = [".sql", ".hql", ".py"];

/// Reads the pipeline's folder as that revision has it; none where it has no file of a pipeline there.
pub(super) fn read(
    revision: &str,
    now: &Pipeline,
    context: &Context<'_>,
    output: &mut Output,
) -> Result<Option<Pipeline>, Failure> {
    let root = context.environment.current.join(&now.root);
    if revision.starts_with('-') {
        return Err(Failure::input(format!("`{revision}` is no revision")));
    }
    let prefix = git(&root, &["rev-parse", "--show-prefix"])?;
    let prefix = String::from_utf8_lossy(&prefix);
    let prefix = prefix.trim_end_matches(['\r', '\n']);
    let commit = git(
        &root,
        &["rev-parse", "--verify", &format!("{revision}^{{commit}}")],
    )?;
    let commit = String::from_utf8_lossy(&commit);
    let commit = commit.trim();
    let listed = git(
        &root,
        &["ls-tree", "-r", "-z", "--name-only", "--full-tree", commit],
    )?;
    let listed = String::from_utf8_lossy(&listed);
    let is_part = |name: &&str| {
        let inside = name.strip_prefix(prefix);
        let lower = name.to_lowercase();
        let known = ENDINGS.iter().any(|ending| lower.ends_with(ending));
        // The configuration may stand in a folder above.
        let folder = name.strip_suffix(FILE_NAME);
        let configures = folder.is_some_and(|folder| prefix.starts_with(folder));
        inside.is_some() && known || configures
    };
    let names: Vec<&str> = listed.split('\0').filter(is_part).collect();
    if names.iter().all(|name| name.ends_with(FILE_NAME)) {
        return Ok(None);
    }
    let failed = |error: std::io::Error| {
        Failure::input(format!(
            "the files of `{revision}` cannot be written aside: {error}"
        ))
    };
    let folder = tempfile::tempdir().map_err(failed)?;
    for name in names {
        let bytes = git(&root, &["cat-file", "blob", &format!("{commit}:{name}")])?;
        let path = folder.path().join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        std::fs::write(&path, bytes).map_err(failed)?;
    }
    let place = folder.path().join(prefix.trim_end_matches('/'));
    pipeline::read(context, &[place], Vec::new(), output).map(Some)
}

/// What a git command prints.
fn git(folder: &Path, arguments: &[&str]) -> Result<Vec<u8>, Failure> {
    let ran = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .output();
    let ran = ran.map_err(|error| Failure::input(format!("git cannot be run: {error}")))?;
    if ran.status.success() {
        return Ok(ran.stdout);
    }
    let said = String::from_utf8_lossy(&ran.stderr);
    let first = said.lines().next().unwrap_or("it failed");
    Err(
        Failure::input(format!("git {}: {first}", arguments.join(" ")))
            .hint("`--base DIR` compares with a folder"),
    )
}
