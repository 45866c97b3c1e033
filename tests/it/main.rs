//! Integration tests, in one binary.
#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "clippy knows test functions, but not the helpers beside them"
)]

mod cli;
mod collect;
mod corpus;
mod differential;
mod end_to_end;
mod executed;
mod functions;
mod fuzz;
mod html;
mod layering;
mod livy;
mod livy_server;
mod local_engine;
mod measured;
mod mutations;
mod planted;
mod properties;
mod python;
mod reference;
mod regrouped;
mod rejoined;
mod rules;
mod run;
mod sample;
mod sample_forced;
mod schemas;
mod stability;
mod statements;
mod tpc;
mod traps;
mod verify;
