//! Floor `present`: telling it. Pure functions from data to text; whatever is written, `cli` writes.
//!
//! | stage (module) | in → out | I/O |
//! |---|---|---|
//! | [`rule`] | workload + facts → findings, one file per rule | no |
//! | [`compare`] | two states of a pipeline → what is new, gone and left | no |
//! | [`report`] | data types → text, Markdown, JSON, SARIF, JUnit, marks for code hosts | no |

pub mod compare;
pub mod report;
pub mod rule;
