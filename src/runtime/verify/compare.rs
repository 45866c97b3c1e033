//! Comparing the digests of one output after two runs.

use super::digest::{Digest, FloatDigest};

/// Relative difference up to which doubles count as equal: their sums depend on the order of summation.
const TOLERANCE: f64 = 1e-9;
/// The same for FLOAT, whose last bit is about 6e-8 of its value.
const SINGLE_TOLERANCE: f64 = 1e-6;

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
    match (&plain.problem, &hoisted.problem) {
        (Some(problem), Some(_)) => return Verdict::NotCompared(problem.clone()),
        (Some(problem), None) => {
            return Verdict::Different(format!("unreadable only after the plain run: {problem}"));
        }
        (None, Some(problem)) => {
            return Verdict::Different(format!("unreadable only after the hoisted run: {problem}"));
        }
        (None, None) => {}
    }
    match (plain.missing, hoisted.missing) {
        (true, true) => return Verdict::Equal,
        (true, false) => return Verdict::Different("there only after the hoisted run".to_owned()),
        (false, true) => return Verdict::Different("there only after the plain run".to_owned()),
        (false, false) => {}
    }
    match difference(plain, hoisted) {
        Some(reason) => Verdict::Different(reason),
        None => Verdict::Equal,
    }
}

/// The first difference between two outputs that are there.
fn difference(plain: &Digest, hoisted: &Digest) -> Option<String> {
    schema(plain, hoisted)
        .or_else(|| unequal("rows", &plain.rows, &hoisted.rows))
        .or_else(|| {
            (plain.hashes != hoisted.hashes)
                .then(|| "the rows differ in columns without floating point".to_owned())
        })
        .or_else(|| {
            if plain.floats.len() != hoisted.floats.len() {
                return Some("other columns of floating point".to_owned());
            }
            plain
                .floats
                .iter()
                .zip(&hoisted.floats)
                .find_map(|(plain, hoisted)| floats(plain, hoisted))
        })
        .or_else(|| {
            (plain.order != hoisted.order)
                .then(|| "the rows are the same, their order is not".to_owned())
        })
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
    if plain.format != hoisted.format {
        return Some(format!(
            "format {} instead of {}",
            word(&hoisted.format),
            word(&plain.format)
        ));
    }
    (plain.kind != hoisted.kind).then(|| {
        format!(
            "kind {} instead of {}",
            word(&hoisted.kind),
            word(&plain.kind)
        )
    })
}

fn unequal<T: PartialEq + std::fmt::Display>(what: &str, plain: &T, hoisted: &T) -> Option<String> {
    (plain != hoisted).then(|| format!("{hoisted} {what} instead of {plain}"))
}

fn floats(plain: &FloatDigest, hoisted: &FloatDigest) -> Option<String> {
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
        (
            "which values stand in which rows",
            left.weighted,
            right.weighted,
            scale,
        ),
        ("its least value", left.min, right.min, extreme),
        ("its greatest value", left.max, right.max, extreme),
    ] {
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
    use crate::runtime::verify::digest::Column;

    fn digest() -> Digest {
        Digest {
            rows: 3,
            hashes: vec!["1".to_owned(), "2".to_owned()],
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
        let changes: [(&str, Change); 18] = [
            ("4 rows", |d| d.rows = 4),
            ("without floating point", |d| d.hashes[1] = "3".to_owned()),
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
