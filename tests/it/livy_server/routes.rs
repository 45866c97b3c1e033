//! The paths of the REST API: what each request does and what is answered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Shared;
use super::http::{Request, Response};
use super::session::{self, Session};

/// What a new session may be given (Livy 0.9: `CreateInteractiveRequest`).
const FIELDS: [&str; 18] = [
    "kind",
    "proxyUser",
    "jars",
    "pyFiles",
    "files",
    "driverMemory",
    "driverCores",
    "executorMemory",
    "executorCores",
    "numExecutors",
    "archives",
    "queue",
    "name",
    "conf",
    "heartbeatTimeoutInSecond",
    "ttl",
    "idleTimeout",
    "yarnQueue",
];
/// Kinds of sessions and statements.
const KINDS: [&str; 5] = ["spark", "pyspark", "sparkr", "sql", "shared"];
/// Time between a driver's death and the server's knowing of it.
const DEATH: Duration = Duration::from_millis(60);

fn not_found(text: &str) -> Response {
    Response::json(404, &json!({ "msg": text }))
}

fn text(status: u16, text: &str) -> Response {
    Response::json(status, &json!(text))
}

impl Shared {
    /// Carries a request out.
    pub(super) fn route(&self, request: &Request) -> Response {
        let settings = &self.settings;
        if settings.authorization.is_some()
            && request.headers.get("authorization") != settings.authorization.as_ref()
        {
            return Response::page(401, "Authentication required");
        }
        let Some(path) = request.path.strip_prefix(settings.base_path) else {
            return Response::page(404, "Not Found");
        };
        if request.method != "GET"
            && settings.csrf
            && !request.headers.contains_key("x-requested-by")
        {
            let page = "Missing Required Header for CSRF protection.";
            return Response::page(400, if request.method == "DELETE" { "" } else { page });
        }
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["version"]) => match settings.version {
                Some(version) => Response::json(
                    200,
                    &json!({"url": "", "branch": "HEAD", "revision": "0", "version": version, "date": "", "user": ""}),
                ),
                None => Response::page(404, "Not Found"),
            },
            ("GET", ["sessions"]) => {
                let sessions = self.sessions.lock().unwrap();
                let list: Vec<Value> = sessions.values().map(|s| document(s)).collect();
                Response::json(
                    200,
                    &json!({"from": 0, "total": list.len(), "sessions": list}),
                )
            }
            ("POST", ["sessions"]) => self.create(&request.body),
            (method, ["sessions", id, rest @ ..]) => match self.find(id) {
                None => not_found(&format!("Session '{id}' not found.")),
                Some(session) => {
                    *session.heard.lock().unwrap() = Instant::now();
                    self.below(&session, method, rest, request)
                }
            },
            _ => Response::page(404, "Not Found"),
        }
    }

    fn find(&self, id: &str) -> Option<Arc<Session>> {
        let sessions = self.sessions.lock().unwrap();
        match id.parse::<u64>() {
            Ok(number) => sessions.get(&number).cloned(),
            Err(_) => sessions.values().find(|s| s.request["name"] == id).cloned(),
        }
    }

    pub(super) fn create(&self, body: &str) -> Response {
        let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(body) else {
            return text(400, "Unexpected character");
        };
        for field in fields.keys() {
            let name = field.as_str();
            if !FIELDS.contains(&name) || self.settings.unknown.contains(&name) {
                let class = "org.apache.livy.server.interactive.CreateInteractiveRequest";
                return text(
                    400,
                    &format!(
                        "Unrecognized field \"{name}\" (class {class}), not marked as ignorable (17 known properties: \"kind\")"
                    ),
                );
            }
        }
        let rejected = |reason: String| {
            Response::json(
                400,
                &json!({ "msg": format!("Rejected, Reason: {reason}") }),
            )
        };
        if let Some(kind) = fields.get("kind").and_then(Value::as_str)
            && !KINDS.contains(&kind)
        {
            return text(
                400,
                &format!("Invalid kind: {kind} (through reference chain: x)"),
            );
        }
        let conf = fields
            .get("conf")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        if conf.contains_key("spark.submit.deployMode") {
            return text(
                400,
                "Blacklisted configuration values in session config: spark.submit.deployMode",
            );
        }
        let mut sessions = self.sessions.lock().unwrap();
        if sessions.len() >= self.settings.most_sessions {
            return rejected("too many sessions are being created!".to_owned());
        }
        if let Some(name) = fields.get("name").and_then(Value::as_str) {
            if name.chars().all(|c| c.is_ascii_digit()) {
                return rejected(format!("Invalid session name: {name}"));
            }
            if let Some(other) = sessions.values().find(|s| s.request["name"] == name) {
                let mut next = self.next.lock().unwrap();
                *next += 1;
                return rejected(format!(
                    "Duplicate session name: Some({name}) for session {}",
                    other.id
                ));
            }
        }
        let mut next = self.next.lock().unwrap();
        let id = *next;
        *next += 1;
        let executor = self.settings.executor.clone();
        let session = Session::start(id, Value::Object(fields), self.settings.start, executor);
        let mut document = document(&session);
        document["state"] = "starting".into();
        sessions.insert(id, session);
        let mut response = Response::json(201, &document);
        // Livy names its own address, which is not the one that clients behind a gateway reach.
        response
            .headers
            .push(("Location".to_owned(), format!("/sessions/{id}")));
        response
    }

    /// Requests below `/sessions/{id}`.
    fn below(&self, session: &Session, method: &str, rest: &[&str], request: &Request) -> Response {
        let state = *session.state.lock().unwrap();
        let touch = || *session.active.lock().unwrap() = Instant::now();
        match (method, rest) {
            ("GET", []) => Response::json(200, &document(session)),
            ("GET", ["state"]) => Response::json(200, &json!({"id": session.id, "state": state})),
            ("GET", ["log"]) => {
                let log = session.log.lock().unwrap();
                Response::json(
                    200,
                    &json!({"id": session.id, "from": 0, "total": log.len(), "log": *log}),
                )
            }
            ("DELETE", []) => {
                session.end();
                self.sessions.lock().unwrap().remove(&session.id);
                Response::json(200, &json!({"msg": "deleted"}))
            }
            ("POST", ["connect"]) => {
                touch();
                Response::json(200, &document(session))
            }
            (_, ["statements", below @ ..]) => statements(session, method, below, request),
            _ => Response::page(405, ""),
        }
    }
}

