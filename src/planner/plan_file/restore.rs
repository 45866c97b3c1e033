//! Plan file → the plan and the program that it was made from, over the same statements.
//!
//! What is restored is written down again and compared with the file: whoever wrote it, a file whose entries say
//! something else about the pipeline than its statements do gives no plan. Whether the plan keeps its promises is
//! for `check` to say. Decisions are told, never run: they stay in the file.

use super::build::{Builder, body_offset, name_offset};
use super::{
    Action, FrameEntry, LayoutEntry, PlanFile, PlanFileInputs, ReaderEntry, SettingEntry,
    StatementEntry, StepEntry, fingerprint,
};
use crate::facts::access::{Access, Origin, Read, Subquery, TableVersion};
use crate::facts::workload::Workload;
use crate::frontend::source::{Sources, Variables};
use crate::frontend::statement::{Statement, StatementId};
use crate::planner::emit::{Language, Program, ProgramStep, ProgramText};
use crate::planner::frame::{FrameKind, Place, Reader};
use crate::planner::plan::{
    Feed, FeedPlace, Frame, FrameId, Layout, Medium, Plan, Setting, Step, StorageLevel, moved,
};

/// What a plan file says about its pipeline and the statements do not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// A file whose tokens are not those of the plan's original texts.
    #[error("its original texts are not those of file `{name}`")]
    Original {
        /// Name of the file.
        name: String,
    },
    /// A step that runs what the pipeline has not.
    #[error("step {step} runs `{place}`, which is no statement of the pipeline")]
    Statement {
        /// Number of the step.
        step: u32,
        /// `file:line` of the entry.
        place: String,
    },
    /// A step about a frame that is not listed.
    #[error("step {step} is about a frame that is not listed")]
    Step {
        /// Number of the step.
        step: u32,
    },
    /// An input that the pipeline has not.
    #[error("frame `{frame}` is made from `{version}`, which is no table version of the pipeline")]
    Input {
        /// Name of the frame.
        frame: String,
        /// The version.
        version: String,
    },
    /// A medium or storage level that does not exist, or both where they do not go together.
    #[error("frame `{frame}` lives in `{medium}`, which is no medium")]
    Medium {
        /// Name of the frame.
        frame: String,
        /// Medium and level of the entry.
        medium: String,
    },
    /// A frame is said to be built from another one, and is not listed.
    #[error("frame `{fed}`, which is built from `{frame}`, is not listed")]
    Feed {
        /// Name of the frame that it is built from.
        frame: String,
        /// Its name.
        fed: String,
    },
    /// A reader that is not found in its statement.
    #[error("reader `{place}` of frame `{frame}` is not found in the pipeline")]
    Reader {
        /// Name of the frame.
        frame: String,
        /// `file:line` of the entry.
        place: String,
    },
    /// A frame whose entry differs from what it stands for.
    #[error("the entry of frame `{frame}` does not fit its steps and readers")]
    FrameDiffers {
        /// Name of the frame.
        frame: String,
    },
    /// A step whose entry differs from what it stands for.
    #[error("step {step} says something else about `{place}` than the pipeline does")]
    StepDiffers {
        /// Number of the step.
        step: u32,
        /// `file:line` of the entry, or the name of a frame.
        place: String,
    },
}

impl PlanFile {
    /// The files as the plan saw them: where only layout or comments have changed since, the plan's own texts.
    ///
    /// # Errors
    /// [`RestoreError::Original`] where a file is missing or holds other statements.
    pub fn sources(&self, found: &Sources, variables: &Variables) -> Result<Sources, RestoreError> {
        let mut texts: Vec<(&str, String)> = Vec::new();
        for entry in &self.pipeline.files {
            let original = || RestoreError::Original {
                name: entry.name.clone(),
            };
            let mut files = found.iter();
            let source = files
                .find(|source| source.name == entry.name)
                .ok_or_else(original)?;
            let unchanged = fingerprint::sha256(source.template().as_bytes()) == entry.text_sha256;
            let text = if unchanged {
                source.template().to_owned()
            } else {
                self.rebuilt(&entry.name, entry.kind)
            };
            texts.push((&entry.name, text));
        }
        let sources = Sources::from_texts(texts, variables);
        for source in &sources {
            let mut files = found.iter();
            let same = files
                .find(|other| other.name == source.name)
                .is_some_and(|other| fingerprint::same_statements(source, other));
            if !same {
                return Err(RestoreError::Original {
                    name: source.name.clone(),
                });
            }
        }
        Ok(sources)
    }

