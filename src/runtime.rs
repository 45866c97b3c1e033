//! Floor `runtime`: doing it.

pub mod engine;
