//! In an open session: lost answers, servers that go away, deadlines, and sessions that end too early or not at all.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use hoist::runtime::engine::livy::{Livy, LivyError};
use hoist::runtime::engine::local::CatalogKind;
use hoist::runtime::engine::{Engine as _, EngineError, Status};
use serde_json::json;

use super::{quick, settings};
use crate::livy::suite::{command, done, failed, python, run, value};
use crate::livy::{livy as livy_error, options};
use crate::livy_server::{Executor, Fault, LivyServer, Settings, When};
use crate::local_engine::{block_on, open};

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
