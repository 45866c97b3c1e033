//! Settings of the session for people.

use std::fmt::Write as _;

use super::layout::wrap;
use super::plan::advice;
use crate::planner::plan_file::{PlanFile, ReasonEntry, SettingEntry};

/// Statements that are named for one reason, at most.
const MOST_PLACES: usize = 5;

/// The settings for which another value is proposed, each with its reasons; empty where none is.
pub(super) fn proposed(plan: &PlanFile) -> String {
    let settings = plan.session_settings.iter();
    let settings = settings.filter(|setting| setting.value.is_some());
    let texts: String = settings.map(|setting| text(setting, MOST_PLACES)).collect();
    if texts.is_empty() {
        texts
    } else {
        format!("Session settings\n{texts}")
    }
}

/// What is decided on a setting, by its key with or without what it begins with; none where nothing is.
pub(super) fn of(plan: &PlanFile, key: &str) -> Option<String> {
    let key = key.trim_matches('`').to_lowercase();
    let mut settings = plan.session_settings.iter();
    let setting = settings.find(|setting| {
        let own = setting.key.to_lowercase();
        own == key || own.strip_prefix("spark.sql.") == Some(key.as_str())
    })?;
    Some(text(setting, usize::MAX))
}

fn text(setting: &SettingEntry, most: usize) -> String {
    let SettingEntry { key, before, .. } = setting;
    let default = if setting.tuned {
        ""
    } else {
        " (Spark's default)"
    };
    let told = match &setting.value {
        Some(value) if setting.applied => format!("set to {value}, before {before}{default}"),
        Some(value) => format!("{value} is proposed, not set: {before}{default}"),
        None => format!("left at {before}{default}"),
    };
    let mut text = String::new();
    let _ = writeln!(text, " {}", wrap(&format!("{key}: {told}"), 3));
    for reason in &setting.reasons {
        let _ = writeln!(text, "   {}", wrap(&line(reason, most), 5));
    }
    text
}

fn line(reason: &ReasonEntry, most: usize) -> String {
    let named: Vec<&str> = reason.statements.iter().map(String::as_str).collect();
    let named = named.get(..most).unwrap_or(&named);
    let rest = reason.statements.len() - named.len();
    let whom = match (named, rest) {
        ([], _) => String::new(),
        (named, 0) => format!(" ({})", named.join(", ")),
        (named, rest) => format!(" ({} and {rest} more)", named.join(", ")),
    };
    let lifted = advice(&reason.code);
    let lifted = lifted.map_or_else(String::new, |advice| format!("; to lift this, {advice}"));
    format!("{}{whom}{lifted}", reason.text)
}
