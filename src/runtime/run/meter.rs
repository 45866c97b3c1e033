//! Asks Spark after each step what it did. Never in the way: what cannot be found out is left open.

use std::time::Duration;

use tracing::debug;

use super::RunOptions;
use super::cancel::Cancel;
use super::event::Measured;
use crate::runtime::collect::{StepFacts, step_facts};
use crate::runtime::engine::Engine;

/// Longest time that an answer is waited for; asking took 10 to 60 ms on the local engine.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the last question ended.
pub(super) struct Meter {
    /// What the views of frames begin with.
    prefix: String,
    /// The job that the next question begins with; none where nothing is asked.
    next_job: Option<u64>,
}

impl Meter {
    pub(super) fn new(options: &RunOptions) -> Self {
        Meter {
            prefix: format!("hoist_{}_", options.run),
            next_job: options.measure.then_some(0),
        }
    }

    /// Passes over what Spark did before the run.
    pub(super) async fn start<E: Engine>(&mut self, engine: &mut E, cancel: &Cancel) {
        if self.next_job.is_some() {
            // Nothing of a job that is yet to come, only where it will begin.
            self.next_job = Some(u64::from(u32::MAX));
            self.read(engine, cancel).await;
        }
    }

    /// What Spark did since the last question. Whoever does not answer once is not asked again.
    pub(super) async fn read<E: Engine>(
        &mut self,
        engine: &mut E,
        cancel: &Cancel,
    ) -> Option<Answer> {
        let first = self.next_job.take()?;
        let asked = step_facts(engine, first, &self.prefix);
        let answer = tokio::select! {
            biased;
            () = cancel.reached(1) => return None,
            answer = tokio::time::timeout(PATIENCE, asked) => answer,
        };
        match answer {
            Ok(Ok(facts)) => {
                self.next_job = Some(facts.next_job);
                Some(Answer(facts))
            }
            Ok(Err(error)) => {
                debug!("steps are measured no longer: {error}");
                None
            }
            Err(_) => {
                debug!("steps are measured no longer: no answer for {PATIENCE:?}");
                None
            }
        }
    }
}

/// What the status store says after a step.
pub(super) struct Answer(StepFacts);

impl Answer {
    /// The measurements of a step that took so long and read those frames; none where its jobs are not known.
    pub(super) fn of_step(self, wall_micros: u64, read: &[String]) -> Option<Box<Measured>> {
        Some(Box::new(Measured {
            wall_micros,
            work: self.0.work?,
            read: read.to_vec(),
            frames: self.0.frames,
        }))
    }
}
