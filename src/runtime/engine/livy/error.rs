//! What can go wrong between hoist and a Livy server, and what to do then.

use super::super::EngineError;

/// The Livy engine could not do its job. Addresses are shown without credentials.
#[derive(Debug, thiserror::Error)]
pub enum LivyError {
    /// The address is no URL, or one that must not be used.
    #[error("`{url}` cannot be the address of a Livy server: {reason}")]
    BadUrl {
        /// The address, without credentials.
        url: String,
        /// Why.
        reason: String,
    },
    /// A setting that Livy would refuse, or that the engine decides itself.
    #[error("`{name}` cannot be used for a Livy session: {reason}")]
    BadSetting {
        /// The setting or value.
        name: String,
        /// Why.
        reason: String,
    },
    /// The certificates of the configuration cannot be used.
    #[error("the certificates in `{path}` cannot be used: {reason}")]
    BadCertificates {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// Nobody answers.
    #[error("the Livy server at `{url}` does not answer: {detail}")]
    Unreachable {
        /// The address.
        url: String,
        /// What happened.
        detail: String,
    },
    /// Somebody else answers.
    #[error("`{url}` is no Livy server: {detail}")]
    NotLivy {
        /// The address.
        url: String,
        /// What came back.
        detail: String,
    },
    /// The server wants to know who asks (401), or knows and refuses (403).
    #[error("the Livy server at `{url}` refuses access ({status}) {}", if *sent { "with the credentials given" } else { "without credentials" })]
    Unauthorized {
        /// The address.
        url: String,
        /// HTTP status.
        status: u16,
        /// Whether credentials were sent.
        sent: bool,
    },
    /// The server does not know a field of the request.
    #[error("the Livy server{} does not know the session setting `{field}`", version.as_deref().map(|version| format!(" (version {version})")).unwrap_or_default())]
    UnknownField {
        /// The field.
        field: String,
        /// Version of the server, where it says so.
        version: Option<String>,
    },
    /// The name is taken by a session of somebody else.
    #[error("a Livy session named `{name}` exists already{}", state.as_deref().map(|state| format!(" (state `{state}`)")).unwrap_or_default())]
    NameTaken {
        /// The name.
        name: String,
        /// State of that session.
        state: Option<String>,
    },
    /// The server has no room for a session.
    #[error("the Livy server starts no further session: {message}")]
    TooManySessions {
        /// What it said.
        message: String,
    },
    /// The server refused a request.
    #[error("the Livy server refused {action} ({status}): {message}")]
    Refused {
        /// What was asked, as `to make the session`.
        action: &'static str,
        /// HTTP status.
        status: u16,
        /// What it said.
        message: String,
    },
    /// The session ended before it was ready.
    #[error(
        "the Livy session `{name}` did not start: state `{state}`{}",
        lines(last_lines)
    )]
    StartFailed {
        /// Its name.
        name: String,
        /// Its last state.
        state: String,
        /// The last lines of its log.
        last_lines: String,
    },
    /// The session was not ready in time.
    #[error(
        "the Livy session `{name}` was not ready within {seconds} s (state `{state}`){}",
        lines(last_lines)
    )]
    StartDeadline {
        /// Its name.
        name: String,
        /// The deadline.
        seconds: u64,
        /// Its last state.
        state: String,
        /// The last lines of its log.
        last_lines: String,
    },
    /// The session, or its Python, ended unexpectedly.
    #[error(
        "the Livy session `{name}` ended unexpectedly ({state}){}",
        lines(last_lines)
    )]
    SessionLost {
        /// Its name.
        name: String,
        /// Its state, as far as it is known.
        state: String,
        /// The last lines of its log.
        last_lines: String,
    },
    /// The answer to a statement was lost and the statement is not listed. It is not sent again, since it could then
    /// run twice.
    #[error("it is not known whether the Livy server accepted `{label}`: {detail}")]
    Unconfirmed {
        /// Label of the submission.
        label: String,
        /// What happened.
        detail: String,
    },
    /// The server forgot a statement before its result was read.
    #[error("the Livy server no longer knows the result of `{label}`")]
    Evicted {
        /// Label of the submission.
        label: String,
    },
    /// A statement passed its deadline and could not be cancelled.
    #[error("`{label}` did not end within {seconds} s and does not obey its cancellation")]
    Stuck {
        /// Label of the submission.
        label: String,
        /// The deadline.
        seconds: u64,
    },
    /// An answer that is not understood.
    #[error("the answer of the Livy server {action} is not understood: {detail}")]
    UnexpectedAnswer {
        /// What was asked, as `to a statement`.
        action: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// The session could not be deleted.
    #[error("the Livy session `{name}` at `{url}` could not be deleted: {detail}")]
    LeftBehind {
        /// Its name.
        name: String,
        /// Its address.
        url: String,
        /// What happened.
        detail: String,
    },
}

