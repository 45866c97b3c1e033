//! Every key of `hoist.toml`, in the order of the reference file.

use super::value;
use crate::present::rule::Level;

/// What a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A number of at least 0.
    Number,
    /// How many of something: a whole number from 1.
    Count,
    /// A whole number, 0 included.
    Natural,
    /// A size, or `auto`.
    Size,
    /// A duration.
    Duration,
    /// One of some words.
    Choice(&'static [&'static str]),
    /// A list of strings.
    List,
    /// A string, number, boolean or date; kept as written.
    Scalar,
}

impl Kind {
    /// What is expected, for messages.
    pub fn expected(self) -> String {
        match self {
            Kind::Text => "a string".to_owned(),
            Kind::Boolean => "true or false".to_owned(),
            Kind::Number => "a number of at least 0".to_owned(),
            Kind::Count => "a whole number of at least 1".to_owned(),
            Kind::Natural => "a whole number".to_owned(),
            Kind::Size => "a size such as \"2GiB\", or \"auto\"".to_owned(),
            Kind::Duration => "a duration such as \"200ms\"".to_owned(),
            Kind::Choice(words) => words
                .iter()
                .map(|word| format!("\"{word}\""))
                .collect::<Vec<_>>()
                .join(" or "),
            Kind::List => "a list of strings".to_owned(),
            Kind::Scalar => "a string, number, boolean or date".to_owned(),
        }
    }

    /// Whether a scalar of this kind may be written so.
    pub fn accepts(self, text: &str) -> bool {
        match self {
            Kind::Text | Kind::Scalar | Kind::List => true,
            Kind::Boolean => matches!(text, "true" | "false"),
            Kind::Number => value::parse_hundredths(text).is_some(),
            Kind::Count => value::parse_count(text).is_some(),
            Kind::Natural => text.trim().parse::<u32>().is_ok(),
            Kind::Size => text == "auto" || value::parse_size(text).is_some(),
            Kind::Duration => value::parse_duration(text).is_some(),
            Kind::Choice(words) => words.contains(&text),
        }
    }
}

/// One key. A `*` in its path stands for names that the user chooses.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Dotted path.
    pub path: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Its default as written on a command line; none where it has none.
    pub default: Option<&'static str>,
}

const fn key(path: &'static str, kind: Kind, default: Option<&'static str>) -> Key {
    Key {
        path,
        kind,
        default,
    }
}

/// All keys.
pub const KEYS: [Key; 52] = [
    key("pipeline.files", Kind::List, None),
    key("pipeline.subfolders", Kind::Boolean, Some("false")),
    key("pipeline.max_statement_bytes", Kind::Size, Some("4MiB")),
    key(
        "pipeline.environment_variables",
        Kind::Boolean,
        Some("false"),
    ),
    key("variables.*", Kind::Scalar, None),
    key("setup.path", Kind::Text, None),
    key("setup.variables.*", Kind::Scalar, None),
    key("planner.budget", Kind::Size, Some("auto")),
    key("planner.jobs", Kind::Count, Some("1")),
    key("planner.margin", Kind::Number, Some("2.0")),
    key("planner.min_gain", Kind::Duration, Some("200ms")),
    key("planner.canary", Kind::Natural, Some("0")),
    key(
        "planner.medium",
        Kind::Choice(&["memory", "scratch", "auto"]),
        Some("memory"),
    ),
    key(
        "planner.layout",
        Kind::Choice(&["off", "auto"]),
        Some("off"),
    ),
    key(
        "planner.order",
        Kind::Choice(&["free", "files"]),
        Some("free"),
    ),
    key(
        "planner.settings",
        Kind::Choice(&["off", "propose", "apply"]),
        Some("propose"),
    ),
    key(
        "planner.storage_level",
        Kind::Choice(&[
            "MEMORY_AND_DISK",
            "MEMORY_AND_DISK_SER",
            "MEMORY_ONLY",
            "DISK_ONLY",
        ]),
        Some("MEMORY_AND_DISK"),
    ),
    key("planner.scratch", Kind::Text, Some("auto")),
    key("planner.default_database", Kind::Text, Some("default")),
    key("planner.deterministic_functions", Kind::List, None),
    key(
        "engine.kind",
        Kind::Choice(&["local", "livy"]),
        Some("local"),
    ),
    key("engine.local.python", Kind::Text, Some("auto")),
    key("engine.local.spark_home", Kind::Text, Some("auto")),
    key("engine.local.driver_memory", Kind::Size, Some("auto")),
    key("engine.local.master", Kind::Text, Some("local[*]")),
    key(
        "engine.local.catalog",
        Kind::Choice(&["hive", "in-memory"]),
        Some("hive"),
    ),
    key("engine.livy.url", Kind::Text, None),
    key("engine.livy.user", Kind::Text, None),
    key("engine.livy.password_file", Kind::Text, None),
    key("engine.livy.token_file", Kind::Text, None),
    key("engine.livy.ca_file", Kind::Text, None),
    key("engine.livy.verify_tls", Kind::Boolean, Some("true")),
    key("engine.livy.name", Kind::Text, None),
    key("engine.livy.kind", Kind::Text, None),
    key("engine.livy.proxy_user", Kind::Text, None),
    key("engine.livy.queue", Kind::Text, None),
    key("engine.livy.driver_memory", Kind::Text, None),
    key("engine.livy.driver_cores", Kind::Number, None),
    key("engine.livy.executor_memory", Kind::Text, None),
    key("engine.livy.executor_cores", Kind::Number, None),
    key("engine.livy.num_executors", Kind::Number, None),
    key("engine.livy.jars", Kind::List, None),
    key("engine.livy.py_files", Kind::List, None),
    key("engine.livy.idle_timeout", Kind::Text, None),
    key("engine.livy.heartbeat", Kind::Duration, Some("5min")),
    key("engine.livy.poll_interval", Kind::Duration, Some("2s")),
    key("engine.livy.request_timeout", Kind::Duration, Some("1min")),
    key("engine.livy.start_timeout", Kind::Duration, Some("10min")),
    key("engine.livy.statement_timeout", Kind::Duration, None),
    key("engine.conf.*", Kind::Scalar, None),
    key("tables.*.key", Kind::List, None),
    key("rules.*", Kind::Choice(&Level::WORDS), None),
];

