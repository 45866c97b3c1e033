//! Whether a value passes a test, as far as that can be told: rows that pass all tests of a statement are wanted.

use std::cmp::Ordering;

use super::super::calendar::{DAY, civil, read_date, read_timestamp};
use super::super::hints::{Literal, Operator, Test};
use super::super::types::DataType;
use super::near::floor;
use super::{Domain, Value};
use crate::frontend::statement::LiteralKind;

/// Whether a value passes a test; none where that is not known.
pub(in super::super) fn passes(domain: &Domain, value: &Value, test: &Test) -> Option<bool> {
    if *value == Value::Null {
        return Some(false);
    }
    let value = match test.function.as_deref() {
        None
        | Some("cast" | "coalesce" | "nvl" | "to_date" | "date" | "trim" | "int" | "bigint") => {
            value.clone()
        }
        Some(function) => Value::Number(part(function, value)?.into()),
    };
    let scale = match test.function {
        Some(_) if matches!(value, Value::Number(_)) && !is_exact(&domain.data_type) => 0,
        _ => domain.data_type.scale(),
    };
    let order = |literal: &Literal| order(&value, scale, literal);
    let first = || test.literals.first();
    let is = |wanted: fn(Ordering) -> bool| order(first()?).map(wanted);
    let any = || {
        let orders: Option<Vec<Ordering>> = test.literals.iter().map(order).collect();
        Some(orders?.contains(&Ordering::Equal))
    };
    let between = || match test.literals.as_slice() {
        [low, high] => Some(order(low)?.is_ge() && order(high)?.is_le()),
        _ => None,
    };
    let like = || match (&value, first()?) {
        (Value::Text(own), literal) => {
            let pattern: Vec<char> = literal.text.chars().collect();
            Some(matches(&own.chars().collect::<Vec<_>>(), &pattern))
        }
        _ => None,
    };
    let not = |truth: Option<bool>| truth.map(|truth| !truth);
    match test.operator {
        Operator::Equal => is(Ordering::is_eq),
        Operator::NotEqual => is(Ordering::is_ne),
        Operator::Less => is(Ordering::is_lt),
        Operator::LessEqual => is(Ordering::is_le),
        Operator::Greater => is(Ordering::is_gt),
        Operator::GreaterEqual => is(Ordering::is_ge),
        Operator::In => any(),
        Operator::NotIn => not(any()),
        Operator::Between => between(),
        Operator::NotBetween => not(between()),
        Operator::Like => like(),
        Operator::NotLike => not(like()),
        Operator::Near => None,
    }
}

fn is_exact(of: &DataType) -> bool {
    matches!(of, DataType::Integer(_) | DataType::Decimal { .. })
}

/// A part of a date or a length.
fn part(function: &str, value: &Value) -> Option<i64> {
    let (date, time) = match value {
        Value::Date(date) => (*date, 0),
        Value::Timestamp(micros) => (micros.div_euclid(DAY), micros.rem_euclid(DAY)),
        Value::Text(text) if matches!(function, "length" | "char_length" | "len") => {
            return i64::try_from(text.chars().count()).ok();
        }
        _ => return None,
    };
    let (year, month, day) = civil(date);
    Some(match function {
        "year" => year,
        "quarter" => (month + 2) / 3,
        "month" => month,
        "day" | "dayofmonth" => day,
        // 1970-01-01 was a Thursday; Sunday is 1.
        "dayofweek" => (date + 4).rem_euclid(7) + 1,
        "hour" => time / 3_600_000_000,
        _ => return None,
    })
}

/// The order of a value and a literal as the type of the column has it.
fn order(value: &Value, scale: u32, literal: &Literal) -> Option<Ordering> {
    let text = literal.text.as_str();
    match value {
        Value::Boolean(truth) => Some(truth.cmp(&text.parse().ok()?)),
        Value::Number(number) => {
            let floor = floor(text, scale)?;
            let exact = floor == -self::floor(&negated(text), scale)?;
            Some(match number.cmp(&floor) {
                Ordering::Equal if !exact => Ordering::Less,
                order => order,
            })
        }
        Value::Float(number) => number.partial_cmp(&text.trim().parse().ok()?),
        Value::Text(own) if literal.kind != LiteralKind::Number => Some(own.as_str().cmp(text)),
        Value::Text(own) => {
            let (own, number): (f64, f64) = (own.trim().parse().ok()?, text.parse().ok()?);
            own.partial_cmp(&number)
        }
        Value::Date(date) if literal.kind != LiteralKind::Number => {
            Some(date.cmp(&read_date(text)?))
        }
        Value::Timestamp(micros) if literal.kind != LiteralKind::Number => {
            Some(micros.cmp(&read_timestamp(text)?))
        }
        _ => None,
    }
}

fn negated(text: &str) -> String {
    text.trim()
        .strip_prefix('-')
        .map_or_else(|| format!("-{}", text.trim()), str::to_owned)
}

/// Whether a text matches a `LIKE` pattern.
fn matches(text: &[char], pattern: &[char]) -> bool {
    // Which beginnings of the text the pattern so far can match.
    let mut reached: Vec<bool> = std::iter::once(true)
        .chain(text.iter().map(|_| false))
        .collect();
    let mut pattern = pattern.iter();
    while let Some(c) = pattern.next() {
        if *c == '%' {
            let mut any = false;
            for state in &mut reached {
                any |= *state;
                *state = any;
            }
            continue;
        }
        let wanted = match c {
            '_' => None,
            '\\' => pattern.next().or(Some(c)),
            c => Some(c),
        };
        let before = reached.iter().zip(text);
        let next =
            before.map(|(state, found)| *state && wanted.is_none_or(|wanted| wanted == found));
        reached = std::iter::once(false).chain(next).collect();
    }
    reached.last().copied().unwrap_or(false)
}
