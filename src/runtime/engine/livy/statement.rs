//! Statements of a session: sent at most once, polled until they have ended.
//!
//! ```text
//! submit ──▶ listed? (answer lost) ──▶ waiting ──▶ running ──▶ ended
//!               └ no: never sent again      └──────── cancelling ──▶ cancelled
//! ```
#![expect(
    clippy::disallowed_methods,
    reason = "measures how long statements run and how long the server is away"
)]

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use super::code::{Code, Kind};
use super::error::LivyError;
use super::http::{NoReply, Reply};
use super::options::LivyOptions;
use super::schedule;
use super::session::{Session, access_error, read};
use super::wire::{self, Phase, StatementDocument, Statements};

/// Pauses between looks at the list of statements after an answer was lost: a request may arrive late.
const LOOKS: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(300),
    Duration::from_secs(1),
    Duration::from_secs(3),
];
/// Pause before a second attempt without a connection; it grows with each.
const ATTEMPT_PAUSE: Duration = Duration::from_millis(300);
/// Times that a statement is sent which certainly did not arrive.
const ATTEMPTS: u32 = 4;
/// Time for a cancellation: Livy gives up after 30 s (Livy: `livy.rsc.job-cancel.timeout`).
const CANCEL_GRACE: Duration = Duration::from_secs(40);

/// A statement on the server.
#[derive(Debug)]
pub(super) struct Statement {
    /// Its number there; none until the server has answered.
    number: Option<u64>,
    marker: String,
    label: String,
    sent: Instant,
    /// When its state last changed.
    changed: Instant,
    /// When to ask again.
    next_poll: Instant,
    state: String,
    percent: u32,
    /// Since when the server has not answered.
    away_since: Option<Instant>,
    /// When its cancellation was asked for because of the deadline.
    overdue_since: Option<Instant>,
}

/// What a poll found.
pub(super) enum Found {
    /// It has not ended; the share done, in percent.
    Running(u32),
    /// It has ended.
    Ended {
        /// As the server gave it.
        document: StatementDocument,
        /// It was cancelled because of its deadline.
        overdue: bool,
    },
}

impl Statement {
    /// A statement that is about to be sent.
    pub(super) fn new(code: &Code, label: &str) -> Self {
        let now = Instant::now();
        Self {
            number: None,
            marker: code.marker.clone(),
            label: label.to_owned(),
            sent: now,
            changed: now,
            next_poll: now,
            state: String::new(),
            percent: 0,
            away_since: None,
            overdue_since: None,
        }
    }

    /// Sends it, at most once as far as its work is concerned.
    pub(super) async fn send(&mut self, session: &Session, code: &Code) -> Result<(), LivyError> {
        let body = json!({ "code": code.text, "kind": code.kind.name() });
        let path = session.path(&["statements"]);
        let mut doubtful = false;
        for attempt in 1..=ATTEMPTS {
            let sent = session
                .client
                .once(Method::POST, &path, &[], Some(&body))
                .await;
            let (trouble, may_repeat) = match sent {
                Ok(reply) if reply.is_success() => {
                    let document: StatementDocument = read(&reply, "to a statement")?;
                    self.accepted(document.id);
                    return Ok(());
                }
                Ok(reply) => {
                    let (trouble, over) = self.refused(session, &reply).await?;
                    (trouble, over || code.kind == Kind::Python)
                }
                // The helper in the Python shell does nothing for a submission that it has seen.
                Err(NoReply::Unknown(detail)) => (detail, code.kind == Kind::Python),
                Err(no_reply @ NoReply::NotSent(_)) if !doubtful => {
                    if attempt == ATTEMPTS {
                        return Err(session.unreachable(&no_reply));
                    }
                    tokio::time::sleep(ATTEMPT_PAUSE * attempt).await;
                    continue;
                }
                Err(NoReply::NotSent(detail)) => (detail, true),
            };
            doubtful = true;
            if let Some(number) = self.look_for(session, &trouble).await? {
                self.accepted(number);
                return Ok(());
            }
            if !may_repeat || attempt == ATTEMPTS {
                return Err(self.unconfirmed(&trouble));
            }
        }
        Err(self.unconfirmed("it was refused again and again"))
    }

    fn accepted(&mut self, number: u64) {
        let now = Instant::now();
        self.number = Some(number);
        self.changed = now;
        self.next_poll = now;
    }

    fn unconfirmed(&self, detail: &str) -> LivyError {
        LivyError::Unconfirmed {
            label: self.label.clone(),
            detail: detail.to_owned(),
        }
    }

    /// What an answer without success means: an error, or trouble after which the statement may be sent again if it
    /// is not listed. An answer says that the request is over; only 504 leaves it open.
    async fn refused(&self, session: &Session, reply: &Reply) -> Result<(String, bool), LivyError> {
        if let Some(error) = access_error(&session.client, reply) {
            return Err(error);
        }
        let trouble = format!("status {}, {}", reply.status, reply.message());
        if reply.status == 404 || reply.status >= 500 {
            self.check(session).await?;
        }
        if reply.status >= 500 || reply.status == 429 {
            return Ok((trouble, reply.status != 504));
        }
        Err(LivyError::Refused {
            action: "a statement",
            status: reply.status,
            message: reply.message(),
        })
    }

    /// An error if the session is gone. A server that is away, or a gateway in front of it, says nothing about that.
    async fn check(&self, session: &Session) -> Result<(), LivyError> {
        match session.look().await {
            Ok(Some(document)) if wire::phase(document.state()) == Phase::Ended => {
                Err(session.lost(&format!("state `{}`", document.state())).await)
            }
            Ok(None) => Err(session.lost("the server no longer knows it").await),
            _ => Ok(()),
        }
    }

