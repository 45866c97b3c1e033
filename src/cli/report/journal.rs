//! The journal of a run that a report shows.
#![expect(
    clippy::disallowed_methods,
    reason = "reads the file that the user names"
)]

use std::path::Path;

use crate::cli::failure::Failure;
use crate::runtime::run::Timeline;

/// Reads a journal.
pub(super) fn read(path: &Path) -> Result<Timeline, Failure> {
    let shown = path.display();
    let failed = |reason: String| {
        Failure::input(format!("journal `{shown}` cannot be read: {reason}"))
            .hint(format!("`hoist execute --journal {shown}` writes it"))
    };
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    Timeline::parse(&text).map_err(|error| failed(error.to_string()))
}
