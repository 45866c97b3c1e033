//! Groups that are grouped again: which aggregates have the value of all rows from their values over some of them.

use super::block::{Look, is_exact};
use super::condition::{Test, step};
use crate::planner::check::change::Instead;

/// How the values of an aggregate over groups give its value over all of their rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// They are numbers of rows.
    Number,
    /// Their sum.
    Sum,
    /// Their sum, as a decimal of these digits and scale: the sum of sums is wider.
    Decimal(u32, u32),
    /// The same function of them.
    Function(&'static str),
}

/// Functions of values of which one is the result.
const PICKING: [&str; 7] = ["min", "max", "any", "some", "every", "bool_or", "bool_and"];

impl Look<'_> {
    /// How a call by its tokens is computed again. All values of a mean or a deviation are needed, and the order of
    /// additions shows in floating point; of values that are seen once it is not known which groups have the same.
    pub(super) fn again(&self, call: &Test) -> Option<Again> {
        let (name, arguments) = call.split_first()?;
        let name = name.strip_prefix("w:")?;
        if arguments.iter().any(|token| token == "w:distinct") {
            return None;
        }
        let data_type = match arguments {
            [_, argument, _] => argument
                .strip_prefix("c:")
                .and_then(|column| self.data_type(column)),
            _ => None,
        };
        match name {
            "count" | "count_if" => Some(Again::Number),
            "sum" if whole_numbers(arguments) => Some(Again::Sum),
            "sum" => sum(&data_type?),
            _ => {
                let function = PICKING.iter().find(|function| **function == name)?;
                let orders = matches!(*function, "min" | "max");
                let known = !orders || data_type.is_some_and(|data_type| is_exact(&data_type));
                known.then_some(Again::Function(function))
            }
        }
    }
}

impl Look<'_> {
    /// Whether a call by its tokens adds up anything but whole numbers and decimals: the sum of those is the same in any
    /// order. Means of whole numbers are added up in floating point.
    pub(super) fn drifts(&self, call: &Test) -> bool {
        let adds = ["sum", "avg", "mean", "std", "var"];
        let name = call.first().map(|name| name.trim_start_matches("w:"));
        let Some(name) = name.map(|name| name.trim_start_matches("try_")) else {
            return true;
        };
        if !adds.iter().any(|start| name.starts_with(start)) {
            return false;
        }
        let mut columns = call
            .iter()
            .skip(1)
            .filter(|token| !["y:(", "y:)", "w:distinct"].contains(&token.as_str()));
        let (Some(column), None) = (columns.next(), columns.next()) else {
            return true;
        };
        let data_type = column
            .strip_prefix("c:")
            .and_then(|name| self.data_type(name));
        let data_type = data_type.unwrap_or_default();
        let decimal = data_type.starts_with("decimal");
        match name {
            "sum" => !decimal && !data_type.ends_with("int") && data_type != "integer",
            "avg" | "mean" => !decimal,
            _ => true,
        }
    }
}

/// Whether all results of `(CASE … END)` are literals of type INT: each stands between `THEN` or `ELSE` and what follows.
fn whole_numbers(arguments: &[String]) -> bool {
    let [open, case, inside @ .., end, close] = arguments else {
        return false;
    };
    let around = [open, case, end, close].map(String::as_str);
    if around != ["y:(", "w:case", "w:end", "y:)"] {
        return false;
    }
    let depths = inside.iter().scan(0_i32, |depth, token| {
        *depth += step(token);
        Some(*depth)
    });
    let depths: Vec<i32> = depths.collect();
    // It is one `CASE` from the first token to the last.
    if depths.iter().any(|depth| *depth < 0) || depths.last() != Some(&0) {
        return false;
    }
    let outer = |place: usize, words: &[&str]| {
        depths.get(place) == Some(&0)
            && inside
                .get(place)
                .is_some_and(|token| words.contains(&token.as_str()))
    };
    (0..inside.len())
        .filter(|place| outer(*place, &["w:then", "w:else"]))
        .all(|place| {
            let number = inside
                .get(place + 1)
                .and_then(|token| token.strip_prefix("n:"));
            let int = number.is_some_and(|number| {
                number.len() < 10 && number.chars().all(|c| c.is_ascii_digit())
            });
            let behind = place + 2;
            int && (behind == inside.len() || outer(behind, &["w:when", "w:else"]))
        })
}

