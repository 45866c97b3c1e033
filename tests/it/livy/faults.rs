//! What goes wrong between hoist and a Livy server: each with a clear message, and nothing left on the server.

mod opening;
mod running;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hoist::runtime::engine::livy::LivyOptions;
use serde_json::{Value, json};

use super::options;
use crate::livy_server::{Executor, Settings};

/// What a session says of itself in place of Spark.
pub(crate) fn session_info() -> Value {
    json!({"id": "local-1", "spark_version": "3.5.6", "python_version": "3.11.7", "java_version": "17.0.9",
           "master": "local[2]", "storage_memory_bytes": 455_501_414, "cores": 2})
}

pub(crate) fn ok(data: &Value) -> Value {
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
