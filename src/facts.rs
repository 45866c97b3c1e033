//! Floor `facts`: what is true. No choice is made and no threshold stands here.
//!
//! | stage (module) | in → out | I/O |
//! |---|---|---|
//! | [`catalog`] | loaded values: facts of tables (schema, kind, size, location, view text) | no |
//! | [`profile`] | loaded values: measurements of earlier runs | no |
//! | [`access`] | statements + catalog → which table *versions*, columns and filters each reads and writes | no |
//! | [`workload`] | accesses → `Workload`: hazards, barriers, order, readers per table version | no |

pub mod access;
pub mod catalog;
pub mod profile;
pub mod workload;
