//! Functions that the pipeline makes: what is known of the built-in ones does not hold for a name that it has given to
//! another function, since Spark looks for temporary functions first (`SessionCatalog.lookupBuiltinOrTempFunction`).
//!
//! A name stays that of a made function for the rest of the pipeline, also where the function is dropped.

use std::collections::BTreeSet;

use crate::frontend::statement::{Identifier, MadeFunction, MadeFunctions, Name};

/// Functions that are made before the statement at hand, by the last parts of their names.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Functions {
    /// Any.
    made: BTreeSet<String>,
    /// Those that read tables where they are called.
    reading: BTreeSet<String>,
    /// Any name may be that of a made function.
    unknown: bool,
}

impl Functions {
    /// After a statement that makes functions.
    pub(in super::super) fn make(&mut self, functions: &MadeFunctions) {
        match functions {
            MadeFunctions::None => {}
            MadeFunctions::One(MadeFunction { name, has_query }) => {
                // What it calls may read as well.
                if *has_query || !self.reading.is_empty() {
                    self.reading.insert(last_part(name));
                }
                self.made.insert(last_part(name));
            }
            MadeFunctions::Any => self.lose(),
        }
    }

    /// After a statement that may make any function.
    pub(in super::super) fn lose(&mut self) {
        self.unknown = true;
    }

    /// Whether a call of that name may be a call of a function that the pipeline made.
    pub(in super::super) fn may_have_made(&self, name: &str) -> bool {
        self.unknown || self.made.contains(name)
    }

    /// Last parts of the names of functions that read tables where they are called.
    pub(in super::super) fn reading(&self) -> &BTreeSet<String> {
        &self.reading
    }
}

fn last_part(name: &Name) -> String {
    name.parts.last().map(Identifier::key).unwrap_or_default()
}
