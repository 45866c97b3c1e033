//! A session on the server: made once, watched until it is ready, kept alive, deleted.
#![expect(
    clippy::disallowed_methods,
    reason = "measures how long the session takes to start"
)]

use std::time::{Duration, Instant};

use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::LivyError;
use super::http::{Client, NoReply, Reply};
use super::options::LivyOptions;
use super::wire::{self, Log, Phase, SessionDocument};

/// Setting that says whose session it is; the server gives it back.
pub(super) const OWNER: &str = "spark.hoist.session";
/// Pause between two looks at a session that starts.
pub(super) const START_PAUSE: Duration = Duration::from_millis(250);
/// Lines of the log shown with an error.
const LAST_LINES: usize = 8;
/// Time for deleting a session that is dropped.
const DROP_DEADLINE: Duration = Duration::from_secs(8);

/// A session that is hoist's own.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) client: Client,
    /// How the server calls it; none until the server has answered.
    pub(super) id: Option<String>,
    pub(super) name: String,
    /// Unique: value of [`OWNER`] and part of each statement's marker.
    pub(super) owner: String,
}

/// What is told while a session starts.
pub(super) enum News {
    /// The server's version and the session's address are known.
    Made {
        /// Address of the session.
        url: String,
    },
    /// It is on its way.
    Waiting {
        /// State, time and last line of the log.
        line: String,
    },
    /// Something unusual.
    Warning {
        /// What.
        message: String,
    },
}

/// Asks for the version. Gateways may not pass that request on; then the list of sessions shows that it is Livy.
pub(super) async fn probe(client: &Client) -> Result<Option<String>, LivyError> {
    let unreachable = |no_reply: NoReply| LivyError::Unreachable {
        url: client.url(),
        detail: no_reply.detail().to_owned(),
    };
    let reply = client
        .once(Method::GET, &["version"], &[], None)
        .await
        .map_err(unreachable)?;
    if let Some(error) = access_error(client, &reply) {
        return Err(error);
    }
    if reply.is_success()
        && let Some(version) = reply.json().and_then(|json| {
            serde_json::from_value::<wire::Version>(json)
                .ok()
                .map(|version| version.version)
        })
    {
        return Ok(Some(version));
    }
    let list = client
        .get(&["sessions"], &[("from", "0"), ("size", "1")])
        .await
        .map_err(unreachable)?;
    if let Some(error) = access_error(client, &list) {
        return Err(error);
    }
    let is_livy = list.is_success()
        && list
            .json()
            .is_some_and(|json| json.get("sessions").is_some_and(Value::is_array));
    if is_livy {
        return Ok(None);
    }
    if list.is_passing() {
        return Err(LivyError::Unreachable {
            url: client.url(),
            detail: format!("status {}, {}", list.status, list.message()),
        });
    }
    Err(LivyError::NotLivy {
        url: client.url(),
        detail: format!(
            "`/sessions` gives status {}, {}",
            list.status,
            list.message()
        ),
    })
}

/// The error of an answer that is about who asks.
pub(super) fn access_error(client: &Client, reply: &Reply) -> Option<LivyError> {
    matches!(reply.status, 401 | 403).then(|| LivyError::Unauthorized {
        url: client.url(),
        status: reply.status,
        sent: client.has_credentials(),
    })
}

/// Reads an answer.
pub(super) fn read<T: DeserializeOwned>(
    reply: &Reply,
    action: &'static str,
) -> Result<T, LivyError> {
    let json = reply.json().unwrap_or_default();
    serde_json::from_value(json).map_err(|error| LivyError::UnexpectedAnswer {
        action,
        detail: error.to_string(),
    })
}

