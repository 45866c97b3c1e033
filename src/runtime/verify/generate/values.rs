//! Values of a column: what is special about its type, what lies around the literals that it is compared with, what
//! is ordinary.
//!
//! Finite floating-point values are multiples of 1/8 (apart from literals), whose sums are exact in any order: a
//! difference between two runs is never due to the order of summation. Dates and timestamps begin at 1900-01-02:
//! Spark refuses to write earlier timestamps to Parquet unless it is told how.

mod boundary;
mod near;
mod tested;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use super::Level;
use super::calendar::{DAY, date_text, days, timestamp_text};
use super::types::DataType;
pub(super) use boundary::{boundaries, choices, quoted};
pub(super) use near::near;
pub(super) use tested::passes;

/// First day of which timestamps can be written.
pub(super) const FIRST_DAY: i64 = -25_566;
/// 9999-12-31.
pub(super) const LAST_DAY: i64 = 2_932_896;

/// A value of a column.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Boolean(bool),
    /// An exact number in units of the last digit of its column.
    Number(i128),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    /// Days since 1970-01-01.
    Date(i64),
    /// Microseconds since 1970-01-01, in the time zone of the session.
    Timestamp(i64),
    /// One of the choices of a nested column.
    Choice(usize),
}

/// What holds for all values of a column.
#[derive(Clone, Debug)]
pub(super) struct Domain {
    pub(super) data_type: DataType,
    pub(super) level: Level,
    /// Its values become names of folders.
    pub(super) partition: bool,
    /// Lines of its file are rows: line breaks are left out.
    pub(super) lines: bool,
    /// Dates that the pipeline compares with, most recent first; never empty.
    pub(super) anchors: Vec<i64>,
}

impl Domain {
    /// Whether the column can hold a value.
    pub(super) fn admits(&self, value: &Value) -> bool {
        match (value, &self.data_type) {
            (Value::Number(number), of) => of
                .limits()
                .is_some_and(|(least, most)| (least..=most).contains(number)),
            (Value::Text(text), DataType::Text(length)) => {
                let fits = length.is_none_or(|length| text.chars().count() <= length as usize);
                let one_line = !self.lines || !text.contains(['\n', '\r']);
                // An empty partition value is NULL; long or foreign names are no folders everywhere.
                let folder = !self.partition
                    || (!text.trim().is_empty()
                        && text.len() <= 60
                        && text
                            .chars()
                            .all(|c| c.is_ascii_alphanumeric() || "-_ .".contains(c)));
                fits && one_line && folder
            }
            (Value::Float(number), _) => !self.partition || number.is_finite(),
            (Value::Date(date), _) => (FIRST_DAY..=LAST_DAY).contains(date),
            (Value::Timestamp(micros), _) => {
                (FIRST_DAY * DAY..(LAST_DAY + 1) * DAY).contains(micros)
            }
            _ => true,
        }
    }

    /// Ordinary values, few of them, so that groups have several rows.
    pub(super) fn ordinary(&self) -> Vec<Value> {
        let anchors = self.anchors.iter().take(3);
        let dates = anchors.flat_map(|anchor| [0, 1, 10, 40, 200, 366].map(|back| anchor - back));
        let values: Vec<Value> = match &self.data_type {
            DataType::Boolean => [true, false].map(Value::Boolean).into(),
            DataType::Integer(_) => (1..=5).map(Value::Number).collect(),
            DataType::Decimal { scale, .. } => {
                let unit = 10_i128.pow(*scale);
                (1..=5)
                    .map(|n| Value::Number(n * unit + n.min(unit - 1)))
                    .collect()
            }
            DataType::Float | DataType::Double => {
                [0.5, 1.0, 2.25, 10.0, 100.125].map(Value::Float).into()
            }
            DataType::Text(_) => ["a", "b", "c", "B", "10"]
                .map(|text| Value::Text(text.to_owned()))
                .into(),
            DataType::Binary => [b"a".to_vec(), b"b".to_vec()].map(Value::Bytes).into(),
            DataType::Date => dates.map(Value::Date).collect(),
            DataType::Timestamp => dates
                .enumerate()
                .map(|(at, date)| {
                    let hour = i64::try_from(at).unwrap_or(0) * 5 % 24;
                    Value::Timestamp(date * DAY + hour * 3_600_000_000)
                })
                .collect(),
            DataType::Array(_) | DataType::Map(..) | DataType::Struct(_) => {
                (0..choices(&self.data_type, self.level).len())
                    .map(Value::Choice)
                    .collect()
            }
        };
        values
            .into_iter()
            .filter(|value| self.admits(value))
            .collect()
    }

    /// The value of a joined column for a number of a key: equal numbers compare equal whatever the types.
    pub(super) fn key(&self, number: usize) -> Value {
        let number = i128::try_from(number).unwrap_or(0) + 1;
        let day = || i64::try_from(number).unwrap_or(0);
        let anchor = self.anchors.first().copied().unwrap_or(0);
        let value = match &self.data_type {
            DataType::Boolean => Value::Boolean(number % 2 == 0),
            of @ (DataType::Integer(_) | DataType::Decimal { .. }) => {
                let unit = 10_i128.pow(of.scale());
                let most = of.limits().map_or(i128::MAX, |(_, most)| most / unit);
                Value::Number(if most > 0 { (number - 1) % most + 1 } else { 0 } * unit)
            }
            DataType::Float | DataType::Double => {
                Value::Float(f64::from(u32::try_from(number).unwrap_or(0)))
            }
            DataType::Text(length) => {
                let mut text = number.to_string();
                text.truncate(length.map_or(text.len(), |length| length as usize));
                Value::Text(text)
            }
            DataType::Binary => Value::Bytes(number.to_string().into_bytes()),
            DataType::Date => Value::Date(anchor - day()),
            DataType::Timestamp => Value::Timestamp((anchor - day()) * DAY),
            DataType::Array(_) | DataType::Map(..) | DataType::Struct(_) => Value::Choice(0),
        };
        if self.admits(&value) {
            value
        } else {
            Value::Null
        }
    }

    /// The value as text that Spark casts to the type of the column; none for NULL.
    pub(super) fn cell(&self, value: &Value) -> Option<String> {
        Some(match value {
            Value::Null => return None,
            Value::Boolean(truth) => truth.to_string(),
            Value::Number(number) => decimal_text(*number, self.data_type.scale()),
            Value::Float(number) => float_text(*number, self.data_type == DataType::Float),
            Value::Text(text) => text.clone(),
            Value::Bytes(bytes) => hexadecimal(bytes),
            Value::Date(date) => date_text(*date),
            Value::Timestamp(micros) => timestamp_text(*micros),
            Value::Choice(choice) => choice.to_string(),
        })
    }
}

/// The day that everything is near where the pipeline names none.
pub(super) fn default_anchor() -> i64 {
    days(2024, 6, 30)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

fn decimal_text(number: i128, scale: u32) -> String {
    if scale == 0 {
        return number.to_string();
    }
    let unit = 10_u128.pow(scale);
    let size = number.unsigned_abs();
    format!(
        "{}{}.{:0width$}",
        if number < 0 { "-" } else { "" },
        size / unit,
        size % unit,
        width = scale as usize
    )
}

fn float_text(number: f64, single: bool) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned()
    } else if single {
        #[expect(clippy::cast_possible_truncation, reason = "the column holds no more")]
        let single = number as f32;
        format!("{single:?}")
    } else {
        format!("{number:?}")
    }
}
