//! Stage `report`: data types → text, Markdown, HTML, graphs and JSON documents.
//!
//! Text fits 80 columns whatever the terminal, so that the same input gives the same bytes. JSON documents have
//! wire structs of their own in [`json`].

pub mod analysis;
pub mod catalog;
pub mod diagnostics;
pub mod diff;
pub mod explain;
pub mod findings;
pub mod html;
pub mod json;
pub mod layout;
mod markup;
mod matrix;
pub mod plan;
pub mod review;
pub mod rules;
pub mod run;
pub mod search;
mod settings;
pub mod verification;
