//! How a state was reached.

use super::super::TaskId;
use super::super::dense::Bits;

/// The last step to a state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trail {
    /// How many trails there were when the state before was kept; that state's is the last of them. Zero at the start.
    pub(super) before: u32,
    pub(super) task: TaskId,
    pub(super) live: Bits,
    pub(super) built: Bits,
}

/// One position of a schedule.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Step {
    /// The task that runs.
    pub(in super::super) task: TaskId,
    /// What lives while it runs.
    pub(in super::super) live: Bits,
    /// What of it is built just before.
    pub(in super::super) built: Bits,
}

impl Trail {
    pub(super) fn start() -> Self {
        Self::after(0)
    }

    /// A trail to be filled in, whose state before is the last of so many trails.
    pub(super) fn after(trails: usize) -> Self {
        Self {
            before: u32::try_from(trails).unwrap_or(u32::MAX),
            task: TaskId(0),
            live: Bits::default(),
            built: Bits::default(),
        }
    }
}

/// The steps to a state, first to last.
pub(super) fn steps(trails: &[Trail], last: Trail) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut trail = Some(&last);
    while let Some(Trail {
        before,
        task,
        live,
        built,
    }) = trail.copied()
    {
        steps.push(Step { task, live, built });
        trail = (before as usize)
            .checked_sub(1)
            .and_then(|row| trails.get(row));
    }
    steps.reverse();
    steps
}
