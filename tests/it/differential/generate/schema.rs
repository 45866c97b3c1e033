//! What the generator knows about what exists: types, columns, relations.

use std::collections::BTreeSet;

use super::random::Random;

/// Types of columns; all expressions of one type are of exactly the SQL type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Type {
    Int,
    Bigint,
    Decimal,
    /// Only multiples of a quarter, NaN and the zeros: their sums are exact in every order.
    Double,
    Text,
    Date,
    Timestamp,
    Boolean,
    /// An array.
    Numbers,
    /// A structure.
    Pair,
}

pub(super) const SCALARS: [Type; 8] = [
    Type::Int,
    Type::Bigint,
    Type::Decimal,
    Type::Double,
    Type::Text,
    Type::Date,
    Type::Timestamp,
    Type::Boolean,
];

impl Type {
    pub(super) fn sql(self) -> &'static str {
        match self {
            Type::Int => "INT",
            Type::Bigint => "BIGINT",
            Type::Decimal => "DECIMAL(12,2)",
            Type::Double => "DOUBLE",
            Type::Text => "STRING",
            Type::Date => "DATE",
            Type::Timestamp => "TIMESTAMP",
            Type::Boolean => "BOOLEAN",
            Type::Numbers => "ARRAY<INT>",
            Type::Pair => "STRUCT<n:INT,s:STRING>",
        }
    }

    pub(super) fn is_nested(self) -> bool {
        matches!(self, Type::Numbers | Type::Pair)
    }

    /// A constant out of few, so that filters overlap and joins find partners. Text has what could mislead a reader
    /// of SQL.
    pub(super) fn literal(self, random: &mut Random) -> String {
        let of: &[&str] = match self {
            Type::Int => &["0", "1", "2", "3", "4", "5", "-1"],
            Type::Bigint => &["0L", "1L", "2L", "3L", "7L", "3000000000L"],
            Type::Decimal => &[
                "CAST(0 AS DECIMAL(12,2))",
                "CAST(1.25 AS DECIMAL(12,2))",
                "CAST(10.10 AS DECIMAL(12,2))",
                "CAST(-3.5 AS DECIMAL(12,2))",
                "CAST(999.99 AS DECIMAL(12,2))",
            ],
            Type::Double => &["0.25D", "1.5D", "-2.0D", "0.0D", "-0.0D", "DOUBLE('NaN')"],
            Type::Text => &[
                "'a'",
                "'b'",
                "'c'",
                "''",
                "' b'",
                "'A'",
                "'it\\'s'",
                "'a -- FROM shop.orders;'",
            ],
            Type::Date => &[
                "DATE'2024-01-01'",
                "DATE'2024-01-31'",
                "DATE'2024-02-29'",
                "DATE'1970-01-01'",
            ],
            Type::Timestamp => &[
                "TIMESTAMP'2024-01-01 00:30:00'",
                "TIMESTAMP'2024-01-31 23:45:00'",
                "TIMESTAMP'2024-02-29 12:00:00.25'",
                "TIMESTAMP'2024-03-31 02:30:00'",
            ],
            Type::Boolean => &["TRUE", "FALSE"],
            Type::Numbers => &["ARRAY(1, 2)", "ARRAY(3, CAST(NULL AS INT), 3)", "ARRAY(0)"],
            Type::Pair => &[
                "NAMED_STRUCT('n', 1, 's', 'a')",
                "NAMED_STRUCT('n', CAST(NULL AS INT), 's', 'b')",
            ],
        };
        (*random.one(of)).to_owned()
    }

    /// A constant as a test of a filter may have it: a plain token, where the type has one.
    pub(super) fn compared(self, random: &mut Random) -> String {
        match self {
            Type::Decimal => (*random.one(&["0", "1.25", "10.1", "100"])).to_owned(),
            Type::Bigint => (*random.one(&["0", "1", "2", "7"])).to_owned(),
            other => other.literal(random),
        }
    }
}

/// A column.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) of: Type,
    /// `CHAR(5)` and the like, where it was declared so.
    pub(super) declared: Option<&'static str>,
}

impl Column {
    pub(super) fn new(name: impl Into<String>, of: Type) -> Self {
        Column {
            name: name.into(),
            of,
            declared: None,
        }
    }

    pub(super) fn sql(&self) -> &'static str {
        self.declared.unwrap_or(self.of.sql())
    }
}

/// What a relation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Table,
    View,
    Temporary,
    /// Files, read by their path.
    Path,
}

/// Something to read.
#[derive(Clone, Debug)]
pub(super) struct Relation {
    /// `database.table`, one part for a temporary view, the path for files.
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Partition columns last.
    pub(super) columns: Vec<Column>,
    pub(super) partitions: usize,
    pub(super) provider: &'static str,
    /// Clauses that `CREATE TABLE` needs beyond the columns.
    pub(super) clauses: String,
    /// No more rows than that, roughly.
    pub(super) rows: u32,
    /// Where its rows lie, through views too: a statement must not overwrite what it reads.
    pub(super) storages: BTreeSet<String>,
    /// The views and tables that it names, through views too.
    pub(super) names: BTreeSet<String>,
}

impl Relation {
    pub(super) fn last_part(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(&self.name)
    }

    pub(super) fn is_external(&self) -> bool {
        self.clauses.contains("LOCATION")
    }
}
