//! A decision with its reasons for everything that is read or computed repeatedly.

use std::collections::{BTreeMap, BTreeSet};

use super::choice::{Choice, Part};
use super::select::{Search, Verdict};
use super::words::{duration, readers, size};
use super::{Decision, Frame, Layout, Medium, ReasonFor, Subject, layout, medium};
use crate::facts::access::{Origin, Read, ReadId, TableId, TableVersion};
use crate::frontend::statement::StatementId;
use crate::planner::cost::End;
use crate::planner::frame::{Candidate, Reader, Reason};

/// Decisions in order of subject: tables, then subqueries, then joins.
pub(super) fn decisions(
    search: &Search<'_>,
    choice: &Choice,
    frames: &[(Part, Frame)],
) -> Vec<Decision> {
    let frames: Vec<&Frame> = frames.iter().map(|(_, frame)| frame).collect();
    let decide = Decide {
        search,
        choice,
        empty: Choice::empty(search.workload),
        frames: &frames,
    };
    let mut subjects = decide.repeated_tables();
    let candidates = search
        .candidates
        .candidates
        .iter()
        .map(|candidate| &candidate.subject);
    let refusals = search
        .candidates
        .refusals
        .iter()
        .map(|refusal| &refusal.subject);
    subjects.extend(candidates.chain(refusals).cloned());
    let mut decisions: Vec<Decision> = subjects
        .into_iter()
        .map(|subject| decide.decision(subject))
        .collect();
    decisions.extend(decide.always_another_version());
    decisions.sort_by(|a, b| a.subject.cmp(&b.subject));
    decisions
}

struct Decide<'a> {
    search: &'a Search<'a>,
    /// What the frames were made from.
    choice: &'a Choice,
    /// No frame at all.
    empty: Choice,
    frames: &'a [&'a Frame],
}

