//! A headless Chromium, spoken to by Chrome's protocol for debuggers over two pipes.
//!
//! `HOIST_BROWSER` names the program; otherwise it is one of [`PROGRAMS`] on the path. A test without a browser fails:
//! on Debian and Ubuntu `apt-get install chromium-headless-shell` or `chromium` gives one, as `.ci/run` does.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Names of the browser.
const PROGRAMS: [&str; 6] = [
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
];
/// How long an answer may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// A browser with one page.
pub(super) struct Browser {
    child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    asked: u64,
    session: String,
    /// What happened beside the answers.
    events: Vec<Value>,
    folder: TempDir,
}

/// What is wrong with a page, and what it asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Complaints {
    /// Exceptions, and what stands on the console.
    pub(super) errors: Vec<String>,
    /// Addresses that were asked for beside the page's own.
    pub(super) requests: Vec<String>,
}

fn program() -> PathBuf {
    if let Some(named) = std::env::var_os("HOIST_BROWSER") {
        return named.into();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let found = PROGRAMS
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|file| file.is_file());
    found.unwrap_or_else(|| {
        panic!(
            "no browser is found, so what the HTML report does cannot be tested: install one of {} (Debian: apt-get \
             install chromium-headless-shell), or name one in HOIST_BROWSER",
            PROGRAMS.join(", ")
        )
    })
}

