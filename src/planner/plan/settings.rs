//! Session settings: how joins and exchanges are done, proposed from the sizes of tables and frames.
//!
//! | setting | proposed | from |
//! |---|---|---|
//! | `spark.sql.shuffle.partitions` | a number that gives each task a handful of data | the largest input of a statement that exchanges rows |
//! | `spark.sql.adaptive.enabled` | `true` where it was switched off | the session |
//! | `spark.sql.autoBroadcastJoinThreshold` | more, so that a frame is broadcast where what it replaces would be | loaded frames look larger than their tables |
//!
//! A setting holds for every statement, so it is applied only where no statement of the pipeline shows it ([`shown`]).
//! Otherwise it is told with the statements that stand against it. What the user sets is left alone.

mod broadcast;
mod partitions;
mod shown;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::{Plan, ReasonFor};
use crate::facts::catalog::SessionFacts;
use crate::facts::workload::Workload;
use crate::frontend::source::Sources;
use crate::frontend::statement::{StatementId, StatementKind};
use crate::planner::cost::CostModel;
use crate::planner::frame::Reason;

/// Words of [`WantedSettings`], in the order of the variants.
pub const SETTINGS: [&str; 3] = ["off", "propose", "apply"];

/// What is done about session settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WantedSettings {
    /// Nothing.
    Off,
    /// They are shown.
    #[default]
    Proposed,
    /// They are set, where nothing shows it.
    Applied,
}

impl WantedSettings {
    /// What a word of the settings means.
    pub fn of(word: &str) -> Option<WantedSettings> {
        let [off, proposed, applied] = SETTINGS;
        match word {
            word if word == off => Some(WantedSettings::Off),
            word if word == proposed => Some(WantedSettings::Proposed),
            word if word == applied => Some(WantedSettings::Applied),
            _ => None,
        }
    }
}

/// What is decided on one setting of the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its key, in Spark's spelling.
    pub key: String,
    /// Its value in the session, as Spark gives it.
    pub before: String,
    /// Somebody has set it in the session: Spark's default is not what it goes back to.
    pub tuned: bool,
    /// The value proposed; none where it is left as it is.
    pub value: Option<String>,
    /// Whether the run sets it.
    pub applied: bool,
    /// Why this value, then why it is not applied. None in a plan that comes from a plan file.
    pub reasons: Vec<ReasonFor>,
}

/// What the user decides about them.
#[derive(Clone, Debug, Default)]
pub struct SettingOptions {
    /// What is done about them.
    pub wanted: WantedSettings,
    /// What the configuration sets in the session, by key.
    pub configured: BTreeMap<String, String>,
    /// What all frames that live at one time may occupy, bytes.
    pub budget_bytes: u64,
}

/// A setting that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Partitions,
    Adaptive,
    Broadcast,
}

impl Key {
    /// The others depend on whether Spark plans adaptively.
    const ALL: [Key; 3] = [Key::Adaptive, Key::Partitions, Key::Broadcast];

    fn name(self) -> &'static str {
        match self {
            Key::Partitions => "spark.sql.shuffle.partitions",
            Key::Adaptive => "spark.sql.adaptive.enabled",
            Key::Broadcast => "spark.sql.autoBroadcastJoinThreshold",
        }
    }

    /// Lower-case texts by which the same is set, or overruled (Spark: `SQLConf`, `SetCommand`).
    fn names(self) -> &'static [&'static str] {
        match self {
            Key::Partitions => &[
                "spark.sql.shuffle.partitions",
                "initialpartitionnum",
                "mapred.reduce.tasks",
                "mapreduce.job.reduces",
            ],
            Key::Adaptive => &["spark.sql.adaptive.enabled"],
            // In adaptive plans there is one of their own.
            Key::Broadcast => &["autobroadcastjointhreshold"],
        }
    }

    /// Whether a setting is this one, or one that overrules it.
    fn is_meant_by(self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.names().iter().any(|own| name.contains(own))
    }
}

/// What a proposal is made from.
struct Proposer<'a> {
    plan: &'a Plan,
    workload: &'a Workload,
    sources: &'a Sources,
    costs: &'a CostModel<'a>,
    options: &'a SettingOptions,
    session: &'a SessionFacts,
    /// Whether Spark plans adaptively, once what is proposed is applied.
    adaptive: bool,
}

/// What is decided on the settings of the session in which a plan runs, by key. Nothing is where the session is not known.
pub fn propose(
    plan: &Plan,
    workload: &Workload,
    sources: &Sources,
    costs: &CostModel<'_>,
    options: &SettingOptions,
) -> Vec<Setting> {
    let session = costs.catalog().session.as_ref();
    let Some(session) = session.filter(|_| options.wanted != WantedSettings::Off) else {
        return Vec::new();
    };
    let mut proposer = Proposer {
        plan,
        workload,
        sources,
        costs,
        options,
        session,
        adaptive: false,
    };
    let mut settings: Vec<Setting> = Vec::new();
    for key in Key::ALL {
        let Some(setting) = proposer.setting(key) else {
            continue;
        };
        if key == Key::Adaptive {
            let will = match options.wanted {
                WantedSettings::Applied => setting.applied,
                WantedSettings::Off | WantedSettings::Proposed => setting.value.is_some(),
            };
            proposer.adaptive = will || is_true(&setting.before);
        }
        settings.push(setting);
    }
    settings.sort_by(|a, b| a.key.cmp(&b.key));
    settings
}

