//! What goes wrong between hoist and a Livy server: each with a clear message, and nothing left on the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hoist::runtime::engine::livy::{self, Auth, Livy, LivyError, LivyOptions, Secret};
use hoist::runtime::engine::local::CatalogKind;
use hoist::runtime::engine::{Engine as _, EngineError, Notice, Status};
use serde_json::{Value, json};

use super::suite::{command, done, failed, python, run, value};
use super::{livy as livy_error, open, options};
use crate::livy_server::{Executor, Fault, LivyServer, Settings, Start, When};
use crate::local_engine::block_on;

/// What a session says of itself in place of Spark.
fn session_info() -> Value {
    json!({"id": "local-1", "spark_version": "3.5.6", "python_version": "3.11.7", "java_version": "17.0.9",
           "master": "local[2]", "storage_memory_bytes": 455_501_414, "cores": 2})
}

fn ok(data: &Value) -> Value {
    json!({"status": "ok", "execution_count": 0, "data": {"application/json": data}})
}

/// Fixed answers: statements take no time, except for those that say `sleep`; how many ran is counted.
fn script(runs: &Arc<AtomicUsize>) -> Executor {
    let runs = Arc::clone(runs);
    Executor::Script(Arc::new(move |kind, code| {
        if code.contains("module.start(globals())") {
            return ok(&session_info());
        }
        runs.fetch_add(1, Ordering::SeqCst);
        if code.contains("sleep") {
            std::thread::sleep(Duration::from_secs(2));
        }
        if kind == "sql" {
            ok(&json!({"schema": {"type": "struct", "fields": []}, "data": []}))
        } else {
            ok(&json!({"state": "done", "stdout": "", "elapsed_micros": 1}))
        }
    }))
}

fn settings() -> (Settings, Arc<AtomicUsize>) {
    let runs = Arc::default();
    (Settings::new(script(&runs)), runs)
}

/// Options with which tests do not wait long.
fn quick(url: &str) -> LivyOptions {
    let mut options = options(url);
    options.request_deadline = Duration::from_millis(1500);
    options.start_deadline = Duration::from_secs(2);
    options
}

/// The error of an attempt to open a session, of which nothing may be left.
fn refused(server: &LivyServer, options: LivyOptions) -> LivyError {
    let error = block_on(async {
        let mut engine = Livy::new(options);
        livy_error(engine.open(&mut |_| ()).await.unwrap_err())
    });
    assert!(!error.help().is_empty());
    assert!(
        server
            .sessions()
            .iter()
            .all(|session| session.request["name"] == "theirs")
    );
    error
}

#[test]
fn a_server_that_is_down() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let started = Instant::now();
    let error = block_on(livy::status(&quick(&url))).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("the Livy server at `{url}` does not answer: ")),
        "{text}"
    );
    assert!(text.contains("refused"), "{text}");
    assert!(
        started.elapsed() < Duration::from_secs(30),
        "it is told at once, without waiting for a deadline"
    );
}

#[test]
fn a_url_that_is_no_livy() {
    let (mut settings, _) = settings();
    settings.base_path = "/gateway/default/livy/v1";
    let server = LivyServer::start(settings);
    let wrong = server.url().replace("/default/", "/other/");
    let error = refused(&server, quick(&wrong));
    assert_eq!(
        error.to_string(),
        format!(
            "`{wrong}` is no Livy server: `/sessions` gives status 404, HTTP ERROR 404 Not Found"
        )
    );
    assert!(error.help().contains("Knox"), "{}", error.help());
}

