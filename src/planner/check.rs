//! Stage `check`: accesses + plan + program → every promise re-derived independently.
//!
//! Trusted are the accesses, the catalog and the parser. Nothing is believed that `frame`, `plan` or `emit` say:
//! the steps are replayed, and the text of every step is read again and compared with what the user wrote. No code
//! is shared with those stages, only their types.
//!
//! | promise | how it is derived |
//! |---|---|
//! | order | every statement once, in an order that meets every hazard; each read meets its version |
//! | residency | a frame is built before its first reader, released after its last, current all the time |
//! | text | what is no reader is the user's text; a reader differs at its declared places only |
//! | covering | one relation, enough columns, and a filter that every reader's own filters imply |
//! | repetition | the same tokens up to aliases, over the same table versions; or the same block, each item of the reader's a column, each of its tests made once |
//! | joining | the same keys of the same versions, joined where their place in the text does not matter |
//! | aggregation | the same groups, and for every aggregate a column that is computed by the same call over the same rows |
//! | sensitivity | nothing that gives other rows when computed once is in a frame |
//! | sharing | each frame's text holds the run's mark, so that no statement's plan equals it by chance |
//! | medium | what a medium does not keep, no reader shows |
//! | layout | rows are spread as promised, by columns of the frame, and nothing shows it |
//! | settings | the session is set as the plan says and set back at the end, and no statement shows it or names the setting |
//! | totals | peak within the budget, scans and peak as counted here |
//!
//! ```text
//! plan and program hold   ⇒  []
//! a reader's alias lost   ⇒  step 3 (`02_old.sql:1`) breaks the promise `text`: …
//! ```

mod aggregate;
mod canonical;
mod change;
mod covering;
mod emitted;
mod feeds;
mod frames;
mod hull;
mod join;
mod layout;
mod medium;
mod names;
mod padding;
mod repeated;
mod replay;
mod rewrite;
mod settings;
mod steady;
mod totals;
mod views;
mod widened;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use self::emitted::{Placed, Prefix};
use self::widened::Reading;
use super::emit::{Program, ProgramStep};
use super::frame::Reader;
use super::plan::{Frame, FrameId, Plan, Step};
use crate::diagnostic::{SourceId, Span};
use crate::facts::access::{Access, Read, ReadId, Subquery, SubqueryId};
use crate::facts::catalog::Catalog;
use crate::facts::workload::Workload;
use crate::frontend::source::Sources;
use crate::frontend::statement::{Statement, StatementId};

/// What a plan and its program promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// Every statement runs once, in an order that gives each read its version.
    Order,
    /// Frames live where they are read, and only while what they hold is current.
    Residency,
    /// What is submitted says what the user wrote.
    Text,
    /// A covering read holds all that its readers need.
    Covering,
    /// A repeated subquery stands for equal subqueries.
    Repetition,
    /// A join core joins what its readers would.
    Joining,
    /// A covering aggregate has the groups and values of its readers.
    Aggregation,
    /// Computing once changes nothing.
    Sensitivity,
    /// What reads no frame by name reads none.
    Sharing,
    /// What a medium does not keep, no reader shows.
    Medium,
    /// Rows are spread as the plan says, and nothing shows it.
    Layout,
    /// Settings change how statements run, and no statement shows that.
    Settings,
    /// The totals are those of the plan.
    Totals,
}

impl fmt::Display for Promise {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Promise::Order => "order",
            Promise::Residency => "residency",
            Promise::Text => "text",
            Promise::Covering => "covering",
            Promise::Repetition => "repetition",
            Promise::Joining => "joining",
            Promise::Aggregation => "aggregation",
            Promise::Sensitivity => "sensitivity",
            Promise::Sharing => "sharing",
            Promise::Medium => "medium",
            Promise::Layout => "layout",
            Promise::Settings => "settings",
            Promise::Totals => "totals",
        })
    }
}

/// A promise that does not hold. Its `Display` is one lowercase sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which promise.
    pub promise: Promise,
    /// Number of the step, from 1; none where it is about the plan as a whole.
    pub step: Option<u32>,
    /// `file:line` of the statement, where it is about one.
    pub place: Option<String>,
    /// What is wrong, as a lowercase fragment.
    pub text: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.step, &self.place) {
            (Some(step), Some(place)) => write!(formatter, "step {step} (`{place}`)")?,
            (Some(step), None) => write!(formatter, "step {step}")?,
            (None, Some(place)) => write!(formatter, "`{place}`")?,
            (None, None) => formatter.write_str("the plan")?,
        }
        write!(
            formatter,
            " breaks the promise `{}`: {}",
            self.promise, self.text
        )
    }
}

/// Every promise that does not hold, in the order of the table above; empty where all hold.
pub fn check(
    workload: &Workload,
    sources: &Sources,
    catalog: &Catalog,
    plan: &Plan,
    program: &Program,
) -> Vec<Violation> {
    let mut check = Check::new(workload, sources, catalog, plan, program);
    let replay = replay::run(&mut check);
    check.cores = join::cores(&check, &replay);
    frames::run(&mut check, &replay);
    rewrite::run(&mut check);
    settings::run(&mut check);
    totals::run(&mut check);
    check.violations.sort_by_key(|violation| violation.promise);
    check.violations.dedup();
    check.violations
}

