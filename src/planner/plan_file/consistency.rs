//! What must hold inside one plan file, whoever wrote it: so that it can be trusted without the SQL.
//!
//! The steps are replayed: each frame is built once, read only while it lives and while its inputs are current,
//! and released once; each statement reads the versions that are current when it runs.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, FrameEntry, PlanFile, StatementEntry, StepEntry, Verdict};
use crate::planner::emit::NAMESPACE;

/// What contradicts itself, as a lowercase fragment.
pub(super) fn check(file: &PlanFile) -> Result<(), String> {
    let mut frames: BTreeMap<&str, &FrameEntry> = BTreeMap::new();
    for frame in &file.frames {
        if frames.insert(&frame.name, frame).is_some() {
            return Err(format!("frame `{}` is listed twice", frame.name));
        }
    }
    let mut replay = Replay {
        frames,
        current: BTreeMap::new(),
        live: BTreeSet::new(),
        released: BTreeSet::new(),
        seen: BTreeSet::new(),
        peak: 0,
    };
    for (step, number) in file.steps.iter().zip(1..) {
        if step.number != number {
            return Err(format!(
                "step {number} of the list has number {}",
                step.number
            ));
        }
        replay
            .step(step)
            .map_err(|problem| format!("step {number} {problem}"))?;
    }
    for frame in &file.frames {
        if !replay.released.contains(frame.name.as_str()) {
            return Err(format!("frame `{}` is never released", frame.name));
        }
        for reader in &frame.readers {
            let names_it = file
                .steps
                .iter()
                .filter(|step| step.number == reader.step)
                .filter_map(|step| step.statement.as_ref())
                .any(|statement| {
                    statement.frames.contains(&frame.name) && place(statement) == reader.statement
                });
            if !names_it {
                return Err(format!(
                    "reader `{}` of frame `{}` is not what step {} runs",
                    reader.statement, frame.name, reader.step
                ));
            }
        }
        for feed in &frame.feeds {
            let fed = replay.frames.get(feed.frame.as_str());
            if fed.is_none_or(|fed| fed.name == frame.name) {
                return Err(format!(
                    "frame `{}` is said to build `{}`, which is no other frame",
                    frame.name, feed.frame
                ));
            }
        }
        let steps = || {
            let readers = frame.readers.iter().map(|reader| reader.step);
            let fed = frame.feeds.iter();
            let fed = fed.filter_map(|feed| replay.frames.get(feed.frame.as_str()));
            readers.chain(fed.map(|fed| fed.built_in))
        };
        if steps().min() != Some(frame.built_before) || steps().max() != Some(frame.released_after)
        {
            return Err(format!(
                "frame `{}` has readers outside steps {} to {}",
                frame.name, frame.built_before, frame.released_after
            ));
        }
    }
    for text in file
        .steps
        .iter()
        .flat_map(|step| &step.texts)
        .chain(&file.start)
        .chain(&file.finish)
    {
        if text.namespaced && !text.text.contains(NAMESPACE) {
            return Err(format!(
                "a text is marked as namespaced but has no `{NAMESPACE}`: `{}`",
                first_line(&text.text)
            ));
        }
    }
    decisions(file, &replay.frames)?;
    totals(file, &replay)
}

struct Replay<'a> {
    frames: BTreeMap<&'a str, &'a FrameEntry>,
    /// Generations by table; 0 where absent.
    current: BTreeMap<&'a str, u32>,
    live: BTreeSet<&'a str>,
    released: BTreeSet<&'a str>,
    seen: BTreeSet<(&'a str, u32)>,
    peak: u64,
}

impl<'a> Replay<'a> {
    fn step(&mut self, step: &'a StepEntry) -> Result<(), String> {
        match (step.action, &step.frame, &step.statement, &step.original) {
            (Action::Materialise, Some(name), None, None) => self.materialise(step, name),
            (Action::Release, Some(name), None, None) => {
                self.frame(name)?;
                if !self.live.remove(name.as_str()) {
                    return Err(format!("releases frame `{name}`, which does not live"));
                }
                self.released.insert(name);
                Ok(())
            }
            (Action::Run, None, Some(statement), Some(_)) => self.run(statement),
            (Action::Run, ..) => Err("runs no statement, or names a frame".to_owned()),
            (Action::Materialise | Action::Release, ..) => {
                Err("names no frame, or a statement".to_owned())
            }
        }?;
        if step.texts.is_empty() {
            return Err("has no text to submit".to_owned());
        }
        Ok(())
    }

