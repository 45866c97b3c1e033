//! Values at, just below and just above the literals that a column is compared with.

use super::super::calendar::{DAY, add_months, date_text, days, read_date, read_timestamp};
use super::super::hints::{Literal, Operator, Test};
use super::super::types::DataType;
use super::{Domain, Value};
use crate::frontend::statement::LiteralKind;

/// The values around the literals of a test that the column admits.
pub(in super::super) fn near(domain: &Domain, test: &Test) -> Vec<Value> {
    let mut found = Vec::new();
    for literal in &test.literals {
        let of_function = test
            .function
            .as_deref()
            .and_then(|function| of_function(domain, function, literal));
        found.extend(match of_function {
            Some(values) => values,
            None if matches!(test.operator, Operator::Like | Operator::NotLike) => {
                pattern(&domain.data_type, &literal.text)
            }
            None => plain(domain, literal),
        });
    }
    found.retain(|value| domain.admits(value));
    found
}

/// Around a literal with which the column itself is compared.
fn plain(domain: &Domain, literal: &Literal) -> Vec<Value> {
    let text = literal.text.as_str();
    match &domain.data_type {
        DataType::Boolean => [true, false].map(Value::Boolean).into(),
        of @ (DataType::Integer(_) | DataType::Decimal { .. }) => {
            let Some(floor) = floor(text, of.scale()) else {
                return Vec::new();
            };
            [floor, floor + 1, floor - 1].map(Value::Number).into()
        }
        DataType::Float | DataType::Double => {
            let number: Option<f64> = text.trim().parse().ok();
            let number = number.filter(|number| number.is_finite());
            number.map_or_else(Vec::new, |number| {
                [number, number + 0.125, number - 0.125]
                    .map(Value::Float)
                    .into()
            })
        }
        DataType::Text(_) => around_text(text).into_iter().map(Value::Text).collect(),
        DataType::Binary => vec![Value::Bytes(text.as_bytes().to_vec())],
        DataType::Date => {
            let date = match literal.kind {
                // A number of days from somewhere.
                LiteralKind::Number => text.parse::<i64>().ok().and_then(|count| {
                    let anchor = domain.anchors.first()?;
                    anchor.checked_sub(count)
                }),
                _ => read_date(text),
            };
            date.map_or_else(Vec::new, |date| {
                [date, date + 1, date - 1].map(Value::Date).into()
            })
        }
        DataType::Timestamp => {
            let moment = match literal.kind {
                LiteralKind::Number => None,
                _ => read_timestamp(text),
            };
            // The whole day too: the column may be compared as a date.
            moment.map_or_else(Vec::new, |moment| {
                [
                    moment,
                    moment - 1,
                    moment + 1,
                    moment + DAY - 1,
                    moment + DAY,
                ]
                .map(Value::Timestamp)
                .into()
            })
        }
        DataType::Array(_) | DataType::Map(..) | DataType::Struct(_) => Vec::new(),
    }
}

