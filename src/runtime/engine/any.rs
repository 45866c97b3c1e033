//! Whichever engine the configuration names.

use super::livy::Livy;
use super::local::Local;
use super::{Engine, EngineError, Notice, Progress, SessionInfo, Status, Submission, SubmissionId};

/// One of the engines.
#[derive(Debug)]
pub enum AnyEngine {
    /// Spark on this machine.
    Local(Box<Local>),
    /// Spark behind a Livy server.
    Livy(Box<Livy>),
}

/// The same call on whichever engine it is.
macro_rules! either {
    ($engine:expr, $inner:ident => $call:expr) => {
        match $engine {
            AnyEngine::Local($inner) => $call.await,
            AnyEngine::Livy($inner) => $call.await,
        }
    };
}

impl Engine for AnyEngine {
    async fn open(
        &mut self,
        notify: &mut (dyn FnMut(Notice) + Send),
    ) -> Result<SessionInfo, EngineError> {
        either!(self, engine => engine.open(notify))
    }

    async fn submit(&mut self, submission: Submission) -> Result<SubmissionId, EngineError> {
        either!(self, engine => engine.submit(submission))
    }

    async fn poll(&mut self, id: SubmissionId) -> Result<Status, EngineError> {
        either!(self, engine => engine.poll(id))
    }

    async fn cancel(&mut self, id: SubmissionId) -> Result<(), EngineError> {
        either!(self, engine => engine.cancel(id))
    }

    async fn close(&mut self) -> Result<(), EngineError> {
        either!(self, engine => engine.close())
    }

    async fn wait(
        &mut self,
        id: SubmissionId,
        on_progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Status, EngineError> {
        either!(self, engine => engine.wait(id, on_progress))
    }
}
