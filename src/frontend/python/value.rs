//! What a Python expression may be, as far as it bears on Spark.

use std::collections::BTreeSet;
use std::rc::Rc;

use ruff_python_ast as ast;

use crate::diagnostic::SourceId;

/// Most alternatives of a constant that are told apart.
const MOST_ALTERNATIVES: usize = 32;

/// A value, or what is known of it. What is not listed cannot be reached: every value of a file comes from a literal,
/// from a module that is known, or from a call that is known. Results of anything else are [`Value::Unknown`].
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'a> {
    /// One of these constants; never empty.
    Constants(Vec<Constant>),
    /// A list, tuple or set that nothing changes.
    List(Place, Rc<Vec<Value<'a>>>),
    /// A dictionary that nothing changes.
    Dict(Place, Rc<Vec<(Value<'a>, Value<'a>)>>),
    /// A value that holds no part of Spark.
    Plain,
    /// A column, or anything else that an expression of columns is made of.
    Column,
    /// The values of template variables, `hoist_vars`.
    Variables,
    /// The session.
    Session,
    /// What makes a session.
    Builder,
    /// The Spark context.
    Context,
    /// The session's catalog.
    Catalog,
    /// The session's settings.
    Settings,
    /// The session's functions.
    Functions,
    /// A `DataFrame`, or groups of one.
    Frame(Lazy),
    /// `spark.read` with what is set on it.
    Reader(Reader),
    /// `df.write` with what is set on it.
    Writer(Writer, Lazy),
    /// A module, a part of one, or a function of one.
    Module(Rc<str>),
    /// A function of the pipeline.
    Function(Function<'a>),
    /// A class of the pipeline, or an object of one.
    Class {
        /// Its code has effects.
        effects: bool,
    },
    /// Any of the above.
    Any(Lazy),
    /// The result of something that is not seen.
    Unknown,
}

/// A constant.
#[derive(Clone, Debug)]
pub(super) enum Constant {
    /// A text, and where it stands in a file as it is.
    Text(Rc<str>, Option<Place>),
    /// A whole number.
    Number(i64),
    /// `True` or `False`.
    Truth(bool),
    /// `None`.
    Nothing,
}

impl PartialEq for Constant {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Constant::Text(left, _), Constant::Text(right, _)) => left == right,
            (Constant::Number(left), Constant::Number(right)) => left == right,
            (Constant::Truth(left), Constant::Truth(right)) => left == right,
            (Constant::Nothing, Constant::Nothing) => true,
            _ => false,
        }
    }
}

/// A byte of a file.
pub(super) type Place = (SourceId, u32);

/// Reads that happen when a lazy `DataFrame` is used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lazy {
    /// All reads so far.
    pub everything: bool,
    /// Actions, by file and position.
    pub actions: BTreeSet<(SourceId, u32)>,
}

impl Lazy {
    /// All reads so far.
    pub(super) fn everything() -> Self {
        Lazy {
            everything: true,
            actions: BTreeSet::new(),
        }
    }

    /// Adds the reads of another.
    pub(super) fn add(&mut self, other: &Lazy) {
        self.everything |= other.everything;
        self.actions.extend(&other.actions);
    }
}

/// What is set on `spark.read`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reader {
    /// The format; none where it is not a constant.
    pub format: Option<Rc<str>>,
}

/// What is set on `df.write` or `df.writeTo(…)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Writer {
    /// The table of `writeTo`; an empty text where it is not a constant.
    pub target: Option<(Rc<str>, Option<Place>)>,
    /// May replace what is there.
    pub replace: bool,
    /// May have a place of its own.
    pub located: bool,
}

/// A function of the pipeline.
#[derive(Clone, Debug)]
pub(super) struct Function<'a> {
    /// Its code.
    pub code: Code<'a>,
    /// Where it is defined.
    pub place: Place,
    /// What it sees of the function in which it is defined.
    pub captured: Rc<Vec<(String, Value<'a>)>>,
    /// Arguments that are not given, evaluated where it is defined, in the order of the parameters that have them.
    pub defaults: Rc<Vec<Value<'a>>>,
}

impl PartialEq for Function<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
            && self.captured == other.captured
            && self.defaults == other.defaults
    }
}

