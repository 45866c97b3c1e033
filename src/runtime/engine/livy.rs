//! The Livy engine: one session on a Livy server, over its REST API (Livy 0.7 to 0.9).
//!
//! - A command is sent as a statement of kind `sql`, as it is; a query, whose rows Livy would round and cut, and
//!   Python go through a helper in the session's Python shell, as base64.
//! - Livy runs the statements of a session one after the other, in the order of their submission.
//! - Every statement begins with a comment that names its session and submission. Where the answer to a submission is
//!   lost, it is found by that comment; it is sent again only where it certainly did not arrive.
//! - The session has a unique name and a setting that says whose it is, hears a sign of life now and then, and is
//!   deleted at the end; a server that hears nothing ends it by itself.
//! - Spark executions of statements of kind `sql` have Livy's description, `Job group for statement 3`. A text that
//!   reads descriptions finds in `hoist_labels` what the local engine would have given them, `hoist:<label>`.
#![expect(
    clippy::disallowed_methods,
    reason = "measures how long the session takes to start"
)]

mod code;
mod create;
mod error;
mod http;
mod options;
mod outcome;
mod rows;
mod schedule;
mod session;
mod statement;
mod wire;

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::task::AbortHandle;

use self::code::{Code, Kind};
pub use self::error::LivyError;
use self::http::Client;
pub use self::options::{Auth, LivyOptions, Secret, SessionOptions};
use self::outcome::{Asked, Outcome};
use self::session::{News, OWNER, Session};
use self::statement::{Found, Statement};
use super::{
    Engine, EngineError, Notice, Progress, SessionInfo, StatementFailure, Status, Submission,
    SubmissionId, exchange,
};

/// Signs of life come at least so often.
const LIFE_SIGN: Duration = Duration::from_mins(1);

/// A session on a Livy server. Dropping an open one deletes it.
#[derive(Debug)]
pub struct Livy {
    options: LivyOptions,
    open: Option<Open>,
}

/// What an open session holds.
#[derive(Debug)]
struct Open {
    session: Session,
    /// Ends the signs of life.
    alive: Option<AbortHandle>,
    submissions: BTreeMap<SubmissionId, (Statement, Asked)>,
    last_submission: u64,
    /// Descriptions with labels, by those that Livy gives to the executions of a statement.
    labels: BTreeMap<String, String>,
}

/// What is known of a server without a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// As `0.9.0-incubating`; none behind gateways that do not tell.
    pub version: Option<String>,
}

/// Asks the server who it is; checks address, certificates and, where the server does, the credentials.
pub async fn status(options: &LivyOptions) -> Result<ServerInfo, LivyError> {
    let client = Client::new(options)?;
    let version = session::probe(&client).await?;
    Ok(ServerInfo { version })
}

impl Livy {
    /// An engine that is not open yet.
    pub fn new(options: LivyOptions) -> Self {
        Self {
            options,
            open: None,
        }
    }

    fn opened(&mut self) -> Result<&mut Open, EngineError> {
        self.open.as_mut().ok_or(EngineError::NotOpen)
    }
}

/// Settings that are checked before anything is sent.
fn check(options: &LivyOptions) -> Result<(), LivyError> {
    let bad = |name: &str, reason: &str| LivyError::BadSetting {
        name: name.to_owned(),
        reason: reason.to_owned(),
    };
    if let Some(name) = &options.session.name {
        // Livy refuses them after it has started a driver, which then stays behind.
        if name.is_empty() || name.chars().all(|c| c.is_ascii_digit()) {
            return Err(bad(name, "a name needs a character that is no digit"));
        }
    }
    for (key, reason) in [
        ("spark.master", "the server decides it"),
        ("spark.submit.deployMode", "the server decides it"),
        (
            "spark.sql.catalogImplementation",
            "the server decides it (`livy.repl.enable-hive-context`)",
        ),
        (OWNER, "it is hoist's own"),
    ] {
        if options.session.conf.contains_key(key) {
            return Err(bad(key, reason));
        }
    }
    Ok(())
}

/// A number that no other session has.
fn unique() -> String {
    // Keys of a hasher are random; the time makes two of them differ within one process.
    let number = RandomState::new().hash_one((std::process::id(), Instant::now()));
    format!("{number:016x}")
}

impl Drop for Livy {
    fn drop(&mut self) {
        if let Some(open) = self.open.take() {
            if let Some(alive) = open.alive {
                alive.abort();
            }
            open.session.delete_now(&self.options);
        }
    }
}

impl Open {
    /// Puts the helper into the Python shell.
    async fn start_python(&mut self, options: &LivyOptions) -> Result<SessionInfo, LivyError> {
        let code = code::start(&self.session.owner);
        let mut statement = Statement::new(&code, "starting Python");
        statement.send(&self.session, &code).await?;
        loop {
            match statement.poll(&self.session, options).await? {
                Found::Running(_) => tokio::time::sleep_until(statement.due().into()).await,
                Found::Ended { document, .. } => {
                    return match outcome::session(document)? {
                        Ok(info) => Ok(info),
                        Err(message) => Err(LivyError::StartFailed {
                            name: self.session.name.clone(),
                            state: "Python does not start".to_owned(),
                            last_lines: message,
                        }),
                    };
                }
            }
        }
    }

    async fn submit(
        &mut self,
        id: SubmissionId,
        code: &Code,
        label: &str,
    ) -> Result<(), LivyError> {
        // The entry is there before: whoever stops waiting here still knows of it.
        let Some((statement, _)) = self.submissions.get_mut(&id) else {
            return Ok(());
        };
        if let Err(error) = statement.send(&self.session, code).await {
            self.submissions.remove(&id);
            return Err(error);
        }
        if let (Kind::Sql, Some(number)) = (code.kind, statement.number()) {
            self.labels.insert(
                format!("Job group for statement {number}"),
                format!("hoist:{label}"),
            );
        }
        Ok(())
    }

