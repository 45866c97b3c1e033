//! What a run is given, and its texts with everything filled in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::frontend::source::{Sources, Variables, fill};
use crate::frontend::statement::{Statement, StatementKind};
use crate::planner::emit::{Language, NAMESPACE, ProgramText, SCRATCH};
use crate::planner::plan_file::{Action, PlanFile};

/// Steps in order, and what to submit at the very end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunInput {
    /// Submitted first: settings of the session.
    pub start: Vec<ProgramText>,
    /// The steps.
    pub steps: Vec<RunStep>,
    /// Submitted at the end, however the run ended: frame views are dropped.
    pub finish: Vec<ProgramText>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunStep {
    /// Position, from 1.
    pub number: u32,
    /// What it does, and to what.
    pub work: Work,
    /// What to submit, in order.
    pub texts: Vec<ProgramText>,
}

/// What a step works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// Builds a frame.
    Materialise {
        /// Its name without the run's prefix.
        frame: String,
        /// The frames that it is built from, without the run's prefix.
        from: Vec<String>,
        /// Estimated cost, microseconds of Spark work.
        build_micros: u64,
    },
    /// Runs a statement.
    Run(RunStatement),
    /// Lets a frame go.
    Release {
        /// Its name without the run's prefix.
        frame: String,
    },
}

/// A statement, and what decides whether it can run after another one failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunStatement {
    /// Its file, relative to the pipeline's root.
    pub file: String,
    /// Line of its first token, from 1.
    pub line: u32,
    /// Position in its file, from 1.
    pub number: u32,
    /// [`StatementKind::word`].
    pub kind: String,
    /// Table versions (`table@generation`) that it reads, through frames and views too.
    pub reads: Vec<String>,
    /// Table versions that start after it.
    pub starts: Vec<String>,
    /// Frames that its text reads, without the run's prefix.
    pub frames: Vec<String>,
    /// Whether it cannot be seen through.
    pub barrier: bool,
    /// The statement as the user wrote it: what runs where one of its frames could not be built. None where the
    /// step's text is as written anyway.
    pub original: Option<ProgramText>,
}

impl RunStatement {
    /// `file:line`.
    pub fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }

    /// Whether its rows go to the caller.
    pub(in crate::runtime) fn is_query(&self) -> bool {
        self.kind == "query"
    }
}

impl RunInput {
    /// The statements as written, in file order, without frames. What each reads and writes is left open, so
    /// nothing runs after a failure.
    pub fn plain(sources: &Sources, statements: &[Statement]) -> Self {
        let steps = statements
            .iter()
            .zip(1..)
            .filter_map(|(statement, number)| {
                let source = sources.get(statement.source)?;
                let python = matches!(statement.kind, StatementKind::Python(_));
                let (language, text) = if python {
                    (Language::Python, source.template())
                } else {
                    (Language::Sql, source.text(statement.span))
                };
                Some(RunStep {
                    number,
                    work: Work::Run(RunStatement {
                        file: source.name.clone(),
                        line: source.position(statement.span.start).0,
                        number: statement.number,
                        kind: statement.kind.word().to_owned(),
                        barrier: true,
                        ..RunStatement::default()
                    }),
                    texts: vec![ProgramText {
                        language,
                        text: text.to_owned(),
                        namespaced: false,
                    }],
                })
            });
        RunInput {
            start: Vec::new(),
            steps: steps.collect(),
            finish: Vec::new(),
        }
    }

    /// The steps of a plan file that was built or parsed.
    pub fn from_plan(plan: &PlanFile) -> Self {
        let steps = plan.steps.iter().filter_map(|step| {
            let texts: Vec<ProgramText> = step.texts.iter().map(ProgramText::from).collect();
            let frame = step.frame.clone();
            let work = match step.action {
                Action::Materialise => Work::Materialise {
                    build_micros: plan
                        .frames
                        .iter()
                        .find(|entry| Some(&entry.name) == step.frame.as_ref())
                        .map_or(0, |entry| entry.build_micros),
                    from: plan
                        .frames
                        .iter()
                        .filter(|entry| {
                            entry
                                .feeds
                                .iter()
                                .any(|feed| Some(&feed.frame) == frame.as_ref())
                        })
                        .map(|entry| entry.name.clone())
                        .collect(),
                    frame: frame?,
                },
                Action::Release => Work::Release { frame: frame? },
                Action::Run => {
                    let statement = step.statement.as_ref()?;
                    Work::Run(RunStatement {
                        file: statement.file.clone(),
                        line: statement.line,
                        number: statement.number,
                        kind: statement.kind.clone(),
                        reads: statement.reads.clone(),
                        starts: statement.starts.clone(),
                        frames: statement.frames.clone(),
                        barrier: statement.barrier.is_some(),
                        original: original(step.original.as_deref(), &texts),
                    })
                }
            };
            Some(RunStep {
                number: step.number,
                work,
                texts,
            })
        });
        RunInput {
            start: plan.start.iter().map(ProgramText::from).collect(),
            steps: steps.collect(),
            finish: plan.finish.iter().map(ProgramText::from).collect(),
        }
    }

