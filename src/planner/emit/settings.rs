//! The texts that set settings of the session, and that give them back their values.

use super::{Language, ProgramText};
use crate::planner::plan::Setting;

/// What sets those that are applied.
pub(super) fn start(settings: &[Setting]) -> Vec<ProgramText> {
    let applied = settings.iter().filter(|setting| setting.applied);
    let texts = applied.filter_map(|setting| {
        let value = setting.value.as_ref()?;
        Some(plain(format!("SET {}={value}", setting.key)))
    });
    texts.collect()
}

/// What gives them back the values that they had: a session may go on.
pub(super) fn finish(settings: &[Setting]) -> Vec<ProgramText> {
    let applied = settings.iter().filter(|setting| setting.applied);
    let texts = applied.map(|setting| {
        plain(if setting.tuned {
            format!("SET {}={}", setting.key, setting.before)
        } else {
            format!("RESET {}", setting.key)
        })
    });
    texts.collect()
}

fn plain(text: String) -> ProgramText {
    ProgramText {
        language: Language::Sql,
        text,
        namespaced: false,
    }
}
