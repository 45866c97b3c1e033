//! A session of the test server: a queue of statements and the one thread that runs them.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hoist::runtime::engine::local::{CatalogKind, Local};
use hoist::runtime::engine::{Engine as _, Language, Status, Submission, Want};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::local_engine;

/// Gives the output of a statement from its kind and code, in place of Spark.
pub(crate) type Script = Arc<dyn Fn(&str, &str) -> Value + Send + Sync>;

/// What runs the statements.
#[derive(Clone)]
pub(crate) enum Executor {
    /// Real Spark, with the files of the session in a folder.
    Spark { home: PathBuf, catalog: CatalogKind },
    /// Fixed answers.
    Script(Script),
}

/// How a session starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    Normal,
    /// It dies while starting.
    Dies,
    /// It stays in state `starting`.
    Never,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Statement {
    pub(crate) kind: String,
    pub(crate) code: String,
    pub(crate) state: &'static str,
    pub(crate) output: Value,
    pub(crate) started: u64,
    pub(crate) completed: u64,
}

impl Statement {
    pub(crate) fn document(&self, id: u64) -> Value {
        let progress = if self.completed > 0 { 1.0 } else { 0.0 };
        json!({"id": id, "code": self.code, "state": self.state, "output": self.output,
               "progress": progress, "started": self.started, "completed": self.completed})
    }
}

/// What handlers and the session's thread share.
pub(crate) struct Session {
    pub(crate) id: u64,
    pub(crate) request: Value,
    pub(crate) state: Mutex<&'static str>,
    pub(crate) statements: Mutex<BTreeMap<u64, Statement>>,
    pub(crate) log: Mutex<Vec<String>>,
    /// When a request named the session, and when one counted as activity.
    pub(crate) heard: Mutex<Instant>,
    pub(crate) active: Mutex<Instant>,
    /// When the driver was killed: for a moment the server does not know it yet.
    pub(crate) killed: Mutex<Option<Instant>>,
    next: Mutex<u64>,
    orders: mpsc::UnboundedSender<Order>,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
}

enum Order {
    Run(u64),
    Cancel(u64),
    Kill,
    End,
}

