//! Stage `emit`: plan → the text of every session statement.
//!
//! Rewriting edits token spans of the template and never prints a statement from its syntax tree: whatever is not
//! edited stays byte for byte, comments and template variables included.
//!
//! ```text
//! table       FROM db.general_data WHERE …      FROM {ns}_general_data_1 AS general_data WHERE …
//! join        FROM db.p JOIN db.c ON …, SELECT c.a  FROM {ns}_p_c_1 AS p, SELECT p.a
//! subquery    WITH l AS (SELECT a, max(b) AS m …)   WITH l AS (SELECT `a`, `m` FROM {ns}_l_1)
//! grouping    SELECT k, sum(a) AS s FROM t WHERE … GROUP BY k   SELECT k, a1 AS s FROM {ns}_t_groups_1 AS t WHERE n1 > 0
//! ```
//!
//! Each kind of frame has a module that writes its definition and the edits of its readers; each medium has one that
//! writes what builds a frame there and what lets it go. How rows are spread is written in one place for all of them.

mod aggregate;
mod alone;
mod covering;
mod edit;
mod join;
mod layout;
mod medium;
mod quote;
mod repeated;
mod settings;
mod widened;

use self::edit::{Edit, apply};
use self::quote::quoted;
use super::frame::{Candidate, Candidates, Definition, Place, Reader};
use super::plan::{Feed, FeedPlace, Frame, FrameId, Plan, Step};
use crate::facts::access::TableVersion;
use crate::facts::workload::Workload;
use crate::frontend::source::Sources;
use crate::frontend::statement::{Statement, StatementId, StatementKind};

pub use self::alone::definitions;
pub use super::frame::{NAMESPACE, SCRATCH};

/// The texts of a session, step by step. Texts keep their template variables; `run` fills them in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// What is submitted first: settings of the session.
    pub start: Vec<ProgramText>,
    /// In the order of the plan's steps.
    pub steps: Vec<ProgramStep>,
    /// What is submitted at the very end, however the run ended: frame views are dropped, children first, and the
    /// scratch database; settings get their values back.
    pub finish: Vec<ProgramText>,
}

/// The texts of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramStep {
    /// The plan's step.
    pub step: Step,
    /// What to submit, in order.
    pub texts: Vec<ProgramText>,
}

/// One text to submit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramText {
    /// Its language.
    pub language: Language,
    /// The text, with template variables.
    pub text: String,
    /// Whether it holds [`NAMESPACE`], and perhaps [`SCRATCH`]. The user's own text is never searched for the placeholder.
    pub namespaced: bool,
}

/// Languages of a session.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Spark SQL, one statement.
    Sql,
    /// Python in the session's namespace.
    Python,
}

/// The texts of a plan, step by step.
pub fn emit(
    plan: &Plan,
    candidates: &Candidates,
    workload: &Workload,
    sources: &Sources,
) -> Program {
    let emitter = Emitter {
        plan,
        candidates,
        workload,
        sources,
    };
    let steps = plan
        .steps
        .iter()
        .map(|step| ProgramStep {
            step: *step,
            texts: emitter.texts(*step),
        })
        .collect();
    let mut finish = medium::finish(&plan.frames);
    finish.extend(settings::finish(&plan.settings));
    Program {
        start: settings::start(&plan.settings),
        steps,
        finish,
    }
}

struct Emitter<'a> {
    plan: &'a Plan,
    candidates: &'a Candidates,
    workload: &'a Workload,
    sources: &'a Sources,
}

