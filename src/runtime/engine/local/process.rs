//! The agent process and the conversation with it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{mpsc, oneshot};

use super::home::Session;
use super::provision::Installation;
use crate::runtime::engine::EngineError;
use crate::runtime::engine::failure::RawFailure;

/// Variables that would change the session behind the user's back, or belong to another Spark.
const FOREIGN_VARIABLES: [&str; 27] = [
    "PYSPARK_ALLOW_INSECURE_GATEWAY",
    "PYSPARK_DRIVER_PYTHON",
    "PYSPARK_DRIVER_PYTHON_OPTS",
    "PYSPARK_GATEWAY_PORT",
    "PYSPARK_GATEWAY_SECRET",
    "PYSPARK_HADOOP_VERSION",
    "PYSPARK_PIN_THREAD",
    "PYSPARK_PYTHON",
    "PYSPARK_SUBMIT_ARGS",
    "PYTHONHOME",
    "PYTHONINSPECT",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "SPARK_API_MODE",
    "SPARK_CONF_DIR",
    "SPARK_CONNECT_MODE_ENABLED",
    "SPARK_DIST_CLASSPATH",
    "SPARK_DRIVER_MEMORY",
    "SPARK_ENV_LOADED",
    "SPARK_EXECUTOR_MEMORY",
    "SPARK_HOME",
    "SPARK_JAVA_OPTS",
    "SPARK_LOCAL_DIRS",
    "SPARK_MASTER",
    "SPARK_REMOTE",
    "SPARK_SUBMIT_OPTS",
    "SPARK_TESTING",
];
/// Of these, what a Spark distribution chosen by the user keeps.
const DISTRIBUTION_VARIABLES: [&str; 4] = [
    "SPARK_CONF_DIR",
    "SPARK_DIST_CLASSPATH",
    "SPARK_SUBMIT_OPTS",
    "SPARK_ENV_LOADED",
];
/// Time for an orderly end; the agent gives itself 15 s.
const END_TIME: Duration = Duration::from_secs(25);

/// What the agent answers.
#[derive(Debug, Deserialize)]
struct Answer {
    id: u64,
    ok: Option<Value>,
    error: Option<RawFailure>,
}

/// Why a request has no result.
#[derive(Debug)]
pub(super) enum RequestError {
    /// The agent refused it.
    Refused(RawFailure),
    /// The agent has ended.
    Ended,
}

type Waiting = BTreeMap<u64, oneshot::Sender<Result<Value, RawFailure>>>;

/// A running agent. Dropping it kills its process group: the agent, Java and what they started.
#[derive(Debug)]
pub(super) struct Agent {
    child: Child,
    group: Option<Pid>,
    requests: mpsc::UnboundedSender<String>,
    /// Who waits for an answer; `None` once the agent has ended.
    waiting: Arc<Mutex<Option<Waiting>>>,
    last_request: u64,
}

impl Agent {
    /// Starts the agent in a process group of its own, so that Ctrl-C in a terminal reaches only its engine.
    pub(super) fn start(
        installation: &Installation,
        session: &Session,
    ) -> Result<Self, EngineError> {
        let mut command = Command::new(&installation.python);
        command.arg("-u").arg(&session.agent);
        let distribution = installation.python_path.is_some();
        for name in FOREIGN_VARIABLES {
            if !(distribution && DISTRIBUTION_VARIABLES.contains(&name)) {
                command.env_remove(name);
            }
        }
        command
            .env("SPARK_HOME", &installation.spark_home)
            .env("JAVA_HOME", &installation.java_home)
            .env("PYSPARK_PYTHON", &installation.python)
            .env("PYSPARK_DRIVER_PYTHON", &installation.python)
            .env("PYTHONUTF8", "1")
            .env("PYTHONDONTWRITEBYTECODE", "1");
        if let Some(path) = &installation.python_path {
            command.env("PYTHONPATH", OsString::from(path));
        }
        command
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(session.open_log()?);
        let mut child = command.spawn().map_err(|source| EngineError::Io {
            action: "starting Python",
            path: installation.python.clone(),
            source,
        })?;
        let group = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw);
        let (requests, queue) = mpsc::unbounded_channel();
        let waiting = Arc::new(Mutex::new(Some(Waiting::new())));
        if let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) {
            // Tasks of their own, so that a caller who stops waiting does not cut a line in two.
            tokio::spawn(write_requests(stdin, queue));
            tokio::spawn(read_answers(stdout, Arc::clone(&waiting)));
        }
        Ok(Self {
            child,
            group,
            requests,
            waiting,
            last_request: 0,
        })
    }

    /// Sends a request and waits for its answer.
    pub(super) async fn request(
        &mut self,
        op: &str,
        mut fields: Map<String, Value>,
    ) -> Result<Value, RequestError> {
        self.last_request += 1;
        let id = self.last_request;
        fields.insert("id".to_owned(), id.into());
        fields.insert("op".to_owned(), op.into());
        let (sender, receiver) = oneshot::channel();
        {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting
                .as_mut()
                .ok_or(RequestError::Ended)?
                .insert(id, sender);
        }
        let line = format!("{}\n", Value::Object(fields));
        self.requests.send(line).map_err(|_| RequestError::Ended)?;
        match receiver.await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(refused)) => Err(RequestError::Refused(refused)),
            Err(_) => Err(RequestError::Ended),
        }
    }

    /// Ends the agent in order; whatever does not obey in time is killed.
    pub(super) async fn end(mut self) {
        let orderly = async {
            let _ = self.request("close", Map::new()).await;
            self.child.wait().await
        };
        let ended = tokio::time::timeout(END_TIME, orderly).await;
        if matches!(ended, Ok(Ok(status)) if status.success()) {
            self.group = None; // nothing is left to kill, and the number may be used again
        }
    }

    /// Kills the process group.
    fn kill(&mut self) {
        if let Some(group) = self.group.take() {
            // An error says that nothing is left.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn write_requests(mut stdin: ChildStdin, mut queue: mpsc::UnboundedReceiver<String>) {
    while let Some(line) = queue.recv().await {
        let written = stdin.write_all(line.as_bytes()).await;
        if written.is_err() || stdin.flush().await.is_err() {
            return; // the agent has ended, which the reader notices
        }
    }
}

async fn read_answers(stdout: ChildStdout, waiting: Arc<Mutex<Option<Waiting>>>) {
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let Ok(answer) = serde_json::from_str::<Answer>(&line) else {
            tracing::warn!(line, "answer of the agent not understood");
            break; // whoever waits would wait for ever
        };
        let sender = waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_mut()
            .and_then(|waiting| waiting.remove(&answer.id));
        if let Some(sender) = sender {
            let result = match (answer.ok, answer.error) {
                (_, Some(error)) => Err(error),
                (ok, None) => Ok(ok.unwrap_or_default()),
            };
            // Nobody may wait any more.
            let _ = sender.send(result);
        }
    }
    *waiting.lock().unwrap_or_else(PoisonError::into_inner) = None;
}
