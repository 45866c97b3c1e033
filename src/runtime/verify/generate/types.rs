//! Types of columns, read from the catalog's simple type strings.

/// A type of which values can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DataType {
    Boolean,
    /// An integer of so many bits.
    Integer(u32),
    Decimal {
        precision: u32,
        scale: u32,
    },
    Float,
    Double,
    /// `STRING`, or `CHAR` and `VARCHAR` with their length in characters.
    Text(Option<u32>),
    Binary,
    Date,
    Timestamp,
    Array(Box<DataType>),
    Map(Box<DataType>, Box<DataType>),
    Struct(Vec<(String, DataType)>),
}

impl DataType {
    /// Reads a simple type string; the part of it of which no values can be made is the error.
    pub(super) fn parse(text: &str) -> Result<DataType, String> {
        let text = text.trim();
        let lower = text.to_ascii_lowercase();
        let refused = || Err(text.to_owned());
        if let Some(inner) = between(text, &lower, "array<", '>') {
            return Ok(DataType::Array(Box::new(DataType::parse(inner)?)));
        }
        if let Some(inner) = between(text, &lower, "map<", '>') {
            return match split(inner).as_slice() {
                [key, value] => Ok(DataType::Map(
                    Box::new(DataType::parse(key)?),
                    Box::new(DataType::parse(value)?),
                )),
                _ => refused(),
            };
        }
        if let Some(inner) = between(text, &lower, "struct<", '>') {
            let fields = split(inner).into_iter().map(|field| {
                let (name, of) = field.split_once(':').ok_or_else(|| field.to_owned())?;
                Ok((
                    name.trim().trim_matches('`').to_owned(),
                    DataType::parse(of)?,
                ))
            });
            return Ok(DataType::Struct(fields.collect::<Result<_, String>>()?));
        }
        let number = |inner: &str| inner.trim().parse::<u32>().ok();
        if let Some(inner) = between(text, &lower, "decimal(", ')') {
            let parts: Vec<Option<u32>> = inner.split(',').map(number).collect();
            return match parts.as_slice() {
                [Some(precision @ 1..=38)] => Ok(DataType::Decimal {
                    precision: *precision,
                    scale: 0,
                }),
                [Some(precision @ 1..=38), Some(scale)] if scale <= precision => {
                    Ok(DataType::Decimal {
                        precision: *precision,
                        scale: *scale,
                    })
                }
                _ => refused(),
            };
        }
        for prefix in ["char(", "varchar("] {
            if let Some(inner) = between(text, &lower, prefix, ')') {
                return number(inner)
                    .map_or_else(refused, |length| Ok(DataType::Text(Some(length))));
            }
        }
        Ok(match lower.as_str() {
            "boolean" => DataType::Boolean,
            "tinyint" | "byte" => DataType::Integer(8),
            "smallint" | "short" => DataType::Integer(16),
            "int" | "integer" => DataType::Integer(32),
            "bigint" | "long" => DataType::Integer(64),
            "decimal" => DataType::Decimal {
                precision: 10,
                scale: 0,
            },
            "float" | "real" => DataType::Float,
            "double" => DataType::Double,
            "string" => DataType::Text(None),
            "binary" => DataType::Binary,
            "date" => DataType::Date,
            "timestamp" | "timestamp_ntz" | "timestamp_ltz" => DataType::Timestamp,
            _ => return refused(),
        })
    }

    /// Arrays, maps and structs.
    pub(super) fn is_nested(&self) -> bool {
        matches!(
            self,
            DataType::Array(_) | DataType::Map(..) | DataType::Struct(_)
        )
    }

    /// Digits after the point of a number that is stored exactly.
    pub(super) fn scale(&self) -> u32 {
        match self {
            DataType::Decimal { scale, .. } => *scale,
            _ => 0,
        }
    }

    /// Smallest and largest number, in units of the last digit; none where numbers are not exact.
    pub(super) fn limits(&self) -> Option<(i128, i128)> {
        match self {
            DataType::Integer(bits) => {
                let half = 1_i128 << (bits - 1);
                Some((-half, half - 1))
            }
            DataType::Decimal { precision, .. } => {
                let limit = 10_i128.pow(*precision) - 1;
                Some((-limit, limit))
            }
            _ => None,
        }
    }
}

/// The text between a prefix and the closing character that ends it.
fn between<'a>(text: &'a str, lower: &str, prefix: &str, close: char) -> Option<&'a str> {
    lower.strip_prefix(prefix)?;
    text.get(prefix.len()..)?.strip_suffix(close)
}

/// Parts between the commas that lie in no brackets.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_i32, 0);
    for (at, c) in text.char_indices() {
        match c {
            '<' | '(' => depth += 1,
            '>' | ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(text.get(start..at).unwrap_or(""));
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or(""));
    parts
}

#[cfg(test)]
mod tests {
    use super::DataType;

    #[test]
    fn types_are_read_and_others_are_named() {
        assert_eq!(
            DataType::parse("map<string,array<struct<a:decimal(12,2),b:char(3)>>>"),
            Ok(DataType::Map(
                Box::new(DataType::Text(None)),
                Box::new(DataType::Array(Box::new(DataType::Struct(vec![
                    (
                        "a".to_owned(),
                        DataType::Decimal {
                            precision: 12,
                            scale: 2
                        }
                    ),
                    ("b".to_owned(), DataType::Text(Some(3))),
                ]))))
            ))
        );
        for (text, named) in [
            ("interval day to second", "interval day to second"),
            ("array<void>", "void"),
            ("struct<a:int,b:variant>", "variant"),
            ("decimal(40,2)", "decimal(40,2)"),
        ] {
            assert_eq!(DataType::parse(text), Err(named.to_owned()), "{text}");
        }
    }

    #[test]
    fn limits_are_those_of_the_type() {
        assert_eq!(DataType::Integer(8).limits(), Some((-128, 127)));
        let decimal = DataType::parse("decimal(4,2)").unwrap();
        assert_eq!(
            (decimal.limits(), decimal.scale()),
            (Some((-9999, 9999)), 2)
        );
    }
}
