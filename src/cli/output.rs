//! The only place that prints. stdout carries the artefact asked for; everything else goes to stderr.

use std::io::{IsTerminal, Write};
use std::path::Path;

use anstream::{AutoStream, ColorChoice};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::ExitStatus;
use super::arguments::{Color, Shared};
use super::environment::Environment;
use super::failure::{Failure, FailureKind};

const BOLD_RED: &str = "\x1b[1;31m";
const BOLD_YELLOW: &str = "\x1b[1;33m";
const BOLD: &str = "\x1b[1m";
const RESET: &str = "\x1b[0m";

/// Streams of the process and how much to say on them.
pub(super) struct Output {
    stdout: AutoStream<std::io::Stdout>,
    stderr: AutoStream<std::io::Stderr>,
    quiet: u8,
    /// The line that is redrawn while something runs.
    line: ProgressBar,
    interactive: bool,
    /// Whoever read stdout has gone.
    closed: bool,
}

impl Output {
    pub(super) fn new(shared: &Shared, environment: &Environment) -> Self {
        let choice = match shared.color {
            Color::Auto => None,
            Color::Always => Some(ColorChoice::Always),
            Color::Never => Some(ColorChoice::Never),
        };
        let (stdout, stderr) = (std::io::stdout(), std::io::stderr());
        let interactive =
            stderr.is_terminal() && !environment.continuous_integration && shared.quiet == 0;
        let target = if interactive {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        if shared.verbose > 0 || environment.hoist.contains_key("HOIST_LOG") {
            log_to_stderr(shared.verbose, environment);
        }
        Output {
            stdout: match choice {
                Some(choice) => AutoStream::new(stdout, choice),
                None => AutoStream::auto(stdout),
            },
            stderr: match choice {
                Some(choice) => AutoStream::new(stderr, choice),
                None => AutoStream::auto(stderr),
            },
            quiet: shared.quiet,
            line: ProgressBar::with_draw_target(None, target).with_style(
                ProgressStyle::with_template("{wide_msg}")
                    .unwrap_or_else(|_| ProgressStyle::default_spinner()),
            ),
            interactive,
            closed: false,
        }
    }

    /// The artefact asked for, or a part of it. A reader that has gone is a failure of its own kind, which ends
    /// the command quietly.
    pub(super) fn artefact(&mut self, text: &str) -> Result<(), Failure> {
        if self.closed {
            return Err(Failure::new(FailureKind::BrokenPipe, ""));
        }
        if self.quiet > 1 {
            return Ok(());
        }
        let stdout = &mut self.stdout;
        let written = self.line.suspend(|| {
            stdout.write_all(text.as_bytes())?;
            stdout.flush()
        });
        written.map_err(|error| {
            if error.kind() == std::io::ErrorKind::BrokenPipe {
                self.closed = true;
                Failure::new(FailureKind::BrokenPipe, "")
            } else {
                Failure::input(format!("stdout cannot be written: {error}"))
            }
        })
    }

    /// A line for the user that is not the artefact.
    pub(super) fn say(&mut self, text: &str) {
        if self.quiet == 0 {
            self.print(text);
        }
    }

    /// Something unusual that stops nothing.
    pub(super) fn warning(&mut self, text: &str) {
        if self.quiet == 0 {
            self.print(&format!("{BOLD_YELLOW}warning{RESET}{BOLD}: {text}{RESET}"));
        }
    }

    /// Why the command failed, and what to do.
    pub(super) fn failure(&mut self, failure: &Failure) {
        if self.quiet > 1 || failure.kind == FailureKind::BrokenPipe {
            return;
        }
        self.print(&format!(
            "{BOLD_RED}error{RESET}{BOLD}: {}{RESET}",
            failure.message
        ));
        for hint in &failure.hints {
            self.print(&format!("  help: {hint}"));
        }
    }

    /// Text for stderr that errors belong to: shown also under `-q`.
    pub(super) fn explain(&mut self, text: &str) {
        if self.quiet < 2 && !text.is_empty() {
            self.print(text);
        }
    }

    /// Whether a line can be redrawn.
    pub(super) fn is_interactive(&self) -> bool {
        self.interactive
    }

    /// Redraws the line that tells what runs; nothing where it cannot be redrawn.
    pub(super) fn progress(&mut self, text: &str) {
        if self.interactive {
            self.line.set_message(text.to_owned());
            self.line.tick();
        }
    }

    /// Removes that line.
    pub(super) fn end_progress(&mut self) {
        self.line.set_message("");
        self.line.finish_and_clear();
        self.line.reset();
    }

    fn print(&mut self, text: &str) {
        let stderr = &mut self.stderr;
        // stderr is the last resort: where it cannot be written there is nobody to tell.
        let _ = self.line.suspend(|| {
            writeln!(stderr, "{}", text.trim_end_matches('\n'))?;
            stderr.flush()
        });
    }
}

/// Help, version and usage errors of the argument parser.
pub(super) fn clap_answer(answer: &clap::Error) -> ExitStatus {
    // A closed pipe under `--help` is no failure.
    let _ = answer.print();
    if answer.use_stderr() {
        ExitStatus::Usage
    } else {
        ExitStatus::Done
    }
}

/// Writes a file so that it is either the old one or complete: a temporary file beside it, then a rename.
/// Missing folders are made.
#[expect(
    clippy::disallowed_methods,
    reason = "documents asked for are written here"
)]
pub(super) fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::input(format!("`{}` cannot be written: {error}", path.display()))
            .hint("give another file, or make its folder writable")
    };
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut name = path
        .file_name()
        .ok_or_else(|| failed(std::io::ErrorKind::InvalidInput.into()))?
        .to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = std::fs::write(&temporary, text).and_then(|()| std::fs::rename(&temporary, path));
    written.map_err(|error| {
        let _ = std::fs::remove_file(&temporary);
        failed(error)
    })
}

fn log_to_stderr(verbose: u8, environment: &Environment) {
    let default = match verbose {
        0 | 1 => "hoist=info",
        2 => "hoist=debug",
        _ => "hoist=trace",
    };
    let filter = environment
        .hoist
        .get("HOIST_LOG")
        .map_or(default, String::as_str);
    // A second initialisation, which only tests could cause, keeps the first.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .try_init();
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "looks at the files that were written"
)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sub/a.json");
        write_file(&path, "one").unwrap();
        write_file(&path, "two").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
        let entries = std::fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(entries, 1, "no temporary file is left");
    }
}
