//! What became of a run: a fold of its events, and the recorder through which every event goes.

use super::event::{Event, Failure, Measured, Outcome, Preparation, StepKind};
use super::journal::Journal;

/// Tells the time. An argument everywhere, so that tests decide it.
pub trait Clock: Sync {
    /// Microseconds since 1970 (UTC); never goes back.
    fn epoch_micros(&self) -> u64;
}

/// A run, so far or complete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunRecord {
    /// The run's id; empty before it started.
    pub run: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Time by phase.
    pub phases: Phases,
    /// Every step that was started or left out, in order.
    pub steps: Vec<StepRecord>,
    /// Failures of statements, in order. A frame that could not be built is a warning.
    pub failures: Vec<Failure>,
    /// Warnings, in order.
    pub warnings: Vec<String>,
    /// What should have been removed and could not be.
    pub left_behind: Vec<String>,
}

/// Wall time by phase, microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    /// Starting the session.
    pub session_micros: u64,
    /// Making missing source tables.
    pub set_up_micros: u64,
    /// Collecting facts.
    pub catalog_micros: u64,
    /// Planning.
    pub plan_micros: u64,
    /// Building and releasing frames.
    pub frames_micros: u64,
    /// Running statements.
    pub statements_micros: u64,
    /// Cleaning up and closing the session.
    pub cleanup_micros: u64,
    /// From the first step to the end of cleaning up.
    pub run_micros: u64,
}

/// A step of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRecord {
    /// Position in the run, from 1.
    pub number: u32,
    /// What it does.
    pub kind: StepKind,
    /// What to.
    pub title: String,
    /// Wall time, microseconds.
    pub micros: u64,
    /// What became of it.
    pub state: StepState,
    /// What Spark did for it, where that is known.
    pub measured: Option<Box<Measured>>,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepState {
    /// It was started and has not ended.
    Running,
    /// It ended well.
    Done,
    /// It failed.
    Failed,
    /// It was cancelled.
    Cancelled,
    /// It was left out.
    Skipped,
}

impl RunRecord {
    /// Takes an event in.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Notice(_) | Event::StepProgress { .. } | Event::Interrupted { .. } => {}
            Event::SessionOpened { micros, .. } => self.phases.session_micros += micros,
            Event::Prepared { what, micros } => {
                let phase = match what {
                    Preparation::SetUp => &mut self.phases.set_up_micros,
                    Preparation::Catalog => &mut self.phases.catalog_micros,
                    Preparation::Plan => &mut self.phases.plan_micros,
                };
                *phase += micros;
            }
            Event::RunStarted { run, .. } => self.run.clone_from(run),
            Event::StepStarted { step } => self.steps.push(StepRecord {
                number: step.number,
                kind: step.kind,
                title: step.title.clone(),
                micros: 0,
                state: StepState::Running,
                measured: None,
            }),
            Event::StepFinished {
                step,
                micros,
                measured,
                ..
            } => {
                self.end_step(*step, *micros, StepState::Done);
                if let Some(last) = self.steps.last_mut().filter(|last| last.number == *step) {
                    last.measured.clone_from(measured);
                }
            }
            Event::StepFailed {
                step,
                micros,
                failure,
            } => {
                let kind = self.end_step(*step, *micros, StepState::Failed);
                if kind == Some(StepKind::Run) {
                    self.failures.push(failure.clone());
                }
            }
            Event::StepCancelled { step, micros } => {
                self.end_step(*step, *micros, StepState::Cancelled);
            }
            Event::StepSkipped { step, .. } => self.steps.push(StepRecord {
                number: step.number,
                kind: step.kind,
                title: step.title.clone(),
                micros: 0,
                state: StepState::Skipped,
                measured: None,
            }),
            Event::Warning { message, .. } => self.warnings.push(message.clone()),
            Event::Cleaned {
                micros,
                left_behind,
            } => {
                self.phases.cleanup_micros += micros;
                self.left_behind.extend(left_behind.iter().cloned());
            }
            Event::RunFinished { outcome, micros } => {
                self.outcome = *outcome;
                self.phases.run_micros += micros;
            }
            Event::SessionClosed { micros } => self.phases.cleanup_micros += micros,
        }
    }

    fn end_step(&mut self, number: u32, micros: u64, state: StepState) -> Option<StepKind> {
        let step = self
            .steps
            .iter_mut()
            .rev()
            .find(|step| step.number == number && step.state == StepState::Running)?;
        step.micros = micros;
        step.state = state;
        let phase = match step.kind {
            StepKind::Run => &mut self.phases.statements_micros,
            StepKind::Materialise | StepKind::Release => &mut self.phases.frames_micros,
        };
        *phase += micros;
        Some(step.kind)
    }
}

/// Where every event goes: into the record, the journal, and to whoever watches.
pub struct Recorder<'a> {
    clock: &'a dyn Clock,
    journal: Option<Journal>,
    watch: &'a mut (dyn FnMut(&Event) + Send),
    record: RunRecord,
    interrupted: u8,
}

impl<'a> Recorder<'a> {
    /// A recorder without events.
    pub fn new(
        clock: &'a dyn Clock,
        journal: Option<Journal>,
        watch: &'a mut (dyn FnMut(&Event) + Send),
    ) -> Self {
        Recorder {
            clock,
            journal,
            watch,
            record: RunRecord::default(),
            interrupted: 0,
        }
    }

    /// Takes an event in and passes it on. A journal that cannot be written is given up with one warning.
    pub fn emit(&mut self, event: &Event) {
        self.record.apply(event);
        let at = self.now() / 1000;
        let failure = self
            .journal
            .as_mut()
            .and_then(|journal| journal.write(at, event).err());
        (self.watch)(event);
        if let Some(error) = failure {
            self.journal = None;
            self.warn(
                None,
                format!(
                    "the journal cannot be written ({error}); the run goes on without it: free some space \
                     or give another `--journal`"
                ),
            );
        }
    }

    /// Tells that the user interrupted, once per level.
    pub(super) fn interrupted(&mut self, level: u8) {
        let level = level.min(2);
        if level > self.interrupted {
            self.interrupted = level;
            self.emit(&Event::Interrupted { level });
        }
    }

    /// Tells something unusual.
    pub fn warn(&mut self, step: Option<u32>, message: String) {
        self.emit(&Event::Warning { step, message });
    }

    /// The record so far.
    pub fn record(&self) -> &RunRecord {
        &self.record
    }

    /// Microseconds since 1970.
    pub fn now(&self) -> u64 {
        self.clock.epoch_micros()
    }

    /// Microseconds since an earlier [`Recorder::now`].
    pub fn since(&self, start: u64) -> u64 {
        self.now().saturating_sub(start)
    }

    /// The record.
    pub fn finish(self) -> RunRecord {
        self.record
    }
}
