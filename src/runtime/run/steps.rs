//! The steps of a run, one after the other.

use std::collections::{BTreeMap, BTreeSet};

use super::cancel::Cancel;
use super::event::{Event, Failure, Measured, Outcome, StepKind};
use super::input::{Own, Ready, RunInput, RunStatement, RunStep, Work, fill_in};
use super::meter::Meter;
use super::record::Recorder;
use super::schedule::Failed;
use super::submit::{Ended, submit};
use super::told::{first_line, housekeeping, info, language, place, told};
use super::{PREVIEW_ROWS, RunError, RunOptions};
use crate::frontend::source::set_names;
use crate::planner::emit::Language;
use crate::runtime::engine::{self, Engine, Submission, Want};

/// Every text of a run with variables and namespace filled in.
#[derive(Debug)]
pub(super) struct Program {
    start: Vec<Ready>,
    /// Per step of the input, in the same order.
    steps: Vec<ReadyStep>,
    finish: Vec<Ready>,
}

#[derive(Debug)]
struct ReadyStep {
    texts: Vec<Ready>,
    original: Option<Ready>,
}

impl Program {
    pub(super) fn new(input: &RunInput, options: &RunOptions) -> Result<Self, RunError> {
        let namespace = format!("hoist_{}", options.run);
        let scratch = options
            .scratch
            .as_deref()
            .map_or_else(String::new, in_string);
        let own = Own {
            namespace: &namespace,
            scratch: &scratch,
        };
        if options.scratch.is_none() && input.uses_scratch() {
            return Err(RunError::NoScratch);
        }
        let mut missing = BTreeSet::new();
        let mut fill = |text| fill_in(text, &options.variables, own, &mut missing);
        let start = input.start.iter().map(&mut fill).collect();
        let steps = input
            .steps
            .iter()
            .map(|step| ReadyStep {
                texts: step.texts.iter().map(&mut fill).collect(),
                original: match &step.work {
                    Work::Run(statement) => statement.original.as_ref().map(&mut fill),
                    Work::Materialise { .. } | Work::Release { .. } => None,
                },
            })
            .collect();
        let finish = input.finish.iter().map(fill).collect();
        let steps: Vec<ReadyStep> = steps;
        // Values of SET statements are left to Spark. That each comes before its use was seen when the files were read.
        let submitted = steps.iter().flat_map(|step| &step.texts);
        for ready in submitted.filter(|ready| ready.language == Language::Sql) {
            for name in set_names(&ready.text) {
                missing.remove(&name);
            }
        }
        if missing.is_empty() {
            Ok(Program {
                start,
                steps,
                finish,
            })
        } else {
            Err(RunError::MissingVariables { names: missing })
        }
    }
}

/// A text as it stands within quotes in SQL.
fn in_string(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "\\'")
}

/// How a step ended, as far as the next one is concerned.
enum Next {
    /// On to the next step.
    Go,
    /// No further step, then clean up.
    Stop(Outcome),
    /// The session is gone or given up: nothing to clean up in it.
    Gone(Outcome),
}

pub(super) async fn run<E: Engine>(
    engine: &mut E,
    input: &RunInput,
    program: &Program,
    options: &RunOptions,
    cancel: &Cancel,
    recorder: &mut Recorder<'_>,
) -> Outcome {
    let start = recorder.now();
    let count = |kind| {
        let of_kind = input.steps.iter().filter(|step| info(step).kind == kind);
        u32::try_from(of_kind.count()).unwrap_or(u32::MAX)
    };
    recorder.emit(&Event::RunStarted {
        run: options.run.clone(),
        steps: u32::try_from(input.steps.len()).unwrap_or(u32::MAX),
        statements: count(StepKind::Run),
        frames: count(StepKind::Materialise),
    });
    let mut runner = Runner {
        engine,
        input,
        program,
        options,
        cancel,
        recorder,
        results: input.result_names(),
        failed: Failed::default(),
        unavailable: BTreeSet::new(),
        outcome: Outcome::Done,
        meter: Meter::new(options),
    };
    let (outcome, clean) = match runner.settings().await {
        Next::Go => runner.steps().await,
        Next::Stop(outcome) => (outcome, true),
        Next::Gone(outcome) => (outcome, false),
    };
    let outcome = if clean {
        runner.clean_up(outcome).await
    } else {
        outcome
    };
    let micros = recorder.since(start);
    recorder.emit(&Event::RunFinished { outcome, micros });
    outcome
}