#[test]
fn credentials_that_are_refused_stay_secret() {
    let (mut settings, _) = settings();
    settings.authorization = Some("Bearer right".to_owned());
    let server = LivyServer::start(settings);
    let without = refused(&server, quick(&server.url()));
    assert!(
        without
            .to_string()
            .ends_with("refuses access (401) without credentials"),
        "{without}"
    );
    assert!(
        without.help().contains("HOIST_LIVY_TOKEN"),
        "{}",
        without.help()
    );
    let mut wrong = quick(&server.url());
    wrong.auth = Auth::Bearer {
        token: Secret::new("hunter2"),
    };
    let engine = Livy::new(wrong.clone());
    assert!(!format!("{engine:?}").contains("hunter2"));
    let error = refused(&server, wrong);
    assert!(
        error
            .to_string()
            .ends_with("refuses access (401) with the credentials given"),
        "{error}"
    );
    assert!(!format!("{error:?} {error} {}", error.help()).contains("hunter2"));

    let mut right = quick(&server.url());
    right.auth = Auth::Bearer {
        token: Secret::new("right"),
    };
    block_on(async {
        let mut engine = Livy::new(right);
        open(&mut engine).await;
        engine.close().await.unwrap();
    });
    assert!(server.sessions().is_empty());
}

#[test]
fn fields_that_an_older_server_does_not_know() {
    let (mut settings, _) = settings();
    settings.unknown = vec!["heartbeatTimeoutInSecond", "idleTimeout"];
    settings.version = Some("0.8.0-incubating");
    let server = LivyServer::start(settings);
    block_on(async {
        let mut options = quick(&server.url());
        options.session.idle_timeout = Some("2h".to_owned());
        let mut engine = Livy::new(options);
        let notices = open(&mut engine).await;
        let warnings: Vec<_> = notices
            .iter()
            .filter_map(|notice| match notice {
                Notice::Warning { message } => Some(message.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        assert!(
            warnings[0].contains("`idle_timeout` is left out, since Livy 0.8.0"),
            "{warnings:?}"
        );
        assert!(
            warnings[1].contains("does not know `heartbeatTimeoutInSecond`"),
            "{warnings:?}"
        );
        engine.close().await.unwrap();
    });
    // What the user asked for is not left out in silence.
    let (mut settings, _) = self::settings();
    settings.unknown = vec!["numExecutors"];
    settings.version = Some("0.8.0-incubating");
    let server = LivyServer::start(settings);
    let mut options = quick(&server.url());
    options.session.num_executors = Some(4);
    let error = refused(&server, options);
    assert_eq!(
        error.to_string(),
        "the Livy server (version 0.8.0-incubating) does not know the session setting `numExecutors`"
    );
}

#[test]
fn names_that_cannot_be_used() {
    let (settings, _) = settings();
    let server = LivyServer::start(settings);
    server.other_session(&json!({"name": "theirs"}));
    let mut options = quick(&server.url());
    options.session.name = Some("theirs".to_owned());
    let error = refused(&server, options.clone());
    assert!(
        error
            .to_string()
            .starts_with("a Livy session named `theirs` exists already"),
        "{error}"
    );
    assert_eq!(server.sessions().len(), 1, "theirs is not deleted");
    options.session.name = Some("123".to_owned());
    let posts = server.count("POST", "/sessions");
    let error = refused(&server, options);
    assert!(matches!(error, LivyError::BadSetting { .. }), "{error}");
    assert_eq!(
        server.count("POST", "/sessions"),
        posts,
        "the server would leak a driver"
    );
}

#[test]
fn a_server_without_room() {
    let (mut settings, _) = settings();
    settings.most_sessions = 0;
    let server = LivyServer::start(settings);
    let error = refused(&server, quick(&server.url()));
    assert!(
        matches!(error, LivyError::TooManySessions { .. }),
        "{error}"
    );
}

#[test]
fn a_session_that_dies_while_starting() {
    let (mut settings, _) = settings();
    settings.start = Start::Dies;
    let server = LivyServer::start(settings);
    let error = refused(&server, quick(&server.url()));
    let text = error.to_string();
    assert!(text.contains("did not start: state `dead`: "), "{text}");
    assert!(
        text.contains("java.lang.OutOfMemoryError: Java heap space"),
        "{text}"
    );
    assert_eq!(server.sessions().len(), 0);
}

#[test]
fn a_session_that_does_not_get_ready() {
    let (mut settings, _) = settings();
    settings.start = Start::Never;
    let server = LivyServer::start(settings);
    let error = refused(&server, quick(&server.url()));
    assert!(
        error
            .to_string()
            .contains("was not ready within 2 s (state `starting`)"),
        "{error}"
    );
    assert_eq!(server.sessions().len(), 0);
}

/// Whoever gives up waiting for the session, as Ctrl-C does, leaves none behind.
#[test]
fn opening_may_be_given_up() {
    let (mut settings, _) = settings();
    settings.start = Start::Never;
    let server = LivyServer::start(settings);
    block_on(async {
        let mut engine = Livy::new(quick(&server.url()));
        let mut ignore = |_| ();
        let brief = tokio::time::timeout(Duration::from_millis(700), engine.open(&mut ignore));
        assert!(brief.await.is_err());
        assert_eq!(server.sessions().len(), 1);
        engine.close().await.unwrap();
        assert_eq!(server.sessions().len(), 0, "closed in order");

        let mut engine = Livy::new(quick(&server.url()));
        let brief = tokio::time::timeout(Duration::from_millis(700), engine.open(&mut ignore));
        assert!(brief.await.is_err());
        assert_eq!(server.sessions().len(), 1);
        drop(engine);
        assert_eq!(server.sessions().len(), 0, "dropped");
    });
}

#[test]
fn a_lost_answer_to_a_new_session() {
    for fault in [
        Fault::Drop(When::After),
        Fault::Drop(When::Before),
        Fault::Status(502, When::After),
        Fault::Status(503, When::Before),
    ] {
        let (settings, _) = settings();
        let server = LivyServer::start(settings);
        server.inject("POST", "/sessions", fault);
        block_on(async {
            let mut engine = Livy::new(quick(&server.url()));
            open(&mut engine).await;
            assert_eq!(server.sessions().len(), 1);
            engine.close().await.unwrap();
        });
        assert_eq!(server.sessions().len(), 0);
    }
}

/// An INSERT whose answer is lost runs once, whether or not the server had accepted it before.
#[test]
fn a_lost_answer_to_a_statement() {
    let append = || command("INSERT INTO t SELECT 1");
    for fault in [
        Fault::Drop(When::After),
        Fault::Status(500, When::After),
        Fault::Status(502, When::After),
        Fault::Status(504, When::After),
        Fault::Status(502, When::Before),
        Fault::Status(429, When::Before),
        Fault::Slow(Duration::from_secs(2)),
    ] {
        let (settings, runs) = settings();
        let server = LivyServer::start(settings);
        block_on(async {
            let mut engine = Livy::new(quick(&server.url()));
            open(&mut engine).await;
            server.inject("POST", "/statements", fault.clone());
            done(&mut engine, append()).await;
            assert_eq!(runs.load(Ordering::SeqCst), 1, "{fault:?}");
            engine.close().await.unwrap();
        });
    }
    // Where nobody can know, it is not sent again.
    for fault in [Fault::Drop(When::Before), Fault::Status(504, When::Before)] {
        let (settings, runs) = settings();
        let server = LivyServer::start(settings);
        block_on(async {
            let mut engine = Livy::new(quick(&server.url()));
            open(&mut engine).await;
            server.inject("POST", "/statements", fault.clone());
            let error = livy_error(engine.submit(append()).await.unwrap_err());
            assert!(
                error
                    .to_string()
                    .starts_with("it is not known whether the Livy server accepted `test`"),
                "{error}"
            );
            assert_eq!(server.count("POST", "/statements"), 2, "{fault:?}");
            assert_eq!(runs.load(Ordering::SeqCst), 0);
            // Python knows which submissions it has seen.
            server.inject("POST", "/statements", fault.clone());
            done(&mut engine, python("x = 1")).await;
            assert_eq!(runs.load(Ordering::SeqCst), 1);
            engine.close().await.unwrap();
        });
    }
}

/// A server that is away for a moment is not the end of a statement; polls that fail are repeated.
#[test]
fn polls_that_go_wrong() {
    let (settings, _) = settings();
    let server = LivyServer::start(settings);
    block_on(async {
        let mut engine = Livy::new(quick(&server.url()));
        open(&mut engine).await;
        for fault in [
            Fault::Drop(When::Before),
            Fault::Status(502, When::Before),
            Fault::Status(500, When::Before),
            Fault::Slow(Duration::from_secs(2)),
        ] {
            server.inject("GET", "/statements/", fault);
        }
        done(&mut engine, command("INSERT INTO t SELECT 1")).await;

        // A finished statement without its output is read again.
        let id = engine
            .submit(command("INSERT INTO t SELECT 2"))
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.inject("GET", "/statements/", Fault::Torn);
        assert!(matches!(engine.poll(id).await.unwrap(), Status::Running(_)));
        assert!(matches!(
            engine.wait(id, &mut |_| ()).await.unwrap(),
            Status::Done(_)
        ));
        engine.close().await.unwrap();
    });
}

#[test]
fn a_server_that_stays_away() {
    let (settings, _) = settings();
    let server = LivyServer::start(settings);
    block_on(async {
        let mut engine = Livy::new(quick(&server.url()));
        open(&mut engine).await;
        for _ in 0..200 {
            server.inject("GET", "/statements/", Fault::Status(503, When::Before));
        }
        let id = engine
            .submit(command("INSERT INTO t SELECT 1"))
            .await
            .unwrap();
        let error = livy_error(engine.wait(id, &mut |_| ()).await.unwrap_err());
        assert!(matches!(error, LivyError::Unreachable { .. }), "{error}");
        engine.close().await.unwrap();
    });
}

#[test]
fn a_server_that_restarts() {
    let (settings, _) = settings();
    let server = LivyServer::start(settings);
    block_on(async {
        let mut engine = Livy::new(quick(&server.url()));
        open(&mut engine).await;
        let id = engine
            .submit(command("INSERT INTO sleep SELECT 1"))
            .await
            .unwrap();
        server.restart();
        // The number of our session is somebody else's now.
        server.other_session(&json!({"name": "theirs"}));
        let error = livy_error(engine.wait(id, &mut |_| ()).await.unwrap_err());
        assert!(
            error.to_string().contains("ended unexpectedly (the server"),
            "{error}"
        );
        engine.close().await.unwrap();
        assert_eq!(server.sessions().len(), 1, "theirs is not deleted");
    });
}

#[test]
fn a_statement_past_its_deadline() {
    let (settings, _) = settings();
    let server = LivyServer::start(settings);
    block_on(async {
        let mut options = quick(&server.url());
        options.statement_deadline = Some(Duration::from_millis(1200));
        let mut engine = Livy::new(options);
        open(&mut engine).await;
        let failure = failed(&mut engine, command("INSERT INTO sleep SELECT 1")).await;
        assert_eq!(failure.class, "DEADLINE");
        assert_eq!(
            failure.message,
            "it did not end within 1 s and was cancelled"
        );
        engine.close().await.unwrap();
    });
}

/// Long statements are asked for seldom, short ones soon.
#[test]
fn polling_grows_with_the_statement() {
    let (settings, _) = settings();
    let server = LivyServer::start(settings);
    block_on(async {
        let mut engine = Livy::new(quick(&server.url()));
        open(&mut engine).await;
        let before = server.count("GET", "/statements/");
        let started = Instant::now();
        let id = engine
            .submit(command("INSERT INTO sleep SELECT 1"))
            .await
            .unwrap();
        // However often the caller asks.
        while matches!(engine.poll(id).await.unwrap(), Status::Running(_)) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let polls = server.count("GET", "/statements/") - before;
        assert!((5..40).contains(&polls), "{polls} polls in 2 s");
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "{:?}",
            started.elapsed()
        );
        let started = Instant::now();
        done(&mut engine, command("INSERT INTO t SELECT 1")).await;
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "{:?}",
            started.elapsed()
        );
        engine.close().await.unwrap();
    });
}

/// Signs of life keep the session of a client that waits, and its heartbeat ends that of one that is gone.
#[test]
fn sessions_live_as_long_as_their_client() {
    let (mut settings, _) = settings();
    settings.idle = Duration::from_millis(2500);
    let server = LivyServer::start(settings);
    let mut options = quick(&server.url());
    options.heartbeat = Duration::from_secs(2);
    block_on(async {
        let mut engine = Livy::new(options);
        open(&mut engine).await;
        tokio::time::sleep(Duration::from_secs(4)).await;
        done(&mut engine, command("INSERT INTO t SELECT 1")).await;
        assert!(server.count("POST", "/connect") >= 3);
        // Nobody drops this one.
        std::mem::forget(engine);
    });
    let started = Instant::now();
    while !server.sessions().is_empty() {
        assert!(
            started.elapsed() < Duration::from_mins(1),
            "the heartbeat ends it"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_session_that_cannot_be_deleted_is_named() {
    let (settings, _) = settings();
    let server = LivyServer::start(settings);
    block_on(async {
        let mut engine = Livy::new(quick(&server.url()));
        open(&mut engine).await;
        let name = server.sessions()[0].request["name"]
            .as_str()
            .unwrap()
            .to_owned();
        server.inject("DELETE", "/sessions/", Fault::Status(403, When::Before));
        let error = livy_error(engine.close().await.unwrap_err());
        let text = error.to_string();
        assert!(
            text.contains(&format!("`{name}`")) && text.contains("could not be deleted"),
            "{text}"
        );
        engine.close().await.unwrap();
        assert!(server.sessions().is_empty());
    });
}

/// A driver that dies during a statement, with real Spark.
#[test]
fn a_driver_that_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let server = LivyServer::start(Settings::new(Executor::Spark {
        home: folder.path().join("home"),
        catalog: CatalogKind::InMemory,
    }));
    block_on(async {
        let mut engine = Livy::new(options(&server.url()));
        open(&mut engine).await;
        let long = "SELECT sum(hash(id)) FROM range(0, 1000000000000, 1, 40)";
        let long = command(&format!("CREATE TABLE t USING parquet AS {long}"));
        let id = engine.submit(long).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(matches!(engine.poll(id).await.unwrap(), Status::Running(_)));
        server.sessions()[0].kill();
        let error = engine.wait(id, &mut |_| ()).await.unwrap_err();
        let EngineError::Livy(error) = error else {
            panic!("{error:?}")
        };
        let text = error.to_string();
        assert!(text.contains("ended unexpectedly (state `dead`)"), "{text}");
        assert!(text.contains("the driver was killed"), "{text}");
        let error = engine.submit(command("SET x = 1")).await.unwrap_err();
        assert!(error.to_string().contains("ended unexpectedly"), "{error}");
        engine.close().await.unwrap();
        assert!(server.sessions().is_empty());
    });
}

/// A statement that ends the Python shell, or that is forgotten before it is read.
#[test]
fn what_becomes_of_results() {
    let (settings, _) = settings();
    let server = LivyServer::start(settings);
    block_on(async {
        let mut options = quick(&server.url());
        let conf = &mut options.session.conf;
        conf.insert("livy.rsc.retained-statements".to_owned(), "1".to_owned());
        let mut engine = Livy::new(options);
        open(&mut engine).await;
        let first = engine
            .submit(command("INSERT INTO t SELECT 1"))
            .await
            .unwrap();
        run(&mut engine, value("hoist_value = 1")).await;
        let error = livy_error(engine.wait(first, &mut |_| ()).await.unwrap_err());
        assert!(
            error
                .to_string()
                .contains("no longer knows the result of `test`"),
            "{error}"
        );
        assert!(
            error.help().contains("livy.rsc.retained-statements"),
            "{}",
            error.help()
        );
        engine.close().await.unwrap();
    });
}