fn now_millis() -> u64 {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

impl Session {
    pub(crate) fn start(id: u64, request: Value, start: Start, executor: Executor) -> Arc<Self> {
        let (orders, queue) = mpsc::unbounded_channel();
        let session = Arc::new(Self {
            id,
            request,
            state: Mutex::new("starting"),
            statements: Mutex::default(),
            log: Mutex::new(vec!["stdout: ".to_owned(), "\nstderr: ".to_owned()]),
            heard: Mutex::new(Instant::now()),
            active: Mutex::new(Instant::now()),
            killed: Mutex::new(None),
            next: Mutex::new(0),
            orders,
            thread: Mutex::new(None),
        });
        let shared = Arc::clone(&session);
        let thread = std::thread::spawn(move || match start {
            Start::Never => {}
            Start::Dies => {
                std::thread::sleep(Duration::from_millis(100));
                shared.tell(
                    "Exception in thread \"main\" java.lang.OutOfMemoryError: Java heap space",
                );
                *shared.state.lock().unwrap() = "dead";
            }
            Start::Normal => local_engine::block_on(work(&shared, queue, executor)),
        });
        *session.thread.lock().unwrap() = Some(thread);
        session
    }

    pub(crate) fn tell(&self, line: &str) {
        self.log.lock().unwrap().push(line.to_owned());
    }

    pub(crate) fn setting(&self, key: &str) -> Option<String> {
        Some(self.request.get("conf")?.get(key)?.as_str()?.to_owned())
    }

    fn number(&self, key: &str, default: usize) -> usize {
        self.setting(key)
            .map_or(default, |value| value.parse().unwrap())
    }

    pub(crate) fn is_active(&self) -> bool {
        matches!(*self.state.lock().unwrap(), "idle" | "busy")
    }

    /// Queues a statement; the oldest one is forgotten where there are too many, whatever its state.
    pub(crate) fn queue(&self, kind: &str, code: &str) -> u64 {
        let mut next = self.next.lock().unwrap();
        let id = *next;
        *next += 1;
        let mut statements = self.statements.lock().unwrap();
        statements.insert(
            id,
            Statement {
                kind: kind.to_owned(),
                code: code.replace("\r\n", "\n"),
                state: "waiting",
                ..Statement::default()
            },
        );
        while statements.len() > self.number("livy.rsc.retained-statements", 100) {
            statements.pop_first();
        }
        let _ = self.orders.send(Order::Run(id));
        id
    }

    pub(crate) fn cancel(&self, id: u64) {
        let mut statements = self.statements.lock().unwrap();
        if let Some(statement) = statements.get_mut(&id) {
            match statement.state {
                "waiting" => {
                    statement.state = "cancelled";
                    statement.completed = now_millis();
                }
                "running" => {
                    statement.state = "cancelling";
                    let _ = self.orders.send(Order::Cancel(id));
                }
                _ => {}
            }
        }
    }

    /// Kills the driver at once.
    pub(crate) fn kill(&self) {
        *self.killed.lock().unwrap() = Some(Instant::now());
        self.tell("java.lang.IllegalStateException: the driver was killed");
        let _ = self.orders.send(Order::Kill);
    }

    /// Ends the session in order and waits for its thread.
    pub(crate) fn end(&self) {
        let _ = self.orders.send(Order::End);
        if let Some(thread) = self.thread.lock().unwrap().take() {
            let _ = thread.join();
        }
        *self.state.lock().unwrap() = "dead";
    }
}

async fn work(session: &Session, mut orders: mpsc::UnboundedReceiver<Order>, executor: Executor) {
    let mut engine = match &executor {
        Executor::Script(_) => None,
        Executor::Spark { home, catalog } => match open(session, home, *catalog).await {
            Ok(engine) => Some(engine),
            Err(message) => {
                session.tell(&message);
                *session.state.lock().unwrap() = "dead";
                return;
            }
        },
    };
    *session.state.lock().unwrap() = "idle";
    let mut waiting = VecDeque::new();
    loop {
        let order = match waiting.pop_front() {
            Some(order) => Some(order),
            None => orders.recv().await,
        };
        match order {
            None | Some(Order::End) => {
                if let Some(engine) = &mut engine {
                    engine.close().await.unwrap();
                }
                return;
            }
            Some(Order::Kill) => {
                drop(engine.take());
                *session.state.lock().unwrap() = "dead";
                return;
            }
            Some(Order::Cancel(_)) => {} // it has ended meanwhile
            Some(Order::Run(id)) => {
                let Some(statement) = begin(session, id) else {
                    continue;
                };
                let run = async {
                    match (&executor, &mut engine) {
                        (Executor::Script(script), _) => {
                            let script = Arc::clone(script);
                            let call = move || script(&statement.kind, &statement.code);
                            Some(tokio::task::spawn_blocking(call).await.unwrap())
                        }
                        (Executor::Spark { .. }, Some(engine)) => {
                            let mut at_work = AtWork {
                                session,
                                engine,
                                orders: &mut orders,
                                waiting: &mut waiting,
                            };
                            at_work.run(id, &statement).await
                        }
                        (Executor::Spark { .. }, None) => None,
                    }
                };
                if let Some(output) = run.await {
                    finish(session, id, output);
                } else {
                    drop(engine.take());
                    *session.state.lock().unwrap() = "dead";
                    return;
                }
            }
        }
    }
}

/// Marks a waiting statement as running; none where it was cancelled or forgotten.
fn begin(session: &Session, id: u64) -> Option<Statement> {
    *session.state.lock().unwrap() = "busy";
    let mut statements = session.statements.lock().unwrap();
    let statement = statements.get_mut(&id)?;
    if statement.state != "waiting" {
        return None;
    }
    statement.state = "running";
    statement.started = now_millis();
    Some(statement.clone())
}

fn finish(session: &Session, id: u64, output: Value) {
    let mut statements = session.statements.lock().unwrap();
    if let Some(statement) = statements.get_mut(&id) {
        statement.output = output;
        statement.state = if statement.state == "cancelling" {
            "cancelled"
        } else {
            "available"
        };
        statement.completed = now_millis();
    }
    drop(statements);
    *session.active.lock().unwrap() = Instant::now();
    *session.state.lock().unwrap() = "idle";
}

/// A statement at work on real Spark.
struct AtWork<'a> {
    session: &'a Session,
    engine: &'a mut Local,
    orders: &'a mut mpsc::UnboundedReceiver<Order>,
    waiting: &'a mut VecDeque<Order>,
}