/// What all parts look things up in, and where they report to.
struct Check<'a> {
    workload: &'a Workload,
    sources: &'a Sources,
    catalog: &'a Catalog,
    plan: &'a Plan,
    program: &'a Program,
    prefix: Prefix,
    statements: BTreeMap<StatementId, (&'a Statement, &'a Access)>,
    reads: BTreeMap<ReadId, &'a Read>,
    subqueries: BTreeMap<SubqueryId, &'a Subquery>,
    /// Tokens of every file that has some.
    tokens: BTreeMap<SourceId, Vec<Placed<'a>>>,
    /// How readers that are not equal to their frames read them; found where the frames are looked into.
    readings: BTreeMap<(FrameId, SubqueryId), Reading>,
    /// Join cores as the texts of their frames say them, or why such a text says none.
    cores: BTreeMap<FrameId, Result<join::Core, String>>,
    violations: Vec<Violation>,
}

impl<'a> Check<'a> {
    fn new(
        workload: &'a Workload,
        sources: &'a Sources,
        catalog: &'a Catalog,
        plan: &'a Plan,
        program: &'a Program,
    ) -> Self {
        let accesses = &workload.accesses;
        Check {
            workload,
            sources,
            catalog,
            plan,
            program,
            prefix: Prefix::new(sources),
            statements: accesses
                .iter()
                .filter_map(|access| {
                    let statement = workload
                        .statements
                        .iter()
                        .find(|statement| statement.id == access.statement)?;
                    Some((statement.id, (statement, access)))
                })
                .collect(),
            reads: accesses
                .iter()
                .flat_map(|access| &access.reads)
                .map(|read| (read.id, read))
                .collect(),
            subqueries: accesses
                .iter()
                .flat_map(|access| &access.subqueries)
                .map(|subquery| (subquery.id, subquery))
                .collect(),
            tokens: sources
                .iter()
                .filter_map(|source| Some((source.id, emitted::placed(source)?)))
                .collect(),
            readings: BTreeMap::new(),
            cores: BTreeMap::new(),
            violations: Vec::new(),
        }
    }

    fn report(&mut self, promise: Promise, at: At, text: impl Into<String>) {
        let (step, statement) = match at {
            At::Plan => (None, None),
            At::Step(index, statement) => (u32::try_from(index + 1).ok(), statement),
        };
        let place = statement
            .and_then(|id| self.statements.get(&id))
            .map(|(statement, _)| self.sources.place(statement.span));
        self.violations.push(Violation {
            promise,
            step,
            place,
            text: text.into(),
        });
    }

    /// Where a frame is built.
    fn built(&self, frame: FrameId) -> Option<(usize, &'a ProgramStep)> {
        let mut steps = self.program.steps.iter().enumerate();
        steps.find(|(_, step)| step.step == Step::Materialise(frame))
    }

    /// Where a statement runs.
    fn run_of(&self, statement: StatementId) -> At {
        let step = Step::Run(statement);
        let mut steps = self.plan.steps.iter();
        steps
            .position(|other| *other == step)
            .map_or(At::Plan, |index| At::Step(index, Some(statement)))
    }

    /// Who reads a frame, each with where to report what is wrong with it: statements, and the texts of other frames.
    fn places<'f>(&self, frame: &'f Frame) -> Vec<(At, &'f Reader)> {
        let readers = frame.readers.iter();
        let readers = readers.map(|reader| (self.run_of(reader.statement), reader));
        let feeds = frame.feeds.iter().filter_map(|feed| {
            let step = self.built(feed.frame).map(|(index, _)| index);
            let at = step.map_or(At::Plan, |index| At::Step(index, None));
            Some((at, feed.place.reader()?))
        });
        readers.chain(feeds).collect()
    }

    fn frame(&self, id: FrameId) -> Option<&'a Frame> {
        self.plan.frames.iter().find(|frame| frame.id == id)
    }

    /// The statements that read a frame, or what is built from it: those whose texts its own comes from.
    fn readers_of(&self, frame: &Frame) -> BTreeSet<StatementId> {
        let made = frame
            .feeds
            .iter()
            .filter(|feed| feed.place.reader().is_none());
        let made = made.filter_map(|feed| self.frame(feed.frame));
        let made = made.flat_map(Frame::places);
        let places = frame.places().chain(made);
        places.map(|reader| reader.statement).collect()
    }

    /// Where those statements stand.
    fn reader_spans(&self, frame: &Frame) -> Vec<Span> {
        let statements = self.readers_of(frame).into_iter();
        statements
            .filter_map(|id| Some(self.statements.get(&id)?.0.span))
            .collect()
    }

    fn table_name(&self, version: crate::facts::access::TableVersion) -> String {
        let mut tables = self.workload.tables.iter();
        let table = tables.find(|table| table.id == version.table);
        let name = table.map_or("?", |table| table.name.as_str());
        format!("{name}@{}", version.generation)
    }
}

/// What a violation is about.
#[derive(Clone, Copy, Debug)]
enum At {
    /// The plan as a whole.
    Plan,
    /// A step by its index, and the statement it runs.
    Step(usize, Option<StatementId>),
}

#[cfg(test)]
mod tests;
