//! Settings of the session: those that the plan applies are set first and set back last, and no others; no statement names
//! one that is applied, and none shows how joins and exchanges are done.

use super::{At, Check, Promise};
use crate::facts::access::{Access, SensitivityKind};
use crate::frontend::statement::{Statement, StatementKind};
use crate::planner::emit::{Language, ProgramText};
use crate::planner::plan::{Setting, Step};

/// Keys that may be applied, with all lower-case names by which text can set or overrule them.
const KNOWN: [(&str, &[&str]); 3] = [
    (
        "spark.sql.adaptive.enabled",
        &["spark.sql.adaptive.enabled"],
    ),
    (
        "spark.sql.autoBroadcastJoinThreshold",
        &["autobroadcastjointhreshold"],
    ),
    (
        "spark.sql.shuffle.partitions",
        &[
            "spark.sql.shuffle.partitions",
            "initialpartitionnum",
            "mapred.reduce.tasks",
            "mapreduce.job.reduces",
        ],
    ),
];
/// Largest table that Spark broadcasts, bytes (Spark: `BroadcastExchangeExec.MAX_BROADCAST_TABLE_BYTES`).
const MOST_BROADCAST: u64 = 8 << 30;
/// Tasks of an exchange beyond which something is wrong.
const MOST_TASKS: u64 = 100_000;

/// The texts of the end without those that set settings back, and those.
pub(super) fn split<'a>(check: &Check<'a>) -> (&'a [ProgramText], &'a [ProgramText]) {
    let texts = check.program.finish.as_slice();
    let backs = check.plan.settings.iter().filter(|one| one.applied).count();
    texts
        .split_at_checked(texts.len().saturating_sub(backs))
        .unwrap_or((texts, &[]))
}

pub(super) fn run(check: &mut Check<'_>) {
    let mut problems: Vec<(At, String)> = Vec::new();
    let applied = check.plan.settings.iter();
    let applied: Vec<&Setting> = applied.filter(|setting| setting.applied).collect();
    texts(check, &applied, &mut problems);
    for (number, setting) in applied.iter().enumerate() {
        let key = &setting.key;
        let known = KNOWN.iter().find(|(known, _)| known == key);
        let Some((_, names)) = known else {
            problems.push((At::Plan, format!("`{key}` is no setting to be applied")));
            continue;
        };
        if applied.iter().take(number).any(|other| other.key == *key) {
            problems.push((At::Plan, format!("`{key}` is applied twice")));
        }
        value(check, setting, &mut problems);
        named(check, key, names, &mut problems);
        shown(check, setting, &mut problems);
    }
    for (at, text) in problems {
        check.report(Promise::Settings, at, text);
    }
}

/// What is submitted first and last.
fn texts(check: &Check<'_>, applied: &[&Setting], problems: &mut Vec<(At, String)>) {
    let first = applied.iter().map(|setting| {
        let value = setting.value.as_deref().unwrap_or("");
        format!("SET {}={value}", setting.key)
    });
    let last = applied.iter().map(|setting| {
        if setting.tuned {
            format!("SET {}={}", setting.key, setting.before)
        } else {
            format!("RESET {}", setting.key)
        }
    });
    let said = |texts: &[ProgramText], expected: Vec<String>| {
        let plain = |text: &ProgramText| text.language == Language::Sql && !text.namespaced;
        texts.len() == expected.len()
            && texts
                .iter()
                .zip(&expected)
                .all(|(text, expected)| plain(text) && text.text == *expected)
    };
    if !said(&check.program.start, first.collect()) {
        let text = "the session does not begin with the settings that are applied".to_owned();
        problems.push((At::Plan, text));
    }
    let (_, backs) = split(check);
    if !said(backs, last.collect()) {
        let text = "the session does not end with the settings given back".to_owned();
        problems.push((At::Plan, text));
    }
}

