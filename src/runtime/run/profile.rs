//! A run, finished or not → what it measured, for the profile of its pipeline.

use std::collections::BTreeMap;

use super::event::Measured;
use super::input::{RunInput, Work};
use super::record::{RunRecord, StepRecord, StepState};
use crate::facts::profile::{FrameKey, FrameSample, RunSamples, StepSample};
use crate::runtime::collect::CachedFrame;

/// What the steps of a run are called in a profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunKeys {
    /// Fingerprints of statements, by file and position in it.
    pub statements: BTreeMap<(String, u32), String>,
    /// Frames, by name without the run's prefix.
    pub frames: BTreeMap<String, FrameKey>,
}

/// What the steps that ended well have measured. `place` says where, `plain` that frames were left out on purpose.
pub fn samples(
    record: &RunRecord,
    input: &RunInput,
    keys: &RunKeys,
    place: &str,
    plain: bool,
) -> RunSamples {
    let mut samples = RunSamples {
        place: place.to_owned(),
        plain,
        ..RunSamples::default()
    };
    let done = record
        .steps
        .iter()
        .filter(|step| step.state == StepState::Done);
    for step in done {
        let Some(measured) = &step.measured else {
            continue;
        };
        let mut planned = input.steps.iter();
        match planned
            .find(|planned| planned.number == step.number)
            .map(|planned| &planned.work)
        {
            Some(Work::Run(statement)) => {
                let key = (statement.file.clone(), statement.number);
                let read = measured.read.iter().map(|name| keys.frames.get(name));
                let read: Option<Vec<&FrameKey>> = read.collect();
                if let (Some(fingerprint), Some(read)) = (keys.statements.get(&key), read) {
                    let frames = read.iter().map(|key| key.fingerprint.clone());
                    let mut frames: Vec<String> = frames.collect();
                    frames.sort();
                    frames.dedup();
                    let sample = sample(step, measured);
                    samples
                        .statements
                        .push((fingerprint.clone(), frames, sample));
                }
            }
            Some(Work::Materialise { frame, .. }) => {
                if let Some(key) = keys.frames.get(frame) {
                    let sample = built(record, input, step, measured, frame, key);
                    samples.frames.push((key.clone(), sample));
                }
            }
            Some(Work::Release { .. }) | None => {}
        }
    }
    samples
}

fn sample(step: &StepRecord, measured: &Measured) -> StepSample {
    let work = measured.work;
    let wall = match measured.wall_micros {
        // The engine did not say.
        0 => step.micros,
        told => told,
    };
    StepSample {
        wall_micros: wall,
        busy_micros: work.busy_micros.min(wall),
        cpu_micros: work.cpu_micros,
        read_bytes: work.read_bytes,
        read_rows: work.read_rows,
        shuffle_bytes: work.shuffle_bytes,
        spill_bytes: work.spill_bytes,
        rows_written: work.rows_written,
        bytes_written: work.bytes_written,
    }
}

/// The frame that a step built, as it was found after that step and all later ones until it was let go.
fn built(
    record: &RunRecord,
    input: &RunInput,
    step: &StepRecord,
    measured: &Measured,
    frame: &str,
    key: &FrameKey,
) -> FrameSample {
    let mut sample = FrameSample {
        build: sample(step, measured),
        cached_percent: 100,
        ..FrameSample::default()
    };
    if key.medium == "scratch" {
        sample.disk_bytes = measured.work.bytes_written;
        return sample;
    }
    // Until it is let go, what is not found has been evicted.
    let release = input.steps.iter().find_map(|planned| match &planned.work {
        Work::Release { frame: name } if name == frame => Some(planned.number),
        _ => None,
    });
    let later = record.steps.iter();
    let later = later.filter(|later| later.number >= step.number);
    let alive = later.filter(|later| release.is_none_or(|release| later.number < release));
    let mut before: Option<CachedFrame> = None;
    for now in alive.filter_map(|later| later.measured.as_ref()) {
        let now = now.frames.get(frame).copied().unwrap_or_default();
        sample.memory_bytes = sample.memory_bytes.max(now.memory_bytes);
        sample.disk_bytes = sample.disk_bytes.max(now.disk_bytes);
        let held = now.held.saturating_mul(100).checked_div(now.parts);
        sample.cached_percent = sample.cached_percent.min(held.unwrap_or(0));
        let less =
            |before: CachedFrame| now.held < before.held || now.memory_bytes < before.memory_bytes;
        sample.evictions += u64::from(before.is_some_and(less));
        before = Some(now);
    }
    sample
}
