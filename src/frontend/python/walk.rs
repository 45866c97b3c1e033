//! Following a file statement by statement: every branch, every loop until nothing changes, every call of a function
//! of the pipeline with its arguments.
//!
//! What may happen counts as happening. What cannot be told is noted as not seen; nothing is left out.

mod branch;
mod function;
mod name;
mod statement;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_text_size::TextRange;

use super::state::{Binding, Names, State};
use super::value::{Lazy, Place, Value};
use crate::diagnostic::{Diagnostic, SourceId, Span};
use crate::frontend::source::Variables;
use crate::frontend::statement::{PythonAction, PythonDeed, PythonStep, Unseen};

/// Most statements and calls that are followed in one file.
const MOST_STEPS: u32 = 20_000;

/// Follows the Python files of a pipeline in order.
pub(super) struct Walker<'a> {
    /// Values of template variables.
    pub variables: &'a Variables,
    /// The file at hand.
    pub file: SourceId,
    /// Longest SQL statement that is looked into, bytes.
    pub max_statement_bytes: u64,
    /// What names mean here.
    pub state: State<'a>,
    /// What is seen of the file at hand.
    pub step: PythonStep,
    /// What there is to say about texts of SQL in it.
    pub diagnostics: Vec<Diagnostic>,
    /// Lists and dictionaries that something has changed.
    pub changed: BTreeSet<Place>,
    /// Something of Spark may lie in a value that is taken for plain.
    pub leaked: bool,
    /// Calls being followed.
    pub depth: u32,
    /// Modules all of whose names are imported.
    pub stars: Vec<Rc<str>>,
    /// How often each name is bound in the file at hand.
    stores: BTreeMap<String, u32>,
    /// Names that functions bind outside of themselves.
    outer: BTreeSet<String>,
    /// Names used by code of which it is not known when it runs.
    late: BTreeSet<String>,
    /// Functions of which it is not known when they run, and whether they have effects.
    pub escaped: BTreeMap<Place, bool>,
    returns: Vec<Returned<'a>>,
    loops: Vec<Left<'a>>,
    uncertain: u32,
    steps: u32,
}

/// Where a call returns.
#[derive(Default)]
struct Returned<'a> {
    value: Option<Value<'a>>,
    state: Option<State<'a>>,
}

/// Where a loop is left or goes on.
#[derive(Default)]
struct Left<'a> {
    breaks: Option<State<'a>>,
    continues: Option<State<'a>>,
}

fn add<'a>(to: &mut Option<State<'a>>, state: State<'a>) {
    *to = Some(match to.take() {
        Some(other) => other.or(state),
        None => state,
    });
}

impl<'a> Walker<'a> {
    /// Before the first file.
    pub(super) fn new(variables: &'a Variables, max_statement_bytes: u64) -> Self {
        Walker {
            variables,
            file: SourceId(0),
            max_statement_bytes,
            state: State::default(),
            step: PythonStep::default(),
            diagnostics: Vec::new(),
            changed: BTreeSet::new(),
            leaked: false,
            depth: 0,
            stars: Vec::new(),
            stores: BTreeMap::new(),
            outer: BTreeSet::new(),
            late: BTreeSet::new(),
            escaped: BTreeMap::new(),
            returns: Vec::new(),
            loops: Vec::new(),
            uncertain: 0,
            steps: 0,
        }
    }

    /// Follows the next file.
    pub(super) fn file(
        &mut self,
        file: SourceId,
        body: &'a [ast::Stmt],
    ) -> (PythonStep, Vec<Diagnostic>) {
        self.start(file);
        let names = Names::of(body);
        self.stores = names.stores;
        self.outer.extend(names.outer);
        self.body(body);
        self.finish()
    }

    /// A file of which nothing is known but that it may bind any name.
    pub(super) fn unknown_file(&mut self, file: SourceId) {
        self.start(file);
        self.lose_names();
        self.finish();
    }

    fn start(&mut self, file: SourceId) {
        self.file = file;
        self.steps = 0;
        self.state.dead = false;
        self.state.scopes.clear();
        self.uncertain = 0;
        for binding in self.state.globals.values_mut() {
            binding.earlier = true;
        }
        for (name, value) in [("spark", Value::Session), ("hoist_vars", Value::Variables)] {
            let binding = Binding {
                value,
                earlier: false,
            };
            self.state.globals.insert(name.to_owned(), binding);
        }
    }

    fn finish(&mut self) -> (PythonStep, Vec<Diagnostic>) {
        let mut step = std::mem::take(&mut self.step);
        step.unseen
            .sort_by_key(|unseen| (unseen.span, unseen.reason.clone()));
        step.unseen.dedup();
        // Code that is not seen may reach the namespace.
        step.names.unknown |= !step.unseen.is_empty();
        (step, std::mem::take(&mut self.diagnostics))
    }

    /// Any name may mean anything.
    pub(super) fn lose_names(&mut self) {
        self.step.names.unknown = true;
        self.step.names.carried.everything = true;
        for binding in self.state.globals.values_mut() {
            if !matches!(binding.value, Value::Session | Value::Variables) {
                binding.value = Value::Unknown;
            }
        }
    }

    pub(super) fn span(&self, range: TextRange) -> Span {
        Span {
            source: self.file,
            start: range.start().to_u32(),
            end: range.end().to_u32(),
        }
    }

    /// Notes a place whose effect is not known.
    pub(super) fn unseen(&mut self, range: TextRange, reason: impl Into<String>) -> Value<'a> {
        let unseen = Unseen {
            reason: reason.into(),
            span: self.span(range),
        };
        if !self.step.unseen.contains(&unseen) {
            self.step.unseen.push(unseen);
        }
        self.leaked = true;
        Value::Unknown
    }

    /// Notes something that the file does; gives the reads that hang on it.
    pub(super) fn act(&mut self, deed: PythonDeed, range: TextRange) -> Lazy {
        let position = u32::try_from(self.step.actions.len()).unwrap_or(u32::MAX);
        self.step.actions.push(PythonAction {
            deed,
            span: self.span(range),
            certain: self.uncertain == 0,
        });
        Lazy {
            everything: false,
            actions: BTreeSet::from([(self.file, position)]),
        }
    }

    /// Number of things noted, to tell whether code has effects.
    pub(super) fn effects(&self) -> usize {
        self.step.actions.len() + self.step.unseen.len()
    }

    /// Whether there is anything left to spend on following the file.
    pub(super) fn spend(&mut self, range: TextRange) -> bool {
        self.steps += 1;
        if self.steps == MOST_STEPS {
            self.unseen(range, "the file does too much to follow it to its end");
            self.lose_names();
        }
        self.steps < MOST_STEPS
    }

    /// Runs code that may not run.
    pub(super) fn uncertainly<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> R {
        self.uncertain += 1;
        let result = work(self);
        self.uncertain -= 1;
        result
    }
}
