//! Before there is a session: a server that is down, refuses, or loses answers, and sessions that do not get ready.

use std::time::{Duration, Instant};

use hoist::runtime::engine::livy::{self, Auth, Livy, LivyError, LivyOptions, Secret};
use hoist::runtime::engine::{Engine as _, Notice};
use serde_json::json;

use super::{quick, settings};
use crate::livy::livy as livy_error;
use crate::livy::suite::command;
use crate::livy_server::{Fault, LivyServer, Start, When};
use crate::local_engine::{block_on, open};

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

/// A server may want a header that pages of other sites cannot send. All of hoist's requests have it.
#[test]
fn a_server_that_wants_the_header() {
    let (settings, _) = settings();
    assert!(settings.csrf);
    let server = LivyServer::start(settings);
    block_on(async {
        let bare = reqwest::Client::new().post(format!("{}/sessions", server.url()));
        let answer = bare.body("{}").send().await.unwrap();
        assert_eq!(answer.status(), 400);
        assert!(answer.text().await.unwrap().contains("CSRF protection"));
        assert!(server.sessions().is_empty());

        let mut engine = Livy::new(quick(&server.url()));
        open(&mut engine).await;
        let id = engine.submit(command("SET x = 1")).await.unwrap();
        engine.cancel(id).await.unwrap();
        engine.wait(id, &mut |_| ()).await.unwrap();
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
    let (mut settings, _) = super::settings();
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
