//! `hoist engine install` and `hoist engine status`.

use std::fmt::Write as _;

use super::arguments::Engine as Command;
use super::failure::{Failure, FailureKind};
use super::output::Output;
use super::progress::Notices;
use super::{Context, ExitStatus, paths, pipeline, session};
use crate::runtime::engine::local::provision::{self, Installation, InstallationStatus};

pub(super) fn run(
    command: &Command,
    context: &Context<'_>,
    output: &mut Output,
) -> Result<ExitStatus, Failure> {
    let config = pipeline::configuration(context, None, Vec::new(), output)?;
    let options = session::local_options(context, &config, paths::HOME.as_ref())?;
    let runtime = session::runtime()?;
    match command {
        Command::Install => {
            let installed = {
                let mut notices = Notices::new(output);
                let mut notify = |notice| notices.tell(&notice);
                runtime.block_on(async {
                    tokio::select! {
                        installed = provision::install(&options, &mut notify) => Some(installed),
                        _ = tokio::signal::ctrl_c() => None,
                    }
                })
            };
            output.end_progress();
            let Some(installed) = installed else {
                return Ok(ExitStatus::Interrupted);
            };
            output.artefact(&describe(&installed?))?;
            Ok(ExitStatus::Done)
        }
        Command::Status => match runtime.block_on(provision::status(&options)) {
            InstallationStatus::Ready(installation) => {
                output.artefact(&describe(&installation))?;
                Ok(ExitStatus::Done)
            }
            InstallationStatus::Missing {
                folder,
                python,
                python_version,
                reason,
            } => {
                let mut text = String::new();
                if let Some(reason) = reason {
                    let _ = writeln!(text, "not used: {reason}");
                }
                let _ = writeln!(
                    text,
                    "not installed: the first session makes {} with {} (Python {python_version}); \
                     `hoist engine install` does it now",
                    folder.display(),
                    python.display()
                );
                output.artefact(&text)?;
                Ok(ExitStatus::Done)
            }
            InstallationStatus::Unavailable(error) => {
                let failure = Failure::from(error);
                Err(Failure {
                    kind: FailureKind::Input,
                    ..failure
                })
            }
        },
    }
}

fn describe(installation: &Installation) -> String {
    let mut text = format!(
        "Spark   {:<10} {}\nJava    {:<10} {}\nPython  {:<10} {}\n",
        installation.spark_version,
        installation.spark_home.display(),
        installation.java_version,
        installation.java_home.display(),
        installation.python_version,
        installation.python.display(),
    );
    if let Some(folder) = &installation.private {
        let _ = writeln!(text, "private environment in {}", folder.display());
    }
    text
}
