//! Requests to the server: credentials, deadlines, and how far one got that has no answer.
#![expect(
    clippy::disallowed_methods,
    reason = "measures how long a server is away and reads the certificates"
)]

use std::time::{Duration, Instant};

use reqwest::{Method, Url};
use serde_json::Value;

use super::error::LivyError;
use super::options::{Auth, LivyOptions};

/// Pause before the second attempt of a request that may be repeated.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Longest pause between attempts, also where the server asks for a longer one.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Characters of an answer that are shown.
const SHOWN: usize = 300;

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    body: String,
    retry_after: Option<Duration>,
}

impl Reply {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Answers of gateways and overloaded servers, which say nothing about the request itself.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self.status, 429 | 502 | 503 | 504)
    }

    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.body).ok()
    }

    /// What an error says. Livy gives `{"msg": …}` or a JSON string, gateways give pages or nothing.
    pub(super) fn message(&self) -> String {
        let text = match self.json() {
            Some(Value::Object(fields)) => match fields.get("msg") {
                Some(Value::String(text)) => text.clone(),
                _ => self.body.clone(),
            },
            Some(Value::String(text)) => text,
            _ if self.body.trim_start().starts_with('<') => page_text(&self.body),
            _ => self.body.clone(),
        };
        let text = text.trim();
        if text.is_empty() {
            return "without a message".to_owned();
        }
        text.chars().take(SHOWN).collect()
    }
}

/// The text of an HTML page on one line.
fn page_text(page: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in page.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A request without an answer.
#[derive(Debug, Clone)]
pub(super) enum NoReply {
    /// No connection: the server has not seen it.
    NotSent(String),
    /// The server may have seen it.
    Unknown(String),
}

impl NoReply {
    pub(super) fn detail(&self) -> &str {
        match self {
            Self::NotSent(detail) | Self::Unknown(detail) => detail,
        }
    }
}

/// Talks to one server.
#[derive(Debug, Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    base: Url,
    auth: Auth,
    /// Time for one request, and for all attempts of one that may be repeated.
    deadline: Duration,
}

