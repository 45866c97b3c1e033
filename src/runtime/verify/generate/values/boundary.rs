//! What is special about a type: extremes, zero, NaN, blanks, empty and long values.

use super::super::Level;
use super::super::calendar::{DAY, days};
use super::super::types::DataType;
use super::{Domain, FIRST_DAY, LAST_DAY, Value};

/// Length of a long string, in characters.
const LONG: usize = 1_000;

/// Special values of a column, NULL not among them; the most telling first.
pub(in super::super) fn boundaries(domain: &Domain) -> Vec<Value> {
    let wild = domain.level == Level::Wild;
    let anchor = domain.anchors.first().copied().unwrap_or(0);
    let values: Vec<Value> = match &domain.data_type {
        DataType::Boolean => [true, false].map(Value::Boolean).into(),
        of @ (DataType::Integer(_) | DataType::Decimal { .. }) => {
            let unit = 10_i128.pow(of.scale());
            let mut numbers = vec![0, -unit, unit, 1, -1];
            if wild && let Some((least, most)) = of.limits() {
                numbers.extend([most, least]);
            }
            numbers.dedup();
            numbers.into_iter().map(Value::Number).collect()
        }
        DataType::Float | DataType::Double => {
            let mut numbers = vec![0.0, -0.0, -1.0, 0.125];
            if wild {
                numbers.extend([f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
            }
            numbers.into_iter().map(Value::Float).collect()
        }
        DataType::Text(length) => texts(wild, *length).into_iter().map(Value::Text).collect(),
        DataType::Binary => [vec![], vec![0], vec![0xff, 0xfe]].map(Value::Bytes).into(),
        DataType::Date => special_days(wild, anchor)
            .into_iter()
            .map(Value::Date)
            .collect(),
        DataType::Timestamp => {
            let mut moments: Vec<i64> = special_days(wild, anchor)
                .into_iter()
                .flat_map(|day| [day * DAY, (day + 1) * DAY - 1])
                .collect();
            // An hour that zones skip, and one that they repeat.
            let hour = 3_600_000_000;
            moments.push(days(2024, 3, 31) * DAY + 5 * hour / 2);
            moments.push(days(2024, 10, 27) * DAY + 5 * hour / 2);
            moments.into_iter().map(Value::Timestamp).collect()
        }
        nested => (0..choices(nested, domain.level).len())
            .map(Value::Choice)
            .collect(),
    };
    let mut admitted: Vec<Value> = Vec::new();
    for value in values {
        let seen = admitted
            .iter()
            .any(|other| domain.cell(other) == domain.cell(&value));
        if !seen && domain.admits(&value) {
            admitted.push(value);
        }
    }
    admitted
}

fn texts(wild: bool, length: Option<u32>) -> Vec<String> {
    if !wild {
        // What casts to a number too.
        return ["0", "1", "07"].map(str::to_owned).into();
    }
    let mut texts: Vec<String> = [
        "",
        " ",
        "a ",
        " a",
        "A",
        "ž",
        "日本語",
        "😀",
        "O'Brien",
        "a\\b",
        "100%",
        "a_b",
        "NULL",
        "null",
        "0",
        "-1",
        "1.50",
        "007",
        "a\nb",
        "\t",
    ]
    .map(str::to_owned)
    .into();
    let long = length.map_or(LONG, |length| length as usize).min(LONG);
    texts.push("x".repeat(long));
    texts
}

fn special_days(wild: bool, anchor: i64) -> Vec<i64> {
    let mut special = vec![
        anchor,
        days(2024, 2, 29),
        days(2023, 12, 31),
        days(2024, 1, 1),
        0,
        -1,
    ];
    if wild {
        special.extend([LAST_DAY, FIRST_DAY]);
    }
    special
}

/// The values of a nested column, as SQL: empty ones, NULL inside, several entries.
pub(in super::super) fn choices(of: &DataType, level: Level) -> Vec<String> {
    match of {
        DataType::Array(element) => {
            let [first, second] = two(element, level);
            vec![
                "array()".to_owned(),
                format!("array({first})"),
                format!("array({second}, NULL, {first}, {first})"),
            ]
        }
        DataType::Map(key, value) => {
            let [first, second] = two(key, level);
            let [one, other] = two(value, level);
            vec![
                "map()".to_owned(),
                format!("map({first}, {one})"),
                format!("map({second}, NULL, {first}, {other})"),
            ]
        }
        DataType::Struct(fields) => {
            let made = |of: &dyn Fn(&DataType) -> String| {
                let entries: Vec<String> = fields
                    .iter()
                    .map(|(name, field)| format!("{}, {}", quoted(name), of(field)))
                    .collect();
                format!("named_struct({})", entries.join(", "))
            };
            vec![
                made(&|field| two(field, level)[0].clone()),
                made(&|field| two(field, level)[1].clone()),
                made(&|_| "NULL".to_owned()),
            ]
        }
        _ => Vec::new(),
    }
}

/// Two different values inside a nested one, as SQL.
fn two(of: &DataType, level: Level) -> [String; 2] {
    if of.is_nested() {
        let mut choices = choices(of, level).into_iter();
        let first = choices.next_back().unwrap_or_default();
        return [first, choices.next_back().unwrap_or_default()];
    }
    let domain = Domain {
        data_type: of.clone(),
        level,
        partition: false,
        lines: true,
        anchors: vec![super::default_anchor()],
    };
    let mut values = domain.ordinary().into_iter();
    let mut sql = || {
        let value = values.next().unwrap_or(Value::Null);
        literal(&domain, &value)
    };
    [sql(), sql()]
}

/// A value as SQL.
fn literal(domain: &Domain, value: &Value) -> String {
    let Some(text) = domain.cell(value) else {
        return "NULL".to_owned();
    };
    let text = quoted(&text);
    match &domain.data_type {
        DataType::Boolean => format!("CAST({text} AS BOOLEAN)"),
        DataType::Integer(8) => format!("CAST({text} AS TINYINT)"),
        DataType::Integer(16) => format!("CAST({text} AS SMALLINT)"),
        DataType::Integer(32) => format!("CAST({text} AS INT)"),
        DataType::Integer(_) => format!("CAST({text} AS BIGINT)"),
        DataType::Decimal { precision, scale } => {
            format!("CAST({text} AS DECIMAL({precision},{scale}))")
        }
        DataType::Float => format!("CAST({text} AS FLOAT)"),
        DataType::Double => format!("CAST({text} AS DOUBLE)"),
        DataType::Binary => format!("unhex({text})"),
        DataType::Date => format!("CAST({text} AS DATE)"),
        DataType::Timestamp => format!("CAST({text} AS TIMESTAMP)"),
        _ => text,
    }
}

/// Text as a SQL string.
pub(in super::super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
