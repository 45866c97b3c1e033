//! What a Python file of the pipeline does, as far as it is declared or seen.

use std::collections::{BTreeMap, BTreeSet};

use super::{Files, Name, StatementKind, ViewScope};
use crate::diagnostic::{SourceId, Span};

/// A Python file: what it declares about itself, and what is seen in it.
#[derive(Clone, Debug, Default)]
pub struct PythonStep {
    /// Its header, where it has one: it covers what is not seen.
    pub declared: Option<PythonDeclaration>,
    /// What it does, or may do, in the order in which it runs.
    pub actions: Vec<PythonAction>,
    /// Places whose effect is not known, in the order of the text: without a header they make the file a barrier.
    pub unseen: Vec<Unseen>,
    /// Template variables whose values decide what is seen.
    pub variables: BTreeSet<String>,
    /// Names of the namespace that all Python files share.
    pub names: PythonNames,
}

impl PythonStep {
    /// Whether everything that it does is known from its text or its header.
    pub fn is_seen(&self) -> bool {
        self.declared.is_some() || self.unseen.is_empty()
    }
}

/// The header comment `# hoist: reads a, b; writes c; views v`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PythonDeclaration {
    /// Tables whose rows the step reads.
    pub reads: Vec<Name>,
    /// Tables it writes.
    pub writes: Vec<Name>,
    /// Temporary views it defines.
    pub views: Vec<Name>,
    /// The header.
    pub span: Option<Span>,
}

/// One thing that a Python file does.
#[derive(Clone, Debug)]
pub struct PythonAction {
    /// What.
    pub deed: PythonDeed,
    /// Where.
    pub span: Span,
    /// It happens whenever the file runs; otherwise it may.
    pub certain: bool,
}

/// Kinds of [`PythonAction`]s.
#[derive(Clone, Debug)]
pub enum PythonDeed {
    /// Makes a lazy `DataFrame` of the rows of a table or view.
    Read(Name),
    /// Makes a lazy `DataFrame` of files, or reads them.
    ReadFiles(Files),
    /// Writes rows into a table.
    Insert(Name),
    /// Makes a table of rows, or writes rows into it.
    Save {
        /// The table.
        target: Name,
        /// May replace an existing one.
        replace: bool,
        /// May lie at a place that another table has.
        located: bool,
    },
    /// Writes files.
    WriteFiles(Files),
    /// Defines a temporary view of a `DataFrame`.
    View {
        /// The view.
        target: Name,
        /// Where it lives.
        scope: ViewScope,
    },
    /// What a SQL statement does: the text of `spark.sql("…")`, or a call that says the same.
    Sql {
        /// The statement. Its spans are bytes of its own text.
        statement: Box<StatementKind>,
        /// The byte of the file at which that text begins, where it stands in the file as it is.
        at: Option<u32>,
    },
}

/// A place whose effect is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// Why, as a lowercase fragment.
    pub reason: String,
    /// The place.
    pub span: Span,
}

/// Names of the shared namespace in one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PythonNames {
    /// Names that it binds, may bind or removes; with the module, where each means a module or a part of one.
    pub binds: BTreeMap<String, Option<String>>,
    /// Names bound by earlier files that it uses; whether what they mean may be changed through them.
    pub uses: BTreeMap<String, bool>,
    /// It may bind or use any name, or share something else with other files.
    pub unknown: bool,
    /// Reads that hang on the names it uses.
    pub carried: Carried,
}

/// Reads of earlier files that a file repeats, because it uses lazy `DataFrame`s made there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// All that the earlier files read.
    pub everything: bool,
    /// Actions by file and position.
    pub actions: BTreeSet<(SourceId, u32)>,
}

impl PythonNames {
    /// Whether two files may change places as far as their names go.
    pub fn independent(&self, other: &PythonNames) -> bool {
        let rebinds = |one: &PythonNames, other: &PythonNames| {
            one.binds.iter().any(|(name, module)| {
                other.uses.contains_key(name)
                    || other
                        .binds
                        .get(name)
                        // Importing the same twice changes nothing.
                        .is_some_and(|bound| module.is_none() || bound != module)
            })
        };
        let changes = self
            .uses
            .iter()
            .any(|(name, changes)| other.uses.get(name).is_some_and(|too| *changes || *too));
        !(self.unknown || other.unknown || changes || rebinds(self, other) || rebinds(other, self))
    }
}
