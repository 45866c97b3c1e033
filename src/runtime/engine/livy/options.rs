//! How to reach a Livy server and make a session there.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// A password or token. It shows itself to nobody but the server.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a value secret.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Who asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Auth {
    /// Nobody in particular.
    #[default]
    None,
    /// HTTP Basic, as Livy's LDAP and most gateways want it.
    Basic {
        /// Name of the user.
        user: String,
        /// Password.
        password: Secret,
    },
    /// A token in the `Authorization` header.
    Bearer {
        /// The token.
        token: Secret,
    },
}

/// What the session shall be. What is not given is left to the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionOptions {
    /// Its name; by default `hoist-` and a random number.
    pub name: Option<String>,
    /// Its kind, for servers that insist on one; statements always name their own.
    pub kind: Option<String>,
    /// Spark settings, and those of Livy's driver (`livy.rsc.…`).
    pub conf: BTreeMap<String, String>,
    /// Memory of the driver, as `4g`.
    pub driver_memory: Option<String>,
    /// Cores of the driver.
    pub driver_cores: Option<u32>,
    /// Memory of an executor, as `8g`.
    pub executor_memory: Option<String>,
    /// Cores of an executor.
    pub executor_cores: Option<u32>,
    /// Number of executors.
    pub num_executors: Option<u32>,
    /// YARN queue.
    pub queue: Option<String>,
    /// User to act for, where the server allows it.
    pub proxy_user: Option<String>,
    /// Java libraries, as URIs that the cluster can read.
    pub jars: Vec<String>,
    /// Python modules, as URIs that the cluster can read.
    pub py_files: Vec<String>,
    /// Time without activity after which the server ends the session, as `2h`; Livy 0.9 and later.
    pub idle_timeout: Option<String>,
}

/// How to reach a Livy server. Nothing is read from the environment: what matters of it is a value here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LivyOptions {
    /// Address of the server, with the base path of a gateway where there is one.
    pub url: String,
    /// Credentials.
    pub auth: Auth,
    /// The session.
    pub session: SessionOptions,
    /// The server ends a session of which it hears nothing for so long, so that a killed run leaves none; zero turns
    /// that off.
    pub heartbeat: Duration,
    /// Pause before the second poll of a statement. Later ones are an eighth of the statement's age.
    pub first_poll: Duration,
    /// Longest pause between two polls.
    pub longest_poll: Duration,
    /// Time for one request. The server may be away for twice that time during a statement.
    pub request_deadline: Duration,
    /// Time for the session to get ready.
    pub start_deadline: Duration,
    /// Time for one statement; by default any.
    pub statement_deadline: Option<Duration>,
    /// Whether the server's certificate is checked.
    pub verify_tls: bool,
    /// Certificates to trust besides those of the system (PEM).
    pub ca_file: Option<PathBuf>,
}

impl LivyOptions {
    /// The server at an address, with default times and no credentials.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            auth: Auth::None,
            session: SessionOptions::default(),
            heartbeat: Duration::from_mins(5),
            first_poll: Duration::from_millis(20),
            longest_poll: Duration::from_secs(2),
            request_deadline: Duration::from_mins(1),
            start_deadline: Duration::from_mins(10),
            statement_deadline: None,
            verify_tls: true,
            ca_file: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_show() {
        let mut options = LivyOptions::new("http://localhost");
        for auth in [
            Auth::Basic {
                user: "ann".to_owned(),
                password: Secret::new("hunter2"),
            },
            Auth::Bearer {
                token: Secret::new("hunter2"),
            },
        ] {
            options.auth = auth;
            let shown = format!("{options:?}");
            assert!(!shown.contains("hunter2"), "{shown}");
            assert!(shown.contains("[redacted]"), "{shown}");
        }
    }
}
