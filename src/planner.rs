//! Floor `planner`: what to do.
//!
//! | stage (module) | in → out | I/O |
//! |---|---|---|
//! | [`frame`] | workload → `Vec<Candidate>` (generous) | no |
//! | [`cost`] | catalog + measurements → `CostModel`: build and saving at both ends of what is unknown; integers | no |
//! | [`search`] | tasks, frames and a budget as integers → order and residencies of largest value, with a certificate | no |
//! | [`plan`] | candidates + cost model + budget → `Plan`: chosen frames, media, order, residency, decisions (strict) | no |
//! | [`emit`] | plan → `Program`: the text of every session statement | no |
//! | [`check`] | accesses + plan + program → every promise re-derived independently | no |
//! | [`plan_file`] | plan + program + facts + fingerprints ↔ versioned JSON; drift = a list of reasons | no |

pub mod check;
pub mod cost;
pub mod emit;
pub mod frame;
pub mod plan;
pub mod plan_file;
pub mod search;
