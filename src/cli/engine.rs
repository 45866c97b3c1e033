//! `hoist engine install` and `hoist engine status`.

use std::fmt::Write as _;

use super::arguments::Engine as Command;
use super::failure::{Failure, FailureKind};
use super::output::Output;
use super::progress::Notices;
use super::{Context, ExitStatus, paths, pipeline, session};
use crate::runtime::engine::EngineError;
use crate::runtime::engine::livy;
use crate::runtime::engine::local::provision::{self, Installation, InstallationStatus};

pub(super) fn run(
    command: &Command,
    context: &Context<'_>,
    output: &mut Output,
) -> Result<ExitStatus, Failure> {
    let overrides = match command {
        Command::Install => Vec::new(),
        Command::Status(choice) => pipeline::engine(choice),
    };
    let config = pipeline::configuration(context, None, overrides, output)?;
    if config.engine.livy && matches!(command, Command::Status(_)) {
        let options = session::livy_options(context, &config)?;
        let runtime = session::runtime()?;
        let info = runtime.block_on(livy::status(&options));
        let info = info.map_err(|error| Failure::from(EngineError::from(error)))?;
        let version = info.version.as_deref().unwrap_or("of unknown version");
        output.artefact(&format!("Livy    {version:<10} {}\n", options.url))?;
        return Ok(ExitStatus::Done);
    }
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
        Command::Status(_) => match runtime.block_on(provision::status(&options)) {
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
