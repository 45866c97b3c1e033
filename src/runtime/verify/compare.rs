//! Comparing the digests of one output after two runs.

mod floats;
#[cfg(test)]
mod tests;
mod unstable;

use self::floats::floats;
pub use self::unstable::{Unstable, unstable};
use super::digest::Digest;

/// What a comparison found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The same schema and rows.
    Equal,
    /// A difference, as a lowercase fragment.
    Different(String),
    /// Nothing can be said, with the reason.
    NotCompared(String),
}

/// Compares the output of a plain run with that of a hoisted one.
pub fn compare(plain: &Digest, hoisted: &Digest) -> Verdict {
    compare_stable(plain, hoisted, &Unstable::default())
}

/// The same, except for what is unstable. Both were digested with its columns as
/// [`Output::unstable`](super::Output).
pub fn compare_stable(plain: &Digest, hoisted: &Digest, unstable: &Unstable) -> Verdict {
    if let Some(reason) = &unstable.whole {
        return Verdict::NotCompared(format!("the plain runs differ: {reason}"));
    }
    if let Err(verdict) = both_readable(plain, hoisted) {
        return verdict;
    }
    match difference(plain, hoisted, unstable) {
        Some(reason) => Verdict::Different(reason),
        None => Verdict::Equal,
    }
}

/// The verdict where one of them is not there or cannot be read.
fn both_readable(plain: &Digest, hoisted: &Digest) -> Result<(), Verdict> {
    match (&plain.problem, &hoisted.problem) {
        (Some(problem), Some(_)) => return Err(Verdict::NotCompared(problem.clone())),
        (Some(problem), None) => {
            let reason = format!("unreadable only after the plain run: {problem}");
            return Err(Verdict::Different(reason));
        }
        (None, Some(problem)) => {
            let reason = format!("unreadable only after the hoisted run: {problem}");
            return Err(Verdict::Different(reason));
        }
        (None, None) => {}
    }
    let only = |side: &str| Verdict::Different(format!("there only after the {side} run"));
    match (plain.missing, hoisted.missing) {
        (true, true) => Err(Verdict::Equal),
        (true, false) => Err(only("hoisted")),
        (false, true) => Err(only("plain")),
        (false, false) => Ok(()),
    }
}

/// The first difference between two outputs that are there.
fn difference(plain: &Digest, hoisted: &Digest, unstable: &Unstable) -> Option<String> {
    if let Some(reason) = schema(plain, hoisted) {
        return Some(reason);
    }
    if unstable.rows {
        return None;
    }
    if plain.rows != hoisted.rows {
        return unequal("rows", &plain.rows, &hoisted.rows);
    }
    let stable = |column: &str| !unstable.columns.contains(&column.to_lowercase());
    let pairs = plain.exact.iter().zip(&hoisted.exact);
    let differing: Vec<String> = pairs
        .filter(|(left, right)| stable(&left.column) && left.hash != right.hash)
        .map(|(left, _)| format!("`{}`", left.column))
        .collect();
    if !differing.is_empty() {
        return Some(format!("other values in {}", differing.join(", ")));
    }
    if !unstable.together && plain.hash != hoisted.hash {
        return Some("the columns hold the same values, but not in the same rows".to_owned());
    }
    if plain.floats.len() != hoisted.floats.len() {
        return Some("other columns of floating point".to_owned());
    }
    let pairs = plain.floats.iter().zip(&hoisted.floats);
    let mut pairs = pairs.filter(|(left, _)| stable(&left.column));
    if let Some(reason) = pairs.find_map(|(left, right)| floats(left, right, !unstable.together)) {
        return Some(reason);
    }
    if !unstable.partitions && plain.partitions != hoisted.partitions {
        return Some(partitions(plain, hoisted));
    }
    (!unstable.order && plain.order != hoisted.order)
        .then(|| "the rows are the same, their order is not".to_owned())
}

/// The first partition that differs.
fn partitions(plain: &Digest, hoisted: &Digest) -> String {
    let names = plain.partitions.keys().chain(hoisted.partitions.keys());
    for name in names {
        match (plain.partitions.get(name), hoisted.partitions.get(name)) {
            (Some(left), Some(right)) if left == right => {}
            (Some(left), Some(right)) => return format!("{right} instead of {left}: {name}"),
            (Some(_), None) => return format!("partition there only after the plain run: {name}"),
            (None, _) => return format!("partition there only after the hoisted run: {name}"),
        }
    }
    "other partitions".to_owned()
}

fn schema(plain: &Digest, hoisted: &Digest) -> Option<String> {
    if let Some(reason) = unequal("columns", &plain.columns.len(), &hoisted.columns.len()) {
        return Some(reason);
    }
    for (left, right) in plain.columns.iter().zip(&hoisted.columns) {
        if left.name != right.name {
            return Some(format!("column `{}` is called `{}`", left.name, right.name));
        }
        if left.data_type != right.data_type {
            return Some(format!(
                "column `{}` is {} instead of {}",
                left.name, right.data_type, left.data_type
            ));
        }
        if left.nullable != right.nullable {
            return Some(format!("column `{}` differs in nullability", left.name));
        }
        if left.comment != right.comment {
            return Some(format!("column `{}` differs in its comment", left.name));
        }
    }
    if plain.partition_columns != hoisted.partition_columns {
        return Some("other partition columns".to_owned());
    }
    let word = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
    for (what, left, right) in [
        ("format", &plain.format, &hoisted.format),
        ("kind", &plain.kind, &hoisted.kind),
        ("bucketing", &plain.bucketing, &hoisted.bucketing),
        ("comment", &plain.comment, &hoisted.comment),
        ("text of the view:", &plain.text, &hoisted.text),
    ] {
        if left != right {
            return Some(format!("{what} {} instead of {}", word(right), word(left)));
        }
    }
    let properties = plain.properties.iter().chain(&hoisted.properties);
    for (key, _) in properties {
        let (left, right) = (plain.properties.get(key), hoisted.properties.get(key));
        if left != right {
            return Some(format!(
                "property `{key}` {} instead of {}",
                word(&right.cloned()),
                word(&left.cloned())
            ));
        }
    }
    None
}

fn unequal<T: PartialEq + std::fmt::Display>(what: &str, plain: &T, hoisted: &T) -> Option<String> {
    (plain != hoisted).then(|| format!("{hoisted} {what} instead of {plain}"))
}
