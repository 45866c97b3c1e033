//! Runs through Livy that never begin, as the user sees them.

use std::process::Command;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{PASSWORD, ended, through, with_user};
use crate::end_to_end::Home;
use crate::end_to_end::stopped::{interrupt, pipeline};
use crate::livy_server::{Executor, LivyServer, Settings, Start, basic};
use crate::local_engine::wait_for;

/// Statements are never reached on this server.
fn settings() -> Settings {
    Settings::new(Executor::Script(Arc::new(|_, _| Value::Null)))
}

/// Ctrl-C while the session starts.
#[test]
fn an_interrupt_before_there_is_a_session() {
    for command in ["execute", "catalog"] {
        let mut settings = settings();
        settings.start = Start::Never;
        let server = LivyServer::start(settings);
        let home = pipeline();
        let mut command = through(&home, &server.url(), &[command, "p"]);
        let child = command.spawn().unwrap();
        wait_for("a session that starts", 60, || {
            server.count("GET", "/sessions/") > 1
        });
        assert_eq!(server.sessions().len(), 1);
        interrupt(&child);
        let said = home.ended(child.wait_with_output().unwrap(), 130);
        assert_eq!(server.sessions().len(), 0);
        said.tells(&[
            "starting Livy 0.9.0-incubating at http://",
            "/sessions/0/log",
        ]);
    }
}

/// What goes wrong before a session, as the user sees it: always exit code 2, the reason and the next step.
#[test]
fn what_never_begins_says_why() {
    let home = pipeline();
    let refused = |settings: Settings, change: &dyn Fn(&mut Command), says: &str| {
        let server = LivyServer::start(settings);
        server.other_session(&json!({"name": "theirs"}));
        let mut command = through(&home, &server.url(), &["execute", "p"]);
        change(&mut command);
        let said = ended(&home, command, 2);
        said.tells(&["error: ", says, "\n  help: "]);
        assert_eq!(said.out, "");
        assert_eq!(server.sessions().len(), 1, "theirs and no other: {says}");
    };
    let nothing = |_: &mut Command| {};
    let setting = |name: &'static str, value: &'static str| {
        move |command: &mut Command| {
            command.env(name, value);
        }
    };
    let with = |change: &dyn Fn(&mut Settings)| {
        let mut settings = settings();
        change(&mut settings);
        settings
    };
    refused(
        with(&|settings| settings.authorization = Some(basic("ann", "another"))),
        &nothing,
        "refuses access (401) with the credentials given",
    );
    refused(
        with(&|settings| settings.unknown = vec!["numExecutors"]),
        &setting("HOIST_ENGINE_LIVY_NUM_EXECUTORS", "4"),
        "does not know the session setting `numExecutors`",
    );
    refused(
        settings(),
        &setting("HOIST_ENGINE_LIVY_NAME", "theirs"),
        "a Livy session named `theirs` exists already (state `",
    );
    refused(
        with(&|settings| settings.most_sessions = 1),
        &nothing,
        "the Livy server starts no further session",
    );
    refused(
        with(&|settings| settings.start = Start::Dies),
        &nothing,
        "did not start: state `dead`: Exception in thread \"main\" java.lang.OutOfMemoryError",
    );
    refused(
        with(&|settings| settings.start = Start::Never),
        &setting("HOIST_ENGINE_LIVY_START_TIMEOUT", "1s"),
        "was not ready within 1 s (state `starting`)",
    );
}

/// Addresses without a Livy server.
#[test]
fn addresses_that_are_wrong_are_told() {
    let home = pipeline();
    let server = LivyServer::start(Settings {
        base_path: "/gateway/default/livy/v1",
        authorization: Some(basic("ann", "another")),
        ..settings()
    });
    let url = server.url();
    let other = url.replace("/default/", "/other/");
    let says_404 = format!("`{other}` is no Livy server: ");
    for (arguments, says) in [
        (
            &["execute", "p", "--url", "http://127.0.0.1:1"][..],
            "the Livy server at `http://127.0.0.1:1` does not answer: ",
        ),
        (
            &["execute", "p", "--engine", "livy"],
            "the address of the Livy server is not known",
        ),
        (
            &["execute", "p", "--url", "http://ann:secret@h:1"],
            "`http://h:1` cannot be the address of a Livy server",
        ),
        (&["execute", "p", "--url", &other], &says_404),
        (&["engine", "status", "--url", &other], &says_404),
        (
            &["engine", "status", "--url", &url],
            "refuses access (401) with the credentials given",
        ),
    ] {
        let mut command = home.plain_command(arguments);
        with_user(&mut command);
        // A gateway that wants credentials tells those without access nothing, not even what it lacks.
        if arguments.contains(&other.as_str()) {
            command.env("HOIST_LIVY_PASSWORD", "another");
        }
        let said = ended(&home, command, 2);
        said.tells(&["error: ", says, "\n  help: "]);
        assert!(!said.err.contains("secret"), "{}", said.err);
        assert_eq!(said.out, "");
    }
    assert_eq!(server.sessions().len(), 0);
}

/// A password or token comes from the environment or from a file, and a token goes before a password.
#[test]
fn credentials_come_from_the_environment_or_a_file() {
    let home = Home::new();
    home.write("password", &format!("{PASSWORD}\n"));
    home.write("token", "token-of-ann\r\n");
    let status = |server: &LivyServer, variables: &[(&str, &str)], code: i32| {
        let mut command = home.plain_command(&["engine", "status", "--url", &server.url()]);
        command.envs(variables.iter().copied());
        let said = ended(&home, command, code);
        assert!(!said.err.contains("token-of-ann"), "{}", said.err);
        if code == 0 {
            let told = format!("Livy    0.9.0-incubating {}\n", server.url());
            assert_eq!(said.out, told);
        }
        said
    };
    let wanting = |authorization: &str| {
        LivyServer::start(Settings {
            authorization: Some(authorization.to_owned()),
            ..settings()
        })
    };
    let user = ("HOIST_ENGINE_LIVY_USER", "ann");
    let password_file = ("HOIST_ENGINE_LIVY_PASSWORD_FILE", "password");

    let server = wanting(&basic("ann", PASSWORD));
    status(&server, &[user, ("HOIST_LIVY_PASSWORD", PASSWORD)], 0);
    status(&server, &[user, password_file], 0);
    status(&server, &[user], 2).tells(&["no password for the Livy user `ann`"]);
    status(&server, &[password_file], 2).tells(&["a Livy password, but no user"]);
    let missing = ("HOIST_ENGINE_LIVY_PASSWORD_FILE", "missing");
    status(&server, &[user, missing], 2).tells(&["the secret in `", "missing` cannot be read"]);

    let server = wanting("Bearer token-of-ann");
    status(&server, &[("HOIST_LIVY_TOKEN", "token-of-ann")], 0);
    let token_file = ("HOIST_ENGINE_LIVY_TOKEN_FILE", "token");
    status(&server, &[user, password_file, token_file], 0);
    status(&server, &[user, password_file], 2).tells(&["refuses access (401)"]);
}