    fn frame(&self, name: &str) -> Result<&'a FrameEntry, String> {
        self.frames
            .get(name)
            .copied()
            .ok_or_else(|| format!("names frame `{name}`, which is not listed"))
    }

    fn materialise(&mut self, step: &'a StepEntry, name: &'a str) -> Result<(), String> {
        let frame = self.frame(name)?;
        if frame.built_in != step.number {
            return Err(format!(
                "builds frame `{name}`, whose entry says step {}",
                frame.built_in
            ));
        }
        if self.released.contains(name) || !self.live.insert(name) {
            return Err(format!("builds frame `{name}` a second time"));
        }
        self.inputs_current(frame)?;
        let sources = self.frames.values();
        let mut sources = sources.filter(|from| from.feeds.iter().any(|feed| feed.frame == name));
        if let Some(from) = sources.find(|from| !self.live.contains(from.name.as_str())) {
            return Err(format!(
                "builds frame `{name}` from `{}`, which does not live",
                from.name
            ));
        }
        let bytes = self
            .live
            .iter()
            .filter_map(|live| self.frames.get(live))
            .fold(0_u64, |sum, frame| sum.saturating_add(frame.size_bytes));
        self.peak = self.peak.max(bytes);
        Ok(())
    }

    fn run(&mut self, statement: &'a StatementEntry) -> Result<(), String> {
        if !self.seen.insert((&statement.file, statement.number)) {
            return Err(format!("runs `{}` a second time", place(statement)));
        }
        for read in &statement.reads {
            self.is_current(read)?;
        }
        for name in &statement.frames {
            let frame = self.frame(name)?;
            if !self.live.contains(name.as_str()) {
                return Err(format!("reads frame `{name}`, which does not live"));
            }
            self.inputs_current(frame)?;
        }
        for started in &statement.starts {
            let (table, generation) = split(started)?;
            let current = self.current.entry(table).or_default();
            if generation <= *current {
                return Err(format!("starts `{started}`, which is no new version"));
            }
            *current = generation;
        }
        for written in &statement.writes {
            self.is_current(written)?;
        }
        Ok(())
    }

    fn inputs_current(&self, frame: &FrameEntry) -> Result<(), String> {
        frame
            .inputs
            .iter()
            .try_for_each(|input| self.is_current(input))
    }

    fn is_current(&self, version: &str) -> Result<(), String> {
        let (table, generation) = split(version)?;
        let current = self.current.get(table).copied().unwrap_or(0);
        if current == generation {
            Ok(())
        } else {
            Err(format!(
                "needs `{version}` where `{table}@{current}` is current"
            ))
        }
    }
}

fn decisions(file: &PlanFile, frames: &BTreeMap<&str, &FrameEntry>) -> Result<(), String> {
    for decision in &file.decisions {
        let consistent = match (&decision.frame, decision.verdict) {
            (Some(frame), Verdict::Frame) => frames.contains_key(frame.as_str()),
            (None, Verdict::NoFrame) => true,
            _ => false,
        };
        if !consistent {
            return Err("a decision's verdict and frame do not fit the frames listed".to_owned());
        }
    }
    Ok(())
}

fn totals(file: &PlanFile, replay: &Replay<'_>) -> Result<(), String> {
    let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    for (what, said, found) in [
        (
            "statements",
            file.summary.statements,
            count(replay.seen.len()),
        ),
        ("frames", file.summary.frames, count(file.frames.len())),
        ("peak_bytes", file.summary.peak_bytes, replay.peak),
    ] {
        if said != found {
            return Err(format!(
                "`summary.{what}` is {said} but the rest of the file says {found}"
            ));
        }
    }
    if replay.peak > file.summary.budget_bytes {
        return Err(format!(
            "frames of {} bytes live at one time in a budget of {} bytes",
            replay.peak, file.summary.budget_bytes
        ));
    }
    Ok(())
}

/// Table and generation of `table@generation`. A table's name may hold `@` itself.
fn split(version: &str) -> Result<(&str, u32), String> {
    version
        .rsplit_once('@')
        .and_then(|(table, generation)| Some((table, generation.parse().ok()?)))
        .ok_or_else(|| format!("names `{version}`, which is no `table@generation`"))
}

fn place(statement: &StatementEntry) -> String {
    format!("{}:{}", statement.file, statement.line)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or("")
}
