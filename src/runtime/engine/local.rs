//! The local engine: real Spark in `local[*]`, driven as a child process.
//!
//! The child is a Python program, `local/agent.py`, which speaks JSON lines over its own pipe and holds one
//! `SparkSession`. It runs in a process group of its own and ends, with Java and the scratch folders, when its engine
//! closes it, is dropped, or is killed. Where Spark comes from: [`provision`].
#![expect(
    clippy::disallowed_methods,
    reason = "measures how long the session takes to start"
)]

mod home;
mod process;
pub mod provision;
mod settings;
mod wire;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Instant;

use serde_json::Value;

use self::home::Session;
use self::process::{Agent, RequestError};
use super::exchange::{self, Opened};
use super::failure;
use super::{Engine, EngineError, Language, Notice, SessionInfo, Status, Submission, SubmissionId};

/// Lines of the log shown with an error.
const LAST_LINES: usize = 8;

/// Where table definitions live.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CatalogKind {
    /// Spark's Hive catalog on an embedded Derby database: tables outlive the session.
    #[default]
    Hive,
    /// The same catalog on a Derby database in the session's memory: gone at its end, and several times quicker to
    /// make and to fill. Derby keeps it in the driver's heap, some kilobytes per table.
    TransientHive,
    /// In the session's memory, with the files of its managed tables in the scratch folder: quicker, gone at its end.
    InMemory,
}

/// How to make local sessions. Nothing is read from the environment: what matters of it is an argument here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalOptions {
    /// Folder of warehouse, metastore, logs and scratch space (`.hoist` beside the pipeline).
    pub home: PathBuf,
    /// Folder of the logs where they outlive the home; otherwise `logs` in it.
    pub logs: Option<PathBuf>,
    /// Interpreter named by the user.
    pub python: Option<PathBuf>,
    /// Spark distribution named by the user (`SPARK_HOME`).
    pub spark_home: Option<PathBuf>,
    /// Java named by the user (`JAVA_HOME`).
    pub java_home: Option<PathBuf>,
    /// Where to look for executables (`PATH`).
    pub search_path: Option<OsString>,
    /// Folder for the private environment.
    pub cache_dir: PathBuf,
    /// Memory of the driver's heap, in bytes; by default 40 % of the machine's, from 1 to 16 GiB.
    pub driver_memory_bytes: Option<u64>,
    /// Spark master, `local[*]` by default.
    pub master: Option<String>,
    /// Where table definitions live.
    pub catalog: CatalogKind,
    /// Spark settings; they win over the engine's own except for a few, which are refused.
    pub conf: BTreeMap<String, String>,
}

/// The program of the agent.
fn agent_text() -> &'static str {
    concat!(include_str!("statement.py"), include_str!("local/agent.py"))
}

/// A local Spark session. Dropping an open one kills its processes and removes its scratch folders.
#[derive(Debug)]
pub struct Local {
    options: LocalOptions,
    open: Option<Open>,
}

/// What an open session holds. The agent is dropped, and killed, before the files that it uses.
#[derive(Debug)]
struct Open {
    agent: Agent,
    session: Session,
    /// Language of the submissions whose final state was not asked for yet.
    submissions: BTreeMap<SubmissionId, Language>,
    last_submission: u64,
    /// Submissions whose final state has arrived; the agent keeps it until it is told so, since whoever asks for it
    /// may stop waiting for the answer.
    ended: Vec<u64>,
}

impl Local {
    /// An engine that is not open yet.
    pub fn new(options: LocalOptions) -> Self {
        Self {
            options,
            open: None,
        }
    }

    fn opened(&mut self) -> Result<&mut Open, EngineError> {
        self.open.as_mut().ok_or(EngineError::NotOpen)
    }
}

impl Open {
    async fn request(&mut self, op: &str, fields: Value) -> Result<Value, EngineError> {
        let Value::Object(fields) = fields else {
            return Err(EngineError::Protocol {
                detail: format!("request {fields}"),
            });
        };
        match self.agent.request(op, fields).await {
            Ok(value) => Ok(value),
            Err(RequestError::Refused(failure)) => Err(EngineError::Protocol {
                detail: failure.message,
            }),
            Err(RequestError::Ended) => Err(self.lost()),
        }
    }

