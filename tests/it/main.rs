//! Integration tests, in one binary.

mod local_engine;
