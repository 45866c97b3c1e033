//! How large a row is in Spark's cache.
//!
//! | type | bytes per cell | source |
//! |---|---|---|
//! | `boolean`, `tinyint`, `smallint` | 2 | measured on Spark 3.5, local\[2\]: small integers 2.4 |
//! | `int`, `date`, `float` | 4 | their width; compression counted for nothing |
//! | `bigint`, `double`, `timestamp`, `decimal` up to 18 digits | 8 | measured: 8.0 |
//! | `string`, `binary` | 16 | between 2.0 (few values) and 39 (35 characters, all different), measured |
//! | `decimal` beyond 18 digits, and unknown | 16 | their width |
//! | `array`, `map`, `struct` | 64 | assumed; not measured |

use crate::facts::catalog::TableFacts;

/// A cell of unknown type, bytes.
pub(super) const UNKNOWN_BYTES: u64 = 16;

/// Bytes of one row that has some of a table's columns.
pub(super) fn row_bytes(facts: &TableFacts, columns: &[String]) -> u64 {
    columns
        .iter()
        .map(|name| {
            let column = facts.columns.iter().find(|column| column.name == *name);
            column.map_or(UNKNOWN_BYTES, |column| cell_bytes(&column.data_type))
        })
        .fold(0, u64::saturating_add)
}

fn cell_bytes(data_type: &str) -> u64 {
    let data_type = data_type.to_lowercase();
    let base = data_type.split(['(', '<']).next().unwrap_or("").trim();
    match base {
        "boolean" | "tinyint" | "smallint" => 2,
        "int" | "integer" | "date" | "float" => 4,
        "bigint" | "double" | "timestamp" | "timestamp_ntz" => 8,
        "decimal" => {
            let digits = data_type
                .split(['(', ',', ')'])
                .nth(1)
                .and_then(|digits| digits.trim().parse::<u32>().ok());
            // Without digits Spark means decimal(10,0).
            if digits.unwrap_or(10) <= 18 { 8 } else { 16 }
        }
        "array" | "map" | "struct" => 64,
        _ => UNKNOWN_BYTES,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_as_large_as_its_type() {
        let sizes = [
            "boolean",
            "INT",
            "decimal(12,2)",
            "decimal(38,10)",
            "decimal",
            "string",
            "array<int>",
        ];
        assert_eq!(sizes.map(cell_bytes), [2, 4, 8, 16, 8, 16, 64]);
    }
}