    /// The frames that Spark's plan of a statement shows: those that it reads, and those that they were built from
    /// (Spark: `InMemoryRelation.innerChildren`).
    pub fn scanned(&self, statement: &RunStatement) -> BTreeSet<String> {
        let mut scanned: BTreeSet<String> = statement.frames.iter().cloned().collect();
        // A frame is built behind those that it is built from.
        for step in self.steps.iter().rev() {
            if let Work::Materialise { frame, from, .. } = &step.work
                && scanned.contains(frame)
            {
                scanned.extend(from.iter().cloned());
            }
        }
        scanned
    }

    /// Whether a frame lives in a scratch database.
    pub fn uses_scratch(&self) -> bool {
        let texts = self.steps.iter().flat_map(|step| &step.texts);
        let mut texts = texts.chain(&self.finish);
        texts.any(|text| text.namespaced && text.text.contains(SCRATCH))
    }

    /// Name of the result of each bare query by step number: `<file stem>`, with `_<n>` where its file has several.
    /// Files of the same stem in several folders are told apart by their path.
    pub fn result_names(&self) -> BTreeMap<u32, String> {
        let mut queries: Vec<(u32, u32, &str)> = self
            .steps
            .iter()
            .filter_map(|step| match &step.work {
                Work::Run(statement) if statement.is_query() => {
                    Some((statement.number, step.number, statement.file.as_str()))
                }
                _ => None,
            })
            .collect();
        // In text order, whatever the order of the steps.
        queries.sort_unstable();
        let files: BTreeSet<&str> = queries.iter().map(|(_, _, file)| *file).collect();
        let mut stems: BTreeMap<&str, u32> = BTreeMap::new();
        for file in &files {
            *stems.entry(stem(file)).or_default() += 1;
        }
        let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
        queries
            .iter()
            .map(|(_, step, file)| {
                let base = if stems.get(stem(file)).is_some_and(|count| *count > 1) {
                    file.rsplit_once('.')
                        .map_or(*file, |(base, _)| base)
                        .replace('/', "_")
                } else {
                    stem(file).to_owned()
                };
                let number = seen.entry(file).or_default();
                *number += 1;
                let several = queries.iter().filter(|(_, _, other)| other == file).count() > 1;
                let name = if several {
                    format!("{base}_{number}")
                } else {
                    base
                };
                (*step, name)
            })
            .collect()
    }
}

/// The statement as written, where what is submitted differs from it.
fn original(written: Option<&str>, texts: &[ProgramText]) -> Option<ProgramText> {
    let written = written?;
    let first = texts.first()?;
    (texts.len() > 1 || first.text != written).then(|| ProgramText {
        language: first.language,
        text: written.to_owned(),
        namespaced: false,
    })
}

fn stem(file: &str) -> &str {
    Path::new(file)
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or(file)
}

/// A text ready to submit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::runtime) struct Ready {
    pub(in crate::runtime) language: Language,
    pub(in crate::runtime) text: String,
    /// Lines that values of variables added, as (byte in `text`, lines added before it), in order.
    added_lines: Vec<(usize, u32)>,
}

impl Ready {
    /// The line of the text with its variables still in it, for a line (from 1) of the text that was sent.
    pub(super) fn template_line(&self, line: u32) -> u32 {
        let start: usize = self
            .text
            .split_inclusive('\n')
            .take(line.saturating_sub(1) as usize)
            .map(str::len)
            .sum();
        let added = self
            .added_lines
            .iter()
            .take_while(|(byte, _)| *byte <= start)
            .last()
            .map_or(0, |(_, added)| *added);
        line.saturating_sub(added).max(1)
    }
}

/// What stands for the placeholders of one run.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::runtime) struct Own<'a> {
    /// For [`NAMESPACE`].
    pub(in crate::runtime) namespace: &'a str,
    /// For [`SCRATCH`], as it stands in a string of SQL.
    pub(in crate::runtime) scratch: &'a str,
}

impl Own<'_> {
    fn fill(self, text: &str) -> String {
        let text = text.replace(NAMESPACE, self.namespace);
        text.replace(SCRATCH, self.scratch)
    }
}