impl Browser {
    /// Starts a browser with an empty page, 1280 by 900 pixels large.
    pub(super) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The protocol is read from descriptor 3 and written to 4.
        let mut child = Command::new("sh")
            .arg("-c")
            .arg("exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1")
            .arg(program())
            .args(["--headless", "--no-sandbox", "--remote-debugging-pipe"])
            .args(["--no-first-run", "--disable-gpu", "--disable-dev-shm-usage"])
            .args(["--disable-background-networking", "--disable-extensions"])
            .arg("--window-size=1280,900")
            .arg(format!("--user-data-dir={}", folder.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, messages) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for message in output.split(0) {
                let Ok(message) = message else { break };
                let message = serde_json::from_slice(&message).unwrap();
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let mut browser = Browser {
            input: child.stdin.take(),
            child,
            messages,
            asked: 0,
            session: String::new(),
            events: Vec::new(),
            folder,
        };
        let target = browser.ask("Target.createTarget", &json!({"url": "about:blank"}));
        let attached = browser.ask(
            "Target.attachToTarget",
            &json!({"targetId": target["targetId"], "flatten": true}),
        );
        attached["sessionId"]
            .as_str()
            .unwrap()
            .clone_into(&mut browser.session);
        for part in ["Page", "Runtime", "Log", "Network", "Accessibility"] {
            browser.ask(&format!("{part}.enable"), &json!({}));
        }
        browser
    }

    /// Asks and waits for the answer.
    pub(super) fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        self.asked += 1;
        let mut message = json!({"id": self.asked, "method": method, "params": parameters});
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.input.as_mut().unwrap().write_all(&bytes).unwrap();
        loop {
            let message = self.messages.recv_timeout(PATIENCE).unwrap();
            if message["id"] == self.asked {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }

    /// Opens a document from a file, and forgets what the one before complained of.
    pub(super) fn open(&mut self, document: &str) {
        let file = self.folder.path().join("report.html");
        std::fs::write(&file, document).unwrap();
        self.events.clear();
        let address = format!("file://{}", file.display());
        self.ask("Page.navigate", &json!({"url": address}));
        self.wait_for("Page.loadEventFired");
    }

    /// Runs a script in every later document before its own.
    pub(super) fn before_scripts(&mut self, script: &str) {
        let script = json!({"source": script});
        self.ask("Page.addScriptToEvaluateOnNewDocument", &script);
    }

    /// Loads the page again.
    pub(super) fn reload(&mut self) {
        self.events.clear();
        self.ask("Page.reload", &json!({}));
        self.wait_for("Page.loadEventFired");
    }

    fn wait_for(&mut self, event: &str) {
        while !self.events.iter().any(|message| message["method"] == event) {
            let message = self.messages.recv_timeout(PATIENCE).unwrap();
            self.events.push(message);
        }
    }

    /// The value of a JavaScript expression.
    #[track_caller]
    pub(super) fn value(&mut self, expression: &str) -> Value {
        let answer = self.ask(
            "Runtime.evaluate",
            &json!({"expression": expression, "returnByValue": true, "awaitPromise": true}),
        );
        assert!(
            answer["exceptionDetails"].is_null(),
            "{expression}: {answer}"
        );
        answer["result"]["value"].clone()
    }

    /// The same as text.
    #[track_caller]
    pub(super) fn text(&mut self, expression: &str) -> String {
        let value = self.value(expression);
        value
            .as_str()
            .unwrap_or_else(|| panic!("{expression}: {value}"))
            .to_owned()
    }

    /// Lets the page alone for some milliseconds.
    pub(super) fn rest(&mut self, millis: u32) {
        let timer = format!("new Promise((done) => setTimeout(done, {millis})).then(() => 0)");
        self.value(&timer);
    }

    /// Presses and releases a key: a name such as `Enter`, or a character.
    pub(super) fn press(&mut self, key: &str) {
        let text = match key {
            "Enter" => "\r",
            key if key.chars().count() == 1 => key,
            _ => "",
        };
        let code = match key {
            "Enter" => 13,
            "Escape" => 27,
            "Tab" => 9,
            "ArrowLeft" => 37,
            "ArrowUp" => 38,
            "ArrowRight" => 39,
            "ArrowDown" => 40,
            _ => 0,
        };
        let down =
            json!({"type": "keyDown", "key": key, "text": text, "windowsVirtualKeyCode": code});
        self.ask("Input.dispatchKeyEvent", &down);
        let up = json!({"type": "keyUp", "key": key, "windowsVirtualKeyCode": code});
        self.ask("Input.dispatchKeyEvent", &up);
    }

    /// Types into what has the focus.
    pub(super) fn enter(&mut self, text: &str) {
        self.ask("Input.insertText", &json!({"text": text}));
    }

    /// Presses the button of the mouse at the first point and releases it at the last.
    pub(super) fn drag(&mut self, points: &[(i64, i64)]) {
        for (number, (x, y)) in points.iter().enumerate() {
            let kind = if number == 0 {
                "mousePressed"
            } else {
                "mouseMoved"
            };
            self.mouse(kind, *x, *y);
        }
        let (x, y) = points[points.len() - 1];
        self.mouse("mouseReleased", x, y);
    }

    /// Clicks in the middle of an element, which is brought into sight.
    #[track_caller]
    pub(super) fn click(&mut self, selector: &str) {
        let place = self.value(&format!(
            "(() => {{ const part = document.querySelector({selector:?}); part.scrollIntoView({{block: 'center'}}); \
             const box = part.getBoundingClientRect(); \
             return [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)]; }})()"
        ));
        let (x, y) = (place[0].as_i64().unwrap(), place[1].as_i64().unwrap());
        self.drag(&[(x, y)]);
    }

    fn mouse(&mut self, kind: &str, x: i64, y: i64) {
        let event =
            json!({"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1});
        self.ask("Input.dispatchMouseEvent", &event);
    }

    /// What the reader's system prefers.
    pub(super) fn prefers(&mut self, scheme: &str, motion: &str) {
        let features = json!([
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": motion},
        ]);
        self.ask("Emulation.setEmulatedMedia", &json!({"features": features}));
    }

    /// The size of the window, pixels.
    pub(super) fn resize(&mut self, width: u32, height: u32) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.ask("Emulation.setDeviceMetricsOverride", &size);
    }

    /// A picture of the window, PNG. It is kept where `HOIST_SCREENSHOTS` names a folder.
    pub(super) fn picture(&mut self, name: &str) -> Vec<u8> {
        let answer = self.ask("Page.captureScreenshot", &json!({"format": "png"}));
        let bytes = STANDARD.decode(answer["data"].as_str().unwrap()).unwrap();
        if let Some(folder) = std::env::var_os("HOIST_SCREENSHOTS") {
            let file = Path::new(&folder).join(format!("{name}.png"));
            std::fs::write(file, &bytes).unwrap();
        }
        bytes
    }

    /// What has been complained of since the page was opened.
    pub(super) fn complaints(&mut self) -> Complaints {
        // Whatever has happened before this answer is in the events.
        self.rest(50);
        let mut complaints = Complaints::default();
        for event in &self.events {
            let parameters = &event["params"];
            match event["method"].as_str().unwrap_or("") {
                "Runtime.exceptionThrown" | "Runtime.consoleAPICalled" | "Log.entryAdded" => {
                    complaints.errors.push(parameters.to_string());
                }
                "Network.requestWillBeSent" => {
                    let address = parameters["request"]["url"].as_str().unwrap_or("");
                    if !address.ends_with("/report.html") {
                        complaints.requests.push(address.to_owned());
                    }
                }
                _ => {}
            }
        }
        complaints
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Without its pipe it ends by itself; one that hangs is ended.
        self.input = None;
        for _ in 0..50 {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