/// Sums of whole numbers wrap around and are BIGINT; the sum of decimals has ten digits more than they, so that
/// no sum of a part is lost if the whole one is not.
fn sum(data_type: &str) -> Option<Again> {
    const WHOLE: [&str; 5] = ["tinyint", "smallint", "int", "integer", "bigint"];
    if WHOLE.contains(&data_type) {
        return Some(Again::Sum);
    }
    let inner = data_type.strip_prefix("decimal(")?.strip_suffix(')')?;
    let mut numbers = inner.split(',').map(|part| part.trim().parse::<u32>());
    match (numbers.next(), numbers.next(), numbers.next()) {
        (Some(Ok(digits)), Some(Ok(scale)), None) if digits <= 28 => {
            Some(Again::Decimal(digits + 10, scale))
        }
        _ => None,
    }
}

impl Again {
    /// What stands instead of a call.
    pub(super) fn instead(&self, column: &str) -> Vec<Instead> {
        let call = |function: &str, inside: Vec<Instead>| {
            let mut tokens = vec![Instead::Named(function.to_owned()), Instead::Symbol("(")];
            tokens.extend(inside);
            tokens.push(Instead::Symbol(")"));
            tokens
        };
        let column = vec![Instead::Named(column.to_owned())];
        match self {
            Again::Number => {
                let mut inside = call("sum", column);
                inside.extend([Instead::Symbol(","), Instead::Number("0")]);
                call("coalesce", inside)
            }
            Again::Sum => call("sum", column),
            Again::Decimal(digits, scale) => {
                let mut inside = call("sum", column);
                inside.extend([
                    Instead::Word("as"),
                    Instead::Word("decimal"),
                    Instead::Symbol("("),
                    Instead::Written(digits.to_string()),
                    Instead::Symbol(","),
                    Instead::Written(scale.to_string()),
                    Instead::Symbol(")"),
                ]);
                let mut tokens = vec![Instead::Word("cast"), Instead::Symbol("(")];
                tokens.extend(inside);
                tokens.push(Instead::Symbol(")"));
                tokens
            }
            Again::Function(function) => call(function, column),
        }
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn cases_give_whole_numbers_where_every_result_is_one() {
        let whole = |text: &str| {
            let tokens = text.split(' ').map(|word| match word {
                "(" | ")" | "+" | "-" => format!("y:{word}"),
                "case" | "when" | "then" | "else" | "end" => format!("w:{word}"),
                word if word.starts_with(|c: char| c.is_ascii_digit()) => format!("n:{word}"),
                word => format!("c:{word}"),
            });
            whole_numbers(&tokens.collect::<Vec<_>>())
        };
        assert!(whole("( case when a then 1 else 0 end )"));
        assert!(whole("( case a when 1 then 1 when 2 then 999999999 end )"));
        assert!(whole("( case when case when a then x end then 3 end )"));
        assert!(whole(
            "( case when ( case when a then 1.5 end ) then 3 end )"
        ));
        for other in [
            "( case when a then 1.5 else 0 end )",
            "( case when a then 1l end )",
            "( case when a then 1 else x end )",
            "( case when a then 1 + x end )",
            "( case when a then - 1 end )",
            "( case when a then 2147483648 end )",
            "( case when a then case when b then x end end )",
            "( case when a then 1 end + case when b then 1 end )",
            "( ( case when a then 1 end ) )",
            "( x )",
        ] {
            assert!(!whole(other), "{other}");
        }
    }

    #[test]
    fn sums_are_added_where_their_type_has_room() {
        assert_eq!(sum("int"), Some(Again::Sum));
        assert_eq!(sum("decimal(28,3)"), Some(Again::Decimal(38, 3)));
        for other in [
            "decimal(29,0)",
            "double",
            "string",
            "decimal(10)",
            "decimal",
        ] {
            assert_eq!(sum(other), None, "{other}");
        }
    }
}
