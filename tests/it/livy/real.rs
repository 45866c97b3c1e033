//! The suite on a real Livy server: a running one named by `HOIST_LIVY_URL` (its driver must see this machine's
//! files), or one that is started from `LIVY_HOME` (folder of `jars`, `rsc-jars`, `repl_2.12-jars`), with the Spark of
//! `SPARK_HOME`.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hoist::runtime::engine::livy::{self, Livy};
use hoist::runtime::engine::{Engine as _, Notice};
use serde_json::Value;

use super::{options, suite};
use crate::end_to_end;
use crate::local_engine::{block_on, open};

/// A server started from `LIVY_HOME`; dropping it ends it.
struct Started {
    child: Child,
    url: String,
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        let _ = self.child.wait();
    }
}

const OPENED: [&str; 8] = [
    "java.lang",
    "java.lang.invoke",
    "java.nio",
    "java.util.concurrent.atomic",
    "sun.nio.ch",
    "java.net",
    "java.io",
    "sun.util.calendar",
];

fn start(home: &Path, folder: &Path) -> Started {
    let spark = std::env::var_os("SPARK_HOME")
        .unwrap_or_else(|| panic!("LIVY_HOME needs SPARK_HOME beside it"));
    for name in ["conf", "logs", "spark", "run"] {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    let lines = [
        "livy.server.host = 127.0.0.1",
        "livy.server.port = 0",
        "livy.spark.master = local[2]",
        "livy.spark.scala-version = 2.12",
        "livy.repl.enable-hive-context = true",
        "livy.rsc.rpc.server.address = 127.0.0.1",
        "livy.rsc.launcher.address = 127.0.0.1",
        "livy.rsc.launcher.port.range = 0~0",
        "livy.ui.enabled = false",
        "livy.server.csrf-protection.enabled = true",
        "livy.server.heartbeat-watchdog.interval = 1s",
    ];
    fs::write(folder.join("conf/livy.conf"), lines.join("\n")).unwrap();
    let lines = [
        "log4j.rootCategory=INFO, console",
        "log4j.appender.console=org.apache.log4j.ConsoleAppender",
        "log4j.appender.console.layout=org.apache.log4j.PatternLayout",
        "log4j.appender.console.layout.ConversionPattern=%p %c{1}: %m%n",
    ];
    fs::write(folder.join("conf/log4j.properties"), lines.join("\n")).unwrap();
    let lines = [
        "spark.ui.port 0".to_owned(),
        "spark.driver.bindAddress 127.0.0.1".to_owned(),
        "spark.driver.host 127.0.0.1".to_owned(),
        format!(
            "spark.sql.warehouse.dir file:{}",
            folder.join("warehouse").display()
        ),
    ];
    fs::write(folder.join("spark/spark-defaults.conf"), lines.join("\n")).unwrap();
    let log = fs::File::create(folder.join("logs/server.out")).unwrap();
    let java = std::env::var_os("JAVA_HOME").map_or_else(
        || PathBuf::from("java"),
        |home| PathBuf::from(home).join("bin/java"),
    );
    let mut command = Command::new(java);
    command.args(["-Xmx512m", "-XX:+IgnoreUnrecognizedVMOptions"]);
    command.args(OPENED.map(|package| format!("--add-opens=java.base/{package}=ALL-UNNAMED")));
    for package in ["sun.net.util", "sun.security.x509", "sun.security.util"] {
        command.arg(format!("--add-exports=java.base/{package}=ALL-UNNAMED"));
    }
    let classes = format!(
        "{}:{}",
        home.join("jars/*").display(),
        folder.join("conf").display()
    );
    let child = command
        .args(["-cp", &classes, "org.apache.livy.server.LivyServer"])
        .current_dir(folder.join("run"))
        .env("SPARK_HOME", spark)
        .env("SPARK_CONF_DIR", folder.join("spark"))
        .env("SPARK_LOCAL_IP", "127.0.0.1")
        .env("LIVY_HOME", home)
        .env("LIVY_CONF_DIR", folder.join("conf"))
        .env("LIVY_LOG_DIR", folder.join("logs"))
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let mut started = Started {
        child,
        url: String::new(),
    };
    let begun = Instant::now();
    loop {
        let log = fs::read_to_string(folder.join("logs/server.out")).unwrap();
        if let Some((_, rest)) = log.split_once("Starting server on ") {
            let url = rest.split_whitespace().next().unwrap();
            url.clone_into(&mut started.url);
            break;
        }
        assert!(
            begun.elapsed() < Duration::from_mins(2),
            "the server does not start: {log}"
        );
        assert!(
            started.child.try_wait().unwrap().is_none(),
            "the server has ended: {log}"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    while block_on(livy::status(&options(&started.url))).is_err() {
        assert!(
            begun.elapsed() < Duration::from_mins(2),
            "the server does not answer"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    started
}

/// Past the test's captured output, so that a green run says whether it ran.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "real Livy: {line}");
}

async fn get(url: &str) -> Value {
    reqwest::get(url).await.unwrap().json().await.unwrap()
}

/// Numbers of the sessions on the server that hoist made; other clients may have sessions there.
fn ours(url: &str) -> Vec<u64> {
    let document = block_on(get(&format!("{url}/sessions")));
    let sessions = document["sessions"].as_array().unwrap().iter();
    sessions
        .filter(|session| {
            let name = session["name"].as_str();
            name.is_some_and(|name| name.starts_with("hoist-"))
        })
        .map(|session| session["id"].as_u64().unwrap())
        .collect()
}

/// When the last statements of a session ended, in milliseconds since 1970, in order.
async fn completed(session: &str, last: usize) -> Vec<u64> {
    let newest = get(&format!("{session}/statements?size={last}&order=desc")).await;
    let statements = newest["statements"].as_array().unwrap().iter().rev();
    statements
        .map(|statement| statement["completed"].as_u64().unwrap())
        .collect()
}

/// The server's address, and what keeps it running; none where there is no server.
fn server(folder: &Path) -> Option<(String, Option<Started>)> {
    if let Ok(url) = std::env::var("HOIST_LIVY_URL") {
        say("RUNNING on the Livy server of HOIST_LIVY_URL");
        return Some((url, None));
    }
    let Some(home) = std::env::var_os("LIVY_HOME") else {
        say("NOT RUN: neither HOIST_LIVY_URL nor LIVY_HOME names a real Livy server");
        return None;
    };
    say("RUNNING on a Livy server started from LIVY_HOME");
    let started = start(Path::new(&home), folder);
    Some((started.url.clone(), Some(started)))
}

#[test]
fn a_real_livy_server() {
    let folder = tempfile::tempdir().unwrap();
    let Some((url, started)) = server(folder.path()) else {
        return;
    };
    block_on(async {
        let options = options(&url);
        let version = livy::status(&options).await.unwrap().version;
        let mut engine = Livy::new(options.clone());
        let notices = open(&mut engine).await;
        say(&format!("{version:?}: {:?}", notices.last()));
        suite::all(&mut engine, folder.path()).await;
        let Some(Notice::Starting { log, .. }) = notices
            .iter()
            .find(|notice| matches!(notice, Notice::Starting { .. }))
        else {
            panic!("{notices:?}")
        };
        let session = log.parent().unwrap().display().to_string();
        let completed = async |last| completed(&session, last).await;
        let added = suite::overhead(&mut engine, 20, completed).await;
        say(&format!(
            "added to each of 20 statements, in microseconds: {added:?}"
        ));
        engine.close().await.unwrap();
    });
    assert_eq!(ours(&url).len(), 0, "no session is left");
    let told = end_to_end::livy::the_sample(&url, options(&url), &|| ours(&url).len());
    say(&told);
    end_to_end::livy::what_stops_early(&url, options(&url), &|| ours(&url).len());
    say(&format!(
        "interrupted and failed runs: {} sessions left",
        ours(&url).len()
    ));
    drop(started);
}
