//! Floor `present`: telling it. Pure functions from data to text; whatever is written, `cli` writes.
//!
//! | stage (module) | in → out | I/O |
//! |---|---|---|
//! | [`rule`] | workload + facts → findings, one file per rule | no |
//! | [`report`] | data types → text, JSON | no |

pub mod report;
pub mod rule;