impl Key {
    /// Whether the path is this key.
    pub fn matches(&self, path: &[String]) -> bool {
        let Some((before, after)) = self.path.split_once('*') else {
            return self.path.split('.').eq(path.iter().map(String::as_str));
        };
        let before: Vec<&str> = before.split('.').filter(|part| !part.is_empty()).collect();
        let after: Vec<&str> = after.split('.').filter(|part| !part.is_empty()).collect();
        path.len() > before.len() + after.len()
            && path.iter().zip(&before).all(|(part, known)| part == known)
            && path
                .iter()
                .rev()
                .zip(after.iter().rev())
                .all(|(part, known)| part == known)
    }

    /// Whether a table of this path may hold the key.
    pub fn within(&self, path: &[String]) -> bool {
        let known: Vec<&str> = self.path.split('.').collect();
        let fixed = known.iter().position(|part| *part == "*");
        let beyond = fixed.is_some_and(|fixed| path.len() > fixed);
        (beyond || path.len() < known.len())
            && path
                .iter()
                .zip(known)
                .take_while(|(_, known)| *known != "*")
                .all(|(part, known)| part == known)
    }

    /// The environment variable that sets it; none for keys with names that the user chooses.
    pub fn environment(&self) -> Option<String> {
        (!self.path.contains('*'))
            .then(|| format!("HOIST_{}", self.path.replace('.', "_").to_uppercase()))
    }
}

/// The known key nearest to an unknown one, if one is near: in the same table first, then anywhere.
pub(super) fn nearest(path: &[String]) -> Option<String> {
    let (last, table) = path.split_last()?;
    let mut names: Vec<&str> = KEYS
        .iter()
        .filter(|key| key.within(table))
        .filter_map(|key| key.path.split('.').nth(table.len()))
        .filter(|name| *name != "*")
        .collect();
    names.dedup();
    let here = closest(last, names.iter().copied()).map(|name| {
        let mut full = table.to_vec();
        full.push(name);
        full.join(".")
    });
    here.or_else(|| {
        KEYS.iter()
            .find(|key| key.path.rsplit('.').next() == Some(last.as_str()))
            .map(|key| key.path.to_owned())
    })
    .or_else(|| closest(&path.join("."), KEYS.iter().map(|key| key.path)))
}

/// The word nearest to `wanted`, if it differs in at most a third of its letters.
pub fn closest<'a>(wanted: &str, words: impl Iterator<Item = &'a str>) -> Option<String> {
    words
        .map(|word| (distance(wanted, word), word))
        .filter(|(distance, word)| *distance <= word.chars().count().max(3) / 3)
        .min()
        .map(|(_, word)| word.to_owned())
}

/// Edits between two words (Levenshtein 1966).
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, from) in left.chars().enumerate() {
        let mut next = vec![line + 1];
        let pairs = row.iter().zip(row.iter().skip(1)).zip(&right);
        for ((diagonal, above), to) in pairs {
            let replaced = diagonal + usize::from(from != *to);
            let inserted = next.last().copied().unwrap_or(line) + 1;
            next.push(replaced.min(above + 1).min(inserted));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Vec<String> {
        text.split('.').map(str::to_owned).collect()
    }

    #[test]
    fn the_nearest_key_is_found() {
        for (unknown, known) in [
            ("planner.budgt", Some("planner.budget")),
            ("planer", Some("planner")),
            ("budget", Some("planner.budget")),
            ("engine.local.pyhton", Some("engine.local.python")),
            ("engine.driver_memory", Some("engine.local.driver_memory")),
            ("xyzzy", None),
        ] {
            assert_eq!(
                nearest(&path(unknown)),
                known.map(str::to_owned),
                "{unknown}"
            );
        }
    }

    #[test]
    fn names_of_the_user_match_the_star() {
        let find = |text: &str| {
            KEYS.iter()
                .find(|key| key.matches(&path(text)))
                .map(|key| key.path)
        };
        assert_eq!(find("variables.report_date"), Some("variables.*"));
        assert_eq!(find("engine.conf.spark.sql.x"), Some("engine.conf.*"));
        assert_eq!(find("tables.mart.t.key"), Some("tables.*.key"));
        assert_eq!(find("tables.key"), None);
        assert_eq!(find("tables.t.keys"), None);
        assert_eq!(find("variables"), None);
    }

    #[test]
    fn edits_are_counted() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
    }
}