    async fn poll(
        &mut self,
        id: SubmissionId,
        options: &LivyOptions,
    ) -> Result<Status, EngineError> {
        let (statement, asked) = self
            .submissions
            .get_mut(&id)
            .ok_or(EngineError::UnknownSubmission { id })?;
        let (document, overdue) = match statement.poll(&self.session, options).await? {
            Found::Running(percent) => {
                return Ok(Status::Running(Progress {
                    percent: Some(percent),
                    ..Progress::default()
                }));
            }
            Found::Ended { document, overdue } => (document, overdue),
        };
        let outcome = outcome::read(document, asked)?;
        self.submissions.remove(&id);
        match outcome {
            Outcome::Status(Status::Cancelled | Status::Failed(_)) if overdue => {
                let seconds = options.statement_deadline.unwrap_or_default().as_secs();
                Ok(Status::Failed(StatementFailure {
                    class: "DEADLINE".to_owned(),
                    message: format!("it did not end within {seconds} s and was cancelled"),
                    ..StatementFailure::default()
                }))
            }
            Outcome::Status(status) => Ok(status),
            Outcome::SessionLost(state) => Err(self.session.lost(&state).await.into()),
        }
    }
}

impl Engine for Livy {
    async fn open(
        &mut self,
        notify: &mut (dyn FnMut(Notice) + Send),
    ) -> Result<SessionInfo, EngineError> {
        self.close().await?;
        check(&self.options)?;
        let started = Instant::now();
        let client = Client::new(&self.options)?;
        let version = session::probe(&client).await?;
        let what = format!(
            "Livy{} at {}",
            version
                .as_deref()
                .map(|version| format!(" {version}"))
                .unwrap_or_default(),
            client.url()
        );
        let owner = unique();
        let name = self.options.session.name.clone();
        let session = Session {
            client,
            id: None,
            name: name.unwrap_or_else(|| format!("hoist-{owner}")),
            owner,
        };
        // From here on dropping or closing the engine deletes the session, however far it is.
        let open = self.open.insert(Open {
            session,
            alive: None,
            submissions: BTreeMap::new(),
            last_submission: 0,
            labels: BTreeMap::new(),
        });
        let mut tell = |news| {
            notify(match news {
                News::Made { url } => Notice::Starting {
                    what: what.clone(),
                    log: PathBuf::from(format!("{url}/log")),
                },
                News::Waiting { line } => Notice::Waiting { line },
                News::Warning { message } => Notice::Warning { message },
            });
        };
        let begun = open
            .session
            .start(&self.options, version.as_deref(), &mut tell)
            .await;
        let ready = match begun {
            Ok(()) => {
                let session = open.session.clone();
                let heartbeat = self.options.heartbeat;
                let every = if heartbeat.is_zero() {
                    LIFE_SIGN
                } else {
                    heartbeat / 4
                };
                let every = every.clamp(Duration::from_secs(1), LIFE_SIGN);
                let alive = tokio::spawn(async move { session.keep_alive(every).await });
                open.alive = Some(alive.abort_handle());
                open.start_python(&self.options).await
            }
            Err(error) => Err(error),
        };
        let info = match ready {
            Ok(info) => info,
            Err(error) => {
                // The reason matters more than what is said about the clean-up.
                if let Err(left) = self.close().await {
                    notify(Notice::Warning {
                        message: format!("{left}: {}", left.help()),
                    });
                }
                return Err(error.into());
            }
        };
        notify(Notice::Started {
            session: info.clone(),
            elapsed_micros: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        });
        Ok(info)
    }

    async fn submit(&mut self, submission: Submission) -> Result<SubmissionId, EngineError> {
        let open = self.opened()?;
        exchange::check(&submission)?;
        open.last_submission += 1;
        let id = SubmissionId(open.last_submission);
        let code = code::submission(&open.session.owner, id, &submission, &open.labels);
        let asked = Asked {
            kind: code.kind,
            language: submission.language,
            want: submission.want,
        };
        let statement = Statement::new(&code, &submission.label);
        open.submissions.insert(id, (statement, asked));
        open.submit(id, &code, &submission.label).await?;
        Ok(id)
    }

    async fn poll(&mut self, id: SubmissionId) -> Result<Status, EngineError> {
        let options = self.options.clone();
        self.opened()?.poll(id, &options).await
    }

    async fn cancel(&mut self, id: SubmissionId) -> Result<(), EngineError> {
        let open = self.opened()?;
        if let Some((statement, _)) = open.submissions.get_mut(&id) {
            statement.cancel(&open.session).await?;
        }
        Ok(())
    }

    async fn close(&mut self) -> Result<(), EngineError> {
        if let Some(open) = &mut self.open {
            if let Some(alive) = open.alive.take() {
                alive.abort();
            }
            // Kept until it is done, so that a caller who stops waiting does not leave the session behind.
            open.session.delete().await?;
            self.open = None;
        }
        Ok(())
    }

    async fn wait(
        &mut self,
        id: SubmissionId,
        on_progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Status, EngineError> {
        loop {
            match self.poll(id).await? {
                Status::Running(progress) => on_progress(progress),
                ended => return Ok(ended),
            }
            let open = self.opened()?;
            if let Some((statement, _)) = open.submissions.get(&id) {
                tokio::time::sleep_until(statement.due().into()).await;
            }
        }
    }
}