/// Code of a function.
#[derive(Clone, Copy, Debug)]
pub(super) enum Code<'a> {
    /// `def`.
    Defined(&'a ast::StmtFunctionDef),
    /// `lambda`.
    Lambda(&'a ast::ExprLambda),
}

impl<'a> Value<'a> {
    /// A text that stands nowhere as it is.
    pub(super) fn text(text: impl Into<Rc<str>>) -> Self {
        Value::Constants(vec![Constant::Text(text.into(), None)])
    }

    /// Reads that hang on it.
    pub(super) fn lazy(&self) -> Lazy {
        let mut lazy = Lazy::default();
        match self {
            Value::Frame(own) | Value::Any(own) | Value::Writer(_, own) => lazy.add(own),
            Value::List(_, items) => items.iter().for_each(|item| lazy.add(&item.lazy())),
            Value::Dict(_, items) => {
                for (key, value) in items.iter() {
                    lazy.add(&key.lazy());
                    lazy.add(&value.lazy());
                }
            }
            Value::Function(function) => {
                let captured = function.captured.iter().map(|(_, value)| value);
                for value in captured.chain(function.defaults.iter()) {
                    lazy.add(&value.lazy());
                }
            }
            Value::Class { .. } | Value::Unknown => lazy.everything = true,
            _ => {}
        }
        lazy
    }

    /// Holds no part of Spark.
    pub(super) fn is_plain(&self) -> bool {
        match self {
            Value::Constants(_)
            | Value::Plain
            | Value::Column
            | Value::Variables
            | Value::Module(_)
            | Value::Class { effects: false } => true,
            Value::List(_, items) => items.iter().all(Value::is_plain),
            Value::Dict(_, items) => items
                .iter()
                .all(|(key, value)| key.is_plain() && value.is_plain()),
            Value::Function(function) => {
                let captured = function.captured.iter().map(|(_, value)| value);
                captured
                    .chain(function.defaults.iter())
                    .all(Value::is_plain)
            }
            _ => false,
        }
    }

    /// What it means cannot be changed through it.
    pub(super) fn is_fixed(&self) -> bool {
        match self {
            Value::List(_, items) => items.iter().all(Value::is_fixed),
            Value::Constants(_)
            | Value::Column
            | Value::Module(_)
            | Value::Frame(_)
            | Value::Session
            | Value::Context
            | Value::Variables
            | Value::Function(_) => true,
            _ => false,
        }
    }

    /// One of two values.
    pub(super) fn or(self, other: Value<'a>) -> Value<'a> {
        if self == other {
            return self;
        }
        match (self, other) {
            (Value::Constants(mut left), Value::Constants(right)) => {
                for constant in right {
                    if !left.contains(&constant) {
                        left.push(constant);
                    }
                }
                if left.len() > MOST_ALTERNATIVES {
                    return Value::Plain;
                }
                Value::Constants(left)
            }
            (Value::Frame(mut left), Value::Frame(right)) => {
                left.add(&right);
                Value::Frame(left)
            }
            (Value::Class { effects: left }, Value::Class { effects: right }) => Value::Class {
                effects: left || right,
            },
            // A call of one of several functions is not followed.
            (Value::Unknown | Value::Function(_) | Value::Class { .. }, _)
            | (_, Value::Unknown | Value::Function(_) | Value::Class { .. }) => Value::Unknown,
            (Value::Constants(_), Value::Column) | (Value::Column, Value::Constants(_)) => {
                Value::Plain
            }
            (left, right) if left.is_plain() && right.is_plain() => Value::Plain,
            (left, right) => {
                let mut lazy = left.lazy();
                lazy.add(&right.lazy());
                Value::Any(lazy)
            }
        }
    }

    /// The texts that it can be; none where one of them is not known.
    pub(super) fn texts(&self) -> Option<Vec<(Rc<str>, Option<Place>)>> {
        let Value::Constants(constants) = self else {
            return None;
        };
        constants
            .iter()
            .map(|constant| match constant {
                Constant::Text(text, place) => Some((text.clone(), *place)),
                _ => None,
            })
            .collect()
    }

    /// The text that it is; none where it is not known.
    pub(super) fn one_text(&self) -> Option<Rc<str>> {
        match self.texts()?.as_slice() {
            [(text, _)] => Some(text.clone()),
            _ => None,
        }
    }
}
