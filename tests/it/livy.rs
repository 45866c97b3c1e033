//! The Livy engine on the test server, with real Spark and with fixed answers, on recorded conversations, and on a
//! real server where there is one.

pub(crate) mod faults;
mod real;
mod replay;
mod spark;
mod suite;

use std::time::Duration;

use hoist::runtime::engine::EngineError;
use hoist::runtime::engine::livy::{LivyError, LivyOptions};

/// Options for a server that is near.
pub(crate) fn options(url: &str) -> LivyOptions {
    let mut options = LivyOptions::new(url);
    options.request_deadline = Duration::from_secs(20);
    options.start_deadline = Duration::from_mins(3);
    options
        .session
        .conf
        .insert("spark.sql.shuffle.partitions".to_owned(), "4".to_owned());
    options
}

/// The Livy error within an engine's.
fn livy(error: EngineError) -> LivyError {
    match error {
        EngineError::Livy(error) => *error,
        other => panic!("{other:?}"),
    }
}
