//! Time and memory of the SQL front end on one long file.
//!
//! `cargo bench --bench frontend_memory`. Bars: 10 MB of short statements in 3 s, under 60 bytes kept per byte of text.
//! The allocator counts bytes here, so speed is measured in `frontend`, which has the plain one.

#![expect(
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark reads the clock and prints"
)]

use std::alloc::System;
use std::fmt::Write;
use std::time::Instant;

use hoist::frontend::parse;
use hoist::frontend::source::{Sources, Variables};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    let mut text = String::new();
    let mut number = 0;
    while text.len() < 10_000_000 {
        let _ = writeln!(
            text,
            "SELECT t.a, count(*) AS n FROM m.trips_{} t WHERE t.day >= '2024-01-01' AND t.b = {number} GROUP BY t.a;",
            number % 50
        );
        number += 1;
    }
    let sources = Sources::from_texts([("long.sql", text.as_str())], &Variables::new());
    let region = Region::new(ALLOCATOR);
    let start = Instant::now();
    let parsed = parse(&sources);
    let spent = start.elapsed();
    let change = region.change();
    let kept = change
        .bytes_allocated
        .saturating_sub(change.bytes_deallocated);
    println!(
        "{:.1} MB of short statements: {} statements in {:.2} s; {:.1} bytes kept per byte of text",
        text.len() as f64 / 1e6,
        parsed.statements.len(),
        spent.as_secs_f64(),
        kept as f64 / text.len() as f64,
    );
}
