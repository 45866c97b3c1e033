//! Join cores: the frame joins the versions that its readers do, on the keys that they do, and what a reader loses is
//! what the frame has done.
//!
//! A reader is `σ(A × m × X …)` in another notation: tests of `WHERE` and of the `ON`s of inner joins hold for every row,
//! so their place does not matter. A left join of `m` adds to each row before it what it meets in `m`; other joins
//! only repeat or drop such rows by tests that do not name `m`. So the tables of a core can be joined first, if none
//! between them is joined otherwise than inner or left, and nothing of the core hangs on a table filled with NULLs.

mod changes;
mod place;
mod text;

use std::collections::BTreeMap;

pub(super) use self::changes::changes;
pub(super) use self::place::Place;
pub(super) use self::text::Core;
use super::frames::{Built, look};
use super::replay::Replay;
use super::{Check, Promise};
use crate::planner::frame::FrameKind;
use crate::planner::plan::FrameId;

/// What the text of each frame joins.
pub(super) fn cores(check: &Check<'_>, replay: &Replay) -> BTreeMap<FrameId, Result<Core, String>> {
    let frames = check.plan.frames.iter();
    let joins = frames.filter(|frame| frame.kind == FrameKind::JoinCore);
    joins
        .filter_map(|frame| {
            let core = look(check, replay, frame, |built| Core::of(check, built))?;
            Some((frame.id, core))
        })
        .collect()
}

/// Checks a join core against every block that reads it.
pub(super) fn run(check: &mut Check<'_>, built: &Built<'_, '_>) {
    let name = &built.frame.name;
    let mut problems = Vec::new();
    match check.cores.get(&built.frame.id) {
        None => problems.push((built.at, format!("frame `{name}` has no definition"))),
        Some(Err(problem)) => problems.push((built.at, format!("frame `{name}` {problem}"))),
        Some(Ok(core)) => {
            if let Some(test) = core.unsteady(check) {
                let text = format!(
                    "frame `{name}` makes the test `{test}`, which may fail on rows of other readers, or is of a table \
                     filled with NULLs"
                );
                problems.push((built.at, text));
            }
            for (at, reader) in check.places(built.frame) {
                match Place::of(check, core, reader) {
                    Err(problem) => problems.push((at, problem)),
                    Ok(place) => {
                        let wrong = place.problems(check, core);
                        problems.extend(wrong.into_iter().map(|problem| (at, problem)));
                    }
                }
            }
        }
    }
    for (at, problem) in problems {
        check.report(Promise::Joining, at, problem);
    }
}