/// Fills in template variables, then the placeholders. Python is not a template.
///
/// Placeholders are never looked for in the values of variables. Names of variables without a value are added to
/// `missing`; they stay in the text as they are.
pub(in crate::runtime) fn fill_in(
    text: &ProgramText,
    variables: &Variables,
    own: Own<'_>,
    missing: &mut BTreeSet<String>,
) -> Ready {
    if text.language == Language::Python {
        let text = if text.namespaced {
            own.fill(&text.text)
        } else {
            text.text.clone()
        };
        return Ready {
            language: Language::Python,
            text,
            added_lines: Vec::new(),
        };
    }
    let rendered = fill(&text.text, variables);
    missing.extend(rendered.missing.iter().map(|missing| missing.name.clone()));
    let mut filled = String::with_capacity(rendered.text.len());
    let mut added_lines = Vec::new();
    let mut added = 0;
    let mut copied = 0;
    let copy = |filled: &mut String, part: &str| {
        if text.namespaced {
            filled.push_str(&own.fill(part));
        } else {
            filled.push_str(part);
        }
    };
    for segment in &rendered.segments {
        let (start, end) = (
            segment.rendered.start as usize,
            segment.rendered.end as usize,
        );
        copy(
            &mut filled,
            rendered.text.get(copied..start).unwrap_or_default(),
        );
        let value = rendered.text.get(start..end).unwrap_or_default();
        for (byte, _) in value.match_indices('\n') {
            added += 1;
            added_lines.push((filled.len() + byte + 1, added));
        }
        filled.push_str(value);
        copied = end;
    }
    copy(&mut filled, rendered.text.get(copied..).unwrap_or_default());
    Ready {
        language: Language::Sql,
        text: filled,
        added_lines,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql(text: &str, namespaced: bool) -> ProgramText {
        ProgramText {
            language: Language::Sql,
            text: text.to_owned(),
            namespaced,
        }
    }

    fn own() -> Own<'static> {
        Own {
            namespace: "h1",
            scratch: "/fast/h1",
        }
    }

    #[test]
    fn the_namespace_is_filled_in_only_where_hoist_wrote_it() {
        let variables = Variables::from([("v".to_owned(), "{ns}".to_owned())]);
        let own = own();
        let mut missing = BTreeSet::new();
        let filled = fill_in(
            &sql("FROM {ns}_a WHERE x = '${v}'", true),
            &variables,
            own,
            &mut missing,
        );
        assert_eq!(filled.text, "FROM h1_a WHERE x = '{ns}'");
        let users = fill_in(&sql("SELECT '{ns}'", false), &variables, own, &mut missing);
        assert_eq!(users.text, "SELECT '{ns}'");
        let database = sql("CREATE DATABASE {ns} LOCATION '{scratch}'", true);
        let filled = fill_in(&database, &variables, own, &mut missing);
        assert_eq!(filled.text, "CREATE DATABASE h1 LOCATION '/fast/h1'");
        assert!(missing.is_empty());
    }

    #[test]
    fn a_variable_named_like_the_placeholder_is_a_variable() {
        let variables = Variables::from([("ns".to_owned(), "users".to_owned())]);
        let own = own();
        let filled = fill_in(
            &sql("FROM {ns}_a, ${ns}", true),
            &variables,
            own,
            &mut BTreeSet::new(),
        );
        assert_eq!(filled.text, "FROM h1_a, users");
    }

    #[test]
    fn lines_that_values_add_are_not_lines_of_the_file() {
        let variables = Variables::from([("list".to_owned(), "1,\n2,\n3".to_owned())]);
        let own = own();
        let filled = fill_in(
            &sql("SELECT 1\nWHERE x IN (${list})\nAND y", false),
            &variables,
            own,
            &mut BTreeSet::new(),
        );
        let lines: Vec<u32> = (1..=5).map(|line| filled.template_line(line)).collect();
        assert_eq!(lines, [1, 2, 2, 2, 3]);
    }

    #[test]
    fn results_are_named_after_their_file() {
        let query = |number, file: &str| RunStep {
            number,
            work: Work::Run(RunStatement {
                file: file.to_owned(),
                // Later in its file, earlier in the run.
                number: 9 - number,
                kind: "query".to_owned(),
                ..RunStatement::default()
            }),
            texts: Vec::new(),
        };
        let input = RunInput {
            steps: vec![
                query(1, "a.sql"),
                query(2, "b.sql"),
                query(3, "b.sql"),
                query(4, "x/c.sql"),
                query(5, "y/c.sql"),
            ],
            ..RunInput::default()
        };
        let names: Vec<String> = input.result_names().into_values().collect();
        assert_eq!(names, ["a", "b_2", "b_1", "x_c", "y_c"]);
    }
}
