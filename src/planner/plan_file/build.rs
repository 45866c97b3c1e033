//! Plan, program and facts → plan file.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Action, DecisionEntry, FeedEntry, FrameEntry, LayoutEntry, Pipeline, PlanFile, PlanSettings,
    ReaderEntry, ReasonEntry, SCHEMA, SearchEntry, SearchPartEntry, SettingEntry, StatementEntry,
    StepEntry, SubjectEntry, TextEntry, Verdict, fingerprint,
};
use crate::facts::access::{Access, Origin, Read, ReadId, Subquery, SubqueryId, TableVersion};
use crate::facts::catalog::Catalog;
use crate::facts::profile::Measurements;
use crate::facts::workload::Workload;
use crate::frontend::source::{Sources, Variables};
use crate::frontend::statement::{Statement, StatementId};
use crate::planner::emit::{Program, ProgramStep};
use crate::planner::frame::{Place, Reader};
use crate::planner::plan::{
    Decision, FeedPlace, Frame, FrameId, Layout, Plan, ReasonFor, Searched, Setting, Step, Subject,
};

/// Everything a plan file is made from.
#[derive(Clone, Copy, Debug)]
pub struct PlanFileInputs<'a> {
    /// Path from the plan file's folder to the pipeline, with `/`.
    pub root: &'a str,
    /// The files.
    pub sources: &'a Sources,
    /// Values of template variables.
    pub variables: &'a Variables,
    /// What influenced planning besides the files and the facts.
    pub settings: &'a PlanSettings,
    /// The facts that were used.
    pub catalog: &'a Catalog,
    /// The statements and what they access.
    pub workload: &'a Workload,
    /// What was chosen.
    pub plan: &'a Plan,
    /// The texts of every step.
    pub program: &'a Program,
}

impl PlanFile {
    /// The plan file of a plan. The plan and its program must hold the promises that `check` re-derives.
    pub fn new(inputs: PlanFileInputs<'_>) -> PlanFile {
        let builder = Builder::new(inputs);
        PlanFile {
            schema: SCHEMA.to_owned(),
            tool: format!("hoist {}", env!("CARGO_PKG_VERSION")),
            pipeline: Pipeline {
                root: inputs.root.to_owned(),
                files: fingerprint::files(inputs.sources),
            },
            settings: inputs.settings.clone(),
            variables: fingerprint::variables(inputs.sources, inputs.variables),
            catalog: inputs.catalog.clone(),
            measurements: Measurements::default(),
            frames: inputs
                .plan
                .frames
                .iter()
                .map(|frame| builder.frame(frame))
                .collect(),
            session_settings: inputs
                .plan
                .settings
                .iter()
                .map(|setting| builder.setting(setting))
                .collect(),
            start: inputs.program.start.iter().map(TextEntry::from).collect(),
            steps: inputs
                .program
                .steps
                .iter()
                .zip(1..)
                .map(|(step, number)| builder.step(step, number))
                .collect(),
            finish: inputs.program.finish.iter().map(TextEntry::from).collect(),
            decisions: inputs
                .plan
                .decisions
                .iter()
                .map(|decision| builder.decision(decision))
                .collect(),
            search: inputs.plan.searched.as_ref().map(searched),
            summary: inputs.plan.summary,
        }
    }
}