impl Emitter<'_> {
    fn texts(&self, step: Step) -> Vec<ProgramText> {
        match step {
            Step::Materialise(id) => self.materialise(id).unwrap_or_default(),
            Step::Run(id) => self
                .workload
                .statement(id)
                .map(|one| self.run(one))
                .into_iter()
                .collect(),
            Step::Release(id) => self.frame(id).map(medium::release).unwrap_or_default(),
        }
    }

    fn frame(&self, id: FrameId) -> Option<&Frame> {
        self.plan.frames.get(id.0 as usize)
    }

    fn materialise(&self, id: FrameId) -> Option<Vec<ProgramText>> {
        let frame = self.frame(id)?;
        let candidate = self.candidates.get(frame.candidate?)?;
        Some(medium::materialise(
            frame,
            &self.definition(frame, candidate)?,
        ))
    }

    fn definition(&self, frame: &Frame, candidate: &Candidate) -> Option<String> {
        match &candidate.definition {
            Definition::CoveringRead {
                version,
                columns,
                hull,
                ..
            } => covering::definition(self, *version, columns, hull),
            Definition::RepeatedSubquery { .. } => repeated::definition(self, frame),
            Definition::WidenedSubquery(widened) => widened::definition(self, frame, widened),
            Definition::JoinCore { members, hull, .. } => {
                join::definition(self, frame, members, hull)
            }
            Definition::CoveringAggregate(aggregation) => {
                aggregate::definition(self, frame, aggregation)
            }
        }
    }

    /// The edits of the text that defines a frame: where it reads other frames.
    fn fed(&self, frame: &Frame) -> Vec<Edit> {
        let feeds = self.plan.frames.iter().flat_map(|from| {
            let feeds = from.feeds.iter();
            feeds
                .filter(|feed| feed.frame == frame.id)
                .filter_map(|feed| self.edits_of(from, feed.place.reader()?))
        });
        feeds.flatten().collect()
    }

    /// What the definition of a frame reads for a table: the frame that it is built from there, if any.
    fn source(&self, frame: &Frame, version: TableVersion) -> Option<String> {
        let place = Feed {
            frame: frame.id,
            place: FeedPlace::Table(version),
        };
        let mut frames = self.plan.frames.iter();
        match frames.find(|from| from.feeds.contains(&place)) {
            Some(from) => Some(name(from)),
            None => self.table(version),
        }
    }

    /// The full name, so that no temporary view can stand in for a table; a temporary view has one part.
    fn table(&self, version: TableVersion) -> Option<String> {
        let table = self.workload.table(version.table)?;
        Some(
            table
                .name
                .split('.')
                .map(quoted)
                .collect::<Vec<_>>()
                .join("."),
        )
    }

    fn run(&self, statement: &Statement) -> ProgramText {
        let original = self.sources.text(statement.span);
        if let StatementKind::Python(_) = statement.kind {
            let text = original.to_owned();
            return ProgramText {
                language: Language::Python,
                text,
                namespaced: false,
            };
        }
        let edits = self.edits(statement.id);
        let namespaced = !edits.is_empty();
        let text = apply(original, statement.span, edits);
        ProgramText {
            language: Language::Sql,
            text,
            namespaced,
        }
    }

    fn edits(&self, statement: StatementId) -> Vec<Edit> {
        let readers = self.plan.frames.iter().flat_map(|frame| {
            let here = frame
                .readers
                .iter()
                .filter(move |reader| reader.statement == statement);
            here.map(move |reader| (frame, reader))
        });
        readers
            .flat_map(|(frame, reader)| self.edits_of(frame, reader).unwrap_or_default())
            .collect()
    }

    /// What changes in the user's text for one reader.
    fn edits_of(&self, frame: &Frame, reader: &Reader) -> Option<Vec<Edit>> {
        match reader.place {
            Place::Name => covering::edits(self, frame, reader),
            Place::Body(subquery) => match &self.candidates.get(frame.candidate?)?.definition {
                Definition::WidenedSubquery(widened) => {
                    widened::edits(self, frame, widened, subquery)
                }
                _ => repeated::edits(self, frame, subquery),
            },
            Place::Joined => join::edits(self, frame, reader),
            Place::Block => aggregate::edits(self, frame, reader),
        }
    }
}

/// The name of a frame's view in the session.
fn name(frame: &Frame) -> String {
    format!("{NAMESPACE}_{}", frame.name)
}

fn namespaced(text: String) -> ProgramText {
    ProgramText {
        language: Language::Sql,
        text,
        namespaced: true,
    }
}