    /// The files that the plan was made for, to look at: as they are now where they have the same statements, and otherwise
    /// each statement in the line where it stood. Comments of those are lost. Variables that decide names have the values
    /// that they had.
    pub fn files(&self, now: &Sources, variables: &Variables) -> Sources {
        let mut variables = variables.clone();
        let decided = self.variables.iter();
        let decided = decided.filter_map(|one| Some((one.name.clone(), one.value.clone()?)));
        variables.extend(decided);
        let entries = fingerprint::files(now);
        let texts = self.pipeline.files.iter().map(|entry| {
            let mut same = entries.iter().zip(now);
            let same = same.find(|(one, _)| one.name == entry.name && one.sha256 == entry.sha256);
            let text = same.map_or_else(
                || self.rebuilt(&entry.name, entry.kind),
                |(_, source)| source.template().to_owned(),
            );
            (entry.name.as_str(), text)
        });
        Sources::from_texts(texts, &variables)
    }

    /// A file with the original text of each of its statements in the line where it stood.
    fn rebuilt(&self, name: &str, language: Language) -> String {
        let mut statements: Vec<(&StatementEntry, &str)> = self
            .steps
            .iter()
            .filter_map(|step| Some((step.statement.as_ref()?, step.original.as_deref()?)))
            .filter(|(statement, _)| statement.file == name)
            .collect();
        statements.sort_by_key(|(statement, _)| statement.number);
        if language == Language::Python {
            return statements.iter().map(|(_, original)| *original).collect();
        }
        let mut text = String::new();
        let mut line = 1;
        for (statement, original) in statements {
            while line < statement.line {
                text.push('\n');
                line += 1;
            }
            text.push_str(original);
            text.push_str("; ");
            let lines = original.matches('\n').count();
            line += u32::try_from(lines).unwrap_or(u32::MAX);
        }
        text
    }

    /// The plan without its decisions, and the program, over the statements of [`PlanFile::sources`] resolved with
    /// the file's catalog and settings.
    ///
    /// # Errors
    /// Every variant of [`RestoreError`] names its case.
    pub fn restore(
        &self,
        workload: &Workload,
        sources: &Sources,
    ) -> Result<(Plan, Program), RestoreError> {
        let restorer = Restorer {
            file: self,
            workload,
            sources,
        };
        let program = restorer.program()?;
        let frames = self.frames.iter().zip(0..);
        let statements: Vec<_> = program
            .steps
            .iter()
            .filter_map(|step| match step.step {
                Step::Run(statement) => Some(statement),
                Step::Materialise(_) | Step::Release(_) => None,
            })
            .collect();
        let plan = Plan {
            frames: frames
                .map(|(entry, number)| restorer.frame(entry, FrameId(number)))
                .collect::<Result<_, _>>()?,
            steps: program.steps.iter().map(|step| step.step).collect(),
            settings: self.session_settings.iter().map(setting).collect(),
            decisions: Vec::new(),
            moved: moved(&statements),
            searched: None,
            summary: self.summary,
        };
        restorer.compare(&plan, &program)?;
        Ok((plan, program))
    }
}

struct Restorer<'a> {
    file: &'a PlanFile,
    workload: &'a Workload,
    sources: &'a Sources,
}

impl<'a> Restorer<'a> {
    fn program(&self) -> Result<Program, RestoreError> {
        let steps = self.file.steps.iter().map(|entry| {
            Ok(ProgramStep {
                step: self.step(entry)?,
                texts: entry.texts.iter().map(ProgramText::from).collect(),
            })
        });
        Ok(Program {
            start: self.file.start.iter().map(ProgramText::from).collect(),
            steps: steps.collect::<Result<_, _>>()?,
            finish: self.file.finish.iter().map(ProgramText::from).collect(),
        })
    }