impl Decide<'_> {
    fn named_reads(&self) -> impl Iterator<Item = &Read> {
        let accesses = self.search.workload.accesses.iter();
        accesses
            .filter(|access| access.barrier.is_none())
            .flat_map(|access| &access.reads)
            .filter(|read| matches!(read.origin, Origin::Named { .. }))
    }

    fn reads_by_version(&self) -> BTreeMap<TableVersion, Vec<ReadId>> {
        let mut reads: BTreeMap<TableVersion, Vec<ReadId>> = BTreeMap::new();
        for read in self.named_reads() {
            reads.entry(read.version).or_default().push(read.id);
        }
        reads
    }

    fn repeated_tables(&self) -> BTreeSet<Subject> {
        let reads = self.reads_by_version().into_iter();
        reads
            .filter(|(_, reads)| reads.len() > 1)
            .map(|(version, _)| Subject::Table(version))
            .collect()
    }

    /// Tables read more than once, but each time after another change.
    fn always_another_version(&self) -> Vec<Decision> {
        let mut tables: BTreeMap<TableId, Vec<(TableVersion, Vec<ReadId>)>> = BTreeMap::new();
        for (version, reads) in self.reads_by_version() {
            tables
                .entry(version.table)
                .or_default()
                .push((version, reads));
        }
        tables
            .into_iter()
            .filter(|(_, versions)| {
                versions.len() > 1 && versions.iter().all(|(_, reads)| reads.len() == 1)
            })
            .filter_map(|(table, versions)| {
                let (first, _) = versions.first()?;
                let text = format!(
                    "each of the {} reads of `{}` sees another version: it is, or may be, \
                     rewritten between them",
                    versions.len(),
                    self.search.workload.table(table)?.name,
                );
                Some(Decision {
                    subject: Subject::Table(*first),
                    reads: versions
                        .iter()
                        .flat_map(|(_, reads)| reads.iter().copied())
                        .collect(),
                    frame: None,
                    reasons: vec![reason(Reason::new("rewritten-between", text), Vec::new())],
                })
            })
            .collect()
    }

    fn decision(&self, subject: Subject) -> Decision {
        let reads = self.reads(&subject);
        let own: Vec<&Frame> = self
            .frames
            .iter()
            .copied()
            .filter(|frame| self.subject(frame) == Some(&subject))
            .collect();
        let mut reasons: Vec<ReasonFor> = own
            .iter()
            .map(|frame| self.chosen(&subject, frame, reads.len()))
            .collect();
        let candidates: Vec<&Candidate> = self
            .search
            .candidates
            .candidates
            .iter()
            .filter(|candidate| candidate.subject == subject)
            .collect();
        if own.is_empty() {
            reasons.extend(
                candidates
                    .first()
                    .map(|candidate| self.not_chosen(&subject, candidate)),
            );
        } else {
            reasons.extend(own.iter().filter_map(|frame| self.kept_in_memory(frame)));
            reasons.extend(own.iter().filter_map(|frame| self.left_plain(frame)));
            reasons.extend(self.left_out(&candidates, &own));
        }
        let refusals = self.search.candidates.refusals.iter();
        reasons.extend(
            refusals
                .filter(|refusal| refusal.subject == subject)
                .map(|refusal| {
                    let everyone = refusal.reads.len() == reads.len();
                    let statements = if everyone {
                        Vec::new()
                    } else {
                        self.statements(&refusal.reads)
                    };
                    reason(refusal.reason.clone(), statements)
                }),
        );
        if reasons.is_empty() {
            let text = "no frame could serve it";
            reasons.push(reason(Reason::new("no-candidate", text), Vec::new()));
        }
        let serves_all = |frame: &&Frame| {
            let served: BTreeSet<ReadId> = frame
                .places()
                .flat_map(|reader| reader.reads.iter().copied())
                .collect();
            reads.iter().all(|read| served.contains(read))
        };
        let frame = own
            .first()
            .copied()
            .or_else(|| self.frames.iter().copied().find(serves_all));
        Decision {
            subject,
            reads,
            frame: frame.map(|frame| frame.id),
            reasons,
        }
    }

    /// What is repeated, for the start of a sentence.
    fn name(&self, subject: &Subject) -> String {
        let workload = self.search.workload;
        match subject {
            Subject::Table(version) => workload.table(version.table).map_or_else(
                || "the table".to_owned(),
                |table| format!("`{}`", table.name),
            ),
            Subject::Subquery(occurrences) => occurrences
                .iter()
                .find_map(|id| workload.subquery(*id)?.name.as_ref())
                .map_or_else(
                    || "the subquery".to_owned(),
                    |name| format!("`{}`", name.text),
                ),
            Subject::Join(occurrences) => {
                let reads = occurrences.first().into_iter().flatten();
                let tables = reads.filter_map(|read| {
                    let version = workload.read(*read)?.version;
                    Some(format!("`{}`", workload.table(version.table)?.name))
                });
                format!("the join of {}", tables.collect::<Vec<_>>().join(", "))
            }
            Subject::Aggregate { version, keys } => {
                let table = workload.table(version.table);
                let table = table.map_or("the table", |table| table.name.as_str());
                if keys.is_empty() {
                    format!("the totals of `{table}`")
                } else {
                    format!("the grouping of `{table}` by `{}`", keys.join("`, `"))
                }
            }
        }
    }

    fn reads(&self, subject: &Subject) -> Vec<ReadId> {
        let mut reads: Vec<ReadId> = match subject {
            Subject::Table(version) => self.reads_by_version().remove(version).unwrap_or_default(),
            Subject::Subquery(occurrences) => occurrences
                .iter()
                .filter_map(|id| self.search.workload.subquery(*id))
                .flat_map(|subquery| subquery.reads.iter().copied())
                .collect(),
            Subject::Join(occurrences) => occurrences.concat(),
            Subject::Aggregate { .. } => {
                let known = self.search.candidates;
                let candidates = known.candidates.iter();
                let refusals = known.refusals.iter();
                candidates
                    .filter(|candidate| candidate.subject == *subject)
                    .flat_map(|candidate| &candidate.readers)
                    .flat_map(|reader| reader.reads.iter().copied())
                    .chain(
                        refusals
                            .filter(|refusal| refusal.subject == *subject)
                            .flat_map(|refusal| refusal.reads.iter().copied()),
                    )
                    .collect()
            }
        };
        reads.sort_unstable();
        reads.dedup();
        reads
    }

    fn statements(&self, reads: &[ReadId]) -> Vec<StatementId> {
        let statements: BTreeSet<StatementId> = reads
            .iter()
            .filter_map(|read| Some(self.search.workload.read(*read)?.statement))
            .collect();
        statements.into_iter().collect()
    }

    fn subject(&self, frame: &Frame) -> Option<&Subject> {
        Some(&self.search.candidates.get(frame.candidate?)?.subject)
    }

    fn chosen(&self, subject: &Subject, frame: &Frame, reads: usize) -> ReasonFor {
        let times = match subject {
            Subject::Table(_) => format!("read {reads} times"),
            Subject::Subquery(occurrences) => format!("computed {} times", occurrences.len()),
            Subject::Join(occurrences) => format!("computed {} times", occurrences.len()),
            Subject::Aggregate { .. } => format!("computed {reads} times"),
        };
        let text = format!(
            "{} is {times}: the frame `{}` serves {}{} and saves {} for a build of {}, size {}{}{}",
            self.name(subject),
            frame.name,
            readers(count(frame.readers.len())),
            self.fed(frame),
            duration(frame.saving_micros),
            duration(frame.build_micros),
            size(frame.size_bytes),
            match frame.medium {
                Medium::Memory(_) => "",
                Medium::Scratch => " in a scratch table",
            },
            match &frame.layout {
                Layout::Plain => String::new(),
                Layout::Clustered { columns, .. } => {
                    format!(", clustered by {}", columns.join(", "))
                }
            },
        );
        let statements: BTreeSet<_> = frame
            .readers
            .iter()
            .map(|reader| reader.statement)
            .collect();
        reason(
            Reason::new("chosen", text),
            statements.into_iter().collect(),
        )
    }

    /// The frames that are built from a frame, for the middle of a sentence.
    fn fed(&self, frame: &Frame) -> String {
        let names: BTreeSet<String> = frame
            .feeds
            .iter()
            .filter_map(|feed| self.frames.iter().find(|other| other.id == feed.frame))
            .map(|other| format!("`{}`", other.name))
            .collect();
        if names.is_empty() {
            return String::new();
        }
        let names: Vec<String> = names.into_iter().collect();
        format!(" and what builds {}", names.join(", "))
    }

    /// Why a frame is in memory although the user wants it elsewhere.
    fn kept_in_memory(&self, frame: &Frame) -> Option<ReasonFor> {
        let candidate = self.search.candidates.get(frame.candidate?)?;
        let why = medium::kept_in_memory(self.search, candidate)?;
        Some(reason(why, Vec::new()))
    }

    /// Why the rows of a frame are as they come although the user wants another layout.
    fn left_plain(&self, frame: &Frame) -> Option<ReasonFor> {
        let candidate = self.search.candidates.get(frame.candidate?)?;
        let why = layout::left_plain(self.search, candidate, frame)?;
        Some(reason(why, Vec::new()))
    }

    /// Why none of a subject's candidates is a frame, told of the widest one.
    fn not_chosen(&self, subject: &Subject, candidate: &Candidate) -> ReasonFor {
        let name = self.name(subject);
        if !self.search.options.frames {
            let text = format!("{name} is left as it is: frames are switched off");
            return reason(Reason::new("frames-off", text), Vec::new());
        }
        // What fails by itself fails for that reason; what fails beside other frames, because of them.
        let alone = self.search.evaluate(candidate, &self.empty);
        let verdict = match alone {
            Err(verdict) => verdict,
            Ok(_) => match self.search.evaluate(candidate, self.choice) {
                Err(verdict) => verdict,
                Ok(_) => Verdict::Served,
            },
        };
        reason(self.explain(&name, candidate, &verdict), Vec::new())
    }

    fn explain(&self, name: &str, candidate: &Candidate, verdict: &Verdict) -> Reason {
        let options = self.search.options;
        match verdict {
            Verdict::SizeUnknown => {
                let table = self.search.costs.unsized_table(candidate);
                let table = table.map_or_else(|| name.to_owned(), |table| format!("`{table}`"));
                Reason::new("size-unknown", format!("the size of {table} is unknown"))
            }
            Verdict::NotForced => {
                let text = format!("{name} is left as it is: other frames are forced");
                Reason::new("not-forced", text)
            }
            Verdict::Served => {
                let serving: Vec<String> = self
                    .frames
                    .iter()
                    .filter(|frame| serves_any(frame, &candidate.readers))
                    .map(|frame| format!("`{}`", frame.name))
                    .collect();
                let text = format!("readers of {name} are served by {}", serving.join(", "));
                Reason::new("served-by-another-frame", text)
            }
            Verdict::CheaperRaw => {
                let text = format!("{name} costs no more to read as it is than from the cache");
                Reason::new("not-worth", text)
            }
            Verdict::RewrittenBetween => {
                let text = format!("{name} is, or may be, rewritten between its readers");
                Reason::new("rewritten-between", text)
            }
            Verdict::Measured(loss) => {
                let saved = u64::try_from(loss.saving_micros.max(0)).unwrap_or(u64::MAX);
                let text = format!(
                    "a frame of {name} was measured to save {} for a build of {}, give or take {}: \
                     it loses (number of builds: {})",
                    duration(saved),
                    duration(loss.build_micros),
                    duration(loss.sigma_micros),
                    loss.builds,
                );
                Reason::new("measured", text)
            }
            Verdict::NotWorth(one) => {
                let number = count(one.readers.len());
                let needed = one
                    .build
                    .micros
                    .saturating_mul(number)
                    .div_ceil(one.saving_micros.max(1));
                let wanted = needed
                    .saturating_mul(u64::from(options.margin_percent))
                    .div_ceil(100);
                let text = format!(
                    "a frame of {name} saves {} for a build of {}: it breaks even at {} and is \
                     used from {wanted} on, but has {number}",
                    duration(one.saving_micros),
                    duration(one.build.micros),
                    readers(needed),
                );
                Reason::new("not-worth", text)
            }
            Verdict::TooSmall(one) => {
                let text = format!(
                    "a frame of {name} would gain {}, less than the {} that a frame must gain",
                    duration(one.net_micros()),
                    duration(options.min_gain_micros),
                );
                Reason::new("too-small", text)
            }
            Verdict::OverBudget { chosen, peak_bytes } => {
                let text = format!(
                    "a frame of {name} has {} and the frames that live with it would reach {}, \
                     more than the budget of {}",
                    size(chosen.build.bytes),
                    size(*peak_bytes),
                    size(options.budget_bytes),
                );
                Reason::new("over-budget", text)
            }
        }
    }

    /// Readers of a subject that a candidate could serve and its frames do not.
    fn left_out(&self, candidates: &[&Candidate], own: &[&Frame]) -> Vec<ReasonFor> {
        let mut groups: BTreeMap<Reason, BTreeSet<StatementId>> = BTreeMap::new();
        let Some(widest) = candidates.iter().max_by_key(|one| one.readers.len()) else {
            return Vec::new();
        };
        for reader in &widest.readers {
            let alone = std::slice::from_ref(reader);
            if own.iter().any(|frame| serves_any(frame, alone)) {
                continue;
            }
            let other = self.frames.iter().find(|frame| serves_any(frame, alone));
            let why = if let Some(frame) = other {
                let text = format!("served by the frame `{}`", frame.name);
                Reason::new("served-by-another-frame", text)
            } else if self.search.costs.at(End::Few).saving(widest, reader) == Some(0) {
                let text = "reading the frame would cost no less than reading the table";
                Reason::new("cheaper-raw", text)
            } else {
                let text = "it would widen the frame for the other readers by more than it saves";
                Reason::new("widens-frame", text)
            };
            groups.entry(why).or_default().insert(reader.statement);
        }
        groups
            .into_iter()
            .map(|(why, statements)| reason(why, statements.into_iter().collect()))
            .collect()
    }
}

fn serves_any(frame: &Frame, readers: &[Reader]) -> bool {
    frame
        .places()
        .flat_map(|reader| &reader.reads)
        .any(|read| readers.iter().any(|reader| reader.reads.contains(read)))
}

fn reason(reason: Reason, statements: Vec<StatementId>) -> ReasonFor {
    ReasonFor {
        code: reason.code,
        text: reason.text,
        statements,
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
