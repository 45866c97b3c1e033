//! What calls of methods of Spark do.
//!
//! | methods of | their list | what is done |
//! |---|---|---|
//! | the session, its settings, functions and catalog, readers | [`methods`] | [`interpret`] |
//! | rows | [`frame`] | the same |
//! | what writes rows | [`writer`] | the same |
//! | what may be any of these, or plain data | [`any`] | the same |
//!
//! A list has one line for each method that is known; whatever is in none is noted as not seen.

mod any;
mod frame;
mod interpret;
mod methods;
mod names;
mod reader;
mod sql;
mod writer;

pub(super) use self::frame::{has_effects, is_method};
pub(super) use self::methods::Object;
