//! A Livy server for tests: the REST API of Livy 0.9 as a real server answers it, with statements that run on the
//! local engine's Spark or on a script, and faults on demand.

pub(crate) mod http;
mod routes;
pub(crate) mod session;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use serde_json::Value;

use self::http::{Answer, HttpServer, Request, Response};
pub(crate) use self::session::{Executor, Session, Start};

/// How the server behaves.
#[derive(Clone)]
pub(crate) struct Settings {
    /// None where a gateway does not pass `/version` on.
    pub(crate) version: Option<&'static str>,
    pub(crate) base_path: &'static str,
    /// The `Authorization` header that it wants.
    pub(crate) authorization: Option<String>,
    pub(crate) csrf: bool,
    /// Fields that it does not know, being older.
    pub(crate) unknown: Vec<&'static str>,
    pub(crate) start: Start,
    /// Sessions without activity for so long are deleted.
    pub(crate) idle: Duration,
    pub(crate) most_sessions: usize,
    pub(crate) executor: Executor,
}

impl Settings {
    pub(crate) fn new(executor: Executor) -> Self {
        Self {
            version: Some("0.9.0-incubating"),
            base_path: "",
            authorization: None,
            csrf: true,
            unknown: Vec::new(),
            start: Start::Normal,
            idle: Duration::from_hours(1),
            most_sessions: 100,
            executor,
        }
    }
}

/// The header that a user and password make.
pub(crate) fn basic(user: &str, password: &str) -> String {
    let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    format!("Basic {encoded}")
}

/// Something that goes wrong once.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// This status, before (or after) the request was carried out.
    Status(u16, When),
    /// The connection is cut.
    Drop(When),
    /// The answer comes late.
    Slow(Duration),
    /// A finished statement is given without output and time.
    Torn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Before,
    After,
}

struct Shared {
    settings: Settings,
    sessions: Mutex<BTreeMap<u64, Arc<Session>>>,
    next: Mutex<u64>,
    faults: Mutex<Vec<(&'static str, &'static str, Fault)>>,
    requests: Mutex<Vec<(String, String)>>,
}

/// A running server; dropping it ends its sessions.
pub(crate) struct LivyServer {
    http: HttpServer,
    shared: Arc<Shared>,
}

impl LivyServer {
    pub(crate) fn start(settings: Settings) -> Self {
        let shared = Arc::new(Shared {
            settings,
            sessions: Mutex::default(),
            next: Mutex::default(),
            faults: Mutex::default(),
            requests: Mutex::default(),
        });
        let handler = Arc::clone(&shared);
        let watched = Arc::downgrade(&shared);
        std::thread::spawn(move || {
            while let Some(shared) = watched.upgrade() {
                shared.collect_garbage();
                drop(shared);
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        Self {
            http: HttpServer::start(move |request| handler.answer(&request)),
            shared,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!(
            "http://{}{}",
            self.http.address, self.shared.settings.base_path
        )
    }

    /// Lets the next request go wrong whose method is this and whose path contains that.
    pub(crate) fn inject(&self, method: &'static str, path: &'static str, fault: Fault) {
        self.shared
            .faults
            .lock()
            .unwrap()
            .push((method, path, fault));
    }

    /// Number of requests of a method whose path contains something.
    pub(crate) fn count(&self, method: &str, path: &str) -> usize {
        let requests = self.shared.requests.lock().unwrap();
        requests
            .iter()
            .filter(|(m, p)| m == method && p.contains(path))
            .count()
    }

    pub(crate) fn sessions(&self) -> Vec<Arc<Session>> {
        self.shared
            .sessions
            .lock()
            .unwrap()
            .values()
            .cloned()
            .collect()
    }

    /// The server forgets its sessions and counts from 0 again, as after a restart without recovery.
    pub(crate) fn restart(&self) {
        self.shared.end_all();
        *self.shared.next.lock().unwrap() = 0;
    }

    /// Makes a session as another client would.
    pub(crate) fn other_session(&self, request: &Value) {
        let answer = self.shared.create(&request.to_string());
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
}

impl Drop for LivyServer {
    fn drop(&mut self) {
        self.shared.end_all();
    }
}

impl Shared {
    fn end_all(&self) {
        let sessions = std::mem::take(&mut *self.sessions.lock().unwrap());
        for session in sessions.values() {
            session.end();
        }
    }

    fn collect_garbage(&self) {
        let sessions: Vec<_> = self.sessions.lock().unwrap().values().cloned().collect();
        for session in sessions {
            let heartbeat = session.request["heartbeatTimeoutInSecond"]
                .as_u64()
                .unwrap_or(0);
            let unheard = heartbeat > 0
                && session.heard.lock().unwrap().elapsed() > Duration::from_secs(heartbeat);
            let idle = session.active.lock().unwrap().elapsed() > self.settings.idle;
            if unheard || idle {
                self.sessions.lock().unwrap().remove(&session.id);
                session.end();
            }
        }
    }

    fn take_fault(&self, request: &Request) -> Option<Fault> {
        let mut faults = self.faults.lock().unwrap();
        let at = faults.iter().position(|(method, path, _)| {
            *method == request.method && request.path.contains(path)
        })?;
        Some(faults.remove(at).2)
    }

    fn answer(&self, request: &Request) -> Answer {
        let log = (request.method.clone(), request.path.clone());
        self.requests.lock().unwrap().push(log);
        match self.take_fault(request) {
            Some(Fault::Status(status, When::Before)) => {
                Answer::Response(Response::page(status, "the gateway failed"))
            }
            Some(Fault::Status(status, When::After)) => {
                self.route(request);
                Answer::Response(Response::page(status, "the gateway failed"))
            }
            Some(Fault::Drop(When::Before)) => Answer::Drop,
            Some(Fault::Drop(When::After)) => {
                self.route(request);
                Answer::Drop
            }
            Some(Fault::Slow(pause)) => {
                std::thread::sleep(pause);
                Answer::Response(self.route(request))
            }
            Some(Fault::Torn) => {
                let mut response = self.route(request);
                let mut body: Value = serde_json::from_str(&response.body).unwrap();
                assert_eq!(
                    body["state"], "available",
                    "the test waits for the end first"
                );
                body["output"] = Value::Null;
                body["completed"] = 0.into();
                response.body = body.to_string();
                Answer::Response(response)
            }
            None => Answer::Response(self.route(request)),
        }
    }
}
