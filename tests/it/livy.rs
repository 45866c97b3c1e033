//! The Livy engine on the test server, with real Spark and with fixed answers, on recorded conversations, and on a
//! real server where there is one.

mod faults;
mod pipeline;
mod real;
mod replay;
mod spark;
mod suite;

use std::time::Duration;

use hoist::runtime::engine::livy::{Livy, LivyError, LivyOptions};
use hoist::runtime::engine::{Engine as _, EngineError, Notice};

/// Options for a server that is near.
fn options(url: &str) -> LivyOptions {
    let mut options = LivyOptions::new(url);
    options.request_deadline = Duration::from_secs(20);
    options.start_deadline = Duration::from_mins(3);
    options
        .session
        .conf
        .insert("spark.sql.shuffle.partitions".to_owned(), "4".to_owned());
    options
}

async fn open(engine: &mut Livy) -> Vec<Notice> {
    let mut notices = Vec::new();
    let result = engine.open(&mut |notice| notices.push(notice)).await;
    if let Err(error) = result {
        panic!("{error}; {}", error.help());
    }
    notices
}

/// The Livy error within an engine's.
fn livy(error: EngineError) -> LivyError {
    match error {
        EngineError::Livy(error) => *error,
        other => panic!("{other:?}"),
    }
}