    fn lost(&self) -> EngineError {
        EngineError::SessionLost {
            last_lines: self.session.last_lines(LAST_LINES),
            log: self.session.log.clone(),
        }
    }
}

impl Engine for Local {
    async fn open(
        &mut self,
        notify: &mut (dyn FnMut(Notice) + Send),
    ) -> Result<SessionInfo, EngineError> {
        self.close().await?;
        settings::check(&self.options)?;
        // Held during the installation as well: a busy folder is told before a long wait.
        let session = Session::prepare(&self.options)?;
        let installation = provision::install(&self.options, notify).await?;
        let started = Instant::now();
        let conf = settings::all(&self.options, &session);
        let value = |key: &str| conf.get(key).map(String::as_str).unwrap_or_default();
        notify(Notice::Starting {
            what: format!(
                "Spark {} on Java {}, {}, {} driver memory",
                installation.spark_version,
                installation.java_version,
                value("spark.master"),
                value("spark.driver.memory"),
            ),
            log: session.log.clone(),
        });
        let request = serde_json::json!({
            "conf": conf,
            "scratch": session.scratch_folders(),
            "temp": session.temp,
            "lock": session.agent_lock,
        });
        let mut agent = Agent::start(&installation, &session)?;
        let Value::Object(request) = request else {
            return Err(EngineError::NotOpen);
        };
        let answer = match agent.request("open", request).await {
            Ok(answer) => answer,
            Err(RequestError::Refused(failure)) => {
                agent.end().await;
                return Err(EngineError::StartFailed {
                    message: failure::start_message(&failure, &session.last_lines(LAST_LINES)),
                    log: session.log.clone(),
                });
            }
            Err(RequestError::Ended) => {
                return Err(EngineError::SessionLost {
                    last_lines: session.last_lines(LAST_LINES),
                    log: session.log.clone(),
                });
            }
        };
        let opened: Opened = wire::read(answer)?;
        let info = SessionInfo::from(opened);
        let elapsed_micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        notify(Notice::Started {
            session: info.clone(),
            elapsed_micros,
        });
        self.open = Some(Open {
            agent,
            session,
            submissions: BTreeMap::new(),
            last_submission: 0,
            ended: Vec::new(),
        });
        Ok(info)
    }

    async fn submit(&mut self, submission: Submission) -> Result<SubmissionId, EngineError> {
        let open = self.opened()?;
        exchange::check(&submission)?;
        open.last_submission += 1;
        let id = SubmissionId(open.last_submission);
        let language = submission.language;
        // Known before the answer: whoever stops waiting here can still cancel it.
        open.submissions.insert(id, language);
        open.request("submit", wire::submit(id, &submission)?)
            .await?;
        Ok(id)
    }

    async fn poll(&mut self, id: SubmissionId) -> Result<Status, EngineError> {
        let open = self.opened()?;
        let language = *open
            .submissions
            .get(&id)
            .ok_or(EngineError::UnknownSubmission { id })?;
        let request = serde_json::json!({ "submission": id.0, "forget": open.ended });
        let answer = open.request("poll", request).await?;
        open.ended.clear();
        let status = match wire::read(answer)? {
            wire::State::Unknown => Err(EngineError::UnknownSubmission { id }),
            wire::State::Lost => Err(open.lost()),
            wire::State::Running(progress) => return Ok(Status::Running(progress.into())),
            wire::State::Done(output) => Ok(Status::Done((*output).into())),
            wire::State::Failed { failure, stdout } => {
                Ok(Status::Failed(failure.into_failure(language, stdout)))
            }
            wire::State::Cancelled => Ok(Status::Cancelled),
        };
        open.submissions.remove(&id);
        open.ended.push(id.0);
        status
    }

    async fn cancel(&mut self, id: SubmissionId) -> Result<(), EngineError> {
        let open = self.opened()?;
        open.request("cancel", serde_json::json!({ "submission": id.0 }))
            .await
            .map(|_| ())
    }

    async fn close(&mut self) -> Result<(), EngineError> {
        if let Some(Open { agent, session, .. }) = self.open.take() {
            agent.end().await;
            drop(session); // after the agent, which may have written there until its end
        }
        Ok(())
    }
}
