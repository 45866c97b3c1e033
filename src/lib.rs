//! hoist: a dataframe cache and optimisation planner for Spark SQL pipelines.
//!
//! hoist reads the Spark SQL of a modelling pipeline, finds what its statements read or compute repeatedly, and
//! writes a *session plan*: which frames to materialise once in one Spark session, in which order to run the
//! statements, when to let each frame go. It then runs that plan, and can prove that the results are those of the
//! plain run. The name comes from loop-invariant hoisting.
//!
//! Data flows one way, through five floors. Each stage is a plain function from owned input to a new type:
//!
//! | floor | stage (module) | in → out | I/O |
//! |---|---|---|---|
//! | [`frontend`]: what the pipeline says | [`source`](frontend::source) | paths → `Sources` (text, ids, line index, template variables with a span map) | reads |
//! | | [`statement`](frontend::statement) | `Statement`, our own compact `Query` with spans (blocks, tables, columns, predicates, joins, clause spans) | no |
//! | | [`sql`](frontend::sql), [`python`](frontend::python) | `Sources` → `Vec<Statement>` + diagnostics | no |
//! | [`facts`]: what is true | [`catalog`](facts::catalog) | loaded values: facts of tables (schema, kind, size, location) | no |
//! | | [`profile`](facts::profile) | loaded values: measurements of earlier runs | no |
//! | | [`access`](facts::access) | statements + catalog → `Vec<Access>`: which table *versions*, columns and filters each reads and writes | no |
//! | | [`workload`](facts::workload) | accesses → `Workload`: hazards, barriers, order, readers per table version | no |
//! | [`planner`]: what to do | [`frame`](planner::frame) | workload → candidates (generous) | no |
//! | | [`cost`](planner::cost) | catalog + measurements → `CostModel`: build and saving at both ends of what is unknown; integers | no |
//! | | [`search`](planner::search) | tasks, frames and a budget as integers → order and residencies of largest value, with a certificate | no |
//! | | [`plan`](planner::plan) | candidates + cost model + budget → `Plan`: frames, media, order, residency, decisions (strict) | no |
//! | | [`emit`](planner::emit) | plan → `Program`: the text of every session statement | no |
//! | | [`check`](planner::check) | accesses + plan + program → every promise re-derived independently | no |
//! | | [`plan_file`](planner::plan_file) | plan + program + facts + fingerprints ↔ versioned JSON; drift = a list of reasons | no |
//! | [`runtime`]: doing it | [`engine`](runtime::engine) | open / submit / poll / cancel / close | network, processes |
//! | | [`collect`](runtime::collect) | table names + engine → `Catalog`; what a step of a run did | engine |
//! | | [`run`](runtime::run) | plan file + engine + journal → `RunRecord`: scheduling, events, cancel | yes |
//! | | [`verify`](runtime::verify) | pipeline + engine → comparison of outputs | yes |
//! | [`present`]: telling it | [`rule`](present::rule) | workload + facts → findings, one file per rule | no |
//! | | [`report`](present::report) | data types → text, JSON (pure functions returning text) | no |
//! | [`cli`], [`config`], [`diagnostic`] | | one file per command; settings read once and handed on; data about the user's text | stdout, stderr, reads |
//!
//! A module uses only modules above it in the table, plus [`diagnostic`]; a test holds the code to that.

pub mod cli;
pub mod config;
pub mod diagnostic;
pub mod facts;
pub mod frontend;
pub mod planner;
pub mod present;
pub mod runtime;
