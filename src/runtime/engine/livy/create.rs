//! Making a session: the request, and what to do about refusals and lost answers.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::error::LivyError;
use super::http::Reply;
use super::options::LivyOptions;
use super::session::{News, OWNER, START_PAUSE, Session, access_error, read};
use super::wire::{self, SessionDocument};
use crate::runtime::engine::SESSION_CONF;

/// Attempts to make a session whose first request was not answered.
const ATTEMPTS: u32 = 3;
/// Fields that a session can do without, where the server does not know them.
const OPTIONAL: [&str; 2] = ["heartbeatTimeoutInSecond", "idleTimeout"];

impl Session {
    /// The request that makes the session.
    fn request(&self, options: &LivyOptions, version: Option<&str>) -> Map<String, Value> {
        let session = &options.session;
        let mut conf = session.conf.clone();
        conf.insert(OWNER.to_owned(), self.owner.clone());
        for (key, value) in SESSION_CONF {
            conf.insert(key.to_owned(), value.to_owned());
        }
        let mut fields = Map::new();
        let mut set = |key: &str, value: Value| {
            let absent = match &value {
                Value::Null => true,
                Value::Array(items) => items.is_empty(),
                _ => false,
            };
            if !absent {
                fields.insert(key.to_owned(), value);
            }
        };
        set("name", json!(self.name));
        set("kind", json!(session.kind));
        set("conf", json!(conf));
        set("proxyUser", json!(session.proxy_user));
        set("driverMemory", json!(session.driver_memory));
        set("driverCores", json!(session.driver_cores));
        set("executorMemory", json!(session.executor_memory));
        set("executorCores", json!(session.executor_cores));
        set("numExecutors", json!(session.num_executors));
        set("queue", json!(session.queue));
        set("jars", json!(session.jars));
        set("pyFiles", json!(session.py_files));
        if !options.heartbeat.is_zero() {
            set(
                "heartbeatTimeoutInSecond",
                json!(options.heartbeat.as_secs().max(1)),
            );
        }
        // Older servers refuse what they do not know.
        let is_old = version
            .and_then(wire::version_number)
            .is_some_and(|number| number < (0, 9));
        if !is_old {
            set("idleTimeout", json!(session.idle_timeout));
        }
        fields
    }

    /// Makes the session: at most one, however often the answer is lost.
    pub(super) async fn make(
        &mut self,
        options: &LivyOptions,
        version: Option<&str>,
        tell: &mut (dyn FnMut(News) + Send),
    ) -> Result<SessionDocument, LivyError> {
        let mut fields = self.request(options, version);
        if options.session.idle_timeout.is_some() && !fields.contains_key("idleTimeout") {
            tell(News::Warning {
                message: format!(
                    "`idle_timeout` is left out, since Livy {} does not know it; 0.9 does",
                    version.unwrap_or_default()
                ),
            });
        }
        let mut attempt = 0;
        loop {
            attempt += 1;
            let body = Value::Object(fields.clone());
            let sent = self
                .client
                .once(Method::POST, &["sessions"], &[], Some(&body))
                .await;
            let trouble = match sent {
                Ok(reply) if reply.is_success() => {
                    let document: SessionDocument = read(&reply, "to a new session")?;
                    return self.adopt(document);
                }
                Ok(reply) if reply.is_passing() || reply.status >= 500 => {
                    format!("status {}, {}", reply.status, reply.message())
                }
                Ok(reply) => {
                    if let Some(document) = self.refused(&reply, version, &mut fields, tell).await?
                    {
                        return self.adopt(document);
                    }
                    continue;
                }
                Err(no_reply) => no_reply.detail().to_owned(),
            };
            // The name is unique, so that what was made can be found and a second attempt makes no second session.
            if let Some(document) = self.find().await? {
                return self.adopt(document);
            }
            if attempt == ATTEMPTS {
                return Err(LivyError::Unreachable {
                    url: self.client.url(),
                    detail: trouble,
                });
            }
            tokio::time::sleep(START_PAUSE * attempt).await;
        }
    }

    fn adopt(&mut self, document: SessionDocument) -> Result<SessionDocument, LivyError> {
        if document.id.is_none() {
            return Err(LivyError::UnexpectedAnswer {
                action: "to a new session",
                detail: "it has no id".to_owned(),
            });
        }
        self.id.clone_from(&document.id);
        Ok(document)
    }

    /// Deals with a refusal: gives the session where it exists already, changes the request where that helps.
    async fn refused(
        &self,
        reply: &Reply,
        version: Option<&str>,
        fields: &mut Map<String, Value>,
        tell: &mut (dyn FnMut(News) + Send),
    ) -> Result<Option<SessionDocument>, LivyError> {
        if let Some(error) = access_error(&self.client, reply) {
            return Err(error);
        }
        let message = reply.message();
        if let Some(field) = unknown_field(&message) {
            if OPTIONAL.contains(&field.as_str()) && fields.remove(&field).is_some() {
                tell(News::Warning {
                    message: format!("the Livy server does not know `{field}`; it is left out"),
                });
                return Ok(None);
            }
            return Err(LivyError::UnknownField {
                field,
                version: version.map(str::to_owned),
            });
        }
        if message.contains("Duplicate session name") {
            // The answer to an earlier attempt may have been lost.
            if let Some(document) = self.find().await? {
                return Ok(Some(document));
            }
            let other = self.document(&self.name).await.ok().flatten();
            return Err(LivyError::NameTaken {
                name: self.name.clone(),
                state: other.and_then(|other| other.state),
            });
        }
        if message.contains("too many sessions") {
            return Err(LivyError::TooManySessions { message });
        }
        Err(LivyError::Refused {
            action: "to make the session",
            status: reply.status,
            message,
        })
    }
}

/// The field in `Unrecognized field "x" (class …), not marked as ignorable …`.
fn unknown_field(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("Unrecognized field \"")?;
    Some(rest.split_once('"')?.0.to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::runtime::engine::livy::http::Client;

    #[test]
    fn fields_that_a_server_does_not_know() {
        let message = "Unrecognized field \"idleTimeout\" (class org.apache.livy.server.interactive.\
                       CreateInteractiveRequest), not marked as ignorable (17 known properties: \"name\")";
        assert_eq!(unknown_field(message).as_deref(), Some("idleTimeout"));
        assert_eq!(unknown_field("Invalid kind: nope"), None);
    }

    #[test]
    fn the_request_holds_what_was_given() {
        let mut options = LivyOptions::new("http://localhost:8998");
        options.session.driver_memory = Some("4g".to_owned());
        options.session.idle_timeout = Some("2h".to_owned());
        let session = Session {
            client: Client::new(&options).unwrap(),
            id: None,
            name: "hoist-1".to_owned(),
            owner: "1".to_owned(),
        };
        let conf =
            json!({OWNER: "1", "spark.sql.inMemoryColumnarStorage.partitionPruning": "false"});
        let new = session.request(&options, Some("0.9.0-incubating"));
        assert_eq!(
            Value::Object(new),
            json!({"name": "hoist-1", "conf": conf, "driverMemory": "4g", "idleTimeout": "2h",
                   "heartbeatTimeoutInSecond": 300})
        );
        options.heartbeat = Duration::ZERO;
        let old = session.request(&options, Some("0.8.0-incubating"));
        assert_eq!(
            Value::Object(old),
            json!({"name": "hoist-1", "conf": conf, "driverMemory": "4g"})
        );
    }
}