struct Runner<'r, 'w, E> {
    engine: &'r mut E,
    input: &'r RunInput,
    program: &'r Program,
    options: &'r RunOptions,
    cancel: &'r Cancel,
    recorder: &'r mut Recorder<'w>,
    /// Names of results by step number.
    results: BTreeMap<u32, String>,
    failed: Failed,
    /// Frames that could not be built, or were not.
    unavailable: BTreeSet<String>,
    /// The outcome if nothing else stops the run.
    outcome: Outcome,
    meter: Meter,
}

impl<E: Engine> Runner<'_, '_, E> {
    /// Settings of the session. Without one of them the results are the same.
    async fn settings(&mut self) -> Next {
        let program = self.program;
        for text in &program.start {
            match self.submit(housekeeping("settings", text), None, 1).await {
                Ended::Done(_) => {}
                Ended::Failed(failure) => {
                    let message = format!(
                        "`{}` failed ({}: {}); the run goes on with the session's own value",
                        text.text,
                        failure.class,
                        first_line(&failure.message)
                    );
                    self.recorder.warn(None, message);
                }
                Ended::Cancelled => return Next::Stop(Outcome::Interrupted),
                Ended::Dropped => return Next::Gone(Outcome::Interrupted),
                Ended::Lost(error) => {
                    self.recorder
                        .warn(None, format!("{error}: {}", error.help()));
                    return Next::Gone(Outcome::Failed);
                }
            }
        }
        Next::Go
    }

    /// The outcome, and whether there is a session to clean up.
    async fn steps(&mut self) -> (Outcome, bool) {
        let input = self.input;
        let program = self.program;
        self.meter.start(self.engine, self.cancel).await;
        for (step, ready) in input.steps.iter().zip(&program.steps) {
            if self.cancel.level() > 0 {
                let level = self.cancel.level().min(2);
                self.recorder.interrupted(level);
                return (Outcome::Interrupted, level < 2);
            }
            let next = match &step.work {
                Work::Run(statement) => self.statement(step, ready, statement).await,
                Work::Materialise { frame, from, .. } => {
                    self.materialise(step, ready, frame, from).await
                }
                Work::Release { frame } => self.release(step, ready, frame).await,
            };
            match next {
                Next::Go => {}
                Next::Stop(outcome) => return (outcome, true),
                Next::Gone(outcome) => return (outcome, false),
            }
        }
        (self.outcome, true)
    }

    async fn statement(
        &mut self,
        step: &RunStep,
        ready: &ReadyStep,
        statement: &RunStatement,
    ) -> Next {
        if let Some(reason) = self.failed.blocks(statement) {
            self.failed.add(statement);
            self.skip(step, reason);
            return Next::Go;
        }
        let as_written = statement
            .frames
            .iter()
            .any(|frame| self.unavailable.contains(frame));
        let texts = match &ready.original {
            Some(original) if as_written => std::slice::from_ref(original),
            _ => ready.texts.as_slice(),
        };
        let unchanged = statement.original.is_none() || as_written;
        let (want, result) = self.want(step.number, statement);
        let start = self.start(step);
        let mut output = engine::Output::default();
        let mut wall_micros = 0;
        for text in texts {
            let submission = Submission {
                label: statement.place(),
                language: language(text.language),
                text: text.text.clone(),
                want: want.clone(),
                variables: self.options.variables.clone(),
                file: (text.language == Language::Python).then(|| {
                    let path = self.options.root.join(&statement.file);
                    path.to_string_lossy().into_owned()
                }),
            };
            match self.submit(submission, Some(step.number), 1).await {
                Ended::Done(done) => {
                    wall_micros += done.elapsed_micros;
                    output = done;
                }
                Ended::Failed(failure) => {
                    let place = place(statement, text, unchanged, &failure);
                    self.fail(step, start, told(failure, place));
                    self.failed.add(statement);
                    if self.options.keep_going {
                        self.outcome = Outcome::Failed;
                        return Next::Go;
                    }
                    return Next::Stop(Outcome::Failed);
                }
                ended => return self.stopped(step, start, &statement.place(), ended),
            }
        }
        let micros = self.recorder.since(start);
        let read: &[String] = if as_written { &[] } else { &statement.frames };
        let measured = self.meter.read(self.engine, self.cancel).await;
        self.recorder.emit(&Event::StepFinished {
            step: step.number,
            micros,
            output: Box::new(output),
            result,
            measured: measured.and_then(|facts| facts.of_step(wall_micros, read)),
        });
        Next::Go
    }

