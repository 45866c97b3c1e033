//! What the Livy engine adds to a statement: time from its end on the server to the answer in hand, and polls.
//!
//! `cargo bench --bench livy`. A server in this process ends each statement after a known time and answers each request
//! after a known latency, so that all figures of a run are ratios of each other. Bars on an idle machine: `of one poll`
//! 100 %, which is the longest wait within one poll interval and one request; `of its time` 15 % from 250 ms on.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark measures time, prints its figures and ends with its server"
)]

#[path = "../tests/it/livy_server/http.rs"]
#[expect(dead_code, reason = "the tests use all of it")]
mod http;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hoist::runtime::engine::livy::{Livy, LivyOptions};
use hoist::runtime::engine::{Engine as _, Language, Status, Submission, Want};
use serde_json::{Value, json};

use self::http::{Answer, HttpServer, Request, Response};

/// Time that the server takes for each answer.
const LATENCY: Duration = Duration::from_millis(5);
/// Lengths of statements in milliseconds, and how often each is measured.
const LENGTHS: [(u64, u32); 5] = [(0, 100), (50, 40), (250, 20), (1000, 10), (5000, 3)];
/// Lengths grow by so much from one measurement to the next, so that they end anywhere between two polls.
const STEP: Duration = Duration::from_millis(7);

/// The server's statements.
#[derive(Default)]
struct Statements {
    /// Code and end of each.
    all: Vec<(String, Instant)>,
    polls: u32,
}

/// A session whose first statement asks what it is; every other one says how many microseconds it takes.
fn answer(request: &Request, session: &Mutex<Value>, statements: &Mutex<Statements>) -> Answer {
    std::thread::sleep(LATENCY);
    let parts: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
    let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
    let answer = match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["version"]) => json!({"version": "0.9.0-incubating"}),
        ("POST", ["sessions"]) => {
            let mut session = session.lock().unwrap();
            *session =
                json!({"id": 0, "name": body["name"], "conf": body["conf"], "state": "idle"});
            session.clone()
        }
        ("POST", ["sessions", _, "statements"]) => {
            let code = body["code"].as_str().unwrap_or_default();
            let micros = code.rsplit(' ').next().and_then(|n| n.parse().ok());
            let end = Instant::now() + Duration::from_micros(micros.unwrap_or(0));
            let mut statements = statements.lock().unwrap();
            statements.all.push((code.to_owned(), end));
            json!({"id": statements.all.len() - 1, "code": code, "state": "waiting"})
        }
        ("GET", ["sessions", _, "statements", id]) => {
            let mut statements = statements.lock().unwrap();
            statements.polls += 1;
            let at = id.parse::<usize>().unwrap();
            let (code, end) = statements.all.get(at).expect("a statement");
            statement(at, code, *end)
        }
        _ => session.lock().unwrap().clone(),
    };
    Answer::Response(Response::json(200, &answer))
}

fn statement(id: usize, code: &str, end: Instant) -> Value {
    if Instant::now() < end {
        return json!({"id": id, "code": code, "state": "running", "progress": 0.5});
    }
    let data = if id == 0 {
        json!({"id": "local-1", "spark_version": "3.5.6", "python_version": "3.11.7", "java_version": "17.0.9",
               "master": "local[2]", "storage_memory_bytes": 455_501_414, "cores": 2})
    } else {
        json!({"schema": {"type": "struct", "fields": []}, "data": []})
    };
    json!({"id": id, "code": code, "state": "available", "started": 1, "completed": 2,
           "output": {"status": "ok", "data": {"application/json": data}}})
}

/// Runs a statement of that length; gives the time from its end to the answer, and the polls.
async fn measure(
    engine: &mut Livy,
    statements: &Mutex<Statements>,
    length: Duration,
) -> (Duration, u32) {
    let before = statements.lock().unwrap().polls;
    let submission = Submission {
        label: "bench".to_owned(),
        language: Language::Sql,
        text: format!("SET hoist.micros = {}", length.as_micros()),
        want: Want::Nothing,
        variables: BTreeMap::new(),
        file: None,
    };
    let id = engine.submit(submission).await.unwrap();
    let status = engine.wait(id, &mut |_| ()).await.unwrap();
    let answered = Instant::now();
    assert!(matches!(status, Status::Done(_)), "{status:?}");
    let statements = statements.lock().unwrap();
    let (_, end) = statements.all.last().expect("the statement");
    (
        answered.saturating_duration_since(*end),
        statements.polls - before,
    )
}

fn percent(part: Duration, whole: Duration) -> u128 {
    part.as_micros() * 100 / whole.as_micros().max(1)
}

fn main() {
    let session = Mutex::default();
    let statements: Arc<Mutex<Statements>> = Arc::default();
    let seen = Arc::clone(&statements);
    let server = HttpServer::start(move |request| answer(&request, &session, &seen));
    let options = LivyOptions::new(format!("http://{}", server.address));
    println!(
        "statement   measured   polls      added (median)   of its time   of one poll (longest)"
    );
    // `cargo test --benches` only looks whether it runs.
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut engine = Livy::new(options.clone());
        engine.open(&mut |_| ()).await.unwrap();
        for (millis, times) in LENGTHS {
            let base = Duration::from_millis(millis);
            let times = if is_bench { times } else { 1 };
            let mut added = Vec::new();
            let mut polls = 0;
            let mut longest = 0;
            for time in 0..times {
                let length = if millis == 0 {
                    base
                } else {
                    base + STEP * time
                };
                let (late, asked) = measure(&mut engine, &statements, length).await;
                let pause = (length / 8).clamp(options.first_poll, options.longest_poll);
                longest = longest.max(percent(late, pause + LATENCY));
                polls = polls.max(asked);
                added.push(late);
            }
            added.sort_unstable();
            let median = added.get(added.len() / 2).copied().unwrap_or_default();
            let of_its_time = if millis == 0 {
                "-".to_owned()
            } else {
                format!("{} %", percent(median, base))
            };
            println!(
                "{:>6} ms   {times:>8}   {polls:>5}   {:>13.1} ms   {of_its_time:>11}   {longest:>19} %",
                millis,
                median.as_secs_f64() * 1000.0,
            );
        }
        engine.close().await.unwrap();
    });
}
