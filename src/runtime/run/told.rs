//! Steps and failures in the words of events and submissions.

use std::collections::BTreeMap;

use super::event::{Failure, StepInfo, StepKind};
use super::input::{Ready, RunStatement, RunStep, Work};
use crate::planner::emit::Language;
use crate::runtime::engine::{self, StatementFailure, Submission, Want};

/// A step as told to users.
pub(super) fn info(step: &RunStep) -> StepInfo {
    let (kind, title, estimate_micros) = match &step.work {
        Work::Materialise {
            frame,
            build_micros,
            ..
        } => (StepKind::Materialise, frame.clone(), Some(*build_micros)),
        Work::Run(statement) => (StepKind::Run, statement.place(), None),
        Work::Release { frame } => (StepKind::Release, frame.clone(), None),
    };
    StepInfo {
        number: step.number,
        kind,
        title,
        estimate_micros,
    }
}

/// A text of hoist's own.
pub(super) fn housekeeping(label: &str, text: &Ready) -> Submission {
    Submission {
        label: label.to_owned(),
        language: language(text.language),
        text: text.text.clone(),
        want: Want::Nothing,
        variables: BTreeMap::new(),
        file: None,
    }
}

pub(super) fn language(language: Language) -> engine::Language {
    match language {
        Language::Sql => engine::Language::Sql,
        Language::Python => engine::Language::Python,
    }
}

/// Where a statement failed: the place that Spark names, where the text was sent as written; its first line otherwise.
pub(super) fn place(
    statement: &RunStatement,
    text: &Ready,
    unchanged: bool,
    failure: &StatementFailure,
) -> String {
    let Some((line, column)) = failure.position.filter(|_| unchanged) else {
        return statement.place();
    };
    if text.language == Language::Python {
        return format!("{}:{line}", statement.file);
    }
    let line = text.template_line(line).saturating_sub(1) + statement.line;
    if line == statement.line {
        // The statement may start anywhere in its first line.
        return format!("{}:{line}", statement.file);
    }
    format!("{}:{line}:{column}", statement.file)
}

pub(super) fn told(failure: StatementFailure, place: String) -> Failure {
    Failure {
        place,
        class: failure.class,
        message: failure.message,
        help: String::new(),
    }
}

pub(super) fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or_default()
}