impl Proposer<'_> {
    /// The session's value of a setting, by its lower-case key.
    fn value(&self, key: &str) -> Option<&str> {
        self.session.tuning.get(key).map(String::as_str)
    }

    /// What is decided on one setting; none where its value is not known.
    fn setting(&self, key: Key) -> Option<Setting> {
        let lower = key.name().to_lowercase();
        let before = self.value(&lower)?;
        let (value, reason) = match key {
            Key::Partitions => partitions::value(self, before)?,
            Key::Adaptive => adaptive(before),
            Key::Broadcast => broadcast::value(self, before)?,
        };
        let mut reasons = vec![about(reason, Vec::new())];
        let against = match &value {
            Some(_) => self.against(key),
            None => Vec::new(),
        };
        let stands = against.is_empty() && value.is_some();
        reasons.extend(against);
        if stands && self.options.wanted == WantedSettings::Proposed {
            let text = "it is shown only: nothing in the pipeline would show it".to_owned();
            reasons.push(about(Reason::new("setting-proposed", text), Vec::new()));
        }
        Some(Setting {
            key: key.name().to_owned(),
            before: before.to_owned(),
            tuned: self.session.tuned.contains(&lower),
            value,
            applied: stands && self.options.wanted == WantedSettings::Applied,
            reasons,
        })
    }

    /// Everything that stands against applying it.
    fn against(&self, key: Key) -> Vec<ReasonFor> {
        let mut against = Vec::new();
        let lower = key.name().to_lowercase();
        // That the session has another value of the setting itself is no word of this user.
        let overruling = self.session.tuned.iter().filter(|name| **name != lower);
        let set = self.options.configured.keys().chain(overruling);
        let set: BTreeSet<&String> = set.filter(|name| key.is_meant_by(name)).collect();
        if !set.is_empty() {
            let names: Vec<String> = set.iter().map(|name| format!("`{name}`")).collect();
            let text = format!("the session is configured with {}", names.join(", "));
            against.push(about(Reason::new("set-in-configuration", text), Vec::new()));
        }
        if let Some(places) = self.named(key) {
            let text = "the pipeline sets or names it itself".to_owned();
            against.push(about(Reason::new("set-in-pipeline", text), places));
        }
        let version = self.costs.catalog().spark_version.as_deref();
        if key == Key::Adaptive && !version.is_some_and(is_sound) {
            let version = version.unwrap_or("unknown");
            let text = format!(
                "joins of cached rows lose some in adaptive plans of Spark 3.5.0 and others before 3.5.1, and this is \
                 {version}"
            );
            against.push(about(Reason::new("spark-version", text), Vec::new()));
        }
        let shown = shown::by(self.workload, key);
        for (what, places) in shown {
            let text = format!("it may show in the result: {what}");
            against.push(about(Reason::new("arrangement-shows", text), places));
        }
        against
    }

    /// The statements that set or name the setting; none where nothing in the files does.
    fn named(&self, key: Key) -> Option<Vec<StatementId>> {
        let statements = self.workload.statements.iter().filter(|statement| {
            let sets = match &statement.kind {
                // Spark fills in what is between the brackets when it runs.
                StatementKind::Set { key, .. } => key.contains('$'),
                _ => false,
            };
            sets || key.is_meant_by(self.sources.text(statement.span))
        });
        let statements: Vec<StatementId> = statements.map(|statement| statement.id).collect();
        // Values of variables, and comments, stand in no statement's own text.
        let beside = || {
            let mut sources = self.sources.iter();
            sources.any(|source| {
                key.is_meant_by(source.rendered()) || key.is_meant_by(source.template())
            })
        };
        (!statements.is_empty() || beside()).then_some(statements)
    }
}

fn adaptive(before: &str) -> (Option<String>, Reason) {
    if is_true(before) {
        let text = "Spark plans adaptively already".to_owned();
        return (None, Reason::new("setting-suits", text));
    }
    let text = "it is switched off in the session: Spark then makes as many tasks of each exchange as it is told, \
                and plans joins from the sizes of files"
        .to_owned();
    (Some("true".to_owned()), Reason::new("adaptive-off", text))
}

fn is_true(value: &str) -> bool {
    value.trim().eq_ignore_ascii_case("true")
}

/// Whether adaptive plans of cached rows are right in a version of Spark (SPARK-45592).
fn is_sound(version: &str) -> bool {
    let mut numbers = version.split(['.', '-']).map(str::parse::<u32>);
    let mut next = || numbers.next().and_then(Result::ok);
    match (next(), next(), next()) {
        (Some(major), Some(minor), Some(patch)) => (major, minor, patch) >= (3, 5, 1),
        _ => false,
    }
}

fn about(reason: Reason, statements: Vec<StatementId>) -> ReasonFor {
    ReasonFor {
        code: reason.code,
        text: reason.text,
        statements,
    }
}

/// Bytes as Spark writes them: `64MB`, `10485760b`, `10485760`; none for what is no such size, and for less than nothing
/// (Spark: `JavaUtils.byteStringAs`).
fn bytes(text: &str) -> Option<u64> {
    let text = text.trim().to_lowercase();
    let digits = text.find(|c: char| !c.is_ascii_digit());
    let (number, unit) = text.split_at(digits.unwrap_or(text.len()));
    let shift = match unit {
        "" | "b" => 0,
        "k" | "kb" => 10,
        "m" | "mb" => 20,
        "g" | "gb" => 30,
        "t" | "tb" => 40,
        "p" | "pb" => 50,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(1 << shift)
}