/// Look-ups by number.
pub(super) struct Builder<'a> {
    inputs: PlanFileInputs<'a>,
    statements: BTreeMap<StatementId, (&'a Statement, &'a Access)>,
    reads: BTreeMap<ReadId, &'a Read>,
    subqueries: BTreeMap<SubqueryId, &'a Subquery>,
    numbers: BTreeMap<Step, u32>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(inputs: PlanFileInputs<'a>) -> Self {
        let accesses = &inputs.workload.accesses;
        Builder {
            inputs,
            statements: inputs
                .workload
                .statements
                .iter()
                .zip(accesses)
                .map(|(statement, access)| (statement.id, (statement, access)))
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
            numbers: inputs
                .program
                .steps
                .iter()
                .zip(1..)
                .map(|(step, number)| (step.step, number))
                .collect(),
        }
    }

    fn number(&self, step: Step) -> u32 {
        self.numbers.get(&step).copied().unwrap_or(0)
    }

    pub(super) fn version(&self, version: TableVersion) -> String {
        let table = self.inputs.workload.tables.get(version.table.0 as usize);
        format!(
            "{}@{}",
            table.map_or("", |table| table.name.as_str()),
            version.generation
        )
    }

    fn versions(&self, versions: impl IntoIterator<Item = TableVersion>) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let first = versions.into_iter().filter(|version| seen.insert(*version));
        first.map(|version| self.version(version)).collect()
    }

    fn place(&self, statement: StatementId) -> String {
        self.statements
            .get(&statement)
            .map_or_else(String::new, |(statement, _)| {
                self.inputs.sources.place(statement.span)
            })
    }

    /// `file:line` of a read: of its name in the text, or of the statement where it is not named there.
    fn read_place(&self, read: ReadId) -> String {
        self.reads
            .get(&read)
            .map_or_else(String::new, |read| match &read.origin {
                Origin::Named { name, .. } => self.inputs.sources.place(*name),
                Origin::Declared(place) | Origin::Recognised(place) => {
                    self.inputs.sources.place(*place)
                }
                Origin::ThroughView(_) | Origin::Carried => self.place(read.statement),
            })
    }

    fn subquery_place(&self, subquery: SubqueryId) -> String {
        self.subqueries
            .get(&subquery)
            .map_or_else(String::new, |subquery| {
                self.inputs.sources.place(subquery.body)
            })
    }

    /// Where the text that a reader replaces begins, in bytes from the start of its statement.
    fn replaced(&self, reader: &Reader) -> Option<u32> {
        let (statement, _) = self.statements.get(&reader.statement)?;
        match reader.subquery() {
            Some(subquery) => body_offset(statement, self.subqueries.get(&subquery)?),
            None => name_offset(statement, self.reads.get(reader.reads.first()?)?),
        }
    }

    /// Where the tables that a join core replaces are named, in bytes from the start of their statement.
    fn joined(&self, reader: &Reader) -> Vec<u32> {
        let statement = self.statements.get(&reader.statement);
        let Some((statement, _)) = statement.filter(|_| reader.place == Place::Joined) else {
            return Vec::new();
        };
        let reads = reader.reads.iter().filter_map(|read| self.reads.get(read));
        reads
            .filter_map(|read| name_offset(statement, read))
            .collect()
    }

    fn frame_name(&self, frame: FrameId) -> String {
        self.inputs
            .plan
            .frames
            .iter()
            .find(|candidate| candidate.id == frame)
            .map_or_else(String::new, |frame| frame.name.clone())
    }

    pub(super) fn frame(&self, frame: &Frame) -> FrameEntry {
        let materialise = Step::Materialise(frame.id);
        let readers = frame.readers.iter();
        let feeds = frame.feeds.iter();
        let used_in = readers
            .map(|reader| self.number(Step::Run(reader.statement)))
            .chain(feeds.map(|feed| self.number(Step::Materialise(feed.frame))));
        FrameEntry {
            name: frame.name.clone(),
            kind: frame.kind,
            definition: self
                .inputs
                .program
                .steps
                .iter()
                .find(|step| step.step == materialise)
                .and_then(|step| step.texts.get(frame.medium.defining_text()))
                .map_or_else(String::new, |text| definition(&text.text).to_owned()),
            medium: frame.medium.word().to_owned(),
            storage_level: frame.medium.level().map(|level| level.word().to_owned()),
            layout: match &frame.layout {
                Layout::Plain => None,
                Layout::Clustered { columns, parts } => Some(LayoutEntry::Clustered {
                    columns: columns.clone(),
                    parts: *parts,
                }),
            },
            inputs: self.versions(frame.inputs.iter().copied()),
            readers: frame
                .readers
                .iter()
                .map(|reader| self.reader(reader))
                .collect(),
            feeds: frame
                .feeds
                .iter()
                .map(|feed| FeedEntry {
                    frame: self.frame_name(feed.frame),
                    text: feed.place.reader().map(|reader| self.reader(reader)),
                    table: match feed.place {
                        FeedPlace::Text(_) => None,
                        FeedPlace::Table(version) => self.versions([version]).pop(),
                    },
                })
                .collect(),
            built_in: self.number(materialise),
            built_before: used_in.clone().min().unwrap_or(0),
            released_after: used_in.max().unwrap_or(0),
            size_bytes: frame.size_bytes,
            build_micros: frame.build_micros,
            saving_micros: frame.saving_micros,
        }
    }

    fn reader(&self, reader: &Reader) -> ReaderEntry {
        let reads = reader.reads.iter();
        ReaderEntry {
            step: self.number(Step::Run(reader.statement)),
            statement: self.place(reader.statement),
            reads: self
                .versions(reads.filter_map(|read| self.reads.get(read).map(|read| read.version))),
            subquery: reader
                .subquery()
                .map(|subquery| self.subquery_place(subquery)),
            at: self.replaced(reader),
            joined: self.joined(reader),
        }
    }

    pub(super) fn step(&self, step: &ProgramStep, number: u32) -> StepEntry {
        let texts = step.texts.iter().map(TextEntry::from).collect();
        let (action, frame, statement) = match step.step {
            Step::Materialise(frame) => (Action::Materialise, Some(self.frame_name(frame)), None),
            Step::Release(frame) => (Action::Release, Some(self.frame_name(frame)), None),
            Step::Run(statement) => (Action::Run, None, self.statements.get(&statement)),
        };
        StepEntry {
            number,
            action,
            frame,
            statement: statement.map(|(statement, access)| self.statement(statement, access)),
            original: statement
                .map(|(statement, _)| self.inputs.sources.text(statement.span).to_owned()),
            texts,
        }
    }

    fn statement(&self, statement: &Statement, access: &Access) -> StatementEntry {
        let source = self.inputs.sources.get(statement.source);
        StatementEntry {
            file: source.map_or_else(String::new, |source| source.name.clone()),
            line: source.map_or(0, |source| source.position(statement.span.start).0),
            number: statement.number,
            kind: statement.kind.word().to_owned(),
            reads: self.versions(access.reads.iter().map(|read| read.version)),
            writes: self.versions(access.writes.iter().map(|write| write.produces)),
            starts: self.versions(access.starts.iter().copied()),
            frames: self
                .inputs
                .plan
                .frames
                .iter()
                .filter(|frame| {
                    frame
                        .readers
                        .iter()
                        .any(|reader| reader.statement == statement.id)
                })
                .map(|frame| frame.name.clone())
                .collect(),
            barrier: access
                .barrier
                .as_ref()
                .map(|barrier| barrier.reason.clone()),
            moved: self.moved(statement.id),
        }
    }

    /// Why a statement runs in another place than in the files.
    fn moved(&self, statement: StatementId) -> Option<String> {
        let plan = self.inputs.plan;
        if plan.moved.binary_search(&statement).is_err() {
            return None;
        }
        let reads = |frame: &&Frame| {
            let mut readers = frame.readers.iter();
            readers.any(|reader| reader.statement == statement)
        };
        let frames = plan.frames.iter().filter(reads);
        let names: Vec<String> = frames.map(|frame| format!("`{}`", frame.name)).collect();
        Some(if names.is_empty() {
            "out of the way of others, whose frames live shorter so".to_owned()
        } else {
            format!("beside the other readers of {}", names.join(", "))
        })
    }

    fn decision(&self, decision: &Decision) -> DecisionEntry {
        DecisionEntry {
            subject: match &decision.subject {
                Subject::Table(version) => SubjectEntry::Table {
                    table: self.version(*version),
                },
                Subject::Subquery(occurrences) => SubjectEntry::Subquery {
                    name: occurrences
                        .first()
                        .and_then(|first| self.subqueries.get(first))
                        .and_then(|subquery| subquery.name.as_ref())
                        .map(|name| name.text.clone()),
                    places: occurrences
                        .iter()
                        .map(|subquery| self.subquery_place(*subquery))
                        .collect(),
                },
                Subject::Join(occurrences) => SubjectEntry::Join {
                    tables: occurrences
                        .first()
                        .into_iter()
                        .flatten()
                        .filter_map(|read| self.reads.get(read))
                        .map(|read| self.version(read.version))
                        .collect(),
                    places: occurrences
                        .iter()
                        .filter_map(|reads| reads.first())
                        .map(|read| self.read_place(*read))
                        .collect(),
                },
                Subject::Aggregate { version, keys } => SubjectEntry::Aggregate {
                    table: self.version(*version),
                    keys: keys.clone(),
                },
            },
            reads: decision
                .reads
                .iter()
                .map(|read| self.read_place(*read))
                .collect(),
            verdict: match decision.frame {
                Some(_) => Verdict::Frame,
                None => Verdict::NoFrame,
            },
            frame: decision.frame.map(|frame| self.frame_name(frame)),
            reasons: self.reasons(&decision.reasons),
        }
    }

    fn setting(&self, setting: &Setting) -> SettingEntry {
        SettingEntry {
            key: setting.key.clone(),
            before: setting.before.clone(),
            tuned: setting.tuned,
            value: setting.value.clone(),
            applied: setting.applied,
            reasons: self.reasons(&setting.reasons),
        }
    }

    fn reasons(&self, reasons: &[ReasonFor]) -> Vec<ReasonEntry> {
        let reasons = reasons.iter().map(|reason| ReasonEntry {
            code: reason.code.to_owned(),
            text: reason.text.clone(),
            statements: reason
                .statements
                .iter()
                .map(|statement| self.place(*statement))
                .collect(),
        });
        reasons.collect()
    }
}

