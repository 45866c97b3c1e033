//! One submission from start to end, under the user's interrupts.

use super::cancel::Cancel;
use super::event::Event;
use super::record::Recorder;
use crate::runtime::engine::{
    Engine, EngineError, Output, StatementFailure, Status, Submission, SubmissionId,
};

/// How a submission ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// Well.
    Done(Output),
    /// Spark or Python refused it.
    Failed(StatementFailure),
    /// The user's interrupt cancelled it.
    Cancelled,
    /// A second interrupt: it may still run, until the engine is dropped.
    Dropped,
    /// The engine could not do its job.
    Lost(EngineError),
}

/// Submits and waits. At interrupt level `stop_at` (1 or 2) it is cancelled; at level 2 it is left alone at once.
pub(super) async fn submit<E: Engine>(
    engine: &mut E,
    submission: Submission,
    step: Option<u32>,
    stop_at: u8,
    cancel: &Cancel,
    recorder: &mut Recorder<'_>,
) -> Ended {
    let start = recorder.now();
    let submitted = tokio::select! {
        biased;
        () = cancel.reached(2) => None,
        submitted = engine.submit(submission) => Some(submitted),
    };
    let id = match submitted {
        None => return dropped(recorder),
        Some(Ok(id)) => id,
        Some(Err(error)) => return Ended::Lost(error),
    };
    let mut asked = stop_at >= 2;
    let mut cancelled = false;
    loop {
        let wanted = if asked { 2 } else { 1 };
        let status = {
            let mut progress = |progress| {
                if let Some(step) = step {
                    let micros = recorder.since(start);
                    recorder.emit(&Event::StepProgress {
                        step,
                        progress,
                        micros,
                    });
                }
            };
            tokio::select! {
                biased;
                () = cancel.reached(wanted) => None,
                status = engine.wait(id, &mut progress) => Some(status),
            }
        };
        match status {
            None if asked => return dropped(recorder),
            None => {
                asked = true;
                cancelled = true;
                recorder.interrupted(1);
                if let Some(ended) = ask_to_stop(engine, id, cancel, recorder).await {
                    return ended;
                }
            }
            Some(Ok(Status::Done(output))) => return Ended::Done(output),
            Some(Ok(Status::Failed(failure))) => return Ended::Failed(failure),
            Some(Ok(Status::Cancelled)) if cancelled => return Ended::Cancelled,
            Some(Ok(Status::Cancelled)) => {
                return Ended::Failed(StatementFailure {
                    class: "CANCELLED".to_owned(),
                    message: "the statement was cancelled from outside hoist".to_owned(),
                    ..StatementFailure::default()
                });
            }
            Some(Ok(Status::Running(_))) => {}
            Some(Err(error)) => return Ended::Lost(error),
        }
    }
}

async fn ask_to_stop<E: Engine>(
    engine: &mut E,
    id: SubmissionId,
    cancel: &Cancel,
    recorder: &mut Recorder<'_>,
) -> Option<Ended> {
    let asked = tokio::select! {
        biased;
        () = cancel.reached(2) => None,
        asked = engine.cancel(id) => Some(asked),
    };
    match asked {
        None => Some(dropped(recorder)),
        Some(Err(error)) => Some(Ended::Lost(error)),
        Some(Ok(())) => None,
    }
}

fn dropped(recorder: &mut Recorder<'_>) -> Ended {
    recorder.interrupted(2);
    Ended::Dropped
}
