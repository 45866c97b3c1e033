//! A conversation with a real server (Livy 0.9.0-incubating, Spark 3.5.6), recorded by this test and replayed against
//! the client. `HOIST_LIVY_RECORD=1` with `HOIST_LIVY_URL` records it anew.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use hoist::runtime::engine::Engine as _;
use hoist::runtime::engine::livy::Livy;
use serde_json::{Value, json};

use super::options;
use super::suite::{command, done, failed, preview, python, value};
use crate::livy_server::http::{Answer, HttpServer, Request, Response};
use crate::local_engine::{block_on, open};

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/livy-0.9.0.json")
}

/// What is said, and what must come of it.
async fn talk(engine: &mut Livy) {
    open(engine).await;
    let set = done(engine, preview("SET hoist.recorded = yes", 5)).await;
    assert_eq!(
        set.rows,
        [[Some("hoist.recorded".to_owned()), Some("yes".to_owned())]]
    );
    let shown = done(
        engine,
        preview("SELECT id, CAST(id AS DECIMAL(9,2)) AS d FROM range(3)", 2),
    )
    .await;
    assert_eq!(
        shown.rows[1],
        [Some("1".to_owned()), Some("1.00".to_owned())]
    );
    assert!(shown.truncated);
    let failure = failed(
        engine,
        command("CREATE VIEW hoist_none AS SELECT *\nFROM nope"),
    )
    .await;
    assert_eq!(
        (failure.class.as_str(), failure.position),
        ("TABLE_OR_VIEW_NOT_FOUND", Some((2, 6)))
    );
    let failure = failed(engine, command("INSERT INTO hoist_none SELEC 1")).await;
    assert_eq!(failure.class, "PARSE_SYNTAX_ERROR");
    let failure = failed(engine, python("x = 1\nraise ValueError('bad ü')")).await;
    assert_eq!(
        (failure.class.as_str(), failure.message.as_str()),
        ("ValueError", "bad ü")
    );
    assert_eq!(failure.position, Some((2, 1)));
    assert_eq!(done(engine, python("print(x)")).await.stdout, "1\n");
    let given = done(
        engine,
        value("hoist_value = [spark.range(7).count(), None, 'é']"),
    )
    .await;
    assert_eq!(given.value, Some(json!([7, null, "é"])));
    engine.close().await.unwrap();
}