    fn step(&self, entry: &StepEntry) -> Result<Step, RestoreError> {
        let frame = || {
            let mut frames = self.file.frames.iter().zip(0..);
            frames
                .find(|(frame, _)| Some(&frame.name) == entry.frame.as_ref())
                .map(|(_, number)| FrameId(number))
                .ok_or(RestoreError::Step { step: entry.number })
        };
        match entry.action {
            Action::Materialise => frame().map(Step::Materialise),
            Action::Release => frame().map(Step::Release),
            Action::Run => self
                .statement(entry)
                .map(|(statement, _)| Step::Run(statement.id))
                .ok_or_else(|| RestoreError::Statement {
                    step: entry.number,
                    place: place(entry),
                }),
        }
    }

    /// The statement that a step runs: by its file, and its number in it.
    fn statement(&self, entry: &StepEntry) -> Option<(&'a Statement, &'a Access)> {
        let named = entry.statement.as_ref()?;
        let mut statements = self.workload.statements.iter();
        let statement = statements.find(|statement| {
            let source = self.sources.get(statement.source);
            statement.number == named.number
                && source.is_some_and(|source| source.name == named.file)
        })?;
        Some((statement, self.workload.access(statement.id)?))
    }

    /// What the file calls a table version.
    fn version_name(&self, version: TableVersion) -> String {
        let table = self.workload.table(version.table);
        let name = table.map_or("", |table| table.name.as_str());
        format!("{name}@{}", version.generation)
    }

    fn frame(&self, entry: &FrameEntry, id: FrameId) -> Result<Frame, RestoreError> {
        let mut readers: Vec<Reader> = Vec::new();
        let find = |one: &ReaderEntry, taken: &[Reader]| {
            let reader = self.reader(entry.kind, one, taken);
            reader.ok_or_else(|| RestoreError::Reader {
                frame: entry.name.clone(),
                place: one.statement.clone(),
            })
        };
        for one in &entry.readers {
            readers.push(find(one, &readers)?);
        }
        let feeds = entry.feeds.iter().map(|feed| {
            let mut frames = self.file.frames.iter().zip(0..);
            let fed = frames.find(|(frame, _)| frame.name == feed.frame);
            let unknown = || RestoreError::Feed {
                frame: entry.name.clone(),
                fed: feed.frame.clone(),
            };
            let place = match (&feed.text, &feed.table) {
                (Some(text), None) => FeedPlace::Text(find(text, &[])?),
                (None, Some(table)) => FeedPlace::Table(self.version(table).ok_or_else(unknown)?),
                _ => return Err(unknown()),
            };
            let (_, number) = fed.ok_or_else(unknown)?;
            Ok(Feed {
                frame: FrameId(number),
                place,
            })
        });
        let feeds = feeds.collect::<Result<_, _>>()?;
        let inputs = entry.inputs.iter().map(|input| {
            self.version(input).ok_or_else(|| RestoreError::Input {
                frame: entry.name.clone(),
                version: input.clone(),
            })
        });
        Ok(Frame {
            id,
            name: entry.name.clone(),
            candidate: None,
            kind: entry.kind,
            medium: medium(entry)?,
            layout: layout(entry),
            readers,
            feeds,
            inputs: inputs.collect::<Result<_, _>>()?,
            size_bytes: entry.size_bytes,
            build_micros: entry.build_micros,
            saving_micros: entry.saving_micros,
        })
    }

    fn version(&self, name: &str) -> Option<TableVersion> {
        let (table, generation) = name.rsplit_once('@')?;
        let mut tables = self.workload.tables.iter();
        Some(TableVersion {
            table: tables.find(|known| known.name == table)?.id,
            generation: generation.parse().ok()?,
        })
    }

