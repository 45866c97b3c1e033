//! Repeated subqueries: the body of one of them; a reader selects its columns from the frame.

use super::edit::{Edit, apply};
use super::quote::quoted;
use super::{Emitter, name};
use crate::facts::access::SubqueryId;
use crate::planner::frame::Reader;
use crate::planner::plan::Frame;

pub(super) fn definition(emitter: &Emitter<'_>, frame: &Frame) -> Option<String> {
    // Unqualified names resolve as at this place, just before which the frame is built.
    let first = Reader::first(frame.places())?;
    let first = emitter.workload.subquery(first.subquery()?)?;
    let text = emitter.sources.text(first.body);
    Some(
        apply(text, first.body, emitter.fed(frame))
            .trim()
            .to_owned(),
    )
}

pub(super) fn edits(
    emitter: &Emitter<'_>,
    frame: &Frame,
    subquery: SubqueryId,
) -> Option<Vec<Edit>> {
    let subquery = emitter.workload.subquery(subquery)?;
    // Quoted always: an alias such as `null` or `distinct` would say something else without.
    let outputs: Vec<String> = subquery
        .outputs
        .as_ref()?
        .iter()
        .map(|output| quoted(&output.text))
        .collect();
    let replacement = format!("SELECT {} FROM {}", outputs.join(", "), name(frame));
    Some(vec![Edit {
        span: subquery.body,
        replacement,
    }])
}