impl AtWork<'_> {
    /// The output; none where the driver was killed.
    async fn run(&mut self, id: u64, statement: &Statement) -> Option<Value> {
        let limit = self.session.number("livy.rsc.sql.num-rows", 1000);
        let variables = [
            ("kind", statement.kind.clone()),
            ("number", id.to_string()),
            ("code", statement.code.clone()),
            ("limit", limit.to_string()),
        ];
        let text = "import sys\nv = hoist_vars\nhoist_value = sys.modules['livy_shell'].run(\
                    v['kind'], int(v['number']), v['code'], int(v['limit']))";
        let running = self.engine.submit(submission(text, variables)).await.ok()?;
        let mut cancelling = false;
        loop {
            let pause = Duration::from_millis(if cancelling { 100 } else { 60_000 });
            let mut ignore = |_| ();
            tokio::select! {
                status = self.engine.wait(running, &mut ignore) => {
                    return match status.ok()? {
                        Status::Done(output) => output.value,
                        // The shell itself failed.
                        Status::Failed(failure) => Some(json!({"status": "error", "ename": failure.class,
                            "evalue": failure.message, "traceback": [failure.trace]})),
                        Status::Running(_) | Status::Cancelled => None,
                    };
                }
                order = self.orders.recv() => match order {
                    Some(Order::Kill) | None => return None,
                    Some(Order::Cancel(other)) if other == id => {
                        cancelling = true;
                        self.cancel_group(id).await?;
                    }
                    Some(other) => self.waiting.push_back(other),
                },
                () = tokio::time::sleep(pause) => if cancelling {
                    self.cancel_group(id).await?;
                },
            }
            // A session may be deleted while it is busy.
            if self.waiting.iter().any(|order| matches!(order, Order::End)) {
                self.engine.cancel(running).await.ok()?;
                return Some(Value::Null);
            }
        }
    }

    async fn cancel_group(&mut self, id: u64) -> Option<()> {
        let text = "import sys\nsys.modules['livy_shell'].cancel(int(hoist_vars['number']))\nhoist_value = 0";
        let asked = submission(text, [("number", id.to_string())]);
        let asked = self.engine.submit(asked).await.ok()?;
        self.engine.wait(asked, &mut |_| ()).await.ok().map(|_| ())
    }
}

fn submission<const N: usize>(text: &str, variables: [(&str, String); N]) -> Submission {
    Submission {
        label: "livy".to_owned(),
        language: Language::Python,
        text: text.to_owned(),
        want: Want::Value,
        variables: variables
            .map(|(name, value)| (name.to_owned(), value))
            .into(),
        file: None,
    }
}

/// Starts Spark and the interpreters.
async fn open(session: &Session, home: &Path, catalog: CatalogKind) -> Result<Local, String> {
    let mut options = local_engine::options(home, catalog);
    let conf = session.request.get("conf").and_then(Value::as_object);
    for (key, value) in conf.into_iter().flatten() {
        if key.starts_with("spark.") {
            options
                .conf
                .insert(key.clone(), value.as_str().unwrap().to_owned());
        }
    }
    let memory = session.request.get("driverMemory").and_then(Value::as_str);
    let memory = memory.and_then(|text| text.strip_suffix('g')?.parse::<u64>().ok());
    if let Some(gibibytes) = memory {
        options.driver_memory_bytes = Some(gibibytes << 30);
    }
    let mut engine = Local::new(options);
    engine
        .open(&mut |_| ())
        .await
        .map_err(|error| error.to_string())?;
    let text = "import sys, types\nshell = sys.modules['livy_shell'] = types.ModuleType('livy_shell')\n\
                exec(hoist_vars['text'], shell.__dict__)\nshell.start(spark)\nhoist_value = 0";
    let start = submission(text, [("text", include_str!("shell.py").to_owned())]);
    let start = engine.submit(start).await.unwrap();
    match engine.wait(start, &mut |_| ()).await.unwrap() {
        Status::Done(_) => Ok(engine),
        other => Err(format!("{other:?}")),
    }
}