/// Log lines for the end of a message.
fn lines(last_lines: &str) -> String {
    if last_lines.is_empty() {
        String::new()
    } else {
        format!(": {last_lines}")
    }
}

impl LivyError {
    /// Whether it ends a session in which statements may have run, so that the run is what failed.
    pub fn ends_a_run(&self) -> bool {
        matches!(
            self,
            Self::SessionLost { .. }
                | Self::Unconfirmed { .. }
                | Self::Evicted { .. }
                | Self::Stuck { .. }
                | Self::LeftBehind { .. }
        )
    }

    /// The next step, a lowercase sentence fragment.
    pub fn help(&self) -> String {
        match self {
            Self::BadUrl { .. } | Self::NotLivy { .. } => {
                "give `--url` or `url` in [engine.livy], as `http://host:8998`; behind Knox with its path, as `https://host:8443/gateway/default/livy/v1`"
            }
            Self::BadSetting { .. } => "change it in [engine.livy]",
            Self::BadCertificates { .. } => "name a file of PEM certificates with `ca_file` in [engine.livy]",
            Self::Unreachable { .. } => {
                "check that the server runs and that the address, the proxy and the certificates are right (`hoist engine status`)"
            }
            Self::Unauthorized { sent: false, .. } => {
                "set `user` in [engine.livy] with the password in HOIST_LIVY_PASSWORD, or a token in HOIST_LIVY_TOKEN"
            }
            Self::Unauthorized { sent: true, .. } => {
                "check the user, HOIST_LIVY_PASSWORD or HOIST_LIVY_TOKEN; a token may have expired"
            }
            Self::UnknownField { .. } => {
                "remove it from [engine.livy], or use a newer Livy server"
            }
            Self::NameTaken { .. } => {
                "remove `name` from [engine.livy] to get a unique one, or wait until that session has ended"
            }
            Self::TooManySessions { .. } => "wait until other sessions have ended, then run again",
            Self::Refused { .. } => "the log of the Livy server says more",
            Self::StartFailed { .. } => {
                "the log of the Livy server says more; check the Spark settings and the memory in [engine.livy]"
            }
            Self::StartDeadline { .. } => {
                "raise `start_timeout` in [engine.livy], or check that the cluster has room for the session"
            }
            Self::SessionLost { .. } => {
                "the log of the Livy server says more; frames are gone with the session, tables already written are not"
            }
            Self::Unconfirmed { .. } => {
                "check whether its table was written before running it again"
            }
            Self::Evicted { .. } => {
                "raise `livy.rsc.retained-statements` in the Spark settings of the session"
            }
            Self::Stuck { .. } => {
                "raise `statement_timeout` in [engine.livy]; code outside Spark jobs cannot be cancelled through Livy"
            }
            Self::UnexpectedAnswer { .. } => {
                "a proxy may have changed it; otherwise this is a defect of hoist, report it with the command line"
            }
            Self::LeftBehind { .. } => {
                "delete it with an HTTP DELETE of that address; otherwise it ends by itself when its heartbeat or idle time is over"
            }
        }
        .to_owned()
    }
}

impl From<LivyError> for EngineError {
    fn from(error: LivyError) -> Self {
        Self::Livy(Box::new(error))
    }
}
