//! Texts of media: what stands around a frame's definition, what lets a frame go, and what is dropped at the end.

mod memory;
mod scratch;

use super::emitted::{Emitted, Placed};
use super::frames::says;
use super::{Check, Promise, feeds};
use crate::frontend::statement::Query;
use crate::planner::emit::{Language, NAMESPACE, ProgramText, SCRATCH};
use crate::planner::plan::{Frame, Medium};

/// The text that holds a frame's definition; none where its medium wants other texts.
pub(super) fn defining<'t>(frame: &Frame, texts: &'t [ProgramText]) -> Option<&'t ProgramText> {
    match (frame.medium, texts) {
        (Medium::Memory(_), [view, _]) => Some(view),
        (Medium::Scratch, [_, _, table, _]) => Some(table),
        _ => None,
    }
}

/// What is wrong with the texts that build a frame, its definition apart.
pub(super) fn around(check: &Check<'_>, frame: &Frame, texts: &[ProgramText]) -> Vec<String> {
    match frame.medium {
        Medium::Memory(level) => memory::around(check, frame, level, texts),
        Medium::Scratch => scratch::around(check, frame, texts),
    }
}

/// The query that a frame holds, from the text with its definition.
///
/// # Errors
/// Which promise is broken, and how, where the text is not what the frame's medium wants.
pub(super) fn definition<'q>(
    check: &Check<'_>,
    frame: &Frame,
    text: &ProgramText,
    emitted: &'q Emitted,
) -> Result<&'q Query, (Promise, String)> {
    let prefixes = match frame.medium {
        Medium::Memory(_) => memory::PREFIXES,
        Medium::Scratch => scratch::PREFIXES,
    };
    let places = prefixes + feeds::of(check, frame).len();
    let sound = text.language == Language::Sql
        && text.namespaced
        && text.text.matches(NAMESPACE).count() == places
        && !text.text.contains(SCRATCH);
    if !sound {
        let problem = "is no SQL text with the run's prefix in its name, its mark and the frames that it reads alone";
        return Err((Promise::Text, problem.to_owned()));
    }
    match frame.medium {
        Medium::Memory(_) => memory::definition(check, frame, emitted),
        Medium::Scratch => scratch::definition(check, frame, emitted),
    }
}

/// Whether texts let a frame go, and do nothing else; what is wrong otherwise.
pub(super) fn released(
    check: &Check<'_>,
    frame: &Frame,
    texts: &[ProgramText],
) -> Result<(), String> {
    let (accepted, problem) = match frame.medium {
        Medium::Memory(_) => memory::releasing(check, frame),
        Medium::Scratch => scratch::releasing(check, frame),
    };
    let said = match texts {
        [text] => says(check, text),
        _ => None,
    };
    if said.is_some_and(|said| accepted.contains(&said)) {
        Ok(())
    } else {
        Err(problem)
    }
}

/// Whether a frame's medium gives back what its readers would have read, as far as they show it; what is wrong
/// otherwise.
pub(super) fn keeps(check: &Check<'_>, frame: &Frame) -> Result<(), String> {
    match frame.medium {
        Medium::Memory(_) => Ok(()),
        Medium::Scratch => scratch::keeps(check, frame),
    }
}

/// What must be said at the end of the session, after all views are dropped.
pub(super) fn left_to_drop(check: &Check<'_>) -> Vec<String> {
    let mut media = check.plan.frames.iter().map(|frame| frame.medium);
    if media.any(|medium| medium == Medium::Scratch) {
        vec![scratch::dropping(check)]
    } else {
        Vec::new()
    }
}

/// Keys of the tokens of a text within some bytes.
fn words(emitted: &Emitted, start: u32, end: u32) -> Option<Vec<String>> {
    let tokens = emitted.tokens()?;
    let inside = tokens
        .iter()
        .filter(|token| start <= token.span.start && token.span.end <= end);
    Some(inside.map(Placed::key).collect())
}
