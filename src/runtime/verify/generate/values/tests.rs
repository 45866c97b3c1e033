use super::super::hints::Hints;
use super::*;

fn domain(data_type: &str, level: Level) -> Domain {
    Domain {
        data_type: DataType::parse(data_type).unwrap(),
        level,
        partition: false,
        lines: false,
        anchors: vec![default_anchor()],
    }
}

fn cells(domain: &Domain, values: &[Value]) -> Vec<String> {
    values
        .iter()
        .map(|value| domain.cell(value).unwrap())
        .collect()
}

#[test]
fn every_kind_of_boundary_occurs() {
    for (data_type, wanted) in [
        ("tinyint", vec!["127", "-128", "0", "-1", "1"]),
        (
            "bigint",
            vec!["9223372036854775807", "-9223372036854775808"],
        ),
        (
            "decimal(5,2)",
            vec!["999.99", "-999.99", "0.00", "0.01", "-1.00"],
        ),
        (
            "decimal(38,38)",
            vec!["0.99999999999999999999999999999999999999"],
        ),
        (
            "double",
            vec!["NaN", "Infinity", "-Infinity", "-0.0", "0.0"],
        ),
        ("float", vec!["NaN", "-0.0", "0.125"]),
        (
            "string",
            vec!["", " ", "a ", " a", "日本語", "O'Brien", "a\nb"],
        ),
        ("char(3)", vec!["a ", "xxx", "日本語"]),
        (
            "date",
            vec!["9999-12-31", "1900-01-02", "1969-12-31", "2024-02-29"],
        ),
        (
            "timestamp",
            vec!["9999-12-31 23:59:59.999999", "1969-12-31 23:59:59.999999"],
        ),
        ("binary", vec!["", "00", "FFFE"]),
        ("boolean", vec!["true", "false"]),
    ] {
        let domain = domain(data_type, Level::Wild);
        let found = cells(&domain, &boundaries(&domain));
        for cell in wanted {
            assert!(
                found.iter().any(|found| found == cell),
                "{data_type}: {cell} in {found:?}"
            );
        }
    }
}

#[test]
fn mild_values_neither_overflow_nor_fail_a_cast() {
    for data_type in ["int", "decimal(5,2)", "double", "string", "date"] {
        let domain = domain(data_type, Level::Mild);
        let found = cells(&domain, &boundaries(&domain));
        for cell in [
            "2147483647",
            "999.99",
            "NaN",
            "Infinity",
            "",
            "a ",
            "9999-12-31",
        ] {
            assert!(
                !found.iter().any(|found| found == cell),
                "{data_type}: {cell}"
            );
        }
    }
    let text = domain("string", Level::Mild);
    assert!(
        cells(&text, &boundaries(&text))
            .iter()
            .all(|text| text.parse::<i64>().is_ok())
    );
}

#[test]
fn lengths_are_kept() {
    let short = domain("varchar(4)", Level::Wild);
    let hints = Hints::read(["SELECT 1 WHERE x = 'abcd'"]);
    let tests = hints.tests("x");
    let values = boundaries(&short).into_iter().chain(near(&short, tests[0]));
    for value in values {
        assert!(
            short.cell(&value).unwrap().chars().count() <= 4,
            "{value:?}"
        );
    }
    let long = domain("string", Level::Wild);
    assert!(
        cells(&long, &boundaries(&long))
            .iter()
            .any(|text| text.len() >= 1_000)
    );
}

#[test]
fn folders_and_lines_are_named_as_files_allow() {
    let partition = Domain {
        partition: true,
        ..domain("string", Level::Wild)
    };
    for text in cells(&partition, &boundaries(&partition)) {
        assert!(
            !text.trim().is_empty() && text.is_ascii() && text.len() < 100,
            "{text}"
        );
    }
    let lines = Domain {
        lines: true,
        ..domain("string", Level::Wild)
    };
    assert!(
        cells(&lines, &boundaries(&lines))
            .iter()
            .all(|text| !text.contains('\n'))
    );
}

