//! The HTML report: what stands in it, and what it does in a browser.

mod browser;
mod interaction;
mod pages;
mod structure;
