//! Rows as Livy's `sql` interpreter gives them: JSON that it made from Spark's values
//! (Livy: repl/SQLInterpreter.execute).
//!
//! Only results of commands (SHOW, DESCRIBE, EXPLAIN, …) come this way; they are text and numbers nearly always. The
//! rows of queries are cast to text by Spark, since Livy rounds decimals, cuts timestamps and fails at intervals.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::runtime::engine::OutputColumn;

/// The name and type of each column of a result.
pub(super) fn columns(schema: &Value) -> Vec<OutputColumn> {
    fields(schema)
        .map(|(name, data_type)| OutputColumn {
            name: name.to_owned(),
            type_name: type_name(data_type),
        })
        .collect()
}

/// The values of the first rows as text, and whether there are more.
pub(super) fn rows(schema: &Value, data: &Value, limit: u32) -> Vec<Vec<Option<String>>> {
    let types: Vec<&Value> = fields(schema).map(|(_, data_type)| data_type).collect();
    let rows = data.as_array().map(Vec::as_slice).unwrap_or_default();
    rows.iter()
        .take(usize::try_from(limit).unwrap_or(usize::MAX))
        .map(|row| {
            let values = row.as_array().map(Vec::as_slice).unwrap_or_default();
            values
                .iter()
                .zip(&types)
                .map(|(value, data_type)| text(value, data_type))
                .collect()
        })
        .collect()
}

/// Name and type of the fields of a struct, in Spark's JSON of schemas.
fn fields(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let fields = schema.get("fields").and_then(Value::as_array);
    fields.into_iter().flatten().filter_map(|field| {
        let name = field.get("name").and_then(Value::as_str)?;
        Some((name, field.get("type")?))
    })
}

/// The type as SQL writes it (Spark: `DataType.simpleString`).
fn type_name(data_type: &Value) -> String {
    match data_type {
        Value::String(name) => match name.as_str() {
            "integer" => "int".to_owned(),
            "long" => "bigint".to_owned(),
            "short" => "smallint".to_owned(),
            "byte" => "tinyint".to_owned(),
            name => name.to_owned(),
        },
        Value::Object(parts) => {
            let part = |key: &str| parts.get(key).map(type_name).unwrap_or_default();
            match kind(parts) {
                "array" => format!("array<{}>", part("elementType")),
                "map" => format!("map<{},{}>", part("keyType"), part("valueType")),
                "struct" => {
                    let fields: Vec<String> = fields(data_type)
                        .map(|(name, data_type)| format!("{name}:{}", type_name(data_type)))
                        .collect();
                    format!("struct<{}>", fields.join(","))
                }
                other => other.to_owned(),
            }
        }
        _ => String::new(),
    }
}

fn kind(parts: &Map<String, Value>) -> &str {
    parts
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// A value as text.
fn text(value: &Value, data_type: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(bytes) if data_type == "binary" => Some(hexadecimal(bytes)),
        Value::Array(_) | Value::Object(_) => Some(plain(value, data_type).to_string()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
    }
}

fn hexadecimal(bytes: &[Value]) -> String {
    let mut text = String::new();
    for byte in bytes.iter().filter_map(Value::as_i64) {
        // Java's bytes are signed. Writing to a string cannot fail.
        let _ = write!(text, "{:02X}", byte & 0xff);
    }
    text
}

/// A nested value as plain JSON. Livy gives structs as their schema and values.
fn plain(value: &Value, data_type: &Value) -> Value {
    let Value::Object(parts) = data_type else {
        return value.clone();
    };
    match (kind(parts), value) {
        ("struct", Value::Object(row)) => {
            let values = row.get("values").and_then(Value::as_array);
            let named = fields(data_type)
                .zip(values.into_iter().flatten())
                .map(|((name, data_type), value)| (name.to_owned(), plain(value, data_type)));
            Value::Object(named.collect())
        }
        ("array", Value::Array(values)) => {
            let element = parts.get("elementType").unwrap_or(&Value::Null);
            values.iter().map(|value| plain(value, element)).collect()
        }
        ("map", Value::Object(values)) => {
            let element = parts.get("valueType").unwrap_or(&Value::Null);
            let entries = values.iter();
            Value::Object(
                entries
                    .map(|(key, value)| (key.clone(), plain(value, element)))
                    .collect(),
            )
        }
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_of_every_kind() {
        let nested = json!({"type": "struct", "fields": [
            {"name": "a", "type": "long"}, {"name": "b", "type": {"type": "array", "elementType": "double"}}]});
        let schema = json!({"type": "struct", "fields": [
            {"name": "x", "type": "integer"},
            {"name": "t", "type": "string"},
            {"name": "n", "type": "void"},
            {"name": "b", "type": "binary"},
            {"name": "s", "type": nested},
            {"name": "m", "type": {"type": "map", "keyType": "string", "valueType": nested}},
            {"name": "l", "type": {"type": "array", "elementType": "boolean"}},
        ]});
        let names: Vec<String> = columns(&schema).into_iter().map(|c| c.type_name).collect();
        assert_eq!(
            names,
            [
                "int",
                "string",
                "void",
                "binary",
                "struct<a:bigint,b:array<double>>",
                "map<string,struct<a:bigint,b:array<double>>>",
                "array<boolean>"
            ]
        );
        let row = json!({"schema": [], "values": [9, [1.5]]});
        let data = json!([[1, "é", null, [0, -1], row, {"k": row}, [true]], [2, "z", null, [], row, {}, []]]);
        let rows = rows(&schema, &data, 1);
        let first: Vec<_> = rows[0].iter().map(Option::as_deref).collect();
        assert_eq!(rows.len(), 1);
        assert_eq!(
            first,
            [
                Some("1"),
                Some("é"),
                None,
                Some("00FF"),
                Some(r#"{"a":9,"b":[1.5]}"#),
                Some(r#"{"k":{"a":9,"b":[1.5]}}"#),
                Some("[true]")
            ]
        );
    }
}
