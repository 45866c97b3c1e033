//! Functions: which of Spark's built-ins give the same value whenever and wherever they are evaluated, and which may
//! fail on some values.
//!
//! | file | functions | columns |
//! |---|---|---|
//! | `spark-3.5.6.tsv` | all that `SHOW SYSTEM FUNCTIONS` lists, operators included | name, class, group, since, spark, sharing, failure |
//! | `later.tsv` | some of later versions | name, since, sharing, failure |
//! | `words.tsv` | what the parser turns into other expressions | name, sharing, failure |
//!
//! *class*, *group*, *since* and *spark* are what Spark says (`ExpressionInfo`; `varies` where the class is
//! `Nondeterministic` or replaced per query, `declared` where it says by itself whether it is deterministic). A test on real
//! Spark compares them and writes them anew where asked to. The others are ours:
//!
//! | sharing | a value |
//! |---|---|
//! | `same` | depends on the arguments and settings only |
//! | `varies` | is another at each evaluation or in each session |
//! | `placed` | depends on the split of rows and the place in it; without arguments of those that take a seed: `varies` |
//! | `order` | depends on the order in which rows arrive: ties, arrays, sketches |
//! | `origin` | tells the file that a row comes from; empty over cached rows |
//!
//! | failure | evaluating it on any row |
//! |---|---|
//! | `never` | gives a value, under all settings |
//! | `ansi` | gives a value unless `spark.sql.ansi.enabled` is set; arguments of another type are cast, which may fail then |
//! | `may` | may fail whatever is set (malformed pattern, illegal value), or is not known not to |
//!
//! Running out of memory is no failure of a function here. A function that is not listed is unknown, whatever its name
//! suggests: it may be the user's own.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::SensitivityKind;

/// What is known about a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Traits {
    sharing: Sharing,
    failure: Failure,
}

/// The column `sharing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sharing {
    Same,
    Varies,
    Placed,
    Order,
    Origin,
}

/// When evaluating a function may fail on some row: the column `failure`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Under no settings.
    Never,
    /// Under ANSI rules only.
    Ansi,
    /// Under any settings.
    May,
}

static FUNCTIONS: LazyLock<BTreeMap<&'static str, Traits>> = LazyLock::new(|| {
    let files = [
        include_str!("functions/spark-3.5.6.tsv"),
        include_str!("functions/later.tsv"),
        include_str!("functions/words.tsv"),
    ];
    let lines = files.into_iter().flat_map(|file| file.lines().skip(1));
    lines.filter_map(entry).collect()
});

/// A line: the name first, our classification last. None where it does not say one.
fn entry(line: &'static str) -> Option<(&'static str, Traits)> {
    let mut columns = line.split('\t');
    let name = columns.next()?;
    let failure = match columns.next_back()? {
        "never" => Failure::Never,
        "ansi" => Failure::Ansi,
        "may" => Failure::May,
        _ => return None,
    };
    let sharing = match columns.next_back()? {
        "same" => Sharing::Same,
        "varies" => Sharing::Varies,
        "placed" => Sharing::Placed,
        "order" => Sharing::Order,
        "origin" => Sharing::Origin,
        _ => return None,
    };
    Some((name, Traits { sharing, failure }))
}

/// Words that Spark reads as a function where no column has the name
/// (`LiteralFunctionResolution`).
const BARE: [&str; 8] = [
    "current_catalog",
    "current_database",
    "current_date",
    "current_timestamp",
    "current_user",
    "localtimestamp",
    "session_user",
    "user",
];