impl Session {
    /// A path below the session.
    pub(super) fn path<'p>(&'p self, rest: &[&'p str]) -> Vec<&'p str> {
        let id = self.id.as_deref().unwrap_or(&self.name);
        ["sessions", id]
            .into_iter()
            .chain(rest.iter().copied())
            .collect()
    }

    /// Makes the session and waits until it takes statements. `known` hears of the id as soon as there is one.
    pub(super) async fn start(
        &mut self,
        options: &LivyOptions,
        version: Option<&str>,
        tell: &mut (dyn FnMut(News) + Send),
    ) -> Result<(), LivyError> {
        let document = self.make(options, version, tell).await?;
        tell(News::Made {
            url: self.client.url_of(&self.path(&[])),
        });
        self.ready(options, document, tell).await
    }

    /// The session of our name, if it is ours.
    pub(super) async fn find(&self) -> Result<Option<SessionDocument>, LivyError> {
        let document = self.document(&self.name).await?;
        Ok(document.filter(|document| document.setting(OWNER) == Some(&self.owner)))
    }

    /// A session by id or name; none where the server knows none.
    pub(super) async fn document(&self, id: &str) -> Result<Option<SessionDocument>, LivyError> {
        let reply = self
            .client
            .get(&["sessions", id], &[])
            .await
            .map_err(|no_reply| self.unreachable(&no_reply))?;
        if let Some(error) = access_error(&self.client, &reply) {
            return Err(error);
        }
        if reply.is_success() {
            return read(&reply, "about a session").map(Some);
        }
        Ok(None)
    }

    pub(super) fn unreachable(&self, no_reply: &NoReply) -> LivyError {
        LivyError::Unreachable {
            url: self.client.url(),
            detail: no_reply.detail().to_owned(),
        }
    }

    /// Waits until the session takes statements.
    async fn ready(
        &self,
        options: &LivyOptions,
        first: SessionDocument,
        tell: &mut (dyn FnMut(News) + Send),
    ) -> Result<(), LivyError> {
        let started = Instant::now();
        let mut document = first;
        let mut told = String::new();
        loop {
            let state = document.state().to_owned();
            match wire::phase(&state) {
                Phase::Usable => return Ok(()),
                Phase::Ended => {
                    return Err(LivyError::StartFailed {
                        name: self.name.clone(),
                        state,
                        last_lines: self.last_lines().await,
                    });
                }
                Phase::Waiting => {}
            }
            let log = document.log.unwrap_or_default();
            let last = telling(&log).last().copied().unwrap_or_default().to_owned();
            if last != told {
                tell(News::Waiting {
                    line: format!("session {state}: {last}"),
                });
                told = last;
            }
            if started.elapsed() > options.start_deadline {
                return Err(LivyError::StartDeadline {
                    name: self.name.clone(),
                    seconds: options.start_deadline.as_secs(),
                    state,
                    last_lines: self.last_lines().await,
                });
            }
            tokio::time::sleep(START_PAUSE).await;
            let id = self.id.as_deref().unwrap_or(&self.name);
            document = match self.document(id).await? {
                Some(document) => document,
                None => {
                    return Err(LivyError::StartFailed {
                        name: self.name.clone(),
                        state: "gone".to_owned(),
                        last_lines: String::new(),
                    });
                }
            };
        }
    }

    /// The session as the server sees it now: none where it is gone, or another one has its number.
    pub(super) async fn look(&self) -> Result<Option<SessionDocument>, LivyError> {
        let id = self.id.as_deref().unwrap_or(&self.name);
        let document = self.document(id).await?;
        Ok(document.filter(|document| self.is_ours(document)))
    }

    /// Servers count sessions from 0 after a restart, so that the number alone says nothing.
    fn is_ours(&self, document: &SessionDocument) -> bool {
        match (document.setting(OWNER), document.name.as_deref()) {
            (Some(owner), _) => owner == self.owner,
            // Old and hosted servers do not give settings back, some of them no name either.
            (None, name) => document.conf.is_none() && name.is_none_or(|name| name == self.name),
        }
    }

    /// The last lines of the session's log that say something, as one line; nothing where there are none.
    pub(super) async fn last_lines(&self) -> String {
        let reply = self
            .client
            .once(Method::GET, &self.path(&["log"]), &[("size", "-1")], None)
            .await;
        let Ok(reply) = reply else {
            return String::new();
        };
        let log = read::<Log>(&reply, "about a log").map(|log| log.log);
        let log = log.unwrap_or_default();
        let lines = telling(&log);
        let start = lines.len().saturating_sub(LAST_LINES);
        lines.get(start..).unwrap_or_default().join(" | ")
    }

    /// The error of a session that is gone, with what its log says.
    pub(super) async fn lost(&self, state: &str) -> LivyError {
        LivyError::SessionLost {
            name: self.name.clone(),
            state: state.to_owned(),
            last_lines: self.last_lines().await,
        }
    }

    /// Tells the server that the session is in use: reading alone does not count as that.
    pub(super) async fn keep_alive(self, every: Duration) {
        loop {
            tokio::time::sleep(every).await;
            let path = self.path(&["connect"]);
            let sent = self.client.once(Method::POST, &path, &[], None).await;
            if let Err(no_reply) = sent {
                tracing::debug!(detail = no_reply.detail(), "no answer to a sign of life");
            }
        }
    }

    /// Deletes the session; one that is gone is fine.
    pub(super) async fn delete(&self) -> Result<(), LivyError> {
        let left = |detail: String| LivyError::LeftBehind {
            name: self.name.clone(),
            url: self.client.url_of(&self.path(&[])),
            detail,
        };
        // By its number only where that is still ours; a name is unique.
        match self.look().await {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(()),
            Err(error) => return Err(left(error.to_string())),
        }
        let reply = self
            .client
            .repeatedly(Method::DELETE, &self.path(&[]), &[], None)
            .await
            .map_err(|no_reply| left(no_reply.detail().to_owned()))?;
        if reply.is_success() || reply.status == 404 {
            return Ok(());
        }
        Err(left(format!(
            "status {}, {}",
            reply.status,
            reply.message()
        )))
    }

    /// Deletes the session of an engine that is dropped, on a thread of its own: the runtime may be at its end.
    pub(super) fn delete_now(mut self, options: &LivyOptions) {
        let mut options = options.clone();
        options.request_deadline = DROP_DEADLINE / 2;
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            // Connections belong to the runtime that made them.
            let (Ok(runtime), Ok(client)) = (runtime, Client::new(&options)) else {
                return;
            };
            self.client = client;
            runtime.block_on(async {
                match tokio::time::timeout(DROP_DEADLINE, self.delete()).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => tracing::warn!("{error}: {}", error.help()),
                    Err(_) => tracing::warn!(name = self.name, "the Livy session is left behind"),
                }
            });
        });
        if thread.join().is_err() {
            tracing::warn!("deleting the Livy session failed");
        }
    }
}

/// The lines of a log that say something.
fn telling(log: &[String]) -> Vec<&str> {
    log.iter()
        .map(|line| line.trim())
        .filter(|line| !line.is_empty() && !matches!(*line, "stdout:" | "stderr:"))
        .filter(|line| !line.starts_with("at ") && !line.starts_with("YARN Diagnostics:"))
        .collect()
}