    /// The place that an entry means and no earlier entry of its frame does.
    fn reader(&self, kind: FrameKind, entry: &ReaderEntry, taken: &[Reader]) -> Option<Reader> {
        let mut steps = self.file.steps.iter();
        let step = steps.find(|step| step.number == entry.step)?;
        let (statement, access) = self.statement(step)?;
        match kind {
            FrameKind::CoveringRead | FrameKind::Intermediate | FrameKind::CoveringAggregate => {
                access
                    .reads
                    .iter()
                    .filter(|read| {
                        let at = name_offset(statement, read);
                        at.is_some()
                            && (entry.at.is_none() || at == entry.at)
                            && entry.reads == [self.version_name(read.version)]
                    })
                    .map(|read| covering(kind, statement.id, read))
                    .find(|reader| !taken.contains(reader))
            }
            FrameKind::RepeatedSubquery => access
                .subqueries
                .iter()
                .filter(|subquery| {
                    let at = body_offset(statement, subquery);
                    at.is_some()
                        && (entry.at.is_none() || at == entry.at)
                        && entry.subquery == Some(self.sources.place(subquery.body))
                })
                .map(|subquery| repeated(access, subquery))
                .find(|reader| !taken.contains(reader)),
            FrameKind::JoinCore if entry.joined.is_empty() => None,
            FrameKind::JoinCore => {
                let reads = entry.joined.iter().map(|at| {
                    let mut reads = access.reads.iter();
                    let read = reads.find(|read| name_offset(statement, read) == Some(*at))?;
                    Some(read.id)
                });
                let reader = Reader {
                    statement: statement.id,
                    reads: reads.collect::<Option<_>>()?,
                    place: Place::Joined,
                };
                Some(reader).filter(|reader| !taken.contains(reader))
            }
        }
    }

    /// Writes the plan down again: every entry must be the file's.
    fn compare(&self, plan: &Plan, program: &Program) -> Result<(), RestoreError> {
        let variables = Variables::new();
        let builder = Builder::new(PlanFileInputs {
            root: &self.file.pipeline.root,
            sources: self.sources,
            variables: &variables,
            settings: &self.file.settings,
            catalog: &self.file.catalog,
            workload: self.workload,
            plan,
            program,
        });
        for ((entry, step), number) in self.file.steps.iter().zip(&program.steps).zip(1..) {
            if builder.step(step, number) != *entry {
                return Err(RestoreError::StepDiffers {
                    step: entry.number,
                    place: place(entry),
                });
            }
        }
        for (entry, frame) in self.file.frames.iter().zip(&plan.frames) {
            let mut again = builder.frame(frame);
            for (reader, said) in again.readers.iter_mut().zip(&entry.readers) {
                reader.at = reader.at.filter(|_| said.at.is_some());
            }
            if again != *entry {
                return Err(RestoreError::FrameDiffers {
                    frame: entry.name.clone(),
                });
            }
        }
        Ok(())
    }
}

/// Where a frame lives.
fn medium(entry: &FrameEntry) -> Result<Medium, RestoreError> {
    let level = entry.storage_level.as_deref();
    let known = level.map_or(Some(None), |word| StorageLevel::of(word).map(Some));
    known
        .and_then(|level| Medium::of(&entry.medium, level))
        .ok_or_else(|| RestoreError::Medium {
            frame: entry.name.clone(),
            medium: match level {
                Some(level) => format!("{} at level {level}", entry.medium),
                None => entry.medium.clone(),
            },
        })
}

/// A setting without its reasons, which are told and not run.
fn setting(entry: &SettingEntry) -> Setting {
    Setting {
        key: entry.key.clone(),
        before: entry.before.clone(),
        tuned: entry.tuned,
        value: entry.value.clone(),
        applied: entry.applied,
        reasons: Vec::new(),
    }
}

/// How its rows are spread.
fn layout(entry: &FrameEntry) -> Layout {
    match &entry.layout {
        None => Layout::Plain,
        Some(LayoutEntry::Clustered { columns, parts }) => Layout::Clustered {
            columns: columns.clone(),
            parts: *parts,
        },
    }
}

fn covering(kind: FrameKind, statement: StatementId, read: &Read) -> Reader {
    Reader {
        statement,
        reads: vec![read.id],
        place: match kind {
            FrameKind::CoveringAggregate => Place::Block,
            _ => Place::Name,
        },
    }
}

fn repeated(access: &Access, subquery: &Subquery) -> Reader {
    let named = access
        .reads
        .iter()
        .filter(|read| matches!(read.origin, Origin::Named { .. }));
    Reader {
        statement: access.statement,
        reads: named
            .map(|read| read.id)
            .filter(|id| subquery.reads.contains(id))
            .collect(),
        place: Place::Body(subquery.id),
    }
}

/// `file:line` of a step's statement, or the name of its frame.
fn place(entry: &StepEntry) -> String {
    match (&entry.statement, &entry.frame) {
        (Some(statement), _) => format!("{}:{}", statement.file, statement.line),
        (None, Some(frame)) => frame.clone(),
        (None, None) => String::new(),
    }
}
