//! What one value of a type costs: to scan, to put into Spark's cache, to read from it, and to keep there.
//!
//! | type | scan (columnar) | cache | cached read | bytes | source |
//! |---|---|---|---|---|---|
//! | `boolean` to `bigint`, `float`, `double`, `date`, `timestamp` | 20 ns | 90 ns | 10 ns | 2, 4 or 8 | measured: 13 to 20, 80 to 100, 0 to 13 ns; small integers 2.4 bytes, wide ones 8.0 |
//! | `decimal` up to 18 digits, `decimal` beyond | 70 ns | 130 ns | 15 ns | 8, 16 | measured: 70 ns to scan; the others assumed in proportion |
//! | `string`, `binary`, and unknown | 80 ns | 300 ns | 20 ns | 16 | measured: 73 (few values) to 97 ns (35 characters, all different), 170 to 400 ns, 13 to 20 ns; 2.0 to 39 bytes |
//! | `array`, `map`, `struct` | 300 ns | 1,000 ns | 100 ns | 64 | assumed; not measured |
//!
//! Measured on Spark 3.5.6, `local[2]`, 3 million rows, warm, CPU time over the fixed cost of a statement.

use crate::facts::catalog::ColumnFacts;

/// What one value costs; or the values of some columns in one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cell {
    /// Size in the cache, bytes.
    pub(super) bytes: u64,
    /// Reading it from a columnar file, nanoseconds.
    pub(super) scan: u64,
    /// Putting it into the cache, nanoseconds.
    pub(super) encode: u64,
    /// Reading it from the cache, nanoseconds.
    pub(super) cached: u64,
    /// How many values these are.
    pub(super) values: u64,
}

impl Cell {
    /// A number, a date or a time of some bytes.
    const fn fixed(bytes: u64) -> Cell {
        Cell {
            bytes,
            scan: 20,
            encode: 90,
            cached: 10,
            values: 1,
        }
    }

    /// The result of an aggregate.
    pub(super) const NUMBER: Cell = Cell::fixed(8);

    /// A value of unknown type: taken for a text.
    pub(super) const UNKNOWN: Cell = Cell {
        bytes: 16,
        scan: 80,
        encode: 300,
        cached: 20,
        values: 1,
    };

    const DECIMAL: Cell = Cell {
        bytes: 8,
        scan: 70,
        encode: 130,
        cached: 15,
        values: 1,
    };

    const NESTED: Cell = Cell {
        bytes: 64,
        scan: 300,
        encode: 1_000,
        cached: 100,
        values: 1,
    };

    /// A value of a column.
    pub(super) fn of(column: &ColumnFacts) -> Cell {
        Cell::typed(&column.data_type)
    }

    fn typed(data_type: &str) -> Cell {
        let data_type = data_type.to_lowercase();
        let base = data_type.split(['(', '<']).next().unwrap_or("").trim();
        match base {
            "boolean" | "tinyint" | "smallint" => Cell::fixed(2),
            "int" | "integer" | "date" | "float" => Cell::fixed(4),
            "bigint" | "double" | "timestamp" | "timestamp_ntz" => Cell::fixed(8),
            "decimal" => {
                let digits = data_type
                    .split(['(', ',', ')'])
                    .nth(1)
                    .and_then(|digits| digits.trim().parse::<u32>().ok());
                // Without digits Spark means decimal(10,0).
                let wide = digits.unwrap_or(10) > 18;
                Cell {
                    bytes: if wide { 16 } else { 8 },
                    ..Cell::DECIMAL
                }
            }
            "array" | "map" | "struct" => Cell::NESTED,
            _ => Cell::UNKNOWN,
        }
    }

    /// So many values alike.
    pub(super) fn times(self, values: u64) -> Cell {
        Cell {
            bytes: self.bytes.saturating_mul(values),
            scan: self.scan.saturating_mul(values),
            encode: self.encode.saturating_mul(values),
            cached: self.cached.saturating_mul(values),
            values: self.values.saturating_mul(values),
        }
    }

    /// Both in one row.
    #[must_use]
    pub(super) fn and(self, other: Cell) -> Cell {
        Cell {
            bytes: self.bytes.saturating_add(other.bytes),
            scan: self.scan.saturating_add(other.scan),
            encode: self.encode.saturating_add(other.encode),
            cached: self.cached.saturating_add(other.cached),
            values: self.values.saturating_add(other.values),
        }
    }
}

impl std::iter::Sum for Cell {
    fn sum<I: Iterator<Item = Cell>>(cells: I) -> Cell {
        cells.fold(Cell::default(), Cell::and)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_as_large_as_its_type() {
        let sizes = [
            "boolean",
            "INT",
            "decimal(12,2)",
            "decimal(38,10)",
            "decimal",
            "string",
            "array<int>",
        ];
        assert_eq!(
            sizes.map(|name| Cell::typed(name).bytes),
            [2, 4, 8, 16, 8, 16, 64]
        );
    }

    #[test]
    fn a_row_costs_what_its_values_cost() {
        let row: Cell = ["bigint", "string"].map(Cell::typed).into_iter().sum();
        assert_eq!(row, Cell::typed("bigint").and(Cell::UNKNOWN));
        assert_eq!((row.values, row.bytes, row.scan), (2, 24, 100));
        assert_eq!(Cell::NUMBER.times(3).encode, 270);
    }
}
