//! Comparing the digests of one output after two runs.

use std::collections::BTreeSet;

use super::digest::{Digest, FloatDigest};

/// Relative difference up to which doubles count as equal: their sums depend on the order of summation.
const TOLERANCE: f64 = 1e-9;
/// The same for FLOAT, whose last bit is about 6e-8 of its value.
const SINGLE_TOLERANCE: f64 = 1e-6;

const PLACING: &str = "which values stand in which rows";

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

/// What differs between plain runs, so that it is not held against the hoisted one.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one aspect of an output, independent of the others"
)]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unstable {
    /// Why nothing can be compared: existence, readability or schema differ, as a lowercase fragment.
    pub whole: Option<String>,
    /// The number of rows, and with it everything about the rows.
    pub rows: bool,
    /// Columns, in lower case, whose values differ, or stand in other rows.
    pub columns: BTreeSet<String>,
    /// Which values of the other columns stand together in a row.
    pub together: bool,
    /// Which rows lie in which partition.
    pub partitions: bool,
    /// The order of the rows, where it counts.
    pub order: bool,
}

impl Unstable {
    /// Whether the plain runs are the same.
    pub fn is_empty(&self) -> bool {
        *self == Unstable::default()
    }

    /// What is unstable, for people, as lowercase fragments.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.rows {
            notes.push(
                "the number of rows differs between the plain runs: only the schema was compared"
                    .to_owned(),
            );
            return notes;
        }
        if !self.columns.is_empty() {
            let columns: Vec<String> = self
                .columns
                .iter()
                .map(|name| format!("`{name}`"))
                .collect();
            notes.push(format!(
                "unstable: {} (the plain runs differ there)",
                columns.join(", ")
            ));
        }
        for (is, what) in [
            (self.together, "which values stand together in rows"),
            (self.partitions, "which rows lie in which partition"),
            (self.order, "the order of the rows"),
        ] {
            if is {
                notes.push(format!("unstable: {what}"));
            }
        }
        notes
    }

    /// What differs here or there.
    #[must_use]
    pub fn and(&self, other: &Unstable) -> Unstable {
        Unstable {
            whole: self.whole.clone().or_else(|| other.whole.clone()),
            rows: self.rows || other.rows,
            columns: self.columns.union(&other.columns).cloned().collect(),
            together: self.together || other.together,
            partitions: self.partitions || other.partitions,
            order: self.order || other.order,
        }
    }
}

