//! Tests that give an answer on every row: those of one reader are evaluated on rows of the others.

use super::Check;
use crate::facts::access::{Filter, TableId};
use crate::frontend::statement::{LiteralKind, TestOperator};

/// Digits of Spark's longest decimal.
const DECIMAL_DIGITS: u32 = 38;

/// Whether a reader's test cannot fail, whatever the rules of the session: no side is cast to a type that it may not
/// fit, and a pattern is well-formed.
pub(super) fn is_steady(check: &Check<'_>, table: TableId, filter: &Filter) -> bool {
    if let TestOperator::IsNull | TestOperator::IsNotNull = filter.operator {
        return true;
    }
    let Some(data_type) = data_type(check, table, &filter.column) else {
        return false;
    };
    let text = check.sources.text(filter.span);
    // The value of a variable may hold an escape.
    let escapes = text.contains(['\\', '$']);
    if filter.operator == TestOperator::Like && (data_type != "string" || escapes) {
        return false;
    }
    let steady = |literal: &LiteralKind| match (literal, digits(&data_type)) {
        (LiteralKind::Number, Some(digits)) => digits + longest_number(text) <= DECIMAL_DIGITS,
        (LiteralKind::Number, None) => matches!(data_type.as_str(), "float" | "double"),
        (LiteralKind::String, _) => {
            matches!(data_type.as_str(), "string" | "date" | "timestamp")
        }
        (LiteralKind::Date, _) => matches!(data_type.as_str(), "date" | "timestamp"),
        (LiteralKind::Timestamp, _) => data_type == "timestamp",
        (LiteralKind::Boolean, _) => data_type == "boolean",
        (LiteralKind::Null, _) => false,
    };
    !filter.literals.is_empty() && filter.literals.iter().all(steady)
}

fn data_type(check: &Check<'_>, table: TableId, column: &str) -> Option<String> {
    let mut tables = check.workload.tables.iter();
    let table = tables.find(|known| known.id == table)?;
    let facts = check.catalog.tables.get(&table.name)?;
    let mut columns = facts.columns.iter();
    let column = columns.find(|known| known.name.to_lowercase() == column.to_lowercase())?;
    Some(column.data_type.trim().to_lowercase())
}

/// Digits of an exact number's type; none where it is no exact number.
fn digits(data_type: &str) -> Option<u32> {
    Some(match data_type {
        "tinyint" => 3,
        "smallint" => 5,
        "int" | "integer" | "decimal" => 10,
        "bigint" => 20,
        _ => {
            let inside = data_type.strip_prefix("decimal(")?.strip_suffix(')')?;
            let (precision, _) = inside.split_once(',').unwrap_or((inside, ""));
            precision.trim().parse().ok()?
        }
    })
}

/// Digits of the longest number in a test.
fn longest_number(text: &str) -> u32 {
    let (mut longest, mut here) = (0, 0);
    for c in text.chars() {
        here = match c {
            '0'..='9' => here + 1,
            '.' => here,
            _ => 0,
        };
        longest = longest.max(here);
    }
    longest
}
