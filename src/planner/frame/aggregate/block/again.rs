//! Aggregates whose values over groups give the same value over all of their rows, of the same type.
//!
//! Means, deviations and sums of floating point are not among them: their values, types or roundings differ. (Spark 3.5: a
//! mean of decimals has other digits, and one of `BIGINT` through its sum overflows where the mean does not.)

use super::{Look, Written, is_exact};
use crate::frontend::statement::Call;
use crate::planner::frame::aggregate::model::Again;

/// Digits of the widest decimal type.
const DECIMAL: u32 = 38;
/// Digits by which the type of a sum is wider than that of its values: 10^10 values of any size cannot overflow it.
const WIDER: u32 = 10;

impl Look<'_, '_> {
    pub(super) fn again(&self, call: &Call, written: &Written) -> Option<Again> {
        let same = || Again::Same(call.name.clone());
        match call.name.as_str() {
            _ if call.distinct => None,
            "count" | "count_if" => Some(Again::Counts),
            "any" | "some" | "every" | "bool_or" | "bool_and" => Some(same()),
            "min" | "max" => self
                .argument(written)
                .filter(|data_type| is_exact(data_type))
                .map(|_| same()),
            "sum" if adds_numbers(written) => Some(Again::Sums(None)),
            "sum" => sum_of(&self.argument(written)?),
            _ => None,
        }
    }

    /// The type of the column that is the only argument of a call.
    fn argument(&self, written: &Written) -> Option<String> {
        let [_, _, argument, _] = written.key.as_slice() else {
            return None;
        };
        self.data_type(argument.strip_prefix("c:")?)
    }

    /// The type of a column of the table by its name, lower-case.
    pub(super) fn data_type(&self, name: &str) -> Option<String> {
        let mut columns = self.columns.iter();
        let (_, data_type) = columns.find(|(column, _)| column.to_lowercase() == *name)?;
        Some(data_type.trim().to_lowercase())
    }
}

/// Digits of the largest numbers that are `INT` however they begin.
const INT_DIGITS: usize = 9;

/// Whether it is `sum(CASE … THEN number … END)` of whole numbers, whatever its conditions are.
fn adds_numbers(written: &Written) -> bool {
    let [_, _, case, inside @ .., end, _] = written.key.as_slice() else {
        return false;
    };
    if case != "w:case" || end != "w:end" {
        return false;
    }
    let number = |token: &String| {
        let digits = token.strip_prefix("n:").unwrap_or("");
        (1..=INT_DIGITS).contains(&digits.len()) && digits.bytes().all(|c| c.is_ascii_digit())
    };
    let mut depth = 0_u32;
    let mut rest = inside.iter();
    while let Some(token) = rest.next() {
        match token.as_str() {
            "w:case" | "o:(" | "o:[" => depth += 1,
            "w:end" | "o:)" | "o:]" => {
                // The first `CASE` has ended before.
                let Some(outer) = depth.checked_sub(1) else {
                    return false;
                };
                depth = outer;
            }
            "w:then" | "w:else" if depth == 0 => {
                let value = rest.next().is_some_and(number);
                let alone = rest
                    .as_slice()
                    .first()
                    .is_none_or(|next| next == "w:when" || next == "w:else");
                if !value || !alone {
                    return false;
                }
            }
            _ => {}
        }
    }
    depth == 0
}

/// How sums of a type are added; none where the sum of sums is another one.
fn sum_of(data_type: &str) -> Option<Again> {
    match data_type {
        // They wrap around, in any order. Where they fail instead, nothing is shared at all.
        "tinyint" | "smallint" | "int" | "integer" | "bigint" => Some(Again::Sums(None)),
        _ => {
            let digits = data_type.strip_prefix("decimal(")?.strip_suffix(')')?;
            let (digits, scale) = digits.split_once(',')?;
            let digits: u32 = digits.trim().parse().ok()?;
            let scale: u32 = scale.trim().parse().ok()?;
            let sum = digits.checked_add(WIDER).filter(|sum| *sum <= DECIMAL)?;
            Some(Again::Sums(Some(format!("DECIMAL({sum},{scale})"))))
        }
    }
}