    /// Looks for the statement in the session's list. An error says that the list cannot be had.
    async fn look_for(&self, session: &Session, trouble: &str) -> Result<Option<u64>, LivyError> {
        for pause in LOOKS {
            tokio::time::sleep(pause).await;
            // Newest first where the server knows that (0.8), and all where it does not.
            let reply = session
                .client
                .get(
                    &session.path(&["statements"]),
                    &[("from", "0"), ("size", "10000"), ("order", "desc")],
                )
                .await
                .map_err(|_| self.unconfirmed(trouble))?;
            if !reply.is_success() {
                self.check(session).await?;
                return Err(self.unconfirmed(trouble));
            }
            let list: Statements = read(&reply, "about statements")?;
            let found = list.statements.iter().find(|document| {
                let code = document.code.as_deref().unwrap_or_default();
                code.lines().next() == Some(&self.marker)
            });
            if let Some(found) = found {
                tracing::debug!(number = found.id, "statement found after a lost answer");
                return Ok(Some(found.id));
            }
        }
        Ok(None)
    }

    /// Its number on the server, also where whoever sent it did not wait for the answer.
    async fn locate(&mut self, session: &Session) -> Result<u64, LivyError> {
        if let Some(number) = self.number {
            return Ok(number);
        }
        let trouble = "its submission was given up";
        let Some(number) = self.look_for(session, trouble).await? else {
            return Err(self.unconfirmed(trouble));
        };
        self.accepted(number);
        Ok(number)
    }

    /// When the next poll is due.
    pub(super) fn due(&self) -> Instant {
        self.next_poll
    }

    pub(super) fn number(&self) -> Option<u64> {
        self.number
    }

    /// Asks for its state if that is due.
    pub(super) async fn poll(
        &mut self,
        session: &Session,
        options: &LivyOptions,
    ) -> Result<Found, LivyError> {
        if Instant::now() < self.next_poll {
            return Ok(Found::Running(self.percent));
        }
        let number = self.locate(session).await?;
        let number = number.to_string();
        let path = session.path(&["statements", &number]);
        let reply = session.client.once(Method::GET, &path, &[], None).await;
        match reply {
            Ok(reply) if reply.is_success() => {
                let document: StatementDocument = read(&reply, "about a statement")?;
                self.away_since = None;
                let code = document.code.as_deref().unwrap_or(&self.marker);
                if code.lines().next() != Some(&self.marker) {
                    return Err(session.lost("the server restarted").await);
                }
                if document.has_ended() {
                    return Ok(Found::Ended {
                        document,
                        overdue: self.overdue_since.is_some(),
                    });
                }
                self.percent = percent(document.progress);
                if document.state != self.state {
                    self.state = document.state;
                    self.changed = Instant::now();
                }
                self.enforce(session, options).await?;
            }
            Ok(reply) => {
                if let Some(error) = access_error(&session.client, &reply) {
                    return Err(error);
                }
                if !reply.is_passing() {
                    // A driver that dies gives 500 for a moment, before the state says so.
                    self.check(session).await?;
                    if reply.status == 404 {
                        return Err(LivyError::Evicted {
                            label: self.label.clone(),
                        });
                    }
                }
                let detail = format!("status {}, {}", reply.status, reply.message());
                self.away(session, options, detail)?;
            }
            Err(no_reply) => self.away(session, options, no_reply.detail().to_owned())?,
        }
        let polled = Instant::now();
        let age = polled.duration_since(self.changed);
        self.next_poll = polled + schedule::pause(age, options);
        Ok(Found::Running(self.percent))
    }

    /// The server did not answer: it may come back.
    fn away(
        &mut self,
        session: &Session,
        options: &LivyOptions,
        detail: String,
    ) -> Result<(), LivyError> {
        let since = *self.away_since.get_or_insert_with(Instant::now);
        // A request without an answer takes the whole of its time.
        if since.elapsed() < options.request_deadline * 2 {
            return Ok(());
        }
        Err(LivyError::Unreachable {
            url: session.client.url(),
            detail,
        })
    }

    /// Cancels it once its time is over.
    async fn enforce(&mut self, session: &Session, options: &LivyOptions) -> Result<(), LivyError> {
        let Some(deadline) = options.statement_deadline else {
            return Ok(());
        };
        match self.overdue_since {
            None if self.sent.elapsed() > deadline => {
                self.overdue_since = Some(Instant::now());
                self.cancel(session).await
            }
            Some(since) if since.elapsed() > CANCEL_GRACE => Err(LivyError::Stuck {
                label: self.label.clone(),
                seconds: deadline.as_secs(),
            }),
            _ => Ok(()),
        }
    }

    /// Asks the server to cancel it, however often.
    pub(super) async fn cancel(&mut self, session: &Session) -> Result<(), LivyError> {
        let number = self.locate(session).await?.to_string();
        self.changed = Instant::now();
        self.next_poll = self.changed;
        let path = session.path(&["statements", &number, "cancel"]);
        let reply = session
            .client
            .repeatedly(Method::POST, &path, &[], None)
            .await
            .map_err(|no_reply| session.unreachable(&no_reply))?;
        if reply.is_success() || reply.status == 404 {
            return Ok(());
        }
        self.check(session).await?;
        Err(LivyError::Refused {
            action: "to cancel a statement",
            status: reply.status,
            message: reply.message(),
        })
    }
}

/// The share done, in whole percent.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0..=100 before"
)]
fn percent(progress: Option<f64>) -> u32 {
    (progress.unwrap_or_default() * 100.0).clamp(0.0, 100.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_a_share() {
        assert_eq!(percent(None), 0);
        assert_eq!(percent(Some(0.666)), 66);
        assert_eq!(percent(Some(f64::NAN)), 0);
        assert_eq!(percent(Some(7.0)), 100);
    }
}
