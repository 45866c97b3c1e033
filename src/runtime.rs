//! Floor `runtime`: doing it. Async from here on; nothing below `engine` knows processes.
//!
//! | stage (module) | in → out | I/O |
//! |---|---|---|
//! | [`engine`] | open / submit / poll / cancel / close | processes |
//! | [`collect`] | table names + engine → `Catalog`; what a step of a run did | engine |
//! | [`run`] | steps + engine + journal → `RunRecord`: events, cancel | engine, clock, journal |
//! | [`verify`] | pipeline + engine → comparison of outputs | engine, files |

pub mod collect;
pub mod engine;
pub mod run;
pub mod verify;

#[cfg(test)]
mod fake;