    /// What to do with the rows of a statement, and where its complete result will lie.
    fn want(&self, step: u32, statement: &RunStatement) -> (Want, Option<std::path::PathBuf>) {
        match (&self.options.results, self.results.get(&step)) {
            (Some(folder), Some(name)) => {
                let path = folder.join(name);
                (Want::Parquet { path: path.clone() }, Some(path))
            }
            _ if statement.is_query() || statement.kind == "describe" => {
                (Want::Preview { rows: PREVIEW_ROWS }, None)
            }
            _ => (Want::Nothing, None),
        }
    }

    async fn materialise(
        &mut self,
        step: &RunStep,
        ready: &ReadyStep,
        frame: &str,
        from: &[String],
    ) -> Next {
        if let Some(missing) = from.iter().find(|from| self.unavailable.contains(*from)) {
            self.unavailable.insert(frame.to_owned());
            self.skip(
                step,
                format!("frame `{missing}`, which it is built from, is not there"),
            );
            return Next::Go;
        }
        if !self.has_reader(step.number, frame) {
            self.unavailable.insert(frame.to_owned());
            self.skip(step, "no statement that reads it will run".to_owned());
            return Next::Go;
        }
        let start = self.start(step);
        let mut wall_micros = 0;
        for text in &ready.texts {
            let label = format!("frame {frame}");
            match self
                .submit(housekeeping(&label, text), Some(step.number), 1)
                .await
            {
                Ended::Done(done) => wall_micros += done.elapsed_micros,
                Ended::Failed(failure) => {
                    self.unavailable.insert(frame.to_owned());
                    let message = format!(
                        "frame `{frame}` could not be built ({}: {}); its readers run as written, with the same \
                         results but without the gain",
                        failure.class,
                        first_line(&failure.message)
                    );
                    self.fail(step, start, told(failure, label));
                    self.recorder.warn(Some(step.number), message);
                    return self.let_go(frame).await;
                }
                ended => return self.stopped(step, start, &label, ended),
            }
        }
        let micros = self.recorder.since(start);
        let measured = self.meter.read(self.engine, self.cancel).await;
        let measured = measured.and_then(|facts| facts.of_step(wall_micros, from));
        self.done(step, micros, measured);
        Next::Go
    }

    /// Whether a statement after this step may still run and read the frame, or one that is built from it.
    fn has_reader(&self, after: u32, frame: &str) -> bool {
        let later = self.input.steps.iter().filter(|step| step.number > after);
        later.into_iter().any(|step| match &step.work {
            Work::Run(statement) => {
                statement.frames.iter().any(|name| name == frame)
                    && self.failed.blocks(statement).is_none()
            }
            Work::Materialise {
                frame: built, from, ..
            } => from.iter().any(|name| name == frame) && self.has_reader(step.number, built),
            Work::Release { .. } => false,
        })
    }

    /// After a frame failed: its release, so that a half-registered cache is not built by a reader.
    async fn let_go(&mut self, frame: &str) -> Next {
        let program = self.program;
        let releases = self.input.steps.iter().zip(&program.steps);
        let texts = releases
            .filter(
                |(step, _)| matches!(&step.work, Work::Release { frame: name } if name == frame),
            )
            .flat_map(|(_, ready)| &ready.texts);
        for text in texts {
            let label = format!("release {frame}");
            match self.submit(housekeeping(&label, text), None, 1).await {
                // There may be nothing to let go.
                Ended::Done(_) | Ended::Failed(_) => {}
                Ended::Cancelled => return Next::Stop(Outcome::Interrupted),
                Ended::Dropped => return Next::Gone(Outcome::Interrupted),
                Ended::Lost(error) => {
                    self.recorder
                        .warn(None, format!("{error}: {}", error.help()));
                    return Next::Gone(Outcome::Failed);
                }
            }
        }
        Next::Go
    }