/// What differs between the digests of one output after two plain runs.
///
/// Where columns without floating point have other values, which values of the *others* stand together does not show:
/// digest once more with [`Output::unstable`](super::Output) set.
pub fn unstable(first: &Digest, second: &Digest) -> Unstable {
    let mut found = Unstable::default();
    if let Err(verdict) = both_readable(first, second) {
        if let Verdict::Different(_) = verdict {
            let what = if first.missing == second.missing {
                "readable"
            } else {
                "there"
            };
            found.whole = Some(format!("{what} only after one of them"));
        }
        return found;
    }
    found.whole = schema(first, second);
    if found.whole.is_some() {
        return found;
    }
    found.rows = first.rows != second.rows;
    found.order = first.order != second.order;
    found.partitions = first.partitions != second.partitions;
    for (left, right) in first.exact.iter().zip(&second.exact) {
        if left.hash != right.hash {
            found.columns.insert(left.column.to_lowercase());
        }
    }
    let settled = found.columns.is_empty();
    if settled && first.hash != second.hash {
        // One column whose values moved between rows, or more of them. The last one: computed columns stand at the end.
        let pairs = first.exact.iter().zip(&second.exact);
        let moved = pairs
            .rev()
            .find(|(left, right)| left.without == right.without);
        match moved {
            Some((column, _)) => {
                found.columns.insert(column.column.to_lowercase());
            }
            None => found.together = true,
        }
    }
    let placed = settled && first.hash == second.hash;
    for (left, right) in first.floats.iter().zip(&second.floats) {
        if floats(left, right, placed).is_some() {
            found.columns.insert(left.column.to_lowercase());
        }
    }
    found
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

/// How a column of floating point differs; which values stand in which rows only where rows are known (`placed`).
fn floats(plain: &FloatDigest, hoisted: &FloatDigest, placed: bool) -> Option<String> {
    let differs = |what: &str| Some(format!("column `{}` differs in {what}", plain.column));
    if plain.column != hoisted.column || plain.single != hoisted.single {
        return differs("name or type");
    }
    if plain.counts != hoisted.counts {
        return differs("its number of NULL, NaN or infinite values");
    }
    let tolerance = if plain.single {
        SINGLE_TOLERANCE
    } else {
        TOLERANCE
    };
    let (Ok(left), Ok(right)) = (Numbers::new(plain), Numbers::new(hoisted)) else {
        return differs("a number that cannot be read");
    };
    // Sums err in proportion to the size of what is summed; so may values that are themselves sums.
    let scale = left.size.max(right.size);
    let near = |left: f64, right: f64, scale: f64| {
        left.to_bits() == right.to_bits() || (left - right).abs() <= tolerance * scale
    };
    let extreme = left.min.abs().max(left.max.abs());
    for (what, left, right, scale) in [
        ("its sum of absolute values", left.size, right.size, scale),
        ("its sum", left.sum, right.sum, scale),
        (PLACING, left.weighted, right.weighted, scale),
        ("its least value", left.min, right.min, extreme),
        ("its greatest value", left.max, right.max, extreme),
    ] {
        if what == PLACING && !placed {
            continue;
        }
        if !near(left, right, scale) {
            return Some(format!(
                "column `{}` differs in {what}: {right} instead of {left}",
                plain.column
            ));
        }
    }
    None
}

struct Numbers {
    sum: f64,
    weighted: f64,
    size: f64,
    min: f64,
    max: f64,
}

impl Numbers {
    fn new(digest: &FloatDigest) -> Result<Self, std::num::ParseFloatError> {
        let read = |text: &Option<String>| text.as_deref().map_or(Ok(0.0), str::parse::<f64>);
        Ok(Numbers {
            sum: read(&digest.sum)?,
            weighted: read(&digest.weighted)?,
            size: read(&digest.size)?,
            min: read(&digest.min)?,
            max: read(&digest.max)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::verify::digest::{Column, ExactDigest};

    fn exact(column: &str, hash: u64, without: u64) -> ExactDigest {
        ExactDigest {
            column: column.to_owned(),
            hash,
            without,
        }
    }

    fn digest() -> Digest {
        Digest {
            rows: 3,
            hash: "1".to_owned(),
            exact: vec![exact("id", 7, 8), exact("u", 17, 18)],
            floats: vec![FloatDigest {
                column: "x".to_owned(),
                counts: vec![0, 1, 0, 0],
                sum: Some("0.5".to_owned()),
                weighted: Some("0.25".to_owned()),
                size: Some("1e3".to_owned()),
                min: Some("-5e2".to_owned()),
                max: Some("500.5".to_owned()),
                ..FloatDigest::default()
            }],
            columns: vec![Column {
                name: "X".to_owned(),
                data_type: "double".to_owned(),
                nullable: Some(true),
                comment: None,
            }],
            format: Some("parquet".to_owned()),
            ..Digest::default()
        }
    }

    /// What the comparison says when the hoisted run's digest is changed.
    fn after(change: impl FnOnce(&mut Digest)) -> Verdict {
        let mut hoisted = digest();
        change(&mut hoisted);
        compare(&digest(), &hoisted)
    }

    #[test]
    fn equal_is_equal() {
        assert_eq!(after(|_| {}), Verdict::Equal);
    }

    #[test]
    fn the_order_of_summation_does_not_matter() {
        assert_eq!(
            after(|d| d.floats[0].sum = Some("0.5000005".to_owned())),
            Verdict::Equal
        );
        assert!(matches!(
            after(|d| d.floats[0].sum = Some("0.500002".to_owned())),
            Verdict::Different(_)
        ));
    }

    #[test]
    fn every_aspect_can_differ() {
        type Change = fn(&mut Digest);
        let changes: [(&str, Change); 23] = [
            ("4 rows", |d| d.rows = 4),
            ("other values in `u`", |d| d.exact[1].hash = 3),
            ("not in the same rows", |d| d.hash = "3".to_owned()),
            ("partition there only after the hoisted run: p=1", |d| {
                d.partitions.insert("p=1".to_owned(), 1);
            }),
            ("bucketing 4", |d| d.bucketing = Some("4".to_owned())),
            ("comment x", |d| d.comment = Some("x".to_owned())),
            ("property `a`", |d| {
                d.properties.insert("a".to_owned(), String::new());
            }),
            ("called `x`", |d| d.columns[0].name = "x".to_owned()),
            ("is float", |d| d.columns[0].data_type = "float".to_owned()),
            ("nullability", |d| d.columns[0].nullable = Some(false)),
            ("comment", |d| d.columns[0].comment = Some(String::new())),
            ("2 columns", |d| d.columns.push(Column::default())),
            ("partition", |d| d.partition_columns.push("x".to_owned())),
            ("format orc", |d| d.format = Some("orc".to_owned())),
            ("kind view", |d| d.kind = Some("view".to_owned())),
            ("their order", |d| d.order = Some("7".to_owned())),
            ("NaN", |d| d.floats[0].counts[1] = 0),
            ("which rows", |d| d.floats[0].weighted = None),
            ("least", |d| d.floats[0].min = Some("-499".to_owned())),
            ("greatest", |d| d.floats[0].max = Some("501".to_owned())),
            ("absolute", |d| d.floats[0].size = Some("1001".to_owned())),
            ("there only after the plain", |d| d.missing = true),
            ("unreadable", |d| d.problem = Some("gone".to_owned())),
        ];
        for (word, change) in changes {
            match after(change) {
                Verdict::Different(reason) => assert!(reason.contains(word), "{word}: {reason}"),
                verdict => panic!("{word}: {verdict:?}"),
            }
        }
    }

    /// What two plain runs differ in, the second with changes.
    fn between(change: impl FnOnce(&mut Digest)) -> Unstable {
        let mut second = digest();
        change(&mut second);
        unstable(&digest(), &second)
    }

    #[test]
    fn equal_plain_runs_have_nothing_unstable() {
        assert!(between(|_| {}).is_empty());
        assert!(between(|_| {}).notes().is_empty());
    }

    #[test]
    fn columns_with_other_values_are_unstable_and_the_others_are_not() {
        let found = between(|d| {
            d.exact[1].hash = 5;
            d.hash = "5".to_owned();
            d.floats[0].weighted = None;
        });
        assert_eq!(found.columns, ["u".to_owned()].into());
        assert!(!found.together && !found.rows && !found.order);
        assert!(found.notes()[0].contains("`u`"));
    }

    #[test]
    fn a_column_whose_values_moved_between_rows_is_found() {
        let found = between(|d| {
            d.hash = "5".to_owned();
            d.exact[0].without = 5;
        });
        assert_eq!(found.columns, ["u".to_owned()].into());
        let found = between(|d| {
            d.hash = "5".to_owned();
            d.exact[0].without = 5;
            d.exact[1].without = 5;
        });
        assert!(found.columns.is_empty() && found.together);
        let found = between(|d| d.floats[0].weighted = None);
        assert_eq!(found.columns, ["x".to_owned()].into());
    }

    #[test]
    fn rows_and_existence_may_be_unstable() {
        assert!(between(|d| d.rows = 4).rows);
        let gone = between(|d| d.missing = true).whole;
        assert_eq!(gone.as_deref(), Some("there only after one of them"));
        let schema = between(|d| d.columns[0].data_type = "int".to_owned());
        let verdict = compare_stable(&digest(), &digest(), &schema);
        assert!(matches!(verdict, Verdict::NotCompared(_)), "{verdict:?}");
    }

    #[test]
    fn what_is_unstable_is_not_held_against_the_hoisted_run_and_the_rest_is() {
        let unstable = Unstable {
            columns: ["u".to_owned()].into(),
            ..Unstable::default()
        };
        let held = |change: fn(&mut Digest)| {
            let mut hoisted = digest();
            change(&mut hoisted);
            compare_stable(&digest(), &hoisted, &unstable)
        };
        assert_eq!(held(|d| d.exact[1].hash = 5), Verdict::Equal);
        for change in [
            (|d| d.exact[0].hash = 5) as fn(&mut Digest),
            |d| d.hash = "5".to_owned(),
            |d| d.rows = 4,
            |d| d.floats[0].weighted = None,
        ] {
            let verdict = held(change);
            assert!(matches!(verdict, Verdict::Different(_)), "{verdict:?}");
        }
    }

    #[test]
    fn where_the_number_of_rows_is_unstable_only_the_schema_counts() {
        let unstable = between(|d| d.rows = 4);
        let mut hoisted = digest();
        (hoisted.rows, hoisted.hash) = (9, "9".to_owned());
        assert_eq!(
            compare_stable(&digest(), &hoisted, &unstable),
            Verdict::Equal
        );
        hoisted.columns[0].data_type = "int".to_owned();
        let verdict = compare_stable(&digest(), &hoisted, &unstable);
        assert!(matches!(verdict, Verdict::Different(_)), "{verdict:?}");
    }

    #[test]
    fn what_cannot_be_read_on_either_side_is_not_called_equal() {
        let broken = Digest {
            problem: Some("no codec".to_owned()),
            ..Digest::default()
        };
        assert_eq!(
            compare(&broken, &broken),
            Verdict::NotCompared("no codec".to_owned())
        );
    }
}