impl Client {
    pub(super) fn new(options: &LivyOptions) -> Result<Self, LivyError> {
        let base = base_url(&options.url)?;
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("hoist/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(options.request_deadline.min(Duration::from_secs(10)))
            .timeout(options.request_deadline)
            // Redirects lead to pages for people, and would carry the credentials elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            // What may be repeated is known here alone.
            .retry(reqwest::retry::never())
            .tls_danger_accept_invalid_certs(!options.verify_tls);
        let host = base.host_str().unwrap_or_default();
        if host == "localhost" || host.starts_with("127.") || host == "[::1]" {
            builder = builder.no_proxy();
        }
        if let Some(path) = &options.ca_file {
            let bad = |reason: String| LivyError::BadCertificates {
                path: path.display().to_string(),
                reason,
            };
            let pem = std::fs::read(path).map_err(|error| bad(error.to_string()))?;
            let certificates = reqwest::Certificate::from_pem_bundle(&pem)
                .map_err(|error| bad(error.to_string()))?;
            if certificates.is_empty() {
                return Err(bad("it holds none".to_owned()));
            }
            builder = builder.tls_certs_merge(certificates);
        }
        let http = builder.build().map_err(|error| LivyError::BadUrl {
            url: shown(&base),
            reason: chain(&error),
        })?;
        Ok(Self {
            http,
            base,
            auth: options.auth.clone(),
            deadline: options.request_deadline,
        })
    }

    /// The server's address without credentials.
    pub(super) fn url(&self) -> String {
        shown(&self.base)
    }

    /// The address of something on the server.
    pub(super) fn url_of(&self, path: &[&str]) -> String {
        shown(&self.address(path))
    }

    pub(super) fn has_credentials(&self) -> bool {
        self.auth != Auth::None
    }

    fn address(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        // Only URLs that cannot have a path refuse this; `base_url` did so before.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    /// Sends a request once.
    pub(super) async fn once(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Reply, NoReply> {
        let mut url = self.address(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        tracing::trace!(%method, path = url.path(), "request");
        let mut request = self
            .http
            .request(method, url)
            .header("X-Requested-By", "hoist")
            .header("Accept", "application/json");
        request = match &self.auth {
            Auth::None => request,
            Auth::Basic { user, password } => request.basic_auth(user, Some(password.expose())),
            Auth::Bearer { token } => request.bearer_auth(token.expose()),
        };
        if let Some(body) = body {
            request = request.json(body);
        }
        let failed = |error: reqwest::Error| {
            let detail = chain(&error);
            if error.is_connect() || error.is_builder() {
                NoReply::NotSent(detail)
            } else {
                NoReply::Unknown(detail)
            }
        };
        let response = request.send().await.map_err(failed)?;
        let status = response.status().as_u16();
        let retry_after = response
            .headers()
            .get("Retry-After")
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            .map(Duration::from_secs);
        // Half an answer says as little as none.
        let body = response
            .text()
            .await
            .map_err(|error| NoReply::Unknown(chain(&error)))?;
        tracing::trace!(status, "reply");
        Ok(Reply {
            status,
            body,
            retry_after,
        })
    }

    /// Sends a request that may be repeated, until it has an answer that is about it.
    pub(super) async fn repeatedly(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Reply, NoReply> {
        let started = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let result = self.once(method.clone(), path, query, body).await;
            let asked = match &result {
                Ok(reply) if !reply.is_passing() => return result,
                Ok(reply) => reply.retry_after,
                Err(_) => None,
            };
            let next = asked.unwrap_or(pause).clamp(pause, LONGEST_PAUSE);
            if started.elapsed() + next > self.deadline {
                return result;
            }
            tokio::time::sleep(next).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    pub(super) async fn get(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Reply, NoReply> {
        self.repeatedly(Method::GET, path, query, None).await
    }
}

/// The address as Livy's paths are appended to it.
fn base_url(text: &str) -> Result<Url, LivyError> {
    let bad = |url: String, reason: &str| LivyError::BadUrl {
        url,
        reason: reason.to_owned(),
    };
    let Ok(mut url) = Url::parse(text.trim()) else {
        // What is no URL may still hold a password.
        let url = text.rsplit('@').next().unwrap_or_default().to_owned();
        return Err(bad(url, "it is no URL"));
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad(
            shown(&url),
            "it starts neither with http:// nor https://",
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad(
            shown(&url),
            "it holds credentials, which belong into the environment or a file",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad(shown(&url), "it has a query or fragment"));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// An address as people may see it.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // Refused only for URLs without a host, which have no credentials.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.as_str().trim_end_matches('/').to_owned()
}

/// What happened, down to the cause, without the address.
fn chain(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut source: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    let mut last = None;
    while let Some(error) = source {
        last = Some(error.to_string());
        source = error.source();
    }
    last.unwrap_or_else(|| "the request could not be sent".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url_of(base: &str, path: &[&str]) -> String {
        Client::new(&LivyOptions::new(base)).unwrap().url_of(path)
    }

    #[test]
    fn base_paths_of_gateways_are_kept() {
        for base in [
            "https://knox:8443/gateway/default/livy/v1",
            "https://knox:8443/gateway/default/livy/v1/",
        ] {
            assert_eq!(
                url_of(base, &["sessions", "a b/c"]),
                "https://knox:8443/gateway/default/livy/v1/sessions/a%20b%2Fc"
            );
        }
        assert_eq!(
            url_of("http://h:8998", &["version"]),
            "http://h:8998/version"
        );
    }

    #[test]
    fn addresses_that_cannot_be_used() {
        for (url, says) in [
            ("localhost:8998", "neither with http"),
            ("ftp://h/", "neither with http"),
            ("http://", "no URL"),
            ("http://ann:hunter2@h:8998", "credentials"),
            ("http://h:8998/?doAs=x", "query"),
        ] {
            let error = Client::new(&LivyOptions::new(url)).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn errors_come_in_three_shapes() {
        let message = |body: &str| {
            Reply {
                status: 400,
                body: body.to_owned(),
                retry_after: None,
            }
            .message()
        };
        assert_eq!(
            message(r#"{"msg":"Session '77' not found."}"#),
            "Session '77' not found."
        );
        assert_eq!(message(r#""Statement not found""#), "Statement not found");
        assert_eq!(
            message("<html><h2>HTTP ERROR 400</h2>\n<p>Missing Header</p></html>"),
            "HTTP ERROR 400 Missing Header"
        );
        assert_eq!(message(""), "without a message");
    }
}