    async fn release(&mut self, step: &RunStep, ready: &ReadyStep, frame: &str) -> Next {
        if self.unavailable.contains(frame) {
            self.skip(step, "it was not built".to_owned());
            return Next::Go;
        }
        let start = self.start(step);
        for text in &ready.texts {
            let label = format!("release {frame}");
            match self
                .submit(housekeeping(&label, text), Some(step.number), 1)
                .await
            {
                Ended::Done(_) => {}
                Ended::Failed(failure) => {
                    let message = format!(
                        "frame `{frame}` could not be released ({}: {}); it takes memory until the session closes",
                        failure.class,
                        first_line(&failure.message)
                    );
                    self.fail(step, start, told(failure, label));
                    self.recorder.warn(Some(step.number), message);
                    return Next::Go;
                }
                ended => return self.stopped(step, start, &label, ended),
            }
        }
        let micros = self.recorder.since(start);
        self.done(step, micros, None);
        Next::Go
    }

    /// The finish texts. Gives the outcome, which an interrupt meanwhile changes.
    async fn clean_up(&mut self, outcome: Outcome) -> Outcome {
        let start = self.recorder.now();
        let mut left_behind = Vec::new();
        let mut outcome = outcome;
        let program = self.program;
        for text in &program.finish {
            match self.submit(housekeeping("finish", text), None, 2).await {
                Ended::Done(_) => {}
                Ended::Failed(failure) => {
                    let message = format!(
                        "cleaning up failed at `{}` ({}: {})",
                        text.text,
                        failure.class,
                        first_line(&failure.message)
                    );
                    self.recorder.warn(None, message);
                    left_behind.push(text.text.clone());
                }
                Ended::Cancelled | Ended::Dropped => {
                    outcome = Outcome::Interrupted;
                    break;
                }
                Ended::Lost(error) => {
                    // Temporary views end with their session.
                    self.recorder
                        .warn(None, format!("{error}: {}", error.help()));
                    break;
                }
            }
        }
        let micros = self.recorder.since(start);
        self.recorder.emit(&Event::Cleaned {
            micros,
            left_behind,
        });
        outcome
    }

    async fn submit(&mut self, submission: Submission, step: Option<u32>, stop_at: u8) -> Ended {
        submit(
            self.engine,
            submission,
            step,
            stop_at,
            self.cancel,
            self.recorder,
        )
        .await
    }

    fn start(&mut self, step: &RunStep) -> u64 {
        self.recorder.emit(&Event::StepStarted { step: info(step) });
        self.recorder.now()
    }

    fn done(&mut self, step: &RunStep, micros: u64, measured: Option<Box<Measured>>) {
        self.recorder.emit(&Event::StepFinished {
            step: step.number,
            micros,
            output: Box::default(),
            result: None,
            measured,
        });
    }

    fn skip(&mut self, step: &RunStep, reason: String) {
        self.recorder.emit(&Event::StepSkipped {
            step: info(step),
            reason,
        });
    }

    fn fail(&mut self, step: &RunStep, start: u64, failure: Failure) {
        let micros = self.recorder.since(start);
        self.recorder.emit(&Event::StepFailed {
            step: step.number,
            micros,
            failure,
        });
    }

    /// A step that ended neither well nor by a refusal.
    fn stopped(&mut self, step: &RunStep, start: u64, place: &str, ended: Ended) -> Next {
        let micros = self.recorder.since(start);
        if let Ended::Lost(error) = ended {
            let failure = Failure {
                place: place.to_owned(),
                class: "SESSION".to_owned(),
                message: error.to_string(),
                help: error.help(),
            };
            self.fail(step, start, failure);
            return Next::Gone(Outcome::Failed);
        }
        self.recorder.emit(&Event::StepCancelled {
            step: step.number,
            micros,
        });
        if matches!(ended, Ended::Dropped) {
            Next::Gone(Outcome::Interrupted)
        } else {
            Next::Stop(Outcome::Interrupted)
        }
    }
}