/// Around a literal with which a function of the column is compared; none where the function is not looked into.
fn of_function(domain: &Domain, function: &str, literal: &Literal) -> Option<Vec<Value>> {
    let number: Option<i64> = literal.text.trim().parse().ok();
    match &domain.data_type {
        DataType::Date | DataType::Timestamp => {
            let anchor = domain.anchors.first().copied().unwrap_or(0);
            let (year, ..) = super::super::calendar::civil(anchor);
            let number = number?;
            let starts = match function {
                "year" => vec![days(number, 1, 1), days(number + 1, 1, 1)],
                "month" | "quarter" => {
                    let month = if function == "quarter" {
                        number * 3 - 2
                    } else {
                        number
                    };
                    let length = if function == "quarter" { 3 } else { 1 };
                    let first = add_months(days(year, 1, 1), month - 1);
                    vec![first, add_months(first, length)]
                }
                "day" | "dayofmonth" => {
                    vec![days(year, 1, 1) + number - 1, days(year, 1, 1) + number]
                }
                "dayofweek" | "weekday" => {
                    let week = (0..7).map(|day| anchor - day);
                    return Some(week.map(|day| in_day(domain, day, 0)).collect());
                }
                "hour" => {
                    let hour = |hour: i64| hour * 3_600_000_000;
                    let at = [
                        hour(number),
                        hour(number) - 1,
                        hour(number + 1),
                        hour(number + 1) - 1,
                    ];
                    return Some(at.map(|time| in_day(domain, anchor, time)).into());
                }
                "datediff" | "date_diff" | "date_add" | "date_sub" => {
                    vec![anchor - number, anchor - number + 1]
                }
                "months_between" | "add_months" => vec![add_months(anchor, -number)],
                _ => return None,
            };
            let around = starts
                .into_iter()
                .flat_map(|start| [in_day(domain, start, 0), in_day(domain, start, -1)]);
            Some(around.collect())
        }
        DataType::Text(_) => match function {
            "length" | "char_length" | "character_length" | "len" => {
                let length = usize::try_from(number?).ok()?;
                let lengths = [length, length + 1, length.saturating_sub(1)];
                Some(
                    lengths
                        .map(|length| Value::Text("y".repeat(length.min(2_000))))
                        .into(),
                )
            }
            _ => None,
        },
        DataType::Array(_) | DataType::Map(..) | DataType::Struct(_) => None,
        _ if function == "abs" => {
            let negative = Literal {
                text: format!("-{}", literal.text),
                ..literal.clone()
            };
            let both = [literal, &negative]
                .into_iter()
                .flat_map(|literal| plain(domain, literal));
            Some(both.collect())
        }
        _ => None,
    }
}

/// A moment of a day, or the day: with a negative time, that before.
fn in_day(domain: &Domain, day: i64, time: i64) -> Value {
    if domain.data_type == DataType::Date {
        Value::Date(day - i64::from(time < 0))
    } else {
        Value::Timestamp(day * DAY + time)
    }
}

/// A number in units of the last of `scale` digits, rounded down.
pub(super) fn floor(text: &str, scale: u32) -> Option<i128> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (digits, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || digits.len() > 38 {
        return None;
    }
    let number: i128 = digits.parse().ok()?;
    let number = if negative { -number } else { number };
    let shift = i32::try_from(scale).ok()? + exponent - i32::try_from(fraction.len()).ok()?;
    let power = 10_i128.checked_pow(shift.unsigned_abs())?;
    if shift >= 0 {
        number.checked_mul(power)
    } else {
        Some(number.div_euclid(power))
    }
}

/// Texts equal to a literal, nearly equal, and next to it in order.
fn around_text(text: &str) -> Vec<String> {
    let mut texts = vec![text.to_owned()];
    if let Ok(number) = text.parse::<i64>() {
        texts.extend([number - 1, number + 1].map(|near| near.to_string()));
    } else if let Some(date) = read_date(text).filter(|_| text.len() >= 10) {
        let tail = text.get(10..).unwrap_or("");
        texts.extend([date - 1, date + 1].map(|near| date_text(near) + tail));
    } else {
        let mut chars = text.chars();
        let last = chars.next_back();
        let before = chars.as_str();
        // Just below and just above in order.
        let below = last.and_then(|last| char::from_u32(u32::from(last).checked_sub(1)?));
        texts.extend(below.map(|below| format!("{before}{below}")));
        texts.push(format!("{text}!"));
        let upper = text.to_uppercase();
        texts.push(if upper == text {
            text.to_lowercase()
        } else {
            upper
        });
        texts.push(format!("{text} "));
    }
    texts.dedup();
    texts
}

/// Texts that match a `LIKE` pattern, and some that nearly do.
fn pattern(of: &DataType, pattern: &str) -> Vec<Value> {
    if !matches!(of, DataType::Text(_)) {
        return Vec::new();
    }
    let filled = |any: &str, one: &str| {
        let mut text = String::new();
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            match c {
                '%' => text.push_str(any),
                '_' => text.push_str(one),
                '\\' => text.extend(chars.next()),
                c => text.push(c),
            }
        }
        text
    };
    let least = filled("", "y");
    let mut texts = vec![
        least.clone(),
        filled("z", "y"),
        filled("", ""),
        format!("q{least}"),
        format!("{least}q"),
    ];
    let mut shorter = least.chars();
    shorter.next_back();
    texts.push(shorter.as_str().to_owned());
    texts.push(least.to_uppercase());
    texts.into_iter().map(Value::Text).collect()
}