/// A session as the server describes it.
fn document(session: &Session) -> Value {
    let given = |key: &str, default: Value| match &session.request[key] {
        Value::Null => default,
        value => value.clone(),
    };
    let log = session.log.lock().unwrap();
    let last = log.len().saturating_sub(10);
    json!({
        "id": session.id, "name": given("name", Value::Null), "appId": null, "owner": null, "proxyUser": null,
        "state": *session.state.lock().unwrap(), "kind": given("kind", "shared".into()),
        "appInfo": {"driverLogUrl": null, "sparkUiUrl": null, "executorLogUrls": null},
        "log": log[last..], "ttl": given("ttl", Value::Null), "idleTimeout": given("idleTimeout", Value::Null),
        "driverMemory": given("driverMemory", Value::Null), "driverCores": given("driverCores", 0.into()),
        "executorMemory": given("executorMemory", Value::Null), "executorCores": given("executorCores", 0.into()),
        "conf": given("conf", json!({})), "archives": [], "files": [],
        "heartbeatTimeoutInSecond": given("heartbeatTimeoutInSecond", 0.into()), "jars": given("jars", json!([])),
        "numExecutors": given("numExecutors", 0.into()), "pyFiles": given("pyFiles", json!([])),
        "queue": given("queue", Value::Null),
    })
}

/// Requests below `/sessions/{id}/statements`.
fn statements(session: &Session, method: &str, rest: &[&str], request: &Request) -> Response {
    let state = *session.state.lock().unwrap();
    let dying = session
        .killed
        .lock()
        .unwrap()
        .is_some_and(|at| at.elapsed() < DEATH);
    let touch = || *session.active.lock().unwrap() = Instant::now();
    match (method, rest) {
        ("POST", []) => {
            let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
            for field in body
                .as_object()
                .into_iter()
                .flat_map(|fields| fields.keys())
            {
                if !["msg_type", "kind", "code"].contains(&field.as_str()) {
                    return text(
                        400,
                        &format!("Unrecognized field \"{field}\" (class ExecuteRequest)"),
                    );
                }
            }
            if !session.is_active() || dying {
                return text(
                    500,
                    &format!("java.lang.IllegalStateException: Session is in state {state}"),
                );
            }
            let kind = body["kind"].as_str().or(session.request["kind"].as_str());
            let (Some(kind), Some(code)) = (kind, body["code"].as_str()) else {
                return text(
                    500,
                    "java.lang.IllegalArgumentException: Code type should be specified if session kind is shared",
                );
            };
            touch();
            let id = session.queue(kind, code);
            let posted = session::Statement {
                code: code.to_owned(),
                state: "waiting",
                ..Default::default()
            };
            let mut response = Response::json(201, &posted.document(id));
            let location = format!("/sessions/{}/statements/{id}", session.id);
            response.headers.push(("Location".to_owned(), location));
            response
        }
        _ if dying => text(500, "java.util.concurrent.CancellationException"),
        ("GET", _) if !session.is_active() => Response::json(
            400,
            &json!({"msg": "requirement failed: Session isn't active."}),
        ),
        ("GET", []) => {
            let statements = session.statements.lock().unwrap();
            let mut list: Vec<Value> = statements.iter().map(|(id, s)| s.document(*id)).collect();
            let total = list.len();
            if request
                .query
                .get("order")
                .is_some_and(|order| order == "desc")
            {
                list.reverse();
            }
            let number = |key: &str, default| {
                request
                    .query
                    .get(key)
                    .map_or(default, |n| n.parse().unwrap())
            };
            let list: Vec<Value> = list
                .into_iter()
                .skip(number("from", 0))
                .take(number("size", 100))
                .collect();
            Response::json(200, &json!({"total_statements": total, "statements": list}))
        }
        ("GET", [id]) => {
            let Ok(id) = id.parse::<u64>() else {
                return text(400, "For input string");
            };
            match session.statements.lock().unwrap().get(&id) {
                Some(statement) => Response::json(200, &statement.document(id)),
                None => text(404, "Statement not found"),
            }
        }
        ("POST", [id, "cancel"]) => {
            if !session.is_active() {
                return text(
                    500,
                    &format!("java.lang.IllegalStateException: Session is in state {state}"),
                );
            }
            touch();
            session.cancel(id.parse().unwrap());
            Response::json(200, &json!({"msg": "canceled"}))
        }
        _ => Response::page(405, ""),
    }
}