/// Sends a request on to a server at `host:port`.
fn forward(address: &str, request: &Request) -> (u16, String) {
    let query: Vec<String> = request
        .query
        .iter()
        .map(|(k, v)| format!("{k}={v}"))
        .collect();
    let mut text = format!(
        "{} {}?{} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
        request.method,
        request.path,
        query.join("&"),
        request.body.len()
    );
    for name in ["x-requested-by", "accept"] {
        let value = request.headers.get(name).unwrap();
        write!(text, "{name}: {value}\r\n").unwrap();
    }
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .write_all(format!("{text}\r\n{}", request.body).as_bytes())
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split_whitespace().nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

/// Leaves out what differs from machine to machine or is long: logs, addresses, the text of statements.
fn redact(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                match (key.as_str(), &mut *value) {
                    ("log", Value::Array(lines)) => lines.clear(),
                    ("code", Value::String(code)) => {
                        *code = code.lines().next().unwrap_or_default().to_owned();
                    }
                    ("traceback", Value::Array(lines)) => lines.truncate(2),
                    ("id", Value::String(id)) => "local-1".clone_into(id),
                    _ => redact(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(redact),
        _ => {}
    }
}

fn owner_of(body: &str) -> Option<(String, String)> {
    let body: Value = serde_json::from_str(body).ok()?;
    let owner = body["conf"]["spark.hoist.session"].as_str()?;
    Some((owner.to_owned(), body["name"].as_str()?.to_owned()))
}

fn record(address: String) {
    let said: Arc<Mutex<Vec<Value>>> = Arc::default();
    let heard = Arc::clone(&said);
    let names: Mutex<Option<(String, String)>> = Mutex::default();
    let proxy = HttpServer::start(move |request| {
        let (status, body) = forward(&address, &request);
        let mut names = names.lock().unwrap();
        if let Some(found) = owner_of(&request.body) {
            *names = Some(found);
        }
        let mut redacted: Value = serde_json::from_str(&body).unwrap();
        redact(&mut redacted);
        let mut redacted = redacted.to_string();
        let mut path = request.path.clone();
        if let Some((owner, name)) = &*names {
            redacted = redacted.replace(name, "NAME").replace(owner, "OWNER");
            path = path.replace(name, "NAME");
        }
        let entry = json!({"method": request.method, "path": path, "status": status,
                           "body": serde_json::from_str::<Value>(&redacted).unwrap()});
        heard.lock().unwrap().push(entry);
        Answer::Response(Response::json(
            status,
            &serde_json::from_str(&body).unwrap(),
        ))
    });
    block_on(talk(&mut Livy::new(options(&format!(
        "http://{}",
        proxy.address
    )))));
    let mut said = said.lock().unwrap();
    // A session that starts says the same for a long time.
    said.dedup();
    std::fs::write(file(), serde_json::to_string_pretty(&*said).unwrap() + "\n").unwrap();
}

#[test]
fn a_recorded_conversation() {
    if std::env::var_os("HOIST_LIVY_RECORD").is_some() {
        let url = std::env::var("HOIST_LIVY_URL").unwrap();
        record(
            url.trim_start_matches("http://")
                .trim_end_matches('/')
                .to_owned(),
        );
    }
    let entries: Vec<Value> =
        serde_json::from_str(&std::fs::read_to_string(file()).unwrap()).unwrap();
    let mut answers: BTreeMap<(String, String), VecDeque<Value>> = BTreeMap::new();
    for entry in &entries {
        let word = |key: &str| entry[key].as_str().unwrap().to_owned();
        answers
            .entry((word("method"), word("path")))
            .or_default()
            .push_back(entry.clone());
    }
    let posts = entries
        .iter()
        .filter(|entry| entry["method"] == "POST" && entry["path"] != "/sessions");
    let posts = posts
        .filter(|entry| entry["path"].as_str().unwrap().ends_with("/statements"))
        .count();
    let names: Mutex<(String, String)> = Mutex::default();
    let answers = Arc::new(Mutex::new(answers));
    let used = Arc::clone(&answers);
    let server = HttpServer::start(move |request| {
        let mut names = names.lock().unwrap();
        if let Some(found) = owner_of(&request.body) {
            *names = found;
        }
        let (owner, name) = &*names;
        let mut answers = used.lock().unwrap();
        let path = if name.is_empty() {
            request.path
        } else {
            request.path.replace(name, "NAME")
        };
        let Some(queue) = answers.get_mut(&(request.method.clone(), path.clone())) else {
            return Answer::Response(Response::json(
                405,
                &json!(format!("{} {path}", request.method)),
            ));
        };
        // The last answer to a poll stays; everything else is said once.
        let entry = if queue.len() > 1 || request.method != "GET" {
            queue.pop_front()
        } else {
            queue.front().cloned()
        };
        let entry =
            entry.unwrap_or_else(|| json!({"status": 500, "body": "said once more than recorded"}));
        let body = entry["body"]
            .to_string()
            .replace("OWNER", owner)
            .replace("NAME", name);
        let status = u16::try_from(entry["status"].as_u64().unwrap()).unwrap();
        Answer::Response(Response::json(
            status,
            &serde_json::from_str(&body).unwrap(),
        ))
    });
    block_on(talk(&mut Livy::new(options(&format!(
        "http://{}",
        server.address
    )))));
    assert_eq!(posts, 8, "the recording has every statement");
    let answers = answers.lock().unwrap();
    let left = answers.iter().filter(|((method, path), queue)| {
        method != "GET" && !path.ends_with("/connect") && !queue.is_empty()
    });
    assert_eq!(left.count(), 0, "everything recorded was said again");
}