/// What it is set to, and what it is given back.
fn value(check: &Check<'_>, setting: &Setting, problems: &mut Vec<(At, String)>) {
    let Setting { key, before, .. } = setting;
    let mut problem = |text: String| problems.push((At::Plan, text));
    let value = setting.value.as_deref().unwrap_or("");
    let number = value.parse::<u64>().ok();
    let is_valid = match key.as_str() {
        "spark.sql.adaptive.enabled" => value == "true",
        "spark.sql.shuffle.partitions" => {
            number.is_some_and(|number| (1..=MOST_TASKS).contains(&number))
        }
        _ => number.is_some_and(|number| (1..=MOST_BROADCAST).contains(&number)),
    };
    if !is_valid {
        problem(format!("`{key}` cannot be `{value}`"));
    }
    let session = check.catalog.session.as_ref();
    let lower = key.to_lowercase();
    let is = session.and_then(|session| session.tuning.get(&lower));
    let tuned = session.is_some_and(|session| session.tuned.contains(&lower));
    if is != Some(before) || tuned != setting.tuned {
        problem(format!("`{key}` is not `{before}` in the session"));
    }
    if key == "spark.sql.adaptive.enabled" {
        let version = check.catalog.spark_version.as_deref().unwrap_or("");
        let mut parts = version.split('.').map(|part| {
            let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<u32>().unwrap_or(0)
        });
        let parts: [u32; 3] = std::array::from_fn(|_| parts.next().unwrap_or(0));
        if parts < [3, 5, 1] {
            problem(format!(
                "adaptive plans of cached rows are not right in Spark `{version}`"
            ));
        }
    }
}

/// Where the pipeline names it: whatever it is for, the user's word counts.
fn named(check: &Check<'_>, key: &str, names: &[&str], problems: &mut Vec<(At, String)>) {
    for source in check.sources {
        let texts = [source.rendered(), source.template()].map(str::to_lowercase);
        let mut texts = texts.iter();
        if texts.any(|text| names.iter().any(|name| text.contains(name))) {
            let text = format!("`{key}` is applied, and file `{}` names it", source.name);
            problems.push((At::Plan, text));
        }
    }
}

/// Which statements show it.
fn shown(check: &Check<'_>, setting: &Setting, problems: &mut Vec<(At, String)>) {
    for (index, step) in check.plan.steps.iter().enumerate() {
        let Step::Run(id) = step else { continue };
        let found = check.statements.get(id);
        if !found.is_some_and(|(statement, access)| hides(statement, access, &setting.key)) {
            let text = format!("`{}` is applied, which may show here", setting.key);
            problems.push((At::Step(index, Some(*id)), text));
        }
    }
}

/// Whether a statement gives the same however its joins and exchanges are done.
fn hides(statement: &Statement, access: &Access, key: &str) -> bool {
    let unseen = access.barrier.is_some();
    match &statement.kind {
        // A setting with a name that is known when it runs may be this one.
        StatementKind::Set { key, value } => value.is_some() && !key.contains('$'),
        StatementKind::Use { .. } => true,
        StatementKind::Query(_)
        | StatementKind::CreateTableAs { .. }
        | StatementKind::Insert { .. }
        | StatementKind::InsertDirectory { .. } => {
            // What joins nothing is left out of a plan when it runs, whether or not it would fail.
            let skips = key != "spark.sql.shuffle.partitions";
            let keeps = |kind: SensitivityKind| match kind {
                SensitivityKind::NonDeterministic => true,
                SensitivityKind::MayFail => !skips,
                _ => false,
            };
            let mut found = access.sensitivities.iter();
            !unseen && access.arrangements.is_empty() && found.all(|one| keeps(one.kind))
        }
        StatementKind::Command(command) if command.word == "analyze" => false,
        StatementKind::Command(_)
        | StatementKind::CreateTable { .. }
        | StatementKind::CreateDatabase { .. }
        | StatementKind::Truncate { .. }
        | StatementKind::Drop { .. } => !unseen && access.reads.is_empty(),
        StatementKind::CreateView { .. }
        | StatementKind::Describe { .. }
        | StatementKind::Explain { .. }
        | StatementKind::Script(_)
        | StatementKind::Python(_)
        | StatementKind::Opaque { .. } => false,
    }
}
