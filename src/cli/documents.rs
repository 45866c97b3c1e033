//! Documents of a command: one to stdout or a file, further ones to files.

use clap::ValueEnum;

use super::arguments::Documents;
use super::failure::Failure;
use super::output::{Output, write_file};

/// Renders and writes what was asked for; each format is rendered where it is needed. `render` also hears whether
/// the text may carry colours, which files never do.
pub(super) fn write<F: ValueEnum + Copy + Send + Sync>(
    documents: &Documents<F>,
    output: &mut Output,
    render: impl Fn(F, bool) -> String,
) -> Result<(), Failure> {
    for (format, file) in &documents.output {
        write_file(file, &render(*format, false))?;
        output.say(&format!("wrote {}", file.display()));
    }
    let text = render(documents.format, documents.file.is_none());
    match &documents.file {
        Some(file) => {
            write_file(file, &text)?;
            output.say(&format!("wrote {}", file.display()));
            Ok(())
        }
        None => output.artefact(&text),
    }
}
