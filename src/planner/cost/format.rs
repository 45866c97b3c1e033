//! What reading a file format costs, and how many rows its bytes hold.

use super::End;
use super::cell::Cell;
use crate::facts::catalog::TableFacts;

/// What reading a format costs.
pub(super) struct Format {
    /// Nanoseconds per value of the line, used or not.
    line_nanos: u64,
    /// Nanoseconds per value used; none where its type decides.
    value_nanos: Option<u64>,
    /// Bytes of the file per ten values.
    plain: Size,
    /// The same where the files are compressed as a whole.
    compressed: Size,
}

/// Bytes per ten values: the most and the least that are taken for possible.
struct Size {
    most: u64,
    least: u64,
}

/// Parquet, ORC and what is built on them. Unknown formats count as columnar too: a saving is then taken low.
const COLUMNAR: Format = Format {
    line_nanos: 0,
    value_nanos: None,
    plain: Size {
        most: 42,
        least: 33,
    },
    compressed: Size {
        most: 42,
        least: 33,
    },
};
/// Text lines with separators.
const CSV: Format = Format {
    line_nanos: 45,
    value_nanos: Some(120),
    plain: Size {
        most: 116,
        least: 70,
    },
    compressed: Size {
        most: 51,
        least: 28,
    },
};
/// JSON lines.
const JSON: Format = Format {
    line_nanos: 140,
    value_nanos: Some(110),
    plain: Size {
        most: 182,
        least: 158,
    },
    compressed: Size {
        most: 51,
        least: 28,
    },
};

impl Format {
    /// The format of a table.
    pub(super) fn of(facts: &TableFacts) -> &'static Format {
        match facts.provider.as_deref() {
            Some("csv") => &CSV,
            Some("json") => &JSON,
            _ => &COLUMNAR,
        }
    }

    /// Nanoseconds of reading some values of one line of so many.
    pub(super) fn line(&self, all: u64, used: Cell) -> u64 {
        let values = match self.value_nanos {
            Some(each) => used.values.saturating_mul(each),
            None => used.scan,
        };
        all.saturating_mul(self.line_nanos).saturating_add(values)
    }

    /// How many lines the files of a table hold that have so many bytes.
    pub(super) fn lines(&self, facts: &TableFacts, bytes: u64, end: End) -> u64 {
        let (most, least) = match facts.compressed {
            Some(false) => (self.plain.most, self.plain.least),
            Some(true) => (self.compressed.most, self.compressed.least),
            None => (self.plain.most, self.compressed.least),
        };
        let each = match end {
            End::Few => most,
            End::Many => least,
        };
        let values = u64::try_from(facts.columns.len()).unwrap_or(u64::MAX);
        bytes.saturating_mul(10) / each / values.max(1)
    }
}
