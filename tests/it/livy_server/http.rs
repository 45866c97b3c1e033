//! A small HTTP/1.1 server: one thread per connection.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;

#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Without the query.
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) content_type: &'static str,
    pub(crate) body: String,
}

impl Response {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content_type: "application/json",
            body: body.to_string(),
        }
    }

    pub(crate) fn page(status: u16, text: &str) -> Self {
        Self {
            content_type: "text/html",
            body: if text.is_empty() {
                String::new()
            } else {
                format!("<html><body><h2>HTTP ERROR {status}</h2><p>{text}</p></body></html>")
            },
            ..Self::json(status, &Value::Null)
        }
    }
}

/// What happens with a connection.
pub(crate) enum Answer {
    Response(Response),
    /// It is cut without an answer.
    Drop,
}

/// Serves until it is dropped.
pub(crate) struct HttpServer {
    pub(crate) address: String,
    ended: Arc<AtomicBool>,
}

impl HttpServer {
    pub(crate) fn start(handler: impl Fn(Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let ended = Arc::new(AtomicBool::new(false));
        let handler = Arc::new(handler);
        let flag = Arc::clone(&ended);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if flag.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(stream), handler, flag) = (stream, Arc::clone(&handler), Arc::clone(&flag))
                else {
                    continue;
                };
                std::thread::spawn(move || serve(&stream, &*handler, &flag));
            }
        });
        Self { address, ended }
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // Wakes the listener, which then closes.
        drop(TcpStream::connect(&self.address));
    }
}

fn serve(stream: &TcpStream, handler: &dyn Fn(Request) -> Answer, ended: &AtomicBool) {
    stream.set_nodelay(true).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_mins(1)))
        .unwrap();
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        if ended.load(Ordering::SeqCst) {
            return;
        }
        match handler(request) {
            Answer::Drop => return,
            Answer::Response(response) => {
                let mut text = format!(
                    "HTTP/1.1 {} Status\r\nContent-Type: {}\r\nContent-Length: {}\r\n",
                    response.status,
                    response.content_type,
                    response.body.len()
                );
                for (name, value) in &response.headers {
                    write!(text, "{name}: {value}\r\n").unwrap();
                }
                text.push_str("\r\n");
                text.push_str(&response.body);
                let mut out = stream;
                if out.write_all(text.as_bytes()).is_err() {
                    return;
                }
            }
        }
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers
        .get("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let query = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    Some(Request {
        method,
        path: path.to_owned(),
        query,
        headers,
        body: String::from_utf8(body).unwrap(),
    })
}
