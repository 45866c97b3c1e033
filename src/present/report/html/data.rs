//! What the script shows of statements: their texts, what frames change in them, and which lines a frame replaces.
//!
//! A text is lines that begin with a mark, as in a diff: a blank for a line of the user's that stays, `-` for one that a
//! frame replaces, `+` for one of what is submitted instead.

use std::collections::BTreeMap;

use maud::{Markup, PreEscaped, html};
use serde::Serialize;
use similar::{ChangeTag, TextDiff};

use super::Page;
use super::keys::{Keys, statement_key};
use super::shown::shown;
use crate::frontend::statement::Statement;
use crate::planner::plan_file::{PlanFile, StepEntry};

/// A statement for the script.
#[derive(Clone, Serialize)]
struct StatementData<'a> {
    title: String,
    /// Line of its first token, from 1.
    line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    moved: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    barrier: Option<&'a str>,
    /// None where the page has no room for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Lines of the file on which a frame replaces something, by key of the frame.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    replaced: BTreeMap<String, Vec<u32>>,
}

/// A block of JSON, as an element that is no script of its own. It has so many bytes at most: first come statements that
/// frames change, then the others in order. What has no room stays without its text, then is left out.
pub(super) fn block(page: &Page<'_>, keys: &Keys<'_>, room: usize) -> Markup {
    let replaced = page
        .review
        .plan
        .map_or_else(BTreeMap::new, |plan| replaced(plan, keys));
    let mut statements: Vec<&Statement> = page.workload.statements.iter().collect();
    let changed = |statement: &Statement| replaced.contains_key(&statement_key(statement.id));
    statements.sort_by_key(|statement| !changed(statement));
    let mut entries: BTreeMap<String, String> = BTreeMap::new();
    let mut used = 0;
    for statement in statements {
        let key = statement_key(statement.id);
        let replaced = replaced.get(&key).cloned().unwrap_or_default();
        let whole = data(page, keys, statement, replaced);
        let bare = StatementData {
            text: None,
            ..whole.clone()
        };
        let written = [whole, bare].into_iter().map(|data| json(&data));
        let fits = |json: &String| used + json.len() <= room;
        if let Some(json) = written.into_iter().find(fits) {
            used += json.len() + key.len() + 4;
            entries.insert(key, json);
        }
    }
    let entries: Vec<String> = entries
        .into_iter()
        .map(|(key, json)| format!("\"{key}\":{json}"))
        .collect();
    html! {
        script #data type="application/json" { "{" (PreEscaped(entries.join(","))) "}" }
    }
}

/// A statement as JSON in which nothing ends the element around it, or begins another: `<` only stands in its strings.
fn json(data: &impl Serialize) -> String {
    // Serialising strings and integers to memory cannot fail.
    let json = serde_json::to_string(data).unwrap_or_default();
    json.replace('<', "\\u003c")
}

fn data<'a>(
    page: &Page<'a>,
    keys: &Keys<'a>,
    statement: &Statement,
    replaced: BTreeMap<String, Vec<u32>>,
) -> StatementData<'a> {
    let sources = page.review.files.sources;
    let source = sources.get(statement.source);
    let step = keys.run_by(statement.id);
    let entry = step.and_then(|step| step.statement.as_ref());
    let access = page.workload.access(statement.id);
    let barrier = access.and_then(|access| access.barrier.as_ref());
    let text = match step {
        Some(step) => changed(step),
        None => marked(' ', sources.text(statement.span)),
    };
    StatementData {
        title: shown(&sources.place(statement.span)).into_owned(),
        line: source.map_or(1, |source| source.position(statement.span.start).0),
        step: step.map(|step| step.number),
        moved: entry.and_then(|entry| entry.moved.as_deref()),
        barrier: barrier.map(|barrier| barrier.reason.as_str()),
        text: Some(text),
        replaced,
    }
}

/// The text of a step's statement with what frames change in it.
fn changed(step: &StepEntry) -> String {
    let original = step.original.as_deref().unwrap_or("");
    let reads_frames = step
        .statement
        .as_ref()
        .is_some_and(|statement| !statement.frames.is_empty());
    let Some(submitted) = step.texts.first().filter(|_| reads_frames) else {
        return marked(' ', original);
    };
    let diff = TextDiff::from_lines(original, &submitted.text);
    let lines = diff.iter_all_changes().map(|change| {
        let mark = match change.tag() {
            ChangeTag::Equal => ' ',
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        };
        marked(mark, change.value())
    });
    let lines: Vec<String> = lines.collect();
    lines.join("\n")
}

/// Lines behind a mark.
fn marked(mark: char, text: &str) -> String {
    let lines = text.lines().map(|line| format!("{mark}{}", shown(line)));
    let lines: Vec<String> = lines.collect();
    lines.join("\n")
}

/// By key of a statement: the lines on which each frame replaces a name or a body.
fn replaced(plan: &PlanFile, keys: &Keys<'_>) -> BTreeMap<String, BTreeMap<String, Vec<u32>>> {
    let steps: BTreeMap<u32, &StepEntry> =
        plan.steps.iter().map(|step| (step.number, step)).collect();
    let mut replaced: BTreeMap<String, BTreeMap<String, Vec<u32>>> = BTreeMap::new();
    for frame in &plan.frames {
        for reader in &frame.readers {
            let known = (keys.step(reader.step), keys.frame(&frame.name));
            let (Some(statement), Some(frame)) = known else {
                continue;
            };
            let Some(step) = steps.get(&reader.step) else {
                continue;
            };
            let original = step.original.as_deref().unwrap_or("");
            let first = step.statement.as_ref().map_or(1, |entry| entry.line);
            let lines = reader.at.iter().chain(&reader.joined).map(|at| {
                let before = original.get(..*at as usize).unwrap_or("");
                let breaks = before.matches('\n').count();
                first.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX))
            });
            let by_frame = replaced.entry(statement.to_owned()).or_default();
            let known = by_frame.entry(frame.to_owned()).or_default();
            known.extend(lines);
            known.sort_unstable();
            known.dedup();
        }
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_the_element_that_holds_it() {
        let text = "SELECT '</script><!-- <script>' < 3";
        let safe = json(&text);
        assert!(!safe.contains('<'), "{safe}");
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
    }

    #[test]
    fn lines_stand_behind_their_marks() {
        assert_eq!(marked('+', "a\r\nb\n\nc"), "+a\n+b\n+\n+c");
        assert_eq!(marked(' ', ""), "");
    }
}
