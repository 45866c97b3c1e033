//! The command line: arguments in, one command run, an exit code out.
//!
//! One file per command. Each reads the configuration once, calls the stages with their own small options, and
//! hands finished text to `output`, the only place that prints.

mod analyze;
mod arguments;
mod catalog;
mod config;
mod documents;
mod engine;
mod environment;
mod execute;
mod explain;
mod failure;
mod interrupt;
mod output;
mod paths;
mod pipeline;
mod plan;
mod planning;
mod prepare;
mod profile;
mod progress;
mod report;
mod session;
mod verify;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};
use environment::Environment;
use failure::Failure;
use output::Output;

/// How a command ended. The numbers are part of the contract with scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitStatus {
    /// Done.
    Done = 0,
    /// Findings at or above `--fail-on`; `--check` differs; `verify` found a difference.
    Findings = 1,
    /// Usage, configuration or input is wrong; or a defect of hoist.
    Usage = 2,
    /// The plan is stale or unreadable.
    StalePlan = 3,
    /// The run failed.
    RunFailed = 4,
    /// Interrupted by SIGINT (Ctrl-C).
    Interrupted = 130,
    /// Interrupted by SIGTERM.
    Terminated = 143,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        ExitCode::from(status as u8)
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let environment = Environment::of_process();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(answer) => return output::clap_answer(&answer).into(),
    };
    let mut output = Output::new(&arguments.shared, &environment);
    let status = match dispatch(&arguments, &environment, &mut output) {
        Ok(status) => status,
        Err(failure) => {
            output.failure(&failure);
            failure.status()
        }
    };
    status.into()
}

fn dispatch(
    arguments: &Arguments,
    environment: &Environment,
    output: &mut Output,
) -> Result<ExitStatus, Failure> {
    let context = Context {
        shared: &arguments.shared,
        environment,
    };
    match &arguments.command {
        Command::Analyze(command) => analyze::run(command, &context, output),
        Command::Plan(command) => plan::run(command, &context, output),
        Command::Execute(command) => execute::run(command, &context, output),
        Command::Verify(command) => verify::run(command, &context, output),
        Command::Catalog(command) => catalog::run(command, &context, output),
        Command::Report(command) => report::run(command, &context, output),
        Command::Explain(command) => explain::run(command, &context, output),
        Command::Engine(command) => engine::run(command, &context, output),
        Command::Config(command) => config::run(command, &context, output),
    }
}

/// What every command is given.
#[derive(Clone, Copy)]
struct Context<'a> {
    shared: &'a arguments::Shared,
    environment: &'a Environment,
}
