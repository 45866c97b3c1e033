//! Floor `frontend`: what the pipeline says.
//!
//! | stage (module) | in → out | I/O |
//! |---|---|---|
//! | [`source`] | paths → `Sources` (text, ids, line index, template variables with a span map) | reads |
//! | [`statement`] | `Statement`, our own compact `Query` with spans | no |
//! | [`sql`], [`python`] | `Sources` → `Vec<Statement>` + diagnostics; sqlparser's types never leave `sql` | no |

pub mod python;
pub mod source;
pub mod sql;
pub mod statement;