fn searched(searched: &Searched) -> SearchEntry {
    let (options, options_given) = searched.trace.options;
    let parts = searched.trace.parts.iter().map(|part| SearchPartEntry {
        name: part.name.to_owned(),
        value_micros: part.value,
        bound_micros: part.bound,
        nodes: part.nodes,
        ended: part.ended.word().to_owned(),
    });
    SearchEntry {
        certificate: searched.certificate.to_string(),
        value_micros: searched.value_micros,
        bound_micros: searched.bound_micros,
        options,
        options_given,
        parts: parts.collect(),
    }
}

/// Where a read is named, in bytes from the start of its statement.
pub(super) fn name_offset(statement: &Statement, read: &Read) -> Option<u32> {
    match read.origin {
        Origin::Named { name, .. } if statement.span.contains(name) => {
            Some(name.start - statement.span.start)
        }
        _ => None,
    }
}

/// Where the body of a subquery begins, in bytes from the start of its statement.
pub(super) fn body_offset(statement: &Statement, subquery: &Subquery) -> Option<u32> {
    statement
        .span
        .contains(subquery.body)
        .then(|| subquery.body.start - statement.span.start)
}

/// The query of `CREATE … VIEW name AS query` or `CREATE TABLE name … AS query`: what follows the first word `AS`. A frame's name holds no blank.
fn definition(text: &str) -> &str {
    let mut start = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        start += word.len();
        if word.trim_end().eq_ignore_ascii_case("as") {
            return text.get(start..).unwrap_or("").trim_start();
        }
    }
    text
}