/// Around every literal there is a value that passes the test and one that does not.
#[test]
fn both_sides_of_each_filter_are_hit() {
    for (data_type, filter) in [
        ("int", "x >= 5"),
        ("int", "x < -5"),
        ("bigint", "x BETWEEN 10 AND 20"),
        ("int", "x > 2.5"),
        ("tinyint", "x <> 100"),
        ("decimal(8,2)", "x > 99.995"),
        ("decimal(8,2)", "100 >= x"),
        ("double", "x <= 0.1"),
        ("string", "x = 'active'"),
        ("string", "x NOT IN ('a', 'b')"),
        ("string", "x > 'M'"),
        ("string", "x LIKE 'ab_d%'"),
        ("string", "x NOT LIKE '%z'"),
        ("string", "x >= '2024-06-30'"),
        ("string", "length(x) > 3"),
        ("date", "x > DATE '2024-02-28'"),
        ("date", "x BETWEEN '2024-01-01' AND '2024-12-31'"),
        ("date", "year(x) = 2023"),
        ("date", "month(x) IN (6, 7)"),
        ("date", "extract(MONTH FROM x) = 12"),
        ("timestamp", "x < TIMESTAMP '2024-01-01 12:00:00'"),
        ("timestamp", "hour(x) >= 22"),
        ("timestamp", "x >= '2024-01-01'"),
        ("boolean", "x = TRUE"),
    ] {
        let domain = domain(data_type, Level::Mild);
        let text = format!("SELECT 1 FROM t WHERE {filter}");
        let hints = Hints::read([text.as_str()]);
        let tests = hints.tests("x");
        assert_eq!(tests.len(), 1, "{filter}");
        let values = near(&domain, tests[0]);
        for side in [true, false] {
            let found = values
                .iter()
                .any(|value| passes(&domain, value, tests[0]) == Some(side));
            assert!(found, "{filter}: none is {side} of {values:?}");
        }
    }
}

/// The nearest values that the type has lie among those around a literal.
#[test]
fn the_neighbours_of_a_literal_are_the_nearest_values() {
    for (data_type, filter, wanted) in [
        ("int", "x = 7", vec!["6", "7", "8"]),
        ("int", "x > 2.5", vec!["2", "3"]),
        ("decimal(5,1)", "x > 1.25", vec!["1.2", "1.3"]),
        ("decimal(5,2)", "x > -1.25", vec!["-1.25", "-1.24", "-1.26"]),
        (
            "date",
            "x > '2024-02-28'",
            vec!["2024-02-28", "2024-02-29", "2024-02-27"],
        ),
        (
            "timestamp",
            "x > '2024-02-28'",
            vec![
                "2024-02-28 00:00:00.000000",
                "2024-02-27 23:59:59.999999",
                "2024-02-28 23:59:59.999999",
            ],
        ),
        ("string", "x = 'b'", vec!["a", "b", "b!", "B", "b "]),
        ("string", "x LIKE 'a%'", vec!["a", "az", "qa", ""]),
        ("double", "x > 1", vec!["1.0", "0.875", "1.125"]),
    ] {
        let domain = domain(data_type, Level::Wild);
        let text = format!("SELECT 1 WHERE {filter}");
        let hints = Hints::read([text.as_str()]);
        let found = cells(&domain, &near(&domain, hints.tests("x")[0]));
        for cell in wanted {
            assert!(
                found.iter().any(|found| found == cell),
                "{filter}: {cell} in {found:?}"
            );
        }
    }
}

#[test]
fn what_cannot_be_told_is_not_known() {
    let domain = domain("string", Level::Wild);
    let hints = Hints::read(["SELECT 1 WHERE soundex(x) = 'A100'"]);
    let value = Value::Text("A100".to_owned());
    assert_eq!(passes(&domain, &value, hints.tests("x")[0]), None);
    assert_eq!(
        passes(&domain, &Value::Null, hints.tests("x")[0]),
        Some(false)
    );
}

#[test]
fn equal_keys_are_equal_in_every_type() {
    let text = |data_type| {
        let domain = domain(data_type, Level::Wild);
        domain.cell(&domain.key(41)).unwrap()
    };
    assert_eq!(text("int"), "42");
    assert_eq!(text("string"), "42");
    assert_eq!(text("decimal(10,2)"), "42.00");
    assert_eq!(text("double"), "42.0");
    assert_eq!(text("date"), "2024-05-19");
    assert_eq!(text("timestamp"), "2024-05-19 00:00:00.000000");
}

#[test]
fn nested_values_are_empty_null_inside_and_full() {
    let of = DataType::parse("array<struct<a:int,b:map<string,double>>>").unwrap();
    assert_eq!(
        choices(&of, Level::Wild),
        [
            "array()",
            "array(named_struct('a', NULL, 'b', NULL))",
            "array(named_struct('a', CAST('2' AS INT), 'b', map('a', CAST('0.5' AS DOUBLE))), NULL, \
             named_struct('a', NULL, 'b', NULL), named_struct('a', NULL, 'b', NULL))",
        ]
    );
}
