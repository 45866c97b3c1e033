//! An engine that follows a script, for tests of the stages above it.

use std::collections::BTreeMap;

use super::engine::{
    Engine, EngineError, Notice, Output, Progress, SessionInfo, StatementFailure, Status,
    Submission, SubmissionId,
};
use super::run::Cancel;

/// What the engine does with a submission.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Ends well after one poll.
    Done(Output),
    /// Ends well with a JSON value.
    Value(serde_json::Value),
    /// Fails.
    Fails(StatementFailure),
    /// Runs until it is cancelled; the user interrupts as often as given as soon as it runs.
    Hangs(Option<(Cancel, u8)>),
    /// Runs on even when cancelled.
    Obstinate(Cancel),
    /// It was cancelled.
    Cancelled,
    /// The session dies.
    Lost,
}

impl Reply {
    pub(crate) fn fails(class: &str, message: &str) -> Self {
        Reply::Fails(StatementFailure {
            class: class.to_owned(),
            message: message.to_owned(),
            ..StatementFailure::default()
        })
    }
}

/// Plays the script: the first rule whose pattern stands in the text or in a variable decides; without one, all goes well.
#[derive(Debug, Default)]
pub(crate) struct Fake {
    rules: Vec<(String, Reply)>,
    running: BTreeMap<SubmissionId, (Reply, u32)>,
    next: u64,
    /// Everything submitted.
    pub(crate) submitted: Vec<Submission>,
    /// Submissions cancelled, by label.
    pub(crate) cancelled: Vec<String>,
    /// How often it was closed.
    pub(crate) closed: u32,
}

impl Fake {
    pub(crate) fn on(mut self, pattern: &str, reply: Reply) -> Self {
        self.rules.push((pattern.to_owned(), reply));
        self
    }

    /// Texts submitted, in order.
    pub(crate) fn texts(&self) -> Vec<&str> {
        self.submitted
            .iter()
            .map(|submission| submission.text.as_str())
            .collect()
    }
}

impl Engine for Fake {
    async fn open(
        &mut self,
        _notify: &mut (dyn FnMut(Notice) + Send),
    ) -> Result<SessionInfo, EngineError> {
        Ok(SessionInfo {
            id: "local-1".to_owned(),
            spark_version: "3.5.6".to_owned(),
            python_version: "3.11.7".to_owned(),
            java_version: "17.0.9".to_owned(),
            master: "local[2]".to_owned(),
            storage_memory_bytes: 1 << 30,
            cores: 2,
        })
    }

    async fn submit(&mut self, submission: Submission) -> Result<SubmissionId, EngineError> {
        let reply = self
            .rules
            .iter()
            .find(|(pattern, _)| {
                let mut values = submission.variables.values();
                submission.text.contains(pattern) || values.any(|value| value.contains(pattern))
            })
            .map_or(Reply::Done(Output::default()), |(_, reply)| reply.clone());
        self.submitted.push(submission);
        self.next += 1;
        let id = SubmissionId(self.next);
        self.running.insert(id, (reply, 0));
        Ok(id)
    }

    async fn poll(&mut self, id: SubmissionId) -> Result<Status, EngineError> {
        let Some((reply, polls)) = self.running.get_mut(&id) else {
            return Err(EngineError::UnknownSubmission { id });
        };
        *polls += 1;
        if *polls == 1 {
            match reply {
                Reply::Hangs(Some((cancel, times))) => {
                    for _ in 0..*times {
                        cancel.interrupt();
                    }
                }
                Reply::Obstinate(cancel) => {
                    cancel.interrupt();
                }
                _ => {}
            }
            let progress = Progress {
                tasks_total: 4,
                ..Progress::default()
            };
            return Ok(Status::Running(progress));
        }
        let status = match reply.clone() {
            Reply::Done(output) => Status::Done(output),
            Reply::Value(value) => Status::Done(Output {
                value: Some(value),
                ..Output::default()
            }),
            Reply::Fails(failure) => Status::Failed(failure),
            Reply::Cancelled => Status::Cancelled,
            Reply::Hangs(_) | Reply::Obstinate(_) => {
                return Ok(Status::Running(Progress::default()));
            }
            Reply::Lost => return Err(EngineError::NotOpen),
        };
        self.running.remove(&id);
        Ok(status)
    }

    async fn cancel(&mut self, id: SubmissionId) -> Result<(), EngineError> {
        let index = usize::try_from(id.0 - 1).unwrap();
        self.cancelled.push(self.submitted[index].label.clone());
        let obstinate = match self.running.get(&id) {
            Some((Reply::Obstinate(cancel), _)) => Some(cancel.clone()),
            Some(_) => None,
            None => return Ok(()),
        };
        if let Some(cancel) = obstinate {
            cancel.interrupt();
        } else {
            self.running.insert(id, (Reply::Cancelled, 1));
        }
        Ok(())
    }

    async fn close(&mut self) -> Result<(), EngineError> {
        self.closed += 1;
        Ok(())
    }
}