/// What there is to say about a call of `name` with `arguments` arguments; none where it is harmless.
///
/// Whether an order-sensitive window function runs over a unique order is for the caller to prove.
pub(super) fn classify(name: &str, arguments: u32) -> Option<SensitivityKind> {
    if name == "unix_timestamp" && arguments == 0 {
        // Without an argument it is the current time.
        return Some(SensitivityKind::NonDeterministic);
    }
    let seeded = matches!(name, "rand" | "randn" | "random");
    match FUNCTIONS.get(name).map(|traits| traits.sharing) {
        Some(Sharing::Same) => None,
        Some(Sharing::Placed) if seeded && arguments == 0 => {
            Some(SensitivityKind::NonDeterministic)
        }
        Some(Sharing::Varies) => Some(SensitivityKind::NonDeterministic),
        Some(Sharing::Placed | Sharing::Order) => Some(SensitivityKind::OrderSensitive),
        Some(Sharing::Origin) => Some(SensitivityKind::RowOrigin),
        None => Some(SensitivityKind::UnknownFunction),
    }
}

/// When a call of `name` with `arguments` arguments may fail. What is unknown may.
pub(super) fn failure(name: &str, arguments: u32) -> Failure {
    if matches!(name, "to_date" | "to_timestamp") && arguments > 1 {
        // A format may be malformed, or understood otherwise by old versions, which is an error by default.
        return Failure::May;
    }
    FUNCTIONS
        .get(name)
        .map_or(Failure::May, |traits| traits.failure)
}

/// Whether Spark has a function of that name, lower-case: what its calls give is known, and from how many rows.
pub fn is_builtin(name: &str) -> bool {
    FUNCTIONS.contains_key(name)
}

/// Whether a bare word that no relation owns is a function of the session.
pub(super) fn is_bare_function(name: &str) -> bool {
    BARE.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_classified_and_every_name_is_listed_once() {
        let files = [
            include_str!("functions/spark-3.5.6.tsv"),
            include_str!("functions/later.tsv"),
            include_str!("functions/words.tsv"),
        ];
        let mut lines = 0;
        for file in files {
            let mut names = Vec::new();
            for line in file.lines().skip(1) {
                assert!(entry(line).is_some(), "{line}");
                names.extend(line.split('\t').next());
            }
            assert!(names.is_sorted());
            lines += names.len();
        }
        assert_eq!(FUNCTIONS.len(), lines);
        assert!(lines > 440);
    }

    #[test]
    fn what_spark_takes_for_varying_is_not_shared() {
        let file = include_str!("functions/spark-3.5.6.tsv");
        let varying = file
            .lines()
            .filter(|line| line.split('\t').nth(4) == Some("varies"));
        let mut count = 0;
        for line in varying {
            count += 1;
            let (name, traits) = entry(line).unwrap();
            assert_ne!(traits.sharing, Sharing::Same, "{name}");
        }
        assert!(count > 15);
    }

    #[test]
    fn functions_are_classified() {
        let cases = [
            ("upper", 1, None),
            ("unix_timestamp", 1, None),
            ("unix_timestamp", 0, Some(SensitivityKind::NonDeterministic)),
            ("rand", 0, Some(SensitivityKind::NonDeterministic)),
            ("rand", 1, Some(SensitivityKind::OrderSensitive)),
            (
                "current_database",
                0,
                Some(SensitivityKind::NonDeterministic),
            ),
            ("row_number", 0, Some(SensitivityKind::OrderSensitive)),
            ("rank", 0, None),
            ("input_file_name", 0, Some(SensitivityKind::RowOrigin)),
            ("my_udf", 1, Some(SensitivityKind::UnknownFunction)),
            ("db.upper", 1, Some(SensitivityKind::UnknownFunction)),
        ];
        for (name, arguments, expected) in cases {
            assert_eq!(classify(name, arguments), expected, "{name}");
        }
    }

    #[test]
    fn failures_are_classified() {
        let cases = [
            ("count", 1, Failure::Never),
            ("sum", 1, Failure::Ansi),
            ("cast", 1, Failure::Ansi),
            ("to_date", 1, Failure::Ansi),
            ("to_date", 2, Failure::May),
            ("raise_error", 1, Failure::May),
            ("my_udf", 1, Failure::May),
        ];
        for (name, arguments, expected) in cases {
            assert_eq!(failure(name, arguments), expected, "{name}");
        }
    }
}
